//! Creating, finding, changing and removing rows.

use std::time::Duration;

use orm::dialect::Capabilities;
use orm::prelude::*;
use orm::{Result, Tracked};

use crate::cases::cases;
use crate::models::keys::{Currency, LogLine, Seat, Ticket};
use crate::models::people::{Account, Memo, Note, Person, Receipt, ids, people};
use crate::models::schema::Partial;
use crate::{Test, Upserts};

async fn create_gives_the_row_as_it_is_stored(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let ada = Person::create().name("Ada").age(36).height(1.65).exec(&db).await?;
    assert_eq!((ada.id, ada.name.as_str(), ada.nick.as_deref(), ada.active), (1, "Ada", None, true));
    assert_eq!(Person::find_by_pk(ada.id).exec(&db).await?, Some(ada));
    Ok(())
}

async fn create_counts_keys_up(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    for expected in 1..=3 {
        assert_eq!(Person::create().name("x").age(1).height(1.0).exec(&db).await?.id, expected);
    }
    Ok(())
}

async fn create_takes_a_key_that_is_given(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let person = Person::create().id(77).name("x").age(1).height(1.0).exec(&db).await?;
    assert_eq!(person.id, 77);
    assert!(Person::find_by_pk(77).exec(&db).await?.is_some());
    Ok(())
}

async fn a_key_of_zero_that_is_given_is_zero(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let row = |name: &'static str| Person::create().name(name).age(1).height(1.0);
    assert_eq!(row("zero").id(0).exec(&db).await?.id, 0);
    let rows = Person::bulk_create([row("a"), row("below").id(-5), row("b")]).exec(&db).await?;
    for person in rows {
        assert_eq!(Person::find_by_pk(person.id).required(&db).await?, person);
    }
    assert_eq!(Person::find_by_pk(0).required(&db).await?.name, "zero");
    Ok(())
}

async fn create_reads_back_what_the_database_computes(test: Test) -> Result<()> {
    let db = test.with::<Receipt>().await?;
    let receipt = Receipt::create().price(250).quantity(4).exec(&db).await?;
    assert_eq!((receipt.id, receipt.total, receipt.code), (1, 1000, 7));
    let made = Receipt::bulk_create([Receipt::create().price(2), Receipt::create().price(3)]).exec(&db).await?;
    assert_eq!(made.iter().map(|r| (r.id, r.total, r.code)).collect::<Vec<_>>(), [(2, 2, 7), (3, 3, 7)]);
    Ok(())
}

async fn insert_takes_a_whole_struct(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let template = Person {
        id: 0,
        name: "Zoe".into(),
        nick: Some("z".into()),
        age: 5,
        score: None,
        height: 1.1,
        active: false,
        born: None,
    };
    let first = Person::insert(template.clone()).exec(&db).await?;
    let second = Person::insert(Person { id: 9, ..template.clone() }).exec(&db).await?;
    assert_eq!((first, second.id), (Person { id: 1, ..template }, 9));
    Ok(())
}

async fn find_all_gives_every_row(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    assert_eq!(Person::find_all().exec(&db).await?, []);
    let made = people(&db).await?;
    let mut found = Person::find_all().exec(&db).await?;
    found.sort_by_key(|person| person.id);
    assert_eq!(found, made);
    Ok(())
}

async fn find_one_gives_the_first_row_or_none(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    assert_eq!(Person::find_one().exec(&db).await?, None);
    people(&db).await?;
    let oldest = Person::find_one().order_by(Person::AGE.desc()).exec(&db).await?;
    assert_eq!(oldest.map(|person| person.name).as_deref(), Some("Dan"));
    assert_eq!(Person::find_one().filter(Person::AGE.gt(99)).exec(&db).await?, None);
    Ok(())
}

async fn required_rows_that_are_missing_are_not_found(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    for error in
        [Person::find_one().required(&db).await.unwrap_err(), Person::find_by_pk(1).required(&db).await.unwrap_err()]
    {
        assert_eq!((error.kind(), error.model()), (ErrorKind::NotFound, Some("Person")));
    }
    Ok(())
}

async fn find_by_pk_takes_a_uuid(test: Test) -> Result<()> {
    let db = test.with::<Ticket>().await?;
    let a = Ticket::create().subject("a").exec(&db).await?;
    let b = Ticket::create().subject("b").exec(&db).await?;
    assert_ne!(a.id, b.id);
    assert_eq!(Ticket::find_by_pk(b.id).exec(&db).await?, Some(b));
    assert_eq!(Ticket::find_by_pk(uuid::Uuid::nil()).exec(&db).await?, None);
    Ok(())
}

