//! CREATE and DROP of tables, indexes, foreign keys and enum types, from a snapshot.

use super::super::{CommentStyle, Dialect, FunctionForm, IndexMethodStyle, SqlWriter, unsupported};
use crate::ast::Function;
use crate::error::Result;
use crate::model::OnDelete;
use crate::schema::{
    CheckCondition, ColumnDefault, ColumnSchema, ForeignKey, IndexKey, IndexSchema, Schema, TableSchema,
};
use crate::value::{EnumStorage, SqlType};

/// The statements that create everything in a snapshot, in order. `existing` are the tables that are there already and
/// are left as they are.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for types, indexes and actions that the database does not
/// have.
pub fn create(schema: &Schema, existing: &[&TableSchema], dialect: &dyn Dialect) -> Result<Vec<String>> {
    let capabilities = dialect.capabilities();
    let mut statements = Vec::new();
    if capabilities.enum_types {
        for def in &schema.enums {
            let mut w = SqlWriter::new(dialect);
            dialect.push_create_enum(&mut w, def)?;
            statements.push(w.finish().sql);
        }
    }
    let mut missing: Vec<&TableSchema> =
        schema.tables.iter().filter(|table| !existing.iter().any(|there| there.is(table))).collect();
    let (mut after, mut later) = (Vec::new(), Vec::new());
    while !missing.is_empty() {
        let table = missing.remove(0);
        // A key can be declared with its table unless it points at one that is still to come, or at a unique key of the
        // table itself, which is made after it.
        let waits = |key: &ForeignKey| {
            let own_key = key.points_at(table) && key.target_columns != table.primary_key;
            own_key || missing.iter().any(|table| key.points_at(table))
        };
        let (deferred, inline): (Vec<&ForeignKey>, Vec<&ForeignKey>) =
            table.foreign_keys.iter().partition(|key| capabilities.add_foreign_key && waits(key));
        statements.push(create_table(table, &inline, dialect)?);
        for index in &table.indexes {
            // Foreign keys of later tables may point at unique keys.
            let statements = if index.unique { &mut statements } else { &mut after };
            statements.push(create_index(table, index, dialect)?);
        }
        for key in deferred {
            later.push(add_foreign_key(table, key, dialect)?);
        }
        if capabilities.comments == CommentStyle::Statements {
            comments(table, dialect, &mut later)?;
        }
    }
    statements.append(&mut after);
    statements.append(&mut later);
    Ok(statements)
}

/// The statements that end the cycles of foreign keys between the tables that are `there`, before a [`drop`] that does not
/// cascade: those keys are dropped, or else the tables emptied.
///
/// # Errors
/// As [`create`].
pub fn untie(schema: &Schema, there: &[&TableSchema], dialect: &dyn Dialect) -> Result<Vec<String>> {
    let capabilities = dialect.capabilities();
    let tables: Vec<&TableSchema> =
        schema.tables.iter().filter(|table| there.iter().any(|other| other.is(table))).collect();
    // Tables are dropped from the last to the first: a key that points at a later one is in the way.
    let in_the_way = tables.iter().enumerate().flat_map(|(i, table)| {
        let later = &tables[i + 1..];
        let keys = table.foreign_keys.iter().filter(|key| later.iter().any(|t| key.points_at(t)));
        keys.map(|key| (*table, key))
    });
    let in_the_way: Vec<(&TableSchema, &ForeignKey)> = in_the_way.collect();
    if in_the_way.is_empty() {
        return Ok(Vec::new());
    }
    if !capabilities.add_foreign_key {
        return empty(tables, dialect);
    }
    let statements = in_the_way.into_iter().map(|(table, key)| {
        let mut w = SqlWriter::new(dialect);
        w.push_sql("ALTER TABLE ");
        w.push_qualified(table.schema.as_deref(), &table.name)?;
        w.push_sql(" DROP CONSTRAINT ");
        w.push_ident(&short(&key.name, dialect))?;
        Ok(w.finish().sql)
    });
    statements.collect()
}

