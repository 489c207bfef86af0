//! Random trees of expressions: what the database makes of them in filters, in what is selected, in orders, groups and
//! aggregates, held against an evaluator in memory. `ORM_TEST_TREES` says how many.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use orm::prelude::*;
use orm::{Expr, Free, Order, Result, all_of, any_of, case, coalesce, count_all, val};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::Test;
use crate::cases::cases;
use crate::models::people::Person;
use crate::test::trees;

/// A number, or NULL.
#[derive(Debug, Clone)]
enum Num {
    Age,
    Score,
    Of(i64),
    Length(Box<Text>),
    Negated(Box<Num>),
    Abs(Box<Num>),
    Sum(Box<Num>, Box<Num>),
    Less(Box<Num>, Box<Num>),
    Times(Box<Num>, i64),
    Or(Box<Num>, Box<Num>),
    First(Vec<Num>),
    If(Box<Truth>, Box<Num>, Box<Num>),
    When(Box<Truth>, Box<Num>),
}

/// A text, or NULL.
#[derive(Debug, Clone)]
enum Text {
    Name,
    Nick,
    Of(&'static str),
    Lower(Box<Text>),
    Upper(Box<Text>),
    Joined(Box<Text>, Box<Text>),
    Part(Box<Text>, i32, i32),
    Replaced(Box<Text>, &'static str, &'static str),
    Or(Box<Text>, Box<Text>),
    If(Box<Truth>, Box<Text>, Box<Text>),
}

/// A condition: true, false or unknown.
#[derive(Debug, Clone)]
enum Truth {
    Active,
    Compare(u8, Num, Num),
    Equal(bool, Text, Text),
    Same(bool, Num, Num),
    Between(bool, Num, Num, Num),
    In(bool, Num, Vec<i64>),
    TextIn(bool, Text, Vec<&'static str>),
    NumIsNull(bool, Num),
    TextIsNull(bool, Text),
    Like(u8, Text, &'static str),
    Not(Box<Truth>),
    All(Vec<Truth>),
    Any(Vec<Truth>),
}

const TEXTS: [&str; 8] = ["", "a", "Ab", "ab", "bAc", "abab", "xyz", "%_"];

fn texts() -> impl Strategy<Value = &'static str> {
    prop::sample::select(TEXTS.to_vec())
}

fn num(depth: u32) -> BoxedStrategy<Num> {
    let leaf = prop_oneof![Just(Num::Age), Just(Num::Score), (-9..60_i64).prop_map(Num::Of)];
    if depth == 0 {
        return leaf.boxed();
    }
    let (next, boxed) = (move || num(depth - 1), move || num(depth - 1).prop_map(Box::new));
    prop_oneof![
        3 => leaf,
        1 => text(depth - 1).prop_map(|text| Num::Length(Box::new(text))),
        1 => boxed().prop_map(Num::Negated),
        1 => boxed().prop_map(Num::Abs),
        2 => (boxed(), boxed()).prop_map(|(one, other)| Num::Sum(one, other)),
        2 => (boxed(), boxed()).prop_map(|(one, other)| Num::Less(one, other)),
        2 => (boxed(), -4..5_i64).prop_map(|(one, by)| Num::Times(one, by)),
        1 => (boxed(), boxed()).prop_map(|(one, other)| Num::Or(one, other)),
        1 => prop::collection::vec(next(), 1..4).prop_map(Num::First),
        1 => (truth(depth - 1), boxed(), boxed()).prop_map(|(when, one, other)| Num::If(Box::new(when), one, other)),
        1 => (truth(depth - 1), boxed()).prop_map(|(when, one)| Num::When(Box::new(when), one)),
    ]
    .boxed()
}

fn text(depth: u32) -> BoxedStrategy<Text> {
    let leaf = prop_oneof![Just(Text::Name), Just(Text::Nick), texts().prop_map(Text::Of)];
    if depth == 0 {
        return leaf.boxed();
    }
    let boxed = move || text(depth - 1).prop_map(Box::new);
    prop_oneof![
        3 => leaf,
        1 => boxed().prop_map(Text::Lower),
        1 => boxed().prop_map(Text::Upper),
        1 => (boxed(), boxed()).prop_map(|(one, other)| Text::Joined(one, other)),
        1 => (boxed(), 1..4_i32, 0..3_i32).prop_map(|(of, start, length)| Text::Part(of, start, length)),
        1 => (boxed(), prop::sample::select(vec!["a", "b", "ab"]), texts())
            .prop_map(|(of, from, to)| Text::Replaced(of, from, to)),
        1 => (boxed(), boxed()).prop_map(|(one, other)| Text::Or(one, other)),
        1 => (truth(depth - 1), boxed(), boxed()).prop_map(|(when, one, other)| Text::If(Box::new(when), one, other)),
    ]
    .boxed()
}

fn truth(depth: u32) -> BoxedStrategy<Truth> {
    let leaf = prop_oneof![
        Just(Truth::Active),
        (0..6_u8, num(0), num(0)).prop_map(|(op, one, other)| Truth::Compare(op, one, other)),
        (any::<bool>(), text(0)).prop_map(|(yes, of)| Truth::TextIsNull(yes, of)),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let (n, t, c) = (move || num(depth - 1), move || text(depth - 1), move || truth(depth - 1));
    prop_oneof![
        1 => leaf,
        2 => (0..6_u8, n(), n()).prop_map(|(op, one, other)| Truth::Compare(op, one, other)),
        2 => (any::<bool>(), t(), t()).prop_map(|(yes, one, other)| Truth::Equal(yes, one, other)),
        1 => (any::<bool>(), n(), n()).prop_map(|(yes, one, other)| Truth::Same(yes, one, other)),
        1 => (any::<bool>(), n(), n(), n()).prop_map(|(yes, of, low, high)| Truth::Between(yes, of, low, high)),
        1 => (any::<bool>(), n(), prop::collection::vec(-5..60_i64, 0..12))
            .prop_map(|(yes, of, list)| Truth::In(yes, of, list)),
        1 => (any::<bool>(), t(), prop::collection::vec(texts(), 0..4))
            .prop_map(|(yes, of, list)| Truth::TextIn(yes, of, list)),
        1 => (any::<bool>(), n()).prop_map(|(yes, of)| Truth::NumIsNull(yes, of)),
        1 => (0..6_u8, t(), texts()).prop_map(|(kind, of, part)| Truth::Like(kind, of, part)),
        1 => c().prop_map(|of| Truth::Not(Box::new(of))),
        2 => prop::collection::vec(c(), 0..4).prop_map(Truth::All),
        2 => prop::collection::vec(c(), 0..4).prop_map(Truth::Any),
    ]
    .boxed()
}

type Number = Expr<Free, Option<i64>>;
type Words = Expr<Free, Option<String>>;

impl Num {
    fn expr(&self) -> Number {
        match self {
            Self::Age => Person::AGE.cast::<i64>().nullable().free(),
            Self::Score => Person::SCORE.cast::<i64>().free(),
            Self::Of(number) => val(*number).nullable(),
            Self::Length(of) => of.expr().length(),
            Self::Negated(of) => -of.expr(),
            Self::Abs(of) => of.expr().abs(),
            Self::Sum(one, other) => one.expr() + other.expr(),
            Self::Less(one, other) => one.expr() - other.expr(),
            Self::Times(one, by) => one.expr() * *by,
            Self::Or(one, other) => one.expr().unwrap_or(other.expr()),
            Self::First(list) => coalesce(list.iter().map(Self::expr)),
            Self::If(when, one, other) => {
                case::<Free, i64>().when(when.condition(), one.expr()).otherwise(other.expr())
            }
            Self::When(when, one) => case::<Free, i64>().when(when.condition(), one.expr()).end(),
        }
    }

    fn value(&self, of: &Row<'_>) -> Option<i64> {
        match self {
            Self::Age => Some(i64::from(of.person.age)),
            Self::Score => of.person.score.map(i64::from),
            Self::Of(number) => Some(*number),
            Self::Length(text) => text.value(of).map(|text| i64::try_from(text.chars().count()).unwrap()),
            Self::Negated(one) => one.value(of).map(|number| -number),
            Self::Abs(one) => one.value(of).map(i64::abs),
            Self::Sum(one, other) => Some(one.value(of)? + other.value(of)?),
            Self::Less(one, other) => Some(one.value(of)? - other.value(of)?),
            Self::Times(one, by) => one.value(of).map(|number| number * by),
            Self::Or(one, other) => one.value(of).or_else(|| other.value(of)),
            Self::First(list) => list.iter().find_map(|one| one.value(of)),
            Self::If(when, one, other) => {
                if when.answer(of) == Some(true) {
                    one.value(of)
                } else {
                    other.value(of)
                }
            }
            Self::When(when, one) => {
                if when.answer(of) == Some(true) {
                    one.value(of)
                } else {
                    None
                }
            }
        }
    }
}

impl Text {
    fn expr(&self) -> Words {
        match self {
            Self::Name => Person::NAME.nullable().free(),
            Self::Nick => Person::NICK.free(),
            Self::Of(text) => val((*text).to_owned()).nullable(),
            Self::Lower(of) => of.expr().lower(),
            Self::Upper(of) => of.expr().upper(),
            Self::Joined(one, other) => one.expr().concat(other.expr()),
            Self::Part(of, start, length) => of.expr().substring(*start, *length),
            Self::Replaced(of, from, to) => of.expr().replace(*from, *to),
            Self::Or(one, other) => one.expr().unwrap_or(other.expr()),
            Self::If(when, one, other) => {
                case::<Free, String>().when(when.condition(), one.expr()).otherwise(other.expr())
            }
        }
    }

    fn value(&self, of: &Row<'_>) -> Option<String> {
        match self {
            Self::Name => Some(of.person.name.clone()),
            Self::Nick => of.person.nick.clone(),
            Self::Of(text) => Some((*text).to_owned()),
            Self::Lower(one) => one.value(of).map(|text| text.to_lowercase()),
            Self::Upper(one) => one.value(of).map(|text| text.to_uppercase()),
            Self::Joined(one, other) => Some(one.value(of)? + &other.value(of)?),
            Self::Part(one, start, length) => {
                let (start, length) = (usize::try_from(*start).unwrap(), usize::try_from(*length).unwrap());
                one.value(of).map(|text| text.chars().skip(start - 1).take(length).collect())
            }
            Self::Replaced(one, from, to) => one.value(of).map(|text| text.replace(from, to)),
            Self::Or(one, other) => one.value(of).or_else(|| other.value(of)),
            Self::If(when, one, other) => {
                if when.answer(of) == Some(true) {
                    one.value(of)
                } else {
                    other.value(of)
                }
            }
        }
    }
}

/// A row, and how the database compares text.
struct Row<'p> {
    person: &'p Person,
    minds_case: bool,
}

impl Row<'_> {
    /// Text as it is compared.
    fn compared(&self, text: &str) -> String {
        if self.minds_case { text.to_owned() } else { text.to_lowercase() }
    }
}

/// `=` of three-valued logic for a list.
fn member<T: PartialEq>(value: Option<T>, list: &[T], yes: bool) -> Option<bool> {
    if list.is_empty() {
        return Some(!yes);
    }
    value.map(|value| list.contains(&value) == yes)
}

fn all(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for answer in answers {
        match answer {
            Some(false) => return Some(false),
            None => all = None,
            Some(true) => {}
        }
    }
    all
}

impl Truth {
    fn condition(&self) -> Condition<Free> {
        match self {
            Self::Active => Person::ACTIVE.free().is_true(),
            Self::Compare(op, one, other) => {
                let (one, other) = (one.expr(), other.expr());
                match op {
                    0 => one.eq(other),
                    1 => one.ne(other),
                    2 => one.lt(other),
                    3 => one.le(other),
                    4 => one.gt(other),
                    _ => one.ge(other),
                }
            }
            Self::Equal(true, one, other) => one.expr().eq(other.expr()),
            Self::Equal(false, one, other) => one.expr().ne(other.expr()),
            Self::Same(true, one, other) => one.expr().is_not_distinct_from(other.expr()),
            Self::Same(false, one, other) => one.expr().is_distinct_from(other.expr()),
            Self::Between(true, of, low, high) => of.expr().between(low.expr(), high.expr()),
            Self::Between(false, of, low, high) => of.expr().not_between(low.expr(), high.expr()),
            Self::In(true, of, list) => of.expr().in_(list.clone()),
            Self::In(false, of, list) => of.expr().not_in(list.clone()),
            Self::TextIn(true, of, list) => of.expr().in_(list.clone()),
            Self::TextIn(false, of, list) => of.expr().not_in(list.clone()),
            Self::NumIsNull(true, of) => of.expr().is_null(),
            Self::NumIsNull(false, of) => of.expr().is_not_null(),
            Self::TextIsNull(true, of) => of.expr().is_null(),
            Self::TextIsNull(false, of) => of.expr().is_not_null(),
            Self::Like(kind, of, part) => match kind {
                0 => of.expr().starts_with(*part),
                1 => of.expr().ends_with(*part),
                2 => of.expr().contains(*part),
                3 => of.expr().not_contains(*part),
                4 => of.expr().icontains(*part),
                _ => of.expr().not_istarts_with(*part),
            },
            Self::Not(of) => !of.condition(),
            Self::All(list) => all_of(list.iter().map(Self::condition)),
            Self::Any(list) => any_of(list.iter().map(Self::condition)),
        }
    }

