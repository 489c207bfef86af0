//! The guide as tests: `cargo test --doc -p orm-guide` compiles every Rust block of the chapters in `src` and runs it on
//! SQLite in memory. Here: the chapters, and what their blocks share in hidden lines. The models are in `models.rs`.

#[allow(missing_docs)] // the chapter says what they are
pub mod accounts;
#[allow(missing_docs)] // the chapter on models says what they are
mod models;

use orm::prelude::*;

pub use models::{Comment, Group, Membership, Post, Profile, Role, User};

/// A database in memory with the tables of the guide and a few rows: Ada, Bob and Cy, three posts, two comments, two groups.
///
/// # Errors
/// Those of creating the tables and the rows.
pub async fn database() -> Result<Database> {
    let db = connect("sqlite::memory:").await?;
    db.create_tables::<(User, Profile, Post, Comment, Group, Membership)>().await?;
    let ada = User::create().email("ada@example.com").name("Ada").role(Role::Admin).visits(3).exec(&db).await?;
    let bob = User::create().email("bob@example.com").name("Bob").visits(1).exec(&db).await?;
    User::create().email("cy@example.com").exec(&db).await?;
    Profile::create().user(&ada).bio("Wrote the first program").exec(&db).await?;
    let notes = ada.posts().create().title("Notes").published(true).views(20).exec(&db).await?;
    ada.posts().create().title("Engines").exec(&db).await?;
    bob.posts().create().title("Hello").published(true).views(5).exec(&db).await?;
    notes.comments().create().text("Very clear").user(&bob).exec(&db).await?;
    notes.comments().create().text("Thank you").user(&ada).exec(&db).await?;
    let engines = ada.groups().with(Membership::OWNER, true).create().name("Engines").exec(&db).await?;
    bob.groups().add(&engines).exec(&db).await?;
    Group::create().name("Birds").exec(&db).await?;
    Ok(db)
}

/// Runs a block of the guide on a database with rows in it.
///
/// # Panics
/// When the block ends with an error.
#[allow(clippy::panic)] // a failed example is a failed test
pub fn run(block: impl AsyncFnOnce(Database) -> Result<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime
        .map_err(|error| Error::new(ErrorKind::Io, "no runtime").with_source(error))
        .and_then(|runtime| runtime.block_on(async { block(database().await?).await }));
    if let Err(error) = ended {
        panic!("{error:?}");
    }
}

macro_rules! chapters {
    ($($name:ident: $file:literal),* $(,)?) => {$(
        #[cfg(doctest)]
        #[doc = include_str!(concat!("src/", $file))]
        mod $name {}
    )*};
}

chapters! {
    introduction: "introduction.md",
    getting_started: "getting-started.md",
    first_project: "first-project.md",
    models_chapter: "models.md",
    mistakes: "mistakes.md",
    queries: "queries.md",
    pages: "pages.md",
    relations: "relations.md",
    writes: "writes.md",
    inputs: "inputs.md",
    validation: "validation.md",
    hooks: "hooks.md",
    audit: "audit.md",
    scopes: "scopes.md",
    policies: "policies.md",
    tenancy: "tenancy.md",
    encryption: "encryption.md",
    transactions: "transactions.md",
    migrations: "migrations.md",
    deploying: "deploying.md",
    seeds: "seeds.md",
    existing_database: "existing-database.md",
    authentication: "authentication.md",
    threats: "threats.md",
    errors: "errors.md",
    connections: "connections.md",
    past_one_machine: "past-one-machine.md",
    testing: "testing.md",
    performance: "performance.md",
    databases: "databases.md",
    from_sequelize: "from-sequelize.md",
    from_diesel: "from-diesel.md",
    from_sea_orm: "from-sea-orm.md",
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_chapter_is_tested_and_in_the_table_of_contents() {
        let chapters: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "SUMMARY.md")
            .collect();
        assert!(chapters.len() > 10);
        for chapter in chapters {
            assert!(include_str!("src/SUMMARY.md").contains(&format!("({chapter})")), "{chapter} is in no table");
            assert!(include_str!("lib.rs").contains(&format!("\"{chapter}\",")), "{chapter} is not tested");
        }
    }

    #[test]
    fn the_chapter_on_authentication_shows_the_account() {
        let (_, code) = include_str!("accounts.rs").split_once("#[derive").unwrap();
        let (code, _) = code.split_once("\n/// The services").unwrap();
        assert!(include_str!("src/authentication.md").contains(code.trim_end()));
    }

    #[test]
    fn the_chapter_on_models_shows_the_models() {
        let (_, code) = include_str!("models.rs").split_once("\n\n").unwrap();
        assert!(include_str!("src/models.md").contains(code));
    }
}
