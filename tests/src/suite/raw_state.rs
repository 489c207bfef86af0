//! What raw SQL does to the connection it runs on where its words do not tell: in procedures, in texts that are run, under
//! settings of the session. The database is asked, and nothing is lost or committed unnoticed.

use orm::prelude::*;
use orm::{PoolOptions, Result};

use crate::Test;
use crate::cases::cases;
use crate::models::people::Account;

const ADD: &str = "INSERT INTO accounts (owner, cents, version) VALUES ('raw', 1, 1)";

async fn one_connection(test: &Test) -> Result<Database> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    db.create_tables::<Account>().await?;
    Ok(db)
}

/// Whether the database is one of these.
fn is(db: &Database, names: &[&str]) -> bool {
    names.contains(&db.dialect().name())
}

/// Statements that do something to transactions out of sight, each a script of its own.
async fn hidden(db: &Database, what: &str) -> Result<Vec<String>> {
    let mut hidden = Vec::new();
    if is(db, &["mysql", "mariadb"]) {
        db.execute("DROP PROCEDURE IF EXISTS hidden", ()).await?;
        db.execute(&*format!("CREATE PROCEDURE hidden() BEGIN {what}; END"), ()).await?;
        hidden.push("CALL hidden()".to_owned());
    }
    if is(db, &["mariadb"]) {
        hidden.push(format!("EXECUTE IMMEDIATE '{what}'"));
        hidden.push(format!("BEGIN NOT ATOMIC {what}; END"));
        hidden.push(format!("IF 1 THEN {what}; END IF"));
    }
    Ok(hidden)
}

async fn a_transaction_that_raw_sql_ended_unseen_is_over(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    for what in ["COMMIT", "ROLLBACK", "START TRANSACTION", "CREATE TABLE IF NOT EXISTS other (id INT)"] {
        for sql in hidden(&db, what).await? {
            for script in [false, true] {
                Account::truncate().exec(&db).await?;
                let tx = db.begin().await?;
                Account::create().owner("a").exec(&tx).await?;
                let ran = if script { tx.batch(&sql).await } else { tx.execute(&sql, ()).await.map(drop) };
                let error = ran.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::TransactionClosed, "{what}, {sql}: {error:?}");
                let error = Account::create().owner("b").exec(&tx).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::TransactionClosed, "{what}, {sql}: {error:?}");
                let error = if script { tx.rollback().await } else { tx.commit().await }.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::AmbiguousCommit, "{what}, {sql}: {error:?}");
                let kept = u64::from(what != "ROLLBACK");
                assert_eq!(Account::count().exec(&db).await?, kept, "{what}, {sql}");
            }
        }
    }
    Ok(())
}

async fn a_closure_whose_transaction_was_ended_unseen_fails(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    for sql in hidden(&db, "COMMIT").await? {
        Account::truncate().exec(&db).await?;
        let ended = db.transaction(async |tx| {
            Account::create().owner("a").exec(tx).await?;
            // The error is not passed on.
            let _ = tx.execute(&sql, ()).await;
            Ok(())
        });
        assert_eq!(ended.await.unwrap_err().kind(), ErrorKind::AmbiguousCommit, "{sql}");
        let inner = db.transaction(async |tx| tx.transaction(async |sp| sp.execute(&sql, ()).await).await);
        assert_eq!(inner.await.unwrap_err().kind(), ErrorKind::TransactionClosed, "{sql}");
    }
    Ok(())
}

async fn a_statement_that_fails_after_it_ended_its_transaction_says_so(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    for sql in hidden(&db, "COMMIT; INSERT INTO nowhere VALUES (1)").await?.iter().filter(|sql| !sql.contains('\'')) {
        Account::truncate().exec(&db).await?;
        let tx = db.begin().await?;
        Account::create().owner("a").exec(&tx).await?;
        let error = tx.execute(sql, ()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TransactionClosed, "{sql}: {error:?}");
        assert!(tx.rollback().await.is_err());
    }
    // Without the COMMIT it is an error like others.
    for sql in hidden(&db, "INSERT INTO nowhere VALUES (1)").await? {
        let tx = db.begin().await?;
        Account::create().owner("b").exec(&tx).await?;
        assert_eq!(tx.execute(&sql, ()).await.unwrap_err().kind(), ErrorKind::UnknownTable, "{sql}");
        tx.rollback().await?;
    }
    assert_eq!(Account::find_all().filter(Account::OWNER.eq("b")).count(&db).await?, 0);
    Ok(())
}

