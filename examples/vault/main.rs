//! `cargo run --example vault`, then open <http://127.0.0.1:3000>. The administrator's password is printed, and mails are files in
//! `target/mail`. The service is the library beside this file.
//!
//! | Variable | |
//! |---|---|
//! | `DATABASE_URL` | another database than SQLite in memory; then the keys are needed, too |
//! | `VAULT_AUTH_KEY` | seals the secrets of second factors: `openssl rand -base64 32` |
//! | `VAULT_NOTE_KEYS` | seal the notes, as `orm_crypt::Keys` has them |
//! | `VAULT_URL` | where people find the service; with `https://`, cookies are for HTTPS only |
//! | `PORT` | 3000 unless set |

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

use orm::Statements;
use orm_auth::{Auth, FileMailer, Keys, Secret};
use orm_crypt::Cipher;
use tokio::net::TcpListener;
use vault::{App, Notes, Role, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name| std::env::var(name).ok();
    let port = variable("PORT").map_or(Ok(3000), |port| port.parse())?;
    let url = variable("VAULT_URL").unwrap_or_else(|| format!("http://127.0.0.1:{port}"));
    let database = variable("DATABASE_URL");
    let db = orm::connect(database.as_deref().unwrap_or("sqlite::memory:")).await?;
    vault::create_tables(&db).await?;

    // What is in memory needs no keys for tomorrow.
    let (auth_key, note_keys) = match database {
        None => (Keys::from_base64(&Keys::generate()?)?, orm_crypt::Keys::generate()?),
        Some(_) => {
            let auth_key = variable("VAULT_AUTH_KEY").ok_or("set VAULT_AUTH_KEY")?;
            (Keys::from_base64(&auth_key)?, orm_crypt::Keys::from_env("VAULT_NOTE_KEYS")?)
        }
    };
    let auth = Auth::new(&db, "Vault", auth_key, FileMailer::new("target/mail", &url))?;
    let app = App::new(&db, auth, Notes::new(Cipher::new(note_keys)), url.starts_with("https://"));
    if !User::exists().exec(&db).await? {
        let (email, password) = ("admin@vault.example", Keys::generate()?);
        app.open_account(email, &Secret::from(password.clone()), Role::Admin).await?;
        eprintln!("administrator: {email}, password: {password}");
    }

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    eprintln!("{url}");
    axum::serve(listener, vault::service(app).into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