async fn find_by_pk_takes_text(test: Test) -> Result<()> {
    let db = test.with::<Currency>().await?;
    let euro = Currency::create().code("EUR").name("Euro").exec(&db).await?;
    assert_eq!(Currency::find_by_pk("EUR").exec(&db).await?.as_ref(), Some(&euro));
    assert_eq!(Currency::find_by_pk(&euro.code).exec(&db).await?.as_ref(), Some(&euro));
    assert_eq!(Currency::find_by_pk("USD").exec(&db).await?, None);
    Ok(())
}

async fn find_by_pk_takes_a_tuple(test: Test) -> Result<()> {
    let db = test.with::<Seat>().await?;
    for number in 1..=3 {
        Seat::create().hall("main").number(number).exec(&db).await?;
    }
    let seat = Seat::find_by_pk(("main", 2)).exec(&db).await?;
    assert_eq!(seat.map(|seat| seat.number), Some(2));
    assert_eq!(Seat::find_by_pk(("main", 4)).exec(&db).await?.map(|seat| seat.number), None);
    Ok(())
}

async fn find_and_count_all_counts_beyond_the_page(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let page = Person::find_and_count_all()
        .filter(Person::AGE.ge(18))
        .order_by(Person::ID.asc())
        .limit(2)
        .offset(1)
        .exec(&db)
        .await?;
    assert_eq!((ids(&page.rows), page.count), (vec![3, 4], 4));
    Ok(())
}

async fn find_and_count_all_is_one_snapshot(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let writer = test.connect().await?;
    let writing = tokio::spawn(async move {
        for age in 0..60 {
            Person::create().name("x").age(age).height(1.0).exec(&writer).await?;
        }
        Ok::<_, Error>(())
    });
    while !writing.is_finished() {
        let page = Person::find_and_count_all().limit(1000).exec(&db).await?;
        assert_eq!(page.rows.len() as u64, page.count);
    }
    writing.await.unwrap()
}

async fn update_sets_values_of_matching_rows(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let changed =
        Person::update().set(Person::NAME, "Grown").set(Person::SCORE, 1).filter(Person::AGE.ge(36)).exec(&db).await?;
    assert_eq!(changed, 3);
    assert_eq!(Person::count().filter(Person::NAME.eq("Grown").and(Person::SCORE.eq(1))).exec(&db).await?, 3);
    Ok(())
}

async fn update_counts_rows_that_had_the_value(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    assert_eq!(Person::update().set(Person::AGE, 36).filter(Person::AGE.eq(36)).exec(&db).await?, 2);
    Ok(())
}

async fn update_sets_null(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    Person::update().set(Person::NICK, None).set(Person::SCORE, None).filter(Person::ID.eq(1)).exec(&db).await?;
    let ada = Person::find_by_pk(1).required(&db).await?;
    assert_eq!((ada.nick, ada.score), (None, None));
    Ok(())
}

async fn update_sets_expressions(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    Person::update()
        .set(Person::AGE, Person::AGE + 1)
        .set(Person::SCORE, Person::AGE * 2)
        .set(Person::NICK, Person::NAME.lower())
        .filter(Person::ID.eq(3))
        .exec(&db)
        .await?;
    let cy = Person::find_by_pk(3).required(&db).await?;
    assert_eq!((cy.age, cy.nick.as_deref()), (37, Some("cy")));
    Ok(())
}

async fn update_all_rows_needs_to_be_said(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    assert_eq!(Person::update().set(Person::AGE, 1).all_rows().exec(&db).await?, 5);
    Ok(())
}

async fn update_skips_columns_without_a_value(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let (name, age) = (Some("New"), None::<i32>);
    Person::update().set_if(Person::NAME, name).set_if(Person::AGE, age).filter(Person::ID.eq(1)).exec(&db).await?;
    let ada = Person::find_by_pk(1).required(&db).await?;
    assert_eq!((ada.name.as_str(), ada.age), ("New", 36));
    Ok(())
}

async fn update_gives_the_rows(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    // The condition is about what the update changes.
    let small = Person::ID.le(2).and(Person::AGE.ne(1));
    let mut changed = Person::update().set(Person::AGE, 1).filter(small).returning(&db).await?;
    changed.sort_by_key(|person| person.id);
    assert_eq!(changed.iter().map(|p| (p.id, p.age)).collect::<Vec<_>>(), [(1, 1), (2, 1)]);
    Ok(())
}

