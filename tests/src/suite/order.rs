//! Order, limits, distinct rows, selections, groups and aggregates.

use orm::prelude::*;
use orm::{Projection, Result, row_number};

use crate::Test;
use crate::cases::cases;
use crate::models::people::{Person, ids, people};

async fn five(test: &Test) -> Result<Database> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    Ok(db)
}

async fn order_goes_by_several_keys(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let found = Person::find_all().order_by((Person::AGE.desc(), Person::ID.asc())).exec(&db).await?;
    assert_eq!(ids(&found), [4, 1, 3, 5, 2]);
    let found = Person::find_all().order_by(Person::AGE.desc()).order_by(Person::ID.desc()).exec(&db).await?;
    assert_eq!(ids(&found), [4, 3, 1, 5, 2]);
    Ok(())
}

async fn a_constant_orders_nothing(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let constant = orm::val(11_i64);
    let order = (constant.clone().asc(), constant.nullable().desc().nulls_last(), Person::ID.free().desc());
    let found = Person::find_all().order_by(order).exec(&db).await?;
    assert_eq!(ids(&found), [5, 4, 3, 2, 1]);
    // MariaDB takes the first of one constant for the constant, and that for a position.
    let first = orm::coalesce([orm::val(43_i64)]);
    let found = Person::find_all().order_by((first.asc(), Person::ID.free().desc())).exec(&db).await?;
    assert_eq!(ids(&found), [5, 4, 3, 2, 1]);
    Ok(())
}

async fn nulls_come_where_asked_for(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let first = Person::find_all().order_by((Person::SCORE.asc().nulls_first(), Person::ID.asc())).exec(&db).await?;
    assert_eq!(ids(&first), [2, 4, 1, 5, 3]);
    let last = Person::find_all().order_by((Person::SCORE.asc().nulls_last(), Person::ID.asc())).exec(&db).await?;
    assert_eq!(ids(&last), [4, 1, 5, 3, 2]);
    let first = Person::find_all().order_by((Person::SCORE.desc().nulls_first(), Person::ID.asc())).exec(&db).await?;
    assert_eq!(ids(&first), [2, 3, 5, 1, 4]);
    let last = Person::find_all().order_by((Person::SCORE.desc().nulls_last(), Person::ID.asc())).exec(&db).await?;
    assert_eq!(ids(&last), [3, 5, 1, 4, 2]);
    let plain = Person::find_all().order_by(Person::SCORE.asc()).exec(&db).await?;
    assert_eq!(ids(&plain), if test.shape.nulls_first { [2, 4, 1, 5, 3] } else { [4, 1, 5, 3, 2] });
    Ok(())
}

async fn an_order_by_an_empty_list_is_none(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let favourites: Vec<i64> = Vec::new();
    let order = (Person::ID.in_(favourites).desc(), all_of::<Person>([]).asc(), Person::ID.desc());
    let found = Person::find_all().order_by(order).select(Person::ID).limit(2).exec(&db).await?;
    assert_eq!(found, [5, 4]);
    let found = Person::find_all().order_by(any_of::<Person>([]).asc()).exec(&db).await?;
    assert_eq!(found.len(), 5);
    Ok(())
}

async fn groups_go_by_expressions_with_values(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let decade = || Person::AGE / 10;
    let groups: Vec<(i32, i64)> = Person::find_all()
        .select((decade(), count_all()))
        .group_by(decade())
        .order_by(decade().desc())
        .exec(&db)
        .await?;
    let ages: Vec<i32> = Person::find_all().select(Person::AGE).exec(&db).await?;
    let mut expected = std::collections::BTreeMap::new();
    ages.iter().for_each(|age| *expected.entry(age / 10).or_insert(0) += 1);
    assert_eq!(groups, expected.into_iter().rev().collect::<Vec<_>>());
    let distinct: Vec<i32> = Person::find_all().select(decade()).distinct().order_by(decade().asc()).exec(&db).await?;
    assert_eq!(distinct, groups.iter().rev().map(|group| group.0).collect::<Vec<_>>());
    Ok(())
}

