//! Handles on related rows: by rows and by keys, over join models of every shape, and what they do to versions.

use orm::Result;
use orm::prelude::*;

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Comment, Post, PostTag, Profile, Tag, blog};
use crate::models::links::{Club, Joining, Links, Member, Place, Subscription, Task, Topic, Visit};

async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    Ok(db)
}

/// Member 1, the clubs `a` 1 and `a` 2, the topics `x` and `y`.
async fn linked(test: &Test) -> Result<(Database, Member)> {
    let db = test.with::<Links>().await?;
    let member = Member::create().name("Ann").exec(&db).await?;
    Club::bulk_create([1, 2].map(|number| Club::create().city("a").number(number))).count(&db).await?;
    Topic::bulk_create(["x", "y"].map(|name| Topic::create().name(name))).count(&db).await?;
    Ok((db, member))
}

async fn clubs(db: &Database) -> Result<Vec<(i32, String, i32)>> {
    let columns = (Joining::CLUB_NUMBER, Joining::ROLE, Joining::VERSION);
    Joining::find_all().select(columns).order_by(Joining::ID).exec(db).await
}

async fn links_are_changed_by_keys(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let post = Post::find_by_pk(3).required(&db).await?;
    let tags = async || {
        PostTag::find_all()
            .filter(PostTag::POST_ID.eq(3))
            .select(PostTag::TAG_ID)
            .order_by(PostTag::TAG_ID)
            .exec(&db)
            .await
    };
    post.tags().add(2).exec(&db).await?;
    post.tags().add([1, 2]).exec(&db).await?;
    assert_eq!(tags().await?, [1, 2]);
    assert!(post.tags().has(1, &db).await?);
    assert!(post.tags().has([1, 2], &db).await?);
    assert!(!post.tags().has(vec![1, 3], &db).await?);
    assert_eq!(post.tags().remove(1).exec(&db).await?, 1);
    post.tags().set((1..=3).filter(|id| *id != 2)).exec(&db).await?;
    assert_eq!(tags().await?, [1, 3]);
    post.tags().set(Vec::<i64>::new()).exec(&db).await?;
    assert_eq!(tags().await?, [0; 0]);
    let error = post.tags().add(99).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    Ok(())
}

async fn has_many_rows_are_changed_by_keys(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let post = Post::find_by_pk(3).required(&db).await?;
    post.comments().add([5, 6]).exec(&db).await?;
    assert!(post.comments().has([5, 6], &db).await?);
    post.comments().remove(5).exec(&db).await?;
    post.comments().set([1, 2]).exec(&db).await?;
    let of_post = Comment::find_all().filter(Comment::POST_ID.eq(3)).select(Comment::ID).order_by(Comment::ID);
    assert_eq!(of_post.exec(&db).await?, [1, 2]);
    Ok(())
}

async fn keys_of_two_columns_are_tuples(test: Test) -> Result<()> {
    let (db, member) = linked(&test).await?;
    member.clubs().add(("a", 1)).exec(&db).await?;
    member.clubs().add([("a", 1), ("a", 2)]).exec(&db).await?;
    assert!(member.clubs().has(vec![("a", 1), ("a", 2)], &db).await?);
    member.clubs().set([("a", 2)]).exec(&db).await?;
    assert!(!member.clubs().has(("a", 1), &db).await?);
    assert_eq!(member.clubs().remove(("a", 2)).exec(&db).await?, 1);
    Ok(())
}

async fn keys_do_where_the_model_in_between_points_at_them(test: Test) -> Result<()> {
    let (db, member) = linked(&test).await?;
    let topic = Topic::find_by_pk(1).required(&db).await?;
    member.topics().add(&topic).exec(&db).await?;
    assert!(member.topics().has(1, &db).await?);
    let error = member.topics().add(2).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::InvalidStatement, vec!["name"]));
    Ok(())
}

async fn adding_twice_adds_once(test: Test) -> Result<()> {
    let (db, member) = linked(&test).await?;
    let club = Club::find_by_pk(("a", 1)).required(&db).await?;
    member.clubs().add(&club).exec(&db).await?;
    member.clubs().add([&club, &club]).exec(&db).await?;
    assert_eq!(clubs(&db).await?, [(1, "guest".into(), 0)]);
    member.clubs().add([("a", 1), ("a", 2)]).with(Joining::ROLE, "host").exec(&db).await?;
    assert_eq!(clubs(&db).await?, [(1, "host".into(), 1), (2, "host".into(), 0)]);
    member.clubs().set([("a", 2)]).exec(&db).await?;
    assert_eq!(clubs(&db).await?, [(2, "host".into(), 0)]);
    let topic = Topic::find_by_pk(1).required(&db).await?;
    for weight in [1, 5] {
        member.topics().add(&topic).with(Subscription::WEIGHT, weight).exec(&db).await?;
    }
    let found = Subscription::find_one().required(&db).await?;
    assert_eq!((found.weight, found.version), (5, 1));
    Ok(())
}

