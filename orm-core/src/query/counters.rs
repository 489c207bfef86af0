//! Numbers of rows that parents keep: whether they are right, and putting them right.

use std::marker::PhantomData;

use crate::ast::{self, Aggregate, BinaryOp, Returning, SelectList, Statement, Visibility};
use crate::driver::Runs;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, Model, ModelDef, RelationDef};
use crate::run::{begin_write, fetch_all, key_filter};
use crate::value::{Scalar, Value};
use crate::write::{all_values, counters, write_rows};

/// A number of rows that was not right.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct WrongCount {
    /// The model that has the number.
    pub model: &'static str,
    /// Its column.
    pub column: &'static str,
    /// The key of its row.
    pub key: Vec<Value>,
    /// The number that it had.
    pub stored: i64,
    /// The rows that there are.
    pub counted: i64,
}

/// Compares the numbers that `counter_cache` keeps with the rows that there are: `Post::verify_counters()`.
#[must_use = "a statement does nothing until `.exec(&db).await`"]
#[derive(Debug)]
pub struct VerifyCounters<M> {
    repair: bool,
    _model: PhantomData<fn() -> M>,
}

impl<M: Model> VerifyCounters<M> {
    pub(super) fn new() -> Self {
        Self { repair: false, _model: PhantomData }
    }

    /// Puts wrong numbers right.
    pub fn repair(mut self) -> Self {
        self.repair = true;
        self
    }

    /// Gives the numbers that were wrong.
    ///
    /// # Errors
    /// The database's.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<Vec<WrongCount>> {
        let session = db.session();
        let unit = begin_write(session).await?;
        let mut wrong = Vec::new();
        for counter in counters(M::DEF) {
            let (relation, column) = counter.resolved(M::DEF)?;
            let parent = relation.target();
            let mut found = differing(M::DEF, relation, column);
            if self.repair && session.dialect().capabilities().row_locks {
                found.lock = Some(ast::Lock::default());
            }
            for mut row in fetch_all(&*unit, parent, Statement::Select(Box::new(found)), all_values).await? {
                let number = |value: Option<Value>| match value {
                    Some(Value::Null(_)) | None => Ok(0),
                    Some(value) => i64::decode(value.as_ref()),
                };
                let (counted, stored) = (number(row.pop())?, number(row.pop())?);
                if self.repair {
                    let (set, filter) =
                        (vec![(column, ast::Expr::Value(fit(column, counted)?))], key_filter(parent, &row));
                    let (visibility, returning) = (Visibility::ALL, Returning::Nothing);
                    let update = ast::Update { model: parent, set, filter, visibility, returning };
                    write_rows(&*unit, parent, Statement::Update(Box::new(update))).await?;
                }
                wrong.push(WrongCount { model: parent.name, column: column.name, key: row, stored, counted });
            }
        }
        unit.commit().await?;
        Ok(wrong)
    }
}

/// A number as the column holds it.
fn fit(column: &ColumnDef, number: i64) -> Result<Value> {
    use crate::value::SqlType::{I8, I16, I32, U8, U16, U32, U64};
    let wrong =
        || Error::new(ErrorKind::OutOfRange, "the column does not hold the number of rows").with_columns([column.name]);
    Ok(match column.ty {
        I8 | I16 | U8 => Value::I16(number.try_into().map_err(|_| wrong())?),
        I32 | U16 => Value::I32(number.try_into().map_err(|_| wrong())?),
        U32 => Value::I64(number),
        U64 => Value::U64(number.try_into().map_err(|_| wrong())?),
        _ => Value::I64(number),
    })
}

/// The rows whose number is wrong: their key, the number that they have, and the right one.
fn differing(child: &'static ModelDef, relation: &'static RelationDef, column: &'static ColumnDef) -> ast::Select {
    let parent = relation.target();
    let mut count = ast::Select::new(child);
    count.visibility = Visibility::ROW;
    count.list = SelectList::Exprs(vec![ast::Expr::Aggregate(Box::new(Aggregate::of("COUNT", None)))]);
    let equal = |pair: &crate::model::KeyPair| {
        ast::Expr::binary(BinaryOp::Eq, ast::Expr::Column(pair.from), ast::Expr::Outer(pair.to))
    };
    count.filter = relation.keys().iter().map(equal).collect();
    if let Some((when, text)) = relation.first().when {
        let text = ast::Expr::Value(Value::Text(text.into()));
        count.filter.push(ast::Expr::binary(BinaryOp::Eq, when.into(), text));
    }
    let count = ast::Expr::Subquery(Box::new(count));
    let mut select = ast::Select::new(parent);
    select.visibility = Visibility::ALL;
    select.filter = vec![ast::Expr::binary(BinaryOp::IsDistinct, column.into(), count.clone())];
    let key: Vec<ast::Expr> = parent.key_columns().map(ast::Expr::Column).collect();
    select.list = SelectList::Exprs(key.into_iter().chain([column.into(), count]).collect());
    select
}