async fn order_goes_by_expressions(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let found = Person::find_all().order_by((Person::NAME.lower().desc(),)).exec(&db).await?;
    assert_eq!(ids(&found), [5, 4, 3, 2, 1]);
    let shuffled = Person::find_all().order_by(orm::random().asc()).exec(&db).await?;
    assert_eq!(shuffled.len(), 5);
    Ok(())
}

/// Columns that are called as databases call what they compute.
#[derive(Debug, Clone, Model)]
#[orm(table = "tallies")]
pub struct Tally {
    #[orm(primary_key)]
    id: i64,
    count: i32,
    #[orm(length = 20)]
    lower: String,
    parent_id: Option<i64>,
    parent: BelongsTo<Tally>,
    #[orm(key = parent_id)]
    children: HasMany<Tally>,
}

async fn tallies(test: &Test) -> Result<Database> {
    let db = test.with::<Tally>().await?;
    for (count, lower, parent) in [(10, "B", None), (9, "a", Some(1)), (100, "C", Some(1)), (20, "a", Some(2))] {
        Tally::create().count(count).lower(lower).parent_id(parent).exec(&db).await?;
    }
    Ok(db)
}

async fn names_in_an_order_are_columns(test: Test) -> Result<()> {
    let db = tallies(&test).await?;
    let as_text = || Tally::find_all().select(Tally::COUNT.cast::<String>());
    assert_eq!(as_text().order_by(Tally::COUNT.asc()).limit(1).exec(&db).await?, ["9"]);
    assert_eq!(as_text().order_by(Tally::COUNT.desc().nulls_last()).limit(1).exec(&db).await?, ["100"]);
    let both = Tally::find_all().select((Tally::COUNT, Tally::COUNT.cast::<String>())).distinct();
    let numbers: Vec<i32> = both.order_by(Tally::COUNT).exec(&db).await?.into_iter().map(|row| row.0).collect();
    assert_eq!(numbers, [9, 10, 20, 100]);
    let children = Tally::find_all().select((Tally::ID, Tally::CHILDREN.count())).order_by(Tally::COUNT.desc());
    assert_eq!(children.exec(&db).await?, [(3, 0), (4, 0), (1, 2), (2, 1)]);
    let lower = Tally::find_all().select(Tally::LOWER.upper().lower()).order_by((Tally::LOWER.desc(), Tally::ID.asc()));
    assert_eq!(lower.exec(&db).await?.len(), 4);
    let inside = Tally::find_all().select(Tally::COUNT.cast::<String>()).order_by((-Tally::COUNT).asc()).limit(1);
    assert_eq!(inside.exec(&db).await?, ["100"]);
    Ok(())
}

async fn names_in_groups_and_having_are_columns(test: Test) -> Result<()> {
    let db = tallies(&test).await?;
    let groups = Tally::find_all()
        .select((Tally::LOWER, count_all(), Tally::COUNT.sum()))
        .group_by(Tally::LOWER)
        .having(Tally::COUNT.min().lt(50))
        .order_by(Tally::COUNT.max().desc());
    assert_eq!(groups.exec(&db).await?, [("a".to_owned(), 2, Some(29)), ("B".to_owned(), 1, Some(10))]);
    // The number of rows is called as the column is.
    let counts =
        Tally::find_all().select((count_all(), Tally::COUNT)).group_by(Tally::COUNT).having(Tally::COUNT.gt(9));
    assert_eq!(counts.order_by(Tally::COUNT.asc()).exec(&db).await?, [(1, 10), (1, 20), (1, 100)]);
    Ok(())
}

async fn limit_zero_gives_nothing(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(Person::find_all().limit(0).exec(&db).await?, []);
    Ok(())
}

