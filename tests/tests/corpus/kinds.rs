//! Cases of `json` and `types`: documents and every kind of value.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use orm::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::data::Backend;
use crate::extras::{Doc, Kinds, Mood, NativeKinds, PostgresUuid};
use crate::{Case, camel_rows, case};

/// The keys of the documents for which a condition holds.
async fn ids(condition: Condition<Doc>, db: &Database) -> Result<Vec<i32>> {
    Doc::find_all().filter(condition).order_by(Doc::ID.asc()).select(Doc::ID).exec(db).await
}

/// A UUID as a column has it.
trait Uid: Sized {
    fn uid(text: &str) -> Self;
}
impl Uid for String {
    fn uid(text: &str) -> Self {
        text.to_owned()
    }
}
impl Uid for PostgresUuid {
    fn uid(text: &str) -> Self {
        Self(text.parse().unwrap())
    }
}

/// The three cases of types, on one of the models.
macro_rules! types {
    ($model:ident, $uuid:ty) => {
        pub(super) async fn read(db: &Database) -> Result<Value> {
            Ok(to_json($model::find_all().order_by($model::ID.asc()).exec(db).await?))
        }

        pub(super) async fn write(db: &Database) -> Result<Value> {
            let made = $model::create()
                .flag(true)
                .tiny(12)
                .big(1_234_567_890_123_456_789)
                .dbl(0.1)
                .price(Decimal::new(19_990, 3))
                .txt("λ\n\"x\"'y'\\z")
                .day("2000-01-31".parse::<NaiveDate>().unwrap())
                .clock("12:34:56".parse::<NaiveTime>().unwrap())
                .at("2001-02-03T04:05:06.789Z".parse::<DateTime<Utc>>().unwrap())
                .uid(<$uuid>::uid("f47ac10b-58cc-4372-a567-0e02b2c3d479"))
                .data(b"bin\0ary".to_vec())
                .mood(Mood::Ok)
                .exec(db)
                .await?;
            let row = $model::find_all().filter($model::ID.eq(made.id)).exec(db).await?;
            Ok(json!({ "made": made, "row": row }))
        }

        pub(super) async fn find(db: &Database) -> Result<Value> {
            let ids = async |condition: Condition<$model>| {
                $model::find_all().filter(condition).order_by($model::ID.asc()).select($model::ID).exec(db).await
            };
            let day: NaiveDate = "2024-02-29".parse().unwrap();
            let at: DateTime<Utc> = "1970-01-01T00:00:00Z".parse().unwrap();
            let noon: NaiveTime = "12:00:00".parse().unwrap();
            Ok(json!({
                "flag": ids($model::FLAG.eq(true)).await?,
                "big": ids($model::BIG.eq(9_007_199_254_740_993)).await?,
                "dbl": ids($model::DBL.eq(-0.25)).await?,
                "price": ids($model::PRICE.eq(Decimal::new(1_234_567_125, 3))).await?,
                "day": ids($model::DAY.eq(day)).await?,
                "at": ids($model::AT.eq(at)).await?,
                "uid": ids($model::UID.eq(<$uuid>::uid("6ba7b810-9dad-11d1-80b4-00c04fd430c8"))).await?,
                "mood": ids($model::MOOD.in_([Mood::Sad, Mood::Ok])).await?,
                "clock": ids($model::CLOCK.gt(noon)).await?,
                "emptyText": ids($model::TXT.eq("")).await?,
            }))
        }
    };
}

mod text {
    use super::*;
    use crate::json::to_json;
    types!(Kinds, String);
}

mod native {
    use super::*;
    use crate::json::to_json;
    types!(NativeKinds, PostgresUuid);
}

fn is_native(db: &Database) -> bool {
    db.dialect().name().starts_with("postgres")
}