    /// The answer of three-valued logic.
    fn answer(&self, of: &Row<'_>) -> Option<bool> {
        match self {
            Self::Active => Some(of.person.active),
            Self::Compare(op, one, other) => {
                let order = one.value(of)?.cmp(&other.value(of)?);
                Some(match op {
                    0 => order == Ordering::Equal,
                    1 => order != Ordering::Equal,
                    2 => order == Ordering::Less,
                    3 => order != Ordering::Greater,
                    4 => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                })
            }
            Self::Equal(yes, one, other) => {
                Some((of.compared(&one.value(of)?) == of.compared(&other.value(of)?)) == *yes)
            }
            Self::Same(yes, one, other) => Some((one.value(of) == other.value(of)) == *yes),
            Self::Between(yes, one, low, high) => {
                let value = one.value(of);
                let low = value.zip(low.value(of)).map(|(value, low)| value >= low);
                let high = value.zip(high.value(of)).map(|(value, high)| value <= high);
                all([low, high]).map(|within| within == *yes)
            }
            Self::In(yes, one, list) => member(one.value(of), list, *yes),
            Self::TextIn(yes, one, list) => {
                let list: Vec<String> = list.iter().map(|text| of.compared(text)).collect();
                member(one.value(of).map(|text| of.compared(&text)), &list, *yes)
            }
            Self::NumIsNull(yes, one) => Some(one.value(of).is_none() == *yes),
            Self::TextIsNull(yes, one) => Some(one.value(of).is_none() == *yes),
            Self::Like(kind, one, part) => {
                let value = one.value(of)?;
                let (text, part) = (of.compared(&value), of.compared(part));
                let (lower, lower_part) = (value.to_lowercase(), part.to_lowercase());
                Some(match kind {
                    0 => text.starts_with(&part),
                    1 => text.ends_with(&part),
                    2 => text.contains(&part),
                    3 => !text.contains(&part),
                    4 => lower.contains(&lower_part),
                    _ => !lower.starts_with(&lower_part),
                })
            }
            Self::Not(one) => one.answer(of).map(|yes| !yes),
            Self::All(list) => all(list.iter().map(|one| one.answer(of))),
            Self::Any(list) => all(list.iter().map(|one| one.answer(of).map(|yes| !yes))).map(|no| !no),
        }
    }
}

/// One key of an order.
#[derive(Debug, Clone)]
struct Key {
    of: Num,
    descending: bool,
    nulls_first: bool,
}

impl Key {
    fn order(&self) -> Order<Free> {
        let order = if self.descending { self.of.expr().desc() } else { self.of.expr().asc() };
        if self.nulls_first { order.nulls_first() } else { order.nulls_last() }
    }

