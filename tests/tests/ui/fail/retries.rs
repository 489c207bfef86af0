//! Closures that may run again, and change what is around them.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    email: String,
    name: Option<String>,
    #[orm(default = 0)]
    visits: i32,
    posts: HasMany<Post>,
}

#[derive(Debug, Clone, Model)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    user_id: i64,
    title: String,
    user: BelongsTo<User>,
}

async fn rename(db: &Database, mut user: User) -> Result<()> {
    let options = TransactionOptions::new().retries(3);
    db.transaction_with(options, async |tx| user.update().name("Ada").exec(tx).await).await
}

fn main() {}
