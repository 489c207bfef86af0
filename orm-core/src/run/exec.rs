//! Running statements on a session: rendering, sending, and sinks for one row and for all. Untyped but for what each row
//! becomes, so that it is compiled once.

use std::sync::Arc;

use super::errors::{about, after_write, name_item};
use super::key::{key_filter, key_slots};
use super::text::{self, kept, query};
use crate::ast::{Select, Statement, Visibility};
use crate::dialect::render;
use crate::driver::{Done, Reads, Session, Shape};
use crate::error::Result;
use crate::model::ModelDef;
use crate::row::{Collect, Discard, First, Read, RowSink};
use crate::value::Value;

/// All rows of a query.
pub(crate) async fn fetch_all<T: Send>(
    session: &dyn Session,
    def: &'static ModelDef,
    mut statement: Statement,
    read: Read<T>,
) -> Result<Vec<T>> {
    let text = text::of(session, def, &mut statement)?;
    let mut rows = Vec::new();
    let query = text.query().reading(Reads::of(&statement));
    let done = session.fetch(query, &mut Collect::new(&mut rows, read)).await;
    done.map_err(|error| match statement {
        Statement::Select(_) => name_item(error, def, &statement),
        _ => after_write(session, def)(error),
    })?;
    Ok(rows)
}

/// Runs a query into a sink.
pub(crate) async fn fetch_into(session: &dyn Session, select: Select, sink: &mut dyn RowSink) -> Result<()> {
    let def = select.model;
    let mut statement = Statement::Select(Box::new(select));
    let text = text::of(session, def, &mut statement)?;
    let query = text.query().reading(Reads::of(&statement));
    session.fetch(query, sink).await.map_err(|error| name_item(error, def, &statement))?;
    Ok(())
}

/// The first row of a query.
pub(crate) async fn fetch_first<T: Send>(
    session: &dyn Session,
    def: &'static ModelDef,
    mut statement: Statement,
    read: Read<T>,
) -> Result<Option<T>> {
    let text = text::of(session, def, &mut statement)?;
    let mut row = None;
    let query = text.query().reading(Reads::of(&statement));
    let done = session.fetch(query, &mut First::new(&mut row, read)).await;
    done.map_err(|error| name_item(error, def, &statement))?;
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
    let query = kept(sql, binds).reading(Reads::Model(def));
    session.fetch(query, &mut First::new(&mut row, read)).await.map_err(about(def))?;
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
    let query = kept(sql, &[]).reading(Reads::Model(def));
    session.fetch(query, &mut Collect::new(&mut rows, read)).await.map_err(about(def))?;
    Ok(rows)
}

/// Runs a statement for its counts.
pub(crate) async fn execute(session: &dyn Session, def: &'static ModelDef, statement: &Statement) -> Result<Done> {
    let rendered = text::rendered(session, statement)?;
    session.fetch(query(&rendered), &mut Discard).await.map_err(about(def))
}

/// Runs a statement and gives the number of rows written.
pub(crate) async fn affected_rows(session: &dyn Session, def: &'static ModelDef, statement: &Statement) -> Result<u64> {
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
        select.visibility = Visibility::ALL;
        select.filter = key_filter(def, &key_slots(def));
        Ok(render(&Statement::Select(Box::new(select)), &**session.dialect())?.sql)
    })
}
