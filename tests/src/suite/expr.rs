//! What expressions give, above all where NULL is among their operands.

use orm::prelude::*;
use orm::{Result, Tracked, case, concat, val};

use crate::Test;
use crate::cases::cases;
use crate::models::people::{Note, Person, people};

async fn five(test: &Test) -> Result<Database> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    Ok(db)
}

/// Bob, who has neither nick nor score nor birthday, and Cy, who has all.
fn bob_and_cy() -> orm::query::Find<Person> {
    Person::find_all().filter(Person::ID.in_([2, 3])).order_by(Person::ID.asc())
}

async fn arithmetic_with_null_is_null(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let both =
        (Person::AGE + Person::SCORE, Person::SCORE - Person::AGE, Person::AGE * (Person::SCORE + 1), -Person::SCORE);
    type Sums = (Option<i32>, Option<i32>, Option<i32>, Option<i32>);
    let sums: Vec<Sums> = bob_and_cy().select(both).exec(&db).await?;
    assert_eq!(sums, [(None, None, None, None), (Some(66), Some(-6), Some(36 * 31), Some(-30))]);
    let plain: Vec<(i32, i32)> = bob_and_cy().select((Person::AGE + 1, Person::AGE / 2)).exec(&db).await?;
    assert_eq!(plain, [(18, 8), (37, 18)]);
    Ok(())
}

async fn text_with_null_is_null(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let texts = (
        Person::NAME.concat(Person::NICK),
        Person::NAME.replace("b", Person::NICK),
        Person::NAME.substring(1, Person::SCORE),
        Person::NICK.length(),
    );
    type Texts = (Option<String>, Option<String>, Option<String>, Option<i64>);
    let texts: Vec<Texts> = bob_and_cy().select(texts).exec(&db).await?;
    let cy = || Some("Cy".to_owned());
    assert_eq!(texts, [(None, None, None, None), (Some("Cycy".to_owned()), cy(), cy(), Some(2))]);
    let plain = (Person::NAME.concat("!"), concat([Person::NAME, Person::NAME]));
    let plain: Vec<(String, String)> = bob_and_cy().limit(1).select(plain).exec(&db).await?;
    assert_eq!(plain, [("Bob!".to_owned(), "BobBob".to_owned())]);
    Ok(())
}

async fn functions_and_casts_of_null_are_null(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let parts = (Person::BORN.year(), Person::SCORE.abs(), Person::SCORE.cast::<String>(), Person::NICK.upper());
    type Parts = (Option<i32>, Option<i32>, Option<String>, Option<String>);
    let parts: Vec<Parts> = bob_and_cy().select(parts).exec(&db).await?;
    let cy = (Some(1990), Some(30), Some("30".to_owned()), Some("CY".to_owned()));
    assert_eq!(parts, [(None, None, None, None), cy]);
    Ok(())
}

async fn a_fallback_is_null_where_it_may_be(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let scores = (Person::SCORE.unwrap_or(Person::AGE), Person::SCORE.unwrap_or(Person::SCORE));
    let scores: Vec<(i32, Option<i32>)> = bob_and_cy().select(scores).exec(&db).await?;
    assert_eq!(scores, [(17, None), (30, Some(30))]);
    Ok(())
}

async fn a_case_is_null_where_a_result_may_be(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let chosen = case().when(Person::AGE.gt(18), 0).otherwise(Person::SCORE);
    let first = case().when(Person::AGE.lt(18), Person::SCORE).otherwise(Person::AGE);
    let chosen: Vec<(Option<i32>, Option<i32>)> = bob_and_cy().select((chosen, first)).exec(&db).await?;
    assert_eq!(chosen, [(None, None), (Some(0), Some(36))]);
    let plain: Vec<i32> =
        bob_and_cy().select(case().when(Person::AGE.gt(18), 1).otherwise(Person::AGE)).exec(&db).await?;
    assert_eq!(plain, [17, 1]);
    Ok(())
}

async fn a_sub_query_without_rows_is_null(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let none = || Person::find_all().filter(Person::ID.eq(99)).select(Person::AGE);
    let sums: Vec<Option<i32>> = bob_and_cy().select(Person::AGE + none()).exec(&db).await?;
    assert_eq!(sums, [None, None]);
    Ok(())
}

async fn aggregates_of_no_rows_are_null_and_counts_zero(test: Test) -> Result<()> {
    let db = five(&test).await?;
    type Found = (Option<i32>, Option<i64>, Option<f64>, i64, i64);
    let list =
        (Person::AGE.max(), Person::AGE.sum(), Person::HEIGHT.avg(), Person::ID.count(), Person::ID.count_distinct());
    let none: Vec<Found> = Person::find_all().filter(Person::ID.eq(99)).select(list).exec(&db).await?;
    assert_eq!(none, [(None, None, None, 0, 0)]);
    Ok(())
}

