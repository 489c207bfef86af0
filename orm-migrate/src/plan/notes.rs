//! What of a plan may lose data, fail on rows that are there, break the program that still runs, or hold up others.

use std::fmt;

use orm_core::Result;
use orm_core::dialect::{Dialect, SqlWriter};
use orm_core::schema::{Column, ColumnType, Index, Operation, QualifiedName, Schema};

/// What a [`Note`] is about. The codes are those of `orm migrate lint`; where Atlas has a code for it, it is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rule {
    /// DS102: a table is dropped, with its rows.
    DropTable,
    /// DS103: a column is dropped, with its values.
    DropColumn,
    /// BC101: a table has another name; programs that run use the old one.
    RenameTable,
    /// BC102: a column has another name; programs that run use the old one.
    RenameColumn,
    /// MF101: rows that are there may have the same key.
    Unique,
    /// MF103: rows that are there have no value for a column that wants one.
    NoValue,
    /// MF104: rows that are there may have NULL.
    NotNull,
    /// MF105: values that are there may not fit into the type.
    NarrowerType,
    /// MF106: labels go that rows may have.
    FewerLabels,
    /// CD101: the database no longer checks a foreign key.
    DropForeignKey,
    /// SL1: the table is rebuilt: all rows are copied while nobody else can write.
    Rebuild,
    /// No code: expressions were not compared.
    NoScratch,
}

impl Rule {
    /// The code; empty where there is none.
    pub fn code(self) -> &'static str {
        match self {
            Self::DropTable => "DS102",
            Self::DropColumn => "DS103",
            Self::RenameTable => "BC101",
            Self::RenameColumn => "BC102",
            Self::Unique => "MF101",
            Self::NoValue => "MF103",
            Self::NotNull => "MF104",
            Self::NarrowerType => "MF105",
            Self::FewerLabels => "MF106",
            Self::DropForeignKey => "CD101",
            Self::Rebuild => "SL1",
            Self::NoScratch => "",
        }
    }

    /// Whether data is lost when it happens.
    pub fn loses_data(self) -> bool {
        matches!(self, Self::DropTable | Self::DropColumn)
    }
}

/// One danger of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// What it is about.
    pub rule: Rule,
    /// The table, or `table.column`; empty for the whole plan.
    pub place: String,
    /// The danger and what to do about it, as a sentence.
    pub text: String,
}

impl Note {
    pub(super) fn new(rule: Rule, place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { rule, place: place.into(), text: text.into() }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.text)?;
        match self.rule.code() {
            "" => Ok(()),
            code => write!(f, " ({code})"),
        }
    }
}

/// The notes for operations on a database whose tables were these.
pub(super) fn notes(operations: &[Operation], live: &Schema, dialect: &dyn Dialect) -> Vec<Note> {
    let mut notes = Notes { live, dialect, operations, notes: Vec::new() };
    for operation in operations {
        notes.operation(operation);
    }
    notes.notes
}

struct Notes<'a> {
    live: &'a Schema,
    dialect: &'a dyn Dialect,
    operations: &'a [Operation],
    notes: Vec<Note>,
}