/// The statements that remove all rows of tables: first the foreign keys that may be NULL, then the rows, those of a
/// table after those that point at them.
fn empty(mut tables: Vec<&TableSchema>, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let nullable = |table: &TableSchema, name: &String| table.columns.iter().any(|c| &c.name == name && c.nullable);
    let mut statements = Vec::new();
    for table in &tables {
        for key in &table.foreign_keys {
            let Some(column) = key.columns.iter().find(|name| nullable(table, name)) else { continue };
            let mut w = SqlWriter::new(dialect);
            w.push_sql("UPDATE ");
            w.push_qualified(table.schema.as_deref(), &table.name)?;
            w.push_sql(" SET ");
            w.push_ident(column)?;
            w.push_sql(" = NULL");
            statements.push(w.finish().sql);
        }
    }
    while !tables.is_empty() {
        let points = |other: &TableSchema, table: &TableSchema| {
            other
                .foreign_keys
                .iter()
                .any(|key| key.points_at(table) && !key.columns.iter().any(|name| nullable(other, name)))
        };
        let free = tables.iter().position(|table| !tables.iter().any(|other| !other.is(table) && points(other, table)));
        let table = tables.remove(free.unwrap_or(0));
        let mut w = SqlWriter::new(dialect);
        w.push_sql("DELETE FROM ");
        w.push_qualified(table.schema.as_deref(), &table.name)?;
        statements.push(w.finish().sql);
    }
    Ok(statements)
}

/// The statements that drop the tables of a snapshot, in order, and with `cascade` what depends on them; what is not there
/// is passed over.
///
/// # Errors
/// As [`create`].
pub fn drop(schema: &Schema, cascade: bool, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let mut statements = Vec::new();
    for table in schema.tables.iter().rev() {
        let mut w = SqlWriter::new(dialect);
        w.push_sql("DROP TABLE IF EXISTS ");
        w.push_qualified(table.schema.as_deref(), &table.name)?;
        if cascade {
            w.push_sql(" CASCADE");
        }
        statements.push(w.finish().sql);
    }
    Ok(statements)
}

/// The statements that drop the enum types of a snapshot; what is not there is passed over.
///
/// # Errors
/// As [`create`].
pub fn drop_enums(schema: &Schema, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let mut statements = Vec::new();
    if dialect.capabilities().enum_types {
        for def in &schema.enums {
            let mut w = SqlWriter::new(dialect);
            w.push_sql("DROP TYPE IF EXISTS ");
            w.push_ident(def.name)?;
            statements.push(w.finish().sql);
        }
    }
    Ok(statements)
}

fn create_table(table: &TableSchema, foreign_keys: &[&ForeignKey], dialect: &dyn Dialect) -> Result<String> {
    let capabilities = dialect.capabilities();
    let mut w = SqlWriter::new(dialect);
    w.push_sql("CREATE TABLE ");
    w.push_qualified(table.schema.as_deref(), &table.name)?;
    w.push_sql(" (");
    let mut key_is_declared = false;
    for (i, column) in table.columns.iter().enumerate() {
        if i > 0 {
            w.push_sql(", ");
        }
        key_is_declared |= column_definition(&mut w, column)?;
    }
    for index in table.indexes.iter().filter(|index| needs_alive_column(index, dialect)) {
        w.push_sql(", ");
        w.push_ident(&alive_column(index))?;
        w.push_sql(" SMALLINT GENERATED ALWAYS AS (CASE WHEN ");
        w.push_ident(index.alive.as_deref().unwrap_or_default())?;
        w.push_sql(" IS NULL THEN 1 END) VIRTUAL");
    }
    if !key_is_declared && !table.primary_key.is_empty() {
        w.push_sql(", PRIMARY KEY (");
        names(&mut w, &table.primary_key)?;
        w.push_sql(")");
    }
    if capabilities.checks {
        for check in &table.checks {
            if let CheckCondition::OneOf(column, _) = &check.condition {
                let native = table.columns.iter().any(|c| &c.name == column && is_native_enum(c, dialect));
                if native {
                    continue;
                }
            }
            w.push_sql(", CONSTRAINT ");
            w.push_ident(&short(&check.name, dialect))?;
            w.push_sql(" CHECK (");
            match &check.condition {
                CheckCondition::Sql(sql) => w.push_sql(sql),
                CheckCondition::OneOf(column, values) => {
                    w.push_ident(column)?;
                    w.push_sql(" IN (");
                    w.separated(", ", values, |w, value| w.push_literal(value))?;
                    w.push_sql(")");
                }
                CheckCondition::OneKey { keys, required } => {
                    w.separated(" + ", keys, |w, key| {
                        w.push_sql("CASE WHEN ");
                        w.separated(" AND ", key, |w, column| {
                            w.push_ident(column)?;
                            w.push_sql(" IS NOT NULL");
                            Ok(())
                        })?;
                        w.push_sql(" THEN 1 ELSE 0 END");
                        Ok(())
                    })?;
                    w.push_sql(if *required { " = 1" } else { " <= 1" });
                }
            }
            w.push_sql(")");
        }
    }
    for key in foreign_keys {
        w.push_sql(", ");
        foreign_key(&mut w, table, key)?;
    }
    w.push_sql(")");
    w.push_sql(dialect.table_options());
    if capabilities.comments == CommentStyle::Inline && !table.comment.is_empty() {
        w.push_sql(" COMMENT = ");
        w.push_text_literal(&table.comment)?;
    }
    Ok(w.finish().sql)
}

