//! Changing which rows are connected with a row, through a handle: rows of the join model.

use std::marker::PhantomData;

use super::change::{Change, Kind};
use crate::ast::{self, Conflict, ConflictAction, InList, ListItems, Select, SelectList, Statement, Visibility};
use crate::driver::{Runs, Session};
use crate::error::Result;
use crate::expr::{Assign, Column};
use crate::model::{Between, ColumnDef, Model};
use crate::run::{any_row, begin_write, fetch_all, latest_row, lock_rows};
use crate::value::{Type, Value};
use crate::write::{
    Draft, Payload, RelationFilter, alive_filter, all_values, change_rows, check_end, count_up, create_many,
    insert_values, is_key, is_unique, keeps_trail, payload_values, remove, update_of,
};

/// A change of which rows are connected with a row; in one transaction when it takes more than one statement.
#[must_use = "nothing is changed until `.exec(&db).await`"]
#[derive(Debug)]
pub struct ChangeLinks<J> {
    change: Change,
    payload: Payload,
    _model: PhantomData<fn() -> J>,
}

/// Values of columns of the join model.
type Values = Vec<(&'static ColumnDef, Value)>;

impl<J: Model> ChangeLinks<J> {
    pub(super) fn new(change: Change, payload: Payload) -> Self {
        Self { change, payload, _model: PhantomData }
    }

    /// Gives a column of the join model a value, in rows that are made and in those that are there already.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let bob = User::find_by_pk(2).required(&db).await?;
    /// bob.groups().add(1).with(Membership::OWNER, true).exec(&db).await?;
    /// assert!(Membership::find_by_pk((2, 1)).required(&db).await?.owner);
    /// # Ok(()) });
    /// ```
    pub fn with<T: Type, K, V: Assign<J, T>>(mut self, column: Column<J, T, K>, value: V) -> Self {
        self.payload.push((column.def(), value.into_assigned()));
        self
    }

    /// Makes the change and gives the number of join rows that were written.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let bob = User::find_by_pk(2).required(&db).await?;
    /// bob.groups().add([1, 2]).exec(&db).await?;
    /// assert_eq!(bob.groups().count(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) when rows do not meet the relation's filter,
    /// else the database's.
    pub async fn exec<E: Runs<J> + ?Sized>(mut self, db: &E) -> Result<u64> {
        self.change.check()?;
        let Some(through) = self.change.def.between() else { return Ok(0) };
        if self.change.is_nothing() {
            return Ok(0);
        }
        let payload = payload_values(&self.change.def, &self.payload, self.change.scope.as_ref())?;
        let session = db.session();
        let far: Vec<&'static ColumnDef> = through.keys.iter().map(|pair| pair.from).collect();
        let theirs: Vec<&'static ColumnDef> = through.keys.iter().map(|pair| pair.to).collect();
        self.change.check_policies(session, &theirs).await?;
        match self.change.kind {
            Kind::Remove => {
                let these = ast::Expr::has_key(&far, &self.change.children);
                change_rows(session, J::DEF, self.remove(through, these)).await
            }
            Kind::Add if self.is_one_statement(through) => self.insert(session, through, &payload).await,
            Kind::Add => {
                let unit = begin_write(session).await?;
                let written = self.add(&*unit, through, &payload, session.in_transaction()).await?;
                unit.commit().await?;
                Ok(written)
            }
            Kind::Set => {
                let unit = begin_write(session).await?;
                self.change.lock_parent(&*unit).await?;
                let others = ast::Expr::Not(Box::new(ast::Expr::has_key(&far, &self.change.children)));
                if session.context().polices(self.change.def.target()) {
                    let left = self.connected(&*unit, &far, others.clone()).await?;
                    check_end(&*unit, self.change.def.target(), &theirs, &left).await?;
                }
                let mut written = change_rows(&*unit, J::DEF, self.remove(through, others)).await?;
                if !self.change.children.is_empty() {
                    written += self.add(&*unit, through, &payload, session.in_transaction()).await?;
                }
                unit.commit().await?;
                Ok(written)
            }
        }
    }

    /// The keys at the other end of connections.
    async fn connected(
        &self,
        session: &dyn Session,
        far: &[&'static ColumnDef],
        which: ast::Expr,
    ) -> Result<Vec<Vec<Value>>> {
        let mut select = Select::new(J::DEF);
        select.list = SelectList::Exprs(far.iter().map(|column| (*column).into()).collect());
        select.filter = self.change.owned();
        select.filter.push(which);
        fetch_all(session, J::DEF, Statement::Select(Box::new(select)), all_values).await
    }

    /// Whether the pair is a unique key, so that the database keeps it from being there twice, and nothing has to be asked.
    fn is_one_statement(&self, through: Between) -> bool {
        self.change.scope.is_none() && !J::DEF.is_restricted() && is_unique(J::DEF, &self.pair(through), false)
    }

    /// The columns that tell whether two rows are connected.
    fn pair(&self, through: Between) -> Vec<&'static ColumnDef> {
        let Change { def, .. } = &self.change;
        let tag = def.first().tag.map(|(column, _)| column);
        def.keys().iter().map(|pair| pair.to).chain(tag).chain(through.keys.iter().map(|pair| pair.from)).collect()
    }

    /// Adds to what is there. The session must be a transaction; `late` says that it may not see what others wrote since it
    /// began.
    async fn add(&self, session: &dyn Session, through: Between, payload: &Values, late: bool) -> Result<u64> {
        let columns: Vec<&'static ColumnDef> = through.keys.iter().map(|pair| pair.to).collect();
        self.change.check_scope(session, &columns).await?;
        if !J::DEF.is_restricted() && is_unique(J::DEF, &self.pair(through), false) {
            return self.insert(session, through, payload).await;
        }
        self.lock_an_end(session, through).await?;
        self.insert_missing(session, through, payload, late).await
    }

    /// The statement that removes join rows.
    fn remove(&self, through: Between, which: ast::Expr) -> Statement {
        let mut filter = self.change.owned();
        filter.push(which);
        if let Some(scope) = &self.change.scope {
            let mut inside = Select::new(self.change.def.target());
            inside.visibility = Visibility::ALL;
            let columns = |column: fn(&crate::model::KeyPair) -> &'static ColumnDef| -> Vec<ast::Expr> {
                through.keys.iter().map(|pair| ast::Expr::Column(column(pair))).collect()
            };
            inside.list = SelectList::Exprs(columns(|pair| pair.to));
            inside.filter = scope.of_target();
            let mut far = columns(|pair| pair.from);
            let expr = match far.len() {
                1 => far.remove(0),
                _ => ast::Expr::Row(far),
            };
            let items = ListItems::Select(Box::new(inside));
            filter.push(ast::Expr::In(Box::new(InList { expr, items, negated: false })));
            filter.extend(scope.of_between());
        }
        remove(J::DEF, filter, Visibility::ROW, false)
    }

    /// Locks the row at one end, the same from whichever end this is asked, so that of two who connect the same rows, one
    /// waits and finds what the other did.
    async fn lock_an_end(&self, session: &dyn Session, through: Between) -> Result<()> {
        let Change { def, children, .. } = &self.change;
        let first = |columns: &mut dyn Iterator<Item = usize>| columns.min();
        let near = first(&mut def.keys().iter().map(|pair| pair.to.index));
        if near < first(&mut through.keys.iter().map(|pair| pair.from.index)) {
            return self.change.lock_parent(session).await;
        }
        let columns: Vec<&'static ColumnDef> = through.keys.iter().map(|pair| pair.to).collect();
        lock_rows(session, def.target(), vec![ast::Expr::has_key(&columns, children)]).await
    }

    /// Inserts the join rows in one statement, or few; those that are there get the payload. The pair is a unique key.
    async fn insert(&self, session: &dyn Session, through: Between, payload: &Values) -> Result<u64> {
        let Change { def, parent, children, .. } = &self.change;
        let model = J::DEF;
        let pair = self.pair(through);
        let near = def.keys().iter().map(|pair| pair.to).zip(parent);
        let tag = def.first().tag.map(|(column, text)| (column, Value::Text(text.into())));
        let mut link = Draft::new(model);
        near.for_each(|(column, value)| link.give(column.index, value.clone()));
        tag.iter().chain(payload).for_each(|(column, value)| link.give(column.index, value.clone()));
        let links = children.iter().map(|child| {
            let mut link = link.clone();
            let far = through.keys.iter().map(|pair| pair.from).zip(child);
            far.for_each(|(column, value)| link.give(column.index, value.clone()));
            link
        });
        let links: Vec<Draft> = links.collect();
        let mut set: Vec<_> = payload.iter().map(|(column, _)| (*column, ast::Expr::Excluded(column))).collect();
        // Where the key is the two foreign keys, a row that was soft-deleted is still there.
        if let Some(index) = model.deleted_at
            && is_key(model, &pair)
        {
            let column = &model.columns[index];
            set.push((column, ast::Expr::Value(Value::Null(column.ty))));
        }
        if !set.is_empty() {
            count_up(model, &mut set);
        }
        let (target, target_filter, action) = if set.is_empty() {
            // Whatever key is in the way, unless what is kept with each change must know which rows are new.
            let (target, filter) = match keeps_trail(model) {
                true => (pair.clone(), alive_filter(model, &pair, None)),
                false => (Vec::new(), None),
            };
            (target, filter, ConflictAction::Nothing)
        } else {
            let filter = alive_filter(model, &pair, None);
            (pair, filter, ConflictAction::Update(set))
        };
        let conflict = Conflict { target, target_filter, action };
        Ok(create_many(session, model, links, Some(&conflict), false).await?.affected)
    }

    /// Gives the join rows that are there the payload, and inserts the others, where nothing in the model keeps a pair
    /// from being there twice.
    async fn insert_missing(
        &self,
        session: &dyn Session,
        through: Between,
        payload: &Values,
        late: bool,
    ) -> Result<u64> {
        let Change { def, parent, children, scope, .. } = &self.change;
        let model = J::DEF;
        let far: Vec<&'static ColumnDef> = through.keys.iter().map(|pair| pair.from).collect();
        let mut written = 0;
        for child in children {
            let mut filter = self.change.owned();
            filter.push(ast::Expr::has_key(&far, std::slice::from_ref(child)));
            if !def.unique {
                // Rows may be connected several times, and the relation is about some of those.
                filter.extend(scope.iter().flat_map(RelationFilter::of_between));
            }
            let is_there = match late {
                true => latest_row(session, model, filter.clone()).await?,
                false => any_row(session, model, filter.clone()).await?,
            };
            if is_there {
                if !payload.is_empty() {
                    let set = payload.iter().map(|(column, value)| (*column, ast::Expr::Value(value.clone())));
                    written += change_rows(session, model, update_of(model, set.collect(), filter)).await?;
                }
                continue;
            }
            let near = def.keys().iter().map(|pair| pair.to).zip(parent.iter().cloned());
            let tag = def.first().tag.map(|(column, text)| (column, Value::Text(text.into())));
            let values = near.chain(tag).chain(payload.iter().cloned()).chain(far.iter().copied().zip(child.clone()));
            insert_values(session, model, values.collect()).await?;
            written += 1;
        }
        Ok(written)
    }
}
