//! PostgreSQL and MariaDB: the ORM beside sqlx, sea-orm, diesel, diesel-async and the plain clients.
//! `ORM_TEST_POSTGRES_URL=.. ORM_TEST_MARIADB_URL=.. cargo run --release --bin net`; a server whose variable is missing is left out.
//! Everything happens in a database of its own, `orm_bench`, and no connection is encrypted.

use futures_util::TryStreamExt;
use orm::{Instance as _, Refine as _, RefineRows as _, Statements as _};
use orm_benches::Group;
use tokio::runtime::Runtime;

const MANY: usize = 1000;

fn names() -> impl Iterator<Item = String> {
    (0..MANY).map(|i| format!("User {i}"))
}

/// The row that is updated.
const KEY: i64 = 4999;

/// Names that follow each other, so that every update changes something.
fn next_name() -> impl FnMut() -> &'static str {
    let mut names = ["User A", "User B"].into_iter().cycle();
    move || names.next().unwrap_or_default()
}

/// A row of the libraries that have no models.
#[derive(Debug, sqlx::FromRow)]
struct User {
    id: i64,
    name: String,
    hair_color: Option<String>,
}

mod ours {
    use orm::prelude::*;

    #[derive(Debug, Clone, Model)]
    #[orm(table = "bench_users")]
    pub struct User {
        #[orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub hair_color: Option<String>,
    }

    #[derive(Debug, Clone, Model)]
    #[orm(table = "bench_new_users")]
    pub struct NewUser {
        #[orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub hair_color: Option<String>,
    }
}

mod seas {
    pub mod user {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = "bench_users")]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i64,
            pub name: String,
            pub hair_color: Option<String>,
        }
        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}
        impl ActiveModelBehavior for ActiveModel {}
    }
    pub mod new_user {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = "bench_new_users")]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i64,
            pub name: String,
            pub hair_color: Option<String>,
        }
        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}
        impl ActiveModelBehavior for ActiveModel {}
    }
}

mod diesels {
    use diesel::prelude::*;

    diesel::table! {
        bench_users (id) { id -> BigInt, name -> Text, hair_color -> Nullable<Text>, }
    }
    diesel::table! {
        bench_new_users (id) { id -> BigInt, name -> Text, hair_color -> Nullable<Text>, }
    }

    #[derive(Debug, Queryable, Selectable)]
    #[diesel(table_name = bench_users)]
    pub struct User {
        pub id: i64,
        pub name: String,
        pub hair_color: Option<String>,
    }

    #[derive(Insertable)]
    #[diesel(table_name = bench_new_users, treat_none_as_default_value = false)]
    pub struct New {
        pub name: String,
        pub hair_color: Option<String>,
    }

    pub fn new(name: String) -> New {
        New { name, hair_color: Some("brown".to_owned()) }
    }
}

/// What differs between the two servers.
struct Texts {
    server: &'static str,
    /// The case that the others are compared with.
    base: &'static str,
    by_key: &'static str,
    some: &'static str,
    insert: &'static str,
    insert_returning: &'static str,
    rename: &'static str,
    clear: &'static str,
}

const POSTGRES: Texts = Texts {
    server: "PostgreSQL",
    base: "tokio-postgres, prepared",
    by_key: "SELECT id, name, hair_color FROM bench_users WHERE id = $1",
    some: "SELECT id, name, hair_color FROM bench_users WHERE id <= $1",
    insert: "INSERT INTO bench_new_users (name, hair_color) VALUES ($1, $2)",
    insert_returning: "INSERT INTO bench_new_users (name, hair_color) VALUES ($1, $2) RETURNING id, name, hair_color",
    rename: "UPDATE bench_users SET name = $1 WHERE id = $2",
    clear: "TRUNCATE bench_new_users",
};

const MARIADB: Texts = Texts {
    server: "MariaDB",
    base: "sqlx, by index",
    by_key: "SELECT id, name, hair_color FROM bench_users WHERE id = ?",
    some: "SELECT id, name, hair_color FROM bench_users WHERE id <= ?",
    insert: "INSERT INTO bench_new_users (name, hair_color) VALUES (?, ?)",
    insert_returning: "INSERT INTO bench_new_users (name, hair_color) VALUES (?, ?) RETURNING id, name, hair_color",
    rename: "UPDATE bench_users SET name = ? WHERE id = ?",
    clear: "TRUNCATE bench_new_users",
};

