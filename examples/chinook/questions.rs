//! Ten questions that the shop might ask, each one statement. `tests/chinook.rs` asks the same in plain SQL.

use orm::prelude::*;
use orm::val;
use rust_decimal::Decimal;

use crate::models::{Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, Playlist, Track};

/// 1. Who spent the most? Name and amount of ten customers.
pub async fn top_customers(db: &Database) -> Result<Vec<(String, String, Option<Decimal>)>> {
    let spent = Customer::INVOICES.aggregate(Invoice::TOTAL.sum());
    Customer::find_all()
        .select((Customer::FIRST_NAME, Customer::LAST_NAME, spent.clone()))
        .order_by((spent.desc(), Customer::CUSTOMER_ID.asc()))
        .limit(10)
        .exec(db)
        .await
}

/// 2. How many invoices went to which country in which year, and of what worth? From 15 invoices on.
pub async fn invoices_by_country_and_year(db: &Database) -> Result<Vec<(Option<String>, i32, i64, Option<Decimal>)>> {
    let year = Invoice::INVOICE_DATE.year();
    Invoice::find_all()
        .select((Invoice::BILLING_COUNTRY, year.clone(), count_all(), Invoice::TOTAL.sum()))
        .group_by((Invoice::BILLING_COUNTRY, year.clone()))
        .having(count_all().ge(15))
        .order_by((year.asc(), Invoice::TOTAL.sum().desc()))
        .exec(db)
        .await
}

/// 3. How many tracks of which genre were never sold, of how many? Five genres.
pub async fn tracks_never_sold(db: &Database) -> Result<Vec<(Option<String>, i64, i64)>> {
    let unsold = Genre::TRACKS.count_where(Track::LINES.is_empty());
    Genre::find_all()
        .select((Genre::NAME, unsold.clone(), Genre::TRACKS.count()))
        .order_by((unsold.desc(), Genre::GENRE_ID.asc()))
        .limit(5)
        .exec(db)
        .await
}

/// 4. Which genres sell best? Pieces and revenue of five.
pub async fn best_selling_genres(db: &Database) -> Result<Vec<(Option<String>, Option<Decimal>, Option<Decimal>)>> {
    let genre = InvoiceLine::TRACK.expr(Track::GENRE.col(Genre::NAME));
    let revenue = (InvoiceLine::UNIT_PRICE * InvoiceLine::QUANTITY.cast::<Decimal>()).sum();
    InvoiceLine::find_all()
        .select((genre.clone(), InvoiceLine::QUANTITY.cast::<Decimal>().sum(), revenue.clone()))
        .group_by(genre.clone())
        .order_by((revenue.desc(), genre.asc()))
        .limit(5)
        .exec(db)
        .await
}

/// 5. What did each employee sell, to how many customers?
pub async fn employees_sales(db: &Database) -> Result<Vec<(Option<String>, i64, Option<Decimal>)>> {
    let seller = Invoice::CUSTOMER.expr(Customer::SUPPORT_REP.col(Employee::LAST_NAME));
    Invoice::find_all()
        .select((seller.clone().nullable(), Invoice::CUSTOMER_ID.count_distinct(), Invoice::TOTAL.sum()))
        .group_by(seller)
        .order_by(Invoice::TOTAL.sum().desc())
        .exec(db)
        .await
}

/// 6. Which albums are the longest? Title, artist, tracks and minutes of five.
pub async fn longest_albums(db: &Database) -> Result<Vec<(String, Option<String>, i64, Option<i64>)>> {
    let length = Album::TRACKS.aggregate(Track::MILLISECONDS.sum());
    Album::find_all()
        .select((Album::TITLE, Album::ARTIST.col(Artist::NAME), Album::TRACKS.count(), length.clone() / val(60_000)))
        .order_by((length.desc(), Album::ALBUM_ID.asc()))
        .limit(5)
        .exec(db)
        .await
}

/// 7. Which playlists play the longest? Name, tracks and hours of five.
pub async fn playlists_by_duration(db: &Database) -> Result<Vec<(Option<String>, i64, Option<i64>)>> {
    let length = Playlist::TRACKS.aggregate(Track::MILLISECONDS.sum());
    Playlist::find_all()
        .select((Playlist::NAME, Playlist::TRACKS.count(), length.clone() / val(3_600_000)))
        .order_by((length.desc().nulls_last(), Playlist::PLAYLIST_ID.asc()))
        .limit(5)
        .exec(db)
        .await
}

/// 8. Who listens to everything? Customers who bought tracks of ten genres or more.
pub async fn broad_tastes(db: &Database) -> Result<Vec<(String, i64)>> {
    let genres = Track::GENRE_ID.count_distinct();
    Customer::find_all()
        .join::<Invoice>(Invoice::CUSTOMER_ID.free().eq(Customer::CUSTOMER_ID))
        .join::<InvoiceLine>(InvoiceLine::INVOICE_ID.free().eq(Invoice::INVOICE_ID))
        .join::<Track>(Track::TRACK_ID.free().eq(InvoiceLine::TRACK_ID))
        .select((Customer::EMAIL, genres.clone()))
        .group_by((Customer::CUSTOMER_ID, Customer::EMAIL))
        .having(genres.clone().ge(10))
        .order_by((genres.desc(), Customer::EMAIL.asc()))
        .exec(db)
        .await
}

/// 9. Who reports to whom? Everybody's name, manager, and how many report to them.
pub async fn organisation(db: &Database) -> Result<Vec<(String, Option<String>, i64)>> {
    let staff = Employee::find_all()
        .include((Employee::MANAGER, Employee::REPORTS))
        .order_by(Employee::EMPLOYEE_ID.asc())
        .exec(db)
        .await?;
    let rows = staff.into_iter().map(|employee| {
        let manager = employee.manager.get()?.map(|manager| manager.last_name.clone());
        Ok((employee.last_name, manager, employee.reports.get()?.len() as i64))
    });
    rows.collect()
}

/// 10. Which artists with five albums or more sold tracks of every one?
pub async fn always_in_demand(db: &Database) -> Result<Vec<(Option<String>, i64)>> {
    let sold = Album::TRACKS.any(Track::LINES.exists());
    Artist::find_all()
        .select((Artist::NAME, Artist::ALBUMS.count()))
        .filter(Artist::ALBUMS.count().ge(5).and(Artist::ALBUMS.all(sold)))
        .order_by((Artist::ALBUMS.count().desc(), Artist::NAME.asc()))
        .exec(db)
        .await
}
