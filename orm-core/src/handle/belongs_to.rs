//! Changing which row a row belongs to, through a handle.

use super::change::equal;
use crate::ast;
use crate::driver::Runs;
use crate::error::Result;
use crate::model::{Model, RelationDef, read_model};
use crate::row::Columns;
use crate::run::{ValueRow, any_row};
use crate::value::Value;
use crate::write::{Changes, RelationFilter, pointing, update_row};

/// A new row, or none, for a row to belong to.
#[must_use = "nothing is changed until `.exec(&db).await`"]
#[derive(Debug)]
pub struct ChangeOwner<'p, P> {
    pub(super) row: &'p P,
    pub(super) relation: RelationDef,
    /// The key of the row to belong to.
    pub(super) key: Option<Result<Vec<Value>>>,
    pub(super) scope: Option<RelationFilter>,
}

impl<P: Model> ChangeOwner<'_, P> {
    /// Writes the foreign key, and the version and times that go with it, and gives the row as it is then; relations are
    /// not loaded in it.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let (bob, post) = (User::find_by_pk(2).required(&db).await?, Post::find_by_pk(1).required(&db).await?);
    /// post.user().set(&bob).exec(&db).await?;
    /// assert_eq!(bob.posts().count(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the row is gone,
    /// [`ErrorKind::Stale`](crate::ErrorKind::Stale) when its version changed,
    /// [`ErrorKind::ForeignKeyViolation`](crate::ErrorKind::ForeignKeyViolation) when there is no row to belong to,
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) when that row does not meet the relation's
    /// filter, else the database's.
    pub async fn exec<E: Runs<P> + ?Sized>(self, db: &E) -> Result<P> {
        let mut changes = Changes::new();
        match self.key {
            Some(key) => {
                let key = key?;
                if let Some(scope) = &self.scope {
                    let mut row: Vec<ast::Expr> = (self.relation.keys().iter().zip(&key))
                        .map(|(pair, value)| equal(pair.to, ast::Expr::Value(value.clone())))
                        .collect();
                    row.extend(scope.of_target());
                    if !any_row(db.session(), self.relation.target(), row).await? {
                        return Err(scope.outside("the row does not meet its filter; change that row first"));
                    }
                }
                for (column, value) in pointing(P::DEF, &self.relation, key)? {
                    changes.set(column, value);
                }
            }
            // The key points at a row of another model.
            None if self.relation.first().when.is_some_and(
                |(column, text)| !matches!(self.row.value(column.index), Value::Text(found) if found == text),
            ) => {}
            None => {
                let when = self.relation.first().when.map(|(column, _)| column);
                let columns = self.relation.keys().iter().map(|pair| pair.from).chain(when);
                for column in columns.filter(|column| column.nullable) {
                    changes.set(column.index, Value::Null(column.ty));
                }
            }
        }
        let values: Vec<Value> = (0..P::DEF.columns.len()).map(|column| self.row.value(column)).collect();
        let mut row: P = read_model(&mut Columns::new(&ValueRow(&values)))?;
        update_row(&mut row, changes, db).await?;
        Ok(row)
    }
}
