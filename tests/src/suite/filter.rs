//! Conditions: each operator, on rows.

use orm::expr::IntoCondition;
use orm::prelude::*;
use orm::{Result, case, coalesce, concat, val};

use crate::Test;
use crate::cases::cases;
use crate::models::people::{Person, people};

/// The keys of the people for whom a condition holds.
async fn who(db: &Database, condition: impl IntoCondition<Person>) -> Result<Vec<i64>> {
    Person::find_all().filter(condition).select(Person::ID).order_by(Person::ID.asc()).exec(db).await
}

/// A database with the five people.
async fn five(test: &Test) -> Result<Database> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    Ok(db)
}

/// People of these names only, with keys from 1.
async fn named(test: &Test, names: &[&str]) -> Result<Database> {
    let db = test.with::<Person>().await?;
    Person::bulk_create(names.iter().map(|name| Person::create().name(*name).age(1).height(1.0))).exec(&db).await?;
    Ok(db)
}

async fn eq_and_ne_compare_values(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, Person::AGE.eq(36)).await?, [1, 3]);
    assert_eq!(who(&db, Person::AGE.ne(36)).await?, [2, 4, 5]);
    assert_eq!(who(&db, Person::NAME.eq("Bob")).await?, [2]);
    assert_eq!(who(&db, Person::ACTIVE.eq(false)).await?, [3, 4]);
    assert_eq!(who(&db, Person::HEIGHT.eq(1.75)).await?, [3]);
    let born = chrono::NaiveDate::from_ymd_opt(2000, 2, 29).unwrap();
    assert_eq!(who(&db, Person::BORN.eq(born)).await?, [5]);
    Ok(())
}

async fn gt_ge_lt_le_compare_values(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, Person::AGE.gt(36)).await?, [4]);
    assert_eq!(who(&db, Person::AGE.ge(36)).await?, [1, 3, 4]);
    assert_eq!(who(&db, Person::AGE.lt(18)).await?, [2]);
    assert_eq!(who(&db, Person::AGE.le(18)).await?, [2, 5]);
    Ok(())
}

async fn comparisons_with_null_never_hold(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, Person::SCORE.eq(10)).await?, [1]);
    assert_eq!(who(&db, Person::SCORE.ne(10)).await?, [3, 4, 5]);
    assert_eq!(who(&db, !Person::SCORE.eq(10)).await?, [3, 4, 5]);
    assert_eq!(who(&db, Person::SCORE.gt(0).or(Person::SCORE.le(0))).await?, [1, 3, 4, 5]);
    Ok(())
}

async fn is_null_finds_null(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, Person::NICK.is_null()).await?, [2, 4]);
    assert_eq!(who(&db, Person::NICK.is_not_null()).await?, [1, 3, 5]);
    Ok(())
}

async fn is_distinct_from_takes_null_for_a_value(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, Person::SCORE.is_distinct_from(10)).await?, [2, 3, 4, 5]);
    assert_eq!(who(&db, Person::SCORE.is_not_distinct_from(10)).await?, [1]);
    assert_eq!(who(&db, Person::SCORE.is_not_distinct_from(Person::SCORE)).await?, [1, 2, 3, 4, 5]);
    Ok(())
}

async fn between_includes_its_bounds(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, Person::AGE.between(17, 36)).await?, [1, 2, 3, 5]);
    assert_eq!(who(&db, Person::AGE.not_between(18, 36)).await?, [2, 4]);
    assert_eq!(who(&db, Person::AGE.between(36, 17)).await?, [0; 0]);
    assert_eq!(who(&db, Person::SCORE.not_between(10, 20)).await?, [3, 4]);
    Ok(())
}

async fn in_takes_lists(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, Person::AGE.in_([17, 60, 99])).await?, [2, 4]);
    assert_eq!(who(&db, Person::AGE.not_in([17, 60, 99])).await?, [1, 3, 5]);
    assert_eq!(who(&db, Person::NAME.in_(vec!["Ada", "Dan", "x"])).await?, [1, 4]);
    assert_eq!(who(&db, Person::NICK.in_(["cy".to_owned()])).await?, [3]);
    assert_eq!(who(&db, Person::HEIGHT.in_([1.6, 1.65])).await?, [1, 5]);
    assert_eq!(who(&db, Person::ACTIVE.in_([true])).await?, [1, 2, 5]);
    let born = chrono::NaiveDate::from_ymd_opt(2000, 2, 29);
    assert_eq!(who(&db, Person::BORN.in_(born)).await?, [5]);
    Ok(())
}

