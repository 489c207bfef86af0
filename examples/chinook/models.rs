//! The tables of the Chinook database, a shop for music. It was there before us: tables are named in the singular, columns
//! in PascalCase, keys after their tables.

use chrono::{DateTime, Utc};
use orm::prelude::*;
use rust_decimal::Decimal;

#[derive(Debug, Clone, Model)]
#[orm(table = "Artist", rename_all = "PascalCase")]
pub struct Artist {
    #[orm(primary_key)]
    pub artist_id: i64,
    pub name: Option<String>,
    pub albums: HasMany<Album>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "Album", rename_all = "PascalCase")]
pub struct Album {
    #[orm(primary_key)]
    pub album_id: i64,
    pub title: String,
    pub artist_id: i64,
    #[orm(references = artist_id)]
    pub artist: BelongsTo<Artist>,
    pub tracks: HasMany<Track>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "Genre", rename_all = "PascalCase")]
pub struct Genre {
    #[orm(primary_key)]
    pub genre_id: i64,
    pub name: Option<String>,
    pub tracks: HasMany<Track>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "Track", rename_all = "PascalCase")]
pub struct Track {
    #[orm(primary_key)]
    pub track_id: i64,
    pub name: String,
    pub album_id: Option<i64>,
    pub media_type_id: i64,
    pub genre_id: Option<i64>,
    pub composer: Option<String>,
    pub milliseconds: i64,
    pub bytes: Option<i64>,
    #[orm(precision(10, 2))]
    pub unit_price: Decimal,
    #[orm(references = album_id)]
    pub album: BelongsTo<Album>,
    #[orm(references = genre_id)]
    pub genre: BelongsTo<Genre>,
    /// The times it was sold.
    pub lines: HasMany<InvoiceLine>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "Playlist", rename_all = "PascalCase")]
pub struct Playlist {
    #[orm(primary_key)]
    pub playlist_id: i64,
    pub name: Option<String>,
    #[orm(through = PlaylistTrack, other_references = track_id)]
    pub tracks: BelongsToMany<Track>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "PlaylistTrack", rename_all = "PascalCase", primary_key(playlist_id, track_id))]
pub struct PlaylistTrack {
    pub playlist_id: i64,
    pub track_id: i64,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "Employee", rename_all = "PascalCase")]
pub struct Employee {
    #[orm(primary_key)]
    pub employee_id: i64,
    pub last_name: String,
    pub first_name: String,
    pub title: Option<String>,
    pub reports_to: Option<i64>,
    pub hire_date: Option<DateTime<Utc>>,
    #[orm(key = reports_to, references = employee_id)]
    pub manager: BelongsTo<Employee>,
    #[orm(key = reports_to)]
    pub reports: HasMany<Employee>,
    #[orm(key = support_rep_id)]
    pub customers: HasMany<Customer>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "Customer", rename_all = "PascalCase")]
pub struct Customer {
    #[orm(primary_key)]
    pub customer_id: i64,
    pub first_name: String,
    pub last_name: String,
    pub company: Option<String>,
    pub country: Option<String>,
    pub email: String,
    pub support_rep_id: Option<i64>,
    #[orm(references = employee_id)]
    pub support_rep: BelongsTo<Employee>,
    pub invoices: HasMany<Invoice>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "Invoice", rename_all = "PascalCase")]
pub struct Invoice {
    #[orm(primary_key)]
    pub invoice_id: i64,
    pub customer_id: i64,
    pub invoice_date: DateTime<Utc>,
    pub billing_country: Option<String>,
    #[orm(precision(10, 2))]
    pub total: Decimal,
    #[orm(references = customer_id)]
    pub customer: BelongsTo<Customer>,
    pub lines: HasMany<InvoiceLine>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "InvoiceLine", rename_all = "PascalCase")]
pub struct InvoiceLine {
    #[orm(primary_key)]
    pub invoice_line_id: i64,
    pub invoice_id: i64,
    pub track_id: i64,
    #[orm(precision(10, 2))]
    pub unit_price: Decimal,
    pub quantity: i64,
    #[orm(references = invoice_id)]
    pub invoice: BelongsTo<Invoice>,
    #[orm(references = track_id)]
    pub track: BelongsTo<Track>,
}
