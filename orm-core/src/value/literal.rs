//! Values that are written down as text where their own type is meant: `"9.99"`, `"2026-01-31"`.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::{Scalar, Value, ValueRef};
use crate::error::Result;

/// A type whose values may be given as text, which is read exactly: a decimal, a date, a time, an instant, a UUID. What the
/// text must look like is in [`FORM`](Self::FORM); another text is refused when the statement runs, with an error of the
/// kind [`Encode`](crate::ErrorKind::Encode) that names the column.
pub trait Parsed: Scalar {
    /// The form of the text, for messages.
    const FORM: &'static str;

    #[doc(hidden)]
    fn __parse(text: &str) -> Result<Self> {
        Self::decode_computed(ValueRef::Text(text))
    }
}

macro_rules! parsed {
    ($($of:ty: $form:literal;)+) => {$(
        impl Parsed for $of {
            const FORM: &'static str = $form;
        }
    )+};
}

parsed! {
    NaiveDate: "a date, such as 2026-01-31";
    NaiveTime: "a time, such as 10:30 or 10:30:15.25";
    NaiveDateTime: "a date and time without an offset, such as 2026-01-31 10:30:15";
    DateTime<Utc>: "an instant, such as 2026-01-31T10:30:15Z; without an offset it is in UTC";
    DateTime<FixedOffset>: "an instant, such as 2026-01-31T10:30:15+02:00; without an offset it is in UTC";
}

#[cfg(feature = "uuid")]
parsed! {
    uuid::Uuid: "a UUID of 32 hexadecimal digits and four hyphens";
}

#[cfg(feature = "decimal")]
impl Parsed for rust_decimal::Decimal {
    const FORM: &'static str = "a decimal of at most 28 digits, such as -12.50";

    fn __parse(text: &str) -> Result<Self> {
        let number = text.strip_prefix('-').unwrap_or(text);
        let plain = number.starts_with(|c: char| c.is_ascii_digit())
            && number.ends_with(|c: char| c.is_ascii_digit())
            && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        // Others are refused, as a text is.
        Self::decode(if plain { ValueRef::Decimal(text) } else { ValueRef::Text(text) })
    }
}

/// A type whose values may be given as text: `String`, and those that are [`Parsed`].
pub trait FromText: Scalar {
    #[doc(hidden)]
    fn __value(text: &str) -> Value;
}

impl FromText for String {
    fn __value(text: &str) -> Value {
        Value::Text(text.to_owned().into())
    }
}

impl<T: Parsed> FromText for T {
    fn __value(text: &str) -> Value {
        // The text is not shown: it may be a secret.
        T::__parse(text)
            .map_or_else(|_| Value::Invalid(format!("the text is not {}", T::FORM).into()), Scalar::into_value)
    }
}
