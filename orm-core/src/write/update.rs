//! Changing one row by its key: versions, times, the text that is kept by the set of columns.

use std::sync::Arc;

use super::draft::{Changes, all_values};
use super::guard::Guard;
use super::hooks::{self, Event, Hooks};
use super::insert::{lock_parents, record};
use super::policy::Granted;
use super::prepare::{self, integer_value, time_value};
use super::send::removed;
use super::statement::{count_up, record_row, row_to_record, touch, update_each};
use super::{guard, hooked, policy, violated};
use crate::ast::{self, BinaryOp, Purpose, Returning, Statement, Visibility};
use crate::dialect::{for_column, render, rewrites};
use crate::driver::{BeginOptions, Reads, Runs, Session, Shape};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, Model, ModelDef, read_model};
use crate::row::{Discard, First, RowSink};
use crate::run::{
    ValueRow, about, affected_rows, after_write, after_write_read, begin_write, fetch_all, fetch_first, kept,
    key_filter, key_of, read_back_sql, rendered,
};
use crate::value::Value;

/// Whether saving a row writes a column: not its key, nor what the database or the library makes.
pub(crate) fn saves(def: &'static ModelDef, column: &ColumnDef) -> bool {
    !def.primary_key.contains(&column.index)
        && column.generated.is_none()
        && !column.counter
        && !column.is_blind_index()
        && ![def.created_at, def.updated_at, def.version].contains(&Some(column.index))
}

/// Whether a column may have changed since the row was read; true if that is not known.
pub(crate) fn may_differ<M: Model>(row: &M, column: &ColumnDef) -> bool {
    let read = row.snapshot().and_then(|snapshot| snapshot.value(column.index));
    read.is_none_or(|read| *read != row.value(column.index))
}

/// Writes new values of a row and puts them into the struct. Checks and increments the version, sets `updated_at`.
///
/// # Errors
/// [`ErrorKind::NotFound`] when the row is gone or was soft-deleted meanwhile, [`ErrorKind::Stale`] when its version changed,
/// else the database's.
pub async fn update_row<M: Model, E: Runs<M> + ?Sized>(row: &mut M, changes: Changes, db: &E) -> Result<()> {
    let visibility = known(row);
    write_row(row, changes, db.session(), visibility).await
}

/// As [`write_row`], of a struct that has the new values already: hooks see what the row had before.
pub(crate) async fn save_row<M: Model>(
    row: &mut M,
    changes: Changes,
    session: &dyn Session,
    visibility: Visibility,
) -> Result<()> {
    let mut changes = changes;
    policy::leave_out_unseen(session, M::DEF, &mut changes)?;
    match hooks::of(session, M::DEF).filter(|_| !changes.is_empty()) {
        None => write_row(row, changes, session, visibility).await,
        Some(hooks) => Box::pin(write_hooked(row, changes, session, visibility, hooks, None)).await,
    }
}

