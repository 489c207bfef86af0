//! What SQLite says of its tables: in pragmas, and for the rest in the statements that created them, which it keeps as
//! they were written.
//!
//! Source: <https://www.sqlite.org/pragma.html>, <https://www.sqlite.org/schematab.html>,
//! <https://www.sqlite.org/lang_createtable.html>.

use std::collections::HashMap;

use orm_core::ast::Function;
use orm_core::dialect::introspect::{Answer, Introspect, constant, type_arguments, without_parentheses, words};
use orm_core::dialect::{Dialect, FunctionForm, Rendered, SqlWriter};
use orm_core::model::OnDelete;
use orm_core::schema::{
    Check, CheckCondition, Column, ColumnDefault, ColumnType, ForeignKey, Generated, Index, IndexKey, Object,
    ObjectKind, PrimaryKey, QualifiedName, Schema, Table,
};
use orm_core::{Result, SqlType, Value};

use crate::definition::{self, Definition};
use crate::dialect::SqliteDialect;

/// How the parts of the queries name the schema table and the argument of pragmas.
fn queries_of(schema: &str, quoted: &str) -> [String; 5] {
    let tables = format!("FROM {quoted}.sqlite_schema s");
    // Tables of SQLite's own, and those in which virtual tables keep their rows.
    let listed = format!("pragma_table_list l ON l.name = s.name AND l.schema = {schema} AND l.type = 'table'");
    let own = "s.type = 'table' AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    [
        format!(
            "SELECT s.type, s.name, s.tbl_name, s.sql, \
             (SELECT l.type FROM pragma_table_list l WHERE l.name = s.name AND l.schema = {schema}) \
             {tables} ORDER BY s.rowid"
        ),
        format!(
            "SELECT s.name, x.name, x.type, x.\"notnull\", x.dflt_value, x.pk, x.hidden \
             {tables} JOIN {listed}, pragma_table_xinfo(s.name, {schema}) x WHERE {own} ORDER BY s.rowid, x.cid"
        ),
        format!(
            "SELECT s.name, x.id, x.seq, x.\"table\", x.\"from\", x.\"to\", x.on_update, x.on_delete \
             {tables} JOIN {listed}, pragma_foreign_key_list(s.name, {schema}) x WHERE {own} \
             ORDER BY s.rowid, x.id DESC, x.seq"
        ),
        format!(
            "SELECT s.name, il.name, il.\"unique\", il.origin, x.cid, x.name, x.\"desc\", x.key \
             {tables} JOIN {listed}, pragma_index_list(s.name, {schema}) il, \
             pragma_index_xinfo(il.name, {schema}) x WHERE {own} AND il.origin <> 'pk' \
             ORDER BY s.rowid, il.seq DESC, x.seqno"
        ),
        format!("SELECT s.name, l.wr, l.strict {tables} JOIN {listed} WHERE {own} ORDER BY s.rowid"),
    ]
}

impl Introspect for SqliteDialect {
    fn queries(&self, schema: Option<&str>) -> Result<Vec<Rendered>> {
        let name = schema.unwrap_or("main");
        let mut w = SqlWriter::new(self);
        w.push_ident(name)?;
        let quoted = w.finish().sql;
        let mut literal = String::new();
        self.push_text_literal(&mut literal, name);
        let rendered = queries_of(&literal, &quoted).map(|sql| Rendered { sql, ..Rendered::default() });
        Ok(rendered.into())
    }

