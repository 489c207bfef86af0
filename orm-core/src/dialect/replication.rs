//! [`Replication`]: SQL that asks a server for its position in the replication log.

/// SQL that asks a server for its position in the replication log. A position is text in the database's own format: an LSN on
/// PostgreSQL, a set of GTIDs on MySQL and MariaDB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replication {
    /// Returns the current position of the server, as text. All earlier commits are before this position.
    pub position: &'static str,
    /// Returns 1 if the server has all changes up to a position, else 0. It binds the position, as text, and how many seconds the
    /// server may wait for them; a server that cannot wait answers at once.
    pub reached: &'static str,
    /// Returns 1 if the server refuses writes, else 0.
    pub refuses_writes: &'static str,
}