impl Notes<'_> {
    fn say(&mut self, rule: Rule, place: impl Into<String>, text: impl Into<String>) {
        self.notes.push(Note::new(rule, place, text));
    }

    fn is_new(&self, table: &QualifiedName) -> bool {
        !self.live.tables.iter().any(|other| other.name == *table)
            && self.operations.iter().any(|other| matches!(other, Operation::CreateTable(new) if new.name == *table))
    }

    fn is_filled(&self, table: &QualifiedName, column: &str) -> bool {
        self.operations.iter().any(|other| {
            matches!(other, Operation::FillColumn { table: other, column: name, .. } if other == table && name == column)
        })
    }

    fn operation(&mut self, operation: &Operation) {
        match operation {
            Operation::DropTable { table, .. } => {
                self.say(Rule::DropTable, table.to_string(), "the table goes, with all its rows");
            }
            Operation::DropColumn { table, column } => self.drop_column(table, column),
            Operation::RenameTable { table, to } => {
                let text = format!("is `{to}` from now on: programs that still run use the old name");
                self.say(Rule::RenameTable, table.to_string(), text);
            }
            Operation::RenameColumn { table, column, to } => {
                let text = format!("is `{to}` from now on: programs that still run use the old name");
                self.say(Rule::RenameColumn, format!("{table}.{column}"), text);
            }
            Operation::CreateIndex { table, index } if index.unique && !self.is_new(table) => {
                let text = format!("the unique key `{}` fails if rows that are there have the same values", index.name);
                self.say(Rule::Unique, table.to_string(), text);
            }
            Operation::AddColumn { table, column } => self.add_column(table, column),
            Operation::AlterColumn { table, from, to } => self.alter_column(table, from, to),
            Operation::AlterEnum { from, to, .. } => {
                let gone: Vec<&str> =
                    from.labels.iter().filter(|label| !to.labels.contains(label)).map(String::as_str).collect();
                if !gone.is_empty() {
                    let text = format!("the labels {} go: fails if rows have them", gone.join(", "));
                    self.say(Rule::FewerLabels, to.name.to_string(), text);
                }
            }
            Operation::DropForeignKey { table, key } => {
                let comes_back = self.operations.iter().any(|other| {
                    matches!(other, Operation::AddForeignKey { table: other, key: new } if other == table && new.name == *key)
                });
                if !comes_back {
                    let text =
                        format!("the foreign key `{key}` goes: nothing checks any more that its rows point somewhere");
                    self.say(Rule::DropForeignKey, table.to_string(), text);
                }
            }
            Operation::RebuildTable { from, to, values, .. } => {
                let text = "is rebuilt: all its rows are copied, and nobody else can write meanwhile";
                self.say(Rule::Rebuild, to.name.to_string(), text);
                let is_filled = |name: &str| values.iter().any(|(column, _)| column == name);
                for column in &from.columns {
                    if to.column(&column.name).is_none() {
                        self.drop_column(&to.name, &column.name);
                    }
                }
                for column in &to.columns {
                    match from.column(&column.name) {
                        None if is_filled(&column.name) => {}
                        None => self.add_column(&to.name, column),
                        Some(before) => {
                            let before =
                                Column { nullable: before.nullable && !is_filled(&column.name), ..before.clone() };
                            self.alter_column(&to.name, &before, column);
                        }
                    }
                }
                for index in to.indexes.iter().filter(|index| index.unique && !from.indexes.contains(index)) {
                    let text =
                        format!("the unique key `{}` fails if rows that are there have the same values", index.name);
                    self.say(Rule::Unique, to.name.to_string(), text);
                }
            }
            _ => {}
        }
    }

    fn drop_column(&mut self, table: &QualifiedName, column: &str) {
        let is_computed = self
            .live
            .tables
            .iter()
            .find(|other| other.name == *table)
            .is_some_and(|table| table.column(column).is_some_and(|column| column.generated.is_some()));
        if !is_computed {
            self.say(Rule::DropColumn, format!("{table}.{column}"), "the column goes, with all its values");
        }
    }

    /// Whether rows that are there have no value for a column that wants one.
    fn wants_value(&self, table: &QualifiedName, column: &Column) -> bool {
        let has_value = column.nullable
            || column.default.is_some()
            || column.generated.is_some()
            || column.auto_increment
            || self.is_filled(table, &column.name);
        !has_value && !self.is_new(table)
    }

    fn writer(&self, table: &QualifiedName) -> Result<SqlWriter<'_>> {
        let mut w = SqlWriter::new(self.dialect);
        w.push_sql("SELECT NOT EXISTS (SELECT 1 FROM ");
        w.push_qualified(table.schema.as_deref(), &table.name)?;
        Ok(w)
    }

    fn is_empty(&self, table: &QualifiedName) -> Result<String> {
        let mut w = self.writer(table)?;
        w.push_sql(")");
        Ok(w.finish().sql)
    }

    fn has_no_null(&self, table: &QualifiedName, column: &str) -> Result<String> {
        let mut w = self.writer(table)?;
        w.push_sql(" WHERE ");
        w.push_ident(column)?;
        w.push_sql(" IS NULL)");
        Ok(w.finish().sql)
    }

    /// `None` for keys of which the columns alone do not decide, and of columns that are still to come.
    fn is_unique(&self, table: &QualifiedName, index: &Index) -> Result<Option<String>> {
        let Some(live) = self.live.tables.iter().find(|other| other.name == *table) else { return Ok(None) };
        let Some(columns) = index.columns() else { return Ok(None) };
        let is_whole = index.filter.is_none() && index.soft_delete.is_none();
        if !is_whole || columns.iter().any(|column| live.column(column).is_none()) {
            return Ok(None);
        }
        let mut w = self.writer(table)?;
        w.push_sql(" WHERE ");
        w.separated(" AND ", &columns, |w, column| {
            w.push_ident(column)?;
            w.push_sql(" IS NOT NULL");
            Ok(())
        })?;
        w.push_sql(" GROUP BY ");
        w.separated(", ", &columns, |w, column| w.push_ident(column))?;
        w.push_sql(" HAVING COUNT(*) > 1)");
        Ok(Some(w.finish().sql))
    }

    fn add_column(&mut self, table: &QualifiedName, column: &Column) {
        if self.wants_value(table, column) {
            let place = format!("{table}.{}", column.name);
            let what = if self.dialect.capabilities().transactional_ddl {
                "fails if the table has rows"
            } else {
                "rows that are there get zero or the empty text"
            };
            let text = format!("is NOT NULL without a default: {what}; give them a value by `--fill {place}=SQL`");
            self.say(Rule::NoValue, place, text);
        }
    }

    fn alter_column(&mut self, table: &QualifiedName, from: &Column, to: &Column) {
        let place = format!("{table}.{}", to.name);
        if from.nullable && !to.nullable && to.generated.is_none() && !self.is_filled(table, &to.name) {
            let text =
                format!("is NOT NULL from now on: fails if rows have NULL; give them a value by `--fill {place}=SQL`");
            self.say(Rule::NotNull, place.clone(), text);
        }
        if is_narrower(from, to) {
            let text = "values that are there may not fit into the new type";
            self.say(Rule::NarrowerType, place, text);
        }
    }
}

