//! Rows with many values alike and many NULLs, for pages.

use chrono::{DateTime, NaiveDate, Utc};
use orm::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::kinds::{Colour, Level, Mood};

/// One column of each type that has an order.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "entries", paranoid)]
#[orm(index(grade, id))]
pub struct Entry {
    #[orm(primary_key)]
    pub id: i64,
    pub grade: i32,
    #[orm(length = 40)]
    pub name: String,
    #[orm(length = 40)]
    pub nick: Option<String>,
    pub score: Option<i64>,
    pub ratio: Option<f32>,
    pub weight: f64,
    pub active: Option<bool>,
    #[orm(precision(20, 4))]
    pub price: Option<Decimal>,
    pub day: Option<NaiveDate>,
    pub at: DateTime<Utc>,
    pub token: Uuid,
    pub colour: Option<Colour>,
    pub level: Level,
    pub mood: Option<Mood>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub notes: HasMany<EntryNote>,
}

/// What belongs to an entry.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "entry_notes")]
pub struct EntryNote {
    #[orm(primary_key)]
    pub id: i64,
    pub entry_id: i64,
    #[orm(length = 40)]
    pub text: String,
    #[orm(on_delete = cascade)]
    pub entry: BelongsTo<Entry>,
}

/// A row that follows from a number: few different values in each column, of which many are NULL.
pub fn entry(number: u32) -> impl orm::query::Complete<Entry> + use<> {
    let mix = |salt: u32| number.wrapping_mul(2_654_435_761).rotate_left(salt) % 4;
    let of = |salt: u32| (mix(salt) > 0).then_some(mix(salt));
    let texts = ["", "a", "B", "ä z"];
    let instant = DateTime::from_timestamp_micros(1_700_000_000_000_000 + i64::from(mix(9))).unwrap();
    let levels = [Level::Low, Level::Middle, Level::High, Level::Low];
    Entry::create()
        .grade(i32::try_from(mix(1)).unwrap() - 1)
        .name(texts[mix(2) as usize])
        .nick(of(3).map(|n| texts[n as usize].to_owned()))
        .score(of(4).map(i64::from))
        .ratio(of(5).map(|n| [0.1_f32, -2.5, 1e-3, 7.0][n as usize]))
        .weight(f64::from(mix(6)) / 3.0)
        .active(of(7).map(|n| n == 1))
        .price(of(8).map(|n| Decimal::new(i64::from(n) * 1001, 3)))
        .day(of(10).and_then(|n| NaiveDate::from_ymd_opt(2024, 2, 27 + n)))
        .at(instant)
        .token(Uuid::from_u128(u128::from(mix(11)) << 100))
        .colour(of(12).map(|n| [Colour::Red, Colour::DarkGreen, Colour::Blue, Colour::Red][n as usize]))
        .level(levels[mix(13) as usize])
        .mood(of(14).map(|n| [Mood::Happy, Mood::Sad, Mood::SoSo, Mood::Happy][n as usize]))
}
