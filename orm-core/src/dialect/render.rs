//! Statements to SQL. A [`Renderer`] keeps the tables in scope, innermost query last, so that every column is found in the
//! right table, or refused. It walks the tree; each clause that databases write differently is written by the dialect.

mod condition;
mod expr;
mod function;
mod lock;
mod related;
mod select;
mod write;

use std::ops::{Deref, DerefMut, Range};

pub(super) use expr::{check_name, operator};
pub use lock::RowLock;
pub(crate) use write::unnests;

use super::{Dialect, Level, NewRows, Policies, Rendered, SqlWriter};
use crate::ast::{Delete, Deleted, Expr, Insert, Purpose, Select, Statement, Step, Update, Visibility};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Access, ColumnDef, ModelDef, Ruling};

/// The SQL and binds of a statement.
///
/// ```
/// # use orm_core::{ast, dialect};
/// # fn show(statement: &ast::Statement, dialect: &dyn dialect::Dialect) -> orm_core::Result<String> {
/// let rendered = dialect::render(statement, dialect)?;
/// # Ok(rendered.sql)
/// # }
/// ```
///
/// # Errors
/// [`ErrorKind::Unsupported`] for what the dialect does not have, [`ErrorKind::InvalidStatement`] for columns of tables
/// the statement does not read and names that cannot be quoted, [`ErrorKind::Encode`] for values that the database
/// cannot store.
pub fn render(statement: &Statement, dialect: &dyn Dialect) -> Result<Rendered> {
    render_under(statement, dialect, None)
}

/// As [`render`], under the policies of models for one viewer.
///
/// # Errors
/// Also those of [`Policies::rule`].
pub fn render_for(statement: &Statement, dialect: &dyn Dialect, policies: &dyn Policies) -> Result<Rendered> {
    render_under(statement, dialect, Some(policies))
}

fn render_under(statement: &Statement, dialect: &dyn Dialect, policies: Option<&dyn Policies>) -> Result<Rendered> {
    let mut renderer = Renderer::new(dialect, policies);
    render_into(&mut renderer, statement)?;
    if renderer.reads_changed {
        // The rows to change are found first: their keys are fewer than the rows of the table.
        let indirect = match statement {
            Statement::Update(update) => {
                let visibility = write::purposeful(update.visibility, Purpose::Update(0));
                write::by_key(update.model, &update.filter, visibility).map(|filter| {
                    let visibility = Visibility::UNCHECKED;
                    let update = Update { filter: vec![filter], visibility, ..(**update).clone() };
                    Statement::Update(Box::new(update))
                })
            }
            Statement::Delete(delete) => {
                let visibility = write::purposeful(delete.visibility, Purpose::Delete);
                write::by_key(delete.model, &delete.filter, visibility).map(|filter| {
                    let visibility = Visibility::UNCHECKED;
                    let delete = Delete { filter: vec![filter], visibility, ..(**delete).clone() };
                    Statement::Delete(Box::new(delete))
                })
            }
            _ => None,
        };
        if let Some(indirect) = indirect {
            renderer = Renderer::new(dialect, policies);
            render_into(&mut renderer, &indirect)?;
        }
    }
    renderer.finish()
}

/// As [`render`], for a SELECT that its owner keeps.
pub(crate) fn render_select(select: &Select, dialect: &dyn Dialect) -> Result<Rendered> {
    let mut renderer = Renderer::new(dialect, None);
    renderer.select(select)?;
    renderer.finish()
}

fn render_into(renderer: &mut Renderer<'_>, statement: &Statement) -> Result<()> {
    match statement {
        Statement::Select(select) => renderer.select(select)?,
        Statement::Insert(insert) => renderer.insert(insert, NewRows { values: insert.values.clone().into_iter() })?,
        Statement::Update(update) => renderer.update(update)?,
        Statement::Delete(delete) => renderer.delete(delete)?,
    }
    Ok(())
}

/// As [`render`], for an INSERT that gives its values away.
pub(crate) fn render_insert(mut insert: Insert, dialect: &dyn Dialect) -> Result<Rendered> {
    let values = std::mem::take(&mut insert.values);
    let mut renderer = Renderer::new(dialect, None);
    renderer.insert(&insert, NewRows { values: values.into_iter() })?;
    renderer.finish()
}