fn is_native_enum(column: &ColumnSchema, dialect: &dyn Dialect) -> bool {
    dialect.capabilities().enum_types && matches!(column.ty, SqlType::Enum(def) if def.storage == EnumStorage::Native)
}

/// Appends a column; whether it declares the primary key.
fn column_definition(w: &mut SqlWriter<'_>, column: &ColumnSchema) -> Result<bool> {
    let dialect = w.dialect();
    w.push_ident(&column.name)?;
    w.push_sql(" ");
    match &column.type_name {
        Some(name) => w.push_sql(name),
        None => w.push_sql(&dialect.column_type(column)?),
    }
    if let Some(sql) = &column.generated {
        w.push_sql(" GENERATED ALWAYS AS (");
        w.push_sql(sql);
        w.push_sql(") STORED");
    }
    let is_key = column.auto_increment && dialect.auto_increment_is_key();
    if is_key {
        w.push_sql(" PRIMARY KEY");
    } else if !column.nullable && column.generated.is_none() {
        w.push_sql(" NOT NULL");
    }
    if column.auto_increment {
        w.push_sql(" ");
        w.push_sql(dialect.auto_increment());
    }
    match &column.default {
        ColumnDefault::None => {}
        // In parentheses: some databases take constants of some types only as expressions.
        ColumnDefault::Value(value) if value.is_null() => {}
        ColumnDefault::Value(value) => {
            w.push_sql(" DEFAULT (");
            w.push_literal(value)?;
            w.push_sql(")");
        }
        // In the form of the instants that are written, so that they compare.
        ColumnDefault::Sql(sql) if column.ty == SqlType::Timestamp && sql.eq_ignore_ascii_case("CURRENT_TIMESTAMP") => {
            w.push_sql(" DEFAULT (");
            w.push_sql(match w.dialect().function(Function::Now) {
                Some(FunctionForm::Text(now)) => now,
                _ => "CURRENT_TIMESTAMP",
            });
            w.push_sql(")");
        }
        ColumnDefault::Sql(sql) => {
            w.push_sql(" DEFAULT (");
            w.push_sql(sql);
            w.push_sql(")");
        }
    }
    if dialect.capabilities().comments == CommentStyle::Inline && !column.comment.is_empty() {
        w.push_sql(" COMMENT ");
        w.push_text_literal(&column.comment)?;
    }
    Ok(is_key)
}

