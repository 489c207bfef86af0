//! Values that may be missing, in filters.

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

async fn find(db: &Database, name: Option<String>, visits: Option<i32>) -> Result<()> {
    User::find_all().filter(User::NAME.eq(name)).exec(db).await?;
    User::find_all().filter(User::VISITS.ge(visits)).exec(db).await?;
    User::find_all().filter(User::NAME.eq(None)).exec(db).await?;
    Ok(())
}

fn main() {}