macro_rules! suite {
    ($suite:ident, $texts:expr, $db:ty, $pool:ty, $row:ty, $sea:ident, $sea_pool:ident, $diesel:ty, $plain:ident) => {
        fn $suite(rt: &Runtime, url: &str, setup: &str) {
            use sqlx::{Connection, Row};
            use std::cell::RefCell;
            use std::rc::Rc;
            let texts = &$texts;
            let diesel_url = url.replacen("mariadb:", "mysql:", 1);
            rt.block_on(async {
                let mut c = <$db as sqlx::Database>::Connection::connect(url).await.unwrap();
                sqlx::raw_sql(sqlx::AssertSqlSafe(setup.to_owned())).execute(&mut c).await.unwrap();
            });
            let ours = || rt.block_on(orm::connect(url)).unwrap();
            let sqlx_connection = || rt.block_on(<$db as sqlx::Database>::Connection::connect(url)).unwrap();
            let pool = || rt.block_on(<$pool>::connect(url)).unwrap();
            let sea = || sea_orm::$sea::$sea_pool(pool());
            let by_index = |row: $row| User {
                id: row.try_get_unchecked(0).unwrap(),
                name: row.try_get_unchecked(1).unwrap(),
                hair_color: row.try_get_unchecked(2).unwrap(),
            };

            for n in [1_i64, 100, 10_000] {
                let title = format!("{n} row{}, {}", if n == 1 { " by key" } else { "s" }, texts.server);
                let mut group = Group::new(rt, title, n as u64, texts.base);
                let db = ours();
                group.with("orm, &Database", async move || match n {
                    1 => vec![ours::User::find_by_pk(5000).exec(&db).await.unwrap().unwrap()],
                    n => ours::User::find_all().filter(ours::User::ID.le(n)).exec(&db).await.unwrap(),
                });
                let db = ours();
                let tx = rt.block_on(db.begin()).unwrap();
                group.with("orm, in a transaction", async move || match n {
                    1 => vec![ours::User::find_by_pk(5000).exec(&tx).await.unwrap().unwrap()],
                    n => ours::User::find_all().filter(ours::User::ID.le(n)).exec(&tx).await.unwrap(),
                });
                if n == 1 {
                    let db = ours();
                    group.with("orm, find_one().filter()", async move || {
                        vec![ours::User::find_one().filter(ours::User::ID.eq(5000)).exec(&db).await.unwrap().unwrap()]
                    });
                    let db = ours();
                    group.with("orm, find_all().filter()", async move || {
                        ours::User::find_all().filter(ours::User::ID.eq(5000)).exec(&db).await.unwrap()
                    });
                }
                let sql = if n == 1 { texts.by_key } else { texts.some };
                let key = if n == 1 { 5000 } else { n };
                let mut c = sqlx_connection();
                group.with("sqlx, by index", async move || {
                    let mut rows = sqlx::query(sql).bind(key).fetch(&mut c);
                    let mut users = Vec::new();
                    while let Some(row) = rows.try_next().await.unwrap() {
                        users.push(by_index(row));
                    }
                    users
                });
                let mut c = sqlx_connection();
                group.with("sqlx, query_as", async move || {
                    sqlx::query_as::<_, User>(sql).bind(key).fetch_all(&mut c).await.unwrap()
                });
                let p = pool();
                group.with("sqlx, by index on the pool", async move || {
                    let mut rows = sqlx::query(sql).bind(key).fetch(&p);
                    let mut users = Vec::new();
                    while let Some(row) = rows.try_next().await.unwrap() {
                        users.push(by_index(row));
                    }
                    users
                });
                let db = sea();
                group.with("sea-orm", async move || {
                    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
                    match n {
                        1 => vec![seas::user::Entity::find_by_id(5000).one(&db).await.unwrap().unwrap()],
                        n => seas::user::Entity::find().filter(seas::user::Column::Id.lte(n)).all(&db).await.unwrap(),
                    }
                });
                let mut c = rt.block_on(<$diesel as diesel_async::AsyncConnection>::establish(&diesel_url)).unwrap();
                group.with("diesel-async", async move || {
                    use diesel::{ExpressionMethods, QueryDsl};
                    use diesel_async::RunQueryDsl;
                    use diesels::bench_users::dsl::{bench_users, id};
                    match n {
                        1 => bench_users.find(5000).load::<diesels::User>(&mut c).await.unwrap(),
                        n => bench_users.filter(id.le(n)).load::<diesels::User>(&mut c).await.unwrap(),
                    }
                });
                $plain::select(rt, url, &mut group, sql, key);
                group.run();
            }

            let mut group = Group::new(rt, format!("One insert, {}", texts.server), 1, texts.base);
            let db = ours();
            group.with("orm, &Database", async move || {
                ours::NewUser::create().name("User 1").hair_color("brown").exec(&db).await.unwrap()
            });
            let mut c = sqlx_connection();
            group.with("sqlx, by index", async move || {
                sqlx::query(texts.insert).bind("User 1").bind("brown").execute(&mut c).await.unwrap()
            });
            let mut c = sqlx_connection();
            group.with("sqlx, RETURNING by index", async move || {
                by_index(
                    sqlx::query(texts.insert_returning).bind("User 1").bind("brown").fetch_one(&mut c).await.unwrap(),
                )
            });
            let p = pool();
            group.with("sqlx, on the pool", async move || {
                sqlx::query(texts.insert).bind("User 1").bind("brown").execute(&p).await.unwrap()
            });
            let db = sea();
            group.with("sea-orm", async move || {
                use sea_orm::{ActiveModelTrait, Set};
                let new = seas::new_user::ActiveModel {
                    name: Set("User 1".to_owned()),
                    hair_color: Set(Some("brown".to_owned())),
                    ..Default::default()
                };
                new.insert(&db).await.unwrap()
            });
            let mut c = rt.block_on(<$diesel as diesel_async::AsyncConnection>::establish(&diesel_url)).unwrap();
            group.with("diesel-async", async move || {
                use diesel_async::RunQueryDsl;
                diesel::insert_into(diesels::bench_new_users::table)
                    .values(diesels::new("User 1".to_owned()))
                    .execute(&mut c)
                    .await
                    .unwrap()
            });
            $plain::insert(rt, url, &mut group, texts);
            group.run();

            let title = format!("One column updated by key, {}", texts.server);
            let mut group = Group::new(rt, title, 1, texts.base);
            let user = |db: &orm::Database| rt.block_on(ours::User::find_by_pk(KEY).exec(db)).unwrap().unwrap();
            let (db, mut name) = (ours(), next_name());
            let mut of_update = user(&db);
            group.with("orm, user.update()", async move || of_update.update().name(name()).exec(&db).await.unwrap());
            let (db, mut name) = (ours(), next_name());
            let mut of_save = user(&db);
            group.with("orm, user.save()", async move || {
                name().clone_into(&mut of_save.name);
                of_save.save(&db).await.unwrap();
            });
            let (mut c, mut name) = (sqlx_connection(), next_name());
            group.with("sqlx, by index", async move || {
                sqlx::query(texts.rename).bind(name()).bind(KEY).execute(&mut c).await.unwrap()
            });
            let (db, mut name) = (sea(), next_name());
            group.with("sea-orm", async move || {
                use sea_orm::{ActiveModelTrait, Set, Unchanged};
                let name = Set(name().to_owned());
                seas::user::ActiveModel { id: Unchanged(KEY), name, ..Default::default() }.update(&db).await.unwrap()
            });
            let mut c = rt.block_on(<$diesel as diesel_async::AsyncConnection>::establish(&diesel_url)).unwrap();
            let mut name = next_name();
            group.with("diesel-async", async move || {
                use diesel::{ExpressionMethods, QueryDsl};
                use diesel_async::RunQueryDsl;
                use diesels::bench_users;
                let update = diesel::update(bench_users::table.find(KEY)).set(bench_users::name.eq(name()));
                update.execute(&mut c).await.unwrap()
            });
            $plain::update(rt, url, &mut group, texts.rename);
            group.run();

            load::run(rt, texts.server, ours(), || $plain::loader(rt, url));

            let title = format!("1,000 rows inserted, {}", texts.server);
            let mut group = Group::new(rt, title, MANY as u64, "sqlx, push_values");
            let clear = |rt: &Runtime, c: &Rc<RefCell<<$db as sqlx::Database>::Connection>>| {
                rt.block_on(sqlx::query(texts.clear).execute(&mut *c.borrow_mut())).unwrap();
            };
            let cleaner = Rc::new(RefCell::new(sqlx_connection()));
            let new = || names().map(|name| ours::NewUser::create().name(name).hair_color("brown"));
            let (db, c) = (ours(), cleaner.clone());
            group.with("orm, bulk_create().count()", async move || {
                ours::NewUser::bulk_create(new()).count(&db).await.unwrap()
            });
            group.before(move || clear(rt, &c));
            let (db, c) = (ours(), cleaner.clone());
            group.with("orm, bulk_create().exec()", async move || {
                ours::NewUser::bulk_create(new()).exec(&db).await.unwrap()
            });
            group.before(move || clear(rt, &c));
            let (mut connection, c) = (sqlx_connection(), cleaner.clone());
            group.with("sqlx, push_values", async move || {
                let mut builder = sqlx::QueryBuilder::<$db>::new("INSERT INTO bench_new_users (name, hair_color) ");
                builder.push_values(names(), |mut row, name| {
                    row.push_bind(name).push_bind("brown");
                });
                builder.build().execute(&mut connection).await.unwrap()
            });
            group.before(move || clear(rt, &c));
            let (db, c) = (sea(), cleaner.clone());
            group.with("sea-orm, insert_many", async move || {
                use sea_orm::{EntityTrait, Set};
                let rows = names().map(|name| seas::new_user::ActiveModel {
                    name: Set(name),
                    hair_color: Set(Some("brown".to_owned())),
                    ..Default::default()
                });
                seas::new_user::Entity::insert_many(rows).exec_without_returning(&db).await.unwrap()
            });
            group.before(move || clear(rt, &c));
            let mut connection =
                rt.block_on(<$diesel as diesel_async::AsyncConnection>::establish(&diesel_url)).unwrap();
            let c = cleaner.clone();
            group.with("diesel-async, values(&vec)", async move || {
                use diesel_async::RunQueryDsl;
                let rows: Vec<_> = names().map(diesels::new).collect();
                let insert = diesel::insert_into(diesels::bench_new_users::table).values(&rows);
                insert.execute(&mut connection).await.unwrap()
            });
            group.before(move || clear(rt, &c));
            $plain::bulk(rt, url, &mut group);
            let c = cleaner.clone();
            group.before(move || clear(rt, &c));
            group.run();
        }
    };
}

