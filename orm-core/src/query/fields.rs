//! [`Fields`]: some columns of a row, which were chosen at run time.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::error::Result;
use crate::model::{ColumnDef, Model};
use crate::row::Columns;
use crate::value::{Value, of_type};

/// Some columns of a row, which were chosen at run time. As JSON it is an object, with the names of the model's fields and the values as
/// the types of the columns have them.
#[derive(Debug, Clone, PartialEq)]
pub struct Fields(Vec<(&'static ColumnDef, Value)>);

impl Fields {
    /// The value of a column, by the name of its field.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.iter().find(|(column, _)| column.field == field).map(|(_, value)| value)
    }

    /// The columns with their values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static ColumnDef, &Value)> {
        self.0.iter().map(|(column, value)| (*column, value))
    }

    /// The first columns.
    pub(super) fn first(mut self, columns: usize) -> Self {
        self.0.truncate(columns);
        self
    }
}

/// Reads all columns of a row that are the model's.
pub(super) fn read_fields<M: Model>(columns: &mut Columns<'_>) -> Result<Fields> {
    let mut fields = Vec::with_capacity(columns.left());
    while columns.left() > 0 {
        match M::DEF.column(columns.name()) {
            Some(column) => {
                let value = columns.next_by(|value| match column.ty {
                    crate::value::SqlType::Json | crate::value::SqlType::Array(_) => Ok(value.into()),
                    ty => of_type(ty, value),
                });
                fields
                    .push((column, value.map_err(|error| error.with_model(M::DEF.name).with_columns([column.name]))?));
            }
            None => columns.skip(1),
        }
    }
    Ok(Fields(fields))
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (column, value) in &self.0 {
            map.serialize_entry(column.field, &Shown(value))?;
        }
        map.end()
    }
}

/// A value as its type is in JSON.
struct Shown<'v>(&'v Value);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error as _;
        match self.0 {
            Value::Null(_) => serializer.serialize_none(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::I16(value) => serializer.serialize_i16(*value),
            Value::I32(value) => serializer.serialize_i32(*value),
            Value::I64(value) => serializer.serialize_i64(*value),
            Value::U64(value) => serializer.serialize_u64(*value),
            Value::F32(value) => serializer.serialize_f32(*value),
            Value::F64(value) => serializer.serialize_f64(*value),
            Value::Text(text) | Value::Enum(_, text) => serializer.serialize_str(text),
            Value::Decimal(text) | Value::Native(_, text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => bytes.serialize(serializer),
            Value::Uuid(bytes) => serializer.serialize_str(&crate::dialect::hyphenated(*bytes)),
            Value::Date(value) => value.serialize(serializer),
            Value::Time(value) => value.serialize(serializer),
            Value::DateTime(value) => value.serialize(serializer),
            Value::Timestamp(value) => value.serialize(serializer),
            Value::Json(text) => {
                serde_json::from_str::<serde_json::Value>(text).map_err(S::Error::custom)?.serialize(serializer)
            }
            Value::Array(_, items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(&Shown(item)))?;
                list.end()
            }
            Value::Sealed(_, inner) => Shown(inner).serialize(serializer),
            Value::Invalid(why) => Err(S::Error::custom(why)),
        }
    }
}
