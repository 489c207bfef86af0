//! Expressions: operators and their precedence, aggregates, windows, CASE, casts, JSON, raw SQL.

use super::super::{Level, Like, Policies, Regexp, for_column, formed, unsupported};
use super::Renderer;
use crate::ast::{Aggregate, BinaryOp, Case, Expr, Function, InList, ListItems, Order, Quantifier, Window};
use crate::error::{Error, ErrorKind, Result};
use crate::model::ColumnDef;
use crate::value::SealKind;

/// The most operands of AND or OR that are written without grouping.
const CHAIN: usize = 128;

/// How deep expressions may be nested. The databases have limits of their own (SQLite: 1,000 by default,
/// <https://www.sqlite.org/limits.html>), and the stack of the task that renders has one.
const MAX_DEPTH: usize = 512;

#[cold]
fn too_deep() -> Error {
    let message = format!(
        "an expression is nested more than {MAX_DEPTH} levels deep; conditions in a row need no nesting: collect them with \
         `all_of` or `any_of`"
    );
    Error::new(ErrorKind::InvalidStatement, message)
}

fn level(expr: &Expr) -> Level {
    match expr {
        Expr::Or(all) if all.len() > 1 => Level::Or,
        Expr::And(all) if all.len() > 1 => Level::And,
        Expr::Or(all) | Expr::And(all) => all.first().map_or(Level::Atom, level),
        Expr::Not(_) | Expr::Binary(BinaryOp::IsDistinct, _) => Level::Not,
        Expr::Binary(op, _) => operator(*op).1,
        Expr::IsNull { .. } | Expr::In(_) | Expr::Between { .. } | Expr::Like { .. } | Expr::Regexp { .. } => {
            Level::Compare
        }
        Expr::Negate(_) => Level::Product,
        // The arrows bind like `||`, from the left.
        Expr::Json { .. } => Level::Bits,
        Expr::Exists { negated: true, .. } => Level::Not,
        Expr::Related(related) if matches!(related.quantifier, Quantifier::None | Quantifier::All) => Level::Not,
        Expr::Raw(..) => Level::Loosest,
        Expr::Path(_, inner) => level(inner),
        _ => Level::Atom,
    }
}

/// An operator's spelling and level.
pub(in super::super) fn operator(op: BinaryOp) -> (&'static str, Level) {
    match op {
        BinaryOp::Eq => (" = ", Level::Compare),
        BinaryOp::Ne => (" <> ", Level::Compare),
        BinaryOp::Lt => (" < ", Level::Compare),
        BinaryOp::Le => (" <= ", Level::Compare),
        BinaryOp::Gt => (" > ", Level::Compare),
        BinaryOp::Ge => (" >= ", Level::Compare),
        BinaryOp::IsNotDistinct | BinaryOp::IsDistinct => ("", Level::Compare),
        BinaryOp::Add => (" + ", Level::Sum),
        BinaryOp::Sub => (" - ", Level::Sum),
        BinaryOp::Mul => (" * ", Level::Product),
        BinaryOp::Div => (" / ", Level::Product),
        BinaryOp::Rem => (" % ", Level::Product),
        BinaryOp::Concat => (" || ", Level::Bits),
        BinaryOp::BitAnd => (" & ", Level::Bits),
        BinaryOp::BitOr => (" | ", Level::Bits),
        BinaryOp::Contains => (" @> ", Level::Bits),
        BinaryOp::ContainedBy => (" <@ ", Level::Bits),
        BinaryOp::Overlaps => (" && ", Level::Bits),
    }
}

/// What an expression is where the database tells conditions and values apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Condition,
    Value,
    /// SQL that the user wrote: what the place asks for.
    Either,
}

