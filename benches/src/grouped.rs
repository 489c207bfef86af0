//! Users with posts and comments as one writes them by hand, without an ORM, from rows that were read. Reading is elsewhere.

use std::collections::HashMap;

#[derive(Debug)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub posts: Vec<Post>,
}

#[derive(Debug)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
    pub title: String,
    pub comments: Vec<Comment>,
}

#[derive(Debug)]
pub struct Comment {
    pub id: i64,
    pub post_id: i64,
    pub text: String,
}

/// Puts rows under those they belong to.
pub fn grouped(mut users: Vec<User>, posts: Vec<Post>, comments: Vec<Comment>) -> Vec<User> {
    let mut of_posts: HashMap<i64, Vec<Comment>> = HashMap::with_capacity(posts.len());
    for comment in comments {
        of_posts.entry(comment.post_id).or_default().push(comment);
    }
    let mut of_users: HashMap<i64, Vec<Post>> = HashMap::with_capacity(users.len());
    for mut post in posts {
        post.comments = of_posts.remove(&post.id).unwrap_or_default();
        of_users.entry(post.user_id).or_default().push(post);
    }
    for user in &mut users {
        user.posts = of_users.remove(&user.id).unwrap_or_default();
    }
    users
}
