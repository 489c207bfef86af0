//! Which version a running server is, asked of the server itself, and which versions the tests accept.

use std::io::Read;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::Backend;
use crate::process::{Outcome, find_program, output_of, program};

/// The version of the server at a URL.
///
/// # Errors
/// Nobody answers at that address, or somebody who is no such server.
pub(super) fn of(backend: Backend, url: &str) -> Outcome<String> {
    let address = address(backend, url)?;
    let mut stream = address
        .to_socket_addrs()
        .and_then(|mut all| all.next().ok_or_else(|| std::io::ErrorKind::NotFound.into()))
        .and_then(|address| TcpStream::connect_timeout(&address, Duration::from_secs(5)))
        .map_err(|e| format!("nobody answers at {address}: {e}"))?;
    match backend {
        Backend::Postgres => Ok(postgres(url)),
        Backend::Mariadb | Backend::Mysql => {
            let mut greeting = [0; 128];
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let length = stream.read(&mut greeting).map_err(|e| format!("no greeting from {address}: {e}"))?;
            let version = greeted(&greeting[..length]).ok_or(format!("{address} is no MySQL or MariaDB server"))?;
            if version.contains("MariaDB") != (backend == Backend::Mariadb) {
                return Err(format!("the server at {address} is {version}, not {backend}"));
            }
            Ok(version)
        }
    }
}

/// Whether a server started here is new enough for what the drivers promise.
pub(super) fn check(backend: Backend, version: &str) -> Outcome<()> {
    let least = match backend {
        Backend::Postgres => (15, 0),
        Backend::Mariadb => (10, 11),
        Backend::Mysql => (9, 7),
    };
    match numbers(version) {
        Some(found) if found < least => {
            Err(format!("{backend} {version} is older than {}.{}, the oldest tested", least.0, least.1))
        }
        _ => Ok(()),
    }
}

/// `host:port` of a URL.
fn address(backend: Backend, url: &str) -> Outcome<String> {
    let rest = url.split_once("://").ok_or(format!("`{url}` is no URL"))?.1;
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let port = if backend == Backend::Postgres { 5432 } else { 3306 };
    Ok(if host.contains(':') { host.to_owned() } else { format!("{host}:{port}") })
}

/// The version in a server's first packet, which comes before any login: three bytes of length, one of sequence, the
/// protocol's number (10), then the version up to a zero byte.
fn greeted(packet: &[u8]) -> Option<String> {
    let (&protocol, rest) = packet.get(4..)?.split_first()?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    let version = String::from_utf8_lossy(&rest[..end]).into_owned();
    // MariaDB 10 puts this in front for clients that take ten for less than five.
    (protocol == 10).then(|| version.strip_prefix("5.5.5-").map_or(version.clone(), str::to_owned))
}

/// PostgreSQL tells its version after login only: `psql` asks.
fn postgres(url: &str) -> String {
    let asked = find_program("psql", &[]).and_then(|psql| {
        output_of(program(psql).args(["-XAt", "-c", "SHOW server_version"]).arg(url).env("PGCONNECT_TIMEOUT", "5"))
    });
    asked.unwrap_or_else(|| "unknown version".to_owned())
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings() {
        assert_eq!(greeted(b"\x4a\0\0\0\x0a9.7.4\0rest").as_deref(), Some("9.7.4"));
        let mariadb = greeted(b"\x4a\0\0\0\x0a5.5.5-10.11.19-MariaDB\0rest");
        assert_eq!(mariadb.as_deref(), Some("10.11.19-MariaDB"));
        assert_eq!(greeted(b"HTTP/1.1 400 Bad Request"), None);
        assert_eq!(greeted(b""), None);
    }

    #[test]
    fn addresses() {
        let of = |url| address(Backend::Mysql, url);
        assert_eq!(of("mysql://orm:p@ss@db.example:3307/x?y=z").as_deref(), Ok("db.example:3307"));
        assert_eq!(of("mysql://localhost").as_deref(), Ok("localhost:3306"));
        assert!(of("localhost:3306").is_err());
    }

    #[test]
    fn versions_too_old() {
        assert!(check(Backend::Mysql, "8.4.9").is_err());
        assert!(check(Backend::Mysql, "9.7.4").is_ok());
        assert!(check(Backend::Mysql, "10.0.0").is_ok());
        assert!(check(Backend::Mariadb, "10.6.1-MariaDB").is_err());
        assert!(check(Backend::Postgres, "15.18 (Debian 15.18-0)").is_ok());
    }
}
