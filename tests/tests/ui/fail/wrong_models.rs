//! Columns, relations and values of other models and types.

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

async fn find(db: &Database) -> Result<()> {
    let _ = User::find_all().filter(Post::TITLE.eq("x"));
    let _ = User::find_all().order_by(Post::ID);
    let _ = User::find_all().order_by("email");
    let _ = User::find_all().select(Post::TITLE);
    let _ = User::find_all().select(User::TITLE);
    let _ = User::find_all().select("email");
    let _ = User::find_all().include(Post::USER);
    let _ = User::find_all().include("posts");
    let _ = User::find_all().limit(1_i32);
    let _ = User::find_by_pk("x");
    let _ = User::update().set(User::VISITS, "x");
    let _ = User::update().set(Post::TITLE, "x");
    let _: Vec<User> = User::find_all().select(User::EMAIL).exec(db).await?;
    let _: User = User::find_by_pk(1).exec(db).await?;
    Ok(())
}

fn main() {}
