//! Closures of transactions.

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

async fn run(db: &Database) -> Result<()> {
    db.transaction(async |tx| {
        User::destroy().all_rows().exec(tx).await?;
    })
    .await?;
    db.transaction(async |tx| {
        let visits: i32 = "1".parse()?;
        User::update().set(User::VISITS, visits).all_rows().exec(tx).await
    })
    .await?;
    Ok(())
}

struct AppError;

impl From<orm::Error> for AppError {
    fn from(_: orm::Error) -> Self {
        Self
    }
}

async fn rename(_: &Transaction) -> std::result::Result<(), AppError> {
    Ok(())
}

async fn own_errors(db: &Database, tx: &Transaction, any: &impl Atomic) -> std::result::Result<(), AppError> {
    db.transaction(async |tx| rename(tx).await).await?;
    tx.transaction(async |tx| rename(tx).await).await?;
    any.transaction(async |tx| rename(tx).await).await?;
    db.transaction(async |tx| {
        rename(tx).await?;
        Ok(())
    })
    .await?;
    Ok(())
}

async fn closures(db: &Database) -> Result<()> {
    db.transaction(|tx| async move {
        User::destroy().all_rows().exec(tx).await?;
        Ok(())
    })
    .await
}

fn spawned(db: Database) {
    let shared = std::rc::Rc::new(1);
    spawn(async move {
        db.transaction(async |tx| User::find_by_pk(i64::from(*shared)).required(tx).await).await
    });
}

fn spawn<T: Future + Send>(_: T) {}

fn main() {}
