//! Values of encrypted columns: what a column declares, and the byte format of a value before it is encrypted ("sealed").

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};

use super::{Scalar, SqlType, Value, ValueRef};
use crate::error::{Error, Result};

/// Declaration of an encrypted column, or of a column with a blind index.
#[derive(Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SealDef {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The names that its keys are derived from and its values are bound to: the first names of the table and the column.
    pub place: (&'static str, &'static str),
    /// The type of the plain value.
    pub ty: SqlType,
    /// How values are encrypted or hashed.
    pub kind: SealKind,
    /// Whether values that are not encrypted may be read.
    pub allows_plaintext: bool,
}

/// The field for the blind index of an encrypted column: `#[orm(blind_index(email))] email_index: BlindIndex`. The table's column has a
/// keyed hash of the other column's value, which the library writes and compares. The field itself is always empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlindIndex;

impl Scalar for BlindIndex {
    const TYPE: SqlType = SqlType::Bytes;

    fn encode(&self) -> Value {
        Value::Bytes(Vec::new())
    }

    fn decode(_value: ValueRef<'_>) -> Result<Self> {
        Ok(Self)
    }
}

/// How the values of a column are encrypted or hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SealKind {
    /// With a random nonce: equal values have different bytes, so they cannot be compared.
    Random,
    /// Deterministically: equal values have equal bytes, so they can be compared.
    Deterministic,
    /// As a keyed hash, which cannot be decrypted: a blind index.
    Index,
}

impl SealDef {
    /// A column that is encrypted with a random nonce.
    pub const fn new(table: &'static str, column: &'static str, ty: SqlType) -> Self {
        Self { table, column, place: (table, column), ty, kind: SealKind::Random, allows_plaintext: false }
    }

    /// Sets the names that its keys are derived from.
    #[must_use]
    pub const fn keyed(mut self, table: &'static str, column: &'static str) -> Self {
        self.place = (table, column);
        self
    }

    /// Sets how values are encrypted or hashed.
    #[must_use]
    pub const fn by(mut self, kind: SealKind) -> Self {
        self.kind = kind;
        self
    }

    /// Allows reading values that are not encrypted.
    #[must_use]
    pub const fn or_plain(mut self) -> Self {
        self.allows_plaintext = true;
        self
    }

    /// Whether bytes that are not encrypted are read as a value: only where they are the same as its text in a table.
    pub(crate) fn reads_plaintext(&self) -> bool {
        use SqlType::{Bool, F32, F64, Uuid};
        self.allows_plaintext && !self.ty.is_integer() && !matches!(self.ty, Bool | F32 | F64 | Uuid)
    }

    /// The maximum length in bytes of an encrypted value, for a text or bytes column of this length.
    pub(crate) fn sealed_length(&self, length: u32) -> u32 {
        // A character has at most four bytes in UTF-8.
        let plain = if self.ty == SqlType::Bytes { length } else { length.saturating_mul(4) };
        match self.kind {
            SealKind::Random => plain.saturating_add(47),
            SealKind::Deterministic => plain.saturating_add(23),
            SealKind::Index => length,
        }
    }
}

/// The bytes of a plain value, to be encrypted: integers and floats as eight little-endian bytes, text in UTF-8, dates and times in
/// ISO 8601.
///
/// # Errors
/// [`ErrorKind::Encode`](crate::ErrorKind::Encode) for lists, and for values without such a format.
pub(crate) fn plain_bytes(value: &Value) -> Result<Vec<u8>> {
    Ok(match value {
        Value::Bool(v) => vec![u8::from(*v)],
        Value::I16(v) => i64::from(*v).to_le_bytes().to_vec(),
        Value::I32(v) => i64::from(*v).to_le_bytes().to_vec(),
        Value::I64(v) => v.to_le_bytes().to_vec(),
        Value::U64(v) => v.to_le_bytes().to_vec(),
        Value::F32(v) => f64::from(*v).to_le_bytes().to_vec(),
        Value::F64(v) => v.to_le_bytes().to_vec(),
        Value::Text(v) | Value::Enum(_, v) => v.as_bytes().to_vec(),
        Value::Bytes(v) => v.clone(),
        Value::Uuid(v) => v.to_vec(),
        Value::Date(v) => v.to_string().into_bytes(),
        Value::Time(v) => v.to_string().into_bytes(),
        // With a `T` between date and time, since parsing expects it.
        Value::DateTime(v) => format!("{v:?}").into_bytes(),
        Value::Timestamp(v) => v.to_rfc3339_opts(SecondsFormat::AutoSi, true).into_bytes(),
        Value::Decimal(v) | Value::Json(v) | Value::Native(_, v) => v.as_bytes().to_vec(),
        Value::Invalid(why) => return Err(Error::encode(why.clone())),
        Value::Null(_) | Value::Array(..) | Value::Sealed(..) => {
            return Err(Error::encode("a list cannot be encrypted; keep it as a JSON document"));
        }
    })
}

