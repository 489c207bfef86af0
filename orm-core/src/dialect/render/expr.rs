//! Expressions: operators and their precedence, aggregates, windows, CASE, casts, JSON, raw SQL.

use super::super::{JsonStyle, for_column, unsupported};
use super::Renderer;
use crate::ast::{Aggregate, BinaryOp, Case, Expr, Function, JsonStep, Quantifier, Window};
use crate::error::{Error, ErrorKind, Result};
use crate::model::ColumnDef;
use crate::value::{SqlType, Value};

/// Precedence levels, loosest first. SQL's own differ between databases in the middle; parentheses are written where
/// any of them would need one.
const OR: u8 = 1;
pub(super) const AND: u8 = 2;
const NOT: u8 = 3;
pub(super) const COMPARE: u8 = 4;
const BITS: u8 = 5;
const SUM: u8 = 6;
const PRODUCT: u8 = 7;
const ATOM: u8 = 9;

/// The most operands of AND or OR that are written without grouping.
const CHAIN: usize = 128;

fn precedence(expr: &Expr) -> u8 {
    match expr {
        Expr::Or(all) if all.len() > 1 => OR,
        Expr::And(all) if all.len() > 1 => AND,
        Expr::Or(all) | Expr::And(all) => all.first().map_or(ATOM, precedence),
        Expr::Not(_) | Expr::Binary(BinaryOp::IsDistinct, _) => NOT,
        Expr::Binary(op, _) => operator(*op).1,
        Expr::IsNull { .. } | Expr::In(_) | Expr::Between { .. } | Expr::Like { .. } | Expr::Regexp { .. } => COMPARE,
        Expr::Negate(_) => PRODUCT,
        // The arrows bind like `||`, from the left.
        Expr::Json { .. } => BITS,
        Expr::Exists { negated: true, .. } => NOT,
        Expr::Related(related) if matches!(related.quantifier, Quantifier::None | Quantifier::All) => NOT,
        Expr::Raw(..) => 0,
        Expr::Path(_, inner) => precedence(inner),
        _ => ATOM,
    }
}

fn operator(op: BinaryOp) -> (&'static str, u8) {
    match op {
        BinaryOp::Eq => (" = ", COMPARE),
        BinaryOp::Ne => (" <> ", COMPARE),
        BinaryOp::Lt => (" < ", COMPARE),
        BinaryOp::Le => (" <= ", COMPARE),
        BinaryOp::Gt => (" > ", COMPARE),
        BinaryOp::Ge => (" >= ", COMPARE),
        BinaryOp::IsNotDistinct | BinaryOp::IsDistinct => ("", COMPARE),
        BinaryOp::Add => (" + ", SUM),
        BinaryOp::Sub => (" - ", SUM),
        BinaryOp::Mul => (" * ", PRODUCT),
        BinaryOp::Div => (" / ", PRODUCT),
        BinaryOp::Rem => (" % ", PRODUCT),
        BinaryOp::Concat => (" || ", BITS),
        BinaryOp::BitAnd => (" & ", BITS),
        BinaryOp::BitOr => (" | ", BITS),
        BinaryOp::Contains => (" @> ", BITS),
        BinaryOp::ContainedBy => (" <@ ", BITS),
        BinaryOp::Overlaps => (" && ", BITS),
    }
}

