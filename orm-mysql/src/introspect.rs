//! What MySQL and MariaDB say of the tables of a database.
//!
//! Source: the manuals' chapters "INFORMATION_SCHEMA Tables". Checks and foreign keys are two queries each, which are put
//! together here: joined by the server they take seconds on a database of some hundred tables.

use std::collections::HashMap;

use orm_core::ast::Function;
use orm_core::dialect::introspect::{Answer, Fields, Introspect, constant, type_arguments, without_parentheses, words};
use orm_core::dialect::{Dialect, FunctionForm, Rendered, SqlWriter, ddl};
use orm_core::model::OnDelete;
use orm_core::schema::{
    Check, CheckCondition, Column, ColumnDefault, ColumnType, EnumType, ForeignKey, Generated, Index, IndexKey, Object,
    ObjectKind, PrimaryKey, QualifiedName, Schema, Table,
};
use orm_core::{Result, SqlType, Value};

use crate::dialect::MysqlDialect;

const TABLES: &str = "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COLLATION, TABLE_COMMENT \
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} ORDER BY 1";

const COLUMNS: &str = "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, DATA_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, \
    GENERATION_EXPRESSION, COLLATION_NAME, COLUMN_COMMENT \
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {} ORDER BY TABLE_NAME, ORDINAL_POSITION";

/// Only MySQL has parts that are expressions.
const INDEXES: [&str; 2] = [
    "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, COLLATION, SUB_PART, INDEX_TYPE, EXPRESSION \
    FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = {} ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
    "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, COLLATION, SUB_PART, INDEX_TYPE, NULL \
    FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = {} ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
];

const KEYS: &str = "SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, \
    REFERENCED_COLUMN_NAME, REFERENCED_TABLE_SCHEMA = TABLE_SCHEMA FROM information_schema.KEY_COLUMN_USAGE \
    WHERE TABLE_SCHEMA = {} AND REFERENCED_TABLE_NAME IS NOT NULL \
    ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION";

const ACTIONS: &str = "SELECT TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE \
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = {}";

/// The names of checks are those of the database on MySQL, of their table on MariaDB.
const CHECKS: [&str; 2] = [
    "SELECT CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = {}",
    "SELECT CONSTRAINT_NAME, CHECK_CLAUSE, TABLE_NAME, LEVEL FROM information_schema.CHECK_CONSTRAINTS \
    WHERE CONSTRAINT_SCHEMA = {}",
];

const CHECKED: &str = "SELECT TABLE_NAME, CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS \
    WHERE TABLE_SCHEMA = {} AND CONSTRAINT_TYPE = 'CHECK' ORDER BY 1, 2";

const VIEWS: &str = "SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = {}";

const TRIGGERS: &str = "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT \
    FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = {} ORDER BY 1";

impl Introspect for MysqlDialect {
    fn queries(&self, schema: Option<&str>) -> Result<Vec<Rendered>> {
        let maria = usize::from(self.server().is_mariadb());
        let all = [TABLES, COLUMNS, INDEXES[maria], KEYS, ACTIONS, CHECKS[maria], CHECKED, VIEWS, TRIGGERS];
        all.iter()
            .map(|sql| {
                let (before, after) = sql.split_once("{}").unwrap_or((sql, ""));
                let mut w = SqlWriter::new(self);
                w.push_sql(before);
                match schema {
                    Some(schema) => w.push_bind(Value::Text(schema.to_owned().into()))?,
                    None => w.push_sql("DATABASE()"),
                }
                w.push_sql(after);
                Ok(w.finish())
            })
            .collect()
    }

