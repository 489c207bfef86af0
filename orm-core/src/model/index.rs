//! The metadata of indexes and unique keys.

/// An index or unique key of a table.
#[derive(Debug)]
pub struct IndexDef {
    /// The name; empty for one made of table and columns.
    pub name: &'static str,
    /// Whether no two rows may have the same values.
    pub unique: bool,
    /// What is indexed, in order.
    pub parts: &'static [IndexPart],
    /// The access method, such as `gin`; `None` is the database's own choice.
    pub method: Option<&'static str>,
    /// The rows covered, as SQL; `None` is all.
    pub filter: Option<&'static str>,
}

impl IndexDef {
    /// An index of all rows over these parts, with a name made of table and columns.
    pub const fn new(unique: bool, parts: &'static [IndexPart]) -> Self {
        Self { name: "", unique, parts, method: None, filter: None }
    }

    /// The positions of its columns, when it is over nothing but columns, of all rows.
    pub fn columns(&self) -> Option<Vec<usize>> {
        let column = |part: &IndexPart| match part {
            IndexPart::Column { index, .. } => Some(*index),
            IndexPart::Expression(_) => None,
        };
        if self.filter.is_some() { None } else { self.parts.iter().map(column).collect() }
    }
}

/// One key part of an index.
#[derive(Debug, Clone, Copy)]
pub enum IndexPart {
    /// A column, by its position in the model.
    Column {
        /// The position in [`ModelDef::columns`](super::ModelDef::columns).
        index: usize,
        /// Whether the index descends.
        descending: bool,
    },
    /// An expression, as SQL.
    Expression(&'static str),
}

impl IndexPart {
    /// A column, ascending, by its position in the model.
    pub const fn column(index: usize) -> Self {
        Self::Column { index, descending: false }
    }
}