async fn in_of_nothing_is_false_and_not_in_true(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, Person::AGE.in_([0; 0])).await?, [0; 0]);
    assert_eq!(who(&db, Person::AGE.not_in([0; 0])).await?, [1, 2, 3, 4, 5]);
    assert_eq!(who(&db, Person::SCORE.not_in([0; 0])).await?, [1, 2, 3, 4, 5]);
    assert_eq!(who(&db, !Person::SCORE.in_([0; 0])).await?, [1, 2, 3, 4, 5]);
    Ok(())
}

async fn in_takes_thousands_of_values(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let numbers: Vec<i32> = (18..3000).collect();
    assert_eq!(who(&db, Person::AGE.in_(&numbers)).await?, [1, 3, 4, 5]);
    assert_eq!(who(&db, Person::AGE.not_in(numbers)).await?, [2]);
    let names: Vec<String> = (0..1500).map(|i| format!("n{i}")).chain(["eve".to_owned()]).collect();
    assert_eq!(who(&db, Person::NAME.in_(names)).await?, [5]);
    Ok(())
}

async fn in_takes_sub_queries(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let ages = Person::find_all().filter(Person::ACTIVE.eq(false)).select(Person::AGE);
    assert_eq!(who(&db, Person::AGE.in_(ages.clone())).await?, [1, 3, 4]);
    assert_eq!(who(&db, Person::AGE.not_in(ages)).await?, [2, 5]);
    let none = Person::find_all().filter(Person::AGE.gt(99)).select(Person::AGE);
    assert_eq!(who(&db, Person::AGE.in_(none.clone())).await?, [0; 0]);
    assert_eq!(who(&db, Person::AGE.not_in(none)).await?, [1, 2, 3, 4, 5]);
    Ok(())
}

async fn a_sub_query_of_one_row_is_an_operand(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let oldest = Person::find_all().select(Person::AGE.max());
    assert_eq!(who(&db, Person::AGE.eq(oldest)).await?, [4]);
    Ok(())
}

async fn in_takes_expressions(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, Person::AGE.in_([Person::AGE + 0, Person::AGE + 1])).await?, [1, 2, 3, 4, 5]);
    Ok(())
}

async fn like_takes_patterns(test: Test) -> Result<()> {
    let db = named(&test, &["alpha", "alp", "beta", "a%b", "a_b", "axb", "a\\b"]).await?;
    assert_eq!(who(&db, Person::NAME.like("alp%")).await?, [1, 2]);
    assert_eq!(who(&db, Person::NAME.like("a_b")).await?, [4, 5, 6, 7]);
    assert_eq!(who(&db, Person::NAME.like("a\\_b")).await?, [5]);
    assert_eq!(who(&db, Person::NAME.like("a\\%b")).await?, [4]);
    assert_eq!(who(&db, Person::NAME.like("a\\\\b")).await?, [7]);
    assert_eq!(who(&db, Person::NAME.not_like("a%")).await?, [3]);
    assert_eq!(who(&db, Person::NICK.not_like("a%")).await?, [0; 0]);
    Ok(())
}

