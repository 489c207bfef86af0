//! A model that names a viewer for whom there are no rules; attributes that name none.

use orm::prelude::*;

struct Viewer;

#[derive(Debug, Clone, Model)]
#[orm(policy = Viewer)]
struct Doc {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[orm(policy)]
struct Nobody {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[orm(policy = "Viewer")]
struct Quoted {
    #[orm(primary_key)]
    id: i64,
}

fn main() {}
