//! Statements of a model where the prelude is missing.

#[derive(Debug, Clone, orm::Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    email: String,
}

async fn statements(db: &orm::Database) -> orm::Result<()> {
    let _ = User::find_all().exec(db).await?;
    let _ = User::create().email("ada@example.com").exec(db).await?;
    Ok(())
}

fn main() {}
