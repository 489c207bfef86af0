//! Errors: each kind where it belongs, with the facts known about it.

use std::time::Duration;

use orm::prelude::*;
use orm::{PoolOptions, Result};

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Blog, Country, Post, blog};
use crate::models::keys::{Currency, Seat};
use crate::models::people::{Account, Person, Receipt, people};
use crate::relay::Relay;

async fn unique_violations_name_the_columns(test: Test) -> Result<()> {
    let db = test.with::<(Account, Currency, Seat)>().await?;
    Account::create().owner("it's-a'key").exec(&db).await?;
    let error = Account::create().owner("it's-a'key").exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert_eq!((error.model(), error.table(), error.columns()), (Some("Account"), Some("accounts"), vec!["owner"]));
    assert!(error.code().is_some() && std::error::Error::source(&error).is_some());
    let error = Account::create().id(1).owner("other").exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::UniqueViolation, vec!["id"]));
    Currency::create().code("EUR").name("Euro").exec(&db).await?;
    let error = Currency::create().code("EUR").name("Euro").exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::UniqueViolation, vec!["code"]));
    Seat::create().hall("a").number(1).exec(&db).await?;
    let error = Seat::create().hall("a").number(1).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::UniqueViolation, vec!["hall", "number"]));
    let mut second = Account::create().owner("b").exec(&db).await?;
    let error = second.update().owner("it's-a'key").exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::UniqueViolation, vec!["owner"]));
    Ok(())
}

async fn foreign_key_violations_name_the_model(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    let error = Post::create().author_id(99).reviewer_id(None).title("x").exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::ForeignKeyViolation, Some("Post")));
    assert_eq!((error.table(), error.columns()), (Some("posts"), vec!["author_id"]), "{error:?}");
    assert_eq!(error.constraint(), Some("posts_author_id_fkey"), "{error:?}");
    let rows = [1, 99].map(|author| Post::create().author_id(author).reviewer_id(None).title("x"));
    let error = Post::bulk_create(rows).exec(&db).await.unwrap_err();
    assert_eq!((error.model(), error.columns()), (Some("Post"), vec!["author_id"]), "{error:?}");
    let mut post = Post::find_one().order_by(Post::ID).required(&db).await?;
    let error = post.update().author_id(99).exec(&db).await.unwrap_err();
    assert_eq!((error.model(), error.columns()), (Some("Post"), vec!["author_id"]), "{error:?}");
    if !test.shape.row_locks {
        // SQLite itself does not say which key it was.
        assert!(error.to_string().ends_with("no row of `authors` has this `id`"), "{error}");
    }
    Ok(())
}

async fn a_row_that_others_point_at_is_named_and_what_points_at_it(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    let country = Country::find_by_pk(1).required(&db).await?;
    let by_row = country.destroy().exec(&db).await.unwrap_err();
    let by_filter = Country::destroy().filter(Country::ID.eq(1)).exec(&db).await.unwrap_err();
    for error in [by_row, by_filter] {
        assert_eq!((error.kind(), error.model()), (ErrorKind::ForeignKeyViolation, Some("Country")), "{error:?}");
        assert_eq!((error.table(), error.columns()), (Some("authors"), vec!["country_id"]), "{error:?}");
        assert_eq!(error.constraint(), Some("authors_country_id_fkey"));
        assert!(error.to_string().contains("`authors`"), "{error}");
    }
    Ok(())
}

async fn not_null_violations_name_the_column(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let null: orm::Expr<Person, String> = orm::Expr::from_node(Person::NICK.into_node());
    let error = Person::update().set(Person::NAME, null).filter(Person::ID.eq(2)).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::NotNullViolation, Some("Person")), "{error:?}");
    assert_eq!(error.columns(), ["name"], "{error:?}");
    Ok(())
}

async fn tables_and_columns_that_are_not_there_are_told_apart(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let error = Person::find_all().exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::UnknownTable, Some("Person")), "{error:?}");
    db.create_tables::<Person>().await?;
    assert_eq!(db.execute("SELECT no_such FROM people", ()).await.unwrap_err().kind(), ErrorKind::UnknownColumn);
    let error = db.execute("SELEC 1", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
    // `main` prints this: what a person should know, and what the database said.
    let shown = format!("{error:?}");
    assert!(
        shown.starts_with("syntax error") && shown.contains("\n\nCaused by:\n") && shown.contains("SELEC"),
        "{shown}"
    );
    let error = db.execute("CREATE TABLE people (id INTEGER)", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error:?}");
    Ok(())
}

