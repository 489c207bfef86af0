//! [`Policy`]: which rows a viewer may see and change, and [`Rule`], its answers.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;

use crate::ast::{self, Purpose};
use crate::dialect::{Policies as _, render_condition};
use crate::driver::Session;
use crate::error::Result;
use crate::expr::{Column, Condition, Expr, IntoCondition};
use crate::model::{Access, ColumnDef, Model, Ruling};
use crate::run::key_of;
use crate::write::may;

/// What viewers of a type may do with the rows of a model, which names the type: `#[orm(policy = Viewer)]`. Statements about the
/// model run on a handle with a viewer, `db.as_viewer(viewer)`, and see and change the rows that its rules allow.
///
/// ```
/// # use {orm::{Policy, Rule, prelude::*}, orm_guide::run};
/// #[derive(Debug, Clone, Model)]
/// #[orm(policy = Viewer)]
/// struct Doc {
///     #[orm(primary_key)]
///     id: i64,
///     tenant: i64,
///     title: String,
/// }
///
/// struct Viewer {
///     tenant: i64,
/// }
///
/// impl Policy<Doc> for Viewer {
///     fn read(&self) -> Rule<Doc> {
///         Doc::TENANT.eq(self.tenant).into()
///     }
///     fn create(&self) -> Rule<Doc> {
///         self.read()
///     }
/// }
///
/// # run(async |db| {
/// # db.create_tables::<Doc>().await?;
/// let ours = db.as_viewer(Viewer { tenant: 1 });
/// Doc::create().tenant(1).title("Plan").exec(&ours).await?;
/// let error = Doc::create().tenant(2).title("Theirs").exec(&ours).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Permission);
///
/// let theirs = db.as_viewer(Viewer { tenant: 2 });
/// assert_eq!(Doc::count().exec(&theirs).await?, 0);
/// # Ok(()) });
/// ```
///
/// What a rule is not written for is denied, but for the two about fields, which allow everything, and
/// [`post_update`](Self::post_update). A rule is asked each time that a statement is run, so it may depend on the time.
#[diagnostic::on_unimplemented(
    message = "there is no policy of `{M}` for viewers of type `{Self}`",
    label = "no rules for this type",
    note = "write `impl Policy<{M}> for {Self} {{ .. }}`"
)]
pub trait Policy<M: Model>: Send + Sync + 'static {
    /// Which rows the viewer sees, wherever the table is read: by finders, counts, joins, includes, conditions about related rows,
    /// sub-queries. Rows that are not seen can be neither changed nor removed.
    fn read(&self) -> Rule<M> {
        Rule::Deny
    }

    /// Which rows the viewer may create, by their values once they are there.
    fn create(&self) -> Rule<M> {
        Rule::Deny
    }

    /// Which rows the viewer may change, by the values that they have before.
    fn update(&self) -> Rule<M> {
        Rule::Deny
    }

    /// What rows may be like after a change of the viewer's. Unless it is written, the rule is that of [`update`](Self::update):
    /// nobody moves a row to where they could not change it.
    fn post_update(&self) -> Rule<M> {
        Rule::AsUpdate
    }

    /// Which rows the viewer may remove.
    fn delete(&self) -> Rule<M> {
        Rule::Deny
    }

    /// In which rows the viewer sees the value of a column. Elsewhere it is NULL to them: when it is read, and when rows are filtered,
    /// ordered, grouped and counted by it. So the field is an `Option`.
    fn read_field(&self, field: Field<M>) -> Rule<M> {
        let _ = field;
        Rule::Allow
    }

    /// In which rows the viewer may change the value of a column. A statement that would change it in another row is refused.
    fn update_field(&self, field: Field<M>) -> Rule<M> {
        let _ = field;
        Rule::Allow
    }
}

/// An answer of a [`Policy`]. A condition becomes a rule by `into()`, and so does a `bool`. Where a condition is unknown, because
/// something in it is NULL, it does not hold.
#[must_use]
pub enum Rule<M> {
    /// All rows.
    Allow,
    /// No row.
    Deny,
    /// The rows that meet a condition.
    When(Condition<M>),
    /// What [`update`](Policy::update) says; an answer of [`post_update`](Policy::post_update) only.
    AsUpdate,
}

impl<M: Model> Rule<M> {
    /// What this rule allows, and what the other does.
    pub fn or(self, other: impl Into<Rule<M>>) -> Self {
        match (self, other.into()) {
            (Self::Allow, _) | (_, Self::Allow) => Self::Allow,
            (Self::When(one), Self::When(other)) => Self::When(one.or(other)),
            (Self::When(one), _) | (_, Self::When(one)) => Self::When(one),
            _ => Self::Deny,
        }
    }

    /// What both rules allow.
    pub fn and(self, other: impl Into<Rule<M>>) -> Self {
        match (self, other.into()) {
            (Self::When(one), Self::When(other)) => Self::When(one.and(other)),
            (Self::When(one), Self::Allow) | (Self::Allow, Self::When(one)) => Self::When(one),
            (Self::Allow, Self::Allow) => Self::Allow,
            _ => Self::Deny,
        }
    }

