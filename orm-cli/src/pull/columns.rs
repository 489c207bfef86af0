//! Columns as fields: the Rust type, the words that bring back what the database has, defaults, enums, checks.

use std::collections::BTreeMap;

use orm::dialect::Dialect;
use orm::schema::{Check, CheckCondition, Column, ColumnDefault, ColumnType, EnumType, Schema, Table};
use orm::{SqlType, Value};

use super::Draft;
use crate::code::{Enum, Field, is_plain_doc};
use crate::naming;

/// A column on its way to a field.
pub(super) struct Drafted {
    pub(super) field: Field,
    /// The type without `Option`.
    pub(super) ty: String,
    pub(super) nullable: bool,
    /// The type's name in the database.
    live: String,
    /// Whether the words name the type already.
    named: bool,
}

impl Drafted {
    /// Takes another type, and keeps the column's own by its name.
    fn become_type(&mut self, ty: &str) {
        ty.clone_into(&mut self.ty);
        if !self.named && !self.live.is_empty() {
            self.field.words.retain(|word| !word.starts_with("length = ") && !word.starts_with("precision("));
            self.field.words.push(format!("type = {:?}", self.live));
            self.named = true;
        }
        self.finish_type();
    }

    fn finish_type(&mut self) {
        self.field.ty = if self.nullable { format!("Option<{}>", self.ty) } else { self.ty.clone() };
    }
}

/// The enums of columns.
pub(super) struct Enums<'s> {
    schema: &'s Schema,
    /// Names of types that are not free.
    taken: &'s mut Vec<String>,
    native: BTreeMap<String, String>,
    /// The enums, each with the model in whose file it is.
    pub(super) made: Vec<(Enum, String)>,
}

impl<'s> Enums<'s> {
    pub(super) fn new(schema: &'s Schema, taken: &'s mut Vec<String>) -> Self {
        Self { schema, taken, native: BTreeMap::new(), made: Vec::new() }
    }

    fn name(&mut self, wanted: String) -> String {
        let taken = |name: &str| self.taken.iter().any(|other| other == name);
        let name = if taken(&wanted) { format!("{wanted}Kind") } else { wanted };
        let name = naming::free(name, taken);
        self.taken.push(name.clone());
        name
    }

    /// Whether `derive(Enum)` has all labels of a type: it takes no empty one.
    fn can_be_made(&self, ty: &EnumType) -> bool {
        are_labels(self.labels(ty))
    }

    fn labels<'t>(&'t self, ty: &'t EnumType) -> &'t [String] {
        self.schema.enums.iter().find(|other| other.name == ty.name).map_or(&ty.labels, |ty| &ty.labels)
    }

    /// The enum of a type of the database's own.
    fn native(&mut self, ty: &EnumType, model: &str, column: &str) -> String {
        if ty.name.name.is_empty() {
            let name = self.name(naming::type_name(&format!("{model}_{column}")));
            self.made.push((made(&name, vec!["storage = \"native\"".to_owned()], &ty.labels), model.to_owned()));
            return name;
        }
        if let Some(name) = self.native.get(&ty.name.to_string()) {
            return name.clone();
        }
        let plain = ty.name.name.strip_prefix("enum_").unwrap_or(&ty.name.name);
        let name = self.name(naming::type_name(plain));
        let mut words = vec!["storage = \"native\"".to_owned()];
        if ty.name.schema.is_some() || heck::ToSnakeCase::to_snake_case(name.as_str()) != ty.name.name {
            words.push(format!("name = {:?}", ty.name.to_string()));
        }
        let labels = self.labels(ty).to_vec();
        self.made.push((made(&name, words, &labels), model.to_owned()));
        self.native.insert(ty.name.to_string(), name.clone());
        name
    }

    /// The enum of a column of text whose CHECK lists its labels.
    fn text(&mut self, labels: &[String], model: &str, column: &str) -> String {
        let name = self.name(naming::type_name(&format!("{model}_{column}")));
        self.made.push((made(&name, Vec::new(), labels), model.to_owned()));
        name
    }

