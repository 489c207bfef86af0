//! What a relation leads to from each row, as types: [`One`] one row, [`Optional`] one, [`Many`]; and [`Required`], one
//! because rows without are left out.

use crate::error::{Error, ErrorKind, Result};
use crate::value::Type;

/// What a relation leads to from each row.
pub trait Cardinality: 'static {
    /// What a value of a related row is from this side: NULL where there is no such row.
    type Value<T: Type>: Type<Base = T::Base>;
    /// The related rows of one row.
    type Rows<T>;
    /// The same when some related rows do not count.
    type Filtered: Cardinality;
    /// The same when rows without a related one are left out.
    type Required: Cardinality;

    /// The related rows of one row, from a list of them.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`], naming the relation, when there is none where there is always one.
    fn gather<T>(rows: Vec<T>, relation: &str) -> Result<Self::Rows<T>>;
}

/// One row: a foreign key that is never NULL leads there, and no row is marked as deleted.
#[derive(Debug, Clone, Copy)]
pub enum One {}

/// One row or none.
#[derive(Debug, Clone, Copy)]
pub enum Optional {}

/// Any number of rows.
#[derive(Debug, Clone, Copy)]
pub enum Many {}

/// One row, because rows without are left out.
#[derive(Debug, Clone, Copy)]
pub enum Required {}

impl Cardinality for One {
    type Value<T: Type> = T;
    type Rows<T> = T;
    type Filtered = Optional;
    type Required = Required;
    fn gather<T>(rows: Vec<T>, relation: &str) -> Result<T> {
        one(rows.into_iter().next(), relation)
    }
}

impl Cardinality for Optional {
    type Value<T: Type> = Option<T::Base>;
    type Rows<T> = Option<T>;
    type Filtered = Optional;
    type Required = Required;
    fn gather<T>(rows: Vec<T>, _relation: &str) -> Result<Option<T>> {
        Ok(rows.into_iter().next())
    }
}

impl Cardinality for Many {
    type Value<T: Type> = Option<T::Base>;
    type Rows<T> = Vec<T>;
    type Filtered = Many;
    type Required = Many;
    fn gather<T>(rows: Vec<T>, _relation: &str) -> Result<Vec<T>> {
        Ok(rows)
    }
}

impl Cardinality for Required {
    type Value<T: Type> = T;
    type Rows<T> = T;
    type Filtered = Required;
    type Required = Required;
    fn gather<T>(rows: Vec<T>, relation: &str) -> Result<T> {
        one(rows.into_iter().next(), relation)
    }
}

/// The row that a relation always leads to.
///
/// # Errors
/// [`ErrorKind::Decode`], naming the relation, when it is not there: the database has no foreign key, or does not mind it.
pub fn one<T>(row: Option<T>, relation: &str) -> Result<T> {
    row.ok_or_else(|| {
        let message = format!(
            "`{relation}` leads to no row from one of the rows, though its type says that it always does; read it as an `Option`"
        );
        Error::new(ErrorKind::Decode, message)
    })
}
