//! Creating one row: through a builder that knows its required columns, or from a whole struct. How rows get into the
//! database is in `insert`, many rows at once are in `bulk`.

use std::marker::PhantomData;

use super::running::Running;
use crate::driver::Runs;
use crate::error::Result;
use crate::expr::Column;
use crate::model::{Cardinality, Model, RelationDef};
use crate::relation::Relation;
use crate::value::{FromText, Parsed, Scalar, Type, Value};
use crate::write::{Draft, Prefilled, create_one, nest};

/// State of a required column in a create builder: not set yet.
#[derive(Debug, Clone, Copy)]
pub enum Missing {}

/// State of a required column in a create builder: set.
#[derive(Debug, Clone, Copy)]
pub enum Given {}

/// What a setter takes for a column of type `T`: the type itself, `&str` for text, a plain value for a nullable column; also
/// integers for decimals, and text for decimals, dates, times and UUIDs (see [`Parsed`]).
/// `Option<&str>` is not among it, so that a bare `None` has one meaning.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be stored in a `{T}` column", label = "expected a `{T}`")]
pub trait Set<T> {
    /// The value.
    fn into_set(self) -> Value;
}

impl<T: Type> Set<T> for T {
    fn into_set(self) -> Value {
        Type::into_value(self)
    }
}

impl<T: Scalar> Set<Option<T>> for T {
    fn into_set(self) -> Value {
        Scalar::into_value(self)
    }
}

/// Text, by reference: for a text column, or for one whose values may be given as text.
macro_rules! text {
    ($bound:ident: $($text:ty),+) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: $bound> Set<T> for $text {
            fn into_set(self) -> Value {
                T::__value(&self)
            }
        }
        #[diagnostic::do_not_recommend]
        impl<T: $bound> Set<Option<T>> for $text {
            fn into_set(self) -> Value {
                T::__value(&self)
            }
        }
    )+};
}

text!(FromText: &str, &String, std::borrow::Cow<'_, str>, Box<str>);
text!(Parsed: String);

/// Integers, for a decimal column.
#[cfg(feature = "decimal")]
macro_rules! integers {
    ($($number:ty),+) => {$(
        #[diagnostic::do_not_recommend]
        impl Set<rust_decimal::Decimal> for $number {
            fn into_set(self) -> Value {
                Scalar::into_value(rust_decimal::Decimal::from(self))
            }
        }
        #[diagnostic::do_not_recommend]
        impl Set<Option<rust_decimal::Decimal>> for $number {
            fn into_set(self) -> Value {
                Scalar::into_value(rust_decimal::Decimal::from(self))
            }
        }
    )+};
}

#[cfg(feature = "decimal")]
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

/// One row to create, column by column. The derive wraps it into a builder with a setter per column.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct Create<M> {
    pub(super) row: Draft,
    pub(super) _model: PhantomData<fn() -> M>,
}

impl<M> Clone for Create<M> {
    fn clone(&self) -> Self {
        Self { row: self.row.clone(), _model: PhantomData }
    }
}

/// The columns that are given, as the standard writes it.
impl<M: Model> std::fmt::Debug for Create<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let given: Vec<_> = M::DEF.columns.iter().filter(|column| self.row.given & (1 << column.index) != 0).collect();
        let names: Vec<_> = given.iter().map(|column| format!("\"{}\"", column.name)).collect();
        let places = vec!["?"; given.len()];
        write!(f, "INSERT INTO \"{}\" ({}) VALUES ({})", M::DEF.table.name, names.join(", "), places.join(", "))
    }
}

impl<M: Model> Create<M> {
    /// Starts with no column given; called by the derive.
    pub fn new() -> Self {
        Self { row: Draft::new(M::DEF), _model: PhantomData }
    }

    /// Gives a column, by its position; the last one counts; called by the derive.
    pub fn set(&mut self, column: usize, value: Value) {
        self.row.give(column, value);
    }

    /// Creates a row that this one belongs to, first; called by the derive.
    pub fn nest_parent<P: Model, R: Cardinality>(&mut self, relation: Relation<M, P, R>, row: impl Complete<P>) {
        let parents = &mut self.row.nested().parents;
        nest(parents, relation, row.into_create().row);
        let Some((node, _)) = parents.last() else { return };
        let relation = node.relation;
        for pair in relation.keys() {
            self.set(pair.from.index, Value::Null(pair.from.ty));
        }
        if let Some((column, text)) = relation.first().when {
            self.set(column.index, Value::Text(text.into()));
        }
    }