/// Writes new values of a row with the hooks of the model. `before` has the values of the row, which is read where they are not
/// known.
async fn write_hooked<M: Model>(
    row: &mut M,
    mut changes: Changes,
    session: &dyn Session,
    visibility: Visibility,
    hooks: &'static Hooks,
    before: Option<Vec<Value>>,
) -> Result<()> {
    let (def, target) = (M::DEF, RowKey::of(row)?);
    let unit = begin_write(session).await?;
    let before = match before {
        Some(before) => before,
        None => match hooked::row_before(&*unit, def, key_filter(def, &target.key), visibility).await? {
            Some(before) => before,
            None => return Err(target.lost(&*unit, def, visibility).await),
        },
    };
    let restored = def.deleted_at.filter(|index| matches!(&changes.set[..], [(column, _)] if column == index));
    let event = if restored.is_some() { Event::Restore } else { Event::Update };
    match event {
        Event::Restore => hooked::before_event(&*unit, def, hooks, event, row).await?,
        _ => hooked::before_update(&*unit, def, hooks, &mut changes, &before).await?,
    }
    if hooks.trail.is_some() {
        let mut new = before.clone();
        changes.values().iter().for_each(|(column, value)| new[*column] = value.clone());
        lock_parents(&*unit, def, hooks, &[&before, &new]).await?;
    }
    policy::check_changes(&*unit, def, &changes).await?;
    let granted = grant(&*unit, def, &changes, true)?;
    let visibility = granted.map_or(visibility, |granted| visibility.to(granted.purpose));
    let mut fresh = None;
    let mut update = RowUpdate::new(&*unit, def, changes, target.clone(), visibility, true)?;
    let guards = std::mem::take(&mut update.guards);
    let (current, mut sink) = (|column| row.value(column), First::new(&mut fresh, read_model::<M>));
    update_by_key(&*unit, def, update, &current, &mut sink).await?;
    let Some(fresh) = fresh else { return Err(target.missed(&*unit, def, visibility, &guards).await) };
    if granted.is_some_and(|granted| granted.ask) {
        policy::after_update(&*unit, def, vec![target.key.clone()]).await?;
    }
    let values = || (0..def.columns.len()).map(|column| fresh.value(column)).collect();
    hooked::after(&*unit, def, hooks, event, &fresh, &values).await?;
    if hooks.trail.is_some() {
        record(&*unit, def, hooks, event, &[(Some(before), Some(values()))]).await?;
    }
    unit.commit().await?;
    refresh(row, fresh);
    Ok(())
}