async fn values_that_do_not_fit_are_refused(test: Test) -> Result<()> {
    let db = test.with::<(Currency, Person)>().await?;
    let long = Currency::create().code("EURO").name("x").exec(&db).await.unwrap_err();
    assert_eq!((long.kind(), long.columns()), (ErrorKind::DataTooLong, vec!["code"]), "{long}");
    people(&db).await?;
    let large = Person::update().set(Person::AGE, Person::AGE + i32::MAX).filter(Person::ID.eq(1)).exec(&db).await;
    assert_eq!(large.unwrap_err().kind(), ErrorKind::OutOfRange);
    Ok(())
}

async fn decode_errors_name_the_column(test: Test) -> Result<()> {
    let db = test.connect().await?;
    db.execute("CREATE TABLE people (id BIGINT, name TEXT, nick TEXT, age TEXT, score INTEGER, height DOUBLE PRECISION, active SMALLINT, born DATE)", ())
        .await?;
    db.execute("INSERT INTO people VALUES (1, 'x', NULL, 'old', 1, 1.5, 1, NULL)", ()).await?;
    let error = Person::find_all().exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::Decode, Some("Person")));
    assert_eq!(error.columns(), ["age"], "{error}");
    db.execute("UPDATE people SET name = NULL", ()).await?;
    let error = Person::find_all().select(Person::NAME).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Decode, vec!["name"]));
    assert!(error.to_string().contains("Option"), "{error}");
    Ok(())
}

async fn a_connection_survives_errors(test: Test) -> Result<()> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    db.create_tables::<Account>().await?;
    for _ in 0..20 {
        assert!(db.execute("SELECT nothing FROM nowhere", ()).await.is_err());
        assert!(db.query::<i64>("SELECT 'text' AS x", ()).await.is_err());
    }
    Account::create().owner("a").exec(&db).await?;
    assert_eq!(db.pool_status().created, 1);
    Ok(())
}

async fn writing_a_computed_column_is_no_error_of_ours(test: Test) -> Result<()> {
    let db = test.with::<Receipt>().await?;
    let mut receipt = Receipt::create().price(2).quantity(3).exec(&db).await?;
    receipt.price = 5;
    receipt.save(&db).await?;
    assert_eq!(receipt.total, 15);
    receipt.update().quantity(10).exec(&db).await?;
    assert_eq!(receipt.total, 50);
    Ok(())
}

async fn a_pool_without_a_free_connection_says_who_has_it(test: Test) -> Result<()> {
    let options = PoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(1));
    let db = test.connect_with(options).await?;
    let tx = db.begin().await?;
    let error = db.query::<i64>("SELECT 1", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AcquireTimeout);
    assert!(error.to_string().contains("error.rs:"), "{error}");
    tx.commit().await?;
    assert_eq!(db.query::<i64>("SELECT 1", ()).await?, [1]);
    Ok(())
}

async fn a_closed_database_is_closed(test: Test) -> Result<()> {
    let db = test.with::<Account>().await?;
    let clone = db.clone();
    db.close().await?;
    assert!(clone.is_closed());
    assert_eq!(Account::count().exec(&clone).await.unwrap_err().kind(), ErrorKind::PoolClosed);
    Ok(())
}

async fn databases_and_users_that_are_not_there_are_told_apart(test: Test) -> Result<()> {
    if !test.shape.row_locks {
        let error = orm::connect("sqlite:/nowhere/at/all.db").await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Io | ErrorKind::ConnectionFailed | ErrorKind::UnknownDatabase),
            "{error:?}"
        );
        return Ok(());
    }
    let (before, name) = test.url().rsplit_once('/').unwrap();
    let error = orm::connect(&format!("{before}/nowhere_at_all")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnknownDatabase | ErrorKind::Permission), "{error:?}");
    let (scheme, rest) = test.url().split_once("://").unwrap();
    let (_, host) = rest.split_once('@').unwrap();
    let error = orm::connect(&format!("{scheme}://nobody:wrong-secret@{host}")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth, "{error:?}");
    assert!(!format!("{error} {error:?}").contains("wrong-secret"));
    let error = orm::connect(&format!("{scheme}://nobody:wrong-secret@127.0.0.1:1/{name}")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error:?}");
    Ok(())
}