/// What must be true of the rows that are there for operations to succeed, as queries in terms of the tables as they are.
pub(super) fn assertions(operations: &[Operation], live: &Schema, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let renames =
        |operation: &Operation| matches!(operation, Operation::RenameTable { .. } | Operation::RenameColumn { .. });
    if operations.iter().any(renames) {
        return Ok(Vec::new());
    }
    let notes = Notes { live, dialect, operations, notes: Vec::new() };
    let mut assertions = Vec::new();
    for operation in operations {
        match operation {
            Operation::CreateIndex { table, index } if index.unique && !notes.is_new(table) => {
                assertions.extend(notes.is_unique(table, index)?);
            }
            Operation::AddColumn { table, column } if notes.wants_value(table, column) => {
                assertions.push(notes.is_empty(table)?);
            }
            Operation::AlterColumn { table, from, to }
                if from.nullable && !to.nullable && to.generated.is_none() && !notes.is_filled(table, &to.name) =>
            {
                assertions.push(notes.has_no_null(table, &to.name)?);
            }
            Operation::RebuildTable { from, to, values, .. } => {
                let is_filled = |name: &str| values.iter().any(|(column, _)| column == name);
                for column in to.columns.iter().filter(|column| !is_filled(&column.name)) {
                    match from.column(&column.name) {
                        None if notes.wants_value(&to.name, column) => assertions.push(notes.is_empty(&to.name)?),
                        Some(before) if before.nullable && !column.nullable && column.generated.is_none() => {
                            assertions.push(notes.has_no_null(&to.name, &column.name)?);
                        }
                        _ => {}
                    }
                }
                for index in to.indexes.iter().filter(|index| index.unique && !from.indexes.contains(index)) {
                    assertions.extend(notes.is_unique(&to.name, index)?);
                }
            }
            _ => {}
        }
    }
    assertions.dedup();
    Ok(assertions)
}

/// Whether values of one column may not fit into the other. Types of different kinds count.
fn is_narrower(from: &Column, to: &Column) -> bool {
    if from.ty != to.ty {
        let range = |column: &Column| match column.ty {
            ColumnType::Plain(ty) => {
                ty.integer_range().and_then(|(min, max)| Some((min.parse::<i128>().ok()?, max.parse::<i128>().ok()?)))
            }
            _ => None,
        };
        return match (range(from), range(to)) {
            (Some((min, max)), Some((new_min, new_max))) => new_min > min || new_max < max,
            // Everything can be text.
            _ => to.ty != ColumnType::Plain(orm_core::SqlType::Text) || to.length.is_some(),
        };
    }
    let shorter = match (from.length, to.length) {
        (None, Some(_)) => true,
        (Some(old), Some(new)) => new < old,
        _ => false,
    };
    let coarser = match (from.precision, to.precision) {
        (None, Some(_)) => true,
        (Some((digits, scale)), Some((new_digits, new_scale))) => {
            new_scale < scale || new_digits.saturating_sub(new_scale) < digits.saturating_sub(scale)
        }
        _ => false,
    };
    shorter || coarser
}