/// As [`update_row`], where the database computes some of the new values; the row is read again.
pub(crate) async fn compute_row<M: Model>(
    row: &mut M,
    changes: Changes,
    computed: Vec<(&'static ColumnDef, ast::Expr)>,
    session: &dyn Session,
) -> Result<()> {
    let (def, target, visibility) = (M::DEF, RowKey::of(row)?, known(row));
    let values = changes.set.into_iter().map(|(index, value)| (&def.columns[index], ast::Expr::Value(value)));
    let mut set: Vec<_> = computed.into_iter().chain(values).collect();
    if changes.silent {
        count_up(def, &mut set);
    } else {
        touch(def, &mut set);
    }
    let (filter, returning) = (target.filter(def), Returning::Nothing);
    let guards = guard::of_assignments(&**session.dialect(), def, &set)?;
    let update = ast::Update { model: def, set, filter, visibility, returning };
    if update_each(session, def, Box::new(update), false).await?.1 == 0 {
        return Err(target.missed(session, def, visibility, &guards).await);
    }
    reread(row, session).await
}

/// Reads a row again, deleted or not; loaded relations stay as they are.
pub(crate) async fn reread<M: Model>(row: &mut M, session: &dyn Session) -> Result<()> {
    let def = M::DEF;
    let mut select = ast::Select::new(def);
    select.visibility = Visibility::ALL;
    select.filter = key_filter(def, &key_of(row)?);
    let select = Statement::Select(Box::new(select));
    match fetch_first(session, def, select, read_model::<M>).await? {
        Some(fresh) => {
            refresh(row, fresh);
            Ok(())
        }
        None => Err(removed(def)),
    }
}

/// Which rows a write of this one sees: the deleted ones where the struct knows that its row is one. A copy from before the
/// deletion does not write over it.
pub(crate) fn known<M: Model>(row: &M) -> Visibility {
    let knows = M::DEF.deleted_at.is_some_and(|index| !row.value(index).is_null());
    if knows { Visibility::ALL } else { Visibility::ROW }
}

pub(crate) async fn write_row<M: Model>(
    row: &mut M,
    mut changes: Changes,
    session: &dyn Session,
    visibility: Visibility,
) -> Result<()> {
    let target = RowKey::of(row)?;
    if changes.is_empty() {
        return target.check_version(session, M::DEF, visibility).await;
    }
    if policy::applies(session, M::DEF) && hooks::of(session, M::DEF).is_none() {
        return Box::pin(write_policed(row, changes, session, visibility)).await;
    }
    if let Some(hooks) = hooks::of(session, M::DEF) {
        // What is kept of a change is what the database had.
        let values = || (0..M::DEF.columns.len()).map(|column| row.value(column)).collect();
        let before = hooks.trail.is_none().then(values);
        return Box::pin(write_hooked(row, changes, session, visibility, hooks, before)).await;
    }
    prepare::check_changes(session, M::DEF, &mut changes, &|column| row.value(column))?;
    let mut fresh = None;
    let mut update = RowUpdate::new(session, M::DEF, changes, target.clone(), visibility, true)?;
    let guards = std::mem::take(&mut update.guards);
    let (current, mut sink) = (|column| row.value(column), First::new(&mut fresh, read_model::<M>));
    update_by_key(session, M::DEF, update, &current, &mut sink).await?;
    let Some(fresh) = fresh else { return Err(target.missed(session, M::DEF, visibility, &guards).await) };
    refresh(row, fresh);
    Ok(())
}

/// As [`write_row`], for a viewer.
async fn write_policed<M: Model>(
    row: &mut M,
    mut changes: Changes,
    session: &dyn Session,
    visibility: Visibility,
) -> Result<()> {
    let (def, target) = (M::DEF, RowKey::of(row)?);
    prepare::check_changes(session, def, &mut changes, &|column| row.value(column))?;
    policy::check_changes(session, def, &changes).await?;
    let granted = grant(session, def, &changes, false)?;
    let visibility = granted.map_or(visibility, |granted| visibility.to(granted.purpose));
    let unit = match granted {
        Some(granted) if granted.ask => Some(begin_write(session).await?),
        _ => None,
    };
    let inside = unit.as_ref().map_or(session, |unit| &**unit);
    let mut fresh = None;
    let mut update = RowUpdate::new(inside, def, changes, target.clone(), visibility, true)?;
    let guards = std::mem::take(&mut update.guards);
    let (current, mut sink) = (|column| row.value(column), First::new(&mut fresh, read_model::<M>));
    update_by_key(inside, def, update, &current, &mut sink).await?;
    let Some(fresh) = fresh else { return Err(target.missed(inside, def, visibility, &guards).await) };
    if let Some(unit) = unit {
        policy::after_update(&*unit, def, vec![target.key.clone()]).await?;
        unit.commit().await?;
    }
    refresh(row, fresh);
    Ok(())
}

/// What the viewer may change of a row, which times and the version are among.
fn grant(session: &dyn Session, def: &'static ModelDef, changes: &Changes, rehooked: bool) -> Result<Option<Granted>> {
    let set: Vec<_> = changes.values().iter().map(|(index, _)| (&def.columns[*index], None)).collect();
    policy::before_update(session, def, &set, rehooked)
}

/// Puts the row as the database has it now into a struct, which keeps the relations that were loaded for the same keys.
pub(crate) fn refresh<M: Model>(row: &mut M, fresh: M) {
    let old = std::mem::replace(row, fresh);
    let keys = M::DEF.relations.iter().flat_map(|relation| {
        let when = relation.first().when.map(|(column, _)| column);
        relation.keys().iter().map(|pair| pair.from).chain(when).map(|column| column.index)
    });
    let changed =
        keys.filter(|column| row.value(*column) != old.value(*column)).fold(0, |all, column| all | 1 << column);
    row.keep_relations(old, changed);
}

/// Which row a write is about: its key, and the version that the struct has.
#[derive(Clone)]
pub(crate) struct RowKey {
    key: Vec<Value>,
    version: Option<Value>,
}

impl RowKey {
    /// The row of a struct.
    pub(crate) fn of<M: Model>(row: &M) -> Result<Self> {
        Ok(Self { key: key_of(row)?, version: M::DEF.version.map(|index| row.value(index)) })
    }

    /// The row of a key, in whatever version.
    pub(crate) fn of_key(key: Vec<Value>) -> Self {
        Self { key, version: None }
    }

    /// The values of the key.
    pub(crate) fn key(&self) -> &[Value] {
        &self.key
    }

    /// The columns that find rows, all with a version or all without, and the values of each.
    pub(super) fn found_by<'r>(
        def: &'static ModelDef,
        rows: impl Iterator<Item = &'r Self>,
    ) -> (Vec<&'static ColumnDef>, Vec<Vec<Value>>) {
        let mut columns: Vec<_> = Self::columns(def).collect();
        let keys: Vec<Vec<Value>> = rows.map(|row| row.key.iter().chain(&row.version).cloned().collect()).collect();
        columns.truncate(keys.first().map_or(0, Vec::len));
        (columns, keys)
    }

    /// Whether the database has the row, in the version of the struct where there are versions.
    pub(super) async fn is_there(
        &self,
        session: &dyn Session,
        def: &'static ModelDef,
        visibility: Visibility,
    ) -> Result<bool> {
        let mut select = ast::Select::new(def);
        select.list = ast::SelectList::One;
        (select.filter, select.visibility) = (self.filter(def), visibility);
        Ok(fetch_first(session, def, Statement::Select(Box::new(select)), |_| Ok(())).await?.is_some())
    }

    /// The columns that find the row: the key's, and the version.
    fn columns(def: &'static ModelDef) -> impl Iterator<Item = &'static ColumnDef> {
        def.key_columns().chain(def.version.map(|index| &def.columns[index]))
    }

    /// The condition that a row is this one, with typed placeholders for its values.
    fn slots(def: &'static ModelDef) -> Vec<ast::Expr> {
        let slot = |column: &'static ColumnDef| {
            ast::Expr::binary(BinaryOp::Eq, column.into(), ast::Expr::Value(Value::Null(column.ty)))
        };
        Self::columns(def).map(slot).collect()
    }

    /// The condition that a row is this one.
    pub(crate) fn filter(&self, def: &'static ModelDef) -> Vec<ast::Expr> {
        let values = self.key.iter().chain(&self.version);
        let equal = |(column, value): (&'static ColumnDef, &Value)| {
            ast::Expr::binary(BinaryOp::Eq, column.into(), ast::Expr::Value(value.clone()))
        };
        Self::columns(def).zip(values).map(equal).collect()
    }

    /// The version that the row has in the database; none when there is no such row.
    async fn version_now(
        &self,
        session: &dyn Session,
        def: &'static ModelDef,
        column: &'static ColumnDef,
        visibility: Visibility,
    ) -> Result<Option<i64>> {
        let mut select = ast::Select::new(def);
        select.list = ast::SelectList::Exprs(vec![column.into()]);
        select.filter = key_filter(def, &self.key);
        select.visibility = visibility;
        let select = Statement::Select(Box::new(select));
        fetch_first(session, def, select, |columns| columns.next::<i64>()).await
    }

    /// Whether the version, if there is one, is not what a write failed by.
    async fn version_is_known(&self, session: &dyn Session, def: &'static ModelDef, visibility: Visibility) -> bool {
        let (Some(index), Some(version)) = (def.version, &self.version) else { return true };
        let found = self.version_now(session, def, &def.columns[index], visibility).await.ok().flatten();
        found == integer(version)
    }

    /// Checks the version where nothing is to be written, with a query: only models with a version have one.
    ///
    /// # Errors
    /// [`ErrorKind::Stale`] when it is not that of the struct.
    async fn check_version(&self, session: &dyn Session, def: &'static ModelDef, visibility: Visibility) -> Result<()> {
        let (Some(index), Some(version)) = (def.version, &self.version) else { return Ok(()) };
        let found = self.version_now(session, def, &def.columns[index], visibility).await?;
        if found.is_some() && found == integer(version) { Ok(()) } else { Err(stale(def, integer(version), found)) }
    }

    /// As [`lost`](Self::lost), of new values that the row may not have.
    #[cold]
    async fn missed(
        &self,
        session: &dyn Session,
        def: &'static ModelDef,
        visibility: Visibility,
        guards: &[Guard],
    ) -> Error {
        match guard::refused(session, def, self.filter(def), visibility, guards).await {
            Some(refused) => refused,
            None => self.lost(session, def, visibility).await,
        }
    }

    /// The error after a write that found no row: what the database has instead is asked for.
    #[cold]
    pub(crate) async fn lost(&self, session: &dyn Session, def: &'static ModelDef, visibility: Visibility) -> Error {
        let visibility = visibility.to(Purpose::Read);
        if self.version_is_known(session, def, visibility).await
            && let Some(refused) = policy::refused(session, def, &self.key, visibility).await
        {
            return refused;
        }
        let (Some(index), Some(version)) = (def.version, &self.version) else { return removed(def) };
        let expected = integer(version);
        // Where this fails, the reason of the write still is the better one to tell.
        let found = self.version_now(session, def, &def.columns[index], visibility).await.ok().flatten();
        // A transaction that reads a snapshot may see the version that is no longer there.
        stale(def, expected, found.filter(|found| Some(*found) != expected))
    }

    /// Appends the values of the placeholders.
    fn bind(self, session: &dyn Session, def: &'static ModelDef, binds: &mut Vec<Value>) -> Result<()> {
        for (column, value) in Self::columns(def).zip(self.key.into_iter().chain(self.version)) {
            let value = for_column(&**session.dialect(), column, value);
            session.dialect().check_value(&value)?;
            binds.push(value);
        }
        Ok(())
    }
}

