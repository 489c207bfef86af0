//! [`Relation`]: the typed constant of a relation, such as `User::POSTS`: conditions and columns through it, and the
//! start of what to load.

use std::marker::PhantomData;
use std::sync::Arc;

use super::attach::attach;
use super::field::Slot;
use super::include::Include;
use super::join::JoinBy;
use super::one_of::Fill;
use super::projection::{Nest, Projection};
use super::selection::RelatedSelection;
use super::stale::{is_stale, keys_of};
use crate::ast::{self, Aggregate, BinaryOp, Join, JoinKind, Quantifier, Related, Visibility};
use crate::expr::{Column, Condition, Expr, IntoCondition, IntoFilter, IntoOrder, Select, Within};
use crate::model::{Cardinality, ColumnDef, KeyPair, Many, Model, RelationDef};
use crate::run::{Attach, IncludeNode, IntoInclude, JoinRow, RowSet, new_set};
use crate::value::{Scalar, Type, Value};

/// A foreign key column of type `Self` may point at a key of type `K`, or an `Option` of it: it is of the same type, or an
/// `Option` of it.
#[diagnostic::on_unimplemented(
    message = "foreign key of type `{Self}` does not match key of type `{K}`",
    label = "this relation joins a `{Self}` column to a `{K}` column",
    note = "the foreign key column must be `{K}` or `Option<{K}>`"
)]
pub trait References<K> {}
impl<K: Scalar> References<K> for K {}
impl<K: Scalar> References<K> for Option<K> {}

/// The type of a foreign key that is not there: it goes with every key, so that its absence is the one error.
#[derive(Debug, Clone, Copy)]
pub enum AnyKey {}
#[diagnostic::do_not_recommend]
impl<K: Scalar> References<K> for AnyKey {}

/// A key of the model that has the relation, and the foreign key on the other model. The key comes first: the compiler
/// then says which type the foreign key should have.
pub const fn has<P, C, K: Type, F: References<K::Base>>(key: Column<P, K>, foreign: Column<C, F>) -> KeyPair {
    KeyPair { from: key.def(), to: foreign.def() }
}

/// A key of the other model, and the foreign key on the model that has the relation.
pub const fn belongs<C, P, K: Type, F: References<K::Base>>(key: Column<C, K>, foreign: Column<P, F>) -> KeyPair {
    KeyPair { from: foreign.def(), to: key.def() }
}

/// A column that says which model a key beside it points at: `String`, or an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column cannot say which model a key points at",
    label = "`when(..)` names a column of this type",
    note = "the column must be a `String` or an `Option<String>`"
)]
pub trait Names {}
impl Names for String {}
impl Names for Option<String> {}

/// A column and the text it holds in rows that a relation is about.
pub const fn when<M: Model, T: Names>(column: Column<M, T>, text: &'static str) -> (&'static ColumnDef, &'static str) {
    (column.def(), text)
}

/// The condition that every row of a relation meets.
pub fn scope<C, X: IntoCondition<C>>(condition: X) -> ast::Expr {
    condition.into_condition()
}

/// The filter of the last relation of a chain, and one of the chain's own.
pub fn also(relation: &RelationDef, filter: ast::Expr) -> ast::Expr {
    match relation.last().filter {
        Some(first) => first().and(filter),
        None => filter,
    }
}

/// The first relation of a chain is one of the model.
pub const fn starts_at<P: Model, C: Model, R>(_first: &Relation<P, C, R>) {}

/// A relation of a chain starts at the model that the one before it leads to.
pub const fn follows<P: Model, M: Model, C: Model, Q, R>(_one: &Relation<P, M, Q>, _next: &Relation<M, C, R>) {}

/// The last relation of a chain leads to the model of the field.
pub const fn ends_at<P: Model, C: Model, R>(_last: &Relation<P, C, R>) {}

/// How loaded rows get into the field of a parent.
pub struct Link<P, C> {
    field: Field<P, C>,
    new_set: fn() -> Box<dyn RowSet>,
}

/// The field.
enum Field<P, C> {
    /// It holds the rows as they are.
    Plain(fn(&mut P) -> &mut dyn Slot<C>),
    /// It holds rows of several models, as an enum.
    OneOf(&'static dyn Fill),
}

impl<P, C> Clone for Field<P, C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P, C> Copy for Field<P, C> {}

impl<P, C> Clone for Link<P, C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P, C> Copy for Link<P, C> {}

impl<P, C> std::fmt::Debug for Link<P, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link")
    }
}

impl<P, C> Link<P, C> {
    /// To a field.
    pub const fn new(slot: fn(&mut P) -> &mut dyn Slot<C>) -> Self
    where
        C: Model,
    {
        Self { field: Field::Plain(slot), new_set: new_set::<C, ()> }
    }

