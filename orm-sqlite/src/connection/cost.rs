//! What SQLite is asked about a statement's cost: whether writes wait for the disk, and how many rows one visits.

use orm_core::Result;

use crate::handle::Handle;
use crate::policy::{self, Visits};

/// Whether writes may wait for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// To be asked again: a PRAGMA or the like may have changed it.
    Unknown,
    /// Nothing is written to a disk, or nothing waits for it.
    None,
    /// Checkpoints and the start of the write-ahead log wait.
    Log,
    /// Writes and commits wait.
    Waits,
}

/// Whether writes wait for the disk: the worst of all databases of the connection.
pub(super) fn ask_durability(handle: &mut Handle) -> Result<Durability> {
    let mut worst = Durability::None;
    for row in handle.text_rows("PRAGMA database_list")? {
        let [_, name, file] = &row[..] else { continue };
        if file.is_empty() {
            continue; // In memory, or temporary.
        }
        let name = name.replace('"', "\"\"");
        let mut ask = |what: &str| -> Result<String> {
            let rows = handle.text_rows(&format!("PRAGMA \"{name}\".{what}"))?;
            Ok(rows.into_iter().flatten().next().unwrap_or_default())
        };
        let synchronous = ask("synchronous")?;
        let durability = match (&*ask("journal_mode")?, &*synchronous) {
            (_, "0") => Durability::None,
            ("wal", "1") => Durability::Log,
            _ => Durability::Waits,
        };
        worst = match (worst, durability) {
            (Durability::Waits, _) | (_, Durability::Waits) => Durability::Waits,
            (Durability::Log, _) | (_, Durability::Log) => Durability::Log,
            _ => Durability::None,
        };
    }
    Ok(worst)
}

/// Whether a write visits few rows, by its plan.
pub(super) fn is_bounded(handle: &mut Handle, sql: &str) -> Result<bool> {
    for line in handle.plan(sql)? {
        match policy::visits(&line) {
            Visits::Bounded => {}
            Visits::Unbounded => return Ok(false),
            Visits::BoundedIfUnique(index, columns) => {
                let index = index.replace('\'', "''");
                let rows = handle.text_rows(&format!(
                    "SELECT (SELECT count(*) FROM pragma_index_info('{index}')) FROM sqlite_master AS t, \
                     pragma_index_list(t.tbl_name) AS i \
                     WHERE t.type = 'index' AND t.name = '{index}' AND i.name = t.name AND i.\"unique\""
                ))?;
                if rows.into_iter().flatten().next() != Some(columns.to_string()) {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}