    /// Creates rows that point at this one, or are connected to it, afterwards; called by the derive.
    pub fn nest_children<C: Model, R: Cardinality>(
        &mut self,
        relation: Relation<M, C, R>,
        rows: impl IntoIterator<Item = impl Complete<C>>,
    ) {
        let rows = rows.into_iter().map(|row| row.into_create().row).collect();
        nest(&mut self.row.nested().children, relation, rows);
    }

    /// Creates the row and reads it back: keys and defaults made by the database are in it, and rows that were created with
    /// it are in its relation fields.
    ///
    /// # Errors
    /// The database's, naming the model and the columns of a violated constraint.
    ///
    /// Called by the derive.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<M> {
        create_one(db.session(), self.row).await
    }
}

impl<M: Model> Default for Create<M> {
    fn default() -> Self {
        Self::new()
    }
}

/// Gives the values of relations' keys: that to this row, and NULL for the others.
pub(super) fn key_to<C: Model>(relations: &[RelationDef], row: &C, mut give: impl FnMut(usize, Value)) {
    let is = |relation: &&RelationDef| relation.target().is(C::DEF);
    for pair in relations.iter().filter(|relation| !is(relation)).flat_map(|relation| relation.keys()) {
        give(pair.from.index, Value::Null(pair.from.ty));
    }
    for relation in relations.iter().filter(is) {
        for pair in relation.keys() {
            give(pair.from.index, row.value(pair.to.index));
        }
        if let Some((column, text)) = relation.first().when {
            give(column.index, Value::Text(text.into()));
        }
    }
}

/// A row under construction, with the state of its required columns as a type: a tuple of [`Given`] and [`Missing`]. The
/// builder that the derive writes is a setter per column around it.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct CreateBuilder<M, S>(Create<M>, PhantomData<fn() -> S>);

impl<M, S> Clone for CreateBuilder<M, S> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<M: Model, S> std::fmt::Debug for CreateBuilder<M, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<M: Model, S> CreateBuilder<M, S> {
    /// Starts on its own; called by the derive.
    pub fn new(start: Prefilled) -> Self {
        Self::under(&[], start)
    }

    /// Starts as complete to the compiler; what is missing is an error when the row is written; called by the derive.
    pub fn draft() -> Self {
        let mut create = Create::new();
        create.row.by_hand = true;
        Self(create, PhantomData)
    }

    /// Starts with a foreign key, which has these columns; called by the derive.
    pub fn under(columns: &[usize], start: Prefilled) -> Self {
        let mut create = Create::new();
        for (column, value) in columns.iter().zip(start.key) {
            create.set(*column, value);
        }
        create.row.nested = start.nested;
        Self(create, PhantomData)
    }

    /// Gives a column, by its position; called by the derive.
    pub fn with<T>(mut self, column: usize, value: Value) -> CreateBuilder<M, T> {
        self.0.set(column, value);
        CreateBuilder(self.0, PhantomData)
    }

    /// Gives a column when there is a value, else not. Whether required ones are given is known later, so they stay missing; called by the derive.
    pub fn with_if<T: Type, K>(mut self, column: Column<M, T, K>, value: Option<impl Set<T>>) -> Self {
        if let Some(value) = value {
            self.0.set(column.def().index, value.into_set());
        }
        self
    }

    /// Gives the key to a row, which one of the relations leads to, and none of the others' keys; called by the derive.
    pub fn refer<C: Model, T>(mut self, relations: &[RelationDef], row: &C) -> CreateBuilder<M, T> {
        key_to(relations, row, |column, value| self.0.set(column, value));
        CreateBuilder(self.0, PhantomData)
    }

    /// Creates a row that this one belongs to, first; called by the derive.
    pub fn parent<P: Model, R: Cardinality, T>(
        mut self,
        relation: Relation<M, P, R>,
        row: impl Complete<P>,
    ) -> CreateBuilder<M, T> {
        self.0.nest_parent(relation, row);
        CreateBuilder(self.0, PhantomData)
    }

