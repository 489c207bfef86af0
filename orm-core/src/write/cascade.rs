//! Soft deletion that takes related rows along, and restoring them as a unit: all rows of one deletion carry the same
//! instant.

use super::statement::{change_rows, touch};
use crate::ast::{
    self, BinaryOp, InList, ListItems, Purpose, Returning, Select, SelectList, Statement, Update, Visibility,
};
use crate::driver::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, KeyPair, ModelDef, RelationKind};
use crate::run::{IncludeNode, key_filter};
use crate::value::Value;

/// What happens to the rows below.
#[derive(Clone, Copy)]
pub(crate) enum Mark<'v> {
    /// Those that are not deleted are marked with this instant.
    Delete(&'v Value),
    /// Those that were marked with this instant are unmarked.
    Restore(&'v Value),
}

/// The column that marks rows of a model as deleted.
pub(crate) fn deleted_at(def: &'static ModelDef) -> Result<&'static ColumnDef> {
    match def.deleted_at {
        Some(index) => Ok(&def.columns[index]),
        None => Err(Error::new(ErrorKind::InvalidStatement, "the model is not soft-deleting; add `paranoid` to it")
            .with_model(def.name)),
    }
}

/// The keys of the row itself, for the level below.
pub(crate) fn of_row(def: &'static ModelDef, key: &[Value]) -> Select {
    let mut select = Select::new(def);
    select.visibility = Visibility::ALL;
    select.filter = key_filter(def, key);
    select
}

/// Marks or unmarks the rows that relations lead to from the rows of `parents`. The session must be a transaction.
pub(crate) async fn cascade(
    session: &dyn Session,
    nodes: &[IncludeNode],
    parents: &Select,
    mark: Mark<'_>,
) -> Result<u64> {
    let mut changed = 0;
    // Level by level without recursion: each entry is a relation and the rows above it.
    let mut waiting: Vec<(&IncludeNode, Select)> = nodes.iter().map(|node| (node, parents.clone())).collect();
    while let Some((node, parents)) = waiting.pop() {
        let def = node.relation.target();
        let column = deleted_at(def)?;
        if node.relation.hops.len() > 1 || node.relation.kind == RelationKind::BelongsTo {
            return Err(Error::new(
                ErrorKind::InvalidStatement,
                format!(
                    "`{}` does not lead to rows that belong to this one; cascade over has-one and has-many",
                    node.relation.name
                ),
            )
            .with_model(def.name));
        }
        let mut filter = vec![belongs_to(node.relation.keys(), parents)];
        filter.extend(ast::Expr::tag_of(&node.relation));
        filter.extend(node.select.filter.iter().cloned());
        let (new, value, visibility) = match mark {
            Mark::Delete(now) => (now.clone(), now, Visibility::ROW.to(Purpose::Delete)),
            Mark::Restore(then) => {
                filter.push(ast::Expr::binary(BinaryOp::Eq, column.into(), ast::Expr::Value(then.clone())));
                (Value::Null(column.ty), then, Visibility::ALL)
            }
        };
        let mut below = Select::new(def);
        below.visibility = Visibility::ALL;
        below.filter.clone_from(&filter);
        // The rows of this change, after it: those that carry its instant, or that are about to lose it.
        if matches!(mark, Mark::Delete(_)) {
            below.filter.push(ast::Expr::binary(BinaryOp::Eq, column.into(), ast::Expr::Value(value.clone())));
        }
        let mut set = vec![(column, ast::Expr::Value(new))];
        touch(def, &mut set);
        let update =
            Statement::Update(Box::new(Update { model: def, set, filter, visibility, returning: Returning::Nothing }));
        match mark {
            Mark::Delete(_) => {
                changed += change_rows(session, def, update).await?;
                waiting.extend(node.children.iter().map(|child| (child, below.clone())));
            }
            // Rows further below are found through these, which must keep their mark until then.
            Mark::Restore(_) => {
                if !node.children.is_empty() {
                    changed += Box::pin(cascade(session, &node.children, &below, mark)).await?;
                }
                changed += change_rows(session, def, update).await?;
            }
        }
    }
    Ok(changed)
}

/// The condition that a row's foreign key is among the keys of other rows.
fn belongs_to(keys: &'static [KeyPair], mut parents: Select) -> ast::Expr {
    parents.list = SelectList::Exprs(keys.iter().map(|pair| ast::Expr::Column(pair.from)).collect());
    let expr = match keys {
        [pair] => ast::Expr::Column(pair.to),
        several => ast::Expr::Row(several.iter().map(|pair| ast::Expr::Column(pair.to)).collect()),
    };
    ast::Expr::In(Box::new(InList { expr, items: ListItems::Select(Box::new(parents)), negated: false }))
}
