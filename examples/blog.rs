//! Everything that relations can do, on a small blog: users, their posts, tags on posts (many-to-many, with a column of its
//! own in the table between) and comments that answer comments. `cargo run --example blog`; `DATABASE_URL` names another
//! database than SQLite in memory.

use examples::database;
use orm::load;
use orm::prelude::*;
use serde::Serialize;

#[derive(Debug, Clone, Model, Serialize)]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 60)]
    name: String,
    #[orm(key = author_id)]
    #[serde(default, skip_serializing_if = "HasMany::not_loaded")]
    posts: HasMany<Post>,
    #[orm(key = author_id)]
    #[serde(default, skip_serializing_if = "HasMany::not_loaded")]
    comments: HasMany<Comment>,
}

#[derive(Debug, Clone, Model, Serialize)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    author_id: i64,
    title: String,
    #[orm(default = false)]
    published: bool,
    #[orm(on_delete = cascade)]
    #[serde(default, skip_serializing_if = "BelongsTo::not_loaded")]
    author: BelongsTo<User>,
    #[serde(default, skip_serializing_if = "HasMany::not_loaded")]
    comments: HasMany<Comment>,
    /// Only the comments that answer none; a relation with a condition.
    #[orm(key = post_id, filter = Comment::PARENT_ID.is_null())]
    #[serde(default, skip_serializing_if = "HasMany::not_loaded")]
    threads: HasMany<Comment>,
    /// With the second type, the rows between are loaded as well.
    #[serde(default, skip_serializing_if = "BelongsToMany::not_loaded")]
    tags: BelongsToMany<Tag, Tagging>,
}

#[derive(Debug, Clone, Model, Serialize)]
struct Tag {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 30)]
    name: String,
    #[orm(through = Tagging)]
    #[serde(default, skip_serializing_if = "BelongsToMany::not_loaded")]
    posts: BelongsToMany<Post>,
}

#[derive(Debug, Clone, Model, Serialize)]
#[orm(primary_key(post_id, tag_id))]
struct Tagging {
    post_id: i64,
    tag_id: i64,
    #[orm(default = 1)]
    weight: i32,
    #[orm(on_delete = cascade)]
    #[serde(default, skip_serializing_if = "BelongsTo::not_loaded")]
    post: BelongsTo<Post>,
    #[orm(on_delete = cascade)]
    #[serde(default, skip_serializing_if = "BelongsTo::not_loaded")]
    tag: BelongsTo<Tag>,
}

#[derive(Debug, Clone, Model, Serialize)]
struct Comment {
    #[orm(primary_key)]
    id: i64,
    post_id: i64,
    author_id: i64,
    parent_id: Option<i64>,
    text: String,
    #[orm(on_delete = cascade)]
    #[serde(default, skip_serializing_if = "BelongsTo::not_loaded")]
    post: BelongsTo<Post>,
    #[orm(on_delete = cascade)]
    #[serde(default, skip_serializing_if = "BelongsTo::not_loaded")]
    author: BelongsTo<User>,
    #[orm(on_delete = cascade)]
    #[serde(default, skip_serializing_if = "BelongsTo::not_loaded")]
    parent: BelongsTo<Comment>,
    #[orm(key = parent_id)]
    #[serde(default, skip_serializing_if = "HasMany::not_loaded")]
    answers: HasMany<Comment>,
}

/// A post in a list: the shape of the struct is the shape of the query, and nothing in it can be missing.
#[derive(Debug, Clone, Projection)]
#[orm(model = Post)]
struct Card {
    title: String,
    #[orm(path = author(User).name)]
    by: String,
    #[orm(count = comments)]
    comments: i64,
    #[orm(nested = Post::TAGS.order_by(Tag::NAME.asc()))]
    tags: Vec<Label>,
}

#[derive(Debug, Clone, Projection)]
#[orm(model = Tag)]
struct Label {
    name: String,
}

