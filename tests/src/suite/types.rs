//! Values of every type, there and back: edges by hand, the rest at random.

use std::marker::PhantomData;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, Utc};
use orm::prelude::*;
use orm::{Json, Result};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::Test;
use crate::cases::cases;
use crate::models::kinds::{Colour, Email, Kind, Level, MaybeKind, Meta, Mood, NumberList, Numbers};

/// An ordinary row, for tests that change one column of it.
pub(super) fn plain() -> Kind {
    Kind {
        id: 0,
        bool_: true,
        i8_: 1,
        i16_: 1,
        i32_: 1,
        i64_: 1,
        u8_: 1,
        u16_: 1,
        u32_: 1,
        u64_: 1,
        f32_: 1.5,
        f64_: 1.5,
        text: "text".into(),
        letter: 'x',
        bytes: vec![1, 2],
        date: NaiveDate::from_ymd_opt(2024, 2, 29).unwrap(),
        time: NaiveTime::from_hms_micro_opt(1, 2, 3, 456_789).unwrap(),
        date_time: NaiveDate::from_ymd_opt(2024, 2, 29).unwrap().and_hms_micro_opt(1, 2, 3, 456_789).unwrap(),
        instant: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
        uuid: Uuid::from_u128(7),
        decimal: Decimal::new(-1250, 2),
        json: serde_json::json!({"a": [1, null, "x"]}),
        meta: Json(Meta { size: 3, words: vec!["w".into()], inner: None }),
        colour: Colour::DarkGreen,
        level: Level::Middle,
        mood: Mood::SoSo,
        email: Email("a@b.c".into()),
    }
}

/// Writes rows and holds what is read against them: what the insert gave, what a query gives.
async fn round_trip(db: &Database, rows: Vec<Kind>) -> Result<()> {
    let made = Kind::bulk_create(rows.clone()).exec(db).await?;
    let found = Kind::find_all().order_by(Kind::ID.asc()).exec(db).await?;
    assert_eq!(found.len(), rows.len());
    for ((mut row, made), found) in rows.into_iter().zip(made).zip(found) {
        row.id = found.id;
        assert_eq!(found, row);
        assert_eq!(made, row);
    }
    Ok(())
}

async fn labels_lead_to_variants_and_back(_test: Test) -> Result<()> {
    for (label, mood) in Mood::LABELS.iter().zip([Mood::Happy, Mood::Sad, Mood::SoSo]) {
        assert_eq!((mood.as_str(), Mood::from_label(label)), (*label, Some(mood)));
    }
    assert_eq!(Mood::from_label("angry"), None);
    Ok(())
}

async fn every_type_round_trips(test: Test) -> Result<()> {
    let db = test.with::<Kind>().await?;
    round_trip(&db, vec![plain()]).await
}

async fn the_least_values_round_trip(test: Test) -> Result<()> {
    let db = test.with::<Kind>().await?;
    let least = Kind {
        bool_: false,
        i8_: i8::MIN,
        i16_: i16::MIN,
        i32_: i32::MIN,
        i64_: i64::MIN,
        u8_: 0,
        u16_: 0,
        u32_: 0,
        u64_: 0,
        f32_: f32::MIN,
        f64_: f64::MIN,
        text: String::new(),
        letter: '\u{1}',
        bytes: Vec::new(),
        date: NaiveDate::from_ymd_opt(1000, 1, 1).unwrap(),
        time: NaiveTime::MIN,
        date_time: NaiveDate::from_ymd_opt(1000, 1, 1).unwrap().and_time(NaiveTime::MIN),
        instant: NaiveDate::from_ymd_opt(1000, 1, 1).unwrap().and_time(NaiveTime::MIN).and_utc(),
        uuid: Uuid::nil(),
        decimal: Decimal::ZERO,
        json: serde_json::Value::Null,
        meta: Json(Meta { size: 0, words: vec![], inner: None }),
        colour: Colour::Red,
        level: Level::Low,
        mood: Mood::Happy,
        email: Email(String::new()),
        ..plain()
    };
    round_trip(&db, vec![least]).await
}

