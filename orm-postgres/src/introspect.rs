//! What PostgreSQL's catalog says of the tables of a schema.
//!
//! Source: the manual's chapters "System Catalogs" and "System Information Functions".

use std::collections::HashMap;

use orm_core::dialect::introspect::{Answer, Fields, Introspect, constant, type_arguments, without_parentheses, words};
use orm_core::dialect::{Rendered, SqlWriter};
use orm_core::model::OnDelete;
use orm_core::schema::{
    Check, CheckCondition, Column, ColumnDefault, ColumnType, Deferrable, EnumType, ForeignKey, Generated, Index,
    IndexKey, Object, ObjectKind, PrimaryKey, QualifiedName, Schema, Table,
};
use orm_core::{Result, SqlType, Value};

use crate::dialect::PostgresDialect;

/// Between the items of a list that is read as one text: no name has it.
const SEPARATOR: char = '\u{1f}';

/// What follows the condition on the schema: objects of extensions are not ours to describe.
const NOT_OF_EXTENSION: &str = " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.deptype = 'e' AND d.objid = ";

/// Kind, name, comment, text of a view, key of a partitioned table, parent of a partition.
const TABLES: &str = "SELECT c.oid::text, c.relname::text, c.relkind::text, obj_description(c.oid, 'pg_class'), \
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid, true) END, pg_get_partkeydef(c.oid), \
    (SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = c.oid LIMIT 1) \
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')";

/// The columns of tables alone; those of views follow from their text.
const COLUMNS: &str = "SELECT a.attrelid::text, a.attnum::text, a.attname::text, format_type(a.atttypid, a.atttypmod), \
    t.typtype::text, tn.nspname::text, t.typname::text, bt.typtype::text, btn.nspname::text, bt.typname::text, \
    a.attnotnull::text, a.attidentity::text, a.attgenerated::text, pg_get_expr(d.adbin, d.adrelid, false), \
    CASE WHEN a.attcollation <> t.typcollation THEN co.collname::text END, \
    EXISTS (SELECT 1 FROM pg_depend s JOIN pg_class sq ON sq.oid = s.objid AND sq.relkind = 'S' \
        WHERE s.refclassid = 'pg_class'::regclass AND s.refobjid = a.attrelid AND s.refobjsubid = a.attnum \
        AND s.classid = 'pg_class'::regclass AND s.deptype IN ('a', 'i'))::text, \
    col_description(a.attrelid, a.attnum) \
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace tn ON tn.oid = t.typnamespace \
    LEFT JOIN pg_type bt ON bt.oid = t.typelem AND t.typcategory = 'A' \
    LEFT JOIN pg_namespace btn ON btn.oid = bt.typnamespace \
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    LEFT JOIN pg_collation co ON co.oid = a.attcollation \
    WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped";

/// Version 18 lists NOT NULL as a constraint of kind `n`; the columns say so already.
const CONSTRAINTS: &str = "SELECT con.conrelid::text, con.conname::text, con.contype::text, con.condeferrable::text, \
    con.condeferred::text, array_to_string(con.conkey, ','), fn.nspname::text, fc.relname::text, \
    CASE WHEN con.contype = 'f' THEN (SELECT string_agg(fa.attname, chr(31) ORDER BY k.n) \
        FROM unnest(con.confkey) WITH ORDINALITY k(num, n) \
        JOIN pg_attribute fa ON fa.attrelid = con.confrelid AND fa.attnum = k.num) END, \
    con.confupdtype::text, con.confdeltype::text, \
    CASE WHEN con.contype = 'c' THEN pg_get_expr(con.conbin, con.conrelid, false) END, pg_get_constraintdef(con.oid), \
    (fc.relnamespace = n.oid)::text \
    FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
    LEFT JOIN pg_class fc ON fc.oid = con.confrelid LEFT JOIN pg_namespace fn ON fn.oid = fc.relnamespace \
    WHERE con.contype <> 'n' AND con.conparentid = 0";

