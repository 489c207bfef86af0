//! Names that other libraries have.

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

async fn names(db: &Database) -> Result<()> {
    let _ = User::find();
    let _ = User::find_by_id(1);
    let _ = User::delete_many();
    let _ = User::insert_many([1]);
    let _ = User::find_all().all(db).await?;
    let _ = User::find_all().one(db).await?;
    let _ = User::find_all().load(db).await?;
    let _ = User::find_all().where_(User::VISITS.eq(1));
    let _ = User::find_all().order_by_asc(User::VISITS);
    let _ = User::find_all().with(User::POSTS);
    let _ = User::VISITS.is_in([1, 2]);
    let _ = User::VISITS.equals(1);
    let _ = User::VISITS.gte(1);
    Ok(())
}

fn main() {}
