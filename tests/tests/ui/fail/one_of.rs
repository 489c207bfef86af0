//! Rows that belong to one of several models: enums that do not fit, subjects that are missing or of another model.

use orm::prelude::*;

#[derive(Model)]
struct Post {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model)]
struct Photo {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
}

#[derive(OneOf)]
enum Subject {
    Post(Post),
    Photo(Photo),
}

#[derive(Model)]
struct Comment {
    #[orm(primary_key)]
    id: i64,
    post_id: Option<i64>,
    photo_id: Option<i64>,
    #[orm(one_of(Post, Photo))]
    subject: BelongsTo<Subject>,
}

#[derive(OneOf)]
enum Three {
    Post(Post),
    Photo(Photo),
    User(User),
}

#[derive(Model)]
struct Incomplete {
    #[orm(primary_key)]
    id: i64,
    post_id: Option<i64>,
    photo_id: Option<i64>,
    #[orm(one_of(Post, Photo))]
    subject: BelongsTo<Three>,
}

enum Underived {
    Post(Post),
    Photo(Photo),
}

#[derive(Model)]
struct Like {
    #[orm(primary_key)]
    id: i64,
    post_id: Option<i64>,
    photo_id: Option<i64>,
    #[orm(one_of(Post, Photo))]
    subject: BelongsTo<Underived>,
}

#[derive(Model)]
struct Tagging {
    #[orm(primary_key)]
    id: i64,
    post_id: Option<i64>,
    photo_id: Option<String>,
    #[orm(one_of(Post, Photo))]
    subject: BelongsTo<Subject>,
}

async fn use_them(db: &Database, user: User) -> Result<()> {
    Comment::create().exec(db).await?;
    Comment::create().subject(&user).exec(db).await?;
    let _ = Comment::SUBJECT.is::<User>();
    Ok(())
}

fn main() {}