    fn schema(&self, schema: Option<&str>, answers: &[Answer]) -> Result<Schema> {
        let answer = |at: usize| answers.get(at).map_or(&[][..], Answer::rows);
        let named = |name: &str| QualifiedName { schema: schema.map(str::to_owned), name: name.to_owned() };
        let maria = self.server().is_mariadb();
        let mut result = Schema::default();
        let mut places = HashMap::new();
        let mut collations = HashMap::new();
        for row in answer(0).iter().filter(|row| matches!(row.text(1), "BASE TABLE" | "SYSTEM VERSIONED")) {
            places.insert(row.text(0), result.tables.len());
            collations.insert(row.text(0), row.text(3));
            let mut table = Table::new(row.text(0));
            table.name = named(row.text(0));
            row.text(4).clone_into(&mut table.comment);
            let charset = row.text(3).split('_').next().unwrap_or_default();
            table.options = Some(format!(" ENGINE={} DEFAULT CHARSET={charset} COLLATE={}", row.text(2), row.text(3)));
            result.tables.push(table);
        }
        for row in answer(1) {
            let Some(place) = places.get(row.text(0)) else { continue };
            let inherited = collations.get(row.text(0)).copied().unwrap_or_default();
            result.tables[*place].columns.push(self.column(row, inherited));
        }
        for row in answer(2) {
            let Some(place) = places.get(row.text(0)) else { continue };
            self.index_part(&mut result.tables[*place], row);
        }
        let mut actions = HashMap::new();
        for row in answer(4) {
            actions.insert((row.text(0), row.text(1)), (action(row.text(2)), action(row.text(3))));
        }
        for row in answer(3) {
            let Some(place) = places.get(row.text(0)) else { continue };
            let keys = &mut result.tables[*place].foreign_keys;
            if keys.last().is_none_or(|key| key.name != row.text(1)) {
                let target = if schema.is_none() && row.is(6) {
                    row.text(4).into()
                } else {
                    QualifiedName::of(row.text(3), row.text(4))
                };
                let (on_update, on_delete) = actions
                    .get(&(row.text(0), row.text(1)))
                    .copied()
                    .unwrap_or((OnDelete::NoAction, OnDelete::NoAction));
                keys.push(ForeignKey {
                    columns: Vec::new(),
                    target_columns: Vec::new(),
                    on_update,
                    on_delete,
                    ..ForeignKey::new(row.text(1), "", target, "")
                });
            }
            if let Some(key) = keys.last_mut() {
                key.columns.push(row.text(2).to_owned());
                key.target_columns.push(row.text(5).to_owned());
            }
        }
        self.checks(&mut result, &places, answer(5), answer(6));
        for row in answer(7) {
            let (name, sql) = (named(row.text(0)), row.text(1).to_owned());
            result.objects.push(Object { kind: ObjectKind::View, name, table: None, sql });
        }
        for row in answer(8) {
            let sql = format!("{} {} {}", row.text(2), row.text(3), row.text(4));
            let (name, table) = (named(row.text(0)), Some(named(row.text(1))));
            result.objects.push(Object { kind: ObjectKind::Trigger, name, table, sql });
        }
        for table in &mut result.tables {
            living_rows(table, maria);
            let keys = table.indexes.iter().flat_map(|index| &index.keys).filter_map(IndexKey::name);
            let names: Vec<String> = keys.map(str::to_owned).collect();
            table.columns.iter_mut().for_each(|column| column.indexed = names.contains(&column.name));
        }
        Ok(result)
    }

    fn same_type(&self, one: &str, other: &str) -> bool {
        let maria = self.server().is_mariadb();
        canonical_type(one, maria) == canonical_type(other, maria)
    }

    fn same_name(&self, one: &str, other: &str) -> bool {
        one == other || one.to_lowercase() == other.to_lowercase()
    }

    fn default(&self, sql: &str, column: &Column) -> ColumnDefault {
        let sql = without_introducers(sql);
        if let Some(content) = constant(&sql, true) {
            return ColumnDefault::Value(Value::Text(content.into()));
        }
        let sql = without_parentheses(&sql);
        let now = match self.function(Function::Now) {
            Some(FunctionForm::Text(now)) => words(now),
            _ => String::new(),
        };
        let is_time = matches!(column.ty, ColumnType::Plain(SqlType::DateTime | SqlType::Timestamp));
        if is_time && words(sql) == now { ColumnDefault::Now } else { ColumnDefault::Sql(sql.to_owned()) }
    }
}

