//! [`Plan`]: what leads from the tables that a database has to those that models declare, as files of SQL.
//!
//! The database is read, and so are the models' tables, from a scratch place in which they are created: then both are in the
//! database's own words. Each difference puts the models' side into a copy of what was read; the operations between the two
//! are the migration, and those of the way back its undoing. What a model cannot say is in neither.

mod notes;
mod online;
mod rename;
mod scratch;
mod steps;
mod target;
mod undo;

use orm_core::dialect::compare::{Expressions, differences};
use orm_core::dialect::{Dialect, ddl};
use orm_core::driver::Executor;
use orm_core::model::ModelDef;
use orm_core::query::introspect_like;
use orm_core::schema::{Change, Column, Difference, Operation, QualifiedName, Schema, from_models};
use orm_core::{Error, ErrorKind, Result};

pub use notes::{Note, Rule};
pub use rename::Rename;

/// The value of a column in rows that are there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The value, as SQL; it may name other columns of the row.
    pub value: String,
}

impl Fill {
    /// From `table.column=SQL`.
    ///
    /// ```
    /// use orm_migrate::Fill;
    ///
    /// let fill = Fill::parse("posts.slug=lower(title)")?;
    /// assert_eq!(fill.value, "lower(title)");
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for another form.
    pub fn parse(text: &str) -> Result<Self> {
        let parts =
            text.split_once('=').and_then(|(column, value)| Some((column.trim().split_once('.')?, value.trim())));
        match parts {
            Some(((table, column), value)) if !table.is_empty() && !column.is_empty() && !value.is_empty() => {
                Ok(Self { table: table.to_owned(), column: column.to_owned(), value: value.to_owned() })
            }
            _ => Err(Error::new(ErrorKind::Config, format!("`{text}` is not `table.column=SQL`"))),
        }
    }
}

/// What the models alone do not say.
///
/// ```
/// use orm_migrate::{PlanOptions, Rename};
///
/// let options = PlanOptions::new().rename(Rename::parse("posts.title=headline")?).drop_table("drafts");
/// # let _ = options;
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    renames: Vec<Rename>,
    drop_tables: Vec<QualifiedName>,
    fills: Vec<Fill>,
    online: bool,
}

impl PlanOptions {
    /// Nothing is renamed, no table is dropped.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A table or column of the database has another name in the models.
    #[must_use]
    pub fn rename(mut self, rename: Rename) -> Self {
        self.renames.push(rename);
        self
    }

    /// A table that no model has any more is dropped. Others that no model has stay.
    #[must_use]
    pub fn drop_table(mut self, table: impl Into<QualifiedName>) -> Self {
        self.drop_tables.push(table.into());
        self
    }

    /// Tables that are there are changed so that the programs that use them go on. On PostgreSQL, constraints and NOT NULL are
    /// added without a look at the rows and validated in a file of their own, and indexes are made `CONCURRENTLY`, each in a
    /// file of its own. On MySQL and MariaDB, columns and indexes are added with `ALGORITHM=INPLACE, LOCK=NONE`, which fails
    /// where the server would keep writers out.
    #[must_use]
    pub fn online(mut self, online: bool) -> Self {
        self.online = online;
        self
    }

    /// The value of a column that becomes NOT NULL, in rows that have none.
    #[must_use]
    pub fn fill(mut self, fill: Fill) -> Self {
        self.fills.push(fill);
        self
    }
}

/// A column or table that goes while one like it comes: nobody but you knows whether it is the same under a new name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Question {
    /// What the answer "yes" is for [`PlanOptions::rename`].
    pub rename: Rename,
    /// The question, as a sentence.
    pub text: String,
}

/// One file of a plan: statements that are run together, and those that undo them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PlannedFile {
    /// What sets the name apart from those of the other files of the plan; empty for the main one.
    pub suffix: String,
    /// What is done.
    pub operations: Vec<Operation>,
    /// `up.sql`.
    pub up: String,
    /// `down.sql`.
    pub down: String,
}

/// What leads from the tables of a database to those of models.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// In what the database differs from the models, after the renames.
    pub differences: Vec<Difference>,
    /// The files, in the order in which they are run; none where nothing differs.
    pub files: Vec<PlannedFile>,
    /// What may lose data, fail or hold up others.
    pub notes: Vec<Note>,
    /// What could be a rename. The plan drops and adds instead.
    pub questions: Vec<Question>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// Plans what leads from the tables of a database to those of models. Changes nothing: the scratch place is removed again.
