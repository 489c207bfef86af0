//! Keys that are not one integer that counts up.

use orm::prelude::*;
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

/// No key at all.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "log_lines", no_primary_key)]
pub struct LogLine {
    pub level: i32,
    pub text: String,
}
