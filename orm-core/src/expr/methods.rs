//! The methods and operators of columns and expressions, written once for both.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Rem, Sub};

use super::{Column, Condition, Document, Expr, Free, InList, IntoCondition, JsonPath, JsonPlace, Operand, Order};
use crate::ast::{self, Aggregate, BinaryOp, Function, JsonForm, LikeKind};
use crate::value::{Numeric, Scalar, SqlType, Type};

/// An expression of three operands: nullable where one of them is.
type Three<S, T, A, B> = Expr<S, <<T as Type>::And<A> as Type>::And<B>>;

fn binary<S, T>(op: BinaryOp, left: ast::Expr, right: ast::Expr) -> Expr<S, T> {
    Expr::from_node(ast::Expr::binary(op, left, right))
}

fn function<S, T>(function: Function, arguments: Vec<ast::Expr>) -> Expr<S, T> {
    Expr::from_node(ast::Expr::Function(function, arguments))
}

fn aggregate<S, T>(name: &'static str, distinct: bool, argument: ast::Expr) -> Expr<S, T> {
    Expr::from_node(ast::Expr::Aggregate(Box::new(Aggregate { distinct, ..Aggregate::of(name, Some(argument)) })))
}

fn cast<S, T>(node: ast::Expr, ty: SqlType) -> Expr<S, T> {
    match ty {
        SqlType::Date if !matches!(node, ast::Expr::Json { .. }) => function(Function::Date, vec![node]),
        ty => Expr::from_node(ast::Expr::Cast(Box::new(node), ty)),
    }
}

fn json<S, T>(document: ast::Expr, path: JsonPath, form: JsonForm) -> Expr<S, T> {
    Expr::from_node(ast::Expr::Json { expr: Box::new(document), path: path.0, form })
}

fn doubled(node: ast::Expr) -> ast::Expr {
    ast::Expr::Cast(Box::new(node), SqlType::F64)
}

fn in_list<S, R: InList<S, T>, T>(expr: ast::Expr, list: R, negated: bool) -> Condition<S> {
    Expr::from_node(ast::Expr::In(Box::new(ast::InList { expr, items: list.into_items(), negated })))
}

fn like<S>(expr: ast::Expr, pattern: ast::Expr, kind: LikeKind, ignore_case: bool, negated: bool) -> Condition<S> {
    Expr::from_node(ast::Expr::Like { operands: Box::new((expr, pattern)), kind, ignore_case, negated })
}

fn regexp<S>(expr: ast::Expr, pattern: ast::Expr, ignore_case: bool, negated: bool) -> Condition<S> {
    Expr::from_node(ast::Expr::Regexp { operands: Box::new((expr, pattern)), ignore_case, negated })
}

