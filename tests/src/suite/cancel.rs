//! Statements of models that are dropped at every point where they wait, on a pool of one: the connection works
//! afterwards, and what was dropped has happened altogether or not at all.

#[allow(dead_code, unreachable_pub)]
#[path = "../../../orm/tests/suite/cancel.rs"]
pub(crate) mod polls;

use std::cell::Cell;
use std::time::Duration;

use orm::prelude::*;
use orm::{PoolOptions, Result};

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Comment, Post, Tag, blog};
use crate::models::people::{Note, Person, people};
use crate::models::schema::Sorted;

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
    whole_or_nothing("page", &db, 0, async || Post::find_and_count_all().limit(2).exec(&db).await, count).await?;
    whole_or_nothing("count", &db, 0, async || Post::find_all().count(&db).await, count).await?;
    whole_or_nothing("explain", &db, 0, async || Post::find_all().explain(&db).await, count).await?;
    whole_or_nothing("find_one", &db, 0, async || Post::find_one().exec(&db).await, count).await?;
    whole_or_nothing("find_one, required", &db, 0, async || Post::find_one().required(&db).await, count).await?;
    whole_or_nothing("find_by_pk", &db, 0, async || Post::find_by_pk(1).exec(&db).await, count).await?;
    whole_or_nothing("find_by_pk, required", &db, 0, async || Post::find_by_pk(1).required(&db).await, count).await?;
    whole_or_nothing("count of all", &db, 0, async || Post::count().exec(&db).await, count).await?;
    whole_or_nothing("exists", &db, 0, async || Post::exists().exec(&db).await, count).await?;
    whole_or_nothing("aggregate", &db, 0, async || Post::aggregate(Post::ID.max()).exec(&db).await, count).await?;
    let mut post = Post::find_by_pk(1).required(&db).await?;
    whole_or_nothing("reload", &db, 0, async || post.reload(&db).await, count).await?;
    whole_or_nothing("table_exists", &db, 0, async || db.table_exists::<Post>().await, count).await?;
    let stream = async || {
        let mut rows = Post::find_all().stream(&db);
        while let Some(row) = rows.next().await {
            row?;
        }
        Ok(())
    };
    whole_or_nothing("stream", &db, 0, stream, count).await
}

async fn reads_of_related_rows_can_be_dropped(test: Test) -> Result<()> {
    let db = one(&test).await?;
    let count = async || Post::count().exec(&db).await;
    let include =
        async || Author::find_all().include(Author::POSTS.include((Post::COMMENTS, Post::TAGS))).exec(&db).await;
    whole_or_nothing("include", &db, 0, include, count).await?;
    let posts = Post::find_all().exec(&db).await?;
    let load = async || orm::load(&mut posts.clone(), (Post::COMMENTS, Post::TAGS), &db).await;
    whole_or_nothing("load", &db, 0, load, count).await?;
    let peers = async || orm::LazyBatch::new(posts.clone(), &db).with(0, Post::COMMENTS).await.map(drop);
    whole_or_nothing("peers", &db, 0, peers, count).await?;
    let tag = Tag::find_by_pk(1).required(&db).await?;
    whole_or_nothing("related", &db, 0, async || posts[0].tags().exec(&db).await, count).await?;
    whole_or_nothing("count of related", &db, 0, async || posts[0].tags().count(&db).await, count).await?;
    whole_or_nothing("has", &db, 0, async || posts[0].tags().has(&tag, &db).await, count).await
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
    let bulk = async || Comment::bulk_create((0..3).map(|_| Comment::create().text("x"))).count(&db).await;
    whole_or_nothing("bulk_create, counted", &db, 3, bulk, count).await?;
    let mut id = 1_000;
    let insert = async || {
        id += 1;
        let whole = Comment { id, post_id: None, text: "x".to_owned(), likes: 0, post: BelongsTo::default() };
        Comment::insert(whole).exec(&db).await
    };
    whole_or_nothing("insert", &db, 1, insert, count).await?;
    let post = Post::find_by_pk(1).required(&db).await?;
    let related = async || post.comments().create().text("x").exec(&db).await;
    whole_or_nothing("create of a related row", &db, 1, related, count).await?;
    let upsert = async || {
        Tag::bulk_create([Tag::create().label("rust")]).on_conflict(Tag::LABEL).update(Tag::LABEL).exec(&db).await
    };
    upsert().await?;
    let tags = async || Tag::count().exec(&db).await;
    whole_or_nothing("upsert", &db, 0, upsert, tags).await?;
    let mut number = 0;
    let find_or_create = async || {
        number += 1;
        let name = format!("new {number}");
        Tag::find_or_create().filter(Tag::LABEL.eq(&*name)).defaults(Tag::create().label(&*name)).exec(&db).await
    };
    whole_or_nothing("find_or_create", &db, 1, find_or_create, tags).await?;
    let update = async || Comment::update().set(Comment::LIKES, 1).all_rows().exec(&db).await;
    whole_or_nothing("update", &db, 0, update, count).await?;
    if test.shape.returning_update {
        let update = async || Comment::update().set(Comment::LIKES, 1).all_rows().returning(&db).await;
        whole_or_nothing("update, returning", &db, 0, update, count).await?;
    }
    Ok(())
}

