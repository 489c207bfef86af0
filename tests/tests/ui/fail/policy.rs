//! Models with policies on handles that do not say who is looking, or somebody else.

use orm::prelude::*;
use orm::{Policy, Rule};

#[derive(Debug, Clone, Model)]
#[orm(policy = Viewer)]
struct Doc {
    #[orm(primary_key)]
    id: i64,
    tenant: i64,
}

struct Viewer {
    tenant: i64,
}

struct Robot;

impl Policy<Doc> for Viewer {
    fn read(&self) -> Rule<Doc> {
        Doc::TENANT.eq(self.tenant).into()
    }
}

async fn any_handle(db: &Database) -> orm::Result<Vec<Doc>> {
    Doc::find_all().exec(db).await
}

async fn in_a_transaction(db: &Database) -> orm::Result<()> {
    db.transaction(async |tx| {
        Doc::create().tenant(1).exec(tx).await?;
        Ok(())
    })
    .await
}

async fn another_viewer(db: &Database) -> orm::Result<u64> {
    Doc::count().exec(&db.as_viewer(Robot)).await
}

async fn raw_sql(db: &Database) -> orm::Result<()> {
    db.as_viewer(Viewer { tenant: 1 }).execute("DELETE FROM docs", ()).await?;
    Ok(())
}

fn main() {}
