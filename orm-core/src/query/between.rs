//! Rows of the model in between of a many-to-many relation: what they hold, and making them one by one.

use super::create_tree::insert_values;
use super::exec;
use crate::ast::{self, Select, SelectList, Statement};
use crate::driver::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef, RelationDef};
use crate::value::Value;

/// A row in between that is made when the row at its far end is.
#[derive(Debug, Clone)]
pub(crate) struct Linked {
    pub(crate) relation: RelationDef,
    /// The key of the row at the near end.
    pub(crate) key: Vec<Value>,
    /// Columns of the model in between.
    pub(crate) payload: Vec<(&'static ColumnDef, ast::Expr)>,
}

impl Linked {
    /// Makes the row, for the values of the row at the far end.
    pub(super) async fn create(self, session: &dyn Session, far: &[Value]) -> Result<()> {
        let Some(through) = self.relation.through else { return Ok(()) };
        let model = (through.model)();
        let mut values = payload_values(model, &self.payload)?;
        values.extend(self.relation.keys.iter().map(|pair| pair.to).zip(self.key));
        values.extend(self.relation.tag.map(|(column, text)| (column, Value::Text(text.into()))));
        values.extend(through.keys.iter().map(|pair| (pair.from, far[pair.to.index].clone())));
        insert_values(session, model, values).await
    }
}

/// The values of a row in between, which can only be plain ones.
pub(crate) fn payload_values(
    model: &'static ModelDef,
    payload: &[(&'static ColumnDef, ast::Expr)],
) -> Result<Vec<(&'static ColumnDef, Value)>> {
    let wrong = |message: String, column: &ColumnDef| {
        Error::new(ErrorKind::InvalidStatement, message).with_table(column.table.name).with_columns([column.name])
    };
    let values = payload.iter().map(|(column, value)| match value {
        _ if !column.table.is(model.table) => {
            Err(wrong(format!("`.with(..)` takes columns of `{}`", model.name), column))
        }
        ast::Expr::Value(value) => Ok((*column, value.clone())),
        _ => Err(wrong("a row in between takes plain values only".to_owned(), column).with_model(model.name)),
    });
    values.collect()
}

/// Whether there is a row for which conditions hold.
pub(crate) async fn any_row(session: &dyn Session, def: &'static ModelDef, filter: Vec<ast::Expr>) -> Result<bool> {
    let mut select = Select::new(def);
    select.list = SelectList::One;
    select.filter = filter;
    select.limit = Some(1);
    Ok(exec::fetch_first(session, def, &Statement::Select(Box::new(select)), |_| Ok(())).await?.is_some())
}
