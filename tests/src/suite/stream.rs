//! Rows as they come, and the pool they come from.

use std::time::Duration;

use orm::prelude::*;
use orm::{PoolOptions, Result};

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Comment, Country, Post, blog};
use crate::models::people::{Person, people};

/// A pool of one, with some hundred people.
async fn crowd(test: &Test, people: i32) -> Result<Database> {
    crowd_with(test, people, PoolOptions::new()).await
}

async fn crowd_with(test: &Test, people: i32, options: PoolOptions) -> Result<Database> {
    let db = test.connect_with(options.max_connections(1)).await?;
    db.create_tables::<Person>().await?;
    let rows = (0..people).map(|age| Person::create().name(format!("p{age}")).age(age).height(1.0));
    Person::bulk_create(rows).count(&db).await?;
    Ok(db)
}

async fn a_stream_gives_every_row_in_order(test: Test) -> Result<()> {
    let db = crowd(&test, 2000).await?;
    let mut rows = Person::find_all().filter(Person::AGE.lt(1500)).order_by(Person::AGE.asc()).stream(&db);
    let mut next = 0;
    while let Some(person) = rows.next().await {
        assert_eq!(person?.age, next);
        next += 1;
    }
    assert_eq!(next, 1500);
    assert!(rows.next().await.is_none());
    Ok(())
}

async fn a_stream_that_is_dropped_leaves_the_connection_usable(test: Test) -> Result<()> {
    let db = crowd(&test, 2000).await?;
    for taken in [0, 1, 63, 64, 65, 700] {
        let mut rows = Person::find_all().order_by(Person::AGE.asc()).stream(&db);
        for age in 0..taken {
            assert_eq!(rows.next().await.unwrap()?.age, age);
        }
        drop(rows);
        let counted = tokio::time::timeout(Duration::from_secs(10), Person::count().exec(&db)).await;
        assert_eq!(counted.expect("the pool is stuck")?, 2000, "after {taken} rows");
    }
    Ok(())
}

async fn a_stream_holds_its_connection(test: Test) -> Result<()> {
    let db = crowd(&test, 500).await?;
    let mut rows = Person::find_all().stream(&db);
    rows.next().await.unwrap()?;
    assert_eq!(db.pool_status().in_use, 1);
    while let Some(person) = rows.next().await {
        person?;
    }
    drop(rows);
    assert_eq!(db.pool_status().in_use, 0);
    Ok(())
}

async fn a_stream_of_a_selection_gives_tuples(test: Test) -> Result<()> {
    let db = crowd(&test, 100).await?;
    let mut rows = Person::find_all().select((Person::AGE, Person::NAME)).order_by(Person::AGE.desc()).stream(&db);
    assert_eq!(rows.next().await.unwrap()?, (99, "p99".to_owned()));
    Ok(())
}

async fn a_stream_runs_in_a_transaction(test: Test) -> Result<()> {
    let db = crowd(&test, 300).await?;
    let seen = db
        .transaction(async |tx| {
            Person::create().name("mine").age(1000).height(1.0).exec(tx).await?;
            let mut rows = Person::find_all().stream(tx);
            let mut seen = 0;
            while let Some(person) = rows.next().await {
                person?;
                seen += 1;
            }
            Ok(seen)
        })
        .await?;
    assert_eq!(seen, 301);
    Ok(())
}

async fn a_stream_that_is_dropped_leaves_its_transaction_usable(test: Test) -> Result<()> {
    let db = crowd(&test, 2000).await?;
    for taken in [0, 1, 63, 64, 65, 700, 1999] {
        let tx = db.begin().await?;
        Person::create().name("mine").age(5000).height(1.0).exec(&tx).await?;
        let mut rows = Person::find_all().order_by(Person::AGE.asc()).stream(&tx);
        for age in 0..taken {
            assert_eq!(rows.next().await.unwrap()?.age, age);
        }
        drop(rows);
        assert_eq!(Person::count().exec(&tx).await?, 2001, "after {taken} rows");
        Person::destroy().filter(Person::AGE.eq(5000)).exec(&tx).await?;
        tx.commit().await?;
        assert_eq!(Person::count().exec(&db).await?, 2000, "after {taken} rows");
    }
    Ok(())
}

