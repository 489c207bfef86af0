//! The metadata of relations: which columns of which models meet, and what the database does about it.

use super::{ColumnDef, Model, ModelDef};
use crate::ast::Expr;

/// A relation of a model to another one (or to itself): a list of hops, each into one more table, the last of which is the
/// target's. Most relations have one; many-to-many relations have two.
#[derive(Debug, Clone, Copy)]
pub struct RelationDef {
    /// The name of the field.
    pub name: &'static str,
    /// Which side of the relation this is.
    pub kind: RelationKind,
    /// The tables on the way, the target's last; never empty.
    pub hops: &'static [HopDef],
    /// Whether it is a chain of other relations. A row of the target is then related once, however many ways lead to it, and
    /// the relation is only read.
    pub chain: bool,
    /// Whether the database enforces it with a foreign key (belongs-to only).
    pub constraint: bool,
    /// Whether the foreign key is to have an index, unless another one covers it (belongs-to only).
    pub indexed: bool,
    /// Whether no two rows may be connected twice (many-to-many only): join tables then have a unique key for it.
    pub unique: bool,
    /// What happens to this row when the row it belongs to is removed.
    pub on_delete: OnDelete,
    /// What happens to this row's key when the key it points at changes.
    pub on_update: OnDelete,
}

/// Relations are equal when they have the same name and meet in the same columns.
impl PartialEq for RelationDef {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.kind == other.kind && self.keys() == other.keys()
    }
}

impl RelationDef {
    /// A relation of one or two hops; the derive changes what differs with the struct's update syntax.
    pub const fn new(name: &'static str, kind: RelationKind, hops: &'static [HopDef]) -> Self {
        Self {
            name,
            kind,
            hops,
            chain: false,
            constraint: true,
            indexed: true,
            unique: true,
            on_delete: OnDelete::NoAction,
            on_update: OnDelete::NoAction,
        }
    }

    /// A chain of other relations, whose hops [`concat_hops`] puts together.
    pub const fn chain(name: &'static str, kind: RelationKind, hops: &'static [HopDef]) -> Self {
        Self { chain: true, ..Self::new(name, kind, hops) }
    }

    /// The hop that starts at this model.
    pub const fn first(&self) -> &'static HopDef {
        &self.hops[0]
    }

    /// The hop that ends at the target.
    pub const fn last(&self) -> &'static HopDef {
        &self.hops[self.hops.len() - 1]
    }

    /// The other model.
    pub fn target(&self) -> &'static ModelDef {
        (self.last().target)()
    }

    /// The columns by which rows of this model lead to others: `from` is this model's.
    pub const fn keys(&self) -> &'static [KeyPair] {
        self.first().keys
    }

    /// The join model of a many-to-many relation, or the one model that a relation leads through, and the columns that
    /// lead from it to the target.
    pub fn between(&self) -> Option<Between> {
        match self.hops {
            [first, last] if !self.chain => Some(Between { model: (first.target)(), keys: last.keys }),
            _ => None,
        }
    }

    /// Whether at most one row is related, as the database sees to it: the columns it is found by hold its
    /// primary key or a unique key.
    pub fn leads_to_one(&self) -> bool {
        match (self.kind, self.hops) {
            (RelationKind::BelongsTo | RelationKind::HasOne, [hop]) => {
                let target = self.target();
                let tag = hop.tag.map(|(column, _)| column.index);
                let wanted: Vec<usize> = hop.keys.iter().map(|pair| pair.to.index).chain(tag).collect();
                let unique = |columns: &[usize]| !columns.is_empty() && columns.iter().all(|c| wanted.contains(c));
                unique(target.primary_key)
                    || target.indexes.iter().any(|i| i.unique && i.columns().is_some_and(|columns| unique(&columns)))
            }
            _ => false,
        }
    }
}

/// The model between the two ends of a relation of two hops.
#[derive(Debug, Clone, Copy)]
pub struct Between {
    /// The model.
    pub model: &'static ModelDef,
    /// Its columns (`from`) and the columns of the target that are equal to them (`to`). It points at the target of a
    /// many-to-many relation; rows of any other target point at it.
    pub keys: &'static [KeyPair],
}

/// One step of a relation: from the rows of one model to rows of another.
#[derive(Debug, Clone, Copy)]
pub struct HopDef {
    /// The model that it leads to. A function, so that models can point at each other.
    pub target: fn() -> &'static ModelDef,
    /// The columns that meet: `from` is the earlier model's, `to` the target's.
    pub keys: &'static [KeyPair],
    /// A column of the earlier model that holds this text in rows the hop is about: one key may point at several models,
    /// told apart by such a column.
    pub when: Option<(&'static ColumnDef, &'static str)>,
    /// The same from the other end: a column beside the foreign key, on the target, that holds this text in related rows and
    /// is written together with the key.
    pub tag: Option<(&'static ColumnDef, &'static str)>,
    /// The condition that every row of the target meets to be related. A function, so that a time in it is that of the
    /// query.
    pub filter: Option<fn() -> Expr>,
}

impl HopDef {
    /// To rows of `C`; the derive changes what differs with the struct's update syntax.
    pub const fn new<C: Model>(keys: &'static [KeyPair]) -> Self {
        Self { target: def_of::<C>, keys, when: None, tag: None, filter: None }
    }
}

/// The hops of relations, one after the other; `N` is their number. The filter replaces that of the last hop.
///
/// # Panics
/// When `N` is another number: as a constant, it is an error of the compiler.
pub const fn concat_hops<const N: usize>(relations: &[&RelationDef], filter: Option<fn() -> Expr>) -> [HopDef; N] {
    let mut all = [*relations[0].first(); N];
    let (mut relation, mut at) = (0, 0);
    while relation < relations.len() {
        let hops = relations[relation].hops;
        let mut hop = 0;
        while hop < hops.len() {
            all[at] = hops[hop];
            (hop, at) = (hop + 1, at + 1);
        }
        relation += 1;
    }
    assert!(at == N, "the number of hops");
    if filter.is_some() {
        all[N - 1].filter = filter;
    }
    all
}

fn def_of<C: Model>() -> &'static ModelDef {
    C::DEF
}

/// The kinds of relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// The foreign key is on this model.
    BelongsTo,
    /// The foreign key is on the other model, at most one row of which points here.
    HasOne,
    /// The foreign key is on the other model.
    HasMany,
    /// Two foreign keys are on a join model.
    BelongsToMany,
}

impl RelationKind {
    /// Whether a row can have several related ones.
    pub fn is_many(self) -> bool {
        matches!(self, Self::HasMany | Self::BelongsToMany)
    }
}

/// One pair of columns that are equal in related rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyPair {
    /// The column of the model that has the relation.
    pub from: &'static ColumnDef,
    /// The column of the other model.
    pub to: &'static ColumnDef,
}

/// Foreign keys of which a row has exactly one: it belongs to a row of one model or of another.
#[derive(Debug, Clone, Copy)]
pub struct OneOfDef {
    /// The name of the field.
    pub name: &'static str,
    /// The positions of each key's columns.
    pub keys: &'static [&'static [usize]],
    /// Whether a row must have one of them.
    pub required: bool,
}

/// What a foreign key does when the row it points at is removed or its key changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnDelete {
    /// Refuse at the end of the statement.
    NoAction,
    /// Refuse at once.
    Restrict,
    /// Do the same to this row.
    Cascade,
    /// Set the foreign key to NULL.
    SetNull,
    /// Set the foreign key to its default.
    SetDefault,
}
