//! Creating rows, one or many, alone or with rows of their relations. Everything that makes a row comes through here.

use super::draft::Draft;
use super::hooks;
use super::insert::{insert_one, insert_row, insert_rows};
use super::tree::{Around, create_tree, fill};
use super::upsert::{Outcome, upsert_many};
use super::{policy, prepare};
use crate::ast::Conflict;
use crate::driver::{BeginOptions, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, ModelDef, read_model};
use crate::row::{Columns, First};
use crate::run::{ModelSet, ValueRow, not_found, not_inserted};
use crate::value::Value;

/// Creates a row with what is nested in it, and gives it as the database has it.
pub(crate) async fn create_one<M: Model>(session: &dyn Session, mut draft: Draft) -> Result<M> {
    let def = M::DEF;
    draft.settle()?;
    if draft.nested.is_some() {
        prepare::trees(session, def, std::slice::from_mut(&mut draft))?;
        let unit = session.begin(&BeginOptions::default()).await?;
        let created = create_tree(&*unit, def, draft).await?;
        let mut models = models_of(&[created.values], vec![created.nested])?;
        unit.commit().await?;
        return models.pop().ok_or_else(|| not_found(def.name));
    }
    if hooks::of(session, def).is_some() {
        let unit = session.begin(&BeginOptions::default()).await?;
        // Apart, so that the future of models without hooks does not grow by it.
        let values = Box::pin(insert_row(&*unit, def, draft)).await?;
        let model = read_model(&mut Columns::new(&ValueRow(&values)))?;
        unit.commit().await?;
        return Ok(model);
    }
    if policy::applies(session, def) {
        return Box::pin(create_policed(session, draft)).await;
    }
    let mut row = None;
    insert_one(session, def, draft, &mut First::new(&mut row, read_model::<M>)).await?;
    row.ok_or_else(|| not_inserted(session, def.name))
}

/// Creates a row for a viewer. It is asked about in the same transaction where what it is decides whether it may be there, and that is
/// not known before.
async fn create_policed<M: Model>(session: &dyn Session, mut draft: Draft) -> Result<M> {
    let def = M::DEF;
    prepare::row(session, def, &mut draft)?;
    draft.validated = true;
    if !policy::before_create(session, def, std::slice::from_ref(&draft)).await? {
        let mut row = None;
        insert_one(session, def, draft, &mut First::new(&mut row, read_model::<M>)).await?;
        return row.ok_or_else(|| not_inserted(session, def.name));
    }
    let unit = session.begin(&BeginOptions::default()).await?;
    let values = insert_row(&*unit, def, draft).await?;
    let model = read_model(&mut Columns::new(&ValueRow(&values)))?;
    unit.commit().await?;
    Ok(model)
}

/// Creates rows, all or none. With `wanted`, gives them as the database has them, in the given order.
pub(crate) async fn create_many(
    session: &dyn Session,
    def: &'static ModelDef,
    mut drafts: Vec<Draft>,
    conflict: Option<&Conflict>,
    wanted: bool,
) -> Result<Inserted> {
    drafts.iter_mut().try_for_each(Draft::settle)?;
    if drafts.iter().any(|draft| draft.nested.is_some()) {
        return create_trees(session, def, drafts, conflict).await;
    }
    // Histories and counters must know which rows are new, and a conflicting row of another tenant must not be changed.
    if let Some(conflict) = conflict
        && (hooks::trail(def).is_some() || session.context().tenant(def)?.is_some())
    {
        let done = Box::pin(upsert_many(session, def, drafts, conflict)).await?;
        let affected = done.iter().filter(|(_, outcome)| *outcome != Outcome::Skipped).count() as u64;
        let rows = done.into_iter().map(|(row, _)| row).collect();
        return Ok(Inserted { rows, nested: Vec::new(), affected });
    }
    let (rows, affected) = insert_rows(session, def, drafts, conflict, wanted).await?;
    Ok(Inserted { rows, nested: Vec::new(), affected })
}

/// What creating many rows gave: the rows in the given order, when they were wanted.
pub(crate) struct Inserted {
    pub(crate) rows: Vec<Vec<Value>>,
    /// What was created around each; empty when nothing was.
    pub(crate) nested: Vec<Around>,
    pub(crate) affected: u64,
}

/// The models of rows that were created, with the rows created around each.
pub(crate) fn models_of<M: Model>(rows: &[Vec<Value>], nested: Vec<Around>) -> Result<Vec<M>> {
    let models = rows.iter().map(|values| read_model(&mut Columns::new(&ValueRow(values)))).collect::<Result<_>>()?;
    let mut set = ModelSet::<M>::new(models);
    fill(&mut set, nested)?;
    Ok(set.rows)
}

/// Inserts rows that have others nested in them, one after the other.
async fn create_trees(
    session: &dyn Session,
    def: &'static ModelDef,
    mut rows: Vec<Draft>,
    conflict: Option<&Conflict>,
) -> Result<Inserted> {
    if conflict.is_some() {
        return Err(Error::new(ErrorKind::InvalidStatement, "an upsert cannot create nested rows").with_model(def.name));
    }
    prepare::trees(session, def, &mut rows)?;
    let unit = session.begin(&BeginOptions::default()).await?;
    let (mut created, mut nested) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for row in rows {
        let row = create_tree(&*unit, def, row).await?;
        created.push(row.values);
        nested.push(row.nested);
    }
    unit.commit().await?;
    let affected = created.len() as u64;
    Ok(Inserted { rows: created, nested, affected })
}
