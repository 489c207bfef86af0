//! The operations that lead from one schema to another, in an order in which each can be done.

use orm_core::Result;
use orm_core::dialect::{Dialect, SqlWriter, ddl};
use orm_core::schema::{
    CheckCondition, Column, ColumnType, ForeignKey, Index, IndexKey, Object, ObjectKind, Operation, PrimaryKey,
    QualifiedName, Schema, Table,
};

use super::Fill;
use super::rename::names;

/// When an operation is done. Operations of one phase keep their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Enums,
    DropKeys,
    DropChecks,
    DropIndexes,
    /// Before the columns that they are computed from.
    DropComputed,
    CreateTables,
    AddColumns,
    /// Before the values of the new type come in.
    AlterTypes,
    Fill,
    AlterColumns,
    PrimaryKeys,
    CountColumns,
    Rebuild,
    DropColumns,
    /// After the columns that they are computed from.
    AddComputed,
    CreateIndexes,
    AddChecks,
    AddKeys,
    Comments,
    DropTables,
    DropEnums,
}

/// The operations from one schema to another. Tables of one name are the same table, columns of one name the same column.
///
/// # Errors
/// For what the database cannot have.
pub(super) fn between(from: &Schema, to: &Schema, fills: &[Fill], dialect: &dyn Dialect) -> Result<Vec<Operation>> {
    let mut steps = Steps { from, to, fills, dialect, operations: Vec::new() };
    steps.enums();
    let common: Vec<(&Table, &Table)> =
        to.tables.iter().filter_map(|table| Some((steps.table_of(from, &table.name)?, table))).collect();
    let retyped: Vec<(QualifiedName, String)> = common.iter().flat_map(|(old, new)| retyped(old, new)).collect();
    for (old, new) in &common {
        steps.table(old, new, &retyped)?;
    }
    steps.tables();
    let mut operations = steps.operations;
    operations.sort_by_key(|(phase, _)| *phase);
    let mut operations: Vec<Operation> = operations.into_iter().map(|(_, operation)| operation).collect();
    if operations.iter().any(|operation| matches!(operation, Operation::RebuildTable { .. })) {
        operations.insert(0, Operation::SuspendForeignKeys);
        operations.push(Operation::ResumeForeignKeys);
    }
    Ok(operations)
}

/// The columns that get another type.
fn retyped(old: &Table, new: &Table) -> Vec<(QualifiedName, String)> {
    let has_other_type = |column: &&Column| old.column(&column.name).is_some_and(|before| !same_type(before, column));
    new.columns.iter().filter(has_other_type).map(|column| (new.name.clone(), column.name.clone())).collect()
}

fn same_type(one: &Column, other: &Column) -> bool {
    one.ty == other.ty
        && one.type_name == other.type_name
        && one.length == other.length
        && one.precision == other.precision
        && one.collation == other.collation
}

/// Whether ALTER COLUMN has nothing to do. What a column is indexed by is no part of it.
fn same_column(one: &Column, other: &Column) -> bool {
    same_type(one, other)
        && one.nullable == other.nullable
        && one.auto_increment == other.auto_increment
        && one.default == other.default
        && one.extra == other.extra
        && one.generated == other.generated
}

struct Steps<'a> {
    from: &'a Schema,
    to: &'a Schema,
    fills: &'a [Fill],
    dialect: &'a dyn Dialect,
    operations: Vec<(Phase, Operation)>,
}

