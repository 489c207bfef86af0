//! Which operations create the tables of a schema, or drop them, and in which order.

use super::super::Dialect;
use crate::schema::{ForeignKey, Operation, QualifiedName, Schema, Table};

/// The operations that create everything in a schema, in order: enum types, tables, then the foreign keys that point at
/// tables further on. `existing` are the tables that are there already and are left as they are.
pub fn create(schema: &Schema, existing: &[QualifiedName], dialect: &dyn Dialect) -> Vec<Operation> {
    let mut operations: Vec<Operation> = schema.enums.iter().cloned().map(Operation::CreateEnum).collect();
    let missing: Vec<&Table> = schema.tables.iter().filter(|table| !existing.contains(&table.name)).collect();
    let mut later = Vec::new();
    for (i, table) in missing.iter().enumerate() {
        let mut table = Table::clone(table);
        if dialect.capabilities().add_foreign_key {
            // A key can be declared with its table unless it points at one that is still to come, or at a unique key of
            // the table itself, which may be created after it.
            let primary = table.primary_key.as_ref().map(|key| &key.columns);
            let waits = |key: &ForeignKey| {
                key.target == table.name && Some(&key.target_columns) != primary
                    || missing[i + 1..].iter().any(|table| key.target == table.name)
            };
            let (waiting, inline): (Vec<_>, Vec<_>) = table.foreign_keys.iter().cloned().partition(waits);
            table.foreign_keys = inline;
            let add = |key| Operation::AddForeignKey { table: table.name.clone(), key };
            later.extend(waiting.into_iter().map(add));
        }
        operations.push(Operation::CreateTable(table));
    }
    operations.append(&mut later);
    operations
}

/// The operations that drop the tables of a schema, in order, then its enum types. `there` are the tables that exist: where
/// their foreign keys form a cycle, those keys are dropped first, or else the rows removed and the tables replaced by such
/// as have no foreign keys. With `cascade`, the database drops what depends on the tables.
pub fn drop(schema: &Schema, there: &[QualifiedName], cascade: bool, dialect: &dyn Dialect) -> Vec<Operation> {
    let mut operations = Vec::new();
    if !cascade {
        let tables: Vec<&Table> = schema.tables.iter().filter(|table| there.contains(&table.name)).collect();
        // Tables are dropped from the last to the first: a key that points at a later one is in the way.
        let (mut keys, mut tied) = (Vec::new(), Vec::new());
        for (i, table) in tables.iter().enumerate() {
            let later = &tables[i + 1..];
            let before = keys.len();
            for key in table.foreign_keys.iter().filter(|key| later.iter().any(|table| key.target == table.name)) {
                keys.push(Operation::DropForeignKey { table: table.name.clone(), key: key.name.clone() });
            }
            if keys.len() > before {
                tied.push(*table);
            }
        }
        if dialect.capabilities().add_foreign_key {
            operations = keys;
        } else if !tied.is_empty() {
            operations = empty(tables);
            operations.extend(tied.into_iter().flat_map(without_foreign_keys));
        }
    }
    for table in schema.tables.iter().rev() {
        operations.push(Operation::DropTable { table: table.name.clone(), cascade });
    }
    operations.extend(schema.enums.iter().map(|ty| Operation::DropEnum(ty.name.clone())));
    operations
}

/// Replaces an empty table by one without foreign keys. Dropping a table runs the actions of the keys that point at it,
/// which fails when the tables with those keys point at a table that is gone.
fn without_foreign_keys(table: &Table) -> [Operation; 2] {
    let free = Table { foreign_keys: Vec::new(), ..table.clone() };
    [Operation::DropTable { table: table.name.clone(), cascade: false }, Operation::CreateTable(free)]
}

/// Removes all rows: first the foreign keys that may be NULL, then the rows, those of a table after those that point at
/// them.
fn empty(mut tables: Vec<&Table>) -> Vec<Operation> {
    let nullable = |table: &Table, name: &String| table.column(name).is_some_and(|column| column.nullable);
    let mut operations = Vec::new();
    for table in &tables {
        for key in &table.foreign_keys {
            let Some(column) = key.columns.iter().find(|name| nullable(table, name)) else { continue };
            operations.push(Operation::ClearColumn { table: table.name.clone(), column: column.clone() });
        }
    }
    while !tables.is_empty() {
        let points = |other: &Table, table: &Table| {
            let mut keys = other.foreign_keys.iter();
            keys.any(|key| key.target == table.name && !key.columns.iter().any(|name| nullable(other, name)))
        };
        let is_free = |table: &&Table| !tables.iter().any(|other| other.name != table.name && points(other, table));
        let free = tables.iter().position(is_free);
        operations.push(Operation::DeleteRows(tables.remove(free.unwrap_or(0)).name.clone()));
    }
    operations
}
