//! What a database has, in one server version: a plain record that each driver fills in at connect time. Code asks for
//! a capability, never for a database's name.

/// What a database has, in one server version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The server's version: major, minor, patch.
    pub version: (u32, u32, u32),
    /// INSERT .. RETURNING.
    pub returning_insert: bool,
    /// UPDATE .. RETURNING.
    pub returning_update: bool,
    /// DELETE .. RETURNING.
    pub returning_delete: bool,
    /// The key of the first row of an INSERT is reported after it, and those of the others follow it.
    pub last_insert_id: bool,
    /// By how much they follow it, as SQL.
    pub key_step: &'static str,
    /// `DEFAULT` as a value in INSERT .. VALUES.
    pub default_keyword: bool,
    /// The greatest number of binds of a statement.
    pub max_binds: usize,
    /// The greatest number of rows of an INSERT.
    pub max_insert_rows: usize,
    /// About the bytes of values up to which a statement of a bulk insert runs best; larger ones are split. For servers
    /// behind a network, what leaves the client in one write: see [`TLS_RECORD`](Self::TLS_RECORD).
    pub statement_bytes: usize,
    /// The greatest length of an identifier.
    pub max_identifier: usize,
    /// Whether that length is one of characters rather than bytes.
    pub identifier_chars: bool,
    /// Array types and array binds.
    pub arrays: bool,
    /// Enum types of the database's own, declared apart from columns.
    pub enum_types: bool,
    /// Whether NULLs come first in ascending order by themselves.
    pub nulls_first: bool,
    /// A comparison of rows, `(a, b) > (1, 2)`, is a range of an index over their columns.
    pub row_ranges: bool,
    /// Enums are ordered by the places of their labels, but `<` and `>` compare the labels as text.
    pub enums_compare_as_text: bool,
    /// Window functions.
    pub windows: bool,
    /// LATERAL sub-queries.
    pub lateral: bool,
    /// Common table expressions.
    pub ctes: bool,
    /// FOR UPDATE and FOR SHARE.
    pub row_locks: bool,
    /// NOWAIT after a row lock.
    pub nowait: bool,
    /// SKIP LOCKED after a row lock.
    pub skip_locked: bool,
    /// Indexes on some rows only.
    pub partial_indexes: bool,
    /// Indexes on expressions.
    pub expression_indexes: bool,
    /// `CREATE INDEX IF NOT EXISTS`.
    pub index_if_not_exists: bool,
    /// CHECK constraints that are enforced.
    pub checks: bool,
    /// Foreign keys can be added to an existing table.
    pub add_foreign_key: bool,
    /// Schemas (databases, on MySQL) that qualify tables.
    pub schemas: bool,
    /// Schemas are databases attached to the connection: an index is named with its schema, and foreign keys stay inside
    /// of one.
    pub attached_schemas: bool,
    /// DROP TABLE .. CASCADE drops the foreign keys that point at it.
    pub drop_cascade: bool,
    /// TRUNCATE TABLE; otherwise truncating deletes every row.
    pub truncate: bool,
    /// TRUNCATE .. RESTART IDENTITY CASCADE.
    pub truncate_cascade: bool,
    /// DDL is part of transactions.
    pub transactional_ddl: bool,
    /// A sub-query may read the table that UPDATE or DELETE changes.
    pub self_subquery: bool,
    /// LIMIT inside a sub-query of IN.
    pub limit_in_subquery: bool,
    /// Deferrable foreign keys and transactions.
    pub deferrable: bool,
    /// The unsigned 64-bit integers have their own type.
    pub unsigned: bool,
    /// The digits of a second that are kept: 6 are microseconds.
    pub second_digits: u8,
    /// A type of times or decimals that is declared without digits after the point has none: DATETIME, TIME, DECIMAL.
    pub bare_types_are_whole: bool,
    /// The right sides of UPDATE .. SET see the row as it was; otherwise those further right see what was assigned.
    pub assigns_at_once: bool,
    /// `SET DEFAULT` as the action of a foreign key.
    pub set_default: bool,
    /// Joins are cheaper than a second query for to-one relations: every query costs a round trip.
    pub round_trips: bool,
}

impl Capabilities {
    /// Whether an identifier is not too long.
    pub fn identifier_fits(&self, name: &str) -> bool {
        name.len() <= self.max_identifier || (self.identifier_chars && name.chars().count() <= self.max_identifier)
    }

    /// What a database has that knows little more than the core of the standard. A dialect starts from this and says what
    /// is different, so that it keeps compiling when a capability is added.
    ///
    /// ```
    /// use orm_core::dialect::Capabilities;
    ///
    /// let has = Capabilities { returning_insert: true, windows: true, ..Capabilities::core((3, 2, 0)) };
    /// assert!(has.checks && has.windows && !has.lateral);
    /// ```
    pub fn core(version: (u32, u32, u32)) -> Self {
        Self {
            version,
            returning_insert: false,
            returning_update: false,
            returning_delete: false,
            last_insert_id: false,
            key_step: "1",
            default_keyword: true,
            max_binds: 999,
            max_insert_rows: usize::MAX,
            statement_bytes: Self::MESSAGE,
            max_identifier: 63,
            identifier_chars: false,
            arrays: false,
            enum_types: false,
            nulls_first: false,
            row_ranges: false,
            enums_compare_as_text: false,
            windows: false,
            lateral: false,
            ctes: false,
            row_locks: false,
            nowait: false,
            skip_locked: false,
            partial_indexes: false,
            expression_indexes: false,
            index_if_not_exists: false,
            checks: true,
            add_foreign_key: true,
            schemas: false,
            attached_schemas: false,
            drop_cascade: false,
            truncate: false,
            truncate_cascade: false,
            transactional_ddl: false,
            self_subquery: true,
            limit_in_subquery: false,
            deferrable: false,
            unsigned: false,
            second_digits: 9,
            bare_types_are_whole: false,
            assigns_at_once: true,
            set_default: true,
            round_trips: true,
        }
    }

    /// The bytes of values that surely leave in one TLS record of 16 KiB (RFC 8446, 5.1), with what stands around them.
    ///
    /// A client that leaves Nagle's algorithm on (`sqlx` 0.9.0) writes records one by one, and the second waits until the
    /// server has acknowledged the first, which servers put off by 40 ms.
    pub const TLS_RECORD: usize = 15_000;
    /// The bytes of values of one statement where a message leaves in one piece whatever its size.
    pub const MESSAGE: usize = 1 << 20;
}