impl<'a> Steps<'a> {
    fn table_of(&self, schema: &'a Schema, name: &QualifiedName) -> Option<&'a Table> {
        schema.tables.iter().find(|table| table.name == *name)
    }

    fn push(&mut self, phase: Phase, operation: Operation) {
        self.operations.push((phase, operation));
    }

    fn enums(&mut self) {
        for ty in &self.to.enums {
            match self.from.enums.iter().find(|other| other.name == ty.name) {
                None => self.push(Phase::Enums, Operation::CreateEnum(ty.clone())),
                Some(old) if old.labels == ty.labels => {}
                Some(old) => {
                    let columns = columns_of(self.from, &ty.name);
                    self.push(Phase::Enums, Operation::AlterEnum { from: old.clone(), to: ty.clone(), columns });
                }
            }
        }
        for ty in &self.from.enums {
            if !self.to.enums.iter().any(|other| other.name == ty.name) {
                self.push(Phase::DropEnums, Operation::DropEnum(ty.name.clone()));
            }
        }
    }

    /// The tables that only one of the schemas has.
    fn tables(&mut self) {
        let (from, to) = (self.from, self.to);
        let new: Vec<&Table> = to.tables.iter().filter(|table| self.table_of(from, &table.name).is_none()).collect();
        if !new.is_empty() {
            let there: Vec<QualifiedName> = from.tables.iter().map(|table| table.name.clone()).collect();
            let schema = Schema { tables: new.into_iter().cloned().collect(), ..Schema::default() };
            for operation in ddl::create(&in_order(schema), &there, self.dialect) {
                let phase = match operation {
                    Operation::AddForeignKey { .. } => Phase::AddKeys,
                    _ => Phase::CreateTables,
                };
                self.push(phase, operation);
            }
        }
        let gone: Vec<Table> =
            from.tables.iter().filter(|table| self.table_of(to, &table.name).is_none()).cloned().collect();
        if !gone.is_empty() {
            let there: Vec<QualifiedName> = gone.iter().map(|table| table.name.clone()).collect();
            let schema = in_order(Schema { tables: gone, ..Schema::default() });
            for operation in ddl::drop(&schema, &there, false, self.dialect) {
                self.push(Phase::DropTables, operation);
            }
        }
    }

    fn table(&mut self, old: &'a Table, new: &'a Table, retyped: &[(QualifiedName, String)]) -> Result<()> {
        let before = self.operations.len();
        self.foreign_keys(old, new, retyped);
        self.checks(old, new);
        self.indexes(old, new);
        self.columns(old, new)?;
        if old.comment != new.comment {
            let comment = new.comment.clone();
            self.push(Phase::Comments, Operation::CommentOnTable { table: new.name.clone(), comment });
        }
        self.fold(before)?;
        if self.operations[before..].iter().any(|(_, operation)| self.dialect.rebuilds(operation)) {
            let values = self.values(old, new, before)?;
            self.operations.truncate(before);
            let is_own =
                |object: &&Object| object.kind == ObjectKind::Trigger && object.table.as_ref() == Some(&new.name);
            let triggers = self.from.objects.iter().filter(is_own).cloned().collect();
            let (from, to) = (Box::new(old.clone()), Box::new(new.clone()));
            self.push(Phase::Rebuild, Operation::RebuildTable { from, to, values, triggers });
        }
        Ok(())
    }

    /// What a rebuild puts into columns that would be NULL.
    fn values(&self, old: &Table, new: &Table, since: usize) -> Result<Vec<(String, String)>> {
        let mut values = Vec::new();
        for column in &new.columns {
            let fill = self.operations[since..].iter().find_map(|(_, operation)| match operation {
                Operation::FillColumn { column: name, value, .. } if *name == column.name => Some(value.clone()),
                _ => None,
            });
            let tightened = old.column(&column.name).is_some_and(|before| before.nullable && !column.nullable);
            let value = match fill {
                Some(value) => Some(value),
                None if tightened => self.default_of(column)?,
                None => None,
            };
            values.extend(value.map(|value| (column.name.clone(), value)));
        }
        Ok(values)
    }

    fn default_of(&self, column: &Column) -> Result<Option<String>> {
        let Some(default) = &column.default else { return Ok(None) };
        let mut w = SqlWriter::new(self.dialect);
        ddl::push_default(&mut w, column, default)?;
        Ok(Some(w.finish().sql))
    }

    fn foreign_keys(&mut self, old: &'a Table, new: &'a Table, retyped: &[(QualifiedName, String)]) {
        let touches = |key: &ForeignKey| {
            retyped.iter().any(|(table, column)| {
                *table == new.name && key.columns.contains(column)
                    || *table == key.target && key.target_columns.contains(column)
            })
        };
        let loses_index = |key: &ForeignKey| self.loses_index(old, new, key);
        let loses_target = |key: &ForeignKey| {
            let key_of = |schema: &'a Schema| {
                self.table_of(schema, &key.target).and_then(|table| table.primary_key.as_ref()).map(|key| &key.columns)
            };
            let (before, after) = (key_of(self.from), key_of(self.to));
            before != after && before == Some(&key.target_columns)
        };
        let again = |key: &ForeignKey| touches(key) || loses_index(key) || loses_target(key);
        let table = &new.name;
        let mut operations = Vec::new();
        for key in &old.foreign_keys {
            if !new.foreign_keys.contains(key) || again(key) {
                let drop = Operation::DropForeignKey { table: table.clone(), key: key.name.clone() };
                operations.push((Phase::DropKeys, drop));
            }
        }
        for key in &new.foreign_keys {
            if !old.foreign_keys.contains(key) || again(key) {
                let add = Operation::AddForeignKey { table: table.clone(), key: key.clone() };
                operations.push((Phase::AddKeys, add));
            }
        }
        self.operations.append(&mut operations);
    }

