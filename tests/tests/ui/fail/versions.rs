//! An expected version of a model that has none.

use orm::prelude::*;

#[derive(Model)]
struct Note {
    #[orm(primary_key)]
    id: i64,
    text: String,
}

async fn write(mut note: Note, db: &Database) -> Result<()> {
    note.expect_version(1)?.save(db).await?;
    note.destroy().expect_version(1).exec(db).await
}

fn main() {}