async fn an_instance_updates_some_columns(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let mut ada = people(&db).await?.swap_remove(0);
    Person::update().set(Person::AGE, 37).filter(Person::ID.eq(1)).exec(&db).await?;
    ada.update().name("Ada L.").nick(None::<String>).exec(&db).await?;
    assert_eq!((ada.name.as_str(), ada.nick.as_deref(), ada.age), ("Ada L.", None, 36));
    let stored = Person::find_by_pk(1).required(&db).await?;
    assert_eq!((stored.name.as_str(), stored.nick.as_deref(), stored.age), ("Ada L.", None, 37));
    Ok(())
}

async fn a_row_that_knows_its_deletion_is_updated_and_saved(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    let mut note = Note::create().title("a").exec(&db).await?;
    let mut before = note.clone();
    note.destroy().exec(&db).await?;
    note.reload(&db).await?;
    note.update().body("late").exec(&db).await?;
    note.increment(Note::STARS, 2, &db).await?;
    note.body = Some("later".to_owned());
    note.save(&db).await?;
    let found = Note::find_one().only_deleted().required(&db).await?;
    assert_eq!((found.body.as_deref(), found.stars), (Some("later"), 2));
    // A copy from before the deletion does not write over it.
    assert_eq!(before.update().body("x").exec(&db).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(before.increment(Note::STARS, 1, &db).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(before.save(&db).await.unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

async fn an_instance_saves_all_columns(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let mut ada = people(&db).await?.swap_remove(0);
    ada.name = "Countess".into();
    ada.score = None;
    ada.active = false;
    ada.save(&db).await?;
    assert_eq!(Person::find_by_pk(1).required(&db).await?, ada);
    assert_eq!(Person::count().filter(Person::NAME.eq("Countess")).exec(&db).await?, 1);
    Ok(())
}

async fn an_instance_reloads(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let mut ada = people(&db).await?.swap_remove(0);
    Person::update().set(Person::AGE, 99).filter(Person::ID.eq(1)).exec(&db).await?;
    ada.reload(&db).await?;
    assert_eq!(ada.age, 99);
    Ok(())
}

async fn an_instance_that_is_gone_is_not_found(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let mut ada = people(&db).await?.swap_remove(0);
    ada.destroy().exec(&db).await?;
    let errors = [
        ada.destroy().exec(&db).await.unwrap_err(),
        ada.reload(&db).await.unwrap_err(),
        ada.save(&db).await.unwrap_err(),
        ada.update().age(1).exec(&db).await.unwrap_err(),
        ada.increment(Person::AGE, 1, &db).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.model()), (ErrorKind::NotFound, Some("Person")), "{error}");
    }
    Ok(())
}

async fn an_instance_increments_what_is_stored(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let mut ada = people(&db).await?.swap_remove(0);
    Person::update().set(Person::AGE, 50).filter(Person::ID.eq(1)).exec(&db).await?;
    ada.increment(Person::AGE, 3, &db).await?;
    assert_eq!(ada.age, 53);
    ada.increment(Person::AGE, -10, &db).await?;
    assert_eq!(ada.age, 43);
    Ok(())
}

async fn destroy_removes_matching_rows(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    assert_eq!(Person::destroy().filter(Person::AGE.lt(20)).exec(&db).await?, 2);
    assert_eq!(Person::count().exec(&db).await?, 3);
    assert_eq!(Person::destroy().all_rows().exec(&db).await?, 3);
    assert!(!Person::exists().exec(&db).await?);
    Ok(())
}

async fn destroy_without_a_key_filters(test: Test) -> Result<()> {
    let db = test.with::<LogLine>().await?;
    for level in 1..=3 {
        LogLine::create().level(level).text("x").exec(&db).await?;
    }
    let line = LogLine::find_one().filter(LogLine::LEVEL.eq(2)).required(&db).await?;
    assert_eq!(line.destroy().exec(&db).await.unwrap_err().kind(), ErrorKind::InvalidStatement);
    assert_eq!(LogLine::destroy().filter(LogLine::LEVEL.ge(2)).exec(&db).await?, 2);
    Ok(())
}

async fn truncate_empties_the_table(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    Person::truncate().exec(&db).await?;
    assert_eq!(Person::count().exec(&db).await?, 0);
    people(&db).await?;
    let cascade = Person::truncate().cascade().exec(&db).await;
    assert_eq!(
        cascade.map_err(|error| error.kind()).err(),
        (!test.shape.truncate_cascade).then_some(ErrorKind::Unsupported)
    );
    Ok(())
}

async fn bulk_create_keeps_the_order(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let rows = (0..500).map(|age| Person::create().name(format!("p{age}")).age(age).height(1.0));
    let made = Person::bulk_create(rows).exec(&db).await?;
    for (i, person) in made.iter().enumerate() {
        assert_eq!((person.age, person.id), (i as i32, i as i64 + 1));
    }
    let mut found = Person::find_all().order_by(Person::ID.asc()).exec(&db).await?;
    found.truncate(made.len());
    assert_eq!(found, made);
    Ok(())
}

async fn bulk_create_of_nothing_does_nothing(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let log = db.watch();
    assert_eq!(Person::bulk_create(Vec::<Person>::new()).exec(&db).await?, []);
    assert_eq!(log.count(), 0);
    Ok(())
}

async fn bulk_create_goes_beyond_the_limit_of_binds(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let many = 70_000 / 5;
    let rows = (0..many).map(|age| Person::create().name("x").nick("y").age(age).score(1).height(1.0));
    let made = Person::bulk_create(rows).exec(&db).await?;
    assert!(made.iter().zip(1..).all(|(person, id)| person.id == id && i64::from(person.age) == id - 1));
    assert_eq!(Person::count().exec(&db).await?, many as u64);
    Ok(())
}

async fn bulk_create_splits_what_is_large_to_send(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    let log = db.watch();
    let rows = (0..30).map(|i| Note::create().title(format!("t{i}")).body("x".repeat(40_000)));
    let made = Note::bulk_create(rows).exec(&db).await?;
    let long = |note: &Note| note.body.as_ref().is_some_and(|body| body.len() == 40_000);
    assert!(made.iter().zip(0..).all(|(note, i)| note.title == format!("t{i}") && long(note)));
    let inserts = log.texts().iter().filter(|sql| sql.starts_with("INSERT")).count();
    let expected = match db.dialect().capabilities().statement_bytes {
        Capabilities::TLS_RECORD => 30,
        // 30 rows are too much, 15 are not.
        Capabilities::MESSAGE => 2,
        _ => 1,
    };
    assert_eq!(inserts, expected);
    Ok(())
}

async fn bulk_create_mixes_sets_of_columns(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let made = Person::bulk_create([
        Person::create().name("a").age(1).height(1.0),
        Person::create().name("b").age(2).height(1.0).nick("bee"),
        Person::create().name("c").age(3).height(1.0),
        Person::create().name("d").age(4).height(1.0).score(4).nick("dee"),
    ])
    .exec(&db)
    .await?;
    let names: Vec<_> = made.iter().map(|p| (p.name.as_str(), p.nick.as_deref(), p.score)).collect();
    assert_eq!(names, [("a", None, None), ("b", Some("bee"), None), ("c", None, None), ("d", Some("dee"), Some(4))]);
    for person in made {
        assert_eq!(Person::find_by_pk(person.id).exec(&db).await?, Some(person));
    }
    Ok(())
}

async fn bulk_create_takes_uuids_and_text_keys(test: Test) -> Result<()> {
    let db = test.with::<(Ticket, Currency)>().await?;
    let tickets = Ticket::bulk_create((0..100).map(|i| Ticket::create().subject(format!("t{i}")))).exec(&db).await?;
    for (i, ticket) in tickets.iter().enumerate() {
        assert_eq!(ticket.subject, format!("t{i}"));
    }
    let made = Currency::bulk_create([
        Currency::create().code("USD").name("Dollar"),
        Currency::create().code("CHF").name("Franc"),
        Currency::create().code("EUR").name("Euro"),
    ]);
    let codes: Vec<_> = made.exec(&db).await?.into_iter().map(|currency| currency.code).collect();
    assert_eq!(codes, ["USD", "CHF", "EUR"]);
    Ok(())
}

async fn bulk_create_is_all_or_nothing(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    let rows = (0..2500).map(|i| Note::create().title(format!("t{}", i % 2400)));
    let error = Note::bulk_create(rows).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::UniqueViolation, Some("Note")));
    assert_eq!(Note::count().exec(&db).await?, 0);
    Ok(())
}