    fn compare(&self, one: &Row<'_>, other: &Row<'_>) -> Ordering {
        match (self.of.value(one), self.of.value(other)) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) if self.nulls_first => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) if self.nulls_first => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(other)) if self.descending => other.cmp(&one),
            (Some(one), Some(other)) => one.cmp(&other),
        }
    }
}

/// A query.
#[derive(Debug, Clone)]
struct Ask {
    filter: Truth,
    order: Vec<Key>,
    limit: Option<u64>,
    offset: u64,
    number: Num,
    text: Text,
    group: Num,
}

fn asks() -> impl Strategy<Value = Ask> {
    let key = (num(2), any::<bool>(), any::<bool>()).prop_map(|(of, descending, nulls_first)| Key {
        of,
        descending,
        nulls_first,
    });
    let page = (prop::option::of(0..20_u64), 0..5_u64);
    (truth(4), prop::collection::vec(key, 0..3), page, num(3), text(3), num(2)).prop_map(
        |(filter, order, (limit, offset), number, text, group)| Ask {
            filter,
            order,
            limit,
            offset,
            number,
            text,
            group,
        },
    )
}

async fn everyone(db: &Database) -> Result<Vec<Person>> {
    let names = ["ab", "Ab", "abab", "x", "", "bAc", "zz%", "a_b"];
    let people = (0..32_usize).map(|i| {
        Person::create()
            .name(names[i % names.len()])
            .nick((i % 3 != 0).then(|| names[(i * 5 + 1) % names.len()].to_owned()))
            .age(i32::try_from(i * 7 % 50).unwrap() - 5)
            .score((i % 4 != 1).then(|| i32::try_from(i * 3 % 20).unwrap()))
            .height(1.0)
            .active(i % 5 != 2)
    });
    Person::bulk_create(people).exec(db).await
}

