//! Handles on the related rows of a row in hand: find, count, create, add, remove, set.

use super::{Children, Relation};
use crate::ast::{
    self, BinaryOp, Conflict, ConflictAction, Delete, Deleted, InList, Insert, Join, JoinKind, ListItems, Returning,
    Select, Statement,
};
use crate::driver::{BeginOptions, Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, Model, Reach, RelationDef, RelationKind, ThroughDef};
use crate::query::{
    Assign, Column, Complete, Create, Find, FindOne, IntoCondition, IntoInclude, IntoOrder, Linked, alive_filter,
    any_row, client_values, count_up, execute, insert_values, is_key, is_unique, payload_values, time_value, update_of,
};
use crate::value::{Type, Value};

/// `Self` may be created under the relation whose foreign key has the number `K`, which the derive makes from the names of
/// its columns. Written by the derive for every `belongs_to`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` declares no `belongs_to` on the foreign key of this relation",
    note = "add a `BelongsTo` field over that foreign key to `{Self}`"
)]
pub trait CreateUnder<const K: u64>: Model {
    /// The builder, with the foreign key given.
    type Create;
    /// Starts a row with the foreign key's values.
    fn create_under(key: Vec<Value>) -> Self::Create;
}

/// Starts rows to create together with the row they point at: `.with_posts(|post| [post.create().title("Hi")])`.
#[derive(Debug)]
pub struct NewChild<C, const K: u64>(std::marker::PhantomData<fn() -> C>);

impl<C: Model, const K: u64> NewChild<C, K> {
    /// Called by the derive.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(std::marker::PhantomData)
    }

    /// Starts a row; its foreign key is filled in when the row it points at has been created.
    pub fn create<R>(&self) -> R
    where
        C: CreateUnder<K, Create = R>,
    {
        C::create_under(C::DEF.columns.iter().map(|column| Value::Null(column.ty)).collect())
    }
}

/// The related rows of one row: `user.posts()`.
#[must_use = "a handle does nothing by itself"]
#[derive(Debug)]
pub struct Related<'p, P, C, const K: u64 = 0> {
    parent: &'p P,
    relation: Relation<P, C>,
}

impl<'p, P, C, const K: u64> Related<'p, P, C, K> {
    /// The handle of a relation; called by the derive.
    pub fn new<R: Reach>(parent: &'p P, relation: Relation<P, C, R>) -> Self {
        Self { parent, relation: relation.any_reach() }
    }
}

impl<'p, P: Model, C: Model, const K: u64> Related<'p, P, C, K> {
    /// A finder of the related rows.
    #[track_caller]
    pub fn find(&self) -> Find<C> {
        Find::from_select(self.select())
    }

    /// A finder of one related row.
    #[track_caller]
    pub fn find_one(&self) -> FindOne<C> {
        FindOne::from_find(self.find())
    }

    /// A finder of the related rows for which a condition holds.
    #[track_caller]
    pub fn filter<X: IntoCondition<C>>(&self, condition: X) -> Find<C> {
        self.find().filter(condition)
    }

    /// A finder of the related rows in an order.
    #[track_caller]
    pub fn order_by<O: IntoOrder<C>>(&self, order: O) -> Find<C> {
        self.find().order_by(order)
    }

    /// A finder of the related rows that loads relations of theirs.
    #[track_caller]
    pub fn include<I: IntoInclude<C>>(&self, relations: I) -> Find<C> {
        self.find().include(relations)
    }

