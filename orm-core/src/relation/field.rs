//! Relation fields. Each holds its related rows behind a trait object, so that neither `Send` nor drop checking of a
//! model walks the graph of relations, and shares them, so that a row that several parents have is held once.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::value::Value;

/// Related rows, as the fields hold them.
pub trait RelatedRows<T>: Send + Sync {
    /// The rows.
    fn rows(&self) -> &[T];
    /// The rows, to change them.
    fn rows_mut(&mut self) -> &mut Vec<T>;
    /// The rows of the join table: a `Vec` of its model.
    fn between(&self) -> Option<&(dyn Any + Send + Sync)>;
    /// The key of the row that they were loaded for, where they do not hold it themselves.
    fn key(&self) -> &[Value];
}

/// Loaded rows.
pub(super) struct LoadedRows<T> {
    pub(super) rows: Vec<T>,
    pub(super) between: Option<Box<dyn Any + Send + Sync>>,
    pub(super) key: Box<[Value]>,
}

impl<T: Send + Sync> RelatedRows<T> for LoadedRows<T> {
    fn rows(&self) -> &[T] {
        &self.rows
    }
    fn rows_mut(&mut self) -> &mut Vec<T> {
        &mut self.rows
    }
    fn between(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.between.as_deref()
    }
    fn key(&self) -> &[Value] {
        &self.key
    }
}

/// What a relation field holds: nothing yet, with the relation's path for the message, or rows.
enum State<T> {
    Unloaded(Option<&'static &'static str>),
    /// Not loaded again since its key changed.
    Stale,
    Loaded(Arc<dyn RelatedRows<T>>),
}

impl<T> State<T> {
    fn rows(&self) -> Result<&[T]> {
        match self {
            Self::Loaded(rows) => Ok((**rows).rows()),
            Self::Unloaded(path) => Err(not_loaded(*path)),
            Self::Stale => Err(stale()),
        }
    }

    fn loaded(&self) -> Option<&[T]> {
        match self {
            Self::Loaded(rows) => Some((**rows).rows()),
            Self::Unloaded(_) | Self::Stale => None,
        }
    }
}

#[cold]
fn not_loaded(path: Option<&'static &'static str>) -> Error {
    let message = match path {
        Some(path) => format!("`{path}` was not loaded; add `.include({path})` to the query"),
        None => "the relation was not loaded; the struct was not made by a query".to_owned(),
    };
    Error::new(ErrorKind::NotLoaded, message)
}

#[cold]
fn stale() -> Error {
    let message = "the row leads to other rows than when the relation was loaded: its key has changed; load it again, \
                   `row.load(..)`";
    Error::new(ErrorKind::NotLoaded, message)
}

/// A field that rows can be put into.
pub trait Slot<T> {
    /// Puts rows into it.
    fn fill(&mut self, rows: Arc<dyn RelatedRows<T>>);
    /// The rows in it; `None` when it is not loaded.
    fn filled(&self) -> Option<&[T]>;
    /// The key of the row that they were loaded for, where they do not hold it themselves.
    fn filled_for(&self) -> &[Value];
    /// Forgets the rows in it, which belong to another key.
    fn forget(&mut self);
}

/// A relation field, for code the derive writes.
pub trait RelationField {
    /// Not loaded; the path is that of the relation's constant, such as `User::POSTS`.
    fn unloaded(path: &'static &'static str) -> Self;
}

