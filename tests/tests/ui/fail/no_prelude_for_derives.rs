//! The derive where the prelude is missing.

#[derive(Debug, Clone, Model)]
struct Post {
    #[orm(primary_key)]
    id: i64,
}

fn main() {}
