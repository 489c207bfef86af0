//! Statements of models that are dropped at every point where they wait, on a pool of one: the connection works
//! afterwards, and what was dropped has happened altogether or not at all.

#[allow(dead_code, unreachable_pub)]
#[path = "../../../orm/tests/suite/cancel.rs"]
mod polls;

use std::time::Duration;

use orm::prelude::*;
use orm::{PoolOptions, Result};

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Comment, Post, Tag, blog};

async fn one(test: &Test) -> Result<Database> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    db.create_tables::<Blog>().await?;
    blog(&db).await?;
    Ok(db)
}

/// Waits until a server has ended the sessions of dropped connections, whose last statement it may still be at work on.
async fn alone(test: &Test, db: &Database) -> Result<()> {
    let others = match test.backend {
        "sqlite" => return Ok(()),
        "postgres" => {
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' \
             AND datname = current_database() AND pid <> pg_backend_pid()"
        }
        _ => "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND id <> connection_id()",
    };
    while db.query::<i64>(others, ()).await? != [0] {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Drops an operation at every poll; each time, a number of rows is as before or has grown by `all`.
async fn whole_or_nothing<T>(
    name: &str,
    db: &Database,
    all: u64,
    operation: impl AsyncFnMut() -> Result<T>,
    mut count: impl AsyncFnMut() -> Result<u64>,
) -> Result<()> {
    let mut tally = polls::Tally::new(count().await?, all);
    let mut failure = None;
    polls::drop_at_every_poll(name, operation, async |polls, ended| {
        let place = format!("{name}, after {polls} polls");
        match tokio::time::timeout(Duration::from_secs(10), count()).await.expect("the pool is stuck") {
            Ok(now) => tally.check(now, ended, &place),
            Err(error) => failure = Some(error),
        }
        let status = db.pool_status();
        assert_eq!((status.in_use, status.idle), (0, 1), "{place}: {status:?}");
    })
    .await;
    failure.map_or(Ok(()), Err)
}

async fn reads_can_be_dropped(test: Test) -> Result<()> {
    let db = one(&test).await?;
    let count = async || Post::count().exec(&db).await;
    whole_or_nothing("find_all", &db, 0, async || Post::find_all().exec(&db).await, count).await?;
    let include =
        async || Author::find_all().include(Author::POSTS.include((Post::COMMENTS, Post::TAGS))).exec(&db).await;
    whole_or_nothing("include", &db, 0, include, count).await?;
    whole_or_nothing("page", &db, 0, async || Post::find_and_count_all().limit(2).exec(&db).await, count).await?;
    let stream = async || {
        let mut rows = Post::find_all().stream(&db);
        while let Some(row) = rows.next().await {
            row?;
        }
        Ok(())
    };
    whole_or_nothing("stream", &db, 0, stream, count).await
}

async fn writes_can_be_dropped(test: Test) -> Result<()> {
    let db = one(&test).await?;
    let count = async || Comment::count().exec(&db).await;
    let create = async || Comment::create().post_id(1).text("x").exec(&db).await;
    whole_or_nothing("create", &db, 1, create, count).await?;
    let bulk = async || {
        Comment::bulk_create((0..3).map(|i| Comment::create().post_id(1).text(format!("{i}")))).exec(&db).await
    };
    whole_or_nothing("bulk_create", &db, 3, bulk, count).await?;
    let update = async || Comment::update().set(Comment::LIKES, 1).all_rows().exec(&db).await;
    whole_or_nothing("update", &db, 0, update, count).await
}

async fn bulk_writes_of_several_statements_can_be_dropped(test: Test) -> Result<()> {
    let db = one(&test).await?;
    let count = async || Comment::count().exec(&db).await;
    // Two sets of columns: two statements, one transaction.
    let bulk = async || {
        let mut rows = vec![Comment::create().post_id(1).text("a"), Comment::create().text("b")];
        rows.push(Comment::create().post_id(1).text("c").likes(3));
        Comment::bulk_create(rows).exec(&db).await
    };
    whole_or_nothing("bulk_create", &db, 3, bulk, count).await
}

async fn handles_can_be_dropped(test: Test) -> Result<()> {
    let db = one(&test).await?;
    let post = Post::find_by_pk(1).required(&db).await?;
    let tags = Tag::find_all().order_by(Tag::ID.asc()).exec(&db).await?;
    let mut flip = 0;
    let set = async || {
        flip += 1;
        post.tags().set(&tags[flip % 2..=flip % 2]).exec(&db).await
    };
    polls::drop_at_every_poll("set", set, async |polls, _| {
        alone(&test, &db).await.unwrap();
        let found = post.tags().count(&db).await.unwrap();
        assert!(found == 1 || found == 2, "{found} tags after {polls} polls");
    })
    .await;
    assert_eq!(post.tags().count(&db).await?, 1);
    Ok(())
}

async fn transactions_of_models_can_be_dropped(test: Test) -> Result<()> {
    let db = one(&test).await?;
    let count = async || Comment::count().exec(&db).await;
    let both = async || {
        db.transaction(async |tx| {
            Comment::create().post_id(1).text("x").exec(tx).await?;
            tx.transaction(async |sp| Comment::create().post_id(2).text("y").exec(sp).await).await
        })
        .await
    };
    whole_or_nothing("transaction", &db, 2, both, count).await
}

async fn streams_can_be_dropped_in_a_transaction(test: Test) -> Result<()> {
    let db = one(&test).await?;
    let posts = Post::count().exec(&db).await?;
    let tx = db.begin().await?;
    Author::create().name("mine").exec(&tx).await?;
    let stream = async || {
        let mut rows = Post::find_all().stream(&tx);
        while let Some(row) = rows.next().await {
            row?;
            // Dropped between rows as well.
            tokio::task::yield_now().await;
        }
        Ok(())
    };
    let mut failure = None;
    polls::drop_at_every_poll("stream", stream, async |polls, _| match Post::count().exec(&tx).await {
        Ok(found) => assert_eq!(found, posts, "after {polls} polls"),
        Err(error) => failure = Some(error),
    })
    .await;
    failure.map_or(Ok(()), Err)?;
    tx.commit().await?;
    assert!(Author::exists().filter(Author::NAME.eq("mine")).exec(&db).await?);
    Ok(())
}

async fn raw_operations_can_be_dropped(test: Test) -> Result<()> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    db.execute("CREATE TABLE cancelled (text VARCHAR(9))", ()).await?;
    polls::check_operations(&db, polls::Probe { count: "SELECT count(*) FROM cancelled", open: &[] }).await;
    Ok(())
}

cases! { $ cancel:
    reads_can_be_dropped,
    writes_can_be_dropped,
    bulk_writes_of_several_statements_can_be_dropped,
    handles_can_be_dropped,
    transactions_of_models_can_be_dropped,
    streams_can_be_dropped_in_a_transaction,
    raw_operations_can_be_dropped,
}
