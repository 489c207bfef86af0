//! The service on a port of its own, with a database file of its own, for one test.

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;

/// The service, as long as the runtime of the test.
pub(crate) struct Server {
    pub(crate) url: String,
    folder: PathBuf,
}

impl Server {
    pub(crate) async fn start() -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("accounts-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let url = format!("sqlite:{}?mode=rwc", folder.join("accounts.sqlite").display());
        let service = accounts::service(&orm::connect(&url).await.unwrap()).await.unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { url, folder }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