async fn offset_works_without_limit(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let found = Person::find_all().order_by(Person::ID.asc()).offset(3).exec(&db).await?;
    assert_eq!(ids(&found), [4, 5]);
    assert_eq!(Person::find_all().order_by(Person::ID.asc()).offset(9).exec(&db).await?, []);
    let page = Person::find_all().order_by(Person::ID.asc()).limit(2).offset(1).exec(&db).await?;
    assert_eq!(ids(&page), [2, 3]);
    Ok(())
}

async fn huge_limits_are_all_rows(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let found = Person::find_all().limit(i64::MAX as u64).exec(&db).await?;
    assert_eq!(found.len(), 5);
    Ok(())
}

async fn distinct_gives_equal_rows_once(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let ages: Vec<i32> =
        Person::find_all().select(Person::AGE).distinct().order_by(Person::AGE.asc()).exec(&db).await?;
    assert_eq!(ages, [17, 18, 36, 60]);
    Ok(())
}

async fn select_gives_tuples(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let rows: Vec<(i64, Option<String>, bool)> = Person::find_all()
        .select((Person::ID, Person::NICK, Person::ACTIVE))
        .order_by(Person::ID.asc())
        .limit(2)
        .exec(&db)
        .await?;
    assert_eq!(rows, [(1, Some("countess".to_owned()), true), (2, None, true)]);
    let one: Option<(String,)> = Person::find_one().filter(Person::ID.eq(5)).select((Person::NAME,)).exec(&db).await?;
    assert_eq!(one, Some(("eve".to_owned(),)));
    Ok(())
}

#[derive(Debug, PartialEq, Projection)]
#[orm(model = Person)]
struct Card {
    id: i64,
    #[orm(column = name)]
    title: String,
    #[orm(expr = Person::AGE + 1)]
    next_age: i32,
    nick: Option<String>,
}

async fn projections_give_structs(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let cards: Vec<Card> = Person::find_all().project().order_by(Person::ID.asc()).limit(2).exec(&db).await?;
    let expected = [
        Card { id: 1, title: "Ada".into(), next_age: 37, nick: Some("countess".into()) },
        Card { id: 2, title: "Bob".into(), next_age: 18, nick: None },
    ];
    assert_eq!(cards, expected);
    Ok(())
}

async fn conditions_are_values_to_select(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let rows: Vec<(bool, bool)> = Person::find_all()
        .select((Person::AGE.gt(17), Person::NICK.is_null()))
        .order_by(Person::ID.asc())
        .limit(2)
        .exec(&db)
        .await?;
    assert_eq!(rows, [(true, false), (false, true)]);
    Ok(())
}

async fn groups_have_aggregates(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let rows: Vec<(i32, i64)> = Person::find_all()
        .select((Person::AGE, count_all()))
        .group_by(Person::AGE)
        .order_by(Person::AGE.asc())
        .exec(&db)
        .await?;
    assert_eq!(rows, [(17, 1), (18, 1), (36, 2), (60, 1)]);
    Ok(())
}

async fn having_keeps_groups(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let rows: Vec<(i32, Option<i32>)> = Person::find_all()
        .filter(Person::ID.gt(0))
        .select((Person::AGE, Person::SCORE.max()))
        .group_by(Person::AGE)
        .having(count_all().gt(1))
        .exec(&db)
        .await?;
    assert_eq!(rows, [(36, Some(30))]);
    Ok(())
}

async fn aggregates_count_only_some_rows(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let row: Vec<(i64, i64, Option<i64>, i64)> = Person::find_all()
        .select((
            count_all(),
            count_all().only_where(Person::ACTIVE),
            Person::AGE.sum().only_where(Person::AGE.gt(30)),
            Person::AGE.count_distinct(),
        ))
        .exec(&db)
        .await?;
    assert_eq!(row, [(5, 3, Some(132), 4)]);
    Ok(())
}

async fn count_counts_rows_values_and_different_values(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(Person::count().exec(&db).await?, 5);
    assert_eq!(Person::count().filter(Person::ACTIVE).exec(&db).await?, 3);
    assert_eq!(Person::count().distinct(Person::AGE).exec(&db).await?, 4);
    assert_eq!(Person::aggregate(Person::SCORE.count()).exec(&db).await?, 4);
    Ok(())
}

