//! [`Place`]: what a value is sealed for.

use std::collections::BTreeMap;
use std::fmt;

/// What a value is sealed for: a table and a column, and whatever else it is bound to, such as the tenant. A value that was sealed for one
/// place does not open for another.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    table: String,
    column: String,
    bound: BTreeMap<String, Vec<u8>>,
}

impl Place {
    /// A column of a table. The key is derived from these two names, so they are those of the first day: a table or column that is
    /// renamed later keeps them.
    pub fn new(table: impl Into<String>, column: impl Into<String>) -> Self {
        Self { table: table.into(), column: column.into(), bound: BTreeMap::new() }
    }

    /// Binds it to something else, too, by a name.
    #[must_use]
    pub fn bind(mut self, name: impl Into<String>, value: impl AsRef<[u8]>) -> Self {
        self.bound.insert(name.into(), value.as_ref().to_vec());
        self
    }

    /// The table and the column.
    pub(crate) fn names(&self) -> (&str, &str) {
        (&self.table, &self.column)
    }

    /// The associated data of a value with a header: each part with its length before it, so that no two places give the same.
    pub(crate) fn associated(&self, header: &[u8]) -> Vec<u8> {
        let mut all = Vec::with_capacity(64);
        for part in [b"orm-aad-v1".as_slice(), header, self.table.as_bytes(), self.column.as_bytes()] {
            push(&mut all, part);
        }
        for (name, value) in &self.bound {
            push(&mut all, name.as_bytes());
            push(&mut all, value);
        }
        all
    }
}

/// The values that it is bound to may be secret.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound: Vec<&str> = self.bound.keys().map(String::as_str).collect();
        f.debug_struct("Place")
            .field("table", &self.table)
            .field("column", &self.column)
            .field("bound", &bound)
            .finish()
    }
}

/// Appends a part with its length before it.
pub(crate) fn push(all: &mut Vec<u8>, part: &[u8]) {
    all.extend_from_slice(&(part.len() as u64).to_be_bytes());
    all.extend_from_slice(part);
}
