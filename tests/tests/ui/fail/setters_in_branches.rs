//! A required column that is given in one branch only.

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

async fn create(db: &Database, admin: bool) -> Result<()> {
    let mut user = User::create().name("Ada");
    if admin {
        user = user.email("ada@example.com");
    }
    user.exec(db).await?;
    Ok(())
}

fn main() {}
