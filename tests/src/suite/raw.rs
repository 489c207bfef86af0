//! Raw SQL beside the ORM's transactions: what would end or begin one is refused, and so are values without a placeholder.
//! A statement that is cut off costs its transaction, and says so.

use std::time::Duration;

use orm::prelude::*;

use orm::{PoolOptions, Result, SqlType, Value, val};
use rust_decimal::Decimal;

use crate::Test;
use crate::cases::cases;
use crate::models::people::{Account, Person, people};

/// A pool of one connection, so that what one statement leaves behind the next one meets.
async fn one_connection(test: &Test) -> Result<Database> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    db.create_tables::<Account>().await?;
    Ok(db)
}

/// A query that takes seconds.
fn slow(test: &Test) -> &'static str {
    match test.shape.dialect {
        "postgresql" => "SELECT COUNT(*) FROM pg_sleep(3)",
        "sqlite" => {
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000000) SELECT COUNT(*) FROM n"
        }
        _ => "SELECT SLEEP(3)",
    }
}

const ADD: &str = "INSERT INTO accounts (owner, cents, version) VALUES ('x', 1, 1)";

async fn raw_sql_does_not_end_the_transaction_it_runs_in(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    for sql in [
        "COMMIT",
        "rollback",
        " /* a */ -- b\n Begin",
        "START TRANSACTION",
        "END",
        "COMMIT AND CHAIN",
        "SET autocommit = 0",
    ] {
        let tx = db.begin().await?;
        Account::create().owner("a").exec(&tx).await?;
        let refused = [
            tx.execute(sql, ()).await.map(drop),
            tx.query::<i64>(sql, ()).await.map(drop),
            tx.batch(sql).await,
            tx.batch(&format!("{ADD}; {sql}; {ADD}")).await,
        ];
        for error in refused.map(Result::unwrap_err) {
            assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{sql}: {error:?}");
        }
        // Nothing of it ran, and the transaction is what it was.
        assert_eq!(Account::count().exec(&tx).await?, 1, "{sql}");
        tx.rollback().await?;
        assert_eq!(Account::count().exec(&db).await?, 0, "{sql}");
    }
    Ok(())
}

async fn savepoints_in_raw_sql_are_fine(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let tx = db.begin().await?;
    tx.batch(&format!("SAVEPOINT mine; {ADD}; ROLLBACK TO SAVEPOINT mine; RELEASE SAVEPOINT mine")).await?;
    tx.execute("SAVEPOINT mine", ()).await?;
    Account::create().owner("a").exec(&tx).await?;
    tx.execute("ROLLBACK TO mine", ()).await?;
    assert_eq!(Account::count().exec(&tx).await?, 0);
    tx.commit().await
}

async fn raw_sql_leaves_no_transaction_open_in_the_pool(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    for sql in ["BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "XA START 'a'", "SET SESSION autocommit = 0"] {
        let error = db.execute(sql, ()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{sql}: {error:?}");
    }
    let error = db.batch(&format!("BEGIN; {ADD}")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error:?}");
    assert_eq!(Account::count().exec(&db).await?, 0);
    Ok(())
}

async fn a_script_may_have_a_transaction_of_its_own(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    db.batch(&format!("BEGIN; {ADD}; COMMIT;")).await?;
    assert_eq!(Account::count().exec(&db).await?, 1);
    // It fails inside its transaction, which does not come back with the connection.
    let failed = db.batch("BEGIN; DELETE FROM accounts; INSERT INTO nowhere VALUES (1); COMMIT").await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::UnknownTable);
    assert_eq!(Account::count().exec(&db).await?, 1);
    Account::create().owner("b").exec(&db).await?;
    db.transaction(async |tx| Account::create().owner("c").exec(tx).await.map(drop)).await?;
    assert_eq!(Account::count().exec(&db).await?, 3);
    Ok(())
}

async fn texts_and_comments_are_not_taken_for_statements(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let tx = db.begin().await?;
    let quoted = "INSERT INTO accounts (owner, cents, version) VALUES ('it''s; COMMIT; ', 1, 1)";
    tx.batch(&format!("-- it's; COMMIT;\n/* ; ROLLBACK; */ {quoted}; SELECT 1 AS \"x; COMMIT\"")).await?;
    tx.execute(quoted.replace("it''s", "commit").as_str(), ()).await?;
    tx.commit().await?;
    assert_eq!(Account::count().exec(&db).await?, 2);
    Ok(())
}

async fn statements_that_would_commit_a_transaction_are_refused(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let tx = db.begin().await?;
    Account::create().owner("a").exec(&tx).await?;
    for sql in ["CREATE TABLE other (id INTEGER)", "CREATE INDEX by_cents ON accounts (cents)"] {
        let result = tx.execute(sql, ()).await;
        if test.shape.transactional_ddl {
            result?;
        } else {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::Unsupported, "{sql}");
            assert_eq!(tx.batch(sql).await.unwrap_err().kind(), ErrorKind::Unsupported, "{sql}");
        }
    }
    let truncated = Account::truncate().exec(&tx).await;
    assert_eq!(truncated.is_err(), !test.shape.transactional_ddl);
    tx.rollback().await?;
    assert_eq!(Account::count().exec(&db).await?, 0);
    Ok(())
}

