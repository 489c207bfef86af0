//! Creating a row together with rows of its relations: rows it belongs to first, then itself, then rows that point at it;
//! all or nothing. Keys are filled in on the way. Untyped, so it is compiled once.

use std::future::Future;
use std::pin::Pin;

use super::insert::{NewRow, insert_row};
use crate::driver::Session;
use crate::error::Result;
use crate::model::{ModelDef, RelationDef};
use crate::value::{SqlType, Value};

/// Rows to create before and after another one.
#[derive(Clone, Default)]
pub(super) struct Nested {
    /// Rows the row belongs to.
    pub(super) parents: Vec<(RelationDef, NewRow)>,
    /// Rows that point at the row, or are connected to it.
    pub(super) children: Vec<(RelationDef, Vec<NewRow>)>,
}

/// Creates a row and everything nested in it; gives the row's values. The session must be a transaction.
pub(super) fn create_tree<'a>(
    session: &'a dyn Session,
    def: &'static ModelDef,
    mut row: NewRow,
) -> Pin<Box<dyn Future<Output = Result<Vec<Value>>> + Send + 'a>> {
    Box::pin(async move {
        let nested = row.take_nested();
        for (relation, parent) in nested.parents {
            let parent = create_tree(session, (relation.target)(), parent).await?;
            for pair in relation.keys {
                row.give(pair.from.index, parent[pair.to.index].clone());
            }
        }
        let values = insert_row(session, def, row).await?;
        for (relation, children) in nested.children {
            let target = (relation.target)();
            for mut child in children {
                match relation.through {
                    None => {
                        for pair in relation.keys {
                            child.give(pair.to.index, values[pair.from.index].clone());
                        }
                        create_tree(session, target, child).await?;
                    }
                    Some(through) => {
                        let child = create_tree(session, target, child).await?;
                        let model = (through.model)();
                        let mut between = NewRow::new(model);
                        for pair in relation.keys {
                            between.give(pair.to.index, values[pair.from.index].clone());
                        }
                        for pair in through.keys {
                            between.give(pair.from.index, child[pair.to.index].clone());
                        }
                        if let Some((column, text)) = relation.tag {
                            between.give(column.index, Value::Text(text.into()));
                        }
                        insert_row(session, model, between).await?;
                    }
                }
            }
        }
        Ok(values)
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

    fn take_nested(&mut self) -> Nested {
        self.nested.take().map(|nested| *nested).unwrap_or_default()
    }
}
