//! Naming what an error is about: the model, the columns of a violated constraint, the selected column that did not fit.

use crate::ast::{self, SelectList, Statement};
use crate::driver::Session;
use crate::error::{Error, ErrorKind};
use crate::model::ModelDef;
use crate::schema::{IndexKey, from_models};

/// Names the model in a database's error, and the columns of a violated constraint when the model knows them.
pub(crate) fn about(def: &'static ModelDef) -> impl FnOnce(Error) -> Error {
    move |error| name_model(error, def)
}

#[cold]
fn name_model(mut error: Error, def: &'static ModelDef) -> Error {
    if error.columns().is_empty()
        && let Some(constraint) = error.constraint()
    {
        let columns = constraint_columns(def, constraint);
        if !columns.is_empty() {
            error = error.with_columns(columns);
        }
    }
    if error.kind() == ErrorKind::CheckViolation && is_range(def, error.constraint()) {
        error = error.with_kind(ErrorKind::OutOfRange);
    }
    match error.table() {
        None => error.with_model(def.name).with_table(def.table.name),
        Some(table) if table == def.table.name => error.with_model(def.name),
        Some(_) if error.kind() == ErrorKind::ForeignKeyViolation => pointed_at(error, def),
        Some(_) => error,
    }
}

/// Whether a constraint is the CHECK on the range of an integer column.
fn is_range(def: &'static ModelDef, constraint: Option<&str>) -> bool {
    let rest = constraint.and_then(|name| name.strip_prefix(def.table.name)?.strip_prefix('_')?.strip_suffix("_range"));
    rest.is_some_and(|name| def.column(name).is_some_and(|column| column.ty.is_integer()))
}

/// The error for a row that rows of another table point at: the table, columns and constraint are theirs.
#[cold]
fn pointed_at(mut error: Error, def: &'static ModelDef) -> Error {
    let table = error.table().unwrap_or_default().to_owned();
    let mut targets = def.relations.iter().map(|relation| relation.target());
    if error.columns().is_empty()
        && let Some(target) = targets.find(|target| target.table.name == table)
    {
        let columns = error.constraint().map(|constraint| constraint_columns(target, constraint));
        error = error.with_columns(columns.unwrap_or_default());
    }
    if error.message().is_empty() {
        error = error.with_message(format!("rows of `{table}` point at the row by these columns"));
    }
    error.with_model(def.name)
}

/// As [`about`], naming the selected column that did not fit, with the relations that led to it: `author.name`.
#[cold]
pub(super) fn name_item(error: Error, def: &'static ModelDef, statement: &Statement) -> Error {
    let error = name_model(error, def);
    let (Statement::Select(select), Some(index), true) = (statement, error.index(), error.columns().is_empty()) else {
        return error;
    };
    let item = match &select.list {
        SelectList::Exprs(list) => list.get(index),
        SelectList::ModelAnd(list) => index.checked_sub(def.columns.len()).and_then(|index| list.get(index)),
        SelectList::Model | SelectList::One => None,
    };
    match item.and_then(item_name) {
        Some(name) => error.with_columns([name]),
        None => error,
    }
}

fn item_name(item: &ast::Expr) -> Option<String> {
    match item {
        ast::Expr::Column(column) => Some(column.name.to_owned()),
        ast::Expr::Path(hops, inner) => {
            let hops: String = hops.iter().map(|hop| format!("{}.", hop.relation.name)).collect();
            Some(hops + &item_name(inner)?)
        }
        _ => None,
    }
}

/// The columns of a constraint of the model, by the constraint's name.
fn constraint_columns(def: &'static ModelDef, constraint: &str) -> Vec<&'static str> {
    if constraint == "PRIMARY" {
        return def.key_columns().map(|column| column.name).collect();
    }
    let Ok(schema) = from_models(&[def]) else { return Vec::new() };
    let Some(table) = schema.tables.first() else { return Vec::new() };
    let find = |names: &[String]| def.columns.iter().map(|c| c.name).filter(|c| names.iter().any(|n| n == c)).collect();
    if let Some(key) = table.foreign_keys.iter().find(|key| key.name == constraint) {
        return find(&key.columns);
    }
    if let Some(index) = table.indexes.iter().find(|index| index.name == constraint) {
        let names = index.keys.iter().filter_map(IndexKey::name);
        return find(&names.map(str::to_owned).collect::<Vec<_>>());
    }
    match constraint.strip_prefix(def.table.name).and_then(|rest| rest.strip_prefix('_')) {
        Some("pkey") => def.key_columns().map(|column| column.name).collect(),
        Some(rest) => {
            let name = ["_check", "_labels", "_range"].iter().find_map(|end| rest.strip_suffix(end)).unwrap_or("");
            match (def.column(name), def.one_of.iter().find(|one_of| one_of.name == name)) {
                (Some(column), _) => vec![column.name],
                (None, Some(one_of)) => one_of.keys.iter().copied().flatten().map(|i| def.columns[*i].name).collect(),
                // The pair of foreign keys of a join model, which the relations at its ends declare as unique.
                (None, None) => rest.strip_suffix("_key").map(|names| columns_named(def, names)).unwrap_or_default(),
            }
        }
        // A UNIQUE without a name of its own is named after its column by MySQL and MariaDB.
        None => def.column(constraint).map(|column| vec![column.name]).unwrap_or_default(),
    }
}

/// The columns whose names, with `_` between them, make a text; none when no columns do.
fn columns_named(def: &'static ModelDef, names: &str) -> Vec<&'static str> {
    for column in def.columns {
        match names.strip_prefix(column.name) {
            Some("") => return vec![column.name],
            Some(rest) => {
                let rest = rest.strip_prefix('_').map(|rest| columns_named(def, rest)).unwrap_or_default();
                if !rest.is_empty() {
                    return std::iter::once(column.name).chain(rest).collect();
                }
            }
            None => {}
        }
    }
    Vec::new()
}

/// As [`about`], for the rows that a write gives back: those of RETURNING, or those read after it. Once the database has
/// carried the write out, an error about its rows does not undo it; in a transaction, rolling back does.
pub(crate) fn after_write(session: &dyn Session, def: &'static ModelDef) -> impl FnOnce(Error) -> Error {
    let stored = !session.in_transaction();
    move |error| {
        let error = name_model(error, def);
        if stored && matches!(error.kind(), ErrorKind::Decode | ErrorKind::NotFound) {
            but_stored(error)
        } else {
            error
        }
    }
}

/// As [`after_write`], for a statement that only reads what another one wrote: whatever its error is.
pub(crate) fn after_write_read(session: &dyn Session, def: &'static ModelDef) -> impl FnOnce(Error) -> Error {
    let stored = !session.in_transaction();
    move |error| {
        let error = name_model(error, def);
        if stored { but_stored(error) } else { error }
    }
}

#[cold]
fn but_stored(error: Error) -> Error {
    let message = match error.message() {
        "" => "the write is committed, but its row could not be read back".to_owned(),
        message => format!("{message}; the write is committed all the same, only its row could not be read back"),
    };
    error.with_message(message)
}

/// The error for an INSERT that gave no row back.
#[cold]
pub(crate) fn not_inserted(session: &dyn Session, model: &'static str) -> Error {
    let stored = if session.in_transaction() { "" } else { "; what the trigger wrote is committed" };
    let message = format!("the database inserted no row: a trigger of the table left it out{stored}");
    Error::new(ErrorKind::NotFound, message).with_model(model)
}

/// The error for a row that is not there.
#[cold]
pub(crate) fn not_found(model: &'static str) -> Error {
    Error::new(ErrorKind::NotFound, "no row matches").with_model(model)
}