async fn comments_hide_no_end_of_a_transaction(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let executable = matches!(db.dialect().name(), "mysql" | "mariadb");
    let tx = db.begin().await?;
    Account::create().owner("a").exec(&tx).await?;
    // Comments do not nest on these databases, and MySQL and MariaDB run what stands in some of them.
    let nested = ["/* /* */ COMMIT /* */", "SELECT 1 AS a$b$; COMMIT; SELECT 1 AS a$b$"];
    let run =
        ["/*!40101 COMMIT */", "/*!99999 SELECT 1 */ COMMIT", "SELECT 1--1; COMMIT", "SET @a = 1, autocommit = 1"];
    for sql in nested.iter().filter(|_| db.dialect().name() != "postgresql").chain(run.iter().filter(|_| executable)) {
        for error in [tx.batch(sql).await, tx.batch(&format!("{ADD}; {sql}")).await].map(Result::unwrap_err) {
            assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{sql}: {error:?}");
        }
    }
    // What only looks like it is run.
    tx.batch("SELECT 1 /* ; COMMIT; */; SELECT 'x'").await?;
    assert_eq!(Account::count().exec(&tx).await?, 1);
    tx.rollback().await?;
    assert_eq!(Account::count().exec(&db).await?, 0);
    Ok(())
}

async fn as_many_values_as_placeholders_are_needed(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let mut first = String::new();
    db.dialect().push_placeholder(&mut first, 1, SqlType::I64)?;
    let text = |values: usize| vec![Value::I64(1); values];
    for values in [0, 2, 3] {
        let sql = format!("SELECT id FROM accounts WHERE id = {first}");
        for sql in [sql.as_str(), &format!("{sql} AND owner <> '$2 $3'")] {
            let error = db.query::<i64>(sql, text(values)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{values}: {error:?}");
        }
    }
    let error = db.query::<i64>("SELECT 1", text(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error:?}");
    assert!(db.query::<i64>(&format!("SELECT id FROM accounts WHERE id = {first}"), text(1)).await?.is_empty());
    Ok(())
}

async fn a_statement_that_is_cut_off_ends_its_transaction_or_leaves_it_whole(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let tx = db.begin().await?;
    Account::create().owner("a").exec(&tx).await?;
    let slow = slow(&test);
    let cut = tokio::time::timeout(Duration::from_millis(50), tx.query::<i64>(slow, ())).await;
    assert!(cut.is_err());
    let next = Account::create().owner("b").exec(&tx).await;
    if test.shape.row_locks {
        let error = next.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TransactionClosed, "{error:?}");
        assert!(error.message().contains("cut off") && error.message().contains("timeout"), "{error}");
        let error = tx.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TransactionClosed, "{error:?}");
        assert_eq!(Account::count().exec(&db).await?, 0);
    } else {
        next?;
        tx.commit().await?;
        assert_eq!(Account::count().exec(&db).await?, 2);
    }
    Ok(())
}

async fn a_commit_after_a_statement_that_was_cut_off_says_so(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let tx = db.begin().await?;
    Account::create().owner("a").exec(&tx).await?;
    let cut = tokio::time::timeout(Duration::from_millis(50), tx.query::<i64>(slow(&test), ())).await;
    assert!(cut.is_err());
    let committed = tx.commit().await;
    if test.shape.row_locks {
        let error = committed.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TransactionClosed, "{error:?}");
        assert!(error.message().contains("nothing was committed"), "{error}");
    } else {
        committed?;
    }
    assert_eq!(Account::count().exec(&db).await?, u64::from(!test.shape.row_locks));
    Ok(())
}

async fn values_of_other_types_than_before_are_what_they_are(test: Test) -> Result<()> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    let sql = orm::sql("SELECT {}");
    let decimal = Decimal::new(12_345, 2);
    for _ in 0..2 {
        assert_eq!(db.query::<i64>(sql, (5_i64,)).await?, [5]);
        assert_eq!(db.query::<Decimal>(sql, (decimal,)).await?, [decimal]);
        assert_eq!(db.query::<f64>(sql, (0.5_f64,)).await?, [0.5]);
        assert_eq!(db.query::<String>(sql, ("12abc",)).await?, ["12abc"]);
        assert_eq!(db.query::<i64>(sql, (i64::MAX,)).await?, [i64::MAX]);
        assert_eq!(db.query::<Option<i64>>(sql, (None::<i64>,)).await?, [None]);
        assert_eq!(db.query::<String>(sql, ("x",)).await?, ["x"]);
    }
    db.create_tables::<Person>().await?;
    people(&db).await?;
    let first = Person::find_all().order_by(Person::ID).limit(1);
    for _ in 0..2 {
        assert_eq!(first.clone().select(val(0.5)).exec(&db).await?, [0.5]);
        assert_eq!(first.clone().select(val("x".to_owned())).exec(&db).await?, ["x"]);
    }
    Ok(())
}

cases! { $ raw:
    values_of_other_types_than_before_are_what_they_are,
    raw_sql_does_not_end_the_transaction_it_runs_in,
    savepoints_in_raw_sql_are_fine,
    raw_sql_leaves_no_transaction_open_in_the_pool,
    a_script_may_have_a_transaction_of_its_own,
    texts_and_comments_are_not_taken_for_statements,
    statements_that_would_commit_a_transaction_are_refused,
    comments_hide_no_end_of_a_transaction,
    as_many_values_as_placeholders_are_needed,
    a_statement_that_is_cut_off_ends_its_transaction_or_leaves_it_whole,
    a_commit_after_a_statement_that_was_cut_off_says_so,
}
