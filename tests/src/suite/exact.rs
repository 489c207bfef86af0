//! What is in hand is what is in the table: a value is kept exactly or refused, never changed on the way.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use orm::prelude::*;
use orm::{Json, Result};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::Test;
use crate::cases::cases;
use crate::models::people::{Person, people};

#[derive(Debug, Clone, PartialEq, Model)]
struct Reading {
    #[orm(primary_key)]
    id: i64,
    #[orm(precision(12, 4))]
    litres: Option<Decimal>,
    time: Option<NaiveTime>,
    date_time: Option<NaiveDateTime>,
    instant: Option<DateTime<Utc>>,
    count: Option<u64>,
}

/// JSON has no maps with such keys.
#[derive(Debug, Clone, Model)]
struct Grid {
    #[orm(primary_key)]
    id: i64,
    cells: Json<HashMap<Vec<i32>, i32>>,
}

/// UUIDs in columns of text, as databases have them that were there before the models.
#[derive(Debug, Clone, PartialEq, Model)]
struct Old {
    #[orm(primary_key, type = "CHAR(36)")]
    id: Uuid,
    #[orm(type = "VARCHAR(36)")]
    parent_id: Option<Uuid>,
    parent: BelongsTo<Self>,
    #[orm(key = parent_id)]
    children: HasMany<Self>,
}

/// Types that only PostgreSQL has, as text.
#[derive(Debug, Clone, PartialEq, Model)]
struct Host {
    #[orm(primary_key)]
    id: i64,
    #[orm(type = "inet")]
    address: String,
    #[orm(type = "cidr")]
    network: Option<String>,
    #[orm(type = "citext")]
    name: String,
    #[orm(type = "int4range")]
    ports: Option<String>,
    #[orm(type = "tsvector")]
    words: Option<String>,
    #[orm(type = "macaddr")]
    card: Option<String>,
}

async fn uuids_are_kept_in_columns_of_text(test: Test) -> Result<()> {
    let db = test.with::<Old>().await?;
    let (a, b) = (Uuid::from_u128(0xabc), Uuid::from_u128(u128::MAX));
    let parent = Old::create().id(a).exec(&db).await?;
    let child = Old::create().id(b).parent_id(a).exec(&db).await?;
    assert_eq!((parent.id, child.parent_id), (a, Some(a)));
    let texts = db.query::<String>("SELECT CAST(id AS CHAR(36)) FROM olds ORDER BY id", ()).await?;
    assert_eq!(texts, [a.to_string(), b.to_string()]);
    assert_eq!(Old::find_by_pk(b).required(&db).await?, child);
    assert_eq!(Old::count().filter(Old::ID.in_([a, b])).exec(&db).await?, 2);
    assert_eq!(Old::count().filter(Old::PARENT_ID.eq(a)).exec(&db).await?, 1);
    assert_eq!(Old::count().filter(Old::PARENT.col(Old::ID).eq(a)).exec(&db).await?, 1);
    let found = Old::find_by_pk(a).include(Old::CHILDREN).required(&db).await?;
    assert_eq!(found.children.get()?.first(), Some(&child));
    let mut child = child;
    child.update().parent_id(b).exec(&db).await?;
    assert_eq!(Old::find_one().filter(Old::PARENT_ID.eq(b)).required(&db).await?.id, b);
    child.update().parent_id(None).exec(&db).await?;
    child.destroy().exec(&db).await?;
    Old::bulk_create([Old::create().id(Uuid::from_u128(7)), Old::create().id(Uuid::from_u128(8))]).exec(&db).await?;
    assert_eq!(Old::count().exec(&db).await?, 3);
    Ok(())
}

