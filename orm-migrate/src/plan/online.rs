//! Plans for tables in use: what would keep others waiting is done in steps, in files of their own.

use orm_core::Result;
use orm_core::dialect::{Dialect, ddl};
use orm_core::schema::{Operation, Schema};

use super::{PlannedFile, joined};

/// Divides operations into the main file, whose way back is still to come, and those that follow it. Indexes that get a file
/// of their own are taken out of the target, which is what the main file leads to.
pub(super) fn divide(
    operations: Vec<Operation>,
    target: &mut Schema,
    from: &Schema,
    dialect: &dyn Dialect,
) -> Result<(PlannedFile, Vec<PlannedFile>)> {
    let is_new = |operation: &Operation| {
        operation.table().is_none_or(|table| !from.tables.iter().any(|other| other.name == *table))
    };
    let pointed_at: Vec<_> = operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::AddForeignKey { key, .. } => Some(key.target.clone()),
            _ => None,
        })
        .collect();
    let (mut main, mut kept) = (Vec::new(), Vec::new());
    let (mut later, mut validated, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for operation in operations {
        let online = if is_new(&operation) { None } else { dialect.online(&operation)? };
        match (online, &operation) {
            (None, _) => {
                main.append(&mut ddl::render(&operation, dialect)?);
                kept.push(operation);
            }
            // A key that is new in the main file points at it.
            (Some(online), Operation::CreateIndex { table, index })
                if !online.alone.is_empty() && index.unique && pointed_at.contains(table) =>
            {
                main.append(&mut ddl::render(&operation, dialect)?);
                kept.push(operation);
            }
            (Some(online), Operation::CreateIndex { table, index }) if !online.alone.is_empty() => {
                for table in target.tables.iter_mut().filter(|other| other.name == *table) {
                    table.indexes.retain(|other| other != index);
                }
                let drop = Operation::DropIndex { table: table.clone(), index: index.clone() };
                let down = dialect.online(&drop)?.map_or_else(Vec::new, |online| online.alone);
                let (up, down) = (joined(&online.alone), joined(&down));
                let suffix = format!("_{}", index.name);
                alone.push(PlannedFile { suffix, operations: vec![operation], up, down });
            }
            // What drops an index may be followed by one of its name, so that it stays with the others.
            (Some(online), _) if !online.alone.is_empty() => {
                main.append(&mut ddl::render(&operation, dialect)?);
                kept.push(operation);
            }
            (Some(mut online), _) => {
                main.append(&mut online.first);
                if !online.later.is_empty() {
                    later.append(&mut online.later);
                    validated.push(operation.clone());
                }
                kept.push(operation);
            }
        }
    }
    let mut files = Vec::new();
    if !later.is_empty() {
        // What was validated needs no way back of its own: the main file's drops it.
        let (up, down) = (joined(&later), String::new());
        files.push(PlannedFile { suffix: "_validate".to_owned(), operations: validated, up, down });
    }
    files.append(&mut alone);
    let up = joined(&main);
    Ok((PlannedFile { suffix: String::new(), operations: kept, up, down: String::new() }, files))
}