async fn bulk_create_counts(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let rows = (0..10).map(|age| Person::create().name("x").age(age).height(1.0));
    assert_eq!(Person::bulk_create(rows).count(&db).await?, 10);
    assert_eq!(Person::count().exec(&db).await?, 10);
    Ok(())
}

async fn notes(db: &Database) -> Result<Vec<(String, Option<String>, i32)>> {
    Note::find_all().select((Note::TITLE, Note::BODY, Note::STARS)).order_by(Note::TITLE.asc()).exec(db).await
}

async fn on_conflict_does_nothing(test: Test) -> Result<()> {
    let db = test.with::<Account>().await?;
    Account::create().owner("ada").cents(5).exec(&db).await?;
    let rows = [Account::create().owner("ada").cents(9), Account::create().owner("bob").cents(7)];
    Account::bulk_create(rows).on_conflict(Account::OWNER).do_nothing().exec(&db).await?;
    let found: Vec<(String, i64)> =
        Account::find_all().select((Account::OWNER, Account::CENTS)).order_by(Account::OWNER.asc()).exec(&db).await?;
    assert_eq!(found, [("ada".to_owned(), 5), ("bob".to_owned(), 7)]);
    Ok(())
}

async fn on_conflict_updates_some_columns(test: Test) -> Result<()> {
    let db = test.with::<Currency>().await?;
    Currency::create().code("EUR").name("old").exec(&db).await?;
    let rows = [Currency::create().code("EUR").name("Euro"), Currency::create().code("USD").name("Dollar")];
    Currency::bulk_create(rows).on_conflict(Currency::CODE).update(Currency::NAME).exec(&db).await?;
    let mut found = Currency::find_all().exec(&db).await?;
    found.sort_by(|a, b| a.code.cmp(&b.code));
    let names: Vec<_> = found.iter().map(|c| (c.code.as_str(), c.name.as_str())).collect();
    assert_eq!(names, [("EUR", "Euro"), ("USD", "Dollar")]);
    Ok(())
}

