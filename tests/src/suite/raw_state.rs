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

/// What changes a session; what asks for it; the answer where nothing was changed.
fn changes(db: &Database) -> Vec<(&'static str, &'static str, &'static str)> {
    match db.dialect().name() {
        "postgresql" => {
            let path = ("SHOW search_path", "\"$user\", public");
            vec![
                ("SET search_path TO pg_catalog", path.0, path.1),
                ("SELECT set_config('search_path', 'pg_catalog', false)", path.0, path.1),
                ("DO $$ BEGIN SET search_path TO pg_catalog; END $$", path.0, path.1),
                ("SET ROLE pg_read_all_data", "SELECT (current_user = session_user)::text", "true"),
                (
                    "CREATE TEMP TABLE accounts (owner TEXT)",
                    "SELECT count(*)::text FROM information_schema.columns WHERE table_name = 'accounts'",
                    "4",
                ),
                ("SELECT 1 AS one INTO TEMP accounts", "SELECT count(version)::text FROM accounts", "0"),
                ("LISTEN news", "SELECT count(*)::text FROM pg_listening_channels()", "0"),
                ("PREPARE mine AS SELECT 1", "SELECT count(*)::text FROM pg_prepared_statements WHERE from_sql", "0"),
            ]
        }
        "sqlite" => vec![
            ("PRAGMA foreign_keys = OFF", "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys", "1"),
            ("PRAGMA foreign_keys(0)", "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys", "1"),
            ("CREATE TEMP TABLE accounts (owner TEXT)", "SELECT CAST(count(version) AS TEXT) FROM accounts", "0"),
        ],
        name => {
            let mut all = vec![
                ("SET NAMES latin1", "SELECT @@character_set_client", "utf8mb4"),
                ("/*!40101 SET NAMES latin1 */", "SELECT @@character_set_client", "utf8mb4"),
                ("SET FOREIGN_KEY_CHECKS = 0", "SELECT CAST(@@foreign_key_checks + 0 AS CHAR)", "1"),
                ("SET @@session.sql_mode = ''", "SELECT CAST(@@sql_mode <> '' AS CHAR)", "1"),
                ("USE information_schema", "SELECT CAST(DATABASE() <> 'information_schema' AS CHAR)", "1"),
                (
                    "CREATE TEMPORARY TABLE accounts (owner TEXT)",
                    "SELECT CAST(count(version) AS CHAR) FROM accounts",
                    "0",
                ),
                ("SET TRANSACTION READ ONLY", "SELECT CAST(count(*) AS CHAR) FROM accounts", "0"),
            ];
            if name == "mariadb" {
                all.push(("EXECUTE IMMEDIATE 'SET NAMES latin1'", "SELECT @@character_set_client", "utf8mb4"));
                all.push(("BEGIN NOT ATOMIC SET NAMES latin1; END", "SELECT @@character_set_client", "utf8mb4"));
            }
            all
        }
    }
}

async fn what_raw_sql_leaves_in_a_session_others_do_not_meet(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let answer = async |ask: &str| db.query::<String>(ask, ()).await;
    for (sql, ask, unchanged) in changes(&db) {
        db.execute(sql, ()).await?;
        assert_eq!(answer(ask).await?, [unchanged], "{sql}");
        db.batch(&format!("SELECT 1; {sql}")).await?;
        assert_eq!(answer(ask).await?, [unchanged], "{sql}, in a script");
    }
    Account::create().owner("é").exec(&db).await?;
    assert_eq!(Account::find_one().required(&test.connect().await?).await?.owner, "é");
    Ok(())
}

async fn what_a_transaction_leaves_in_its_session_others_do_not_meet(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    // SQLite sets none of these in a transaction; MySQL knows no options of a transaction in one.
    let all = changes(&db).into_iter().filter(|(sql, ..)| !sql.starts_with("PRAGMA") && !sql.starts_with("SET TRANS"));
    for (sql, ask, unchanged) in all {
        for commits in [true, false] {
            let tx = db.begin().await?;
            tx.execute(sql, ()).await?;
            if commits {
                tx.commit().await?
            } else {
                tx.rollback().await?
            }
            assert_eq!(db.query::<String>(ask, ()).await?, [unchanged], "{sql}, {commits}");
        }
    }
    Ok(())
}