/// A version as a number.
pub(crate) fn integer(version: &Value) -> Option<i64> {
    match version {
        Value::I16(v) => Some(i64::from(*v)),
        Value::I32(v) => Some(i64::from(*v)),
        Value::I64(v) => Some(*v),
        Value::U64(v) => i64::try_from(*v).ok(),
        _ => None,
    }
}

/// The version after this one.
fn next_version(column: &ColumnDef, current: &Value) -> Value {
    match current {
        Value::I16(v) => Value::I16(v.wrapping_add(1)),
        Value::I32(v) => Value::I32(v.wrapping_add(1)),
        Value::I64(v) => Value::I64(v.wrapping_add(1)),
        Value::U64(v) => Value::U64(v.wrapping_add(1)),
        _ => integer_value(column.ty, 1),
    }
}

/// An UPDATE of one row, by its kept text.
struct RowUpdate {
    sql: Arc<str>,
    /// The new values, then those that find the row.
    binds: Vec<Value>,
    /// The columns of the new values.
    columns: Vec<usize>,
    /// Whether the database computes columns from the new values.
    computes: bool,
    /// Whether the statement returns the row.
    returning: bool,
    /// Conditions of the statement.
    guards: Vec<Guard>,
}

impl RowUpdate {
    fn new(
        session: &dyn Session,
        def: &'static ModelDef,
        mut changes: Changes,
        target: RowKey,
        visibility: Visibility,
        wanted: bool,
    ) -> Result<Self> {
        let dialect = &**session.dialect();
        prepare::changes(dialect, def, &mut changes)?;
        let guards = guard::of_row(dialect, def, &mut changes)?;
        if let (Some(index), Some(version)) = (def.version, &target.version) {
            changes.set(index, next_version(&def.columns[index], version));
        }
        // In the order of the columns, so that the same columns have the same text.
        changes.set.sort_unstable_by_key(|(column, _)| *column);
        let computes = wanted
            && (guard::may_differ(&guards)
                || def.columns.iter().any(|column| column.generated.is_some())
                || changes.set.iter().any(|(index, _)| rewrites(dialect, &def.columns[*index])));
        let returning = computes && dialect.capabilities().returning_update;
        let policed = session.context().polices(def);
        if !guards.is_empty() || policed {
            let returning = returning && !policed;
            let columns = changes.set.iter().map(|(index, _)| *index).collect();
            let set = changes.set.into_iter();
            let set = set.map(|(index, value)| (&def.columns[index], ast::Expr::Value(value))).collect();
            let filter = target.filter(def).into_iter().chain(guards.iter().map(Guard::condition)).collect();
            let returned = if returning { Returning::Model } else { Returning::Nothing };
            let update = ast::Update { model: def, set, filter, visibility, returning: returned };
            // The text depends on the values, or on who is looking, so none is kept by the shape.
            let rendered = rendered(session, &Statement::Update(Box::new(update)))?;
            return Ok(Self { sql: rendered.sql.into(), binds: rendered.binds, columns, computes, returning, guards });
        }
        let mask = changes.set.iter().fold(0, |mask, (index, _)| mask | 1 << index);
        let shape = Shape::UpdateByKey { columns: mask, all: visibility == Visibility::ALL, returning };
        let sql = session.shapes().get(def, shape, || {
            let slot = |(index, _): &(usize, Value)| {
                let column = &def.columns[*index];
                (column, ast::Expr::Value(Value::Null(column.ty)))
            };
            let set = changes.set.iter().map(slot).collect();
            let returning = if returning { Returning::Model } else { Returning::Nothing };
            let update = ast::Update { model: def, set, filter: RowKey::slots(def), visibility, returning };
            Ok(render(&Statement::Update(Box::new(update)), dialect)?.sql)
        })?;
        let mut columns = Vec::with_capacity(changes.set.len());
        let mut binds = Vec::with_capacity(changes.set.len() + target.key.len() + 1);
        for (column, value) in changes.set {
            columns.push(column);
            binds.push(value);
        }
        target.bind(session, def, &mut binds)?;
        Ok(Self { sql, binds, columns, computes, returning, guards })
    }
}