impl MysqlDialect {
    fn column(&self, row: &Fields, inherited: &str) -> Column {
        let maria = self.server().is_mariadb();
        let (type_name, extra) = (row.text(2), row.text(6));
        let labels = || enum_labels(type_name);
        let ty = match row.text(3) {
            "enum" => ColumnType::Enum(EnumType { name: "".into(), labels: labels() }),
            name => plain(name, type_name).map_or_else(|| ColumnType::Native(type_name.to_owned()), ColumnType::Plain),
        };
        let mut column = Column::new(row.text(1), ty);
        let (_, arguments) = type_arguments(type_name);
        match (row.text(3), arguments.as_slice()) {
            ("varchar" | "char" | "varbinary", [length]) => column.length = Some(*length),
            ("decimal", [digits, rest @ ..]) => {
                let scale = rest.first().copied().unwrap_or_default();
                column.precision = u8::try_from(*digits).ok().zip(u8::try_from(scale).ok());
            }
            _ => {}
        }
        column.type_name = Some(type_name.to_owned());
        column.nullable = row.is(4);
        column.collation = row.owned(8).filter(|collation| collation != inherited);
        column.comment = row.text(9).to_owned();
        let words: Vec<String> = extra.split_whitespace().map(str::to_ascii_uppercase).collect();
        let has = |word: &str| words.iter().any(|found| found == word);
        column.auto_increment = has("AUTO_INCREMENT");
        if let Some(sql) = row.owned(7) {
            let sql = if maria { sql } else { unescaped(&sql) };
            let stored = has("STORED") || has("PERSISTENT");
            column.generated = Some(Generated { sql: without_parentheses(&sql).to_owned(), stored });
        } else if let Some(default) = row.get(5) {
            column.default = match () {
                () if maria && default.eq_ignore_ascii_case("NULL") => None,
                () if maria => Some(self.default(default, &column)),
                () if has("DEFAULT_GENERATED") => Some(self.default(&unescaped(default), &column)),
                // MySQL gives a constant without quotes.
                () => Some(ColumnDefault::Value(Value::Text(default.to_owned().into()))),
            };
        }
        let on_update = extra.to_ascii_lowercase().find("on update ").and_then(|at| extra.get(at..));
        column.extra = on_update.map(|rest| format!("ON UPDATE {}", rest["on update ".len()..].trim()));
        column
    }

    fn index_part(&self, table: &mut Table, row: &Fields) {
        let name = row.text(1);
        if name == "PRIMARY" {
            let key = table.primary_key.get_or_insert_with(|| PrimaryKey { name: None, columns: Vec::new() });
            key.columns.push(row.text(3).to_owned());
            return;
        }
        if table.indexes.last().is_none_or(|index| index.name != name) {
            let method = match row.text(6) {
                "BTREE" => None,
                other => Some(other.to_ascii_lowercase()),
            };
            table.indexes.push(Index { unique: !row.is(2), method, ..Index::new(name, Vec::new()) });
        }
        let descending = row.text(4) == "D";
        let key = match row.get(7) {
            Some(sql) => {
                let sql = unescaped(sql);
                IndexKey::Expression { sql: without_parentheses(&sql).to_owned(), descending }
            }
            None => IndexKey::Column {
                name: row.text(3).to_owned(),
                descending,
                prefix: row.get(5).and_then(|length| length.parse().ok()),
            },
        };
        if let Some(index) = table.indexes.last_mut() {
            index.keys.push(key);
        }
    }

    /// Puts checks to their tables. MariaDB's JSON is text with a check of the column that the type brings with it.
    fn checks(&self, schema: &mut Schema, places: &HashMap<&str, usize>, texts: &[Fields], of_tables: &[Fields]) {
        if self.server().is_mariadb() {
            for row in texts {
                let Some(place) = places.get(row.text(2)) else { continue };
                let table = &mut schema.tables[*place];
                let sql = without_parentheses(row.text(1)).to_owned();
                let name = row.text(0);
                let json = format!("json_valid(`{name}`)");
                let column = table.columns.iter_mut().find(|column| column.name == name);
                match column {
                    Some(column) if row.text(3) == "Column" && sql == json => {
                        column.ty = ColumnType::Plain(SqlType::Json);
                        // The type brings the check and the collation with it.
                        column.type_name = Some("json".to_owned());
                        column.collation = None;
                    }
                    _ => {
                        let condition = CheckCondition::Sql(sql);
                        table.checks.push(Check { name: name.to_owned(), condition });
                    }
                }
            }
            return;
        }
        let conditions: HashMap<&str, &str> = texts.iter().map(|row| (row.text(0), row.text(1))).collect();
        for row in of_tables {
            let Some(place) = places.get(row.text(0)) else { continue };
            let sql = unescaped(conditions.get(row.text(1)).copied().unwrap_or_default());
            let condition = CheckCondition::Sql(without_parentheses(&sql).to_owned());
            schema.tables[*place].checks.push(Check { name: row.text(1).to_owned(), condition });
        }
    }
}

