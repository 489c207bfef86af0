//! An ORM in the manner of Sequelize: derive a model, get typed finders, associations and transactions on SQLite, MySQL,
//! MariaDB and PostgreSQL.
//!
//! ```
//! use orm::prelude::*;
//!
//! #[derive(Debug, Clone, Model)]
//! struct User {
//!     #[orm(primary_key)]
//!     id: i64,
//!     #[orm(unique, length = 120)]
//!     email: String,
//!     name: Option<String>,
//! }
//!
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> orm::Result<()> {
//! let db = orm::connect("sqlite::memory:").await?;
//! db.create_tables::<(User,)>().await?;
//!
//! let ada = User::create().email("ada@example.com").name("Ada").exec(&db).await?;
//! let users = User::find_all().filter(User::EMAIL.ends_with("@example.com")).exec(&db).await?;
//! assert_eq!(users[0].id, ada.id);
//!
//! db.transaction(async |tx| {
//!     User::update().name("Ada L.").filter(User::ID.eq(ada.id)).exec(tx).await?;
//!     tx.after_commit(async || println!("renamed"));
//!     Ok(())
//! })
//! .await?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! # By task
//!
//! | To | Start at |
//! |---|---|
//! | describe a table | [`derive(Model)`](derive@Model), [`derive(Enum)`](derive@Enum), [`derive(Value)`](derive@Value) |
//! | give rows as JSON | `#[orm::serde]`, with the feature `serde` |
//! | connect, set the pool, create tables | [`connect`], [`PoolOptions`], [`Database::create_tables`] |
//! | create rows | [`Statements::create`], [`bulk_create`](Statements::bulk_create), [`find_or_create`](Statements::find_or_create) |
//! | find rows | [`Statements::find_all`], [`find_one`](Statements::find_one), [`find_by_pk`](Statements::find_by_pk), [`find_and_count_all`](Statements::find_and_count_all) |
//! | write conditions and expressions | [`Column`], [`Expr`], [`Condition`] |
//! | change and delete a row | [`Instance`], [`Tracked`] |
//! | change and delete many rows | [`query::UpdateRows`], [`query::Destroy`] |
//! | load, create and connect related rows | [`Find::include`], [`Related`], [`load`] |
//! | give pages to a client | [`Find::first`], [`Find::last`] |
//! | filter, sort and page as a request says | [`Listing`], [`ListQuery`] |
//! | choose what to read | [`Find::select`], [`derive(Projection)`](derive@Projection) |
//! | run a transaction | [`Database::transaction`], [`TransactionOptions`] |
//! | handle an error | [`Error`], [`ErrorKind`] |
//! | write SQL | [`Database::query`], [`Database::execute`], [`sql`] |
//!
//! ## Create
//! ```
//! # use orm::prelude::*;
//! # #[derive(Debug, Clone, Model)]
//! # struct User {
//! #     #[orm(primary_key)]
//! #     id: i64,
//! #     #[orm(unique, length = 120)]
//! #     email: String,
//! #     name: Option<String>,
//! #     #[orm(default = 0)]
//! #     visits: i32,
//! #     posts: HasMany<Post>,
//! # }
//! # #[derive(Debug, Clone, Model)]
//! # struct Post {
//! #     #[orm(primary_key)]
//! #     id: i64,
//! #     user_id: i64,
//! #     title: String,
//! #     user: BelongsTo<User>,
//! # }
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! # let db = connect("sqlite::memory:").await?;
//! # db.create_tables::<(User, Post)>().await?;
//! let ada = User::create().email("ada@example.com").name("Ada").exec(&db).await?;
//! let rows = ["bob", "cy"].map(|name| User::create().email(format!("{name}@example.com")));
//! let users = User::bulk_create(rows).exec(&db).await?;
//! assert_eq!((ada.id, users.len()), (1, 2));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! ## Find
//! ```
//! # use orm::prelude::*;
//! # #[derive(Debug, Clone, Model)]
//! # struct User {
//! #     #[orm(primary_key)]
//! #     id: i64,
//! #     #[orm(unique, length = 120)]
//! #     email: String,
//! #     name: Option<String>,
//! #     #[orm(default = 0)]
//! #     visits: i32,
//! #     posts: HasMany<Post>,
//! # }
//! # #[derive(Debug, Clone, Model)]
//! # struct Post {
//! #     #[orm(primary_key)]
//! #     id: i64,
//! #     user_id: i64,
//! #     title: String,
//! #     user: BelongsTo<User>,
//! # }
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! # let db = connect("sqlite::memory:").await?;
//! # db.create_tables::<(User, Post)>().await?;
//! # User::create().email("ada@example.com").visits(3).exec(&db).await?;
//! let users: Vec<User> = User::find_all()
//!     .filter(User::VISITS.ge(1).and(User::EMAIL.ends_with("@example.com")))
//!     .order_by(User::VISITS.desc())
//!     .limit(10)
//!     .exec(&db)
//!     .await?;
//! let ada: Option<User> = User::find_by_pk(1).exec(&db).await?;
//! let page: Page<User> = User::find_and_count_all().order_by(User::ID).limit(10).exec(&db).await?;
//! # assert_eq!((users.len(), ada.is_some(), page.count), (1, true, 1));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! ## Update and delete
//! ```
//! # use orm::prelude::*;
//! # #[derive(Debug, Clone, Model)]
//! # struct User {
//! #     #[orm(primary_key)]
//! #     id: i64,
//! #     #[orm(unique, length = 120)]
//! #     email: String,
//! #     name: Option<String>,
//! #     #[orm(default = 0)]
//! #     visits: i32,
//! #     posts: HasMany<Post>,
//! # }
//! # #[derive(Debug, Clone, Model)]
//! # struct Post {
//! #     #[orm(primary_key)]
//! #     id: i64,
//! #     user_id: i64,
//! #     title: String,
//! #     user: BelongsTo<User>,
//! # }
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! # let db = connect("sqlite::memory:").await?;
//! # db.create_tables::<(User, Post)>().await?;
//! # let mut ada = User::create().email("ada@example.com").exec(&db).await?;
//! ada.update().name("Ada L.").exec(&db).await?;
//! let changed = User::update().visits(User::VISITS + 1).filter(User::NAME.is_not_null()).exec(&db).await?;
//! ada.destroy().exec(&db).await?;
//! let deleted = Post::destroy().filter(Post::TITLE.eq("")).exec(&db).await?;
//! # assert_eq!((changed, deleted), (1, 0));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! ## Relations
//! ```
//! # use orm::prelude::*;
//! # #[derive(Debug, Clone, Model)]
//! # struct User {
//! #     #[orm(primary_key)]
//! #     id: i64,
//! #     #[orm(unique, length = 120)]
//! #     email: String,
//! #     name: Option<String>,
//! #     #[orm(default = 0)]
//! #     visits: i32,
//! #     posts: HasMany<Post>,
//! # }
//! # #[derive(Debug, Clone, Model)]
//! # struct Post {
//! #     #[orm(primary_key)]
//! #     id: i64,
//! #     user_id: i64,
//! #     title: String,
//! #     user: BelongsTo<User>,
//! # }
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! # let db = connect("sqlite::memory:").await?;
//! # db.create_tables::<(User, Post)>().await?;
//! # let ada = User::create().email("ada@example.com").exec(&db).await?;
//! ada.posts().create().title("Notes").exec(&db).await?;
//! let users = User::find_all()
//!     .filter(User::POSTS.any(Post::TITLE.starts_with("N")))
//!     .include(User::POSTS.order_by(Post::ID.desc()).limit(3))
//!     .exec(&db)
//!     .await?;
//! assert_eq!(users[0].posts.get()?[0].title, "Notes");
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! # Features
//! | Feature | What it adds | On by default |
//! |---|---|---|
//! | `sqlite` | SQLite, embedded: `sqlite::memory:`, `sqlite:app.db` | yes |
//! | `mysql` | MySQL and MariaDB: `mysql://`, `mariadb://` | no |
//! | `postgres` | PostgreSQL: `postgres://` | no |
//! | `uuid` | `uuid::Uuid` as a column type | yes |
//! | `decimal` | `rust_decimal::Decimal` as a column type | yes |
//! | `json` | `serde_json::Value` and `Json<T>` as column types | yes |
//! | `pattern` | rules that are regular expressions | no |
//! | `signed-cursors` | [`CursorKey`]: cursors of pages that nobody else can make | no |
//! | `schemars` | JSON Schema of inputs | no |
//! | `serde` | `Serialize` and `Deserialize` for relation fields | yes |
//! | `encryption` | encrypted columns and their keys, [`DatabaseOptions::keys`] | no |
//! | `registry` | every model registers itself: `orm::models()`, `db.create_all()` | no |
//! | `migrate` | migrations from SQL files | no |
//!
//! # Functions of your own
//! What runs statements is an [`Executor`]: the database, a transaction, or either as `&dyn Executor`. It is the only
//! bound a function needs, whatever the models:
//!
//! ```
//! # use orm::prelude::*;
//! # #[derive(Debug, Clone, Model)]
//! # struct User { #[orm(primary_key)] id: i64, name: String }
//! # #[derive(Debug, Clone, Model)]
//! # struct Note { #[orm(primary_key)] id: i64, text: String }
//! async fn rename(db: &(impl Executor + ?Sized), id: i64, name: &str) -> Result<User> {
//!     let mut user = User::find_by_pk(id).required(db).await?;
//!     user.update().name(name).exec(db).await?;
//!     Note::create().text(format!("{id} is {name} now")).exec(db).await?;
//!     Ok(user)
//! }
//! # async fn example(db: Database) -> Result<()> {
//! rename(&db, 1, "Ada").await?;
//! db.transaction(async |tx| rename(tx, 2, "Bob").await).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Dropping futures
//! Every async function can be dropped at any await point, by a timeout, a `select!` or a client that hangs up: what was
//! not committed is undone, and no connection goes back to the pool inside a transaction.
//!
//! A tokio runtime with time enabled is expected around everything that waits.
//!
//! Here: connecting, the pool, transactions, raw SQL. Models and statements come from `orm-core`, the derives from
//! `orm-derive`, each database from its driver crate; this crate brings them together, and is the only one to depend on.

mod again;
mod atomic;
mod connect;
mod database;
mod databases;
#[cfg(feature = "encryption")]
mod encryption;
mod hosts;
mod inner;
mod journal;
mod limit;
mod observe;
mod options;
mod pool;
pub mod prelude;
mod random;
mod raw;
mod reading;
#[cfg(feature = "registry")]
mod registry;
mod replica;
#[cfg(feature = "json")]
pub mod serde_json;
mod tables;
mod tenant;
mod transaction;
mod viewer;
mod wraps;

/// Keys of encrypted columns, and functions to encrypt values yourself.
#[cfg(feature = "encryption")]
pub use orm_crypt as crypt;
/// Migrations: SQL files, their history in the database, and the runner. [`migrate!`] has the files inside of the program.
#[cfg(feature = "migrate")]
pub use orm_migrate as migrate;
/// The driver of MySQL and MariaDB, with its options.
#[cfg(feature = "mysql")]
pub use orm_mysql as mysql;
/// The driver of PostgreSQL, with its options.
#[cfg(feature = "postgres")]
pub use orm_postgres as postgres;
/// The driver of SQLite, with its options.
#[cfg(feature = "sqlite")]
pub use orm_sqlite as sqlite;

#[cfg(feature = "migrate")]
#[doc(hidden)]
pub use orm_derive::__embed_migrations;

/// The migrations of a folder, inside of the program: `migrations` beside `Cargo.toml`, or the folder that is named, from there.
/// A mistake in the names of the folders is an error of the compiler. Gives [`migrate::Migrations`].
///
/// Cargo notices when a file changes, and not when a folder comes: touch the file that has this, or name the folder in a build
/// script (`println!("cargo::rerun-if-changed=migrations")`).
///
/// ```no_run
/// # async fn example(db: orm::Database) -> orm::Result<()> {
/// # mod app { pub fn migrations() -> orm::migrate::Migrations { orm::migrate::Migrations::default() } }
/// // let migrations = orm::migrate!();
/// # let migrations = app::migrations();
/// let ran = migrations.run(&db).await?;
/// println!("{} migrations were run", ran.len());
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "migrate")]
#[macro_export]
macro_rules! migrate {
    () => {
        $crate::migrate!("migrations")
    };
    ($folder:literal) => {
        $crate::__embed_migrations!($crate, $folder)
    };
}

