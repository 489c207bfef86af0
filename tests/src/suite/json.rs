//! Values inside JSON documents as SQL types: what a value is read as, and that it is NULL as every other type.

use chrono::NaiveDate;
use orm::prelude::*;
use orm::serde_json::{Value as Document, json};
use orm::{ErrorKind, JsonPath, Result};
use rust_decimal::Decimal;

use crate::Test;
use crate::cases::cases;
use crate::models::kinds::Colour;

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "papers")]
struct Paper {
    #[orm(primary_key)]
    id: i64,
    data: Document,
    pages: Option<i64>,
}

/// One document for each value, under the key `v`.
async fn papers(test: &Test, values: &[Document]) -> Result<Database> {
    let db = test.with::<(Paper,)>().await?;
    for (id, value) in (0..).zip(values) {
        Paper::create().id(id).data(json!({ "v": value })).exec(&db).await?;
    }
    Ok(db)
}

async fn read<T: orm::Scalar + std::fmt::Debug>(db: &Database) -> Result<Vec<Option<T>>> {
    Paper::find_all().select(Paper::DATA.json_value::<T>("v")).order_by(Paper::ID.asc()).exec(db).await
}

async fn a_value_is_read_as_its_own_type_only(test: Test) -> Result<()> {
    let values =
        [json!(7), json!(7.5), json!("memo"), json!("7"), json!(true), Document::Null, json!([7]), json!({"a": 7})];
    let db = papers(&test, &values).await?;
    let none = |n: usize| vec![None; n];
    let with = |first: Vec<Option<i64>>| [first, none(6)].concat();
    assert_eq!(read::<i64>(&db).await?, with(vec![Some(7), None]));
    assert_eq!(read::<u8>(&db).await?.into_iter().flatten().collect::<Vec<_>>(), [7]);
    let floats = read::<f64>(&db).await?;
    assert_eq!(floats[..3], [Some(7.0), Some(7.5), None]);
    assert_eq!(floats.iter().flatten().count(), 2);
    let decimals = read::<Decimal>(&db).await?;
    assert_eq!(decimals[..3], [Some(Decimal::from(7)), Some(Decimal::new(75, 1)), None]);
    assert_eq!(decimals.iter().flatten().count(), 2);
    let texts = read::<String>(&db).await?;
    assert_eq!(texts.into_iter().flatten().collect::<Vec<_>>(), ["memo", "7"]);
    assert_eq!(read::<bool>(&db).await?.into_iter().flatten().collect::<Vec<_>>(), [true]);
    Ok(())
}

async fn a_key_that_is_missing_is_null_as_every_type(test: Test) -> Result<()> {
    let db = papers(&test, &[json!(1)]).await?;
    let path = || JsonPath::new().key("v").index(3).key("w");
    let row = Paper::find_all()
        .select((
            Paper::DATA.json_value::<i64>(path()),
            Paper::DATA.json_value::<f64>("w"),
            Paper::DATA.json_value::<String>("w"),
            Paper::DATA.json_value::<bool>("w"),
            Paper::DATA.json_value::<NaiveDate>("w"),
        ))
        .exec(&db)
        .await?;
    assert_eq!(row, [(None, None, None, None, None)]);
    Ok(())
}

async fn a_number_that_the_type_cannot_hold_is_null(test: Test) -> Result<()> {
    let values = [
        json!(i64::MIN),
        json!(-129),
        json!(-1),
        json!(0),
        json!(255),
        json!(256),
        json!(i64::from(i32::MAX)),
        json!(i64::from(i32::MAX) + 1),
        json!(i64::MAX),
        json!(1e19),
        json!(1e40),
        json!(1e300),
        json!(-1e300),
        json!(1e-40),
        json!(0.5),
    ];
    let db = papers(&test, &values).await?;
    let whole = |min: i64, max: i64| -> Vec<Option<i64>> {
        values.iter().map(|v| v.as_i64().filter(|n| (min..=max).contains(n))).collect()
    };
    assert_eq!(read::<i64>(&db).await?, whole(i64::MIN, i64::MAX));
    assert_eq!(
        read::<i32>(&db).await?,
        whole(i32::MIN.into(), i32::MAX.into()).into_iter().map(|n| n.map(|n| n as i32)).collect::<Vec<_>>()
    );
    assert_eq!(read::<i8>(&db).await?, whole(-128, 127).into_iter().map(|n| n.map(|n| n as i8)).collect::<Vec<_>>());
    assert_eq!(read::<u8>(&db).await?, whole(0, 255).into_iter().map(|n| n.map(|n| n as u8)).collect::<Vec<_>>());
    assert_eq!(read::<f64>(&db).await?, values.iter().map(Document::as_f64).collect::<Vec<_>>());
    let singles = read::<f32>(&db).await?;
    assert_eq!(singles[10..13], [None, None, None]);
    assert_eq!(singles[14], Some(0.5));
    Ok(())
}