    /// To a field that holds rows of other models as well.
    pub const fn one_of(field: &'static dyn Fill) -> Self
    where
        C: Model,
    {
        Self { field: Field::OneOf(field), new_set: new_set::<C, ()> }
    }

    /// To a field that holds the join rows as well.
    pub const fn with_between<J: JoinRow>(slot: fn(&mut P) -> &mut dyn Slot<C>) -> Self
    where
        C: Model,
    {
        Self { field: Field::Plain(slot), new_set: new_set::<C, J> }
    }
}

/// A relation of `P` to `C`. `R` says whether it leads to one row from each, maybe to one, or to several.
pub struct Relation<P, C, R = Many> {
    def: RelationDef,
    link: Link<P, C>,
    _cardinality: PhantomData<fn() -> R>,
}

impl<P, C, R> Clone for Relation<P, C, R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P, C, R> Copy for Relation<P, C, R> {}

impl<P, C, R> std::fmt::Debug for Relation<P, C, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.def.fmt(f)
    }
}

impl<P, C, R> Relation<P, C, R> {
    /// Types a relation's metadata; called by the derive.
    pub const fn new(def: RelationDef, link: Link<P, C>) -> Self {
        Self { def, link, _cardinality: PhantomData }
    }

    /// The same, for code to which it does not matter how many rows it leads to.
    pub(crate) fn any_cardinality(self) -> Relation<P, C> {
        Relation { def: self.def, link: self.link, _cardinality: PhantomData }
    }

    /// The metadata.
    pub const fn erase(self) -> RelationDef {
        self.def
    }

    /// The metadata.
    pub const fn def(&self) -> &RelationDef {
        &self.def
    }

    /// The condition every row of the relation meets.
    pub(crate) fn scope_node(&self) -> Option<ast::Expr> {
        self.def.last().filter.map(|filter| filter())
    }

    fn ask<T>(self, quantifier: Quantifier, condition: Option<ast::Expr>) -> Expr<P, T> {
        let filter = match (self.scope_node(), condition) {
            (Some(scope), Some(condition)) => Some(scope.and(condition)),
            (scope, condition) => scope.or(condition),
        };
        Expr::from_node(ast::Expr::Related(Box::new(Related {
            relation: self.def,
            quantifier,
            filter,
            visibility: Visibility::DEFAULT,
        })))
    }
}

impl<P: Model, C: Model, R: Cardinality> Relation<P, C, R> {
    /// Whether a related row meets a condition.
    pub fn any<X: IntoCondition<C>>(self, condition: X) -> Condition<P> {
        self.ask(Quantifier::Any, Some(condition.into_condition()))
    }

    /// Whether no related row meets a condition.
    pub fn none<X: IntoCondition<C>>(self, condition: X) -> Condition<P> {
        self.ask(Quantifier::None, Some(condition.into_condition()))
    }

    /// Whether every related row meets a condition; TRUE when there is none.
    pub fn all<X: IntoCondition<C>>(self, condition: X) -> Condition<P> {
        let condition = condition.into_condition();
        match self.scope_node() {
            // Rows outside of the relation's scope do not count: they pass. So do those of which it is unknown.
            Some(scope) => {
                let (yes, no) = (ast::Expr::And(Vec::new()), ast::Expr::Or(Vec::new()));
                let outside = ast::Case { branches: vec![(scope, no)], otherwise: Some(yes) };
                let outside = ast::Expr::Case(Box::new(outside));
                let filter = Some(outside.or(condition));
                Expr::from_node(ast::Expr::Related(Box::new(Related {
                    relation: self.def,
                    quantifier: Quantifier::All,
                    filter,
                    visibility: Visibility::DEFAULT,
                })))
            }
            None => self.ask(Quantifier::All, Some(condition)),
        }
    }

    /// Whether a certain row is related: `Post::USER.eq(&user)`. Where the relation leads by a foreign key of this model, it is
    /// compared; else the related rows are asked for.
    pub fn eq(self, row: &C) -> Condition<P> {
        self.in_([row])
    }