async fn rows_created_together_can_be_dropped(test: Test) -> Result<()> {
    let db = one(&test).await?;
    let count = async || Ok(Author::count().exec(&db).await? + Post::count().exec(&db).await?);
    let nested = async || {
        Author::create().name("n").with_posts(|new| [new.create().title("a"), new.create().title("b")]).exec(&db).await
    };
    whole_or_nothing("nested create", &db, 3, nested, count).await
}

/// Drops an operation at every poll; each time, `check` is told whether it ended, once nothing is at work any more.
async fn checked<T>(
    name: &str,
    (test, db): (&Test, &Database),
    operation: impl AsyncFnMut() -> Result<T>,
    mut check: impl AsyncFnMut(bool) -> Result<()>,
) -> Result<()> {
    let mut failure = None;
    polls::drop_at_every_poll(name, operation, async |polls, ended| {
        let settled = tokio::time::timeout(Duration::from_secs(20), alone(test, db)).await;
        let checked = match settled.unwrap_or_else(|_| panic!("{name}, after {polls} polls: the pool is stuck")) {
            Ok(()) => check(ended).await,
            Err(error) => Err(error),
        };
        if let Err(error) = checked {
            failure = Some(error);
        }
        let status = db.pool_status();
        assert_eq!((status.in_use, status.idle), (0, 1), "{name}, after {polls} polls: {status:?}");
    })
    .await;
    failure.map_or(Ok(()), Err)
}

async fn changes_of_a_row_in_hand_can_be_dropped(test: Test) -> Result<()> {
    let db = one(&test).await?;
    let at = (&test, &db);
    let row = Comment::find_one().order_by(Comment::ID.asc()).required(&db).await?;
    let likes = async || Comment::find_by_pk(row.id).required(&db).await.map(|row| row.likes);
    // Each writes a number of its own.
    let written = Cell::new(likes().await?);
    let next = || {
        written.set(written.get() + 1);
        written.get()
    };
    let is_written = async |ended: bool| {
        let (now, written) = (likes().await?, written.get());
        assert!(now == written || (!ended && now < written), "{now} instead of {written}");
        Ok(())
    };
    let save = async || {
        let mut row = row.clone();
        row.likes = next();
        row.save(&db).await
    };
    checked("save", at, save, is_written).await?;
    checked("update", at, async || row.clone().update().likes(next()).exec(&db).await, is_written).await?;
    let before = Cell::new(likes().await?);
    checked(
        "increment",
        at,
        async || row.clone().increment(Comment::LIKES, 1, &db).await,
        async |ended| {
            let (now, before) = (likes().await?, before.replace(likes().await?));
            assert!(now == before + 1 || (!ended && now == before), "{before} became {now}");
            Ok(())
        },
    )
    .await
}

