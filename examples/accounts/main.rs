//! `cargo run --example accounts`, then open <http://127.0.0.1:3000>. `DATABASE_URL` names a SQLite file in place of a database
//! in memory, `PORT` another port. The service is the library beside this file.

use std::error::Error;
use std::net::Ipv4Addr;

use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("DATABASE_URL");
    let db = orm::connect(url.as_deref().unwrap_or("sqlite::memory:")).await?;
    let port = std::env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    eprintln!("http://{}", listener.local_addr()?);
    axum::serve(listener, accounts::service(&db).await?).await?;
    Ok(())
}
