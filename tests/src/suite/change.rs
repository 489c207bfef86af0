//! Changes beyond plain values and filters: computed from the table that is changed, through raw SQL, through functions
//! that take a database or a transaction.

use chrono::{DateTime, Utc};
use orm::prelude::*;
use orm::{Result, Tracked, Value, sql};

use crate::Test;
use crate::cases::cases;
use crate::models::blog::Folder;
use crate::models::keys::{LogLine, Ticket};
use crate::models::people::{Account, Note, Parcel, Person, people};

/// A root with two children, one of which has a child.
async fn folders(test: &Test) -> Result<Database> {
    let db = test.with::<Folder>().await?;
    for (name, parent) in [("root", None), ("a", Some(1)), ("b", Some(1)), ("c", Some(2))] {
        Folder::create().name(name).parent_id(parent).exec(&db).await?;
    }
    Ok(db)
}

async fn names(db: &Database) -> Result<Vec<String>> {
    Folder::find_all().select(Folder::NAME).order_by(Folder::ID.asc()).exec(db).await
}

async fn a_row_that_is_created_deleted_is_read_back(test: Test) -> Result<()> {
    let db = test.with::<Parcel>().await?;
    let gone: DateTime<Utc> = DateTime::from_timestamp(1_000_000_000, 0).unwrap_or_default();
    let made = Parcel::create().grams(3).deleted_at(gone).exec(&db).await?;
    assert_eq!((made.id, made.code, made.twice, made.deleted_at), (1, 7, 6, Some(gone)));
    let whole = Parcel { id: 0, code: 9, grams: 4, twice: 0, deleted_at: Some(gone) };
    let whole = Parcel::insert(whole).exec(&db).await?;
    assert_eq!((whole.id, whole.code, whole.twice, whole.deleted_at), (2, 9, 8, Some(gone)));
    assert_eq!(Parcel::find_by_pk(2).exec(&db).await?, None);
    Ok(())
}

async fn an_update_computes_from_related_rows_of_its_own_table(test: Test) -> Result<()> {
    let db = folders(&test).await?;
    let count = Folder::CHILDREN.count().cast::<String>();
    assert_eq!(Folder::update().set(Folder::NAME, count).all_rows().exec(&db).await?, 4);
    assert_eq!(names(&db).await?, ["2", "1", "0", "0"]);
    Ok(())
}

async fn an_update_computes_from_a_sub_query_over_its_own_table(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let oldest = || Person::find_all().select(Person::AGE.max());
    let changed = Person::update().set(Person::AGE, oldest()).filter(Person::AGE.lt(oldest())).exec(&db).await?;
    assert_eq!(changed, 4);
    let ages: Vec<i32> = Person::find_all().select(Person::AGE).exec(&db).await?;
    assert_eq!(ages, [60; 5]);
    Ok(())
}

async fn an_update_computes_and_filters_by_related_rows_of_its_own_table(test: Test) -> Result<()> {
    let db = folders(&test).await?;
    let parent = Folder::PARENT.col(Folder::NAME).nullable().unwrap_or("none");
    let changed = Folder::update()
        .set(Folder::NAME, parent)
        .filter(Folder::CHILDREN.any(Folder::NAME.eq("c")).or(Folder::PARENT.is_empty()))
        .exec(&db)
        .await?;
    assert_eq!(changed, 2);
    let found = names(&db).await?;
    // Whether a row sees the new value of another one is the database's business; these two never do.
    assert_eq!((found[0].as_str(), &found[2..]), ("none", &["b".to_owned(), "c".to_owned()][..]));
    Ok(())
}

async fn rows_without_a_key_are_changed_by_what_their_table_holds(test: Test) -> Result<()> {
    let db = test.with::<LogLine>().await?;
    LogLine::bulk_create([1, 2, 3].map(|level| LogLine::create().level(level).text("x"))).count(&db).await?;
    let worst = || LogLine::find_all().select(LogLine::LEVEL.max());
    assert_eq!(LogLine::update().set(LogLine::TEXT, "bad").filter(LogLine::LEVEL.eq(worst())).exec(&db).await?, 1);
    assert_eq!(LogLine::destroy().filter(LogLine::LEVEL.lt(worst())).exec(&db).await?, 2);
    let left: Vec<String> = LogLine::find_all().select(LogLine::TEXT).exec(&db).await?;
    assert_eq!(left, ["bad"]);
    Ok(())
}

