//! 1,000 users with 10 posts and 3 comments each: the ORM beside three queries by hand on the plain clients, with lists of
//! keys and without.

use mysql_async::prelude::Queryable;
use orm::{Refine as _, RefineRows as _, Statements as _};
use orm_benches::Group;
use orm_benches::grouped::{self, grouped};
use tokio::runtime::Runtime;

use super::tree::{Post, User};

const USERS: &str = "SELECT id, name FROM users";
const POSTS: &str = "SELECT id, user_id, title FROM posts";
const COMMENTS: &str = "SELECT id, post_id, text FROM comments";

/// What is loaded by hand.
pub trait Loader {
    /// All users with all that belongs to them, where `keys` by lists of keys.
    async fn load(&mut self, keys: bool) -> Vec<grouped::User>;
}

pub struct Postgres(pub tokio_postgres::Client);

impl Postgres {
    async fn rows(&self, keys: Option<(&str, Vec<i64>)>, table: &str) -> Vec<tokio_postgres::Row> {
        let (sql, keys) = match keys {
            Some((column, keys)) => (format!("{table} WHERE {column} = ANY($1) ORDER BY id"), vec![keys]),
            None => (format!("{table} ORDER BY id"), Vec::new()),
        };
        let keys: Vec<_> = keys.iter().map(|keys| keys as &(dyn tokio_postgres::types::ToSql + Sync)).collect();
        self.0.query(&self.0.prepare(&sql).await.unwrap(), &keys).await.unwrap()
    }
}

impl Loader for Postgres {
    async fn load(&mut self, keys: bool) -> Vec<grouped::User> {
        let user = |row: &tokio_postgres::Row| grouped::User { id: row.get(0), name: row.get(1), posts: Vec::new() };
        let users: Vec<_> = self.rows(None, USERS).await.iter().map(user).collect();
        let post = |row: &tokio_postgres::Row| grouped::Post {
            id: row.get(0),
            user_id: row.get(1),
            title: row.get(2),
            comments: Vec::new(),
        };
        let of = keys.then(|| ("user_id", users.iter().map(|user| user.id).collect()));
        let posts: Vec<_> = self.rows(of, POSTS).await.iter().map(post).collect();
        let comment =
            |row: &tokio_postgres::Row| grouped::Comment { id: row.get(0), post_id: row.get(1), text: row.get(2) };
        let of = keys.then(|| ("post_id", posts.iter().map(|post| post.id).collect()));
        let comments = self.rows(of, COMMENTS).await.iter().map(comment).collect();
        grouped(users, posts, comments)
    }
}

pub struct Mariadb(pub mysql_async::Conn);

impl Mariadb {
    fn sql(keys: Option<(&str, &mut dyn Iterator<Item = i64>)>, table: &str) -> String {
        match keys {
            Some((column, keys)) => {
                let keys: Vec<String> = keys.map(|key| key.to_string()).collect();
                format!("{table} WHERE {column} IN ({}) ORDER BY id", keys.join(","))
            }
            None => format!("{table} ORDER BY id"),
        }
    }
}

impl Loader for Mariadb {
    async fn load(&mut self, keys: bool) -> Vec<grouped::User> {
        let user = |(id, name)| grouped::User { id, name, posts: Vec::new() };
        let users = self.0.query_map(Self::sql(None, USERS), user).await.unwrap();
        let ids = &mut users.iter().map(|user| user.id);
        let sql = Self::sql(keys.then_some(("user_id", ids)), POSTS);
        let post = |(id, user_id, title)| grouped::Post { id, user_id, title, comments: Vec::new() };
        let posts = self.0.query_map(sql, post).await.unwrap();
        let ids = &mut posts.iter().map(|post| post.id);
        let sql = Self::sql(keys.then_some(("post_id", ids)), COMMENTS);
        let comment = |(id, post_id, text)| grouped::Comment { id, post_id, text };
        let comments = self.0.query_map(sql, comment).await.unwrap();
        grouped(users, posts, comments)
    }
}

pub fn run<L: Loader>(rt: &Runtime, server: &str, db: orm::Database, by_hand: impl Fn() -> L) {
    let title = format!("1,000 users, 10 posts each, 3 comments each, {server}");
    let mut group = Group::new(rt, title, 41_000, "by hand, lists of keys");
    group.with("orm, include", async move || {
        User::find_all().include(User::POSTS.include(Post::COMMENTS)).exec(&db).await.unwrap()
    });
    let mut with_keys = by_hand();
    group.with("by hand, lists of keys", async move || with_keys.load(true).await);
    let mut whole = by_hand();
    group.with("by hand, whole tables", async move || whole.load(false).await);
    group.run();
}
