//! Relations to a row of one of several models: an enum of models, a foreign key for each, of which a row has one. For each
//! key there is an ordinary relation; here is what they have in common.

use std::any::Any;
use std::marker::PhantomData;

use super::attach::attach_as;
use super::field::Slot;
use super::stale::{is_stale, keys_of};
use crate::ast::{self, Deleted};
use crate::error::Result;
use crate::expr::{Condition, Expr};
use crate::model::{Model, RelationDef};
use crate::run::{IncludeNode, IntoInclude, Owners, Parents, RowSet};

/// The enum `Self` has a variant that holds a row of `C`. Derive it: `#[derive(OneOf)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no variant for `{C}`",
    label = "not among the models of `{Self}`",
    note = "`{Self}` is an enum with `#[derive(OneOf)]` and a variant such as `Post(Post)` for each model"
)]
pub trait Variant<C> {
    /// The variant that holds the row.
    fn of(row: C) -> Self;
    /// The row, when it is of this model.
    fn row(&self) -> Option<&C>;
}

/// An enum of models. Derive it: `#[derive(OneOf)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enum of models",
    label = "not an enum of models",
    note = "add `#[derive(OneOf)]` to `{Self}`"
)]
pub trait Variants {
    /// The number of variants.
    const COUNT: usize;
}

/// How rows of `C` get into a field of `P` that holds rows of several models, as the enum `E`.
pub struct OneOfField<P, C, E> {
    slot: fn(&mut P) -> &mut dyn Slot<E>,
    /// The positions of the columns of this key, and of all keys.
    key: &'static [usize],
    keys: &'static [&'static [usize]],
    _model: PhantomData<fn() -> C>,
}

impl<P, C, E> OneOfField<P, C, E> {
    /// Takes the field, the columns of the key to `C`, and those of all keys; called by the derive.
    pub const fn new(
        slot: fn(&mut P) -> &mut dyn Slot<E>,
        key: &'static [usize],
        keys: &'static [&'static [usize]],
    ) -> Self {
        Self { slot, key, keys, _model: PhantomData }
    }
}

impl<P, C, E> std::fmt::Debug for OneOfField<P, C, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneOfField").field("key", &self.key).finish_non_exhaustive()
    }
}

/// [`OneOfField`], without its types.
pub trait Fill: Sync {
    /// Moves rows into the field of their parents.
    ///
    /// # Errors
    /// As [`RowSet::into_rows`].
    fn fill(&self, parents: &mut dyn Parents, children: Box<dyn RowSet>, owners: &Owners) -> Result<()>;
    /// Forgets a loaded row that the row does not lead to any more.
    fn forget_stale(&self, relation: &RelationDef, row: &mut dyn Any, changed: u128);
}

impl<P: Model, C: Model, E: Variant<C> + Send + Sync + 'static> Fill for OneOfField<P, C, E> {
    fn fill(&self, parents: &mut dyn Parents, children: Box<dyn RowSet>, owners: &Owners) -> Result<()> {
        attach_as::<P, C, E>(parents, children, owners, E::of, |parent| {
            let has = |key: &[usize]| key.iter().all(|column| !parent.value(*column).is_null());
            // The field of a row about another model is for that model's relation to fill.
            let about = has(self.key) || !self.keys.iter().any(|key| has(key));
            about.then(|| (self.slot)(parent))
        })
    }

    fn forget_stale(&self, relation: &RelationDef, row: &mut dyn Any, changed: u128) {
        let Some(row) = row.downcast_mut::<P>() else { return };
        let Some(rows) = (self.slot)(row).filled() else { return };
        let (none, found) = (rows.is_empty(), keys_of(relation, rows.iter().filter_map(E::row)));
        // A row of another model is for that model's relation to look at, unless this model's key is set.
        let stale = match (none, found.is_empty()) {
            (false, true) => self.key.iter().all(|column| !row.value(*column).is_null()),
            _ => is_stale(relation, row, found, changed),
        };
        if stale {
            (self.slot)(row).forget();
        }
    }
}

/// A relation of `P` to a row of one of several models, those of the enum `E`: such as `Comment::SUBJECT`. There is also a
/// relation for each model, such as `Comment::POST`.
pub struct OneOf<P, E> {
    relations: &'static [RelationDef],
    nodes: fn(&mut Vec<IncludeNode>),
    _types: PhantomData<fn() -> (P, E)>,
}

impl<P, E> Clone for OneOf<P, E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P, E> Copy for OneOf<P, E> {}

impl<P, E> std::fmt::Debug for OneOf<P, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.relations.iter().map(|relation| relation.name)).finish()
    }
}

impl<P: Model, E> OneOf<P, E> {
    /// Takes the relations to each model; called by the derive.
    ///
    /// # Panics
    /// When the program is compiled, if a variant of the enum has no relation.
    pub const fn new(relations: &'static [RelationDef], nodes: fn(&mut Vec<IncludeNode>)) -> Self
    where
        E: Variants,
    {
        assert!(relations.len() == E::COUNT, "`one_of(..)` must name the model of each variant of the enum");
        Self { relations, nodes, _types: PhantomData }
    }

    /// Whether the row is of this model: `Comment::SUBJECT.is::<Post>()`. Ask what the row is like by the relation to
    /// its model: `Comment::POST.any(..)`.
    pub fn is<C: Model>(self) -> Condition<P>
    where
        E: Variant<C>,
    {
        let keys = self.relations.iter().filter(|relation| relation.target().is(C::DEF));
        let columns = keys
            .flat_map(|relation| relation.keys())
            .map(|pair| ast::Expr::IsNull { expr: Box::new(pair.from.into()), negated: true });
        Expr::from_node(ast::Expr::And(columns.collect()))
    }

    /// The relations to each model.
    pub const fn relations(self) -> &'static [RelationDef] {
        self.relations
    }

    /// Loads the row also where it is soft-deleted: `.include(Comment::SUBJECT.with_deleted())`. An audit log wants it.
    pub fn with_deleted(self) -> IncludeOneOf<P> {
        let mut nodes = Vec::with_capacity(self.relations.len());
        (self.nodes)(&mut nodes);
        for node in &mut nodes {
            node.select.visibility.deleted = Deleted::Included;
        }
        IncludeOneOf { nodes, _model: PhantomData }
    }
}

/// The relations to rows of one of several models, refined.
#[must_use = "pass it to `.include(..)`"]
#[derive(Debug, Clone)]
pub struct IncludeOneOf<P> {
    nodes: Vec<IncludeNode>,
    _model: PhantomData<fn() -> P>,
}

impl<P: Model> IntoInclude<P> for IncludeOneOf<P> {
    fn push(self, nodes: &mut Vec<IncludeNode>) {
        nodes.extend(self.nodes);
    }
}

/// Loads the row, whichever model it is of. To load only some models, or more below them, include their relations
/// instead: `(Comment::POST.include(Post::AUTHOR), Comment::PHOTO)`.
impl<P: Model, E> IntoInclude<P> for OneOf<P, E> {
    fn push(self, nodes: &mut Vec<IncludeNode>) {
        (self.nodes)(nodes);
    }
}