async fn a_statement_beside_a_stream_of_its_transaction_waits_and_is_told_why(test: Test) -> Result<()> {
    let db = crowd_with(&test, 5000, PoolOptions::new().acquire_timeout(Duration::from_millis(300))).await?;
    let tx = db.begin().await?;
    let mut rows = Person::find_all().stream(&tx);
    rows.next().await.unwrap()?;
    let error = Person::count().exec(&tx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AcquireTimeout);
    assert!(error.message().contains("a stream of the transaction is half read"), "{error}");
    assert_eq!(tx.begin().await.unwrap_err().kind(), ErrorKind::AcquireTimeout);
    let (rest, count) = tokio::join!(every(rows), Person::count().exec(&tx));
    assert_eq!((rest?.len(), count?), (4999, 5000));
    tx.commit().await
}

async fn a_transaction_ends_after_a_stream_that_was_dropped(test: Test) -> Result<()> {
    let db = crowd(&test, 2000).await?;
    for (commit, expected) in [(false, 2000), (true, 2001)] {
        let tx = db.begin().await?;
        Person::create().name("mine").age(5000).height(1.0).exec(&tx).await?;
        let mut rows = Person::find_all().stream(&tx);
        rows.next().await.unwrap()?;
        drop(rows);
        if commit {
            tx.commit().await?
        } else {
            tx.rollback().await?
        }
        assert_eq!(Person::count().exec(&db).await?, expected);
    }
    Ok(())
}

async fn a_transaction_that_is_dropped_after_a_stream_is_undone(test: Test) -> Result<()> {
    let db = crowd(&test, 2000).await?;
    for _ in 0..3 {
        let tx = db.begin().await?;
        Person::create().name("mine").age(5000).height(1.0).exec(&tx).await?;
        let mut rows = Person::find_all().stream(&tx);
        rows.next().await.unwrap()?;
        drop(rows);
        drop(tx);
        assert_eq!(Person::count().exec(&db).await?, 2000);
    }
    Ok(())
}

async fn a_savepoint_that_is_dropped_after_a_stream_leaves_its_transaction_usable(test: Test) -> Result<()> {
    let db = crowd(&test, 2000).await?;
    let tx = db.begin().await?;
    for expected in [2001, 2002] {
        Person::create().name("outer").age(5000).height(1.0).exec(&tx).await?;
        let outer = tx.begin().await?;
        let inner = outer.begin().await?;
        Person::create().name("inner").age(5000).height(1.0).exec(&inner).await?;
        let mut rows = Person::find_all().stream(&inner);
        rows.next().await.unwrap()?;
        drop(rows);
        drop((inner, outer));
        assert_eq!(Person::count().exec(&tx).await?, expected);
    }
    tx.commit().await?;
    assert_eq!(Person::count().exec(&db).await?, 2002);
    Ok(())
}

async fn a_long_result_can_be_left_in_a_transaction(test: Test) -> Result<()> {
    let db = crowd(&test, 1000).await?;
    for _ in 0..7 {
        let copy = "INSERT INTO people (name, age, height) SELECT name, age, height FROM people";
        db.execute(copy, ()).await?;
    }
    db.transaction(async |tx| {
        let mut rows = Person::find_all().stream(tx);
        rows.next().await.unwrap()?;
        drop(rows);
        assert_eq!(Person::count().exec(tx).await?, 128_000);
        Ok(())
    })
    .await
}

async fn a_stream_gives_errors_once(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    let mut rows = Author::find_all().include(Author::POSTS).stream(&db);
    assert_eq!(rows.next().await.unwrap().unwrap_err().kind(), ErrorKind::InvalidStatement);
    assert!(rows.next().await.is_none());
    let mut rows = Person::find_all().stream(&db);
    assert_eq!(rows.next().await.unwrap().unwrap_err().kind(), ErrorKind::UnknownTable);
    assert!(rows.next().await.is_none());
    Ok(())
}

