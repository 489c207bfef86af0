//! [`Scalar`] for the standard types, `chrono`'s, and, by feature, those of `uuid`, `rust_decimal` and `serde_json`.
//! Text forms of dates and decimals are read here too, since SQLite stores them as text.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::scalar::{Numeric, Scalar, Type, decode_list};
use super::{SqlType, Value, ValueRef, written};
use crate::error::{Error, Result};

/// The error for a value of the wrong type. Kept out of line: decoding is hot.
#[cold]
fn mismatch<T>(value: &ValueRef<'_>) -> Error {
    Error::decode(std::any::type_name::<T>(), value.kind_name())
}

#[cold]
fn malformed<T>(what: &str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::decode(std::any::type_name::<T>(), what.to_owned()).with_source(cause)
}

/// The error for a value that is more than the type holds.
#[cold]
fn more<T>(found: &str) -> Error {
    Error::decode(std::any::type_name::<T>(), found)
}

/// The error for text that is not what it should be. The text is not shown: it may be a secret.
#[cold]
fn not_written<T>(form: &str) -> Error {
    Error::decode(std::any::type_name::<T>(), format_args!("text that is not {form}"))
}

/// The error for a value in another text than the one by which it is found.
#[cold]
fn otherwise_kept<T>(form: &str) -> Error {
    let found = format_args!(
        "text in another form than {form}, by which it would not be found (rewrite the column, or make the field a `String`)"
    );
    Error::decode(std::any::type_name::<T>(), found)
}

#[cold]
fn out_of_range<T>() -> Error {
    Error::decode(std::any::type_name::<T>(), "a number outside its range")
}

macro_rules! integers {
    ($($rust:ty, $sql:ident, $value:ident as $wide:ty, sum $sum:ty $({ $($more:tt)* })?;)*) => {$(
        impl Scalar for $rust {
            const TYPE: SqlType = SqlType::$sql;
            #[inline]
            fn encode(&self) -> Value {
                Value::$value(<$wide>::from(*self))
            }
            #[inline]
            fn decode(value: ValueRef<'_>) -> Result<Self> {
                match value {
                    ValueRef::I64(v) => Self::try_from(v).map_err(|_| out_of_range::<Self>()),
                    ValueRef::U64(v) => Self::try_from(v).map_err(|_| out_of_range::<Self>()),
                    other => integer(&other)
                        .ok_or_else(|| mismatch::<Self>(&other))
                        .and_then(|v| Self::try_from(v).map_err(|_| out_of_range::<Self>())),
                }
            }
            $($($more)*)?
        }
        impl Numeric for $rust {
            type Sum = $sum;
            type Average = f64;
        }
    )*};
}

integers! {
    i8, I8, I16 as i16, sum i64;
    i16, I16, I16 as i16, sum i64;
    i32, I32, I32 as i32, sum i64;
    i64, I64, I64 as i64, sum i64;
    u8, U8, I16 as i16, sum i64 {
        const LIST: SqlType = SqlType::Bytes;
        fn encode_list(items: &[u8]) -> Value {
            Value::Bytes(items.to_vec())
        }
        fn list_into_value(items: Vec<u8>) -> Value {
            Value::Bytes(items)
        }
        fn decode_list(value: ValueRef<'_>) -> Result<Vec<u8>> {
            match value {
                ValueRef::Bytes(v) => Ok(v.to_vec()),
                other => Err(mismatch::<Vec<u8>>(&other)),
            }
        }
    };
    u16, U16, I32 as i32, sum i64;
    u32, U32, I64 as i64, sum i64;
    u64, U64, U64 as u64, sum u64;
}

/// Integers that arrive as something else: sums come back as decimals on some servers, and MySQL computes with floats
/// when both operands are parameters.
fn integer(value: &ValueRef<'_>) -> Option<i128> {
    match value {
        ValueRef::Decimal(text) => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            if fraction.bytes().all(|b| b == b'0') { whole.parse().ok() } else { None }
        }
        // Up to 2^53 a float that is whole is that very number.
        #[allow(clippy::cast_possible_truncation)]
        ValueRef::F64(v) if v.fract() == 0.0 && v.abs() <= 9_007_199_254_740_992.0 => Some(*v as i128),
        _ => None,
    }
}

