//! The schema that a database has, and in what it differs from the one that models declare.

use crate::ast;
use crate::dialect::SqlWriter;
use crate::dialect::compare::{Expressions, differences};
use crate::dialect::introspect::Answer;
use crate::driver::{Query, Reads, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef};
use crate::row::{Discard, Flow, Row, RowSink};
use crate::run;
use crate::schema::{Change, Difference, QualifiedName, Schema, from_models};

/// Collects the rows of a query to the catalog.
struct Fill<'a>(&'a mut Answer);

impl RowSink for Fill<'_> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.0.push(row)?;
        Ok(Flow::Continue)
    }
    fn restart(&mut self) {
        self.0.clear();
    }
}

/// The tables, enum types and other objects of one schema (a database, on MySQL and MariaDB; an attached one, on SQLite);
/// `None` is the connection's own.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for a dialect that does not describe its tables; else the database's.
pub async fn introspect(session: &dyn Session, schema: Option<&str>) -> Result<Schema> {
    let Some(introspect) = session.dialect().introspect() else {
        return Err(Error::unsupported(session.dialect().name(), "reading the tables that a database has"));
    };
    // One connection, so that the answers are about one schema.
    let pinned = session.pin().await?;
    let mut answers = Vec::new();
    for query in introspect.queries(schema)? {
        let mut answer = Answer::default();
        pinned.fetch(run::query(&query), &mut Fill(&mut answer)).await?;
        answers.push(answer);
    }
    introspect.schema(schema, &answers)
}

/// In what the tables of models differ from those that the database has.
///
/// # Errors
/// As [`introspect`] and [`from_models`].
pub async fn check_tables(session: &dyn Session, defs: &[&'static ModelDef]) -> Result<Vec<Difference>> {
    let declared = from_models(defs)?;
    let found = introspect_like(session, &declared).await?;
    let mut found = differences(&declared, &found, Expressions::Ignored, &**session.dialect())?;
    for difference in &mut found {
        let Some(column) = column_of(defs, difference) else { continue };
        if let Change::Type { suits, .. } = &mut difference.change
            && let Err(error) = probe(session, column).await?
        {
            *suits = false;
            difference.mend = error;
        }
    }
    Ok(found)
}

/// An error for tables that are there and with which statements of their models must fail.
///
/// # Errors
/// [`ErrorKind::SchemaDiffers`], listing the differences that [break](Difference::breaks); else as [`check_tables`].
pub(crate) async fn refuse_broken(
    session: &dyn Session,
    defs: &[&'static ModelDef],
    there: &[QualifiedName],
) -> Result<()> {
    let defs: Vec<_> = defs.iter().copied().filter(|def| there.contains(&def.table.into())).collect();
    if defs.is_empty() || session.dialect().introspect().is_none() {
        return Ok(());
    }
    let differences = check_tables(session, &defs).await?;
    let broken: Vec<&Difference> = differences.iter().filter(|difference| difference.breaks()).collect();
    let Some(first) = broken.first() else { return Ok(()) };
    let list: Vec<String> = broken.iter().map(ToString::to_string).collect();
    let message = format!("the table is there and is not what the model declares: {}", list.join("\n"));
    let error = Error::new(ErrorKind::SchemaDiffers, message)
        .with_table(first.table.name.clone())
        .with_columns(broken.iter().filter(|other| other.table == first.table).filter_map(|d| d.column.clone()));
    Err(match defs.iter().find(|def| QualifiedName::from(def.table) == first.table) {
        Some(def) => error.with_model(def.name),
        None => error,
    })
}

/// What the database has in the schemas in which declared tables are.
///
/// # Errors
/// As [`introspect`].
pub async fn introspect_like(session: &dyn Session, declared: &Schema) -> Result<Schema> {
    let mut schemas: Vec<Option<&str>> = Vec::new();
    let names = declared.tables.iter().map(|table| &table.name).chain(declared.enums.iter().map(|ty| &ty.name));
    for name in names {
        if !schemas.contains(&name.schema.as_deref()) {
            schemas.push(name.schema.as_deref());
        }
    }
    let mut found = Schema::default();
    for schema in schemas {
        let mut part = introspect(session, schema).await?;
        found.tables.append(&mut part.tables);
        found.enums.append(&mut part.enums);
        found.objects.append(&mut part.objects);
    }
    Ok(found)
}

fn column_of(defs: &[&'static ModelDef], difference: &Difference) -> Option<&'static ColumnDef> {
    let def = defs.iter().find(|def| QualifiedName::from(def.table) == difference.table)?;
    let name = difference.column.as_deref()?;
    def.columns.iter().find(|column| column.name == name)
}

/// Asks the driver whether a column's type suits the field: it looks at the types of a result, which has one row of NULL
/// here, whatever is in the table. `Err` says what to declare.
async fn probe(session: &dyn Session, column: &'static ColumnDef) -> Result<std::result::Result<(), String>> {
    let mut w = SqlWriter::new(&**session.dialect());
    w.push_sql("SELECT t.");
    w.push_ident(column.name)?;
    w.push_sql(" FROM (SELECT 1 AS one) AS o LEFT JOIN ");
    w.push_qualified(column.table.schema, column.table.name)?;
    w.push_sql(" AS t ON o.one = 0");
    let sql = w.finish().sql;
    let list = [ast::Expr::Column(column)];
    // Kept: a driver may ask for a type that it does not know before it runs the statement, which ends one without a name.
    let query = Query::new(&sql, &[]).reading(Reads::List(&list));
    match session.fetch(query, &mut Discard).await {
        Ok(_) => Ok(Ok(())),
        Err(error) if error.kind() == ErrorKind::Decode => Ok(Err(error.message().to_owned())),
        Err(error) => Err(error),
    }
}
