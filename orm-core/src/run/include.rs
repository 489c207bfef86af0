//! What a query loads besides its own rows, as data: the tree of relations, and the untyped sets of rows they are loaded
//! for. The loading itself is in `load`.

use std::any::Any;
use std::sync::Arc;

use crate::ast::{Expr, Hop, Quantifier, Related, Select, SelectList};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef};
use crate::row::RowSink;
use crate::value::Value;

/// How a relation is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// Joined when it leads to one row, else separately.
    #[default]
    Auto,
    /// By a query of its own.
    Separate,
}

/// Moves related rows into the parents they belong to.
pub type Attach = dyn Fn(&mut dyn Parents, Box<dyn RowSet>, &Owners) -> Result<()> + Send + Sync;

/// One relation to load, and what to load below it.
#[derive(Clone)]
pub struct IncludeNode {
    /// The model that has the relation.
    pub parent: &'static ModelDef,
    /// The relation.
    pub relation: crate::model::RelationDef,
    /// The condition every row of the relation meets.
    pub scope: Option<Expr>,
    /// The related rows wanted; a scope is the first of its conditions.
    pub select: Select,
    /// The greatest number of related rows per parent.
    pub limit: Option<u64>,
    /// The number of related rows left out first, per parent.
    pub offset: Option<u64>,
    /// Relations of the related rows.
    pub children: Vec<IncludeNode>,
    /// Whether parents without a related row are left out.
    pub required: bool,
    /// How the relation is loaded.
    pub strategy: Strategy,
    /// Whether a scope says so, rather than the statement itself.
    pub from_scope: bool,
    /// Why this cannot be loaded, when it cannot: an error when the query runs.
    pub refused: Option<&'static str>,
    /// An empty set of related rows.
    pub new_set: fn() -> Box<dyn RowSet>,
    /// Moves related rows into the parents they belong to.
    pub attach: Arc<Attach>,
}

impl IncludeNode {
    /// A node that fills a field with the rows that a relation leads to.
    pub(crate) fn new(
        parent: &'static ModelDef,
        hop: Hop,
        select: Select,
        new_set: fn() -> Box<dyn RowSet>,
        attach: Arc<Attach>,
    ) -> Self {
        Self {
            parent,
            relation: hop.relation,
            scope: hop.scope,
            select,
            limit: None,
            offset: None,
            children: Vec::new(),
            required: false,
            strategy: Strategy::Auto,
            from_scope: false,
            refused: None,
            new_set,
            attach,
        }
    }

    /// Takes another node for the same field in; gives it back when it loads other rows.
    fn merge(&mut self, other: IncludeNode) -> Option<IncludeNode> {
        if self.select != other.select || self.limit != other.limit || self.offset != other.offset {
            return Some(other);
        }
        self.required |= other.required;
        if other.strategy == Strategy::Separate {
            self.strategy = Strategy::Separate;
        }
        for child in other.children {
            merge(&mut self.children, child);
        }
        None
    }

    /// Reads expressions instead of whole rows, which have no fields for rows included below them.
    pub(crate) fn read_parts(&mut self, list: Vec<Expr>) {
        self.select.list = SelectList::Exprs(list);
        for child in &mut self.children {
            child.refused = Some(
                "is included below rows that are not read whole, which have no field for it; nest it in a projection instead",
            );
        }
    }

    /// The relation's constant, for messages.
    pub(crate) fn path(&self) -> String {
        format!("{}::{}", self.parent.name, self.relation.name.to_uppercase())
    }

    /// An error when this, or what is below it, cannot be loaded.
    pub(crate) fn check(&self) -> Result<()> {
        match self.refused {
            None => self.children.iter().try_for_each(IncludeNode::check),
            Some(why) => {
                let error = Error::new(ErrorKind::InvalidStatement, format!("`{}` {why}", self.path()));
                Err(error.with_model(self.parent.name))
            }
        }
    }
}

impl std::fmt::Debug for IncludeNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IncludeNode")
            .field("relation", &self.relation.name)
            .field("select", &self.select)
            .field("children", &self.children)
            .finish_non_exhaustive()
    }
}

/// Which related rows belong to which parents, by groups of equal keys.
#[derive(Debug, Default)]
pub struct Owners {
    /// The number of groups.
    pub groups: usize,
    /// The group of each related row; [`Owners::NONE`] belongs to no parent.
    pub children: Vec<u32>,
    /// The group of each parent; [`Owners::NONE`] has no related rows.
    pub parents: Vec<u32>,
}

impl Owners {
    /// No group.
    pub const NONE: u32 = u32::MAX;
}

/// Rows of one model that relations are loaded for, of a type only the model's own code knows.
pub trait Parents: Send {
    /// The number of rows.
    fn len(&self) -> usize;
    /// Whether there are no rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The value of a column of a row, both by position.
    fn value(&self, row: usize, column: usize) -> Value;
    /// A row, as the type it has.
    fn row_mut(&mut self, row: usize) -> Option<&mut dyn Any>;
}

