//! Conditions and values through relations, and handles on the related rows of a row.

use orm::Result;
use orm::expr::IntoCondition;
use orm::prelude::*;

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Comment, Country, Post, PostTag, Profile, Tag, blog};
use crate::models::club::{self, Badge, Club, Clubs, Member};

/// What readers have borrowed; their relation leads to the loans of more than a week.
#[derive(Debug, Clone, Model)]
struct Reader {
    #[orm(primary_key)]
    id: i64,
    #[orm(has_many(filter = Loan::DAYS.gt(7)))]
    due: HasMany<Loan>,
}

#[derive(Debug, Clone, Model)]
struct Loan {
    #[orm(primary_key)]
    id: i64,
    reader_id: i64,
    days: Option<i32>,
    fine: i32,
    reader: BelongsTo<Reader>,
}

async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    Ok(db)
}

async fn authors(db: &Database, condition: impl IntoCondition<Author>) -> Result<Vec<i64>> {
    Author::find_all().filter(condition).select(Author::ID).order_by(Author::ID.asc()).exec(db).await
}

async fn posts(db: &Database, condition: impl IntoCondition<Post>) -> Result<Vec<i64>> {
    Post::find_all().filter(condition).select(Post::ID).order_by(Post::ID.asc()).exec(db).await
}

async fn any_none_and_all_ask_has_many(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    assert_eq!(authors(&db, Author::POSTS.any(Post::VIEWS.lt(15))).await?, [1, 2]);
    assert_eq!(authors(&db, Author::POSTS.none(Post::VIEWS.lt(15))).await?, [3]);
    assert_eq!(authors(&db, Author::POSTS.all(Post::VIEWS.lt(15))).await?, [2, 3]);
    assert_eq!(authors(&db, Author::POSTS.exists()).await?, [1, 2]);
    assert_eq!(authors(&db, Author::POSTS.is_empty()).await?, [3]);
    assert_eq!(authors(&db, !Author::POSTS.exists()).await?, [3]);
    Ok(())
}

async fn all_counts_unknown_as_no(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    assert_eq!(authors(&db, Author::POSTS.all(Post::REVIEWER_ID.eq(1))).await?, [2, 3]);
    assert_eq!(authors(&db, Author::POSTS.all(Post::REVIEWER_ID.eq(2))).await?, [3]);
    Ok(())
}

async fn any_asks_through_many_to_many(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    assert_eq!(posts(&db, Post::TAGS.any(Tag::LABEL.eq("rust"))).await?, [1, 2]);
    assert_eq!(posts(&db, Post::TAGS.none(Tag::LABEL.eq("rust"))).await?, [3, 4]);
    assert_eq!(posts(&db, Post::TAGS.all(Tag::LABEL.eq("rust"))).await?, [2, 3]);
    assert_eq!(posts(&db, Post::TAGS.is_empty()).await?, [3]);
    Ok(())
}

async fn any_nests(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    assert_eq!(authors(&db, Author::POSTS.any(Post::COMMENTS.any(Comment::LIKES.gt(5)))).await?, [2]);
    assert_eq!(authors(&db, Author::POSTS.any(Post::TAGS.any(Tag::LABEL.eq("sql")))).await?, [1]);
    let same = Author::POSTS.any(Post::REVIEWER.any(Author::POSTS.any(Post::VIEWS.eq(5))));
    assert_eq!(authors(&db, same).await?, [1]);
    assert_eq!(Country::count().filter(Country::AUTHORS.none(Author::POSTS.is_empty())).exec(&db).await?, 2);
    Ok(())
}

async fn any_asks_to_one_relations(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    assert_eq!(posts(&db, Post::AUTHOR.any(Author::NAME.eq("Ben"))).await?, [4]);
    assert_eq!(posts(&db, Post::REVIEWER.is_empty()).await?, [2]);
    assert_eq!(authors(&db, Author::PROFILE.is_empty()).await?, [3]);
    Ok(())
}