/// Finds the unique keys that leave deleted rows out: by an expression that is NULL for them, or on MariaDB by a computed
/// column.
fn living_rows(table: &mut Table, maria: bool) {
    let mut computed = Vec::new();
    for index in table.indexes.iter_mut().filter(|index| index.unique) {
        let mut live = None;
        let sql = match index.keys.last() {
            Some(IndexKey::Expression { sql, .. }) => Some(sql.clone()),
            Some(IndexKey::Column { name, .. }) if maria && *name == ddl::live_column(index) => {
                let column = table.columns.iter().find(|column| column.name == *name);
                live = Some(name.clone());
                column.and_then(|column| column.generated.as_ref()).map(|generated| generated.sql.clone())
            }
            _ => None,
        };
        let condition = sql.as_deref().map(words);
        let column = condition.as_deref().and_then(|sql| {
            let inner = sql.strip_prefix("casewhen")?.strip_suffix("then1end")?;
            let name = without_parentheses(inner).strip_suffix("isnull")?;
            Some(name.trim_matches('`').replace("``", "`"))
        });
        if let Some(column) = column {
            index.soft_delete = Some(column);
            index.keys.pop();
            computed.extend(live);
        }
    }
    table.columns.retain(|column| !computed.contains(&column.name));
}

/// The labels of `enum('a','b')`.
fn enum_labels(type_name: &str) -> Vec<String> {
    let inside = type_name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or_default();
    let (mut labels, mut label, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = inside.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quoted) {
            ('\'', false) => quoted = true,
            ('\'', true) if chars.peek() == Some(&'\'') => {
                chars.next();
                label.push('\'');
            }
            ('\'', true) => {
                quoted = false;
                labels.push(std::mem::take(&mut label));
            }
            (c, true) => label.push(c),
            (_, false) => {}
        }
    }
    labels
}

/// MySQL's information schema escapes the quotes and backslashes of an expression once more.
fn unescaped(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut chars = sql.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
    text
}

/// SQL without the character sets that MySQL writes before text: `_utf8mb4'x'` is `'x'`.
fn without_introducers(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('\'') {
        let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
        let introduces =
            word.starts_with("_utf8") || word.starts_with("_latin1") || word == "_binary" || word == "_ascii";
        text.push_str(if introduces { &before[..before.len() - word.len()] } else { before });
        text.push('\'');
        let mut at = 0;
        let bytes = after.as_bytes();
        while at < bytes.len() {
            match bytes[at] {
                b'\\' => at += 2,
                b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
                b'\'' => break,
                _ => at += 1,
            }
        }
        let end = (at + 1).min(after.len());
        let end = (end..=after.len()).find(|end| after.is_char_boundary(*end)).unwrap_or(after.len());
        text.push_str(&after[..end]);
        rest = &after[end..];
    }
    text.push_str(rest);
    text
}

/// The type of a field that holds every value of a type.
fn plain(name: &str, type_name: &str) -> Option<SqlType> {
    let unsigned = type_name.contains("unsigned");
    Some(match (name, unsigned) {
        ("tinyint", false) if type_name == "tinyint(1)" => SqlType::Bool,
        ("tinyint", false) => SqlType::I8,
        ("tinyint", true) => SqlType::U8,
        ("smallint", false) => SqlType::I16,
        ("smallint", true) => SqlType::U16,
        ("int" | "mediumint", false) => SqlType::I32,
        ("int" | "mediumint", true) => SqlType::U32,
        ("bigint", false) => SqlType::I64,
        ("bigint", true) => SqlType::U64,
        ("float", _) => SqlType::F32,
        ("double", _) => SqlType::F64,
        ("decimal", _) => SqlType::Decimal,
        ("char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext", _) => SqlType::Text,
        ("binary", _) if type_name == "binary(16)" => SqlType::Uuid,
        ("binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob", _) => SqlType::Bytes,
        ("date", _) => SqlType::Date,
        ("time", _) => SqlType::Time,
        ("datetime", _) => SqlType::DateTime,
        ("timestamp", _) => SqlType::Timestamp,
        ("json", _) => SqlType::Json,
        _ => return None,
    })
}

