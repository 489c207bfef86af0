//! Creating and dropping the tables of models, running operations on a schema, and asking whether a table is there. Which
//! operations there are is in `schema`, their order and SQL in `dialect::ddl`.

use super::check;
use crate::dialect::{SqlWriter, ddl};
use crate::driver::{BeginOptions, Query, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, ModelDef};
use crate::row::Discard;
use crate::run;
use crate::schema::{ForeignKey, Operation, QualifiedName, Schema, from_models};

/// One model, or a tuple of models.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of models",
    label = "expected a model or a tuple of models: `(User, Post)`"
)]
pub trait ModelList {
    /// Their metadata.
    fn defs() -> Vec<&'static ModelDef>;
}

impl<M: Model> ModelList for M {
    fn defs() -> Vec<&'static ModelDef> {
        vec![M::DEF]
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))+) => {$(
        impl<$($name: ModelList),+> ModelList for ($($name,)+) {
            fn defs() -> Vec<&'static ModelDef> {
                let mut defs = Vec::new();
                $(defs.extend($name::defs());)+
                defs
            }
        }
    )+};
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
    (A B C D E F G H I) (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L)
    (A B C D E F G H I J K L M) (A B C D E F G H I J K L M N) (A B C D E F G H I J K L M N O)
    (A B C D E F G H I J K L M N O P)
}

