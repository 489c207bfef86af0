//! INSERT, UPDATE and DELETE: the scope of the statement, and the parts that a dialect puts together.

use super::super::{Dialect, NewRows, Returned, SqlWriter, for_column, unsupported};
use super::expr::sealed_in;
use super::{Frame, Renderer, Source};
use crate::ast::{Delete, Expr, Insert, Purpose, Returning, Select, Update, Visibility};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef};
use crate::value::Value;

impl Renderer<'_> {
    /// The values come apart from the statement: they are many, and need not be copied.
    pub(super) fn insert(&mut self, insert: &Insert, rows: NewRows) -> Result<()> {
        if insert.columns.is_empty() && insert.rows != 1 {
            return Err(Error::new(ErrorKind::InvalidStatement, "rows without any value are inserted one by one"));
        }
        self.enter(insert.model, Visibility::UNCHECKED, true);
        self.dialect().push_insert(self, insert, rows)?;
        self.frames.pop();
        Ok(())
    }

    /// The rows of an INSERT, each in parentheses, with commas between them.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`] for values that the database cannot store.
    pub fn rows(&mut self, insert: &Insert, rows: NewRows) -> Result<()> {
        self.rows_ending(insert, rows, |_, _| {})
    }

    /// As [`rows`](Self::rows), with the number of the row, from 1, as one more value of each.
    ///
    /// # Errors
    /// As [`rows`](Self::rows).
    pub fn numbered_rows(&mut self, insert: &Insert, rows: NewRows) -> Result<()> {
        self.rows_ending(insert, rows, |w, row| {
            w.push_sql(", ");
            w.push_number(row as u64 + 1);
        })
    }

    fn rows_ending(&mut self, insert: &Insert, rows: NewRows, end: impl Fn(&mut SqlWriter<'_>, usize)) -> Result<()> {
        let mut values = rows.values;
        self.w.expect_binds(insert.rows * insert.columns.len());
        for row in 0..insert.rows {
            self.w.push_sql(if row == 0 { "(" } else { ", (" });
            for (i, (column, value)) in insert.columns.iter().zip(&mut values).enumerate() {
                if i > 0 {
                    self.w.push_sql(", ");
                }
                let value = for_column(self.dialect(), column, value);
                self.w.push_bind(value).map_err(|e| of_column(e, insert.model, column))?;
            }
            end(&mut self.w, row);
            self.w.push_sql(")");
        }
        Ok(())
    }

    /// The columns and rows of an INSERT as one array per column, from `UNNEST`. They are inserted in their order, so that
    /// keys are counted in it.
    ///
    /// # Errors
    /// As [`rows`](Self::rows).
    pub fn unnested_rows(&mut self, insert: &Insert, rows: NewRows) -> Result<()> {
        let mut values = rows.values;
        let mut arrays: Vec<_> = insert.columns.iter().map(|_| Vec::with_capacity(insert.rows)).collect();
        for _ in 0..insert.rows {
            for (array, value) in arrays.iter_mut().zip(&mut values) {
                array.push(value);
            }
        }
        self.w.push_sql("(");
        self.names(&insert.columns)?;
        self.w.push_sql(") SELECT ");
        self.numbered(arrays.len())?;
        self.w.push_sql(" FROM UNNEST(");
        for (i, (column, array)) in insert.columns.iter().zip(arrays).enumerate() {
            if i > 0 {
                self.w.push_sql(", ");
            }
            self.w.push_bind(Value::Array(&column.ty, array)).map_err(|e| of_column(e, insert.model, column))?;
        }
        self.w.push_sql(") WITH ORDINALITY AS ");
        self.w.push_ident("_new")?;
        self.w.push_sql(" (");
        self.numbered(insert.columns.len() + 1)?;
        self.w.push_sql(") ORDER BY ");
        self.w.push_ident(&format!("_{}", insert.columns.len() + 1))
    }

    /// Names of columns that no model has a say in.
    fn numbered(&mut self, columns: usize) -> Result<()> {
        self.w.separated(", ", 1..=columns, |w, number| w.push_ident(&format!("_{number}")))
    }

    pub(super) fn update(&mut self, update: &Update) -> Result<()> {
        if update.set.is_empty() {
            return Err(
                Error::new(ErrorKind::InvalidStatement, "an update sets no column").with_model(update.model.name)
            );
        }
        self.enter(update.model, purposeful(update.visibility, Purpose::Update(0)), false);
        self.dialect().push_update(self, update)?;
        self.frames.pop();
        Ok(())
    }

    pub(super) fn delete(&mut self, delete: &Delete) -> Result<()> {
        self.enter(delete.model, purposeful(delete.visibility, Purpose::Delete), false);
        self.dialect().push_delete(self, delete)?;
        self.frames.pop();
        Ok(())
    }

    /// What an UPDATE sets, with commas between.
    ///
    /// # Errors
    /// As [`assignments`](Self::assignments).
    pub fn update_assignments(&mut self, update: &Update) -> Result<()> {
        self.assignments(&update.set)?;
        // Only the condition can be told in another way: see `render`.
        self.reads_changed = false;
        Ok(())
    }

    fn enter(&mut self, model: &'static ModelDef, visibility: Visibility, qualified: bool) {
        self.frames.push(Frame {
            sources: vec![Source::named(model, visibility)],
            qualified,
            joins: false,
            items: Vec::new(),
        });
    }

    /// Columns and their new values, with commas between.
    ///
    /// # Errors
    /// Those of the values; [`ErrorKind::Unsupported`] for columns assigned from each other where the database assigns one
    /// after the other.
    pub fn assignments(&mut self, set: &[(&'static ColumnDef, Expr)]) -> Result<()> {
        let at_once = self.dialect().capabilities().assigns_at_once;
        let order = if at_once { set.iter().collect() } else { one_by_one(set).ok_or_else(|| self.circular())? };
        for (i, (column, value)) in order.into_iter().enumerate() {
            if i > 0 {
                self.w.push_sql(", ");
            }
            self.w.push_ident(column.name)?;
            self.w.push_sql(" = ");
            match value {
                // Prepared by the write, but for the placeholders of texts that are kept.
                Expr::Value(value) => self.w.push_bind(for_column(self.dialect(), column, value.clone()))?,
                value if column.sealed.is_some() => {
                    check_assigned(column, value)?;
                    self.readable(&Expr::Column(column), |r| r.expr(value))?;
                }
                value => self.expr(value)?,
            }
        }
        Ok(())
    }

    #[cold]
    fn circular(&self) -> Error {
        unsupported(self.dialect(), "assignments of columns from each other: it assigns them one after the other")
    }

    /// The names of columns, with commas between.
    ///
    /// # Errors
    /// For names that cannot be quoted.
    pub fn names(&mut self, columns: &[&'static ColumnDef]) -> Result<()> {
        for (i, column) in columns.iter().enumerate() {
            if i > 0 {
                self.w.push_sql(", ");
            }
            self.w.push_ident(column.name)?;
        }
        Ok(())
    }

    /// The columns that a write gives back, each after `prefix`, with commas between.
    ///
    /// # Errors
    /// For names that cannot be quoted.
    pub fn returned_columns(&mut self, returned: &Returned<'_>, prefix: &str) -> Result<()> {
        let mut name = |i: usize, column: &'static ColumnDef| {
            self.w.push_sql(if i > 0 { ", " } else { "" });
            self.w.push_sql(prefix);
            self.w.push_ident(column.name)
        };
        match returned.columns {
            Returning::Nothing => Ok(()),
            Returning::Columns(columns) => columns.iter().enumerate().try_for_each(|(i, column)| name(i, column)),
            Returning::Model => returned.model.columns.iter().enumerate().try_for_each(|(i, column)| name(i, column)),
        }
    }

    /// Writes with values as constants of the text rather than bound: for what the database must know before it has the
    /// values.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn with_constants(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let before = self.w.write_constants(true);
        let done = write(self);
        self.w.write_constants(before);
        done
    }
}

/// Refuses to assign anything but encrypted values to an encrypted column (also in CASE), since the database cannot encrypt.
fn check_assigned(column: &'static ColumnDef, value: &Expr) -> Result<()> {
    let sealed = |value: &Expr| match value {
        Expr::Value(value) => value.is_null() || value.is_sealed(),
        Expr::Column(other) | Expr::Excluded(other) => *other == column,
        _ => false,
    };
    let fits = match value {
        Expr::Case(case) => case.branches.iter().map(|(_, then)| then).chain(&case.otherwise).all(sealed),
        value => sealed(value),
    };
    if fits { Ok(()) } else { Err(sealed_in(column)) }
}

/// Whether rows of these columns are inserted as one array per column.
pub(crate) fn unnests(dialect: &dyn Dialect, columns: &[&'static ColumnDef]) -> bool {
    columns.iter().all(|column| column.type_name.is_none() && dialect.unnests(column.ty))
}

type Assignment = (&'static ColumnDef, Expr);

/// An order in which every column is read before it is assigned; `None` when there is none.
fn one_by_one(set: &[Assignment]) -> Option<Vec<&Assignment>> {
    let reads = |value: &Expr, column: &ColumnDef| {
        let mut found = false;
        value.walk(&mut |part| found |= matches!(part, Expr::Column(read) if *read == column));
        found
    };
    let mut left: Vec<&Assignment> = set.iter().collect();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free = left
            .iter()
            .position(|(column, _)| left.iter().all(|(other, value)| *other == *column || !reads(value, column)))?;
        order.push(left.remove(free));
    }
    Some(order)
}

/// Which rows a statement is about that does this to them, unless it says something else.
pub(super) fn purposeful(visibility: Visibility, purpose: Purpose) -> Visibility {
    if visibility.purpose == Purpose::Read { visibility.to(purpose) } else { visibility }
}

/// The condition that a row is among those that a filter finds, by its key; `None` for models without one.
pub(super) fn by_key(model: &'static ModelDef, filter: &[Expr], visibility: Visibility) -> Option<Expr> {
    let mut rows = Select::new(model);
    rows.filter = filter.to_vec();
    rows.visibility = visibility;
    Expr::is_among(rows)
}

#[cold]
fn of_column(error: Error, model: &'static ModelDef, column: &'static ColumnDef) -> Error {
    if error.kind() == ErrorKind::Encode {
        error.with_model(model.name).with_table(model.table.name).with_columns([column.name])
    } else {
        error
    }
}