async fn filters_on_relations_multiply_no_rows(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    assert_eq!(Author::count().filter(Author::POSTS.any(Post::ID.gt(0))).exec(&db).await?, 2);
    assert_eq!(Post::find_all().filter(Post::COMMENTS.exists()).exec(&db).await?.len(), 3);
    Ok(())
}

async fn offsets_count_rows_however_many_are_related(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let commented = Post::COMMENTS.exists();
    let pages = async |offset: u64| {
        let find = Post::find_all().filter(commented.clone()).order_by(Post::ID).select(Post::ID);
        find.limit(1).offset(offset).exec(&db).await
    };
    let found = [pages(0).await?, pages(1).await?, pages(2).await?, pages(3).await?];
    assert_eq!(found, [vec![1], vec![2], vec![4], vec![]]);
    let tagged = Author::POSTS.any(Post::TAGS.exists().and(Post::COMMENTS.exists())).and(Author::POSTS.exists());
    let rest = Author::find_all().filter(tagged).order_by(Author::ID).select(Author::ID).limit(5).offset(1);
    assert_eq!(rest.exec(&db).await?, [2]);
    let sql = orm::sql(
        "SELECT id FROM authors WHERE EXISTS (SELECT 1 FROM posts WHERE author_id = authors.id) ORDER BY id LIMIT 5 OFFSET 1",
    );
    assert_eq!(db.query::<i64>(sql, ()).await?, [2]);
    Ok(())
}

async fn rows_behind_a_model_in_between_are_asked_about(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let countries = async |condition: Condition<Country>| {
        Country::find_all().filter(condition).select(Country::ID).order_by(Country::ID.asc()).exec(&db).await
    };
    assert_eq!(countries(Country::POSTS.any(Post::VIEWS.eq(5))).await?, [1]);
    assert_eq!(countries(Country::POSTS.none(Post::VIEWS.eq(5))).await?, [2]);
    assert_eq!(countries(Country::PROFILE.col(Profile::BIO).eq("about Ben")).await?, [1]);
    let counts: Vec<i64> =
        Country::find_all().select(Country::POSTS.count()).order_by(Country::ID.asc()).exec(&db).await?;
    assert_eq!(counts, [4, 0]);
    let country = Country::find_by_pk(1).required(&db).await?;
    assert_eq!(country.posts().filter(Post::VIEWS.gt(10)).count(&db).await?, 2);
    let post = Post::find_by_pk(1).required(&db).await?;
    assert!(country.posts().has(&post, &db).await?);
    Ok(())
}

async fn related_rows_are_counted(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let rows: Vec<(String, i64, i64)> = Author::find_all()
        .select((Author::NAME, Author::POSTS.count(), Author::POSTS.count_where(Post::VIEWS.gt(10))))
        .order_by((Author::POSTS.count().desc(), Author::ID.asc()))
        .exec(&db)
        .await?;
    assert_eq!(rows, [("Ann".into(), 3, 2), ("Ben".into(), 1, 0), ("Cat".into(), 0, 0)]);
    assert_eq!(authors(&db, Author::POSTS.count().eq(1)).await?, [2]);
    let tags: Vec<i64> = Post::find_all().select(Post::TAGS.count()).order_by(Post::ID.asc()).exec(&db).await?;
    assert_eq!(tags, [2, 1, 0, 1]);
    Ok(())
}

async fn related_rows_are_aggregated(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let rows: Vec<(Option<i64>, Option<i32>)> = Author::find_all()
        .select((Author::POSTS.aggregate(Post::VIEWS.sum()), Author::POSTS.aggregate(Post::VIEWS.max())))
        .order_by(Author::ID.asc())
        .exec(&db)
        .await?;
    assert_eq!(rows, [(Some(60), Some(30)), (Some(5), Some(5)), (None, None)]);
    let views = Author::POSTS.aggregate(Post::VIEWS.sum().unwrap_or(0) - Post::VIEWS.count());
    let views: Vec<i64> = Author::find_all().select(views).order_by(Author::ID.asc()).exec(&db).await?;
    assert_eq!(views, [57, 4, 0]);
    Ok(())
}