/// In `indoption`, bit 1 is DESC; columns after `indnkeyatts` are INCLUDE.
const INDEXES: &str = "SELECT i.indrelid::text, ic.relname::text, am.amname::text, i.indisunique::text, \
    i.indnkeyatts::text, pg_get_expr(i.indpred, i.indrelid, false), array_to_string(i.indkey::int2[], ','), \
    array_to_string(i.indoption::int2[], ','), \
    CASE WHEN i.indexprs IS NOT NULL THEN array_to_string(ARRAY(SELECT pg_get_indexdef(i.indexrelid, part, false) \
        FROM generate_series(1, i.indnatts) part), chr(31)) END, pg_get_indexdef(i.indexrelid), \
    EXISTS (SELECT 1 FROM pg_constraint u WHERE u.conindid = i.indexrelid AND u.contype = 'u')::text \
    FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid \
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am am ON am.oid = ic.relam \
    WHERE NOT i.indisprimary AND c.relkind IN ('r', 'p') AND NOT EXISTS \
        (SELECT 1 FROM pg_constraint x WHERE x.conindid = i.indexrelid AND x.contype = 'x')";

const TYPES: &str = "SELECT t.typname::text, t.typtype::text, \
    (SELECT string_agg(e.enumlabel, chr(31) ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), \
    CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END, n.nspname::text \
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace \
    WHERE (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND EXISTS \
        (SELECT 1 FROM pg_class k WHERE k.oid = t.typrelid AND k.relkind = 'c')))";

/// The labels of enum types of other schemas, which columns may have as well.
const FOREIGN_ENUMS: &str = "SELECT t.typname::text, \
    (SELECT string_agg(e.enumlabel, chr(31) ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), \
    n.nspname::text FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e'";

const TRIGGERS: &str = "SELECT t.tgrelid::text, t.tgname::text, pg_get_triggerdef(t.oid) FROM pg_trigger t \
    JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal";

const SEQUENCES: &str = "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind = 'S' AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass \
    AND d.objid = c.oid AND d.deptype IN ('a', 'i', 'e'))";

impl Introspect for PostgresDialect {
    fn queries(&self, schema: Option<&str>) -> Result<Vec<Rendered>> {
        let of_schema = |sql: &str, rest: &str| {
            let mut w = SqlWriter::new(self);
            w.push_sql(sql);
            w.push_sql(" AND n.nspname = ");
            match schema {
                Some(schema) => w.push_bind(Value::Text(schema.to_owned().into()))?,
                None => w.push_sql("current_schema()"),
            }
            w.push_sql(rest);
            Ok(w.finish())
        };
        let own = |object: &str, order: &str| format!("{NOT_OF_EXTENSION}{object}) ORDER BY {order}");
        let mut foreign = SqlWriter::new(self);
        foreign.push_sql(FOREIGN_ENUMS);
        Ok(vec![
            of_schema(TABLES, &own("c.oid", "c.relname"))?,
            of_schema(COLUMNS, " ORDER BY a.attrelid, a.attnum")?,
            of_schema(CONSTRAINTS, " ORDER BY con.conrelid, con.conname")?,
            of_schema(INDEXES, " ORDER BY i.indrelid, ic.relname")?,
            of_schema(TYPES, &own("t.oid", "t.typname"))?,
            of_schema(TRIGGERS, " ORDER BY t.tgrelid, t.tgname")?,
            of_schema(SEQUENCES, " ORDER BY c.relname")?,
            foreign.finish(),
        ])
    }