async fn adding_is_all_or_nothing(test: Test) -> Result<()> {
    let (db, member) = linked(&test).await?;
    let known = Club::find_by_pk(("a", 1)).required(&db).await?;
    let refused = Club { number: 100, ..known.clone() };
    let error = member.clubs().add([&known, &refused]).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), Joining::count().exec(&db).await?), (ErrorKind::CheckViolation, 0));
    Ok(())
}

async fn many_to_many_rows_are_created_with_their_link(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let post = Post::find_by_pk(3).required(&db).await?;
    let plain = post.tags().create().label("plain").exec(&db).await?;
    let heavy = post.tags().with(PostTag::WEIGHT, 9).create().label("heavy").exec(&db).await?;
    let found: Vec<(i64, i32)> = PostTag::find_all()
        .filter(PostTag::POST_ID.eq(3))
        .select((PostTag::TAG_ID, PostTag::WEIGHT))
        .order_by(PostTag::TAG_ID)
        .exec(&db)
        .await?;
    assert_eq!(found, [(plain.id, 1), (heavy.id, 9)]);
    let gone = Post { id: 99, ..post };
    gone.tags().create().label("lost").exec(&db).await.unwrap_err();
    assert_eq!(Tag::count().filter(Tag::LABEL.eq("lost")).exec(&db).await?, 0);
    Ok(())
}

async fn columns_in_between_are_given_to_all_that_a_handle_writes(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let post = Post::find_by_pk(3).required(&db).await?;
    let heavy = post.tags().with(PostTag::WEIGHT, 7);
    heavy.add([1, 2]).exec(&db).await?;
    heavy.set([2, 3]).with(PostTag::WEIGHT, 8).exec(&db).await?;
    let weights = PostTag::find_all().filter(PostTag::POST_ID.eq(3)).select((PostTag::TAG_ID, PostTag::WEIGHT));
    assert_eq!(weights.order_by(PostTag::TAG_ID).exec(&db).await?, [(2, 8), (3, 8)]);
    let error = post.tags().add(1).with(PostTag::WEIGHT, PostTag::WEIGHT + 1).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::InvalidStatement, vec!["weight"]));
    let error = post.tags().add(1).with(PostTag::POST_ID, 4).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::InvalidStatement, vec!["post_id"]));
    Ok(())
}

async fn pairs_are_rows_with_their_rows_in_between(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let post = Post::find_by_pk(1).required(&db).await?;
    let pairs = post.tags().pairs().filter(Tag::ID.gt(0)).order_by(Tag::ID).exec(&db).await?;
    let pairs: Vec<(&str, i32)> = pairs.iter().map(|(tag, between)| (tag.label.as_str(), between.weight)).collect();
    assert_eq!(pairs, [("rust", 1), ("sql", 5)]);
    Ok(())
}

async fn moved_rows_have_a_new_version(test: Test) -> Result<()> {
    let (db, member) = linked(&test).await?;
    let task = Task::create().title("t").exec(&db).await?;
    let id = task.id;
    let version = async || Task::find_by_pk(id).with_deleted().required(&db).await.map(|task| task.version);
    let mut stale = task.clone();
    member.tasks().add(&task).exec(&db).await?;
    assert_eq!(version().await?, 1);
    assert_eq!(stale.update().title("late").exec(&db).await.unwrap_err().kind(), ErrorKind::Stale);
    member.tasks().remove(&task).exec(&db).await?;
    assert_eq!(version().await?, 2);
    member.tasks().set(&task).exec(&db).await?;
    assert_eq!(version().await?, 3);
    Ok(())
}