async fn raw_sql_takes_the_same_placeholders_everywhere(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let ids: Vec<i64> =
        db.query(sql("SELECT id FROM people WHERE age > {} AND name <> {} ORDER BY id"), (20, "Dan")).await?;
    assert_eq!(ids, [1, 3]);
    let texts: Vec<String> = db.query(sql("SELECT '{{}}' FROM people WHERE id = {}"), (1_i64,)).await?;
    assert_eq!(texts, ["{}"]);
    let tx = db.begin().await?;
    let done = tx.execute(sql("UPDATE people SET age = {} WHERE id = {}"), (1, 2_i64)).await?;
    assert_eq!(done.rows_affected, 1);
    tx.commit().await?;
    for values in [vec![], vec![Value::I32(1), Value::I32(2)]] {
        let error = db.execute(sql("UPDATE people SET age = {}"), values).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    }
    Ok(())
}

async fn a_limit_changes_the_first_rows_only(test: Test) -> Result<()> {
    let db = test.with::<(Person, LogLine)>().await?;
    people(&db).await?;
    let oldest =
        Person::update().set(Person::SCORE, 0).filter(Person::AGE.gt(17)).order_by(Person::AGE.desc()).limit(1);
    assert_eq!(oldest.exec(&db).await?, 1);
    let none: Vec<i64> = Person::find_all().filter(Person::SCORE.eq(0)).select(Person::ID).exec(&db).await?;
    assert_eq!(none, [4]);
    assert_eq!(Person::destroy().all_rows().order_by(Person::ID.asc()).limit(2).exec(&db).await?, 2);
    assert_eq!(Person::destroy().all_rows().limit(0).exec(&db).await?, 0);
    let left: Vec<i64> = Person::find_all().select(Person::ID).order_by(Person::ID.asc()).exec(&db).await?;
    assert_eq!(left, [3, 4, 5]);
    let error = LogLine::destroy().all_rows().limit(1).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("LogLine")));
    Ok(())
}

async fn deleted_rows_are_restored_by_a_filter(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    Note::bulk_create(["a", "b", "c"].map(|title| Note::create().title(title))).count(&db).await?;
    assert_eq!(Note::destroy().filter(Note::TITLE.ne("c")).exec(&db).await?, 2);
    let before = Note::find_by_pk(3).required(&db).await?.updated_at;
    assert_eq!(Note::restore().filter(Note::TITLE.ne("b")).exec(&db).await?, 1);
    assert_eq!(Note::find_by_pk(3).required(&db).await?.updated_at, before);
    assert_eq!(Note::restore().all_rows().exec(&db).await?, 1);
    let mut note = Note::find_one().filter(Note::TITLE.eq("b")).required(&db).await?;
    assert_eq!(note.deleted_at, None);
    note.destroy().exec(&db).await?;
    note.restore(&db).await?;
    assert_eq!(Note::count().exec(&db).await?, 3);
    Ok(())
}

async fn find_by_pk_selects(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let row: Option<(String, i32)> = Person::find_by_pk(3).select((Person::NAME, Person::AGE)).exec(&db).await?;
    assert_eq!(row, Some(("Cy".to_owned(), 36)));
    assert_eq!(Person::find_by_pk(9).select(Person::ID).exec(&db).await?, None);
    Ok(())
}

async fn a_tracked_row_saves_what_was_changed(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let mut ada = Tracked::new(Person::find_by_pk(1).required(&db).await?);
    let log = db.watch();
    ada.save(&db).await?;
    ada.name = "Ada".to_owned();
    ada.save(&db).await?;
    assert!(log.take().is_empty());
    ada.name = "Ada L.".to_owned();
    ada.nick = None;
    assert_eq!(ada.changed().iter().map(|column| column.name).collect::<Vec<_>>(), ["name", "nick"]);
    Person::update().set(Person::AGE, 37).filter(Person::ID.eq(1)).exec(&db).await?;
    ada.save(&db).await?;
    assert!(ada.changed().is_empty());
    let stored = Person::find_by_pk(1).required(&db).await?;
    assert_eq!((stored.name.as_str(), stored.nick, stored.age), ("Ada L.", None, 37));
    ada.id = 2;
    assert_eq!(ada.save(&db).await.unwrap_err().kind(), ErrorKind::InvalidStatement);
    Ok(())
}

