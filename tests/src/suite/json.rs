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

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "sheets")]
struct Sheet {
    #[orm(primary_key)]
    id: i64,
    data: Option<Document>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Edit {
    Set,
    Remove,
    Append,
    Prepend,
}

#[derive(Debug, Clone)]
enum Step {
    Key(&'static str),
    Index(u32),
}

/// What a change makes of a document, by the rules of [`orm::JsonPlace`].
fn changed(document: &Option<Document>, path: &[Step], edit: Edit, new: &Document) -> Option<Document> {
    let fits = |at: &Document, step: &Step| match step {
        Step::Key(_) => at.is_object(),
        Step::Index(_) => at.is_array(),
    };
    let empty = |next: Option<&Step>| if matches!(next, Some(Step::Key(_))) { json!({}) } else { json!([]) };
    if document.is_none() && edit == Edit::Remove {
        return None;
    }
    let mut made = document.clone().unwrap_or_else(|| empty(path.first()));
    let mut at = &mut made;
    let ends_in_array = matches!(edit, Edit::Append | Edit::Prepend);
    let (way, last) = path.split_at(if ends_in_array { path.len() } else { path.len() - 1 });
    for (i, step) in way.iter().enumerate() {
        if !fits(at, step) {
            return document.clone();
        }
        at = match step {
            Step::Key(key) if edit == Edit::Remove => match at.get_mut(key) {
                Some(next) => next,
                None => return document.clone(),
            },
            Step::Key(key) => at.as_object_mut().unwrap().entry(*key).or_insert_with(|| empty(path.get(i + 1))),
            Step::Index(index) => match at.get_mut(*index as usize) {
                Some(next) => next,
                None => return document.clone(),
            },
        };
    }
    if ends_in_array {
        let Some(items) = at.as_array_mut() else { return document.clone() };
        let place = if edit == Edit::Append { items.len() } else { 0 };
        items.insert(place, new.clone());
        return Some(made);
    }
    if !fits(at, &last[0]) {
        return document.clone();
    }
    match (&last[0], edit) {
        (Step::Key(key), Edit::Remove) => drop(at.as_object_mut().unwrap().remove(*key)),
        (Step::Key(key), _) => drop(at.as_object_mut().unwrap().insert((*key).to_owned(), new.clone())),
        (Step::Index(index), edit) => {
            let (items, index) = (at.as_array_mut().unwrap(), *index as usize);
            match (items.get_mut(index), edit) {
                (Some(_), Edit::Remove) => drop(items.remove(index)),
                (None, Edit::Remove) => {}
                (Some(item), _) => *item = new.clone(),
                (None, _) => items.push(new.clone()),
            }
        }
    }
    Some(made)
}

fn place(path: &[Step]) -> JsonPath {
    path.iter().fold(JsonPath::new(), |path, step| match step {
        Step::Key(key) => path.key(*key),
        Step::Index(index) => path.index(*index),
    })
}

async fn changes_inside_of_a_document_are_the_same_everywhere(test: Test) -> Result<()> {
    use Step::{Index, Key};
    let documents = [
        None,
        Some(Document::Null),
        Some(json!({})),
        Some(json!([])),
        Some(json!(7)),
        Some(json!({ "a": 1, "b": null, "c": "text" })),
        Some(json!({ "a": { "b": { "c": 1, "0": 2 } }, "0": [1], "a.b": 3, "it's": 4, "ü ?": [] })),
        Some(json!({ "a": [1, [2, 3], { "b": [] }], "b": [] })),
        Some(json!([{ "a": 1 }, [], "x", null, 1.5])),
    ];
    let paths: Vec<Vec<Step>> = vec![
        vec![],
        vec![Key("a")],
        vec![Key("b")],
        vec![Key("0")],
        vec![Key("a.b")],
        vec![Key("it's")],
        vec![Key("ü ?")],
        vec![Key("$[0]")],
        vec![Key("")],
        vec![Key("a"), Key("b")],
        vec![Key("a"), Key("b"), Key("c")],
        vec![Key("x"), Key("y"), Key("z")],
        vec![Key("a"), Key("0")],
        vec![Key("a"), Index(0)],
        vec![Key("a"), Index(1), Index(1)],
        vec![Key("a"), Index(2), Key("b")],
        vec![Key("a"), Index(9)],
        vec![Key("b"), Index(0)],
        vec![Key("x"), Index(0)],
        vec![Key("x"), Index(0), Key("y")],
        vec![Index(0)],
        vec![Index(0), Key("a")],
        vec![Index(1), Index(0)],
        vec![Index(9)],
        vec![Index(9), Key("a")],
    ];
    let values = [json!(1), json!("t\"é'x\\"), json!({ "n": [null, 1.25] }), json!(null), json!(true)];
    let db = test.with::<(Sheet,)>().await?;
    for (id, document) in (0..).zip(&documents) {
        Sheet::create().id(id).data(document.clone()).exec(&db).await?;
    }
    for (i, path) in paths.iter().enumerate() {
        for edit in [Edit::Set, Edit::Remove, Edit::Append, Edit::Prepend] {
            if path.is_empty() && matches!(edit, Edit::Set | Edit::Remove) {
                continue;
            }
            let (at, new) = (Sheet::DATA.path(place(path)), &values[i % values.len()]);
            let change = match edit {
                Edit::Set => at.set(new),
                Edit::Remove => at.remove(),
                Edit::Append => at.append(new),
                Edit::Prepend => at.prepend(new),
            };
            let found = Sheet::find_all().order_by(Sheet::ID).select(change).exec(&db).await?;
            let expected: Vec<_> = documents.iter().map(|document| changed(document, path, edit, new)).collect();
            for ((found, expected), document) in found.into_iter().zip(expected).zip(&documents) {
                assert_eq!(found, expected, "{edit:?} {new} at {path:?} of {document:?}");
            }
        }
    }
    Ok(())
}

async fn documents_are_changed_in_place(test: Test) -> Result<()> {
    let db = test.with::<(Sheet,)>().await?;
    let mut sheet = Sheet::create().id(1).exec(&db).await?;
    sheet.update().data(Sheet::DATA.path(["a", "b"]).set(1)).exec(&db).await?;
    assert_eq!(sheet.data, Some(json!({ "a": { "b": 1 } })));
    let chain =
        Sheet::DATA.path(["a", "b"]).set("x").path("list").append(1).path("list").prepend(0).path("c").set(true);
    sheet.update().data(chain.path("c").remove()).exec(&db).await?;
    assert_eq!(sheet.data, Some(json!({ "a": { "b": "x" }, "list": [0, 1] })));
    let changed = Sheet::update().data(Sheet::DATA.path(["a", "b"]).set(json!({ "deep": [1] }))).all_rows();
    assert_eq!(changed.exec(&db).await?, 1);
    sheet.reload(&db).await?;
    assert_eq!(sheet.data, Some(json!({ "a": { "b": { "deep": [1] } }, "list": [0, 1] })));
    // The whole document, and what makes no sense.
    sheet.update().data(Sheet::DATA.path(JsonPath::new()).set([1, 2])).exec(&db).await?;
    assert_eq!(sheet.data, Some(json!([1, 2])));
    let error = sheet.update().data(Sheet::DATA.path(JsonPath::new()).remove()).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    let unwritable = std::collections::HashMap::from([(vec![1], 2)]);
    let error = sheet.update().data(Sheet::DATA.path("a").set(unwritable)).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    Ok(())
}

async fn keys_with_quotes_are_changed_or_refused(test: Test) -> Result<()> {
    let db = test.with::<(Sheet,)>().await?;
    let mut sheet = Sheet::create().id(1).data(json!({ "a\"b": 1 })).exec(&db).await?;
    let change = Sheet::DATA.path("a\"b").set(2).path(["x\\y", "z"]).set(3);
    match sheet.update().data(change).exec(&db).await {
        Ok(()) => assert_eq!(sheet.data, Some(json!({ "a\"b": 2, "x\\y": { "z": 3 } }))),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert_eq!(test.backend, "sqlite", "{error}");
        }
    }
    Ok(())
}

cases! { $ json:
    changes_inside_of_a_document_are_the_same_everywhere,
    documents_are_changed_in_place,
    keys_with_quotes_are_changed_or_refused,
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