impl Scalar for bool {
    const TYPE: SqlType = SqlType::Bool;
    #[inline]
    fn encode(&self) -> Value {
        Value::Bool(*self)
    }
    #[inline]
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Bool(v) => Ok(v),
            ValueRef::I64(0) | ValueRef::U64(0) => Ok(false),
            ValueRef::I64(1) | ValueRef::U64(1) => Ok(true),
            ValueRef::I64(_) | ValueRef::U64(_) => Err(out_of_range::<Self>()),
            // What CASE and COALESCE of truth values and parameters are on MySQL.
            other => match integer(&other) {
                Some(0) => Ok(false),
                Some(1) => Ok(true),
                _ => Err(mismatch::<Self>(&other)),
            },
        }
    }
}

/// Whether a decimal is one of those that are not finite.
fn is_no_number(decimal: &str) -> bool {
    matches!(decimal, "NaN" | "Infinity" | "-Infinity")
}

impl Scalar for f64 {
    const TYPE: SqlType = SqlType::F64;
    #[inline]
    fn encode(&self) -> Value {
        Value::F64(*self)
    }
    #[inline]
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::F64(v) => Ok(v),
            ValueRef::I64(v) => whole(v.into()),
            ValueRef::U64(v) => whole(v.into()),
            ValueRef::Decimal(v) => {
                let number = nearest(v)?;
                if keeps(number, v) { Ok(number) } else { Err(finer::<Self>()) }
            }
            other => Err(mismatch::<Self>(&other)),
        }
    }
    /// Averages of integers are decimals on some servers.
    fn decode_computed(value: ValueRef<'_>) -> Result<Self> {
        match value {
            #[allow(clippy::cast_precision_loss)]
            ValueRef::I64(v) => Ok(v as f64),
            #[allow(clippy::cast_precision_loss)]
            ValueRef::U64(v) => Ok(v as f64),
            ValueRef::Decimal(v) => nearest(v),
            other => Self::decode(other),
        }
    }
}

/// An integer as the float that is this very number.
fn whole(number: i128) -> Result<f64> {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // It is looked at.
    let float = number as f64;
    #[allow(clippy::cast_possible_truncation)]
    let back = float as i128;
    if back == number { Ok(float) } else { Err(finer::<f64>()) }
}

/// The float nearest to a decimal.
fn nearest(decimal: &str) -> Result<f64> {
    match decimal.parse() {
        Ok(number) if f64::is_finite(number) || is_no_number(decimal) => Ok(number),
        Ok(_) => Err(out_of_range::<f64>()),
        Err(error) => Err(malformed::<f64>("a malformed decimal", error)),
    }
}

/// Whether the float nearest to a decimal says which decimal that is.
fn keeps(number: f64, decimal: &str) -> bool {
    // Every decimal of up to 15 digits survives a float.
    if !number.is_finite() || digits(decimal) <= 15 {
        return true;
    }
    let decimal = decimal.strip_prefix('+').unwrap_or(decimal);
    let decimal = if decimal.contains('.') { decimal.trim_end_matches('0').trim_end_matches('.') } else { decimal };
    number.to_string() == decimal
}

/// The significant digits of a decimal.
fn digits(decimal: &str) -> usize {
    let digits = decimal.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0');
    let (mut count, mut significant) = (0, 0);
    for digit in digits {
        count += 1;
        if digit != b'0' {
            significant = count;
        }
    }
    significant
}

/// The error for a number that has more digits than the type holds.
#[cold]
fn finer<T>() -> Error {
    let found = "a number that it does not hold exactly (make the field a wider type: `f64`, `Decimal`, `i64`)";
    Error::decode(std::any::type_name::<T>(), found)
}
impl Numeric for f64 {
    type Sum = f64;
    type Average = f64;
}

