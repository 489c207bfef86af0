//! A database that was there before us: Chinook, a shop for music, and ten questions about it.
//! `cargo run --example chinook -- PATH`, where `PATH` is its SQLite file or its SQL script, gzipped or not, from
//! <https://github.com/lerocha/chinook-database>.

mod models;
mod open;
mod questions;

use std::path::PathBuf;

use examples::show;
use orm::prelude::*;
use questions as ask;

#[tokio::main]
async fn main() -> Result<()> {
    let Some(path) = std::env::args_os().nth(1).map(PathBuf::from).or_else(open::corpus) else {
        println!("The data is not here. Give its path: cargo run --example chinook -- Chinook_Sqlite.sqlite");
        return Ok(());
    };
    let db = open::open(&path).await?;
    let columns = ["First name", "Last name", "Spent"];
    show("1. Who spent the most?", columns, &ask::top_customers(&db).await?);
    let columns = ["Country", "Year", "Invoices", "Worth"];
    show("2. Who got 15 invoices or more a year?", columns, &ask::invoices_by_country_and_year(&db).await?);
    show("3. What never sells?", ["Genre", "Never sold", "Tracks"], &ask::tracks_never_sold(&db).await?);
    show("4. What sells best?", ["Genre", "Pieces", "Revenue"], &ask::best_selling_genres(&db).await?);
    show("5. Who sells most?", ["Employee", "Customers", "Sales"], &ask::employees_sales(&db).await?);
    let columns = ["Album", "Artist", "Tracks", "Minutes"];
    show("6. Which albums are the longest?", columns, &ask::longest_albums(&db).await?);
    let columns = ["Playlist", "Tracks", "Hours"];
    show("7. Which playlists play the longest?", columns, &ask::playlists_by_duration(&db).await?);
    show("8. Who listens to everything?", ["Customer", "Genres"], &ask::broad_tastes(&db).await?);
    show("9. Who reports to whom?", ["Employee", "Reports to", "Team"], &ask::organisation(&db).await?);
    show("10. Who sells whatever they make?", ["Artist", "Albums"], &ask::always_in_demand(&db).await?);
    Ok(())
}