    fn schema(&self, schema: Option<&str>, answers: &[Answer]) -> Result<Schema> {
        let answer = |at: usize| answers.get(at).map_or(&[][..], Answer::rows);
        let named = |name: &str| QualifiedName { schema: schema.map(str::to_owned), name: name.to_owned() };
        let mut result = Schema::default();
        let mut enums = HashMap::new();
        for row in answer(7) {
            enums.insert((row.text(2), row.text(0)), list(row.text(1)));
        }
        // Which table an oid is, and what its columns are numbered.
        let mut places = HashMap::new();
        let mut names: HashMap<(&str, &str), &str> = HashMap::new();
        for row in answer(0) {
            let object = |kind| Object { kind, name: named(row.text(1)), table: None, sql: row.text(4).to_owned() };
            match row.text(2) {
                "v" => result.objects.push(object(ObjectKind::View)),
                "m" => result.objects.push(object(ObjectKind::MaterializedView)),
                "f" => result.objects.push(object(ObjectKind::ForeignTable)),
                _ => {
                    places.insert(row.text(0), result.tables.len());
                    let mut table = Table::new(row.text(1));
                    table.name = named(row.text(1));
                    table.comment = row.text(3).to_owned();
                    table.options = match (row.get(5), row.get(6)) {
                        (Some(key), _) => Some(format!(" PARTITION BY {key}")),
                        (None, Some(parent)) => Some(format!(" PARTITION OF {parent}")),
                        (None, None) => None,
                    };
                    result.tables.push(table);
                }
            }
        }
        for row in answer(1) {
            names.insert((row.text(0), row.text(1)), row.text(2));
            if let Some(place) = places.get(row.text(0)) {
                let column = self.column(row, schema, &enums);
                result.tables[*place].columns.push(column);
            }
        }
        let columns = |table: &str, numbers: &str| -> Vec<String> {
            let numbers = numbers.split(',').filter(|number| !number.is_empty());
            numbers.map(|number| names.get(&(table, number)).copied().unwrap_or_default().to_owned()).collect()
        };
        for row in answer(2) {
            let Some(place) = places.get(row.text(0)) else { continue };
            let table = &mut result.tables[*place];
            let name = row.text(1).to_owned();
            let of = columns(row.text(0), row.text(5));
            match row.text(2) {
                "p" => table.primary_key = Some(PrimaryKey { name: Some(name), columns: of }),
                "f" => table.foreign_keys.push(ForeignKey {
                    name,
                    columns: of,
                    target: if schema.is_none() && row.is(13) {
                        row.text(7).into()
                    } else {
                        QualifiedName::of(row.text(6), row.text(7))
                    },
                    target_columns: list(row.text(8)),
                    on_update: action(row.text(9)),
                    on_delete: action(row.text(10)),
                    deferrable: match (row.is(3), row.is(4)) {
                        (false, _) => Deferrable::No,
                        (true, false) => Deferrable::Immediate,
                        (true, true) => Deferrable::Deferred,
                    },
                }),
                "c" => table
                    .checks
                    .push(Check { name, condition: CheckCondition::Sql(without_parentheses(row.text(11)).to_owned()) }),
                // The index says it.
                "u" => {}
                _ => result.objects.push(Object {
                    kind: ObjectKind::Constraint,
                    name: named(&name),
                    table: Some(table.name.clone()),
                    sql: row.text(12).to_owned(),
                }),
            }
        }
        for row in answer(3) {
            let Some(place) = places.get(row.text(0)) else { continue };
            let index = index(row, &columns(row.text(0), row.text(6)));
            for key in &index.keys {
                let column = result.tables[*place].columns.iter_mut().find(|c| key.name() == Some(&c.name));
                column.into_iter().for_each(|column| column.indexed = true);
            }
            result.tables[*place].indexes.push(index);
        }
        for row in answer(4) {
            match row.text(1) {
                "e" => result.enums.push(EnumType { name: named(row.text(0)), labels: list(row.text(2)) }),
                _ => result.objects.push(Object {
                    kind: ObjectKind::Type,
                    name: named(row.text(0)),
                    table: None,
                    sql: row.text(3).to_owned(),
                }),
            }
        }
        for row in answer(5) {
            let table = places.get(row.text(0)).map(|place| result.tables[*place].name.clone());
            let sql = row.text(2).to_owned();
            result.objects.push(Object { kind: ObjectKind::Trigger, name: named(row.text(1)), table, sql });
        }
        for row in answer(6) {
            let name = named(row.text(0));
            result.objects.push(Object { kind: ObjectKind::Sequence, name, table: None, sql: String::new() });
        }
        Ok(result)
    }