impl Scalar for f32 {
    const TYPE: SqlType = SqlType::F32;
    #[inline]
    fn encode(&self) -> Value {
        Value::F32(*self)
    }
    #[inline]
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        let wide = f64::decode(value)?;
        let narrow = narrow(wide)?;
        // Widened on the way in, so nothing is lost on the way out; a column of doubles may hold more.
        #[allow(clippy::float_cmp)]
        let same = f64::from(narrow) == wide || wide.is_nan();
        if same { Ok(narrow) } else { Err(finer::<Self>()) }
    }
    fn decode_computed(value: ValueRef<'_>) -> Result<Self> {
        narrow(f64::decode_computed(value)?)
    }
}

/// The nearest float of 32 bits.
fn narrow(wide: f64) -> Result<f32> {
    #[allow(clippy::cast_possible_truncation)] // It is looked at.
    let narrow = wide as f32;
    if narrow.is_infinite() && wide.is_finite() { Err(out_of_range::<f32>()) } else { Ok(narrow) }
}

impl Numeric for f32 {
    type Sum = f64;
    type Average = f64;
}

impl Scalar for String {
    const TYPE: SqlType = SqlType::Text;
    #[inline]
    fn encode(&self) -> Value {
        Value::Text(Cow::Owned(self.clone()))
    }
    #[inline]
    fn into_value(self) -> Value {
        Value::Text(Cow::Owned(self))
    }
    // Always, so that the parts of the string stay in registers until they are in the row.
    #[inline(always)]
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Text(v) | ValueRef::Json(v) => Ok(v.to_owned()),
            other => Err(mismatch::<Self>(&other)),
        }
    }
}

impl Scalar for char {
    const TYPE: SqlType = SqlType::Char;
    fn encode(&self) -> Value {
        Value::Text(Cow::Owned(self.to_string()))
    }
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        let ValueRef::Text(text) = value else { return Err(mismatch::<Self>(&value)) };
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(one), None) => Ok(one),
            (None, None) => Err(Error::decode("char", "text without a character")),
            _ => Err(Error::decode("char", "text of several characters")),
        }
    }
}

/// A list of scalars, on databases with array types; other databases refuse it, and `Json` of a list is for all of them.
/// A list of bytes is bytes.
impl<T: Scalar> Scalar for Vec<T> {
    const TYPE: SqlType = T::LIST;
    fn encode(&self) -> Value {
        T::encode_list(self)
    }
    fn into_value(self) -> Value {
        T::list_into_value(self)
    }
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        T::decode_list(value)
    }
}

/// A list with NULLs in it.
impl<T: Scalar> Scalar for Vec<Option<T>> {
    const TYPE: SqlType = SqlType::Array(&T::TYPE);
    fn encode(&self) -> Value {
        Value::Array(&T::TYPE, self.iter().map(Type::put).collect())
    }
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        decode_list(value)
    }
}

impl Scalar for NaiveDate {
    const TYPE: SqlType = SqlType::Date;
    fn encode(&self) -> Value {
        Value::Date(*self)
    }
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Date(v) => Ok(v),
            ValueRef::DateTime(_) => Err(more::<Self>("a date and time (make the field a `NaiveDateTime`)")),
            ValueRef::Timestamp(_) => Err(more::<Self>("a timestamp (make the field a `DateTime<Utc>`)")),
            ValueRef::Text(text) => match written::date(text) {
                Some(date) => Ok(date),
                None if written::date_time(text).is_some() => {
                    Err(more::<Self>("a date and time (make the field a `NaiveDateTime` or a `DateTime<Utc>`)"))
                }
                None => Err(not_written::<Self>("a date, such as 2026-11-23")),
            },
            other => Err(mismatch::<Self>(&other)),
        }
    }
}

