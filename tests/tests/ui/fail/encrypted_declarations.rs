//! What cannot be encrypted, and what a blind index is of.

use orm::BlindIndex;
use orm::prelude::*;

#[derive(Clone, Model)]
struct Patient {
    #[orm(primary_key, encrypt)]
    id: i64,
    #[orm(encrypt, unique)]
    name: String,
    #[orm(encrypt, default_sql = "now()")]
    ssn: String,
    #[orm(encrypt)]
    tags: Vec<String>,
    #[orm(encrypt)]
    email: Option<String>,
    #[orm(blind_index(email))]
    email_index: BlindIndex,
    plain: String,
    #[orm(blind_index(plain))]
    plain_index: BlindIndex,
    #[orm(encrypt(determinstic))]
    note: String,
}

fn main() {}
