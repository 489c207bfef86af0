//! Every type of column, plain and nullable.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use orm::prelude::*;
use orm::{Json, Scalar, SqlType, Value, ValueRef};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Colour {
    Red,
    DarkGreen,
    #[orm(rename = "it's \\ \"blue\"")]
    Blue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[orm(storage = "integer")]
pub enum Level {
    Low = -5,
    Middle,
    High = 1000,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[orm(storage = "native")]
pub enum Mood {
    Happy,
    Sad,
    #[orm(rename = "so so")]
    SoSo,
}

#[derive(Debug, Clone, PartialEq, Eq, orm::Value)]
pub struct Email(pub String);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    pub size: u32,
    pub words: Vec<String>,
    pub inner: Option<Box<Meta>>,
}

/// One column of every type.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Kind {
    #[orm(primary_key)]
    pub id: i64,
    pub bool_: bool,
    pub i8_: i8,
    pub i16_: i16,
    pub i32_: i32,
    pub i64_: i64,
    pub u8_: u8,
    pub u16_: u16,
    pub u32_: u32,
    pub u64_: u64,
    pub f32_: f32,
    pub f64_: f64,
    pub text: String,
    pub letter: char,
    pub bytes: Vec<u8>,
    pub date: NaiveDate,
    pub time: NaiveTime,
    pub date_time: NaiveDateTime,
    pub instant: DateTime<Utc>,
    pub uuid: Uuid,
    #[orm(precision(28, 9))]
    pub decimal: Decimal,
    pub json: serde_json::Value,
    pub meta: Json<Meta>,
    pub colour: Colour,
    pub level: Level,
    pub mood: Mood,
    pub email: Email,
}

/// The same, nullable.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct MaybeKind {
    #[orm(primary_key)]
    pub id: i64,
    pub bool_: Option<bool>,
    pub i8_: Option<i8>,
    pub i16_: Option<i16>,
    pub i32_: Option<i32>,
    pub i64_: Option<i64>,
    pub u8_: Option<u8>,
    pub u16_: Option<u16>,
    pub u32_: Option<u32>,
    pub u64_: Option<u64>,
    pub f32_: Option<f32>,
    pub f64_: Option<f64>,
    pub text: Option<String>,
    pub letter: Option<char>,
    pub bytes: Option<Vec<u8>>,
    pub date: Option<NaiveDate>,
    pub time: Option<NaiveTime>,
    pub date_time: Option<NaiveDateTime>,
    pub instant: Option<DateTime<Utc>>,
    pub uuid: Option<Uuid>,
    pub decimal: Option<Decimal>,
    pub json: Option<serde_json::Value>,
    pub meta: Option<Json<Meta>>,
    pub colour: Option<Colour>,
    pub level: Option<Level>,
    pub mood: Option<Mood>,
    pub email: Option<Email>,
}

/// A list of numbers, for databases with arrays: a type of its own, made by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers(pub Vec<i32>);

impl Scalar for Numbers {
    const TYPE: SqlType = SqlType::Array(&SqlType::I32);
    fn encode(&self) -> Value {
        Value::Array(&SqlType::I32, self.0.iter().map(|n| Value::I32(*n)).collect())
    }
    fn decode(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Array(items) => {
                items.iter().map(|item| i32::decode(item.as_ref())).collect::<Result<_>>().map(Self)
            }
            _ => Err(Error::decode("a list of numbers", "something else")),
        }
    }
}

/// An array column.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "number_lists")]
pub struct NumberList {
    #[orm(primary_key)]
    pub id: i64,
    pub numbers: Numbers,
    pub more: Option<Numbers>,
}