async fn columns_of_the_databases_own_types_take_text(test: Test) -> Result<()> {
    if test.backend != "postgres" {
        return Ok(());
    }
    let db = test.connect().await?;
    db.batch("CREATE EXTENSION citext").await?;
    db.create_tables::<Host>().await?;
    let made = Host::create()
        .address("10.1.2.3")
        .network("10.1.0.0/16")
        .name("HeLLo")
        .ports("[80,90)")
        .words("'cat' 'dog'")
        .card("08:00:2b:01:02:03")
        .exec(&db)
        .await?;
    assert_eq!(Host::find_by_pk(made.id).required(&db).await?, made);
    assert_eq!(made.network.as_deref(), Some("10.1.0.0/16"));
    for condition in [
        Host::NAME.eq("hello"),
        Host::NAME.in_(["x", "HELLO"]),
        Host::NAME.between("HELLN", "hellp"),
        Host::ADDRESS.eq("10.1.2.3"),
        Host::ADDRESS.lt("10.1.2.20"),
        Host::PORTS.eq("[80,89]"),
    ] {
        assert_eq!(Host::count().filter(condition.clone()).exec(&db).await?, 1, "{condition:?}");
    }
    let rows = ["10.0.0.1", "10.0.0.2"].map(|address| Host::create().address(address).name("n"));
    Host::bulk_create(rows).exec(&db).await?;
    Host::update().set(Host::ADDRESS, "::1").filter(Host::NAME.eq("N")).exec(&db).await?;
    assert_eq!(Host::count().filter(Host::ADDRESS.eq("::1")).exec(&db).await?, 2);
    let error = Host::create().address("nowhere").name("x").exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}");
    Ok(())
}

async fn values_of_the_databases_own_types_are_in_hand_as_they_are_written_there(test: Test) -> Result<()> {
    if test.backend != "postgres" {
        return Ok(());
    }
    let db = test.connect().await?;
    db.batch("CREATE EXTENSION citext").await?;
    db.create_tables::<Host>().await?;
    let given = || Host::create().address("10.1.2.3/32").name("n").ports("[80,89]").words("cat the:3A cat:2");
    let mut made = given().id(7).exec(&db).await?;
    assert_eq!((made.address.as_str(), made.ports.as_deref()), ("10.1.2.3", Some("[80,90)")));
    assert_eq!(Host::find_by_pk(7).required(&db).await?, made);
    made.update().address("::1/128").exec(&db).await?;
    assert_eq!(made.address, "::1");
    made.ports = Some("(1,5]".into());
    made.save(&db).await?;
    assert_eq!(Host::find_by_pk(7).required(&db).await?, made);
    let rows = Host::bulk_create([given().id(9), given().id(8)]).exec(&db).await?;
    assert_eq!(
        rows.iter().map(|host| (host.id, host.address.as_str())).collect::<Vec<_>>(),
        [(9, "10.1.2.3"), (8, "10.1.2.3")]
    );
    Ok(())
}

/// Lists of types that only PostgreSQL has.
#[derive(Debug, Clone, PartialEq, Model)]
struct Allowed {
    #[orm(primary_key)]
    id: i64,
    #[orm(type = "inet[]")]
    hosts: Vec<String>,
    #[orm(type = "citext[]")]
    names: Option<Vec<Option<String>>>,
}

