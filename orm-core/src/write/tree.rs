//! Creating a row together with rows of its relations: rows it belongs to first, then itself, then rows that point at it;
//! all or nothing. Keys are filled in on the way, and the new rows put into each other's relation fields. Untyped, so it is
//! compiled once.

use std::future::Future;
use std::pin::Pin;

use super::draft::{Draft, no_key};
use super::insert::insert_row;
use crate::driver::Session;
use crate::error::Result;
use crate::model::{ModelDef, RelationKind};
use crate::run::{IncludeNode, Owners, RowSet, ValueRow};
use crate::value::Value;

/// A row that was created.
#[derive(Default)]
pub(crate) struct Created {
    pub(super) values: Vec<Value>,
    /// The values of the join row that connects it.
    between: Vec<Value>,
    /// The rows that were created around it.
    pub(super) nested: Around,
}

/// Created rows by the relation they are related by.
pub(crate) type Around = Vec<(IncludeNode, Vec<Created>)>;

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
    mut row: Draft,
) -> Pin<Box<dyn Future<Output = Result<Created>> + Send + 'a>> {
    Box::pin(async move {
        let nested = row.take_nested();
        let mut created = Created::default();
        for (node, mut parent) in nested.parents {
            parent.be_of(&node);
            let parent = create_tree(session, node.relation.target(), parent).await?;
            for pair in node.relation.keys() {
                row.give(pair.from.index, parent.values[pair.to.index].clone());
            }
            created.nested.push((node, vec![parent]));
        }
        if let Some(scope) = &nested.scope {
            row.fill(scope)?;
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
            let target = relation.target();
            let mut rows = Vec::with_capacity(children.len());
            for mut child in children {
                if let Some(pair) = relation.keys().iter().find(|pair| values[pair.from.index].is_null()) {
                    return Err(no_key(pair.from));
                }
                child.be_of(&node);
                match relation.between() {
                    None => {
                        for pair in relation.keys() {
                            child.give(pair.to.index, values[pair.from.index].clone());
                        }
                        rows.push(create_tree(session, target, child).await?);
                    }
                    Some(through) => {
                        let model = through.model;
                        let mut between = Draft::new(model);
                        for (column, value) in child.between(&relation)? {
                            between.give(column.index, value);
                        }
                        let mut child = create_tree(session, target, child).await?;
                        for pair in relation.keys() {
                            between.give(pair.to.index, values[pair.from.index].clone());
                        }
                        for pair in through.keys {
                            between.give(pair.from.index, child.values[pair.to.index].clone());
                        }
                        if let Some((column, text)) = relation.first().tag {
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