async fn trees_mean_the_same_as_in_memory(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let people = everyone(&db).await?;
    let rows: Vec<Row<'_>> = people.iter().map(|person| Row { person, minds_case: test.shape.minds_case }).collect();
    // Making a strategy takes longer than making trees.
    let (strategy, mut runner) = (asks(), TestRunner::new(Config::default()));
    for _ in 0..trees(120) {
        let ask = strategy.new_tree(&mut runner).unwrap().current();
        let mut kept: Vec<&Row<'_>> = rows.iter().filter(|row| ask.filter.answer(row) == Some(true)).collect();
        let find = || Person::find_all().filter(ask.filter.condition());
        let asked = || format!("{ask:#?}");

        // What is selected, in order, a page of it.
        kept.sort_by(|one, other| {
            let keys = ask.order.iter().map(|key| key.compare(one, other));
            keys.fold(Ordering::Equal, Ordering::then).then(one.person.id.cmp(&other.person.id))
        });
        let order: Vec<Order<Free>> = ask.order.iter().map(Key::order).chain([Person::ID.free().asc()]).collect();
        let page = find().order_by(order).offset(ask.offset).limit(ask.limit.unwrap_or(100));
        let found = page.select((Person::ID, ask.number.expr(), ask.text.expr())).exec(&db).await;
        let found = found.unwrap_or_else(|error| panic!("{error}\n{}", asked()));
        let (skip, take) = (usize::try_from(ask.offset).unwrap(), usize::try_from(ask.limit.unwrap_or(100)).unwrap());
        let expected: Vec<_> = kept
            .iter()
            .skip(skip)
            .take(take)
            .map(|row| (row.person.id, ask.number.value(row), ask.text.value(row)))
            .collect();
        assert_eq!(found, expected, "{}", asked());

        // Groups and aggregates.
        let mut groups: BTreeMap<Option<i64>, (i64, Vec<i64>)> = BTreeMap::new();
        for row in &kept {
            let group = groups.entry(ask.group.value(row)).or_default();
            group.0 += 1;
            group.1.extend(ask.number.value(row));
        }
        let expected: Vec<_> = groups
            .into_iter()
            .map(|(group, (count, numbers))| {
                (group, count, numbers.iter().copied().min(), numbers.iter().copied().max())
            })
            .collect();
        let selected = (ask.group.expr(), count_all(), ask.number.expr().min(), ask.number.expr().max());
        let grouped = find().select(selected).group_by(ask.group.expr()).order_by(ask.group.expr().asc().nulls_first());
        let found = grouped.exec(&db).await.unwrap_or_else(|error| panic!("{error}\n{}", asked()));
        assert_eq!(found, expected, "{}", asked());

        // Distinct values.
        let mut expected: Vec<Option<i64>> = kept.iter().map(|row| ask.group.value(row)).collect();
        expected.sort_unstable();
        expected.dedup();
        let distinct = find().select(ask.group.expr()).distinct().order_by(ask.group.expr().asc().nulls_first());
        let found = distinct.exec(&db).await.unwrap_or_else(|error| panic!("{error}\n{}", asked()));
        assert_eq!(found, expected, "{}", asked());
    }
    Ok(())
}