///
/// On PostgreSQL the scratch place is a schema that is rolled back, on MySQL and MariaDB a database, on SQLite one in memory.
/// Where the user may not create it, expressions are not compared, and a note says so.
///
/// # Errors
/// [`ErrorKind::Migration`] for renames and tables to drop that are not there; [`ErrorKind::SchemaDiffers`] for a model whose
/// table is a view; [`ErrorKind::Unsupported`] inside a transaction, and for what the database cannot have; else the
/// database's.
pub async fn plan(db: &(impl Executor + ?Sized), models: &[&'static ModelDef], options: &PlanOptions) -> Result<Plan> {
    let renames = models.iter().flat_map(|model| declared_renames(model)).collect();
    planned(db, &from_models(models)?, options, renames).await
}

/// As [`plan`], for tables that are declared by other means than models.
///
/// # Errors
/// As [`plan`].
pub async fn plan_schema(db: &(impl Executor + ?Sized), declared: &Schema, options: &PlanOptions) -> Result<Plan> {
    planned(db, declared, options, Vec::new()).await
}

/// The renames that a model names; those that were done already are passed over.
fn declared_renames(model: &'static ModelDef) -> Vec<Rename> {
    let table = QualifiedName::from(model.table);
    let mut renames = Vec::new();
    if !model.renamed_from.is_empty() {
        let from = QualifiedName { schema: table.schema.clone(), name: model.renamed_from.to_owned() };
        renames.push(Rename::Table { from, to: table.name.clone() });
    }
    for column in model.columns.iter().filter(|column| !column.renamed_from.is_empty()) {
        let (from, to) = (column.renamed_from.to_owned(), column.name.to_owned());
        renames.push(Rename::Column { table: table.clone(), from, to });
    }
    renames
}

async fn planned(
    db: &(impl Executor + ?Sized),
    declared: &Schema,
    options: &PlanOptions,
    renames: Vec<Rename>,
) -> Result<Plan> {
    let session = db.session();
    let dialect = session.dialect().clone();
    if session.in_transaction() {
        return Err(Error::unsupported(dialect.name(), "planning a migration inside of a transaction"));
    }
    let live = introspect_like(session, declared).await?;
    let mut options = options.clone();
    options.renames.extend(rename::still_to_do(renames, &live, &options.renames));
    let options = &options;
    let (read, expressions) = match scratch::read_back(session, declared).await {
        Ok(read) => (read, Expressions::Compared),
        Err(error) if error.kind() == ErrorKind::Permission => (declared.clone(), Expressions::Ignored),
        Err(error) => return Err(error),
    };
    let mut plan = from_schemas(&live, declared, &read, expressions, options, &*dialect)?;
    if expressions == Expressions::Ignored {
        plan.notes.push(Note::new(
            Rule::NoScratch,
            "",
            "the user may not create a scratch place, so that expressions (checks, computed columns, defaults) were not \
             compared",
        ));
    }
    Ok(plan)
}

/// The plan from what was read.
fn from_schemas(
    live: &Schema,
    declared: &Schema,
    read: &Schema,
    expressions: Expressions,
    options: &PlanOptions,
    dialect: &dyn Dialect,
) -> Result<Plan> {
    let mut renamed = live.clone();
    let renames = rename::apply(&mut renamed, &options.renames, dialect)?;
    let differences = differences(read, &renamed, expressions, dialect)?;
    let mut target = target::target(&renamed, declared, &differences, dialect)?;
    for name in &options.drop_tables {
        if declared.tables.iter().any(|table| table.name == *name) {
            return Err(refused(format!("`{name}` cannot be dropped: a model has it as its table")));
        }
        if !target.tables.iter().any(|table| table.name == *name) {
            return Err(refused(format!("`{name}` cannot be dropped: there is no such table")));
        }
        target.tables.retain(|table| table.name != *name);
    }
    let questions = questions(&differences, declared, &renamed);
    // Labels that are added to an enum type can only be used after their transaction.
    let mut labelled = renamed.clone();
    if dialect.capabilities().enum_types {
        for ty in &mut labelled.enums {
            let new = target.enums.iter().find(|other| other.name == ty.name);
            if let Some(new) = new.filter(|new| only_adds(&ty.labels, &new.labels)) {
                ty.labels.clone_from(&new.labels);
            }
        }
    }
    let back = rename::apply(&mut renamed.clone(), &rename::reversed(&options.renames), dialect)?;
    let mut files = Vec::new();
    let mut notes = Vec::new();
    let labels = steps::between(&renamed, &labelled, &[], dialect)?;
    if !labels.is_empty() {
        let down = steps::between(&labelled, &renamed, &[], dialect)?;
        files.push(file("_labels", labels, &down, dialect)?);
    }
    let mut up = renames;
    up.append(&mut steps::between(&labelled, &target, &options.fills, dialect)?);
    if !up.is_empty() {
        notes = notes::notes(&up, live, dialect);
        let assertions = notes::assertions(&up, live, dialect)?;
        let lines: String = assertions.iter().map(|sql| format!("-- orm:assert {sql}\n")).collect();
        if let Some(at) = up.iter().position(|operation| matches!(operation, Operation::SuspendForeignKeys)) {
            let suspend = up.remove(at);
            up.insert(0, suspend);
        }
        let (main, rest) =
            if options.online { online::divide(up, &mut target, &labelled, dialect)? } else { plain(up, dialect)? };
        let mut down = steps::between(&target, &labelled, &undo::fills(&target, &labelled, dialect)?, dialect)?;
        // Foreign keys are suspended first and resumed last, whatever else there is.
        let resumes = matches!(down.last(), Some(Operation::ResumeForeignKeys));
        let last = if resumes { down.pop() } else { None };
        down.extend(back);
        down.extend(last);
        if !main.operations.is_empty() {
            let (up, down) = (lines + &main.up, script(&down, dialect)?);
            files.push(PlannedFile { up, down, ..main });
        }
        files.extend(rest);
    }
    Ok(Plan { differences, files, notes, questions })
}

/// Everything in one file, whose way back is still to come.
fn plain(operations: Vec<Operation>, dialect: &dyn Dialect) -> Result<(PlannedFile, Vec<PlannedFile>)> {
    let up = script(&operations, dialect)?;
    Ok((PlannedFile { suffix: String::new(), operations, up, down: String::new() }, Vec::new()))
}

/// Whether all labels stay, in their order.
fn only_adds(old: &[String], new: &[String]) -> bool {
    let mut kept = new.iter().filter(|label| old.contains(label));
    old.iter().all(|label| kept.next() == Some(label)) && old.len() < new.len()
}

fn file(suffix: &str, operations: Vec<Operation>, down: &[Operation], dialect: &dyn Dialect) -> Result<PlannedFile> {
    let up = script(&operations, dialect)?;
    let down = script(down, dialect)?;
    Ok(PlannedFile { suffix: suffix.to_owned(), operations, up, down })
}

fn script(operations: &[Operation], dialect: &dyn Dialect) -> Result<String> {
    Ok(joined(&ddl::render_all(operations, dialect)?))
}

fn joined(statements: &[String]) -> String {
    let mut script = String::new();
    for sql in statements {
        script.push_str(sql);
        script.push_str(";\n");
    }
    script
}

/// Pairs of what goes and what comes that could be the same.
fn questions(differences: &[Difference], declared: &Schema, live: &Schema) -> Vec<Question> {
    let mut questions = Vec::new();
    for difference in differences {
        match &difference.change {
            Change::NoColumn(new) => {
                let gone = differences.iter().filter(|other| other.table == difference.table);
                let gone = gone.filter_map(|other| match &other.change {
                    Change::ExtraColumn(column) => Some(&**column),
                    _ => None,
                });
                for old in gone.filter(|old| alike(old, new)) {
                    let table = difference.table.clone();
                    let text = format!(
                        "`{table}.{}` is gone and `{table}.{}` is new, both {}. Renamed?",
                        old.name,
                        new.name,
                        old.type_name.clone().unwrap_or_else(|| old.ty.to_string()),
                    );
                    let rename = Rename::Column { table, from: old.name.clone(), to: new.name.clone() };
                    questions.push(Question { rename, text });
                }
            }
            Change::NoTable(new) => {
                let is_left = |name: &QualifiedName| !declared.tables.iter().any(|table| table.name == *name);
                for old in
                    live.tables.iter().filter(|table| is_left(&table.name) && table.name.schema == new.name.schema)
                {
                    let same = new.columns.iter().filter(|column| old.column(&column.name).is_some()).count();
                    // Most of the columns of both.
                    if same * 4 >= new.columns.len() * 3 && same * 4 >= old.columns.len() * 3 {
                        let text = format!(
                            "`{}` has no model and `{}` is new, with the same columns. Renamed?",
                            old.name, new.name
                        );
                        let rename = Rename::Table { from: old.name.clone(), to: new.name.name.clone() };
                        questions.push(Question { rename, text });
                    }
                }
            }
            _ => {}
        }
    }
    questions
}

fn alike(old: &Column, new: &Column) -> bool {
    let names_type = |column: &Column| column.type_name.as_deref().map(str::to_ascii_lowercase);
    old.nullable == new.nullable
        && (old.ty == new.ty || names_type(old) == names_type(new))
        && old.generated.is_some() == new.generated.is_some()
        && old.auto_increment == new.auto_increment
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Migration, message)
}