/// Declares the model of a history, for `#[orm(audited = PageHistory)]`: its name, and that of its table. It is a model like
/// others: `create_tables` and migrations make its table, and its entries can be queried.
///
/// ```
/// # use orm::prelude::*;
/// orm::history!(pub struct PageHistory, "page_history");
///
/// #[derive(Debug, Clone, Model)]
/// #[orm(audited = PageHistory)]
/// struct Page {
///     #[orm(primary_key)]
///     id: i64,
///     title: String,
/// }
///
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let db = connect("sqlite::memory:").await?;
/// db.create_tables::<(Page, PageHistory)>().await?;
/// Page::create().title("One").exec(&db).await?;
/// assert_eq!(PageHistory::count().filter(PageHistory::OPERATION.eq("create")).exec(&db).await?, 1);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[cfg(feature = "json")]
#[macro_export]
macro_rules! history {
    ($(#[$meta:meta])* $vis:vis struct $name:ident, $table:tt $(,)?) => {
        /// What was done with rows of another model.
        $(#[$meta])*
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq, $crate::Model)]
        #[orm(table = $table)]
        $vis struct $name {
            /// Later entries have greater ones.
            #[orm(primary_key)]
            pub id: i64,
            /// The key of the row.
            #[orm(length = 255, index)]
            pub row_key: ::std::string::String,
            /// `create`, `update`, `destroy` or `restore`.
            #[orm(length = 20)]
            pub operation: ::std::string::String,
            /// When it was.
            pub at: $crate::chrono::DateTime<$crate::chrono::Utc>,
            /// Who it was.
            pub actor: ::core::option::Option<::std::string::String>,
            /// The values before; of an update those that changed.
            pub old_values: ::core::option::Option<$crate::serde_json::Value>,
            /// The values after.
            pub new_values: ::core::option::Option<$crate::serde_json::Value>,
        }
    };
}