async fn on_conflict_updates_all_given_columns(test: Test) -> Result<()> {
    let db = test.with::<Account>().await?;
    let before = Account::create().owner("ada").cents(5).exec(&db).await?;
    let rows = [Account::create().owner("ada").cents(9)];
    Account::bulk_create(rows).on_conflict(Account::OWNER).update_all().exec(&db).await?;
    let after = Account::find_one().required(&db).await?;
    assert_eq!((after.id, after.cents), (before.id, 9));
    Ok(())
}

async fn on_conflict_without_a_unique_key_is_refused(test: Test) -> Result<()> {
    let db = test.with::<Account>().await?;
    let rows = [Account::create().owner("ada").cents(9)];
    let error = Account::bulk_create(rows).on_conflict(Account::CENTS).update_all().exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::InvalidStatement, vec!["cents"]));
    Ok(())
}

async fn on_conflict_names_a_partial_index_by_its_condition(test: Test) -> Result<()> {
    if !test.shape.partial_indexes {
        return Ok(());
    }
    let db = test.with::<Partial>().await?;
    // More often than a server plans a prepared statement for its values.
    for round in 0..8 {
        let rows = [Partial::create().email("a").active(1), Partial::create().email("b").active(0)];
        let upsert = Partial::bulk_create(rows).on_conflict(Partial::EMAIL).filter(Partial::ACTIVE.eq(1));
        assert_eq!(upsert.update(Partial::ACTIVE).exec(&db).await?, 2, "{round}");
    }
    assert_eq!(Partial::count().filter(Partial::EMAIL.eq("a")).exec(&db).await?, 1);
    assert_eq!(Partial::count().filter(Partial::EMAIL.eq("b")).exec(&db).await?, 8);
    Ok(())
}

async fn on_conflict_meets_other_keys_by_the_backend(test: Test) -> Result<()> {
    let db = test.with::<Account>().await?;
    let ada = Account::create().owner("ada").cents(5).exec(&db).await?;
    let rows = [Account::create().id(ada.id).owner("other").cents(9)];
    let met = Account::bulk_create(rows).on_conflict(Account::OWNER).update(Account::CENTS).exec(&db).await;
    match test.shape.upserts {
        Upserts::ByTarget => assert_eq!(met.unwrap_err().kind(), ErrorKind::UniqueViolation),
        Upserts::AnyKey => assert!(met.is_ok()),
    }
    Ok(())
}

