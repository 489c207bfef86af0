//! Whether the time of a refused sign-in tells if there is such an account: `cargo bench -p orm-auth`. The medians of an address that
//! nobody has and of a wrong password should be within a tenth of each other.

#![allow(clippy::print_stdout)] // what it says is for people

use std::time::{Duration, Instant};

use orm::prelude::*;
use orm_auth::{Account, Auth, Client, FileMailer, Keys, Result, Secret, Settings, Tables};

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 255)]
    email: String,
}

impl Account for User {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }
    fn email(&self) -> &str {
        &self.email
    }
    async fn find_by_email(db: &Database, email: &str) -> orm::Result<Option<Self>> {
        Self::find_one().filter(Self::EMAIL.eq(email)).exec(db).await
    }
    async fn find_by_id(db: &Database, id: i64) -> orm::Result<Option<Self>> {
        Self::find_by_pk(id).exec(db).await
    }
    async fn email_was_verified(_tx: &Transaction, _id: i64, _email: &str, _at: DateTime<Utc>) -> orm::Result<()> {
        Ok(())
    }
}

const ROUNDS: usize = 100;

#[tokio::main]
async fn main() -> Result<()> {
    let db = connect("sqlite::memory:").await?;
    db.create_tables::<(User, Tables<User>)>().await?;
    let mut settings = Settings::new("Shop");
    settings.account_throttle.free = i32::MAX;
    settings.address_throttle.free = i32::MAX;
    let keys = Keys::from_base64(&Keys::generate()?)?;
    let auth: Auth<User> = Auth::build(&db, settings, keys, FileMailer::new("target/mail", "")).finish()?;
    for number in 0..20 {
        let email = format!("user{number}@example.com");
        let password = auth.new_password(&email, &Secret::from("correct horse battery staple")).await?;
        db.try_transaction(async |tx| {
            let user = User::create().email(&email).exec(tx).await?;
            auth.store_password(tx, user.id, password).await
        })
        .await?;
    }
    let (client, wrong) = (Client::at([192, 0, 2, 7].into()), Secret::from("wrong horse"));
    let mut times = [Vec::new(), Vec::new()];
    // By turns, so that whatever else the machine does meets both.
    for round in 0..ROUNDS {
        for (kind, email) in ["nobody@example.com", "user7@example.com"].into_iter().enumerate() {
            let before = Instant::now();
            let _ = auth.sign_in(email, &wrong, &client).await?;
            if round >= ROUNDS / 10 {
                times[kind].push(before.elapsed());
            }
        }
    }
    let [nobody, somebody] = times.map(median);
    let difference = (somebody.as_secs_f64() / nobody.as_secs_f64() - 1.0) * 100.0;
    println!("unknown address {nobody:?}, wrong password {somebody:?}: {difference:+.1} %");
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