    /// What this rule allows, without the rows that meet a condition, or of which it is unknown whether they do.
    ///
    /// ```
    /// # use {orm::{Rule, prelude::*}, orm_guide::*};
    /// let rule: Rule<Post> = Rule::Allow.unless(Post::VIEWS.gt(100));
    /// assert!(matches!(rule, Rule::When(_)));
    /// ```
    pub fn unless(self, denied: impl IntoCondition<M>) -> Self {
        self.and(Condition::from_node(ast::Expr::Not(Box::new(denied.into_condition()))))
    }
}

impl<M> From<Condition<M>> for Rule<M> {
    fn from(condition: Condition<M>) -> Self {
        Self::When(condition)
    }
}

impl<M> From<Column<M, bool>> for Rule<M> {
    fn from(column: Column<M, bool>) -> Self {
        Self::When(Expr::from_node(column.def().into()))
    }
}

impl<M> From<bool> for Rule<M> {
    fn from(all: bool) -> Self {
        if all { Self::Allow } else { Self::Deny }
    }
}

impl<M> fmt::Debug for Rule<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
            Self::When(_) => "When(..)",
            Self::AsUpdate => "AsUpdate",
        })
    }
}

impl<M> From<Rule<M>> for Ruling {
    fn from(rule: Rule<M>) -> Self {
        match rule {
            Rule::Allow => Self::Allow,
            Rule::Deny => Self::Deny,
            Rule::When(condition) => Self::When(condition.into_node()),
            Rule::AsUpdate => Self::AsUpdate,
        }
    }
}

/// A column that a [`Policy`] is asked about: `field.is(Doc::SALARY)`.
pub struct Field<M> {
    column: &'static ColumnDef,
    _model: PhantomData<fn() -> M>,
}

impl<M> Clone for Field<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Field<M> {}

impl<M> fmt::Debug for Field<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Field").field(&self.column.field).finish()
    }
}

impl<M> Field<M> {
    /// Whether it is this column.
    pub fn is<T, K>(&self, column: Column<M, T, K>) -> bool {
        self.column == column.def()
    }

    /// The name of the struct's field.
    pub fn field(&self) -> &'static str {
        self.column.field
    }
}

/// Asks the policy of a model, where the viewer is of this type; called by the derive.
#[doc(hidden)]
pub fn judge<M: Model, V: Policy<M>>(viewer: &(dyn Any + Send + Sync), access: Access) -> Option<Ruling> {
    let viewer: &V = viewer.downcast_ref()?;
    let field = |column| Field { column, _model: PhantomData };
    Some(Ruling::from(match access {
        Access::Read => viewer.read(),
        Access::Create => viewer.create(),
        Access::Update => viewer.update(),
        Access::PostUpdate => viewer.post_update(),
        Access::Delete => viewer.delete(),
        Access::ReadField(column) => viewer.read_field(field(column)),
        Access::UpdateField(column) => viewer.update_field(field(column)),
    }))
}

/// What a viewer may be asked about before it is done, see `As::can`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// See the row.
    Read,
    /// Change the row, as it is now.
    Update,
    /// Remove the row.
    Delete,
}

/// Whether the viewer of a session may do something to a row, as the database has it.
#[doc(hidden)]
pub async fn can<M: Model>(session: &dyn Session, action: Action, row: &M) -> Result<bool> {
    let purpose = match action {
        Action::Read => Purpose::Read,
        Action::Update => Purpose::Update(0),
        Action::Delete => Purpose::Delete,
    };
    may(session, M::DEF, &key_of(row)?, purpose).await
}

/// The rules that statements of a session about a model are subject to, each as SQL without values.
#[doc(hidden)]
pub fn explain<M: Model>(session: &dyn Session) -> Result<Vec<(String, String)>> {
    let (context, dialect) = (session.context(), &**session.dialect());
    let rows = [
        ("read", Access::Read),
        ("create", Access::Create),
        ("update", Access::Update),
        ("post_update", Access::PostUpdate),
        ("delete", Access::Delete),
    ];
    let rows = rows.map(|(name, access)| (name.to_owned(), access));
    let fields = M::DEF.columns.iter().flat_map(|column| {
        let named = |verb: &str| format!("{verb}_field({})", column.field);
        [(named("read"), Access::ReadField(column)), (named("update"), Access::UpdateField(column))]
    });
    let mut said = Vec::new();
    for (name, access) in rows.into_iter().chain(fields) {
        let is_field = matches!(access, Access::ReadField(_) | Access::UpdateField(_));
        let rule = match context.rule(M::DEF, access)? {
            Ruling::Allow if is_field => continue,
            Ruling::Allow => "all rows".to_owned(),
            Ruling::Deny => "no row".to_owned(),
            Ruling::AsUpdate => "as update".to_owned(),
            Ruling::When(condition) => render_condition(M::DEF, &condition, dialect)?.sql,
        };
        said.push((name, rule));
    }
    Ok(said)
}