/// The SQL of a condition on a model's table alone, as in a CHECK; for messages and tests.
///
/// # Errors
/// As [`render`].
pub fn render_condition(model: &'static ModelDef, condition: &Expr, dialect: &dyn Dialect) -> Result<Rendered> {
    let mut renderer = Renderer::new(dialect, None);
    renderer.frames.push(Frame::of(Source::named(model, Visibility::ALL)));
    renderer.condition(condition, Level::Loosest)?;
    renderer.finish()
}

/// One query's tables.
#[derive(Debug)]
struct Frame {
    sources: Vec<Source>,
    /// Whether columns are written with their table even when there is only one.
    qualified: bool,
    /// Whether to-one relations may become joins of this query.
    joins: bool,
    /// The positions of expressions in the list of a query with groups, and where they are in the text.
    items: Vec<(u64, Range<usize>)>,
}

impl Frame {
    fn of(source: Source) -> Self {
        Self { sources: vec![source], qualified: false, joins: false, items: Vec::new() }
    }
}

/// One occurrence of a table.
#[derive(Debug, Clone)]
struct Source {
    model: &'static ModelDef,
    /// The number in its alias; `None` goes by the table's own name.
    alias: Option<u32>,
    /// The relations that led here; empty for tables the statement names.
    path: Vec<Step>,
    /// Which of its rows the statement sees.
    visibility: Visibility,
}

impl Source {
    /// A table that goes by its own name.
    fn named(model: &'static ModelDef, visibility: Visibility) -> Self {
        Self { model, alias: None, path: Vec::new(), visibility }
    }

    /// A table that goes by a number.
    fn aliased(model: &'static ModelDef, alias: u32, visibility: Visibility) -> Self {
        Self { model, alias: Some(alias), path: Vec::new(), visibility }
    }

    /// A table that expressions do not name: the relations lead to it.
    fn at(mut self, path: Vec<Step>) -> Self {
        self.path = path;
        self
    }

    fn is(&self, other: &Source) -> bool {
        self.alias == other.alias && self.model.table.is(other.model.table)
    }
}

/// Writes statements: a [`SqlWriter`] that also knows the tables in scope, so it can write expressions, columns and
/// sub-queries. A dialect is handed one to write a clause with.
///
/// A boolean expression stands either where SQL wants a condition (WHERE, ON, AND, CASE WHEN) or where it wants a value (a
/// select list, SET, an argument). [`condition`](Self::condition) writes the former, [`expr`](Self::expr) and
/// [`operand`](Self::operand) the latter; the dialect turns one into the other where the database tells them apart.
#[derive(Debug)]
pub struct Renderer<'d> {
    w: SqlWriter<'d>,
    frames: Vec<Frame>,
    aliases: u32,
    /// Whether a condition of an UPDATE or DELETE reads the table being changed, other than in a derived table.
    reads_changed: bool,
    /// Whether this is inside of a derived table that may read the table being changed.
    derived: bool,
    /// Whether this is inside of the default scope of a model, or of a rule of its policy.
    in_scope: bool,
    /// Whether this is inside of a rule of a policy: other policies do not apply there.
    in_rule: bool,
    /// For whom the statement is run; none where it is only shown.
    policies: Option<&'d dyn Policies>,
    /// How many expressions are around the one being written.
    depth: usize,
    /// Whether an encrypted column is allowed here: it may be selected, and compared if it is deterministic or has a blind index.
    reads_sealed: bool,
}

impl<'d> Deref for Renderer<'d> {
    type Target = SqlWriter<'d>;

    fn deref(&self) -> &SqlWriter<'d> {
        &self.w
    }
}

impl<'d> DerefMut for Renderer<'d> {
    fn deref_mut(&mut self) -> &mut SqlWriter<'d> {
        &mut self.w
    }
}

impl<'d> Renderer<'d> {
    fn new(dialect: &'d dyn Dialect, policies: Option<&'d dyn Policies>) -> Self {
        Self {
            w: SqlWriter::new(dialect),
            frames: Vec::new(),
            aliases: 0,
            reads_changed: false,
            derived: false,
            in_scope: false,
            in_rule: false,
            policies,
            depth: 0,
            reads_sealed: false,
        }
    }

    fn finish(self) -> Result<Rendered> {
        let limit = self.w.dialect().capabilities().max_binds;
        if self.w.bind_count() > limit {
            return Err(Error::new(
                ErrorKind::InvalidStatement,
                format!(
                    "the statement has {} values, {} takes at most {limit}; split it",
                    self.w.bind_count(),
                    self.w.dialect().name()
                ),
            ));
        }
        Ok(self.w.finish())
    }