suite!(
    postgres,
    POSTGRES,
    sqlx::Postgres,
    sqlx::PgPool,
    sqlx::postgres::PgRow,
    SqlxPostgresConnector,
    from_sqlx_postgres_pool,
    diesel_async::AsyncPgConnection,
    plain_postgres
);
suite!(
    mariadb,
    MARIADB,
    sqlx::MySql,
    sqlx::MySqlPool,
    sqlx::mysql::MySqlRow,
    SqlxMySqlConnector,
    from_sqlx_mysql_pool,
    diesel_async::AsyncMysqlConnection,
    plain_mariadb
);

/// tokio-postgres, and diesel on libpq.
mod plain_postgres {
    use super::{Group, KEY, MANY, Runtime, Texts, User, diesels, names, next_name};

    pub fn loader(rt: &Runtime, url: &str) -> super::load::Postgres {
        super::load::Postgres(connect(rt, url))
    }

    fn connect(rt: &Runtime, url: &str) -> tokio_postgres::Client {
        rt.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client
        })
    }

    pub fn select<'a>(rt: &'a Runtime, url: &str, group: &mut Group<'a>, sql: &str, key: i64) {
        let client = connect(rt, url);
        let statement = rt.block_on(client.prepare(sql)).unwrap();
        group.with("tokio-postgres, prepared", async move || {
            let rows = client.query(&statement, &[&key]).await.unwrap();
            rows.iter().map(|row| User { id: row.get(0), name: row.get(1), hair_color: row.get(2) }).collect::<Vec<_>>()
        });
        let mut c = <diesel::PgConnection as diesel::Connection>::establish(url).unwrap();
        let by_key = !sql.contains("<=");
        group.sync("diesel", move || {
            use diesel::prelude::*;
            use diesels::bench_users::dsl::{bench_users, id};
            match by_key {
                true => bench_users.find(key).load::<diesels::User>(&mut c).unwrap(),
                false => bench_users.filter(id.le(key)).load::<diesels::User>(&mut c).unwrap(),
            }
        });
    }

    pub fn insert<'a>(rt: &'a Runtime, url: &str, group: &mut Group<'a>, texts: &Texts) {
        let client = connect(rt, url);
        let statement = rt.block_on(client.prepare(texts.insert)).unwrap();
        group.with("tokio-postgres, prepared", async move || {
            client.execute(&statement, &[&"User 1", &"brown"]).await.unwrap()
        });
        let client = connect(rt, url);
        let statement = rt.block_on(client.prepare(texts.insert_returning)).unwrap();
        group.with("tokio-postgres, RETURNING", async move || {
            let row = client.query_one(&statement, &[&"User 1", &"brown"]).await.unwrap();
            User { id: row.get(0), name: row.get(1), hair_color: row.get(2) }
        });
        let mut c = <diesel::PgConnection as diesel::Connection>::establish(url).unwrap();
        group.sync("diesel", move || {
            use diesel::prelude::*;
            let new = diesels::new("User 1".to_owned());
            diesel::insert_into(diesels::bench_new_users::table).values(new).execute(&mut c).unwrap()
        });
    }

    pub fn update<'a>(rt: &'a Runtime, url: &str, group: &mut Group<'a>, sql: &str) {
        let client = connect(rt, url);
        let statement = rt.block_on(client.prepare(sql)).unwrap();
        let mut name = next_name();
        group.with("tokio-postgres, prepared", async move || {
            client.execute(&statement, &[&name(), &KEY]).await.unwrap()
        });
    }

    pub fn bulk<'a>(rt: &'a Runtime, url: &str, group: &mut Group<'a>) {
        let client = connect(rt, url);
        let sql = "INSERT INTO bench_new_users (name, hair_color) SELECT * FROM unnest($1::text[], $2::text[])";
        let statement = rt.block_on(client.prepare(sql)).unwrap();
        group.with("tokio-postgres, unnest", async move || {
            let names: Vec<String> = names().collect();
            client.execute(&statement, &[&names, &vec!["brown"; MANY]]).await.unwrap()
        });
    }
}

