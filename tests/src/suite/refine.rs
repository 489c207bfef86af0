//! What finders are told alike, optional parts of queries, and expressions as new values of nullable columns.

use orm::ast::LockStrength;
use orm::expr::call;
use orm::prelude::*;
use orm::{Refine, Result, case, now, raw};

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Country, Post, Tag, blog};
use crate::models::people::{Note, Person, ids, people};

fn adults<F: Refine<Scope = Person>>(people: F) -> F {
    people.filter(Person::AGE.ge(18))
}

async fn a_function_refines_every_finder(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    assert_eq!(adults(Person::find_all()).exec(&db).await?.len(), 4);
    assert_eq!(adults(Person::find_and_count_all()).limit(1).exec(&db).await?.count, 4);
    assert_eq!(adults(Person::find_one()).order_by(Person::AGE).required(&db).await?.id, 5);
    assert!(adults(Person::find_by_pk(2)).exec(&db).await?.is_none());
    assert!(adults(Person::find_by_pk(1)).exec(&db).await?.is_some());
    assert_eq!(adults(Person::count()).exec(&db).await?, 4);
    assert!(!adults(Person::exists()).filter(Person::ID.eq(2)).exec(&db).await?);
    assert_eq!(adults(Person::aggregate(Person::AGE.min())).exec(&db).await?, Some(18));
    Ok(())
}

async fn none_is_no_filter_no_order_and_no_include(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    let authors = async |name: Option<&str>, newest: bool, posts: bool| {
        Author::find_all()
            .filter(name.map(|name| Author::NAME.eq(name)))
            .order_by(newest.then_some(Author::ID.desc()))
            .order_by(Author::ID)
            .include(posts.then_some(Author::POSTS))
            .limit(if newest { 1 } else { 9 })
            .exec(&db)
            .await
    };
    let all = authors(None, false, false).await?;
    assert!(all.len() > 1 && all.iter().all(|author| author.posts.get().is_err()));
    let newest = authors(None, true, true).await?;
    assert_eq!((newest.len(), newest[0].id), (1, all[all.len() - 1].id));
    assert!(newest[0].posts.get().is_ok());
    assert_eq!(authors(Some(&all[1].name), false, false).await?[0].id, all[1].id);
    Ok(())
}

async fn a_finder_by_key_takes_what_the_others_take(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    let tx = db.begin().await?;
    let author = |posts: bool| {
        Author::find_by_pk(1).include_if(posts, Author::POSTS).filter_if(Some("x"), |name| Author::NAME.ne(name))
    };
    let locked = author(true).lock(LockStrength::Update);
    let locked = if db.dialect().capabilities().row_locks {
        locked.required(&tx).await?
    } else {
        author(true).required(&tx).await?
    };
    assert!(locked.posts.get().is_ok());
    assert!(author(false).required(&tx).await?.posts.get().is_err());
    tx.rollback().await?;
    Ok(())
}

async fn nullable_columns_are_set_to_expressions(test: Test) -> Result<()> {
    let db = test.with::<(Person, Note)>().await?;
    people(&db).await?;
    let nick = case().when(Person::AGE.gt(30), "old").end();
    let changed = Person::update()
        .set(Person::NICK, nick)
        .set(Person::SCORE, raw::<i32>("? + 1", Person::AGE))
        .filter(Person::ID.le(2))
        .exec(&db)
        .await?;
    assert_eq!(changed, 2);
    let rows = Person::find_all().filter(Person::ID.le(2)).order_by(Person::ID).select((Person::NICK, Person::SCORE));
    assert_eq!(rows.exec(&db).await?, [(Some("old".to_owned()), Some(37)), (None, Some(18))]);

    Person::update()
        .set(Person::NICK, call::<String>("upper", Person::NAME))
        .filter(Person::ID.eq(3))
        .exec(&db)
        .await?;
    assert_eq!(Person::find_by_pk(3).required(&db).await?.nick.as_deref(), Some("CY"));

    Note::create().title("first").stars(4).exec(&db).await?;
    let stars = Note::find_all().filter(Note::TITLE.eq("first")).select(Note::STARS);
    let title = Note::find_one().select(Note::TITLE);
    let update = Person::update().set(Person::SCORE, stars.clone()).set(Person::AGE, stars).set(Person::NICK, title);
    update.filter(Person::ID.eq(4)).exec(&db).await?;
    let dan = Person::find_by_pk(4).required(&db).await?;
    assert_eq!((dan.score, dan.age, dan.nick.as_deref()), (Some(4), 4, Some("first")));

    Note::update().set(Note::DELETED_AT, now()).all_rows().exec(&db).await?;
    assert_eq!((Note::count().exec(&db).await?, Note::count().only_deleted().exec(&db).await?), (0, 1));
    Note::update().set(Note::DELETED_AT, None).set(Note::CREATED_AT, now()).with_deleted().all_rows().exec(&db).await?;
    assert_eq!(ids(&Person::find_all().order_by(None::<orm::Order<Person>>).exec(&db).await?).len(), 5);
    Ok(())
}