/// Registers models with parameters for [`models`], which the derive cannot: it does not know with which arguments they are used.
/// Others register themselves. Without the feature `registry`, nothing is left of the call.
///
/// ```
/// use orm::prelude::*;
///
/// #[derive(Debug, Clone, Model)]
/// struct Measurement<const DIGITS: usize> {
///     #[orm(primary_key)]
///     id: i64,
///     value: f64,
/// }
///
/// orm::register!(Measurement<3>);
/// # fn main() {
/// # #[cfg(feature = "registry")]
/// assert!(orm::models().iter().any(|model| model.def.name == "Measurement"));
/// # }
/// ```
#[macro_export]
macro_rules! register {
    ($($model:ty),+ $(,)?) => {
        $($crate::__private::register!(<$model as $crate::Model>::DEF);)+
    };
}

pub use atomic::Atomic;
pub use connect::{connect, connect_with};
pub use database::Database;
pub use databases::Databases;
pub use journal::Position;
pub use limit::ConnectionLimit;
pub use observe::QueryLog;
pub use options::{DatabaseOptions, LogOptions, PoolOptions};
#[doc(hidden)]
pub use orm_core::__private;
#[cfg(feature = "json")]
pub use orm_core::Json;
/// The crate of the dates and times of models, in the version that fits.
pub use orm_core::chrono;
pub use orm_core::driver::{Done, Driver, Executor, Isolation, LockMode, Runs, Tx};
pub use orm_core::expr::{
    Column, Condition, Expr, Free, JsonPath, JsonPlace, Order, all_of, any_of, call, case, coalesce, concat, count_all,
    now, random, raw, row_number, val,
};
pub use orm_core::handle::Related;
pub use orm_core::model::{Model, Snapshot, Violation, Violations};
#[cfg(feature = "signed-cursors")]
pub use orm_core::query::CursorKey;
pub use orm_core::query::{
    Action, Actor, Cursor, CursorPage, Draft, Edge, Field, Find, Instance, Page, PageInfo, Policy, Refine, RefineRows,
    Rows, Rule, Scope, SealReport, Statements, Tracked, reseal, verify_sealed,
};
#[cfg(all(feature = "serde", feature = "json"))]
pub use orm_core::query::{ListError, ListQuery, Listing};
pub use orm_core::relation::Projection;
pub use orm_core::relation::{
    BelongsTo, BelongsToMany, HasMany, HasOne, Include, LazyBatch, OneOf, References, Relation, load,
};
pub use orm_core::row::Decode;
/// The crate of exact decimals, in the version that fits.
#[cfg(feature = "decimal")]
pub use orm_core::rust_decimal;
/// The crate of UUIDs, in the version that fits.
#[cfg(feature = "uuid")]
pub use orm_core::uuid;
pub use orm_core::{
    Bind, BlindIndex, EnumDef, EnumStorage, Error, ErrorKind, Numeric, Result, Scalar, SqlType, Type, Value, ValueRef,
};
pub use orm_core::{ast, async_trait, dialect, driver, expr, handle, model, query, relation, row, schema};
#[cfg(feature = "serde")]
pub use orm_derive::serde;
pub use orm_derive::{Enum, Model, OneOf, Projection, Value};
pub use pool::PoolStatus;
pub use raw::{Sql, SqlText, Values, sql};
pub use reading::ReplicaStatus;
#[cfg(feature = "registry")]
pub use registry::{Models, models};
pub use replica::Replica;
pub use tables::DropTables;
pub use tenant::ForTenant;
pub use transaction::{InTransaction, Outcome, RunsAgain, Transaction, TransactionOptions};
pub use viewer::{As, Bypass};