async fn the_greatest_values_round_trip(test: Test) -> Result<()> {
    let db = test.with::<Kind>().await?;
    let time = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    let date = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();
    let inner = Meta { size: 1, words: vec!["\"\\/\u{8}\u{c}\n\r\t💥".into()], inner: None };
    let greatest = Kind {
        i8_: i8::MAX,
        i16_: i16::MAX,
        i32_: i32::MAX,
        i64_: i64::MAX,
        u8_: u8::MAX,
        u16_: u16::MAX,
        u32_: u32::MAX,
        u64_: if test.shape.unsigned { u64::MAX } else { i64::MAX as u64 },
        f32_: f32::MAX,
        f64_: f64::MAX,
        text: "\u{10FFFF}".repeat(100_000),
        letter: '\u{10FFFF}',
        bytes: (0..=255).cycle().take(300_000).collect(),
        date,
        time,
        date_time: date.and_time(time),
        instant: date.and_time(time).and_utc(),
        uuid: Uuid::max(),
        decimal: match test.shape.decimal_digits {
            ..28 => Decimal::from_str_exact("999999.999999999").unwrap(),
            _ => Decimal::from_str_exact("9999999999999999999.999999999").unwrap(),
        },
        json: serde_json::json!({"": {"deep": [[[[{"x": i64::MAX}]]]]}, "😀": "\u{7f}", "n": i64::MIN}),
        meta: Json(Meta { size: u32::MAX, words: vec!["é".into(); 500], inner: Some(Box::new(inner)) }),
        colour: Colour::Blue,
        level: Level::High,
        mood: Mood::Sad,
        ..plain()
    };
    round_trip(&db, vec![greatest]).await
}

async fn u64_beyond_i64_is_stored_or_refused(test: Test) -> Result<()> {
    let db = test.with::<Kind>().await?;
    let result = Kind::insert(Kind { u64_: u64::MAX, ..plain() }).exec(&db).await;
    if test.shape.unsigned {
        assert_eq!(result?.u64_, u64::MAX);
        assert_eq!(Kind::count().filter(Kind::U64_.gt(u64::MAX - 1)).exec(&db).await?, 1);
    } else {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.model(), error.columns()), (ErrorKind::Encode, Some("Kind"), vec!["u64_"]));
        assert_eq!(Kind::count().exec(&db).await?, 0);
    }
    Ok(())
}

async fn floats_that_are_no_numbers_are_stored_or_refused(test: Test) -> Result<()> {
    let db = test.with::<Kind>().await?;
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        match Kind::insert(Kind { f64_: value, ..plain() }).exec(&db).await {
            Ok(made) => {
                let stored = Kind::find_by_pk(made.id).required(&db).await?.f64_;
                assert!(stored == value || (stored.is_nan() && value.is_nan()), "{value}: {stored}");
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Encode, "{value}: {error}"),
        }
    }
    for value in [-0.0, f64::MIN_POSITIVE, 1e-300, 0.1 + 0.2, 123_456_789.123_456_79] {
        let made = Kind::insert(Kind { f64_: value, ..plain() }).exec(&db).await?;
        assert_eq!(Kind::find_by_pk(made.id).required(&db).await?.f64_, value);
    }
    Ok(())
}

async fn text_of_every_kind_round_trips(test: Test) -> Result<()> {
    let db = test.with::<Kind>().await?;
    let texts = [
        "'",
        "''",
        "\\",
        "\\'",
        "\"",
        "`",
        "%_",
        "--",
        "/* */",
        ";",
        "$1",
        "?",
        ":x",
        "{}",
        "\n\r\t",
        "\u{1a}",
        "\u{2019}",
        "👩‍👩‍👧‍👦",
        "e\u{301}",
        "\u{feff}",
        "\u{202e}rtl",
        " leading and trailing ",
        "NULL",
        "null",
        "0",
        "1e5",
        "SELECT tbl_name FROM sqlite_master",
        "\u{1}\u{7f}",
    ];
    let rows = texts.iter().map(|text| Kind { text: (*text).into(), email: Email((*text).into()), ..plain() });
    round_trip(&db, rows.collect()).await?;
    for text in texts {
        assert!(Kind::exists().filter(Kind::TEXT.eq(text)).exec(&db).await?, "{text:?}");
    }
    Ok(())
}

async fn nul_in_text_is_stored_or_refused(test: Test) -> Result<()> {
    let db = test.with::<Kind>().await?;
    match Kind::insert(Kind { text: "a\0b".into(), ..plain() }).exec(&db).await {
        Ok(made) => assert_eq!(Kind::find_by_pk(made.id).required(&db).await?.text, "a\0b"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Encode, "{error}"),
    }
    Ok(())
}

async fn null_of_every_type_round_trips(test: Test) -> Result<()> {
    let db = test.with::<MaybeKind>().await?;
    let made = MaybeKind::create().exec(&db).await?;
    assert_eq!((made.i64_, made.text.as_deref(), made.mood, made.decimal), (None, None, None, None));
    assert_eq!(MaybeKind::find_by_pk(made.id).exec(&db).await?, Some(made.clone()));
    let given = MaybeKind::create()
        .bool_(None)
        .i8_(None)
        .i16_(None)
        .i32_(None)
        .i64_(None)
        .u8_(None)
        .u16_(None)
        .u32_(None)
        .u64_(None)
        .f32_(None)
        .f64_(None)
        .text(None::<String>)
        .letter(None)
        .bytes(None)
        .date(None)
        .time(None)
        .date_time(None)
        .instant(None)
        .uuid(None)
        .decimal(None)
        .json(None)
        .meta(None)
        .colour(None)
        .level(None)
        .mood(None)
        .email(None)
        .exec(&db)
        .await?;
    assert_eq!(MaybeKind { id: made.id, ..given.clone() }, made);
    assert_eq!(MaybeKind::find_by_pk(given.id).exec(&db).await?, Some(given));
    Ok(())
}

