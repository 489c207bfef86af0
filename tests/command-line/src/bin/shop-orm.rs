//! The command `orm` of a project that has these models: what `src/bin/orm.rs` is there. `tests/command.rs` runs it.

#![allow(dead_code, missing_docs)] // nobody reads the fields

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
#[orm(timestamps)]
pub struct User {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 255)]
    pub email: String,
    pub age: Option<i32>,
    #[orm(default = UserRole::Member)]
    pub role: UserRole,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub posts: HasMany<Post>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum UserRole {
    Member,
    Admin,
}

#[derive(Debug, Clone, Model)]
#[orm(timestamps)]
pub struct Post {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 255)]
    pub title: String,
    pub body: Option<String>,
    pub user_id: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub user: BelongsTo<User>,
}

fn main() -> std::process::ExitCode {
    orm_cli::main()
}