fn form(expr: &Expr) -> Form {
    use BinaryOp::{Add, BitAnd, BitOr, Concat, Div, Mul, Rem, Sub};
    match expr {
        Expr::Or(all) | Expr::And(all) if all.len() == 1 => form(&all[0]),
        Expr::Binary(Add | Sub | Mul | Div | Rem | Concat | BitAnd | BitOr, _) => Form::Value,
        Expr::Or(_) | Expr::And(_) | Expr::Not(_) | Expr::Binary(..) | Expr::IsNull { .. } => Form::Condition,
        Expr::In(_) | Expr::Between { .. } | Expr::Like { .. } | Expr::Regexp { .. } => Form::Condition,
        Expr::Exists { .. } => Form::Condition,
        Expr::Related(related) if !matches!(related.quantifier, Quantifier::Aggregate(_)) => Form::Condition,
        Expr::Raw(..) => Form::Either,
        Expr::Path(_, inner) if form(inner) == Form::Either => Form::Either,
        _ => Form::Value,
    }
}

impl Renderer<'_> {
    /// An expression as a value.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for what the dialect does not have, [`ErrorKind::InvalidStatement`] for columns of tables
    /// that the statement does not read, [`ErrorKind::Encode`] for values that the database cannot store.
    pub fn expr(&mut self, expr: &Expr) -> Result<()> {
        self.operand(expr, Level::Loosest)
    }

    /// An expression as a value, in parentheses when it binds looser than `at_least`.
    ///
    /// # Errors
    /// As [`expr`](Self::expr).
    pub fn operand(&mut self, expr: &Expr, at_least: Level) -> Result<()> {
        if form(expr) == Form::Condition {
            return self.dialect().push_condition_as_value(self, expr, at_least);
        }
        self.as_it_is(expr, at_least)
    }

    /// An expression as a condition, in parentheses when it binds looser than `at_least`.
    ///
    /// # Errors
    /// As [`expr`](Self::expr).
    pub fn condition(&mut self, expr: &Expr, at_least: Level) -> Result<()> {
        if form(expr) != Form::Value {
            return self.as_it_is(expr, at_least);
        }
        // A condition on columns of a joined table is one itself.
        if let Expr::Path(hops, inner) = expr
            && form(inner) == Form::Condition
            && let Some((source, None)) = self.joined_path(hops, inner)
        {
            return self.about(source, |r| r.condition(inner, at_least));
        }
        self.dialect().push_value_as_condition(self, expr, at_least)
    }

    /// An expression as a condition if it is one and as a value otherwise, in parentheses when it binds looser than
    /// `at_least`.
    ///
    /// # Errors
    /// As [`expr`](Self::expr).
    pub fn as_it_is(&mut self, expr: &Expr, at_least: Level) -> Result<()> {
        if level(expr) < at_least {
            self.w.push_sql("(");
            self.node(expr)?;
            self.w.push_sql(")");
            Ok(())
        } else {
            self.node(expr)
        }
    }

    fn node(&mut self, expr: &Expr) -> Result<()> {
        if self.depth == MAX_DEPTH {
            return Err(too_deep());
        }
        self.depth += 1;
        let done = self.nested(expr);
        self.depth -= 1;
        done
    }

    fn nested(&mut self, expr: &Expr) -> Result<()> {
        let dialect = self.w.dialect();
        match expr {
            Expr::Column(column) => {
                self.check_sealed(column)?;
                self.push_column(column)
            }
            Expr::Outer(column) => {
                self.check_sealed(column)?;
                self.push_column_from(column, self.frames.len().saturating_sub(1))
            }
            Expr::Path(relations, inner) => self.path(relations, inner),
            Expr::Value(value) => self.w.push_bind(value.clone()),
            Expr::Binary(op, pair) => match sealed_column(&pair.0).or_else(|| sealed_column(&pair.1)) {
                Some(column) => self.compare_sealed(*op, pair, column),
                None => dialect.push_binary(self, *op, &pair.0, &pair.1),
            },
            Expr::Not(inner) => {
                self.w.push_sql("NOT ");
                self.condition(inner, Level::Atom)
            }
            Expr::Negate(inner) => {
                self.w.push_sql("-");
                self.operand(inner, Level::Atom)
            }
            Expr::And(all) => self.chain(all, " AND ", Level::And, true),
            Expr::Or(all) => self.chain(all, " OR ", Level::Or.tighter(), false),
            Expr::IsNull { expr, negated } => {
                self.readable(expr, |r| r.operand(expr, Level::Compare.tighter()))?;
                self.w.push_sql(if *negated { " IS NOT NULL" } else { " IS NULL" });
                Ok(())
            }
            Expr::In(list) => match sealed_column(&list.expr) {
                Some(column) => self.find_sealed(list, column),
                None => self.in_list(list),
            },
            Expr::Between { operands, negated } => self.between([&operands.0, &operands.1, &operands.2], *negated),
            Expr::Like { operands, kind, ignore_case, negated } => {
                let (kind, ignore_case, negated) = (*kind, *ignore_case, *negated);
                self.like(&Like { expr: &operands.0, pattern: &operands.1, kind, ignore_case, negated })
            }
            Expr::Regexp { operands, ignore_case, negated } => {
                let (ignore_case, negated) = (*ignore_case, *negated);
                self.regexp(&Regexp { expr: &operands.0, pattern: &operands.1, ignore_case, negated })
            }
            Expr::Function(function, arguments) => dialect.push_function(self, *function, arguments),
            Expr::Call(name, arguments) => {
                check_name(name)?;
                self.w.push_sql(name);
                self.arguments(arguments)
            }
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, None),
            Expr::Window(window) => self.window(window),
            Expr::Case(case) => self.case(case),
            Expr::Cast(inner, ty) => dialect.push_cast(self, inner, *ty),
            Expr::Collate(inner, name) => dialect.push_collate(self, inner, name),
            Expr::Subquery(select) => {
                self.w.push_sql("(");
                self.select(select)?;
                self.w.push_sql(")");
                Ok(())
            }
            Expr::Exists { select, negated } => {
                self.w.push_sql(if *negated { "NOT EXISTS (" } else { "EXISTS (" });
                self.select(select)?;
                self.w.push_sql(")");
                Ok(())
            }
            Expr::Related(related) => self.related(related),
            Expr::ParentKey(place) => self.parent_key(*place),
            // Compared with the stored bytes, as they were read.
            Expr::AsRead(column, value) if column.sealed.is_some() => self.w.push_bind(value.clone()),
            Expr::AsRead(column, value) => {
                let value = formed(self.dialect(), column, value.clone());
                self.w.push_bind(value).map_err(|error| compared_with(error, column))
            }
            Expr::Json { expr, path, form } => dialect.push_json(self, expr, path, *form),
            Expr::JsonChange(change) => dialect.push_json_change(self, change),
            Expr::Row(all) => {
                self.w.push_sql("(");
                self.list(all)?;
                self.w.push_sql(")");
                Ok(())
            }
            Expr::Excluded(column) => dialect.push_excluded(self, column),
            Expr::Raw(sql, operands) => self.raw(sql, operands),
        }
    }

    /// Renders a place where an encrypted column by itself is allowed, but no expression of one.
    pub(super) fn readable(&mut self, expr: &Expr, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let before = std::mem::replace(&mut self.reads_sealed, sealed_column(expr).is_some());
        let written = write(self);
        self.reads_sealed = before;
        written
    }

    fn check_sealed(&self, column: &'static ColumnDef) -> Result<()> {
        if column.sealed.is_some() && !self.reads_sealed { Err(sealed_in(column)) } else { Ok(()) }
    }

    /// Compares an encrypted column with a value; if it has a blind index, compares the column of that instead.
    fn compare_sealed(&mut self, op: BinaryOp, pair: &(Expr, Expr), column: &'static ColumnDef) -> Result<()> {
        use BinaryOp::{Eq, IsDistinct, IsNotDistinct, Ne};
        let (left, right) = pair;
        if let Expr::AsRead(..) = right {
            return self.readable(left, |r| r.dialect().push_binary(r, op, left, right));
        }
        let one_value = matches!((left, right), (_, Expr::Value(_)) | (Expr::Value(_), _));
        if !matches!(op, Eq | Ne | IsDistinct | IsNotDistinct) || !one_value {
            return Err(sealed_in(column));
        }
        let dialect = self.dialect();
        let column = self.found_by(column)?;
        let place = |expr: &Expr| if sealed_column(expr).is_some() { moved(expr, column) } else { expr.clone() };
        let (left, right) = (place(left), place(right));
        self.readable(&Expr::Column(column), |r| dialect.push_binary(r, op, &left, &right))
    }

    /// As [`compare_sealed`](Self::compare_sealed), with a list of values.
    fn find_sealed(&mut self, list: &InList, column: &'static ColumnDef) -> Result<()> {
        if !matches!(list.items, ListItems::Values(..)) {
            return Err(sealed_in(column));
        }
        let column = self.found_by(column)?;
        let list = InList { expr: moved(&list.expr, column), ..list.clone() };
        self.readable(&Expr::Column(column), |r| r.in_list(&list))
    }

    /// The column to compare for an encrypted one: itself if it is deterministic, or its blind index.
    fn found_by(&self, column: &'static ColumnDef) -> Result<&'static ColumnDef> {
        let Some(index) = column.blind_index else {
            let found = column.sealed.is_some_and(|sealed| sealed.kind != SealKind::Random);
            return if found { Ok(column) } else { Err(sealed_in(column)) };
        };
        let mut models = self.frames.iter().flat_map(|frame| &frame.sources).map(|source| source.model);
        let model = models.find(|model| model.table.is(column.table));
        model.and_then(|model| model.columns.get(index)).ok_or_else(|| self.not_in_query(column))
    }

    fn chain(&mut self, all: &[Expr], separator: &str, level: Level, empty: bool) -> Result<()> {
        if all.is_empty() {
            self.w.push_sql(self.dialect().truth(empty));
        }
        if all.len() > CHAIN {
            // Some databases limit the depth of an expression, to which each operand of a chain adds one.
            for (i, part) in all.chunks(CHAIN).enumerate() {
                self.w.push_sql(if i > 0 { separator } else { "" });
                self.w.push_sql("(");
                self.chain(part, separator, level, empty)?;
                self.w.push_sql(")");
            }
            return Ok(());
        }
        for (i, expr) in all.iter().enumerate() {
            if i > 0 {
                self.w.push_sql(separator);
            }
            if all.len() == 1 { self.as_it_is(expr, Level::Loosest)? } else { self.condition(expr, level)? }
        }
        Ok(())
    }

    /// Values, with commas between.
    ///
    /// # Errors
    /// As [`expr`](Self::expr).
    pub fn list(&mut self, all: &[Expr]) -> Result<()> {
        for (i, expr) in all.iter().enumerate() {
            if i > 0 {
                self.w.push_sql(", ");
            }
            self.expr(expr)?;
        }
        Ok(())
    }

    /// Values in parentheses.
    ///
    /// # Errors
    /// As [`expr`](Self::expr).
    pub fn arguments(&mut self, all: &[Expr]) -> Result<()> {
        self.w.push_sql("(");
        self.list(all)?;
        self.w.push_sql(")");
        Ok(())
    }

    /// One side of a comparison: a value takes the form of the column that it is compared with.
    ///
    /// # Errors
    /// As [`expr`](Self::expr).
    pub fn compared(&mut self, expr: &Expr, with: &Expr, level: Level) -> Result<()> {
        match (expr, column_of(with)) {
            (Expr::Value(_), column) => self.in_form_of(expr, column),
            _ => self.operand(expr, level),
        }
    }

    fn between(&mut self, [value, low, high]: [&Expr; 3], negated: bool) -> Result<()> {
        let level = Level::Compare.tighter();
        self.operand(value, level)?;
        self.w.push_sql(if negated { " NOT BETWEEN " } else { " BETWEEN " });
        self.compared(low, value, level)?;
        self.w.push_sql(" AND ");
        self.compared(high, value, level)
    }

    /// An expression; a value in the form in which a column keeps it.
    pub(super) fn in_form_of(&mut self, expr: &Expr, column: Option<&'static ColumnDef>) -> Result<()> {
        match (expr, column) {
            (Expr::Value(value), Some(column)) => {
                let value = for_column(self.dialect(), column, value.clone());
                self.w.push_bind(value).map_err(|error| compared_with(error, column))
            }
            _ => self.expr(expr),
        }
    }

    /// An aggregate, of some window when there is one.
    fn aggregate(&mut self, aggregate: &Aggregate, window: Option<&Window>) -> Result<()> {
        // Where there is no order of a type for MIN and MAX, they go through another.
        let ty = column_of_extreme(aggregate).filter(|column| column.type_name.is_none()).map(|column| column.ty);
        if let (Some(ty), Some(argument)) = (ty, &aggregate.argument)
            && let Some(through) = self.dialect().ordered_as(ty)
        {
            let argument = Some(Expr::Cast(Box::new(argument.clone()), through));
            let aggregate = Aggregate { argument, ..aggregate.clone() };
            let name = self.dialect().cast_type(ty)?;
            self.w.push_sql("CAST(");
            self.aggregate(&aggregate, window)?;
            self.w.push_sql(" AS ");
            self.w.push_sql(&name);
            self.w.push_sql(")");
            return Ok(());
        }
        self.dialect().push_aggregate(self, aggregate, window)
    }

    fn window(&mut self, window: &Window) -> Result<()> {
        if !self.dialect().capabilities().windows {
            return Err(unsupported(self.dialect(), "window functions"));
        }
        if let Expr::Aggregate(aggregate) = &window.function {
            return self.aggregate(aggregate, Some(window));
        }
        self.expr(&window.function)?;
        self.over(window)
    }

    /// ` OVER (..)`.
    ///
    /// # Errors
    /// Those of its parts.
    pub fn over(&mut self, window: &Window) -> Result<()> {
        self.w.push_sql(" OVER (");
        if !window.partition_by.is_empty() {
            self.w.push_sql("PARTITION BY ");
            self.list(&window.partition_by)?;
        }
        self.window_order(&window.order_by, !matches!(window.function, Expr::Aggregate(_)))?;
        self.w.push_sql(")");
        Ok(())
    }

    /// The order of a window; of one that numbers rows, the dialect may want one.
    pub(super) fn window_order(&mut self, order_by: &[Order], numbers: bool) -> Result<()> {
        if order_by.is_empty() && numbers {
            self.w.push_sql(self.dialect().no_window_order());
        }
        self.order_by(order_by, None)
    }

    fn case(&mut self, case: &Case) -> Result<()> {
        let column = column_of_case(case);
        self.w.push_sql("CASE");
        for (when, then) in &case.branches {
            self.w.push_sql(" WHEN ");
            self.condition(when, Level::Loosest)?;
            self.w.push_sql(" THEN ");
            self.in_form_of(then, column)?;
        }
        if let Some(otherwise) = &case.otherwise {
            self.w.push_sql(" ELSE ");
            self.in_form_of(otherwise, column)?;
        }
        self.w.push_sql(" END");
        Ok(())
    }

    fn raw(&mut self, sql: &str, operands: &[Expr]) -> Result<()> {
        if !self.in_scope && self.policies.is_some_and(Policies::is_restricted) {
            return Err(raw_for_viewer());
        }
        let mut operands = operands.iter();
        let (open, close) = self.w.dialect().identifier_quotes();
        let (mut written, mut quote) = (0, None);
        let mut characters = sql.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            match (quote, c) {
                (Some(open), _) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"' | '`') => quote = Some(c),
                (None, _) if c == open => quote = Some(close),
                (None, '?') => {
                    // Doubled, it stands for itself: some operators have it in their names.
                    let doubled = characters.next_if(|(_, next)| *next == '?').is_some();
                    self.w.push_sql(&sql[written..at + usize::from(doubled)]);
                    written = at + 1 + usize::from(doubled);
                    if !doubled {
                        let Some(operand) = operands.next() else { return Err(raw_count(sql)) };
                        self.operand(operand, Level::Atom)?;
                    }
                }
                (None, _) => {}
            }
        }
        self.w.push_sql(&sql[written..]);
        if operands.next().is_some() { Err(raw_count(sql)) } else { Ok(()) }
    }
}