async fn values_of_nullable_columns_round_trip(test: Test) -> Result<()> {
    let db = test.with::<MaybeKind>().await?;
    let row = plain();
    let maybe = MaybeKind {
        id: 1,
        bool_: Some(row.bool_),
        i8_: Some(row.i8_),
        i16_: Some(row.i16_),
        i32_: Some(row.i32_),
        i64_: Some(row.i64_),
        u8_: Some(row.u8_),
        u16_: Some(row.u16_),
        u32_: Some(row.u32_),
        u64_: Some(row.u64_),
        f32_: Some(row.f32_),
        f64_: Some(row.f64_),
        text: Some(row.text),
        letter: Some(row.letter),
        bytes: Some(row.bytes),
        date: Some(row.date),
        time: Some(row.time),
        date_time: Some(row.date_time),
        instant: Some(row.instant),
        uuid: Some(row.uuid),
        decimal: Some(row.decimal),
        json: Some(row.json),
        meta: Some(row.meta),
        colour: Some(row.colour),
        level: Some(row.level),
        mood: Some(row.mood),
        email: Some(row.email),
    };
    assert_eq!(MaybeKind::insert(maybe.clone()).exec(&db).await?, maybe);
    assert_eq!(MaybeKind::find_all().exec(&db).await?, [maybe]);
    Ok(())
}

/// Values of every type.
fn kinds(digits: u32) -> impl Strategy<Value = Kind> {
    let micros = -30_000_000_000_000_000_i64..250_000_000_000_000_000;
    let numbers = (any::<bool>(), any::<(i8, i16, i32, i64)>(), any::<(u8, u16, u32)>(), 0..=i64::MAX as u64);
    let floats = (prop::num::f32::NORMAL, prop::num::f64::NORMAL);
    let text = "[^\u{0}]{0,40}";
    let texts = (text, any::<char>().prop_filter("NUL", |c| *c != '\0'), any::<Vec<u8>>(), text);
    let times = (micros.clone(), 0..86_400_000_000_i64, micros, any::<u128>());
    let most = 10_i64.pow(digits.min(18)) - 1;
    let decimals = (-most..=most, 0..=9_u32);
    let json = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        text.prop_map(Into::into),
        prop::collection::vec(text, 0..4).prop_map(Into::into),
        prop::collection::hash_map(text, any::<i32>(), 0..4).prop_map(|map| map.into_iter().collect()),
    ];
    let enums = (
        prop::sample::select(vec![Colour::Red, Colour::DarkGreen, Colour::Blue]),
        prop::sample::select(vec![Level::Low, Level::Middle, Level::High]),
        prop::sample::select(vec![Mood::Happy, Mood::Sad, Mood::SoSo]),
    );
    (numbers, floats, texts, times, decimals, json, enums).prop_map(|(n, f, t, at, (d, scale), json, e)| {
        let instant = DateTime::<Utc>::from_timestamp_micros(at.0).unwrap().trunc_subsecs(6);
        let other: NaiveDateTime = DateTime::<Utc>::from_timestamp_micros(at.2).unwrap().naive_utc();
        let second = u32::try_from(at.1 / 1_000_000).unwrap();
        let nano = u32::try_from(at.1 % 1_000_000).unwrap() * 1000;
        Kind {
            id: 0,
            bool_: n.0,
            i8_: n.1.0,
            i16_: n.1.1,
            i32_: n.1.2,
            i64_: n.1.3,
            u8_: n.2.0,
            u16_: n.2.1,
            u32_: n.2.2,
            u64_: n.3,
            f32_: f.0,
            f64_: f.1,
            meta: Json(Meta { size: n.2.2, words: vec![t.0.clone()], inner: None }),
            text: t.0,
            letter: t.1,
            bytes: t.2,
            date: other.date(),
            time: NaiveTime::from_num_seconds_from_midnight_opt(second, nano).unwrap(),
            date_time: other,
            instant,
            uuid: Uuid::from_u128(at.3),
            decimal: Decimal::new(d, scale),
            json,
            colour: e.0,
            level: e.1,
            mood: e.2,
            email: Email(t.3),
        }
    })
}

async fn random_values_round_trip(test: Test) -> Result<()> {
    let db = test.with::<Kind>().await?;
    let mut runner = TestRunner::new(Config::default());
    let rows = (0..200).map(|_| kinds(test.shape.decimal_digits).new_tree(&mut runner).unwrap().current()).collect();
    round_trip(&db, rows).await
}

