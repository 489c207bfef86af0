//! New rows before they are written: the values given, what is created around each, and what connects it to others.

use super::relation_filter::RelationFilter;
use crate::ast;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, DefaultDef, ModelDef, RelationDef};
use crate::row::Columns;
use crate::run::{IncludeNode, IntoInclude};
use crate::value::{SqlType, Value};

/// The values of a new row, by the columns' positions.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) values: Vec<Value>,
    /// The columns that have a value, by their positions.
    pub(crate) given: u128,
    /// Those of them that the caller gave. The others got a default, a time or a version when the row was prepared.
    pub(crate) by_caller: u128,
    /// Whether nothing has checked that the required columns are given.
    pub(crate) by_hand: bool,
    /// Whether the rules of the model were asked already.
    pub(super) validated: bool,
    /// Rows to create around this one.
    pub(crate) nested: Option<Box<Nested>>,
}

impl Draft {
    /// A row with no column given.
    pub(crate) fn new(def: &'static ModelDef) -> Self {
        Self {
            values: vec![Value::Null(SqlType::Bool); def.columns.len()],
            given: 0,
            by_caller: 0,
            by_hand: false,
            validated: false,
            nested: None,
        }
    }

    /// The row of a struct: the values of all columns, of which these are given.
    pub(crate) fn whole(values: Vec<Value>, given: u128) -> Self {
        Self { values, given, by_caller: given, by_hand: false, validated: false, nested: None }
    }

    /// Gives a column, by its position; the last one counts.
    pub(crate) fn give(&mut self, column: usize, value: Value) {
        if let Some(slot) = self.values.get_mut(column) {
            *slot = value;
            self.given |= 1 << column;
            self.by_caller |= 1 << column;
        }
    }

    /// The required columns that it lacks, where nothing else has looked after that: neither it nor the database has a value for
    /// them.
    pub(super) fn lacking(&self, def: &'static ModelDef) -> impl Iterator<Item = &'static ColumnDef> + use<> {
        let (by_hand, given) = (self.by_hand, self.given);
        def.columns.iter().filter(move |column| {
            by_hand
                && given & (1 << column.index) == 0
                && !(column.nullable || column.auto_increment || column.generated.is_some() || column.is_blind_index())
                && !matches!(column.default, DefaultDef::Sql(_))
        })
    }

    /// Rows to create around this one.
    pub(crate) fn nested(&mut self) -> &mut Nested {
        self.nested.get_or_insert_default()
    }

    /// Says that it is a row of a relation, and so inside its filter.
    pub(crate) fn be_of(&mut self, node: &IncludeNode) {
        if let Some(filter) = &node.scope {
            self.nested().scope = Some(RelationFilter::of(node.parent, &node.relation, filter.clone()));
        }
    }

    /// The columns of the join row that is to connect it.
    pub(crate) fn between(&self, relation: &RelationDef) -> Result<Vec<(&'static ColumnDef, Value)>> {
        match &self.nested {
            Some(nested) => payload_values(relation, &nested.payload, nested.scope.as_ref()),
            None => Ok(Vec::new()),
        }
    }

    /// Gives the values of its relation's filter, where these are all that is left to do around it.
    pub(crate) fn settle(&mut self) -> Result<()> {
        let alone = |nested: &Nested| nested.is_empty() && nested.scope.as_ref().is_none_or(RelationFilter::is_plain);
        let Some(nested) = self.nested.take_if(|nested| alone(nested)) else { return Ok(()) };
        nested.scope.map_or(Ok(()), |scope| self.fill(&scope))
    }

    /// Gives the values of a relation's filter.
    pub(crate) fn fill(&mut self, filter: &RelationFilter) -> Result<()> {
        for (column, value) in &filter.fixed {
            let given = (self.given & (1 << column.index) != 0).then(|| &self.values[column.index]);
            filter.agrees(column, value, given)?;
            self.give(column.index, value.clone());
        }
        Ok(())
    }

    pub(crate) fn take_nested(&mut self) -> Nested {
        self.nested.take().map(|nested| *nested).unwrap_or_default()
    }
}

/// New values of one row's columns, by position; the last one of a column counts.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub(super) set: Vec<(usize, Value)>,
    pub(super) silent: bool,
}

impl Changes {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a column a value, by its position.
    pub fn set(&mut self, column: usize, value: Value) {
        match self.set.iter_mut().find(|(other, _)| *other == column) {
            Some((_, slot)) => *slot = value,
            None => self.set.push((column, value)),
        }
    }