async fn lists_of_the_databases_own_types_take_text(test: Test) -> Result<()> {
    if test.backend != "postgres" {
        return Ok(());
    }
    let db = test.connect().await?;
    db.batch("CREATE EXTENSION citext").await?;
    db.create_tables::<Allowed>().await?;
    let names = vec![Some("A, \"b\" {c} \\".to_owned()), None, Some("NULL".into()), Some(String::new())];
    let hosts = || vec!["10.0.0.1/32".to_owned(), "::1".to_owned()];
    let made = Allowed::create().hosts(hosts()).names(names.clone()).exec(&db).await?;
    assert_eq!((made.hosts.as_slice(), &made.names), (&["10.0.0.1".to_owned(), "::1".to_owned()][..], &Some(names)));
    let rows = [Allowed::create().hosts(vec![]), Allowed::create().hosts(hosts()).names(vec![Some("X".into())])];
    let rows = Allowed::bulk_create(rows).exec(&db).await?;
    assert_eq!((rows[0].hosts.len(), &rows[0].names), (0, &None));
    assert_eq!(Allowed::find_by_pk(rows[1].id).required(&db).await?, rows[1]);
    let equal = Allowed::find_all().filter(Allowed::NAMES.eq(vec![Some("x".to_owned())])).exec(&db).await?;
    assert_eq!(equal, rows[1..]);
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Enum)]
#[orm(storage = "native", name = "app.tone")]
enum Tone {
    High,
    Low,
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Bell {
    #[orm(primary_key)]
    id: i64,
    #[orm(default = Tone::Low)]
    tone: Tone,
}

async fn enum_types_may_be_in_a_schema(test: Test) -> Result<()> {
    let db = test.connect().await?;
    if test.shape.enum_types {
        db.batch("CREATE SCHEMA app").await?;
    }
    db.create_tables::<Bell>().await?;
    let bells = Bell::bulk_create([Bell::create().tone(Tone::High), Bell::create()]).exec(&db).await?;
    assert_eq!(Bell::find_all().filter(Bell::TONE.in_([Tone::Low])).exec(&db).await?, bells[1..]);
    if test.shape.enum_types {
        let sql =
            "SELECT nspname::text FROM pg_type JOIN pg_namespace n ON n.oid = typnamespace WHERE typname = 'tone'";
        assert_eq!(db.query::<String>(sql, ()).await?, ["app"]);
    }
    Ok(())
}

/// Columns whose types say how many digits there are.
#[derive(Debug, Clone, PartialEq, Model)]
struct Declared {
    #[orm(primary_key)]
    id: i64,
    #[orm(type = "DECIMAL(6,2)")]
    price: Decimal,
    #[orm(type = "TIME(3)")]
    time: NaiveTime,
    #[orm(type = "TIMESTAMP(0)")]
    at: DateTime<Utc>,
    #[orm(type = "TIME")]
    bare: NaiveTime,
}

async fn types_that_a_model_names_keep_their_digits(test: Test) -> Result<()> {
    let db = test.with::<Declared>().await?;
    let time = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    let at = NaiveDate::from_ymd_opt(2024, 12, 31).unwrap().and_time(time).and_utc();
    let row = |price| Declared::create().price(price).time(time).at(at).bare(time);
    let mut made = row(Decimal::new(12345, 2)).exec(&db).await?;
    assert_eq!(
        (made.time.format("%.f").to_string(), made.at.format("%S%.f").to_string()),
        (".999".into(), "59".into())
    );
    assert_eq!(Declared::find_by_pk(made.id).required(&db).await?, made);
    made.update().time(time).at(at).bare(time).exec(&db).await?;
    assert_eq!(Declared::find_by_pk(made.id).required(&db).await?, made);
    let changed = Declared::update().set(Declared::AT, at).set(Declared::BARE, time).filter(Declared::ID.eq(made.id));
    changed.exec(&db).await?;
    assert_eq!(Declared::find_all().exec(&db).await?, [made]);
    let fine = row(Decimal::new(1005, 3)).exec(&db).await.unwrap_err();
    assert_eq!((fine.kind(), fine.columns()), (ErrorKind::Encode, vec!["price"]), "{fine}");
    let great = row(Decimal::from(10_000)).exec(&db).await.unwrap_err();
    assert_eq!((great.kind(), great.columns()), (ErrorKind::OutOfRange, vec!["price"]), "{great}");
    Ok(())
}

/// Lists whose elements have a number of digits.
#[derive(Debug, Clone, PartialEq, Model)]
struct Series {
    #[orm(primary_key, auto_increment = false)]
    id: i64,
    #[orm(precision(6, 2))]
    prices: Vec<Decimal>,
    times: Vec<Option<NaiveTime>>,
}

async fn elements_of_lists_are_kept_exactly_or_refused(test: Test) -> Result<()> {
    if !test.shape.arrays {
        return Ok(());
    }
    let db = test.with::<Series>().await?;
    let time = NaiveTime::from_hms_nano_opt(1, 2, 3, 123_456_789).unwrap();
    let made =
        Series::create().id(1).prices(vec![Decimal::new(150, 2)]).times(vec![Some(time), None]).exec(&db).await?;
    assert_eq!(Series::find_by_pk(1).required(&db).await?, made);
    for (kind, price) in [(ErrorKind::Encode, Decimal::new(1005, 3)), (ErrorKind::OutOfRange, Decimal::from(10_000))] {
        let error = Series::create().id(2).prices(vec![Decimal::ONE, price]).times(vec![]).exec(&db).await.unwrap_err();
        assert_eq!((error.kind(), error.columns()), (kind, vec!["prices"]), "{error}");
    }
    Ok(())
}

/// A column that gives more zeros than a decimal has digits.
#[derive(Debug, Clone, PartialEq, Model)]
struct Fine {
    #[orm(primary_key)]
    id: i64,
    #[orm(precision(40, 30))]
    share: Decimal,
}

async fn decimals_are_read_from_columns_of_more_digits_than_they_have(test: Test) -> Result<()> {
    let db = test.with::<Fine>().await?;
    let made = Fine::create().share(Decimal::new(15, 1)).exec(&db).await?;
    assert_eq!(made.share, Decimal::new(15, 1));
    assert_eq!(Fine::find_all().exec(&db).await?, [made]);
    let sums = Fine::find_all().select(Fine::SHARE.sum()).exec(&db).await?;
    assert_eq!(sums, [Some(Decimal::new(15, 1))]);
    let least = Fine::create().share(Decimal::new(1, 28)).exec(&db).await?;
    assert_eq!(Fine::find_by_pk(least.id).required(&db).await?, least);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Short {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 3)]
    text: String,
    #[orm(length = 3)]
    bytes: Option<Vec<u8>>,
    #[orm(type = "VARCHAR(3)")]
    declared: Option<String>,
}