    /// Whether an index goes that a foreign key needs, where a database makes one for each.
    fn loses_index(&self, old: &Table, new: &Table, key: &ForeignKey) -> bool {
        if !self.dialect.indexes_in_create_table() {
            return false;
        }
        let begins = |columns: &[&str]| {
            columns.len() >= key.columns.len() && key.columns.iter().zip(columns).all(|(one, other)| one == other)
        };
        let serves = |index: &&Index| index.columns().is_some_and(|columns| begins(&columns));
        old.indexes.iter().filter(serves).any(|index| !new.indexes.contains(index))
            || old.primary_key != new.primary_key
                && old
                    .primary_key
                    .as_ref()
                    .is_some_and(|key| begins(&key.columns.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    /// Whether an expression names a column that gets another type, where such expressions are bound to the type.
    fn is_bound(&self, old: &Table, new: &Table, sql: &str) -> bool {
        self.dialect.capabilities().transactional_ddl
            && retyped(old, new).iter().any(|(_, column)| names(sql, column, self.dialect.lexical()))
    }

    fn is_computed_from_retyped(&self, old: &Table, new: &Table, column: &Column) -> bool {
        column.generated.as_ref().is_some_and(|generated| self.is_bound(old, new, &generated.sql))
    }

    fn checks(&mut self, old: &'a Table, new: &'a Table) {
        let again = |condition: &CheckCondition| match condition {
            CheckCondition::Sql(sql) => self.is_bound(old, new, sql),
            _ => false,
        };
        let mut operations = Vec::new();
        for check in &old.checks {
            if !new.checks.contains(check) || again(&check.condition) {
                let drop = Operation::DropCheck { table: new.name.clone(), check: check.name.clone() };
                operations.push((Phase::DropChecks, drop));
            }
        }
        for check in &new.checks {
            let follows = ddl::follows_from_type(new, check, self.dialect);
            if !follows && (!old.checks.contains(check) || again(&check.condition)) {
                let add = Operation::AddCheck { table: new.name.clone(), check: check.clone() };
                operations.push((Phase::AddChecks, add));
            }
        }
        self.operations.append(&mut operations);
    }

    fn indexes(&mut self, old: &'a Table, new: &'a Table) {
        let again = |index: &Index| {
            let in_keys = index.keys.iter().any(|key| match key {
                IndexKey::Expression { sql, .. } => self.is_bound(old, new, sql),
                IndexKey::Column { .. } => false,
            });
            in_keys || index.filter.as_ref().is_some_and(|sql| self.is_bound(old, new, sql))
        };
        let mut operations = Vec::new();
        for index in &old.indexes {
            if !new.indexes.contains(index) || again(index) {
                let drop = Operation::DropIndex { table: new.name.clone(), index: index.clone() };
                operations.push((Phase::DropIndexes, drop));
            }
        }
        for index in &new.indexes {
            if !old.indexes.contains(index) || again(index) {
                let create = Operation::CreateIndex { table: new.name.clone(), index: index.clone() };
                operations.push((Phase::CreateIndexes, create));
            }
        }
        self.operations.append(&mut operations);
    }

    fn columns(&mut self, old: &'a Table, new: &'a Table) -> Result<()> {
        let table = &new.name;
        let has_other_key = !same_key(old.primary_key.as_ref(), new.primary_key.as_ref());
        let mut added_to_key = Vec::new();
        for column in &new.columns {
            match old.column(&column.name) {
                None if has_other_key && column.auto_increment => added_to_key.push(column.clone()),
                None if column.generated.is_some() => {
                    let add = Operation::AddColumn { table: table.clone(), column: column.clone() };
                    self.push(Phase::AddComputed, add);
                }
                None => self.add_column(table, column)?,
                Some(before) if is_computed_anew(before, column) || self.is_computed_from_retyped(old, new, column) => {
                    let drop = Operation::DropColumn { table: table.clone(), column: column.name.clone() };
                    self.push(Phase::DropComputed, drop);
                    let add = Operation::AddColumn { table: table.clone(), column: column.clone() };
                    self.push(Phase::AddComputed, add);
                }
                Some(before) => self.alter_column(table, before, column)?,
            }
        }
        for column in &old.columns {
            if new.column(&column.name).is_none() {
                let phase = if column.generated.is_some() { Phase::DropComputed } else { Phase::DropColumns };
                self.push(phase, Operation::DropColumn { table: table.clone(), column: column.name.clone() });
            }
        }
        if has_other_key {
            let (from, to) = (old.primary_key.clone(), new.primary_key.clone());
            let alter = Operation::AlterPrimaryKey { table: table.clone(), from, to, added: added_to_key };
            self.push(Phase::PrimaryKeys, alter);
        }
        Ok(())
    }

    fn fill_of(&self, table: &QualifiedName, column: &str) -> Option<String> {
        let is_it = |fill: &&Fill| fill.table == table.name && fill.column == column;
        self.fills.iter().find(is_it).map(|fill| fill.value.clone())
    }

    /// A column that wants a value and has no default gets it from `Fill`: first it may be NULL, then it is filled.
    fn add_column(&mut self, table: &QualifiedName, column: &Column) -> Result<()> {
        let fill = self.fill_of(table, &column.name);
        let (false, None, Some(value)) = (column.nullable, &column.default, fill) else {
            self.push(Phase::AddColumns, Operation::AddColumn { table: table.clone(), column: column.clone() });
            return Ok(());
        };
        let empty = Column { nullable: true, ..column.clone() };
        self.push(Phase::AddColumns, Operation::AddColumn { table: table.clone(), column: empty.clone() });
        let name = column.name.clone();
        self.push(Phase::Fill, Operation::FillColumn { table: table.clone(), column: name, value });
        let (from, to) = (Box::new(empty), Box::new(column.clone()));
        self.push(Phase::AlterColumns, Operation::AlterColumn { table: table.clone(), from, to });
        Ok(())
    }

    fn alter_column(&mut self, table: &QualifiedName, before: &Column, column: &Column) -> Result<()> {
        let mut before = before.clone();
        if before.nullable && !column.nullable && column.generated.is_none() {
            let fill = self.fill_of(table, &column.name);
            let value = if fill.is_some() { fill } else { self.default_of(column)? };
            if let Some(value) = value {
                if !same_type(&before, column) {
                    let typed = Column { nullable: true, comment: before.comment.clone(), ..column.clone() };
                    let (from, to) = (Box::new(before), Box::new(typed.clone()));
                    self.push(Phase::AlterTypes, Operation::AlterColumn { table: table.clone(), from, to });
                    before = typed;
                }
                let name = column.name.clone();
                self.push(Phase::Fill, Operation::FillColumn { table: table.clone(), column: name, value });
            }
        }
        let before = &before;
        if !same_column(before, column) {
            // Some databases count only columns of a key, so that the key comes first, and goes last.
            let phase =
                if column.auto_increment && !before.auto_increment { Phase::CountColumns } else { Phase::AlterColumns };
            let (from, to) = (Box::new(before.clone()), Box::new(column.clone()));
            self.push(phase, Operation::AlterColumn { table: table.clone(), from, to });
        }
        if before.comment != column.comment {
            let comment = Operation::CommentOnColumn { table: table.clone(), column: column.clone() };
            self.push(Phase::Comments, comment);
        }
        Ok(())
    }

    /// Where a constraint takes a rebuild, one that is only about a column that is added becomes a part of that column.
    fn fold(&mut self, since: usize) -> Result<()> {
        let mut rest = self.operations.split_off(since);
        let mut at = 0;
        while at < rest.len() {
            let extra = if self.dialect.rebuilds(&rest[at].1) {
                ddl::column_constraint(&rest[at].1, self.dialect)?
            } else {
                None
            };
            let is_key = matches!(rest[at].1, Operation::AddForeignKey { .. });
            let place = extra.as_ref().and_then(|(name, _)| {
                rest.iter().position(|(_, operation)| match operation {
                    Operation::AddColumn { column, .. } => {
                        column.name == *name
                            && !self.dialect.rebuilds(operation)
                            && !(is_key && column.default.is_some())
                    }
                    _ => false,
                })
            });
            if let (Some((_, sql)), Some(place)) = (extra, place) {
                if let Operation::AddColumn { column, .. } = &mut rest[place].1 {
                    column.extra = Some(match column.extra.take() {
                        Some(before) => format!("{before} {sql}"),
                        None => sql,
                    });
                }
                rest.remove(at);
            } else {
                at += 1;
            }
        }
        self.operations.append(&mut rest);
        Ok(())
    }
}

fn same_key(one: Option<&PrimaryKey>, other: Option<&PrimaryKey>) -> bool {
    one.map(|key| &key.columns) == other.map(|key| &key.columns)
}

/// Whether a column is computed from now on, or in another way: it is made again, since its values are no data.
fn is_computed_anew(before: &Column, column: &Column) -> bool {
    match (&before.generated, &column.generated) {
        (_, Some(new)) => before.generated.as_ref() != Some(new),
        // Only a stored value can stay.
        (Some(old), None) => !old.stored,
        (None, None) => false,
    }
}

/// The columns of an enum type, as they are, also in tables that go later.
fn columns_of(schema: &Schema, name: &QualifiedName) -> Vec<(QualifiedName, Column)> {
    let has = |column: &&Column| {
        let ty = if let ColumnType::Array(element) = &column.ty { element } else { &column.ty };
        matches!(ty, ColumnType::Enum(ty) if ty.name == *name)
    };
    let columns = |table: &Table| {
        let name = table.name.clone();
        table.columns.iter().filter(has).map(move |column| (name.clone(), column.clone())).collect::<Vec<_>>()
    };
    schema.tables.iter().flat_map(columns).collect()
}

/// Tables after those that they point at, where that is possible.
fn in_order(schema: Schema) -> Schema {
    let mut rest = schema.tables;
    let mut tables: Vec<Table> = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let waits = |table: &Table| {
            let mut keys = table.foreign_keys.iter();
            keys.any(|key| key.target != table.name && rest.iter().any(|other| other.name == key.target))
        };
        let at = rest.iter().position(|table| !waits(table)).unwrap_or_default();
        tables.push(rest.remove(at));
    }
    Schema { tables, ..schema }
}
