//! Names of Rust for names of a database. What `derive(Model)` makes of a name is the same here, and names that it refuses are
//! known; a test holds these lists beside those of the derive.

use heck::{ToSnakeCase, ToUpperCamelCase};

/// Names that a column's field, or a `BelongsTo`, cannot have: verbs of the builders.
pub(crate) const BUILDER_VERBS: [&str; 12] = [
    "exec",
    "to_sql",
    "set",
    "set_if",
    "filter",
    "all_rows",
    "on_conflict",
    "returning",
    "include",
    "silent",
    "expect_version",
    "def",
];

/// Names that a relation cannot have: verbs of models.
pub(crate) const MODEL_VERBS: [&str; 26] = [
    "aggregate",
    "bulk_create",
    "count",
    "create",
    "decrement",
    "def",
    "destroy",
    "draft",
    "exists",
    "find_all",
    "find_and_count_all",
    "find_by_pk",
    "find_one",
    "find_or_create",
    "increment",
    "insert",
    "into_values",
    "load",
    "reload",
    "restore",
    "restore_with",
    "save",
    "truncate",
    "update",
    "upsert",
    "value",
];

/// Types that the models' files name, and those of the prelude of Rust and of the ORM.
const TYPES: [&str; 44] = [
    "Atomic",
    "BelongsTo",
    "BelongsToMany",
    "Box",
    "Clone",
    "Column",
    "Condition",
    "Copy",
    "Database",
    "DateTime",
    "Debug",
    "Decimal",
    "Default",
    "Drop",
    "Enum",
    "Eq",
    "Err",
    "Error",
    "ErrorKind",
    "Executor",
    "Fn",
    "HasMany",
    "HasOne",
    "Instance",
    "Isolation",
    "Iterator",
    "Model",
    "None",
    "Ok",
    "OneOf",
    "Option",
    "Ord",
    "Page",
    "Projection",
    "Result",
    "Runs",
    "Self",
    "Send",
    "Some",
    "String",
    "Transaction",
    "Utc",
    "Value",
    "Vec",
];

/// Words that are names only with `r#` before them.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// The table that `derive(Model)` gives a struct.
pub(crate) fn table_of(name: &str) -> String {
    let name = plain(name).to_snake_case();
    let (rest, last) = name.rfind('_').map_or(("", &*name), |at| name.split_at(at + 1));
    format!("{rest}{}", pluralizer::pluralize(last, 2, false))
}

/// An identifier without `r#`.
pub(crate) fn plain(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// The struct for a table: its last word in the singular.
pub(crate) fn struct_of(table: &str) -> String {
    let name = table.to_snake_case();
    let (rest, last) = name.rfind('_').map_or(("", &*name), |at| name.split_at(at + 1));
    type_name(&format!("{rest}{}", pluralizer::pluralize(last, 1, false)))
}

/// A name of a type; one that is taken by Rust or the ORM ends in `Row`.
pub(crate) fn type_name(name: &str) -> String {
    let name = identifier(&name.to_upper_camel_case(), "T");
    if TYPES.contains(&name.as_str()) { format!("{name}Row") } else { name }
}

/// The variant of an enum for a label.
pub(crate) fn variant(label: &str) -> String {
    let name = identifier(&label.to_upper_camel_case(), "N");
    if name == "Self" { "Self_".to_owned() } else { name }
}

/// The field for a column.
pub(crate) fn field(column: &str) -> String {
    let name = identifier(&column.to_snake_case(), "n");
    match name.as_str() {
        "self" | "super" | "crate" => format!("{name}_"),
        verb if BUILDER_VERBS.contains(&verb) => format!("{name}_"),
        word if KEYWORDS.contains(&word) => format!("r#{name}"),
        _ => name,
    }
}

/// A relation's field of a name.
pub(crate) fn relation(name: &str) -> String {
    let name = field(name);
    if MODEL_VERBS.contains(&name.as_str()) { format!("{name}_rows") } else { name }
}

/// The plural of a name's last word.
pub(crate) fn plural(name: &str) -> String {
    let name = plain(name);
    let (rest, last) = name.rfind('_').map_or(("", name), |at| name.split_at(at + 1));
    format!("{rest}{}", pluralizer::pluralize(last, 2, false))
}

/// A text as an identifier: what cannot be in one is left out.
fn identifier(text: &str, first: &str) -> String {
    let mut name: String = text.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    if name.trim_matches('_').is_empty() {
        name = format!("{first}{}", name.len());
    } else if name.starts_with(|c: char| c.is_numeric()) {
        name.insert_str(0, first);
    }
    name
}

/// A name that is not taken: with a number at its end if need be.
pub(crate) fn free(name: String, taken: impl Fn(&str) -> bool) -> String {
    if !taken(&name) {
        return name;
    }
    let plain = plain(&name).to_owned();
    let numbered = |number: u32| {
        if plain.contains('_') || plain.chars().all(|c| !c.is_uppercase()) {
            format!("{plain}_{number}")
        } else {
            format!("{plain}{number}")
        }
    };
    (2..).map(numbered).find(|name| !taken(name)).unwrap_or(name)
}

/// The name of the constant that the derive makes of a field.
pub(crate) fn constant(field: &str) -> String {
    let name = plain(field);
    if name.chars().any(char::is_uppercase) {
        heck::ToShoutySnakeCase::to_shouty_snake_case(name)
    } else {
        name.to_uppercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list of a name in the source of the derive.
    fn listed(name: &str) -> Vec<String> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../orm-derive/src/check.rs");
        let source = std::fs::read_to_string(path).unwrap();
        let (_, rest) = source.split_once(&format!("const {name}: ")).unwrap();
        let (_, rest) = rest.split_once("= [").unwrap();
        let (list, _) = rest.split_once("];").unwrap();
        list.split(',').map(|word| word.trim().trim_matches('"').to_owned()).filter(|word| !word.is_empty()).collect()
    }

    #[test]
    fn the_names_that_the_derive_refuses_are_known() {
        assert_eq!(listed("BUILDER_VERBS"), BUILDER_VERBS);
        assert_eq!(listed("MODEL_VERBS"), MODEL_VERBS);
    }

    #[test]
    fn names_of_tables_become_those_of_structs() {
        for (table, name) in [
            ("users", "User"),
            ("blog_posts", "BlogPost"),
            ("InvoiceLine", "InvoiceLine"),
            ("people", "Person"),
            ("options", "OptionRow"),
            ("2fa codes", "T2faCode"),
            ("???", "T0"),
            ("顧客", "顧客"),
        ] {
            assert_eq!(struct_of(table), name, "{table}");
        }
        assert_eq!(table_of("BlogPost"), "blog_posts");
        assert_eq!(table_of("Person"), "people");
    }

    #[test]
    fn names_of_columns_become_those_of_fields() {
        for (column, name) in [
            ("CustomerId", "customer_id"),
            ("type", "r#type"),
            ("self", "self_"),
            ("set", "set_"),
            ("2nd", "n2nd"),
            ("first name", "first_name"),
            ("ümlaut", "ümlaut"),
        ] {
            assert_eq!(field(column), name, "{column}");
        }
        assert_eq!(relation("count"), "count_rows");
        assert_eq!(variant("so-so"), "SoSo");
        assert_eq!(variant("1"), "N1");
        assert_eq!(variant(""), "N0");
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        assert_eq!(free("b".into(), |name| name == "b"), "b_2");
        assert_eq!(free("Order".into(), |name| ["Order", "Order2"].contains(&name)), "Order3");
        assert_eq!(free("r#type".into(), |name| name == "r#type"), "type_2");
    }
}