async fn all_columns_of_a_draft_are_set_at_run_time(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let create = |name: Option<&str>, nick: Option<&str>, tall: bool| {
        let mut person = Person::draft().age(40).set_if(Person::NICK, nick);
        if let Some(name) = name {
            person = person.name(name);
        }
        if tall {
            person = person.height(1.9);
        }
        person
    };
    let ann = create(Some("Ann"), None, true).exec(&db).await?;
    assert_eq!((ann.name.as_str(), ann.nick.as_deref(), ann.active), ("Ann", None, true));
    let error = create(None, Some("x"), false).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::NotNullViolation, Some("Person")));
    assert_eq!(error.columns(), ["name", "height"]);
    let rows = [create(Some("Bob"), None, true), create(Some("Cy"), None, false)];
    assert_eq!(Person::bulk_create(rows).exec(&db).await.unwrap_err().columns(), ["height"]);
    assert_eq!(Person::count().exec(&db).await?, 1);
    // Builders are cloned: a row to begin others from.
    let base = Person::create().age(7).height(1.2);
    let twins = Person::bulk_create(["Dan", "Eve"].map(|name| base.clone().name(name)));
    assert_eq!((twins.clone().count(&db).await?, twins.exec(&db).await?.len()), (2, 2));
    Ok(())
}

