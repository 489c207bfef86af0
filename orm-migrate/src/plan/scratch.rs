//! Declared tables in the database's own words: they are created in a place of their own, read back, and removed. Only then
//! can expressions be compared, which databases store in other words than they were given.

use orm_core::dialect::SqlWriter;
use orm_core::dialect::ddl;
use orm_core::driver::{BeginOptions, Query, Session};
use orm_core::query::introspect;
use orm_core::row::Discard;
use orm_core::schema::{ForeignKey, QualifiedName, Schema, Table};
use orm_core::{Error, Result};

use crate::runner::of_session;

/// The place where the tables are created. No application has such a name.
const SCRATCH: &str = "_orm_scratch";

/// Reads declared tables back.
///
/// # Errors
/// The database's: for tables that it cannot have, and where the user may not create a place for them.
pub(super) async fn read_back(session: &dyn Session, declared: &Schema) -> Result<Schema> {
    let mut declared = declared.clone();
    let elsewhere = without_other_targets(&mut declared);
    let capabilities = session.dialect().capabilities();
    let mut read = if capabilities.attached_schemas {
        attached(session, &declared).await?
    } else if capabilities.transactional_ddl {
        rolled_back(session, &declared).await?
    } else {
        own_database(session, &declared).await?
    };
    for (table, key) in elsewhere {
        read.tables
            .iter_mut()
            .filter(|other| other.name == table)
            .for_each(|other| other.foreign_keys.push(key.clone()));
    }
    Ok(read)
}

/// Takes out the foreign keys to tables that are not declared.
fn without_other_targets(schema: &mut Schema) -> Vec<(QualifiedName, ForeignKey)> {
    let names: Vec<QualifiedName> = schema.tables.iter().map(|table| table.name.clone()).collect();
    let mut elsewhere = Vec::new();
    for table in &mut schema.tables {
        let (own, others) =
            std::mem::take(&mut table.foreign_keys).into_iter().partition(|key| names.contains(&key.target));
        table.foreign_keys = own;
        let others: Vec<ForeignKey> = others;
        elsewhere.extend(others.into_iter().map(|key| (table.name.clone(), key)));
    }
    elsewhere
}

/// The schemas of the tables, each with the name of its place.
fn places(schema: &Schema) -> Vec<(Option<String>, String)> {
    let mut places: Vec<(Option<String>, String)> = Vec::new();
    let names = schema.tables.iter().map(|table| &table.name).chain(schema.enums.iter().map(|ty| &ty.name));
    for name in names {
        if !places.iter().any(|(schema, _)| *schema == name.schema) {
            let place = name.schema.as_ref().map_or_else(|| SCRATCH.to_owned(), |name| format!("{SCRATCH}_{name}"));
            places.push((name.schema.clone(), place));
        }
    }
    places
}

fn moved(schema: &Schema, place: impl Fn(&mut QualifiedName)) -> Schema {
    let mut moved = schema.clone();
    let of_type = |ty: &mut orm_core::schema::ColumnType| {
        use orm_core::schema::ColumnType;
        let ty = match ty {
            ColumnType::Array(element) => &mut **element,
            other => other,
        };
        if let ColumnType::Enum(ty) = ty
            && !ty.name.name.is_empty()
        {
            place(&mut ty.name);
        }
    };
    for Table { name, foreign_keys, columns, .. } in &mut moved.tables {
        place(name);
        foreign_keys.iter_mut().for_each(|key| place(&mut key.target));
        columns.iter_mut().for_each(|column| of_type(&mut column.ty));
    }
    moved.enums.iter_mut().for_each(|ty| place(&mut ty.name));
    moved
}