    fn next_alias(&mut self) -> u32 {
        self.aliases += 1;
        self.aliases
    }

    fn push_alias(&mut self, alias: u32) {
        let (open, close) = self.dialect().identifier_quotes();
        self.w.push_char(open);
        self.w.push_sql("_t");
        self.w.push_number(u64::from(alias));
        self.w.push_char(close);
    }

    /// Appends what qualifies a source's columns.
    fn push_source_name(&mut self, source: &Source) -> Result<()> {
        match source.alias {
            Some(alias) => {
                self.push_alias(alias);
                Ok(())
            }
            None => self.w.push_ident(source.model.table.name),
        }
    }

    /// Appends a table and its alias, as FROM and JOIN want it. The table being changed is read through a derived table
    /// where it cannot be read itself.
    fn push_source(&mut self, source: &Source) -> Result<()> {
        if let Some(masks) = self.masks(source)? {
            self.push_masked(source, masks)?;
            self.w.push_sql(" AS ");
            return self.push_source_name(source);
        }
        let derive = source.alias.is_some() && self.reads_itself(source.model);
        self.reads_changed |= derive;
        if derive {
            self.w.push_sql("(SELECT * FROM ");
        }
        self.w.push_table(source.model.table)?;
        if derive {
            self.w.push_sql(self.dialect().optimizer_fence());
            self.w.push_sql(")");
        }
        if let Some(alias) = source.alias {
            self.w.push_sql(" AS ");
            self.push_alias(alias);
        }
        Ok(())
    }

    /// Whether the statement changes rows.
    pub fn changes_rows(&self) -> bool {
        self.frames.first().is_some_and(|frame| !frame.joins)
    }

    /// Whether this is the table whose rows the statement changes, on a database that cannot read it meanwhile.
    fn reads_itself(&self, model: &'static ModelDef) -> bool {
        !self.derived
            && !self.dialect().capabilities().self_subquery
            && self.frames.first().is_some_and(|f| !f.joins && f.sources[0].model.table.is(model.table))
    }

    /// Appends a column, found from the innermost query outwards.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`] for columns of tables that the statement does not read, or reads twice.
    pub fn push_column(&mut self, column: &'static ColumnDef) -> Result<()> {
        self.push_column_from(column, self.frames.len())
    }

    /// Appends a column, found in the first `depth` queries only.
    fn push_column_from(&mut self, column: &'static ColumnDef, depth: usize) -> Result<()> {
        for frame in self.frames[..depth].iter().rev() {
            let mut found = frame.sources.iter().filter(|s| s.path.is_empty() && s.model.table.is(column.table));
            let Some(source) = found.next() else { continue };
            if found.next().is_some() {
                return Err(ambiguous(column));
            }
            if self.frames.len() > 1 || frame.qualified || frame.sources.len() > 1 {
                let source = source.clone();
                self.push_source_name(&source)?;
                self.w.push_sql(".");
            }
            return self.w.push_ident(column.name);
        }
        Err(self.not_in_query(column))
    }

    /// Appends a column of a certain source.
    fn push_source_column(&mut self, source: &Source, column: &'static ColumnDef) -> Result<()> {
        self.push_source_name(source)?;
        self.w.push_sql(".");
        self.w.push_ident(column.name)
    }

    #[cold]
    fn not_in_query(&self, column: &'static ColumnDef) -> Error {
        let tables: Vec<&str> = self
            .frames
            .iter()
            .flat_map(|f| &f.sources)
            .filter(|s| s.path.is_empty())
            .map(|s| s.model.table.name)
            .collect();
        Error::new(
            ErrorKind::InvalidStatement,
            format!(
                "the query reads `{}`, not `{}`; join it or reach it through a relation",
                tables.join("`, `"),
                column.table.name
            ),
        )
        .with_table(column.table.name)
        .with_columns([column.name])
    }

