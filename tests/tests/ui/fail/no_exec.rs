//! Statements that are awaited before they know where to run.

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

async fn statements(mut user: User) -> Result<()> {
    let _ = User::find_all().await?;
    let _ = User::find_by_pk(1).await?;
    let _ = User::create().email("ada@example.com").await?;
    let _ = User::update().set(User::VISITS, 1).all_rows().await?;
    let _ = User::count().await?;
    let _ = user.destroy().await?;
    Ok(())
}

fn main() {}