fn action(name: &str) -> OnDelete {
    match name {
        "RESTRICT" => OnDelete::Restrict,
        "CASCADE" => OnDelete::Cascade,
        "SET NULL" => OnDelete::SetNull,
        "SET DEFAULT" => OnDelete::SetDefault,
        _ => OnDelete::NoAction,
    }
}

/// One name for each type (manual, "Data Types"). The display width of integers says nothing, but `tinyint(1)` is what
/// booleans are.
fn canonical_type(name: &str, maria: bool) -> String {
    let mut lower = String::with_capacity(name.len());
    let mut quoted = false;
    for c in name.trim().chars() {
        if c == '\'' {
            quoted = !quoted;
        }
        if quoted { lower.push(c) } else { lower.extend(c.to_lowercase()) }
    }
    for suffix in [" character set ", " charset ", " collate "] {
        if let Some(at) = lower.find(suffix) {
            lower.truncate(at);
        }
    }
    let (word, rest) = lower.split_at(lower.find('(').unwrap_or(lower.len()));
    let (mut arguments, tail) = match rest.rfind(')') {
        Some(end) => (rest[..=end].replace(", ", ","), rest[end + 1..].trim()),
        None => (String::new(), ""),
    };
    let mut words: Vec<&str> = word.split_whitespace().chain(tail.split_whitespace()).collect();
    let unsigned = words.contains(&"unsigned") || words.contains(&"zerofill");
    words.retain(|word| !matches!(*word, "unsigned" | "signed" | "zerofill"));
    let word = match words.join(" ").as_str() {
        "integer" | "int4" => "int".to_owned(),
        "int8" => "bigint".to_owned(),
        "int2" => "smallint".to_owned(),
        "int1" => "tinyint".to_owned(),
        "int3" | "middleint" => "mediumint".to_owned(),
        "bool" | "boolean" => return "tinyint(1)".to_owned(),
        "numeric" | "dec" | "fixed" => "decimal".to_owned(),
        "double precision" | "real" | "float8" => "double".to_owned(),
        "float4" => "float".to_owned(),
        "character varying" => "varchar".to_owned(),
        "character" => "char".to_owned(),
        "json" if maria => "longtext".to_owned(),
        other => other.to_owned(),
    };
    match word.as_str() {
        "tinyint" if arguments == "(1)" && !unsigned => {}
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => arguments.clear(),
        "decimal" if arguments.is_empty() => arguments.push_str("(10,0)"),
        "decimal" if !arguments.contains(',') => arguments = arguments.replace(')', ",0)"),
        "char" | "binary" | "bit" if arguments.is_empty() => arguments.push_str("(1)"),
        "datetime" | "timestamp" | "time" if arguments == "(0)" => arguments.clear(),
        _ => {}
    }
    format!("{word}{arguments}{}", if unsigned { " unsigned" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_the_same_by_any_of_their_names() {
        for (one, other) in [
            ("BIGINT", "bigint(20)"),
            ("INT UNSIGNED", "int(10) unsigned"),
            ("TINYINT", "tinyint(4)"),
            ("TINYINT(1)", "boolean"),
            ("DECIMAL(12, 2)", "decimal(12,2)"),
            ("numeric", "decimal(10,0)"),
            ("VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "varchar(1)"),
            ("ENUM('A','b c')", "enum('A','b c')"),
            ("DOUBLE", "double precision"),
        ] {
            assert_eq!(canonical_type(one, false), canonical_type(other, false));
        }
        assert_eq!(canonical_type("JSON", true), canonical_type("longtext", true));
        for (one, other) in [
            ("JSON", "longtext"),
            ("tinyint", "tinyint(1)"),
            ("int", "int unsigned"),
            ("ENUM('A')", "enum('a')"),
            ("datetime", "datetime(6)"),
        ] {
            assert_ne!(canonical_type(one, false), canonical_type(other, false));
        }
    }

    #[test]
    fn labels_are_taken_out_of_their_quotes() {
        assert_eq!(enum_labels("enum('a','it''s, (x)','')"), ["a", "it's, (x)", ""]);
    }

    #[test]
    fn what_mysql_adds_to_text_goes() {
        assert_eq!(unescaped(r"_utf8mb4\'it\\\'s\'"), r"_utf8mb4'it\'s'");
        assert_eq!(without_introducers(r"_utf8mb4'it\'s _latin1' + f_utf8('é')"), r"'it\'s _latin1' + f_utf8('é')");
    }
}