async fn soft_deleted_rows_are_hidden(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    let kept = Note::create().title("kept").exec(&db).await?;
    let gone = Note::create().title("gone").exec(&db).await?;
    gone.destroy().exec(&db).await?;
    assert_eq!(Note::find_all().exec(&db).await?, [kept]);
    assert_eq!(Note::find_by_pk(gone.id).exec(&db).await?, None);
    assert_eq!(Note::find_one().filter(Note::TITLE.eq("gone")).exec(&db).await?, None);
    assert_eq!(Note::count().exec(&db).await?, 1);
    assert!(!Note::exists().filter(Note::TITLE.eq("gone")).exec(&db).await?);
    assert_eq!(Note::find_and_count_all().exec(&db).await?.count, 1);
    assert_eq!(Note::update().set(Note::STARS, 5).all_rows().exec(&db).await?, 1);
    assert_eq!(Note::aggregate(Note::ID.max()).exec(&db).await?, Some(1));
    assert_eq!(gone.destroy().exec(&db).await.unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

async fn soft_deleted_rows_are_found_when_asked_for(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    Note::create().title("kept").exec(&db).await?;
    let gone = Note::create().title("gone").exec(&db).await?;
    assert_eq!(Note::destroy().filter(Note::ID.eq(gone.id)).exec(&db).await?, 1);
    assert_eq!(Note::find_all().with_deleted().exec(&db).await?.len(), 2);
    let only = Note::find_all().only_deleted().exec(&db).await?;
    assert_eq!(only.len(), 1);
    assert!(only[0].deleted_at.is_some());
    assert_eq!(Note::count().with_deleted().exec(&db).await?, 2);
    assert!(Note::find_by_pk(gone.id).with_deleted().exec(&db).await?.is_some());
    assert_eq!(Note::update().set(Note::STARS, 5).with_deleted().all_rows().exec(&db).await?, 2);
    Ok(())
}

async fn soft_deleted_rows_are_restored(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    let mut note = Note::create().title("a").exec(&db).await?;
    note.destroy().exec(&db).await?;
    note.reload(&db).await?;
    assert!(note.deleted_at.is_some());
    note.restore(&db).await?;
    assert_eq!(note.deleted_at, None);
    assert_eq!(Note::find_all().exec(&db).await?, [note]);
    Ok(())
}

async fn soft_deleted_rows_leave_their_unique_values_free(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    let mut first = Note::create().title("same").exec(&db).await?;
    first.destroy().exec(&db).await?;
    let second = Note::create().title("same").exec(&db).await?;
    second.destroy().exec(&db).await?;
    Note::create().title("same").exec(&db).await?;
    assert_eq!(Note::create().title("same").exec(&db).await.unwrap_err().kind(), ErrorKind::UniqueViolation);
    assert_eq!(first.restore(&db).await.unwrap_err().kind(), ErrorKind::UniqueViolation);
    Ok(())
}

async fn force_removes_rows_for_good(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    let a = Note::create().title("a").exec(&db).await?;
    Note::create().title("b").exec(&db).await?;
    a.destroy().exec(&db).await?;
    a.destroy().force().exec(&db).await?;
    assert_eq!(Note::count().with_deleted().exec(&db).await?, 1);
    assert_eq!(Note::destroy().force().all_rows().exec(&db).await?, 1);
    assert_eq!(Note::count().with_deleted().exec(&db).await?, 0);
    Ok(())
}

async fn timestamps_are_set_by_create_and_update(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    let mut note = Note::create().title("a").exec(&db).await?;
    assert_eq!(note.created_at, note.updated_at);
    let age = chrono::Utc::now() - note.created_at;
    assert!(age.num_seconds().abs() < 30, "{age}");
    let (created, first) = (note.created_at, note.updated_at);
    tokio::time::sleep(Duration::from_millis(3)).await;
    note.update().stars(1).exec(&db).await?;
    assert!(note.updated_at > first && note.created_at == created);
    let second = note.updated_at;
    tokio::time::sleep(Duration::from_millis(3)).await;
    Note::update().set(Note::STARS, 2).all_rows().exec(&db).await?;
    note.reload(&db).await?;
    assert!(note.updated_at > second && note.created_at == created);
    let third = note.updated_at;
    Note::update().set(Note::STARS, 3).silent().all_rows().exec(&db).await?;
    note.reload(&db).await?;
    assert_eq!(note.updated_at, third);
    tokio::time::sleep(Duration::from_millis(3)).await;
    note.increment(Note::STARS, 1, &db).await?;
    assert!(note.updated_at > third);
    Ok(())
}

async fn times_that_older_rows_lack_are_set_too(test: Test) -> Result<()> {
    let db = test.with::<Memo>().await?;
    let mut old = Memo::create().text("old").created_at(None).updated_at(None).exec(&db).await?;
    assert_eq!((old.created_at, old.updated_at), (None, None));
    let new = Memo::create().text("new").exec(&db).await?;
    assert!(new.created_at.is_some() && new.created_at == new.updated_at);
    old.text = "changed".to_owned();
    old.save(&db).await?;
    assert!(old.created_at.is_none() && old.updated_at.is_some());
    assert_eq!(Memo::find_by_pk(old.id).required(&db).await?, old);
    Ok(())
}

async fn versions_count_up_and_stale_rows_are_refused(test: Test) -> Result<()> {
    let db = test.with::<Account>().await?;
    let mut mine = Account::create().owner("ada").exec(&db).await?;
    let mut yours = Account::find_by_pk(mine.id).required(&db).await?;
    assert_eq!(mine.version, 0);
    mine.update().cents(10).exec(&db).await?;
    assert_eq!(mine.version, 1);
    let errors = [
        yours.update().cents(20).exec(&db).await.unwrap_err(),
        yours.save(&db).await.unwrap_err(),
        yours.destroy().exec(&db).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.model()), (ErrorKind::Stale, Some("Account")));
    }
    yours.reload(&db).await?;
    yours.increment(Account::CENTS, 5, &db).await?;
    assert_eq!((yours.cents, yours.version), (15, 2));
    yours.cents = 1;
    yours.save(&db).await?;
    assert_eq!((yours.version, Account::find_by_pk(1).required(&db).await?.cents), (3, 1));
    yours.destroy().exec(&db).await?;
    Ok(())
}