async fn paths_lead_to_columns(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    assert_eq!(posts(&db, Post::AUTHOR.col(Author::NAME).eq("Ben")).await?, [4]);
    let country = Post::AUTHOR.expr(Author::COUNTRY.col(Country::NAME));
    assert_eq!(posts(&db, country.clone().eq("Norway")).await?, [1, 2, 3, 4]);
    let ordered: Vec<i64> = Post::find_all()
        .select(Post::ID)
        .order_by((Post::AUTHOR.col(Author::NAME).desc(), country.asc(), Post::ID.asc()))
        .exec(&db)
        .await?;
    assert_eq!(ordered, [4, 1, 2, 3]);
    let reviewers: Vec<(i64, Option<String>)> = Post::find_all()
        .select((Post::ID, Post::REVIEWER.col(Author::NAME).nullable()))
        .order_by(Post::ID.asc())
        .exec(&db)
        .await?;
    assert_eq!(reviewers, [(1, Some("Ben".into())), (2, None), (3, Some("Ben".into())), (4, Some("Ann".into()))]);
    Ok(())
}

/// A club, its first member and its leader, by a path and nested.
#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Club)]
struct ClubCard {
    #[orm(path = founder(Member).name)]
    founder: Option<String>,
    #[orm(path = leader(Member).name)]
    leader: Option<String>,
    #[orm(nested = leader)]
    leading: Option<MemberCard>,
    #[orm(path = badge(Badge).colour)]
    badge: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Member)]
struct MemberCard {
    name: String,
    #[orm(path = first_club(Club).name)]
    first_club: Option<String>,
}

async fn clubs(test: &Test) -> Result<Database> {
    let db = test.with::<Clubs>().await?;
    club::clubs(&db).await?;
    Ok(db)
}

async fn expressions_about_a_row_that_is_not_there_are_the_same_everywhere(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    // Post 2 has no reviewer: nothing is known about one.
    let condition = || Post::REVIEWER.expr(Author::COUNTRY_ID.is_null()).unwrap_or(true);
    assert_eq!(posts(&db, condition()).await?, [2]);
    assert_eq!(Post::update().set(Post::VIEWS, 1).filter(condition()).exec(&db).await?, 1);
    assert_eq!(authors(&db, Author::POSTS.any(condition())).await?, [1]);
    let no_posts = || Post::REVIEWER.expr(Author::POSTS.is_empty()).is_null();
    assert_eq!(posts(&db, no_posts()).await?, [2]);
    assert_eq!(authors(&db, Author::POSTS.any(no_posts())).await?, [1]);
    Ok(())
}

async fn a_condition_about_a_row_that_may_not_be_there_does_not_hold_without_it(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    // Post 2 has no reviewer, and post 4 is reviewed by Ann.
    let ann = || Post::REVIEWER.expr(Author::NAME.eq("Ann")).is_true();
    assert_eq!(posts(&db, ann()).await?, [4]);
    assert_eq!(posts(&db, !ann()).await?, [1, 3]);
    assert_eq!(posts(&db, Post::REVIEWER.expr(Author::NAME.eq("Ann")).is_null()).await?, [2]);
    let held: Vec<bool> = Post::find_all().select(ann()).order_by(Post::ID).exec(&db).await?;
    assert_eq!(held, [false, false, false, true]);
    let author: Vec<i64> = posts(&db, Post::AUTHOR.expr(Author::NAME.eq("Ann"))).await?;
    assert_eq!(author, [1, 2, 3]);
    Ok(())
}

async fn what_is_computed_from_aggregates_of_related_rows_can_be_asked(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let views = || Author::POSTS.aggregate(Post::VIEWS.sum().unwrap_or(0) + 1);
    let found = Author::find_all().select((Author::ID, views())).order_by(views().desc()).exec(&db).await?;
    assert_eq!(found, [(1, 61), (2, 6), (3, 1)]);
    Ok(())
}