async fn every_type_can_be_filtered_by(test: Test) -> Result<()> {
    let db = test.with::<Kind>().await?;
    let row = Kind::insert(plain()).exec(&db).await?;
    let conditions = vec![
        Kind::BOOL_.eq(row.bool_),
        Kind::I8_.eq(row.i8_),
        Kind::I16_.eq(row.i16_),
        Kind::I32_.eq(row.i32_),
        Kind::I64_.eq(row.i64_),
        Kind::U8_.eq(row.u8_),
        Kind::U16_.eq(row.u16_),
        Kind::U32_.eq(row.u32_),
        Kind::U64_.eq(row.u64_),
        Kind::F32_.eq(row.f32_),
        Kind::F64_.eq(row.f64_),
        Kind::TEXT.eq(row.text.clone()),
        Kind::LETTER.eq(row.letter),
        Kind::BYTES.eq(row.bytes.clone()),
        Kind::DATE.eq(row.date),
        Kind::TIME.eq(row.time),
        Kind::DATE_TIME.eq(row.date_time),
        Kind::INSTANT.eq(row.instant),
        Kind::UUID.eq(row.uuid),
        Kind::DECIMAL.eq(row.decimal),
        Kind::COLOUR.eq(row.colour),
        Kind::LEVEL.eq(row.level),
        Kind::MOOD.eq(row.mood),
        Kind::EMAIL.eq(row.email.clone()),
        Kind::I64_.in_([row.i64_, 5]),
        Kind::TEXT.in_([row.text.clone()]),
        Kind::DATE.in_([row.date]),
        Kind::TIME.in_([row.time]),
        Kind::DATE_TIME.in_([row.date_time]),
        Kind::INSTANT.in_([row.instant]),
        Kind::UUID.in_([row.uuid]),
        Kind::DECIMAL.in_([row.decimal]),
        Kind::BYTES.in_([row.bytes.clone()]),
        Kind::F64_.in_([row.f64_]),
        Kind::COLOUR.in_([row.colour]),
        Kind::LEVEL.in_([row.level]),
        Kind::MOOD.in_([row.mood, Mood::Sad]),
        Kind::EMAIL.in_([row.email.clone()]),
        Kind::LETTER.in_(['x', 'y']),
        Kind::INSTANT.lt(row.instant + chrono::TimeDelta::microseconds(1)),
        Kind::INSTANT.gt(row.instant - chrono::TimeDelta::microseconds(1)),
        Kind::TIME.between(row.time, row.time),
        Kind::DECIMAL.lt(Decimal::new(-1249, 2)),
    ];
    for (i, condition) in conditions.into_iter().enumerate() {
        assert_eq!(Kind::count().filter(condition.clone()).exec(&db).await?, 1, "condition {i}: {condition:?}");
    }
    Ok(())
}

async fn decimals_are_exact(test: Test) -> Result<()> {
    let db = test.with::<MaybeKind>().await?;
    for text in ["0.1", "0.2", "12345678901234567.123456789", "-0.000000001", "99999999999999999.99"] {
        let value = Decimal::from_str_exact(text).unwrap();
        match MaybeKind::create().decimal(value).exec(&db).await {
            Ok(made) => assert_eq!(MaybeKind::find_by_pk(made.id).required(&db).await?.decimal, Some(value)),
            // What would be rounded is refused.
            Err(error) => assert_eq!(error.kind(), ErrorKind::Encode, "{text}: {error}"),
        }
    }
    Ok(())
}