    /// Whether one of certain rows is related: `Post::USER.in_(&users)`. FALSE for none.
    pub fn in_<'r>(self, rows: impl IntoIterator<Item = &'r C>) -> Condition<P>
    where
        C: 'r,
    {
        let (def, rows) = (self.def, rows.into_iter());
        let first = def.first();
        let by_key = !def.chain && def.between().is_none() && first.tag.is_none() && first.filter.is_none();
        if !by_key {
            let keys = |row: &C| C::DEF.primary_key.iter().map(|index| row.value(*index)).collect();
            let keys: Vec<Vec<Value>> = rows.map(keys).collect();
            return self
                .ask(Quantifier::Any, Some(ast::Expr::has_key(&C::DEF.key_columns().collect::<Vec<_>>(), &keys)));
        }
        let keys = |row: &C| -> Vec<Value> { def.keys().iter().map(|pair| row.value(pair.to.index)).collect() };
        let keys: Vec<Vec<Value>> = rows.map(keys).filter(|key| !key.iter().any(Value::is_null)).collect();
        let columns: Vec<&'static ColumnDef> = def.keys().iter().map(|pair| pair.from).collect();
        let equal = ast::Expr::has_key(&columns, &keys);
        Expr::from_node(match first.when {
            Some((column, text)) => {
                equal.and(ast::Expr::binary(BinaryOp::Eq, column.into(), ast::Expr::Value(Value::Text(text.into()))))
            }
            None => equal,
        })
    }

    /// Whether there is a related row.
    pub fn exists(self) -> Condition<P> {
        self.ask(Quantifier::Any, None)
    }

    /// Whether there is no related row.
    pub fn is_empty(self) -> Condition<P> {
        self.ask(Quantifier::None, None)
    }

    /// The number of related rows.
    pub fn count(self) -> Expr<P, i64> {
        self.count_where_node(None)
    }

    /// The number of related rows that meet a condition.
    pub fn count_where<X: IntoCondition<C>>(self, condition: X) -> Expr<P, i64> {
        self.count_where_node(Some(condition.into_condition()))
    }

    fn count_where_node(self, condition: Option<ast::Expr>) -> Expr<P, i64> {
        let count = Aggregate::of("COUNT", None);
        self.ask(Quantifier::Aggregate(Box::new(ast::Expr::Aggregate(Box::new(count)))), condition)
    }

    /// An aggregate of the related rows: `User::POSTS.aggregate(Post::VIEWS.sum())`.
    pub fn aggregate<S: Within<C>, T: Type>(self, aggregate: Expr<S, T>) -> Expr<P, T> {
        let mut node = aggregate.into_node();
        let mut aggregates = false;
        node.walk(&mut |part| aggregates |= matches!(part, ast::Expr::Aggregate(_)));
        if !aggregates {
            // The value of some related row, which `MAX` makes well-defined.
            let max = Aggregate::of("MAX", Some(node));
            node = ast::Expr::Aggregate(Box::new(max));
        }
        self.ask(Quantifier::Aggregate(Box::new(node)), None)
    }

    /// A column of the row that a to-one relation leads to, for filters, orders and selections: an `Option`, NULL where
    /// there is no such row, unless the relation always leads to one. It is the row that an include loads: of several, the
    /// first by its primary key. Where the type says that there is always a row and there is none, reading is an error that
    /// names the relation.
    pub fn col<T: Type>(self, column: Column<C, T>) -> Expr<P, R::Value<T>> {
        self.expr(Expr::from_node(column.into_node()))
    }

    /// An expression about the row that a to-one relation leads to, as [`col`](Self::col); paths may be nested.
    pub fn expr<T: Type>(self, inner: Expr<C, T>) -> Expr<P, R::Value<T>> {
        let hop = ast::Hop { relation: self.def, scope: self.scope_node(), visibility: Visibility::DEFAULT };
        Expr::from_node(match inner.into_node() {
            ast::Expr::Path(mut hops, inner) => {
                hops.insert(0, hop);
                ast::Expr::Path(hops, inner)
            }
            inner => ast::Expr::Path(vec![hop], Box::new(inner)),
        })
    }

    pub(super) fn node(self) -> IncludeNode {
        let mut select = ast::Select::new(C::DEF);
        let scope = self.scope_node();
        select.filter.extend(scope.clone());
        let attach: Arc<Attach> = match self.link.field {
            Field::Plain(slot) => Arc::new(move |parents, children, owners| attach(parents, children, owners, slot)),
            Field::OneOf(field) => Arc::new(move |parents, children, owners| field.fill(parents, children, owners)),
        };
        IncludeNode::new(
            P::DEF,
            ast::Hop { relation: self.def, scope, visibility: Visibility::DEFAULT },
            select,
            self.link.new_set,
            attach,
        )
    }

    /// Whether the row's field holds what the relation leads to.
    pub(super) fn is_loaded(self, row: &mut P) -> bool {
        match self.link.field {
            Field::Plain(slot) => slot(row).filled().is_some(),
            Field::OneOf(_) => false,
        }
    }

    fn start(self) -> Include<P, C, R> {
        Include::new(self.node())
    }

    /// Loads related rows for which a condition holds.
    pub fn filter<X: IntoFilter<C>>(self, condition: X) -> Include<P, C, R::Filtered> {
        self.start().filter(condition)
    }

    /// Filters when there is a value, else not.
    pub fn filter_if<V, X: IntoFilter<C>>(
        self,
        value: Option<V>,
        condition: impl FnOnce(V) -> X,
    ) -> Include<P, C, R::Filtered> {
        self.start().filter_if(value, condition)
    }

    /// Loads related rows in an order.
    pub fn order_by<O: IntoOrder<C>>(self, order: O) -> Include<P, C, R> {
        self.start().order_by(order)
    }

    /// Loads at most so many related rows per parent.
    pub fn limit(self, rows: u64) -> Include<P, C, R::Filtered> {
        self.start().limit(rows)
    }

    /// Leaves out the first related rows of each parent.
    pub fn offset(self, rows: u64) -> Include<P, C, R::Filtered> {
        self.start().offset(rows)
    }

    /// Loads relations of the related rows as well.
    pub fn include<I: IntoInclude<C>>(self, relations: I) -> Include<P, C, R> {
        self.start().include(relations)
    }

    /// As [`include`](Self::include), where it is wanted.
    pub fn include_if<I: IntoInclude<C>>(self, wanted: bool, relations: I) -> Include<P, C, R> {
        self.start().include_if(wanted, relations)
    }

    /// Reads columns and expressions of the related rows; see [`Include::select`].
    pub fn select<X: Select<C>>(self, items: X) -> RelatedSelection<P, X::Output, R>
    where
        X::Output: Clone,
    {
        self.start().select(items)
    }

    /// Reads a projection of the related rows; see [`Include::project`].
    pub fn project<T: Projection<C>>(self) -> RelatedSelection<P, T, R> {
        self.start().project()
    }

    /// Loads the relation by a query of its own; see [`Include::separate`].
    pub fn separate(self) -> Include<P, C, R> {
        self.start().separate()
    }

    /// Leaves out parents without a related row.
    pub fn required(self) -> Include<P, C, R::Required> {
        self.start().required()
    }

    /// Loads soft-deleted related rows as well.
    pub fn with_deleted(self) -> Include<P, C, R> {
        self.start().with_deleted()
    }

    /// Loads related rows outside of their model's default scope as well.
    pub fn unscoped(self) -> Include<P, C, R> {
        self.start().unscoped()
    }

    /// Loads soft-deleted related rows only.
    pub fn only_deleted(self) -> Include<P, C, R::Filtered> {
        self.start().only_deleted()
    }
}