async fn rows_of_which_the_scope_is_unknown_do_not_count(test: Test) -> Result<()> {
    let db = test.with::<(Reader, Loan)>().await?;
    let reader = Reader::create().exec(&db).await?;
    Loan::create().reader_id(reader.id).days(None).fine(0).exec(&db).await?;
    let fined = || Reader::count().filter(Reader::DUE.all(Loan::FINE.gt(0)));
    assert_eq!(fined().exec(&db).await?, 1);
    reader.due().create().days(9).fine(5).exec(&db).await?;
    assert_eq!(fined().exec(&db).await?, 1);
    reader.due().create().days(9).fine(0).exec(&db).await?;
    assert_eq!(fined().exec(&db).await?, 0);
    Ok(())
}

async fn a_scope_holds_in_paths(test: Test) -> Result<()> {
    let db = clubs(&test).await?;
    let clubs = async |condition: Condition<Club>| {
        Club::find_all().filter(condition).select(Club::NAME).order_by(Club::ID.asc()).exec(&db).await
    };
    assert_eq!(clubs(Club::LEADER.col(Member::POINTS).ge(20)).await?, ["A", "B"]);
    assert_eq!(clubs(Club::LEADER.col(Member::ID).nullable().is_null()).await?, ["C"]);
    assert_eq!(clubs(Club::BADGE.col(Badge::COLOUR).nullable().is_null()).await?, ["B", "C"]);
    let by_leader: Vec<(String, Option<i32>)> = Club::find_all()
        .select((Club::NAME, Club::LEADER.col(Member::POINTS).nullable()))
        .order_by((
            Club::BADGE.col(Badge::COLOUR).desc().nulls_last(),
            Club::LEADER.col(Member::POINTS).desc().nulls_last(),
        ))
        .exec(&db)
        .await?;
    assert_eq!(by_leader, [("A".into(), Some(20)), ("B".into(), Some(40)), ("C".into(), None)]);
    assert_eq!(Member::count().filter(Member::FIRST_CLUB.col(Club::NAME).eq("B")).exec(&db).await?, 0);
    assert_eq!(Member::count().filter(Member::FIRST_CLUB.col(Club::NAME).eq("A")).exec(&db).await?, 2);
    assert_eq!(Member::count().filter(Member::CLUB.col(Club::NAME).eq("B")).exec(&db).await?, 2);
    let far = Member::CLUB.expr(Club::LEADER.col(Member::NAME));
    assert_eq!(Member::count().filter(far.eq("Bea")).exec(&db).await?, 2);
    Ok(())
}

async fn scoped_paths_includes_and_projections_agree(test: Test) -> Result<()> {
    let db = clubs(&test).await?;
    let clubs =
        Club::find_all().include((Club::FOUNDER, Club::LEADER, Club::BADGE)).order_by(Club::ID.asc()).exec(&db).await?;
    let cards = Club::find_all().project::<ClubCard>().order_by(Club::ID.asc()).exec(&db).await?;
    let included: Vec<_> = clubs
        .iter()
        .map(|club| {
            let leader = club.leader.get().unwrap().map(|member| member.name.clone());
            let badge = club.badge.get().unwrap().map(|badge| badge.colour.clone());
            (club.founder.get().unwrap().map(|member| member.name.clone()), leader, badge)
        })
        .collect();
    assert_eq!(
        included,
        [
            (Some("Ali".into()), Some("Bea".into()), Some("red".into())),
            (Some("Cleo".into()), Some("Cleo".into()), None),
            (Some("Eve".into()), None, None),
        ]
    );
    for (card, (founder, leader, badge)) in cards.iter().zip(included) {
        let first_club = (leader.as_deref() == Some("Bea")).then(|| "A".to_owned());
        let leading = leader.clone().map(|name| MemberCard { name, first_club });
        assert_eq!(*card, ClubCard { founder, leader, leading, badge });
    }
    let members = Member::find_all().include(Member::FIRST_CLUB).order_by(Member::ID.asc()).exec(&db).await?;
    let first: Vec<bool> = members.iter().map(|member| member.first_club.get().unwrap().is_some()).collect();
    assert_eq!(first, [true, true, false, false, false]);
    Ok(())
}

