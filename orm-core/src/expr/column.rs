//! [`Column`]: the typed constant of a column, such as `User::EMAIL`. Its methods are those of expressions.

use std::marker::PhantomData;

use super::{Expr, Free};
use crate::ast;
use crate::model::ColumnDef;

/// A column of the model `M` that holds a `T`. One pointer wide, `Copy`, made by the derive.
///
/// What can be asked of it, and of expressions, depends on the type:
///
/// | Type | |
/// |---|---|
/// | any | `eq`, `ne`, `gt`, `ge`, `lt`, `le`, `between`, `in_`, `is_not_distinct_from` and their opposites; `asc`, `desc`; `min`, `max`, `count`, `count_distinct`; `cast` |
/// | `Option` of any | `is_null`, `is_not_null`, `unwrap_or` |
/// | `String` | `like`, `ilike`, `starts_with`, `ends_with`, `contains`, `regexp`, the same with an `i` before for any letter case, and their opposites; `lower`, `upper`, `trim`, `length`, `substring`, `replace`, `concat` |
/// | numbers | `+`, `-`, `*`, `/`, `%`; `sum`, `avg`, `abs`, `round`, `ceil`, `floor` |
/// | dates and times with a date | `year`, `month`, `day` |
/// | JSON documents | `json_text`, `json_value`, `path` to change a part |
/// | `Vec`, an array | `contains_all`, `is_contained_in`, `overlaps`, `append`, `prepend`, `remove` |
/// | `bool` | `is_true`, `!`, `and`, `or`, `&`, <code>&#124;</code> |
///
/// Other operators and functions of a database are [`call`](super::call)ed by name or written in [`raw`](super::raw) SQL.
///
/// `K` is the kind of the column: it decides which methods there are. An [encrypted](Encrypted) column has few.
pub struct Column<M, T, K = Clear> {
    def: &'static ColumnDef,
    _types: PhantomData<fn() -> (M, T)>,
    _kind: PhantomData<fn() -> K>,
}

impl<M, T, K> Clone for Column<M, T, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T, K> Copy for Column<M, T, K> {}

impl<M, T, K> std::fmt::Debug for Column<M, T, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.def.table.name, self.def.name)
    }
}

impl<M, T, K> Column<M, T, K> {
    /// Types a column's metadata; called by the derive.
    pub const fn new(def: &'static ColumnDef) -> Self {
        Self { def, _types: PhantomData, _kind: PhantomData }
    }

    /// The metadata.
    pub const fn def(self) -> &'static ColumnDef {
        self.def
    }

    /// The column as an expression tree.
    pub fn into_node(self) -> ast::Expr {
        ast::Expr::Column(self.def)
    }
}

impl<M, T> Column<M, T> {
    /// The column in the query around a relation's condition, where both read the same table:
    /// `User::MANAGER.any(User::AGE.lt(User::AGE.outer()))`. Columns of other tables need only `.free()`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let busier = User::POSTS.any(Post::VIEWS.gt(10).and(Post::USER_ID.eq(User::ID.outer())));
    /// assert_eq!(User::count().filter(busier).exec(&db).await?, 1);
    /// # Ok(()) });
    /// ```
    pub fn outer(self) -> Expr<Free, T> {
        Expr::from_node(ast::Expr::Outer(self.def))
    }
}

/// The kind of columns that are not encrypted.
#[derive(Debug, Clone, Copy)]
pub enum Clear {}

/// The kind of encrypted columns with random nonces: they can be read and written, but not compared.
#[derive(Debug, Clone, Copy)]
pub enum Encrypted {}

/// The kind of encrypted columns that can be compared with `=` and `IN`: with `encrypt(deterministic)` or a blind index.
#[derive(Debug, Clone, Copy)]
pub enum Findable {}

/// A kind of encrypted columns.
pub trait Secret {}
impl Secret for Encrypted {}
impl Secret for Findable {}

/// A kind of encrypted columns that can be compared.
#[diagnostic::on_unimplemented(
    message = "an encrypted column cannot be compared in the database",
    label = "the same value is encrypted differently each time",
    note = "add a blind index to the model to find rows by the value: `#[orm(blind_index(column))] column_index: BlindIndex`"
)]
pub trait Searchable: Secret {}
impl Searchable for Findable {}