async fn json_values_are_reached_by_path(test: Test) -> Result<()> {
    let db = test.with::<Kind>().await?;
    let json = serde_json::json!({"name": "Ada", "n": 5, "list": [{"x": "deep"}], "odd \"key'": "yes", "a.b": "dot", "yes": true});
    Kind::insert(Kind { json, ..plain() }).exec(&db).await?;
    let path = orm::JsonPath::new().key("list").index(0).key("x");
    for (i, condition) in [
        Kind::JSON.json_text("name").eq("Ada"),
        Kind::JSON.json_text(path).eq("deep"),
        Kind::JSON.json_value::<i64>("n").eq(5),
        Kind::JSON.json_value::<i64>("n").gt(4),
        Kind::JSON.json_text("n").eq("5"),
        Kind::JSON.json_text("yes").eq("true"),
        Kind::JSON.json_value::<bool>("yes").eq(true),
        Kind::JSON.json_text("missing").is_null(),
        Kind::JSON.json_text("a.b").eq("dot"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(Kind::count().filter(condition).exec(&db).await?, 1, "condition {i}");
    }
    // A text is not the null of JSON, whatever it says.
    for (value, expected) in [(serde_json::json!("null"), Some("null")), (serde_json::Value::Null, None)] {
        let document = orm::val(serde_json::json!({"a": value}));
        let text: Option<Option<String>> = Kind::find_one().select(document.json_text("a")).exec(&db).await?;
        assert_eq!(text, Some(expected.map(str::to_owned)));
    }
    match Kind::count().filter(Kind::JSON.json_text("odd \"key'").eq("yes")).exec(&db).await {
        Ok(count) => assert_eq!(count, 1),
        Err(error) => assert!(matches!(error.kind(), ErrorKind::Encode | ErrorKind::Unsupported), "{error}"),
    }
    Ok(())
}

async fn labels_outside_of_an_enum_are_refused_both_ways(test: Test) -> Result<()> {
    let db = test.with::<Kind>().await?;
    let row = Kind::insert(plain()).exec(&db).await?;
    let stray = db.execute("UPDATE kinds SET colour = 'purple'", ()).await.unwrap_err();
    assert!(matches!(stray.kind(), ErrorKind::CheckViolation | ErrorKind::InvalidValue), "{stray:?}");
    db.execute("UPDATE kinds SET level = 77", ()).await?;
    let error = Kind::find_by_pk(row.id).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model(), error.columns()), (ErrorKind::Decode, Some("Kind"), vec!["level"]));
    Ok(())
}

async fn arrays_round_trip_where_there_are_arrays(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let created = db.create_tables::<NumberList>().await;
    if !test.shape.arrays {
        assert_eq!(created.unwrap_err().kind(), ErrorKind::Unsupported);
        return Ok(());
    }
    created?;
    for numbers in [vec![], vec![1], vec![i32::MIN, 0, i32::MAX], (0..1000).collect()] {
        let made = NumberList::create().numbers(Numbers(numbers.clone())).exec(&db).await?;
        assert_eq!((made.numbers.0.clone(), made.more.clone()), (numbers, None));
        assert_eq!(NumberList::find_by_pk(made.id).exec(&db).await?, Some(made));
    }
    assert_eq!(NumberList::count().filter(NumberList::NUMBERS.eq(Numbers(vec![1]))).exec(&db).await?, 1);
    Ok(())
}

/// Arrays to look into.
#[derive(Debug, Clone, PartialEq, Model)]
struct Shelf {
    #[orm(primary_key)]
    id: i64,
    labels: Vec<String>,
    marks: Option<Vec<Option<i32>>>,
    #[orm(type = "inet[]")]
    hosts: Option<Vec<String>>,
}

async fn arrays_are_asked_for_their_items(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let texts = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<String>>();
    let found = Shelf::find_all().select(Shelf::ID).order_by(Shelf::ID);
    let all = found.clone().filter(Shelf::LABELS.contains_all(texts(&["b", "a"])));
    if !test.shape.arrays {
        assert_eq!(all.exec(&db).await.unwrap_err().kind(), ErrorKind::Unsupported);
        return Ok(());
    }
    db.create_tables::<Shelf>().await?;
    Shelf::create().labels(texts(&["a", "b", "c"])).marks(vec![Some(1), None]).exec(&db).await?;
    Shelf::create().labels(texts(&["a"])).hosts(texts(&["10.0.0.1", "10.0.0.2"])).exec(&db).await?;
    Shelf::create().labels(texts(&[])).marks(vec![Some(2)]).exec(&db).await?;
    assert_eq!(all.exec(&db).await?, [1]);
    let within = found.clone().filter(Shelf::LABELS.is_contained_in(texts(&["a", "b"])));
    assert_eq!(within.exec(&db).await?, [2, 3]);
    assert_eq!(found.clone().filter(Shelf::LABELS.overlaps(texts(&["c", "a"]))).exec(&db).await?, [1, 2]);
    assert_eq!(found.clone().filter(!Shelf::LABELS.overlaps(texts(&["c"]))).exec(&db).await?, [2, 3]);
    assert_eq!(found.clone().filter(Shelf::MARKS.contains_all(vec![Some(1)])).exec(&db).await?, [1]);
    assert_eq!(found.clone().filter(Shelf::HOSTS.contains_all(texts(&["10.0.0.1"]))).exec(&db).await?, [2]);
    assert_eq!(found.filter(Shelf::LABELS.contains_all(Shelf::LABELS)).count(&db).await?, 3);
    Ok(())
}

