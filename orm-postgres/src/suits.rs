//! Which types of columns suit which fields: those in which `=` finds what was read. PostgreSQL has operators for certain pairs of
//! types only (manual, 10.2), and some of them compare something else than what is read, such as text without its padding.

use orm_core::driver::Unsuited;
use orm_core::model::ColumnDef;
use orm_core::{EnumStorage, SqlType};
use sqlx::TypeInfo;
use sqlx::postgres::{PgTypeInfo, PgTypeKind};

use crate::types::{ColumnType, Form, Kind, bind_oid, is_text, is_varchar};

/// The type `varchar[]`.
const VARCHARS: u32 = 1015;

/// Says what to declare where a column's type does not suit the field.
pub(crate) fn suits(found: &PgTypeInfo, column: &ColumnDef) -> Result<(), Unsuited> {
    if is_suited(found, column) { Ok(()) } else { Err(unsuited(found, column)) }
}

fn is_suited(found: &PgTypeInfo, column: &ColumnDef) -> bool {
    let oid = found.oid().map_or(0, |oid| oid.0);
    let declared = column.type_name;
    match column.ty {
        SqlType::Bool => oid == 16,
        ty if ty.is_integer() => is_integer(oid) || is_number(oid),
        SqlType::Enum(def) if def.storage == EnumStorage::Integer => is_integer(oid) || is_number(oid),
        SqlType::F32 | SqlType::F64 | SqlType::Decimal => is_number(oid),
        SqlType::Enum(def) if def.storage == EnumStorage::Native => {
            matches!(found.kind(), PgTypeKind::Enum(_)) && last(found.name()) == last(def.name)
        }
        SqlType::Char | SqlType::Text | SqlType::Enum(_) => match declared {
            Some(name) if !is_text(name) => true,
            _ => is_plain_text(oid),
        },
        SqlType::Bytes => oid == 17,
        SqlType::Uuid if column.is_text() => oid == 1042 || is_plain_text(oid),
        SqlType::Uuid => oid == 2950,
        SqlType::Date => oid == 1082,
        SqlType::Time => oid == 1083,
        SqlType::DateTime => oid == 1114,
        // A column without a zone holds UTC, as the session does.
        SqlType::Timestamp => matches!(oid, 1114 | 1184),
        SqlType::Json => {
            oid == 3802 || oid == 114 && declared.is_none_or(|name| name.trim().eq_ignore_ascii_case("json"))
        }
        SqlType::Array(item) => match (item, declared) {
            (SqlType::Enum(def), _) if def.storage == EnumStorage::Native => match found.kind() {
                PgTypeKind::Array(of) => last(of.name()) == last(def.name),
                _ => false,
            },
            (SqlType::Text | SqlType::Char, Some(name)) => match name.trim_end().strip_suffix("[]") {
                Some(item) if is_varchar(item) => oid == VARCHARS,
                Some(item) if is_text(item) => oid == 1009,
                _ => true,
            },
            (SqlType::Text, None) if column.length.is_some() => oid == VARCHARS,
            (SqlType::Char, None) => oid == VARCHARS,
            (SqlType::Native(_), _) => true,
            _ => bind_oid(column.ty).is_ok_and(|bound| bound == oid),
        },
        // What only the program knows.
        _ => true,
    }
}

/// Integers, and object identifiers, which are compared with them.
fn is_integer(oid: u32) -> bool {
    matches!(oid, 20 | 21 | 23 | 24 | 26 | 2202..=2206 | 3734 | 3769 | 4089 | 4096 | 4191)
}

fn is_number(oid: u32) -> bool {
    matches!(oid, 20 | 21 | 23 | 700 | 701 | 1700)
}

/// `text`, `varchar`, `name` and `"char"`.
fn is_plain_text(oid: u32) -> bool {
    matches!(oid, 18 | 19 | 25 | 1043)
}

/// A type's name without its schema.
fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name).trim_matches('"')
}

#[cold]
fn unsuited(found: &PgTypeInfo, column: &ColumnDef) -> Unsuited {
    let name = match found.oid().map(|oid| oid.0) {
        Some(1042) => "char".to_owned(),
        _ => found.name().to_lowercase(),
    };
    let kind = ColumnType::resolve(found);
    let field = match kind.kind {
        _ if kind.array || kind.form != Form::One => None,
        Kind::Bool => Some("bool"),
        Kind::Int2 => Some("i16"),
        Kind::Int4 => Some("i32"),
        Kind::Int8 => Some("i64"),
        Kind::Float4 => Some("f32"),
        Kind::Float8 => Some("f64"),
        Kind::Numeric => Some("Decimal"),
        Kind::Bytea => Some("Vec<u8>"),
        Kind::Uuid => Some("Uuid"),
        Kind::Date => Some("NaiveDate"),
        Kind::Time => Some("NaiveTime"),
        Kind::Timestamp => Some("NaiveDateTime"),
        Kind::Timestamptz => Some("DateTime<Utc>"),
        Kind::Jsonb => Some("serde_json::Value"),
        _ => None,
    };
    let of_text = matches!(column.ty, SqlType::Text | SqlType::Char | SqlType::Array(SqlType::Text | SqlType::Char));
    let mend = match (column.ty, field) {
        (SqlType::Json, _) if name == "json" => "declare the column's type: `#[orm(type = \"json\")]`".to_owned(),
        (SqlType::Uuid, _) if matches!(kind.kind, Kind::Text) => {
            "declare the column's type: `#[orm(type = \"varchar(36)\")]`".to_owned()
        }
        (_, None) if of_text => format!("declare the column's type: `#[orm(type = \"{name}\")]`"),
        (SqlType::Text, Some(field)) => {
            format!("make the field a `{field}`, or declare the column's type: `#[orm(type = \"{name}\")]`")
        }
        (SqlType::Uuid, Some("Uuid")) => "leave out the `type` of text".to_owned(),
        (_, Some(field)) => format!("make the field a `{field}`"),
        (_, None) if is_plain_text(found.oid().map_or(0, |oid| oid.0)) => "make the field a `String`".to_owned(),
        (_, None) => format!("make the field a `String` with `#[orm(type = \"{name}\")]`"),
    };
    Unsuited { found: format!("the type `{name}`"), mend }
}
