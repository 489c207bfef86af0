//! Opening connections.

use std::path::PathBuf;
use std::sync::Arc;

use orm_core::dialect::Dialect;
use orm_core::driver::{Connection, Driver, connect_advice};
use orm_core::{ErrorKind, Result, async_trait};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use crate::connection::ToyConnection;
use crate::dialect::ToyDialect;
use crate::error;

/// Opens connections to one file, which is made when it is not there.
#[derive(Debug, Clone)]
pub struct Toy {
    path: PathBuf,
}

impl Toy {
    /// A driver for a file. Nothing is opened yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

#[async_trait]
impl Driver for Toy {
    async fn connect(&self) -> Result<Box<dyn Connection>> {
        let options = SqliteConnectOptions::new().filename(&self.path).create_if_missing(true).foreign_keys(true);
        let client = options.connect().await.map_err(|error| {
            // Where it was to go, and what to do about it.
            let io = if let sqlx::Error::Io(io) = &error { Some(io) } else { None };
            let advice = connect_advice(ErrorKind::ConnectionFailed, io);
            let message = format!("cannot open `{}`: {advice}", self.path.display());
            error::map(error).with_kind(ErrorKind::ConnectionFailed).with_message(message)
        })?;
        Ok(Box::new(ToyConnection::new(client)))
    }

    /// A real server would be asked for its version here, over the connection.
    async fn dialect(&self, _connection: &mut dyn Connection) -> Result<Arc<dyn Dialect>> {
        Ok(Arc::new(ToyDialect::new((1, 0, 0))))
    }

    fn target(&self) -> String {
        self.path.display().to_string()
    }
}