async fn a_version_is_checked_also_where_nothing_else_changes(test: Test) -> Result<()> {
    let db = test.with::<Account>().await?;
    let mut mine = Account::create().owner("ada").exec(&db).await?;
    mine.update().cents(10).exec(&db).await?;
    for seen in [0, 2] {
        let mut form = Account::find_by_pk(mine.id).required(&db).await?;
        let mut tracked = Tracked::new(form.clone());
        form.version = seen;
        tracked.version = seen;
        for error in [
            form.update().exec(&db).await.unwrap_err(),
            form.save(&db).await.unwrap_err(),
            tracked.save(&db).await.unwrap_err(),
            form.destroy().exec(&db).await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.model()), (ErrorKind::Stale, Some("Account")));
            assert_eq!((error.expected_version(), error.found_version()), (Some(i64::from(seen)), Some(1)), "{error}");
        }
    }
    // With the right one, nothing is written.
    let log = db.watch();
    mine.update().exec(&db).await?;
    Tracked::new(mine.clone()).save(&db).await?;
    assert!(log.texts().iter().all(|sql| sql.starts_with("SELECT")), "{:?}", log.texts());
    assert_eq!(mine.version, 1);
    mine.destroy().exec(&db).await?;
    let error = mine.update().exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.expected_version(), error.found_version()), (ErrorKind::Stale, Some(1), None));
    Ok(())
}

async fn an_expected_version_is_checked_by_every_write_of_one_row(test: Test) -> Result<()> {
    let db = test.with::<Account>().await?;
    let mut account = Account::create().owner("ada").exec(&db).await?;
    account.update().cents(10).expect_version(0).exec(&db).await?;
    let before = account.clone();
    let wrong = [
        account.update().cents(20).expect_version(0).exec(&db).await.unwrap_err(),
        account.update().expect_version(0).exec(&db).await.unwrap_err(),
        account.destroy().expect_version(0).exec(&db).await.unwrap_err(),
        account.destroy().force().expect_version(0).exec(&db).await.unwrap_err(),
        account.expect_version(0).map(drop).unwrap_err(),
    ];
    for error in wrong {
        assert_eq!((error.kind(), error.model()), (ErrorKind::Stale, Some("Account")));
        assert_eq!((error.expected_version(), error.found_version()), (Some(0), Some(1)));
    }
    assert_eq!(Account::find_by_pk(account.id).required(&db).await?, before);
    // The struct has the expected version, and the database another one.
    let mut other = account.clone();
    other.update().cents(30).exec(&db).await?;
    for error in [
        account.update().cents(20).expect_version(1).exec(&db).await.unwrap_err(),
        account.expect_version(1)?.save(&db).await.unwrap_err(),
        account.destroy().expect_version(1).exec(&db).await.unwrap_err(),
    ] {
        assert_eq!((error.expected_version(), error.found_version()), (Some(1), Some(2)), "{error}");
    }
    other.cents = 40;
    other.expect_version(2)?.save(&db).await?;
    other.destroy().expect_version(3).exec(&db).await?;
    assert_eq!(Account::count().exec(&db).await?, 0);
    Ok(())
}

async fn explain_gives_a_plan(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let plan = Person::find_all().filter(Person::ID.eq(1)).explain(&db).await?;
    assert!(!plan.is_empty() && plan.iter().any(|line| !line.is_empty()), "{plan:?}");
    Ok(())
}

async fn to_sql_shows_what_runs(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let find = Person::find_all().filter(Person::AGE.gt(5)).order_by(Person::ID.asc()).limit(2);
    let rendered = find.to_sql(db.dialect())?;
    let log = db.watch();
    find.exec(&db).await?;
    assert_eq!(log.texts(), [rendered.sql]);
    Ok(())
}

