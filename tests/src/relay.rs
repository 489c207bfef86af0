//! A relay before a server, for tests of what happens when the network fails: it carries what both sides say, until the
//! server's answers are kept back, or nothing is carried any more.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A relay. It ends with this value.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    mute: Arc<AtomicBool>,
    silent: watch::Sender<bool>,
    carried: Carried,
    task: tokio::task::JoinHandle<()>,
}

impl Relay {
    /// A relay before the server of a URL, and the URL through it.
    pub async fn before(url: &str) -> std::io::Result<(Self, String)> {
        let (user, place) = url.rsplit_once('@').unwrap_or(("", url));
        let (server, name) = place.split_once('/').unwrap_or((place, ""));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mute = Arc::new(AtomicBool::new(false));
        let silent = watch::Sender::new(false);
        let connection = Carried { server: server.to_owned(), mute: Arc::clone(&mute), silent: silent.subscribe() };
        let task = tokio::spawn(serve(listener, connection.clone()));
        Ok((Self { address, mute, silent, carried: connection, task }, format!("{user}@{address}/{name}")))
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on the server hears what is said, and its next answer ends the connection instead of arriving.
    pub fn keep_answers_back(&self) {
        self.mute.store(true, SeqCst);
    }

    /// From now on nothing is carried, in neither direction, and no connection is ended: the sockets are half open, as when
    /// the network is gone.
    pub fn fall_silent(&self) {
        self.silent.send_replace(true);
    }

    /// New connections are carried again. Those that fell silent stay so.
    pub fn speak(&self) {
        self.silent.send_replace(false);
    }

    /// From now on nobody is let through, as when the server is gone.
    pub fn close(&self) {
        self.task.abort();
    }

    /// After [`close`](Self::close): the server is back, at the same place.
    pub async fn open_again(&mut self) -> std::io::Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        self.task = tokio::spawn(serve(listener, self.carried.clone()));
        Ok(())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.close();
    }
}

/// What a connection is carried with.
#[derive(Debug, Clone)]
struct Carried {
    server: String,
    mute: Arc<AtomicBool>,
    silent: watch::Receiver<bool>,
}

async fn serve(listener: TcpListener, connection: Carried) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(carry(client, connection.clone()));
    }
}

/// Carries one connection until either side ends it.
async fn carry(client: TcpStream, Carried { server, mute, mut silent }: Carried) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = TcpStream::connect(server).await?.into_split();
    let asks = async { tokio::io::copy(&mut from_client, &mut to_server).await.map(drop) };
    let answers = async {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let length = from_server.read(&mut buffer).await?;
            if length == 0 || mute.load(SeqCst) {
                return Ok(());
            }
            to_client.write_all(&buffer[..length]).await?;
        }
    };
    tokio::select! {
        biased;
        // The sockets stay open.
        _ = silent.wait_for(|silent| *silent) => {}
        end = asks => return end,
        end = answers => return end,
    }
    pending().await
}
