//! Changing which rows belong to a row: their foreign keys, through a handle.

use std::marker::PhantomData;

use super::change::Change;
use super::change::Kind;
use crate::ast::{self, Statement, Visibility};
use crate::driver::{BeginOptions, Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, Model};
use crate::run::any_row;
use crate::value::Value;
use crate::write::{RelationFilter, change_rows, other_keys, remove, update_of};

/// A change of which rows belong to a row; in one transaction when it takes more than one statement.
#[must_use = "nothing is changed until `.exec(&db).await`"]
#[derive(Debug)]
pub struct ChangeRows<C> {
    change: Change,
    destroy: bool,
    _model: PhantomData<fn() -> C>,
}

impl<C: Model> ChangeRows<C> {
    pub(super) fn new(change: Change) -> Self {
        Self { change, destroy: false, _model: PhantomData }
    }

    /// Destroys the rows that would belong to none, instead of setting their foreign keys to NULL; those of a
    /// soft-deleting model are marked: `user.posts().set(&kept).or_destroy()`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let post = Post::find_by_pk(1).required(&db).await?;
    /// post.comments().set([1]).or_destroy().exec(&db).await?;
    /// assert_eq!(Comment::count().exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    pub fn or_destroy(mut self) -> Self {
        self.destroy = true;
        self
    }

    /// Makes the change and gives the number of rows written.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let bob = User::find_by_pk(2).required(&db).await?;
    /// assert_eq!(bob.posts().add([1, 2]).exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`] when rows would be left without the parent that their foreign key insists on, or do
    /// not meet the relation's filter, else the database's.
    pub async fn exec<E: Runs<C> + ?Sized>(mut self, db: &E) -> Result<u64> {
        self.change.check()?;
        if self.change.is_nothing() {
            return Ok(0);
        }
        let session = db.session();
        let keys: Vec<&'static ColumnDef> = C::DEF.key_columns().collect();
        self.change.check_policies(session, &keys).await?;
        match self.change.kind {
            Kind::Remove => {
                if !self.can_free() {
                    return Err(self.never_null());
                }
                change_rows(session, C::DEF, self.free(self.these())).await
            }
            // Whether rows are inside a filter is known once they have been written.
            Kind::Add if self.change.scope.as_ref().is_none_or(|scope| scope.is_plain()) => self.take(session).await,
            Kind::Add => {
                let unit = session.begin(&BeginOptions::default()).await?;
                let written = self.take(&*unit).await?;
                unit.commit().await?;
                Ok(written)
            }
            Kind::Set => {
                let unit = session.begin(&BeginOptions::default()).await?;
                self.change.lock_parent(&*unit).await?;
                let others = ast::Expr::Not(Box::new(self.these()));
                let mut written = 0;
                if self.can_free() {
                    written += change_rows(&*unit, C::DEF, self.free(others)).await?;
                } else if any_row(&*unit, C::DEF, self.owned(others)).await? {
                    return Err(self.never_null());
                }
                if !self.change.children.is_empty() {
                    written += self.take(&*unit).await?;
                }
                unit.commit().await?;
                Ok(written)
            }
        }
    }

    /// Makes the children point at the parent. The session must be a transaction when the relation has a filter that is
    /// not plain.
    async fn take(&self, session: &dyn Session) -> Result<u64> {
        let Change { def, parent, scope, .. } = &self.change;
        let tag = def.first().tag.map(|(column, text)| (column, Value::Text(text.into())));
        let fixed = scope.iter().flat_map(|scope| scope.fixed.iter().cloned());
        let set = def.keys().iter().map(|pair| pair.to).zip(parent.iter().cloned()).chain(tag).chain(fixed);
        let others = other_keys(C::DEF, &self.key()).into_iter().map(|column| (column, Value::Null(column.ty)));
        let set = set.chain(others).map(|(column, value)| (column, ast::Expr::Value(value))).collect();
        let written = change_rows(session, C::DEF, update_of(C::DEF, set, vec![self.these()])).await?;
        if scope.as_ref().is_some_and(|scope| !scope.is_plain()) {
            let keys: Vec<&'static ColumnDef> = C::DEF.key_columns().collect();
            self.change.check_scope(session, &keys).await?;
        }
        Ok(written)
    }

    /// The condition that a row is among those of the change.
    fn these(&self) -> ast::Expr {
        ast::Expr::has_key(&C::DEF.key_columns().collect::<Vec<_>>(), &self.change.children)
    }

    /// The condition that a row of the parent is one of these.
    fn owned(&self, which: ast::Expr) -> Vec<ast::Expr> {
        let mut filter = self.change.owned();
        filter.push(which);
        filter.extend(self.change.scope.iter().flat_map(RelationFilter::of_target));
        filter
    }

    /// Whether rows may be left without a parent.
    fn can_free(&self) -> bool {
        let key = self.key();
        let required = C::DEF.one_of.iter().any(|one_of| one_of.required && one_of.keys.contains(&&key[..]));
        self.destroy || (!required && self.change.def.keys().iter().any(|pair| pair.to.nullable))
    }

    /// The positions of the foreign key's columns.
    fn key(&self) -> Vec<usize> {
        self.change.def.keys().iter().map(|pair| pair.to.index).collect()
    }

    #[cold]
    fn never_null(&self) -> Error {
        Error::new(
            ErrorKind::InvalidStatement,
            "the foreign key is never NULL, so no row can be left without a parent; destroy such rows: `.or_destroy()`",
        )
        .with_model(C::DEF.name)
        .with_columns(self.change.def.keys().iter().map(|pair| pair.to.name))
    }

    /// The statement that makes rows of the parent belong to none.
    fn free(&self, which: ast::Expr) -> Statement {
        let Change { def, .. } = &self.change;
        let filter = self.owned(which);
        if self.destroy {
            return remove(C::DEF, filter, Visibility::ROW, false);
        }
        let tag = def.first().tag.map(|(column, _)| column);
        let columns = def.keys().iter().map(|pair| pair.to).chain(tag).filter(|column| column.nullable);
        let set = columns.map(|column| (column, ast::Expr::Value(Value::Null(column.ty)))).collect();
        update_of(C::DEF, set, filter)
    }
}
