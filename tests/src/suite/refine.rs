//! What finders are told alike, optional parts of queries, and expressions as new values of nullable columns.

use orm::ast::LockStrength;
use orm::expr::call;
use orm::prelude::*;
use orm::{Refine, Result, case, now, raw};

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, blog};
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

cases! { $ refine:
    a_function_refines_every_finder,
    none_is_no_filter_no_order_and_no_include,
    a_finder_by_key_takes_what_the_others_take,
    nullable_columns_are_set_to_expressions,
}