    fn same_type(&self, one: &str, other: &str) -> bool {
        canonical_type(one) == canonical_type(other)
    }

    fn default(&self, sql: &str, column: &Column) -> ColumnDefault {
        let uncast = without_cast(sql);
        if let Some(content) = constant(uncast, false).or_else(|| escaped(uncast)) {
            return ColumnDefault::Value(Value::Text(content.into()));
        }
        let is_instant = column.ty == ColumnType::Plain(SqlType::Timestamp);
        match words(uncast).as_str() {
            "now()" | "current_timestamp" | "transaction_timestamp()" if is_instant => ColumnDefault::Now,
            _ => ColumnDefault::Sql(without_parentheses(sql).to_owned()),
        }
    }
}

impl PostgresDialect {
    fn column(&self, row: &Fields, schema: Option<&str>, enums: &HashMap<(&str, &str), Vec<String>>) -> Column {
        let type_name = row.text(3);
        let named = |kind: &str, space: &str, name: &str| {
            let labels = if kind == "e" { enums.get(&(space, name)).cloned() } else { None };
            match labels {
                Some(labels) => {
                    // A name without a schema is one of the schema that was asked about.
                    let is_own = schema.is_none() && !type_name.contains('.');
                    let name = if is_own { name.into() } else { QualifiedName::of(space, name) };
                    ColumnType::Enum(EnumType { name, labels })
                }
                None => plain(name).map_or_else(|| ColumnType::Native(type_name.to_owned()), ColumnType::Plain),
            }
        };
        let ty = match row.get(9) {
            Some(element) => ColumnType::Array(Box::new(named(row.text(7), row.text(8), element))),
            None => named(row.text(4), row.text(5), row.text(6)),
        };
        let (_, arguments) = type_arguments(type_name);
        let mut column = Column::new(row.text(2), ty);
        match (row.text(6), arguments.as_slice()) {
            ("varchar" | "bpchar" | "_varchar", [length]) => column.length = Some(*length),
            ("numeric", [digits, rest @ ..]) => {
                let scale = rest.first().copied().unwrap_or_default();
                column.precision = u8::try_from(*digits).ok().zip(u8::try_from(scale).ok());
            }
            _ => {}
        }
        column.nullable = !row.is(10);
        column.collation = row.owned(14);
        column.comment = row.text(16).to_owned();
        let counts = row.is(15) && row.get(13).is_none_or(|sql| sql.starts_with("nextval("));
        column.auto_increment = !row.text(11).is_empty() || counts;
        match (row.text(12), row.get(13)) {
            (_, None) => {}
            _ if column.auto_increment => {}
            ("", Some(sql)) => column.default = Some(self.default(sql, &column)),
            (kind, Some(sql)) => {
                column.generated = Some(Generated { sql: without_parentheses(sql).to_owned(), stored: kind == "s" });
            }
        }
        column.type_name = Some(type_name.to_owned());
        column
    }
}

fn index(row: &Fields, columns: &[String]) -> Index {
    let parts: Vec<String> = list(row.text(8));
    let key_count = usize::try_from(row.number(4)).unwrap_or_default();
    let options: Vec<i64> = row.text(7).split(',').filter_map(|bits| bits.parse().ok()).collect();
    let keys = columns.iter().take(key_count).enumerate().map(|(at, column)| {
        let descending = options.get(at).is_some_and(|bits| bits & 1 == 1);
        if column.is_empty() {
            let sql = parts.get(at).map_or("", |part| without_parentheses(part)).to_owned();
            IndexKey::Expression { sql, descending }
        } else {
            IndexKey::Column { name: column.clone(), descending, prefix: None }
        }
    });
    let unique = row.is(3);
    let filter = row.get(5).map(without_parentheses);
    let (soft_delete, filter) = match filter {
        Some(filter) if unique => of_living_rows(filter),
        other => (None, other.map(str::to_owned)),
    };
    Index {
        unique,
        constraint: row.is(10),
        include: columns.iter().skip(key_count).cloned().collect(),
        method: (row.text(2) != "btree").then(|| row.text(2).to_owned()),
        filter,
        soft_delete,
        definition: row.owned(9),
        ..Index::new(row.text(1), keys.collect())
    }
}