    fn variant(&self, name: &str, label: &str) -> Option<String> {
        let (found, _) = self.made.iter().find(|(made, _)| made.name == name)?;
        let (variant, _) = found.variants.iter().find(|(_, own)| own == label)?;
        Some(format!("{name}::{variant}"))
    }
}

fn made(name: &str, words: Vec<String>, labels: &[String]) -> Enum {
    let mut variants: Vec<(String, String)> = Vec::new();
    for label in labels {
        let variant = naming::free(naming::variant(label), |name| variants.iter().any(|(other, _)| other == name));
        variants.push((variant, label.clone()));
    }
    Enum { name: name.to_owned(), words, variants }
}

/// The fields of a table's columns.
pub(super) fn drafted(
    table: &Table,
    model: &str,
    dialect: &dyn Dialect,
    enums: &mut Enums<'_>,
    notes: &mut Vec<String>,
) -> Vec<Drafted> {
    let mut drafted: Vec<Drafted> = Vec::new();
    for column in &table.columns {
        let taken = |name: &str| {
            let constant = naming::constant(name);
            drafted.iter().any(|other| naming::constant(&other.field.name) == constant)
        };
        let name = naming::free(naming::field(&column.name), taken);
        let mut one = typed(table, column, model, dialect, enums);
        if naming::plain(&name) != column.name {
            one.field.words.insert(0, format!("column = {:?}", column.name));
        }
        one.field.name = name;
        one.field.column = Some(column.name.clone());
        numbering(table, column, &mut one);
        default(column, &mut one, enums, dialect);
        if let Some(generated) = &column.generated {
            one.field.words.push(format!("generated = {:?}", generated.sql));
            if !generated.stored {
                notes.push(format!("{} is computed when it is read, not stored", column.name));
            }
        }
        if let Some(collation) = &column.collation {
            notes.push(format!("the collation {collation} of {}", column.name));
        }
        if let Some(extra) = &column.extra {
            notes.push(format!("{extra} of {}", column.name));
        }
        if is_plain_doc(&column.comment) {
            one.field.doc.clone_from(&column.comment);
        } else {
            one.field.words.push(format!("comment = {:?}", column.comment));
        }
        one.finish_type();
        drafted.push(one);
    }
    drafted
}

