//! [`Replication`]: the questions by which a server says how far it has come in the stream of changes that replicas follow.

/// How a database is asked for the place of a server in the stream of changes that its replicas follow. A place is text, in
/// the database's own form: the LSN of PostgreSQL, a set of GTIDs of MySQL and MariaDB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replication {
    /// Gives the place up to which the server has written, as text: everything that was committed before is before it.
    pub position: &'static str,
    /// Gives 1 when the server has all changes up to a place, and 0 when not. Its values are the place, as text, and the seconds
    /// for which the server may wait for them; one that cannot wait answers at once.
    pub reached: &'static str,
    /// Gives 1 when the server refuses writes, and 0 when not.
    pub refuses_writes: &'static str,
}
