//! What rows of raw SQL become: models and projections by the names of columns, values and tuples by position.

use orm::prelude::*;

use orm::{Error, PoolOptions, Projection, Result};

use crate::Test;
use crate::cases::cases;

/// Columns that can be taken for one another.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "patients")]
struct Patient {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
    #[orm(length = 40)]
    ward: String,
    #[orm(column = "bedNumber")]
    bed: i64,
}

#[derive(Debug, PartialEq, Projection)]
#[orm(model = Patient)]
struct Card {
    name: String,
    #[orm(column = bed)]
    place: i64,
    #[orm(expr = Patient::WARD.upper())]
    loud: String,
}

fn ada() -> Patient {
    Patient { id: 1, name: "Ada".into(), ward: "North".into(), bed: 7 }
}

/// A table whose columns stand in another order than the struct's fields.
async fn patients(test: &Test) -> Result<Database> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    let bed = quoted(&db, "bedNumber");
    db.batch(&format!(
        "CREATE TABLE patients (ward VARCHAR(40) NOT NULL, {bed} BIGINT NOT NULL, name VARCHAR(40) NOT NULL, \
         id BIGINT NOT NULL PRIMARY KEY)"
    ))
    .await?;
    Patient::create().id(1).name("Ada").ward("North").bed(7).exec(&db).await?;
    Ok(db)
}

fn quoted(db: &Database, name: &str) -> String {
    let mark = if matches!(db.dialect().name(), "mysql" | "mariadb") { '`' } else { '"' };
    format!("{mark}{name}{mark}")
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>, parts: &[&str]) -> Error {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error:?}");
    for part in parts {
        assert!(error.to_string().contains(part), "`{part}` is not in: {error}");
    }
    error
}

async fn models_are_read_by_the_names_of_columns(test: Test) -> Result<()> {
    let db = patients(&test).await?;
    let bed = quoted(&db, "bedNumber");
    assert_eq!(db.query::<Patient>("SELECT * FROM patients", ()).await?, [ada()]);
    assert_eq!(db.query::<(Patient,)>("SELECT * FROM patients", ()).await?, [(ada(),)]);
    let in_order = format!("SELECT id, name, ward, {bed} FROM patients");
    assert_eq!(db.query::<Patient>(&in_order, ()).await?, [ada()]);
    let tx = db.begin().await?;
    assert_eq!(tx.query::<Patient>("SELECT * FROM patients", ()).await?, [ada()]);
    tx.rollback().await?;
    // Names differ by case alone only where both are there.
    let shouted = format!("SELECT {bed}, ward AS WARD, id AS Id, name AS NAME FROM patients");
    assert_eq!(db.query::<Patient>(&shouted, ()).await?, [ada()]);
    Ok(())
}

async fn names_that_do_not_fit_are_an_error_with_both_sets(test: Test) -> Result<()> {
    let db = patients(&test).await?;
    let bed = quoted(&db, "bedNumber");
    let query = async |sql: String| db.query::<Patient>(&sql, ()).await;
    let both = ["`id`, `name`, `ward`, `bedNumber`", "Patient"];
    let error = refused(query(format!("SELECT ward, {bed}, id FROM patients")).await, &both);
    assert!(error.to_string().contains("missing: `name`"), "{error}");
    let error = refused(query(format!("SELECT id, name, ward, {bed}, 1 AS extra FROM patients")).await, &both);
    assert!(error.to_string().contains("unknown: `extra`") && !error.to_string().contains("missing"), "{error}");
    let error = refused(query(format!("SELECT id, name AS title, ward, {bed} FROM patients")).await, &both);
    assert!(error.to_string().contains("missing: `name`; unknown: `title`"), "{error}");
    for twice in ["name", "NAME"] {
        let sql = format!("SELECT id, name, ward, {bed}, ward AS {} FROM patients", quoted(&db, twice));
        let error = refused(query(sql).await, &both);
        assert!(error.to_string().contains(&format!("more than once: `{twice}`")), "{error}");
    }
    refused(query("SELECT 1 AS id".into()).await, &["missing: `name`, `ward`, `bedNumber`"]);
    Ok(())
}