/// The column that must be NULL in a filter such as `(deleted_at IS NULL)`, and the rest of the filter.
fn of_living_rows(filter: &str) -> (Option<String>, Option<String>) {
    let (first, rest) = match filter.split_once(" AND ") {
        Some((first, rest)) => (without_parentheses(first), Some(without_parentheses(rest).to_owned())),
        None => (filter, None),
    };
    match first.strip_suffix(" IS NULL") {
        Some(column) if column.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
            (Some(column.to_owned()), rest)
        }
        Some(column) if column.starts_with('"') && column.ends_with('"') && !column.contains(' ') => {
            (Some(column.trim_matches('"').replace("\"\"", "\"")), rest)
        }
        _ => (None, Some(filter.to_owned())),
    }
}

fn list(text: &str) -> Vec<String> {
    if text.is_empty() { Vec::new() } else { text.split(SEPARATOR).map(str::to_owned).collect() }
}

/// Manual, `pg_constraint`: the codes of actions.
fn action(code: &str) -> OnDelete {
    match code {
        "r" => OnDelete::Restrict,
        "c" => OnDelete::Cascade,
        "n" => OnDelete::SetNull,
        "d" => OnDelete::SetDefault,
        _ => OnDelete::NoAction,
    }
}

/// The type of a field that holds every value of a type.
fn plain(name: &str) -> Option<SqlType> {
    Some(match name {
        "bool" => SqlType::Bool,
        "int2" => SqlType::I16,
        "int4" => SqlType::I32,
        "int8" => SqlType::I64,
        "float4" => SqlType::F32,
        "float8" => SqlType::F64,
        "numeric" => SqlType::Decimal,
        "text" | "varchar" => SqlType::Text,
        "bytea" => SqlType::Bytes,
        "uuid" => SqlType::Uuid,
        "date" => SqlType::Date,
        "time" => SqlType::Time,
        "timestamp" => SqlType::DateTime,
        "timestamptz" => SqlType::Timestamp,
        "jsonb" => SqlType::Json,
        _ => return None,
    })
}

/// SQL without the casts at its end: `'x'::character varying` is `'x'`, and so is `('x'::text)::character varying`.
fn without_cast(sql: &str) -> &str {
    let mut sql = without_parentheses(sql);
    while let Some((inner, ty)) = sql.rsplit_once("::") {
        let is_type = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '.' | '"' | '(' | ')' | ',' | '[' | ']');
        if !ty.chars().all(is_type) || without_parentheses(inner).matches('\'').count() % 2 == 1 {
            break;
        }
        let inner_is_whole = constant(inner, false).is_some() || escaped(inner).is_some() || inner.ends_with(')');
        if !inner_is_whole {
            break;
        }
        sql = without_parentheses(inner);
    }
    sql
}

/// The content of `E'..'`.
fn escaped(sql: &str) -> Option<String> {
    let rest = sql.strip_prefix(['E', 'e'])?;
    rest.starts_with('\'').then(|| constant(rest, true)).flatten()
}

