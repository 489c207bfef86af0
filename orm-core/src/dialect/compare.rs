//! In what the tables of a database differ from declared ones, by what means the same to the database: keys, indexes and
//! foreign keys are matched by their structure and not by their names, types and defaults by what they are.

use super::ddl::{self, fitting_name, follows_from_type};
use super::introspect::{Introspect, same_default, words};
use super::{Dialect, IndexMethod, SqlWriter};
use crate::error::{Error, Result};
use crate::model::OnDelete;
use crate::schema::{
    Change, Check, CheckCondition, Column, ColumnDefault, ColumnType, Difference, EnumType, ForeignKey, Index,
    IndexKey, Operation, QualifiedName, Schema, Table,
};
use crate::value::Value;

/// How expressions are compared: checks, defaults, generated columns, conditions and parts of indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expressions {
    /// Not at all: a database gives them back in words of its own, so a declared one cannot be compared.
    Ignored,
    /// By their words: both schemas were read from the same database.
    Compared,
}

/// The differences between declared tables and those that a database has. Tables that are not declared are passed over.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for a dialect that does not describe its tables, and for what
/// the database cannot have.
pub fn differences(
    declared: &Schema,
    found: &Schema,
    expressions: Expressions,
    dialect: &dyn Dialect,
) -> Result<Vec<Difference>> {
    let Some(introspect) = dialect.introspect() else {
        return Err(Error::unsupported(dialect.name(), "reading the tables that a database has"));
    };
    let compare = Compare { dialect, introspect, expressions };
    let mut differences = Vec::new();
    for ty in &declared.enums {
        compare.enum_type(ty, found, &mut differences);
    }
    for table in &declared.tables {
        match found.tables.iter().find(|other| compare.same_table(&table.name, &other.name)) {
            Some(other) => compare.table(table, other, &mut differences)?,
            None => {
                let object = found.objects.iter().find(|object| compare.same_table(&table.name, &object.name));
                let change = match object {
                    Some(object) => Change::NotATable(object.kind.to_string()),
                    None => Change::NoTable(Box::new(table.clone())),
                };
                differences.push(Difference::new(&table.name, None, change));
            }
        }
    }
    Ok(differences)
}

struct Compare<'d> {
    dialect: &'d dyn Dialect,
    introspect: &'d dyn Introspect,
    expressions: Expressions,
}

