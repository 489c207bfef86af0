//! Operations on a schema that PostgreSQL writes in a way of its own: changes of columns and of enum types.
//!
//! Source: manual, ALTER TABLE and ALTER TYPE.

use orm_core::dialect::ddl::Online;
use orm_core::dialect::{Dialect, SqlWriter, ddl};
use orm_core::schema::{Check, CheckCondition, Column, ColumnDefault, ColumnType, EnumType, Operation, QualifiedName};
use orm_core::{Result, SqlType, Value};

/// The statements of an operation; `None` leaves it to the standard form.
pub(crate) fn operation(operation: &Operation, dialect: &dyn Dialect) -> Result<Option<Vec<String>>> {
    match operation {
        Operation::AlterColumn { table, from, to } => Alter { table, dialect }.column(from, to).map(Some),
        Operation::AlterEnum { from, to, columns } => labels(from, to, columns, dialect).map(Some),
        _ => Ok(None),
    }
}

/// Constraints are added without a look at the rows and validated afterwards, which takes a lock that lets writers go on;
/// indexes are made and dropped `CONCURRENTLY` (manual, ALTER TABLE, "Notes", and CREATE INDEX).
pub(crate) fn online(operation: &Operation, dialect: &dyn Dialect) -> Result<Option<Online>> {
    match operation {
        Operation::AddForeignKey { table, key } => {
            let mut online = not_valid(operation, dialect)?;
            online.later = vec![validate(table, &key.name, dialect)?];
            Ok(Some(online))
        }
        Operation::AddCheck { table, check } => {
            let mut online = not_valid(operation, dialect)?;
            online.later = vec![validate(table, &check.name, dialect)?];
            Ok(Some(online))
        }
        Operation::AlterColumn { table, from, to } if from.nullable && !to.nullable && to.generated.is_none() => {
            set_not_null(table, from, to, dialect).map(Some)
        }
        Operation::CreateIndex { index, .. } if !index.constraint => {
            concurrently(operation, "INDEX ", dialect).map(Some)
        }
        Operation::DropIndex { index, .. } if !index.constraint => concurrently(operation, "INDEX ", dialect).map(Some),
        _ => Ok(None),
    }
}

fn not_valid(operation: &Operation, dialect: &dyn Dialect) -> Result<Online> {
    let add = ddl::render(operation, dialect)?.into_iter().map(|sql| sql + " NOT VALID").collect();
    Ok(Online { first: add, ..Online::default() })
}

fn validate(table: &QualifiedName, name: &str, dialect: &dyn Dialect) -> Result<String> {
    let mut w = SqlWriter::new(dialect);
    ddl::push_alter_table(&mut w, table)?;
    w.push_sql(" VALIDATE CONSTRAINT ");
    ddl::push_name(&mut w, name)?;
    Ok(w.finish().sql)
}

/// No row is looked at under the lock that keeps everybody away: a constraint that was validated says that there is no NULL.
fn set_not_null(table: &QualifiedName, from: &Column, to: &Column, dialect: &dyn Dialect) -> Result<Online> {
    let column = Column { nullable: true, ..to.clone() };
    let rest = Operation::AlterColumn { table: table.clone(), from: Box::new(from.clone()), to: Box::new(column) };
    let mut name = SqlWriter::new(dialect);
    name.push_ident(&to.name)?;
    let condition = CheckCondition::Sql(format!("{} IS NOT NULL", name.finish().sql));
    let check = Check { name: format!("{}_{}_not_null", table.name, to.name), condition };
    let add = Operation::AddCheck { table: table.clone(), check: check.clone() };
    let mut online = not_valid(&add, dialect)?;
    let mut first = ddl::render(&rest, dialect)?;
    first.append(&mut online.first);
    let drop = Operation::DropCheck { table: table.clone(), check: check.name.clone() };
    let mut later = vec![validate(table, &check.name, dialect)?, Alter { table, dialect }.words(to, " SET NOT NULL")?];
    later.append(&mut ddl::render(&drop, dialect)?);
    Ok(Online { first, later, ..Online::default() })
}

fn concurrently(operation: &Operation, after: &str, dialect: &dyn Dialect) -> Result<Online> {
    let alone = ddl::render(operation, dialect)?;
    let alone = alone.into_iter().map(|sql| sql.replacen(after, &format!("{after}CONCURRENTLY "), 1)).collect();
    Ok(Online { alone, ..Online::default() })
}

struct Alter<'a> {
    table: &'a QualifiedName,
    dialect: &'a dyn Dialect,
}