/// mysql_async.
mod plain_mariadb {
    use mysql_async::prelude::Queryable;

    use super::{Group, KEY, MANY, Runtime, Texts, User, names, next_name};

    pub fn loader(rt: &Runtime, url: &str) -> super::load::Mariadb {
        super::load::Mariadb(connect(rt, url))
    }

    fn connect(rt: &Runtime, url: &str) -> mysql_async::Conn {
        let url = url.replacen("mariadb://", "mysql://", 1);
        rt.block_on(mysql_async::Conn::from_url(url)).unwrap()
    }

    pub fn select<'a>(rt: &'a Runtime, url: &str, group: &mut Group<'a>, sql: &str, key: i64) {
        let mut conn = connect(rt, url);
        let statement = rt.block_on(conn.prep(sql)).unwrap();
        group.with("mysql_async, prepared", async move || {
            let row = |(id, name, hair_color)| User { id, name, hair_color };
            conn.exec_map(&statement, (key,), row).await.unwrap()
        });
    }

    pub fn update<'a>(rt: &'a Runtime, url: &str, group: &mut Group<'a>, sql: &str) {
        let mut conn = connect(rt, url);
        let statement = rt.block_on(conn.prep(sql)).unwrap();
        let mut name = next_name();
        group.with("mysql_async, prepared", async move || {
            conn.exec_drop(&statement, (name(), KEY)).await.unwrap();
        });
    }

    pub fn insert<'a>(rt: &'a Runtime, url: &str, group: &mut Group<'a>, texts: &Texts) {
        let mut conn = connect(rt, url);
        let statement = rt.block_on(conn.prep(texts.insert)).unwrap();
        group.with("mysql_async, prepared", async move || {
            conn.exec_drop(&statement, ("User 1", "brown")).await.unwrap();
        });
    }

    pub fn bulk<'a>(rt: &'a Runtime, url: &str, group: &mut Group<'a>) {
        let mut conn = connect(rt, url);
        let mut sql = String::from("INSERT INTO bench_new_users (name, hair_color) VALUES (?, ?)");
        for _ in 1..MANY {
            sql.push_str(", (?, ?)");
        }
        let statement = rt.block_on(conn.prep(sql)).unwrap();
        group.with("mysql_async, one prepared statement", async move || {
            let values: Vec<mysql_async::Value> = names().flat_map(|name| [name.into(), "brown".into()]).collect();
            conn.exec_drop(&statement, mysql_async::Params::Positional(values)).await.unwrap();
        });
    }
}