/// The cases.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = documents();
    cases.extend([
        case!("types-001", |db| if is_native(db) { native::read(db).await? } else { text::read(db).await? })
            .differs_on(
                &[Backend::Mariadb, Backend::Mysql],
                &["/0/big"],
                "a 64-bit integer is a number; MariaDB's client for JavaScript gives its halves",
            ),
        case!("types-002", |db| if is_native(db) { native::write(db).await? } else { text::write(db).await? })
            .answers_as(
                Backend::Postgres,
                &[Backend::Mariadb, Backend::Mysql],
                &["/row/0/big"],
                "a 64-bit integer is a number; MariaDB's client for JavaScript gives its halves",
            )
            .differs_on(
                &[Backend::Mysql],
                &["/row/0/at"],
                "recorded on MariaDB, which cuts off what a DATETIME has no digits for; MySQL rounds",
            ),
        case!("types-003", |db| if is_native(db) { native::find(db).await? } else { text::find(db).await? }),
    ]);
    cases
}

fn documents() -> Vec<Case> {
    vec![
        case!("json-001", |db| Doc::find_all().order_by(Doc::ID.asc()).exec(db).await?),
        case!("json-002", |db| {
            json!({
                "obj": ids(Doc::META.json_text(["author", "name"]).eq("Brook"), db).await?,
                "dotted": ids(Doc::META.json_text(["author", "name"]).eq("Ada"), db).await?,
                "deep": ids(Doc::META.json_text(["author", "address", "city"]).eq("Oslo"), db).await?,
            })
        }),
        case!("json-003", |db| {
            json!({
                "gt": ids(Doc::META.json_value::<f64>("size").gt(5.0), db).await?,
                "between": ids(Doc::META.json_value::<f64>("size").between(3.0, 8.0), db).await?,
                "like": ids(Doc::META.json_text("kind").like("m%"), db).await?,
            })
        }),
        case!("json-004", |db| {
            json!({
                "true": ids(Doc::META.json_value::<bool>("on").eq(true), db).await?,
                "false": ids(Doc::META.json_value::<bool>("off").eq(false), db).await?,
                "null": ids(Doc::META.json_text("kind").is_null(), db).await?,
                "colNull": ids(Doc::META.is_null(), db).await?,
            })
        })
        .answers_as(
            Backend::Sqlite,
            &[Backend::Mariadb, Backend::Mysql],
            &["/null"],
            "a JSON null and a missing key are both NULL, on every database",
        ),
        case!("json-005", |db| {
            camel_rows!(Kind of Doc {
                id: i32,
                #[orm(expr = Doc::META.json_text("kind"))]
                kind: Option<String>,
            });
            let by_name = Doc::META.json_text(["author", "name"]).desc();
            json!({
                "attr": Doc::find_all().project::<Kind>().order_by(Doc::ID.asc()).exec(db).await?,
                "order": Doc::find_all().filter(Doc::ID.in_([1, 2, 6])).order_by(by_name).select(Doc::ID).exec(db).await?,
            })
        })
        .answers_as(Backend::Sqlite, &[Backend::Mariadb, Backend::Mysql], &["/attr/3/kind"], "a JSON null is NULL, on every database"),
        case!("json-006", |db| {
            let made = Doc::create().title("new").meta(json!({ "list": [1, { "two": 2 }], "s": "x" })).exec(db).await?;
            let mut doc = Doc::find_by_pk(1).required(db).await?;
            if let Some(meta) = &mut doc.meta {
                meta["author"]["name"] = "Grace".into();
            }
            doc.save(db).await?;
            let rows = Doc::find_all().filter(Doc::ID.in_([1, made.id])).order_by(Doc::ID.asc()).exec(db).await?;
            json!({ "made": made.meta, "changed": Value::Null, "rows": rows })
        })
        .differs(&["/changed"], "a struct does not record changes: `update` writes what is named, `save` all columns"),
        case!("json-007", |db| {
            let mut doc = Doc::find_by_pk(2).required(db).await?;
            if let Some(meta) = &mut doc.meta {
                meta["kind"] = "edited".into();
            }
            doc.save(db).await?;
            let doc = Doc::find_by_pk(2).required(db).await?;
            json!({ "before": Value::Null, "mid": Value::Null, "after": doc.meta.map(|meta| meta["kind"].clone()) })
        })
        .differs(&["/before", "/mid"], "`save` writes all columns, so a change inside a document is written at once"),
    ]
}