/// Puts the tables into their places, and reads them there.
async fn create_and_read(
    session: &dyn Session,
    declared: &Schema,
    places: &[(Option<String>, String)],
) -> Result<Schema> {
    let there = moved(declared, |name| {
        if let Some((_, place)) = places.iter().find(|(schema, _)| *schema == name.schema) {
            name.schema = Some(place.clone());
        }
    });
    for operation in ddl::create(&there, &[], &**session.dialect()) {
        for sql in ddl::render(&operation, &**session.dialect())? {
            run(session, &sql).await?;
        }
    }
    let mut read = Schema::default();
    for (_, place) in places {
        let mut part = introspect(session, Some(place)).await?;
        read.tables.append(&mut part.tables);
        read.enums.append(&mut part.enums);
    }
    Ok(moved(&read, |name| {
        if let Some((schema, _)) = places.iter().find(|(_, place)| name.schema.as_ref() == Some(place)) {
            name.schema.clone_from(schema);
        }
    }))
}

/// In databases of the same connection, in memory.
async fn attached(session: &dyn Session, declared: &Schema) -> Result<Schema> {
    let session = session.pin().await?;
    let places = places(declared);
    let detach = |place: &str| quoted(&*session, "DETACH DATABASE ", place, "");
    let mut made = Vec::new();
    let mut result = Ok(());
    for (_, place) in &places {
        // What a broken run has left.
        let _ = run(&*session, &detach(place)?).await;
        result = run(&*session, &quoted(&*session, "ATTACH DATABASE ':memory:' AS ", place, "")?).await;
        if result.is_err() {
            break;
        }
        made.push(place);
    }
    let read = match result {
        Ok(()) => create_and_read(&*session, declared, &places).await,
        Err(error) => Err(error),
    };
    for place in made {
        run(&*session, &detach(place)?).await?;
    }
    read
}

/// In schemas that are never committed.
async fn rolled_back(session: &dyn Session, declared: &Schema) -> Result<Schema> {
    let unit = session.begin(&BeginOptions::default()).await?;
    let places = places(declared);
    let mut path = String::from("SELECT set_config('search_path', '");
    for (_, place) in &places {
        run(&*unit, &quoted(&*unit, "CREATE SCHEMA ", place, "")?).await?;
        path.push_str(&quoted(&*unit, "", place, ", ")?.replace('\'', "''"));
    }
    // Types of the live schemas and of extensions are found behind those of the scratch place, whose names stay short.
    path.push_str("' || current_setting('search_path'), true)");
    run(&*unit, &path).await?;
    let read = create_and_read(&*unit, declared, &places).await;
    // Without a commit, it is rolled back.
    drop(unit);
    read
}

/// In databases of their own, on the same server.
async fn own_database(session: &dyn Session, declared: &Schema) -> Result<Schema> {
    let session = session.pin().await?;
    let mut places = places(declared);
    // Two runs at once do not meet.
    let own = format!(
        "{:x}",
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_nanos()
    );
    for (_, place) in &mut places {
        *place = format!("{place}_{own}");
    }
    let mut made = Vec::new();
    let mut result = Ok(());
    for (_, place) in &places {
        result = run(&*session, &quoted(&*session, "CREATE DATABASE ", place, "")?).await;
        if result.is_err() {
            break;
        }
        made.push(place);
    }
    let read = match result {
        Ok(()) => create_and_read(&*session, declared, &places).await,
        Err(error) => Err(error),
    };
    for place in made {
        run(&*session, &quoted(&*session, "DROP DATABASE ", place, "")?).await?;
    }
    read
}

fn quoted(session: &dyn Session, before: &str, name: &str, after: &str) -> Result<String> {
    let mut w = SqlWriter::new(&**session.dialect());
    w.push_sql(before);
    w.push_ident(name)?;
    w.push_sql(after);
    Ok(w.finish().sql)
}

async fn run(session: &dyn Session, sql: &str) -> Result<()> {
    let query = Query::text(sql).effects(of_session());
    session.fetch(query, &mut Discard).await.map(drop).map_err(|error: Error| {
        let message = format!("creating the tables of the models in a scratch place: {}", error.message());
        error.with_message(message)
    })
}