    /// Creates rows that point at this one, or are connected to it, afterwards; called by the derive.
    pub fn children<C: Model, R: Cardinality>(
        mut self,
        relation: Relation<M, C, R>,
        rows: impl IntoIterator<Item = impl Complete<C>>,
    ) -> Self {
        self.0.nest_children(relation, rows);
        self
    }

    /// The row; called by the derive.
    pub fn finish(self) -> Create<M> {
        self.0
    }

    /// Creates the row; see [`Create::exec`]; called by the derive.
    pub fn exec<'d, E: Runs<M> + ?Sized>(self, db: &'d E) -> Running<'d, M> {
        Box::pin(self.0.exec(db))
    }
}

/// What create builders have besides setters: called by the derive, with the parameters of the builder, the builder, its model,
/// the visibility, name and bound of `exec`, and the bounds of the model, alone and with the one that no builder meets. What
/// errors point at, the name and the bound, has the place of the derive.
#[doc(hidden)]
#[macro_export]
macro_rules! __create_builder {
    ([$($params:tt)*] $builder:ty, $model:ty, $vis:vis $exec:ident [$($complete:tt)*], [$($bounds:tt)*], [$($alone:tt)*]) => {
        impl $($params)* ::core::clone::Clone for $builder $($bounds)* {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }
        impl $($params)* ::core::fmt::Debug for $builder $($bounds)* {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                self.0.fmt(f)
            }
        }
        impl $($params)* $builder $($bounds)* {
            /// Sets a column when there is a value, else not. A required column stays missing: see `draft`.
            $vis fn set_if<__T: $crate::__private::Type, __K>(
                self,
                column: $crate::__private::Column<$model, __T, __K>,
                value: ::core::option::Option<impl $crate::__private::Set<__T>>,
            ) -> Self {
                Self(self.0.with_if(column, value))
            }
            /// Creates the row and gives it back as the database has it, or the database's error.
            $vis fn $exec(
                self,
                db: &(impl $crate::__private::Runs<$model> + ?::core::marker::Sized),
            ) -> $crate::__private::Running<'_, $model>
            where
                $($complete)*
            {
                self.0.exec(db)
            }
        }
        $crate::__not_a_future!([$($params)*] $builder, [$($alone)*]);
    };
}

/// A whole struct to insert: `User::insert(user)`. An auto-increment key of 0 is left to the database.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
pub struct InsertRow<M>(Create<M>);

impl<M> Clone for InsertRow<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M: Model> std::fmt::Debug for InsertRow<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<M: Model> InsertRow<M> {
    /// Takes all columns from the struct; called by the derive.
    pub fn new(model: M) -> Self {
        Self(Complete::into_create(Whole(model)))
    }

    /// Inserts the row and reads it back.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let comment = Comment {
    ///     id: 0,
    ///     post_id: 1,
    ///     user_id: None,
    ///     text: "Hm".to_owned(),
    ///     post: BelongsTo::default(),
    ///     user: BelongsTo::default(),
    /// };
    /// assert_eq!(Comment::insert(comment).exec(&db).await?.id, 3);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// The database's, naming the model and the columns of a violated constraint.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<M> {
        self.0.exec(db).await
    }
}

/// A struct with all its columns.
struct Whole<M>(M);

impl<M: Model> Complete<M> for Whole<M> {
    fn into_create(self) -> Create<M> {
        let columns = M::DEF.columns;
        let values = self.0.into_values();
        let mut given = 0;
        for (column, value) in columns.iter().zip(&values) {
            let by_database = column.generated.is_some()
                || (column.auto_increment
                    && matches!(value, Value::I16(0) | Value::I32(0) | Value::I64(0) | Value::U64(0)));
            if !by_database {
                given |= 1 << column.index;
            }
        }
        Create { row: Draft::whole(values, given), _model: PhantomData }
    }
}

/// A row with all required columns: a finished builder, or a whole struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a complete `{M}`",
    note = "every required column must be set before the builder is used"
)]
pub trait Complete<M> {
    /// The row.
    fn into_create(self) -> Create<M>;
}

impl<M: Model> Complete<M> for M {
    fn into_create(self) -> Create<M> {
        Whole(self).into_create()
    }
}

impl<M: Model> Complete<M> for InsertRow<M> {
    fn into_create(self) -> Create<M> {
        self.0
    }
}
