//! Models with encrypted columns.

use orm::prelude::*;
use orm::{BlindIndex, Field, Policy, Rule};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Blood {
    A,
    B,
    Zero,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    pub phone: String,
}

#[derive(Clone, PartialEq, Model)]
#[orm(timestamps)]
pub struct Patient {
    #[orm(primary_key)]
    pub id: i64,
    pub ward: i32,
    #[orm(encrypt, validate(length = 2..=80))]
    pub name: String,
    #[orm(encrypt, normalize(trim, lowercase))]
    pub email: Option<String>,
    #[orm(blind_index(email), unique)]
    pub email_index: Option<BlindIndex>,
    #[orm(encrypt(deterministic), length = 20)]
    pub ssn: String,
    #[orm(encrypt)]
    pub score: Option<i64>,
    #[orm(encrypt)]
    pub blood: Option<Blood>,
    #[orm(encrypt)]
    pub born: Option<chrono::NaiveDate>,
    #[orm(encrypt)]
    pub contact: Option<orm::Json<Contact>>,
    #[orm(encrypt)]
    pub photo: Option<Vec<u8>>,
    #[orm(encrypt, default = 7)]
    pub level: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub visits: HasMany<Visit>,
}

#[derive(Clone, PartialEq, Model)]
pub struct Visit {
    #[orm(primary_key)]
    pub id: i64,
    pub patient_id: i64,
    pub day: i32,
    #[orm(encrypt)]
    pub note: Option<String>,
    pub patient: BelongsTo<Patient>,
}

/// What a query reads of an encrypted column by itself.
#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Patient)]
pub struct Named {
    pub id: i64,
    pub name: String,
}

/// A table that was there before its column was encrypted.
#[derive(Clone, PartialEq, Model)]
#[orm(table = "letters")]
pub struct PlainLetter {
    #[orm(primary_key)]
    pub id: i64,
    pub body: Vec<u8>,
}

#[derive(Clone, PartialEq, Model)]
#[orm(table = "letters")]
pub struct Letter {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(encrypt(allow_plaintext))]
    pub body: String,
}

/// The same table under other names, with the keys of the first ones.
#[derive(Clone, PartialEq, Model)]
#[orm(table = "letters")]
pub struct Renamed {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(column = "body", encrypt(key = "letters.body"))]
    pub text: String,
}

/// The same column with the keys of another one.
#[derive(Clone, PartialEq, Model)]
#[orm(table = "letters")]
pub struct Elsewhere {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(encrypt(key = "letters.other"))]
    pub body: String,
}

/// With hooks and a version, whose rows are written one by one.
#[derive(Clone, PartialEq, Model)]
#[orm(hooks(before_save = upper))]
pub struct Badge {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(encrypt)]
    pub code: String,
    #[orm(blind_index(code))]
    pub code_index: BlindIndex,
    #[orm(version)]
    pub version: i32,
}

async fn upper(badge: &mut orm::Draft<'_, Badge>, _tx: &orm::Tx<'_>) -> orm::Result<()> {
    if let Some(code) = badge.get(Badge::CODE)? {
        badge.set(Badge::CODE, code.to_uppercase());
    }
    Ok(())
}

/// Who is looking at [`Secret`]s.
#[derive(Debug, Clone)]
pub struct Clerk;

/// With a column that clerks do not see.
#[derive(Clone, PartialEq, Model)]
#[orm(policy = Clerk)]
pub struct Secret {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(encrypt)]
    pub email: Option<String>,
    #[orm(blind_index(email))]
    pub email_index: Option<BlindIndex>,
    #[orm(encrypt(deterministic), precision(12, 2))]
    pub price: Option<orm::rust_decimal::Decimal>,
}

impl Policy<Secret> for Clerk {
    fn read(&self) -> Rule<Secret> {
        Rule::Allow
    }
    fn read_field(&self, field: Field<Secret>) -> Rule<Secret> {
        if field.is(Secret::EMAIL) { Rule::Deny } else { Rule::Allow }
    }
}

pub type Ward = (Patient, Visit);