async fn raw_sql_that_leaves_a_transaction_open_unseen_is_an_error(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let begin = format!("START TRANSACTION; {ADD}");
    for what in [&*begin, "SET autocommit = 0"] {
        for sql in hidden(&db, what).await? {
            if sql.starts_with("EXECUTE") && what.contains(';') {
                continue;
            }
            for script in [false, true] {
                let ran = if script { db.batch(&sql).await } else { db.execute(&sql, ()).await.map(drop) };
                let error = ran.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{what}, {sql}: {error:?}");
                // What is acknowledged from here on is kept.
                Account::create().owner("kept").exec(&db).await?;
                let other = test.connect().await?;
                assert_eq!(Account::find_all().filter(Account::OWNER.eq("kept")).count(&other).await?, 1, "{sql}");
                assert_eq!(Account::find_all().filter(Account::OWNER.eq("raw")).count(&other).await?, 0, "{sql}");
                Account::truncate().exec(&db).await?;
            }
        }
    }
    Ok(())
}

async fn settings_that_change_what_is_quoted_hide_nothing(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    // To the words, both texts are quoted to their end.
    let (setting, text) = match db.dialect().name() {
        "postgresql" => ("SET standard_conforming_strings = off", r"SELECT '\' '; WHAT; SELECT ' '"),
        "sqlite" => return Ok(()),
        _ => ("SET sql_mode = 'NO_BACKSLASH_ESCAPES'", r"SELECT '\'; WHAT; SELECT ' '"),
    };
    let tx = db.begin().await?;
    Account::create().owner("a").exec(&tx).await?;
    tx.execute(setting, ()).await?;
    let error = tx.batch(&text.replace("WHAT", "COMMIT")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TransactionClosed, "{error:?}");
    assert_eq!(tx.rollback().await.unwrap_err().kind(), ErrorKind::AmbiguousCommit);
    assert_eq!(Account::count().exec(&db).await?, 1);
    let error = db.batch(&format!("{setting}; {ADD}; {}", text.replace("WHAT", "BEGIN"))).await;
    if db.dialect().name() != "postgresql" {
        // The server read the whole script before it ran the setting.
        assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidStatement);
    }
    Account::create().owner("kept").exec(&db).await?;
    assert!(Account::find_all().filter(Account::OWNER.eq("kept")).count(&test.connect().await?).await? == 1);
    Ok(())
}

async fn a_script_that_fails_where_words_do_not_tell_is_undone_or_not_as_others(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let tx = db.begin().await?;
    Account::create().owner("a").exec(&tx).await?;
    let error = tx.batch(r"SELECT 'a\\b'; INSERT INTO nowhere VALUES (1)").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownTable, "{error:?}");
    tx.rollback().await?;
    assert_eq!(Account::count().exec(&db).await?, 0);
    let error = db.batch(r"SELECT 'a\\b'; INSERT INTO nowhere VALUES (1)").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownTable, "{error:?}");
    Account::create().owner("kept").exec(&db).await?;
    assert_eq!(Account::count().exec(&test.connect().await?).await?, 1);
    Ok(())
}