async fn trees_in_assignments_store_what_they_mean(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let people = everyone(&db).await?;
    let minds_case = test.shape.minds_case;
    // Making a strategy takes longer than making trees.
    let (strategy, mut runner) = (asks(), TestRunner::new(Config::default()));
    for turn in 0..trees(40) {
        let ask = strategy.new_tree(&mut runner).unwrap().current();
        let tx = db.begin().await?;
        // One column at a time: some databases assign one after the other, and refuse those that read each other.
        let of_score = turn % 2 == 0;
        let update = Person::update().filter(ask.filter.condition());
        let updated = if of_score {
            // Within the range of the column.
            update.set(Person::SCORE, ask.number.expr().cast::<i32>()).exec(&tx).await
        } else {
            update.set(Person::NICK, ask.text.expr()).exec(&tx).await
        };
        let updated = updated.unwrap_or_else(|error| panic!("{error}\n{ask:#?}"));
        let mut expected = people.clone();
        let mut count = 0;
        for person in &mut expected {
            let row = Row { person: &person.clone(), minds_case };
            if ask.filter.answer(&row) == Some(true) {
                if of_score {
                    person.score = ask.number.value(&row).map(|number| i32::try_from(number).unwrap());
                } else {
                    person.nick = ask.text.value(&row);
                }
                count += 1;
            }
        }
        assert_eq!(updated, count, "{ask:#?}");
        let found = Person::find_all().order_by(Person::ID.asc()).exec(&tx).await?;
        assert_eq!(found, expected, "{ask:#?}");
        let deleted = Person::destroy().filter(ask.filter.condition()).exec(&tx).await?;
        let left = Person::count().exec(&tx).await?;
        assert_eq!(deleted + left, people.len() as u64, "{ask:#?}");
        tx.rollback().await?;
    }
    Ok(())
}

cases! { $ random_trees:
    trees_mean_the_same_as_in_memory,
    trees_in_assignments_store_what_they_mean,
}