/// Creates tables, keys, indexes and constraints of models in the order of their foreign keys, cycles included. Tables
/// that are there already are left as they are; what is wanting in them that the models cannot do without is an error.
/// All or nothing where the database's DDL is transactional.
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// use orm::{Executor, Model};
///
/// orm::query::create_tables(orm::Executor::session(&db), &[User::DEF]).await?; // is there already
/// # Ok(()) });
/// ```
///
/// # Errors
/// [`ErrorKind::SchemaDiffers`] when a table is there with which statements of its model must fail;
/// [`ErrorKind::UnknownTable`] when a foreign key points at a table that is neither among them nor there;
/// [`ErrorKind::Unsupported`] for what the database does not have, and inside a transaction that it would commit; else the
/// database's.
pub async fn create_tables(session: &dyn Session, defs: &[&'static ModelDef]) -> Result<()> {
    let schema = from_models(defs)?;
    let there = existing(session, &schema).await?;
    check::refuse_broken(session, defs, &there).await?;
    check_targets(session, defs, &schema, &there).await?;
    apply_operations(session, &ddl::create(&schema, &there, &**session.dialect())).await
}

/// Drops the tables of models, those that point at others first, and with them the enum types that no other table uses.
/// Missing tables are skipped. With `cascade`, what depends on the tables is dropped as well: foreign keys of other tables,
/// views.
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// use orm::{Executor, Model};
///
/// orm::query::drop_tables(orm::Executor::session(&db), &[Comment::DEF], false).await?;
/// assert!(!orm::query::table_exists(orm::Executor::session(&db), Comment::DEF).await?);
/// # Ok(()) });
/// ```
///
/// # Errors
/// [`ErrorKind::HasDependents`] when foreign keys of other tables point here or views read these tables, where the database
/// guards them; [`ErrorKind::Unsupported`] for `cascade` on databases without it; else the database's.
pub async fn drop_tables(session: &dyn Session, defs: &[&'static ModelDef], cascade: bool) -> Result<()> {
    let schema = from_models(defs)?;
    let there = existing(session, &schema).await?;
    let operations = ddl::drop(&schema, &there, cascade, &**session.dialect());
    apply_operations(session, &operations).await.map_err(depended_on)
}

/// Runs operations on a schema, in order: all or nothing where the database's DDL is transactional, else one after another.
/// Everything is rendered before the first statement is sent. An enum type that other tables use is not dropped.
///
/// ```
/// use orm_core::driver::Session;
/// use orm_core::query::apply_operations;
/// use orm_core::schema::{Column, Operation};
/// use orm_core::SqlType;
///
/// # async fn example(session: &dyn Session) -> orm_core::Result<()> {
/// let age = Column { nullable: true, ..Column::new("age", SqlType::I32) };
/// let add = Operation::AddColumn { table: "users".into(), column: age };
/// apply_operations(session, &[add]).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`ddl::render`]; [`ErrorKind::Unsupported`] inside a transaction that the statements would commit; else the
/// database's.
pub async fn apply_operations(session: &dyn Session, operations: &[Operation]) -> Result<()> {
    let dialect = &**session.dialect();
    let mut statements: Vec<(String, &Operation)> = Vec::new();
    for operation in operations {
        statements.extend(ddl::render(operation, dialect)?.into_iter().map(|sql| (sql, operation)));
    }
    if statements.is_empty() {
        return Ok(());
    }
    outside_transaction(session, "statements about tables")?;
    if !dialect.capabilities().transactional_ddl {
        // Every statement commits, so that a transaction or savepoint around them would be gone at its end.
        for (sql, _) in &statements {
            session.fetch(Query::text(sql), &mut Discard).await?;
        }
        return Ok(());
    }
    let unit = session.begin(&BeginOptions::default()).await?;
    for (sql, operation) in &statements {
        if matches!(operation, Operation::DropEnum(_)) {
            let savepoint = unit.begin(&BeginOptions::default()).await?;
            match savepoint.fetch(Query::text(sql), &mut Discard).await {
                Ok(_) => savepoint.commit().await?,
                Err(error) if error.kind() == ErrorKind::HasDependents => {}
                Err(error) => return Err(error),
            }
        } else {
            unit.fetch(Query::text(sql), &mut Discard).await?;
        }
    }
    unit.commit().await
}

/// A table that others point at is not dropped; some databases report only that its rows are pointed at.
fn depended_on(error: Error) -> Error {
    match error.kind() {
        ErrorKind::ForeignKeyViolation => error
            .with_kind(ErrorKind::HasDependents)
            .with_message("foreign keys of other tables point at a table to drop: drop those tables as well, or first"),
        ErrorKind::HasDependents => {
            let message = format!("{}; drop it first, or ask for `cascade` where the database has it", error.message());
            error.with_message(message)
        }
        _ => error,
    }
}

/// The tables of a schema that are there.
async fn existing(session: &dyn Session, schema: &Schema) -> Result<Vec<QualifiedName>> {
    let mut there = Vec::new();
    for table in &schema.tables {
        if exists(session, table.name.schema.as_deref(), &table.name.name).await? {
            there.push(table.name.clone());
        }
    }
    Ok(there)
}

/// Checks that the tables that new foreign keys point at are there or will be. Some databases do not, until a row is written.
async fn check_targets(
    session: &dyn Session,
    defs: &[&'static ModelDef],
    schema: &Schema,
    there: &[QualifiedName],
) -> Result<()> {
    let mut found: Vec<&QualifiedName> = schema.tables.iter().map(|table| &table.name).collect();
    for table in schema.tables.iter().filter(|table| !there.contains(&table.name)) {
        for key in &table.foreign_keys {
            if found.contains(&&key.target) {
                continue;
            }
            if !exists(session, key.target.schema.as_deref(), &key.target.name).await? {
                return Err(target_missing(defs, &table.name, key));
            }
            found.push(&key.target);
        }
    }
    Ok(())
}

#[cold]
fn target_missing(defs: &[&'static ModelDef], table: &QualifiedName, key: &ForeignKey) -> Error {
    let def = defs.iter().find(|def| QualifiedName::from(def.table) == *table);
    let mut targets = def.into_iter().flat_map(|def| def.relations).map(|relation| relation.target());
    let model = targets.find(|target| QualifiedName::from(target.table) == key.target).map_or("", |target| target.name);
    let message = format!(
        "it has a foreign key to `{}`, which is not there: create it first, or name its model `{model}` in the same call",
        key.target.name,
    );
    let error = Error::new(ErrorKind::UnknownTable, message).with_table(table.name.clone());
    let error = error.with_columns(key.columns.iter().cloned());
    match def {
        Some(def) => error.with_model(def.name),
        None => error,
    }
}

/// Refuses what would commit the transaction it runs in.
///
/// # Errors
/// [`ErrorKind::Unsupported`] inside a transaction of a database whose statements about tables end it.
pub(crate) fn outside_transaction(session: &dyn Session, what: &str) -> Result<()> {
    if session.in_transaction() && !session.dialect().capabilities().transactional_ddl {
        let feature = format_args!("{what} inside a transaction: they would commit it; run them on the database");
        return Err(Error::unsupported(session.dialect().name(), feature));
    }
    Ok(())
}

/// Whether the table of a model is there.
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
/// use orm::{Executor, Model};
///
/// assert!(orm::query::table_exists(orm::Executor::session(&db), User::DEF).await?);
/// # Ok(()) });
/// ```
///
/// # Errors
/// The database's.
pub async fn table_exists(session: &dyn Session, def: &'static ModelDef) -> Result<bool> {
    exists(session, def.table.schema, def.table.name).await
}

async fn exists(session: &dyn Session, schema: Option<&str>, name: &str) -> Result<bool> {
    let mut w = SqlWriter::new(&**session.dialect());
    session.dialect().push_table_exists(&mut w, schema, name)?;
    let rendered = w.finish();
    let mut rows: Vec<i64> = Vec::new();
    session.fetch(run::query(&rendered), &mut crate::row::Collect::new(&mut rows, |c| c.next())).await?;
    Ok(!rows.is_empty())
}