fn create_index(table: &TableSchema, index: &IndexSchema, dialect: &dyn Dialect) -> Result<String> {
    let capabilities = dialect.capabilities();
    let mut w = SqlWriter::new(dialect);
    let method = index_method(table, index, dialect)?;
    w.push_sql("CREATE ");
    w.push_sql(match method {
        Method::Kind(kind) => kind,
        _ if index.unique => "UNIQUE ",
        _ => "",
    });
    w.push_sql("INDEX ");
    let name = short(&index.name, dialect);
    if capabilities.attached_schemas {
        w.push_qualified(table.schema.as_deref(), &name)?;
        w.push_sql(" ON ");
        w.push_ident(&table.name)?;
    } else {
        w.push_ident(&name)?;
        w.push_sql(" ON ");
        w.push_qualified(table.schema.as_deref(), &table.name)?;
    }
    if let Method::Before(method) = method {
        w.push_sql(" USING ");
        w.push_sql(method);
    }
    w.push_sql(" (");
    w.separated(", ", &index.keys, |w, key| match key {
        IndexKey::Column { name, descending } => {
            w.push_ident(name)?;
            w.push_sql(if *descending { " DESC" } else { "" });
            Ok(())
        }
        IndexKey::Expression(sql) if capabilities.expression_indexes => {
            w.push_sql("(");
            w.push_sql(sql);
            w.push_sql(")");
            Ok(())
        }
        IndexKey::Expression(_) => Err(unsupported(dialect, "indexes on expressions").with_table(table.name.clone())),
    })?;
    if let (Some(column), false) = (&index.alive, capabilities.partial_indexes) {
        w.push_sql(", ");
        if capabilities.expression_indexes {
            w.push_sql("(CASE WHEN ");
            w.push_ident(column)?;
            w.push_sql(" IS NULL THEN 1 END)");
        } else {
            w.push_ident(&alive_column(index))?;
        }
    }
    w.push_sql(")");
    if let Method::After(method) = method {
        w.push_sql(method);
    }
    let alive = index.alive.as_ref().filter(|_| capabilities.partial_indexes);
    match (&index.filter, alive) {
        (None, None) => {}
        (Some(_), _) if !capabilities.partial_indexes => {
            return Err(unsupported(dialect, "indexes on some rows only").with_table(table.name.clone()));
        }
        (filter, alive) => {
            w.push_sql(" WHERE ");
            if let Some(column) = alive {
                w.push_ident(column)?;
                w.push_sql(" IS NULL");
            }
            if let Some(sql) = filter {
                w.push_sql(if alive.is_some() { " AND (" } else { "(" });
                w.push_sql(sql);
                w.push_sql(")");
            }
        }
    }
    Ok(w.finish().sql)
}

/// Where the method of an index is written, and as what.
enum Method<'a> {
    /// Nowhere.
    Own,
    /// Before the columns.
    Before(&'a str),
    /// After the columns.
    After(&'static str),
    /// Before the word INDEX.
    Kind(&'static str),
}

fn index_method<'a>(table: &TableSchema, index: &'a IndexSchema, dialect: &dyn Dialect) -> Result<Method<'a>> {
    let Some(method) = index.method.as_deref() else { return Ok(Method::Own) };
    let is = |name: &str| method.eq_ignore_ascii_case(name);
    Ok(match dialect.capabilities().index_methods {
        IndexMethodStyle::Using => {
            super::expr::check_name(method)?;
            Method::Before(method)
        }
        IndexMethodStyle::None if is("btree") => Method::Own,
        IndexMethodStyle::Kinds if is("btree") => Method::After(" USING BTREE"),
        IndexMethodStyle::Kinds if is("hash") => Method::After(" USING HASH"),
        IndexMethodStyle::Kinds if is("fulltext") && !index.unique => Method::Kind("FULLTEXT "),
        IndexMethodStyle::Kinds if is("spatial") && !index.unique => Method::Kind("SPATIAL "),
        _ => {
            let unique = if index.unique { "unique " } else { "" };
            let feature = format!("{unique}indexes of the method `{method}`");
            return Err(unsupported(dialect, feature).with_table(table.name.clone()));
        }
    })
}

/// Where unique keys cannot leave deleted rows out, a computed column that is NULL for deleted rows joins the key: NULLs
/// never collide.
fn needs_alive_column(index: &IndexSchema, dialect: &dyn Dialect) -> bool {
    let capabilities = dialect.capabilities();
    index.alive.is_some() && !capabilities.partial_indexes && !capabilities.expression_indexes
}