    /// Appends what must hold of the rows of an occurrence of a table, each condition after ` AND `, or after `before` when it
    /// is the first. Every table of every statement passes here, whatever it is read or written for.
    fn push_visible(&mut self, source: &Source, before: &str) -> Result<bool> {
        let mut written = self.push_alive(source, before)?;
        if let Some(scope) = source.model.scope.filter(|_| source.visibility.scoped && !self.in_scope) {
            self.w.push_sql(if written { " AND " } else { before });
            self.push_implied(source, &scope())?;
            written = true;
        }
        // The tenant's condition also applies to tables that rules query.
        if let (Some(policies), true) = (self.policies, source.visibility.purpose != Purpose::Unchecked)
            && let Some(owned) = policies.owned(source.model)?
        {
            self.w.push_sql(if written { " AND " } else { before });
            self.push_implied(source, &owned)?;
            written = true;
        }
        if source.model.policy.is_none() || self.in_rule {
            return Ok(written);
        }
        if self.masks(source)?.is_some() {
            // The rules are inside of the derived table. A table that is changed cannot be one: its rows are found first.
            if self.frames.len() == 1 && self.changes_rows() {
                if source.model.primary_key.is_empty() {
                    return Err(no_key(source.model));
                }
                self.reads_changed = true;
            }
            return Ok(written);
        }
        for access in accesses(source.model, source.visibility.purpose) {
            written |= self.push_rule(source, access, if written { " AND " } else { before })?;
        }
        Ok(written)
    }

    /// Appends the condition of a rule of the model's policy after `before`; nothing where it allows everything.
    fn push_rule(&mut self, source: &Source, access: Access, before: &str) -> Result<bool> {
        let Some(policies) = self.policies else { return Ok(false) };
        let mut ruling = policies.rule(source.model, access)?;
        if matches!((&ruling, access), (Ruling::AsUpdate, Access::PostUpdate)) {
            ruling = policies.rule(source.model, Access::Update)?;
        }
        let condition = match ruling {
            Ruling::Allow => return Ok(false),
            Ruling::When(condition) => condition,
            Ruling::Deny | Ruling::AsUpdate => Expr::Or(Vec::new()),
        };
        self.w.push_sql(before);
        self.in_rule = true;
        let written = self.push_implied(source, &condition);
        self.in_rule = false;
        written.map(|()| true)
    }

    /// Appends a condition about the rows of an occurrence of a table, which the statement does not name.
    fn push_implied(&mut self, source: &Source, condition: &Expr) -> Result<()> {
        // Scopes are not part of this one: one that asks about its own model would have no end.
        let outside = std::mem::replace(&mut self.in_scope, true);
        let written = if self.is_bare() {
            self.condition(condition, Level::And)
        } else {
            let frame = Frame { qualified: true, ..Frame::of(Source { path: Vec::new(), ..source.clone() }) };
            self.frames.push(frame);
            let written = self.condition(condition, Level::And);
            self.frames.pop();
            written
        };
        self.in_scope = outside;
        written
    }

    /// What the viewer sees of each column of an occurrence of a table, where there is one that is not seen in all rows.
    fn masks(&self, source: &Source) -> Result<Option<Vec<Ruling>>> {
        let (Some(policies), false) = (self.policies, self.in_rule) else { return Ok(None) };
        let looks = matches!(source.visibility.purpose, Purpose::Read | Purpose::Update(_) | Purpose::Delete);
        if source.model.policy.is_none() || !looks {
            return Ok(None);
        }
        let mut masked = false;
        let mut all = Vec::with_capacity(source.model.columns.len());
        for column in source.model.columns {
            let ruling = policies.rule(source.model, Access::ReadField(column))?;
            let open = matches!(ruling, Ruling::Allow);
            // Where the time of the deletion is NULL, a row is not deleted.
            let needed =
                source.model.primary_key.contains(&column.index) || source.model.deleted_at == Some(column.index);
            if !open && (!column.nullable || needed) {
                return Err(Error::new(
                    ErrorKind::InvalidStatement,
                    "a value that a viewer may not see is NULL to them, so the field must be an `Option`, and neither part of the key \
                     nor the soft-delete timestamp",
                )
                .with_model(source.model.name)
                .with_columns([column.name]));
            }
            masked |= !open;
            all.push(ruling);
        }
        Ok(masked.then_some(all))
    }

