//! Users with posts and comments as one loads them by hand with rusqlite. Its own file because toasty needs another
//! rusqlite: the binaries include it.

use super::grouped::{Comment, Post, User, grouped};

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

/// What one writes by hand for all users or those up to a key: three queries, children grouped in maps.
pub fn by_hand(c: &rusqlite::Connection, up_to: Option<i64>, keys: bool) -> Vec<User> {
    let user = |row: &rusqlite::Row<'_>| Ok(User { id: row.get(0)?, name: row.get(1)?, posts: Vec::new() });
    let users: Vec<User> = match up_to {
        None => {
            let mut statement = c.prepare_cached("SELECT id, name FROM users").unwrap();
            statement.query_map([], user).unwrap().collect::<Result<_, _>>().unwrap()
        }
        Some(id) => {
            let mut statement = c.prepare_cached("SELECT id, name FROM users WHERE id <= ?").unwrap();
            statement.query_map([id], user).unwrap().collect::<Result<_, _>>().unwrap()
        }
    };
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
        Ok(Post { id: row.get(0)?, user_id: row.get(1)?, title: row.get(2)?, comments: Vec::new() })
    };
    let comment = |row: &rusqlite::Row<'_>| Ok(Comment { id: row.get(0)?, post_id: row.get(1)?, text: row.get(2)? });
    let posts: Vec<Post> = if keys {
        let sql = "SELECT id, user_id, title FROM posts WHERE user_id IN (SELECT value FROM json_each(?)) ORDER BY id";
        let ids = list(&mut users.iter().map(|user| user.id));
        c.prepare_cached(sql).unwrap().query_map([ids], post).unwrap().collect::<Result<_, _>>().unwrap()
    } else {
        let sql = "SELECT id, user_id, title FROM posts ORDER BY id";
        c.prepare_cached(sql).unwrap().query_map([], post).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let comments: Vec<Comment> = if keys {
        let sql =
            "SELECT id, post_id, text FROM comments WHERE post_id IN (SELECT value FROM json_each(?)) ORDER BY id";
        let ids = list(&mut posts.iter().map(|post| post.id));
        c.prepare_cached(sql).unwrap().query_map([ids], comment).unwrap().collect::<Result<_, _>>().unwrap()
    } else {
        let sql = "SELECT id, post_id, text FROM comments ORDER BY id";
        c.prepare_cached(sql).unwrap().query_map([], comment).unwrap().collect::<Result<_, _>>().unwrap()
    };
    grouped(users, posts, comments)
}