async fn text_helpers_take_every_character_literally(test: Test) -> Result<()> {
    let names = ["50% off", "a_b", "axb", "c:\\dir", "wow!", "[a]", "it's", "\"q\"", "é!%", "plain", "2*3?", "]x[y-z]"];
    let db = named(&test, &names).await?;
    for (i, name) in names.iter().enumerate() {
        let id = i as i64 + 1;
        assert_eq!(who(&db, Person::NAME.starts_with(*name)).await?, [id], "{name}");
        assert_eq!(who(&db, Person::NAME.ends_with(*name)).await?, [id], "{name}");
        assert_eq!(who(&db, Person::NAME.contains(*name)).await?, [id], "{name}");
    }
    assert_eq!(who(&db, Person::NAME.contains("%")).await?, [1, 9]);
    assert_eq!(who(&db, Person::NAME.contains("_")).await?, [2]);
    assert_eq!(who(&db, Person::NAME.contains("\\")).await?, [4]);
    assert_eq!(who(&db, Person::NAME.contains("!")).await?, [5, 9]);
    assert_eq!(who(&db, Person::NAME.starts_with("a_")).await?, [2]);
    assert_eq!(who(&db, Person::NAME.ends_with("_b")).await?, [2]);
    assert_eq!(who(&db, Person::NAME.not_contains("%")).await?, [2, 3, 4, 5, 6, 7, 8, 10, 11, 12]);
    assert_eq!(who(&db, Person::NAME.not_starts_with("a")).await?, [1, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert_eq!(who(&db, Person::NAME.not_ends_with("b")).await?, [1, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert_eq!(who(&db, Person::NAME.contains("")).await?.len(), names.len());
    Ok(())
}

async fn text_helpers_escape_columns_too(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    Person::bulk_create([
        Person::create().name("axb").nick("a_b").age(1).height(1.0),
        Person::create().name("a_b!").nick("a_b").age(1).height(1.0),
        Person::create().name("x\\y").nick("\\").age(1).height(1.0),
        Person::create().name("2*3?[4]").nick("*3?[").age(1).height(1.0),
        Person::create().name("2x3y4").nick("*3?[").age(1).height(1.0),
    ])
    .exec(&db)
    .await?;
    assert_eq!(who(&db, Person::NAME.contains(Person::NICK)).await?, [2, 3, 4]);
    assert_eq!(who(&db, Person::NAME.starts_with(Person::NICK)).await?, [2]);
    Ok(())
}

async fn ilike_ignores_case(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, Person::NAME.ilike("EVE")).await?, [5]);
    assert_eq!(who(&db, Person::NAME.ilike("%A%")).await?, [1, 4]);
    assert_eq!(who(&db, Person::NAME.not_ilike("%A%")).await?, [2, 3, 5]);
    Ok(())
}

async fn starts_ends_and_contains_compare_case_as_eq_does(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let row = |name: &str, nick: &str| Person::create().name(name).nick(nick).age(1).height(1.0);
    Person::bulk_create([row("Ada", "ADA"), row("aDA", "Ada"), row("Ada", "Ada")]).exec(&db).await?;
    let same = who(&db, Person::NAME.eq("Ada")).await?;
    for found in [Person::NAME.starts_with("Ada"), Person::NAME.ends_with("Ada"), Person::NAME.contains("Ada")] {
        assert_eq!(who(&db, found.clone()).await?, same, "{found:?}");
        assert_eq!(who(&db, !found).await?.len(), 3 - same.len());
    }
    let other: Vec<i64> = [1, 2, 3].into_iter().filter(|id| !same.contains(id)).collect();
    for not in [Person::NAME.not_starts_with("A"), Person::NAME.not_ends_with("da"), Person::NAME.not_contains("Ad")] {
        assert_eq!(who(&db, not.clone()).await?, other, "{not:?}");
    }
    // The text may be a column as well.
    let same = who(&db, Person::NAME.eq(Person::NICK)).await?;
    for found in [
        Person::NAME.starts_with(Person::NICK),
        Person::NAME.ends_with(Person::NICK),
        Person::NAME.contains(Person::NICK),
    ] {
        assert_eq!(who(&db, found.clone()).await?, same, "{found:?}");
    }
    Ok(())
}

async fn icontains_and_the_like_ignore_case_and_escape(test: Test) -> Result<()> {
    let db = named(&test, &["Ada_x", "xADAX", "a[D]a*?", "b%"]).await?;
    assert_eq!(who(&db, Person::NAME.icontains("aDa")).await?, [1, 2]);
    assert_eq!(who(&db, Person::NAME.istarts_with("ADA_")).await?, [1]);
    assert_eq!(who(&db, Person::NAME.iends_with("dAx")).await?, [2]);
    assert_eq!(who(&db, Person::NAME.icontains("[d]A*?")).await?, [3]);
    assert_eq!(who(&db, Person::NAME.icontains("B%")).await?, [4]);
    assert_eq!(who(&db, Person::NAME.not_icontains("ADA")).await?, [3, 4]);
    assert_eq!(who(&db, Person::NAME.not_istarts_with("A")).await?, [2, 4]);
    assert_eq!(who(&db, Person::NAME.not_iends_with("X")).await?, [3, 4]);
    assert_eq!(who(&db, Person::NAME.icontains(Person::NAME.upper())).await?, [1, 2, 3, 4]);
    Ok(())
}

/// The collation of the column decides, as for `=`.
#[derive(Debug, Clone, Model)]
#[orm(table = "labels_of_any_case")]
pub struct AnyCase {
    #[orm(primary_key)]
    id: i64,
    #[orm(type = "TEXT COLLATE NOCASE")]
    label: String,
    plain: String,
}

async fn starts_with_ignores_case_on_columns_that_do(test: Test) -> Result<()> {
    if test.backend != "sqlite" {
        return Ok(());
    }
    let db = test.with::<AnyCase>().await?;
    AnyCase::create().label("Ada").plain("ADA").exec(&db).await?;
    let conditions = [
        AnyCase::LABEL.eq("aDA"),
        AnyCase::LABEL.starts_with("aD"),
        AnyCase::LABEL.ends_with("DA"),
        AnyCase::LABEL.contains(AnyCase::PLAIN),
        // Of two columns, the left one decides; of an expression and a column, the column.
        !AnyCase::PLAIN.eq(AnyCase::LABEL),
        !AnyCase::PLAIN.contains(AnyCase::LABEL),
        AnyCase::PLAIN.lower().eq(AnyCase::LABEL),
        AnyCase::PLAIN.lower().contains(AnyCase::LABEL),
    ];
    for condition in conditions {
        assert_eq!(AnyCase::count().filter(condition.clone()).exec(&db).await?, 1, "{condition:?}");
    }
    Ok(())
}

async fn regexp_minds_case_and_iregexp_does_not(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, Person::NAME.regexp("^[A-D]")).await?, [1, 2, 3, 4]);
    assert_eq!(who(&db, Person::NAME.regexp("^E")).await?, [0; 0]);
    assert_eq!(who(&db, Person::NAME.iregexp("^E")).await?, [5]);
    assert_eq!(who(&db, Person::NAME.not_regexp("^[A-D]")).await?, [5]);
    assert_eq!(who(&db, Person::NAME.not_iregexp("^e|^a")).await?, [2, 3, 4]);
    assert_eq!(who(&db, Person::NAME.regexp("^(Ada|Cy)$")).await?, [1, 3]);
    assert_eq!(who(&db, Person::NICK.regexp("^c")).await?, [1, 3]);
    Ok(())
}

