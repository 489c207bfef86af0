//! Users with posts and comments as one loads them by hand with rusqlite. Its own file because toasty needs another
//! rusqlite: both binaries include it.

use std::collections::HashMap;

pub const SCRIPT: &str = "
CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name TEXT NOT NULL);
CREATE TABLE posts (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, user_id BIGINT NOT NULL REFERENCES users (id),
                    title TEXT NOT NULL);
CREATE TABLE comments (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, post_id BIGINT NOT NULL REFERENCES posts (id),
                       text TEXT NOT NULL);
CREATE INDEX posts_user_id ON posts (user_id);
CREATE INDEX comments_post_id ON comments (post_id);
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1000)
INSERT INTO users (name) SELECT 'User ' || x FROM c;
WITH RECURSIVE c(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM c WHERE x < 9999)
INSERT INTO posts (user_id, title) SELECT x / 10 + 1, 'Post ' || x FROM c;
WITH RECURSIVE c(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM c WHERE x < 29999)
INSERT INTO comments (post_id, text) SELECT x / 3 + 1, 'Comment ' || x FROM c;
";

pub mod raw {
    pub struct User {
        pub id: i64,
        pub name: String,
        pub posts: Vec<Post>,
    }
    pub struct Post {
        pub id: i64,
        pub user_id: i64,
        pub title: String,
        pub comments: Vec<Comment>,
    }
    pub struct Comment {
        pub id: i64,
        pub post_id: i64,
        pub text: String,
    }
}

/// What one writes by hand when all rows are wanted: three queries, children grouped in maps.
pub fn by_hand(c: &rusqlite::Connection, keys: bool) -> Vec<raw::User> {
    let users: Vec<raw::User> = c
        .prepare_cached("SELECT id, name FROM users")
        .unwrap()
        .query_map([], |row| Ok(raw::User { id: row.get(0)?, name: row.get(1)?, posts: Vec::new() }))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let list = |ids: &mut dyn Iterator<Item = i64>| {
        let mut text = String::from("[");
        for (i, id) in ids.enumerate() {
            use std::fmt::Write;
            write!(text, "{}{id}", if i == 0 { "" } else { "," }).unwrap();
        }
        text.push(']');
        text
    };
    let post = |row: &rusqlite::Row<'_>| {
        Ok(raw::Post { id: row.get(0)?, user_id: row.get(1)?, title: row.get(2)?, comments: Vec::new() })
    };
    let comment =
        |row: &rusqlite::Row<'_>| Ok(raw::Comment { id: row.get(0)?, post_id: row.get(1)?, text: row.get(2)? });
    let posts: Vec<raw::Post> = if keys {
        let sql = "SELECT id, user_id, title FROM posts WHERE user_id IN (SELECT value FROM json_each(?)) ORDER BY id";
        let ids = list(&mut users.iter().map(|user| user.id));
        c.prepare_cached(sql).unwrap().query_map([ids], post).unwrap().collect::<Result<_, _>>().unwrap()
    } else {
        let sql = "SELECT id, user_id, title FROM posts ORDER BY id";
        c.prepare_cached(sql).unwrap().query_map([], post).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let comments: Vec<raw::Comment> = if keys {
        let sql =
            "SELECT id, post_id, text FROM comments WHERE post_id IN (SELECT value FROM json_each(?)) ORDER BY id";
        let ids = list(&mut posts.iter().map(|post| post.id));
        c.prepare_cached(sql).unwrap().query_map([ids], comment).unwrap().collect::<Result<_, _>>().unwrap()
    } else {
        let sql = "SELECT id, post_id, text FROM comments ORDER BY id";
        c.prepare_cached(sql).unwrap().query_map([], comment).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let mut of_posts: HashMap<i64, Vec<raw::Comment>> = HashMap::with_capacity(posts.len());
    for comment in comments {
        of_posts.entry(comment.post_id).or_default().push(comment);
    }
    let mut of_users: HashMap<i64, Vec<raw::Post>> = HashMap::with_capacity(users.len());
    for mut post in posts {
        post.comments = of_posts.remove(&post.id).unwrap_or_default();
        of_users.entry(post.user_id).or_default().push(post);
    }
    let mut users = users;
    for user in &mut users {
        user.posts = of_users.remove(&user.id).unwrap_or_default();
    }
    users
}
