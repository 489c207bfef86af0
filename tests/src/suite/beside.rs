//! Whole rows with more beside them: related rows of which only some columns are read, columns and expressions.

use orm::Result;
use orm::prelude::*;

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Comment, Country, Post, PostTag, Tag, blog};

async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    Ok(db)
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Post)]
struct Card {
    title: String,
    #[orm(nested = Post::COMMENTS.order_by(Comment::ID))]
    comments: Vec<Likes>,
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Comment)]
struct Likes {
    likes: i32,
}

async fn related_rows_come_with_the_columns_asked_for(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let authors: Vec<(Author, Vec<(i64, String)>)> = Author::find_all()
        .with_related(Author::POSTS.order_by(Post::VIEWS.desc()).limit(2).select((Post::ID, Post::TITLE)))
        .order_by(Author::ID)
        .exec(&db)
        .await?;
    let texts = log.take();
    assert_eq!(texts.len(), 2);
    assert!(!texts[1].contains("reviewer_id"), "{}", texts[1]);
    let found: Vec<_> = authors.iter().map(|(author, posts)| (&*author.name, &posts[..])).collect();
    let post = |id, title: &str| (id, title.to_owned());
    let of_ann = [post(3, "p3"), post(2, "p2")];
    assert_eq!(found, [("Ann", &of_ann[..]), ("Ben", &[post(4, "p4")]), ("Cat", &[])]);
    assert!(authors[0].0.posts.not_loaded());
    Ok(())
}

async fn to_one_rows_come_in_the_same_query(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let posts: Vec<(Post, String, Option<String>)> = Post::find_all()
        .with_related((Post::AUTHOR.select(Author::NAME), Post::REVIEWER.select(Author::NAME)))
        .order_by(Post::ID)
        .exec(&db)
        .await?;
    assert_eq!(log.take().len(), 1);
    let found: Vec<_> = posts.iter().map(|(post, by, reviewer)| (post.id, &**by, reviewer.as_deref())).collect();
    assert_eq!(found, [(1, "Ann", Some("Ben")), (2, "Ann", None), (3, "Ann", Some("Ben")), (4, "Ben", Some("Ann"))]);
    let separate = Post::AUTHOR.separate().select((Author::ID, Author::NAME));
    let posts: Vec<(Post, (i64, String))> =
        Post::find_all().with_related(separate).order_by(Post::ID).exec(&db).await?;
    assert_eq!(log.take().len(), 2);
    assert_eq!(posts[2].1, (1, "Ann".into()));
    let reviewed: Vec<(Post, String)> = Post::find_all()
        .with_related(Post::REVIEWER.filter(Author::NAME.eq("Ben")).required().select(Author::NAME))
        .order_by(Post::ID)
        .exec(&db)
        .await?;
    assert_eq!(reviewed.iter().map(|(post, by)| (post.id, &**by)).collect::<Vec<_>>(), [(1, "Ben"), (3, "Ben")]);
    Ok(())
}

async fn projections_nest_below_related_rows(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let found = Author::find_all()
        .include((Author::COUNTRY, Author::REVIEWS))
        .with_related((Author::POSTS.order_by(Post::ID).project::<Card>(), Author::PROFILE.project::<Profiled>()))
        .order_by(Author::ID)
        .exec(&db)
        .await?;
    assert_eq!(log.take().len(), 4);
    let (ann, posts, profile) = &found[0];
    assert_eq!(ann.country.get()?.map(|country| &*country.name), Some("Norway"));
    assert_eq!(ann.reviews.get()?.len(), 1);
    assert_eq!(
        posts.iter().map(|post| (&*post.title, post.comments.len())).collect::<Vec<_>>(),
        [("p1", 3), ("p2", 1), ("p3", 0)]
    );
    assert_eq!(profile.as_ref().map(|profile| &*profile.bio), Some("about Ann"));
    assert_eq!((found[2].1.len(), &found[2].2), (0, &None));
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = crate::models::blog::Profile)]
struct Profiled {
    bio: String,
}

async fn one_row_and_a_page_come_with_related_rows(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let titles = || Author::POSTS.order_by(Post::ID).select(Post::TITLE);
    let (ann, posts) = Author::find_by_pk(1).with_related(titles()).required(&db).await?;
    assert_eq!((ann.id, posts), (1, vec!["p1".to_owned(), "p2".into(), "p3".into()]));
    let none = Author::find_one().filter(Author::ID.gt(9)).with_related(titles()).exec(&db).await?;
    assert!(none.is_none());
    let page =
        Author::find_and_count_all().with_related(titles()).order_by(Author::ID.desc()).limit(2).exec(&db).await?;
    assert_eq!((page.count, page.rows.iter().map(|(_, posts)| posts.len()).collect()), (3, vec![0, 1]));
    Ok(())
}

