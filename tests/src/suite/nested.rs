//! What relations lead to, as types: columns reached over them, and projections nested over them.

use orm::Result;
use orm::prelude::*;

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Comment, Country, Post, Profile, Tag, blog};
use crate::models::yard::{Bed, Plant, Yard, Yards, yards};

async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    Ok(db)
}

async fn what_may_be_missing_is_an_option(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let rows: Vec<(i64, String, Option<String>, Option<String>)> = Post::find_all()
        .select((
            Post::ID,
            Post::AUTHOR.col(Author::NAME),
            Post::REVIEWER.col(Author::NAME),
            Post::AUTHOR.expr(Author::PROFILE.col(Profile::BIO)),
        ))
        .order_by(Post::ID)
        .limit(2)
        .exec(&db)
        .await?;
    let bio = || Some("about Ann".to_owned());
    assert_eq!(rows, [(1, "Ann".into(), Some("Ben".into()), bio()), (2, "Ann".into(), None, bio())]);
    let unreviewed = Post::count().filter(Post::REVIEWER.col(Author::NAME).is_null()).exec(&db).await?;
    assert_eq!(unreviewed, 1);
    let names = Post::find_all().select(Post::REVIEWER.col(Author::NAME).unwrap_or("nobody")).order_by(Post::ID);
    assert_eq!(names.exec(&db).await?, ["Ben", "nobody", "Ben", "Ann"]);
    Ok(())
}

async fn rows_that_may_be_marked_as_deleted_may_be_missing(test: Test) -> Result<()> {
    let db = test.with::<Yards>().await?;
    yards(&db).await?;
    let rows: Vec<(i64, Option<String>)> =
        Bed::find_all().with_deleted().select((Bed::ID, Bed::YARD.col(Yard::NAME))).order_by(Bed::ID).exec(&db).await?;
    assert_eq!(rows, [(1, Some("a".into())), (2, Some("a".into())), (3, None)]);
    Ok(())
}

async fn there_is_nothing_to_say_about_a_row_that_is_not_there(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    // Joined over a unique key, asked for in a sub-query over another model.
    let joined = Author::PROFILE.expr(Profile::BIO.nullable().is_null());
    let known = Author::PROFILE.expr(Profile::BIO.nullable().unwrap_or("-"));
    let rows: Vec<(Option<bool>, Option<String>)> =
        Author::find_all().select((joined, known)).order_by(Author::ID).exec(&db).await?;
    assert_eq!(rows, [(Some(false), Some("about Ann".into())), (Some(false), Some("about Ben".into())), (None, None)]);
    let behind = Country::PROFILE.expr(Profile::BIO.nullable().unwrap_or("-"));
    let rows: Vec<Option<String>> = Country::find_all().select(behind).order_by(Country::ID).exec(&db).await?;
    assert_eq!(rows, [Some("about Ben".into()), None]);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Author)]
struct Byline {
    name: String,
    #[orm(path = country(Country).name)]
    country: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Post)]
pub struct Card {
    title: String,
    #[orm(nested = author)]
    author: Byline,
    #[orm(nested = reviewer)]
    reviewer: Option<Byline>,
    #[orm(path = author(Author).name)]
    by: String,
    #[orm(expr = Post::VIEWS + 1)]
    next: Option<i32>,
}

async fn a_row_that_is_always_there_needs_no_option(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let cards = Post::find_all().project::<Card>().order_by(Post::ID).limit(2).exec(&db).await?;
    let texts = log.take();
    assert_eq!(texts.len(), 1);
    let byline = |name: &str| Byline { name: name.into(), country: Some("Norway".into()) };
    let card = |title: &str, reviewer, next| Card {
        title: title.into(),
        author: byline("Ann"),
        reviewer,
        by: "Ann".into(),
        next: Some(next),
    };
    assert_eq!(cards, [card("p1", Some(byline("Ben")), 11), card("p2", None, 21)]);
    let one = Post::find_by_pk(1).project::<Card>().required(&db).await?;
    assert_eq!(one, cards[0]);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Post)]
struct Reviewed {
    id: i64,
    #[orm(nested = author)]
    author: Author,
    #[orm(nested = Post::REVIEWER.separate().required().filter(Author::NAME.eq("Ben")))]
    reviewer: Author,
}

async fn whole_rows_are_nested_and_required_ones_leave_out_others(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let rows = Post::find_all().project::<Reviewed>().order_by(Post::ID).exec(&db).await?;
    assert_eq!(log.take().len(), 2);
    let found: Vec<_> = rows.iter().map(|row| (row.id, row.author.name.as_str(), row.reviewer.id)).collect();
    assert_eq!(found, [(1, "Ann", 2), (3, "Ann", 2)]);
    assert_eq!(rows[0].author.posts.get().unwrap_err().kind(), ErrorKind::NotLoaded);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Author)]