impl Renderer<'_> {
    /// An expression, in parentheses when it binds looser than `level`.
    pub(super) fn operand(&mut self, expr: &Expr, level: u8) -> Result<()> {
        if precedence(expr) < level {
            self.w.push_sql("(");
            self.expr(expr)?;
            self.w.push_sql(")");
            Ok(())
        } else {
            self.expr(expr)
        }
    }

    pub(super) fn expr(&mut self, expr: &Expr) -> Result<()> {
        match expr {
            Expr::Column(column) => self.push_column(column),
            Expr::Outer(column) => self.push_column_from(column, self.frames.len().saturating_sub(1)),
            Expr::Path(relations, inner) => self.path(relations, inner),
            Expr::Value(value) => self.w.push_bind(value.clone()),
            Expr::Binary(op, pair) => self.binary(*op, &pair.0, &pair.1),
            Expr::Not(inner) => {
                self.w.push_sql("NOT ");
                self.operand(inner, ATOM)
            }
            Expr::Negate(inner) => {
                self.w.push_sql("-");
                self.operand(inner, ATOM)
            }
            Expr::And(all) => self.chain(all, " AND ", AND, "TRUE"),
            Expr::Or(all) => self.chain(all, " OR ", OR + 1, "FALSE"),
            Expr::IsNull { expr, negated } => {
                self.operand(expr, COMPARE + 1)?;
                self.w.push_sql(if *negated { " IS NOT NULL" } else { " IS NULL" });
                Ok(())
            }
            Expr::In(list) => self.in_list(list),
            Expr::Between { operands, negated } => {
                self.operand(&operands.0, COMPARE + 1)?;
                self.w.push_sql(if *negated { " NOT BETWEEN " } else { " BETWEEN " });
                self.compared(&operands.1, &operands.0, COMPARE + 1)?;
                self.w.push_sql(" AND ");
                self.compared(&operands.2, &operands.0, COMPARE + 1)
            }
            Expr::Like { operands, kind, ignore_case, negated } => {
                self.like(&operands.0, &operands.1, *kind, *ignore_case, *negated)
            }
            Expr::Regexp { operands, ignore_case, negated } => {
                self.regexp(&operands.0, &operands.1, *ignore_case, *negated)
            }
            Expr::Function(function, arguments) => self.function(*function, arguments),
            Expr::Call(name, arguments) => {
                check_name(name)?;
                self.w.push_sql(name);
                self.arguments(arguments)
            }
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, None),
            Expr::Window(window) => self.window(window),
            Expr::Case(case) => self.case(case),
            // Where the text of a boolean is no boolean.
            Expr::Cast(inner, SqlType::Bool)
                if matches!(**inner, Expr::Json { text: true, .. })
                    && matches!(self.dialect().capabilities().json, JsonStyle::Extract | JsonStyle::ExtractText) =>
            {
                self.w.push_sql("(");
                self.expr(inner)?;
                self.w.push_sql(" = 'true')");
                Ok(())
            }
            Expr::Cast(inner, ty) => self.cast(inner, *ty),
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
            Expr::Json { expr, path, text } => self.json(expr, path, *text),
            Expr::Row(all) => {
                self.w.push_sql("(");
                self.list(all)?;
                self.w.push_sql(")");
                Ok(())
            }
            Expr::Excluded(column) => self.excluded(column),
            Expr::Raw(sql, operands) => self.raw(sql, operands),
        }
    }

    fn chain(&mut self, all: &[Expr], separator: &str, level: u8, empty: &str) -> Result<()> {
        if all.is_empty() {
            self.w.push_sql(empty);
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
            if all.len() == 1 { self.expr(expr)? } else { self.operand(expr, level)? }
        }
        Ok(())
    }

    pub(super) fn list(&mut self, all: &[Expr]) -> Result<()> {
        for (i, expr) in all.iter().enumerate() {
            if i > 0 {
                self.w.push_sql(", ");
            }
            self.expr(expr)?;
        }
        Ok(())
    }

    pub(super) fn arguments(&mut self, all: &[Expr]) -> Result<()> {
        self.w.push_sql("(");
        self.list(all)?;
        self.w.push_sql(")");
        Ok(())
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> Result<()> {
        let capabilities = self.dialect().capabilities();
        let (text, level) = operator(op);
        match op {
            BinaryOp::IsDistinct | BinaryOp::IsNotDistinct => {
                if op == BinaryOp::IsDistinct {
                    self.w.push_sql("NOT (");
                }
                self.compared(left, right, COMPARE + 1)?;
                self.w.push_sql(" ");
                self.w.push_sql(capabilities.is_not_distinct);
                self.w.push_sql(" ");
                self.compared(right, left, COMPARE + 1)?;
                if op == BinaryOp::IsDistinct {
                    self.w.push_sql(")");
                }
                return Ok(());
            }
            BinaryOp::Concat if !capabilities.concat_operator => {
                self.w.push_sql("CONCAT(");
                self.expr(left)?;
                self.w.push_sql(", ");
                self.expr(right)?;
                self.w.push_sql(")");
                return Ok(());
            }
            BinaryOp::Contains | BinaryOp::ContainedBy | BinaryOp::Overlaps if !capabilities.arrays => {
                return Err(unsupported(self.dialect(), format_args!("operator {}", text.trim())));
            }
            _ => {}
        }
        // Operators of equal precedence group to the left; comparisons do not chain at all.
        let left_level = if level == COMPARE || level == BITS { level + 1 } else { level };
        let arrays = matches!(op, BinaryOp::Contains | BinaryOp::ContainedBy | BinaryOp::Overlaps);
        if level != COMPARE && !arrays {
            self.operand(left, left_level)?;
            self.w.push_sql(text);
            return self.operand(right, level + 1);
        }
        self.compared(left, right, left_level)?;
        self.w.push_sql(text);
        self.compared(right, left, level + 1)
    }

    /// One side of a comparison: a value takes the form of the column that it is compared with.
    pub(super) fn compared(&mut self, expr: &Expr, with: &Expr, level: u8) -> Result<()> {
        match (expr, column_of(with)) {
            (Expr::Value(_), column) => self.in_form_of(expr, column),
            _ => self.operand(expr, level),
        }
    }

    /// An expression; a value in the form in which a column keeps it.
    pub(super) fn in_form_of(&mut self, expr: &Expr, column: Option<&'static ColumnDef>) -> Result<()> {
        match (expr, column) {
            (Expr::Value(value), Some(column)) => {
                let value = for_column(self.dialect(), column, value.clone());
                self.w.push_bind(value)
            }
            _ => self.expr(expr),
        }
    }

    /// An aggregate, of some window when there is one.
    fn aggregate(&mut self, aggregate: &Aggregate, window: Option<&Window>) -> Result<()> {
        if let (true, Some(digits)) = (aggregate.decimal, self.dialect().capabilities().quotient_digits) {
            self.w.push_sql("ROUND(");
            self.aggregate(&Aggregate { decimal: false, ..aggregate.clone() }, window)?;
            self.w.push_sql(", ");
            self.w.push_number(digits.into());
            self.w.push_sql(")");
            return Ok(());
        }
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
        let native = self.dialect().capabilities().aggregate_filter;
        self.w.push_sql(aggregate.function);
        self.w.push_sql(if aggregate.distinct { "(DISTINCT " } else { "(" });
        match (&aggregate.filter, native) {
            (Some(filter), false) => {
                self.w.push_sql("CASE WHEN ");
                self.expr(filter)?;
                self.w.push_sql(" THEN ");
                match &aggregate.argument {
                    Some(argument) => self.expr(argument)?,
                    None => self.w.push_sql("1"),
                }
                self.w.push_sql(" END");
            }
            _ => match &aggregate.argument {
                Some(argument) => self.expr(argument)?,
                None => self.w.push_sql("*"),
            },
        }
        self.w.push_sql(")");
        if let (Some(filter), true) = (&aggregate.filter, native) {
            self.w.push_sql(" FILTER (WHERE ");
            self.expr(filter)?;
            self.w.push_sql(")");
        }
        window.map_or(Ok(()), |window| self.over(window))
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

    fn over(&mut self, window: &Window) -> Result<()> {
        self.w.push_sql(" OVER (");
        if !window.partition_by.is_empty() {
            self.w.push_sql("PARTITION BY ");
            self.list(&window.partition_by)?;
        }
        self.order_by(&window.order_by, None)?;
        self.w.push_sql(")");
        Ok(())
    }

    pub(super) fn cast(&mut self, inner: &Expr, ty: SqlType) -> Result<()> {
        let name = self.dialect().cast_type(ty)?;
        self.w.push_sql("CAST(");
        match inner {
            Expr::Json { expr, path, text: true }
                if self.dialect().capabilities().json == JsonStyle::ArrowPath && ty != SqlType::Text =>
            {
                self.json_value(expr, path)?;
            }
            inner => self.expr(inner)?,
        }
        self.w.push_sql(" AS ");
        self.w.push_sql(&name);
        self.w.push_sql(")");
        Ok(())
    }

    fn case(&mut self, case: &Case) -> Result<()> {
        let column = column_of_case(case);
        self.w.push_sql("CASE");
        for (when, then) in &case.branches {
            self.w.push_sql(" WHEN ");
            self.expr(when)?;
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

    /// Steps into a document are always bound, never part of the text.
    fn json(&mut self, expr: &Expr, path: &[JsonStep], text: bool) -> Result<()> {
        match self.dialect().capabilities().json {
            JsonStyle::Arrows => {
                let steps = path.iter().map(|step| {
                    Value::Text(match step {
                        JsonStep::Key(key) => key.clone().into(),
                        JsonStep::Index(index) => index.to_string().into(),
                    })
                });
                self.operand(expr, ATOM)?;
                self.w.push_sql(if text { " #>> " } else { " #> " });
                self.w.push_bind(Value::Array(&SqlType::Text, steps.collect()))
            }
            JsonStyle::Extract => {
                // As text, the null of JSON is NULL.
                self.w.push_sql(if text { "JSON_UNQUOTE(NULLIF(JSON_EXTRACT(" } else { "JSON_EXTRACT(" });
                self.expr(expr)?;
                self.w.push_sql(", ");
                self.w.push_bind(Value::Text(json_path(path, true).into()))?;
                self.w.push_sql(")");
                if text {
                    self.w.push_sql(", ");
                    self.w.push_bind(Value::Json("null".into()))?;
                    self.w.push_sql("))");
                }
                Ok(())
            }
            JsonStyle::ExtractText => {
                let minus = path.iter().any(|step| matches!(step, JsonStep::Key(key) if key.starts_with('-')));
                if minus {
                    return Err(unsupported(self.dialect(), "JSON paths through keys that start with a minus"));
                }
                // `CONCAT` takes the type away: compared as JSON, the string "null" equals the null of JSON.
                self.w.push_sql(if text { "JSON_UNQUOTE(NULLIF(CONCAT(JSON_EXTRACT(" } else { "JSON_EXTRACT(" });
                self.expr(expr)?;
                self.w.push_sql(", ");
                self.w.push_bind(Value::Text(json_path(path, true).into()))?;
                self.w.push_sql(if text { ")), 'null'))" } else { ")" });
                Ok(())
            }
            JsonStyle::None => Err(unsupported(self.dialect(), "values inside of JSON documents")),
            JsonStyle::ArrowPath => {
                let quoted = path.iter().any(|step| matches!(step, JsonStep::Key(key) if key.contains('"')));
                if quoted {
                    return Err(unsupported(self.dialect(), "JSON paths through keys with a double quote"));
                }
                if !text {
                    self.operand(expr, ATOM)?;
                    self.w.push_sql(" -> ");
                    return self.w.push_bind(Value::Text(json_path(path, false).into()));
                }
                // `->>` gives numbers as numbers, and truth values as 0 and 1.
                self.w.push_sql("CASE JSON_TYPE(");
                self.expr(expr)?;
                self.w.push_sql(", ");
                self.w.push_bind(Value::Text(json_path(path, false).into()))?;
                self.w.push_sql(") WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(");
                self.json_value(expr, path)?;
                self.w.push_sql(" AS TEXT) END");
                Ok(())
            }
        }
    }

    /// `->>`: a value inside a document with SQL's own type.
    fn json_value(&mut self, expr: &Expr, path: &[JsonStep]) -> Result<()> {
        self.operand(expr, ATOM)?;
        self.w.push_sql(" ->> ");
        self.w.push_bind(Value::Text(json_path(path, false).into()))
    }

    fn raw(&mut self, sql: &str, operands: &[Expr]) -> Result<()> {
        let mut operands = operands.iter();
        let (mut written, mut quote) = (0, None);
        let mut characters = sql.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            match (quote, c) {
                (Some(open), _) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"' | '`') => quote = Some(c),
                (None, '?') => {
                    // Doubled, it stands for itself: some operators have it in their names.
                    let doubled = characters.next_if(|(_, next)| *next == '?').is_some();
                    self.w.push_sql(&sql[written..at + usize::from(doubled)]);
                    written = at + 1 + usize::from(doubled);
                    if !doubled {
                        let Some(operand) = operands.next() else { return Err(raw_count(sql)) };
                        self.operand(operand, ATOM)?;
                    }
                }
                (None, _) => {}
            }
        }
        self.w.push_sql(&sql[written..]);
        if operands.next().is_some() { Err(raw_count(sql)) } else { Ok(()) }
    }
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

/// The column whose least or greatest value an aggregate is.
fn column_of_extreme(aggregate: &Aggregate) -> Option<&'static ColumnDef> {
    let argument = aggregate.argument.as_ref().filter(|_| matches!(aggregate.function, "MIN" | "MAX"));
    argument.and_then(column_of)
}

fn column_of_case(case: &Case) -> Option<&'static ColumnDef> {
    case.branches.iter().map(|(_, then)| then).chain(&case.otherwise).find_map(column_of)
}

#[cold]
fn raw_count(sql: &str) -> Error {
    Error::new(ErrorKind::InvalidStatement, format!("raw SQL needs one operand for each `?`: {sql}"))
}

/// `$."key"[0]`, with quotes and backslashes escaped as in JSON text.
fn json_path(path: &[JsonStep], escapes: bool) -> String {
    let mut text = String::from("$");
    for step in path {
        match step {
            JsonStep::Index(index) => {
                text.push('[');
                text.push_str(&index.to_string());
                text.push(']');
            }
            JsonStep::Key(key) => {
                text.push_str(".\"");
                for c in key.chars() {
                    if escapes && c < ' ' {
                        text.push_str(&format!("\\u{:04x}", u32::from(c)));
                        continue;
                    }
                    if matches!(c, '"' | '\\') {
                        text.push('\\');
                    }
                    text.push(c);
                }
                text.push('"');
            }
        }
    }
    text
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
