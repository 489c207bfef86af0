//! Relations of every kind: countries of authors, who have a profile and posts, which have comments and tags.

use orm::prelude::*;

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "countries")]
pub struct Country {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    #[orm(has_many)]
    pub authors: HasMany<Author>,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Author {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub country_id: Option<i64>,
    #[orm(belongs_to)]
    pub country: BelongsTo<Country>,
    #[orm(has_one)]
    pub profile: HasOne<Profile>,
    #[orm(has_many)]
    pub posts: HasMany<Post>,
    #[orm(has_many(key = reviewer_id))]
    pub reviews: HasMany<Post>,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Profile {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique)]
    pub author_id: i64,
    pub bio: String,
    #[orm(belongs_to, on_delete = cascade)]
    pub author: BelongsTo<Author>,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Post {
    #[orm(primary_key)]
    pub id: i64,
    pub author_id: i64,
    pub reviewer_id: Option<i64>,
    pub title: String,
    #[orm(default = 0)]
    pub views: i32,
    #[orm(belongs_to)]
    pub author: BelongsTo<Author>,
    #[orm(belongs_to)]
    pub reviewer: BelongsTo<Author>,
    #[orm(has_many)]
    pub comments: HasMany<Comment>,
    #[orm(belongs_to_many)]
    pub tags: BelongsToMany<Tag, PostTag>,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Comment {
    #[orm(primary_key)]
    pub id: i64,
    pub post_id: Option<i64>,
    pub text: String,
    #[orm(default = 0)]
    pub likes: i32,
    #[orm(belongs_to, on_delete = set_null)]
    pub post: BelongsTo<Post>,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Tag {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 40)]
    pub label: String,
    #[orm(belongs_to_many(through = PostTag))]
    pub posts: BelongsToMany<Post>,
}

/// In between of posts and tags, with a column of its own.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "post_tags")]
pub struct PostTag {
    #[orm(primary_key)]
    pub post_id: i64,
    #[orm(primary_key)]
    pub tag_id: i64,
    #[orm(default = 1)]
    pub weight: i32,
    #[orm(belongs_to, on_delete = cascade)]
    pub post: BelongsTo<Post>,
    #[orm(belongs_to, on_delete = cascade)]
    pub tag: BelongsTo<Tag>,
}

/// A tree in one table.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Folder {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub parent_id: Option<i64>,
    #[orm(belongs_to)]
    pub parent: BelongsTo<Folder>,
    #[orm(has_many(key = parent_id))]
    pub children: HasMany<Folder>,
}

/// All tables of the blog.
pub type Blog = (Country, Author, Profile, Post, Comment, Tag, PostTag);