async fn a_scope_and_a_filter_of_an_include_both_hold(test: Test) -> Result<()> {
    let db = clubs(&test).await?;
    let badge = Club::BADGE.filter(Badge::COLOUR.ne("red"));
    let shown =
        Club::find_all().include(badge).order_by(Club::BADGE.col(Badge::COLOUR).asc().nulls_last()).exec(&db).await?;
    assert_eq!(shown[0].name, "A");
    assert!(shown.iter().all(|club| club.badge.get().unwrap().is_none()));
    Ok(())
}

async fn joins_combine_models(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let rows: Vec<(String, Option<String>)> = Author::find_all()
        .left_join::<Profile>(Profile::AUTHOR_ID.free().eq(Author::ID.free()))
        .select((Author::NAME, Profile::BIO.nullable()))
        .order_by(Author::ID.free().asc())
        .exec(&db)
        .await?;
    assert_eq!(
        rows,
        [("Ann".into(), Some("about Ann".into())), ("Ben".into(), Some("about Ben".into())), ("Cat".into(), None)]
    );
    let rows: Vec<(String, i64)> = Author::find_all()
        .join::<Post>(Post::AUTHOR_ID.free().eq(Author::ID.free()))
        .select((Author::NAME, count_all()))
        .group_by(Author::NAME)
        .order_by(Author::NAME.free().asc())
        .exec(&db)
        .await?;
    assert_eq!(rows, [("Ann".into(), 3), ("Ben".into(), 1)]);
    Ok(())
}

async fn rows_created_together_are_loaded(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    let author = Author::create()
        .name("Ann")
        .with_country(Country::create().name("Norway"))
        .with_profile(|new| [new.create().bio("about Ann")])
        .with_posts(|new| {
            ["a", "b"].map(|title| {
                new.create()
                    .title(title)
                    .with_tags(|new| ["x", "y"].map(|tag| new.create().label(format!("{title}{tag}"))))
            })
        })
        .exec(&db)
        .await?;
    let included = Author::find_by_pk(author.id)
        .include((Author::COUNTRY, Author::PROFILE, Author::POSTS.include(Post::TAGS.order_by(Tag::ID.asc()))))
        .required(&db)
        .await?;
    assert_eq!(author, included);
    assert_eq!(author.country.get()?.map(|country| (country.id, &*country.name)), Some((1, "Norway")));
    let posts = author.posts.get()?;
    assert_eq!(posts.iter().map(|post| (post.id, post.author_id)).collect::<Vec<_>>(), [(1, 1), (2, 1)]);
    let weights: Vec<_> =
        posts[1].tags.pairs()?.map(|(tag, between)| (&*tag.label, between.tag_id, between.weight)).collect();
    assert_eq!(weights, [("bx", 3, 1), ("by", 4, 1)]);
    assert!(author.reviews.not_loaded() && posts[0].author.not_loaded());
    Ok(())
}

async fn many_rows_created_together_are_loaded(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    let authors = [("Ann", 2), ("Ben", 0), ("Cat", 1)];
    let authors = authors.map(|(name, posts)| {
        Author::create().name(name).with_posts(move |new| {
            (0..posts).map(|number| new.create().title(format!("{name}{number}"))).collect::<Vec<_>>()
        })
    });
    let authors = Author::bulk_create(authors).exec(&db).await?;
    let titles: Vec<Vec<_>> =
        authors.iter().map(|author| author.posts.get().unwrap().iter().map(|post| &*post.title).collect()).collect();
    assert_eq!(titles, [vec!["Ann0", "Ann1"], vec![], vec!["Cat0"]]);
    assert!(authors.iter().flat_map(|author| author.posts.get().unwrap()).all(|post| post.id > 0));
    Ok(())
}

