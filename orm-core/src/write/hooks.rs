//! The table of a model's hooks: functions that run before and after its rows are written, in the statement's transaction.
//! Running them is in `hooked`.

use std::any::Any;
use std::pin::Pin;

use crate::driver::{Session, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, Model, ModelDef, RelationDef, RowDraft, Violations, read_model};
use crate::row::Columns;
use crate::run::ValueRow;
use crate::value::Value;

/// A hook that runs.
pub type Hooked<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// A hook of a row on its way in.
pub type Before = for<'a> fn(&'a mut RowDraft, &'a Tx<'a>) -> Hooked<'a>;

/// A rule that may ask the database.
pub type Ask = for<'a> fn(&'a mut RowDraft, &'a mut Violations, &'a Tx<'a>) -> Hooked<'a>;

/// A hook of a row as the database has it.
pub type After = for<'a> fn(&'a (dyn Any + Send + Sync), &'a Tx<'a>) -> Hooked<'a>;

/// What runs after the commit.
pub type Committed = fn(Box<dyn Any + Send + Sync>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// The hooks of a model; written by the derive.
#[derive(Debug)]
pub struct Hooks {
    /// Makes the model of a row's values.
    pub make: fn(&[Value]) -> Result<Box<dyn Any + Send + Sync>>,
    /// Before the rules are asked.
    pub before_validate: &'static [Before],
    /// Rules that may ask the database.
    pub asks: &'static [Ask],
    /// Once the rules hold.
    pub after_validate: &'static [Before],
    /// Before a row is inserted.
    pub before_create: &'static [Before],
    /// Before a row is changed.
    pub before_update: &'static [Before],
    /// Before a row is inserted or changed.
    pub before_save: &'static [Before],
    /// After a row was inserted.
    pub after_create: &'static [After],
    /// After a row was changed.
    pub after_update: &'static [After],
    /// After a row was inserted or changed.
    pub after_save: &'static [After],
    /// Before a row is removed.
    pub before_destroy: &'static [After],
    /// After a row was removed.
    pub after_destroy: &'static [After],
    /// Before a removed row is restored.
    pub before_restore: &'static [After],
    /// After a removed row was restored.
    pub after_restore: &'static [After],
    /// After what was done with a row is committed.
    pub after_commit: &'static [Committed],
    /// What is kept with each change.
    pub trail: Option<&'static Trail>,
    /// The same without the functions, where there are some: what is kept with each change does not depend on whether hooks run.
    pub bare: Option<&'static Hooks>,
}

impl Hooks {
    /// Whether there are no functions.
    pub(super) fn is_bare(&self) -> bool {
        self.trail.is_some() && self.bare.is_none()
    }

    /// None; the derive changes what differs with the struct's update syntax.
    pub const fn of<M: Model>() -> Self {
        Self {
            make: make::<M>,
            before_validate: &[],
            asks: &[],
            after_validate: &[],
            before_create: &[],
            before_update: &[],
            before_save: &[],
            after_create: &[],
            after_update: &[],
            after_save: &[],
            before_destroy: &[],
            after_destroy: &[],
            before_restore: &[],
            after_restore: &[],
            after_commit: &[],
            trail: None,
            bare: None,
        }
    }

    /// Whether somebody looks at a row after this was done with it.
    pub(super) fn looks_after(&self, event: Event) -> bool {
        let saved = event.saves() && !self.after_save.is_empty();
        saved || !self.after(event).is_empty() || !self.after_commit.is_empty()
    }

    pub(super) fn after(&self, event: Event) -> &'static [After] {
        match event {
            Event::Create => self.after_create,
            Event::Update => self.after_update,
            Event::Destroy => self.after_destroy,
            Event::Restore => self.after_restore,
        }
    }
}

fn make<M: Model>(values: &[Value]) -> Result<Box<dyn Any + Send + Sync>> {
    Ok(Box::new(read_model::<M>(&mut Columns::new(&ValueRow(values)))?))
}

/// What is done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Create,
    Update,
    Destroy,
    Restore,
}

impl Event {
    pub(super) fn saves(self) -> bool {
        matches!(self, Self::Create | Self::Update)
    }
}

/// What is kept with each change of a model's rows; written by the derive.
#[derive(Debug)]
pub struct Trail {
    /// The history.
    pub audit: Option<Audit>,
    /// The numbers of rows.
    pub counters: &'static [Counter],
}

/// The history of a model's rows.
#[derive(Debug)]
pub struct Audit {
    /// The model of its entries.
    pub history: fn() -> &'static ModelDef,
    /// The positions of columns whose values are not for the history.
    pub hidden: &'static [usize],
}

/// A column of the parent that has the number of its rows.
#[derive(Debug)]
pub struct Counter {
    /// The position of the relation to the parent.
    pub relation: usize,
    /// The parent's column.
    pub column: fn() -> &'static ColumnDef,
}

impl Counter {
    /// The relation, and the parent's column.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`] for a column that is not marked as one that counts.
    pub(crate) fn resolved(&self, def: &'static ModelDef) -> Result<(&'static RelationDef, &'static ColumnDef)> {
        let (relation, column) = (&def.relations[self.relation], (self.column)());
        if column.counter {
            return Ok((relation, column));
        }
        let message = "the column has a number of rows, so `save` must leave it out: mark it `#[orm(counter)]`";
        Err(Error::new(ErrorKind::InvalidStatement, message)
            .with_model(relation.target().name)
            .with_columns([column.name]))
    }
}

/// Who changes rows: a fact of a handle, which the history of audited models keeps: `db.with(Actor::new("user 7"))`.
///
/// ```
/// use orm::Actor;
///
/// assert_eq!(Actor::new("user 7").name(), "user 7");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor(std::borrow::Cow<'static, str>);

impl Actor {
    /// Somebody by a name of the program's choice.
    pub fn new(name: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// The row of a hook as the model's type.
///
/// # Errors
/// None that a program can cause: the derive names the model's own type.
pub fn row_of<M: Model>(row: &(dyn Any + Send + Sync)) -> Result<&M> {
    row.downcast_ref().ok_or_else(|| Error::new(ErrorKind::Decode, "internal error: the row of another model"))
}

/// As [`row_of`], of a row that is given away.
pub fn owned<M: Model>(row: Box<dyn Any + Send + Sync>) -> Option<M> {
    row.downcast().ok().map(|row| *row)
}

/// The hooks that a write runs.
pub(crate) fn of(session: &dyn Session, def: &'static ModelDef) -> Option<&'static Hooks> {
    let hooks = def.life?.hooks?;
    if session.context().runs_hooks() { hooks.downcast_ref() } else { trail(def) }
}

/// What writes do that run no hooks, and are not the plain statements all the same.
pub(crate) fn trail(def: &'static ModelDef) -> Option<&'static Hooks> {
    let hooks: &'static Hooks = def.life?.hooks?.downcast_ref()?;
    hooks.bare.or_else(|| hooks.trail.is_some().then_some(hooks))
}

/// Whether something is kept with each change of a model's rows.
pub(crate) fn keeps_trail(def: &'static ModelDef) -> bool {
    trail(def).is_some()
}

/// The numbers of rows that a model's parents keep.
pub(crate) fn counters(def: &'static ModelDef) -> &'static [Counter] {
    trail(def).and_then(|hooks| hooks.trail).map_or(&[], |trail| trail.counters)
}
