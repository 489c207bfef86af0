//! Single statements that are run again after a deadlock.

use std::sync::atomic::Ordering::SeqCst;

use orm::{Database, DatabaseOptions, ErrorKind};

use super::toy::Toy;

async fn deadlocked(times: u32, options: DatabaseOptions) -> (Toy, Database) {
    let toy = Toy::default();
    let db = Database::connect_with(toy.clone(), options).await.unwrap();
    toy.server.deadlocks.store(times, SeqCst);
    (toy, db)
}

#[tokio::test]
async fn a_statement_is_run_again_after_deadlocks() {
    let (toy, db) = deadlocked(4, DatabaseOptions::new()).await;
    assert_eq!(db.execute("UPDATE", ()).await.unwrap().rows_affected, 1);
    assert_eq!(toy.server.tries.load(SeqCst), 5);
}

#[tokio::test]
async fn a_statement_is_run_again_so_often_and_no_more() {
    for (options, tries) in [(DatabaseOptions::new(), 11), (DatabaseOptions::new().statement_retries(2), 3)] {
        let (toy, db) = deadlocked(100, options).await;
        assert_eq!(db.execute("UPDATE", ()).await.unwrap_err().kind(), ErrorKind::Deadlock);
        assert_eq!(toy.server.tries.load(SeqCst), tries);
    }
}

#[tokio::test]
async fn no_statement_is_run_again_where_the_option_is_off() {
    let (toy, db) = deadlocked(1, DatabaseOptions::new().statement_retries(0)).await;
    db.execute("UPDATE", ()).await.unwrap_err();
    assert_eq!(toy.server.tries.load(SeqCst), 1);
}

#[tokio::test]
async fn statements_of_a_transaction_are_not_run_again_by_themselves() {
    let (toy, db) = deadlocked(1, DatabaseOptions::new()).await;
    let failed = db.transaction(async |tx| tx.execute("UPDATE", ()).await).await;
    assert_eq!((failed.unwrap_err().kind(), toy.server.tries.load(SeqCst)), (ErrorKind::Deadlock, 1));
}

#[tokio::test]
async fn a_procedure_is_not_called_again() {
    let (toy, db) = deadlocked(1, DatabaseOptions::new()).await;
    db.execute("CALL p()", ()).await.unwrap_err();
    assert_eq!(toy.server.tries.load(SeqCst), 1);
}