/// As [`plain_bytes`], the same for values that are equal: a decimal without zeros at its end, and zero without a sign.
///
/// # Errors
/// As [`plain_bytes`].
pub(crate) fn comparable_bytes(value: &Value) -> Result<Vec<u8>> {
    match value {
        Value::Decimal(text) => {
            let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
            let text = if text.trim_start_matches('-').bytes().all(|byte| byte == b'0') { "0" } else { text };
            Ok(text.as_bytes().to_vec())
        }
        // Negative zero becomes zero.
        Value::F32(number) => Ok((f64::from(*number) + 0.0).to_le_bytes().to_vec()),
        Value::F64(number) => Ok((number + 0.0).to_le_bytes().to_vec()),
        value => plain_bytes(value),
    }
}

/// Parses the bytes that [`plain_bytes`] gives.
///
/// # Errors
/// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the bytes do not fit the type.
pub(crate) fn plain_value(ty: SqlType, bytes: Vec<u8>) -> Result<Value> {
    let wrong = || Error::decode("an encrypted value", "bytes that are no value of its type");
    let eight = |bytes: &[u8]| <[u8; 8]>::try_from(bytes).map_err(|_| wrong());
    if matches!(ty, SqlType::Bytes) {
        return Ok(Value::Bytes(bytes));
    }
    match ty {
        SqlType::Bool => match bytes[..] {
            [byte @ (0 | 1)] => return Ok(Value::Bool(byte == 1)),
            _ => return Err(wrong()),
        },
        SqlType::U64 => return Ok(Value::U64(u64::from_le_bytes(eight(&bytes)?))),
        ty if ty.is_integer() => return Ok(Value::I64(i64::from_le_bytes(eight(&bytes)?))),
        SqlType::F32 | SqlType::F64 => return Ok(Value::F64(f64::from_le_bytes(eight(&bytes)?))),
        SqlType::Uuid => return Ok(Value::Uuid(bytes.try_into().map_err(|_| wrong())?)),
        _ => {}
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    Ok(match ty {
        SqlType::Date => Value::Date(text.parse::<NaiveDate>().map_err(|_| wrong())?),
        SqlType::Time => Value::Time(text.parse::<NaiveTime>().map_err(|_| wrong())?),
        SqlType::DateTime => Value::DateTime(text.parse::<NaiveDateTime>().map_err(|_| wrong())?),
        SqlType::Timestamp => Value::Timestamp(text.parse::<DateTime<Utc>>().map_err(|_| wrong())?),
        SqlType::Decimal => Value::Decimal(text),
        SqlType::Json => Value::Json(text),
        _ => Value::Text(text.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_a_value_become_the_value_again() {
        let instant: DateTime<Utc> = "2026-02-28T23:59:59.123456Z".parse().unwrap();
        let values = [
            (SqlType::Bool, Value::Bool(true)),
            (SqlType::I64, Value::I64(i64::MIN)),
            (SqlType::U64, Value::U64(u64::MAX)),
            (SqlType::F64, Value::F64(-0.1)),
            (SqlType::Text, Value::Text("".into())),
            (SqlType::Text, Value::Text("Zoë \0 😀".into())),
            (SqlType::Bytes, Value::Bytes(vec![0, 255])),
            (SqlType::Uuid, Value::Uuid([7; 16])),
            (SqlType::Date, Value::Date(instant.date_naive())),
            (SqlType::Time, Value::Time(instant.time())),
            (SqlType::DateTime, Value::DateTime(instant.naive_utc())),
            (SqlType::Timestamp, Value::Timestamp(instant)),
            (SqlType::Decimal, Value::Decimal("-12.50".into())),
            (SqlType::Json, Value::Json("{\"a\":1}".into())),
        ];
        for (ty, value) in values {
            let bytes = plain_bytes(&value).unwrap();
            assert!(plain_value(ty, bytes).unwrap() == value, "{ty}");
        }
        // Smaller integer types are converted from the widest one.
        assert!(plain_value(SqlType::I8, plain_bytes(&Value::I16(-3)).unwrap()).unwrap() == Value::I64(-3));
    }

    #[test]
    fn equal_values_have_equal_bytes_where_they_are_compared() {
        let of = |value: Value| comparable_bytes(&value).unwrap();
        let decimal = |text: &str| of(Value::Decimal(text.to_owned()));
        assert_eq!(decimal("1.00"), decimal("1"));
        assert_eq!(decimal("-0.0"), decimal("0"));
        assert_eq!(decimal("100"), b"100");
        assert_ne!(decimal("1.01"), decimal("1.001"));
        assert_eq!(of(Value::F64(-0.0)), of(Value::F64(0.0)));
    }

    #[test]
    fn bytes_of_another_type_are_refused() {
        for ty in [SqlType::Bool, SqlType::I32, SqlType::Uuid, SqlType::Date, SqlType::Timestamp] {
            assert!(plain_value(ty, b"abc".to_vec()).is_err(), "{ty}");
        }
        assert!(plain_value(SqlType::Text, vec![0xff]).is_err());
    }
}
