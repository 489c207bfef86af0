//! What is stored when a write and the reading of its row do not go together: values that cannot be read back, rows that a
//! trigger leaves out, keys that the database does not give.

use orm::prelude::*;
use orm::{ErrorKind, PoolOptions, Result};

use crate::Test;
use crate::cases::cases;

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "gauges")]
struct Gauge {
    #[orm(primary_key)]
    id: i64,
    small: i8,
    medium: i32,
    large: i64,
    byte: u8,
    word: u32,
}

fn gauge() -> Gauge {
    let (small, medium, large, byte, word) = (i8::MAX, i32::MAX, i64::MAX, u8::MAX, u32::MAX);
    Gauge { id: 1, small, medium, large, byte, word }
}

/// A table that was there before, with a column that holds more than the field does.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "wide")]
struct Wide {
    #[orm(primary_key)]
    id: i64,
    #[orm(default_sql = "3000000000")]
    n: i32,
}

async fn wide(test: &Test) -> Result<Database> {
    let db = test.connect().await?;
    db.execute("CREATE TABLE wide (id BIGINT NOT NULL PRIMARY KEY, n BIGINT DEFAULT 3000000000 NOT NULL)", ()).await?;
    Ok(db)
}

/// A table whose key the database numbers only if it is declared so.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "tickets")]
struct Ticket {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
}

async fn a_result_that_the_type_cannot_hold_is_refused_and_leaves_nothing_written(test: Test) -> Result<()> {
    let db = test.with::<(Gauge,)>().await?;
    let row = Gauge::insert(gauge()).exec(&db).await?;
    let one = |update: GaugeUpdate<orm::query::Update<Gauge>>| async { update.filter(Gauge::ID.eq(1)).exec(&db).await };
    let outcomes = [
        one(Gauge::update().set(Gauge::SMALL, Gauge::SMALL + 1)).await,
        one(Gauge::update().set(Gauge::MEDIUM, Gauge::MEDIUM + 1)).await,
        one(Gauge::update().set(Gauge::LARGE, Gauge::LARGE + 1)).await,
        one(Gauge::update().set(Gauge::BYTE, Gauge::BYTE + 1)).await,
        one(Gauge::update().set(Gauge::WORD, Gauge::WORD + 1)).await,
    ];
    for (i, outcome) in outcomes.into_iter().enumerate() {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutOfRange, "{i}: {error}");
    }
    Gauge::update().set(Gauge::BYTE, 0).set(Gauge::WORD, 0).filter(Gauge::ID.eq(1)).exec(&db).await?;
    let below = [
        one(Gauge::update().set(Gauge::BYTE, Gauge::BYTE - 1)).await,
        one(Gauge::update().set(Gauge::WORD, Gauge::WORD - 1)).await,
    ];
    for outcome in below {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::OutOfRange);
    }
    assert_eq!(Gauge::find_all().exec(&db).await?, [Gauge { byte: 0, word: 0, ..row }]);
    Ok(())
}

async fn an_increment_beyond_the_type_is_refused(test: Test) -> Result<()> {
    let db = test.with::<(Gauge,)>().await?;
    let mut row = Gauge::insert(gauge()).exec(&db).await?;
    let error = row.increment(Gauge::MEDIUM, 1, &db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfRange, "{error}");
    assert_eq!(Gauge::find_all().exec(&db).await?, [gauge()]);
    Ok(())
}

async fn an_error_about_a_row_that_is_stored_says_so(test: Test) -> Result<()> {
    let db = wide(&test).await?;
    let error = Wide::create().id(1).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert!(error.to_string().contains("committed"), "{error}");
    assert_eq!(Wide::count().exec(&db).await?, 1);
    let error = Wide::bulk_create([Wide::create().id(2), Wide::create().id(3)]).exec(&db).await.unwrap_err();
    assert!(error.to_string().contains("committed"), "{error}");
    assert_eq!(Wide::count().exec(&db).await?, 3);
    Ok(())
}

async fn an_error_about_a_row_inside_a_transaction_leaves_it_to_the_transaction(test: Test) -> Result<()> {
    let db = wide(&test).await?;
    let outcome: Result<()> = db
        .transaction(async |tx| {
            let error = Wide::create().id(1).exec(tx).await.unwrap_err();
            assert!(!error.to_string().contains("committed"), "{error}");
            Err(error)
        })
        .await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Decode);
    assert_eq!(Wide::count().exec(&db).await?, 0);
    Ok(())
}

async fn a_row_that_a_trigger_leaves_out_is_named_as_such(test: Test) -> Result<()> {
    if test.backend != "postgres" {
        return Ok(()); // Elsewhere a trigger cannot leave a row out without an error.
    }
    let db = test.with::<(Ticket,)>().await?;
    db.execute(
        "CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN IF NEW.name = 'out' THEN RETURN NULL; END IF; RETURN NEW; END $$",
        (),
    )
    .await?;
    db.execute("CREATE TRIGGER t BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION leave_out()", ()).await?;
    let error = Ticket::create().name("out").exec(&db).await.unwrap_err();
    assert!(error.to_string().contains("trigger"), "{error}");
    let rows = ["in", "out"].map(|name| Ticket::create().name(name));
    let error = Ticket::bulk_create(rows).exec(&db).await.unwrap_err();
    assert!(error.to_string().contains("trigger") && error.to_string().contains("committed"), "{error}");
    assert_eq!(Ticket::count().exec(&db).await?, 1);
    Ok(())
}