    fn schema(&self, schema: Option<&str>, answers: &[Answer]) -> Result<Schema> {
        let answer = |at: usize| answers.get(at).map_or(&[][..], Answer::rows);
        let named = |name: &str| QualifiedName { schema: schema.map(str::to_owned), name: name.to_owned() };
        let mut result = Schema::default();
        let mut places = HashMap::new();
        let mut definitions: HashMap<&str, Definition> = HashMap::new();
        let mut texts: HashMap<&str, &str> = HashMap::new();
        for row in answer(0) {
            let (kind, name, sql) = (row.text(0), row.text(1), row.text(3));
            let object = |kind, table: Option<&str>| Object {
                kind,
                name: named(name),
                table: table.map(named),
                sql: sql.to_owned(),
            };
            match (kind, row.text(4)) {
                _ if name.starts_with("sqlite_") => {}
                ("table", "table") => {
                    places.insert(name, result.tables.len());
                    definitions.insert(name, definition::table(sql));
                    let mut table = Table::new(name);
                    table.name = named(name);
                    table.definition = Some(sql.to_owned());
                    result.tables.push(table);
                }
                ("table", "virtual") => result.objects.push(object(ObjectKind::ForeignTable, None)),
                ("view", _) => result.objects.push(object(ObjectKind::View, None)),
                ("trigger", _) => result.objects.push(object(ObjectKind::Trigger, Some(row.text(2)))),
                ("index", _) => {
                    texts.insert(name, sql);
                }
                _ => {}
            }
        }
        for row in answer(4) {
            let Some(place) = places.get(row.text(0)) else { continue };
            let options = match (row.is(1), row.is(2)) {
                (false, false) => continue,
                (true, false) => " WITHOUT ROWID",
                (false, true) => " STRICT",
                (true, true) => " STRICT, WITHOUT ROWID",
            };
            result.tables[*place].options = Some(options.to_owned());
        }
        let mut keys: HashMap<usize, Vec<(i64, String)>> = HashMap::new();
        for row in answer(1) {
            let Some(place) = places.get(row.text(0)) else { continue };
            let table = &mut result.tables[*place];
            let said = definitions.get(row.text(0)).and_then(|definition| definition.column(row.text(1)));
            let type_name = row.text(2);
            let ty = plain(type_name).map_or_else(|| ColumnType::Native(type_name.to_owned()), ColumnType::Plain);
            let mut column = Column::new(row.text(1), ty);
            let (_, arguments) = type_arguments(type_name);
            match (&column.ty, arguments.as_slice()) {
                (ColumnType::Plain(SqlType::Text), [length]) => column.length = Some(*length),
                (ColumnType::Plain(SqlType::Decimal), [digits, rest @ ..]) => {
                    let scale = rest.first().copied().unwrap_or_default();
                    column.precision = u8::try_from(*digits).ok().zip(u8::try_from(scale).ok());
                }
                _ => {}
            }
            column.type_name = Some(type_name.to_owned());
            let is_key = row.number(5) > 0;
            // A key of a table with rowids may be NULL unless it is the rowid itself.
            column.nullable = !row.is(3);
            if is_key {
                keys.entry(*place).or_default().push((row.number(5), row.text(1).to_owned()));
            }
            if let Some(said) = said {
                column.collation.clone_from(&said.collation);
                if let Some(sql) = &said.generated {
                    // 3 is stored, 2 computed when it is read.
                    column.generated = Some(Generated { sql: sql.clone(), stored: row.number(6) == 3 });
                }
            }
            if column.generated.is_none()
                && let Some(sql) = row.get(4).filter(|sql| !sql.trim().eq_ignore_ascii_case("NULL"))
            {
                column.default = Some(self.default(sql, &column));
            }
            table.columns.push(column);
        }
        for (place, mut parts) in keys {
            parts.sort_unstable();
            let table = &mut result.tables[place];
            let columns: Vec<String> = parts.into_iter().map(|(_, name)| name).collect();
            let has_rowid = !table.options.as_deref().is_some_and(|options| options.contains("ROWID"));
            if let [name] = columns.as_slice()
                && has_rowid
                && let Some(column) = table.columns.iter_mut().find(|column| column.name == *name)
                && column.type_name.as_deref().is_some_and(|ty| ty.eq_ignore_ascii_case("INTEGER"))
            {
                // An alias of the rowid is filled in and never NULL.
                column.auto_increment = true;
                column.nullable = false;
            }
            let name = definitions.get(table.name.name.as_str()).and_then(|said| said.primary_key.clone());
            table.primary_key = Some(PrimaryKey { name, columns });
        }
        for row in answer(2) {
            let Some(place) = places.get(row.text(0)) else { continue };
            let is_first = row.number(2) == 0;
            let target = named(row.text(3));
            // Without columns, it is the primary key of the target.
            let implied = row.get(5).is_none().then(|| {
                let at = result.tables.iter().find(|table| self.same_name(&table.name.name, row.text(3)));
                let key = at.and_then(|table| table.primary_key.as_ref());
                let at = usize::try_from(row.number(2)).unwrap_or_default();
                key.and_then(|key| key.columns.get(at)).cloned().unwrap_or_default()
            });
            let table = &mut result.tables[*place];
            if is_first {
                table.foreign_keys.push(ForeignKey {
                    columns: Vec::new(),
                    target_columns: Vec::new(),
                    on_update: action(row.text(6)),
                    on_delete: action(row.text(7)),
                    ..ForeignKey::new("", "", target, "")
                });
            }
            if let Some(key) = table.foreign_keys.last_mut() {
                key.columns.push(row.text(4).to_owned());
                key.target_columns.push(implied.unwrap_or_else(|| row.text(5).to_owned()));
            }
        }
        for row in answer(3) {
            let Some(place) = places.get(row.text(0)) else { continue };
            let table = &mut result.tables[*place];
            if table.indexes.last().is_none_or(|index| index.name != row.text(1)) {
                table.indexes.push(Index {
                    unique: row.is(2),
                    constraint: row.text(3) == "u",
                    definition: texts.get(row.text(1)).filter(|sql| !sql.is_empty()).map(|sql| (*sql).to_owned()),
                    ..Index::new(row.text(1), Vec::new())
                });
            }
            let descending = row.is(6);
            let Some(index) = table.indexes.last_mut().filter(|_| row.is(7)) else { continue };
            let key = match row.get(5) {
                Some(name) => IndexKey::Column { name: name.to_owned(), descending, prefix: None },
                None => IndexKey::Expression { sql: String::new(), descending },
            };
            index.keys.push(key);
        }
        for table in &mut result.tables {
            let Some(said) = definitions.remove(table.name.name.as_str()) else { continue };
            for index in &mut table.indexes {
                complete(index);
            }
            for key in table.indexes.iter().flat_map(|index| &index.keys).filter_map(IndexKey::name) {
                let column = table.columns.iter_mut().find(|column| column.name == key);
                column.into_iter().for_each(|column| column.indexed = true);
            }
            for (key, stated) in table.foreign_keys.iter_mut().zip(&said.foreign_keys) {
                key.name.clone_from(&stated.name);
                key.deferrable = stated.deferrable;
            }
            table.checks = said
                .checks
                .into_iter()
                .map(|(name, sql)| Check { name, condition: CheckCondition::Sql(sql) })
                .collect();
        }
        Ok(result)
    }

