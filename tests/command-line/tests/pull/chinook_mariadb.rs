//! What `orm pull` makes of `chinook`. Written by the test.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
#[orm(table = "Album")]
pub struct Album {
    #[orm(primary_key, column = "AlbumId")]
    pub album_id: i32,
    #[orm(column = "Title", length = 160)]
    pub title: String,
    #[orm(column = "ArtistId")]
    pub artist_id: i32,
    pub artist: BelongsTo<Artist>,
    pub tracks: HasMany<Track>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "Artist")]
pub struct Artist {
    #[orm(primary_key, column = "ArtistId")]
    pub artist_id: i32,
    #[orm(column = "Name", length = 120)]
    pub name: Option<String>,
    pub albums: HasMany<Album>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "Customer")]
pub struct Customer {
    #[orm(primary_key, column = "CustomerId")]
    pub customer_id: i32,
    #[orm(column = "FirstName", length = 40)]
    pub first_name: String,
    #[orm(column = "LastName", length = 20)]
    pub last_name: String,
    #[orm(column = "Company", length = 80)]
    pub company: Option<String>,
    #[orm(column = "Address", length = 70)]
    pub address: Option<String>,
    #[orm(column = "City", length = 40)]
    pub city: Option<String>,
    #[orm(column = "State", length = 40)]
    pub state: Option<String>,
    #[orm(column = "Country", length = 40)]
    pub country: Option<String>,
    #[orm(column = "PostalCode", length = 10)]
    pub postal_code: Option<String>,
    #[orm(column = "Phone", length = 24)]
    pub phone: Option<String>,
    #[orm(column = "Fax", length = 24)]
    pub fax: Option<String>,
    #[orm(column = "Email", length = 60)]
    pub email: String,
    #[orm(column = "SupportRepId")]
    pub support_rep_id: Option<i32>,
    pub support_rep: BelongsTo<Employee>,
    pub invoices: HasMany<Invoice>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "Employee")]
pub struct Employee {
    #[orm(primary_key, column = "EmployeeId")]
    pub employee_id: i32,
    #[orm(column = "LastName", length = 20)]
    pub last_name: String,
    #[orm(column = "FirstName", length = 20)]
    pub first_name: String,
    #[orm(column = "Title", length = 30)]
    pub title: Option<String>,
    #[orm(column = "ReportsTo")]
    pub reports_to_id: Option<i32>,
    #[orm(column = "BirthDate", type = "datetime")]
    pub birth_date: Option<orm::chrono::NaiveDateTime>,
    #[orm(column = "HireDate", type = "datetime")]
    pub hire_date: Option<orm::chrono::NaiveDateTime>,
    #[orm(column = "Address", length = 70)]
    pub address: Option<String>,
    #[orm(column = "City", length = 40)]
    pub city: Option<String>,
    #[orm(column = "State", length = 40)]
    pub state: Option<String>,
    #[orm(column = "Country", length = 40)]
    pub country: Option<String>,
    #[orm(column = "PostalCode", length = 10)]
    pub postal_code: Option<String>,
    #[orm(column = "Phone", length = 24)]
    pub phone: Option<String>,
    #[orm(column = "Fax", length = 24)]
    pub fax: Option<String>,
    #[orm(column = "Email", length = 60)]
    pub email: Option<String>,
    pub reports_to: BelongsTo<Employee>,
    #[orm(key = support_rep_id)]
    pub customers: HasMany<Customer>,
    #[orm(key = reports_to_id)]
    pub reports_to_employees: HasMany<Employee>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "Genre")]
pub struct Genre {
    #[orm(primary_key, column = "GenreId")]
    pub genre_id: i32,
    #[orm(column = "Name", length = 120)]
    pub name: Option<String>,
    pub tracks: HasMany<Track>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "Invoice")]
pub struct Invoice {
    #[orm(primary_key, column = "InvoiceId")]
    pub invoice_id: i32,
    #[orm(column = "CustomerId")]
    pub customer_id: i32,
    #[orm(column = "InvoiceDate", type = "datetime")]
    pub invoice_date: orm::chrono::NaiveDateTime,
    #[orm(column = "BillingAddress", length = 70)]
    pub billing_address: Option<String>,
    #[orm(column = "BillingCity", length = 40)]
    pub billing_city: Option<String>,
    #[orm(column = "BillingState", length = 40)]
    pub billing_state: Option<String>,
    #[orm(column = "BillingCountry", length = 40)]
    pub billing_country: Option<String>,
    #[orm(column = "BillingPostalCode", length = 10)]
    pub billing_postal_code: Option<String>,
    #[orm(column = "Total", precision(10, 2))]
    pub total: orm::rust_decimal::Decimal,
    pub customer: BelongsTo<Customer>,
    pub invoice_lines: HasMany<InvoiceLine>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "InvoiceLine")]
pub struct InvoiceLine {
    #[orm(primary_key, column = "InvoiceLineId")]
    pub invoice_line_id: i32,
    #[orm(column = "InvoiceId")]
    pub invoice_id: i32,
    #[orm(column = "TrackId")]
    pub track_id: i32,
    #[orm(column = "UnitPrice", precision(10, 2))]
    pub unit_price: orm::rust_decimal::Decimal,
    #[orm(column = "Quantity")]
    pub quantity: i32,
    pub invoice: BelongsTo<Invoice>,
    pub track: BelongsTo<Track>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "MediaType")]
pub struct MediaType {
    #[orm(primary_key, column = "MediaTypeId")]
    pub media_type_id: i32,
    #[orm(column = "Name", length = 120)]
    pub name: Option<String>,
    pub tracks: HasMany<Track>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "Playlist")]
pub struct Playlist {
    #[orm(primary_key, column = "PlaylistId")]
    pub playlist_id: i32,
    #[orm(column = "Name", length = 120)]
    pub name: Option<String>,
    pub playlist_tracks: HasMany<PlaylistTrack>,
    pub tracks: BelongsToMany<Track, PlaylistTrack>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "PlaylistTrack", primary_key(playlist_id, track_id))]
pub struct PlaylistTrack {
    #[orm(column = "PlaylistId")]
    pub playlist_id: i32,
    #[orm(column = "TrackId")]
    pub track_id: i32,
    pub playlist: BelongsTo<Playlist>,
    pub track: BelongsTo<Track>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "Track")]
pub struct Track {
    #[orm(primary_key, column = "TrackId")]
    pub track_id: i32,
    #[orm(column = "Name", length = 200)]
    pub name: String,
    #[orm(column = "AlbumId")]
    pub album_id: Option<i32>,
    #[orm(column = "MediaTypeId")]
    pub media_type_id: i32,
    #[orm(column = "GenreId")]
    pub genre_id: Option<i32>,
    #[orm(column = "Composer", length = 220)]
    pub composer: Option<String>,
    #[orm(column = "Milliseconds")]
    pub milliseconds: i32,
    #[orm(column = "Bytes")]
    pub bytes: Option<i32>,
    #[orm(column = "UnitPrice", precision(10, 2))]
    pub unit_price: orm::rust_decimal::Decimal,
    pub album: BelongsTo<Album>,
    pub genre: BelongsTo<Genre>,
    pub media_type: BelongsTo<MediaType>,
    pub invoice_lines: HasMany<InvoiceLine>,
    pub playlist_tracks: HasMany<PlaylistTrack>,
    pub playlists: BelongsToMany<Playlist, PlaylistTrack>,
}
