//! SQLite: the ORM beside rusqlite, diesel, sqlx and sea-orm. `cargo run --release --bin sqlite -- [memory|file|load]..`

use std::path::{Path, PathBuf};

use orm::{Refine as _, RefineRows as _, Statements as _};
use orm_benches::{Group, grouped};
use tokio::runtime::Runtime;

const USERS: &str =
    "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name TEXT NOT NULL, hair_color TEXT)";
const FILL: &str = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < {n}) \
                    INSERT INTO users (name, hair_color) SELECT 'User ' || x, iif(x % 2, 'brown', NULL) FROM c";
const BY_KEY: &str = "SELECT id, name, hair_color FROM users WHERE id = ?";
const ALL: &str = "SELECT id, name, hair_color FROM users";
const BY_NAME: &str = "SELECT id, name, hair_color FROM users WHERE name = ?";
const INSERT: &str = "INSERT INTO users (name, hair_color) VALUES (?, ?)";
const RENAME: &str = "UPDATE users SET name = ? WHERE id = ?";
const SAVE: &str = "UPDATE users SET name = ?, hair_color = ? WHERE id = ?";
const MANY: usize = 1000;

fn fill(n: usize) -> String {
    FILL.replace("{n}", &n.to_string())
}

/// New rows, as each library takes them; making them is part of the time.
fn names() -> impl Iterator<Item = String> {
    (0..MANY).map(|i| format!("User {i}"))
}

/// Names that follow each other, so that every update changes something.
fn next_name() -> impl FnMut() -> &'static str {
    let mut names = ["User A", "User B"].into_iter().cycle();
    move || names.next().unwrap_or_default()
}

/// As every peer's file is opened: what our driver does by itself.
const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON";

/// Where a database lives.
#[derive(Clone)]
enum Place {
    Memory,
    Files(PathBuf),
}

impl Place {
    /// A new, empty database.
    fn new_url(&self) -> String {
        use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        match self {
            Self::Memory => ":memory:".to_owned(),
            Self::Files(dir) => dir.join(format!("{}.sqlite", NEXT.fetch_add(1, Relaxed))).display().to_string(),
        }
    }
    fn name(&self) -> &'static str {
        match self {
            Self::Memory => "in memory",
            Self::Files(_) => "file, WAL",
        }
    }
}

mod ours {
    use orm::prelude::*;

    #[derive(Debug, Clone, Model)]
    pub struct User {
        #[orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub hair_color: Option<String>,
    }

    pub async fn open(place: &super::Place, script: &str) -> Database {
        let url = match place {
            super::Place::Memory => "sqlite::memory:".to_owned(),
            super::Place::Files(_) => format!("sqlite:{}?mode=rwc", place.new_url()),
        };
        let db = connect(&url).await.unwrap();
        db.batch(script).await.unwrap();
        db
    }
}

mod raw {
    #[derive(Debug)]
    pub struct User {
        pub id: i64,
        pub name: String,
        pub hair_color: Option<String>,
    }

    pub fn user(row: &rusqlite::Row<'_>) -> rusqlite::Result<User> {
        Ok(User { id: row.get(0)?, name: row.get(1)?, hair_color: row.get(2)? })
    }

    pub fn open(place: &super::Place, script: &str) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(place.new_url()).unwrap();
        connection.execute_batch(super::PRAGMAS).unwrap();
        connection.execute_batch(script).unwrap();
        connection
    }
}

mod diesels {
    use diesel::prelude::*;

    diesel::table! {
        users (id) {
            id -> BigInt,
            name -> Text,
            hair_color -> Nullable<Text>,
        }
    }

    #[derive(Debug, Queryable, Selectable, Identifiable, AsChangeset)]
    #[diesel(table_name = users, treat_none_as_null = true)]
    pub struct User {
        pub id: i64,
        pub name: String,
        pub hair_color: Option<String>,
    }

    // Rows of one INSERT, not of one INSERT each: the faster of diesel's two ways.
    #[derive(Insertable)]
    #[diesel(table_name = users, treat_none_as_default_value = false)]
    pub struct New {
        pub name: String,
        pub hair_color: Option<String>,
    }

    pub fn open(place: &super::Place, script: &str) -> SqliteConnection {
        use diesel::connection::SimpleConnection;
        let mut connection = SqliteConnection::establish(&place.new_url()).unwrap();
        connection.batch_execute(super::PRAGMAS).unwrap();
        connection.batch_execute(script).unwrap();
        connection
    }
}

mod sqlxs {
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
    use sqlx::{ConnectOptions, SqliteConnection, SqlitePool};

