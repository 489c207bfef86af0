//! Which types of columns suit which fields: those in which `=` finds what was read. MySQL and MariaDB compare any two types, text
//! with a document as a JSON string and with a date as the date that it may be.

use orm_core::SqlType;
use orm_core::driver::Unsuited;
use orm_core::model::ColumnDef;

use crate::row::Kind;
use crate::server::Server;

/// Says what to declare where a column's type does not suit the field. `name` is what the client calls the type.
pub(crate) fn suits(server: Server, kind: Kind, name: &str, column: &ColumnDef) -> Result<(), Unsuited> {
    let suited = match column.ty {
        SqlType::Date => kind == Kind::Date,
        SqlType::Time => kind == Kind::Time,
        SqlType::DateTime => kind == Kind::DateTime,
        // A column without a zone holds UTC, as the session does.
        SqlType::Timestamp => matches!(kind, Kind::DateTime | Kind::Timestamp),
        SqlType::Uuid if column.is_text() => kind == Kind::Text,
        SqlType::Uuid => kind == Kind::Bytes,
        // MariaDB's JSON is text.
        SqlType::Json => kind == Kind::Json || kind == Kind::Text && (server.is_mariadb() || column.is_text()),
        SqlType::Text | SqlType::Char => match kind {
            Kind::Json => column.type_name.is_some_and(is_json),
            Kind::Text | Kind::Bytes => true,
            _ => column.type_name.is_some(),
        },
        SqlType::Bool | SqlType::F32 | SqlType::F64 | SqlType::Decimal => is_number(kind),
        ty if ty.is_integer() => is_number(kind),
        _ => true,
    };
    // Whether a number fits is told by its value.
    if suited || kind == Kind::Null { Ok(()) } else { Err(unsuited(kind, name, column)) }
}

fn is_number(kind: Kind) -> bool {
    !matches!(kind, Kind::Text | Kind::Bytes | Kind::Json | Kind::Date | Kind::Time | Kind::DateTime | Kind::Timestamp)
}

/// Whether a type that a model names is that of documents.
pub(crate) fn is_json(name: &str) -> bool {
    name.trim().eq_ignore_ascii_case("json")
}

#[cold]
fn unsuited(kind: Kind, name: &str, column: &ColumnDef) -> Unsuited {
    let declare = |ty: &str| format!("declare the column's type: `#[orm(type = \"{ty}\")]`");
    let make = |field: &str| format!("make the field a `{field}`");
    let mend = match (column.ty, kind) {
        (SqlType::Uuid, Kind::Text) => declare("CHAR(36)"),
        (SqlType::Uuid, Kind::Bytes) => "leave out the `type` of text".to_owned(),
        (SqlType::Json, Kind::Text) => declare("LONGTEXT"),
        (SqlType::Text, Kind::Json) => format!("{}, or {}", make("serde_json::Value"), declare("JSON")),
        (_, Kind::Text) => make("String"),
        (_, Kind::Bytes) => make("Vec<u8>"),
        (_, Kind::Json) => make("serde_json::Value"),
        (_, Kind::Date) => make("NaiveDate"),
        (_, Kind::Time) => make("NaiveTime"),
        (_, Kind::DateTime) => make("NaiveDateTime"),
        (_, Kind::Timestamp) => make("DateTime<Utc>"),
        (_, Kind::F32 | Kind::F64) => make("f64"),
        (_, Kind::Decimal) => make("Decimal"),
        _ => make("i64"),
    };
    Unsuited { found: format!("the type {name}"), mend }
}
