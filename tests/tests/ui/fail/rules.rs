//! Rules on columns of a type that they are not for, and functions of another form.

use orm::prelude::*;
use orm::{Draft, Violations};

#[derive(Debug, Clone, Model)]
struct WrongTypes {
    #[orm(primary_key)]
    id: i64,
    #[orm(validate(length = 3..=80))]
    age: i32,
    #[orm(validate(email))]
    number: Option<i64>,
    #[orm(validate(range = 3..=80))]
    name: String,
    #[orm(normalize(trim))]
    count: i32,
}

#[derive(Debug, Clone, Model)]
#[orm(validate = takes_a_row, validate = User::missing)]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(validate(custom = even))]
    name: String,
    #[orm(validate(range = 0..="9"))]
    age: i32,
    #[orm(validate(one_of("a", 3)))]
    role: String,
}

fn even(n: &i32) -> Result<(), &'static str> {
    if n % 2 == 0 { Ok(()) } else { Err("must be even") }
}

fn takes_a_row(_user: &User, _found: &mut Violations) -> Result<()> {
    Ok(())
}

fn is_whole(_user: &Draft<'_, User>) -> bool {
    true
}

fn main() {
    let _ = is_whole;
}