impl Alter<'_> {
    /// `ALTER TABLE t ALTER COLUMN c`, and what is to follow.
    fn part(&self, column: &Column, rest: impl FnOnce(&mut SqlWriter<'_>) -> Result<()>) -> Result<String> {
        let mut w = SqlWriter::new(self.dialect);
        ddl::push_alter_table(&mut w, self.table)?;
        w.push_sql(" ALTER COLUMN ");
        w.push_ident(&column.name)?;
        rest(&mut w)?;
        Ok(w.finish().sql)
    }

    fn words(&self, column: &Column, words: &str) -> Result<String> {
        self.part(column, |w| {
            w.push_sql(words);
            Ok(())
        })
    }

    fn column(&self, from: &Column, to: &Column) -> Result<Vec<String>> {
        let mut statements = Vec::new();
        if from.generated.is_some() && to.generated.is_none() {
            statements.push(self.words(to, " DROP EXPRESSION")?);
        }
        if from.auto_increment && !to.auto_increment {
            // A serial column counts by its default.
            statements.push(self.words(to, " DROP IDENTITY IF EXISTS")?);
            statements.push(self.words(to, " DROP DEFAULT")?);
        }
        let (old_type, new_type) = (self.type_name(from)?, self.type_name(to)?);
        let has_other_type = old_type != new_type || from.collation != to.collation;
        let drops_default = from.default.is_some() && (has_other_type || to.default.is_none());
        if drops_default && from.generated.is_none() {
            // A default is not converted with the type.
            statements.push(self.words(to, " DROP DEFAULT")?);
        }
        if has_other_type {
            statements.push(self.part(to, |w| {
                w.push_sql(" TYPE ");
                w.push_sql(&new_type);
                if let Some(collation) = &to.collation {
                    w.push_sql(" COLLATE ");
                    w.push_ident(collation)?;
                }
                if old_type != new_type {
                    w.push_sql(" USING ");
                    push_converted(w, from, to, &new_type)?;
                }
                Ok(())
            })?);
        }
        if let Some(default) = &to.default
            && (drops_default || from.default != to.default)
        {
            statements.push(self.part(to, |w| {
                w.push_sql(" SET DEFAULT ");
                ddl::push_default(w, to, default)
            })?);
        }
        if from.nullable != to.nullable {
            statements.push(self.words(to, if to.nullable { " DROP NOT NULL" } else { " SET NOT NULL" })?);
        }
        if to.auto_increment && !from.auto_increment {
            statements.push(self.words(to, " ADD GENERATED BY DEFAULT AS IDENTITY")?);
            statements.push(self.count_on(to)?);
        }
        Ok(statements)
    }

    /// The sequence goes on after the greatest value that is there.
    fn count_on(&self, column: &Column) -> Result<String> {
        let mut w = SqlWriter::new(self.dialect);
        let mut name = SqlWriter::new(self.dialect);
        name.push_qualified(self.table.schema.as_deref(), &self.table.name)?;
        let name = name.finish().sql;
        w.push_sql("SELECT setval(pg_get_serial_sequence(");
        w.push_text_literal(&name)?;
        w.push_sql(", ");
        w.push_text_literal(&column.name)?;
        w.push_sql("), COALESCE(max(");
        w.push_ident(&column.name)?;
        w.push_sql("), 0) + 1, false) FROM ");
        w.push_sql(&name);
        Ok(w.finish().sql)
    }

    fn type_name(&self, column: &Column) -> Result<String> {
        match &column.type_name {
            Some(name) => Ok(name.clone()),
            None => Ok(self.dialect.column_type(column)?.into_owned()),
        }
    }
}

/// Appends the old value as one of the new type. Types of one kind convert into each other and into text; between the rest
/// stands the text (manual, `pg_cast`).
fn push_converted(w: &mut SqlWriter<'_>, from: &Column, to: &Column, new_type: &str) -> Result<()> {
    use Kind::{Bool, Json, Number, Other, Text, Time};
    let (before, after) = match (kind(from), kind(to)) {
        (Number, Bool) => ("", " <> 0".to_owned()),
        (Bool, Number) => ("", format!("::int::{new_type}")),
        (Number | Bool | Time, Json) => ("to_jsonb(", ")".to_owned()),
        (Json, Number) => ("", format!("::numeric::{new_type}")),
        (one, other) if one == other && one != Other || one == Text || other == Text => ("", format!("::{new_type}")),
        (Other, Other) if !is_enum(from) && !is_enum(to) => ("", format!("::{new_type}")),
        _ => ("", format!("::text::{new_type}")),
    };
    w.push_sql(before);
    w.push_ident(&to.name)?;
    w.push_sql(&after);
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Bool,
    Text,
    Time,
    Json,
    Other,
}

fn kind(column: &Column) -> Kind {
    let ColumnType::Plain(ty) = column.ty else { return Kind::Other };
    match ty {
        SqlType::Bool => Kind::Bool,
        SqlType::F32 | SqlType::F64 | SqlType::Decimal => Kind::Number,
        SqlType::Text => Kind::Text,
        SqlType::Date | SqlType::DateTime | SqlType::Timestamp => Kind::Time,
        SqlType::Json => Kind::Json,
        ty if ty.is_integer() => Kind::Number,
        _ => Kind::Other,
    }
}

fn is_enum(column: &Column) -> bool {
    matches!(column.ty, ColumnType::Enum(_))
}

