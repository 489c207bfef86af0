//! Which server answered: MySQL or MariaDB, and its version. What a version can do is in `dialect`.

/// What [`Dialect::name`](orm_core::dialect::Dialect::name) is on MySQL, in errors and spans.
pub const MYSQL: &str = "mysql";
/// What [`Dialect::name`](orm_core::dialect::Dialect::name) is on MariaDB, in errors and spans.
pub const MARIADB: &str = "mariadb";

/// Which of the two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServerKind {
    /// MySQL, or a server that says it is compatible with it.
    Mysql,
    /// MariaDB.
    Mariadb,
}

/// A server and its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Server {
    /// MySQL or MariaDB.
    pub kind: ServerKind,
    /// Major, minor, patch.
    pub version: (u32, u32, u32),
}

impl Server {
    /// Reads what `SELECT VERSION()` gives. A part that is no number counts as 0.
    ///
    /// ```
    /// use orm_mysql::{Server, ServerKind};
    /// let server = Server::from_version("5.5.5-10.11.19-MariaDB-0+deb12u1");
    /// assert_eq!((server.kind, server.version), (ServerKind::Mariadb, (10, 11, 19)));
    /// assert_eq!(Server::from_version("9.7.4-2").version, (9, 7, 4));
    /// ```
    pub fn from_version(text: &str) -> Self {
        let mariadb = text.to_ascii_lowercase().contains("mariadb");
        // MariaDB prefixes its version with one of MySQL's where old replicas may read it.
        let number = if mariadb { text.strip_prefix("5.5.5-").unwrap_or(text) } else { text };
        let mut parts = number.split('.').map(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).map_or(part, |end| &part[..end]);
            digits.parse().unwrap_or(0)
        });
        let mut next = || parts.next().unwrap_or(0);
        let version = (next(), next(), next());
        Self { kind: if mariadb { ServerKind::Mariadb } else { ServerKind::Mysql }, version }
    }

    /// Whether this is MariaDB.
    pub(crate) fn is_mariadb(self) -> bool {
        self.kind == ServerKind::Mariadb
    }

    /// The name in errors and spans: `mysql` or `mariadb`.
    pub fn name(self) -> &'static str {
        match self.kind {
            ServerKind::Mysql => MYSQL,
            ServerKind::Mariadb => MARIADB,
        }
    }

    /// Whether this is MySQL of at least the first version, or MariaDB of at least the second; `None` is never.
    pub(crate) fn since(self, mysql: Option<(u32, u32, u32)>, mariadb: Option<(u32, u32, u32)>) -> bool {
        let needed = if self.is_mariadb() { mariadb } else { mysql };
        needed.is_some_and(|needed| self.version >= needed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_many_builds_are_read() {
        for (text, kind, version) in [
            ("8.0.35-0ubuntu0.22.04.1", ServerKind::Mysql, (8, 0, 35)),
            ("8.0.32-24", ServerKind::Mysql, (8, 0, 32)),
            ("9.7.4-2", ServerKind::Mysql, (9, 7, 4)),
            ("10.11.19-MariaDB-0+deb12u1", ServerKind::Mariadb, (10, 11, 19)),
            ("11.4.2-MariaDB-log", ServerKind::Mariadb, (11, 4, 2)),
            ("8.0.11-TiDB-v7.5.0", ServerKind::Mysql, (8, 0, 11)),
            ("8", ServerKind::Mysql, (8, 0, 0)),
            ("", ServerKind::Mysql, (0, 0, 0)),
        ] {
            assert_eq!(Server::from_version(text), Server { kind, version }, "{text}");
        }
    }
}