async fn text_and_bytes_longer_than_their_column_are_refused(test: Test) -> Result<()> {
    let db = test.with::<Short>().await?;
    let row = || Short::create().text("äöü");
    let mut made = row().bytes(vec![1, 2, 3]).declared("💥💥💥").exec(&db).await?;
    for (column, error) in [
        // Some databases cut spaces at the end.
        ("text", Short::create().text("abc ").exec(&db).await.unwrap_err()),
        ("bytes", row().bytes(vec![0; 4]).exec(&db).await.unwrap_err()),
        ("declared", Short::bulk_create([row(), row().declared("abcd")]).exec(&db).await.unwrap_err()),
        ("text", Short::update().set(Short::TEXT, "abc  ").all_rows().exec(&db).await.unwrap_err()),
        ("text", made.update().text("abcd").exec(&db).await.unwrap_err()),
    ] {
        assert_eq!((error.kind(), error.columns()), (ErrorKind::DataTooLong, vec![column]), "{error}");
    }
    assert_eq!(Short::find_all().exec(&db).await?, [made]);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Ship {
    #[orm(primary_key)]
    id: i64,
    name: String,
    #[orm(belongs_to_many)]
    ports: BelongsToMany<Port, Docking>,
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Port {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(primary_key(ship_id, port_id))]
struct Docking {
    ship_id: i64,
    port_id: i64,
    #[orm(length = 3)]
    note: Option<String>,
    #[orm(precision(6, 2))]
    fee: Option<Decimal>,
}

async fn columns_of_a_join_model_are_kept_as_in_any_write(test: Test) -> Result<()> {
    let db = test.with::<(Ship, Port, Docking)>().await?;
    let ship = Ship::create().name("Erika").exec(&db).await?;
    let port = Port::create().name("Oslo").exec(&db).await?;
    let long = ship.ports().add(&port).with(Docking::NOTE, "abcd").exec(&db).await.unwrap_err();
    assert_eq!((long.kind(), long.columns()), (ErrorKind::DataTooLong, vec!["note"]), "{long}");
    let fine = ship.ports().add(&port).with(Docking::FEE, Decimal::new(1_234, 3)).exec(&db).await.unwrap_err();
    assert_eq!((fine.kind(), fine.columns()), (ErrorKind::Encode, vec!["fee"]), "{fine}");
    assert_eq!(Docking::count().exec(&db).await?, 0);
    for fee in [1_250, 300] {
        ship.ports().add(&port).with(Docking::FEE, Decimal::new(fee, 2)).exec(&db).await?;
        assert_eq!(Docking::find_one().required(&db).await?.fee, Some(Decimal::new(fee, 2)));
    }
    Ok(())
}

/// A label as some databases cut it.
#[derive(Debug, Clone, Copy, PartialEq, Enum)]
#[orm(storage = "native")]
enum Spaced {
    Plain,
    #[orm(rename = "plain ")]
    Trailing,
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Sign {
    #[orm(primary_key)]
    id: i64,
    spaced: Spaced,
}

async fn labels_that_end_in_a_space_are_kept_or_refused(test: Test) -> Result<()> {
    let db = test.connect().await?;
    if let Err(error) = db.create_tables::<Sign>().await {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains("plain "), "{error}");
        return Ok(());
    }
    for spaced in [Spaced::Trailing, Spaced::Plain] {
        let made = Sign::create().spaced(spaced).exec(&db).await?;
        assert_eq!(Sign::find_all().filter(Sign::SPACED.eq(spaced)).exec(&db).await?, [made]);
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Enum)]
#[orm(storage = "native")]
enum Size {
    Small,
    Large,
}

#[derive(Debug, Clone, PartialEq, orm::Value)]
struct Tag(String);

/// Lists of every kind of element.
#[derive(Debug, Clone, PartialEq, Model)]
struct Lists {
    #[orm(primary_key)]
    id: i64,
    bytes: Vec<u8>,
    flags: Vec<bool>,
    floats: Vec<f32>,
    letters: Vec<char>,
    blobs: Vec<Vec<u8>>,
    dates: Vec<NaiveDate>,
    date_times: Vec<NaiveDateTime>,
    values: Vec<Json<Vec<i32>>>,
    small: Vec<i8>,
    counts: Vec<u64>,
    texts: Vec<String>,
    gaps: Vec<Option<i32>>,
    decimals: Vec<Decimal>,
    times: Vec<NaiveTime>,
    instants: Option<Vec<DateTime<Utc>>>,
    documents: Vec<serde_json::Value>,
    sizes: Vec<Size>,
    tags: Vec<Tag>,
    uuids: Vec<Uuid>,
}

async fn lists_of_every_element_round_trip_where_there_are_lists(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let created = db.create_tables::<Lists>().await;
    if !test.shape.arrays {
        assert_eq!(created.unwrap_err().kind(), ErrorKind::Unsupported);
        return Ok(());
    }
    created?;
    let row = Lists {
        id: 0,
        bytes: vec![0, 255],
        flags: vec![true, false],
        floats: vec![-0.5, 1e30],
        letters: vec!['x', '漢', '"'],
        blobs: vec![vec![], vec![0, 1]],
        dates: vec![NaiveDate::from_ymd_opt(2024, 2, 29).unwrap()],
        date_times: vec![NaiveDate::from_ymd_opt(2024, 2, 29).unwrap().and_time(NaiveTime::MIN)],
        values: vec![Json(vec![1, 2])],
        small: vec![-128, 127],
        counts: vec![0, i64::MAX as u64],
        texts: vec!["a, {\"b\"}".into(), String::new(), "NULL".into()],
        gaps: vec![None, Some(1), None],
        decimals: vec![Decimal::new(-125, 2), Decimal::ZERO],
        times: vec![NaiveTime::MIN],
        instants: Some(vec![DateTime::UNIX_EPOCH]),
        documents: vec![serde_json::json!({"a": [1, null]}), serde_json::Value::Null],
        sizes: vec![Size::Large, Size::Small],
        tags: vec![Tag("x".into())],
        uuids: vec![Uuid::nil(), Uuid::max()],
    };
    let empty = Lists {
        small: vec![],
        counts: vec![],
        texts: vec![],
        gaps: vec![],
        decimals: vec![],
        times: vec![],
        instants: None,
        documents: vec![],
        sizes: vec![],
        tags: vec![],
        uuids: vec![],
        ..row.clone()
    };
    for row in [row, empty] {
        let made = Lists::insert(row.clone()).exec(&db).await?;
        assert_eq!(Lists { id: 0, ..made.clone() }, row);
        assert_eq!(Lists::find_by_pk(made.id).required(&db).await?, made);
        assert_eq!(Lists::count().filter(Lists::TAGS.eq(row.tags)).exec(&db).await?, 1);
    }
    let huge = Lists::update().set(Lists::COUNTS, vec![u64::MAX]).all_rows().exec(&db).await.unwrap_err();
    assert_eq!((huge.kind(), huge.columns()), (ErrorKind::Encode, vec!["counts"]));
    Ok(())
}

async fn decimals_greater_than_their_column_are_refused(test: Test) -> Result<()> {
    let db = test.with::<Reading>().await?;
    let greatest = Decimal::new(-999_999_999_999, 4);
    let reading = Reading::create().litres(greatest).exec(&db).await?;
    assert_eq!(reading.litres, Some(greatest));
    let refused = Reading::create().litres(Decimal::from(100_000_000)).exec(&db).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::OutOfRange);
    assert_eq!(refused.columns(), ["litres"]);
    Ok(())
}

async fn decimals_finer_than_their_column_are_refused(test: Test) -> Result<()> {
    let db = test.with::<Reading>().await?;
    let fine: Decimal = "0.00001".parse().unwrap();
    let mut row = Reading::create().litres(Decimal::new(12500, 4)).exec(&db).await?;
    for error in [
        Reading::create().litres(fine).exec(&db).await.unwrap_err(),
        Reading::bulk_create([Reading::create().litres(fine)]).exec(&db).await.unwrap_err(),
        Reading::update().set(Reading::LITRES, fine).all_rows().exec(&db).await.unwrap_err(),
        row.update().litres(fine).exec(&db).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.columns()), (ErrorKind::Encode, vec!["litres"]), "{error}");
    }
    assert_eq!(Reading::find_all().exec(&db).await?, [row]);
    // Zeros at the end are no digits.
    assert!(Reading::create().litres("1.2500000".parse::<Decimal>().unwrap()).exec(&db).await.is_ok());
    Ok(())
}