async fn whole_numbers_may_be_written_as_floats(test: Test) -> Result<()> {
    let db = papers(&test, &[json!(7.0), json!(-2.0), json!(1e3)]).await?;
    assert_eq!(read::<i64>(&db).await?, [Some(7), Some(-2), Some(1000)]);
    assert_eq!(Paper::count().filter(Paper::DATA.json_value::<i32>("v").gt(6)).exec(&db).await?, 2);
    Ok(())
}

async fn text_that_is_no_date_is_null(test: Test) -> Result<()> {
    let values = [
        json!("2024-02-29"),
        json!("2023-02-29"),
        json!("2024-02-31"),
        json!("2024-13-01"),
        json!("2024-00-10"),
        json!("0000-01-01"),
        json!("0001-12-31"),
        json!("9999-12-31"),
        json!("2024-02-29T00:00:00"),
        json!("2024-2-9"),
        json!("memo"),
        json!(""),
        json!(20240229),
        Document::Null,
    ];
    let db = papers(&test, &values).await?;
    let mut expected = vec![None; values.len()];
    for place in [0, 6, 7] {
        expected[place] = values[place].as_str().and_then(|text| text.parse::<NaiveDate>().ok());
    }
    assert_eq!(read::<NaiveDate>(&db).await?, expected);
    let leap = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    assert_eq!(Paper::count().filter(Paper::DATA.json_value::<NaiveDate>("v").eq(leap)).exec(&db).await?, 1);
    Ok(())
}

async fn text_that_is_no_label_is_null(test: Test) -> Result<()> {
    let db = papers(&test, &[json!("red"), json!("it's \\ \"blue\""), json!("Purple"), json!(0)]).await?;
    assert_eq!(read::<Colour>(&db).await?, [Some(Colour::Red), Some(Colour::Blue), None, None]);
    Ok(())
}

async fn a_part_of_a_document_is_a_document(test: Test) -> Result<()> {
    let db = papers(&test, &[json!({"a": [1, "x"]}), json!("text")]).await?;
    let parts = read::<Document>(&db).await?;
    assert_eq!(parts, [Some(json!({"a": [1, "x"]})), Some(json!("text"))]);
    Ok(())
}

async fn a_type_that_json_lacks_is_refused(test: Test) -> Result<()> {
    let db = papers(&test, &[json!("x")]).await?;
    let error = read::<Vec<u8>>(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("json_text"), "{error}");
    Ok(())
}

async fn values_are_written_from_documents_without_an_error(test: Test) -> Result<()> {
    let values = [json!(12), json!("memo"), json!(7.5), json!(1e300), json!("2024-02-31")];
    let db = papers(&test, &values).await?;
    Paper::update().set(Paper::PAGES, Paper::DATA.json_value::<i64>("v")).all_rows().exec(&db).await?;
    let pages = Paper::find_all().select(Paper::PAGES).order_by(Paper::ID.asc()).exec(&db).await?;
    assert_eq!(pages, [Some(12), None, None, None, None]);
    let none = Paper::update()
        .set(Paper::PAGES, Some(1))
        .filter(Paper::DATA.json_value::<NaiveDate>("v").is_not_null())
        .filter(Paper::DATA.json_value::<Decimal>("v").is_null())
        .exec(&db)
        .await?;
    assert_eq!(none, 0);
    Ok(())
}

async fn keys_of_any_characters_are_found(test: Test) -> Result<()> {
    let keys = ["a\tb", "\u{1}", "\r\n", "\u{8}\u{c}\u{1f}", "é.[0]", "\u{7f}", ""];
    let db = test.with::<(Paper,)>().await?;
    let document: Document = keys.iter().map(|key| ((*key).to_owned(), json!(key.len()))).collect();
    Paper::create().id(1).data(json!({ "in": document })).exec(&db).await?;
    for key in keys {
        let path = || JsonPath::new().key("in").key(key);
        let found = Paper::find_all().select(Paper::DATA.json_value::<i64>(path())).exec(&db).await?;
        assert_eq!(found, [Some(key.len() as i64)], "{key:?}");
        assert_eq!(Paper::count().filter(Paper::DATA.json_text(path()).is_not_null()).exec(&db).await?, 1, "{key:?}");
    }
    Ok(())
}

cases! { $ json:
    keys_of_any_characters_are_found,
    a_value_is_read_as_its_own_type_only,
    a_key_that_is_missing_is_null_as_every_type,
    a_number_that_the_type_cannot_hold_is_null,
    whole_numbers_may_be_written_as_floats,
    text_that_is_no_date_is_null,
    text_that_is_no_label_is_null,
    a_part_of_a_document_is_a_document,
    a_type_that_json_lacks_is_refused,
    values_are_written_from_documents_without_an_error,
}