async fn exists_asks_for_a_row(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert!(Person::exists().exec(&db).await?);
    assert!(Person::exists().filter(Person::AGE.gt(59)).exec(&db).await?);
    assert!(!Person::exists().filter(Person::AGE.gt(60)).exec(&db).await?);
    Ok(())
}

async fn min_max_sum_avg_compute(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(Person::aggregate(Person::AGE.min()).exec(&db).await?, Some(17));
    assert_eq!(Person::aggregate(Person::AGE.max()).exec(&db).await?, Some(60));
    assert_eq!(Person::aggregate(Person::AGE.sum()).exec(&db).await?, Some(167));
    assert_eq!(Person::aggregate(Person::AGE.avg()).exec(&db).await?, Some(33.4));
    assert_eq!(Person::aggregate(Person::SCORE.avg()).exec(&db).await?, Some(16.25));
    assert_eq!(Person::aggregate(Person::NAME.min()).exec(&db).await?.as_deref(), Some("Ada"));
    assert_eq!(Person::aggregate(Person::BORN.min()).exec(&db).await?, chrono::NaiveDate::from_ymd_opt(1815, 12, 10));
    let height = Person::aggregate(Person::HEIGHT.sum()).exec(&db).await?.unwrap();
    assert!((height - 8.5).abs() < 1e-9, "{height}");
    Ok(())
}

async fn aggregates_of_no_rows_are_null(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    assert_eq!(Person::aggregate(Person::AGE.min()).exec(&db).await?, None);
    assert_eq!(Person::aggregate(Person::AGE.sum()).exec(&db).await?, None);
    assert_eq!(Person::aggregate(Person::AGE.avg()).exec(&db).await?, None);
    assert_eq!(Person::aggregate(Person::AGE.count()).exec(&db).await?, 0);
    Ok(())
}

async fn sums_go_beyond_the_column(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let rows = (0..3).map(|_| Person::create().name("x").age(i32::MAX).height(1.0));
    Person::bulk_create(rows).exec(&db).await?;
    assert_eq!(Person::aggregate(Person::AGE.sum()).exec(&db).await?, Some(3 * i64::from(i32::MAX)));
    Ok(())
}

async fn window_functions_number_rows(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let rows: Vec<(i64, i64)> = Person::find_all()
        .select((Person::ID, row_number().over(Person::ACTIVE.free(), Person::AGE.free().asc())))
        .order_by(Person::ID.asc())
        .exec(&db)
        .await?;
    assert_eq!(rows, [(1, 3), (2, 1), (3, 1), (4, 2), (5, 2)]);
    Ok(())
}

/// Declared in another order than that of their labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[orm(storage = "native", name = "label_order_size")]
enum Size {
    Small,
    Medium,
    Large,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "label_order_shirts")]
struct Shirt {
    #[orm(primary_key)]
    id: i64,
    size: Size,
    other: Option<Size>,
}

cases! { $ order:
    names_in_an_order_are_columns,
    names_in_groups_and_having_are_columns,
    order_goes_by_several_keys,
    nulls_come_where_asked_for,
    a_constant_orders_nothing,
    groups_go_by_expressions_with_values,
    an_order_by_an_empty_list_is_none,
    order_goes_by_expressions,
    limit_zero_gives_nothing,
    offset_works_without_limit,
    huge_limits_are_all_rows,
    distinct_gives_equal_rows_once,
    select_gives_tuples,
    projections_give_structs,
    conditions_are_values_to_select,
    groups_have_aggregates,
    having_keeps_groups,
    aggregates_count_only_some_rows,
    count_counts_rows_values_and_different_values,
    exists_asks_for_a_row,
    min_max_sum_avg_compute,
    aggregates_of_no_rows_are_null,
    sums_go_beyond_the_column,
    window_functions_number_rows,
}