async fn times_in_hand_are_those_in_the_table(test: Test) -> Result<()> {
    let db = test.with::<Reading>().await?;
    let instant = DateTime::from_timestamp_nanos(1_700_000_000_123_456_789);
    let (time, date_time) = (instant.time(), instant.naive_utc());
    let made = Reading::create().time(time).date_time(date_time).instant(instant).exec(&db).await?;
    assert_eq!(Reading::find_by_pk(made.id).required(&db).await?, made);
    let whole = Reading { id: 0, ..made };
    let mut rows = Reading::bulk_create([whole.clone(), whole]).exec(&db).await?;
    let later = instant + chrono::TimeDelta::nanoseconds(2001);
    for row in &mut rows {
        assert_eq!(&Reading::find_by_pk(row.id).required(&db).await?, row);
        row.update().time(later.time()).date_time(later.naive_utc()).instant(later).exec(&db).await?;
        assert_eq!(&Reading::find_by_pk(row.id).required(&db).await?, row);
    }
    Ok(())
}

/// An instant that the database makes.
#[derive(Debug, Clone, PartialEq, Model)]
struct Entry {
    #[orm(primary_key)]
    id: i64,
    #[orm(default_sql = "CURRENT_TIMESTAMP")]
    at: DateTime<Utc>,
}

