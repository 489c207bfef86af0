//! Rules that the values of columns keep, and normalisers. A rule is a function of one value; which types it is for is a
//! bound of the function, so that a rule of another type is a mistake the compiler finds.

mod text;

use std::borrow::Cow;

pub use super::row_draft::Operation;
use super::row_draft::RowDraft;
use crate::error::Result;
use crate::value::{Scalar, Type, Value};

pub use text::*;

/// A rule of one column; written by the derive.
#[derive(Debug, Clone, Copy)]
pub struct RuleDef {
    /// The position of the column.
    pub column: usize,
    /// The name, for custom messages.
    pub name: &'static str,
    /// The test.
    pub test: Test,
    /// What is said instead of the rule's own words.
    pub message: Option<&'static str>,
    /// The one operation in which it holds.
    pub on: Option<Operation>,
    /// Whether it holds for a row.
    pub when: Option<fn(&mut RowDraft) -> bool>,
}

/// Looks at a value that is not NULL.
pub type Test = fn(&Value) -> Result<Verdict>;

/// What a rule says.
pub type Verdict = std::result::Result<(), Failed>;

/// How a rule failed.
#[derive(Debug)]
pub struct Failed {
    /// What is wrong, without the value.
    pub message: Cow<'static, str>,
    /// The parameters of the rule.
    pub params: Vec<(&'static str, Value)>,
}

impl RuleDef {
    /// A rule that always holds.
    pub const fn new(column: usize, name: &'static str, test: Test) -> Self {
        Self { column, name, test, message: None, on: None, when: None }
    }
}

pub(super) fn failed(message: impl Into<Cow<'static, str>>, params: Vec<(&'static str, Value)>) -> Verdict {
    Err(Failed { message: message.into(), params })
}

/// A type whose values have a length.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no length",
    label = "`validate(length = ..)` is for text, bytes and lists",
    note = "the size of a number is a `range`: `validate(range = 0..=150)`"
)]
pub trait HasLength: Type {}
impl HasLength for String {}
impl<T: Scalar> HasLength for Vec<T> {}
impl<T: HasLength + Scalar> HasLength for Option<T> {}

/// A type whose values are text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no text",
    label = "this rule is for text",
    note = "another test is a function of yours: `validate(custom = is_even)`"
)]
pub trait HasText: Type {}
impl HasText for String {}
impl<T: HasText + Scalar> HasText for Option<T> {}

/// A type whose values are in an order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no range",
    label = "`range`, `after` and `before` are for numbers, dates and times",
    note = "the number of characters is a `length`: `validate(length = 3..=80)`"
)]
pub trait HasOrder: Scalar + PartialOrd {}
macro_rules! ordered {
    ($($ty:ty),+) => {$(impl HasOrder for $ty {})+};
}
ordered!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
ordered!(chrono::NaiveDate, chrono::NaiveTime, chrono::NaiveDateTime, chrono::DateTime<chrono::Utc>);
#[cfg(feature = "decimal")]
ordered!(rust_decimal::Decimal);

/// How long a value is: characters of text, bytes, items of a list.
pub fn length<T: HasLength>(value: &Value, min: Option<u64>, max: Option<u64>) -> Result<Verdict> {
    let (length, unit) = match value {
        Value::Text(text) => (text.chars().count(), "character"),
        Value::Bytes(bytes) => (bytes.len(), "byte"),
        Value::Array(_, items) => (items.len(), "item"),
        _ => return Ok(Ok(())),
    };
    let length = length as u64;
    if min.is_none_or(|min| min <= length) && max.is_none_or(|max| length <= max) {
        return Ok(Ok(()));
    }
    let many = |n: u64| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    let message = match (min, max) {
        (Some(min), Some(max)) if min == max => format!("must have {}", many(min)),
        (Some(min), Some(max)) => format!("must have {min} to {}", many(max)),
        (Some(min), None) => format!("must have at least {}", many(min)),
        (_, max) => format!("must have at most {}", many(max.unwrap_or_default())),
    };
    let bound = |name, bound: Option<u64>| bound.map(|bound| (name, Value::U64(bound)));
    Ok(failed(message, [bound("min", min), bound("max", max)].into_iter().flatten().collect()))
}

/// A bound of a range.
#[derive(Debug, Clone, Copy)]
pub enum Bound<T> {
    /// There is none.
    None,
    /// This value is still in the range.
    Included(T),
    /// This value is not in the range any more.
    Excluded(T),
}