const SETUP_POSTGRES: &str = "
CREATE TABLE bench_users (id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, hair_color TEXT);
CREATE TABLE bench_new_users (id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, hair_color TEXT);
INSERT INTO bench_users (name, hair_color)
SELECT 'User ' || x, CASE WHEN x % 2 = 1 THEN 'brown' END FROM generate_series(1, 10000) AS x;
CREATE TABLE users (id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE posts (id BIGSERIAL PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users (id), title TEXT NOT NULL);
CREATE TABLE comments (id BIGSERIAL PRIMARY KEY, post_id BIGINT NOT NULL REFERENCES posts (id), text TEXT NOT NULL);
INSERT INTO users (name) SELECT 'User ' || x FROM generate_series(1, 1000) AS x;
INSERT INTO posts (user_id, title) SELECT x / 10 + 1, 'Post ' || x FROM generate_series(0, 9999) AS x;
INSERT INTO comments (post_id, text) SELECT x / 3 + 1, 'Comment ' || x FROM generate_series(0, 29999) AS x;
CREATE INDEX posts_user_id ON posts (user_id);
CREATE INDEX comments_post_id ON comments (post_id);
ANALYZE;
ALTER DATABASE orm_bench SET synchronous_commit = off;
";

const SETUP_MARIADB: &str = "
CREATE TABLE bench_users (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100) NOT NULL, hair_color VARCHAR(100));
CREATE TABLE bench_new_users (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100) NOT NULL, hair_color VARCHAR(100));
INSERT INTO bench_users (name, hair_color) SELECT concat('User ', seq), if(seq % 2, 'brown', NULL) FROM seq_1_to_10000;
CREATE TABLE users (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100) NOT NULL);
CREATE TABLE posts (id BIGINT AUTO_INCREMENT PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users (id),
                    title VARCHAR(100) NOT NULL, INDEX (user_id));
