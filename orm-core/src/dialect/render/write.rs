//! INSERT, UPDATE and DELETE, with what comes back.

use super::super::{Dialect, UpsertStyle, for_column, unsupported};
use super::{Frame, Renderer, Source};
use crate::ast::{Conflict, ConflictAction, Delete, Deleted, Expr, Insert, Returning, Select, Update};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef};
use crate::value::Value;

impl Renderer<'_> {
    /// The values come apart from the statement: they are many, and need not be copied.
    pub(super) fn insert(&mut self, insert: &Insert, mut values: impl Iterator<Item = Value>) -> Result<()> {
        let capabilities = self.dialect().capabilities();
        self.enter(insert.model, true);
        self.w.push_sql("INSERT INTO ");
        self.w.push_table(insert.model.table)?;
        if insert.columns.is_empty() {
            if insert.rows != 1 {
                return Err(Error::new(ErrorKind::InvalidStatement, "rows without any value are inserted one by one"));
            }
            self.w.push_sql(" ");
            self.w.push_sql(capabilities.default_values);
        } else if insert.rows > 1 && unnests(self.dialect(), &insert.columns) {
            self.unnested(insert, values)?;
        } else {
            self.w.push_sql(" (");
            self.names(&insert.columns)?;
            self.w.push_sql(") VALUES ");
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
                self.w.push_sql(")");
            }
        }
        if let Some(conflict) = &insert.conflict {
            self.conflict(insert, conflict)?;
        }
        self.returning(insert.model, &insert.returning, capabilities.returning_insert, "INSERT .. RETURNING")?;
        self.frames.pop();
        Ok(())
    }

    /// The rows as one array per column. They are inserted in their order, so that keys count up in it.
    fn unnested(&mut self, insert: &Insert, mut values: impl Iterator<Item = Value>) -> Result<()> {
        let mut arrays: Vec<_> = insert.columns.iter().map(|_| Vec::with_capacity(insert.rows)).collect();
        for _ in 0..insert.rows {
            for (array, value) in arrays.iter_mut().zip(&mut values) {
                array.push(value);
            }
        }
        self.w.push_sql(" (");
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

    fn conflict(&mut self, insert: &Insert, conflict: &Conflict) -> Result<()> {
        match self.dialect().capabilities().upsert {
            UpsertStyle::OnConflict => {
                self.w.push_sql(" ON CONFLICT");
                if !conflict.target.is_empty() {
                    self.w.push_sql(" (");
                    self.names(&conflict.target)?;
                    self.w.push_sql(")");
                    if let Some(filter) = &conflict.target_filter {
                        self.w.push_sql(" WHERE ");
                        // An index is found before there are values, so the condition holds them itself.
                        self.w.write_constants(true);
                        self.expr(filter)?;
                        self.w.write_constants(false);
                    }
                }
                match &conflict.action {
                    ConflictAction::Nothing => self.w.push_sql(" DO NOTHING"),
                    ConflictAction::Update(set) => {
                        if conflict.target.is_empty() {
                            return Err(Error::new(
                                ErrorKind::InvalidStatement,
                                "an upsert needs the unique columns whose conflict is meant",
                            )
                            .with_model(insert.model.name));
                        }
                        self.w.push_sql(" DO UPDATE SET ");
                        self.assignments(set)?;
                    }
                }
            }
            style => {
                if style == UpsertStyle::OnDuplicateKeyAlias {
                    self.w.push_sql(" AS ");
                    self.w.push_ident("_new")?;
                }
                self.w.push_sql(" ON DUPLICATE KEY UPDATE ");
                match &conflict.action {
                    // Changing a column to itself changes nothing, and unlike IGNORE hides no other error.
                    ConflictAction::Nothing => {
                        let key = insert.model.key_columns().next().or_else(|| insert.columns.first().copied());
                        if let Some(column) = key {
                            self.w.push_ident(column.name)?;
                            self.w.push_sql(" = ");
                            self.push_column(column)?;
                        }
                    }
                    ConflictAction::Update(set) => self.assignments(set)?,
                }
            }
        }
        Ok(())
    }

    pub(super) fn update(&mut self, update: &Update) -> Result<()> {
        let returning = self.dialect().capabilities().returning_update;
        if update.set.is_empty() {
            return Err(
                Error::new(ErrorKind::InvalidStatement, "an update sets no column").with_model(update.model.name)
            );
        }
        self.enter(update.model, false);
        self.w.push_sql("UPDATE ");
        self.w.push_table(update.model.table)?;
        self.w.push_sql(" SET ");
        self.assignments(&update.set)?;
        // Only the condition can be told in another way: see `render`.
        self.reads_changed = false;
        self.push_where(update.deleted, &update.filter)?;
        self.returning(update.model, &update.returning, returning, "UPDATE .. RETURNING")?;
        self.frames.pop();
        Ok(())
    }

    pub(super) fn delete(&mut self, delete: &Delete) -> Result<()> {
        let returning = self.dialect().capabilities().returning_delete;
        self.enter(delete.model, false);
        self.w.push_sql("DELETE FROM ");
        self.w.push_table(delete.model.table)?;
        self.push_where(delete.deleted, &delete.filter)?;
        self.returning(delete.model, &delete.returning, returning, "DELETE .. RETURNING")?;
        self.frames.pop();
        Ok(())
    }

    fn enter(&mut self, model: &'static ModelDef, qualified: bool) {
        self.frames.push(Frame {
            sources: vec![Source { model, alias: None, path: Vec::new() }],
            qualified,
            joins: false,
        });
    }

    fn assignments(&mut self, set: &[Assignment]) -> Result<()> {
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
                value => self.expr(value)?,
            }
        }
        Ok(())
    }

    #[cold]
    fn circular(&self) -> Error {
        unsupported(self.dialect(), "assignments of columns from each other: it assigns them one after the other")
    }

    pub(super) fn names(&mut self, columns: &[&'static ColumnDef]) -> Result<()> {
        for (i, column) in columns.iter().enumerate() {
            if i > 0 {
                self.w.push_sql(", ");
            }
            self.w.push_ident(column.name)?;
        }
        Ok(())
    }

    fn returning(&mut self, model: &'static ModelDef, returning: &Returning, has: bool, what: &str) -> Result<()> {
        if matches!(returning, Returning::Nothing) {
            return Ok(());
        }
        if !has {
            return Err(unsupported(self.dialect(), what));
        }
        self.w.push_sql(" RETURNING ");
        match returning {
            Returning::Nothing => Ok(()),
            Returning::Columns(columns) => self.names(columns),
            Returning::Model => {
                for (i, column) in model.columns.iter().enumerate() {
                    if i > 0 {
                        self.w.push_sql(", ");
                    }
                    self.w.push_ident(column.name)?;
                }
                Ok(())
            }
        }
    }
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

/// The condition that a row is among those that a filter finds, by its key; `None` for models without one.
pub(super) fn by_key(model: &'static ModelDef, filter: &[Expr], deleted: Deleted) -> Option<Expr> {
    let mut rows = Select::new(model);
    rows.filter = filter.to_vec();
    rows.deleted = deleted;
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