    #[derive(Debug, sqlx::FromRow)]
    pub struct User {
        pub id: i64,
        pub name: String,
        pub hair_color: Option<String>,
    }

    fn options(place: &super::Place) -> SqliteConnectOptions {
        let options = SqliteConnectOptions::new().filename(place.new_url()).create_if_missing(true);
        options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal).disable_statement_logging()
    }

    pub async fn open(place: &super::Place, script: &str) -> SqliteConnection {
        let mut connection = options(place).connect().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(script.to_owned())).execute(&mut connection).await.unwrap();
        connection
    }

    pub async fn pool(place: &super::Place, script: &str) -> SqlitePool {
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options(place)).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(script.to_owned())).execute(&pool).await.unwrap();
        pool
    }
}

mod seas {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub hair_color: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    pub async fn open(place: &super::Place, script: &str) -> DatabaseConnection {
        sea_orm::SqlxSqliteConnector::from_sqlx_sqlite_pool(super::sqlxs::pool(place, script).await)
    }
}

fn by_key(rt: &Runtime, place: &Place) {
    let script = format!("{USERS}; {}", fill(10_000));
    let mut group = Group::new(rt, format!("One row by key, {}", place.name()), 1, "diesel");
    let key = || std::hint::black_box(5000_i64);

    let db = rt.block_on(ours::open(place, &script));
    group.with("orm, &Database", async move || ours::User::find_by_pk(key()).exec(&db).await.unwrap().unwrap());
    let db = rt.block_on(ours::open(place, &script));
    let tx = rt.block_on(db.begin()).unwrap();
    group.with("orm, in a transaction", async move || ours::User::find_by_pk(key()).exec(&tx).await.unwrap().unwrap());
    let db = rt.block_on(ours::open(place, &script));
    group.with("orm, find_one().filter()", async move || {
        ours::User::find_one().filter(ours::User::ID.eq(key())).exec(&db).await.unwrap().unwrap()
    });
    let db = rt.block_on(ours::open(place, &script));
    let tx = rt.block_on(db.begin()).unwrap();
    group.with("orm, find_one().filter(), transaction", async move || {
        ours::User::find_one().filter(ours::User::ID.eq(key())).exec(&tx).await.unwrap().unwrap()
    });
    let db = rt.block_on(ours::open(place, &script));
    group.with("orm, find_all().filter()", async move || {
        ours::User::find_all().filter(ours::User::ID.eq(key())).exec(&db).await.unwrap()
    });
    let db = rt.block_on(ours::open(place, &script));
    let tx = rt.block_on(db.begin()).unwrap();
    group.with("orm, find_all().filter(), transaction", async move || {
        ours::User::find_all().filter(ours::User::ID.eq(key())).exec(&tx).await.unwrap()
    });
    let c = raw::open(place, &script);
    group.sync("rusqlite, prepare_cached", move || {
        c.prepare_cached(BY_KEY).unwrap().query_row([key()], raw::user).unwrap()
    });
    // `first` adds a LIMIT; without one is the faster way.
    let mut c = diesels::open(place, &script);
    group.sync("diesel", move || {
        use diesel::prelude::*;
        diesels::users::table.find(key()).get_result::<diesels::User>(&mut c).unwrap()
    });
    let mut c = diesels::open(place, &script);
    group.sync("diesel, filter().load()", move || {
        use diesel::prelude::*;
        diesels::users::table.filter(diesels::users::id.eq(key())).load::<diesels::User>(&mut c).unwrap()
    });
    let mut c = diesels::open(place, &script);
    group.sync("diesel, first()", move || {
        use diesel::prelude::*;
        diesels::users::table.find(key()).first::<diesels::User>(&mut c).unwrap()
    });
    let mut c = rt.block_on(sqlxs::open(place, &script));
    group.with("sqlx, connection", async move || {
        sqlx::query_as::<_, sqlxs::User>(BY_KEY).bind(key()).fetch_one(&mut c).await.unwrap()
    });
    let pool = rt.block_on(sqlxs::pool(place, &script));
    group.with("sqlx, pool", async move || {
        sqlx::query_as::<_, sqlxs::User>(BY_KEY).bind(key()).fetch_one(&pool).await.unwrap()
    });
    let db = rt.block_on(seas::open(place, &script));
    group.with("sea-orm", async move || {
        use sea_orm::EntityTrait;
        seas::Entity::find_by_id(key()).one(&db).await.unwrap().unwrap()
    });
    group.run();
}

