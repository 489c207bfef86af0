//! An encrypted column without a blind index is not compared, ordered by or computed with.

use orm::prelude::*;

#[derive(Clone, Model)]
struct Patient {
    #[orm(primary_key)]
    id: i64,
    #[orm(encrypt)]
    name: String,
    #[orm(encrypt(deterministic))]
    ssn: String,
}

fn main() {
    let _ = Patient::find_all().filter(Patient::NAME.eq("Ada"));
    let _ = Patient::find_all().filter(Patient::SSN.like("1%"));
    let _ = Patient::find_all().order_by(Patient::SSN);
    let _ = Patient::find_all().filter(Patient::SSN.gt("1"));
}
