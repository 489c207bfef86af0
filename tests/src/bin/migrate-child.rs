//! Migrates the database of a URL, step by step and slowly: a process for `migrate_kill` to kill.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(url) = std::env::args().nth(1) else { return ExitCode::from(2) };
    let ran = async {
        let db = orm::connect(&url).await?;
        orm_tests::slow_migrations(db.dialect()).run(&db).await
    };
    match ran.await {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = std::io::Write::write_all(&mut std::io::stderr(), error.to_string().as_bytes());
            ExitCode::FAILURE
        }
    }
}
