//! Creating a row together with rows of its relations: rows it belongs to first, then itself, then rows that point at it;
//! all or nothing. Keys are filled in on the way, and the new rows put into each other's relation fields. Untyped, so it is
//! compiled once.

use std::future::Future;
use std::pin::Pin;

use super::between::{Linked, Payload, no_key, payload_values};
use super::include::{IncludeNode, IntoInclude, Owners, RowSet};
use super::insert::{NewRow, insert_row};
use super::rows::ValueRow;
use super::scope::Scope;
use crate::driver::Session;
use crate::error::Result;
use crate::model::{ColumnDef, ModelDef, RelationDef, RelationKind};
use crate::value::{SqlType, Value};

/// Rows to create before and after another one.
#[derive(Clone, Default)]
pub(super) struct Nested {
    /// Rows the row belongs to.
    pub(super) parents: Vec<(IncludeNode, NewRow)>,
    /// Rows that point at the row, or are connected to it.
    pub(super) children: Vec<(IncludeNode, Vec<NewRow>)>,
    /// What connects the row to others, which are there.
    pub(super) links: Vec<Linked>,
    /// Columns of the row in between that connects it to the row it is nested in.
    pub(super) payload: Payload,
    /// The filter of the relation whose row it is.
    pub(super) scope: Option<Scope>,
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

/// Inserts a row of these values.
pub(crate) async fn insert_values(
    session: &dyn Session,
    def: &'static ModelDef,
    values: Vec<(&'static ColumnDef, Value)>,
) -> Result<()> {
    let mut row = NewRow::new(def);
    for (column, value) in values {
        row.give(column.index, value);
    }
    insert_row(session, def, row).await.map(|_| ())
}

/// A row that was created.
#[derive(Default)]
pub(super) struct Created {
    pub(super) values: Vec<Value>,
    /// The values of the row in between that connects it.
    between: Vec<Value>,
    /// The rows that were created around it.
    pub(super) nested: Around,
}

/// Created rows by the relation they are related by.
pub(super) type Around = Vec<(IncludeNode, Vec<Created>)>;

/// Adds the node of a relation and the rows to create.
pub(super) fn nest<P, R>(list: &mut Vec<(IncludeNode, R)>, relation: impl IntoInclude<P>, rows: R) {
    let mut nodes = Vec::with_capacity(1);
    relation.push(&mut nodes);
    list.extend(nodes.into_iter().zip(std::iter::once(rows)));
}

/// Puts the rows that were created around others into the relation fields of these.
pub(super) fn fill(set: &mut dyn RowSet, around: Vec<Around>) -> Result<()> {
    let mut relations: Vec<(IncludeNode, Owners, Vec<Created>)> = Vec::new();
    let groups = around.len();
    for (group, nested) in (0_u32..).zip(around) {
        for (node, rows) in nested {
            let name = node.relation.name;
            let found = relations.iter().position(|(known, ..)| known.relation.name == name);
            let place = found.unwrap_or_else(|| {
                let owners = Owners { groups, children: Vec::new(), parents: vec![Owners::NONE; groups] };
                relations.push((node, owners, Vec::new()));
                relations.len() - 1
            });
            let (_, owners, children) = &mut relations[place];
            owners.children.extend(rows.iter().map(|_| group));
            owners.parents[group as usize] = group;
            children.extend(rows);
        }
    }
    for (node, owners, rows) in relations {
        // No row points at a new one, but it may point at one that was there before.
        if node.relation.kind == RelationKind::BelongsTo && owners.parents.contains(&Owners::NONE) {
            continue;
        }
        let mut children = (node.new_set)();
        let mut below = Vec::with_capacity(rows.len());
        for mut row in rows {
            row.values.extend(children.between().iter().map(|column| row.between[column.index].clone()));
            children.row(&ValueRow(&row.values))?;
            below.push(row.nested);
        }
        fill(&mut *children, below)?;
        (node.attach)(set, children, &owners)?;
    }
    Ok(())
}

/// Creates a row and everything nested in it. The session must be a transaction.
pub(super) fn create_tree<'a>(
    session: &'a dyn Session,
    def: &'static ModelDef,
    mut row: NewRow,
) -> Pin<Box<dyn Future<Output = Result<Created>> + Send + 'a>> {
    Box::pin(async move {
        let nested = row.take_nested();
        let mut created = Created::default();
        for (node, mut parent) in nested.parents {
            parent.be_of(&node);
            let parent = create_tree(session, (node.relation.target)(), parent).await?;
            for pair in node.relation.keys {
                row.give(pair.from.index, parent.values[pair.to.index].clone());
            }
            created.nested.push((node, vec![parent]));
        }
        if let Some(scope) = &nested.scope {
            scope.fill(&mut row)?;
        }
        created.values = insert_row(session, def, row).await?;
        let values = &created.values;
        if let Some(scope) = &nested.scope {
            scope.check(session, values).await?;
        }
        for link in nested.links {
            link.create(session, values, nested.scope.as_ref()).await?;
        }
        for (node, children) in nested.children {
            let relation = node.relation;
            let target = (relation.target)();
            let mut rows = Vec::with_capacity(children.len());
            for mut child in children {
                if let Some(pair) = relation.keys.iter().find(|pair| values[pair.from.index].is_null()) {
                    return Err(no_key(pair.from));
                }
                child.be_of(&node);
                match relation.through {
                    None => {
                        for pair in relation.keys {
                            child.give(pair.to.index, values[pair.from.index].clone());
                        }
                        rows.push(create_tree(session, target, child).await?);
                    }
                    Some(through) => {
                        let model = (through.model)();
                        let mut between = NewRow::new(model);
                        for (column, value) in child.between(&relation)? {
                            between.give(column.index, value);
                        }
                        let mut child = create_tree(session, target, child).await?;
                        for pair in relation.keys {
                            between.give(pair.to.index, values[pair.from.index].clone());
                        }
                        for pair in through.keys {
                            between.give(pair.from.index, child.values[pair.to.index].clone());
                        }
                        if let Some((column, text)) = relation.tag {
                            between.give(column.index, Value::Text(text.into()));
                        }
                        child.between = insert_row(session, model, between).await?;
                        rows.push(child);
                    }
                }
            }
            created.nested.push((node, rows));
        }
        Ok(created)
    })
}

