//! Sending an UPDATE or a DELETE: the rules of the model are asked, values take the form that their columns keep, and an error
//! is named.

use super::{guard, policy, prepare, violated};
use crate::ast::Statement;
use crate::dialect::Dialect;
use crate::driver::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ModelDef;
use crate::run::affected_rows;

/// As [`prepared`], after the rules of the model were asked.
///
/// # Errors
/// [`ErrorKind::Validation`] with all that they found; those of [`prepared`].
pub(crate) fn checked(session: &dyn Session, def: &'static ModelDef, mut statement: Statement) -> Result<Statement> {
    if let Statement::Update(update) = &mut statement {
        prepare::check_assignments(session, def, &mut update.set)?;
    }
    prepared(&**session.dialect(), def, statement)
}

/// An UPDATE with its values in the form that columns keep; a DELETE as it is.
///
/// # Errors
/// Those of values that a column cannot keep.
pub(crate) fn prepared(dialect: &dyn Dialect, def: &'static ModelDef, mut statement: Statement) -> Result<Statement> {
    if let Statement::Update(update) = &mut statement {
        prepare::assignments(dialect, def, &mut update.set)?;
        guard::narrow(dialect, def, update)?;
    }
    Ok(statement)
}

/// Runs an UPDATE or a DELETE of many rows and gives their number.
pub(crate) async fn write_rows(session: &dyn Session, def: &'static ModelDef, statement: Statement) -> Result<u64> {
    let statement = checked(session, def, statement)?;
    send_prepared(session, def, statement).await
}

/// As [`write_rows`], where the rules were asked already.
pub(super) async fn unchecked(session: &dyn Session, def: &'static ModelDef, statement: Statement) -> Result<u64> {
    let statement = prepared(&**session.dialect(), def, statement)?;
    send_prepared(session, def, statement).await
}

async fn send_prepared(session: &dyn Session, def: &'static ModelDef, statement: Statement) -> Result<u64> {
    let affected = if policy::applies(session, def) {
        Box::pin(policy::send(session, def, statement.clone())).await
    } else {
        affected_rows(session, def, &statement).await
    };
    match affected {
        Err(error) => Err(violated::by_statement(session, def, &statement, error).await),
        affected => affected,
    }
}

/// The error for a row that the database has no longer.
#[cold]
pub(super) fn removed(def: &'static ModelDef) -> Error {
    Error::new(ErrorKind::NotFound, "the row was removed since it was read").with_model(def.name)
}
