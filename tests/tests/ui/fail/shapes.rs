//! Items that cannot be what they derive.

use orm::prelude::*;

#[derive(Model)]
struct Pair(i64, i64);

#[derive(Model)]
enum Choice {
    A,
}

#[derive(Model)]
struct Borrowed<'a> {
    name: &'a str,
}

#[derive(Model)]
struct Keyless {
    id: i64,
}

#[derive(Clone, Enum)]
enum Shape {
    Circle(f64),
}

#[derive(Clone, orm::Value)]
struct Named {
    name: String,
}

#[derive(Projection)]
struct Card {
    id: i64,
}

fn main() {}
