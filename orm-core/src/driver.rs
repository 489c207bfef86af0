//! The seam between the ORM and a database client: a [`Driver`] opens [`Connection`]s, a connection runs [`Query`]s and
//! pushes rows into a sink. [`Executor`] is what statements run on: the database's pool or one transaction of it.
//! Pools, retries and spans are above this seam, in `orm`.
//!
//! `tests/toy-driver` is a small driver and dialect to begin with.
//!
//! # Duties of an implementation
//! - An operation that fails MUST give an [`Error`](crate::Error) whose kind is as exact as the database tells, with
//!   its code, and the client's own error as the source.
//! - A future of a connection that is dropped half-way MUST leave the connection usable or make
//!   [`Connection::is_broken`] true.
//! - A connection that cannot be opened MUST tell where it was to go and as whom, and never the password;
//!   [`connect_advice`] has words for what to do.
//! - [`Done::last_insert_id`] is the key of the *first* row of an INSERT.
//! - Rows are borrowed from the client's buffer; nothing is copied that the sink does not copy.
//! - A driver that knows the types of a result SHOULD hold them against [`Query::reads`] with its first row: a value that is
//!   read must be found by `=`.

mod advice;
mod classify;
mod connection;
mod context;
mod executor;
mod lexer;
mod parameters;
mod reads;
mod seal;
mod session;
mod shapes;
mod tx;

use std::sync::Arc;

use async_trait::async_trait;

pub use advice::connect_advice;
pub use classify::{Statement, StatementKind, Statements, classify, operation_name, statement_kind};
pub use connection::{BeginOptions, Connection, Control, Done, Effects, Isolation, LockMode, Query};
pub use context::Context;
pub(crate) use executor::Reading;
pub use executor::{
    Allows, Callback, Executor, OfTenant, Open, Opening, Policed, PolicedTenanted, Restricted, Runs, SeenBy, Session,
    Tenanted, Unit,
};
pub use lexer::{Lexer, Token};
pub use parameters::{
    Form, LONGEST, MOST_STATEMENTS, POOL_PARAMETERS, Parameter, Setting, check_range, check_time, percent_decoded,
    url_parameters,
};
pub use reads::{Reads, Unsuited};
pub use seal::fetch_sealed;
pub use session::Leaves;
pub use shapes::{Shape, ShapeCache};
pub use tx::{Tx, View};

use crate::dialect::Dialect;
use crate::error::Result;

/// Opens connections to one database.
#[async_trait]
pub trait Driver: std::fmt::Debug + Send + Sync + 'static {
    /// Opens a connection, ready to run statements.
    ///
    /// # Errors
    /// [`ErrorKind::ConnectionFailed`](crate::ErrorKind::ConnectionFailed), `Auth`, `UnknownDatabase`,
    /// `TooManyConnections` and the like.
    async fn connect(&self) -> Result<Box<dyn Connection>>;

    /// The greatest number of connections that makes sense; 1 for a database that lives inside its connection.
    fn max_connections(&self) -> Option<usize> {
        None
    }

    /// The dialect of the server behind a connection, with the capabilities of its version.
    ///
    /// # Errors
    /// What asking the server for its version gives.
    async fn dialect(&self, connection: &mut dyn Connection) -> Result<Arc<dyn Dialect>>;

    /// Where this connects to, for messages and spans; never with a password.
    fn target(&self) -> String;
}