macro_rules! field {
    ($(#[$doc:meta])* $name:ident<T $(, $j:ident)?>, $view:expr, $rows:expr) => {
        $(#[$doc])*
        pub struct $name<T $(, $j = ())?>(State<T> $(, PhantomData<fn() -> $j>)?);

        impl<T $(, $j)?> $name<T $(, $j)?> {
            /// Whether related rows were loaded, if only to find that there are none.
            pub fn is_loaded(&self) -> bool {
                matches!(self.0, State::Loaded(_))
            }

            /// The opposite of [`is_loaded`](Self::is_loaded), for `#[serde(skip_serializing_if)]`, which the attribute
            /// `#[orm::serde]` adds.
            pub fn not_loaded(&self) -> bool {
                !self.is_loaded()
            }
        }

        impl<T $(, $j)?> Default for $name<T $(, $j)?> {
            fn default() -> Self {
                Self(State::Unloaded(None) $(, PhantomData::<fn() -> $j>)?)
            }
        }

        impl<T $(, $j)?> RelationField for $name<T $(, $j)?> {
            fn unloaded(path: &'static &'static str) -> Self {
                Self(State::Unloaded(Some(path)) $(, PhantomData::<fn() -> $j>)?)
            }
        }

        impl<T $(, $j)?> Slot<T> for $name<T $(, $j)?> {
            fn fill(&mut self, rows: Arc<dyn RelatedRows<T>>) {
                self.0 = State::Loaded(rows);
            }
            fn filled(&self) -> Option<&[T]> {
                self.0.loaded()
            }
            fn filled_for(&self) -> &[Value] {
                match &self.0 {
                    State::Loaded(rows) => rows.key(),
                    State::Unloaded(_) | State::Stale => &[],
                }
            }
            fn forget(&mut self) {
                self.0 = State::Stale;
            }
        }

        /// Shares the rows.
        impl<T $(, $j)?> Clone for $name<T $(, $j)?> {
            fn clone(&self) -> Self {
                let state = match &self.0 {
                    State::Unloaded(path) => State::Unloaded(*path),
                    State::Stale => State::Stale,
                    State::Loaded(rows) => State::Loaded(Arc::clone(rows)),
                };
                Self(state $(, PhantomData::<fn() -> $j>)?)
            }
        }

        impl<T: fmt::Debug $(, $j)?> fmt::Debug for $name<T $(, $j)?> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0.loaded() {
                    Some(rows) => ($view)(rows).fmt(f),
                    None => f.write_str("(not loaded)"),
                }
            }
        }

        impl<T: PartialEq $(, $j)?> PartialEq for $name<T $(, $j)?> {
            fn eq(&self, other: &Self) -> bool {
                self.0.loaded().map($view) == other.0.loaded().map($view)
            }
        }

        /// Loaded rows as nested data. One that was not loaded is left out where the model has `#[orm::serde]`; else it is
        /// `null`.
        #[cfg(feature = "serde")]
        impl<T: serde::Serialize $(, $j)?> serde::Serialize for $name<T $(, $j)?> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                match self.0.loaded() {
                    Some(rows) => ($view)(rows).serialize(serializer),
                    None => serializer.serialize_none(),
                }
            }
        }

        /// Reads what `Serialize` wrote. `null` is a to-one relation without a row, and a to-many relation that was not
        /// loaded.
        #[cfg(feature = "serde")]
        impl<'de, T: serde::Deserialize<'de> + Send + Sync + 'static $(, $j)?> serde::Deserialize<'de> for $name<T $(, $j)?> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
                let mut field = Self::default();
                if let Some(rows) = ($rows)(Option::deserialize(deserializer)?) {
                    field.fill(Arc::new(LoadedRows { rows, between: None, key: Box::default() }));
                }
                Ok(field)
            }
        }
    };
}

fn all<T>(rows: &[T]) -> &[T] {
    rows
}

fn first<T>(rows: &[T]) -> Option<&T> {
    rows.first()
}

/// The rows of a relation that was serialized, when it was loaded.
#[cfg(feature = "serde")]
fn several<T>(found: Option<Vec<T>>) -> Option<Vec<T>> {
    found
}

#[cfg(feature = "serde")]
#[allow(clippy::unnecessary_wraps)] // As `several`: a to-one relation that was serialized was loaded.
fn one<T>(found: Option<T>) -> Option<Vec<T>> {
    Some(found.into_iter().collect())
}

field! {
    /// The rows of another model that point here.
    HasMany<T>, all, several
}
field! {
    /// The row of another model that points here, if any.
    HasOne<T>, first, one
}
field! {
    /// The row this one points at, if any.
    BelongsTo<T>, first, one
}
field! {
    /// Rows of another model, connected by rows of a join model. With the join model as the second
    /// type, its rows are loaded as well: `BelongsToMany<Group, Membership>`. They are part of serialized data where the model
    /// has `#[orm::serde]`.
    BelongsToMany<T, J>, all, several
}

macro_rules! to_many {
    ($name:ident<T $(, $j:ident)?>) => {
        impl<T $(, $j)?> $name<T $(, $j)?> {
            /// The related rows.
            ///
            /// # Errors
            /// [`ErrorKind::NotLoaded`], naming the `include` to add.
            pub fn get(&self) -> Result<&[T]> {
                self.0.rows()
            }

            /// The related rows, to change them in memory; `None` when another struct shares them.
            ///
            /// # Errors
            /// [`ErrorKind::NotLoaded`], naming the `include` to add.
            pub fn get_mut(&mut self) -> Result<Option<&mut Vec<T>>> {
                match &mut self.0 {
                    State::Loaded(rows) => Ok(Arc::get_mut(rows).map(|rows| rows.rows_mut())),
                    State::Unloaded(path) => Err(not_loaded(*path)),
                    State::Stale => Err(stale()),
                }
            }
        }
    };
}

macro_rules! to_one {
    ($name:ident) => {
        impl<T> $name<T> {
            /// The related row; `None` when there is none.
            ///
            /// # Errors
            /// [`ErrorKind::NotLoaded`], naming the `include` to add.
            pub fn get(&self) -> Result<Option<&T>> {
                self.0.rows().map(|rows| rows.first())
            }

            /// The related row, to change it in memory; `None` when there is none or another struct shares it.
            ///
            /// # Errors
            /// [`ErrorKind::NotLoaded`], naming the `include` to add.
            pub fn get_mut(&mut self) -> Result<Option<&mut T>> {
                match &mut self.0 {
                    State::Loaded(rows) => Ok(Arc::get_mut(rows).and_then(|rows| rows.rows_mut().first_mut())),
                    State::Unloaded(path) => Err(not_loaded(*path)),
                    State::Stale => Err(stale()),
                }
            }
        }
    };
}

