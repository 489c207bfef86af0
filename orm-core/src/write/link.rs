//! What a new row starts with when it is to be a row of a relation, and what connects it to a row that is there: its own
//! foreign key, a row of the join model, or the foreign key of that row.

use super::draft::{Linked, no_key, payload_values};
use super::insert::insert_values;
use super::relation_filter::RelationFilter;
use super::statement::{change_rows, update_of};
use super::update::gone;
use crate::ast;
use crate::driver::Session;
use crate::error::Result;
use crate::model::{ColumnDef, ModelDef, RelationDef};
use crate::value::Value;

impl Linked {
    /// Makes it, for the values of the new row, inside a relation's filter.
    pub(super) async fn create(
        self,
        session: &dyn Session,
        new: &[Value],
        scope: Option<&RelationFilter>,
    ) -> Result<()> {
        match self {
            Self::Between { relation, key, payload } => {
                let Some(through) = relation.between() else { return Ok(()) };
                let model = through.model;
                let mut values = payload_values(&relation, &payload, scope)?;
                values.extend(relation.keys().iter().map(|pair| pair.to).zip(key));
                values.extend(relation.first().tag.map(|(column, text)| (column, Value::Text(text.into()))));
                values.extend(through.keys.iter().map(|pair| (pair.from, new[pair.to.index].clone())));
                insert_values(session, model, values).await
            }
            Self::Owner { model, relation, filter } => {
                let key = relation.keys().iter().map(|pair| new[pair.to.index].clone()).collect();
                let set = pointing(model, &relation, key)?;
                let set = set.into_iter().map(|(index, value)| (&model.columns[index], ast::Expr::Value(value)));
                match change_rows(session, model, update_of(model, set.collect(), filter)).await? {
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
    if let Some((pair, _)) = relation.keys().iter().zip(&key).find(|(_, value)| value.is_null()) {
        return Err(no_key(pair.to));
    }
    let own: Vec<usize> = relation.keys().iter().map(|pair| pair.from.index).collect();
    let others = other_keys(model, &own).into_iter().map(|column| (column.index, Value::Null(column.ty)));
    let mut set: Vec<(usize, Value)> = others.collect();
    set.extend(own.into_iter().zip(key));
    set.extend(relation.first().when.map(|(column, text)| (column.index, Value::Text(text.into()))));
    Ok(set)
}

/// The columns of the other keys, where a row has one of several: they are NULL in a row that has this one.
pub(crate) fn other_keys(model: &'static ModelDef, key: &[usize]) -> Vec<&'static ColumnDef> {
    let several = model.one_of.iter().filter(|one_of| one_of.keys.contains(&key));
    let others = several.flat_map(|one_of| one_of.keys.iter().copied().flatten());
    others.filter(|index| !key.contains(index)).map(|index| &model.columns[*index]).collect()
}
