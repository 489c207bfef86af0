//! Operands of other types, NULL where none is expected.

use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    name: String,
    nick: Option<String>,
    age: i32,
    score: Option<i32>,
}

async fn find(db: &Database) -> Result<()> {
    let _ = User::AGE.gt("18");
    let _ = User::AGE + User::ID;
    let _ = User::NAME + 1;
    let _ = User::NAME.concat(1);
    let _ = User::NAME.is_null();
    let _: Vec<i32> = User::find_all().select(User::AGE + User::SCORE).exec(db).await?;
    let _: Vec<String> = User::find_all().select(User::NAME.concat(User::NICK)).exec(db).await?;
    let _ = User::find_all().filter(User::SCORE.gt(1).nullable());
    Ok(())
}

fn main() {}
