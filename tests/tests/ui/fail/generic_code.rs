//! Code that is generic over the model says that the handle may run statements about it.

use orm::prelude::*;

async fn all<M: Model>(db: &Database) -> orm::Result<Vec<M>> {
    M::find_all().exec(db).await
}

async fn some<M: Model>(db: &impl Runs<M>) -> orm::Result<Vec<M>> {
    M::find_all().limit(3).exec(db).await
}

fn main() {}
