//! The schema that a database is to have: what it has, with what models say put in its place. What a model cannot say stays.

use orm_core::dialect::{Dialect, ddl};
use orm_core::driver::{Lexer, Token};
use orm_core::schema::{
    Change, CheckCondition, Column, Difference, ForeignKey, Index, PrimaryKey, QualifiedName, Schema, Table,
};
use orm_core::{Error, ErrorKind, Result};

/// Puts the models' side of each difference into a schema. `declared` is in the words of the models, the differences
/// were taken in those of the database.
///
/// # Errors
/// [`ErrorKind::SchemaDiffers`] for a model whose table is a view.
pub(super) fn target(
    live: &Schema,
    declared: &Schema,
    differences: &[Difference],
    dialect: &dyn Dialect,
) -> Result<Schema> {
    let mut target = live.clone();
    for difference in differences {
        let name = &difference.table;
        match &difference.change {
            Change::NoEnum(ty) => target.enums.push(ty.clone()),
            Change::Labels { declared: labels, .. } => set_labels(&mut target, name, labels),
            Change::NoTable(table) => {
                let model = declared.tables.iter().find(|other| other.name == *name);
                target.tables.push(model.unwrap_or(table).clone());
            }
            Change::NotATable(kind) => {
                let message = format!("`{name}` is a {kind}, and a model has it as its table");
                return Err(Error::new(ErrorKind::SchemaDiffers, message).with_table(name.name.clone()));
            }
            change => {
                let same = |table: &&Table| same_name(dialect, &table.name, name);
                let model = declared.tables.iter().find(same);
                if let (Some(model), Some(table)) =
                    (model, target.tables.iter_mut().find(|table| same_name(dialect, &table.name, name)))
                {
                    Merge { table, model, dialect }.apply(difference.column.as_deref(), change);
                }
            }
        }
    }
    Ok(target)
}

fn same_name(dialect: &dyn Dialect, one: &QualifiedName, other: &QualifiedName) -> bool {
    one.schema == other.schema
        && dialect.introspect().is_some_and(|introspect| introspect.same_name(&one.name, &other.name))
}

fn set_labels(schema: &mut Schema, name: &QualifiedName, labels: &[String]) {
    for ty in schema.enums.iter_mut().filter(|ty| ty.name == *name) {
        labels.clone_into(&mut ty.labels);
    }
}

/// One table, and the model of it.
struct Merge<'a> {
    table: &'a mut Table,
    model: &'a Table,
    dialect: &'a dyn Dialect,
}

