//! Free functions that make expressions: counts, CASE, calls, raw SQL.

use std::marker::PhantomData;

use super::{Condition, Expr, Free, IntoExpr, Operand, Select};
use crate::ast::{self, Aggregate, Function};
use crate::value::{Scalar, Type};

/// The number of rows.
pub fn count_all() -> Expr<Free, i64> {
    Expr::from_node(ast::Expr::Aggregate(Box::new(Aggregate::of("COUNT", None))))
}

/// A value as an expression.
pub fn val<T: Scalar>(value: T) -> Expr<Free, T> {
    Expr::from_node(ast::Expr::Value(Scalar::into_value(value)))
}

/// The current instant of the database.
pub fn now() -> Expr<Free, chrono::DateTime<chrono::Utc>> {
    Expr::from_node(ast::Expr::Function(Function::Now, Vec::new()))
}

/// A random number, for `order_by(random().asc())`.
pub fn random() -> Expr<Free, f64> {
    Expr::from_node(ast::Expr::Function(Function::Random, Vec::new()))
}

/// The number of a row within its window, from 1: `row_number().over(..)`.
pub fn row_number() -> Expr<Free, i64> {
    Expr::from_node(ast::Expr::Call("ROW_NUMBER", Vec::new()))
}

/// The first argument that is not NULL: `coalesce([User::NICK, User::NAME])`. With a last resort that is never NULL, see
/// `unwrap_or`.
pub fn coalesce<X: IntoExpr>(arguments: impl IntoIterator<Item = X>) -> Expr<X::Scope, X::Type> {
    let list = arguments.into_iter().map(|argument| argument.into_expr().into_node()).collect();
    Expr::from_node(ast::Expr::Function(Function::Coalesce, list))
}

/// Several texts, one after the other. One that may be NULL needs `unwrap_or`: databases differ about it.
pub fn concat<X: IntoExpr<Type = String>>(texts: impl IntoIterator<Item = X>) -> Expr<X::Scope, String> {
    let list = texts.into_iter().map(|text| text.into_expr().into_node()).collect();
    Expr::from_node(ast::Expr::Function(Function::Concat, list))
}

/// A function by its name in the database: letters, digits, `_` and `.` only. What it gives is inferred where the place
/// says it, else named: `call::<f64>("sqrt", User::AGE).gt(4.0)`.
///
/// ```
/// use orm_core::expr::{call, val};
/// let root = call::<f64>("sqrt", val(2.0)).gt(1.4);
/// let none = call::<f64>("pi", ());
/// # let _ = (root, none);
/// ```
pub fn call<T: Type>(name: &'static str, arguments: impl Operands) -> Expr<Free, T> {
    let mut list = Vec::new();
    arguments.push_operands(&mut list);
    Expr::from_node(ast::Expr::Call(name, list))
}

/// SQL as you write it, with a `?` for each operand. Only constant text is accepted, so no input can become SQL. What it
/// gives is inferred where the place says it: `.filter(raw("? % 2 = 0", User::AGE))`; else named, `raw::<f64>(..)`.
///
/// ```
/// use orm_core::expr::{raw, val};
/// let sine = raw::<f64>("sin(?)", val(0.5)).lt(1.0);
/// let both = raw::<i64>("? * ?", (val(6_i64), val(7_i64)));
/// # let _ = (sine, both);
/// ```
pub fn raw<T: Type>(sql: &'static str, operands: impl Operands) -> Expr<Free, T> {
    let mut list = Vec::new();
    operands.push_operands(&mut list);
    Expr::from_node(ast::Expr::Raw(sql.to_owned(), list))
}

/// What a function or raw SQL is about: `()`, a column, an expression, a tuple or an array of them. The renderer checks
/// that their tables are read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a column nor an expression, nor several",
    label = "expected `()`, a column, an expression or a tuple of them",
    note = "wrap a plain value in `orm::val(..)`"
)]
pub trait Operands {
    /// Appends the trees.
    fn push_operands(self, list: &mut Vec<ast::Expr>);
}

impl Operands for () {
    fn push_operands(self, _list: &mut Vec<ast::Expr>) {}
}

impl<X: Select<Free>> Operands for X {
    fn push_operands(self, list: &mut Vec<ast::Expr>) {
        Select::push_operands(self, list);
    }
}

impl<X: Select<Free>, const N: usize> Operands for [X; N] {
    fn push_operands(self, list: &mut Vec<ast::Expr>) {
        self.into_iter().for_each(|operand| Select::push_operands(operand, list));
    }
}

/// `CASE`: `case().when(condition, result).otherwise(result)`.
pub fn case<S, T: Scalar>() -> CaseWhen<S, T> {
    CaseWhen { branches: Vec::new(), _types: PhantomData, _gives: PhantomData }
}

/// A `CASE` under construction, with results of type `T`; `N` is that, or an `Option` of it when one may be NULL.
#[must_use]
pub struct CaseWhen<S, T, N = T> {
    branches: Vec<(ast::Expr, ast::Expr)>,
    _types: PhantomData<fn() -> (S, T)>,
    _gives: PhantomData<fn() -> N>,
}

impl<S, T: Scalar, N: Type> CaseWhen<S, T, N> {
    /// A result for rows where a condition holds and no earlier one did.
    pub fn when<R: Operand<S, T>>(mut self, condition: Condition<S>, result: R) -> CaseWhen<S, T, N::And<R::Type>> {
        self.branches.push((condition.into_node(), result.into_operand()));
        CaseWhen { branches: self.branches, _types: PhantomData, _gives: PhantomData }
    }

    /// The result for all other rows.
    pub fn otherwise<R: Operand<S, T>>(self, result: R) -> Expr<S, N::And<R::Type>> {
        let case = ast::Case { branches: self.branches, otherwise: Some(result.into_operand()) };
        Expr::from_node(ast::Expr::Case(Box::new(case)))
    }

    /// NULL for all other rows.
    pub fn end(self) -> Expr<S, Option<T>> {
        Expr::from_node(ast::Expr::Case(Box::new(ast::Case { branches: self.branches, otherwise: None })))
    }
}

impl<S, T, N> std::fmt::Debug for CaseWhen<S, T, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.branches.fmt(f)
    }
}