fn by_name(rt: &Runtime, place: &Place) {
    let script = format!("{USERS}; {}; CREATE INDEX users_name ON users (name)", fill(10_000));
    let mut group = Group::new(rt, format!("One row by an indexed column, {}", place.name()), 1, "diesel");
    let name = || std::hint::black_box("User 5000");

    let db = rt.block_on(ours::open(place, &script));
    group.with("orm, find_one().filter()", async move || {
        ours::User::find_one().filter(ours::User::NAME.eq(name())).exec(&db).await.unwrap().unwrap()
    });
    let db = rt.block_on(ours::open(place, &script));
    group.with("orm, find_all().filter()", async move || {
        ours::User::find_all().filter(ours::User::NAME.eq(name())).exec(&db).await.unwrap()
    });
    let c = raw::open(place, &script);
    group.sync("rusqlite, prepare_cached", move || {
        c.prepare_cached(BY_NAME).unwrap().query_row([name()], raw::user).unwrap()
    });
    let mut c = diesels::open(place, &script);
    group.sync("diesel", move || {
        use diesel::prelude::*;
        diesels::users::table.filter(diesels::users::name.eq(name())).load::<diesels::User>(&mut c).unwrap()
    });
    let mut c = rt.block_on(sqlxs::open(place, &script));
    group.with("sqlx, connection", async move || {
        sqlx::query_as::<_, sqlxs::User>(BY_NAME).bind(name()).fetch_one(&mut c).await.unwrap()
    });
    let db = rt.block_on(seas::open(place, &script));
    group.with("sea-orm", async move || {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        seas::Entity::find().filter(seas::Column::Name.eq(name())).all(&db).await.unwrap()
    });
    group.run();
}

fn all(rt: &Runtime, place: &Place, n: usize) {
    let script = format!("{USERS}; {}", fill(n));
    let mut group = Group::new(rt, format!("{n} rows, {}", place.name()), n as u64, "diesel");
    let db = rt.block_on(ours::open(place, &script));
    group.with("orm, &Database", async move || ours::User::find_all().exec(&db).await.unwrap());
    let db = rt.block_on(ours::open(place, &script));
    let tx = rt.block_on(db.begin()).unwrap();
    group.with("orm, in a transaction", async move || ours::User::find_all().exec(&tx).await.unwrap());
    let c = raw::open(place, &script);
    group.sync("rusqlite, prepare_cached", move || {
        let mut statement = c.prepare_cached(ALL).unwrap();
        let rows = statement.query_map([], raw::user).unwrap();
        rows.collect::<rusqlite::Result<Vec<_>>>().unwrap()
    });
    let mut c = diesels::open(place, &script);
    group.sync("diesel", move || {
        use diesel::prelude::*;
        diesels::users::table.load::<diesels::User>(&mut c).unwrap()
    });
    let mut c = rt.block_on(sqlxs::open(place, &script));
    group
        .with("sqlx, connection", async move || sqlx::query_as::<_, sqlxs::User>(ALL).fetch_all(&mut c).await.unwrap());
    let db = rt.block_on(seas::open(place, &script));
    group.with("sea-orm", async move || {
        use sea_orm::EntityTrait;
        seas::Entity::find().all(&db).await.unwrap()
    });
    group.run();
}

