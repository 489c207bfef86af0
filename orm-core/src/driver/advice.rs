//! What to do when no connection can be made: advice in words that all drivers share. Which kind a failure is of, and where
//! the connection was to go, is for each driver to say.

use std::io;

use crate::error::ErrorKind;

/// What a person should do about a connection that could not be opened.
///
/// ```
/// use orm_core::ErrorKind;
/// use orm_core::driver::connect_advice;
///
/// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// let advice = connect_advice(ErrorKind::ConnectionFailed, Some(&refused));
/// assert_eq!(advice, "nothing listens there: start the server, or correct host and port");
/// ```
pub fn connect_advice(kind: ErrorKind, io: Option<&io::Error>) -> &'static str {
    match (kind, io) {
        (ErrorKind::Auth, _) => {
            "the server does not let this user in: check user, password, and the server's rules for both"
        }
        (ErrorKind::UnknownDatabase, _) => "the server has no such database: create it, or correct its name",
        (ErrorKind::Permission, _) => "the user may not use this database: correct its name, or grant the right",
        (ErrorKind::TooManyConnections, _) => {
            "the server takes no more connections: lower `max_connections` of the pools, or raise the server's limit"
        }
        (_, Some(error)) => io_advice(error),
        _ => "no connection could be made",
    }
}

fn io_advice(error: &io::Error) -> &'static str {
    use io::ErrorKind::*;
    // The standard library has no kind for it, and these words in all systems' places.
    if error.to_string().starts_with("failed to lookup address") {
        return "the host's name is not known: correct it, or check the name service";
    }
    match error.kind() {
        ConnectionRefused => "nothing listens there: start the server, or correct host and port",
        NotFound => "there is no such file: start the server, or correct the path of the socket or certificate",
        PermissionDenied => "the socket or certificate may not be opened by the user of this process",
        TimedOut | HostUnreachable | NetworkUnreachable => {
            "the host cannot be reached: check host, port, network and firewall"
        }
        UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe => {
            "the connection was closed before it was ready: check that the port is the database's, and the server's log"
        }
        InvalidData => {
            "no encrypted connection could be agreed on: check the certificate authority, the host's name in the \
             server's certificate, and the TLS mode"
        }
        _ => "no connection could be made",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_of_a_socket_has_advice_of_its_own() {
        let advice = |kind: io::ErrorKind| connect_advice(ErrorKind::ConnectionFailed, Some(&kind.into()));
        let kinds = [
            io::ErrorKind::ConnectionRefused,
            io::ErrorKind::NotFound,
            io::ErrorKind::PermissionDenied,
            io::ErrorKind::TimedOut,
            io::ErrorKind::UnexpectedEof,
            io::ErrorKind::InvalidData,
            io::ErrorKind::Other,
        ];
        let all: std::collections::HashSet<_> = kinds.into_iter().map(advice).collect();
        assert_eq!(all.len(), kinds.len());
        let unknown = io::Error::other("failed to lookup address information: Name or service not known");
        assert!(connect_advice(ErrorKind::ConnectionFailed, Some(&unknown)).contains("name is not known"));
    }
}
