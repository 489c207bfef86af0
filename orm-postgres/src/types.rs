//! PostgreSQL's types: the object identifiers of the built-in ones (fixed in `pg_type.dat` of the server's source), the
//! type each [`SqlType`] is bound as, and the way each result column is read. How values are written is in `bind`, how
//! they are read in `row`; names of types in DDL are in `dialect`.

use orm_core::{EnumDef, EnumStorage, Error, ErrorKind, Result, SqlType};
use sqlx::TypeInfo;
use sqlx::postgres::{PgTypeInfo, PgTypeKind};

/// Object identifiers of built-in types that are bound.
pub(crate) mod oid {
    pub(crate) const BOOL: u32 = 16;
    pub(crate) const BYTEA: u32 = 17;
    pub(crate) const INT8: u32 = 20;
    pub(crate) const INT2: u32 = 21;
    pub(crate) const INT4: u32 = 23;
    pub(crate) const TEXT: u32 = 25;
    pub(crate) const FLOAT4: u32 = 700;
    pub(crate) const FLOAT8: u32 = 701;
    pub(crate) const DATE: u32 = 1082;
    pub(crate) const TIME: u32 = 1083;
    pub(crate) const TIMESTAMP: u32 = 1114;
    pub(crate) const TIMESTAMPTZ: u32 = 1184;
    pub(crate) const NUMERIC: u32 = 1700;
    pub(crate) const UUID: u32 = 2950;
    pub(crate) const JSONB: u32 = 3802;
}

/// The type a value of this type is bound as. Enum types and types of the server alone travel as text; the placeholder
/// converts them (see [`conversion`]).
pub(crate) fn bind_oid(ty: SqlType) -> Result<u32> {
    Ok(match ty {
        SqlType::Bool => oid::BOOL,
        SqlType::I8 | SqlType::I16 | SqlType::U8 => oid::INT2,
        SqlType::I32 | SqlType::U16 => oid::INT4,
        SqlType::I64 | SqlType::U32 | SqlType::U64 => oid::INT8,
        SqlType::F32 => oid::FLOAT4,
        SqlType::F64 => oid::FLOAT8,
        SqlType::Char | SqlType::Text | SqlType::Native(_) => oid::TEXT,
        SqlType::Bytes => oid::BYTEA,
        SqlType::Uuid => oid::UUID,
        SqlType::Date => oid::DATE,
        SqlType::Time => oid::TIME,
        SqlType::DateTime => oid::TIMESTAMP,
        SqlType::Timestamp => oid::TIMESTAMPTZ,
        SqlType::Decimal => oid::NUMERIC,
        SqlType::Json => oid::JSONB,
        SqlType::Enum(EnumDef { storage: EnumStorage::Integer, .. }) => oid::INT4,
        SqlType::Enum(_) => oid::TEXT,
        SqlType::Array(element) => return array_oid(bind_oid(*element)?).ok_or_else(|| nested(ty)),
        other => return Err(Error::unsupported("postgresql", format_args!("type {other}"))),
    })
}

#[cold]
fn nested(ty: SqlType) -> Error {
    Error::unsupported("postgresql", format_args!("driver support for nested lists ({ty})"))
}

/// The array type of an element type.
fn array_oid(element: u32) -> Option<u32> {
    Some(match element {
        oid::BOOL => 1000,
        oid::BYTEA => 1001,
        oid::INT8 => 1016,
        oid::INT2 => 1005,
        oid::INT4 => 1007,
        oid::TEXT => 1009,
        oid::FLOAT4 => 1021,
        oid::FLOAT8 => 1022,
        oid::DATE => 1182,
        oid::TIME => 1183,
        oid::TIMESTAMP => 1115,
        oid::TIMESTAMPTZ => 1185,
        oid::NUMERIC => 1231,
        oid::UUID => 2951,
        oid::JSONB => 3807,
        _ => return None,
    })
}

/// What follows a placeholder so that the server turns the bound text into the column's own type; empty for types that
/// are bound as themselves.
///
/// Lengths are left out: an explicit conversion to `varchar(3)` cuts silently, the assignment to the column that
/// follows refuses.
pub(crate) fn conversion(ty: SqlType) -> Result<Option<String>> {
    Ok(match ty {
        SqlType::Enum(def) if def.storage == EnumStorage::Native => Some(format!("::text::{}", quoted(def.name))),
        SqlType::Native(name) => Some(format!("::text::{}", unbounded(name)?)),
        SqlType::Array(element) => match element {
            SqlType::Enum(def) if def.storage == EnumStorage::Native => {
                Some(format!("::text[]::{}[]", quoted(def.name)))
            }
            SqlType::Native(name) => Some(format!("::text[]::{}[]", unbounded(name)?)),
            _ => None,
        },
        _ => None,
    })
}

/// The name of an enum type in quotes, with its schema when it has one: `app.mood`.
pub(crate) fn quoted(name: &str) -> String {
    match name.split_once('.') {
        Some((schema, name)) => quoted_part(schema) + "." + &quoted_part(name),
        None => quoted_part(name),
    }
}