async fn and_or_not_nest(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let young = Person::AGE.lt(20);
    assert_eq!(who(&db, young.clone().and(Person::ACTIVE)).await?, [2, 5]);
    assert_eq!(who(&db, young.clone().or(Person::AGE.eq(60))).await?, [2, 4, 5]);
    assert_eq!(who(&db, !young.clone()).await?, [1, 3, 4]);
    assert_eq!(who(&db, !(young.clone() | Person::AGE.eq(60))).await?, [1, 3]);
    assert_eq!(who(&db, (young.clone() | Person::AGE.eq(60)) & !Person::ACTIVE).await?, [4]);
    assert_eq!(who(&db, young.or(Person::AGE.eq(60)).and(Person::NAME.eq("Bob"))).await?, [2]);
    assert_eq!(who(&db, !!Person::ACTIVE).await?, [1, 2, 5]);
    assert_eq!(who(&db, Person::ACTIVE).await?, [1, 2, 5]);
    assert_eq!(who(&db, Person::ACTIVE.is_true()).await?, [1, 2, 5]);
    Ok(())
}

async fn any_of_nothing_is_false_and_all_of_nothing_true(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let none: [Condition<Person>; 0] = [];
    assert_eq!(who(&db, any_of(none.clone())).await?, [0; 0]);
    assert_eq!(who(&db, all_of(none.clone())).await?, [1, 2, 3, 4, 5]);
    assert_eq!(who(&db, !any_of(none.clone())).await?, [1, 2, 3, 4, 5]);
    assert_eq!(who(&db, !all_of(none.clone())).await?, [0; 0]);
    assert_eq!(who(&db, all_of([any_of(none.clone()), Person::ACTIVE.is_true()])).await?, [0; 0]);
    assert_eq!(who(&db, any_of([all_of(none), Person::ACTIVE.is_true()])).await?, [1, 2, 3, 4, 5]);
    Ok(())
}

async fn any_of_and_all_of_take_lists(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, any_of(["Ada", "Bob"].map(|name| Person::NAME.eq(name)))).await?, [1, 2]);
    assert_eq!(who(&db, all_of([Person::AGE.gt(17), Person::AGE.lt(60)])).await?, [1, 3, 5]);
    Ok(())
}