impl Scalar for NaiveTime {
    const TYPE: SqlType = SqlType::Time;
    fn encode(&self) -> Value {
        Value::Time(*self)
    }
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Time(v) => Ok(v),
            ValueRef::Text(text) => match unkept_time(text) {
                Ok(_) if !written::is_kept_time(text) => Err(otherwise_kept::<Self>("10:11:12.345")),
                read => read,
            },
            other => Err(mismatch::<Self>(&other)),
        }
    }
    /// Functions write times in other forms than columns keep them.
    fn decode_computed(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Text(text) => unkept_time(text),
            other => Self::decode(other),
        }
    }
}

/// A time in any form.
fn unkept_time(text: &str) -> Result<NaiveTime> {
    written::time(text).ok_or_else(|| not_written::<NaiveTime>("a time, such as 10:11:12.345"))
}

impl Scalar for NaiveDateTime {
    const TYPE: SqlType = SqlType::DateTime;
    fn encode(&self) -> Value {
        Value::DateTime(*self)
    }
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::DateTime(v) => Ok(v),
            ValueRef::Timestamp(_) => Err(more::<Self>("a timestamp (make the field a `DateTime<Utc>`)")),
            ValueRef::Text(text) => match unkept_date_time(text) {
                Ok(_) if !written::is_kept_date_time(text) => Err(otherwise_kept::<Self>("2026-11-23 10:11:12.345")),
                read => read,
            },
            other => Err(mismatch::<Self>(&other)),
        }
    }
    /// Functions write times in other forms than columns keep them.
    fn decode_computed(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Text(text) => unkept_date_time(text),
            other => Self::decode(other),
        }
    }
}

/// A date and time in any form that has no offset.
fn unkept_date_time(text: &str) -> Result<NaiveDateTime> {
    match written::date_time(text) {
        Some((local, None)) => Ok(local),
        Some((_, Some(_))) => {
            Err(more::<NaiveDateTime>("an instant with an offset (make the field a `DateTime<Utc>`)"))
        }
        None => Err(not_written::<NaiveDateTime>("a date and time, such as 2026-11-23 10:11:12.345")),
    }
}

impl Scalar for DateTime<Utc> {
    const TYPE: SqlType = SqlType::Timestamp;
    fn encode(&self) -> Value {
        Value::Timestamp(*self)
    }
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Timestamp(v) => Ok(v),
            // A column without a zone holds UTC.
            ValueRef::DateTime(v) => Ok(v.and_utc()),
            ValueRef::Text(text) => match unkept_instant(text) {
                Ok(_) if !written::is_kept_instant(text) => {
                    Err(otherwise_kept::<Self>("2026-11-23 10:11:12.345 +00:00"))
                }
                read => read,
            },
            other => Err(mismatch::<Self>(&other)),
        }
    }
    /// Functions write times in other forms than columns keep them.
    fn decode_computed(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Text(text) => unkept_instant(text),
            other => Self::decode(other),
        }
    }
}

/// An instant in any form; without an offset it is in UTC.
fn unkept_instant(text: &str) -> Result<DateTime<Utc>> {
    written::date_time(text)
        .and_then(|(local, zone)| zone.map_or(Some(local), |zone| local.checked_sub_offset(zone)))
        .map(|utc| utc.and_utc())
        .ok_or_else(|| not_written::<DateTime<Utc>>("an instant, such as 2026-11-23 10:11:12.345 +00:00"))
}

/// The instant is kept; the offset comes back as UTC.
impl Scalar for DateTime<FixedOffset> {
    const TYPE: SqlType = SqlType::Timestamp;
    fn encode(&self) -> Value {
        Value::Timestamp(self.to_utc())
    }
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        DateTime::<Utc>::decode(value).map(|v| v.fixed_offset())
    }
    fn decode_computed(value: ValueRef<'_>) -> Result<Self> {
        DateTime::<Utc>::decode_computed(value).map(|v| v.fixed_offset())
    }
}