async fn projections_are_read_by_name(test: Test) -> Result<()> {
    let db = patients(&test).await?;
    let bed = quoted(&db, "bedNumber");
    let ada = Card { name: "Ada".into(), place: 7, loud: "NORTH".into() };
    let sql = format!("SELECT upper(ward) AS loud, {bed}, name FROM patients");
    assert_eq!(db.query::<Card>(&sql, ()).await?, [ada]);
    let error = refused(db.query::<Card>("SELECT name, ward FROM patients", ()).await, &["`Card`", "unknown: `ward`"]);
    assert!(error.to_string().contains("missing: `bedNumber`, `loud`"), "{error}");
    Ok(())
}

async fn tuples_are_read_by_position_and_their_models_by_name(test: Test) -> Result<()> {
    let db = patients(&test).await?;
    let bed = quoted(&db, "bedNumber");
    let swapped = db.query::<(String, String)>("SELECT ward AS name, name AS ward FROM patients", ()).await?;
    assert_eq!(swapped, [("North".into(), "Ada".into())]);
    let sql = "SELECT 5, p.*, q.*, 'end' FROM patients p, patients q";
    let rows = db.query::<(i64, Patient, Patient, String)>(sql, ()).await?;
    assert_eq!(rows, [(5, ada(), ada(), "end".into())]);
    // A column too many is never taken for that of a neighbour.
    let sql = "SELECT p.*, 8 AS more, q.* FROM patients p, patients q";
    refused(db.query::<(Patient, Patient)>(sql, ()).await, &["`Patient`", "`more`"]);
    let sql = format!("SELECT 5, id, name, {bed}, 'x' AS extra, ward FROM patients");
    refused(db.query::<(i64, Patient, String)>(&sql, ()).await, &["missing: `ward`; unknown: `extra`"]);
    refused(db.query::<(i64, i64)>("SELECT 1, 2, 3", ()).await, &["1 columns more"]);
    refused(db.query::<(i64, i64, i64)>("SELECT 1, 2", ()).await, &["2 columns", "reads 3"]);
    Ok(())
}

async fn a_value_that_does_not_fit_names_its_column(test: Test) -> Result<()> {
    let db = patients(&test).await?;
    let bed = quoted(&db, "bedNumber");
    let sql = format!("SELECT ward, NULL AS {bed}, name, id FROM patients");
    let error = refused(db.query::<Patient>(&sql, ()).await, &["`Patient`", "`bedNumber`"]);
    assert_eq!(error.index(), Some(1));
    Ok(())
}

async fn a_table_whose_columns_change_is_read_by_name_again(test: Test) -> Result<()> {
    let db = patients(&test).await?;
    let sql = "SELECT * FROM patients ORDER BY id";
    assert_eq!(db.query::<Patient>(sql, ()).await?, [ada()]);
    let bed = quoted(&db, "bedNumber");
    db.batch(&format!(
        "CREATE TABLE moved (name VARCHAR(40) NOT NULL, id BIGINT NOT NULL PRIMARY KEY, ward VARCHAR(40) NOT NULL, \
         {bed} BIGINT NOT NULL); INSERT INTO moved (name, id, ward, {bed}) VALUES ('Ada', 1, 'North', 7); \
         DROP TABLE patients; ALTER TABLE moved RENAME TO patients"
    ))
    .await?;
    assert_eq!(db.query::<Patient>(sql, ()).await?, [ada()]);
    Ok(())
}

/// SQLite moves long queries to another thread, and copies their rows.
async fn long_queries_are_read_by_name(test: Test) -> Result<()> {
    let db = patients(&test).await?;
    let digits = "SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL \
                  SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9";
    let from = ["a", "b", "c", "d", "e"].map(|name| format!("({digits}) {name}")).join(", ");
    let sql = format!("SELECT p.* FROM patients p, {from} ORDER BY a.d * b.d + c.d * d.d + e.d");
    for _ in 0..2 {
        let rows = db.query::<Patient>(&sql, ()).await?;
        assert_eq!(rows.len(), 100_000);
        assert!(rows.iter().all(|row| *row == ada()));
    }
    Ok(())
}

cases! { $ raw_rows:
    models_are_read_by_the_names_of_columns,
    names_that_do_not_fit_are_an_error_with_both_sets,
    projections_are_read_by_name,
    tuples_are_read_by_position_and_their_models_by_name,
    a_value_that_does_not_fit_names_its_column,
    a_table_whose_columns_change_is_read_by_name_again,
    long_queries_are_read_by_name,
}