async fn deep_nesting_is_no_problem(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let mut condition = Person::AGE.eq(17);
    for _ in 0..200 {
        condition = !(!condition);
    }
    assert_eq!(who(&db, condition).await?, [2]);
    let many = any_of((0..500).map(|age| Person::AGE.eq(age)));
    assert_eq!(who(&db, many).await?, [1, 2, 3, 4, 5]);
    Ok(())
}

async fn nesting_beyond_the_limit_is_an_error(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let nested = || (0..2_000).fold(Person::AGE.eq(17), |inner, _| !inner.or(Person::ACTIVE));
    let outcomes = [
        Person::find_all().filter(nested()).exec(&db).await.map(|_| ()),
        Person::count().filter(nested()).exec(&db).await.map(|_| ()),
        Person::update().set(Person::AGE, 1).filter(nested()).exec(&db).await.map(|_| ()),
        Person::destroy().filter(nested()).exec(&db).await.map(|_| ()),
    ];
    for outcome in outcomes {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::InvalidStatement);
    }
    Ok(())
}

async fn filters_add_up(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let found = Person::find_all()
        .filter(Person::AGE.gt(17))
        .filter(Person::AGE.lt(60).or(Person::AGE.eq(60)))
        .filter(Person::ACTIVE)
        .count(&db)
        .await?;
    assert_eq!(found, 2);
    Ok(())
}

async fn filter_if_filters_only_with_a_value(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let count = async |age: Option<i32>| Person::count().filter_if(age, |age| Person::AGE.ge(age)).exec(&db).await;
    assert_eq!((count(None).await?, count(Some(36)).await?), (5, 3));
    Ok(())
}

async fn columns_compare_with_columns(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, Person::AGE.gt(Person::SCORE)).await?, [1, 3, 4]);
    let same = who(&db, Person::NICK.eq(Person::NAME.lower())).await?;
    assert_eq!(same, if test.shape.minds_case { vec![3] } else { vec![3, 5] });
    Ok(())
}

async fn arithmetic_computes(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, (Person::AGE + 4).eq(40)).await?, [1, 3]);
    assert_eq!(who(&db, (Person::AGE - 18).ge(0)).await?, [1, 3, 4, 5]);
    assert_eq!(who(&db, (Person::AGE * 2).eq(34)).await?, [2]);
    assert_eq!(who(&db, (Person::AGE % 2).eq(1)).await?, [2]);
    assert_eq!(who(&db, ((Person::AGE + 2) * 2).eq(38)).await?, [2]);
    assert_eq!(who(&db, (-Person::AGE).lt(-36)).await?, [4]);
    assert_eq!(who(&db, (Person::AGE - (Person::AGE - 1)).eq(1)).await?.len(), 5);
    assert_eq!(who(&db, (Person::HEIGHT / 2.0).eq(0.9)).await?, [2]);
    Ok(())
}

async fn integers_divide_to_integers(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let halves: Vec<i32> = Person::find_all().select(Person::AGE / 8).order_by(Person::ID.asc()).exec(&db).await?;
    assert_eq!(halves, [4, 2, 4, 7, 2]);
    assert_eq!(who(&db, ((Person::AGE + 4) / (Person::AGE - 13)).eq(5)).await?, [2]);
    assert_eq!(who(&db, ((Person::AGE - 40) / 3).eq(-1)).await?, [1, 3]);
    Ok(())
}

async fn case_chooses(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let group = || case().when(Person::AGE.lt(18), "child").when(Person::AGE.lt(60), "adult").otherwise("senior");
    let groups: Vec<String> = Person::find_all().select(group()).order_by(Person::ID.asc()).exec(&db).await?;
    assert_eq!(groups, ["adult", "child", "adult", "senior", "adult"]);
    assert_eq!(who(&db, group().eq("senior")).await?, [4]);
    let bonus = case().when(Person::ACTIVE.is_true(), Person::AGE).end();
    let bonuses: Vec<Option<i32>> = Person::find_all().select(bonus).order_by(Person::ID.asc()).exec(&db).await?;
    assert_eq!(bonuses, [Some(36), Some(17), None, None, Some(18)]);
    Ok(())
}