async fn arrays_are_changed_in_place(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let texts = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<String>>();
    let append = Shelf::update().labels(Shelf::LABELS.append(texts(&["c", "a"]))).all_rows();
    if !test.shape.arrays {
        let error = append.exec(&db).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        let remove = Shelf::update().labels(Shelf::LABELS.remove("a".to_owned())).all_rows();
        assert_eq!(remove.exec(&db).await.unwrap_err().kind(), ErrorKind::Unsupported);
        return Ok(());
    }
    db.create_tables::<(Shelf, Board)>().await?;
    let mut shelf = Shelf::create().labels(texts(&["a", "b"])).exec(&db).await?;
    append.exec(&db).await?;
    shelf.reload(&db).await?;
    assert_eq!(shelf.labels, texts(&["a", "b", "c", "a"]));
    let change =
        shelf.update().labels(Shelf::LABELS.remove("a".to_owned())).marks(Shelf::MARKS.append(vec![Some(1), None]));
    change.hosts(Shelf::HOSTS.prepend(texts(&["10.0.0.1"]))).exec(&db).await?;
    assert_eq!(shelf.labels, texts(&["b", "c"]));
    assert_eq!((shelf.marks.clone(), shelf.hosts.clone()), (Some(vec![Some(1), None]), Some(texts(&["10.0.0.1"]))));
    shelf.update().marks(Shelf::MARKS.prepend(vec![Some(0)]).remove(1)).exec(&db).await?;
    assert_eq!(shelf.marks, Some(vec![Some(0), None]));
    let mut board = Board::create().labels(texts(&["a"])).names(texts(&["n"])).exec(&db).await?;
    let change = board.update().labels(Board::LABELS.append(texts(&["b"]))).names(Board::NAMES.prepend(texts(&["m"])));
    change.letters(Board::LETTERS.append(vec!['x'])).exec(&db).await?;
    assert_eq!((board.labels.clone(), board.names.clone()), (texts(&["a", "b"]), texts(&["m", "n"])));
    assert_eq!(board.letters, Some(vec!['x']));
    Ok(())
}

/// Arrays of bounded text.
#[derive(Debug, Clone, PartialEq, Model)]
struct Board {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 20)]
    labels: Vec<String>,
    letters: Option<Vec<char>>,
    #[orm(type = "varchar(255)[]")]
    names: Vec<String>,
    #[orm(length = 20)]
    gaps: Option<Vec<Option<String>>>,
}

async fn arrays_of_bounded_text_are_asked_for_their_items(test: Test) -> Result<()> {
    if !test.shape.arrays {
        return Ok(());
    }
    let db = test.with::<Board>().await?;
    let texts = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<String>>();
    let gaps = vec![Some("a".to_owned()), None];
    let row = Board::create().labels(texts(&["a", "b"])).letters(vec!['x', 'y']).names(texts(&["n", "m"]));
    let mut made = row.gaps(gaps.clone()).exec(&db).await?;
    let more = [
        Board::create().labels(texts(&[])).names(texts(&[])),
        Board::create().labels(texts(&["c"])).names(texts(&["o"])),
    ];
    Board::bulk_create(more).exec(&db).await?;
    for (i, condition) in [
        Board::LABELS.contains_all(texts(&["b"])),
        Board::LABELS.overlaps(texts(&["z", "a"])),
        Board::LABELS
            .is_contained_in(texts(&["a", "b", "c"]))
            .and(Board::LABELS.ne(texts(&[])))
            .and(Board::ID.eq(made.id)),
        Board::LABELS.eq(texts(&["a", "b"])),
        Board::LABELS.in_([texts(&["a", "b"]), texts(&["q"])]),
        Board::LABELS.eq(Board::LABELS).and(Board::ID.eq(made.id)),
        Board::LETTERS.contains_all(vec!['y']),
        Board::LETTERS.eq(vec!['x', 'y']),
        Board::NAMES.contains_all(texts(&["m"])),
        Board::NAMES.eq(texts(&["n", "m"])),
        Board::GAPS.eq(gaps),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(Board::find_all().filter(condition).exec(&db).await?, std::slice::from_ref(&made), "condition {i}");
    }
    made.update().labels(texts(&["d"])).letters(None).gaps(None).names(texts(&[])).exec(&db).await?;
    Board::update().set(Board::LABELS, texts(&["e", "f"])).filter(Board::LABELS.eq(texts(&["d"]))).exec(&db).await?;
    assert_eq!(Board::count().filter(Board::LABELS.contains_all(texts(&["f"]))).exec(&db).await?, 1);
    let long = Board::create().labels(texts(&["012345678901234567890"])).names(texts(&[])).exec(&db).await.unwrap_err();
    assert_eq!((long.kind(), long.columns()), (ErrorKind::DataTooLong, vec!["labels"]), "{long}");
    Ok(())
}

/// An id that knows its model.
#[derive(Debug, PartialEq, Value)]
struct Id<M>(i64, PhantomData<fn() -> M>);

impl<M> Clone for Id<M> {
    fn clone(&self) -> Self {
        Self(self.0, PhantomData)
    }
}

/// A text or number with a meaning.
#[derive(Debug, Clone, PartialEq, Value)]
struct Tagged<T, const N: usize>(T);