/// Updates one row. The row as the database has it then goes into the sink; none when there is no such row. `current` gives
/// the values that the struct has.
async fn update_by_key(
    session: &dyn Session,
    def: &'static ModelDef,
    update: RowUpdate,
    current: &(dyn Fn(usize) -> Value + Sync),
    sink: &mut dyn RowSink,
) -> Result<()> {
    let RowUpdate { sql, binds, columns, computes, returning, .. } = update;
    let done = match returning {
        true => {
            let query = kept(&sql, &binds).sealed(def.has_sealed).reading(Reads::Returned(def));
            session.fetch(query, sink).await
        }
        false => session.fetch(kept(&sql, &binds).sealed(def.has_sealed), &mut Discard).await,
    };
    let done = match done {
        Ok(done) => done,
        Err(error) => {
            return Err(violated::by_values(session, def, &columns, &binds, after_write(session, def)(error)).await);
        }
    };
    if returning || done.rows_affected == 0 {
        return Ok(());
    }
    let mut values: Vec<Value> = (0..def.columns.len()).map(current).collect();
    for (column, value) in columns.into_iter().zip(binds) {
        values[column] = value;
    }
    if computes && session.context().polices(def) {
        let key: Vec<Value> = def.primary_key.iter().map(|index| values[*index].clone()).collect();
        let mut select = ast::Select::new(def);
        (select.filter, select.visibility) = (key_filter(def, &key), Visibility::ALL);
        let rows = fetch_all(session, def, Statement::Select(Box::new(select)), all_values).await?;
        // A viewer may not see what they changed any more.
        let values = rows.into_iter().next().unwrap_or(values);
        return sink.row(&ValueRow(&values)).map(|_| ()).map_err(after_write(session, def));
    }
    if computes {
        let key: Vec<Value> = def.primary_key.iter().map(|index| values[*index].clone()).collect();
        let sql = read_back_sql(session, def)?;
        let query = kept(&sql, &key).reading(Reads::Returned(def));
        session.fetch(query, sink).await.map_err(after_write_read(session, def))?;
        return Ok(());
    }
    sink.row(&ValueRow(&values)).map(|_| ()).map_err(after_write(session, def))
}

