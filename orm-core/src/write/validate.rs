//! Asking the rules of a model about a row, or about some of its columns, before it is written. All that is wrong is found;
//! what the columns themselves do not take is among it.

use super::draft::{Changes, Draft};
use crate::dialect::{Dialect, stored};
use crate::error::{Error, ErrorKind, Result};
use crate::model::rule::{Operation, RuleDef};
use crate::model::{ColumnDef, Life, ModelDef, RowDraft, Violation, Violations};
use crate::value::Value;

/// Asks about a new row, and brings its values into the form that their columns keep. The columns of `later` have a value when
/// it is inserted.
pub(super) fn row(
    dialect: &dyn Dialect,
    def: &'static ModelDef,
    life: &'static Life,
    draft: &mut Draft,
    later: u128,
    found: &mut Violations,
) -> Result<()> {
    for column in draft.lacking(def).filter(|column| later & (1 << column.index) == 0) {
        found.push(Violation::new(column.field, "required", "is required", Vec::new()));
    }
    let (values, given) = (std::mem::take(&mut draft.values), draft.given & !later);
    let mut seen = RowDraft { def, values, known: given, given, before: None };
    let asked = whole(dialect, life, &mut seen, found);
    draft.values = seen.values;
    asked
}

/// Asks about the new values of a row that is there; `current` gives the values that it has.
pub(super) fn changes(
    dialect: &dyn Dialect,
    def: &'static ModelDef,
    life: &'static Life,
    changes: &mut Changes,
    current: &(dyn Fn(usize) -> Value + Sync),
    found: &mut Violations,
) -> Result<()> {
    let before: Vec<Value> = (0..def.columns.len()).map(current).collect();
    let mut seen = RowDraft { def, values: before.clone(), known: u128::MAX, given: 0, before: Some(before) };
    for (column, value) in &mut changes.set {
        seen.given |= 1 << *column;
        seen.values[*column] = std::mem::replace(value, Value::Bool(false));
    }
    let asked = whole(dialect, life, &mut seen, found);
    for (column, value) in &mut changes.set {
        *value = std::mem::replace(&mut seen.values[*column], Value::Bool(false));
    }
    asked
}

/// Asks about the columns that are written, then about the row.
fn whole(dialect: &dyn Dialect, life: &'static Life, row: &mut RowDraft, found: &mut Violations) -> Result<()> {
    let given = row.given;
    let columns = || row_columns(row.def, given);
    for column in columns() {
        let value = std::mem::replace(&mut row.values[column.index], Value::Null(column.ty));
        row.values[column.index] = column.normalized(value);
    }
    for column in columns() {
        let operation = row.operation();
        for rule in life.rules.iter().filter(|rule| rule.column == column.index && rule.holds_in(operation)) {
            if rule.when.is_none_or(|when| when(row)) {
                ask(rule, column, &row.values[column.index], found)?;
            }
        }
        let value = std::mem::replace(&mut row.values[column.index], Value::Null(column.ty));
        match kept(dialect, column, value, found)? {
            Some(value) => row.values[column.index] = value,
            // What the column does not take is no value to those who look at the row.
            None => row.known &= !(1 << column.index),
        }
    }
    life.checks.iter().try_for_each(|check| check(row, found))
}

fn row_columns(def: &'static ModelDef, given: u128) -> impl Iterator<Item = &'static ColumnDef> {
    def.columns.iter().filter(move |column| given & (1 << column.index) != 0)
}

/// Asks about a value that many rows get.
pub(super) fn value(
    dialect: &dyn Dialect,
    life: &'static Life,
    column: &'static ColumnDef,
    value: &mut Value,
    found: &mut Violations,
) -> Result<()> {
    *value = column.normalized(std::mem::replace(value, Value::Bool(false)));
    // What a rule's condition would look at, no row in particular has.
    let rules = life
        .rules
        .iter()
        .filter(|rule| rule.column == column.index && rule.holds_in(Operation::Update) && rule.when.is_none());
    for rule in rules {
        ask(rule, column, value, found)?;
    }
    if let Some(form) = kept(dialect, column, std::mem::replace(value, Value::Bool(false)), found)? {
        *value = form;
    }
    Ok(())
}

impl RuleDef {
    fn holds_in(&self, operation: Operation) -> bool {
        self.on.is_none_or(|on| on == operation)
    }
}

/// Asks one rule. NULL keeps every rule of a column that may be NULL, and of what is no value of the column's type, that is what
/// is wrong: see [`kept`].
fn ask(rule: &RuleDef, column: &ColumnDef, value: &Value, found: &mut Violations) -> Result<()> {
    if value.is_null() || matches!(value, Value::Invalid(_)) {
        return Ok(());
    }
    let said = (rule.test)(value).map_err(|error| error.with_columns([column.name]))?;
    if let Err(failed) = said {
        let message = rule.message.map_or(failed.message, Into::into);
        found.push(Violation::new(column.field, rule.name, message, failed.params));
    }
    Ok(())
}

/// The value in the form that the column keeps; none where the column does not take it.
fn kept(
    dialect: &dyn Dialect,
    column: &'static ColumnDef,
    value: Value,
    found: &mut Violations,
) -> Result<Option<Value>> {
    if value.is_null() && !column.nullable {
        found.push(Violation::new(column.field, "required", "must not be NULL", Vec::new()));
        return Ok(None);
    }
    stored(dialect, column, value).map(Some).or_else(|error| {
        found.push(implied(column, error)?);
        Ok(None)
    })
}

/// What is wrong with a value that its column does not take; another error stays one.
fn implied(column: &'static ColumnDef, error: Error) -> Result<Violation> {
    let (rule, params) = match error.kind() {
        ErrorKind::DataTooLong => {
            let max = column.length.map(|length| ("max", Value::U64(length.into())));
            ("length", max.into_iter().collect())
        }
        ErrorKind::OutOfRange => ("range", Vec::new()),
        ErrorKind::Encode => ("type", Vec::new()),
        _ => return Err(error),
    };
    Ok(Violation::new(column.field, rule, error.message().to_owned(), params))
}