async fn statements_are_values_that_run_again(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let adults = Person::find_all().filter(Person::AGE.ge(18)).order_by(Person::ID.asc());
    let some = adults.clone().limit(1).exec(&db).await?;
    assert_eq!((ids(&some), ids(&adults.exec(&db).await?)), (vec![1], vec![1, 3, 4, 5]));
    Ok(())
}

async fn upsert_of_soft_deleting_rows_uses_their_unique_key(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    Note::create().title("a").body("old").stars(1).exec(&db).await?;
    let rows = [Note::create().title("a").body("new").stars(2), Note::create().title("b")];
    Note::bulk_create(rows).on_conflict(Note::TITLE).update((Note::BODY, Note::STARS)).exec(&db).await?;
    assert_eq!(notes(&db).await?, [("a".to_owned(), Some("new".to_owned()), 2), ("b".to_owned(), None, 0)]);
    Ok(())
}

async fn upsert_keeps_columns_that_a_row_does_not_give(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    Note::create().title("a").body("kept").stars(1).exec(&db).await?;
    Note::create().title("b").body("old").stars(1).exec(&db).await?;
    let rows = [Note::create().title("a").stars(2), Note::create().title("b").stars(2).body("new")];
    Note::bulk_create(rows).on_conflict(Note::TITLE).update_all().exec(&db).await?;
    let expected = [("a".to_owned(), Some("kept".to_owned()), 2), ("b".to_owned(), Some("new".to_owned()), 2)];
    assert_eq!(notes(&db).await?, expected);
    Ok(())
}

async fn statements_run_on_shared_databases(test: Test) -> Result<()> {
    let db = std::sync::Arc::new(test.with::<Person>().await?);
    let made = Person::create().name("Ada").age(36).height(1.6).exec(&db).await?;
    let shared: &Database = &db;
    assert_eq!(Person::find_by_pk(made.id).exec(&shared).await?, Some(made));
    Ok(())
}

cases! { $ crud:
    statements_run_on_shared_databases,
    upsert_keeps_columns_that_a_row_does_not_give,
    create_gives_the_row_as_it_is_stored,
    create_counts_keys_up,
    create_takes_a_key_that_is_given,
    a_key_of_zero_that_is_given_is_zero,
    create_reads_back_what_the_database_computes,
    insert_takes_a_whole_struct,
    find_all_gives_every_row,
    find_one_gives_the_first_row_or_none,
    required_rows_that_are_missing_are_not_found,
    find_by_pk_takes_a_uuid,
    find_by_pk_takes_text,
    find_by_pk_takes_a_tuple,
    find_and_count_all_counts_beyond_the_page,
    find_and_count_all_is_one_snapshot,
    update_sets_values_of_matching_rows,
    update_counts_rows_that_had_the_value,
    update_sets_null,
    update_sets_expressions,
    update_all_rows_needs_to_be_said,
    update_skips_columns_without_a_value,
    update_gives_the_rows,
    an_instance_updates_some_columns,
    an_instance_saves_all_columns,
    a_row_that_knows_its_deletion_is_updated_and_saved,
    an_instance_reloads,
    an_instance_that_is_gone_is_not_found,
    an_instance_increments_what_is_stored,
    destroy_removes_matching_rows,
    destroy_without_a_key_filters,
    truncate_empties_the_table,
    bulk_create_keeps_the_order,
    bulk_create_of_nothing_does_nothing,
    bulk_create_goes_beyond_the_limit_of_binds,
    bulk_create_mixes_sets_of_columns,
    bulk_create_splits_what_is_large_to_send,
    bulk_create_takes_uuids_and_text_keys,
    bulk_create_is_all_or_nothing,
    bulk_create_counts,
    on_conflict_does_nothing,
    on_conflict_updates_some_columns,
    on_conflict_updates_all_given_columns,
    on_conflict_without_a_unique_key_is_refused,
    on_conflict_names_a_partial_index_by_its_condition,
    on_conflict_meets_other_keys_by_the_backend,
    soft_deleted_rows_are_hidden,
    soft_deleted_rows_are_found_when_asked_for,
    soft_deleted_rows_are_restored,
    soft_deleted_rows_leave_their_unique_values_free,
    force_removes_rows_for_good,
    timestamps_are_set_by_create_and_update,
    times_that_older_rows_lack_are_set_too,
    versions_count_up_and_stale_rows_are_refused,
    a_version_is_checked_also_where_nothing_else_changes,
    an_expected_version_is_checked_by_every_write_of_one_row,
    explain_gives_a_plan,
    to_sql_shows_what_runs,
    statements_are_values_that_run_again,
    upsert_of_soft_deleting_rows_uses_their_unique_key,
}