async fn handles_find_and_count(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let ann = Author::find_by_pk(1).required(&db).await?;
    assert_eq!(ann.posts().exec(&db).await?.len(), 3);
    assert_eq!(ann.posts().count(&db).await?, 3);
    let popular = ann.posts().filter(Post::VIEWS.gt(10)).order_by(Post::VIEWS.desc()).exec(&db).await?;
    assert_eq!(popular.iter().map(|post| post.id).collect::<Vec<_>>(), [3, 2]);
    let one = ann.posts().find_one().order_by(Post::ID.desc()).required(&db).await?;
    assert_eq!(one.id, 3);
    assert_eq!(one.author().find_one().required(&db).await?.id, 1);
    assert_eq!(one.tags().count(&db).await?, 0);
    let first = Post::find_by_pk(1).required(&db).await?;
    let labels = first.tags().order_by(Tag::ID.asc()).exec(&db).await?;
    assert_eq!(labels.iter().map(|tag| tag.label.as_str()).collect::<Vec<_>>(), ["rust", "sql"]);
    assert_eq!(first.comments().include(Comment::POST).exec(&db).await?.len(), 3);
    Ok(())
}

async fn handles_create_with_the_key_filled_in(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let cat = Author::find_by_pk(3).required(&db).await?;
    let post = cat.posts().create().title("new").exec(&db).await?;
    assert_eq!((post.author_id, post.reviewer_id), (3, None));
    let review = cat.reviews().create().author_id(1).title("seen").exec(&db).await?;
    assert_eq!((review.author_id, review.reviewer_id), (1, Some(3)));
    let profile = cat.profile().create().bio("about Cat").exec(&db).await?;
    assert_eq!(profile.author_id, 3);
    Ok(())
}

async fn handles_tell_whether_rows_are_related(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let first = Post::find_by_pk(1).required(&db).await?;
    let tags = Tag::find_all().order_by(Tag::ID.asc()).exec(&db).await?;
    assert!(first.tags().has(&tags[..2], &db).await?);
    assert!(!first.tags().has(&tags, &db).await?);
    assert!(first.tags().has(&tags[0], &db).await?);
    assert!(first.tags().has([&tags[0], &tags[0]], &db).await?);
    assert!(first.tags().has([], &db).await?);
    Ok(())
}

async fn many_to_many_links_are_added_removed_and_set(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let post = Post::find_by_pk(3).required(&db).await?;
    let tags = Tag::find_all().order_by(Tag::ID.asc()).exec(&db).await?;
    let linked = async || {
        PostTag::find_all()
            .filter(PostTag::POST_ID.eq(3))
            .select((PostTag::TAG_ID, PostTag::WEIGHT))
            .order_by(PostTag::TAG_ID.asc())
            .exec(&db)
            .await
    };
    post.tags().add(&tags[..2]).exec(&db).await?;
    assert_eq!(linked().await?, [(1, 1), (2, 1)]);
    post.tags().add(&tags).exec(&db).await?;
    assert_eq!(linked().await?, [(1, 1), (2, 1), (3, 1)]);
    post.tags().add(&tags[0]).with(PostTag::WEIGHT, 9).exec(&db).await?;
    assert_eq!(linked().await?, [(1, 9), (2, 1), (3, 1)]);
    assert_eq!(post.tags().remove(&tags[1]).exec(&db).await?, 1);
    assert_eq!(linked().await?, [(1, 9), (3, 1)]);
    post.tags().set(&tags[1..]).exec(&db).await?;
    assert_eq!(linked().await?, [(2, 1), (3, 1)]);
    post.tags().set([]).exec(&db).await?;
    assert_eq!(linked().await?, [(0, 0); 0]);
    assert_eq!(PostTag::count().exec(&db).await?, 4);
    Ok(())
}