/// Labels can be added to a type, each before or after another; for the rest, the type is replaced and the columns are
/// converted by the labels' text.
fn labels(
    from: &EnumType,
    to: &EnumType,
    columns: &[(QualifiedName, Column)],
    dialect: &dyn Dialect,
) -> Result<Vec<String>> {
    let mut kept = to.labels.iter().filter(|label| from.labels.contains(label));
    if from.labels.iter().all(|label| kept.next() == Some(label)) {
        return added_labels(from, to, dialect);
    }
    let (schema, name) = (to.name.schema.as_deref(), to.name.name.as_str());
    let old = format!("{name}__old");
    let mut statements = Vec::new();
    let mut w = SqlWriter::new(dialect);
    w.push_sql("ALTER TYPE ");
    w.push_qualified(schema, name)?;
    w.push_sql(" RENAME TO ");
    ddl::push_name(&mut w, &old)?;
    statements.push(w.finish().sql);
    statements.append(&mut ddl::render(&Operation::CreateEnum(to.clone()), dialect)?);
    let mut w = SqlWriter::new(dialect);
    w.push_qualified(schema, name)?;
    let written = w.finish().sql;
    for (table, column) in columns {
        let alter = Alter { table, dialect };
        if column.default.is_some() {
            statements.push(alter.words(column, " DROP DEFAULT")?);
        }
        statements.push(alter.part(column, |w| {
            let list = if matches!(column.ty, ColumnType::Array(_)) { "[]" } else { "" };
            w.push_sql(&format!(" TYPE {written}{list} USING "));
            w.push_ident(&column.name)?;
            w.push_sql(&format!("::text{list}::{written}{list}"));
            Ok(())
        })?);
        // A default that is a label that goes is for the operation that gives the column another.
        let stays = |default: &&ColumnDefault| match default {
            ColumnDefault::Value(Value::Text(label)) => to.labels.iter().any(|other| other == label),
            _ => true,
        };
        if let Some(default) = column.default.as_ref().filter(stays) {
            statements.push(alter.part(column, |w| {
                w.push_sql(" SET DEFAULT ");
                ddl::push_default(w, column, default)
            })?);
        }
    }
    let mut w = SqlWriter::new(dialect);
    w.push_sql("DROP TYPE ");
    w.push_qualified(schema, &ddl::fitting_name(dialect, &old))?;
    statements.push(w.finish().sql);
    Ok(statements)
}

fn added_labels(from: &EnumType, to: &EnumType, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let mut statements = Vec::new();
    for (at, label) in to.labels.iter().enumerate().filter(|(_, label)| !from.labels.contains(label)) {
        let mut w = SqlWriter::new(dialect);
        w.push_sql("ALTER TYPE ");
        w.push_qualified(to.name.schema.as_deref(), &to.name.name)?;
        w.push_sql(" ADD VALUE IF NOT EXISTS ");
        w.push_text_literal(label)?;
        // Labels before this one are there already, since they are added in order.
        match at.checked_sub(1).and_then(|before| to.labels.get(before)) {
            Some(before) => {
                w.push_sql(" AFTER ");
                w.push_text_literal(before)?;
            }
            None => {
                if let Some(first) = from.labels.first() {
                    w.push_sql(" BEFORE ");
                    w.push_text_literal(first)?;
                }
            }
        }
        statements.push(w.finish().sql);
    }
    Ok(statements)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PostgresDialect;

    fn of(labels: &[&str]) -> EnumType {
        EnumType { name: "mood".into(), labels: labels.iter().map(|label| (*label).to_owned()).collect() }
    }

    fn sql(from: &[&str], to: &[&str]) -> Vec<String> {
        let column = Column::new("mood", ColumnType::Enum(of(from)));
        let operation = Operation::AlterEnum { from: of(from), to: of(to), columns: vec![("people".into(), column)] };
        ddl::render(&operation, &PostgresDialect::new((15, 0, 0))).unwrap()
    }

    #[test]
    fn labels_are_added_where_they_belong() {
        assert_eq!(
            sql(&["b", "d"], &["a", "b", "c", "d", "e"]),
            [
                r#"ALTER TYPE "mood" ADD VALUE IF NOT EXISTS 'a' BEFORE 'b'"#,
                r#"ALTER TYPE "mood" ADD VALUE IF NOT EXISTS 'c' AFTER 'b'"#,
                r#"ALTER TYPE "mood" ADD VALUE IF NOT EXISTS 'e' AFTER 'd'"#,
            ]
        );
    }

    #[test]
    fn a_type_is_replaced_when_labels_go_or_change_places() {
        for to in [&["a"][..], &["b", "a"]] {
            let statements = sql(&["a", "b"], to);
            assert_eq!(statements[0], r#"ALTER TYPE "mood" RENAME TO "mood__old""#);
            assert_eq!(
                statements[2],
                r#"ALTER TABLE "people" ALTER COLUMN "mood" TYPE "mood" USING "mood"::text::"mood""#
            );
            assert_eq!(statements[3], r#"DROP TYPE "mood__old""#);
        }
    }
}