async fn a_tracked_row_minds_its_version(test: Test) -> Result<()> {
    let db = test.with::<Account>().await?;
    let mut first = Tracked::new(Account::create().owner("a").exec(&db).await?);
    let mut second = Tracked::new(Account::find_by_pk(1).required(&db).await?);
    first.cents = 5;
    first.save(&db).await?;
    first.save(&db).await?;
    assert_eq!((first.version, first.into_inner().cents), (1, 5));
    second.save(&db).await?;
    second.cents = 6;
    assert_eq!(second.save(&db).await.unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(Account::find_by_pk(1).required(&db).await?.cents, 5);
    Ok(())
}

/// Statements about several models, on whatever runs them.
async fn helper(db: &(impl Executor + ?Sized)) -> Result<u64> {
    let mut person = Person::create().name("x").age(1).height(1.0).exec(db).await?;
    person.update().age(2).exec(db).await?;
    Ticket::create().subject("y").exec(db).await?;
    Ok(Person::count().exec(db).await? + Ticket::count().exec(db).await?)
}

async fn one_bound_runs_statements_about_every_model(test: Test) -> Result<()> {
    let db = test.with::<(Person, Ticket)>().await?;
    assert_eq!(helper(&db).await?, 2);
    let tx = db.begin().await?;
    assert_eq!(helper(&tx).await?, 4);
    let either: &dyn Executor = &tx;
    assert_eq!(helper(either).await?, 6);
    tx.rollback().await?;
    assert_eq!(Ticket::count().exec(&db).await?, 1);
    Ok(())
}

/// Columns that are named like methods of the statement.
#[derive(Debug, Clone, PartialEq, Model)]
struct Quota {
    #[orm(primary_key)]
    id: i64,
    limit: i64,
    order_by: Option<i32>,
}

async fn rows_are_changed_by_setters_of_their_columns(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let many = Person::update().name("Twin").age(Person::AGE + 1);
    assert_eq!(many.clone().filter(Person::AGE.ge(60)).exec(&db).await?, 1);
    // Before and after the filter, in branches, and the last one counts.
    let mut rest = many.filter(Person::AGE.lt(60));
    rest = rest.age(Person::AGE - 1).set_if(Person::NAME, None::<&str>).set(Person::HEIGHT, 1.5);
    for name in ["first", "last"] {
        rest = rest.name(name);
    }
    assert_eq!(rest.exec(&db).await?, 4);
    let found = Person::find_all().order_by(Person::AGE.desc()).exec(&db).await?;
    assert_eq!((found[0].name.as_str(), found[0].age), ("Twin", 61));
    assert!(found[1..].iter().all(|person| person.name == "last" && person.height == 1.5));
    Ok(())
}

async fn rows_are_given_to_the_row_they_belong_to_by_its_setter(test: Test) -> Result<()> {
    let db = folders(&test).await?;
    let root = Folder::find_by_pk(1).required(&db).await?;
    assert_eq!(Folder::update().parent(&root).filter(Folder::NAME.eq("c")).exec(&db).await?, 1);
    assert_eq!(root.children().count(&db).await?, 3);
    Ok(())
}

async fn a_column_named_like_a_method_of_the_statement_is_set_by_its_constant(test: Test) -> Result<()> {
    let db = test.with::<Quota>().await?;
    let rows = [1, 2, 3].map(|n| Quota::create().limit(n).order_by(n as i32));
    Quota::bulk_create(rows).exec(&db).await?;
    let last = Quota::update().set(Quota::LIMIT, 9).all_rows().order_by(Quota::ID.desc()).limit(1);
    assert_eq!(last.exec(&db).await?, 1);
    let mut first = Quota::find_by_pk(1).required(&db).await?;
    first.update().limit(8).order_by(7).exec(&db).await?;
    let limits: Vec<i64> = Quota::find_all().select(Quota::LIMIT).order_by(Quota::ID.asc()).exec(&db).await?;
    assert_eq!(limits, [8, 2, 9]);
    Ok(())
}

cases! { $ change:
    rows_are_changed_by_setters_of_their_columns,
    rows_are_given_to_the_row_they_belong_to_by_its_setter,
    a_column_named_like_a_method_of_the_statement_is_set_by_its_constant,
    a_row_that_is_created_deleted_is_read_back,
    an_update_computes_from_related_rows_of_its_own_table,
    an_update_computes_from_a_sub_query_over_its_own_table,
    an_update_computes_and_filters_by_related_rows_of_its_own_table,
    rows_without_a_key_are_changed_by_what_their_table_holds,
    a_limit_changes_the_first_rows_only,
    deleted_rows_are_restored_by_a_filter,
    find_by_pk_selects,
    a_tracked_row_saves_what_was_changed,
    a_tracked_row_minds_its_version,
    raw_sql_takes_the_same_placeholders_everywhere,
    one_bound_runs_statements_about_every_model,
}