impl Merge<'_> {
    fn apply(&mut self, column: Option<&str>, change: &Change) {
        if let Some(name) = column {
            return self.column(name, change);
        }
        let (table, model) = (&mut *self.table, self.model);
        match change {
            Change::PrimaryKey { .. } => {
                let name = match table.primary_key.take() {
                    Some(before) => before.name,
                    // By this name the way back drops it.
                    None => self.dialect.capabilities().add_foreign_key.then(|| format!("{}_pkey", table.name.name)),
                };
                table.primary_key = model.primary_key.clone().map(|key| PrimaryKey { name, ..key });
                // Which column is counted up may be a matter of the key alone.
                for column in &mut table.columns {
                    column.auto_increment = model.column(&column.name).is_some_and(|model| model.auto_increment);
                }
            }
            Change::Comment { declared, .. } => declared.clone_into(&mut table.comment),
            Change::NoIndex(index) => {
                let fits = |other: &&Index| ddl::fitting_name(self.dialect, &other.name) == index.name;
                let own = model.indexes.iter().find(fits).unwrap_or(index);
                // A name that the database has for something else is free once that is gone.
                table.indexes.push(own.clone());
            }
            Change::ExtraIndex(index) => {
                table.indexes.retain(|other| other != &**index || !is_sayable(other, self.dialect))
            }
            Change::NoForeignKey(key) => {
                let own = model.foreign_keys.iter().find(|other| same_key(other, key)).unwrap_or(key);
                table.foreign_keys.push(own.clone());
            }
            Change::ExtraForeignKey(key) => table.foreign_keys.retain(|other| other != &**key),
            Change::Actions { declared, found } => {
                let name = found.name.clone();
                for key in table.foreign_keys.iter_mut().filter(|key| **key == **found) {
                    let own = model.foreign_keys.iter().find(|other| same_key(other, declared)).unwrap_or(declared);
                    *key = ForeignKey { name: name.clone(), ..own.clone() };
                }
            }
            Change::NoCheck(check) => {
                let fits =
                    |other: &&orm_core::schema::Check| ddl::fitting_name(self.dialect, &other.name) == check.name;
                table.checks.push(model.checks.iter().find(fits).unwrap_or(check).clone());
            }
            Change::ExtraCheck(check) => table.checks.retain(|other| other != &**check),
            Change::Check { declared, found } => {
                let fits =
                    |other: &&orm_core::schema::Check| ddl::fitting_name(self.dialect, &other.name) == declared.name;
                let own = model.checks.iter().find(fits).unwrap_or(declared);
                match table.checks.iter_mut().find(|check| **check == **found) {
                    Some(check) => check.condition = own.condition.clone(),
                    // It went with a column.
                    None => table.checks.push(own.clone()),
                }
            }
            _ => {}
        }
    }

    fn column(&mut self, name: &str, change: &Change) {
        let same = |column: &&Column| {
            self.dialect.introspect().is_some_and(|introspect| introspect.same_name(&column.name, name))
        };
        let model = self.model.columns.iter().find(same);
        match (change, model) {
            (Change::NoColumn(column), model) => {
                let column = model.unwrap_or(column).clone();
                self.table.columns.push(column);
            }
            (Change::ExtraColumn(column), _) => self.without(&column.name.clone()),
            (change, Some(model)) => {
                let at = self.table.columns.iter().position(|column| same(&column));
                let Some(column) = at.and_then(|at| self.table.columns.get_mut(at)) else { return };
                match change {
                    Change::Type { .. } => {
                        column.ty = model.ty.clone();
                        column.type_name.clone_from(&model.type_name);
                        column.length = model.length;
                        column.precision = model.precision;
                        column.indexed = model.indexed;
                    }
                    Change::Nullable { declared, .. } => column.nullable = *declared,
                    Change::AutoIncrement { declared, .. } => column.auto_increment = *declared,
                    Change::Default { .. } => column.default.clone_from(&model.default),
                    Change::Generated { .. } => column.generated.clone_from(&model.generated),
                    Change::Collation { declared, .. } => column.collation = Some(declared.clone()),
                    Change::Comment { declared, .. } => declared.clone_into(&mut column.comment),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Drops a column, with what is over it.
    fn without(&mut self, name: &str) {
        let lexical = self.dialect.lexical();
        let has = |columns: &[String]| columns.iter().any(|column| column == name);
        let in_sql = |sql: &String| super::rename::names(sql, name, lexical);
        let table = &mut *self.table;
        table.columns.retain(|column| column.name != name);
        table.foreign_keys.retain(|key| !has(&key.columns));
        table.checks.retain(|check| match &check.condition {
            CheckCondition::Sql(sql) => !in_sql(sql),
            _ => true,
        });
        table.indexes.retain(|index| {
            let in_keys = index.keys.iter().any(|key| match key {
                orm_core::schema::IndexKey::Column { name: column, .. } => column == name,
                orm_core::schema::IndexKey::Expression { sql, .. } => in_sql(sql),
            });
            !in_keys && !has(&index.include) && !index.filter.as_ref().is_some_and(in_sql)
        });
    }
}

fn same_key(one: &ForeignKey, other: &ForeignKey) -> bool {
    one.columns == other.columns && one.target.name == other.target.name && one.target_columns == other.target_columns
}

/// Whether a model can declare such an index. How its keys are compared, where NULLs come and what it has beside them is
/// beyond models.
fn is_sayable(index: &Index, dialect: &dyn Dialect) -> bool {
    let beyond = |word: &str| {
        let word = word.to_ascii_uppercase();
        matches!(word.as_str(), "COLLATE" | "NULLS" | "INCLUDE") || word.ends_with("_OPS")
    };
    let definition = index.definition.as_deref().unwrap_or_default();
    let mut words = Lexer::new(definition, dialect.lexical());
    index.include.is_empty() && !words.any(|token| matches!(token, Token::Word(word) if beyond(word)))
}