    /// Appends a derived table in the place of one of which the viewer does not see all values: where it is filtered, ordered and
    /// counted by them, they are NULL as well.
    fn push_masked(&mut self, source: &Source, masks: Vec<Ruling>) -> Result<()> {
        let table = Source { alias: Some(self.next_alias()), path: Vec::new(), ..source.clone() };
        self.w.push_sql("(SELECT ");
        self.frames.push(Frame { qualified: true, ..Frame::of(table.clone()) });
        for (column, ruling) in source.model.columns.iter().zip(masks) {
            if column.index > 0 {
                self.w.push_sql(", ");
            }
            match ruling {
                Ruling::Allow => self.push_source_column(&table, column)?,
                Ruling::When(condition) => {
                    self.w.push_sql("CASE WHEN ");
                    self.in_rule = true;
                    let written = self.push_implied(&table, &condition);
                    self.in_rule = false;
                    written?;
                    self.w.push_sql(" THEN ");
                    self.push_source_column(&table, column)?;
                    self.w.push_sql(" END");
                }
                Ruling::Deny | Ruling::AsUpdate => {
                    // A NULL of the column's type.
                    self.w.push_sql("CASE WHEN 1 = 0 THEN ");
                    self.push_source_column(&table, column)?;
                    self.w.push_sql(" END");
                }
            }
            self.w.push_sql(" AS ");
            self.w.push_ident(column.name)?;
        }
        self.w.push_sql(" FROM ");
        self.w.push_table(table.model.table)?;
        self.w.push_sql(" AS ");
        self.push_alias(table.alias.unwrap_or_default());
        let mut before = " WHERE ";
        for access in accesses(source.model, source.visibility.purpose) {
            if self.push_rule(&table, access, before)? {
                before = " AND ";
            }
        }
        self.frames.pop();
        self.w.push_sql(")");
        Ok(())
    }

    /// Whether the one table of the statement needs no name before its columns.
    fn is_bare(&self) -> bool {
        self.frames.len() == 1 && self.frames[0].sources.len() == 1 && !self.frames[0].qualified
    }

    /// Appends which rows of an occurrence of a table are seen, deleted or not.
    fn push_alive(&mut self, source: &Source, before: &str) -> Result<bool> {
        let Some(index) = source.model.deleted_at else { return Ok(false) };
        let test = match source.visibility.deleted {
            Deleted::Included => return Ok(false),
            Deleted::Hidden => " IS NULL",
            Deleted::Only => " IS NOT NULL",
        };
        let column = &source.model.columns[index];
        self.w.push_sql(before);
        if !self.is_bare() {
            self.push_source_name(source)?;
            self.w.push_sql(".");
        }
        self.w.push_ident(column.name)?;
        self.w.push_sql(test);
        Ok(true)
    }

    /// Appends ` WHERE` and everything that must hold of the first table of the innermost query; nothing when nothing must.
    ///
    /// # Errors
    /// Those of the conditions.
    pub fn filter(&mut self, filter: &[Expr]) -> Result<()> {
        let Some(source) = self.frames.last().and_then(|f| f.sources.first()).cloned() else { return Ok(()) };
        let mut before = " WHERE ";
        if self.push_visible(&source, before)? {
            before = " AND ";
        }
        for condition in filter {
            self.w.push_sql(std::mem::replace(&mut before, " AND "));
            self.condition(condition, Level::And)?;
        }
        Ok(())
    }
}

/// What the viewer must be allowed to do.
fn accesses(model: &'static ModelDef, purpose: Purpose) -> impl Iterator<Item = Access> {
    let (rows, fields): (&[Access], u128) = match purpose {
        Purpose::Read => (&[Access::Read], 0),
        Purpose::Update(fields) => (&[Access::Read, Access::Update], fields),
        Purpose::Delete => (&[Access::Read, Access::Delete], 0),
        Purpose::Create => (&[Access::Create], 0),
        Purpose::PostUpdate => (&[Access::PostUpdate], 0),
        Purpose::Unchecked => (&[], 0),
    };
    let fields = model.columns.iter().filter(move |column| fields & (1 << column.index) != 0);
    rows.iter().copied().chain(fields.map(Access::UpdateField))
}

#[cold]
fn no_key(model: &'static ModelDef) -> Error {
    let message =
        "the viewer does not see all of the row, so the rows to change are found by their keys, and the model has none";
    Error::new(ErrorKind::InvalidStatement, message).with_model(model.name)
}

#[cold]
fn ambiguous(column: &'static ColumnDef) -> Error {
    Error::new(
        ErrorKind::InvalidStatement,
        "the table occurs twice in the query, so its columns are ambiguous; use a relation instead of the second join",
    )
    .with_table(column.table.name)
    .with_columns([column.name])
}