async fn one_row_is_updated_by_expressions(test: Test) -> Result<()> {
    let db = test.with::<(Person, Note)>().await?;
    people(&db).await?;
    let mut bob = Person::find_by_pk(2).required(&db).await?;
    bob.update().age(Person::AGE + 1).score(Person::AGE).name("Bo").exec(&db).await?;
    assert_eq!((bob.age, bob.score, bob.name.as_str()), (18, Some(17), "Bo"));
    bob.update().set_if(Person::NICK, Some("b")).set_if(Person::AGE, None::<i32>).exec(&db).await?;
    assert_eq!((bob.nick.as_deref(), bob.age), (Some("b"), 18));
    // The last one counts.
    bob.update().age(Person::AGE * 2).age(3).score(1).score(Person::AGE).exec(&db).await?;
    assert_eq!((bob.age, bob.score.is_some()), (3, true));

    let mut note = Note::create().title("a").exec(&db).await?;
    let before = note.updated_at;
    note.update().stars(Note::STARS + 5).deleted_at(now()).exec(&db).await?;
    assert!(note.stars == 5 && note.deleted_at.is_some() && note.updated_at >= before);
    let mut gone = Person::find_by_pk(3).required(&db).await?;
    Person::destroy().all_rows().exec(&db).await?;
    assert_eq!(gone.update().age(Person::AGE + 1).exec(&db).await.unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

async fn a_relation_is_compared_with_rows(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    let authors = Author::find_all().order_by(Author::ID).exec(&db).await?;
    let posts =
        async |condition| Post::find_all().filter(condition).order_by(Post::ID).select(Post::ID).exec(&db).await;
    assert_eq!(posts(Post::AUTHOR.eq(&authors[0])).await?, [1, 2, 3]);
    assert_eq!(posts(Post::REVIEWER.in_(&authors)).await?, [1, 3, 4]);
    assert_eq!(posts(Post::AUTHOR.in_(&[])).await?, [0; 0]);
    assert_eq!(posts(!Post::AUTHOR.eq(&authors[0])).await?, [4]);
    // To-many relations, and those over another model.
    let fourth = Post::find_by_pk(4).required(&db).await?;
    let of = async |condition| Author::find_all().filter(condition).select(Author::ID).exec(&db).await;
    assert_eq!(of(Author::POSTS.eq(&fourth)).await?, [2]);
    assert_eq!(of(Author::REVIEWS.in_([&fourth])).await?, [1]);
    let go = Tag::find_one().filter(Tag::LABEL.eq("go")).required(&db).await?;
    assert_eq!(posts(Post::TAGS.eq(&go)).await?, [4]);
    assert_eq!(Country::count().filter(Country::POSTS.eq(&fourth)).exec(&db).await?, 1);
    Ok(())
}

async fn a_value_or_null_is_compared(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let who =
        async |condition| Person::find_all().filter(condition).order_by(Person::ID).select(Person::ID).exec(&db).await;
    assert_eq!(who(Person::SCORE.eq_opt(Some(30))).await?, [3]);
    assert_eq!(who(Person::NICK.eq_opt(None::<&str>)).await?, [2, 4]);
    assert_eq!(who(Person::NICK.ne_opt(Some("cy"))).await?, [1, 2, 4, 5]);
    assert_eq!(who(Person::SCORE.ne_opt(None::<i32>)).await?, [1, 3, 4, 5]);
    let names: &[&str] = &["Ada", "Bob"];
    let cows = names.iter().map(|name| std::borrow::Cow::Borrowed(*name)).collect::<Vec<_>>();
    assert_eq!(who(Person::NAME.in_(names)).await?, [1, 2]);
    assert_eq!(who(Person::NAME.in_(&cows).or(Person::NAME.eq(cows[0].clone()))).await?, [1, 2]);
    Ok(())
}

async fn counts_and_aggregates_join_other_models(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    assert_eq!(Author::count().join(Author::POSTS).exec(&db).await?, 4);
    assert_eq!(Author::count().left_join(Author::POSTS).exec(&db).await?, 5);
    let writers = Author::count().join(Author::POSTS).filter(Post::VIEWS.ge(0)).distinct(Author::ID);
    assert_eq!(writers.clone().exec(&db).await?, 2);
    assert_eq!(writers.filter(Author::NAME.eq("Ben")).exec(&db).await?, 1);
    assert!(Author::exists().join(Author::POSTS).filter(Author::NAME.eq("Ann")).exec(&db).await?);
    assert!(!Author::exists().join(Author::POSTS).filter(Author::NAME.eq("Cat")).exec(&db).await?);
    let on = Post::AUTHOR_ID.free().eq(Author::ID.free());
    let posts = Author::aggregate(Post::ID.free().count()).left_join::<Post>(on).filter(Author::NAME.ne("Ben"));
    assert_eq!(posts.exec(&db).await?, 3);
    Ok(())
}

async fn a_statement_is_shown_as_its_sql_without_values(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    let find = Author::find_all().filter(Author::NAME.eq("secret")).include((Author::POSTS, Author::PROFILE)).limit(3);
    let shown = format!("{find:?}");
    assert!(shown.starts_with("SELECT ") && shown.ends_with(" -- with posts, profile"), "{shown}");
    assert!(shown.contains("WHERE ") && shown.len() < 250 && !shown.contains("secret"), "{shown}");
    let mut ann = Author::find_by_pk(1).required(&db).await?;
    let texts = [
        format!("{:?}", Author::count().filter(Author::ID.gt(1))),
        format!("{:?}", Author::exists()),
        format!("{:?}", Author::find_by_pk(1)),
        format!("{:?}", Author::update().name("secret").filter(Author::ID.eq(1))),
        format!("{:?}", Author::destroy().filter(Author::NAME.eq("secret"))),
        format!("{:?}", Author::create().name("secret")),
        format!("{:?}", ann.posts().find()),
        format!("{:?}", Author::find_or_create().filter(Author::NAME.eq("secret"))),
        format!("{:?}", ann.update().name("secret")),
    ];
    let starts =
        ["SELECT COUNT", "SELECT 1", "SELECT", "UPDATE", "DELETE", "INSERT INTO", "SELECT", "SELECT", "UPDATE"];
    for (text, start) in texts.iter().zip(starts) {
        assert!(text.starts_with(start) && text.len() < 250 && !text.contains("secret"), "{text}");
    }
    Ok(())
}

cases! { $ refine:
    a_statement_is_shown_as_its_sql_without_values,
    counts_and_aggregates_join_other_models,
    a_function_refines_every_finder,
    none_is_no_filter_no_order_and_no_include,
    a_finder_by_key_takes_what_the_others_take,
    nullable_columns_are_set_to_expressions,
    all_columns_of_a_draft_are_set_at_run_time,
    one_row_is_updated_by_expressions,
    a_relation_is_compared_with_rows,
    a_value_or_null_is_compared,
}