/// What columns and expressions can do alike.
macro_rules! methods {
    ($name:ident) => {
        /// Comparisons, order and aggregates.
        impl<S, T: Type> $name<S, T> {
            /// Equal.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::NAME.eq("Ada")).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn eq<R: Operand<S, T::Base>>(self, other: R) -> Condition<S> {
                binary(BinaryOp::Eq, self.into_node(), other.into_operand())
            }
            /// Different.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// // NULL is not different from anything: Cy, who has no name, is not found.
            /// assert_eq!(User::count().filter(User::NAME.ne("Ada")).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn ne<R: Operand<S, T::Base>>(self, other: R) -> Condition<S> {
                binary(BinaryOp::Ne, self.into_node(), other.into_operand())
            }
            /// Greater.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::VISITS.gt(1)).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn gt<R: Operand<S, T::Base>>(self, other: R) -> Condition<S> {
                binary(BinaryOp::Gt, self.into_node(), other.into_operand())
            }
            /// Greater or equal.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::VISITS.ge(1)).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn ge<R: Operand<S, T::Base>>(self, other: R) -> Condition<S> {
                binary(BinaryOp::Ge, self.into_node(), other.into_operand())
            }
            /// Less.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::VISITS.lt(3)).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn lt<R: Operand<S, T::Base>>(self, other: R) -> Condition<S> {
                binary(BinaryOp::Lt, self.into_node(), other.into_operand())
            }
            /// Less or equal.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::VISITS.le(3)).exec(&db).await?, 3);
            /// # Ok(()) });
            /// ```
            pub fn le<R: Operand<S, T::Base>>(self, other: R) -> Condition<S> {
                binary(BinaryOp::Le, self.into_node(), other.into_operand())
            }
            /// Equal, where NULL equals NULL.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let same = User::count().filter(User::NAME.is_not_distinct_from(User::NAME));
            /// assert_eq!(same.exec(&db).await?, 3);
            /// # Ok(()) });
            /// ```
            pub fn is_not_distinct_from<R: Operand<S, T::Base>>(self, other: R) -> Condition<S> {
                binary(BinaryOp::IsNotDistinct, self.into_node(), other.into_operand())
            }
            /// Different, where NULL equals NULL.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::NAME.is_distinct_from("Ada")).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn is_distinct_from<R: Operand<S, T::Base>>(self, other: R) -> Condition<S> {
                binary(BinaryOp::IsDistinct, self.into_node(), other.into_operand())
            }
            /// Between two bounds, both included.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::VISITS.between(1, 3)).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn between<A: Operand<S, T::Base>, B: Operand<S, T::Base>>(self, low: A, high: B) -> Condition<S> {
                let operands = Box::new((self.into_node(), low.into_operand(), high.into_operand()));
                Expr::from_node(ast::Expr::Between { operands, negated: false })
            }
            /// Outside of two bounds.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::VISITS.not_between(1, 3)).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn not_between<A: Operand<S, T::Base>, B: Operand<S, T::Base>>(self, low: A, high: B) -> Condition<S> {
                let operands = Box::new((self.into_node(), low.into_operand(), high.into_operand()));
                Expr::from_node(ast::Expr::Between { operands, negated: true })
            }
            /// One of a list or of a sub-query's rows. FALSE for an empty list.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::NAME.in_(["Ada", "Bob"])).exec(&db).await?, 2);
            /// let authors = Post::find_all().filter(Post::PUBLISHED).select(Post::USER_ID);
            /// assert_eq!(User::count().filter(User::ID.in_(authors)).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn in_<R: InList<S, T::Base>>(self, list: R) -> Condition<S> {
                in_list(self.into_node(), list, false)
            }
            /// None of a list or of a sub-query's rows. TRUE for an empty list.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::ID.not_in([1, 2])).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn not_in<R: InList<S, T::Base>>(self, list: R) -> Condition<S> {
                in_list(self.into_node(), list, true)
            }
            /// Smallest first.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let ids: Vec<i64> = User::find_all().select(User::ID).order_by(User::VISITS.asc()).exec(&db).await?;
            /// assert_eq!(ids, [3, 2, 1]);
            /// # Ok(()) });
            /// ```
            pub fn asc(self) -> Order<S> {
                Order::new(self.into_node(), false)
            }
            /// Greatest first.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let ids: Vec<i64> = User::find_all().select(User::ID).order_by(User::VISITS.desc()).exec(&db).await?;
            /// assert_eq!(ids, [1, 2, 3]);
            /// # Ok(()) });
            /// ```
            pub fn desc(self) -> Order<S> {
                Order::new(self.into_node(), true)
            }
            /// The least value; NULL of no rows.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::aggregate(User::VISITS.min()).exec(&db).await?, Some(0));
            /// # Ok(()) });
            /// ```
            pub fn min(self) -> Expr<S, Option<T::Base>> {
                aggregate("MIN", false, self.into_node())
            }
            /// The greatest value; NULL of no rows.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::aggregate(User::VISITS.max()).exec(&db).await?, Some(3));
            /// # Ok(()) });
            /// ```
            pub fn max(self) -> Expr<S, Option<T::Base>> {
                aggregate("MAX", false, self.into_node())
            }
            /// The number of rows where this is not NULL.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::aggregate(User::NAME.count()).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn count(self) -> Expr<S, i64> {
                aggregate("COUNT", false, self.into_node())
            }
            /// The number of different values that are not NULL.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(Post::aggregate(Post::USER_ID.count_distinct()).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn count_distinct(self) -> Expr<S, i64> {
                aggregate("COUNT", true, self.into_node())
            }
            /// Converts in SQL. The date of a date-time is `.cast::<NaiveDate>()`.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let texts: Vec<String> =
            ///     User::find_all().select(User::VISITS.cast::<String>()).order_by(User::ID).exec(&db).await?;
            /// assert_eq!(texts, ["3", "1", "0"]);
            /// # Ok(()) });
            /// ```
            pub fn cast<U: Type>(self) -> Expr<S, U::And<T>> {
                cast(self.into_node(), U::Base::TYPE)
            }
            /// The same, usable in every query; the renderer checks that the table is read.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let on = Post::USER_ID.free().eq(User::ID.free());
            /// assert_eq!(User::find_all().join::<Post>(on).exec(&db).await?.len(), 3);
            /// # Ok(()) });
            /// ```
            pub fn free(self) -> Expr<Free, T> {
                Expr::from_node(self.into_node())
            }
            /// The same, where NULL may come out: for columns of left-joined tables.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let posts = User::find_all().left_join(User::POSTS).filter(User::ID.eq(3)).select(Post::TITLE.nullable());
            /// assert_eq!(posts.exec(&db).await?, [None]);
            /// # Ok(()) });
            /// ```
            pub fn nullable(self) -> Expr<S, Option<T::Base>> {
                Expr::from_node(self.into_node())
            }
        }

        /// NULL.
        impl<S, T: Scalar> $name<S, Option<T>> {
            /// Whether this is NULL.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::NAME.is_null()).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn is_null(self) -> Condition<S> {
                Expr::from_node(ast::Expr::IsNull { expr: Box::new(self.into_node()), negated: false })
            }
            /// Whether this is not NULL.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::NAME.is_not_null()).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn is_not_null(self) -> Condition<S> {
                Expr::from_node(ast::Expr::IsNull { expr: Box::new(self.into_node()), negated: true })
            }
            /// Equal to a value, or NULL where there is none: `eq_opt(None::<i64>)` is `is_null()`.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::NAME.eq_opt(Some("Ada"))).exec(&db).await?, 1);
            /// assert_eq!(User::count().filter(User::NAME.eq_opt(None::<&str>)).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn eq_opt<R: Operand<S, T>>(self, other: Option<R>) -> Condition<S> {
                match other {
                    Some(other) => self.eq(other),
                    None => self.is_null(),
                }
            }
            /// The opposite of [`eq_opt`](Self::eq_opt): different from a value, where NULL is different from every value, or
            /// not NULL.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::NAME.ne_opt(Some("Ada"))).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn ne_opt<R: Operand<S, T>>(self, other: Option<R>) -> Condition<S> {
                match other {
                    Some(other) => self.is_distinct_from(other),
                    None => self.is_not_null(),
                }
            }
            /// This, or something else where it is NULL; it may still be, where the other may.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let names: Vec<String> =
            ///     User::find_all().select(User::NAME.unwrap_or("nobody")).order_by(User::ID).exec(&db).await?;
            /// assert_eq!(names, ["Ada", "Bob", "nobody"]);
            /// # Ok(()) });
            /// ```
            pub fn unwrap_or<R: Operand<S, T>>(self, other: R) -> Expr<S, R::Type> {
                function(Function::Coalesce, vec![self.into_node(), other.into_operand()])
            }
        }

        /// Text.
        impl<S, T: Type<Base = String>> $name<S, T> {
            /// Under a collation, which decides what is equal and in which order text comes. Its name is the database's:
            /// `NOCASE` on SQLite, `C` or `de-x-icu` on PostgreSQL, `utf8mb4_bin` on MySQL and MariaDB.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let found = User::find_all().filter(User::EMAIL.collate("NOCASE").eq("ADA@example.com")).exec(&db).await?;
            /// assert_eq!(found.len(), 1);
            /// # Ok(()) });
            /// ```
            pub fn collate(self, name: &'static str) -> Expr<S, T> {
                Expr::from_node(ast::Expr::Collate(Box::new(self.into_node()), name))
            }
            /// Matches a pattern with `%` (any text) and `_` (any character); a backslash escapes. Letter case is the
            /// database's business: SQLite ignores that of ASCII, MySQL goes by the collation. For plain text see
            /// [`contains`](Self::contains).
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.like("b_b@%")).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn like<R: Operand<S, String>>(self, pattern: R) -> Condition<S> {
                like(self.into_node(), pattern.into_operand(), LikeKind::Pattern, false, false)
            }
            /// Does not match a pattern.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.not_like("b_b@%")).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn not_like<R: Operand<S, String>>(self, pattern: R) -> Condition<S> {
                like(self.into_node(), pattern.into_operand(), LikeKind::Pattern, false, true)
            }
            /// Matches a pattern whatever the letter case; on SQLite, whatever that of ASCII letters.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.ilike("B_B@%")).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn ilike<R: Operand<S, String>>(self, pattern: R) -> Condition<S> {
                like(self.into_node(), pattern.into_operand(), LikeKind::Pattern, true, false)
            }
            /// Does not match a pattern whatever the letter case.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.not_ilike("B_B@%")).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn not_ilike<R: Operand<S, String>>(self, pattern: R) -> Condition<S> {
                like(self.into_node(), pattern.into_operand(), LikeKind::Pattern, true, true)
            }
            /// Starts with a text; `%` and `_` in it are plain characters. Letter case counts where it does
            /// for `eq`.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.starts_with("ada")).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn starts_with<R: Operand<S, String>>(self, text: R) -> Condition<S> {
                like(self.into_node(), text.into_operand(), LikeKind::StartsWith, false, false)
            }
            /// Ends with a text; `%` and `_` in it are plain characters. Letter case counts where it does
            /// for `eq`.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.ends_with("example.com")).exec(&db).await?, 3);
            /// # Ok(()) });
            /// ```
            pub fn ends_with<R: Operand<S, String>>(self, text: R) -> Condition<S> {
                like(self.into_node(), text.into_operand(), LikeKind::EndsWith, false, false)
            }
            /// Contains a text; `%` and `_` in it are plain characters. Letter case counts where it does
            /// for `eq`.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.contains("b@")).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn contains<R: Operand<S, String>>(self, text: R) -> Condition<S> {
                like(self.into_node(), text.into_operand(), LikeKind::Contains, false, false)
            }
            /// Does not start with a text.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.not_starts_with("ada")).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn not_starts_with<R: Operand<S, String>>(self, text: R) -> Condition<S> {
                like(self.into_node(), text.into_operand(), LikeKind::StartsWith, false, true)
            }
            /// Does not end with a text.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.not_ends_with("example.com")).exec(&db).await?, 0);
            /// # Ok(()) });
            /// ```
            pub fn not_ends_with<R: Operand<S, String>>(self, text: R) -> Condition<S> {
                like(self.into_node(), text.into_operand(), LikeKind::EndsWith, false, true)
            }
            /// Does not contain a text.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.not_contains("b@")).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn not_contains<R: Operand<S, String>>(self, text: R) -> Condition<S> {
                like(self.into_node(), text.into_operand(), LikeKind::Contains, false, true)
            }
            /// Starts with a text whatever the letter case, as [`ilike`](Self::ilike); `%` and `_` in it are plain
            /// characters.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.istarts_with("ADA")).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn istarts_with<R: Operand<S, String>>(self, text: R) -> Condition<S> {
                like(self.into_node(), text.into_operand(), LikeKind::StartsWith, true, false)
            }
            /// Ends with a text whatever the letter case, as [`ilike`](Self::ilike); `%` and `_` in it are plain
            /// characters.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.iends_with("EXAMPLE.com")).exec(&db).await?, 3);
            /// # Ok(()) });
            /// ```
            pub fn iends_with<R: Operand<S, String>>(self, text: R) -> Condition<S> {
                like(self.into_node(), text.into_operand(), LikeKind::EndsWith, true, false)
            }
            /// Contains a text whatever the letter case, as [`ilike`](Self::ilike); `%` and `_` in it are plain
            /// characters.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.icontains("B@")).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn icontains<R: Operand<S, String>>(self, text: R) -> Condition<S> {
                like(self.into_node(), text.into_operand(), LikeKind::Contains, true, false)
            }
            /// Does not start with a text whatever the letter case.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.not_istarts_with("ADA")).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn not_istarts_with<R: Operand<S, String>>(self, text: R) -> Condition<S> {
                like(self.into_node(), text.into_operand(), LikeKind::StartsWith, true, true)
            }
            /// Does not end with a text whatever the letter case.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.not_iends_with("EXAMPLE.com")).exec(&db).await?, 0);
            /// # Ok(()) });
            /// ```
            pub fn not_iends_with<R: Operand<S, String>>(self, text: R) -> Condition<S> {
                like(self.into_node(), text.into_operand(), LikeKind::EndsWith, true, true)
            }
            /// Does not contain a text whatever the letter case.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.not_icontains("B@")).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn not_icontains<R: Operand<S, String>>(self, text: R) -> Condition<S> {
                like(self.into_node(), text.into_operand(), LikeKind::Contains, true, true)
            }
            /// Matches a regular expression of the database's own syntax, minding letter case.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.regexp("^[ab]")).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn regexp<R: Operand<S, String>>(self, pattern: R) -> Condition<S> {
                regexp(self.into_node(), pattern.into_operand(), false, false)
            }
            /// Does not match a regular expression.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.not_regexp("^[ab]")).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn not_regexp<R: Operand<S, String>>(self, pattern: R) -> Condition<S> {
                regexp(self.into_node(), pattern.into_operand(), false, true)
            }
            /// Matches a regular expression whatever the letter case.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.iregexp("^[AB]")).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn iregexp<R: Operand<S, String>>(self, pattern: R) -> Condition<S> {
                regexp(self.into_node(), pattern.into_operand(), true, false)
            }
            /// Does not match a regular expression whatever the letter case.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::EMAIL.not_iregexp("^[AB]")).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn not_iregexp<R: Operand<S, String>>(self, pattern: R) -> Condition<S> {
                regexp(self.into_node(), pattern.into_operand(), true, true)
            }
            /// In lower case.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let name: Option<Option<String>> =
            ///     User::find_one().select(User::NAME.lower()).order_by(User::ID).exec(&db).await?;
            /// assert_eq!(name.flatten().as_deref(), Some("ada"));
            /// # Ok(()) });
            /// ```
            pub fn lower(self) -> Expr<S, T> {
                function(Function::Lower, vec![self.into_node()])
            }
            /// In upper case.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let emails: Vec<String> =
            ///     User::find_all().select(User::EMAIL.upper()).order_by(User::ID).limit(1).exec(&db).await?;
            /// assert_eq!(emails, ["ADA@EXAMPLE.COM"]);
            /// # Ok(()) });
            /// ```
            pub fn upper(self) -> Expr<S, T> {
                function(Function::Upper, vec![self.into_node()])
            }
            /// Without white space at both ends.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(Post::count().filter(Post::TITLE.trim().eq("Notes")).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn trim(self) -> Expr<S, T> {
                function(Function::Trim, vec![self.into_node()])
            }
            /// The number of characters.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let lengths: Vec<i64> = Post::find_all().select(Post::TITLE.length()).order_by(Post::ID).exec(&db).await?;
            /// assert_eq!(lengths, [5, 7, 5]);
            /// # Ok(()) });
            /// ```
            pub fn length(self) -> Expr<S, T::Like<i64>> {
                function(Function::Length, vec![self.into_node()])
            }
            /// A part: the first character is number 1. What starts before it is the database's business.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let starts: Vec<String> =
            ///     Post::find_all().select(Post::TITLE.substring(1, 2)).order_by(Post::ID).exec(&db).await?;
            /// assert_eq!(starts, ["No", "En", "He"]);
            /// # Ok(()) });
            /// ```
            pub fn substring<A: Operand<S, i32>, B: Operand<S, i32>>(self, start: A, length: B) -> Three<S, T, A::Type, B::Type> {
                function(Function::Substring, vec![self.into_node(), start.into_operand(), length.into_operand()])
            }
            /// With every occurrence of one text replaced by another.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let hosts: Vec<String> =
            ///     User::find_all().select(User::EMAIL.replace("example", "test")).limit(1).exec(&db).await?;
            /// assert!(hosts[0].ends_with("@test.com"));
            /// # Ok(()) });
            /// ```
            pub fn replace<A: Operand<S, String>, B: Operand<S, String>>(self, from: A, to: B) -> Three<S, T, A::Type, B::Type> {
                function(Function::Replace, vec![self.into_node(), from.into_operand(), to.into_operand()])
            }
            /// Followed by another text.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let titles: Vec<String> =
            ///     Post::find_all().select(Post::TITLE.concat("!")).order_by(Post::ID).limit(1).exec(&db).await?;
            /// assert_eq!(titles, ["Notes!"]);
            /// # Ok(()) });
            /// ```
            pub fn concat<R: Operand<S, String>>(self, other: R) -> Expr<S, T::And<R::Type>> {
                binary(BinaryOp::Concat, self.into_node(), other.into_operand())
            }
        }

        /// Numbers.
        impl<S, T: Type> $name<S, T>
        where
            T::Base: Numeric,
        {
            /// The sum; NULL of no rows.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(Post::aggregate(Post::VIEWS.sum()).exec(&db).await?, Some(25));
            /// # Ok(()) });
            /// ```
            pub fn sum(self) -> Expr<S, Option<<T::Base as Numeric>::Sum>> {
                match T::Base::TYPE {
                    // Summed in double precision, which some databases do not by themselves.
                    SqlType::F32 => aggregate("SUM", false, doubled(self.into_node())),
                    _ => aggregate("SUM", false, self.into_node()),
                }
            }
            /// The average; NULL of no rows.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(Post::aggregate(Post::VIEWS.avg()).filter(Post::PUBLISHED).exec(&db).await?, Some(12.5));
            /// # Ok(()) });
            /// ```
            pub fn avg(self) -> Expr<S, Option<<T::Base as Numeric>::Average>> {
                // Some databases give the average of integers with four digits.
                let (argument, decimal) = match T::Base::TYPE {
                    ty if ty.is_integer() => (doubled(self.into_node()), false),
                    ty => (self.into_node(), ty == SqlType::Decimal),
                };
                let average = Aggregate { decimal, ..Aggregate::of("AVG", Some(argument)) };
                Expr::from_node(ast::Expr::Aggregate(Box::new(average)))
            }
            /// Without its sign.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let away: Vec<i32> = User::find_all().select((User::VISITS - 2).abs()).order_by(User::ID).exec(&db).await?;
            /// assert_eq!(away, [1, 1, 2]);
            /// # Ok(()) });
            /// ```
            pub fn abs(self) -> Expr<S, T> {
                function(Function::Abs, vec![self.into_node()])
            }
            /// Rounded to a number of digits after the point. What is half way goes away from zero; floats on MySQL and
            /// MariaDB to the even neighbour.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let halves: Vec<f64> = User::find_all()
            ///     .select((User::VISITS.cast::<f64>() / 2.0).round(0))
            ///     .order_by(User::ID)
            ///     .exec(&db)
            ///     .await?;
            /// assert_eq!(halves, [2.0, 1.0, 0.0]);
            /// # Ok(()) });
            /// ```
            pub fn round(self, digits: u8) -> Expr<S, T> {
                let digits = ast::Expr::Value(i32::from(digits).encode());
                function(Function::Round, vec![self.into_node(), digits])
            }
            /// Rounded up to a whole number.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let halves: Vec<f64> =
            ///     User::find_all().select((User::VISITS.cast::<f64>() / 2.0).ceil()).order_by(User::ID).exec(&db).await?;
            /// assert_eq!(halves, [2.0, 1.0, 0.0]);
            /// # Ok(()) });
            /// ```
            pub fn ceil(self) -> Expr<S, T> {
                function(Function::Ceil, vec![self.into_node()])
            }
            /// Rounded down to a whole number.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// let halves: Vec<f64> = User::find_all()
            ///     .select((User::VISITS.cast::<f64>() / 2.0).floor())
            ///     .order_by(User::ID)
            ///     .exec(&db)
            ///     .await?;
            /// assert_eq!(halves, [1.0, 0.0, 0.0]);
            /// # Ok(()) });
            /// ```
            pub fn floor(self) -> Expr<S, T> {
                function(Function::Floor, vec![self.into_node()])
            }
        }

        /// Dates.
        impl<S, T: Type> $name<S, T>
        where
            T::Base: Dated,
        {
            /// The year.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::CREATED_AT.year().ge(2026)).exec(&db).await?, 3);
            /// # Ok(()) });
            /// ```
            pub fn year(self) -> Expr<S, T::Like<i32>> {
                function(Function::Year, vec![self.into_node()])
            }
            /// The month, from 1.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::CREATED_AT.month().between(1, 12)).exec(&db).await?, 3);
            /// # Ok(()) });
            /// ```
            pub fn month(self) -> Expr<S, T::Like<i32>> {
                function(Function::Month, vec![self.into_node()])
            }
            /// The day of the month, from 1.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(User::count().filter(User::CREATED_AT.day().between(1, 31)).exec(&db).await?, 3);
            /// # Ok(()) });
            /// ```
            pub fn day(self) -> Expr<S, T::Like<i32>> {
                function(Function::Day, vec![self.into_node()])
            }
        }

        /// JSON documents.
        impl<S, T: Type> $name<S, T>
        where
            T::Base: Document,
        {
            /// The value of a key, as text; NULL when there is none. Keys may hold any text.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// use orm::serde_json::{Value as Document, json};
            ///
            /// #[derive(Debug, Clone, Model)]
            /// struct Order {
            ///     #[orm(primary_key)]
            ///     id: i64,
            ///     data: Document,
            /// }
            ///
            /// db.create_tables::<Order>().await?;
            /// Order::create().data(json!({ "city": "Turin", "count": 3 })).exec(&db).await?;
            /// assert_eq!(Order::count().filter(Order::DATA.json_text("city").eq("Turin")).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn json_text<P: Into<JsonPath>>(self, path: P) -> Expr<S, Option<String>> {
                json(self.into_node(), path.into(), JsonForm::Text)
            }
            /// The value of a key as a type: a whole number as an integer that holds it, a number as a float or decimal,
            /// `true` and `false` as `bool`, a string as text, a label of an enum or, written as in `2026-02-28`, a
            /// date. NULL when there is no such value, on every database: nothing is rounded, and no text is taken for a
            /// number. With JSON as the type, the part of the document.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// use orm::serde_json::{Value as Document, json};
            ///
            /// #[derive(Debug, Clone, Model)]
            /// struct Order {
            ///     #[orm(primary_key)]
            ///     id: i64,
            ///     data: Document,
            /// }
            ///
            /// db.create_tables::<Order>().await?;
            /// Order::create().data(json!({ "city": "Turin", "count": 3 })).exec(&db).await?;
            /// assert_eq!(Order::count().filter(Order::DATA.json_value::<i64>("count").gt(2)).exec(&db).await?, 1);
            /// # Ok(()) });
            /// ```
            pub fn json_value<U: Scalar>(self, path: impl Into<JsonPath>) -> Expr<S, Option<U>> {
                let form = if U::TYPE == SqlType::Json { JsonForm::Document } else { JsonForm::Value(U::TYPE) };
                json(self.into_node(), path.into(), form)
            }
            /// A place inside of the document, to change: see [`JsonPlace`].
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// use orm::serde_json::{Value as Document, json};
            ///
            /// #[derive(Debug, Clone, Model)]
            /// struct Order {
            ///     #[orm(primary_key)]
            ///     id: i64,
            ///     data: Document,
            /// }
            ///
            /// db.create_tables::<Order>().await?;
            /// let mut order = Order::create().data(json!({ "city": "Turin" })).exec(&db).await?;
            /// order.update().data(Order::DATA.path("count").set(3)).exec(&db).await?;
            /// assert_eq!(order.data, json!({ "city": "Turin", "count": 3 }));
            /// # Ok(()) });
            /// ```
            pub fn path(self, path: impl Into<JsonPath>) -> JsonPlace<S, T> {
                JsonPlace::new(self.into_node(), path.into())
            }
        }

        /// Arrays, on databases that have them.
        impl<S, T: Type> $name<S, T>
        where
            T::Base: Listed,
        {
            /// Has every item of another array; their order and number do not count.
            pub fn contains_all<R: Operand<S, T::Base>>(self, items: R) -> Condition<S> {
                binary(BinaryOp::Contains, self.into_node(), items.into_operand())
            }
            /// Has items of another array only.
            pub fn is_contained_in<R: Operand<S, T::Base>>(self, items: R) -> Condition<S> {
                binary(BinaryOp::ContainedBy, self.into_node(), items.into_operand())
            }
            /// Has at least one item of another array.
            pub fn overlaps<R: Operand<S, T::Base>>(self, items: R) -> Condition<S> {
                binary(BinaryOp::Overlaps, self.into_node(), items.into_operand())
            }
            /// The array with the items of another one at its end, to assign. NULL is an empty array.
            pub fn append<R: Operand<S, T::Base>>(self, items: R) -> Expr<S, T> {
                function(Function::ArrayConcat, vec![self.into_node(), items.into_operand()])
            }
            /// As [`append`](Self::append), at the start.
            pub fn prepend<R: Operand<S, T::Base>>(self, items: R) -> Expr<S, T> {
                function(Function::ArrayConcat, vec![items.into_operand(), self.into_node()])
            }
            /// The array without the items that equal a value, to assign. NULL stays NULL.
            pub fn remove<V: Scalar>(self, item: V) -> Expr<S, T>
            where
                T::Base: Listed<Item = V>,
            {
                function(Function::ArrayRemove, vec![self.into_node(), ast::Expr::Value(item.into_value())])
            }
        }

        impl<S, T: Type<Base = bool>> $name<S, T> {
            /// The same as a condition, which does not hold where it is NULL.
            ///
            /// ```
            /// # use {orm::prelude::*, orm_guide::*};
            /// # run(async |db| {
            /// assert_eq!(Post::count().filter(Post::PUBLISHED.is_true()).exec(&db).await?, 2);
            /// # Ok(()) });
            /// ```
            pub fn is_true(self) -> Condition<S> {
                let node = self.into_node();
                let yes = || ast::Expr::Value(true.encode());
                if T::NULLABLE { binary(BinaryOp::Eq, node, yes()) } else { Expr::from_node(node) }
            }
        }

        impl<S> Not for $name<S, bool> {
            type Output = Condition<S>;
            fn not(self) -> Condition<S> {
                Expr::from_node(ast::Expr::Not(Box::new(self.into_node())))
            }
        }

        impl<S, C: IntoCondition<S>> BitAnd<C> for $name<S, bool> {
            type Output = Condition<S>;
            fn bitand(self, other: C) -> Condition<S> {
                Expr::from_node(self.into_node().and(other.into_condition()))
            }
        }

        impl<S, C: IntoCondition<S>> BitOr<C> for $name<S, bool> {
            type Output = Condition<S>;
            fn bitor(self, other: C) -> Condition<S> {
                Expr::from_node(self.into_node().or(other.into_condition()))
            }
        }

        impl<S, T: Type> Neg for $name<S, T>
        where
            T::Base: Numeric,
        {
            type Output = Expr<S, T>;
            fn neg(self) -> Expr<S, T> {
                Expr::from_node(ast::Expr::Negate(Box::new(self.into_node())))
            }
        }

        methods!($name: Add add Add, Sub sub Sub, Mul mul Mul);

        /// What is left of a division, with the sign of the left side.
        impl<S, T: Type, R: Operand<S, T::Base>> Rem<R> for $name<S, T>
        where
            T::Base: Numeric,
        {
            type Output = Expr<S, T::And<R::Type>>;
            fn rem(self, other: R) -> Self::Output {
                let (left, right) = (self.into_node(), other.into_operand());
                match T::Base::TYPE {
                    SqlType::F32 | SqlType::F64 => function(Function::FloatRemainder, vec![left, right]),
                    SqlType::Decimal => function(Function::Remainder, vec![left, right]),
                    _ => binary(BinaryOp::Rem, left, right),
                }
            }
        }

        /// Of integers, the whole part, on every database. Dividing by zero is an error on PostgreSQL, and elsewhere NULL,
        /// which is an error to read unless the expression is `.nullable()`.
        impl<S, T: Type, R: Operand<S, T::Base>> Div<R> for $name<S, T>
        where
            T::Base: Numeric,
        {
            type Output = Expr<S, T::And<R::Type>>;
            fn div(self, other: R) -> Self::Output {
                let (left, right) = (self.into_node(), other.into_operand());
                match T::Base::TYPE {
                    ty if ty.is_integer() => function(Function::IntegerDivide, vec![left, right]),
                    SqlType::Decimal => function(Function::Divide, vec![left, right]),
                    _ => binary(BinaryOp::Div, left, right),
                }
            }
        }
    };
    ($name:ident: $($trait:ident $method:ident $op:ident),+) => {$(
        impl<S, T: Type, R: Operand<S, T::Base>> $trait<R> for $name<S, T>
        where
            T::Base: Numeric,
        {
            type Output = Expr<S, T::And<R::Type>>;
            fn $method(self, other: R) -> Self::Output {
                binary(BinaryOp::$op, self.into_node(), other.into_operand())
            }
        }
    )+};
}

methods!(Column);
methods!(Expr);

/// Types of arrays.
#[diagnostic::on_unimplemented(message = "`{Self}` is not an array")]
pub trait Listed: Scalar {
    /// The type of the items.
    type Item: Scalar;
}
impl<T: Scalar> Listed for Vec<T>
where
    Vec<T>: Scalar,
{
    type Item = T;
}
impl<T: Scalar> Listed for Vec<Option<T>>
where
    Vec<Option<T>>: Scalar,
{
    type Item = T;
}

/// Types with a year, month and day.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a date")]
pub trait Dated: Scalar {}
impl Dated for chrono::NaiveDate {}
impl Dated for chrono::NaiveDateTime {}
impl Dated for chrono::DateTime<chrono::Utc> {}
impl Dated for chrono::DateTime<chrono::FixedOffset> {}
