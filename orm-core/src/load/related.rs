//! Handles on the related rows of a row in hand: find, count, create, add, remove, set.

use super::Relation;
use crate::ast::{
    self, BinaryOp, Conflict, ConflictAction, Delete, Deleted, InList, Insert, Join, JoinKind, ListItems, Returning,
    Select, Statement,
};
use crate::driver::{BeginOptions, Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, Model, RelationDef, RelationKind, ThroughDef};
use crate::query::{
    Assign, Column, Find, FindOne, IntoCondition, IntoInclude, IntoOrder, alive_filter, client_values, execute, is_key,
    key_of, time_value, update_of,
};
use crate::value::{Type, Value};

/// `Self` may be created under the relation whose foreign key has the number `K` (see
/// [`name_id`](super::name_id)). Written by the derive for every `belongs_to`.
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

/// One row of `C` or several: `&row`, `&rows`, `[&a, &b]`, an iterator of references. `Q` says which; it is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a `{C}` nor several",
    label = "expected `&row`, `&rows` or a list of `&{C}`"
)]
pub trait Children<'c, C: 'c, Q> {
    /// The rows.
    fn rows(self) -> impl Iterator<Item = &'c C>;
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub enum One {}

/// Several rows.
#[derive(Debug, Clone, Copy)]
pub enum Several {}

impl<'c, C: Model> Children<'c, C, One> for &'c C {
    fn rows(self) -> impl Iterator<Item = &'c C> {
        std::iter::once(self)
    }
}

impl<'c, C: Model, I: IntoIterator<Item = &'c C>> Children<'c, C, Several> for I {
    fn rows(self) -> impl Iterator<Item = &'c C> {
        self.into_iter()
    }
}

/// The related rows of one row: `user.posts()`.
#[must_use = "a handle does nothing by itself"]
#[derive(Debug)]
pub struct Related<'p, P, C, const K: u64 = 0> {
    parent: &'p P,
    relation: Relation<P, C>,
}

impl<'p, P: Model, C: Model, const K: u64> Related<'p, P, C, K> {
    /// The handle of a relation; called by the derive.
    pub fn new(parent: &'p P, relation: Relation<P, C>) -> Self {
        Self { parent, relation }
    }

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
        let mut keys: Vec<Vec<Value>> = children.rows().map(key_of).collect::<Result<_>>()?;
        keys.sort_by_key(|key| format!("{:?}", key.iter().map(crate::query::Comparable::of).collect::<Vec<_>>()));
        keys.dedup();
        if keys.is_empty() {
            return Ok(true);
        }
        let mut select = self.rows();
        select.filter.push(any_key(C::DEF, &keys));
        Ok(Find::<C>::from_select(select).count(db).await? == keys.len() as u64)
    }

    /// Starts a related row: its foreign key is filled in. `user.posts().create().title("Hi").exec(&db)`.
    pub fn create<R>(&self) -> R
    where
        C: CreateUnder<K, Create = R>,
    {
        C::create_under(self.relation.def().keys.iter().map(|pair| self.parent.value(pair.from.index)).collect())
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
        let parent = def.keys.iter().map(|pair| self.parent.value(pair.from.index)).collect();
        let children = children
            .rows()
            .map(|child| match def.through {
                Some(through) => through.keys.iter().map(|pair| child.value(pair.to.index)).collect(),
                None => C::DEF.primary_key.iter().map(|index| child.value(*index)).collect(),
            })
            .collect();
        ChangeLinks { def, parent, children, kind, payload: Vec::new(), scope: self.relation.scope_node() }
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

/// A change of which rows are related; in one transaction when it takes more than one statement.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
#[derive(Debug)]
pub struct ChangeLinks {
    def: RelationDef,
    parent: Vec<Value>,
    /// The children's keys: the primary key, or the columns that the table in between points at.
    children: Vec<Vec<Value>>,
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
                "the foreign key is on this row: set its column and save it",
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
        if let Some((column, _)) = self.payload.iter().find(|(column, _)| !column.table.is(model.table)) {
            return Err(Error::new(
                ErrorKind::InvalidStatement,
                format!("`.with(..)` takes columns of `{}`", model.name),
            )
            .with_table(column.table.name)
            .with_columns([column.name]));
        }
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
            Kinds::Add => self.add_between(session, through).await,
            Kinds::Set => {
                let unit = session.begin(&BeginOptions::default()).await?;
                let mut filter = owned;
                if !self.children.is_empty() {
                    filter.push(ast::Expr::Not(Box::new(any_of(&columns, &self.children))));
                }
                let mut written = execute(&*unit, model, &remove_of(model, filter)).await?;
                if !self.children.is_empty() {
                    written += self.add_between(&*unit, through).await?;
                }
                unit.commit().await?;
                Ok(written)
            }
        }
    }

    /// Inserts the rows in between that are not there; those that are get the payload.
    async fn add_between(&self, session: &dyn Session, through: ThroughDef) -> Result<u64> {
        let model = (through.model)();
        let near: Vec<&'static ColumnDef> = self.def.keys.iter().map(|pair| pair.to).collect();
        let far: Vec<&'static ColumnDef> = through.keys.iter().map(|pair| pair.from).collect();
        let mut fixed: Vec<(&'static ColumnDef, Value)> =
            near.iter().copied().zip(self.parent.iter().cloned()).collect();
        fixed.extend(self.def.tag.map(|(column, text)| (column, Value::Text(text.into()))));
        for (column, value) in &self.payload {
            match value {
                ast::Expr::Value(value) => fixed.push((*column, value.clone())),
                _ => {
                    return Err(Error::new(
                        ErrorKind::InvalidStatement,
                        "a new row in between takes plain values only",
                    )
                    .with_model(model.name)
                    .with_columns([column.name]));
                }
            }
        }
        let mut given: Vec<usize> = fixed.iter().map(|(column, _)| column.index).collect();
        given.extend(far.iter().map(|column| column.index));
        let mut columns: Vec<&'static ColumnDef> = fixed.iter().map(|(column, _)| *column).collect();
        columns.extend(far.iter().copied());
        columns.extend(client_values(model, &given).into_iter().map(|(column, _)| column));
        let mut set: Vec<_> = self.payload.iter().map(|(column, _)| (*column, ast::Expr::Excluded(column))).collect();
        let tag = self.def.tag.map(|(column, _)| column);
        let target: Vec<&'static ColumnDef> = near.into_iter().chain(tag).chain(far).collect();
        // Where the key is the two foreign keys, a row that was soft-deleted is still there.
        if let Some(index) = model.deleted_at
            && is_key(model, &target)
        {
            let column = &model.columns[index];
            set.push((column, ast::Expr::Value(Value::Null(column.ty))));
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