#[cfg(feature = "uuid")]
impl Scalar for uuid::Uuid {
    const TYPE: SqlType = SqlType::Uuid;
    fn encode(&self) -> Value {
        Value::Uuid(*self.as_bytes())
    }
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Uuid(bytes) => Ok(Self::from_bytes(bytes)),
            ValueRef::Bytes(bytes) => {
                Self::from_slice(bytes).map_err(|e| malformed::<Self>("bytes that are no UUID", e))
            }
            ValueRef::Text(text) => match unkept_uuid(text) {
                Ok(_) if !written::is_kept_uuid(text) => Err(otherwise_kept::<Self>("small letters")),
                read => read,
            },
            other => Err(mismatch::<Self>(&other)),
        }
    }
    fn decode_computed(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Text(text) => unkept_uuid(text),
            other => Self::decode(other),
        }
    }
}

/// A UUID in letters of any size.
#[cfg(feature = "uuid")]
fn unkept_uuid(text: &str) -> Result<uuid::Uuid> {
    written::uuid(text)
        .map(uuid::Uuid::from_bytes)
        .ok_or_else(|| not_written::<uuid::Uuid>("a UUID of 32 hexadecimal digits and four hyphens"))
}

/// A decimal as it is written, but without the zeros at the end when there are more digits than `Decimal` holds: a column
/// of thirty digits after the point gives thirty of them.
#[cfg(feature = "decimal")]
fn without_long_zeros(text: &str) -> &str {
    if text.len() > 28 && text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(feature = "decimal")]
impl Scalar for rust_decimal::Decimal {
    const TYPE: SqlType = SqlType::Decimal;
    fn encode(&self) -> Value {
        Value::Decimal(self.to_string())
    }
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Decimal(text) if is_no_number(text) => {
                Err(Error::decode(std::any::type_name::<Self>(), format_args!("{text}, which it cannot hold")))
            }
            ValueRef::Decimal(text) => Self::from_str_exact(without_long_zeros(text)).map_err(|e| {
                malformed::<Self>("a decimal of more than 28 digits (round what is computed: `.round(10)`)", e)
            }),
            ValueRef::I64(v) => Ok(v.into()),
            ValueRef::U64(v) => Ok(v.into()),
            // A float that is the nearest to one decimal of up to 15 digits. Others would not be found by the decimal.
            ValueRef::F64(v) => {
                let text = v.to_string();
                if !v.is_finite() {
                    return Err(more::<Self>("a float that is no number"));
                }
                if digits(&text) > 15 {
                    return Err(more::<Self>(
                        "a float of more than 15 digits (make the field an `f64`, or the column a decimal)",
                    ));
                }
                Self::from_str_exact(&text).map_err(|e| malformed::<Self>("a float of more digits than it holds", e))
            }
            other => Err(mismatch::<Self>(&other)),
        }
    }
    /// What comes after 15 digits of a float is its own noise: where there are no decimals, sums are floats.
    fn decode_computed(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::F64(v) => {
                let text = format!("{v:.14e}");
                let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                // Zeros at the end would count as digits that a small number has no room for.
                let digits = digits.trim_end_matches('0').trim_end_matches('.');
                Self::from_scientific(&format!("{digits}e{exponent}"))
                    .map(|decimal| decimal.normalize())
                    .map_err(|e| malformed::<Self>("a float that is no decimal", e))
            }
            other => Self::decode(other),
        }
    }
}
#[cfg(feature = "decimal")]
impl Numeric for rust_decimal::Decimal {
    type Sum = Self;
    type Average = Self;
}

#[cfg(feature = "json")]
impl Scalar for serde_json::Value {
    const TYPE: SqlType = SqlType::Json;
    fn encode(&self) -> Value {
        Value::Json(self.to_string())
    }
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Json(text) => serde_json::from_str(text).map_err(not_json),
            ValueRef::Text(text) => serde_json::from_str(text).map_err(not_json),
            other => Err(mismatch::<Self>(&other)),
        }
    }
}

#[cfg(feature = "json")]
fn not_json(error: serde_json::Error) -> Error {
    // The text quotes nothing but the place.
    let beyond = error.to_string().starts_with("number out of range");
    malformed::<serde_json::Value>(if beyond { "a number beyond a 64-bit float" } else { "malformed JSON" }, error)
}

