//! The models of chinook, as models.json of the corpus has them. Nothing else.

use chrono::{DateTime, Utc};
use orm::prelude::*;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::json::as_text;

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Artist", rename_all = "PascalCase")]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Artist {
    #[orm(primary_key)]
    pub(crate) artist_id: i32,
    #[orm(length = 120)]
    pub(crate) name: Option<String>,
    #[orm(has_many)]
    #[serde(rename = "albums", skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) albums: HasMany<Album>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Genre", rename_all = "PascalCase")]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Genre {
    #[orm(primary_key)]
    pub(crate) genre_id: i32,
    #[orm(length = 120)]
    pub(crate) name: Option<String>,
    #[orm(has_many)]
    #[serde(rename = "tracks", skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) tracks: HasMany<Track>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "MediaType", rename_all = "PascalCase")]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MediaType {
    #[orm(primary_key)]
    pub(crate) media_type_id: i32,
    #[orm(length = 120)]
    pub(crate) name: Option<String>,
    #[orm(has_many)]
    #[serde(rename = "tracks", skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) tracks: HasMany<Track>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Playlist", rename_all = "PascalCase")]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Playlist {
    #[orm(primary_key)]
    pub(crate) playlist_id: i32,
    #[orm(length = 120)]
    pub(crate) name: Option<String>,
    #[orm(belongs_to_many(key = playlist_id, other_key = track_id, other_references = track_id))]
    #[serde(rename = "tracks", skip_serializing_if = "BelongsToMany::not_loaded")]
    pub(crate) tracks: BelongsToMany<Track, PlaylistTrack>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Employee", rename_all = "PascalCase")]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Employee {
    #[orm(primary_key)]
    pub(crate) employee_id: i32,
    #[orm(length = 20)]
    pub(crate) last_name: String,
    #[orm(length = 20)]
    pub(crate) first_name: String,
    #[orm(length = 30)]
    pub(crate) title: Option<String>,
    pub(crate) reports_to: Option<i32>,
    #[serde(serialize_with = "as_text")]
    pub(crate) birth_date: Option<DateTime<Utc>>,
    #[serde(serialize_with = "as_text")]
    pub(crate) hire_date: Option<DateTime<Utc>>,
    #[orm(length = 70)]
    pub(crate) address: Option<String>,
    #[orm(length = 40)]
    pub(crate) city: Option<String>,
    #[orm(length = 40)]
    pub(crate) state: Option<String>,
    #[orm(length = 40)]
    pub(crate) country: Option<String>,
    #[orm(length = 10)]
    pub(crate) postal_code: Option<String>,
    #[orm(length = 24)]
    pub(crate) phone: Option<String>,
    #[orm(length = 24)]
    pub(crate) fax: Option<String>,
    #[orm(length = 60)]
    pub(crate) email: Option<String>,
    #[orm(belongs_to(key = reports_to, references = employee_id))]
    #[serde(rename = "manager", skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) manager: BelongsTo<Employee>,
    #[orm(has_many(key = reports_to))]
    #[serde(rename = "reports", skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) reports: HasMany<Employee>,
    #[orm(has_many(key = support_rep_id))]
    #[serde(rename = "customers", skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) customers: HasMany<Customer>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Album", rename_all = "PascalCase")]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Album {
    #[orm(primary_key)]
    pub(crate) album_id: i32,
    #[orm(length = 160)]
    pub(crate) title: String,
    pub(crate) artist_id: i32,
    #[orm(belongs_to(references = artist_id))]
    #[serde(rename = "artist", skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) artist: BelongsTo<Artist>,
    #[orm(has_many)]
    #[serde(rename = "tracks", skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) tracks: HasMany<Track>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Customer", rename_all = "PascalCase")]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Customer {
    #[orm(primary_key)]
    pub(crate) customer_id: i32,
    #[orm(length = 40)]
    pub(crate) first_name: String,
    #[orm(length = 20)]
    pub(crate) last_name: String,
    #[orm(length = 80)]
    pub(crate) company: Option<String>,
    #[orm(length = 70)]
    pub(crate) address: Option<String>,
    #[orm(length = 40)]
    pub(crate) city: Option<String>,
    #[orm(length = 40)]
    pub(crate) state: Option<String>,
    #[orm(length = 40)]
    pub(crate) country: Option<String>,
    #[orm(length = 10)]
    pub(crate) postal_code: Option<String>,
    #[orm(length = 24)]
    pub(crate) phone: Option<String>,
    #[orm(length = 24)]
    pub(crate) fax: Option<String>,
    #[orm(length = 60)]
    pub(crate) email: String,
    pub(crate) support_rep_id: Option<i32>,
    #[orm(belongs_to(references = employee_id))]
    #[serde(rename = "supportRep", skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) support_rep: BelongsTo<Employee>,
    #[orm(has_many)]
    #[serde(rename = "invoices", skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) invoices: HasMany<Invoice>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Track", rename_all = "PascalCase")]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Track {
    #[orm(primary_key)]
    pub(crate) track_id: i32,
    #[orm(length = 200)]
    pub(crate) name: String,
    pub(crate) album_id: Option<i32>,
    pub(crate) media_type_id: i32,
    pub(crate) genre_id: Option<i32>,
    #[orm(length = 220)]
    pub(crate) composer: Option<String>,
    pub(crate) milliseconds: i32,
    pub(crate) bytes: Option<i32>,
    #[orm(precision(10, 2))]
    #[serde(serialize_with = "as_text")]
    pub(crate) unit_price: Decimal,
    #[orm(belongs_to(references = album_id))]
    #[serde(rename = "album", skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) album: BelongsTo<Album>,
    #[orm(belongs_to(references = genre_id))]
    #[serde(rename = "genre", skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) genre: BelongsTo<Genre>,
    #[orm(belongs_to(references = media_type_id))]
    #[serde(rename = "mediaType", skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) media_type: BelongsTo<MediaType>,
    #[orm(belongs_to_many(key = track_id, other_key = playlist_id, other_references = playlist_id))]
    #[serde(rename = "playlists", skip_serializing_if = "BelongsToMany::not_loaded")]
    pub(crate) playlists: BelongsToMany<Playlist, PlaylistTrack>,
    #[orm(has_many)]
    #[serde(rename = "invoiceLines", skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) invoice_lines: HasMany<InvoiceLine>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Invoice", rename_all = "PascalCase")]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Invoice {
    #[orm(primary_key)]
    pub(crate) invoice_id: i32,
    pub(crate) customer_id: i32,
    #[serde(serialize_with = "as_text")]
    pub(crate) invoice_date: DateTime<Utc>,
    #[orm(length = 70)]
    pub(crate) billing_address: Option<String>,
    #[orm(length = 40)]
    pub(crate) billing_city: Option<String>,
    #[orm(length = 40)]
    pub(crate) billing_state: Option<String>,
    #[orm(length = 40)]
    pub(crate) billing_country: Option<String>,
    #[orm(length = 10)]
    pub(crate) billing_postal_code: Option<String>,
    #[orm(precision(10, 2))]
    #[serde(serialize_with = "as_text")]
    pub(crate) total: Decimal,
    #[orm(belongs_to(references = customer_id))]
    #[serde(rename = "customer", skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) customer: BelongsTo<Customer>,
    #[orm(has_many)]
    #[serde(rename = "lines", skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) lines: HasMany<InvoiceLine>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "InvoiceLine", rename_all = "PascalCase")]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InvoiceLine {
    #[orm(primary_key)]
    pub(crate) invoice_line_id: i32,
    pub(crate) invoice_id: i32,
    pub(crate) track_id: i32,
    #[orm(precision(10, 2))]
    #[serde(serialize_with = "as_text")]
    pub(crate) unit_price: Decimal,
    pub(crate) quantity: i32,
    #[orm(belongs_to(references = invoice_id))]
    #[serde(rename = "invoice", skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) invoice: BelongsTo<Invoice>,
    #[orm(belongs_to(references = track_id))]
    #[serde(rename = "track", skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) track: BelongsTo<Track>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "PlaylistTrack", rename_all = "PascalCase")]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PlaylistTrack {
    #[orm(primary_key)]
    pub(crate) playlist_id: i32,
    #[orm(primary_key)]
    pub(crate) track_id: i32,
}
