//! [`Reads`]: which columns of models a statement reads. A value may be read from a column of another type than the field's and
//! yet not be found there by `=`: a driver that knows the types of a result looks at them with the first row.

use std::fmt;

use crate::ast::{Expr, Returning, SelectList, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef};
use crate::row::SealedColumns;

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
    /// All columns of a model, as a write returns them.
    Returned(&'static ModelDef),
}

fn any_sealed(list: &[Expr]) -> bool {
    list.iter().any(|item| item.as_column().is_some_and(|column| column.sealed.is_some()))
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
        let select = match statement {
            Statement::Select(select) => select,
            Statement::Insert(insert) => return Self::returned(insert.model, &insert.returning),
            Statement::Update(update) => return Self::returned(update.model, &update.returning),
            Statement::Delete(delete) => return Self::returned(delete.model, &delete.returning),
        };
        match &select.list {
            SelectList::Model => Self::Model(select.model),
            SelectList::ModelAnd(list) => Self::ModelAnd(select.model, list),
            SelectList::Exprs(list) => Self::List(list),
            SelectList::One => Self::Nothing,
        }
    }

    /// The columns that a write returns.
    pub(crate) fn returned(def: &'static ModelDef, returning: &Returning) -> Self {
        if matches!(returning, Returning::Model) { Self::Returned(def) } else { Self::Nothing }
    }

    /// Whether there are encrypted columns.
    pub(crate) fn are_sealed(self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Model(def) | Self::Returned(def) => def.has_sealed,
            Self::ModelAnd(def, list) => def.has_sealed || any_sealed(list),
            Self::List(list) => any_sealed(list),
        }
    }

    /// The encrypted columns with their positions.
    pub(crate) fn sealed(self) -> SealedColumns {
        let columns = match self {
            Self::Returned(def) => Self::Model(def),
            other => other,
        };
        columns.columns().filter_map(|(position, column)| Some((position, column.sealed?))).collect()
    }

    fn parts(self) -> (Option<&'static ModelDef>, &'q [Expr]) {
        match self {
            Self::Nothing | Self::Returned(_) => (None, &[]),
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
