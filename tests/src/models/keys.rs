//! Keys that are not one generated integer.

use orm::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

/// A key made by the client.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Ticket {
    #[orm(primary_key)]
    pub id: Uuid,
    pub subject: String,
}

/// A key of text.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "currencies")]
pub struct Currency {
    #[orm(primary_key, length = 3)]
    pub code: String,
    pub name: String,
}

/// A key of two columns, one of which is text.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Seat {
    #[orm(primary_key, length = 20)]
    pub hall: String,
    #[orm(primary_key)]
    pub number: i32,
    pub taken_by: Option<String>,
    #[orm(has_many(key(hall, seat_number)))]
    pub bookings: HasMany<Booking>,
}

/// Points at a key of two columns.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Booking {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 20)]
    pub hall: String,
    pub seat_number: i32,
    pub guest: String,
    #[orm(belongs_to(key(hall, seat_number), references(hall, number)))]
    pub seat: BelongsTo<Seat>,
}

/// A key of text that rows point at in other spellings; no foreign key, for databases that mind them.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "lands")]
pub struct Land {
    #[orm(primary_key, length = 20)]
    pub code: String,
    #[orm(length = 20)]
    pub part_of: Option<String>,
    #[orm(key = land_code)]
    pub towns: HasMany<Town>,
    #[orm(key = land_code, other_key = river_id)]
    pub rivers: BelongsToMany<River, Bank>,
    #[orm(key = part_of)]
    pub parts: HasMany<Land>,
}

/// See [`Land`].
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Town {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 20)]
    pub land_code: String,
    #[orm(key = land_code, constraints = false)]
    pub land: BelongsTo<Land>,
}

/// See [`Land`].
#[derive(Debug, Clone, PartialEq, Model)]
pub struct River {
    #[orm(primary_key)]
    pub id: i64,
}

/// Between [`Land`] and [`River`].
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(primary_key(land_code, river_id))]
pub struct Bank {
    #[orm(length = 20)]
    pub land_code: String,
    pub river_id: i64,
}

/// A key that is a decimal.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Rate {
    #[orm(primary_key, precision(6, 2))]
    pub percent: Decimal,
    #[orm(key = rate)]
    pub sales: HasMany<Sale>,
}

/// See [`Rate`].
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Sale {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(precision(6, 2))]
    pub rate: Decimal,
    #[orm(key = rate, constraints = false)]
    pub at: BelongsTo<Rate>,
}

/// A key that may be beyond the greatest signed number.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Crate {
    #[orm(primary_key)]
    pub id: u64,
    pub label: Option<String>,
    pub items: HasMany<Item>,
}

/// See [`Crate`].
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Item {
    #[orm(primary_key)]
    pub id: u64,
    pub crate_id: u64,
    pub name: String,
    #[orm(key = crate_id)]
    pub held_by: BelongsTo<Crate>,
}

/// No key at all.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "log_lines", no_primary_key)]
pub struct LogLine {
    pub level: i32,
    pub text: String,
}