async fn columns_in_between_are_selected_and_asked_about(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let heavy = Post::TAGS
        .filter(PostTag::WEIGHT.free().ge(2))
        .order_by(PostTag::WEIGHT.free().desc())
        .select((Tag::LABEL, PostTag::WEIGHT.free()));
    let posts: Vec<(Post, Vec<(String, i32)>)> =
        Post::find_all().with_related(heavy).order_by(Post::ID).exec(&db).await?;
    let found: Vec<_> = posts.iter().map(|(post, tags)| (post.id, &tags[..])).collect();
    let tag = |label: &str, weight| (label.to_owned(), weight);
    assert_eq!(found, [(1, &[tag("sql", 5)][..]), (2, &[tag("rust", 2)]), (3, &[]), (4, &[])]);
    Ok(())
}

async fn related_rows_of_a_model_are_whole_ones(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let countries: Vec<(Country, Vec<Author>)> = Country::find_all()
        .with_related(Country::AUTHORS.order_by(Author::ID).include(Author::POSTS).project::<Author>())
        .order_by(Country::ID)
        .exec(&db)
        .await?;
    let posts: Vec<_> = countries[0].1.iter().map(|author| author.posts.get().unwrap().len()).collect();
    assert_eq!(posts, [3, 1]);
    Ok(())
}

async fn what_has_no_place_is_refused(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let below = Author::POSTS.include(Post::COMMENTS).select(Post::TITLE);
    let errors = [
        Author::find_all().with_related(below).exec(&db).await.unwrap_err(),
        Author::find_all().include(Author::POSTS).project::<Named>().exec(&db).await.unwrap_err(),
        Author::find_all().with_related(Author::POSTS.select(Post::ID)).select(Author::ID).exec(&db).await.unwrap_err(),
    ];
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::InvalidStatement), "{errors:?}");
    assert!(errors[0].to_string().contains("`Post::COMMENTS` is included below rows that are not read whole"));
    assert!(errors[1].to_string().contains("`Author::POSTS` is included into rows that are not read whole"));
    assert_eq!(log.take().len(), 0);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Author)]
struct Named {
    name: String,
}

async fn whole_rows_come_with_what_is_selected_besides(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let authors: Vec<(Author, i64)> =
        Author::find_all().select_also(Author::POSTS.count()).order_by(Author::ID).exec(&db).await?;
    assert_eq!(log.take().len(), 1);
    let found: Vec<_> = authors.iter().map(|(author, posts)| (&*author.name, *posts)).collect();
    assert_eq!(found, [("Ann", 3), ("Ben", 1), ("Cat", 0)]);
    // Several, one row, a page, and columns of joined models.
    let (ann, (country, length)) = Author::find_by_pk(1)
        .select_also((Author::COUNTRY.col(Country::NAME).nullable(), Author::NAME.length()))
        .required(&db)
        .await?;
    assert_eq!((ann.name.as_str(), country.as_deref(), length), ("Ann", Some("Norway"), 3));
    let page = Post::find_and_count_all()
        .join(Post::AUTHOR)
        .select_also(Author::NAME)
        .order_by(Post::ID.free().desc())
        .limit(1)
        .exec(&db)
        .await?;
    assert_eq!((page.rows[0].0.id, page.rows[0].1.as_str(), page.count), (4, "Ben", 4));
    Ok(())
}

async fn relations_are_loaded_into_rows_with_more_beside_them(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let posts = Post::find_all()
        .include((Post::AUTHOR.include(Author::COUNTRY), Post::COMMENTS))
        .select_also((Post::VIEWS + 1, Post::REVIEWER.col(Author::NAME).nullable()))
        .order_by(Post::ID)
        .exec(&db)
        .await?;
    assert_eq!(log.take().len(), 2);
    let (first, (more, reviewer)) = &posts[0];
    assert_eq!((more - first.views, reviewer.as_deref()), (1, Some("Ben")));
    let author = first.author.get()?.unwrap();
    assert_eq!((author.name.as_str(), author.country.get()?.unwrap().name.as_str()), ("Ann", "Norway"));
    assert!(posts.iter().all(|(post, _)| post.comments.is_loaded()));
    let mut stream = Post::find_all().include(Post::AUTHOR).select_also(Post::VIEWS).order_by(Post::ID).stream(&db);
    let (post, views) = stream.next().await.unwrap()?;
    assert_eq!((post.author.get()?.unwrap().name.as_str(), views), ("Ann", post.views));
    Ok(())
}

cases! { $ beside:
    whole_rows_come_with_what_is_selected_besides,
    relations_are_loaded_into_rows_with_more_beside_them,
    related_rows_come_with_the_columns_asked_for,
    to_one_rows_come_in_the_same_query,
    projections_nest_below_related_rows,
    one_row_and_a_page_come_with_related_rows,
    columns_in_between_are_selected_and_asked_about,
    related_rows_of_a_model_are_whole_ones,
    what_has_no_place_is_refused,
}
