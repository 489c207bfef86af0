//! Models with tenants on handles that do not say which, or one of another type.

use orm::prelude::*;
use orm::{ForTenant, Policy};

#[derive(Debug, Clone, Model)]
struct Project {
    #[orm(primary_key)]
    id: i64,
    #[orm(tenant)]
    company_id: i64,
    name: String,
}

#[derive(Debug, Clone, Model)]
#[orm(policy = Viewer)]
struct Memo {
    #[orm(primary_key)]
    id: i64,
    #[orm(tenant)]
    company_id: i64,
}

struct Viewer;

impl Policy<Memo> for Viewer {}

async fn any_handle(db: &Database) {
    let _ = Project::count().exec(db).await;
}

async fn in_a_transaction(db: &Database) -> orm::Result<()> {
    db.transaction(async |tx| {
        Project::create().name("Apollo").exec(tx).await?;
        Ok(())
    })
    .await
}

async fn a_tenant_of_another_type(db: &ForTenant<String>) {
    let _ = Project::count().exec(db).await;
}

async fn a_tenant_and_no_viewer(db: &ForTenant<i64>) {
    let _ = Memo::count().exec(db).await;
}

async fn a_viewer_and_no_tenant(db: &Database) {
    let _ = Memo::count().exec(&db.as_viewer(Viewer)).await;
}

async fn another_tenant(db: &ForTenant<i64>, id: i64) {
    let _ = Project::update().company_id(2).filter(Project::ID.eq(id)).exec(db).await;
}

fn main() {}
