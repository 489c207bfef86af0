//! Where statements run, and what they are given.

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

async fn run(db: Database, user: User, post: Post) -> Result<()> {
    let _ = User::find_all().exec(db).await?;
    let _ = User::find_all().exec().await?;
    let found = User::find_by_pk(1).exec(&db).await?;
    println!("{}", found.email);
    user.save(&db).await?;
    let _ = user.posts().create().exec(&db);
    let _ = user.posts().add(post);
    let _ = user.posts().add(&user);
    let _ = db.query::<User>("SELECT 1", (1));
    let _ = db.query::<(i64,)>(format!("SELECT {}", 1), ());
    Ok(())
}

fn not_async(db: &Database) {
    for _ in User::find_all().exec(db) {}
    let _ = User::update().set(User::VISITS, 1).exec(db);
}

fn main() {}
