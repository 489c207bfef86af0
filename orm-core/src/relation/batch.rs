//! Loading relations for rows that are already in memory, one query per relation.

use std::any::Any;

use crate::driver::{Reading, Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::run::{IncludeNode, IntoInclude, Parents, Rows, load_node, merged};
use crate::value::Value;

/// Loads relations for rows in memory, one query per relation, whatever holds the rows: a `Vec`, a slice, an `Option`, any
/// iterator of `&mut`. For one row there is [`Instance::load`](crate::query::Instance::load).
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// let mut users = User::find_all().exec(&db).await?;
/// orm::load(&mut users, User::POSTS.include(Post::COMMENTS), &db).await?;
/// assert_eq!(users[0].posts.get()?[0].comments.get()?.len(), 2);
///
/// let mut by_email: std::collections::HashMap<_, _> = users.into_iter().map(|user| (user.email.clone(), user)).collect();
/// orm::load(by_email.values_mut(), User::GROUPS, &db).await?;
/// # Ok(()) });
/// ```
///
/// # Errors
/// As [`Find::exec`](crate::query::Find::exec); [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) for a relation that is `required`: rows
/// in memory cannot be left out.
pub async fn load<'p, P: Model, E: Runs<P> + ?Sized>(
    parents: impl IntoIterator<Item = &'p mut P>,
    relations: impl IntoInclude<P>,
    db: &E,
) -> Result<()> {
    load_into(parents.into_iter().collect(), merged(relations), Reading::of(db.session()).session()).await
}

/// Loads relations for rows in memory.
pub(crate) async fn load_into<M: Model>(
    rows: Vec<&mut M>,
    nodes: Vec<IncludeNode>,
    session: &dyn Session,
) -> Result<()> {
    for node in &nodes {
        node.check()?;
        if node.required {
            let message =
                format!("rows in memory cannot be left out; load `{}` without `required`", node.relation.name);
            return Err(Error::new(ErrorKind::InvalidStatement, message).with_model(M::DEF.name));
        }
    }
    if rows.is_empty() || nodes.is_empty() {
        return Ok(());
    }
    let pinned = session.pin().await?;
    let mut parents = Borrowed(rows);
    for node in &nodes {
        load_node(&*pinned, node, &mut parents, Rows::Some).await?;
    }
    Ok(())
}

/// Rows that belong to the caller.
struct Borrowed<'p, M>(Vec<&'p mut M>);

impl<M: Model> Parents for Borrowed<'_, M> {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn value(&self, row: usize, column: usize) -> Value {
        self.0[row].value(column)
    }
    fn row_mut(&mut self, row: usize) -> Option<&mut dyn Any> {
        self.0.get_mut(row).map(|row| &mut **row as _)
    }
}