/// One name for each type (manual, table 8.1), lower case where it is not quoted.
fn canonical_type(name: &str) -> String {
    let name = name.trim();
    if let Some(element) = name.strip_suffix("[]") {
        return format!("{}[]", canonical_type(element));
    }
    if name.contains('"') {
        return name.replace('"', "");
    }
    let lower = name.to_ascii_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let (word, rest) = lower.split_at(lower.find('(').unwrap_or(lower.len()));
    let (arguments, tail) = match rest.find(')') {
        Some(end) => (rest[..=end].replace(' ', ""), rest[end + 1..].trim()),
        None => (String::new(), ""),
    };
    let word = match word.trim() {
        "int" | "int4" | "serial" | "serial4" => "integer",
        "int8" | "bigserial" | "serial8" => "bigint",
        "int2" | "smallserial" | "serial2" => "smallint",
        "bool" => "boolean",
        "float8" | "float" | "double" => "double precision",
        "float4" => "real",
        "decimal" | "dec" => "numeric",
        "varchar" | "char varying" => "character varying",
        "char" | "bpchar" if arguments.is_empty() => return "character(1)".to_owned(),
        "char" | "bpchar" => "character",
        "varbit" => "bit varying",
        "timestamptz" => return format!("timestamp{arguments} with time zone"),
        "timetz" => return format!("time{arguments} with time zone"),
        "timestamp" | "time" if tail.is_empty() => return format!("{}{arguments} without time zone", word.trim()),
        "timestamp without time zone"
        | "timestamp with time zone"
        | "time without time zone"
        | "time with time zone" => {
            return word.trim().to_owned();
        }
        other => other,
    };
    let arguments = match arguments.strip_suffix(",0)") {
        Some(digits) if word == "numeric" => format!("{digits})"),
        _ => arguments,
    };
    if tail.is_empty() { format!("{word}{arguments}") } else { format!("{word}{arguments} {tail}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect() -> PostgresDialect {
        PostgresDialect::new((15, 0, 0))
    }

    #[test]
    fn types_are_the_same_by_any_of_their_names() {
        for (one, other) in [
            ("INT", "integer"),
            ("varchar(50)", "character varying(50)"),
            ("TIMESTAMPTZ", "timestamp with time zone"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("TIMESTAMP", "timestamp without time zone"),
            ("TIME", "time without time zone"),
            ("NUMERIC(12, 2)", "decimal(12,2)"),
            ("numeric(12)", "numeric(12,0)"),
            ("char", "character(1)"),
            ("BIGINT[]", "int8[]"),
            ("\"mood\"", "mood"),
            ("\"app\".\"mood\"", "app.mood"),
            ("\"Mood\"[]", "\"Mood\"[]"),
        ] {
            assert!(dialect().same_type(one, other), "{one} {other}");
        }
        for (one, other) in
            [("int", "bigint"), ("varchar(50)", "varchar(51)"), ("timestamp", "timestamptz"), ("\"Mood\"", "mood")]
        {
            assert!(!dialect().same_type(one, other), "{one} {other}");
        }
    }

    #[test]
    fn defaults_lose_their_casts() {
        let read = |sql: &str, ty: SqlType| dialect().default(sql, &Column::new("c", ty));
        let value = |text: &str| ColumnDefault::Value(Value::Text(text.to_owned().into()));
        assert_eq!(read("'x'::character varying", SqlType::Text), value("x"));
        assert_eq!(read("('x'::text)::character varying(9)", SqlType::Text), value("x"));
        assert_eq!(read("'-7'::integer", SqlType::I64), value("-7"));
        assert_eq!(read("(5)::bigint", SqlType::I64), value("5"));
        assert_eq!(read("'a::b'::text", SqlType::Text), value("a::b"));
        assert_eq!(read(r"E'a\\b'", SqlType::Text), value(r"a\b"));
        assert_eq!(read("'it''s'::mood", SqlType::Text), value("it's"));
        assert_eq!(read("now()", SqlType::Timestamp), ColumnDefault::Now);
        assert_eq!(read("CURRENT_TIMESTAMP", SqlType::Timestamp), ColumnDefault::Now);
        assert_eq!(read("now()", SqlType::Date), ColumnDefault::Sql("now()".into()));
        assert_eq!(read("upper('abc'::text)", SqlType::Text), ColumnDefault::Sql("upper('abc'::text)".into()));
        assert_eq!(read("(1 + (2 * 3))", SqlType::I64), ColumnDefault::Sql("1 + (2 * 3)".into()));
    }
}
