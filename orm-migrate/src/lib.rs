//! Migrations: SQL files that change a schema step by step, the history of those that a database has had, and the runner.
//!
//! A migration is a folder with a file `up.sql` and, where it can be undone, a file `down.sql`:
//!
//! ```text
//! migrations/
//!   20261129_101500_users/up.sql
//!   20261129_101500_users/down.sql
//!   20261130_090000_add_email/up.sql
//! ```
//!
//! [`Migrations`] reads the folder, or has the files inside of the program by `orm::migrate!`. [`Migrator`] runs what a database
//! has not had yet, undoes what it has, and tells what is true. Users get this as `orm::migrate`.

mod history;
mod lint;
mod migration;
mod plan;
mod runner;
mod script;
mod squash;

pub use lint::{Finding, LintOptions, Severity, lint, lint_rules};
pub use migration::{Embedded, Migration, Migrations};
pub use plan::{Fill, Note, Plan, PlanOptions, PlannedFile, Question, Rename, Rule, plan, plan_schema};
pub use runner::{Event, Migrator, OutOfOrder, Ran, Resolution, State, Status};
pub use script::{Statement, split};