async fn a_key_that_the_database_does_not_number_is_asked_for(test: Test) -> Result<()> {
    if test.backend != "sqlite" {
        return Ok(()); // Servers refuse a row without a key themselves.
    }
    for columns in [
        "id INT PRIMARY KEY, name TEXT NOT NULL",
        "id INTEGER PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID --",
        "id INTEGER PRIMARY KEY DESC, name TEXT NOT NULL",
        "id INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (id, name)",
    ] {
        let db = test.connect().await?;
        db.execute("DROP TABLE IF EXISTS tickets", ()).await?;
        db.execute(&format!("CREATE TABLE tickets ({columns}\n)").replace(" --\n)", ""), ()).await?;
        let error = Ticket::create().name("a").exec(&db).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{columns}: {error}");
        assert_eq!((error.model(), error.columns()), (Some("Ticket"), vec!["id"]));
        let many = ["b", "c"].map(|name| Ticket::create().name(name));
        assert_eq!(Ticket::bulk_create(many).exec(&db).await.unwrap_err().kind(), ErrorKind::InvalidStatement);
        assert_eq!(Ticket::count().exec(&db).await?, 0);
        let given = Ticket::create().id(7).name("a").exec(&db).await?;
        assert_eq!(Ticket::find_all().exec(&db).await?, [given]);
    }
    Ok(())
}

async fn a_counted_key_of_a_table_that_was_there_is_read_as_stored(test: Test) -> Result<()> {
    if test.backend != "sqlite" {
        return Ok(());
    }
    let db = test.connect().await?;
    db.execute("CREATE TABLE tickets (id INTEGER PRIMARY KEY, name TEXT NOT NULL)", ()).await?;
    let one = Ticket::create().name("a").exec(&db).await?;
    let many = Ticket::bulk_create(["b", "c"].map(|name| Ticket::create().name(name))).exec(&db).await?;
    let stored = Ticket::find_all().order_by(Ticket::ID.asc()).exec(&db).await?;
    assert_eq!(stored, [vec![one], many].concat());
    Ok(())
}

async fn a_table_that_is_missing_is_named_as_before(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let error = Ticket::create().name("a").exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownTable, "{error}");
    db.create_tables::<(Ticket,)>().await?;
    assert_eq!(Ticket::create().name("a").exec(&db).await?.name, "a");
    Ok(())
}

/// Servers of a cluster give out every n-th number, each its own (MySQL manual, "auto_increment_increment").
async fn rows_of_a_bulk_insert_come_back_among_those_of_other_writers(test: Test) -> Result<()> {
    let db = test.with::<(Ticket,)>().await?;
    let steps = db.dialect().name() == "mysql" || db.dialect().name() == "mariadb";
    let write = async |writer: u32| -> Result<()> {
        let own = test.connect_with(PoolOptions::new().max_connections(1)).await?;
        let tx = own.begin().await?;
        if steps {
            tx.execute("SET SESSION auto_increment_increment = 3", ()).await?;
            tx.execute(&format!("SET SESSION auto_increment_offset = {}", writer + 1), ()).await?;
        }
        tx.commit().await?;
        for round in 0..20 {
            let names: Vec<String> = (0..7).map(|i| format!("{writer} {round} {i}")).collect();
            let made = Ticket::bulk_create(names.iter().map(|name| Ticket::create().name(name))).exec(&own).await?;
            let came: Vec<String> = made.iter().map(|ticket| ticket.name.clone()).collect();
            assert_eq!(came, names);
            for ticket in made {
                assert_eq!(Ticket::find_by_pk(ticket.id).required(&own).await?.name, ticket.name);
            }
        }
        own.close().await?;
        Ok(())
    };
    if test.backend == "sqlite" {
        return Ok(()); // One writer at a time, and keys without a step.
    }
    let (a, b, c) = tokio::join!(write(0), write(1), write(2));
    a.and(b).and(c)
}

cases! { $ written:
    a_result_that_the_type_cannot_hold_is_refused_and_leaves_nothing_written,
    an_increment_beyond_the_type_is_refused,
    an_error_about_a_row_that_is_stored_says_so,
    an_error_about_a_row_inside_a_transaction_leaves_it_to_the_transaction,
    a_row_that_a_trigger_leaves_out_is_named_as_such,
    a_key_that_the_database_does_not_number_is_asked_for,
    a_counted_key_of_a_table_that_was_there_is_read_as_stored,
    a_table_that_is_missing_is_named_as_before,
    rows_of_a_bulk_insert_come_back_among_those_of_other_writers,
}