/// A name in quotes.
pub(crate) fn quoted_part(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The name of a type as the program wrote it, refused when it could be anything but a type's name: a letter or
/// underscore, then letters, digits, underscores, spaces, dots, and balanced parentheses and brackets; commas only
/// within parentheses.
pub(crate) fn type_name(name: &str) -> Result<&str> {
    let mut depth = 0_i32;
    let mut brackets = 0_i32;
    for (at, c) in name.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' | '_' => {}
            '0'..='9' | ' ' | '.' if at > 0 => {}
            '(' if at > 0 => depth += 1,
            ')' => depth -= 1,
            '[' if at > 0 => brackets += 1,
            ']' => brackets -= 1,
            ',' if depth > 0 => {}
            _ => return Err(bad_type_name(name)),
        }
        if !(0..=1).contains(&depth) || !(0..=1).contains(&brackets) {
            return Err(bad_type_name(name));
        }
    }
    if name.is_empty() || depth != 0 || brackets != 0 { Err(bad_type_name(name)) } else { Ok(name) }
}

#[cold]
fn bad_type_name(name: &str) -> Error {
    Error::new(ErrorKind::InvalidStatement, format!("{name:?} is not the name of a PostgreSQL type"))
}

/// A type's name without lengths and precisions. `bit` and `char` alone mean a length of one, so their unbounded
/// relatives stand in.
fn unbounded(name: &str) -> Result<String> {
    let mut out = String::with_capacity(name.len());
    let mut depth = 0_u32;
    for c in type_name(name)?.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    let (base, suffix) = match out.find('[') {
        Some(at) => out.split_at(at),
        None => (out.as_str(), ""),
    };
    let base = match base.trim() {
        base if base.eq_ignore_ascii_case("bit") => "varbit",
        base if base.eq_ignore_ascii_case("char") || base.eq_ignore_ascii_case("character") => "bpchar",
        base => base,
    };
    Ok(format!("{base}{suffix}"))
}

/// Whether a type takes text as it is.
pub(crate) fn is_text(name: &str) -> bool {
    name.trim().eq_ignore_ascii_case("text") || is_varchar(name)
}

/// Whether a type is `varchar`, with or without a length.
pub(crate) fn is_varchar(name: &str) -> bool {
    let base = name.split('(').next().unwrap_or(name).trim();
    ["varchar", "character varying"].iter().any(|text| base.eq_ignore_ascii_case(text))
}

/// How the bytes of one value are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    /// Unsigned 32 bits: `oid` and its relatives.
    Oid,
    /// Unsigned 64 bits: `xid8`.
    Xid8,
    Float4,
    Float8,
    Numeric,
    /// Everything whose bytes are its text, enum labels included.
    Text,
    Bytea,
    Uuid,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    Json,
    Jsonb,
    // From here on the value is written out as text.
    TimeTz,
    Interval,
    /// `inet`; shows the prefix length only when it is not the whole address.
    Inet,
    Cidr,
    Macaddr,
    Bits,
    Point,
    Segment,
    Path,
    Box,
    Polygon,
    Line,
    Circle,
    TsVector,
    Lsn,
    /// A version byte, then text: `jsonpath`, `ltree`.
    Versioned,
    Hstore,
    Vector,
    /// Cannot be read without knowing the server's settings: `money`; or a tree of its own: `tsquery`.
    Refused,
    /// Not known here: text when it is text, else bytes.
    Unknown,
}

/// Whether values come alone or inside something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    One,
    Range,
    Multirange,
}

/// The type of a result column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ColumnType {
    /// Whether the column is an array of what follows.
    pub(crate) array: bool,
    pub(crate) form: Form,
    pub(crate) kind: Kind,
}

impl ColumnType {
    /// Whether a value of the column is one of its kind, rather than a list or a range of them.
    #[inline]
    pub(crate) fn is_alone(self) -> bool {
        !self.array && self.form == Form::One
    }

    const fn one(kind: Kind) -> Self {
        Self { array: false, form: Form::One, kind }
    }