/// Rows of one model as a query reads them.
pub trait RowSet: Parents + RowSink {
    /// Says that a column will be asked for; sets of whole models have them all.
    fn need(&mut self, _column: &'static ColumnDef) {}
    /// The columns to read after what the set's own query names; none for whole models.
    fn keys(&self) -> &[&'static ColumnDef] {
        &[]
    }
    /// The keys read after a row's own columns.
    fn extra(&self, row: usize) -> &[Value];
    /// How many keys to read after a row's own columns and those of the join table.
    fn read_extra(&mut self, count: usize);
    /// The columns of the join table that this set reads, in order.
    fn between(&self) -> &'static [ColumnDef];
    /// The rows of the join table, by group, when this set reads them.
    fn split_between(&mut self, owners: &Owners) -> Vec<Box<dyn Any + Send + Sync>>;
    /// The rows, as a `Vec` of the type they become.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`], naming the relation, when one that always leads to a row does not.
    fn into_rows(self: Box<Self>) -> Result<Box<dyn Any + Send>>;
    /// Remembers the rows there are, for [`truncate_to_mark`](Self::truncate_to_mark).
    fn mark(&mut self);
    /// Forgets the rows that came after the mark.
    fn truncate_to_mark(&mut self);
    /// Whether the rows can be put into another order.
    fn reorders(&self) -> bool {
        false
    }
    /// Puts the rows into another order: for each place, the row that comes there.
    fn reorder(&mut self, _order: &[usize]) {}
    /// Forgets all but the first rows.
    fn truncate(&mut self, rows: usize);
}

/// Relations of `P` to load.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation of `{P}`",
    label = "expected a relation such as `User::POSTS`"
)]
pub trait IntoInclude<P> {
    /// Appends the nodes.
    fn push(self, nodes: &mut Vec<IncludeNode>);
}

/// `None` loads nothing.
impl<P, I: IntoInclude<P>> IntoInclude<P> for Option<I> {
    fn push(self, nodes: &mut Vec<IncludeNode>) {
        if let Some(relations) = self {
            relations.push(nodes);
        }
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt)+))+) => {$(
        impl<P, $($name: IntoInclude<P>),+> IntoInclude<P> for ($($name,)+) {
            fn push(self, nodes: &mut Vec<IncludeNode>) {
                $(self.$index.push(nodes);)+
            }
        }
    )+};
}

tuples! { (A 0) (A 0 B 1) (A 0 B 1 C 2) (A 0 B 1 C 2 D 3) (A 0 B 1 C 2 D 3 E 4) (A 0 B 1 C 2 D 3 E 4 F 5) }

/// Adds nodes to a query; required ones leave out rows without a related one.
pub(crate) fn include_into<P>(select: &mut Select, nodes: &mut Vec<IncludeNode>, relations: impl IntoInclude<P>) {
    for node in merged(relations) {
        require(select, &node);
        merge(nodes, node);
    }
}

/// The nodes of relations, one for each field.
pub(crate) fn merged<P>(relations: impl IntoInclude<P>) -> Vec<IncludeNode> {
    let (mut all, mut nodes) = (Vec::new(), Vec::new());
    relations.push(&mut all);
    for node in all {
        merge(&mut nodes, node);
    }
    nodes
}

/// Adds a node, to the one for the same field when there is one. What the statement itself says goes before what a scope says.
pub(crate) fn merge(nodes: &mut Vec<IncludeNode>, node: IncludeNode) {
    if let Some(known) =
        nodes.iter_mut().find(|known| known.relation == node.relation && known.from_scope != node.from_scope)
    {
        if known.from_scope {
            *known = node;
        }
        return;
    }
    let rest = match nodes.iter_mut().find(|known| known.relation == node.relation) {
        Some(known) => known.merge(node).map(|node| IncludeNode {
            refused: Some(
                "is included twice and not alike, but its field holds one set of rows; include it once, or one of them through \
                 another relation field or beside the rows, by `with_related`",
            ),
            ..node
        }),
        None => Some(node),
    };
    nodes.extend(rest);
}

/// Adds the node of a nested projection, which has a field to itself.
pub(crate) fn push_node(select: &mut Select, nodes: &mut Vec<IncludeNode>, node: IncludeNode) {
    require(select, &node);
    nodes.push(node);
}

/// Leaves out rows without a row of a required relation.
fn require(select: &mut Select, node: &IncludeNode) {
    if node.required {
        select.filter.push(Expr::Related(Box::new(Related {
            relation: node.relation,
            quantifier: Quantifier::Any,
            filter: (!node.select.filter.is_empty()).then(|| Expr::And(node.select.filter.clone())),
            visibility: node.select.visibility,
        })));
    }
}