/// The encrypted column, if the expression is one, directly or at the end of a path.
pub(super) fn sealed_column(expr: &Expr) -> Option<&'static ColumnDef> {
    expr.as_column().filter(|column| column.sealed.is_some())
}

/// The same expression for another column of the same table.
fn moved(expr: &Expr, column: &'static ColumnDef) -> Expr {
    match expr {
        Expr::Path(hops, inner) => Expr::Path(hops.clone(), Box::new(moved(inner, column))),
        Expr::Outer(_) => Expr::Outer(column),
        _ => Expr::Column(column),
    }
}

#[cold]
pub(super) fn sealed_in(column: &ColumnDef) -> Error {
    let message = match column.sealed.map(|sealed| sealed.kind) {
        Some(SealKind::Random) if column.blind_index.is_none() => {
            "the column is encrypted each time to other bytes, so the database cannot compare it; rows are found by it with a blind \
             index: a field `#[orm(blind_index(..))] .. : BlindIndex`"
        }
        _ => {
            "the column is encrypted: it is read whole and assigned values, and rows are found by `=` and `IN` with values; the database \
             cannot compute with it, order or group by it"
        }
    };
    compared_with(Error::new(ErrorKind::Unsupported, message), column)
}

/// The column that an expression is, here or at the end of a path, or whose values it gives.
pub(super) fn column_of(expr: &Expr) -> Option<&'static ColumnDef> {
    match expr {
        Expr::Column(column) | Expr::Outer(column) => Some(column),
        Expr::Path(_, inner) => column_of(inner),
        Expr::Function(Function::Coalesce, all) => all.iter().find_map(column_of),
        Expr::Case(case) => column_of_case(case),
        Expr::Aggregate(aggregate) => column_of_extreme(aggregate),
        _ => None,
    }
}