/// The type of a column, and the words without which the database would have another.
fn typed(table: &Table, column: &Column, model: &str, dialect: &dyn Dialect, enums: &mut Enums<'_>) -> Drafted {
    let live = column.type_name.clone().unwrap_or_default();
    let is_key = table.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column.name));
    let mut one = Drafted {
        field: Field::default(),
        ty: String::new(),
        nullable: column.nullable && !is_key,
        live: live.clone(),
        named: false,
    };
    let declared = |length, precision, ty: ColumnType| Column {
        length,
        precision,
        indexed: is_indexed(table, &column.name),
        ..Column::new(&column.name, ty)
    };
    let says = |declared: &Column| {
        let same = |ty: &str| dialect.introspect().is_some_and(|introspect| introspect.same_type(ty, &live));
        dialect.column_type(declared).is_ok_and(|ty| same(&ty))
    };
    match &column.ty {
        ColumnType::Enum(ty) if enums.can_be_made(ty) => {
            one.ty = enums.native(ty, model, &column.name);
            one.named = true;
            return one;
        }
        ColumnType::Array(inner) => {
            let element = match &**inner {
                ColumnType::Enum(ty) if enums.can_be_made(ty) => enums.native(ty, model, &column.name),
                ColumnType::Plain(ty) => rust_type(*ty).to_owned(),
                _ => "String".to_owned(),
            };
            one.ty = format!("Vec<Option<{element}>>");
            // Text stands for an element that Rust has nothing for.
            if element == "String" && **inner != ColumnType::Plain(SqlType::Text)
                || !says(&declared(None, None, column.ty.clone()))
            {
                one.field.words.push(format!("type = {live:?}"));
            }
            one.named = true;
            return one;
        }
        ColumnType::Plain(SqlType::Text) if labels(table, column).is_some() => {
            one.ty = enums.text(&labels(table, column).unwrap_or_default(), model, &column.name);
            one.named = true;
            if !says(&declared(None, None, ColumnType::EnumText(labels(table, column).unwrap_or_default()))) {
                one.field.words.push(format!("type = {live:?}"));
            }
            return one;
        }
        ColumnType::Plain(ty) => {
            let ranged = range(table, column, dialect);
            let ty = ranged.unwrap_or(*ty);
            rust_type(ty).clone_into(&mut one.ty);
            // An integer of a type that the model chooses has a CHECK where the database knows no such type.
            let is_unchecked =
                ty.is_integer() && ranged.is_none() && !column.auto_increment && dialect.checked_range(ty).is_some();
            let (length, precision) = match ty {
                SqlType::Text | SqlType::Bytes => (column.length, None),
                SqlType::Decimal => (None, column.precision),
                _ => (None, None),
            };
            if !is_unchecked && says(&declared(length, precision, ColumnType::Plain(ty))) {
                one.field.words.extend(length.map(|length| format!("length = {length}")));
                one.field.words.extend(precision.map(|(all, after)| format!("precision({all}, {after})")));
                return one;
            }
            if !is_unchecked && says(&declared(None, None, ColumnType::Plain(ty))) {
                return one;
            }
        }
        ColumnType::Native(name) if name.eq_ignore_ascii_case("year") || name.eq_ignore_ascii_case("year(4)") => {
            "u16".clone_into(&mut one.ty);
        }
        // A type that only this database has is sent and read as text.
        _ => "String".clone_into(&mut one.ty),
    }
    let name = if live.is_empty() { "BLOB" } else { &live };
    one.field.words.push(format!("type = {name:?}"));
    one.named = true;
    one
}

/// Columns that are part of a key, an index or a foreign key, as the model will have it.
fn is_indexed(table: &Table, column: &str) -> bool {
    let full_text = |method: &Option<String>| method.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("fulltext"));
    table.primary_key.as_ref().is_some_and(|key| key.columns.iter().any(|name| name == column))
        || table.foreign_keys.iter().any(|key| key.columns.iter().any(|name| name == column))
        || table
            .indexes
            .iter()
            .any(|index| !full_text(&index.method) && index.keys.iter().any(|key| key.name() == Some(column)))
}

/// The Rust type of a plain type, by its whole path where the prelude has it not.
pub(crate) fn rust_type(ty: SqlType) -> &'static str {
    match ty {
        SqlType::Bool => "bool",
        SqlType::I8 => "i8",
        SqlType::I16 => "i16",
        SqlType::I32 => "i32",
        SqlType::I64 => "i64",
        SqlType::U8 => "u8",
        SqlType::U16 => "u16",
        SqlType::U32 => "u32",
        SqlType::U64 => "u64",
        SqlType::F32 => "f32",
        SqlType::F64 => "f64",
        SqlType::Char => "char",
        SqlType::Bytes => "Vec<u8>",
        SqlType::Uuid => "orm::uuid::Uuid",
        SqlType::Date => "orm::chrono::NaiveDate",
        SqlType::Time => "orm::chrono::NaiveTime",
        SqlType::DateTime => "orm::chrono::NaiveDateTime",
        SqlType::Timestamp => "DateTime<Utc>",
        SqlType::Decimal => "orm::rust_decimal::Decimal",
        SqlType::Json => "orm::serde_json::Value",
        _ => "String",
    }
}

