//! Creating one row: through a builder that knows its required columns, or from a whole struct. How rows get into the
//! database is in `insert`, many rows at once are in `bulk`.

use std::marker::PhantomData;

use super::awaited::Running;
use crate::driver::Runs;
use crate::error::Result;
use crate::expr::Column;
use crate::model::{Cardinality, Model, RelationDef};
use crate::relation::Relation;
use crate::value::{Scalar, Type, Value};
use crate::write::{Draft, Prefilled, create_one, nest};

/// State of a required column in a create builder: not set yet.
#[derive(Debug, Clone, Copy)]
pub enum Missing {}

/// State of a required column in a create builder: set.
#[derive(Debug, Clone, Copy)]
pub enum Given {}

/// What a setter takes for a column of type `T`: the type itself, `&str` for text, a plain value for a nullable column.
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

/// Text, by reference.
macro_rules! text {
    ($($text:ty),+) => {$(
        impl Set<String> for $text {
            fn into_set(self) -> Value {
                Value::Text(String::from(self).into())
            }
        }
        impl Set<Option<String>> for $text {
            fn into_set(self) -> Value {
                Value::Text(String::from(self).into())
            }
        }
    )+};
}

text!(&str, &String, std::borrow::Cow<'_, str>, Box<str>);

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

impl<M> std::fmt::Debug for Create<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Create").field("columns", &self.row.given.count_ones()).finish()
    }
}

impl<M: Model> Create<M> {
    /// Starts with no column given.
    pub fn new() -> Self {
        Self { row: Draft::new(M::DEF), _model: PhantomData }
    }

    /// Gives a column, by its position; the last one counts.
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

impl<M, S> std::fmt::Debug for CreateBuilder<M, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<M: Model, S> CreateBuilder<M, S> {
    /// Starts on its own.
    pub fn new(start: Prefilled) -> Self {
        Self::under(&[], start)
    }

    /// Starts as complete to the compiler; what is missing is an error when the row is written.
    pub fn draft() -> Self {
        let mut create = Create::new();
        create.row.by_hand = true;
        Self(create, PhantomData)
    }

    /// Starts with a foreign key, which has these columns.
    pub fn under(columns: &[usize], start: Prefilled) -> Self {
        let mut create = Create::new();
        for (column, value) in columns.iter().zip(start.key) {
            create.set(*column, value);
        }
        create.row.nested = start.nested;
        Self(create, PhantomData)
    }

    /// Gives a column, by its position.
    pub fn with<T>(mut self, column: usize, value: Value) -> CreateBuilder<M, T> {
        self.0.set(column, value);
        CreateBuilder(self.0, PhantomData)
    }

    /// Gives a column when there is a value, else not. Whether required ones are given is known later, so they stay missing.
    pub fn with_if<T: Type>(mut self, column: Column<M, T>, value: Option<impl Set<T>>) -> Self {
        if let Some(value) = value {
            self.0.set(column.def().index, value.into_set());
        }
        self
    }

    /// Gives the key to a row, which one of the relations leads to, and none of the others' keys.
    pub fn refer<C: Model, T>(mut self, relations: &[RelationDef], row: &C) -> CreateBuilder<M, T> {
        key_to(relations, row, |column, value| self.0.set(column, value));
        CreateBuilder(self.0, PhantomData)
    }

    /// Creates a row that this one belongs to, first.
    pub fn parent<P: Model, R: Cardinality, T>(
        mut self,
        relation: Relation<M, P, R>,
        row: impl Complete<P>,
    ) -> CreateBuilder<M, T> {
        self.0.nest_parent(relation, row);
        CreateBuilder(self.0, PhantomData)
    }

    /// Creates rows that point at this one, or are connected to it, afterwards.
    pub fn children<C: Model, R: Cardinality>(
        mut self,
        relation: Relation<M, C, R>,
        rows: impl IntoIterator<Item = impl Complete<C>>,
    ) -> Self {
        self.0.nest_children(relation, rows);
        self
    }

    /// The row.
    pub fn finish(self) -> Create<M> {
        self.0
    }

    /// Creates the row; see [`Create::exec`].
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
        impl $($params)* $builder $($bounds)* {
            /// Sets a column when there is a value, else not. A required column stays missing: see `draft`.
            $vis fn set_if<__T: $crate::__private::Type>(
                self,
                column: $crate::__private::Column<$model, __T>,
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
#[derive(Debug, Clone)]
pub struct InsertRow<M>(Create<M>);

impl<M: Model> InsertRow<M> {
    /// Takes all columns from the struct; called by the derive.
    pub fn new(model: M) -> Self {
        Self(Complete::into_create(Whole(model)))
    }

    /// Inserts the row and reads it back.
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
        Create { row: Draft { values, given, by_caller: given, by_hand: false, nested: None }, _model: PhantomData }
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
