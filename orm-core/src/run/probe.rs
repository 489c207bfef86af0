//! Questions about rows that are not read: whether there are any, how many; and locks on them.

use super::exec;
use crate::ast::{self, LockStrength, LockWait, Select, SelectList, Statement};
use crate::driver::{BeginOptions, LockMode, Session, Unit};
use crate::error::Result;
use crate::model::ModelDef;

/// Whether there is a row for which conditions hold.
pub(crate) async fn any_row(session: &dyn Session, def: &'static ModelDef, filter: Vec<ast::Expr>) -> Result<bool> {
    first(session, def, filter, None).await
}

/// As [`any_row`], also one that others have committed meanwhile, inside a snapshot.
pub(crate) async fn latest_row(session: &dyn Session, def: &'static ModelDef, filter: Vec<ast::Expr>) -> Result<bool> {
    let locks = session.dialect().capabilities().row_locks;
    first(session, def, filter, locks.then_some(LockStrength::Share)).await
}

async fn first(
    session: &dyn Session,
    def: &'static ModelDef,
    filter: Vec<ast::Expr>,
    lock: Option<LockStrength>,
) -> Result<bool> {
    let mut select = Select::new(def);
    select.list = SelectList::One;
    select.filter = filter;
    select.limit = Some(1);
    select.lock = lock.map(|strength| ast::Lock { strength, wait: LockWait::Wait, of: Vec::new() });
    Ok(exec::fetch_first(session, def, Statement::Select(Box::new(select)), |_| Ok(())).await?.is_some())
}

/// The number of rows for which conditions hold, deleted or not.
pub(crate) async fn count_rows(session: &dyn Session, def: &'static ModelDef, filter: Vec<ast::Expr>) -> Result<usize> {
    let mut select = Select::new(def);
    select.list = SelectList::One;
    select.filter = filter;
    select.visibility = ast::Visibility::ALL;
    Ok(exec::fetch_all(session, def, Statement::Select(Box::new(select)), |_| Ok(())).await?.len())
}

/// Waits until nobody else has locked some rows, and locks them, where there are such locks. The session must be a
/// transaction.
pub(crate) async fn lock_rows(session: &dyn Session, def: &'static ModelDef, filter: Vec<ast::Expr>) -> Result<()> {
    if !session.dialect().capabilities().row_locks {
        return Ok(());
    }
    let mut select = Select::new(def);
    select.list = SelectList::One;
    select.filter = filter;
    select.visibility = ast::Visibility::UNCHECKED;
    let first = |column| ast::Order { expr: ast::Expr::Column(column), descending: false, nulls: None };
    select.order_by = def.key_columns().map(first).collect();
    select.lock = Some(ast::Lock { strength: LockStrength::NoKeyUpdate, wait: LockWait::Wait, of: Vec::new() });
    exec::fetch_all(session, def, Statement::Select(Box::new(select)), |_| Ok(())).await.map(|_| ())
}

/// Begins a transaction that reads before it writes. Without row locks, such a one could not write once another one has.
pub(crate) async fn begin_write(session: &dyn Session) -> Result<Box<dyn Unit + '_>> {
    let alone = !session.in_transaction() && !session.dialect().capabilities().row_locks;
    let lock_mode = alone.then_some(LockMode::Immediate);
    session.begin(&BeginOptions { lock_mode, ..BeginOptions::default() }).await
}