CREATE TABLE comments (id BIGINT AUTO_INCREMENT PRIMARY KEY, post_id BIGINT NOT NULL REFERENCES posts (id),
                       text VARCHAR(100) NOT NULL, INDEX (post_id));
INSERT INTO users (name) SELECT concat('User ', seq) FROM seq_1_to_1000;
INSERT INTO posts (user_id, title) SELECT seq DIV 10 + 1, concat('Post ', seq) FROM seq_0_to_9999;
INSERT INTO comments (post_id, text) SELECT seq DIV 3 + 1, concat('Comment ', seq) FROM seq_0_to_29999;
ANALYZE TABLE bench_users, users, posts, comments;
SET GLOBAL innodb_flush_log_at_trx_commit = 2;
";

/// The URL of an empty database on a server.
fn new_database(rt: &Runtime, url: &str, parameters: &str) -> String {
    rt.block_on(async {
        let db = orm::connect(url).await.unwrap();
        db.batch("DROP DATABASE IF EXISTS orm_bench").await.unwrap();
        db.batch("CREATE DATABASE orm_bench").await.unwrap();
    });
    let (server, _) = url.rsplit_once('/').expect("a URL that names a database");
    format!("{server}/orm_bench{parameters}")
}

fn main() {
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match std::env::var("ORM_TEST_POSTGRES_URL") {
        Ok(url) => postgres(&rt, &new_database(&rt, &url, "?sslmode=disable"), SETUP_POSTGRES),
        Err(_) => println!("ORM_TEST_POSTGRES_URL is not set: PostgreSQL left out"),
    }
    match std::env::var("ORM_TEST_MARIADB_URL") {
        Ok(url) => mariadb(&rt, &new_database(&rt, &url, ""), SETUP_MARIADB),
        Err(_) => println!("ORM_TEST_MARIADB_URL is not set: MariaDB left out"),
    }
}

#[path = "net/load.rs"]
mod load;

#[path = "../tree.rs"]
mod tree;
