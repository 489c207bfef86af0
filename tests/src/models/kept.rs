//! Models whose changes are kept: in a history, and as numbers of rows in parents.

use orm::chrono::NaiveDate;
use orm::prelude::*;
use orm::serde_json::Value as Document;
use orm::{Field, Policy, Rule, Tx};
use rust_decimal::Decimal;

orm::history!(pub struct PaperHistory, "paper_history");

/// Audited, with a column of every kind that JSON has no type for.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "audited_papers", timestamps, paranoid, audited = PaperHistory)]
pub struct Paper {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 40)]
    pub title: String,
    #[orm(precision(10, 2))]
    pub price: Option<Decimal>,
    #[orm(default = false)]
    pub public: bool,
    #[orm(default = 0)]
    pub reads: i32,
    pub weight: Option<f64>,
    pub day: Option<NaiveDate>,
    pub data: Option<Document>,
    pub bytes: Option<Vec<u8>>,
    pub code: Option<uuid::Uuid>,
    #[orm(unaudited)]
    pub secret: Option<String>,
    #[orm(version)]
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
}

orm::history!(pub struct MemoHistory, "memo_history");

/// Audited, with a policy, a column that no viewer sees, and one that nothing shows.
#[derive(Clone, Model)]
#[orm(policy = Clerk, audited = MemoHistory)]
pub struct Memo {
    #[orm(primary_key)]
    pub id: i64,
    pub owner: i64,
    #[orm(length = 40)]
    pub note: Option<String>,
    #[orm(hidden, length = 40)]
    pub token: Option<String>,
}

/// Who sees all memos, changes their own, and sees no notes.
pub struct Clerk(pub i64);

impl Policy<Memo> for Clerk {
    fn read(&self) -> Rule<Memo> {
        Rule::Allow
    }
    fn update(&self) -> Rule<Memo> {
        Memo::OWNER.eq(self.0).into()
    }
    fn post_update(&self) -> Rule<Memo> {
        Rule::Allow
    }
    fn delete(&self) -> Rule<Memo> {
        self.update()
    }
    fn read_field(&self, field: Field<Memo>) -> Rule<Memo> {
        (!field.is(Memo::NOTE)).into()
    }
}

orm::history!(pub struct StampHistory, "stamp_history");

/// Audited, with hooks and a key of two columns.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(audited = StampHistory, hooks(before_save = Stamp::shout))]
pub struct Stamp {
    #[orm(primary_key, length = 20)]
    pub land: String,
    #[orm(primary_key, auto_increment = false)]
    pub number: i32,
    pub motif: String,
}

impl Stamp {
    async fn shout(row: &mut orm::Draft<'_, Stamp>, _tx: &Tx<'_>) -> Result<()> {
        let motif = row.get(Self::MOTIF)?.unwrap_or_default();
        row.set(Self::MOTIF, motif.to_uppercase());
        Ok(())
    }
}

/// Has the number of its players, and of its fans.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Side {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    #[orm(counter)]
    pub player_count: i64,
    #[orm(counter)]
    pub fan_count: i32,
    pub deleted_at: Option<DateTime<Utc>>,
    pub players: HasMany<Player>,
    pub fans: BelongsToMany<Fan, Fandom>,
}

/// Counted where it is not deleted.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Player {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 40)]
    pub name: String,
    pub side_id: Option<i64>,
    pub deleted_at: Option<DateTime<Utc>>,
    #[orm(counter_cache = player_count)]
    pub side: BelongsTo<Side>,
}

/// Connected to sides.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Fan {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub sides: BelongsToMany<Side, Fandom>,
}

/// A join row, which the side counts.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(primary_key(fan_id, side_id))]
pub struct Fandom {
    pub fan_id: i64,
    pub side_id: i64,
    #[orm(on_delete = cascade)]
    pub fan: BelongsTo<Fan>,
    #[orm(on_delete = cascade, counter_cache = fan_count)]
    pub side: BelongsTo<Side>,
}
