//! What a new row starts with when it is to be a row of a relation, and what connects it to a row that is there: its own
//! foreign key, a row of the model in between, or the foreign key of that row.

use super::create_tree::{Nested, insert_values};
use super::exec;
use super::scope::Scope;
use super::update::{gone, update_of};
use crate::ast::{self, LockStrength, LockWait, Select, SelectList, Statement};
use crate::driver::{BeginOptions, LockMode, Session, Unit};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef, RelationDef};
use crate::value::Value;

/// What a new row starts with.
#[derive(Debug, Default)]
pub struct Start {
    /// The values of its foreign key, when the row has it.
    pub(super) key: Vec<Value>,
    pub(super) nested: Option<Box<Nested>>,
}

impl Start {
    /// With a foreign key.
    pub(crate) fn under(key: Vec<Value>) -> Self {
        Self { key, nested: None }
    }

    /// With a connection to another row, which is made once the new one is there.
    pub(crate) fn linked(mut self, link: Linked) -> Self {
        self.nested.get_or_insert_default().links.push(link);
        self
    }

    /// Inside a relation's filter.
    pub(crate) fn within(mut self, scope: Option<Scope>) -> Self {
        if scope.is_some() {
            self.nested.get_or_insert_default().scope = scope;
        }
        self
    }

    /// With columns of the row in between that connects it to the row it is created with.
    pub(crate) fn between(mut self, payload: Payload) -> Self {
        if !payload.is_empty() {
            self.nested.get_or_insert_default().payload = payload;
        }
        self
    }
}

