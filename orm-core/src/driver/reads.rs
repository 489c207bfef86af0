//! [`Reads`]: which columns of models a statement reads. A value may be read from a column of another type than the field's and
//! yet not be found there by `=`: a driver that knows the types of a result looks at them with the first row.

use std::fmt;

use crate::ast::{Expr, SelectList, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef};

/// The columns of models among those of a result.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub enum Reads<'q> {
    /// None, or unknown: computed values, raw SQL.
    #[default]
    Nothing,
    /// All columns of a model, in their order.
    Model(&'static ModelDef),
    /// All columns of a model, then these.
    ModelAnd(&'static ModelDef, &'q [Expr]),
    /// Those that are columns among these.
    List(&'q [Expr]),
}

/// A column of a type that does not suit the field.
#[derive(Debug)]
pub struct Unsuited {
    /// What the database calls the column's type, or what there is.
    pub found: String,
    /// What to declare.
    pub mend: String,
}

impl<'q> Reads<'q> {
    /// What a statement reads.
    pub(crate) fn of(statement: &'q Statement) -> Self {
        let Statement::Select(select) = statement else { return Self::Nothing };
        match &select.list {
            SelectList::Model => Self::Model(select.model),
            SelectList::ModelAnd(list) => Self::ModelAnd(select.model, list),
            SelectList::Exprs(list) => Self::List(list),
            SelectList::One => Self::Nothing,
        }
    }

    fn parts(self) -> (Option<&'static ModelDef>, &'q [Expr]) {
        match self {
            Self::Nothing => (None, &[]),
            Self::Model(def) => (Some(def), &[]),
            Self::ModelAnd(def, list) => (Some(def), list),
            Self::List(list) => (None, list),
        }
    }

    /// The columns with their positions in the result.
    pub fn columns(self) -> impl Iterator<Item = (usize, &'static ColumnDef)> {
        let (def, list) = self.parts();
        let own = def.map_or(&[][..], |def| def.columns);
        let more = list.iter().enumerate().filter_map(move |(at, item)| Some((own.len() + at, item.as_column()?)));
        own.iter().enumerate().chain(more)
    }

    /// The columns of UUIDs with their positions, which databases keep in more than one form; most models have none.
    pub fn uuids(self) -> Vec<(usize, &'static ColumnDef)> {
        let (def, list) = self.parts();
        if list.is_empty() && !def.is_some_and(|def| def.has_uuids) {
            return Vec::new();
        }
        self.columns().filter(|(_, column)| column.has_uuids()).collect()
    }

    /// Asks about every column whether its type in the result suits the field.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`], naming the column, for the first that does not.
    pub fn check(self, suits: impl Fn(usize, &'static ColumnDef) -> Result<(), Unsuited>) -> Result<()> {
        for (position, column) in self.columns() {
            suits(position, column).map_err(|unsuited| unsuited.error(position, column))?;
        }
        Ok(())
    }
}

impl Unsuited {
    /// The error for a column.
    #[cold]
    pub fn error(&self, position: usize, column: &ColumnDef) -> Error {
        let Self { found, mend } = self;
        let message =
            format!("the column has {found}, where no value of the field (`{}`) is found again; {mend}", column.ty);
        Error::new(ErrorKind::Decode, message)
            .with_table(column.table.name)
            .with_columns([column.name])
            .with_index(position)
    }
}

/// How many columns there are, without the models.
impl fmt::Debug for Reads<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reads({})", self.columns().count())
    }
}