async fn removals_can_be_dropped(test: Test) -> Result<()> {
    let db = one(&test).await?;
    let at = (&test, &db);
    let rows = Comment::bulk_create((0..300).map(|_| Comment::create().text("x"))).exec(&db).await?;
    let at_row = Cell::new(0);
    let row = || &rows[at_row.get()];
    let is_gone = async |ended: bool| {
        let there = Comment::exists().filter(Comment::ID.eq(row().id)).exec(&db).await?;
        assert!(!(there && ended));
        at_row.set(at_row.get() + usize::from(!there));
        Ok(())
    };
    checked("destroy", at, async || row().destroy().exec(&db).await, is_gone).await?;
    let destroy = async || Comment::destroy().filter(Comment::ID.eq(row().id)).exec(&db).await;
    checked("destroy, filtered", at, destroy, is_gone).await?;
    db.create_tables::<(Person, Note)>().await?;
    people(&db).await?;
    checked(
        "truncate",
        at,
        async || Person::truncate().exec(&db).await,
        async |ended| {
            let left = Person::count().exec(&db).await?;
            assert!(left == 0 || (!ended && left == 5), "{left} of 5 are left");
            if left == 0 { people(&db).await.map(drop) } else { Ok(()) }
        },
    )
    .await?;
    let note = Note::create().title("n").exec(&db).await?;
    let alive = async || Note::exists().exec(&db).await;
    checked(
        "soft delete",
        at,
        async || note.destroy().exec(&db).await,
        async |ended| {
            let alive = alive().await?;
            assert!(!(alive && ended));
            if alive { Ok(()) } else { note.clone().restore(&db).await }
        },
    )
    .await?;
    note.destroy().exec(&db).await?;
    checked(
        "restore",
        at,
        async || note.clone().restore(&db).await,
        async |ended| {
            let alive = alive().await?;
            assert!(alive || !ended);
            if alive { note.destroy().exec(&db).await } else { Ok(()) }
        },
    )
    .await
}

async fn links_can_be_dropped(test: Test) -> Result<()> {
    let db = one(&test).await?;
    let at = (&test, &db);
    let post = Post::create().title("p").author_id(1).exec(&db).await?;
    let tags = Tag::find_all().limit(2).exec(&db).await?;
    let linked = async || post.tags().count(&db).await;
    checked(
        "add",
        at,
        async || post.tags().add(&tags).exec(&db).await,
        async |ended| {
            let linked = linked().await?;
            assert!(linked == 2 || (!ended && linked == 0), "{linked} of 2");
            post.tags().remove(&tags).exec(&db).await.map(drop)
        },
    )
    .await?;
    post.tags().add(&tags).exec(&db).await?;
    checked(
        "remove",
        at,
        async || post.tags().remove(&tags).exec(&db).await,
        async |ended| {
            let linked = linked().await?;
            assert!(linked == 0 || (!ended && linked == 2), "{linked} of 2");
            post.tags().add(&tags).exec(&db).await.map(drop)
        },
    )
    .await
}

async fn tables_can_be_dropped_half_way(test: Test) -> Result<()> {
    type Tables = (Sorted, Note);
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    let at = (&test, &db);
    let there = async || Ok::<_, orm::Error>((db.table_exists::<Sorted>().await?, db.table_exists::<Note>().await?));
    let works = async || Sorted::create().name("x").exec(&db).await.map(drop);
    checked(
        "create_tables",
        at,
        async || db.create_tables::<Tables>().await,
        async |ended| {
            let (first, last) = there().await?;
            assert!(!ended || (first && last));
            assert!(first == last || !test.shape.transactional_ddl);
            if ended {
                works().await?;
            }
            db.drop_tables::<Tables>().await
        },
    )
    .await?;
    db.create_tables::<Tables>().await?;
    checked(
        "drop_tables",
        at,
        async || db.drop_tables::<Tables>().await,
        async |ended| {
            let (first, last) = there().await?;
            assert!(!ended || !(first || last));
            assert!(first == last || !test.shape.transactional_ddl);
            db.create_tables::<Tables>().await?;
            works().await
        },
    )
    .await
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
    let session = match test.backend {
        "sqlite" => None,
        "postgres" => Some(("SELECT pg_backend_pid()::bigint", "SELECT count(*) FROM pg_stat_activity WHERE pid = ")),
        _ => Some((
            "SELECT CAST(connection_id() AS SIGNED)",
            "SELECT count(*) FROM information_schema.processlist WHERE id = ",
        )),
    };
    let count = "SELECT count(*) FROM cancelled";
    polls::check_operations(&db, polls::Probe { count, open: &[], session }).await;
    Ok(())
}

cases! { $ cancel:
    reads_can_be_dropped,
    reads_of_related_rows_can_be_dropped,
    writes_can_be_dropped,
    bulk_writes_of_several_statements_can_be_dropped,
    rows_created_together_can_be_dropped,
    changes_of_a_row_in_hand_can_be_dropped,
    removals_can_be_dropped,
    links_can_be_dropped,
    tables_can_be_dropped_half_way,
    handles_can_be_dropped,
    transactions_of_models_can_be_dropped,
    streams_can_be_dropped_in_a_transaction,
    raw_operations_can_be_dropped,
}
