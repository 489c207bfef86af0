//! Free functions that make expressions: counts, CASE, calls, raw SQL.

use std::marker::PhantomData;

use super::{CaseResult, Condition, Expr, Free, IntoExpr, Select};
use crate::ast::{self, Aggregate, Function};
use crate::value::{Scalar, Type};

/// The number of rows.
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// let rows: Vec<(i64, i64)> = Post::find_all()
///     .select((Post::USER_ID, count_all()))
///     .group_by(Post::USER_ID)
///     .order_by(Post::USER_ID)
///     .exec(&db)
///     .await?;
/// assert_eq!(rows, [(1, 2), (2, 1)]);
/// # Ok(()) });
/// ```
pub fn count_all() -> Expr<Free, i64> {
    Expr::from_node(ast::Expr::Aggregate(Box::new(Aggregate::of("COUNT", None))))
}

/// A value as an expression.
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// let rows: Vec<(i64, i32)> =
///     User::find_all().select((User::ID, orm::val(7))).order_by(User::ID).limit(1).exec(&db).await?;
/// assert_eq!(rows, [(1, 7)]);
/// # Ok(()) });
/// ```
pub fn val<T: Scalar>(value: T) -> Expr<Free, T> {
    Expr::from_node(ast::Expr::Value(Scalar::into_value(value)))
}

/// The current instant of the database.
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// assert_eq!(User::count().filter(User::CREATED_AT.le(orm::now())).exec(&db).await?, 3);
/// # Ok(()) });
/// ```
pub fn now() -> Expr<Free, chrono::DateTime<chrono::Utc>> {
    Expr::from_node(ast::Expr::Function(Function::Now, Vec::new()))
}

/// A random number, for `order_by(random().asc())`.
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// assert_eq!(User::find_all().order_by(orm::random().asc()).exec(&db).await?.len(), 3);
/// # Ok(()) });
/// ```
pub fn random() -> Expr<Free, f64> {
    Expr::from_node(ast::Expr::Function(Function::Random, Vec::new()))
}

/// The number of a row within its window, from 1: `row_number().over(..)`.
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// let number = orm::row_number().over((), User::VISITS.desc());
/// let numbers: Vec<i64> = User::find_all().select(number).order_by(User::ID).exec(&db).await?;
/// assert_eq!(numbers, [1, 2, 3]);
/// # Ok(()) });
/// ```
pub fn row_number() -> Expr<Free, i64> {
    Expr::from_node(ast::Expr::Call("ROW_NUMBER", Vec::new()))
}

/// The first argument that is not NULL: `coalesce([User::NICK, User::NAME])`. With a last resort that is never NULL, see
/// `unwrap_or`.
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// let name = orm::coalesce([User::NAME.upper(), User::NAME.lower()]);
/// let names: Vec<Option<String>> = User::find_all().select(name).order_by(User::ID).exec(&db).await?;
/// assert_eq!(names, [Some("ADA".to_owned()), Some("BOB".to_owned()), None]);
/// # Ok(()) });
/// ```
pub fn coalesce<X: IntoExpr>(arguments: impl IntoIterator<Item = X>) -> Expr<X::Scope, X::Type> {
    let list = arguments.into_iter().map(|argument| argument.into_expr().into_node()).collect();
    Expr::from_node(ast::Expr::Function(Function::Coalesce, list))
}

/// Several texts, one after the other. One that may be NULL needs `unwrap_or`: databases differ about it.
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// let twice = orm::concat([Post::TITLE.upper(), Post::TITLE.lower()]);
/// let texts: Vec<String> = Post::find_all().select(twice).order_by(Post::ID).exec(&db).await?;
/// assert_eq!(texts[0], "NOTESnotes");
/// # Ok(()) });
/// ```
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
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// let kind =
///     orm::case().when(User::VISITS.gt(2), "often").when(User::VISITS.gt(0), "seldom").otherwise("never");
/// let kinds: Vec<String> = User::find_all().select(kind).order_by(User::ID).exec(&db).await?;
/// assert_eq!(kinds, ["often", "seldom", "never"]);
/// # Ok(()) });
/// ```
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
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let kind = orm::case().when(User::VISITS.gt(2), "often").otherwise("seldom");
    /// let kinds: Vec<String> = User::find_all().select(kind).order_by(User::ID).exec(&db).await?;
    /// assert_eq!(kinds, ["often", "seldom", "seldom"]);
    /// # Ok(()) });
    /// ```
    pub fn when<R: CaseResult<S, T>>(mut self, condition: Condition<S>, result: R) -> CaseWhen<S, T, N::And<R::Type>> {
        self.branches.push((condition.into_node(), result.into_operand()));
        CaseWhen { branches: self.branches, _types: PhantomData, _gives: PhantomData }
    }

    /// The result for all other rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let rank = orm::case().when(User::ROLE.eq(Role::Admin), 1).otherwise(2);
    /// let ranks: Vec<i32> = User::find_all().select(rank).order_by(User::ID).exec(&db).await?;
    /// assert_eq!(ranks, [1, 2, 2]);
    /// # Ok(()) });
    /// ```
    pub fn otherwise<R: CaseResult<S, T>>(self, result: R) -> Expr<S, N::And<R::Type>> {
        let case = ast::Case { branches: self.branches, otherwise: Some(result.into_operand()) };
        Expr::from_node(ast::Expr::Case(Box::new(case)))
    }

    /// NULL for all other rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let often = orm::case().when(User::VISITS.gt(2), "often").end();
    /// let found: Vec<Option<String>> = User::find_all().select(often).order_by(User::ID).exec(&db).await?;
    /// assert_eq!(found, [Some("often".to_owned()), None, None]);
    /// # Ok(()) });
    /// ```
    pub fn end(self) -> Expr<S, Option<T>> {
        Expr::from_node(ast::Expr::Case(Box::new(ast::Case { branches: self.branches, otherwise: None })))
    }
}

impl<S, T, N> std::fmt::Debug for CaseWhen<S, T, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.branches.fmt(f)
    }
}