/// Whether the database numbers the rows, where that is not what the derive takes for granted.
fn numbering(table: &Table, column: &Column, one: &mut Drafted) {
    let is_integer = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"].contains(&one.ty.as_str());
    let is_only_key = table.primary_key.as_ref().is_some_and(|key| key.columns == [column.name.clone()]);
    let refers = table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
    let assumed = is_only_key && is_integer && !refers;
    if column.auto_increment && !assumed && is_integer {
        one.field.words.push("auto_increment".to_owned());
    } else if assumed && !column.auto_increment {
        one.field.words.push("auto_increment = false".to_owned());
    }
}

/// Says the default, as a value where Rust has one for it.
fn default(column: &Column, one: &mut Drafted, enums: &Enums<'_>, dialect: &dyn Dialect) {
    let Some(default) = &column.default else { return };
    if column.auto_increment || column.generated.is_some() {
        return;
    }
    let word = match default {
        ColumnDefault::Now => "default_sql = \"CURRENT_TIMESTAMP\"".to_owned(),
        // A bare word for the time becomes the form in which the library stores times; in parentheses it stays.
        ColumnDefault::Sql(sql) if is_time(sql, column, dialect) => format!("default_sql = \"({sql})\""),
        ColumnDefault::Sql(sql) => format!("default_sql = {sql:?}"),
        ColumnDefault::Value(Value::Text(text)) => match literal(&one.ty, text, enums) {
            Some(literal) => format!("default = {literal}"),
            None => format!("default_sql = {:?}", constant(&one.ty, text)),
        },
        ColumnDefault::Value(_) => return,
    };
    one.field.words.push(word);
}

/// Whether a default is a word for the time that the dialect writes in another form.
fn is_time(sql: &str, column: &Column, dialect: &dyn Dialect) -> bool {
    let is_word =
        sql.to_ascii_uppercase().starts_with("CURRENT_") && sql.chars().all(|c| c.is_alphabetic() || c == '_');
    let ColumnType::Plain(ty) = column.ty else { return false };
    is_word && dialect.current(ty).is_some_and(|form| !form.eq_ignore_ascii_case(sql))
}

/// A constant as SQL.
fn constant(ty: &str, text: &str) -> String {
    if ty.ends_with("Decimal") && text.parse::<f64>().is_ok() {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// The content of a constant as a literal of a type.
fn literal(ty: &str, text: &str, enums: &Enums<'_>) -> Option<String> {
    match ty {
        "bool" => match text {
            "1" | "true" | "t" => Some("true".to_owned()),
            "0" | "false" | "f" => Some("false".to_owned()),
            _ => None,
        },
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => text.parse::<i128>().ok().map(|n| n.to_string()),
        "f32" | "f64" => text.parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| format!("{n:?}")),
        "String" => Some(format!("{text:?}")),
        name => enums.variant(name, text),
    }
}

/// The labels that a CHECK of the library's own allows.
fn labels(table: &Table, column: &Column) -> Option<Vec<String>> {
    let check = named(table, &format!("{}_{}_labels", table.name.name, column.name))?;
    let labels = texts(check);
    are_labels(&labels).then_some(labels)
}

/// Whether `derive(Enum)` takes the labels: there is one at least, and none is empty.
fn are_labels(labels: &[String]) -> bool {
    !labels.is_empty() && labels.iter().all(|label| !label.is_empty())
}

/// The integer type whose range a CHECK of the library's own allows.
fn range(table: &Table, column: &Column, dialect: &dyn Dialect) -> Option<SqlType> {
    let check = named(table, &format!("{}_{}_range", table.name.name, column.name))?;
    let numbers = integers(check);
    let types =
        [SqlType::I8, SqlType::I16, SqlType::I32, SqlType::I64, SqlType::U8, SqlType::U16, SqlType::U32, SqlType::U64];
    types.into_iter().find(|ty| dialect.checked_range(*ty).is_some_and(|(least, most)| numbers == [least, most]))
}

/// The condition of a CHECK, by its name.
fn named<'t>(table: &'t Table, name: &str) -> Option<&'t str> {
    table.checks.iter().find(|check| check.name == name).and_then(condition)
}