fn alive_column(index: &IndexSchema) -> String {
    format!("{}_alive", index.name)
}

fn foreign_key(w: &mut SqlWriter<'_>, table: &TableSchema, key: &ForeignKey) -> Result<()> {
    let dialect = w.dialect();
    let mut target_schema = key.target_schema.as_deref();
    if dialect.capabilities().attached_schemas {
        if key.target_schema != table.schema {
            return Err(unsupported(dialect, "foreign keys to another schema").with_table(table.name.clone()));
        }
        target_schema = None;
    }
    w.push_sql("CONSTRAINT ");
    w.push_ident(&short(&key.name, dialect))?;
    w.push_sql(" FOREIGN KEY (");
    names(w, &key.columns)?;
    w.push_sql(") REFERENCES ");
    w.push_qualified(target_schema, &key.target_table)?;
    w.push_sql(" (");
    names(w, &key.target_columns)?;
    w.push_sql(")");
    action(w, " ON DELETE ", key.on_delete)?;
    action(w, " ON UPDATE ", key.on_update)
}

fn action(w: &mut SqlWriter<'_>, event: &str, action: OnDelete) -> Result<()> {
    let name = match action {
        OnDelete::NoAction => return Ok(()),
        OnDelete::Restrict => "RESTRICT",
        OnDelete::Cascade => "CASCADE",
        OnDelete::SetNull => "SET NULL",
        OnDelete::SetDefault if w.dialect().capabilities().set_default => "SET DEFAULT",
        OnDelete::SetDefault => return Err(unsupported(w.dialect(), "SET DEFAULT of foreign keys")),
    };
    w.push_sql(event);
    w.push_sql(name);
    Ok(())
}

fn add_foreign_key(table: &TableSchema, key: &ForeignKey, dialect: &dyn Dialect) -> Result<String> {
    let mut w = SqlWriter::new(dialect);
    w.push_sql("ALTER TABLE ");
    w.push_qualified(table.schema.as_deref(), &table.name)?;
    w.push_sql(" ADD ");
    foreign_key(&mut w, table, key)?;
    Ok(w.finish().sql)
}

fn comments(table: &TableSchema, dialect: &dyn Dialect, statements: &mut Vec<String>) -> Result<()> {
    if !table.comment.is_empty() {
        let mut w = SqlWriter::new(dialect);
        w.push_sql("COMMENT ON TABLE ");
        w.push_qualified(table.schema.as_deref(), &table.name)?;
        w.push_sql(" IS ");
        w.push_text_literal(&table.comment)?;
        statements.push(w.finish().sql);
    }
    for column in table.columns.iter().filter(|c| !c.comment.is_empty()) {
        let mut w = SqlWriter::new(dialect);
        w.push_sql("COMMENT ON COLUMN ");
        w.push_qualified(table.schema.as_deref(), &table.name)?;
        w.push_sql(".");
        w.push_ident(&column.name)?;
        w.push_sql(" IS ");
        w.push_text_literal(&column.comment)?;
        statements.push(w.finish().sql);
    }
    Ok(())
}

fn names(w: &mut SqlWriter<'_>, names: &[String]) -> Result<()> {
    w.separated(", ", names, |w, name| w.push_ident(name))
}

/// A made-up name that is too long keeps its start and gets a hash of the whole, so that it stays unique.
fn short(name: &str, dialect: &dyn Dialect) -> String {
    let capabilities = dialect.capabilities();
    if capabilities.identifier_fits(name) {
        return name.to_owned();
    }
    let mut hash: u32 = 0x811c_9dc5;
    for byte in name.bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    let most = capabilities.max_identifier.saturating_sub(9);
    let end = if capabilities.identifier_chars {
        name.char_indices().nth(most).map_or(name.len(), |(end, _)| end)
    } else {
        name.floor_char_boundary(most)
    };
    format!("{}_{hash:08x}", &name[..end])
}