    /// Gives a column no value.
    pub(crate) fn unset(&mut self, column: usize) {
        self.set.retain(|(other, _)| *other != column);
    }

    /// Leaves `updated_at` as it is.
    pub fn silence(&mut self) {
        self.silent = true;
    }

    /// The new values, by the positions of their columns.
    pub(crate) fn values(&self) -> &[(usize, Value)] {
        &self.set
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }
}

/// Rows to create before and after another one.
#[derive(Clone, Default)]
pub(crate) struct Nested {
    /// Rows the row belongs to.
    pub(crate) parents: Vec<(IncludeNode, Draft)>,
    /// Rows that point at the row, or are connected to it.
    pub(crate) children: Vec<(IncludeNode, Vec<Draft>)>,
    /// What connects the row to others, which are there.
    pub(super) links: Vec<Linked>,
    /// Columns of the join row that connects it to the row it is nested in.
    pub(super) payload: Payload,
    /// The filter of the relation whose row it is.
    pub(super) scope: Option<RelationFilter>,
}

impl Nested {
    /// Whether there is nothing to create.
    fn is_empty(&self) -> bool {
        self.parents.is_empty() && self.children.is_empty() && self.links.is_empty()
    }
}

impl std::fmt::Debug for Nested {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nested").field("links", &self.links).field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// Adds the node of a relation and the rows to create.
pub(crate) fn nest<P, R>(list: &mut Vec<(IncludeNode, R)>, relation: impl IntoInclude<P>, rows: R) {
    let mut nodes = Vec::with_capacity(1);
    relation.push(&mut nodes);
    list.extend(nodes.into_iter().zip(std::iter::once(rows)));
}

/// All values of a row.
pub(crate) fn all_values(columns: &mut Columns<'_>) -> Result<Vec<Value>> {
    let mut values = Vec::with_capacity(columns.left());
    while columns.left() > 0 {
        values.push(columns.next_value()?.into());
    }
    Ok(values)
}

/// The columns that have a bit.
pub(crate) fn given_columns(def: &'static ModelDef, given: u128) -> Vec<&'static ColumnDef> {
    def.columns.iter().filter(|column| given & (1 << column.index) != 0).collect()
}

/// What a new row starts with.
#[derive(Debug, Default)]
pub struct Prefilled {
    /// The values of its foreign key, when the row has it.
    pub(crate) key: Vec<Value>,
    pub(crate) nested: Option<Box<Nested>>,
}

impl Prefilled {
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
    pub(crate) fn within(mut self, scope: Option<RelationFilter>) -> Self {
        if scope.is_some() {
            self.nested.get_or_insert_default().scope = scope;
        }
        self
    }

    /// With columns of the join row that connects it to the row it is created with.
    pub(crate) fn between(mut self, payload: Payload) -> Self {
        if !payload.is_empty() {
            self.nested.get_or_insert_default().payload = payload;
        }
        self
    }
}

/// Columns of a join model and what they are given.
pub(crate) type Payload = Vec<(&'static ColumnDef, ast::Expr)>;

/// A connection of a new row to one that is there.
#[derive(Debug, Clone)]
pub(crate) enum Linked {
    /// A join row.
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

/// The values of a join row, which can only be plain ones, and those that the relation's filter asks for. The last
/// one given to a column counts.
pub(crate) fn payload_values(
    relation: &RelationDef,
    payload: &[(&'static ColumnDef, ast::Expr)],
    scope: Option<&RelationFilter>,
) -> Result<Vec<(&'static ColumnDef, Value)>> {
    let wrong = |message: &'static str, column: &ColumnDef| {
        Error::new(ErrorKind::InvalidStatement, message).with_table(column.table.name).with_columns([column.name])
    };
    let keys = relation.keys().iter().map(|pair| pair.to);
    let keys = keys.chain(relation.between().into_iter().flat_map(|through| through.keys.iter().map(|pair| pair.from)));
    let keys: Vec<usize> =
        keys.chain(relation.first().tag.map(|(column, _)| column)).map(|column| column.index).collect();
    let mut values: Vec<(&'static ColumnDef, Value)> = Vec::with_capacity(payload.len());
    for (column, value) in payload.iter().rev() {
        if values.iter().any(|(other, _)| other.index == column.index) {
            continue;
        }
        match value {
            _ if keys.contains(&column.index) => return Err(wrong("the relation fills the column in", column)),
            ast::Expr::Value(value) => values.push((column, value.clone())),
            _ => return Err(wrong("a join row takes plain values only", column)),
        }
    }
    scope.map_or(Ok(()), |scope| scope.fill_between(&mut values))?;
    Ok(values)
}