struct Shelf {
    name: String,
    #[orm(nested = Author::POSTS.order_by(Post::VIEWS.desc()).limit(2))]
    posts: Vec<Title>,
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Post)]
struct Title {
    title: String,
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Comment)]
struct Remark<P: Projection<Post>> {
    id: i64,
    #[orm(nested = Comment::POST.required())]
    post: P,
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Post)]
struct Shelved {
    id: i64,
    #[orm(nested = author)]
    author: Shelf,
}

async fn trees_below_a_row_that_is_always_there_are_loaded(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let remarks = Comment::find_all().project::<Remark<Shelved>>().order_by(Comment::ID).exec(&db).await?;
    assert_eq!(log.take().len(), 2);
    assert_eq!(
        remarks.iter().map(|remark| (remark.id, remark.post.id)).collect::<Vec<_>>(),
        [(1, 1), (2, 1), (3, 1), (4, 2), (5, 4)]
    );
    let titles: Vec<&str> = remarks[0].post.author.posts.iter().map(|post| &*post.title).collect();
    assert_eq!(titles, ["p3", "p2"]);
    assert_eq!(remarks[4].post.author.posts.len(), 1);
    Ok(())
}

async fn a_row_that_should_be_there_and_is_not_is_an_error_with_its_name(test: Test) -> Result<()> {
    // A table that was made by somebody else, without a foreign key.
    let db = test.with::<(Country, Author)>().await?;
    let text = if db.dialect().name() == "SQLite" { "TEXT" } else { "VARCHAR(40)" };
    let posts = format!(
        "CREATE TABLE posts (id BIGINT PRIMARY KEY, author_id BIGINT NOT NULL, reviewer_id BIGINT, title {text} NOT NULL, \
         views INTEGER NOT NULL)"
    );
    db.execute(&posts, ()).await?;
    db.execute("INSERT INTO posts VALUES (1, 99, NULL, 'p', 0)", ()).await?;
    let error = Post::find_all().project::<Reviewless>().exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::Decode, Some("Post")));
    assert!(error.to_string().contains("`Post::AUTHOR` leads to no row"), "{error}");
    let error = Post::find_all().select((Post::ID, Post::AUTHOR.col(Author::NAME))).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model(), error.columns()), (ErrorKind::Decode, Some("Post"), vec!["author.name"]));
    let found = Post::find_all().select(Post::AUTHOR.col(Author::NAME).nullable()).exec(&db).await?;
    assert_eq!(found, [None]);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Post)]
struct Reviewless {
    #[orm(nested = author)]
    author: Byline,
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Plant)]
struct Grown {
    name: String,
    #[orm(nested = Plant::BED.required().include(Bed::YARD))]
    bed: Bed,
}

async fn rows_nested_as_one_are_not_deleted_ones(test: Test) -> Result<()> {
    let db = test.with::<Yards>().await?;
    yards(&db).await?;
    let grown = Plant::find_all().with_deleted().project::<Grown>().order_by(Plant::ID).exec(&db).await?;
    let found: Vec<_> = grown
        .iter()
        .map(|plant| (&*plant.name, plant.bed.id, plant.bed.yard.get().unwrap().map(|yard| &*yard.name)))
        .collect();
    assert_eq!(found, [("rose1", 1, Some("a")), ("weed1", 1, Some("a")), ("rose3", 3, None), ("weed3", 3, None)]);
    Ok(())
}

async fn tags_of_a_projection_are_still_lists(test: Test) -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Projection)]
    #[orm(model = Post)]
    struct Tagged {
        #[orm(nested = author)]
        author: Byline,
        #[orm(nested = Post::TAGS.order_by(Tag::ID))]
        tags: Vec<Tag>,
        #[orm(nested = Post::COMMENTS.order_by(Comment::LIKES.desc()).limit(1))]
        best: Option<Comment>,
    }
    let db = filled(&test).await?;
    let log = db.watch();
    let posts = Post::find_all().project::<Tagged>().order_by(Post::ID).exec(&db).await?;
    assert_eq!(log.take().len(), 3);
    let found: Vec<_> =
        posts.iter().map(|post| (&*post.author.name, post.tags.len(), post.best.as_ref().map(|c| c.likes))).collect();
    assert_eq!(found, [("Ann", 2, Some(3)), ("Ann", 1, Some(0)), ("Ann", 0, None), ("Ben", 1, Some(9))]);
    Ok(())
}

cases! { $ nested:
    what_may_be_missing_is_an_option,
    rows_that_may_be_marked_as_deleted_may_be_missing,
    there_is_nothing_to_say_about_a_row_that_is_not_there,
    a_row_that_is_always_there_needs_no_option,
    whole_rows_are_nested_and_required_ones_leave_out_others,
    trees_below_a_row_that_is_always_there_are_loaded,
    a_row_that_should_be_there_and_is_not_is_an_error_with_its_name,
    rows_nested_as_one_are_not_deleted_ones,
    tags_of_a_projection_are_still_lists,
}