type Tables = (User, Post, Tag, Tagging, Comment);

#[tokio::main]
async fn main() -> Result<()> {
    let db = database().await?;
    db.drop_tables::<Tables>().await?;
    db.create_tables::<Tables>().await?;
    write(&db).await?;
    include(&db).await?;
    filter(&db).await?;
    handles(&db).await?;
    rows_in_hand(&db).await?;
    db.drop_tables::<Tables>().await
}

/// Rows are created together with those that belong to them, in one transaction; keys are filled in on the way.
async fn write(db: &Database) -> Result<()> {
    let ada = User::create().name("Ada").with_posts(|post| {
        ["Notes on the Engine", "Bernoulli numbers", "Flying"].map(|title| post.create().title(title).published(true))
    });
    let ada = ada.exec(db).await?;
    let bob = User::create().name("Bob").with_posts(|post| [post.create().title("A draft")]).exec(db).await?;
    User::create().name("Cy").exec(db).await?;

    let notes = ada.posts().find_one().filter(Post::TITLE.starts_with("Notes")).required(db).await?;
    let question = notes.comments().create().author_id(bob.id).text("Does it compute?").exec(db).await?;
    let answer = question.answers().create().post_id(notes.id).author_id(ada.id).text("It does.").exec(db).await?;
    answer.answers().create().post_id(notes.id).author_id(bob.id).text("Thanks!").exec(db).await?;
    notes.comments().create().author_id(bob.id).text("First!").exec(db).await?;

    let tags = Tag::bulk_create(["maths", "machines", "birds"].map(|name| Tag::create().name(name))).exec(db).await?;
    notes.tags().add(&tags[..2]).with(Tagging::WEIGHT, 5).exec(db).await?;
    let flying = ada.posts().find_one().filter(Post::TITLE.eq("Flying")).required(db).await?;
    flying.tags().add(&tags[1..]).exec(db).await?;
    println!("created {} posts, {} comments", Post::count().exec(db).await?, Comment::count().exec(db).await?);
    Ok(())
}

/// One query for the users and one per relation below them, however many rows there are.
async fn include(db: &Database) -> Result<()> {
    let log = db.watch();
    let users = User::find_all()
        .include((
            User::POSTS
                .filter(Post::PUBLISHED.eq(true))
                .order_by(Post::TITLE.desc())
                .limit(2) // per user
                .include(Post::TAGS.order_by(Tag::NAME.asc())),
            User::COMMENTS,
        ))
        .order_by(User::ID.asc())
        .limit(2) // users, whatever is included
        .exec(db)
        .await?;
    println!("\n{} statements for this:", log.count());
    for user in &users {
        println!("{} wrote {} comments and", user.name, user.comments.get()?.len());
        for post in user.posts.get()? {
            let tags = post.tags.pairs()?.map(|(tag, between)| format!("{} ({})", tag.name, between.weight));
            println!("  {}: {}", post.title, tags.collect::<Vec<_>>().join(", "));
        }
    }
    // What was not asked for is not there, and says so.
    println!("{}", users[0].posts.get()?[0].author.get().expect_err("it was not included"));

    // Parents without such a row are left out with `required`; to-one relations nest in any depth.
    let comments = Comment::find_all()
        .include((Comment::PARENT.required(), Comment::POST.include(Post::AUTHOR)))
        .order_by(Comment::ID.asc());
    for comment in comments.exec(db).await? {
        let parent = comment.parent.get()?.map(|parent| parent.text.as_str());
        let author = comment.post.get()?.map(|post| post.author.get()).transpose()?.flatten();
        println!("{:?} answers {:?} under a post of {:?}", comment.text, parent, author.map(|author| &author.name));
    }

    for card in Post::find_all().project::<Card>().order_by(Post::TITLE.asc()).exec(db).await? {
        let tags: Vec<_> = card.tags.iter().map(|tag| tag.name.as_str()).collect();
        println!("{} by {}: {} comments, tags {tags:?}", card.title, card.by, card.comments);
    }
    Ok(())
}