async fn every_update_counts_up_the_version(test: Test) -> Result<()> {
    let (db, member) = linked(&test).await?;
    let mut task = member.tasks().create().title("t").exec(&db).await?;
    let id = task.id;
    let version = async || Task::find_by_pk(id).with_deleted().required(&db).await.map(|task| task.version);
    Task::update().set(Task::TITLE, "u").filter(Task::ID.eq(task.id)).exec(&db).await?;
    assert_eq!(version().await?, 1);
    Task::update().set(Task::TITLE, "v").filter(Task::ID.eq(task.id)).silent().exec(&db).await?;
    assert_eq!(version().await?, 2);
    Task::update().set(Task::VERSION, 10).filter(Task::ID.eq(task.id)).exec(&db).await?;
    assert_eq!(version().await?, 10);
    let row = Task::create().title("v").owner_id(member.id);
    Task::bulk_create([row]).on_conflict(Task::TITLE).update(Task::OWNER_ID).exec(&db).await?;
    assert_eq!(version().await?, 11);
    Task::destroy().filter(Task::ID.eq(task.id)).exec(&db).await?;
    assert_eq!(version().await?, 12);
    task.restore(&db).await?;
    assert_eq!((task.version, task.title.as_str()), (13, "v"));
    task.destroy().exec(&db).await?;
    task.restore(&db).await?;
    assert_eq!((task.version, version().await?), (15, 15));
    Ok(())
}

async fn a_pair_is_a_unique_key_unless_said_otherwise(test: Test) -> Result<()> {
    let (db, member) = linked(&test).await?;
    let joining = || Joining::create().member_id(member.id).club_city("a").club_number(1);
    joining().exec(&db).await?;
    let error = joining().exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::UniqueViolation, Some("Joining")));
    assert_eq!(error.columns(), ["member_id", "club_city", "club_number"]);
    let place = Place::create().exec(&db).await?;
    let visit = || Visit::create().member_id(member.id).place_id(place.id);
    Visit::bulk_create([visit(), visit()]).count(&db).await?;
    assert_eq!(member.places().count(&db).await?, 2);
    member.places().add(&place).exec(&db).await?;
    assert_eq!(Visit::count().exec(&db).await?, 2);
    // A visit of another sort.
    member.again().add(&place).exec(&db).await?;
    assert_eq!((member.again().count(&db).await?, Visit::count().exec(&db).await?), (1, 3));
    member.again().set([]).exec(&db).await?;
    assert_eq!(Visit::count().exec(&db).await?, 2);
    Ok(())
}

/// Adds the same pairs from both ends at once, partly in transactions.
async fn add_at_once(db: &Database, member: &Member) -> Result<()> {
    let mut tasks = Vec::new();
    for number in 0..12 {
        let (db, member) = (db.clone(), member.clone());
        tasks.push(tokio::spawn(async move {
            let club = Club::find_by_pk(("a", 1)).required(&db).await?;
            let place = Place::find_by_pk(1).required(&db).await?;
            let locks = db.dialect().capabilities().row_locks;
            match number % 3 {
                0 => {
                    member.places().add(&place).exec(&db).await?;
                    member.clubs().add(&club).exec(&db).await
                }
                1 => {
                    place.visitors().add(&member).exec(&db).await?;
                    club.members().add(&member).exec(&db).await
                }
                // Elsewhere, a transaction that reads first cannot write once another one has.
                _ if locks => db.transaction(async |tx| member.places().add([1]).exec(tx).await).await,
                _ => member.places().add([1]).exec(&db).await,
            }
        }));
    }
    for task in tasks {
        task.await.map_err(|error| orm::Error::new(ErrorKind::Io, error.to_string()))??;
    }
    Ok(())
}

async fn adding_at_once_adds_once(test: Test) -> Result<()> {
    let (db, member) = linked(&test).await?;
    Place::bulk_create([1, 2].map(|id| Place::create().id(id))).count(&db).await?;
    for _ in 0..5 {
        add_at_once(&db, &member).await?;
        assert_eq!((Visit::count().exec(&db).await?, Joining::count().exec(&db).await?), (1, 1));
        member.places().set([2]).exec(&db).await?;
        member.clubs().set([("a", 2)]).exec(&db).await?;
        member.places().set([]).exec(&db).await?;
        member.clubs().set([]).exec(&db).await?;
    }
    Ok(())
}

async fn setting_at_once_leaves_what_one_set(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let post = Post::find_by_pk(3).required(&db).await?;
    for _ in 0..5 {
        let mut tasks = Vec::new();
        for number in 1..=3 {
            let (db, post) = (db.clone(), post.clone());
            tasks.push(tokio::spawn(async move {
                post.tags().set([number]).exec(&db).await?;
                post.comments().set([number]).exec(&db).await
            }));
        }
        for task in tasks {
            task.await.unwrap()?;
        }
        assert_eq!((post.tags().count(&db).await?, post.comments().count(&db).await?), (1, 1));
    }
    Ok(())
}

