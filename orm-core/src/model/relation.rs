//! The metadata of relations: which columns of which models meet, and what the database does about it.

use super::{ColumnDef, Model, ModelDef};

/// A relation of a model to another one (or to itself).
#[derive(Debug, Clone, Copy)]
pub struct RelationDef {
    /// The name of the field.
    pub name: &'static str,
    /// Which side of the relation this is.
    pub kind: RelationKind,
    /// The other model. A function, so that models can point at each other.
    pub target: fn() -> &'static ModelDef,
    /// The columns that meet: `from` is this model's; of the through model's, when there is one.
    pub keys: &'static [KeyPair],
    /// The join model of a many-to-many relation, or the model that a relation leads through.
    pub through: Option<ThroughDef>,
    /// A column of this model that holds this text in rows the relation is about: one key may point at several models,
    /// told apart by such a column (belongs-to only).
    pub when: Option<(&'static ColumnDef, &'static str)>,
    /// The same from the other end: a column beside the foreign key, on the other model or on the join model, that
    /// holds this text in related rows and is written together with the key.
    pub tag: Option<(&'static ColumnDef, &'static str)>,
    /// Whether the database enforces it with a foreign key (belongs-to only).
    pub constraint: bool,
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
        self.name == other.name && self.kind == other.kind && self.keys == other.keys
    }
}

impl RelationDef {
    /// A plain relation to `C`; the derive changes what differs with the struct's update syntax.
    pub const fn new<C: Model>(name: &'static str, kind: RelationKind, keys: &'static [KeyPair]) -> Self {
        Self {
            name,
            kind,
            target: def_of::<C>,
            keys,
            through: None,
            when: None,
            tag: None,
            constraint: true,
            unique: true,
            on_delete: OnDelete::NoAction,
            on_update: OnDelete::NoAction,
        }
    }

    /// Whether at most one row is related, as the database sees to it: the columns it is found by hold its
    /// primary key or a unique key.
    pub fn leads_to_one(&self) -> bool {
        match self.kind {
            RelationKind::BelongsTo | RelationKind::HasOne if self.through.is_none() => {
                let target = (self.target)();
                let tag = self.tag.map(|(column, _)| column.index);
                let wanted: Vec<usize> = self.keys.iter().map(|pair| pair.to.index).chain(tag).collect();
                let unique = |columns: &[usize]| !columns.is_empty() && columns.iter().all(|c| wanted.contains(c));
                unique(target.primary_key)
                    || target.indexes.iter().any(|i| i.unique && i.columns().is_some_and(|columns| unique(&columns)))
            }
            _ => false,
        }
    }
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

/// The join or through model of a relation. [`RelationDef::keys`] leads from the first model to it.
#[derive(Debug, Clone, Copy)]
pub struct ThroughDef {
    /// The join model.
    pub model: fn() -> &'static ModelDef,
    /// Its columns (`from`) and the columns of the target that are equal to them (`to`). It points at the target of a
    /// many-to-many relation; rows of any other target point at it.
    pub keys: &'static [KeyPair],
}

impl ThroughDef {
    /// Through the model `J`.
    pub const fn new<J: Model>(keys: &'static [KeyPair]) -> Self {
        Self { model: def_of::<J>, keys }
    }
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
