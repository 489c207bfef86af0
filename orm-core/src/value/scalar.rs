//! The pair of traits between Rust types and values: [`Scalar`] for the types themselves, [`Type`] for what a column
//! may hold, a scalar or an `Option` of one. Implementations for the standard types are in `convert`.

use super::{SqlType, Value, ValueRef};
use crate::error::{Error, Result};

/// A Rust type that a column can hold, never NULL. Implement it (or derive `Value` or `Enum`) for types of your own.
///
/// ```
/// use orm_core::{Error, Result, Scalar, SqlType, Value, ValueRef};
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Celsius(f64);
///
/// impl Scalar for Celsius {
///     const TYPE: SqlType = SqlType::F64;
///     fn encode(&self) -> Value {
///         Value::F64(self.0)
///     }
///     fn decode(value: ValueRef<'_>) -> Result<Self> {
///         f64::decode(value).map(Celsius)
///     }
/// }
/// assert_eq!(Celsius::decode(Celsius(21.5).encode().as_ref())?, Celsius(21.5));
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column type",
    label = "this type cannot be stored in a column",
    note = "derive `Value` for a newtype and `Enum` for an enum; a struct is kept as a document, `orm::Json<..>`, or is a model of \
            its own, to which a relation leads; types of other crates need their feature of `orm`"
)]
pub trait Scalar: Sized + Clone + Send + Sync + 'static {
    /// The type of the column.
    const TYPE: SqlType;

    /// The value to bind; [`Value::Invalid`] for one that cannot be written down.
    fn encode(&self) -> Value;

    /// The value to bind, from an owned one; override it to save a copy.
    fn into_value(self) -> Value {
        self.encode()
    }

    /// Reads the value of a column, which is not NULL: the very value, or an error.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the value is of another type, out of range, or more than this type
    /// holds.
    fn decode(value: ValueRef<'_>) -> Result<Self>;

    /// Reads what a query computed, or what raw SQL gives: databases compute averages and sums in types of their own, and
    /// write dates in other forms than columns have. What differs in more than that is an error as well.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    fn decode_computed(value: ValueRef<'_>) -> Result<Self> {
        Self::decode(value)
    }

    /// The type of a column that holds a list of these.
    #[doc(hidden)]
    const LIST: SqlType = SqlType::Array(&Self::TYPE);

    /// The value of a list of these.
    #[doc(hidden)]
    fn encode_list(items: &[Self]) -> Value {
        Value::Array(&Self::TYPE, items.iter().map(Self::encode).collect())
    }

    /// As [`encode_list`](Self::encode_list), from an owned list.
    #[doc(hidden)]
    fn list_into_value(items: Vec<Self>) -> Value {
        Self::encode_list(&items)
    }

    /// Reads a list of these.
    #[doc(hidden)]
    fn decode_list(value: ValueRef<'_>) -> Result<Vec<Self>> {
        decode_list(value)
    }
}

/// What a column may hold: a [`Scalar`], or an `Option` of one for nullable columns. Nobody implements it by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column type",
    label = "this type cannot be stored in a column",
    note = "derive `Value` for a newtype and `Enum` for an enum; a struct is kept as a document, `orm::Json<..>`, or is a model of \
            its own, to which a relation leads; types of other crates need their feature of `orm`"
)]
pub trait Type: Sized + Clone + Send + Sync + 'static {
    /// The scalar inside.
    type Base: Scalar;
    /// Whether NULL is a value of this type.
    const NULLABLE: bool;
    /// Itself. Code of the derive names a field's type in this way, so that one which is no column type is one error there,
    /// and unknown to all that follows.
    #[doc(hidden)]
    type Itself: Type;
    /// Another scalar, nullable where this is: what a function of one argument gives.
    type Like<U: Scalar>: Type<Base = U>;
    /// This type, nullable also where another is: what an expression of both gives.
    type And<U: Type>: Type<Base = Self::Base>;

    /// The value to bind.
    fn put(&self) -> Value;
    /// The value to bind, from an owned one.
    fn into_value(self) -> Value;
    /// Reads the value of a column.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the value is of another type, out of range, or an
    /// unexpected NULL.
    fn take(value: ValueRef<'_>) -> Result<Self>;
    /// Reads what a query computed, or what raw SQL gives; see [`Scalar::decode_computed`].
    ///
    /// # Errors
    /// As [`take`](Self::take).
    fn take_computed(value: ValueRef<'_>) -> Result<Self>;
}

impl<T: Scalar> Type for T {
    type Base = T;
    const NULLABLE: bool = false;
    type Itself = T;
    type Like<U: Scalar> = U;
    type And<U: Type> = U::Like<T>;

    #[inline]
    fn put(&self) -> Value {
        self.encode()
    }
    #[inline]
    fn into_value(self) -> Value {
        Scalar::into_value(self)
    }
    #[inline]
    fn take(value: ValueRef<'_>) -> Result<Self> {
        if matches!(value, ValueRef::Null) {
            return Err(unexpected_null::<T>());
        }
        T::decode(value)
    }
    #[inline]
    fn take_computed(value: ValueRef<'_>) -> Result<Self> {
        if matches!(value, ValueRef::Null) {
            return Err(unexpected_null::<T>());
        }
        T::decode_computed(value)
    }
}

#[cold]
fn unexpected_null<T: Scalar>() -> Error {
    Error::decode(std::any::type_name::<T>(), "NULL (make the field an `Option` if the column may be NULL)")
}

impl<T: Scalar> Type for Option<T> {
    type Base = T;
    const NULLABLE: bool = true;
    type Itself = Option<T>;
    type Like<U: Scalar> = Option<U>;
    type And<U: Type> = Option<T>;

    #[inline]
    fn put(&self) -> Value {
        match self {
            Some(value) => value.encode(),
            None => Value::Null(T::TYPE),
        }
    }
    #[inline]
    fn into_value(self) -> Value {
        match self {
            Some(value) => Scalar::into_value(value),
            None => Value::Null(T::TYPE),
        }
    }
    #[inline]
    fn take(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::decode(value).map(Some),
        }
    }
    #[inline]
    fn take_computed(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::decode_computed(value).map(Some),
        }
    }
}

/// A scalar with arithmetic in SQL: `+`, `-`, `*`, `/`, `sum`, `avg`.
#[diagnostic::on_unimplemented(message = "`{Self}` has no arithmetic", label = "not a number")]
pub trait Numeric: Scalar {
    /// What a sum of many is: wide enough for integers, exact for decimals.
    type Sum: Scalar;
    /// What an average is.
    type Average: Scalar;
}

/// The elements of a list.
pub(super) fn decode_list<T: Type>(value: ValueRef<'_>) -> Result<Vec<T>> {
    match value {
        ValueRef::Array(items) => items
            .iter()
            .map(|item| match item {
                Value::Null(_) if !T::NULLABLE => Err(null_in_list::<T>()),
                item => T::take(item.as_ref()),
            })
            .collect(),
        other => Err(Error::decode(std::any::type_name::<Vec<T>>(), other.kind_name())),
    }
}

#[cold]
fn null_in_list<T>() -> Error {
    Error::decode(std::any::type_name::<T>(), "NULL in a list (make the field a list of `Option`s)")
}
