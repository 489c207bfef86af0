//! Required columns and the types of setters.

use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    email: String,
    age: i32,
}

async fn create(db: &Database) -> Result<User> {
    User::create().age(3).exec(db).await?;
    let _ = User::create().exec(db);
    let user: User = User::create().email("ada@example.com").exec(db).await?;
    Ok(user)
}

fn main() {
    let _ = User::bulk_create([User::create().email("ada@example.com")]);
    let _ = User::create().email(1);
    let _ = User::create().id("one");
}