#[derive(Debug, Clone, PartialEq, Model)]
struct Generic {
    #[orm(primary_key, auto_increment = false)]
    id: Id<Generic>,
    above: Option<Id<Generic>>,
    label: Tagged<String, 1>,
    rank: Tagged<i32, 2>,
    #[orm(key = above, references = id)]
    upper: BelongsTo<Generic>,
}

async fn newtypes_have_parameters(test: Test) -> Result<()> {
    let db = test.with::<(Generic,)>().await?;
    let id = |id| Id(id, PhantomData);
    let make = |number| Generic::create().id(id(number)).label(Tagged("a".into())).rank(Tagged(3));
    let top = make(1).exec(&db).await?;
    let below = make(2).above(id(1)).exec(&db).await?;
    assert_eq!((top.label, top.rank, top.above), (Tagged("a".into()), Tagged(3), None));
    let found = Generic::find_all().filter(Generic::ABOVE.eq(id(1))).include(Generic::UPPER).exec(&db).await?;
    assert_eq!((found.len(), &found[0].id), (1, &below.id));
    assert_eq!(found[0].upper.get()?.map(|upper| upper.id.clone()), Some(top.id));
    Ok(())
}

/// Values that are written as text and numbers in programs.
#[derive(Debug, Clone, PartialEq, Model)]
struct Bill {
    #[orm(primary_key)]
    id: i64,
    #[orm(precision(12, 2))]
    price: Decimal,
    #[orm(precision(12, 2))]
    discount: Option<Decimal>,
    due: NaiveDate,
    opens: NaiveTime,
    local: NaiveDateTime,
    at: DateTime<Utc>,
    token: Uuid,
    paid: Option<NaiveDate>,
}

const TOKEN: &str = "0199b2ee-7f11-7abc-8def-0123456789ab";

async fn bills(test: &Test) -> Result<Database> {
    let db = test.with::<Bill>().await?;
    let bill = |price: &'static str, due: &'static str| {
        let row = Bill::create().price(price).due(due).opens("10:30").local("2026-01-31 10:30:15").token(TOKEN);
        row.at("2026-01-31T12:30:15+02:00").discount(2)
    };
    Bill::bulk_create([
        bill("9.99", "2026-01-31"),
        bill("10", "2026-02-28"),
        bill("-0.5", "2026-03-31").paid("2026-04-01"),
    ])
    .exec(&db)
    .await?;
    Ok(db)
}

async fn numbers_are_taken_where_a_decimal_is_compared_or_set(test: Test) -> Result<()> {
    let db = bills(&test).await?;
    let ids = async |filter: Condition<Bill>| {
        Bill::find_all().filter(filter).select(Bill::ID).order_by(Bill::ID.asc()).exec(&db).await
    };
    assert_eq!(ids(Bill::PRICE.ge(10)).await?, [2]);
    assert_eq!(ids(Bill::PRICE.lt(10_u64)).await?, [1, 3]);
    assert_eq!(ids(Bill::PRICE.in_([10, 11])).await?, [2]);
    assert_eq!(ids(Bill::PRICE.between(-1, 0)).await?, [3]);
    assert_eq!(ids(Bill::DISCOUNT.eq(2)).await?, [1, 2, 3]);
    assert_eq!(ids((Bill::PRICE * 2).gt(19)).await?, [1, 2]);
    Bill::update()
        .price(Bill::PRICE * 2 + 1)
        .discount(i64::MAX / 1_000_000_000)
        .filter(Bill::ID.eq(1))
        .exec(&db)
        .await?;
    let mut first = Bill::find_by_pk(1).required(&db).await?;
    assert_eq!((first.price, first.discount), (Decimal::new(2098, 2), Some(Decimal::from(9_223_372_036_i64))));
    first.update().price(7).set_if(Bill::DISCOUNT, Some(3)).exec(&db).await?;
    assert_eq!((first.price, first.discount), (Decimal::from(7), Some(Decimal::from(3))));
    Ok(())
}

