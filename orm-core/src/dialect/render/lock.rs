//! Row locks: which tables of a query they are about.

use super::{Renderer, Source};
use crate::ast::{JoinKind, Lock, LockStrength, LockWait, Select};
use crate::error::Result;
use crate::model::ModelDef;

/// The row lock of a query, and the tables whose rows it locks.
#[derive(Debug, Clone)]
pub struct RowLock {
    /// How strong.
    pub strength: LockStrength,
    /// What to do about rows that others have locked.
    pub wait: LockWait,
    /// Whether the statement names the tables to lock.
    pub names_tables: bool,
    /// The tables; `None` is every table of the query.
    of: Option<Vec<Source>>,
}

impl RowLock {
    fn new(lock: &Lock, of: Option<Vec<Source>>) -> Self {
        Self { strength: lock.strength, wait: lock.wait, names_tables: !lock.of.is_empty(), of }
    }

    fn locks(&self, source: &Source) -> bool {
        self.of.as_ref().is_none_or(|of| of.iter().any(|locked| locked.is(source)))
    }
}

impl Renderer<'_> {
    /// The lock of a query and the tables it is about. `explicit` is the number of tables that the statement names.
    pub(super) fn row_lock(&self, select: &Select, explicit: usize) -> Result<Option<RowLock>> {
        let Some(lock) = &select.lock else { return Ok(None) };
        let sources = self.frames.last().map_or(&[][..], |f| &f.sources);
        let outer = sources.len() > explicit || select.joins.iter().any(|join| join.kind == JoinKind::Left);
        let of = if !lock.of.is_empty() {
            let source = |model: &&'static ModelDef| {
                let found = sources.iter().find(|s| s.model.table.is(model.table)).cloned();
                found.ok_or_else(|| self.not_in_query(&model.columns[0]))
            };
            Some(lock.of.iter().map(source).collect::<Result<_>>()?)
        } else if outer {
            // Rows of outer joins cannot be locked everywhere, and those of paths are not what was asked for.
            let inner = select.joins.iter().zip(&sources[1..]).filter(|(join, _)| join.kind == JoinKind::Inner);
            Some(sources.first().into_iter().chain(inner.map(|(_, source)| source)).cloned().collect())
        } else {
            None
        };
        Ok(Some(RowLock::new(lock, of)))
    }

    pub(super) fn lock_hint(&mut self, source: &Source, lock: Option<&RowLock>) -> Result<()> {
        match lock {
            Some(lock) if lock.locks(source) => self.dialect().push_lock_hint(self, lock),
            _ => Ok(()),
        }
    }

    /// ` OF` and the tables that a lock is about; nothing when it is about all.
    ///
    /// # Errors
    /// For names that cannot be quoted.
    pub fn locked_tables(&mut self, lock: &RowLock) -> Result<()> {
        for (i, source) in lock.of.iter().flatten().enumerate() {
            self.w.push_sql(if i == 0 { " OF " } else { ", " });
            self.push_source_name(source)?;
        }
        Ok(())
    }
}