async fn has_many_links_are_added_removed_and_set(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let post = Post::find_by_pk(3).required(&db).await?;
    let comments = Comment::find_all().order_by(Comment::ID.asc()).exec(&db).await?;
    let linked = async || {
        Comment::find_all()
            .filter(Comment::POST_ID.eq(3))
            .select(Comment::ID)
            .order_by(Comment::ID.asc())
            .exec(&db)
            .await
    };
    post.comments().add(&comments[4..]).exec(&db).await?;
    assert_eq!(linked().await?, [5, 6]);
    post.comments().remove([&comments[4]]).exec(&db).await?;
    assert_eq!(linked().await?, [6]);
    post.comments().set(&comments[..2]).exec(&db).await?;
    assert_eq!(linked().await?, [1, 2]);
    assert_eq!(Comment::count().filter(Comment::POST_ID.is_null()).exec(&db).await?, 2);
    // Rows of others stay theirs.
    post.comments().remove([&comments[2]]).exec(&db).await?;
    assert_eq!(Comment::find_by_pk(3).required(&db).await?.post_id, Some(1));
    let ann = Author::find_by_pk(1).required(&db).await?;
    let error = ann.posts().set([]).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::InvalidStatement, vec!["author_id"]));
    Ok(())
}

async fn soft_deleted_rows_are_hidden_behind_relations(test: Test) -> Result<()> {
    use crate::models::shelf::{Book, Shelf};
    let db = test.with::<(Shelf, Book)>().await?;
    let shelf = Shelf::create().name("s").exec(&db).await?;
    let empty = Shelf::create().name("e").exec(&db).await?;
    let kept = shelf.books().create().title("kept").exec(&db).await?;
    let gone = shelf.books().create().title("gone").exec(&db).await?;
    let alone = empty.books().create().title("alone").exec(&db).await?;
    gone.destroy().exec(&db).await?;
    alone.destroy().exec(&db).await?;
    let shelves = Shelf::find_all().include(Shelf::BOOKS).order_by(Shelf::ID.asc()).exec(&db).await?;
    assert_eq!(shelves[0].books.get()?.iter().map(|book| book.id).collect::<Vec<_>>(), [kept.id]);
    assert!(shelves[1].books.get()?.is_empty());
    assert_eq!(Shelf::count().filter(Shelf::BOOKS.exists()).exec(&db).await?, 1);
    assert_eq!(Shelf::count().filter(Shelf::BOOKS.any(Book::TITLE.eq("gone"))).exec(&db).await?, 0);
    assert_eq!(Shelf::find_all().include(Shelf::BOOKS.required()).exec(&db).await?.len(), 1);
    let counts: Vec<i64> = Shelf::find_all().select(Shelf::BOOKS.count()).order_by(Shelf::ID.asc()).exec(&db).await?;
    assert_eq!(counts, [1, 0]);
    assert_eq!(shelf.books().count(&db).await?, 1);
    let all = Shelf::find_all().include(Shelf::BOOKS.with_deleted()).order_by(Shelf::ID.asc()).exec(&db).await?;
    assert_eq!(all.iter().map(|shelf| shelf.books.get().unwrap().len()).collect::<Vec<_>>(), [2, 1]);
    empty.destroy().exec(&db).await?;
    let books = Book::find_all().with_deleted().include(Book::SHELF).order_by(Book::ID.asc()).exec(&db).await?;
    assert_eq!(books.iter().map(|book| book.shelf.get().unwrap().is_some()).collect::<Vec<_>>(), [true, true, false]);
    let joined: Vec<String> = Shelf::find_all()
        .join::<Book>(Book::SHELF_ID.free().eq(Shelf::ID.free()))
        .select(Book::TITLE)
        .exec(&db)
        .await?;
    assert_eq!(joined, ["kept"]);
    Ok(())
}