/// Removes the row of a struct, with the hooks of the model.
///
/// # Errors
/// As [`remove_by_key`].
pub(crate) async fn remove_row<M: Model>(session: &dyn Session, row: &M, force: bool) -> Result<()> {
    let (def, target) = (M::DEF, RowKey::of(row)?);
    let Some(hooks) = hooks::of(session, def) else { return remove_by_key(session, def, target, force).await };
    let unit = session.begin(&BeginOptions::default()).await?;
    let key = target.key.clone();
    let before = Box::pin(row_to_record(&*unit, def, hooks, &key)).await?;
    Box::pin(hooked::before_event(&*unit, def, hooks, Event::Destroy, row)).await?;
    remove_by_key(&*unit, def, target, force).await?;
    let values = || (0..def.columns.len()).map(|column| row.value(column)).collect();
    Box::pin(hooked::after(&*unit, def, hooks, Event::Destroy, row, &values)).await?;
    Box::pin(record_row(&*unit, def, hooks, Event::Destroy, before, &key)).await?;
    unit.commit().await
}

/// Removes one row, or sets its soft-delete timestamp unless forced.
///
/// # Errors
/// [`ErrorKind::NotFound`] when the row is gone, [`ErrorKind::Stale`] when its version changed, else the database's.
pub(crate) async fn remove_by_key(
    session: &dyn Session,
    def: &'static ModelDef,
    target: RowKey,
    force: bool,
) -> Result<()> {
    if let (Some(index), false) = (def.deleted_at, force) {
        let column = &def.columns[index];
        let mut changes = Changes::new();
        changes.set(index, time_value(column, crate::value::now()));
        let visibility = Visibility::ROW.to(Purpose::Delete);
        let update = RowUpdate::new(session, def, changes, target.clone(), visibility, false)?;
        let done = session.fetch(kept(&update.sql, &update.binds), &mut Discard).await.map_err(about(def))?;
        return if done.rows_affected == 0 { Err(target.lost(session, def, Visibility::ROW).await) } else { Ok(()) };
    }
    let visibility = if force { Visibility::ALL } else { Visibility::ROW };
    if session.context().polices(def) {
        let (filter, returning) = (target.filter(def), Returning::Nothing);
        let delete = Statement::Delete(Box::new(ast::Delete { model: def, filter, visibility, returning }));
        return match affected_rows(session, def, &delete).await {
            Ok(0) => Err(target.lost(session, def, visibility).await),
            Ok(_) => Ok(()),
            Err(error) => Err(violated::by_removal(session, def, &key_filter(def, &target.key), error).await),
        };
    }
    let sql = session.shapes().get(def, Shape::DeleteByKey { all: force }, || {
        let delete = ast::Delete { model: def, filter: RowKey::slots(def), visibility, returning: Returning::Nothing };
        Ok(render(&Statement::Delete(Box::new(delete)), &**session.dialect())?.sql)
    })?;
    let mut binds = Vec::with_capacity(target.key.len() + 1);
    target.clone().bind(session, def, &mut binds)?;
    let done = match session.fetch(kept(&sql, &binds), &mut Discard).await {
        Ok(done) => done,
        Err(error) => {
            let filter = key_filter(def, &target.key);
            return Err(violated::by_removal(session, def, &filter, about(def)(error)).await);
        }
    };
    if done.rows_affected == 0 { Err(target.lost(session, def, visibility).await) } else { Ok(()) }
}