/// Whether a value is in a range. What cannot be compared, as NaN, is in none.
///
/// # Errors
/// That of a value that is not of the type.
pub fn range<T: Type<Base: HasOrder>>(value: &Value, min: Bound<T::Base>, max: Bound<T::Base>) -> Result<Verdict> {
    let given = T::Base::decode(value.as_ref())?;
    let low = match &min {
        Bound::None => true,
        Bound::Included(min) => given >= *min,
        Bound::Excluded(min) => given > *min,
    };
    let high = match &max {
        Bound::None => true,
        Bound::Included(max) => given <= *max,
        Bound::Excluded(max) => given < *max,
    };
    let comparable = given.partial_cmp(&given).is_some();
    if low && high && comparable {
        return Ok(Ok(()));
    }
    let said = |value: &T::Base| shown(&value.encode());
    let least = match &min {
        Bound::None => None,
        Bound::Included(min) => Some(format!("at least {}", said(min))),
        Bound::Excluded(min) => Some(format!("greater than {}", said(min))),
    };
    let most = match &max {
        Bound::None => None,
        Bound::Included(max) => Some(format!("at most {}", said(max))),
        Bound::Excluded(max) => Some(format!("less than {}", said(max))),
    };
    let bounds: Vec<String> = [least, most].into_iter().flatten().collect();
    let message = format!("must be {}", if bounds.is_empty() { "a number".to_owned() } else { bounds.join(" and ") });
    let param = |name, bound: &Bound<T::Base>| match bound {
        Bound::None => None,
        Bound::Included(value) | Bound::Excluded(value) => Some((name, value.encode())),
    };
    Ok(failed(message, [param("min", &min), param("max", &max)].into_iter().flatten().collect()))
}

/// A bound as a message says it.
fn shown(value: &Value) -> String {
    match value {
        Value::I16(v) => v.to_string(),
        Value::I32(v) => v.to_string(),
        Value::I64(v) => v.to_string(),
        Value::U64(v) => v.to_string(),
        Value::F32(v) => v.to_string(),
        Value::F64(v) => v.to_string(),
        Value::Decimal(v) => v.clone(),
        Value::Date(v) => v.to_string(),
        Value::Time(v) => v.to_string(),
        Value::DateTime(v) => v.to_string(),
        Value::Timestamp(v) => v.to_rfc3339(),
        Value::Text(v) => v.to_string(),
        _ => String::new(),
    }
}

/// Whether a value is one of some.
pub fn one_of(value: &Value, allowed: &[Value]) -> Result<Verdict> {
    if allowed.contains(value) {
        return Ok(Ok(()));
    }
    Ok(failed(format!("must be one of {}", listed(allowed)), vec![("values", list(allowed))]))
}

/// Whether a value is none of some.
pub fn not_one_of(value: &Value, refused: &[Value]) -> Result<Verdict> {
    if !refused.contains(value) {
        return Ok(Ok(()));
    }
    Ok(failed(format!("must be none of {}", listed(refused)), vec![("values", list(refused))]))
}

fn listed(values: &[Value]) -> String {
    values.iter().map(|value| format!("`{}`", shown(value))).collect::<Vec<_>>().join(", ")
}

fn list(values: &[Value]) -> Value {
    const TEXT: &crate::value::SqlType = &crate::value::SqlType::Text;
    Value::Array(TEXT, values.to_vec())
}

/// A custom test of the value in its Rust type.
///
/// # Errors
/// That of a value that is not of the type.
pub fn custom<T: Type>(value: &Value, test: impl FnOnce(&T::Base) -> Verdict) -> Result<Verdict> {
    Ok(test(&T::Base::decode(value.as_ref())?))
}

/// The result of a custom test.
pub fn verdict<E: Into<Cow<'static, str>>>(said: std::result::Result<(), E>) -> Verdict {
    said.map_err(|message| Failed { message: message.into(), params: Vec::new() })
}

/// Changes a text to the form that its column keeps: what a normaliser gives for that form is the same.
pub type Normal = fn(&str) -> Cow<'_, str>;

/// A value in the form that a column's normalisers give. Lists have it item by item.
pub fn normalized(value: Value, normals: &[Normal]) -> Value {
    match value {
        Value::Text(text) => {
            let text = normals.iter().fold(text, |text, normal| {
                let changed = match normal(&text) {
                    Cow::Borrowed(same) if same.len() == text.len() => None,
                    changed => Some(changed.into_owned()),
                };
                changed.map_or(text, Cow::Owned)
            });
            Value::Text(text)
        }
        Value::Array(ty, items) => Value::Array(ty, items.into_iter().map(|item| normalized(item, normals)).collect()),
        value => value,
    }
}

/// The normalisers of a column of text.
pub const fn normals<T: HasText>(all: &'static [Normal]) -> &'static [Normal] {
    all
}