async fn a_condition_that_is_selected_says_whether_it_holds(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let good = || Person::SCORE.gt(9);
    let list = (good(), !good(), good().or(Person::AGE.eq(17)), Person::NICK.like("c%"), Person::SCORE.in_([30]));
    let held: Vec<(bool, bool, bool, bool, bool)> = bob_and_cy().select(list).exec(&db).await?;
    assert_eq!(held, [(false, false, true, false, false), (true, false, true, true, true)]);
    let known: Vec<Option<bool>> = bob_and_cy().select(good().nullable()).exec(&db).await?;
    assert_eq!(known, [None, Some(true)]);
    Ok(())
}

async fn rows_are_grouped_and_ordered_by_whether_a_condition_holds(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let good = || Person::SCORE.gt(9);
    let groups: Vec<(bool, i64)> = Person::find_all()
        .select((good(), orm::count_all()))
        .group_by(good())
        .order_by(good().desc())
        .exec(&db)
        .await?;
    assert_eq!(groups, [(true, 3), (false, 2)]);
    Ok(())
}

async fn a_condition_in_raw_sql_keeps_its_nulls(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let unknown = orm::raw("(?) IS NULL", Person::SCORE.gt(9));
    assert_eq!(Person::find_all().filter(unknown).select(Person::ID).exec(&db).await?, [2]);
    Ok(())
}

async fn a_plain_value_has_its_own_type(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let list = (val(2) + Person::AGE, val("a".to_owned()).concat(Person::NICK));
    let values: Vec<(i32, Option<String>)> = bob_and_cy().select(list).exec(&db).await?;
    assert_eq!(values, [(19, None), (38, Some("acy".to_owned()))]);
    Ok(())
}

async fn a_row_is_changed_silently(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    let mut note = Note::create().title("a").exec(&db).await?;
    let first = note.updated_at;
    tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    note.update().stars(1).silent().exec(&db).await?;
    assert_eq!((note.updated_at, note.stars), (first, 1));
    note.reload(&db).await?;
    assert_eq!((note.updated_at, note.stars), (first, 1));
    note.update().silent().exec(&db).await?;
    note.update().stars(2).exec(&db).await?;
    assert!(note.updated_at > first);
    Ok(())
}

async fn numbers_of_a_row_are_counted_down(test: Test) -> Result<()> {
    let db = test.with::<Note>().await?;
    let mut note = Note::create().title("a").stars(7).exec(&db).await?;
    Note::update().set(Note::STARS, 10).all_rows().exec(&db).await?;
    note.decrement(Note::STARS, 3, &db).await?;
    assert_eq!(note.stars, 7);
    Ok(())
}

async fn a_tracked_row_knows_what_was_there(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let mut ada = Tracked::new(Person::find_by_pk(1).required(&db).await?);
    ada.name = "Ada L.".to_owned();
    ada.nick = None;
    assert_eq!(
        (ada.previous(Person::NAME)?, ada.previous(Person::NICK)?),
        ("Ada".to_owned(), Some("countess".to_owned()))
    );
    ada.save(&db).await?;
    assert_eq!((ada.previous(Person::NAME)?, ada.previous(Person::NICK)?), ("Ada L.".to_owned(), None));
    Ok(())
}

async fn nothing_is_among_the_rows_of_a_query_without_any(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let chosen = || case().when(Person::AGE.gt(0), 1_i64).otherwise(2);
    let none = || Person::find_all().filter(Person::ID.in_(Vec::<i64>::new())).select(Person::ID);
    let count = async |condition| Person::count().filter(condition).exec(&db).await;
    assert_eq!(count(chosen().in_(none())).await?, 0);
    assert_eq!(count(chosen().not_in(none())).await?, 5);
    assert_eq!(count(case().when(Person::ID.in_(none()), 1_i64).otherwise(2).eq(2)).await?, 5);
    assert_eq!(count(chosen().in_(Person::find_all().limit(0).select(Person::ID))).await?, 0);
    let read = Person::find_all().select(chosen().in_(none())).exec(&db).await?;
    assert_eq!(read, [false; 5]);
    // Of no rows, too, there is a count.
    let counted = Person::find_all().filter(Person::ID.in_(Vec::<i64>::new())).select(Person::ID.count());
    assert_eq!(Person::count().filter(val(0_i64).in_(counted)).exec(&db).await?, 5);
    Ok(())
}

cases! { $ expr:
    nothing_is_among_the_rows_of_a_query_without_any,
    arithmetic_with_null_is_null,
    text_with_null_is_null,
    functions_and_casts_of_null_are_null,
    a_fallback_is_null_where_it_may_be,
    a_case_is_null_where_a_result_may_be,
    a_sub_query_without_rows_is_null,
    aggregates_of_no_rows_are_null_and_counts_zero,
    a_condition_that_is_selected_says_whether_it_holds,
    rows_are_grouped_and_ordered_by_whether_a_condition_holds,
    a_condition_in_raw_sql_keeps_its_nulls,
    a_plain_value_has_its_own_type,
    a_row_is_changed_silently,
    numbers_of_a_row_are_counted_down,
    a_tracked_row_knows_what_was_there,
}