impl Compare<'_> {
    fn same_name(&self, one: &str, other: &str) -> bool {
        self.introspect.same_name(one, other)
    }

    fn same_names(&self, some: &[String], others: &[String]) -> bool {
        some.len() == others.len() && some.iter().zip(others).all(|(one, other)| self.same_name(one, other))
    }

    fn same_table(&self, one: &QualifiedName, other: &QualifiedName) -> bool {
        one.schema == other.schema && self.same_name(&one.name, &other.name)
    }

    /// Whether two expressions are not known to differ.
    fn same_sql(&self, one: &str, other: &str) -> bool {
        self.expressions == Expressions::Ignored || words(one) == words(other)
    }

    fn enum_type(&self, declared: &EnumType, found: &Schema, differences: &mut Vec<Difference>) {
        if !self.dialect.capabilities().enum_types {
            return;
        }
        let change = match found.enums.iter().find(|other| other.name == declared.name) {
            None => Change::NoEnum(declared.clone()),
            Some(other) if other.labels == declared.labels => return,
            Some(other) => Change::Labels { declared: declared.labels.clone(), found: other.labels.clone() },
        };
        differences.push(Difference::new(&declared.name, None, change));
    }

    fn table(&self, declared: &Table, found: &Table, differences: &mut Vec<Difference>) -> Result<()> {
        let name = &declared.name;
        for column in &declared.columns {
            match found.columns.iter().find(|other| self.same_name(&column.name, &other.name)) {
                Some(other) => self.column(name, column, other, differences)?,
                None => {
                    let add = Operation::AddColumn { table: name.clone(), column: column.clone() };
                    let change = Change::NoColumn(Box::new(column.clone()));
                    differences.push(self.mended(name, Some(&column.name), change, &add));
                }
            }
        }
        for column in &found.columns {
            if !declared.columns.iter().any(|other| self.same_name(&column.name, &other.name)) {
                let change = Change::ExtraColumn(Box::new(column.clone()));
                differences.push(Difference::new(name, Some(&column.name), change));
            }
        }
        let key = |table: &Table| table.primary_key.clone();
        let same_key = match (&declared.primary_key, &found.primary_key) {
            (Some(one), Some(other)) => self.same_names(&one.columns, &other.columns),
            (None, None) => true,
            _ => false,
        };
        if !same_key {
            let change = Change::PrimaryKey { declared: key(declared), found: key(found) };
            differences.push(Difference::new(name, None, change));
        }
        self.indexes(declared, found, differences);
        self.foreign_keys(declared, found, differences);
        self.checks(declared, found, differences);
        if declared.comment != found.comment && self.has_comments() {
            let change = Change::Comment { declared: declared.comment.clone(), found: found.comment.clone() };
            differences.push(Difference::new(name, None, change));
        }
        Ok(())
    }

    /// A difference with the statements that end it, where there are some.
    fn mended(&self, table: &QualifiedName, column: Option<&str>, change: Change, operation: &Operation) -> Difference {
        let mend = match ddl::render(operation, self.dialect) {
            Ok(statements) if !statements.is_empty() => format!("to change it: {}", statements.join("; ")),
            _ => String::new(),
        };
        Difference { mend, ..Difference::new(table, column, change) }
    }

    fn has_comments(&self) -> bool {
        let table = QualifiedName::from("t");
        self.dialect.comment_on_table(&table, "c").is_ok_and(|statements| !statements.is_empty())
    }

    fn column(
        &self,
        table: &QualifiedName,
        declared: &Column,
        found: &Column,
        differences: &mut Vec<Difference>,
    ) -> Result<()> {
        let mut differs = |change| differences.push(Difference::new(table, Some(&declared.name), change));
        let wanted = match &declared.type_name {
            Some(name) => name.clone(),
            None => self.dialect.column_type(declared)?.into_owned(),
        };
        let there = found.type_name.clone().unwrap_or_else(|| found.ty.to_string());
        if !self.same_column_type(declared, found, &wanted, &there) {
            differs(Change::Type { declared: wanted, found: there, suits: true });
        }
        // A generated column is nullable wherever it does not say otherwise, and cannot on some databases.
        if declared.nullable != found.nullable && declared.generated.is_none() {
            differs(Change::Nullable { declared: declared.nullable, found: found.nullable });
        }
        // Where the key of a table numbers its rows by itself, a model cannot say that it does not.
        let numbers = declared.auto_increment || self.dialect.auto_increment_is_key();
        if declared.auto_increment != found.auto_increment
            && !(numbers && (found.auto_increment || found.default.is_some()))
        {
            differs(Change::AutoIncrement { declared: declared.auto_increment, found: found.auto_increment });
        }
        let default = declared.default.as_ref().map(|default| self.default(declared, default)).transpose()?;
        if !self.same_default(default.as_ref(), found.default.as_ref(), declared) && !declared.auto_increment {
            differs(Change::Default { declared: default, found: found.default.clone() });
        }
        let same = match (&declared.generated, &found.generated) {
            (None, None) => true,
            (Some(one), Some(other)) => one.stored == other.stored && self.same_sql(&one.sql, &other.sql),
            _ => false,
        };
        if !same {
            differs(Change::Generated { declared: declared.generated.clone(), found: found.generated.clone() });
        }
        if let Some(collation) = &declared.collation
            && !found.collation.as_ref().is_some_and(|other| other.eq_ignore_ascii_case(collation))
        {
            differs(Change::Collation { declared: collation.clone(), found: found.collation.clone() });
        }
        if declared.comment != found.comment && self.has_comments() {
            differs(Change::Comment { declared: declared.comment.clone(), found: found.comment.clone() });
        }
        Ok(())
    }

    fn same_column_type(&self, declared: &Column, found: &Column, wanted: &str, there: &str) -> bool {
        // An enum type is what its name says, with or without the schema in front.
        if let (ColumnType::Enum(one), ColumnType::Enum(other)) = (&declared.ty, &found.ty)
            && self.dialect.capabilities().enum_types
        {
            return one.name.name == other.name.name;
        }
        self.introspect.same_type(wanted, there)
    }

    /// A declared default in the form in which those of a catalog are read.
    fn default(&self, column: &Column, default: &ColumnDefault) -> Result<ColumnDefault> {
        Ok(match default {
            ColumnDefault::Value(value) => {
                let mut w = SqlWriter::new(self.dialect);
                w.push_literal(value)?;
                match self.introspect.default(&w.finish().sql, column) {
                    read @ ColumnDefault::Value(_) => read,
                    // A form that only the database reads, such as bytes.
                    _ => default.clone(),
                }
            }
            ColumnDefault::Now => ColumnDefault::Now,
            ColumnDefault::Sql(sql) => self.introspect.default(sql, column),
        })
    }

    fn same_default(&self, one: Option<&ColumnDefault>, other: Option<&ColumnDefault>, column: &Column) -> bool {
        match (one, other) {
            (None, None) => true,
            (Some(ColumnDefault::Value(value)), Some(_)) if !matches!(value, Value::Text(_)) => true,
            (Some(one), Some(other)) => {
                let ignored = self.expressions == Expressions::Ignored;
                same_default(one, other, column)
                    || ignored && [one, other].iter().any(|default| matches!(default, ColumnDefault::Sql(_)))
            }
            _ => false,
        }
    }

    fn indexes(&self, declared: &Table, found: &Table, differences: &mut Vec<Difference>) {
        let name = &declared.name;
        let mut rest: Vec<&Index> = found.indexes.iter().collect();
        for index in &declared.indexes {
            // The one of the same name first: two indexes may have the same structure.
            let own = fitting_name(self.dialect, &index.name);
            let place = rest
                .iter()
                .position(|other| self.same_name(&own, &other.name) && self.same_index(index, other))
                .or_else(|| rest.iter().position(|other| self.same_index(index, other)));
            if let Some(place) = place {
                rest.remove(place);
                continue;
            }
            let create = Operation::CreateIndex { table: name.clone(), index: index.clone() };
            differences.push(self.mended(name, None, Change::NoIndex(Box::new(index.clone())), &create));
        }
        for index in rest.into_iter().filter(|index| !self.is_implied(index, declared)) {
            differences.push(Difference::new(name, None, Change::ExtraIndex(Box::new(index.clone()))));
        }
    }

    /// Whether a database has made an index by itself, for a foreign key that is to stay.
    fn is_implied(&self, index: &Index, table: &Table) -> bool {
        let Some(columns) = index.columns() else { return false };
        !index.unique
            && self.dialect.indexes_in_create_table()
            && table.foreign_keys.iter().any(|key| {
                key.columns.len() <= columns.len()
                    && key.columns.iter().zip(&columns).all(|(one, other)| self.same_name(one, other))
            })
    }

    fn same_index(&self, one: &Index, other: &Index) -> bool {
        let same_key = |(one, other): (&IndexKey, &IndexKey)| match (one, other) {
            (
                IndexKey::Column { name, descending, prefix },
                IndexKey::Column { name: other_name, descending: other_descending, prefix: other_prefix },
            ) => self.same_name(name, other_name) && descending == other_descending && prefix == other_prefix,
            (IndexKey::Expression { sql, .. }, IndexKey::Expression { sql: other, .. }) => self.same_sql(sql, other),
            _ => false,
        };
        let same_filter = match (&one.filter, &other.filter) {
            (None, None) => true,
            (Some(one), Some(other)) => self.same_sql(one, other),
            _ => false,
        };
        // A method that is no kind of index of its own is a wish, which the engine may pass over.
        let method = |index: &Index| match self.dialect.index_method(index) {
            Ok(IndexMethod::Before(name)) if name.eq_ignore_ascii_case("btree") => String::new(),
            Ok(IndexMethod::Before(name)) => name.to_ascii_lowercase(),
            Ok(IndexMethod::Kind(kind)) => kind.to_ascii_lowercase(),
            Ok(IndexMethod::Own | IndexMethod::After(_)) => String::new(),
            Err(_) => index.method.clone().unwrap_or_default(),
        };
        one.unique == other.unique
            && one.keys.len() == other.keys.len()
            && one.keys.iter().zip(&other.keys).all(same_key)
            && self.same_names(&one.include, &other.include)
            && same_filter
            && one.soft_delete.is_some() == other.soft_delete.is_some()
            && method(one) == method(other)
    }

    fn foreign_keys(&self, declared: &Table, found: &Table, differences: &mut Vec<Difference>) {
        let name = &declared.name;
        let mut rest: Vec<&ForeignKey> = found.foreign_keys.iter().collect();
        for key in &declared.foreign_keys {
            let same = |other: &&ForeignKey| {
                self.same_names(&key.columns, &other.columns)
                    && self.same_names(&key.target_columns, &other.target_columns)
                    && self.same_name(&key.target.name, &other.target.name)
            };
            let Some(place) = rest.iter().position(same) else {
                let add = Operation::AddForeignKey { table: name.clone(), key: key.clone() };
                differences.push(self.mended(name, None, Change::NoForeignKey(Box::new(key.clone())), &add));
                continue;
            };
            let other = rest.remove(place);
            let same_actions = self.same_action(key.on_delete, other.on_delete)
                && self.same_action(key.on_update, other.on_update)
                && key.deferrable == other.deferrable;
            if !same_actions {
                let change = Change::Actions { declared: Box::new(key.clone()), found: Box::new(other.clone()) };
                differences.push(Difference::new(name, None, change));
            }
        }
        for key in rest {
            differences.push(Difference::new(name, None, Change::ExtraForeignKey(Box::new(key.clone()))));
        }
    }

    /// Where no constraint is deferrable, RESTRICT and NO ACTION are the same.
    fn same_action(&self, one: OnDelete, other: OnDelete) -> bool {
        let waits = |action| match action {
            OnDelete::Restrict if !self.dialect.deferrable_foreign_keys() => OnDelete::NoAction,
            other => other,
        };
        waits(one) == waits(other)
    }

    fn checks(&self, declared: &Table, found: &Table, differences: &mut Vec<Difference>) {
        if !self.dialect.capabilities().checks {
            return;
        }
        let name = &declared.name;
        let mut rest: Vec<&Check> = found.checks.iter().collect();
        for check in declared.checks.iter().filter(|check| !follows_from_type(declared, check, self.dialect)) {
            let own = fitting_name(self.dialect, &check.name);
            let same_condition = |other: &Check| match (&check.condition, &other.condition) {
                (CheckCondition::Sql(one), CheckCondition::Sql(other)) => words(one) == words(other),
                (own, CheckCondition::Sql(other)) => self.says(own, other),
                _ => false,
            };
            let place = rest
                .iter()
                .position(|other| self.same_name(&own, &other.name))
                .or_else(|| rest.iter().position(|other| same_condition(other)));
            let Some(place) = place else {
                let add = Operation::AddCheck { table: name.clone(), check: check.clone() };
                differences.push(self.mended(name, None, Change::NoCheck(Box::new(check.clone())), &add));
                continue;
            };
            let other = rest.remove(place);
            if self.expressions == Expressions::Compared && !same_condition(other) {
                let change = Change::Check { declared: Box::new(check.clone()), found: Box::new(other.clone()) };
                differences.push(Difference::new(name, None, change));
            }
        }
        for check in rest {
            differences.push(Difference::new(name, None, Change::ExtraCheck(Box::new(check.clone()))));
        }
    }

    /// Whether a condition that a database has in words of its own is one of the library's: about the column, with all the
    /// labels or both ends of the range.
    fn says(&self, own: &CheckCondition, sql: &str) -> bool {
        let found = words(sql);
        let has = |column: &str, constants: &[String]| {
            found.contains(&words(column)) && constants.iter().all(|constant| found.contains(constant))
        };
        match own {
            CheckCondition::Labels { column, labels } => {
                let quoted = |label: &String| format!("'{}'", label.replace('\'', "''"));
                has(column, &labels.iter().map(quoted).collect::<Vec<_>>())
            }
            CheckCondition::Range { column, ty } => {
                let range = self.dialect.checked_range(*ty).or_else(|| ty.integer_range());
                range.is_some_and(|(min, max)| has(column, &[min.trim_start_matches('-').to_owned(), max.to_owned()]))
            }
            CheckCondition::Sql(_) | CheckCondition::OneKey { .. } => false,
        }
    }
}
