//! Columns that may not change in any way: words that contradict each other, states that are none.

use orm::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Enum)]
enum State {
    Draft,
    Paid,
}

#[derive(Debug, Clone, Model)]
struct Label {
    #[orm(primary_key)]
    id: i64,
    #[orm(transitions(drfat => paid))]
    state: State,
}

#[derive(Debug, Clone, Model)]
struct Variant {
    #[orm(primary_key)]
    id: i64,
    #[orm(transitions(Draft => Payed))]
    state: State,
}

#[derive(Debug, Clone, Model)]
struct NoArrow {
    #[orm(primary_key)]
    id: i64,
    #[orm(transitions(draft, paid))]
    state: State,
}

#[derive(Debug, Clone, Model)]
struct Nothing {
    #[orm(primary_key)]
    id: i64,
    #[orm(transitions)]
    state: State,
}

#[derive(Debug, Clone, Model)]
struct Words {
    #[orm(primary_key, immutable)]
    id: i64,
    #[orm(version, immutable)]
    version: i32,
    #[orm(write_once)]
    receipt: String,
    #[orm(immutable, write_once)]
    number: Option<String>,
    #[orm(immutable)]
    owner: i64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> orm::Result<()> {
    let db = orm::connect("sqlite::memory:").await?;
    Words::update().owner(5).all_rows().exec(&db).await?;
    Ok(())
}