impl NewRow {
    /// A row with no column given.
    pub(super) fn new(def: &'static ModelDef) -> Self {
        Self { values: vec![Value::Null(SqlType::Bool); def.columns.len()], given: 0, nested: None }
    }

    /// Gives a column, by its position; the last one counts.
    pub(super) fn give(&mut self, column: usize, value: Value) {
        if let Some(slot) = self.values.get_mut(column) {
            *slot = value;
            self.given |= 1 << column;
        }
    }

    /// Rows to create around this one.
    pub(super) fn nested(&mut self) -> &mut Nested {
        self.nested.get_or_insert_default()
    }

    /// Says that it is a row of a relation, and so inside its filter.
    fn be_of(&mut self, node: &IncludeNode) {
        if let Some(filter) = &node.scope {
            self.nested().scope = Some(Scope::of(node.parent, &node.relation, filter.clone()));
        }
    }

    /// The columns of the row in between that is to connect it.
    fn between(&self, relation: &RelationDef) -> Result<Vec<(&'static ColumnDef, Value)>> {
        match &self.nested {
            Some(nested) => payload_values(relation, &nested.payload, nested.scope.as_ref()),
            None => Ok(Vec::new()),
        }
    }

    /// Gives the values of its relation's filter, where these are all that is left to do around it.
    pub(super) fn settle(&mut self) -> Result<()> {
        let alone = |nested: &Nested| nested.is_empty() && nested.scope.as_ref().is_none_or(Scope::is_plain);
        let Some(nested) = self.nested.take_if(|nested| alone(nested)) else { return Ok(()) };
        nested.scope.map_or(Ok(()), |scope| scope.fill(self))
    }

    fn take_nested(&mut self) -> Nested {
        self.nested.take().map(|nested| *nested).unwrap_or_default()
    }
}