/// Columns of a model in between and what they are given.
pub(crate) type Payload = Vec<(&'static ColumnDef, ast::Expr)>;

/// A connection of a new row to one that is there.
#[derive(Debug, Clone)]
pub(crate) enum Linked {
    /// A row in between.
    Between {
        relation: RelationDef,
        /// The key of the row that is there.
        key: Vec<Value>,
        payload: Payload,
    },
    /// The row that is there points at the new one.
    Owner {
        model: &'static ModelDef,
        relation: RelationDef,
        /// The row that is there.
        filter: Vec<ast::Expr>,
    },
    /// None: the row that is there has no key to point at.
    Nothing(&'static ColumnDef),
}

impl Linked {
    /// Makes it, for the values of the new row, inside a relation's filter.
    pub(super) async fn create(self, session: &dyn Session, new: &[Value], scope: Option<&Scope>) -> Result<()> {
        match self {
            Self::Between { relation, key, payload } => {
                let Some(through) = relation.through else { return Ok(()) };
                let model = (through.model)();
                let mut values = payload_values(&relation, &payload, scope)?;
                values.extend(relation.keys.iter().map(|pair| pair.to).zip(key));
                values.extend(relation.tag.map(|(column, text)| (column, Value::Text(text.into()))));
                values.extend(through.keys.iter().map(|pair| (pair.from, new[pair.to.index].clone())));
                insert_values(session, model, values).await
            }
            Self::Owner { model, relation, filter } => {
                let key = relation.keys.iter().map(|pair| new[pair.to.index].clone()).collect();
                let set = pointing(model, &relation, key)?;
                let set = set.into_iter().map(|(index, value)| (&model.columns[index], ast::Expr::Value(value)));
                match exec::write(session, model, &update_of(model, set.collect(), filter)).await? {
                    0 => Err(gone(model)),
                    _ => Ok(()),
                }
            }
            Self::Nothing(column) => Err(no_key(column)),
        }
    }
}

/// The columns, by their positions, of a row that points at a key: of several models that it may point at, at this one.
pub(crate) fn pointing(
    model: &'static ModelDef,
    relation: &RelationDef,
    key: Vec<Value>,
) -> Result<Vec<(usize, Value)>> {
    if let Some((pair, _)) = relation.keys.iter().zip(&key).find(|(_, value)| value.is_null()) {
        return Err(no_key(pair.to));
    }
    let own: Vec<usize> = relation.keys.iter().map(|pair| pair.from.index).collect();
    let others = other_keys(model, &own).into_iter().map(|column| (column.index, Value::Null(column.ty)));
    let mut set: Vec<(usize, Value)> = others.collect();
    set.extend(own.into_iter().zip(key));
    set.extend(relation.when.map(|(column, text)| (column.index, Value::Text(text.into()))));
    Ok(set)
}

/// The columns of the other keys, where a row has one of several: they are NULL in a row that has this one.
pub(crate) fn other_keys(model: &'static ModelDef, key: &[usize]) -> Vec<&'static ColumnDef> {
    let several = model.one_of.iter().filter(|one_of| one_of.keys.contains(&key));
    let others = several.flat_map(|one_of| one_of.keys.iter().copied().flatten());
    others.filter(|index| !key.contains(index)).map(|index| &model.columns[*index]).collect()
}

/// The error for a row that cannot be pointed at.
#[cold]
pub(crate) fn no_key(column: &'static ColumnDef) -> Error {
    Error::new(
        ErrorKind::InvalidStatement,
        "the key that this relation points at is NULL in the row, so no row can point at it; set it first",
    )
    .with_table(column.table.name)
    .with_columns([column.name])
}

/// The values of a row in between, which can only be plain ones, and those that the relation's filter asks for. The last
/// one given to a column counts.
pub(crate) fn payload_values(
    relation: &RelationDef,
    payload: &[(&'static ColumnDef, ast::Expr)],
    scope: Option<&Scope>,
) -> Result<Vec<(&'static ColumnDef, Value)>> {
    let wrong = |message: &'static str, column: &ColumnDef| {
        Error::new(ErrorKind::InvalidStatement, message).with_table(column.table.name).with_columns([column.name])
    };
    let keys = relation.keys.iter().map(|pair| pair.to);
    let keys = keys.chain(relation.through.iter().flat_map(|through| through.keys.iter().map(|pair| pair.from)));
    let keys: Vec<usize> = keys.chain(relation.tag.map(|(column, _)| column)).map(|column| column.index).collect();
    let mut values: Vec<(&'static ColumnDef, Value)> = Vec::with_capacity(payload.len());
    for (column, value) in payload.iter().rev() {
        if values.iter().any(|(other, _)| other.index == column.index) {
            continue;
        }
        match value {
            _ if keys.contains(&column.index) => return Err(wrong("the relation fills the column in", column)),
            ast::Expr::Value(value) => values.push((column, value.clone())),
            _ => return Err(wrong("a row in between takes plain values only", column)),
        }
    }
    scope.map_or(Ok(()), |scope| scope.fill_between(&mut values))?;
    Ok(values)
}

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
    Ok(exec::fetch_first(session, def, &Statement::Select(Box::new(select)), |_| Ok(())).await?.is_some())
}

/// The number of rows for which conditions hold, deleted or not.
pub(crate) async fn count_rows(session: &dyn Session, def: &'static ModelDef, filter: Vec<ast::Expr>) -> Result<usize> {
    let mut select = Select::new(def);
    select.list = SelectList::One;
    select.filter = filter;
    select.deleted = ast::Deleted::Included;
    Ok(exec::fetch_all(session, def, &Statement::Select(Box::new(select)), |_| Ok(())).await?.len())
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
    select.deleted = ast::Deleted::Included;
    let first = |column| ast::Order { expr: ast::Expr::Column(column), descending: false, nulls: None };
    select.order_by = def.key_columns().map(first).collect();
    select.lock = Some(ast::Lock { strength: LockStrength::NoKeyUpdate, wait: LockWait::Wait, of: Vec::new() });
    exec::fetch_all(session, def, &Statement::Select(Box::new(select)), |_| Ok(())).await.map(|_| ())
}

/// Begins a transaction that reads before it writes. Without row locks, such a one could not write once another one has.
pub(crate) async fn begin_write(session: &dyn Session) -> Result<Box<dyn Unit + '_>> {
    let alone = !session.in_transaction() && !session.dialect().capabilities().row_locks;
    let lock_mode = alone.then_some(LockMode::Immediate);
    session.begin(&BeginOptions { lock_mode, ..BeginOptions::default() }).await
}
