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
    #[orm(has_many(through = Author))]
    pub posts: HasMany<Post>,
    #[orm(through = Author, key = country_id, other_key = author_id)]
    pub profile: HasOne<Profile>,
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

/// Joins posts and tags, with a column of its own.
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

/// Three authors of two countries: Ann has the posts 1 to 3, Ben post 4, Cat none. Posts 1, 2 and 4 have comments (three,
/// one, one) and tags; one comment has no post.
pub async fn blog(db: &Database) -> Result<()> {
    Country::bulk_create(["Norway", "Chad"].map(|name| Country::create().name(name))).count(db).await?;
    Author::bulk_create([
        Author::create().name("Ann").country_id(1),
        Author::create().name("Ben").country_id(1),
        Author::create().name("Cat").country_id(None),
    ])
    .count(db)
    .await?;
    Profile::bulk_create(
        [(2, "about Ben"), (1, "about Ann")].map(|(author, bio)| Profile::create().author_id(author).bio(bio)),
    )
    .count(db)
    .await?;
    Post::bulk_create([
        Post::create().author_id(1).reviewer_id(2).title("p1").views(10),
        Post::create().author_id(1).reviewer_id(None).title("p2").views(20),
        Post::create().author_id(1).reviewer_id(2).title("p3").views(30),
        Post::create().author_id(2).reviewer_id(1).title("p4").views(5),
    ])
    .count(db)
    .await?;
    Comment::bulk_create(
        [(Some(1), 1), (Some(1), 2), (Some(1), 3), (Some(2), 0), (Some(4), 9), (None, 4)]
            .map(|(post, likes)| Comment::create().post_id(post).text(format!("{likes} likes")).likes(likes)),
    )
    .count(db)
    .await?;
    Tag::bulk_create(["rust", "sql", "go"].map(|label| Tag::create().label(label))).count(db).await?;
    PostTag::bulk_create(
        [(1, 1, 1), (1, 2, 5), (2, 1, 2), (4, 3, 1)]
            .map(|(post, tag, weight)| PostTag::create().post_id(post).tag_id(tag).weight(weight)),
    )
    .count(db)
    .await?;
    Ok(())
}