    /// A built-in type, by its object identifier.
    pub(crate) fn built_in(oid: u32) -> Option<Self> {
        let kind = match oid {
            16 => Kind::Bool,
            20 => Kind::Int8,
            21 => Kind::Int2,
            23 => Kind::Int4,
            // oid, xid, cid and the reg* types.
            24 | 26 | 28 | 29 | 2202..=2206 | 3734 | 3769 | 4089 | 4096 | 4191 => Kind::Oid,
            5069 => Kind::Xid8,
            // "char", name, text, json's text, xml, unknown, bpchar, varchar, cstring.
            18 | 19 | 25 | 142 | 705 | 1042 | 1043 | 2275 => Kind::Text,
            17 => Kind::Bytea,
            700 => Kind::Float4,
            701 => Kind::Float8,
            1700 => Kind::Numeric,
            2950 => Kind::Uuid,
            1082 => Kind::Date,
            1083 => Kind::Time,
            1114 => Kind::Timestamp,
            1184 => Kind::Timestamptz,
            114 => Kind::Json,
            3802 => Kind::Jsonb,
            1266 => Kind::TimeTz,
            1186 => Kind::Interval,
            869 => Kind::Inet,
            650 => Kind::Cidr,
            829 | 774 => Kind::Macaddr,
            1560 | 1562 => Kind::Bits,
            600 => Kind::Point,
            601 => Kind::Segment,
            602 => Kind::Path,
            603 => Kind::Box,
            604 => Kind::Polygon,
            628 => Kind::Line,
            718 => Kind::Circle,
            3614 => Kind::TsVector,
            3220 => Kind::Lsn,
            4072 => Kind::Versioned,
            790 | 3615 => Kind::Refused,
            _ => {
                let (form, kind) = match oid {
                    3904 => (Form::Range, Kind::Int4),
                    3906 => (Form::Range, Kind::Numeric),
                    3908 => (Form::Range, Kind::Timestamp),
                    3910 => (Form::Range, Kind::Timestamptz),
                    3912 => (Form::Range, Kind::Date),
                    3926 => (Form::Range, Kind::Int8),
                    4451 => (Form::Multirange, Kind::Int4),
                    4532 => (Form::Multirange, Kind::Numeric),
                    4533 => (Form::Multirange, Kind::Timestamp),
                    4534 => (Form::Multirange, Kind::Timestamptz),
                    4535 => (Form::Multirange, Kind::Date),
                    4536 => (Form::Multirange, Kind::Int8),
                    _ => return None,
                };
                return Some(Self { array: false, form, kind });
            }
        };
        Some(Self::one(kind))
    }

    /// The type of a column, as the client has it.
    pub(crate) fn resolve(info: &PgTypeInfo) -> Self {
        if let Some(known) = info.oid().and_then(|oid| Self::built_in(oid.0)) {
            return known;
        }
        // The client has no more than the identifier of types that arrive by the simple protocol.
        if info.name() == "?" {
            return Self::one(Kind::Unknown);
        }
        match info.kind() {
            PgTypeKind::Array(element) => Self { array: true, ..Self::resolve(element) },
            PgTypeKind::Domain(base) => Self::resolve(base),
            PgTypeKind::Enum(_) => Self::one(Kind::Text),
            PgTypeKind::Range(of) => Self { form: Form::Range, ..Self::resolve(of) },
            PgTypeKind::Simple | PgTypeKind::Pseudo | PgTypeKind::Composite(_) => {
                // Types of extensions have no fixed identifier.
                let name = info.name();
                Self::one(match name.rsplit('.').next().unwrap_or(name) {
                    "citext" => Kind::Text,
                    "ltree" | "lquery" | "ltxtquery" => Kind::Versioned,
                    "hstore" => Kind::Hstore,
                    "vector" => Kind::Vector,
                    _ => Kind::Unknown,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_names_are_names_and_nothing_else() {
        for good in ["inet", "int4range", "vector(3)", "numeric(10, 2)", "timestamp(3) with time zone", "text[]", "a.b"]
        {
            assert_eq!(type_name(good).unwrap(), good);
        }
        for bad in
            ["", "int; DROP TABLE x", "int) , (x", "1x", "\"x\"", "x'y", "a,b", "x(1", "x)", "x]", "((1))", "ünt"]
        {
            assert_eq!(type_name(bad).unwrap_err().kind(), ErrorKind::InvalidStatement, "{bad}");
        }
    }

    #[test]
    fn conversions_never_cut() {
        static MOOD: EnumDef = EnumDef { name: "mo\"od", labels: &["a"], storage: EnumStorage::Native };
        static MOOD_TYPE: SqlType = SqlType::Enum(&MOOD);
        let check = |ty, expected: Option<&str>| assert_eq!(conversion(ty).unwrap().as_deref(), expected, "{ty}");
        check(SqlType::Text, None);
        check(SqlType::Native("varchar(3)"), Some("::text::varchar"));
        check(SqlType::Native("bit(3)"), Some("::text::varbit"));
        check(SqlType::Native("CHAR"), Some("::text::bpchar"));
        check(SqlType::Native("timestamp(3) with time zone"), Some("::text::timestamp with time zone"));
        check(SqlType::Native("bit(3)[]"), Some("::text::varbit[]"));
        check(SqlType::Enum(&MOOD), Some("::text::\"mo\"\"od\""));
        static QUALIFIED: EnumDef = EnumDef { name: "app.mood", labels: &["a"], storage: EnumStorage::Native };
        check(SqlType::Enum(&QUALIFIED), Some("::text::\"app\".\"mood\""));
        check(SqlType::Array(&MOOD_TYPE), Some("::text[]::\"mo\"\"od\"[]"));
        check(SqlType::Array(&SqlType::Native("inet")), Some("::text[]::inet[]"));
        assert!(conversion(SqlType::Native("inet; --")).is_err());
    }
}