    /// SQLite keeps any value in any column; what a type says is only how values are converted on their way in
    /// (<https://www.sqlite.org/datatype3.html>). `STRICT` tables have five types.
    fn same_type(&self, one: &str, other: &str) -> bool {
        one.trim().eq_ignore_ascii_case(other.trim()) || affinity(one) == affinity(other)
    }

    fn same_name(&self, one: &str, other: &str) -> bool {
        one.eq_ignore_ascii_case(other)
    }

    fn default(&self, sql: &str, column: &Column) -> ColumnDefault {
        if let Some(content) = constant(sql, false) {
            return ColumnDefault::Value(Value::Text(content.into()));
        }
        let sql = without_parentheses(sql);
        let now = match self.function(Function::Now) {
            Some(FunctionForm::Text(now)) => words(now),
            _ => String::new(),
        };
        let is_time = column.ty == ColumnType::Plain(SqlType::Timestamp);
        if words(sql) == now || is_time && words(sql) == "current_timestamp" {
            return ColumnDefault::Now;
        }
        ColumnDefault::Sql(sql.to_owned())
    }
}

/// Takes what only the statement says: expressions, the filter, and which rows a unique key covers.
fn complete(index: &mut Index) {
    let Some(said) = index.definition.as_deref().map(definition::index) else { return };
    for (key, text) in index.keys.iter_mut().zip(said.keys) {
        if let IndexKey::Expression { sql, .. } = key {
            *sql = text;
        }
    }
    let Some(filter) = said.filter else { return };
    let (first, rest) = match filter.split_once(" AND ") {
        Some((first, rest)) => (first, Some(without_parentheses(rest).to_owned())),
        None => (filter.as_str(), None),
    };
    let column = first.trim().strip_suffix(" IS NULL").and_then(definition::name);
    match column {
        Some(column) if index.unique => {
            index.soft_delete = Some(column);
            index.filter = rest;
        }
        _ => index.filter = Some(filter),
    }
}

/// <https://www.sqlite.org/datatype3.html>, 3.1.
fn affinity(ty: &str) -> u8 {
    let ty = ty.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| ty.contains(word));
    match () {
        () if has(&["INT"]) => 0,
        () if has(&["CHAR", "CLOB", "TEXT"]) => 1,
        () if has(&["BLOB"]) || ty.trim().is_empty() => 2,
        () if has(&["REAL", "FLOA", "DOUB"]) => 3,
        () => 4,
    }
}

/// The type of a field that suits what is usually kept under a name.
fn plain(name: &str) -> Option<SqlType> {
    let (word, _) = type_arguments(name);
    let word = word.to_ascii_uppercase();
    Some(match word.as_str() {
        "BOOLEAN" | "BOOL" => SqlType::Bool,
        "SMALLINT" | "INT2" => SqlType::I16,
        "INT" | "MEDIUMINT" => SqlType::I32,
        "DATE" => SqlType::Date,
        "TIME" => SqlType::Time,
        "DATETIME" | "TIMESTAMP" => SqlType::DateTime,
        "DECIMAL" | "NUMERIC" => SqlType::Decimal,
        "JSON" => SqlType::Json,
        _ if word.contains("INT") => SqlType::I64,
        _ if word.contains("CHAR") || word.contains("TEXT") || word.contains("CLOB") => SqlType::Text,
        _ if word.contains("BLOB") => SqlType::Bytes,
        _ if word.contains("REAL") || word.contains("FLOA") || word.contains("DOUB") => SqlType::F64,
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
