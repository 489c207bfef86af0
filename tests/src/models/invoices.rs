//! Columns that may not change in any way.

use orm::prelude::*;
use orm::{Draft, Tx};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum State {
    Draft,
    Sent,
    Paid,
    Void,
    Refunded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[orm(storage = "integer")]
pub enum Grade {
    Low = 1,
    High = 5,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(timestamps)]
pub struct Invoice {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(immutable, unique, length = 20)]
    pub number: String,
    #[orm(immutable)]
    pub author: Option<i64>,
    #[orm(write_once, length = 20)]
    pub receipt: Option<String>,
    #[orm(default = State::Draft, transitions(draft => [sent, void], sent => paid, paid => refunded))]
    pub state: State,
    #[orm(transitions(Low => High))]
    pub grade: Option<Grade>,
    #[orm(length = 40)]
    pub note: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// One with hooks and a version.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(hooks(before_update = Parcel::count))]
pub struct Parcel {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(immutable, length = 20)]
    pub code: String,
    #[orm(default = State::Draft, transitions(draft => sent))]
    pub state: State,
    #[orm(default = 0)]
    pub changes: i32,
    #[orm(version)]
    pub version: i32,
}

impl Parcel {
    async fn count(parcel: &mut Draft<'_, Self>, _tx: &Tx<'_>) -> orm::Result<()> {
        let changes = parcel.get(Self::CHANGES)?.unwrap_or_default();
        parcel.set(Self::CHANGES, changes + 1);
        Ok(())
    }
}

/// The tables.
pub type Invoices = (Invoice, Parcel);
