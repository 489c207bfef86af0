//! Required columns and the types of setters.

use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    email: String,
    age: i32,
}

fn main() {
    let _ = |db: &orm::Database| {
        let _ = User::create().age(3).exec(db);
    };
    let _ = User::bulk_create([User::create().email("ada@example.com")]);
    let _ = User::create().email(1);
    let _ = User::create().id("one");
}
