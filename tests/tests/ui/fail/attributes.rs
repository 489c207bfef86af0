//! Words and values that attributes do not have: all are reported at once, each where it stands.

use orm::prelude::*;

#[derive(Model)]
#[orm(tabel = "users", rename_all = "snake", index(nme), timestamps)]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(uniqe)]
    email: String,
    #[orm(length = 10, default = 1, default_sql = "2")]
    age: i64,
    #[orm(has_many)]
    posts: Vec<i64>,
    filter: String,
}

fn main() {
    let _ = User::find_all();
}
