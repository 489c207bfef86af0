//! Columns whose values may not change in any way: immutable ones, those that are written once, and states with transitions.
//! What the row has is compared by the UPDATE itself, in its filter, so that the answer is right under races, too.

use super::draft::Changes;
use super::prepare::kept;
use crate::ast::{self, ConflictAction, Expr, Select, SelectList, Statement, Visibility};
use crate::dialect::Dialect;
use crate::driver::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef, Mutability, Transition, Violation, Violations};
use crate::run::fetch_first;
use crate::value::Value;

/// What a row must have for a column to get its new value.
pub(super) struct Guard {
    column: &'static ColumnDef,
    value: Value,
    condition: Expr,
}

impl Guard {
    fn new(dialect: &dyn Dialect, def: &'static ModelDef, column: &'static ColumnDef, value: Value) -> Result<Self> {
        let condition = match column.mutability {
            Mutability::Free => Expr::And(Vec::new()),
            Mutability::Immutable => is(column, &value),
            Mutability::WriteOnce if value.is_null() => empty(column),
            Mutability::WriteOnce => empty(column).or(is(column, &value)),
            Mutability::Transitions(_) if value.is_null() => empty(column),
            Mutability::Transitions(all) => {
                let mut from = vec![vec![value.clone()]];
                for Transition { from: before, to } in all {
                    if kept(dialect, def, column, to())? == value {
                        from.push(vec![kept(dialect, def, column, before())?]);
                    }
                }
                let allowed = Expr::has_key(&[column], &from);
                if column.nullable { allowed.or(empty(column)) } else { allowed }
            }
        };
        Ok(Self { column, value, condition })
    }

    pub(super) fn condition(&self) -> Expr {
        self.condition.clone()
    }

    fn violation(&self) -> Violation {
        let (rule, message) = match self.column.mutability {
            Mutability::WriteOnce => ("write_once", "was written already, and is written once"),
            Mutability::Transitions(_) => ("transition", "may not change from what it is to this value"),
            Mutability::Free | Mutability::Immutable => ("immutable", "is immutable"),
        };
        let to = matches!(self.column.mutability, Mutability::Transitions(_)).then(|| ("to", self.value.clone()));
        Violation::new(self.column.field, rule, message, to.into_iter().collect())
    }
}

fn is(column: &'static ColumnDef, value: &Value) -> Expr {
    if value.is_null() { empty(column) } else { Expr::has_key(&[column], &[vec![value.clone()]]) }
}

fn empty(column: &'static ColumnDef) -> Expr {
    Expr::IsNull { expr: Box::new(column.into()), negated: false }
}

/// The guards of one row's new values, which are in the form that columns keep. Those of immutable columns are compared and not
/// written.
pub(super) fn of_row(dialect: &dyn Dialect, def: &'static ModelDef, changes: &mut Changes) -> Result<Vec<Guard>> {
    let mut guards = Vec::new();
    if !def.has_guarded {
        return Ok(guards);
    }
    for (index, value) in &changes.set {
        let column = &def.columns[*index];
        if !column.mutability.is_free() {
            guards.push(Guard::new(dialect, def, column, value.clone())?);
        }
    }
    let immutable = |index: usize| matches!(def.columns[index].mutability, Mutability::Immutable);
    // An UPDATE assigns something; here, it may be the value that the row has.
    if changes.set.iter().any(|(index, _)| !immutable(*index)) {
        changes.set.retain(|(index, _)| !immutable(*index));
    }
    guards.sort_by_key(|guard| guard.column.index);
    Ok(guards)
}

