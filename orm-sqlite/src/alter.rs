//! Operations on a schema that SQLite writes in a way of its own. ALTER TABLE can do little; for the rest a table is rebuilt:
//! a new one is created, takes the rows, and takes the place of the old one.
//!
//! Source: <https://www.sqlite.org/lang_altertable.html>, with the steps of its section 7.

use orm_core::dialect::{Dialect, SqlWriter, ddl};
use orm_core::schema::{Column, ColumnDefault, Object, Operation, QualifiedName, Table};
use orm_core::{Error, ErrorKind, Result};

use crate::NAME;
use crate::definition;

/// The statements of an operation; `None` leaves it to the standard form.
pub(crate) fn operation(operation: &Operation, dialect: &dyn Dialect) -> Result<Option<Vec<String>>> {
    if let Some(what) = needs_rebuild(operation, dialect) {
        return Err(Error::unsupported(NAME, format_args!("{what}: it takes a rebuild of the table")));
    }
    match operation {
        Operation::RebuildTable { from, to, values, triggers } => {
            Rebuild { from, to, values, triggers, dialect }.statements().map(Some)
        }
        // Only outside of a transaction does the pragma do anything.
        Operation::SuspendForeignKeys => Ok(Some(vec!["PRAGMA foreign_keys = OFF".to_owned()])),
        Operation::ResumeForeignKeys => Ok(Some(vec!["PRAGMA foreign_keys = ON".to_owned()])),
        Operation::RenameColumn { .. } if dialect.capabilities().version < (3, 25, 0) => {
            Err(Error::unsupported(NAME, "RENAME COLUMN in this version"))
        }
        _ => Ok(None),
    }
}

/// What of an operation takes a rebuild of its table, whatever rows it has.
pub(crate) fn needs_rebuild(operation: &Operation, dialect: &dyn Dialect) -> Option<&'static str> {
    match operation {
        Operation::AddForeignKey { .. } => Some("ALTER TABLE .. ADD FOREIGN KEY"),
        Operation::AddCheck { .. } => Some("ALTER TABLE .. ADD CHECK"),
        Operation::DropForeignKey { .. } | Operation::DropCheck { .. } => Some("ALTER TABLE .. DROP CONSTRAINT"),
        Operation::CreateIndex { index, .. } if index.constraint => Some("ALTER TABLE .. ADD UNIQUE"),
        Operation::DropIndex { index, .. } if index.constraint => Some("ALTER TABLE .. DROP CONSTRAINT"),
        Operation::AlterColumn { .. } => Some("ALTER COLUMN"),
        Operation::AlterPrimaryKey { .. } => Some("another primary key"),
        Operation::AddColumn { column, .. } => not_addable(column),
        Operation::DropColumn { .. } if dialect.capabilities().version < (3, 35, 0) => {
            Some("DROP COLUMN in this version")
        }
        _ => None,
    }
}

/// Why a column cannot be added to a table with rows, if it cannot.
fn not_addable(column: &Column) -> Option<&'static str> {
    match (&column.default, &column.generated) {
        _ if column.auto_increment => Some("ADD COLUMN of a primary key"),
        (_, Some(generated)) if generated.stored => Some("ADD COLUMN of a stored generated column"),
        (_, Some(_)) => None,
        (Some(ColumnDefault::Now | ColumnDefault::Sql(_)), _) => Some("ADD COLUMN with an expression as the default"),
        (None, None) if !column.nullable => Some("ADD COLUMN of a NOT NULL column without a default"),
        _ => None,
    }
}

struct Rebuild<'a> {
    from: &'a Table,
    to: &'a Table,
    values: &'a [(String, String)],
    triggers: &'a [Object],
    dialect: &'a dyn Dialect,
}

