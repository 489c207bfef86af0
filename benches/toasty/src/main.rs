//! SQLite in memory: toasty beside rusqlite, both on the SQLite that toasty needs. Compare the ratios to rusqlite with
//! those of `sqlite`. `cargo run --release`

#[path = "../../src/lib.rs"]
mod harness;
#[path = "../../src/hand.rs"]
mod hand;

use std::cell::RefCell;
use std::rc::Rc;

use harness::{Group, grouped};
use tokio::runtime::Runtime;

const MANY: usize = 1000;

fn names() -> impl Iterator<Item = String> {
    (0..MANY).map(|i| format!("User {i}"))
}

mod flat {
    #[derive(Debug, toasty::Model)]
    pub struct Person {
        #[key]
        #[auto]
        pub id: i64,
        pub name: String,
        pub hair_color: Option<String>,
    }
}

mod tree {
    use toasty::Deferred;

    #[derive(Debug, toasty::Model)]
    pub struct User {
        #[key]
        #[auto]
        pub id: u64,
        pub name: String,
        #[has_many]
        pub posts: Deferred<Vec<Post>>,
    }

    #[derive(Debug, toasty::Model)]
    pub struct Post {
        #[key]
        #[auto]
        pub id: u64,
        #[index]
        pub user_id: u64,
        pub title: String,
        #[belongs_to(key = user_id, references = id)]
        pub user: Deferred<User>,
        #[has_many]
        pub comments: Deferred<Vec<Comment>>,
    }

    #[derive(Debug, toasty::Model)]
    pub struct Comment {
        #[key]
        #[auto]
        pub id: u64,
        #[index]
        pub post_id: u64,
        pub text: String,
        #[belongs_to(key = post_id, references = id)]
        pub post: Deferred<Post>,
    }
}

use flat::Person;
use tree::{Comment, Post, User};

async fn open() -> toasty::Db {
    let models = toasty::models!(Person, User, Post, Comment);
    let db = toasty::Db::builder().models(models).connect("sqlite::memory:").await.unwrap();
    db.push_schema().await.unwrap();
    db
}

async fn persons(n: usize) -> toasty::Db {
    let mut db = open().await;
    for i in 0..n {
        let color = (i % 2 == 0).then(|| "brown".to_owned());
        toasty::create!(Person { name: format!("User {i}"), hair_color: color }).exec(&mut db).await.unwrap();
    }
    db
}

struct Row {
    _id: i64,
    _name: String,
    _hair_color: Option<String>,
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row { _id: row.get(0)?, _name: row.get(1)?, _hair_color: row.get(2)? })
}

fn raw(n: usize) -> rusqlite::Connection {
    let c = rusqlite::Connection::open_in_memory().unwrap();
    c.execute_batch("CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name TEXT NOT NULL, hair_color TEXT)")
        .unwrap();
    if n > 0 {
        c.execute_batch(&format!(
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < {n}) \
             INSERT INTO people (name, hair_color) SELECT 'User ' || x, iif(x % 2, 'brown', NULL) FROM c"
        ))
        .unwrap();
    }
    c
}

fn reads(rt: &Runtime) {
    let mut group = Group::new(rt, "One row by key, in memory (toasty)", 1, "rusqlite, prepare_cached");
    let c = raw(10_000);
    group.sync("rusqlite, prepare_cached", move || {
        let mut statement = c.prepare_cached("SELECT id, name, hair_color FROM people WHERE id = ?").unwrap();
        statement.query_row([5000], row).unwrap()
    });
    let mut db = rt.block_on(persons(10_000));
    group.with("toasty", async move || Person::get_by_id(&mut db, 5000).await.unwrap());
    group.run();

    for n in [100, 10_000] {
        let mut group =
            Group::new(rt, format!("{n} rows, in memory (toasty)"), n as u64, "rusqlite, prepare_cached");
        let c = raw(n);
        group.sync("rusqlite, prepare_cached", move || {
            let mut statement = c.prepare_cached("SELECT id, name, hair_color FROM people").unwrap();
            statement.query_map([], row).unwrap().collect::<Result<Vec<_>, _>>().unwrap()
        });
        let mut db = rt.block_on(persons(n));
        group.with("toasty", async move || Person::all().exec(&mut db).await.unwrap());
        group.run();
    }
}

fn writes(rt: &Runtime) {
    const INSERT: &str = "INSERT INTO people (name, hair_color) VALUES (?, ?)";
    let mut group = Group::new(rt, "One insert, in memory (toasty)", 1, "rusqlite, prepare_cached");
    let c = raw(0);
    group.sync("rusqlite, prepare_cached", move || {
        c.prepare_cached(INSERT).unwrap().execute(("User 1", Some("brown"))).unwrap()
    });
    let mut db = rt.block_on(open());
    group.with("toasty", async move || {
        toasty::create!(Person { name: "User 1", hair_color: "brown" }).exec(&mut db).await.unwrap()
    });
    group.run();

    let title = "1,000 rows inserted in one transaction, in memory (toasty)";
    let mut group = Group::new(rt, title, MANY as u64, "rusqlite, cached row by row");
    let c = Rc::new(raw(0));
    let clear = c.clone();
    group.sync("rusqlite, cached row by row", move || {
        let tx = c.unchecked_transaction().unwrap();
        {
            let mut statement = tx.prepare_cached(INSERT).unwrap();
            for name in names() {
                statement.execute((name, Some("brown"))).unwrap();
            }
        }
        tx.commit().unwrap();
    });
    group.before(move || {
        clear.execute("DELETE FROM people", []).unwrap();
    });
    let db = Rc::new(RefCell::new(rt.block_on(open())));
    let clear = db.clone();
    group.with("toasty, create_many", async move || {
        let mut create = Person::create_many();
        for name in names() {
            create = create.item(Person::create().name(name).hair_color("brown"));
        }
        create.exec(&mut *db.borrow_mut()).await.unwrap()
    });
    group.before(move || rt.block_on(async { Person::all().delete().exec(&mut *clear.borrow_mut()).await.unwrap() }));
    group.run();
}

fn load(rt: &Runtime) {
    let mut group = Group::new(rt, "1,000 users, 10 posts each, 3 comments each (toasty)", 41_000, "by hand, keys as JSON");
    let mut db = rt.block_on(open());
    rt.block_on(async {
        for u in 0..1000 {
            let user = toasty::create!(User { name: format!("User {u}") }).exec(&mut db).await.unwrap();
            for p in 0..10 {
                let new = Post::create().user_id(user.id).title(format!("Post {p}"));
                let post = new.exec(&mut db).await.unwrap();
                for c in 0..3 {
                    let new = Comment::create().post_id(post.id).text(format!("Comment {c}"));
                    new.exec(&mut db).await.unwrap();
                }
            }
        }
    });
    group.with("toasty, include", async move || {
        User::all().include(User::fields().posts().comments()).exec(&mut db).await.unwrap()
    });
    let c = rusqlite::Connection::open_in_memory().unwrap();
    c.execute_batch(hand::SCRIPT).unwrap();
    group.sync("by hand, keys as JSON", move || hand::by_hand(&c, None, true));
    group.run();
}

fn main() {
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    println!("SQLite {}", rusqlite::version());
    reads(&rt);
    writes(&rt);
    load(&rt);
}