/// Statements of a database that do nothing to transactions, whatever they look like.
async fn harmless(db: &Database) -> Result<Vec<&'static str>> {
    let mut all = vec![
        "SELECT 1 -- COMMIT",
        "SELECT 1 -- ; COMMIT\n",
        "/* BEGIN */ SELECT 1",
        "SELECT 1 /* ; ROLLBACK; */",
        "SELECT 'COMMIT'",
        "SELECT '; COMMIT; --'",
        "SELECT 'it''s; COMMIT'",
        "SELECT owner AS \"begin\" FROM accounts",
        "WITH c AS (SELECT 1) SELECT * FROM c",
        "UPDATE accounts SET cents = 1 WHERE owner = 'COMMIT'",
        "DELETE FROM accounts WHERE owner = '/* BEGIN */'",
        "INSERT INTO accounts (owner, cents, version) SELECT 'ROLLBACK', 1, 1 WHERE 1 = 0",
        "EXPLAIN SELECT 1",
    ];
    let name = db.dialect().name();
    if name != "sqlite" {
        all.extend(["SELECT * FROM accounts FOR UPDATE", "SELECT 'C:\\\\'"]);
    }
    if name == "postgresql" {
        db.batch("CREATE PROCEDURE harmless() LANGUAGE SQL AS 'SELECT 1'").await?;
        all.extend([
            "CALL harmless()",
            "DO $$ BEGIN PERFORM 1; END $$",
            "SELECT $q$; COMMIT; $q$",
            "/* /* */ COMMIT */ SELECT 1",
            "SELECT E'\\'; COMMIT; '",
            "LOCK TABLE accounts IN SHARE MODE",
            "SET LOCAL work_mem = '8MB'",
            "SET CONSTRAINTS ALL IMMEDIATE",
        ]);
    }
    if matches!(name, "mysql" | "mariadb") {
        db.batch("CREATE PROCEDURE harmless() BEGIN SELECT 1; DO 1; END").await?;
        all.extend([
            "CALL harmless()",
            "DO 1",
            "DO SLEEP(0)",
            "SET @a = 'COMMIT'",
            "SELECT 1 # COMMIT",
            "SELECT /*!40001 SQL_NO_CACHE */ 1",
            "/*!40101 SELECT 1 */",
            "SELECT '\\'; COMMIT; '",
            "CREATE TEMPORARY TABLE IF NOT EXISTS harmless (id INT)",
            "DROP TEMPORARY TABLE IF EXISTS harmless",
            "SHOW TABLES",
            "XA RECOVER",
        ]);
    }
    if name == "mariadb" {
        all.extend([
            "IF 1 THEN DO 1; END IF",
            "BEGIN NOT ATOMIC SELECT 'COMMIT'; END",
            "EXECUTE IMMEDIATE 'SELECT 1'",
            "SET STATEMENT max_statement_time = 5 FOR SELECT 1",
        ]);
    }
    Ok(all)
}

async fn statements_that_end_no_transaction_are_not_refused(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let all = harmless(&db).await?;
    for sql in &all {
        let tx = db.begin().await?;
        Account::create().owner("a").exec(&tx).await?;
        tx.execute(*sql, ()).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        tx.batch(sql).await.unwrap_or_else(|error| panic!("{sql}, as a script: {error:?}"));
        tx.batch(&format!("{ADD}; {sql}")).await.unwrap_or_else(|error| panic!("{sql}, in a script: {error:?}"));
        tx.rollback().await?;
        assert_eq!(Account::count().exec(&db).await?, 0, "{sql}");
    }
    Ok(())
}

async fn statements_that_begin_no_transaction_are_not_refused(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let all = harmless(&db).await?;
    let outside = |sql: &&&str| !sql.starts_with("LOCK") && !sql.starts_with("SET LOCAL");
    for sql in all.iter().filter(outside) {
        db.execute(*sql, ()).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        db.batch(sql).await.unwrap_or_else(|error| panic!("{sql}, as a script: {error:?}"));
        db.batch(&format!("{sql}\n; {ADD}")).await.unwrap_or_else(|error| panic!("{sql}, in a script: {error:?}"));
        assert_eq!(Account::count().exec(&test.connect().await?).await?, 1, "{sql}");
        Account::truncate().exec(&db).await?;
    }
    Ok(())
}

async fn what_words_tell_costs_no_question(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let tx = db.begin().await?;
    let log = db.watch();
    let known = [ADD, "SELECT 1", "UPDATE accounts SET cents = 2", "DELETE FROM accounts", "SAVEPOINT mine"];
    for sql in known {
        tx.execute(sql, ()).await?;
    }
    tx.batch(&known.join("; ")).await?;
    assert_eq!(log.sent().len(), known.len() + 1, "{:?}", log.sent());
    tx.execute("ROLLBACK TO SAVEPOINT mine", ()).await?;
    tx.rollback().await
}

cases! { $ raw_state:
    a_transaction_that_raw_sql_ended_unseen_is_over,
    a_closure_whose_transaction_was_ended_unseen_fails,
    a_statement_that_fails_after_it_ended_its_transaction_says_so,
    raw_sql_that_leaves_a_transaction_open_unseen_is_an_error,
    settings_that_change_what_is_quoted_hide_nothing,
    a_script_that_fails_where_words_do_not_tell_is_undone_or_not_as_others,
    statements_that_end_no_transaction_are_not_refused,
    statements_that_begin_no_transaction_are_not_refused,
    what_words_tell_costs_no_question,
}