async fn instants_of_the_database_are_found_again(test: Test) -> Result<()> {
    let db = test.with::<Entry>().await?;
    let made = Entry::create().exec(&db).await?;
    assert!((Utc::now() - made.at).num_minutes().abs() < 5, "{}", made.at);
    for condition in [Entry::AT.eq(made.at), Entry::AT.between(made.at, made.at), Entry::AT.in_([made.at])] {
        assert_eq!(Entry::find_all().filter(condition).exec(&db).await?, std::slice::from_ref(&made));
    }
    Ok(())
}

async fn patterns_end_where_their_text_ends(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    for condition in [Person::NAME.contains("\0x"), Person::NAME.starts_with("\0"), Person::NAME.like("%\0")] {
        let error = Person::count().filter(condition).exec(&db).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    }
    Ok(())
}

async fn leap_seconds_are_refused(test: Test) -> Result<()> {
    let db = test.with::<Reading>().await?;
    let leap = NaiveTime::from_hms_milli_opt(23, 59, 59, 1500).unwrap();
    let day = NaiveDate::from_ymd_opt(2016, 12, 31).unwrap().and_time(leap);
    for (column, row) in [
        ("time", Reading::create().time(leap)),
        ("date_time", Reading::create().date_time(day)),
        ("instant", Reading::create().instant(day.and_utc())),
    ] {
        let error = row.exec(&db).await.unwrap_err();
        assert_eq!((error.kind(), error.columns()), (ErrorKind::Encode, vec![column]), "{error}");
    }
    Ok(())
}