async fn many_tasks_share_few_connections(test: Test) -> Result<()> {
    let db = test.connect_with(PoolOptions::new().max_connections(2)).await?;
    db.create_tables::<Person>().await?;
    let tasks = (0..20).map(|age| {
        let db = db.clone();
        tokio::spawn(async move {
            Person::create().name("x").age(age).height(1.0).exec(&db).await?;
            db.transaction(async |tx| Person::count().exec(tx).await).await
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert!(task.await.unwrap()? >= 1);
    }
    assert_eq!(Person::count().exec(&db).await?, 20);
    let status = db.pool_status();
    assert!(status.created <= 2 && status.in_use == 0, "{status:?}");
    Ok(())
}

async fn a_url_says_how_many_connections_there_are(test: Test) -> Result<()> {
    let join = if test.url().contains('?') { '&' } else { '?' };
    let url = format!("{}{join}max_connections=2&min_connections=2", test.url());
    let db = orm::connect_with(&url, PoolOptions::new().max_connections(9)).await?;
    let status = db.pool_status();
    assert_eq!((status.max_size, status.size), (2, 2));
    let error = orm::connect(&format!("{}{join}max_connections=many", test.url())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    Ok(())
}

async fn the_dialect_has_what_is_expected(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let dialect = db.dialect();
    let list = Person::find_all().filter(Person::ID.in_(1..=20)).to_sql(dialect)?.sql;
    let row = Person::create().name("a").age(1).height(1.0);
    let upsert = Person::bulk_create([row]).on_conflict(Person::ID).do_nothing().to_sql(dialect)?.sql;
    let some = Person::find_all().select(count_all().only_where(Person::AGE.gt(18).free())).to_sql(dialect)?.sql;
    let (has, shape) = (db.dialect().capabilities(), test.shape);
    assert_eq!(db.dialect().name(), shape.dialect);
    assert_eq!(has.version, db.version());
    let found = [
        (has.returning_insert, shape.returning_insert),
        (has.returning_update, shape.returning_update),
        (has.last_insert_id, shape.last_insert_id),
        (list.contains("= ANY("), shape.lists == crate::Lists::Array),
        (list.contains("json_each("), shape.lists == crate::Lists::Json),
        (upsert.contains("ON CONFLICT"), shape.upserts == crate::Upserts::ByTarget),
        (has.arrays, shape.arrays),
        (has.enum_types, shape.enum_types),
        (has.row_locks, shape.row_locks),
        (has.skip_locked, shape.skip_locked),
        (has.partial_indexes, shape.partial_indexes),
        (has.expression_indexes, shape.expression_indexes),
        (has.transactional_ddl, shape.transactional_ddl),
        (has.truncate_cascade, shape.truncate_cascade),
        (has.set_default, shape.set_default),
        (some.contains("FILTER ("), shape.aggregate_filter),
        (has.nulls_first, shape.nulls_first),
        (has.unsigned, shape.unsigned),
    ];
    for (i, (has, expected)) in found.into_iter().enumerate() {
        assert_eq!(has, expected, "capability {i}");
    }
    Ok(())
}

async fn the_clock_of_the_database_is_utc(test: Test) -> Result<()> {
    let db = crowd(&test, 1).await?;
    let now = Person::find_one().select(orm::now()).required(&db).await?;
    let apart = (chrono::Utc::now() - now).num_seconds().abs();
    assert!(apart < 60, "{apart} seconds");
    Ok(())
}

/// The blog with some hundred posts more.
async fn long_blog(test: &Test) -> Result<Database> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    let post = |i: i64| {
        let reviewer = (i % 2 == 0).then_some(1 + i % 3);
        Post::create().author_id(1 + i % 3).reviewer_id(reviewer).title(format!("{i}"))
    };
    Post::bulk_create((0..300).map(post)).count(&db).await?;
    Ok(db)
}

async fn every<T: Send + 'static>(mut rows: orm::query::Rows<'_, T>) -> Result<Vec<T>> {
    let mut all = Vec::new();
    while let Some(row) = rows.next().await {
        all.push(row?);
    }
    Ok(all)
}

async fn to_one_relations_come_with_a_stream_s_rows(test: Test) -> Result<()> {
    let db = long_blog(&test).await?;
    let log = db.watch();
    let author = Post::AUTHOR.include((Author::COUNTRY, Author::PROFILE));
    let find = Post::find_all().include((author, Post::REVIEWER.filter(Author::ID.ne(1)))).order_by(Post::ID);
    let streamed = every(find.clone().stream(&db)).await?;
    assert_eq!(log.take().len(), 1);
    assert_eq!(streamed.len(), 304);
    assert_eq!(streamed, find.exec(&db).await?);
    let required = Post::find_all().include(Post::REVIEWER.required()).order_by(Post::ID);
    assert_eq!(every(required.clone().stream(&db)).await?, required.exec(&db).await?);
    let beside = Comment::find_all().with_related(Comment::POST.select(Post::TITLE)).order_by(Comment::ID);
    assert_eq!(every(beside.clone().stream(&db)).await?, beside.exec(&db).await?);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Post)]
struct Line {
    title: String,
    #[orm(nested = author)]
    author: Byline,
    #[orm(nested = reviewer)]
    reviewer: Option<Byline>,
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Author)]
struct Byline {
    name: String,
    #[orm(nested = country)]
    country: Option<Country>,
}

