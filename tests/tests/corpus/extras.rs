//! The models of extras, as models.json of the corpus has them. Nothing else.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use orm::prelude::*;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::json::{as_hex, as_scale3, as_text};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[orm(storage = "native", name = "enum_ticket_state")]
pub(crate) enum State {
    #[orm(rename = "open")]
    #[serde(rename = "open")]
    Open,
    #[orm(rename = "held")]
    #[serde(rename = "held")]
    Held,
    #[orm(rename = "closed")]
    #[serde(rename = "closed")]
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[orm(storage = "native", name = "enum_Kinds_mood")]
pub(crate) enum Mood {
    #[orm(rename = "sad")]
    #[serde(rename = "sad")]
    Sad,
    #[orm(rename = "ok")]
    #[serde(rename = "ok")]
    Ok,
    #[orm(rename = "happy")]
    #[serde(rename = "happy")]
    Happy,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Doc", rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub(crate) struct Doc {
    #[orm(primary_key)]
    pub(crate) id: i32,
    #[orm(length = 80)]
    pub(crate) title: String,
    pub(crate) meta: Option<serde_json::Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Task", rename_all = "camelCase", timestamps, paranoid)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Task {
    #[orm(primary_key)]
    pub(crate) id: i32,
    #[orm(length = 80)]
    pub(crate) title: String,
    #[orm(default = 0)]
    pub(crate) priority: i32,
    #[orm(default = false)]
    pub(crate) done: bool,
    pub(crate) owner_id: Option<i32>,
    #[serde(serialize_with = "as_text")]
    pub(crate) created_at: DateTime<Utc>,
    #[serde(serialize_with = "as_text")]
    pub(crate) updated_at: DateTime<Utc>,
    #[serde(serialize_with = "as_text")]
    pub(crate) deleted_at: Option<DateTime<Utc>>,
    #[orm(belongs_to)]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) owner: BelongsTo<Owner>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Owner", rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub(crate) struct Owner {
    #[orm(primary_key)]
    pub(crate) id: i32,
    #[orm(unique, length = 40)]
    pub(crate) name: String,
    pub(crate) rank: Option<i32>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) tasks: HasMany<Task>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "ticket", rename_all = "camelCase", timestamps(created_at = created_on, updated_at = false), paranoid = removed_on)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ticket {
    #[orm(primary_key, column = "ticket_no")]
    pub(crate) ticket_no: i32,
    #[orm(length = 60)]
    pub(crate) subject: String,
    #[orm(default = State::Open)]
    pub(crate) state: State,
    #[orm(column = "created_on")]
    #[serde(rename = "created_on", serialize_with = "as_text")]
    pub(crate) created_on: DateTime<Utc>,
    #[orm(column = "removed_on")]
    #[serde(rename = "removed_on", serialize_with = "as_text")]
    pub(crate) removed_on: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Account", rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    #[orm(primary_key)]
    pub(crate) id: i32,
    #[orm(length = 40)]
    pub(crate) holder: String,
    #[orm(default = 0)]
    pub(crate) balance: i32,
    #[orm(version)]
    pub(crate) version: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "wallet", rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wallet {
    #[orm(primary_key, column = "wallet_id")]
    pub(crate) wallet_id: i32,
    #[orm(length = 40)]
    pub(crate) label: String,
    #[orm(default = 0)]
    pub(crate) coins: i32,
    #[orm(version)]
    pub(crate) revision: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Folder", rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub(crate) struct Folder {
    #[orm(primary_key)]
    pub(crate) id: i32,
    #[orm(length = 40)]
    pub(crate) name: String,
    pub(crate) parent_id: Option<i32>,
    #[orm(has_many(key = parent_id))]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) children: HasMany<Folder>,
    #[orm(belongs_to(on_delete = cascade))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) parent: BelongsTo<Folder>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) notes: HasMany<Note>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Note", rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub(crate) struct Note {
    #[orm(primary_key)]
    pub(crate) id: i32,
    pub(crate) body: Option<String>,
    pub(crate) folder_id: Option<i32>,
    #[orm(belongs_to(on_delete = set_null))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) folder: BelongsTo<Folder>,
}

/// The corpus keeps UUIDs as text where there is no type for them; this ORM's own are bytes there.
macro_rules! kinds {
    ($name:ident, $uuid:ty) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Model)]
        #[orm(table = "Kinds", rename_all = "camelCase")]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct $name {
            #[orm(primary_key)]
            pub(crate) id: i32,
            pub(crate) flag: Option<bool>,
            pub(crate) tiny: Option<i16>,
            pub(crate) big: Option<i64>,
            pub(crate) dbl: Option<f64>,
            #[orm(precision(12, 3))]
            #[serde(serialize_with = "as_scale3")]
            pub(crate) price: Option<Decimal>,
            pub(crate) txt: Option<String>,
            #[serde(serialize_with = "as_text")]
            pub(crate) day: Option<NaiveDate>,
            #[serde(serialize_with = "as_text")]
            pub(crate) clock: Option<NaiveTime>,
            #[serde(serialize_with = "as_text")]
            pub(crate) at: Option<DateTime<Utc>>,
            pub(crate) uid: Option<$uuid>,
            #[serde(serialize_with = "as_hex")]
            pub(crate) data: Option<Vec<u8>>,
            pub(crate) mood: Option<Mood>,
        }
    };
}

kinds!(Kinds, String);
kinds!(NativeKinds, PostgresUuid);

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Member", rename_all = "camelCase", timestamps)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    #[orm(primary_key)]
    pub(crate) id: i32,
    #[orm(unique, length = 80)]
    pub(crate) email: String,
    #[orm(length = 40)]
    pub(crate) nick: Option<String>,
    #[orm(default = 0)]
    pub(crate) visits: i32,
    #[serde(serialize_with = "as_text")]
    pub(crate) created_at: DateTime<Utc>,
    #[serde(serialize_with = "as_text")]
    pub(crate) updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Slot", rename_all = "camelCase", unique(room, hour, name = "slot_room_hour"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Slot {
    #[orm(primary_key)]
    pub(crate) id: i32,
    #[orm(length = 20)]
    pub(crate) room: String,
    pub(crate) hour: i32,
    #[orm(length = 40)]
    pub(crate) booked: Option<String>,
}

/// A UUID of PostgreSQL, serialised as text.
#[derive(Debug, Clone, PartialEq, orm::Value)]
pub(crate) struct PostgresUuid(pub(crate) uuid::Uuid);

impl Serialize for PostgresUuid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