fn update(rt: &Runtime, place: &Place) {
    use orm::Instance as _;
    /// A row without NULL.
    const KEY: i64 = 4999;
    let script = format!("{USERS}; {}", fill(10_000));
    let mut group = Group::new(rt, format!("One column updated by key, {}", place.name()), 1, "diesel");
    let ours = || {
        let db = rt.block_on(ours::open(place, &script));
        let user = rt.block_on(ours::User::find_by_pk(KEY).exec(&db)).unwrap().unwrap();
        (db, user)
    };
    let ((db, mut user), mut name) = (ours(), next_name());
    group.with("orm, user.update()", async move || user.update().name(name()).exec(&db).await.unwrap());
    let ((db, mut user), mut name) = (ours(), next_name());
    let tx = rt.block_on(db.begin()).unwrap();
    group.with("orm, user.update(), transaction", async move || user.update().name(name()).exec(&tx).await.unwrap());
    let ((db, _), mut name) = (ours(), next_name());
    group.with("orm, User::update().filter()", async move || {
        let update = ours::User::update().set(ours::User::NAME, name());
        update.filter(ours::User::ID.eq(KEY)).exec(&db).await.unwrap()
    });
    let (c, mut name) = (raw::open(place, &script), next_name());
    group.sync("rusqlite, prepare_cached", move || c.prepare_cached(RENAME).unwrap().execute((name(), KEY)).unwrap());
    let (mut c, mut name) = (diesels::open(place, &script), next_name());
    group.sync("diesel", move || {
        use diesel::prelude::*;
        use diesels::users;
        diesel::update(users::table.find(KEY)).set(users::name.eq(name())).execute(&mut c).unwrap()
    });
    let (mut c, mut name) = (rt.block_on(sqlxs::open(place, &script)), next_name());
    group.with("sqlx, connection", async move || {
        sqlx::query(RENAME).bind(name()).bind(KEY).execute(&mut c).await.unwrap()
    });
    let (db, mut name) = (rt.block_on(seas::open(place, &script)), next_name());
    group.with("sea-orm", async move || {
        use sea_orm::{ActiveModelTrait, Set, Unchanged};
        let changed = seas::ActiveModel { id: Unchanged(KEY), name: Set(name().to_owned()), ..Default::default() };
        changed.update(&db).await.unwrap()
    });
    group.run();

    let mut group = Group::new(rt, format!("One row saved by key, {}", place.name()), 1, "diesel");
    let ((db, mut user), mut name) = (ours(), next_name());
    group.with("orm, user.save()", async move || {
        name().clone_into(&mut user.name);
        user.save(&db).await.unwrap();
    });
    let ((db, mut user), mut name) = (ours(), next_name());
    let tx = rt.block_on(db.begin()).unwrap();
    group.with("orm, user.save(), transaction", async move || {
        name().clone_into(&mut user.name);
        user.save(&tx).await.unwrap();
    });
    let (c, mut name) = (raw::open(place, &script), next_name());
    group.sync("rusqlite, prepare_cached", move || {
        c.prepare_cached(SAVE).unwrap().execute((name(), Some("brown"), KEY)).unwrap()
    });
    let (mut c, mut name) = (diesels::open(place, &script), next_name());
    let mut user = diesels::User { id: KEY, name: String::new(), hair_color: Some("brown".to_owned()) };
    group.sync("diesel", move || {
        use diesel::prelude::*;
        name().clone_into(&mut user.name);
        diesel::update(&user).set(&user).execute(&mut c).unwrap()
    });
    let (db, mut name) = (rt.block_on(seas::open(place, &script)), next_name());
    group.with("sea-orm", async move || {
        use sea_orm::{ActiveModelTrait, Set, Unchanged};
        let (name, hair_color) = (Set(name().to_owned()), Set(Some("brown".to_owned())));
        seas::ActiveModel { id: Unchanged(KEY), name, hair_color }.update(&db).await.unwrap()
    });
    group.run();
}

fn insert(rt: &Runtime, place: &Place) {
    let mut group = Group::new(rt, format!("One insert, {}", place.name()), 1, "diesel");
    let db = rt.block_on(ours::open(place, USERS));
    group.with("orm, &Database", async move || {
        ours::User::create().name("User 1").hair_color("brown").exec(&db).await.unwrap()
    });
    let db = rt.block_on(ours::open(place, USERS));
    let tx = rt.block_on(db.begin()).unwrap();
    group.with("orm, in a transaction", async move || {
        ours::User::create().name("User 1").hair_color("brown").exec(&tx).await.unwrap()
    });
    let c = raw::open(place, USERS);
    group.sync("rusqlite, prepare_cached", move || {
        c.prepare_cached(INSERT).unwrap().execute(("User 1", Some("brown"))).unwrap()
    });
    let mut c = diesels::open(place, USERS);
    group.sync("diesel", move || {
        use diesel::prelude::*;
        let new = diesels::New { name: "User 1".to_owned(), hair_color: Some("brown".to_owned()) };
        diesel::insert_into(diesels::users::table).values(new).execute(&mut c).unwrap()
    });
    let mut c = rt.block_on(sqlxs::open(place, USERS));
    group.with("sqlx, connection", async move || {
        sqlx::query(INSERT).bind("User 1").bind("brown").execute(&mut c).await.unwrap()
    });
    let db = rt.block_on(seas::open(place, USERS));
    group.with("sea-orm", async move || {
        use sea_orm::{ActiveModelTrait, Set};
        let new = seas::ActiveModel {
            name: Set("User 1".to_owned()),
            hair_color: Set(Some("brown".to_owned())),
            ..Default::default()
        };
        new.insert(&db).await.unwrap()
    });
    group.run();
}