async fn the_same_row_twice_is_added_once_with_its_columns(test: Test) -> Result<()> {
    let (db, member) = linked(&test).await?;
    let topic = Topic::find_by_pk(1).required(&db).await?;
    for weight in [2, 3] {
        member.topics().add([&topic, &topic]).with(Subscription::WEIGHT, weight).exec(&db).await?;
        assert_eq!(Subscription::find_one().required(&db).await?.weight, weight);
    }
    member.clubs().set([("a", 1), ("a", 1)]).with(Joining::ROLE, "host").exec(&db).await?;
    assert_eq!(clubs(&db).await?, [(1, "host".into(), 0)]);
    Ok(())
}

/// A tag, and how heavily a post wears it.
#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Tag)]
struct Worn {
    label: String,
    #[orm(expr = PostTag::WEIGHT.free())]
    weight: i32,
}

#[derive(Debug, Clone, Projection)]
#[orm(model = Post)]
struct Whole {
    title: String,
    #[orm(nested = Post::COMMENTS.order_by(Comment::ID).include(Comment::POST))]
    comments: Vec<Comment>,
    #[orm(nested = author)]
    author: Option<Author>,
    #[orm(nested = Post::TAGS.order_by(Tag::ID))]
    tags: Vec<Worn>,
}

async fn projections_hold_whole_rows_and_columns_in_between(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let posts: Vec<Whole> = Post::find_all().project::<Whole>().order_by(Post::ID).exec(&db).await?;
    assert_eq!(log.count(), 3);
    let first = &posts[0];
    assert_eq!(first.title, "p1");
    assert_eq!(first.comments.iter().map(|comment| comment.likes).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(first.comments[0].post.get()?.map(|post| post.id), Some(1));
    assert_eq!(first.author.as_ref().map(|author| author.name.as_str()), Some("Ann"));
    let worn = |label: &str, weight| Worn { label: label.into(), weight };
    assert_eq!(first.tags, [worn("rust", 1), worn("sql", 5)]);
    assert_eq!(posts[2].tags, []);
    Ok(())
}

async fn joins_follow_relations(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let rows: Vec<(String, i64)> = Author::find_all()
        .join(Author::POSTS)
        .select((Author::NAME, count_all()))
        .group_by(Author::NAME)
        .order_by(Author::NAME)
        .exec(&db)
        .await?;
    assert_eq!(rows, [("Ann".into(), 3), ("Ben".into(), 1)]);
    let rows: Vec<(String, Option<String>)> = Author::find_all()
        .left_join(Author::PROFILE)
        .select((Author::NAME, Profile::BIO.nullable()))
        .order_by(Author::ID)
        .exec(&db)
        .await?;
    assert_eq!(rows[2], ("Cat".into(), None));
    let rows: Vec<(i64, String, i32)> = Author::find_all()
        .join(Author::POSTS)
        .join(Post::TAGS)
        .select((Post::ID, Tag::LABEL, PostTag::WEIGHT))
        .filter(Author::NAME.eq("Ann"))
        .order_by((Post::ID, Tag::ID.desc()))
        .exec(&db)
        .await?;
    assert_eq!(rows, [(1, "sql".into(), 5), (1, "rust".into(), 1), (2, "rust".into(), 2)]);
    Ok(())
}

async fn relations_are_refined_like_includes(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let least = |views: Option<i32>| Author::POSTS.filter_if(views, |views| Post::VIEWS.ge(views));
    for (views, posts) in [(None, 3), (Some(20), 2)] {
        let ann = Author::find_by_pk(1).include(least(views)).required(&db).await?;
        assert_eq!(ann.posts.get()?.len(), posts);
    }
    Ok(())
}

cases! { $ handles:
    projections_hold_whole_rows_and_columns_in_between,
    joins_follow_relations,
    relations_are_refined_like_includes,
    links_are_changed_by_keys,
    has_many_rows_are_changed_by_keys,
    keys_of_two_columns_are_tuples,
    keys_do_where_the_model_in_between_points_at_them,
    adding_twice_adds_once,
    a_pair_is_a_unique_key_unless_said_otherwise,
    adding_at_once_adds_once,
    setting_at_once_leaves_what_one_set,
    the_same_row_twice_is_added_once_with_its_columns,
    adding_is_all_or_nothing,
    many_to_many_rows_are_created_with_their_link,
    columns_in_between_are_given_to_all_that_a_handle_writes,
    pairs_are_rows_with_their_rows_in_between,
    moved_rows_have_a_new_version,
    every_update_counts_up_the_version,
}