impl Rebuild<'_> {
    fn statements(&self) -> Result<Vec<String>> {
        let name = &self.to.name;
        let definition = self.from.definition.as_deref().unwrap_or_default();
        if let Some(lost) = definition::beyond_fields(definition) {
            return Err(Error::unsupported(NAME, format_args!("rebuilding `{name}`, whose `{lost}` would be lost"))
                .with_table(name.name.clone()));
        }
        if name.schema.is_some() && !self.triggers.is_empty() {
            let message = format_args!("rebuilding `{name}`, a table of an attached database with triggers");
            return Err(Error::unsupported(NAME, message).with_table(name.name.clone()));
        }
        let new = self.new_table(definition);
        let mut statements = ddl::render(&Operation::CreateTable(new.clone()), self.dialect)?;
        statements.push(self.copy(&new)?);
        let counts = |table: &Table| table.columns.iter().any(|column| column.auto_increment);
        if counts(&new) && counts(self.from) {
            // The next number is not only a matter of the rows that are left.
            let [new, old] = [&new.name.name, &name.name].map(|name| name.replace('\'', "''"));
            let sequences = self.name_in(name, "sqlite_sequence")?;
            statements.push(format!("DELETE FROM {sequences} WHERE name = '{new}'"));
            statements.push(format!(
                "INSERT INTO {sequences} (name, seq) SELECT '{new}', seq FROM {sequences} WHERE name = '{old}'"
            ));
        }
        statements.append(&mut ddl::render(
            &Operation::DropTable { table: self.from.name.clone(), cascade: false },
            self.dialect,
        )?);
        // Views and triggers of other tables name the table and are to go on meaning it.
        statements.push("PRAGMA legacy_alter_table = ON".to_owned());
        statements.append(&mut ddl::render(
            &Operation::RenameTable { table: new.name.clone(), to: name.name.clone() },
            self.dialect,
        )?);
        statements.push("PRAGMA legacy_alter_table = OFF".to_owned());
        for index in self.to.indexes.iter().filter(|index| !index.constraint) {
            match &index.definition {
                Some(sql) if name.schema.is_none() => statements.push(sql.clone()),
                _ => statements.append(&mut ddl::render(
                    &Operation::CreateIndex { table: name.clone(), index: index.clone() },
                    self.dialect,
                )?),
            }
        }
        statements.extend(self.triggers.iter().map(|trigger| trigger.sql.clone()));
        Ok(statements)
    }

    /// The table under its name for the time being, without the indexes, whose names are taken.
    fn new_table(&self, definition: &str) -> Table {
        let mut new = self.to.clone();
        new.name.name = format!("_orm_new_{}", new.name.name);
        new.indexes.retain(|index| index.constraint);
        if !definition.is_empty() && !definition::counts_up(definition) {
            // An INTEGER PRIMARY KEY numbers rows without AUTOINCREMENT, which would be another promise.
            for column in &mut new.columns {
                column.auto_increment &= !self.from.column(&column.name).is_some_and(|before| before.auto_increment);
            }
        }
        new
    }

    /// Takes the rows over.
    fn copy(&self, new: &Table) -> Result<String> {
        let mut w = SqlWriter::new(self.dialect);
        w.push_sql("INSERT INTO ");
        w.push_qualified(new.name.schema.as_deref(), &new.name.name)?;
        w.push_sql(" (");
        let value = |name: &str| self.values.iter().find(|(column, _)| column == name).map(|(_, sql)| sql);
        let is_taken = |column: &&Column| {
            column.generated.is_none() && (self.from.column(&column.name).is_some() || value(&column.name).is_some())
        };
        let columns: Vec<&Column> = self.to.columns.iter().filter(is_taken).collect();
        if columns.is_empty() {
            let message = format!("rebuilding `{}`: no column stays, so no row could be kept", self.to.name);
            return Err(Error::new(ErrorKind::Unsupported, message).with_table(self.to.name.name.clone()));
        }
        w.separated(", ", &columns, |w, column| w.push_ident(&column.name))?;
        w.push_sql(") SELECT ");
        w.separated(", ", &columns, |w, column| {
            let is_there = self.from.column(&column.name).is_some();
            match value(&column.name) {
                Some(sql) if is_there => {
                    w.push_sql("COALESCE(");
                    w.push_ident(&column.name)?;
                    w.push_sql(", ");
                    w.push_sql(sql);
                    w.push_sql(")");
                }
                Some(sql) => w.push_sql(sql),
                None => w.push_ident(&column.name)?,
            }
            Ok(())
        })?;
        w.push_sql(" FROM ");
        w.push_qualified(self.from.name.schema.as_deref(), &self.from.name.name)?;
        Ok(w.finish().sql)
    }

    fn name_in(&self, table: &QualifiedName, name: &str) -> Result<String> {
        let mut w = SqlWriter::new(self.dialect);
        w.push_qualified(table.schema.as_deref(), name)?;
        Ok(w.finish().sql)
    }
}
