//! The first program of the README.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 120)]
    email: String,
    name: Option<String>,
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

#[tokio::main]
async fn main() -> Result<()> {
    let db = connect("sqlite::memory:").await?; // or mysql://, mariadb://, postgres://
    db.create_tables::<(User, Post)>().await?;

    let ada = User::create().email("ada@example.com").name("Ada").exec(&db).await?;
    ada.posts().create().title("Hello").exec(&db).await?;

    let users = User::find_all()
        .filter(User::EMAIL.ends_with("@example.com"))
        .include(User::POSTS.order_by(Post::ID.desc()).limit(3))
        .exec(&db)
        .await?;
    for user in &users {
        println!("{:?}: {} posts", user.name, user.posts.get()?.len());
    }
    Ok(())
}