fn condition(check: &Check) -> Option<&str> {
    match &check.condition {
        CheckCondition::Sql(sql) => Some(sql),
        _ => None,
    }
}

/// The constants of text in an expression.
fn texts(sql: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\'' {
            continue;
        }
        let mut text = String::new();
        while let Some(c) = chars.next() {
            match c {
                '\'' if chars.peek() == Some(&'\'') => text.extend(chars.next()),
                '\'' => break,
                c => text.push(c),
            }
        }
        texts.push(text);
    }
    texts
}

/// The integers in an expression, names left out.
fn integers(sql: &str) -> Vec<String> {
    let mut numbers: Vec<String> = Vec::new();
    let (mut number, mut before) = (String::new(), ' ');
    for c in sql.chars().chain([' ']) {
        if c.is_ascii_digit() && (!number.is_empty() || !(before.is_alphanumeric() || before == '_')) {
            if number.is_empty() && before == '-' {
                number.push('-');
            }
            number.push(c);
        } else if !number.is_empty() {
            numbers.push(std::mem::take(&mut number));
        }
        before = c;
    }
    numbers
}

/// The checks of a table that its columns do not imply; those named after a column go there.
pub(super) fn checks(table: &Table, columns: &mut [Drafted]) -> Vec<String> {
    let mut words = Vec::new();
    for check in &table.checks {
        let Some(sql) = condition(check) else { continue };
        let of_column = |suffix: &str| {
            let column = check.name.strip_prefix(&format!("{}_", table.name.name))?.strip_suffix(suffix)?;
            columns.iter().position(|other| other.field.column.as_deref() == Some(column))
        };
        let is_range = of_column("_range").is_some_and(|at| !columns[at].named);
        let is_labels = of_column("_labels").is_some() && are_labels(&texts(sql));
        if is_range || is_labels {
            continue;
        }
        if let Some(at) = of_column("_check")
            && !columns[at].field.words.iter().any(|word| word.starts_with("check = "))
        {
            columns[at].field.words.push(format!("check = {sql:?}"));
        } else if check.name.is_empty() {
            words.push(format!("check({sql:?})"));
        } else {
            words.push(format!("check(name = {:?}, {sql:?})", check.name));
        }
    }
    words
}

/// Gives foreign keys the type of the key that they point at, which is what the derive asks for.
pub(super) fn unify_keys(drafts: &mut [Draft<'_>]) {
    // A key may point at a key that points at another.
    for _ in 0..drafts.len().min(8) {
        let mut changes = Vec::new();
        for (at, draft) in drafts.iter().enumerate() {
            for key in &draft.table.foreign_keys {
                let Some(target) = drafts.iter().find(|other| other.table.name == key.target) else { continue };
                for (column, to) in key.columns.iter().zip(&key.target_columns) {
                    if let (Some(own), Some(other)) = (draft.column(column), target.column(to))
                        && own.ty != other.ty
                    {
                        changes.push((at, column.clone(), other.ty.clone()));
                    }
                }
            }
        }
        if changes.is_empty() {
            return;
        }
        for (at, name, ty) in changes {
            let columns = &mut drafts[at].columns;
            if let Some(column) = columns.iter_mut().find(|other| other.field.column.as_ref() == Some(&name)) {
                column.become_type(&ty);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_found_in_what_databases_say() {
        assert_eq!(texts("(role = ANY (ARRAY['a'::text, 'it''s'::text]))"), ["a", "it's"]);
        assert_eq!(texts("\"role\" IN ('a', '')"), ["a", ""]);
        assert_eq!(integers("((age2 >= '-128'::integer) AND (age2 <= 127))"), ["-128", "127"]);
        assert_eq!(integers("\"t1\" BETWEEN 0 AND 4294967295"), ["0", "4294967295"]);
    }
}