/// The error after a write that found no row, whose version was not known.
#[cold]
pub(crate) fn gone(def: &'static ModelDef) -> Error {
    if def.version.is_some() { stale(def, None, None) } else { removed(def) }
}

/// The error for a row that the database has in another version, or no longer.
#[cold]
pub(crate) fn stale(def: &'static ModelDef, expected: Option<i64>, found: Option<i64>) -> Error {
    let message = match (expected, found) {
        (Some(expected), Some(found)) => format!(
            "the row has version {found}, not the expected {expected}: it was changed since it was read; reload it and try \
             again"
        ),
        _ => "the row was changed or removed since it was read; reload it and try again".to_owned(),
    };
    Error::new(ErrorKind::Stale, message).with_model(def.name).with_versions(expected, found)
}

/// Compares the version that a struct has with the one that the caller expects.
///
/// # Errors
/// [`ErrorKind::Stale`] when they differ.
pub(crate) fn expect_version<M: Model>(row: &M, expected: Option<&Value>) -> Result<()> {
    let (Some(index), Some(expected)) = (M::DEF.version, expected.and_then(integer)) else { return Ok(()) };
    let found = integer(&row.value(index));
    if found == Some(expected) { Ok(()) } else { Err(stale(M::DEF, Some(expected), found)) }
}
