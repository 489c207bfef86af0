//! Running statements on a session: rendering, sinks for one row and for all, includes. Untyped but for what each row
//! becomes, so that it is compiled once.

use std::sync::Arc;

use super::include::{IncludeNode, RowSet};
use super::joined::Joins;
use super::key::{key_filter, key_slots};
use super::rows::First;
use crate::ast::{self, Deleted, Select, SelectList, Statement};
use crate::dialect::{Rendered, render};
use crate::driver::{Done, Query, Session, Shape};
use crate::error::{Error, ErrorKind, Result};
use crate::model::ModelDef;
use crate::row::{Collect, Columns, Discard, RowSink};
use crate::value::Value;

/// Reads what one row becomes.
pub(crate) type Read<T> = fn(&mut Columns<'_>) -> Result<T>;

/// A rendered statement as a query.
pub(crate) fn query(rendered: &Rendered) -> Query<'_> {
    Query { sql: &rendered.sql, binds: &rendered.binds, cacheable: rendered.cacheable }
}

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
    match error.table() {
        None => error.with_model(def.name).with_table(def.table.name),
        Some(table) if table == def.table.name => error.with_model(def.name),
        Some(_) if error.kind() == ErrorKind::ForeignKeyViolation => pointed_at(error, def),
        Some(_) => error,
    }
}

/// The error for a row that rows of another table point at: the table, columns and constraint are theirs.
#[cold]
fn pointed_at(mut error: Error, def: &'static ModelDef) -> Error {
    let table = error.table().unwrap_or_default().to_owned();
    let mut targets = def.relations.iter().map(|relation| (relation.target)());
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
fn name_item(error: Error, def: &'static ModelDef, statement: &Statement) -> Error {
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
    let Ok(schema) = crate::schema::from_models(&[def]) else { return Vec::new() };
    let Some(table) = schema.tables.first() else { return Vec::new() };
    let find = |names: &[String]| def.columns.iter().map(|c| c.name).filter(|c| names.iter().any(|n| n == c)).collect();
    if let Some(key) = table.foreign_keys.iter().find(|key| key.name == constraint) {
        return find(&key.columns);
    }
    if let Some(index) = table.indexes.iter().find(|index| index.name == constraint) {
        let names: Vec<String> = index
            .keys
            .iter()
            .filter_map(|key| match key {
                crate::schema::IndexKey::Column { name, .. } => Some(name.clone()),
                crate::schema::IndexKey::Expression(_) => None,
            })
            .collect();
        return find(&names);
    }
    match constraint.strip_prefix(def.table.name).and_then(|rest| rest.strip_prefix('_')) {
        Some("pkey") => def.key_columns().map(|column| column.name).collect(),
        Some(rest) => {
            let name = rest.strip_suffix("_check").or_else(|| rest.strip_suffix("_labels")).unwrap_or("");
            match (def.column(name), def.one_of.iter().find(|one_of| one_of.name == name)) {
                (Some(column), _) => vec![column.name],
                (None, Some(one_of)) => one_of.keys.iter().copied().flatten().map(|i| def.columns[*i].name).collect(),
                // The pair of keys of a model in between, which the relations at its ends declare.
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

/// The error for a row that is not there.
#[cold]
pub(crate) fn not_found(model: &'static str) -> Error {
    Error::new(ErrorKind::NotFound, "no row matches").with_model(model)
}

/// All rows of a query.
pub(crate) async fn fetch_all<T: Send>(
    session: &dyn Session,
    def: &'static ModelDef,
    statement: &Statement,
    read: Read<T>,
) -> Result<Vec<T>> {
    let rendered = render(statement, &**session.dialect())?;
    let mut rows = Vec::new();
    let done = session.fetch(query(&rendered), &mut Collect::new(&mut rows, read)).await;
    done.map_err(|error| name_item(error, def, statement))?;
    Ok(rows)
}

/// Runs a query into a sink.
pub(crate) async fn fetch_into(session: &dyn Session, select: Select, sink: &mut dyn RowSink) -> Result<()> {
    let def = select.model;
    let statement = Statement::Select(Box::new(select));
    let rendered = render(&statement, &**session.dialect())?;
    session.fetch(query(&rendered), sink).await.map_err(|error| name_item(error, def, &statement))?;
    Ok(())
}

/// A query's rows and their relations.
pub(crate) async fn fetch_with(
    session: &dyn Session,
    mut select: Select,
    nodes: &[IncludeNode],
    set: &mut dyn RowSet,
) -> Result<()> {
    let mut joins = Joins::of(&mut select, nodes)?;
    fetch_into(session, select, &mut joins.sink(set)).await?;
    joins.finish(session, set).await
}

/// The first row of a query.
pub(crate) async fn fetch_first<T: Send>(
    session: &dyn Session,
    def: &'static ModelDef,
    statement: &Statement,
    read: Read<T>,
) -> Result<Option<T>> {
    let rendered = render(statement, &**session.dialect())?;
    let mut row = None;
    let done = session.fetch(query(&rendered), &mut First { row: &mut row, read }).await;
    done.map_err(|error| name_item(error, def, statement))?;
    Ok(row)
}

/// The first row of a statement of fixed shape.
pub(crate) async fn fetch_shape<T: Send>(
    session: &dyn Session,
    def: &'static ModelDef,
    sql: &str,
    binds: &[Value],
    read: Read<T>,
) -> Result<Option<T>> {
    let mut row = None;
    let query = Query { sql, binds, cacheable: true };
    session.fetch(query, &mut First { row: &mut row, read }).await.map_err(about(def))?;
    Ok(row)
}

/// All rows of a statement of fixed shape.
pub(crate) async fn fetch_all_shape<T: Send>(
    session: &dyn Session,
    def: &'static ModelDef,
    sql: &str,
    read: Read<T>,
) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    let query = Query { sql, binds: &[], cacheable: true };
    session.fetch(query, &mut Collect::new(&mut rows, read)).await.map_err(about(def))?;
    Ok(rows)
}

/// Runs a statement for its counts.
pub(crate) async fn execute(session: &dyn Session, def: &'static ModelDef, statement: &Statement) -> Result<Done> {
    let rendered = render(statement, &**session.dialect())?;
    session.fetch(query(&rendered), &mut Discard).await.map_err(about(def))
}

/// Runs a statement and gives the number of rows written.
pub(crate) async fn write(session: &dyn Session, def: &'static ModelDef, statement: &Statement) -> Result<u64> {
    Ok(execute(session, def, statement).await?.rows_affected)
}

/// The text of `SELECT every column FROM table WHERE key`, made once.
pub(crate) fn by_key_sql(session: &dyn Session, def: &'static ModelDef) -> Result<Arc<str>> {
    session.shapes().get(def, Shape::FindByKey, || {
        let mut select = Select::new(def);
        select.filter = key_filter(def, &key_slots(def));
        Ok(render(&Statement::Select(Box::new(select)), &**session.dialect())?.sql)
    })
}

/// As [`by_key_sql`], for a row that was just written and may be marked as deleted.
pub(crate) fn read_back_sql(session: &dyn Session, def: &'static ModelDef) -> Result<Arc<str>> {
    session.shapes().get(def, Shape::ReadBack, || {
        let mut select = Select::new(def);
        select.deleted = Deleted::Included;
        select.filter = key_filter(def, &key_slots(def));
        Ok(render(&Statement::Select(Box::new(select)), &**session.dialect())?.sql)
    })
}