/// Forgets loaded rows that the row does not lead to any more. `changed` has the columns that were changed.
pub fn forget_stale<P: Model, C: Model, R>(relation: Relation<P, C, R>, row: &mut P, changed: u128) {
    match relation.link.field {
        Field::Plain(slot) => {
            let field = slot(row);
            if let Some(rows) = field.filled() {
                // The keys of the related rows; those of the row cannot be read meanwhile.
                let found = match field.filled_for() {
                    [] => keys_of(&relation.def, rows.iter()),
                    key => vec![key.to_vec()],
                };
                if is_stale(&relation.def, row, found, changed) {
                    slot(row).forget();
                }
            }
        }
        Field::OneOf(field) => field.forget_stale(&relation.def, row, changed),
    }
}

/// Rows whose keys meet; through the join model, where there is one.
impl<S, P: Model + Within<S>, C: Model, R: Cardinality> JoinBy<S, C> for Relation<P, C, R> {
    fn push(self, kind: JoinKind, joins: &mut Vec<Join>) {
        let is = |(column, text): (&'static ColumnDef, &'static str)| {
            ast::Expr::binary(BinaryOp::Eq, column.into(), ast::Expr::Value(Value::Text(text.into())))
        };
        for hop in self.def.hops {
            let equal = |pair: &KeyPair| ast::Expr::binary(BinaryOp::Eq, pair.from.into(), pair.to.into());
            let mut on: Vec<ast::Expr> = hop.keys.iter().map(equal).collect();
            on.extend(hop.when.map(is));
            on.extend(hop.tag.map(is));
            on.extend(hop.filter.map(|filter| filter()));
            let model = (hop.target)();
            joins.push(Join { kind, model, visibility: Visibility::DEFAULT, on: ast::Expr::And(on) });
        }
    }
}

impl<P: Model, C: Model, R: Cardinality> IntoInclude<P> for Relation<P, C, R> {
    fn push(self, nodes: &mut Vec<IncludeNode>) {
        nodes.push(self.node());
    }
}

impl<P: Model, C: Model, R: Cardinality> Nest<P, C> for Relation<P, C, R> {
    type Cardinality = R;
    fn into_nest(self) -> IncludeNode {
        self.node()
    }
}