async fn locks_of_raw_sql_end_with_its_connection(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let (lock, free) = match db.dialect().name() {
        "postgresql" => ("SELECT pg_advisory_lock(77)", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"),
        "sqlite" => return Ok(()),
        _ => ("SELECT GET_LOCK('mine', 1)", "SELECT IS_USED_LOCK('mine') IS NOT NULL"),
    };
    db.execute(lock, ()).await?;
    for round in 0.. {
        if db.query::<i64>(free, ()).await? == [0] {
            break;
        }
        assert!(round < 500, "the lock is still held");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    if is(&db, &["mysql", "mariadb"]) {
        db.execute("LOCK TABLES accounts READ", ()).await?;
        Account::create().owner("a").exec(&db).await?;
    }
    Ok(())
}

async fn a_connection_whose_session_is_as_before_is_kept(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let all = harmless(&db).await?;
    let known = |sql: &&&str| {
        ["DO $$", "IF ", "BEGIN NOT", "EXECUTE", "LOCK", "SET LOCAL", "CREATE TEMP"]
            .iter()
            .all(|word| !sql.starts_with(word))
    };
    // The procedure was made by a script whose words do not tell what it leaves.
    Account::count().exec(&db).await?;
    let before = db.pool_status().created;
    for sql in all.iter().filter(known) {
        db.execute(*sql, ()).await?;
        Account::count().exec(&db).await?;
        assert_eq!(db.pool_status().created, before, "{sql}");
    }
    let tx = db.begin().await?;
    if db.dialect().name() == "postgresql" {
        tx.execute("SET LOCAL search_path TO pg_catalog", ()).await?;
        tx.execute("LOCK TABLE public.accounts", ()).await?;
        tx.execute("SET CONSTRAINTS ALL DEFERRED", ()).await?;
        tx.execute("CREATE TEMP TABLE short (a INT) ON COMMIT DROP", ()).await?;
    }
    tx.commit().await?;
    Account::create().owner("a").exec(&db).await?;
    assert_eq!(db.pool_status().created, before);
    Ok(())
}

async fn a_database_inside_its_connection_stays(test: Test) -> Result<()> {
    if test.backend != "sqlite" {
        return Ok(());
    }
    let db = orm::connect("sqlite::memory:").await?;
    db.create_tables::<Account>().await?;
    Account::create().owner("a").exec(&db).await?;
    db.execute("PRAGMA cache_size = -4000", ()).await?;
    db.execute("CREATE TEMP TABLE mine (a INT)", ()).await?;
    db.execute("ATTACH ':memory:' AS other", ()).await?;
    db.execute("CREATE TABLE other.t (a INT)", ()).await?;
    assert_eq!(Account::count().exec(&db).await?, 1);
    assert_eq!(db.query::<i64>("SELECT count(*) FROM mine, other.t", ()).await?, [0]);
    Ok(())
}

async fn rows_of_a_statement_that_was_replaced_are_the_new_ones(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let tx = db.begin().await?;
    match db.dialect().name() {
        "postgresql" => {
            tx.execute("DECLARE c CURSOR FOR SELECT 1::int8 AS a, 2::int8 AS b", ()).await?;
            assert_eq!(tx.query::<(i64, i64)>("FETCH ALL FROM c", ()).await?, [(1, 2)]);
            tx.execute("CLOSE c", ()).await?;
            tx.execute("DECLARE c CURSOR FOR SELECT 'x'::text AS a", ()).await?;
            assert_eq!(tx.query::<String>("FETCH ALL FROM c", ()).await?, ["x"]);
            tx.execute("PREPARE s AS SELECT 1::int8 AS a, 2::int8 AS b", ()).await?;
            assert_eq!(tx.query::<(i64, i64)>("EXECUTE s", ()).await?, [(1, 2)]);
            tx.execute("DEALLOCATE s", ()).await?;
            tx.execute("PREPARE s AS SELECT 'x'::text AS a", ()).await?;
            assert_eq!(tx.query::<String>("EXECUTE s", ()).await?, ["x"]);
        }
        "sqlite" => {}
        _ => {
            tx.execute("PREPARE s FROM 'SELECT 1, 2'", ()).await?;
            assert_eq!(tx.query::<(i64, i64)>("EXECUTE s", ()).await?, [(1, 2)]);
            tx.execute("PREPARE s FROM \"SELECT 'x'\"", ()).await?;
            assert_eq!(tx.query::<String>("EXECUTE s", ()).await?, ["x"]);
        }
    }
    tx.commit().await
}

async fn texts_may_be_strings_of_ones_own(test: Test) -> Result<()> {
    let db = one_connection(&test).await?;
    let count = String::from("SELECT count(*) FROM accounts");
    db.execute(ADD.to_owned(), ()).await?;
    db.batch(ADD.replace("raw", "script")).await?;
    assert_eq!(db.query::<i64>(&count, ()).await?, [2]);
    let tx = db.begin().await?;
    tx.execute(ADD.replace("raw", "inside"), ()).await?;
    tx.batch(&ADD.replace("raw", "more")).await?;
    assert_eq!(tx.query::<i64>(count, ()).await?, [4]);
    tx.rollback().await
}

cases! { $ raw_state:
    rows_of_a_statement_that_was_replaced_are_the_new_ones,
    texts_may_be_strings_of_ones_own,
    what_raw_sql_leaves_in_a_session_others_do_not_meet,
    what_a_transaction_leaves_in_its_session_others_do_not_meet,
    locks_of_raw_sql_end_with_its_connection,
    a_connection_whose_session_is_as_before_is_kept,
    a_database_inside_its_connection_stays,
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