async fn what_has_no_form_in_json_is_refused(test: Test) -> Result<()> {
    let db = test.with::<Grid>().await?;
    let error = Grid::create().cells(Json(HashMap::from([(vec![1, 2], 3)]))).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Encode, vec!["cells"]), "{error}");
    assert_eq!(Grid::count().exec(&db).await?, 0);
    Grid::create().cells(Json(HashMap::new())).exec(&db).await?;
    Ok(())
}

async fn sums_of_unsigned_integers_are_unsigned(test: Test) -> Result<()> {
    let db = test.with::<Reading>().await?;
    let most = if test.shape.unsigned { u64::MAX } else { i64::MAX as u64 };
    Reading::create().count(most).exec(&db).await?;
    let sums: Vec<Option<u64>> = Reading::find_all().select(Reading::COUNT.sum()).exec(&db).await?;
    assert_eq!(sums, [Some(most)]);
    Ok(())
}

async fn assignments_see_the_row_as_it_was(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let one = || Person::find_by_pk(1).required(&db);
    let before = one().await?;
    // Written in an order in which the second would see what the first assigned.
    Person::update().set(Person::AGE, 99).set(Person::SCORE, Person::AGE).filter(Person::ID.eq(1)).exec(&db).await?;
    let row = one().await?;
    assert_eq!((row.age, row.score), (99, Some(before.age)));
    let swap = Person::update().set(Person::AGE, Person::SCORE.unwrap_or(0)).set(Person::SCORE, Person::AGE);
    match swap.filter(Person::ID.eq(1)).exec(&db).await {
        Ok(_) => assert_eq!((one().await?.age, one().await?.score), (before.age, Some(99))),
        Err(error) => assert_eq!((error.kind(), one().await?), (ErrorKind::Unsupported, row), "{error}"),
    }
    Ok(())
}