async fn text_is_read_exactly_where_another_type_is_compared_or_set(test: Test) -> Result<()> {
    let db = bills(&test).await?;
    let ids = async |filter: Condition<Bill>| {
        Bill::find_all().filter(filter).select(Bill::ID).order_by(Bill::ID.asc()).exec(&db).await
    };
    assert_eq!(ids(Bill::PRICE.eq("9.99")).await?, [1]);
    assert_eq!(ids(Bill::PRICE.lt("-0.49")).await?, [3]);
    assert_eq!(ids(Bill::DUE.ge("2026-02-28")).await?, [2, 3]);
    assert_eq!(ids(Bill::DUE.in_(["2026-01-31", "2026-03-31"])).await?, [1, 3]);
    assert_eq!(ids(Bill::PAID.eq(String::from("2026-04-01"))).await?, [3]);
    assert_eq!(ids(Bill::PAID.eq_opt(Some("2026-04-01"))).await?, [3]);
    assert_eq!(ids(Bill::OPENS.eq("10:30:00")).await?, [1, 2, 3]);
    assert_eq!(ids(Bill::LOCAL.eq("2026-01-31T10:30:15")).await?, [1, 2, 3]);
    assert_eq!(ids(Bill::AT.eq("2026-01-31T10:30:15Z")).await?, [1, 2, 3]);
    assert_eq!(ids(Bill::AT.between("2026-01-31", "2026-02-01")).await?, [1, 2, 3]);
    assert_eq!(ids(Bill::TOKEN.eq(TOKEN)).await?, [1, 2, 3]);
    let large = TOKEN.to_uppercase();
    assert_eq!(ids(Bill::TOKEN.ne(&large).and(Bill::TOKEN.ne(large.as_str()))).await?, [0_i64; 0]);
    let mut first = Bill::find_by_pk(1).required(&db).await?;
    assert_eq!((first.price, first.due), (Decimal::new(999, 2), NaiveDate::from_ymd_opt(2026, 1, 31).unwrap()));
    first.update().price("12.30").paid("2026-05-06").exec(&db).await?;
    assert_eq!((first.price, first.paid), (Decimal::new(1230, 2), NaiveDate::from_ymd_opt(2026, 5, 6)));
    Ok(())
}

async fn text_of_another_form_is_an_error_that_names_the_column_and_shows_no_text(test: Test) -> Result<()> {
    let db = bills(&test).await?;
    let find = |filter: Condition<Bill>| async { Bill::find_all().filter(filter).exec(&db).await.map(drop) };
    let mut first = Bill::find_by_pk(1).required(&db).await?;
    let outcomes = [
        ("due", find(Bill::DUE.ge("2026-02-30")).await),
        ("due", find(Bill::DUE.eq("2026-02-28 secret")).await),
        ("due", find(Bill::DUE.eq("2026-02-28T00:00:00Z")).await),
        ("due", find(Bill::DUE.in_(["2026-01-31", "secret"])).await),
        ("due", find(Bill::DUE.between("2026-01-31", "secret")).await),
        ("price", find(Bill::PRICE.gt("1e3")).await),
        ("price", find(Bill::PRICE.gt("1_000")).await),
        ("price", find(Bill::PRICE.gt("NaN")).await),
        ("price", find(Bill::PRICE.gt(".5")).await),
        ("price", find(Bill::PRICE.gt("")).await),
        ("opens", find(Bill::OPENS.gt("25:00")).await),
        ("local", find(Bill::LOCAL.gt("2026-01-31T10:30:15Z")).await),
        ("at", find(Bill::AT.gt("yesterday, secret")).await),
        ("token", find(Bill::TOKEN.eq("secret")).await),
        ("price", first.update().price("9,99").exec(&db).await),
        ("paid", Bill::update().paid("secret").all_rows().exec(&db).await.map(drop)),
        (
            "paid",
            Bill::draft()
                .paid("31.1.2026")
                .price(1)
                .due("2026-01-31")
                .opens("10:30")
                .local("2026-01-31")
                .at("2026-01-31")
                .token(TOKEN)
                .exec(&db)
                .await
                .map(drop),
        ),
    ];
    for (column, outcome) in outcomes {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.columns()), (ErrorKind::Encode, vec![column]), "{error}");
        assert_eq!(error.model(), Some("Bill"), "{error}");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("the text is not a") && !shown.contains("secret"), "{shown}");
    }
    assert_eq!(Bill::count().exec(&db).await?, 3);
    Ok(())
}

cases! { $ types:
    numbers_are_taken_where_a_decimal_is_compared_or_set,
    text_is_read_exactly_where_another_type_is_compared_or_set,
    text_of_another_form_is_an_error_that_names_the_column_and_shows_no_text,
    labels_lead_to_variants_and_back,
    every_type_round_trips,
    the_least_values_round_trip,
    the_greatest_values_round_trip,
    u64_beyond_i64_is_stored_or_refused,
    floats_that_are_no_numbers_are_stored_or_refused,
    text_of_every_kind_round_trips,
    nul_in_text_is_stored_or_refused,
    null_of_every_type_round_trips,
    values_of_nullable_columns_round_trip,
    random_values_round_trip,
    every_type_can_be_filtered_by,
    decimals_are_exact,
    json_values_are_reached_by_path,
    labels_outside_of_an_enum_are_refused_both_ways,
    arrays_round_trip_where_there_are_arrays,
    arrays_are_asked_for_their_items,
    arrays_are_changed_in_place,
    arrays_of_bounded_text_are_asked_for_their_items,
    newtypes_have_parameters,
}