async fn a_connection_that_fails_tells_where_as_whom_and_what_to_do(test: Test) -> Result<()> {
    if !test.shape.row_locks {
        let error = orm::connect("sqlite:/nowhere/at/all.db").await.unwrap_err();
        let said = "connection failed: sqlite:/nowhere/at/all.db cannot be opened: the directory `/nowhere/at` does not exist; \
                    create it first";
        assert_eq!(error.to_string(), said);
        assert_eq!(format!("{error:?}"), format!("{said} (code 14)"));
        return Ok(());
    }
    let (scheme, rest) = test.url().split_once("://").unwrap();
    let (_, place) = rest.split_once('@').unwrap();
    let (server, _) = place.rsplit_once('/').unwrap();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap();
    // One that takes a connection and gives another's answer.
    let other = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let other_place = other.local_addr().unwrap();
    let answer = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        while let Ok((mut stream, _)) = other.accept().await {
            let _ = stream.write_all(b"\x0a\0\0\x00?????HTTP/1.1").await;
        }
    });
    for (url, kind, server, words) in [
        (format!("{scheme}://me:pass-word@{server}/shop"), ErrorKind::Auth, server, "check user, password"),
        (
            format!("{scheme}://me:pass-word@127.0.0.1:1/shop"),
            ErrorKind::ConnectionFailed,
            "127.0.0.1:1",
            "nothing listens",
        ),
        (
            format!("{scheme}://me:pass-word@no-such-host.invalid/shop"),
            ErrorKind::ConnectionFailed,
            "no-such-host.invalid",
            "name is not known",
        ),
        (
            format!("{scheme}://me:pass-word@{silent}/shop?connect_timeout=1"),
            ErrorKind::ConnectionFailed,
            &silent.to_string(),
            "no answer within 1s",
        ),
        (
            format!("{scheme}://me:pass-word@{other_place}/shop"),
            ErrorKind::ConnectionFailed,
            &other_place.to_string(),
            "check",
        ),
    ] {
        let error = orm::connect(&url).await.unwrap_err();
        let shown = error.to_string();
        assert_eq!(error.kind(), kind, "{error:?}");
        for part in ["`me`", "`shop`", server, words] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!format!("{shown} {error:?}").contains("pass-word"), "{error:?}");
    }
    answer.abort();
    let (before, _) = test.url().rsplit_once('/').unwrap();
    let error = orm::connect(&format!("{before}/nowhere_at_all")).await.unwrap_err().to_string();
    assert!(error.contains("`nowhere_at_all`") && error.contains(server), "{error}");
    Ok(())
}

async fn a_checkout_that_cannot_connect_tells_where_and_as_whom(test: Test) -> Result<()> {
    if !test.shape.row_locks {
        return Ok(());
    }
    let (relay, url) = Relay::before(test.url()).await.unwrap();
    let name = url.rsplit_once('/').unwrap().1;
    let db = orm::connect(&url).await?;
    relay.close();
    let mut kinds = Vec::new();
    while kinds.last() != Some(&ErrorKind::ConnectionFailed) {
        let error = db.query::<i64>("SELECT 1", ()).await.unwrap_err();
        kinds.push(error.kind());
        if error.kind() == ErrorKind::ConnectionFailed {
            let shown = error.to_string();
            assert!(shown.contains(&relay.address().to_string()) && shown.contains(&format!("`{name}`")), "{shown}");
        }
    }
    assert!(kinds.len() < 4, "{kinds:?}");
    Ok(())
}

async fn limits_of_any_length_are_taken(test: Test) -> Result<()> {
    let forever = Duration::MAX;
    let options = PoolOptions::new()
        .acquire_timeout(forever)
        .close_timeout(forever)
        .check_after(forever)
        .idle_timeout(forever)
        .max_lifetime(forever);
    let db = test.connect_with(options).await?;
    let transaction = orm::TransactionOptions::new().timeout(forever).backoff(forever, forever);
    let one = db.transaction_with(transaction, async |tx| tx.query::<i64>("SELECT 1", ()).await).await?;
    assert_eq!(one, [1]);
    db.close().await
}