fn bulk(rt: &Runtime, place: &Place) {
    let title = format!("1,000 rows inserted in one transaction, {}", place.name());
    let mut group = Group::new(rt, title, MANY as u64, "rusqlite, cached row by row");
    const CLEAR: &str = "DELETE FROM users";
    let new = || names().map(|name| ours::User::create().name(name).hair_color("brown"));

    let db = rt.block_on(ours::open(place, USERS));
    let clear = db.clone();
    group.with("orm, bulk_create().count()", async move || ours::User::bulk_create(new()).count(&db).await.unwrap());
    group.before(move || {
        rt.block_on(clear.execute(CLEAR, ())).unwrap();
    });
    let db = rt.block_on(ours::open(place, USERS));
    let clear = db.clone();
    group.with("orm, bulk_create().exec()", async move || ours::User::bulk_create(new()).exec(&db).await.unwrap());
    group.before(move || {
        rt.block_on(clear.execute(CLEAR, ())).unwrap();
    });

    let c = std::rc::Rc::new(raw::open(place, USERS));
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
        clear.execute(CLEAR, []).unwrap();
    });

    let c = std::rc::Rc::new(std::cell::RefCell::new(diesels::open(place, USERS)));
    let clear = c.clone();
    group.sync("diesel, values(&vec)", move || {
        use diesel::prelude::*;
        let rows: Vec<_> = names().map(|name| diesels::New { name, hair_color: Some("brown".to_owned()) }).collect();
        diesel::insert_into(diesels::users::table).values(&rows).execute(&mut *c.borrow_mut()).unwrap()
    });
    group.before(move || {
        use diesel::RunQueryDsl;
        diesel::sql_query(CLEAR).execute(&mut *clear.borrow_mut()).unwrap();
    });

    let c = std::rc::Rc::new(std::cell::RefCell::new(diesels::open(place, USERS)));
    let clear = c.clone();
    group.sync("diesel, values(&vec), returning", move || {
        use diesel::prelude::*;
        let rows: Vec<_> = names().map(|name| diesels::New { name, hair_color: Some("brown".to_owned()) }).collect();
        let insert = diesel::insert_into(diesels::users::table).values(&rows);
        insert.returning(diesels::User::as_returning()).get_results(&mut *c.borrow_mut()).unwrap()
    });
    group.before(move || {
        use diesel::RunQueryDsl;
        diesel::sql_query(CLEAR).execute(&mut *clear.borrow_mut()).unwrap();
    });

    let pool = rt.block_on(sqlxs::pool(place, USERS));
    let clear = pool.clone();
    group.with("sqlx, QueryBuilder::push_values", async move || {
        let mut builder = sqlx::QueryBuilder::<sqlx::Sqlite>::new("INSERT INTO users (name, hair_color) ");
        builder.push_values(names(), |mut row, name| {
            row.push_bind(name).push_bind("brown");
        });
        builder.build().execute(&pool).await.unwrap()
    });
    group.before(move || {
        rt.block_on(sqlx::query(CLEAR).execute(&clear)).unwrap();
    });

    let db = rt.block_on(seas::open(place, USERS));
    let clear = db.clone();
    group.with("sea-orm, insert_many", async move || {
        use sea_orm::{EntityTrait, Set};
        let rows = names().map(|name| seas::ActiveModel {
            name: Set(name),
            hair_color: Set(Some("brown".to_owned())),
            ..Default::default()
        });
        seas::Entity::insert_many(rows).exec_without_returning(&db).await.unwrap()
    });
    group.before(move || {
        use sea_orm::ConnectionTrait;
        rt.block_on(clear.execute_unprepared(CLEAR)).unwrap();
    });
    group.run();
}

fn main() {
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/sqlite-files");
    let mut what: Vec<String> = std::env::args().skip(1).collect();
    if what.is_empty() {
        what = ["memory", "file", "load"].map(str::to_owned).to_vec();
    }
    println!("SQLite {}", rusqlite::version());
    for what in what {
        let place = match &*what {
            "load" => {
                load::run(&rt);
                continue;
            }
            "file" => {
                let _ = std::fs::remove_dir_all(&dir);
                std::fs::create_dir_all(&dir).unwrap();
                Place::Files(dir.clone())
            }
            _ => Place::Memory,
        };
        by_key(&rt, &place);
        by_name(&rt, &place);
        all(&rt, &place, 100);
        all(&rt, &place, 10_000);
        update(&rt, &place);
        insert(&rt, &place);
        bulk(&rt, &place);
    }
    let _ = std::fs::remove_dir_all(&dir);
}

#[path = "sqlite/load.rs"]
mod load;

#[path = "../hand.rs"]
mod hand;

#[path = "../tree.rs"]
mod tree;
