//! Raw SQL: the way past typed statements. The text goes to the database as it is, with the dialect's own placeholders
//! (`?`, `$1`), or with `{}` in their place ([`sql`]); values are always bound.

mod control;

use std::borrow::Cow;

use orm_core::dialect::{Dialect, SqlWriter};
use orm_core::driver::{Done, Effects, Query, Session, StatementKind, classify};
use orm_core::row::{CollectRaw, Decode, Discard};
use orm_core::{Bind, Error, ErrorKind, Result, Value};

use crate::journal::{ReadFrom, Reads};

pub(crate) async fn execute(session: &dyn Session, text: impl SqlText, values: Vec<Value>) -> Result<Done> {
    let (sql, values) = text.render(values, &**session.dialect())?;
    let effects = control::check_statement(&sql, session)?;
    session.fetch(Query::new(&sql, &values).effects(effects), &mut Discard).await
}

pub(crate) async fn query<T: Decode>(session: &dyn Session, text: impl SqlText, values: Vec<Value>) -> Result<Vec<T>> {
    let (sql, values) = text.render(values, &**session.dialect())?;
    let effects = control::check_statement(&sql, session)?;
    let replica = if goes_to_replicas(&sql, effects, session) { session.reading() } else { None };
    let mut rows = Vec::new();
    let query = Query::new(&sql, &values).effects(effects);
    let mut sink = CollectRaw::new(&mut rows).opening(session.context().seal().cloned());
    replica.as_deref().unwrap_or(session).fetch(query, &mut sink).await?;
    Ok(rows)
}

/// Whether the handle sends raw SQL to replicas, and the SQL's keywords only read.
fn goes_to_replicas(sql: &str, effects: Effects, session: &dyn Session) -> bool {
    session.context().get::<Reads>().is_some_and(|reads| reads.from == ReadFrom::RawToo)
        && effects == Effects::NONE
        && classify(sql, session.dialect().lexical()).all(|statement| statement.kind == StatementKind::Read)
}

pub(crate) async fn batch(session: &dyn Session, sql: &str) -> Result<()> {
    let effects = control::check_script(sql, session)?;
    session.batch(Query::text(sql).effects(effects)).await
}

/// The text of a statement: a string in the database's own words, or [`sql`] with `{}` for placeholders.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the text of a statement",
    label = "expected `&str`, `String` or `orm::sql(..)`"
)]
pub trait SqlText: Send + Sync {
    /// The text for a dialect, and the values in the order of its placeholders.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`] when there are not as many values as placeholders; values that the database cannot
    /// take.
    fn render(&self, values: Vec<Value>, dialect: &dyn Dialect) -> Result<(Cow<'_, str>, Vec<Value>)>;
}

impl<T: AsRef<str> + Sync + ?Sized> SqlText for &T {
    fn render(&self, values: Vec<Value>, _dialect: &dyn Dialect) -> Result<(Cow<'_, str>, Vec<Value>)> {
        Ok((Cow::Borrowed(self.as_ref()), values))
    }
}

impl SqlText for String {
    fn render(&self, values: Vec<Value>, _dialect: &dyn Dialect) -> Result<(Cow<'_, str>, Vec<Value>)> {
        Ok((Cow::Borrowed(self), values))
    }
}

/// The text of a statement with `{}` for each value, whatever the database calls its placeholders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sql(&'static str);

/// The text of a statement with `{}` for each value, which is the same on every database; `{{}}` stands for a `{}` of the
/// text itself.
///
/// ```
/// # async fn example(db: orm::Database) -> orm::Result<()> {
/// let ids: Vec<i64> = db.query(orm::sql("SELECT id FROM users WHERE age > {} AND name <> {}"), (17, "Bob")).await?;
/// # let _ = ids; Ok(())
/// # }
/// ```
pub const fn sql(text: &'static str) -> Sql {
    Sql(text)
}

impl SqlText for Sql {
    fn render(&self, values: Vec<Value>, dialect: &dyn Dialect) -> Result<(Cow<'_, str>, Vec<Value>)> {
        let mut w = SqlWriter::new(dialect);
        let (mut rest, mut values) = (self.0, values.into_iter());
        while let Some(at) = rest.find("{}") {
            if rest[..at].ends_with('{') && rest[at + 2..].starts_with('}') {
                w.push_sql(&rest[..at - 1]);
                w.push_sql("{}");
                rest = &rest[at + 3..];
                continue;
            }
            w.push_sql(&rest[..at]);
            w.push_bind(values.next().ok_or_else(|| self.miscounted())?)?;
            rest = &rest[at + 2..];
        }
        w.push_sql(rest);
        if values.next().is_some() {
            return Err(self.miscounted());
        }
        let rendered = w.finish();
        Ok((Cow::Owned(rendered.sql), rendered.binds))
    }
}

impl Sql {
    #[cold]
    fn miscounted(self) -> Error {
        Error::new(ErrorKind::InvalidStatement, format!("raw SQL needs one value for each `{{}}`: {}", self.0))
    }
}

/// Values for the placeholders of raw SQL, in their order: `()`, a tuple of [`Bind`], a list of [`Value`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of values",
    label = "expected `()`, a tuple or a list of `Value`",
    note = "one value is written `(value,)`"
)]
pub trait Values {
    /// The values.
    fn into_values(self) -> Vec<Value>;
}

impl Values for () {
    fn into_values(self) -> Vec<Value> {
        Vec::new()
    }
}

impl Values for Vec<Value> {
    fn into_values(self) -> Vec<Value> {
        self
    }
}

impl Values for &[Value] {
    fn into_values(self) -> Vec<Value> {
        self.to_vec()
    }
}

impl<const N: usize> Values for [Value; N] {
    fn into_values(self) -> Vec<Value> {
        self.into()
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))+) => {$(
        impl<$($name: Bind),+> Values for ($($name,)+) {
            fn into_values(self) -> Vec<Value> {
                #[allow(non_snake_case)]
                let ($($name,)+) = self;
                vec![$($name.into_bind()),+]
            }
        }
    )+};
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
    (A B C D E F G H I) (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L)
}
