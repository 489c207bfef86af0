//! Keys of several columns where one is meant, and values that are no keys.

use orm::prelude::*;

#[derive(Model)]
#[orm(primary_key(hall, number))]
struct Seat {
    hall: String,
    number: i32,
}

#[derive(Model)]
struct Booking {
    #[orm(primary_key)]
    id: i64,
    seat_id: i64,
    seat: BelongsTo<Seat>,
}

#[derive(Model)]
struct Guest {
    #[orm(primary_key)]
    id: i64,
    booking_id: String,
    booking: BelongsTo<Booking>,
}

fn main() {
    let _ = Booking::find_by_pk("one");
    let _ = Seat::find_by_pk(1);
    let _ = Seat::find_by_pk((1, "a"));
}