async fn deleted_rows_that_are_asked_for_are_joined(test: Test) -> Result<()> {
    use crate::models::shelf::{Book, Shelf};
    let db = test.with::<(Shelf, Book)>().await?;
    let (kept, gone) = (Shelf::create().name("a").exec(&db).await?, Shelf::create().name("b").exec(&db).await?);
    for shelf in [&kept, &gone] {
        shelf.books().create().title("x").exec(&db).await?;
    }
    gone.destroy().exec(&db).await?;
    let names = async |books: orm::Find<Book>| {
        // A stream loads what is joined, and nothing else.
        let (mut rows, mut names) = (books.order_by(Book::ID).stream(&db), Vec::new());
        while let Some(book) = rows.next().await {
            names.push(book?.shelf.get()?.as_ref().map(|shelf| shelf.name.clone()));
        }
        Ok::<_, orm::Error>(names)
    };
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(names(Book::find_all().include(Book::SHELF)).await?, [some("a"), None]);
    assert_eq!(names(Book::find_all().include(Book::SHELF.with_deleted())).await?, [some("a"), some("b")]);
    assert_eq!(names(Book::find_all().include(Book::SHELF.only_deleted())).await?, [None, some("b")]);
    // A filter that goes over the same relation sees what it did.
    let by_name = Book::SHELF.col(Shelf::NAME).eq("b");
    let found = Book::find_all().filter(by_name.clone().or(Book::ID.gt(0))).include(Book::SHELF.with_deleted());
    assert_eq!(names(found).await?, [some("a"), some("b")]);
    assert!(names(Book::find_all().filter(by_name).include(Book::SHELF.with_deleted())).await?.is_empty());
    Ok(())
}

async fn find_or_create_creates_once(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let find = || Tag::find_or_create().filter(Tag::LABEL.eq("new")).defaults(Tag::create().label("new"));
    let (first, created) = find().exec(&db).await?;
    assert!(created);
    let (second, created) = find().exec(&db).await?;
    assert_eq!((second.id, created), (first.id, false));
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let db = db.clone();
        tasks.push(tokio::spawn(async move {
            let row = Tag::create().label("raced");
            Tag::find_or_create().filter(Tag::LABEL.eq("raced")).defaults(row).exec(&db).await
        }));
    }
    let mut made = 0;
    for task in tasks {
        made += u32::from(task.await.unwrap()?.1);
    }
    assert_eq!((made, Tag::count().filter(Tag::LABEL.eq("raced")).exec(&db).await?), (1, 1));
    Ok(())
}

cases! { $ relation:
    any_none_and_all_ask_has_many,
    all_counts_unknown_as_no,
    any_asks_through_many_to_many,
    any_nests,
    any_asks_to_one_relations,
    filters_on_relations_multiply_no_rows,
    offsets_count_rows_however_many_are_related,
    rows_behind_a_model_in_between_are_asked_about,
    related_rows_are_counted,
    related_rows_are_aggregated,
    paths_lead_to_columns,
    expressions_about_a_row_that_is_not_there_are_the_same_everywhere,
    a_condition_about_a_row_that_may_not_be_there_does_not_hold_without_it,
    what_is_computed_from_aggregates_of_related_rows_can_be_asked,
    rows_of_which_the_scope_is_unknown_do_not_count,
    a_scope_holds_in_paths,
    scoped_paths_includes_and_projections_agree,
    a_scope_and_a_filter_of_an_include_both_hold,
    joins_combine_models,
    rows_created_together_are_loaded,
    many_rows_created_together_are_loaded,
    handles_find_and_count,
    handles_create_with_the_key_filled_in,
    handles_tell_whether_rows_are_related,
    many_to_many_links_are_added_removed_and_set,
    has_many_links_are_added_removed_and_set,
    soft_deleted_rows_are_hidden_behind_relations,
    deleted_rows_that_are_asked_for_are_joined,
    find_or_create_creates_once,
}