async fn nested_projections_come_as_a_stream(test: Test) -> Result<()> {
    let db = long_blog(&test).await?;
    let find = Post::find_all().project::<Line>().order_by(Post::ID);
    let streamed = every(find.clone().stream(&db)).await?;
    assert_eq!(streamed, find.exec(&db).await?);
    assert_eq!(streamed[0].author.country.as_ref().map(|country| &*country.name), Some("Norway"));
    Ok(())
}

async fn rows_of_a_stream_load_relations_by_batches(test: Test) -> Result<()> {
    let db = long_blog(&test).await?;
    let mut posts = Post::find_all().include(Post::AUTHOR).order_by(Post::ID).stream(&db);
    let (mut batch, mut comments) = (Vec::new(), 0);
    let log = db.watch();
    while let Some(post) = posts.next().await {
        batch.push(post?);
        if batch.len() == 100 {
            orm::load(&mut batch, Post::COMMENTS, &db).await?;
            comments += batch.drain(..).map(|post| post.comments.get().unwrap().len()).sum::<usize>();
        }
    }
    assert_eq!((comments, log.take().len()), (5, 4));
    Ok(())
}

async fn relations_that_take_a_query_are_refused_in_a_stream(test: Test) -> Result<()> {
    let db = long_blog(&test).await?;
    let log = db.watch();
    for (refused, name) in [
        (Author::find_all().include(Author::POSTS), "`Author::POSTS`"),
        (Author::find_all().include((Author::COUNTRY, Author::PROFILE.separate())), "`Author::PROFILE`"),
        (Author::find_all().include(Author::COUNTRY.include(Country::AUTHORS)), "`Country::AUTHORS`"),
    ] {
        let error = refused.stream(&db).next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
        assert!(error.to_string().contains(name) && error.to_string().contains("`orm::load`"), "{error}");
    }
    assert_eq!(log.take().len(), 0);
    Ok(())
}

async fn a_stream_may_own_its_database(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let names = |mut rows: orm::Rows<'static, String>| async move {
        let mut names = Vec::new();
        while let Some(name) = rows.next().await {
            names.push(name?);
        }
        Ok::<_, orm::Error>(names)
    };
    let find = || Person::find_all().order_by(Person::ID).select(Person::NAME);
    let rows = tokio::spawn(names(find().stream_owned(db.clone()))).await.unwrap()?;
    assert_eq!(rows, ["Ada", "Bob", "Cy", "Dan", "eve"]);
    let tx = db.begin().await?;
    Person::update().set(Person::NAME, "x").all_rows().exec(&tx).await?;
    let mut half = find().stream_owned(tx);
    assert_eq!(half.next().await.unwrap()?, "x");
    // The transaction went with its stream, and is undone.
    drop(half);
    assert_eq!(names(find().stream_owned(db)).await?.len(), 5);
    Ok(())
}

cases! { $ stream:
    a_stream_may_own_its_database,
    to_one_relations_come_with_a_stream_s_rows,
    nested_projections_come_as_a_stream,
    rows_of_a_stream_load_relations_by_batches,
    relations_that_take_a_query_are_refused_in_a_stream,
    a_stream_gives_every_row_in_order,
    a_stream_that_is_dropped_leaves_the_connection_usable,
    a_stream_holds_its_connection,
    a_stream_of_a_selection_gives_tuples,
    a_stream_runs_in_a_transaction,
    a_stream_that_is_dropped_leaves_its_transaction_usable,
    a_statement_beside_a_stream_of_its_transaction_waits_and_is_told_why,
    a_transaction_ends_after_a_stream_that_was_dropped,
    a_transaction_that_is_dropped_after_a_stream_is_undone,
    a_savepoint_that_is_dropped_after_a_stream_leaves_its_transaction_usable,
    a_long_result_can_be_left_in_a_transaction,
    a_stream_gives_errors_once,
    many_tasks_share_few_connections,
    a_url_says_how_many_connections_there_are,
    the_dialect_has_what_is_expected,
    the_clock_of_the_database_is_utc,
}