async fn sub_queries_with_several_rows_are_statements_that_make_no_sense(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let several = db.query::<i64>("SELECT (SELECT id FROM people)", ()).await;
    if !test.shape.row_locks {
        // SQLite takes the first row.
        assert_eq!(several?.len(), 1);
        return Ok(());
    }
    let error = several.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error:?}");
    assert!(error.message().contains("several rows"), "{error}");
    Ok(())
}

async fn malformed_patterns_are_values_that_do_not_fit(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let error = Person::find_all().filter(Person::NAME.regexp("(")).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error:?}");
    assert!(error.message().contains("regular expression"), "{error}");
    Ok(())
}

async fn statements_that_make_no_sense_are_told_so(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    for sql in [
        "TRUNCATE TABLE countries",
        "CREATE TABLE two (a INTEGER PRIMARY KEY, b INTEGER PRIMARY KEY)",
        "SELECT no_such_function()",
    ] {
        let error = db.execute(sql, ()).await.unwrap_err();
        assert!(
            error.kind() != ErrorKind::Database && !error.to_string().ends_with(&error.kind().to_string()),
            "{sql}: {error:?}"
        );
    }
    Ok(())
}

async fn errors_show_no_values(test: Test) -> Result<()> {
    let db = test.with::<Account>().await?;
    Account::create().owner("top-secret").exec(&db).await?;
    let error = Account::create().owner("top-secret").exec(&db).await.unwrap_err();
    assert!(!error.to_string().contains("top-secret"), "{error}");
    assert!(!format!("{error:?}").contains("top-secret"), "{error:?}");
    let find = Account::find_all().filter(Account::OWNER.eq("top-secret"));
    assert!(!format!("{find:?}").contains("top-secret"));
    Ok(())
}

async fn a_malformed_full_text_query_is_a_bad_value(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let (table, search) = match db.dialect().name() {
        "sqlite" => ("CREATE VIRTUAL TABLE sought USING fts5(words)", "SELECT words FROM sought WHERE words MATCH ?"),
        "postgresql" => (
            "CREATE TABLE sought (words TEXT)",
            "SELECT words FROM sought WHERE to_tsvector(words) @@ to_tsquery('simple', $1)",
        ),
        _ => (
            "CREATE TABLE sought (words TEXT, FULLTEXT (words)) ENGINE=InnoDB",
            "SELECT words FROM sought WHERE MATCH (words) AGAINST (? IN BOOLEAN MODE)",
        ),
    };
    db.execute(table, ()).await?;
    let found = db.query::<String>(search, ("fine",)).await?;
    assert_eq!(found, Vec::<String>::new());
    let error = db.query::<String>(search, ("+ * & (",)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}");
    assert!(error.message().contains("full-text query"), "{error}");
    let error = db.query::<String>("SELECT words FROM FROM sought", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax, "{error}");
    Ok(())
}

cases! { $ error:
    a_malformed_full_text_query_is_a_bad_value,
    unique_violations_name_the_columns,
    foreign_key_violations_name_the_model,
    a_row_that_others_point_at_is_named_and_what_points_at_it,
    not_null_violations_name_the_column,
    tables_and_columns_that_are_not_there_are_told_apart,
    values_that_do_not_fit_are_refused,
    decode_errors_name_the_column,
    a_connection_survives_errors,
    writing_a_computed_column_is_no_error_of_ours,
    a_pool_without_a_free_connection_says_who_has_it,
    a_closed_database_is_closed,
    databases_and_users_that_are_not_there_are_told_apart,
    errors_show_no_values,
    a_connection_that_fails_tells_where_as_whom_and_what_to_do,
    a_checkout_that_cannot_connect_tells_where_and_as_whom,
    limits_of_any_length_are_taken,
    sub_queries_with_several_rows_are_statements_that_make_no_sense,
    malformed_patterns_are_values_that_do_not_fit,
    statements_that_make_no_sense_are_told_so,
}
