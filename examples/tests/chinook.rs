//! The answers of the example `chinook` beside those of plain SQL.

#[path = "../chinook/models.rs"]
mod models;
#[path = "../chinook/open.rs"]
mod open;
#[path = "../chinook/questions.rs"]
mod questions;

use std::fmt::Debug;

use orm::prelude::*;
use orm::row::Decode;

#[tokio::test]
async fn answers_are_those_of_plain_sql() -> Result<()> {
    let Some(path) = open::corpus() else {
        println!("skipped: the Chinook data is neither where ORM_CORPUS says nor in ../shared/corpus/open");
        return Ok(());
    };
    let db = open::open(&path).await?;
    check(
        &db,
        questions::top_customers(&db).await?,
        10,
        "SELECT c.FirstName, c.LastName, round(sum(i.Total), 2) FROM Customer c JOIN Invoice i USING (CustomerId)
         GROUP BY c.CustomerId ORDER BY 3 DESC, c.CustomerId LIMIT 10",
    )
    .await?;
    check(
        &db,
        questions::invoices_by_country_and_year(&db).await?,
        5,
        "SELECT BillingCountry, CAST(strftime('%Y', InvoiceDate) AS INTEGER) y, count(*), round(sum(Total), 2)
         FROM Invoice GROUP BY 1, 2 HAVING count(*) >= 15 ORDER BY 2, sum(Total) DESC",
    )
    .await?;
    check(
        &db,
        questions::tracks_never_sold(&db).await?,
        5,
        "SELECT g.Name, sum(t.TrackId NOT IN (SELECT TrackId FROM InvoiceLine)) n, count(*)
         FROM Genre g JOIN Track t USING (GenreId) GROUP BY g.GenreId ORDER BY n DESC, g.GenreId LIMIT 5",
    )
    .await?;
    check(
        &db,
        questions::best_selling_genres(&db).await?,
        5,
        "SELECT g.Name, sum(l.Quantity), round(sum(l.UnitPrice * l.Quantity), 2) r
         FROM InvoiceLine l JOIN Track t USING (TrackId) JOIN Genre g USING (GenreId)
         GROUP BY g.GenreId ORDER BY r DESC, g.Name LIMIT 5",
    )
    .await?;
    check(
        &db,
        questions::employees_sales(&db).await?,
        3,
        "SELECT e.LastName, count(DISTINCT c.CustomerId), round(sum(i.Total), 2) s
         FROM Employee e JOIN Customer c ON c.SupportRepId = e.EmployeeId JOIN Invoice i USING (CustomerId)
         GROUP BY e.EmployeeId ORDER BY s DESC",
    )
    .await?;
    check(
        &db,
        questions::longest_albums(&db).await?,
        5,
        "SELECT a.Title, r.Name, count(*), sum(t.Milliseconds) / 60000
         FROM Album a JOIN Artist r USING (ArtistId) JOIN Track t USING (AlbumId)
         GROUP BY a.AlbumId ORDER BY sum(t.Milliseconds) DESC LIMIT 5",
    )
    .await?;
    check(
        &db,
        questions::playlists_by_duration(&db).await?,
        5,
        "SELECT p.Name, count(*), sum(t.Milliseconds) / 3600000
         FROM Playlist p JOIN PlaylistTrack USING (PlaylistId) JOIN Track t USING (TrackId)
         GROUP BY p.PlaylistId ORDER BY sum(t.Milliseconds) DESC, p.PlaylistId LIMIT 5",
    )
    .await?;
    check(
        &db,
        questions::broad_tastes(&db).await?,
        8,
        "SELECT c.Email, count(DISTINCT t.GenreId) n
         FROM Customer c JOIN Invoice USING (CustomerId) JOIN InvoiceLine USING (InvoiceId) JOIN Track t USING (TrackId)
         GROUP BY c.CustomerId HAVING n >= 10 ORDER BY n DESC, c.Email",
    )
    .await?;
    check(
        &db,
        questions::organisation(&db).await?,
        8,
        "SELECT e.LastName, m.LastName, (SELECT count(*) FROM Employee r WHERE r.ReportsTo = e.EmployeeId)
         FROM Employee e LEFT JOIN Employee m ON m.EmployeeId = e.ReportsTo ORDER BY e.EmployeeId",
    )
    .await?;
    check(
        &db,
        questions::always_in_demand(&db).await?,
        7,
        "SELECT r.Name, count(*) n FROM Artist r JOIN Album a USING (ArtistId)
         GROUP BY r.ArtistId HAVING n >= 5 AND min(EXISTS (
             SELECT 1 FROM Track t JOIN InvoiceLine USING (TrackId) WHERE t.AlbumId = a.AlbumId))
         ORDER BY n DESC, r.Name",
    )
    .await
}

/// The typed answer is that of the SQL, and not trivially: it has so many rows.
async fn check<T: Decode + PartialEq + Debug>(db: &Database, answer: Vec<T>, rows: usize, sql: &str) -> Result<()> {
    assert_eq!(answer, db.query::<T>(sql, ()).await?, "{sql}");
    assert_eq!(answer.len(), rows, "{answer:#?}");
    Ok(())
}