async fn coalesce_gives_the_first_value(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let names: Vec<String> =
        Person::find_all().select(Person::NICK.unwrap_or(Person::NAME)).order_by(Person::ID.asc()).exec(&db).await?;
    assert_eq!(names, ["countess", "Bob", "cy", "Dan", "EVE"]);
    assert_eq!(who(&db, Person::SCORE.unwrap_or(0).eq(0)).await?, [2]);
    let first: Vec<Option<i32>> = Person::find_all()
        .select(coalesce([Person::SCORE.nullable(), Person::AGE.nullable()]))
        .order_by(Person::ID.asc())
        .exec(&db)
        .await?;
    assert_eq!(first, [Some(10), Some(17), Some(30), Some(5), Some(20)]);
    let same = (coalesce([Person::NICK, Person::NICK]), concat([Person::NAME, Person::NAME]));
    let same: Vec<(Option<String>, String)> =
        Person::find_all().select(same).filter(Person::ID.eq(2)).exec(&db).await?;
    assert_eq!(same, [(None, "BobBob".to_owned())]);
    Ok(())
}

async fn cast_converts(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, Person::AGE.cast::<String>().eq("17")).await?, [2]);
    assert_eq!(who(&db, Person::AGE.cast::<f64>().eq(17.0)).await?, [2]);
    let doubled: Vec<i64> =
        Person::find_all().select(Person::AGE.cast::<i64>() * 2_i64).order_by(Person::ID.asc()).exec(&db).await?;
    assert_eq!(doubled, [72, 34, 72, 120, 36]);
    Ok(())
}

async fn text_functions_work_on_characters(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    Person::create().name("  Grüße 👋 ").age(1).height(1.0).exec(&db).await?;
    let row: Vec<(String, String, String, i64, String, String)> = Person::find_all()
        .select((
            Person::NAME.trim(),
            Person::NAME.trim().upper().replace("ß", "SS").replace("Ü", "ü"),
            Person::NAME.trim().lower(),
            Person::NAME.trim().length(),
            Person::NAME.trim().substring(1, 3),
            Person::NAME.trim().concat("!"),
        ))
        .exec(&db)
        .await?;
    let (trimmed, _, lower, length, part, joined) = &row[0];
    assert_eq!((trimmed.as_str(), lower.as_str(), *length), ("Grüße 👋", "grüße 👋", 7));
    assert_eq!((part.as_str(), joined.as_str()), ("Grü", "Grüße 👋!"));
    let all: Vec<String> =
        Person::find_all().select(concat([val("a".to_owned()), val("b".to_owned())])).exec(&db).await?;
    assert_eq!(all, ["ab"]);
    Ok(())
}

async fn number_functions_compute(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let row: Vec<(i32, f64, f64, f64)> = Person::find_all()
        .filter(Person::ID.eq(3))
        .select((
            (Person::AGE - 100).abs(),
            (Person::HEIGHT + 0.01).round(1),
            Person::HEIGHT.ceil(),
            Person::HEIGHT.floor(),
        ))
        .exec(&db)
        .await?;
    assert_eq!(row, [(64, 1.8, 2.0, 1.0)]);
    Ok(())
}

async fn date_functions_take_dates_apart(test: Test) -> Result<()> {
    let db = five(&test).await?;
    let row: Vec<(Option<i32>, Option<i32>, Option<i32>)> = Person::find_all()
        .filter(Person::ID.eq(5))
        .select((Person::BORN.year(), Person::BORN.month(), Person::BORN.day()))
        .exec(&db)
        .await?;
    assert_eq!(row, [(Some(2000), Some(2), Some(29))]);
    assert_eq!(who(&db, Person::BORN.year().eq(1990)).await?, [3]);
    Ok(())
}

async fn raw_expressions_bind_their_operands(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, orm::raw("age > ?", val(36))).await?, [4]);
    assert_eq!(who(&db, orm::raw("? > ?", (Person::AGE, val(36)))).await?, [4]);
    assert_eq!(
        who(&db, Person::ACTIVE.is_true().and(orm::raw("age BETWEEN ? AND ?", [val(17), val(18)]))).await?,
        [2, 5]
    );
    assert_eq!(who(&db, orm::raw::<i32>("age + ?", val(1)).eq(61)).await?, [4]);
    let ones: Vec<i32> = Person::find_all().select(orm::raw("1", ())).limit(2).exec(&db).await?;
    assert_eq!(ones, [1, 1]);
    let error = who(&db, orm::raw("age > ? + ?", val(36))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    Ok(())
}