async fn raw_rows_are_read_whole(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    people(&db).await?;
    let error = db.query::<(i64,)>("SELECT id, name FROM people", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(db.query::<(i64, String)>("SELECT id, name FROM people", ()).await?.len(), 5);
    Ok(())
}

/// All labels of a type.
#[derive(Debug, Clone, Copy, PartialEq, Enum)]
#[orm(storage = "native", name = "known_flavour")]
enum Flavour {
    Sweet,
    Sour,
    #[orm(rename = "it's \"bitter\"")]
    Bitter,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "flavoured_foods")]
struct Food {
    #[orm(primary_key)]
    id: i64,
    flavour: Flavour,
    name: String,
}

/// Those that an older program knows.
#[derive(Debug, Clone, PartialEq, Enum)]
#[orm(storage = "native", name = "known_flavour")]
enum OldFlavour {
    Sweet,
    #[orm(other)]
    Other(String),
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "flavoured_foods")]
struct OldFood {
    #[orm(primary_key)]
    id: i64,
    flavour: OldFlavour,
    name: String,
}

async fn an_enum_takes_in_labels_that_it_does_not_know(test: Test) -> Result<()> {
    let db = test.with::<(Food,)>().await?;
    let flavours = [Flavour::Sweet, Flavour::Sour, Flavour::Bitter];
    Food::bulk_create(flavours.map(|flavour| Food::create().flavour(flavour).name("x"))).count(&db).await?;
    let other = |label: &str| OldFlavour::Other(label.to_owned());
    let mut foods = OldFood::find_all().order_by(OldFood::ID).exec(&db).await?;
    let found: Vec<_> = foods.iter().map(|food| food.flavour.clone()).collect();
    assert_eq!(found, [OldFlavour::Sweet, other("sour"), other("it's \"bitter\"")]);
    assert_eq!(found.iter().map(OldFlavour::as_str).collect::<Vec<_>>(), ["sweet", "sour", "it's \"bitter\""]);
    assert_eq!(OldFlavour::from_label("sour"), Some(other("sour")));
    assert_eq!(OldFlavour::LABELS, ["sweet"]);
    foods[2].name = "y".to_owned();
    foods[2].save(&db).await?;
    OldFood::create().flavour(other("sour")).name("z").exec(&db).await?;
    let sour = OldFood::find_all().filter(OldFood::FLAVOUR.eq(other("sour"))).exec(&db).await?;
    assert_eq!(sour.iter().map(|food| &*food.name).collect::<Vec<_>>(), ["x", "z"]);
    let all = Food::find_all().order_by(Food::ID).exec(&db).await?;
    let all: Vec<_> = all.iter().map(|food| (food.flavour, &*food.name)).collect();
    let [sweet, sour, bitter] = flavours;
    assert_eq!(all, [(sweet, "x"), (sour, "x"), (bitter, "y"), (sour, "z")]);
    Ok(())
}

cases! { $ exact:
    an_enum_takes_in_labels_that_it_does_not_know,
    uuids_are_kept_in_columns_of_text,
    columns_of_the_databases_own_types_take_text,
    values_of_the_databases_own_types_are_in_hand_as_they_are_written_there,
    lists_of_the_databases_own_types_take_text,
    enum_types_may_be_in_a_schema,
    types_that_a_model_names_keep_their_digits,
    elements_of_lists_are_kept_exactly_or_refused,
    decimals_are_read_from_columns_of_more_digits_than_they_have,
    text_and_bytes_longer_than_their_column_are_refused,
    columns_of_a_join_model_are_kept_as_in_any_write,
    labels_that_end_in_a_space_are_kept_or_refused,
    lists_of_every_element_round_trip_where_there_are_lists,
    decimals_greater_than_their_column_are_refused,
    decimals_finer_than_their_column_are_refused,
    times_in_hand_are_those_in_the_table,
    instants_of_the_database_are_found_again,
    patterns_end_where_their_text_ends,
    leap_seconds_are_refused,
    what_has_no_form_in_json_is_refused,
    sums_of_unsigned_integers_are_unsigned,
    assignments_see_the_row_as_it_was,
    raw_rows_are_read_whole,
}