/// A value of any serializable type, stored as JSON.
///
/// ```
/// # #[cfg(feature = "json")] {
/// use orm_core::{Json, Scalar};
/// let tags = Json(vec!["a".to_string(), "b".to_string()]);
/// assert_eq!(Json::<Vec<String>>::decode(tags.encode().as_ref()).unwrap(), tags);
/// # }
/// ```
#[cfg(feature = "json")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

#[cfg(feature = "json")]
impl<T> std::ops::Deref for Json<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

#[cfg(feature = "json")]
impl<T> std::ops::DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

#[cfg(feature = "json")]
impl<T> From<T> for Json<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

#[cfg(feature = "json")]
impl<T> Scalar for Json<T>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
{
    const TYPE: SqlType = SqlType::Json;
    fn encode(&self) -> Value {
        match serde_json::to_string(&self.0) {
            Ok(text) => Value::Json(text),
            Err(error) => Value::Invalid(format!("the value has no form in JSON: {error}").into()),
        }
    }
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Json(text) => {
                serde_json::from_str(text).map(Json).map_err(|e| malformed::<Self>("other JSON", e))
            }
            ValueRef::Text(text) => {
                serde_json::from_str(text).map(Json).map_err(|e| malformed::<Self>("other JSON", e))
            }
            other => Err(mismatch::<Self>(&other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_times_are_read_in_the_form_of_columns_and_computed_ones_in_every_form() {
        let expected = "2026-11-23T10:11:12.5Z".parse::<DateTime<Utc>>().unwrap();
        for (text, kept) in [
            ("2026-11-23 10:11:12.500 +00:00", true),
            ("2026-11-23T10:11:12.5Z", false),
            ("2026-11-23 10:11:12.5", false),
            ("2026-11-23 10:11:12.500", false),
            ("2026-11-23 11:11:12.500+01:00", false),
            ("2026-11-23 05:41:12.500 -0430", false),
        ] {
            assert_eq!(DateTime::<Utc>::decode(ValueRef::Text(text)).is_ok(), kept, "{text}");
            assert_eq!(DateTime::<Utc>::decode_computed(ValueRef::Text(text)).unwrap(), expected, "{text}");
        }
        let local = expected.naive_utc();
        for (text, kept) in
            [("2026-11-23 10:11:12.500", true), ("2026-11-23T10:11:12.500", false), ("2026-11-23 10:11:12.5", false)]
        {
            assert_eq!(NaiveDateTime::decode(ValueRef::Text(text)).is_ok(), kept, "{text}");
            assert_eq!(NaiveDateTime::decode_computed(ValueRef::Text(text)).unwrap(), local, "{text}");
        }
        assert!(NaiveTime::decode(ValueRef::Text("10:11:12")).is_ok());
        assert!(NaiveTime::decode(ValueRef::Text("10:11")).is_err());
        assert!(NaiveTime::decode_computed(ValueRef::Text("10:11")).is_ok());
    }

    #[test]
    fn what_is_not_a_value_of_the_type_is_refused() {
        fn refused<T: Scalar>(values: &[ValueRef<'_>]) {
            for value in values {
                let kind = T::decode(*value).err().map(|error| error.kind());
                assert_eq!(kind, Some(crate::error::ErrorKind::Decode), "{} of {value:?}", std::any::type_name::<T>());
            }
        }
        use ValueRef::{Bool, Bytes, Decimal, F64, I64, Text, U64};
        let texts = [
            "",
            " ",
            "x",
            "1",
            "1.5",
            "t",
            "true",
            "2024-01-01garbage",
            "2024-01-01 00:00:00garbage",
            "00:00:00garbage",
        ];
        let texts = texts.map(Text);
        refused::<bool>(&texts);
        refused::<bool>(&[I64(2), I64(-1), U64(2), F64(0.5), Decimal("2"), Bytes(&[0]), Bytes(&[1]), Bytes(b"t")]);
        refused::<i64>(&texts);
        refused::<i64>(&[
            Bool(true),
            F64(0.5),
            F64(1e300),
            Decimal("1e1"),
            Decimal("0.1"),
            Decimal("NaN"),
            Bytes(b"1"),
        ]);
        refused::<u8>(&[I64(-1), I64(256), U64(256), F64(-1.0), Decimal("256")]);
        refused::<f64>(&texts);
        refused::<f64>(&[Bool(true), Decimal("1e1000"), Decimal(&"9".repeat(400)), Decimal("x"), Bytes(&[0; 8])]);
        refused::<f32>(&texts);
        refused::<f32>(&[F64(1e300), Decimal("1e1000"), Decimal(&"9".repeat(40))]);
        refused::<char>(&[Text(""), Text("ab"), I64(65), Bytes(b"a")]);
        refused::<String>(&[I64(1), F64(1.0), Bool(true), Bytes(b"text"), Decimal("1")]);
        refused::<Vec<u8>>(&texts);
        refused::<NaiveDate>(&texts);
        refused::<NaiveTime>(&texts);
        refused::<NaiveDateTime>(&texts);
        refused::<DateTime<Utc>>(&texts);
        let numbers = [I64(0), I64(1_700_000_000_000), F64(2_460_000.5), Bytes(b"2024-01-01")];
        refused::<NaiveDate>(&numbers);
        refused::<NaiveTime>(&numbers);
        refused::<NaiveDateTime>(&numbers);
        refused::<DateTime<Utc>>(&numbers);
        #[cfg(feature = "uuid")]
        refused::<uuid::Uuid>(&[Text("0199b2ee7f117abc8def0123456789ab"), Bytes(&[0; 15]), Bytes(&[0; 17]), I64(0)]);
        #[cfg(feature = "decimal")]
        {
            refused::<rust_decimal::Decimal>(&texts);
            refused::<rust_decimal::Decimal>(&[Text("101"), Decimal("NaN"), F64(f64::NAN), F64(1e300), Bool(true)]);
        }
        #[cfg(feature = "json")]
        refused::<serde_json::Value>(&[Text(""), Text("{"), Text("1 2"), Text("{}x"), I64(1)]);
    }

    #[test]
    fn integers_out_of_range_are_refused() {
        assert!(i8::decode(ValueRef::I64(128)).is_err());
        assert!(u64::decode(ValueRef::I64(-1)).is_err());
        assert!(i64::decode(ValueRef::U64(u64::MAX)).is_err());
        assert_eq!(i64::decode(ValueRef::Decimal("42.00")).unwrap(), 42);
        assert!(i64::decode(ValueRef::Decimal("42.01")).is_err());
        assert_eq!(i32::decode(ValueRef::F64(-2.0)).unwrap(), -2);
        for float in [2.5, f64::NAN, f64::INFINITY, 1e300] {
            assert!(i64::decode(ValueRef::F64(float)).is_err());
        }
    }

    #[test]
    fn doubles_that_are_no_floats_are_refused_and_infinite_ones_are_not() {
        assert!(f32::decode(ValueRef::F64(0.1)).is_err());
        assert_eq!(f32::decode_computed(ValueRef::F64(0.1)).unwrap(), 0.1);
        assert_eq!(f32::decode(ValueRef::F64(f64::from(0.1_f32))).unwrap(), 0.1);
        assert!(f32::decode(ValueRef::F64(f64::NAN)).unwrap().is_nan());
        assert!(f32::decode(ValueRef::F64(1e300)).is_err());
        assert_eq!(f32::decode(ValueRef::F64(f64::INFINITY)).unwrap(), f32::INFINITY);
        assert_eq!(f32::decode(ValueRef::F64(f64::from(f32::MAX))).unwrap(), f32::MAX);
    }

    #[test]
    fn floats_are_read_from_what_they_hold_exactly_and_computed_ones_from_all() {
        for (text, exact) in [
            ("0.1", true),
            ("-12.50", true),
            ("123456789012345", true),
            ("0.30000000000000004", true),
            ("9007199254740993", false),
            ("0.1234567890123456789", false),
            ("100000000000000000000000", true),
            ("1000000000000000.10", true),
            ("1000000000000000.15", false),
        ] {
            assert_eq!(f64::decode(ValueRef::Decimal(text)).is_ok(), exact, "{text}");
            assert_eq!(f64::decode_computed(ValueRef::Decimal(text)).unwrap(), text.parse::<f64>().unwrap());
        }
        assert_eq!(f64::decode(ValueRef::I64(1 << 53)).unwrap(), 9_007_199_254_740_992.0);
        for value in [ValueRef::I64((1 << 53) + 1), ValueRef::I64(i64::MAX), ValueRef::U64(u64::MAX)] {
            assert!(f64::decode(value).is_err());
            assert!(f64::decode_computed(value).is_ok());
        }
    }

    #[test]
    fn dates_and_times_are_read_whole_or_refused() {
        let at: NaiveDateTime = "2026-11-23T00:00:00".parse().unwrap();
        assert!(NaiveDate::decode(ValueRef::DateTime(at)).is_err());
        assert!(NaiveDate::decode(ValueRef::Timestamp(at.and_utc())).is_err());
        assert!(NaiveDateTime::decode(ValueRef::Timestamp(at.and_utc())).is_err());
        assert!(NaiveDateTime::decode(ValueRef::Text("2026-11-23 00:00:00+00")).is_err());
        assert!(NaiveTime::decode(ValueRef::DateTime(at)).is_err());
        assert_eq!(DateTime::<Utc>::decode(ValueRef::DateTime(at)).unwrap(), at.and_utc());
    }

    #[cfg(feature = "decimal")]
    #[test]
    fn decimals_are_read_from_floats_that_say_which_one_it_is() {
        use rust_decimal::Decimal;
        for (float, text) in [
            (0.1, "0.1"),
            (-12.5, "-12.5"),
            (1e14, "100000000000000"),
            (0.0, "0"),
            (1e-27, "0.000000000000000000000000001"),
        ] {
            let expected = Decimal::from_str_exact(text).unwrap();
            assert_eq!(Decimal::decode(ValueRef::F64(float)).unwrap(), expected);
            assert_eq!(Decimal::decode_computed(ValueRef::F64(float)).unwrap(), expected);
        }
        let noise = 0.1 + 0.2;
        assert!(Decimal::decode(ValueRef::F64(noise)).is_err());
        assert!(Decimal::decode(ValueRef::F64(f64::from(0.1_f32))).is_err());
        assert_eq!(Decimal::decode_computed(ValueRef::F64(noise)).unwrap(), Decimal::new(3, 1));
        for float in [f64::NAN, f64::INFINITY, 1e300, 1e-300] {
            assert!(Decimal::decode(ValueRef::F64(float)).is_err());
            assert!(Decimal::decode_computed(ValueRef::F64(float)).is_err() || float == 1e-300);
        }
    }

    #[cfg(feature = "decimal")]
    #[test]
    fn decimals_that_are_no_numbers_are_called_so() {
        for text in ["NaN", "Infinity", "-Infinity"] {
            let error = rust_decimal::Decimal::decode(ValueRef::Decimal(text)).unwrap_err();
            assert!(error.message().contains(text), "{error}");
        }
    }

    #[cfg(feature = "decimal")]
    #[test]
    fn only_long_decimals_lose_zeros() {
        assert_eq!(without_long_zeros("12.50"), "12.50");
        assert_eq!(without_long_zeros("1.500000000000000000000000000000"), "1.5");
        assert_eq!(without_long_zeros("2.000000000000000000000000000000"), "2");
        assert_eq!(without_long_zeros("10000000000000000000000000000000"), "10000000000000000000000000000000");
    }

    #[cfg(feature = "json")]
    #[test]
    fn numbers_in_json_that_no_float_holds_are_called_so() {
        let error = serde_json::Value::decode(ValueRef::Json("[1e400]")).unwrap_err();
        assert!(error.message().contains("beyond a 64-bit float"), "{error}");
        let error = serde_json::Value::decode(ValueRef::Json("[")).unwrap_err();
        assert!(error.message().contains("malformed JSON"), "{error}");
    }
}
