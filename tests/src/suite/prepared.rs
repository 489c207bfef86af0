//! Statements find themselves prepared: what changes from one to the next is bound.

use orm::prelude::*;
use orm::{PoolOptions, Result};

use crate::Test;
use crate::cases::cases;
use crate::models::people::Account;

/// How many statements the only connection has prepared.
async fn prepared(test: &Test, db: &Database) -> Result<i64> {
    Ok(match test.shape.dialect {
        "sqlite" => 0,
        "postgresql" => db.query::<i64>("SELECT COUNT(*) FROM pg_prepared_statements", ()).await?[0],
        _ => {
            let rows: Vec<(String, String)> = db.query("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'", ()).await?;
            rows[0].1.parse().unwrap_or(-1)
        }
    })
}

async fn rows_created_again_find_their_statements_prepared(test: Test) -> Result<()> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    db.create_tables::<Account>().await?;
    prepared(&test, &db).await?;
    // More than one statement takes under TLS, and values of other lengths each time.
    let create = async |round: usize| {
        let owner = |i: usize| format!("{round}-{i}-{}", "x".repeat(40 + (i + round) % 5));
        Account::bulk_create((0..1_234).map(|i| Account::create().owner(owner(i)).cents(1))).count(&db).await
    };
    assert_eq!(create(0).await?, 1_234);
    let before = prepared(&test, &db).await?;
    for round in 1..4 {
        assert_eq!(create(round).await?, 1_234);
    }
    assert_eq!(prepared(&test, &db).await?, before);
    Ok(())
}

async fn pages_are_one_statement_to_the_database(test: Test) -> Result<()> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    db.create_tables::<Account>().await?;
    Account::bulk_create((0..10).map(|i| Account::create().owner(format!("{i}")).cents(i))).exec(&db).await?;
    let page = async |at: u64| {
        let rows = Account::find_all().order_by(Account::CENTS).limit(2).offset(at).exec(&db).await?;
        Ok::<Vec<i64>, orm::Error>(rows.iter().map(|row| row.cents).collect())
    };
    prepared(&test, &db).await?;
    assert_eq!(page(0).await?, [0, 1]);
    let before = prepared(&test, &db).await?;
    for at in 1..9 {
        assert_eq!(page(at).await?, [at.cast_signed(), at.cast_signed() + 1]);
    }
    assert!(page(u64::MAX).await?.is_empty());
    assert_eq!(prepared(&test, &db).await?, before);
    Ok(())
}

cases! { $ prepared:
    rows_created_again_find_their_statements_prepared,
    pages_are_one_statement_to_the_database,
}