/// Rows that are there without asking. There are none.
#[diagnostic::on_unimplemented(
    message = "the rows of a relation are there when they were loaded: `user.posts.get()?`",
    label = "`.get()?` gives the rows",
    note = "load them with the row, `User::find_all().include(User::POSTS)`, or afterwards, `user.load(User::POSTS, &db)`"
)]
pub trait AlwaysLoaded {}
#[diagnostic::do_not_recommend]
impl AlwaysLoaded for std::convert::Infallible {}

/// What lists and options have, and fields do not: what the compiler says of it.
macro_rules! not_a_list {
    ($name:ident<T $(, $j:ident)?>: $($method:ident)+) => {
        impl<T $(, $j)?> $name<T $(, $j)?> {$(
            #[doc(hidden)]
            pub fn $method(&self)
            where
                T: AlwaysLoaded,
            {
            }
        )+}

        #[doc(hidden)]
        impl<T: AlwaysLoaded $(, $j)?> Iterator for $name<T $(, $j)?> {
            type Item = T;
            fn next(&mut self) -> Option<T> {
                None
            }
        }

        #[doc(hidden)]
        impl<'a, T: AlwaysLoaded $(, $j)?> Iterator for &'a $name<T $(, $j)?> {
            type Item = &'a T;
            fn next(&mut self) -> Option<&'a T> {
                None
            }
        }

        #[doc(hidden)]
        impl<T: AlwaysLoaded $(, $j)?> std::ops::Index<usize> for $name<T $(, $j)?> {
            type Output = T;
            fn index(&self, index: usize) -> &T {
                &self.0.loaded().unwrap_or_default()[index]
            }
        }
    };
}

not_a_list!(HasMany<T>: len is_empty iter first last);
not_a_list!(BelongsToMany<T, J>: len is_empty iter first last);
not_a_list!(HasOne<T>: unwrap as_ref is_some is_none);
not_a_list!(BelongsTo<T>: unwrap as_ref is_some is_none);

to_many!(HasMany<T>);
to_many!(BelongsToMany<T, J>);
to_one!(HasOne);
to_one!(BelongsTo);

impl<T, J: 'static> BelongsToMany<T, J> {
    /// The join rows, in the order of the related rows; empty unless the field names their model.
    ///
    /// # Errors
    /// [`ErrorKind::NotLoaded`], naming the `include` to add.
    pub fn between(&self) -> Result<&[J]> {
        self.0.rows()?;
        let State::Loaded(rows) = &self.0 else { return Ok(&[]) };
        Ok((**rows).between().and_then(|rows| rows.downcast_ref::<Vec<J>>()).map_or(&[], |rows| &rows[..]))
    }

    /// The related rows, each with its join row.
    ///
    /// # Errors
    /// [`ErrorKind::NotLoaded`], naming the `include` to add.
    pub fn pairs(&self) -> Result<impl Iterator<Item = (&T, &J)>> {
        Ok(self.get()?.iter().zip(self.between()?))
    }
}

/// Related rows, each with its join row as `through`: for `#[serde(with = ..)]`.
#[cfg(feature = "serde")]
pub mod with_through {
    use std::any::Any;
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{BelongsToMany, LoadedRows, Slot};

    #[derive(Serialize)]
    struct Written<'r, T, J> {
        #[serde(flatten)]
        row: &'r T,
        #[serde(skip_serializing_if = "Option::is_none")]
        through: Option<&'r J>,
    }

    #[derive(Deserialize)]
    struct Read<T, J> {
        #[serde(flatten)]
        row: T,
        through: Option<J>,
    }

    /// Writes the rows; `null` where they are not loaded.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<T, J, S>(field: &BelongsToMany<T, J>, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Serialize,
        J: Serialize + 'static,
        S: Serializer,
    {
        let (Ok(rows), Ok(between)) = (field.get(), field.between()) else { return serializer.serialize_none() };
        serializer.collect_seq(rows.iter().enumerate().map(|(i, row)| Written { row, through: between.get(i) }))
    }

    /// Reads what [`serialize`] wrote.
    ///
    /// # Errors
    /// The deserializer's.
    pub fn deserialize<'de, T, J, D>(deserializer: D) -> Result<BelongsToMany<T, J>, D::Error>
    where
        T: Deserialize<'de> + Send + Sync + 'static,
        J: Deserialize<'de> + Send + Sync + 'static,
        D: Deserializer<'de>,
    {
        let mut field = BelongsToMany::default();
        if let Some(read) = Option::<Vec<Read<T, J>>>::deserialize(deserializer)? {
            let (rows, through): (Vec<T>, Vec<Option<J>>) =
                read.into_iter().map(|read| (read.row, read.through)).unzip();
            let between = through.into_iter().collect::<Option<Vec<J>>>();
            field.fill(Arc::new(LoadedRows {
                rows,
                between: between.map(|rows| Box::new(rows) as Box<dyn Any + Send + Sync>),
                key: Box::default(),
            }));
        }
        Ok(field)
    }
}