/// Conditions on related rows are sub-queries, so no row comes twice.
async fn filter(db: &Database) -> Result<()> {
    println!();
    let machines = Post::TAGS.any(Tag::NAME.eq("machines"));
    names("wrote about machines", User::POSTS.any(machines), db).await?;
    names("never commented", User::COMMENTS.is_empty(), db).await?;
    names("published whatever they wrote", User::POSTS.all(Post::PUBLISHED.eq(true)), db).await?;
    names("published nothing", User::POSTS.none(Post::PUBLISHED.eq(true)), db).await?;
    names("wrote two comments or more", User::COMMENTS.count().ge(2), db).await?;

    // Columns of to-one relations, in filters, orders and selections.
    let author = Comment::POST.expr(Post::AUTHOR.col(User::NAME));
    let under = Comment::find_all().filter(author.clone().eq("Ada")).select((author, Comment::TEXT));
    let under = under.order_by((Comment::AUTHOR.col(User::NAME).asc(), Comment::ID.asc())).exec(db).await?;
    println!("under Ada's posts: {:?}", under.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>());

    let counts =
        User::find_all().select((User::NAME, User::POSTS.count(), User::POSTS.count_where(Post::TAGS.exists())));
    println!(
        "posts, with tags: {:?}",
        counts.order_by(User::POSTS.count().desc()).order_by(User::ID.asc()).exec(db).await?
    );
    Ok(())
}

async fn names(what: &str, condition: Condition<User>, db: &Database) -> Result<()> {
    let names = User::find_all().filter(condition).select(User::NAME).order_by(User::ID.asc()).exec(db).await?;
    println!("{what}: {}", names.join(", "));
    Ok(())
}

/// What a row can do about its relations.
async fn handles(db: &Database) -> Result<()> {
    let notes = Post::find_one().filter(Post::TITLE.starts_with("Notes")).required(db).await?;
    let tags = Tag::find_all().order_by(Tag::ID.asc()).exec(db).await?;
    println!("\ntags: {}, all of them: {}", notes.tags().count(db).await?, notes.tags().has(&tags, db).await?);
    notes.tags().remove(&tags[..1]).exec(db).await?;
    println!("one removed: {:?}", notes.tags().find().select(Tag::NAME).exec(db).await?);
    notes.tags().set([&tags[0], &tags[2]]).with(Tagging::WEIGHT, 2).exec(db).await?;
    let now = notes.tags().order_by(Tag::ID.asc()).select(Tag::NAME).exec(db).await?;
    println!("two set: {now:?}, has the first: {}", notes.tags().has(&tags[0], db).await?);

    let new = notes.tags().with(Tagging::WEIGHT, 3).create().name("computers").exec(db).await?;
    println!("created: {}, has it: {}", new.name, notes.tags().has(&new, db).await?);

    // The row it belongs to: what comes back is the post as it is then.
    let moved = notes.author().set(3).exec(db).await?;
    println!("moved from {} to {}", notes.author_id, moved.author().required(db).await?.name);

    // Of a relation with a condition, only such rows.
    println!("{} comments, {} threads", notes.comments().count(db).await?, notes.threads().count(db).await?);
    Ok(())
}

/// Relations of rows that are there already, and rows as nested JSON.
async fn rows_in_hand(db: &Database) -> Result<()> {
    let mut posts = Post::find_all().filter(Post::COMMENTS.exists()).exec(db).await?;
    let answers = Comment::ANSWERS.include(Comment::ANSWERS).order_by(Comment::ID.asc());
    load(&mut posts, (Post::THREADS.order_by(Comment::ID.asc()).include(answers), Post::AUTHOR), db).await?;
    println!("\n{}", serde_json::to_string_pretty(&posts).expect("rows are JSON"));
    Ok(())
}