async fn functions_are_called_by_name(test: Test) -> Result<()> {
    let db = five(&test).await?;
    assert_eq!(who(&db, orm::call::<String>("upper", Person::NAME).eq("EVE")).await?, [5]);
    assert_eq!(who(&db, orm::call("coalesce", (Person::ACTIVE, val(false)))).await?, [1, 2, 5]);
    let names: Vec<(i64, String)> = Person::find_all()
        .filter(Person::ID.eq(1))
        .select((Person::ID, orm::call("replace", (Person::NAME, val("A".to_owned()), val("O".to_owned())))))
        .exec(&db)
        .await?;
    assert_eq!(names, [(1, "Oda".to_owned())]);
    Ok(())
}

async fn filters_with_the_wrong_table_are_refused(test: Test) -> Result<()> {
    use crate::models::people::Note;
    let db = test.with::<(Person, Note)>().await?;
    let stray = Person::find_all().filter(Note::STARS.free().eq(1).free().into_query_of::<Person>());
    let error = stray.exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error}");
    Ok(())
}

/// Puts a free condition into a model's query, as a helper of a user may.
trait Stray {
    fn into_query_of<M>(self) -> Condition<M>;
}
impl Stray for orm::Expr<orm::Free, bool> {
    fn into_query_of<M>(self) -> Condition<M> {
        orm::Expr::from_node(self.into_node())
    }
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "collated_words")]
struct Word {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 20)]
    text: String,
}

async fn a_collation_decides_what_is_equal_and_the_order(test: Test) -> Result<()> {
    let db = test.with::<(Word,)>().await?;
    Word::bulk_create(["b", "B", "a"].map(|text| Word::create().text(text))).count(&db).await?;
    let binary = match db.dialect().name() {
        "sqlite" => "BINARY",
        "postgresql" => "C",
        _ => "utf8mb4_bin",
    };
    let found = Word::find_all().filter(Word::TEXT.collate(binary).eq("B")).exec(&db).await?;
    assert_eq!(found.iter().map(|word| word.id).collect::<Vec<_>>(), [2]);
    let ordered = Word::find_all().order_by(Word::TEXT.collate(binary).asc()).exec(&db).await?;
    assert_eq!(ordered.iter().map(|word| &*word.text).collect::<Vec<_>>(), ["B", "a", "b"]);
    let unknown = Word::find_all().filter(Word::TEXT.collate("x\"y`z").eq("B")).exec(&db).await;
    assert!(unknown.is_err());
    Ok(())
}

cases! { $ filter:
    a_collation_decides_what_is_equal_and_the_order,
    eq_and_ne_compare_values,
    gt_ge_lt_le_compare_values,
    comparisons_with_null_never_hold,
    is_null_finds_null,
    is_distinct_from_takes_null_for_a_value,
    between_includes_its_bounds,
    in_takes_lists,
    in_of_nothing_is_false_and_not_in_true,
    in_takes_thousands_of_values,
    in_takes_sub_queries,
    a_sub_query_of_one_row_is_an_operand,
    in_takes_expressions,
    like_takes_patterns,
    text_helpers_take_every_character_literally,
    text_helpers_escape_columns_too,
    ilike_ignores_case,
    starts_ends_and_contains_compare_case_as_eq_does,
    icontains_and_the_like_ignore_case_and_escape,
    starts_with_ignores_case_on_columns_that_do,
    regexp_minds_case_and_iregexp_does_not,
    and_or_not_nest,
    any_of_nothing_is_false_and_all_of_nothing_true,
    any_of_and_all_of_take_lists,
    deep_nesting_is_no_problem,
    nesting_beyond_the_limit_is_an_error,
    filters_add_up,
    filter_if_filters_only_with_a_value,
    columns_compare_with_columns,
    arithmetic_computes,
    integers_divide_to_integers,
    case_chooses,
    coalesce_gives_the_first_value,
    cast_converts,
    text_functions_work_on_characters,
    number_functions_compute,
    date_functions_take_dates_apart,
    raw_expressions_bind_their_operands,
    functions_are_called_by_name,
    filters_with_the_wrong_table_are_refused,
}