    /// All related rows.
    ///
    /// # Errors
    /// The database's, naming the model.
    #[track_caller]
    pub fn exec<'e, E: Runs<C> + ?Sized>(
        &self,
        db: &'e E,
    ) -> impl Future<Output = Result<Vec<C>>> + use<'e, P, C, E, K> {
        self.find().exec(db)
    }

    /// The number of related rows.
    ///
    /// # Errors
    /// The database's, naming the model.
    #[track_caller]
    pub fn count<'e, E: Runs<C> + ?Sized>(&self, db: &'e E) -> impl Future<Output = Result<u64>> + use<'e, P, C, E, K> {
        self.find().count(db)
    }

    /// Whether a row is related to this one, or all of several.
    ///
    /// # Errors
    /// The database's, naming the model.
    pub async fn has<'c, Q, E: Runs<C> + ?Sized>(&self, children: impl Children<'c, C, Q>, db: &E) -> Result<bool>
    where
        C: 'c,
    {
        let mut keys: Vec<Vec<Value>> = children.children().map(|child| child.key()).collect::<Result<_>>()?;
        keys.sort_by_key(|key| format!("{:?}", key.iter().map(crate::query::Comparable::of).collect::<Vec<_>>()));
        keys.dedup();
        if keys.is_empty() {
            return Ok(true);
        }
        let mut select = self.rows();
        select.filter.push(any_key(C::DEF, &keys));
        Ok(Find::<C>::from_select(select).count(db).await? == keys.len() as u64)
    }

    /// The related rows, each with its row in between: `user.groups().pairs::<Membership>()`.
    #[track_caller]
    pub fn pairs<J: Model>(&self) -> Find<C, (C, J)> {
        self.find().with_rows_of::<J>()
    }

    /// Starts a related row: its foreign key is filled in. `user.posts().create().title("Hi").exec(&db)`.
    pub fn create<R>(&self) -> R
    where
        C: CreateUnder<K, Create = R>,
    {
        C::create_under(self.parent_key())
    }

    /// Creates a row and relates it to this one over the model in between, in one transaction:
    /// `user.groups().add_new(Group::create().name("Engines")).exec(&db)`.
    pub fn add_new<R: Complete<C>>(&self, row: R) -> AddNew<C> {
        let link = Linked { relation: *self.relation.def(), key: self.parent_key(), payload: Vec::new() };
        AddNew { row: row.into_create(), link }
    }

    fn parent_key(&self) -> Vec<Value> {
        self.relation.def().keys.iter().map(|pair| self.parent.value(pair.from.index)).collect()
    }

    /// Relates a row or several to this one: `user.groups().add(&group)`, `.add(&groups)`.
    pub fn add<'c, Q>(&self, children: impl Children<'c, C, Q>) -> ChangeLinks
    where
        C: 'c,
    {
        self.change(children, Kinds::Add)
    }

    /// Ends the relation of a row or several to this one; the rows stay. A foreign key that cannot be NULL is an error.
    pub fn remove<'c, Q>(&self, children: impl Children<'c, C, Q>) -> ChangeLinks
    where
        C: 'c,
    {
        self.change(children, Kinds::Remove)
    }

    /// Relates this row, or these rows, and no others.
    pub fn set<'c, Q>(&self, children: impl Children<'c, C, Q>) -> ChangeLinks
    where
        C: 'c,
    {
        self.change(children, Kinds::Set)
    }

    fn change<'c, Q>(&self, children: impl Children<'c, C, Q>, kind: Kinds) -> ChangeLinks
    where
        C: 'c,
    {
        let def = *self.relation.def();
        let parent = self.parent_key();
        let children = children.children().map(|child| match def.through {
            Some(through) => child.pointed_at(&through),
            None => child.key(),
        });
        let (children, wrong) = match children.collect() {
            Ok(children) => (children, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        ChangeLinks { def, parent, children, wrong, kind, payload: Vec::new(), scope: self.relation.scope_node() }
    }

    #[track_caller]
    fn select(&self) -> Select {
        super::detector::note(P::DEF.name, self.relation.def().name, std::panic::Location::caller());
        self.rows()
    }

    fn rows(&self) -> Select {
        let def = self.relation.def();
        let mut select = Select::new(C::DEF);
        if let Some((column, text)) = def.when
            && !matches!(self.parent.value(column.index), Value::Text(found) if found == text)
        {
            select.filter.push(ast::Expr::Or(Vec::new())); // This row's key points at another model.
        }
        let values: Vec<Value> = def.keys.iter().map(|pair| self.parent.value(pair.from.index)).collect();
        if let Some(through) = def.through {
            let on = through.keys.iter().map(|pair| equal(pair.from, ast::Expr::Column(pair.to))).collect();
            let model = (through.model)();
            select.joins.push(Join { kind: JoinKind::Inner, model, deleted: Deleted::Hidden, on: ast::Expr::And(on) });
        }
        select.filter.extend(parent_filter(def, &values));
        select.filter.extend(self.relation.scope_node());
        select
    }
}

fn equal(column: &'static ColumnDef, other: ast::Expr) -> ast::Expr {
    ast::Expr::binary(BinaryOp::Eq, column.into(), other)
}

/// The condition that a row of the other model, or of the one in between, points at a key.
fn parent_filter(relation: &RelationDef, values: &[Value]) -> Vec<ast::Expr> {
    let keys = relation.keys.iter().zip(values);
    let keys = keys.map(|(pair, value)| equal(pair.to, ast::Expr::Value(value.clone())));
    keys.chain(ast::Expr::tag_of(relation)).collect()
}

/// The condition that a row has one of some keys.
fn any_key(def: &'static crate::model::ModelDef, keys: &[Vec<Value>]) -> ast::Expr {
    any_of(&def.key_columns().collect::<Vec<_>>(), keys)
}

fn any_of(columns: &[&'static ColumnDef], keys: &[Vec<Value>]) -> ast::Expr {
    if let [column] = columns {
        let values = keys.iter().map(|key| key[0].clone()).collect();
        let items = ListItems::Values(column.ty, values);
        return ast::Expr::In(Box::new(InList { expr: (*column).into(), items, negated: false }));
    }
    let any = keys.iter().map(|key| {
        let all = columns.iter().zip(key).map(|(column, value)| equal(column, ast::Expr::Value(value.clone())));
        ast::Expr::And(all.collect())
    });
    ast::Expr::Or(any.collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kinds {
    Add,
    Remove,
    Set,
}

/// A row to create and to relate to another one.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
#[derive(Debug)]
pub struct AddNew<C> {
    row: Create<C>,
    link: Linked,
}

impl<C: Model> AddNew<C> {
    /// Gives a column of the model in between a value.
    pub fn with<J: Model, T: Type, V: Assign<J, T>>(mut self, column: Column<J, T>, value: V) -> Self {
        self.link.payload.push((column.def(), value.into_assigned()));
        self
    }

    /// Creates both rows and gives the related one as the database has it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`] for relations without a model in between, else the database's.
    pub async fn exec<E: Runs<C> + ?Sized>(mut self, db: &E) -> Result<C> {
        if self.link.relation.through.is_none() {
            return Err(Error::new(
                ErrorKind::InvalidStatement,
                "rows of this relation have the foreign key themselves: start them by `create()`",
            )
            .with_model(C::DEF.name));
        }
        self.row.link(self.link);
        self.row.exec(db).await
    }
}

/// A change of which rows are related; in one transaction when it takes more than one statement.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
#[derive(Debug)]
pub struct ChangeLinks {
    def: RelationDef,
    parent: Vec<Value>,
    /// The children's keys: the primary key, or the columns that the table in between points at.
    children: Vec<Vec<Value>>,
    /// Why there are no keys.
    wrong: Option<Error>,
    kind: Kinds,
    payload: Vec<(&'static ColumnDef, ast::Expr)>,
    scope: Option<ast::Expr>,
}

impl ChangeLinks {
    /// Gives a column of the table in between a value, for many-to-many relations.
    pub fn with<J: Model, T: Type, V: Assign<J, T>>(mut self, column: Column<J, T>, value: V) -> Self {
        self.payload.push((column.def(), value.into_assigned()));
        self
    }

    /// Makes the change and gives the number of rows written.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`] for relations that cannot be changed this way, else the database's.
    pub async fn exec<E: crate::driver::Executor + ?Sized>(self, db: &E) -> Result<u64> {
        if let Some(error) = self.wrong {
            return Err(error);
        }
        let session = db.session();
        let target = (self.def.target)();
        if self.kind != Kinds::Remove
            && !self.children.is_empty()
            && let Some((pair, _)) = self.def.keys.iter().zip(&self.parent).find(|(_, value)| value.is_null())
        {
            return Err(Error::new(
                ErrorKind::InvalidStatement,
                "the key of this row is NULL, so no row can point at it; set it first",
            )
            .with_table(pair.from.table.name)
            .with_columns([pair.from.name]));
        }
        match (self.def.kind, self.def.through) {
            (RelationKind::BelongsToMany, Some(through)) => self.change_between(session, through).await,
            (_, Some(through)) => Err(Error::new(
                ErrorKind::InvalidStatement,
                format!("these rows belong to rows of `{}`; change which", (through.model)().name),
            )
            .with_model(target.name)),
            (RelationKind::BelongsTo, None) => Err(Error::new(
                ErrorKind::InvalidStatement,
                "the foreign key is on this row: change it by `update()`, which has a setter for the relation",
            )
            .with_model(target.name)),
            (_, None) => self.change_foreign_keys(session).await,
        }
    }

    async fn change_foreign_keys(self, session: &dyn Session) -> Result<u64> {
        let target = (self.def.target)();
        let keys = self.def.keys;
        if self.kind != Kinds::Add && keys.iter().any(|pair| !pair.to.nullable) {
            return Err(Error::new(
                ErrorKind::InvalidStatement,
                "the foreign key cannot be NULL, so rows cannot be left without a parent; destroy them instead",
            )
            .with_model(target.name)
            .with_columns(keys.iter().map(|pair| pair.to.name)));
        }
        if self.children.is_empty() && self.kind != Kinds::Set {
            return Ok(0);
        }
        let owned = parent_filter(&self.def, &self.parent);
        let these = (!self.children.is_empty()).then(|| any_key(target, &self.children));
        let tag = self.def.tag.map(|(column, text)| (column, Value::Text(text.into())));
        let to_parent: Vec<_> = (keys.iter().zip(&self.parent).map(|(pair, value)| (pair.to, value.clone())))
            .chain(tag.clone())
            .map(|(column, value)| (column, ast::Expr::Value(value)))
            .collect();
        let freed = keys.iter().map(|pair| pair.to).chain(tag.map(|(column, _)| column).filter(|tag| tag.nullable));
        let to_null: Vec<_> = freed.map(|column| (column, ast::Expr::Value(Value::Null(column.ty)))).collect();
        let with_these = |mut filter: Vec<ast::Expr>, these: Option<ast::Expr>| {
            filter.extend(these);
            filter
        };
        match self.kind {
            Kinds::Add => execute(session, target, &update_of(target, to_parent, with_these(Vec::new(), these))).await,
            Kinds::Remove => execute(session, target, &update_of(target, to_null, with_these(owned, these))).await,
            Kinds::Set => {
                let others = these.clone().map(|these| ast::Expr::Not(Box::new(these)));
                let unit = session.begin(&BeginOptions::default()).await?;
                let mut scoped = with_these(owned, others);
                scoped.extend(self.scope);
                let mut written = execute(&*unit, target, &update_of(target, to_null, scoped)).await?;
                if these.is_some() {
                    let add = update_of(target, to_parent, with_these(Vec::new(), these));
                    written += execute(&*unit, target, &add).await?;
                }
                unit.commit().await?;
                Ok(written)
            }
        }
    }

    async fn change_between(self, session: &dyn Session, through: ThroughDef) -> Result<u64> {
        let model = (through.model)();
        let payload = payload_values(model, &self.payload)?;
        if self.children.is_empty() && self.kind != Kinds::Set {
            return Ok(0);
        }
        let owned = parent_filter(&self.def, &self.parent);
        let columns: Vec<&'static ColumnDef> = through.keys.iter().map(|pair| pair.from).collect();
        match self.kind {
            Kinds::Remove => {
                let mut filter = owned;
                filter.push(any_of(&columns, &self.children));
                execute(session, model, &remove_of(model, filter)).await
            }
            Kinds::Add => self.add_between(session, through, &payload).await,
            Kinds::Set => {
                let unit = session.begin(&BeginOptions::default()).await?;
                let mut filter = owned;
                if !self.children.is_empty() {
                    filter.push(ast::Expr::Not(Box::new(any_of(&columns, &self.children))));
                }
                let mut written = execute(&*unit, model, &remove_of(model, filter)).await?;
                if !self.children.is_empty() {
                    written += self.add_between(&*unit, through, &payload).await?;
                }
                unit.commit().await?;
                Ok(written)
            }
        }
    }

    /// Inserts the rows in between that are not there; those that are get the payload.
    async fn add_between(
        &self,
        session: &dyn Session,
        through: ThroughDef,
        payload: &[(&'static ColumnDef, Value)],
    ) -> Result<u64> {
        let model = (through.model)();
        let near: Vec<&'static ColumnDef> = self.def.keys.iter().map(|pair| pair.to).collect();
        let far: Vec<&'static ColumnDef> = through.keys.iter().map(|pair| pair.from).collect();
        let tag = self.def.tag.map(|(column, _)| column);
        let target: Vec<&'static ColumnDef> = near.iter().copied().chain(tag).chain(far.iter().copied()).collect();
        if !is_unique(model, &target, false) {
            // Nothing in the database keeps the rows from being there twice: look first.
            let unit = session.begin(&BeginOptions::default()).await?;
            let written = self.add_missing(&*unit, through, payload).await?;
            unit.commit().await?;
            return Ok(written);
        }
        let mut fixed: Vec<(&'static ColumnDef, Value)> =
            near.iter().copied().zip(self.parent.iter().cloned()).collect();
        fixed.extend(self.def.tag.map(|(column, text)| (column, Value::Text(text.into()))));
        fixed.extend(payload.iter().cloned());
        let mut given: Vec<usize> = fixed.iter().map(|(column, _)| column.index).collect();
        given.extend(far.iter().map(|column| column.index));
        let mut columns: Vec<&'static ColumnDef> = fixed.iter().map(|(column, _)| *column).collect();
        columns.extend(far.iter().copied());
        columns.extend(client_values(model, &given).into_iter().map(|(column, _)| column));
        let mut set: Vec<_> = payload.iter().map(|(column, _)| (*column, ast::Expr::Excluded(column))).collect();
        // Where the key is the two foreign keys, a row that was soft-deleted is still there.
        if let Some(index) = model.deleted_at
            && is_key(model, &target)
        {
            let column = &model.columns[index];
            set.push((column, ast::Expr::Value(Value::Null(column.ty))));
        }
        if !set.is_empty() {
            count_up(model, &mut set);
        }
        let (target, target_filter, action) = if set.is_empty() {
            (Vec::new(), None, ConflictAction::Nothing)
        } else {
            let filter = alive_filter(model, &target, None);
            (target, filter, ConflictAction::Update(set))
        };
        let conflict = Conflict { target, target_filter, action };
        let most = (session.dialect().capabilities().max_binds / columns.len().max(1)).max(1);
        let statement = |children: &[Vec<Value>]| {
            let mut values: Vec<Value> = Vec::with_capacity(children.len() * columns.len());
            for child in children {
                values.extend(fixed.iter().map(|(_, value)| value.clone()).chain(child.iter().cloned()));
                // Made anew for each row: keys among them.
                values.extend(client_values(model, &given).into_iter().map(|(_, value)| value));
            }
            Statement::Insert(Box::new(Insert {
                model,
                columns: columns.clone(),
                values,
                rows: children.len(),
                conflict: Some(conflict.clone()),
                returning: Returning::Nothing,
            }))
        };
        if self.children.len() <= most {
            return execute(session, model, &statement(&self.children)).await;
        }
        let unit = session.begin(&BeginOptions::default()).await?;
        let mut written = 0;
        for children in self.children.chunks(most) {
            written += execute(&*unit, model, &statement(children)).await?;
        }
        unit.commit().await?;
        Ok(written)
    }
}

impl ChangeLinks {
    /// Gives the rows in between that are there the payload, and inserts the others. The session must be a transaction.
    async fn add_missing(
        &self,
        session: &dyn Session,
        through: ThroughDef,
        payload: &[(&'static ColumnDef, Value)],
    ) -> Result<u64> {
        let model = (through.model)();
        let far: Vec<&'static ColumnDef> = through.keys.iter().map(|pair| pair.from).collect();
        let owned = parent_filter(&self.def, &self.parent);
        let mut written = 0;
        let mut done: Vec<&Vec<Value>> = Vec::new();
        for child in &self.children {
            if done.contains(&child) {
                continue;
            }
            done.push(child);
            let mut filter = owned.clone();
            filter.push(any_of(&far, std::slice::from_ref(child)));
            if any_row(session, model, filter.clone()).await? {
                if !payload.is_empty() {
                    let set = payload.iter().map(|(column, value)| (*column, ast::Expr::Value(value.clone())));
                    written += execute(session, model, &update_of(model, set.collect(), filter)).await?;
                }
                continue;
            }
            let near = self.def.keys.iter().map(|pair| pair.to).zip(self.parent.iter().cloned());
            let tag = self.def.tag.map(|(column, text)| (column, Value::Text(text.into())));
            let values = near.chain(tag).chain(payload.iter().cloned()).chain(far.iter().copied().zip(child.clone()));
            insert_values(session, model, values.collect()).await?;
            written += 1;
        }
        Ok(written)
    }
}

fn remove_of(model: &'static crate::model::ModelDef, filter: Vec<ast::Expr>) -> Statement {
    match model.deleted_at {
        Some(index) => {
            let column = &model.columns[index];
            update_of(model, vec![(column, ast::Expr::Value(time_value(column, crate::value::now())))], filter)
        }
        None => Statement::Delete(Box::new(Delete {
            model,
            filter,
            deleted: Deleted::Hidden,
            returning: Returning::Nothing,
        })),
    }
}