/// The error for a value that cannot be compared with a column.
#[cold]
pub(super) fn compared_with(error: Error, column: &ColumnDef) -> Error {
    error.with_table(column.table.name).with_columns([column.name])
}

/// The column whose least or greatest value an aggregate is.
fn column_of_extreme(aggregate: &Aggregate) -> Option<&'static ColumnDef> {
    let argument = aggregate.argument.as_ref().filter(|_| matches!(aggregate.function, "MIN" | "MAX"));
    argument.and_then(column_of)
}

fn column_of_case(case: &Case) -> Option<&'static ColumnDef> {
    case.branches.iter().map(|(_, then)| then).chain(&case.otherwise).find_map(column_of)
}

#[cold]
fn raw_for_viewer() -> Error {
    let message = "raw SQL is subject neither to policies nor to tenants, so statements of viewers and tenants have none; use it on \
                   `db.bypass(\"reason\")`, or in a rule";
    Error::new(ErrorKind::Permission, message)
}

#[cold]
fn raw_count(sql: &str) -> Error {
    Error::new(ErrorKind::InvalidStatement, format!("raw SQL needs one operand for each `?`: {sql}"))
}

/// Names of functions are part of the text, so they are letters, digits, `_` and `.` only.
pub(in crate::dialect) fn check_name(name: &str) -> Result<()> {
    let fine = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
    if fine {
        Ok(())
    } else {
        Err(Error::new(ErrorKind::InvalidStatement, format!("{name:?} is not the name of a function")))
    }
}