/// The guards of what an UPDATE assigns.
///
/// # Errors
/// [`ErrorKind::InvalidStatement`] for an immutable column, and for an expression, whose result is not known in advance.
pub(super) fn of_assignments(
    dialect: &dyn Dialect,
    def: &'static ModelDef,
    set: &[(&'static ColumnDef, Expr)],
) -> Result<Vec<Guard>> {
    if !def.has_guarded {
        return Ok(Vec::new());
    }
    let refused = |column: &ColumnDef, message| {
        Err(Error::new(ErrorKind::InvalidStatement, message).with_model(def.name).with_columns([column.name]))
    };
    let mut guards = Vec::new();
    for (column, assigned) in set.iter().filter(|(column, _)| !column.mutability.is_free()) {
        match (&column.mutability, assigned) {
            (Mutability::Immutable, _) => {
                return refused(column, "the column is immutable: it gets its value when the row is created");
            }
            (_, Expr::Value(value)) => {
                let value = kept(dialect, def, column, column.normalized(value.clone()))?;
                guards.push(Guard::new(dialect, def, column, value)?);
            }
            _ => return refused(column, "whether this change is allowed is known of plain values only"),
        }
    }
    guards.sort_by_key(|guard| guard.column.index);
    Ok(guards)
}

/// Lets an UPDATE change only the rows that may have the new values.
pub(super) fn narrow(dialect: &dyn Dialect, def: &'static ModelDef, update: &mut ast::Update) -> Result<()> {
    let guards = of_assignments(dialect, def, &update.set)?;
    update.filter.extend(guards.into_iter().map(|guard| guard.condition));
    Ok(())
}

/// Refuses an upsert of many rows that would change columns whose present values decide.
///
/// # Errors
/// [`ErrorKind::Unsupported`].
pub(super) fn check_conflict(def: &'static ModelDef, action: &ConflictAction) -> Result<()> {
    let ConflictAction::Update(set) = action else { return Ok(()) };
    let decides = |column: &&ColumnDef| matches!(column.mutability, Mutability::WriteOnce | Mutability::Transitions(_));
    match set.iter().map(|(column, _)| *column).find(decides) {
        None => Ok(()),
        Some(column) => Err(Error::new(
            ErrorKind::Unsupported,
            "an upsert of many rows cannot check how this column changes; name the others by `.update(..)`, or upsert the rows one \
             by one",
        )
        .with_model(def.name)
        .with_columns([column.name])),
    }
}

/// The error after an UPDATE that found no row, when the row is there and may not have the new values.
#[cold]
pub(super) async fn refused(
    session: &dyn Session,
    def: &'static ModelDef,
    filter: Vec<Expr>,
    visibility: Visibility,
    guards: &[Guard],
) -> Option<Error> {
    if guards.is_empty() {
        return None;
    }
    let mut select = Select::new(def);
    select.list = SelectList::Exprs(guards.iter().map(Guard::condition).collect());
    (select.filter, select.visibility) = (filter, visibility);
    let read = |columns: &mut crate::row::Columns<'_>| {
        let mut kept = Vec::new();
        while columns.left() > 0 {
            kept.push(columns.next::<Option<bool>>()? == Some(true));
        }
        Ok(kept)
    };
    // Where this fails, the reason of the write still is the better one to tell.
    let kept = fetch_first(session, def, Statement::Select(Box::new(select)), read).await.ok()??;
    let mut found = Violations::new();
    for (guard, _) in guards.iter().zip(kept).filter(|(_, kept)| !kept) {
        found.push(guard.violation());
    }
    found.into_result(def.name).err()
}

/// As [`refused`], of what a statement about one row assigned.
#[cold]
pub(super) async fn refused_assignments(
    session: &dyn Session,
    def: &'static ModelDef,
    filter: Vec<Expr>,
    set: &[(&'static ColumnDef, Expr)],
) -> Result<()> {
    let guards = of_assignments(&**session.dialect(), def, set)?;
    refused(session, def, filter, Visibility::ALL, &guards).await.map_or(Ok(()), Err)
}

/// Whether a row that was written must be read again: texts that are equal to the database may differ.
pub(super) fn may_differ(guards: &[Guard]) -> bool {
    guards
        .iter()
        .any(|guard| matches!(guard.column.mutability, Mutability::Immutable) && matches!(guard.value, Value::Text(_)))
}
