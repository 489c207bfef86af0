//! What each SQLSTATE means (PostgreSQL manual, appendix A): its kind, and what a person should know or do. Names of
//! tables and columns are taken out of the message elsewhere.

use orm_core::ErrorKind::{self, *};

/// The kind of an SQLSTATE and what to do about it: exact codes first, then classes. No words where the kind says all.
pub(super) fn meaning(code: &str) -> (ErrorKind, &'static str) {
    match code {
        "0A000" => (Unsupported, "the server cannot do this"),
        "21000" => (
            InvalidStatement,
            "a sub-query used as one value gave several rows, or one statement would write the same row twice",
        ),
        "22001" => (DataTooLong, ""),
        "22026" => (DataTooLong, "a bit string has the wrong length"),
        "22003" => (OutOfRange, ""),
        "22008" => (OutOfRange, "a date or time is beyond what the column holds"),
        "22015" => (OutOfRange, "an interval is beyond what the column holds"),
        "22P01" => (OutOfRange, "the result of a calculation is beyond what a float holds"),
        "22012" => (InvalidValue, "division by zero"),
        "22004" => (InvalidValue, "NULL where a value is needed"),
        "22007" => (InvalidValue, "text that is no date or time"),
        "22P02" => (InvalidValue, "text that is no value of the type it is for"),
        "22P03" => (InvalidValue, "a value in a form that its type does not have"),
        "22021" | "22P05" => (InvalidValue, "text that the database's encoding cannot hold, such as a NUL"),
        "2201B" => (InvalidValue, "the regular expression is malformed"),
        "22025" | "22019" | "2200C" => (InvalidValue, "the escape of a LIKE pattern is malformed"),
        "2201W" | "2201X" => (InvalidValue, "LIMIT and OFFSET must not be negative"),
        "22023" => (InvalidValue, "an argument has a value that it must not have"),
        "22032" | "22030" => (InvalidValue, "the text is not JSON that the database takes"),
        "2202E" | "2202H" | "2202G" => (InvalidValue, "an argument is out of bounds"),
        "23502" => (NotNullViolation, ""),
        "23503" | "23001" => (ForeignKeyViolation, ""),
        "23505" => (UniqueViolation, ""),
        "23514" => (CheckViolation, ""),
        "44000" => (CheckViolation, "the row would not be one of the view it is written through"),
        "23P01" => (ExclusionViolation, ""),
        // The transaction is still open, but nothing can be done in it.
        "25P02" => (TransactionClosed, "an earlier statement of the transaction failed; roll it back"),
        "25P03" | "25P04" => (TransactionTimeout, "the server ended it: its time limit was over"),
        "25006" => (ReadOnly, ""),
        "25P01" => (InvalidStatement, "the statement needs a transaction"),
        "25001" => {
            (InvalidStatement, "the statement cannot run inside a transaction, or not after its first statement")
        }
        "2BP01" => (HasDependents, ""),
        "2D000" => (InvalidStatement, "a function cannot end the transaction it runs in"),
        "34000" => (InvalidStatement, "there is no such cursor"),
        "3B001" => (InvalidStatement, "there is no such savepoint"),
        "3D000" => (UnknownDatabase, ""),
        "3F000" => (UnknownTable, "the schema does not exist"),
        "40P01" => (Deadlock, "run the transaction again"),
        "40001" | "72000" => (Serialization, "run the transaction again"),
        "40003" => (ConnectionLost, "it is unknown whether the statement took effect"),
        "42501" => (Permission, ""),
        "42601" => (Syntax, "the database cannot read the SQL; the cause says at which word"),
        "42602" | "42622" | "42939" => (InvalidStatement, "a name is malformed, too long or reserved"),
        "42P01" => (UnknownTable, ""),
        "42703" => (UnknownColumn, ""),
        "42P04" | "42P06" | "42P07" | "42701" | "42710" | "42723" | "42P03" => (AlreadyExists, ""),
        "42702" => (InvalidStatement, "several tables have a column of this name: write the table before it"),
        "42712" => (InvalidStatement, "two tables of the statement have the same name: give one an alias"),
        "42803" => (InvalidStatement, "a column is neither grouped by nor inside an aggregate"),
        "42P20" => (InvalidStatement, "a window function stands where none may be"),
        "42P19" => (InvalidStatement, "the query refers to itself in a way it must not"),
        "42804" | "42846" | "42P18" | "42P08" => {
            (InvalidStatement, "a value is of another type than its place: convert it with CAST")
        }
        "42883" | "42725" => (
            InvalidStatement,
            "no function or operator of this name takes these types: convert them, or add an extension",
        ),
        "42704" => {
            (InvalidStatement, "there is no such type, role, setting or other object; an extension may be missing")
        }
        "42P02" => (InvalidStatement, "a placeholder has no value"),
        "42P10" => {
            (InvalidStatement, "no unique key has these columns, or an order names a column that is not selected")
        }
        "42830" => (InvalidStatement, "a foreign key must point at the columns of a unique key"),
        "42809" => (InvalidStatement, "the object is of another kind, such as a view instead of a table"),
        "428C9" => (InvalidStatement, "the database makes the value of this column: it cannot be written"),
        "42P21" | "42P22" => (InvalidStatement, "the texts have different collations: write COLLATE"),
        "53100" => (Full, "the server's disk is full"),
        "53200" => (Full, "the server has no memory left"),
        "53300" => (TooManyConnections, "lower `max_connections` of the pools, or raise the server's"),
        "53400" => (Full, "a limit of the server's configuration is reached"),
        "54000" => (DataTooLong, "a value is too long for its index, or a limit of the server is passed"),
        "54001" => {
            (InvalidStatement, "the statement is nested deeper than the server takes (`max_stack_depth`): split it")
        }
        "54011" | "54023" => (InvalidStatement, "the statement has more parts than the server takes"),
        "55P03" => (LockTimeout, "others hold the lock: wait longer (`lock_timeout`), or try again"),
        "55006" => (InvalidStatement, "another session, or an open cursor of this one, uses the object"),
        "55000" => (InvalidStatement, "the object is not in the state that the statement needs"),
        "55P02" => (InvalidStatement, "the setting cannot be changed now"),
        "55P04" => {
            (InvalidStatement, "a new label of an enum can be used once the transaction that added it has ended")
        }
        "57014" => (StatementTimeout, "its time limit (`statement_timeout`) was over, or it was cancelled"),
        "57P01" | "57P02" | "57P03" | "57P04" | "57P05" => (ConnectionLost, "the server ended the connection"),
        // The protocol's own error: of a statement, a wrong number of values.
        "08P01" => (InvalidStatement, "as many values as placeholders are needed"),
        "P0001" | "P0004" => (Database, "raised by a function or trigger of the database; the source has its words"),
        "P0002" => (Database, "a function of the database found no row where it needs one"),
        "P0003" => (Database, "a function of the database found several rows where it needs one"),
        "XX001" | "XX002" => (Corrupt, ""),
        _ => class(code),
    }
}

/// The meaning of a code that has none of its own, by its class.
fn class(code: &str) -> (ErrorKind, &'static str) {
    match code.get(..2) {
        Some("08") => (ConnectionLost, ""),
        Some("0A") => (Unsupported, "the server cannot do this"),
        Some("22") => (InvalidValue, "a value is not of the form it must have"),
        Some("23") => (Database, "a constraint of the database refused the row; the source names it"),
        Some("25" | "24" | "2D") => {
            (InvalidStatement, "the statement does not fit the state of its transaction or cursor")
        }
        Some("26") => (InvalidStatement, "there is no such prepared statement"),
        Some("28") => (Auth, ""),
        Some("40") => (Serialization, "the server rolled the transaction back: run it again"),
        Some("42") => (InvalidStatement, "the statement breaks a rule of SQL; the source says which"),
        Some("53") => (Full, "the server has no room"),
        Some("54") => (InvalidStatement, "the statement is larger than the server takes"),
        Some("55") => (InvalidStatement, "the object is not in the state that the statement needs"),
        Some("57") => (StatementTimeout, "an operator or the server intervened"),
        Some("58") => (Io, "the server could not read or write a file"),
        Some("F0") => (Database, "the server's configuration is broken"),
        Some("P0") => (Database, "a function of the database failed; the source has its words"),
        Some("XX") => (Database, "an internal error of the server; the source has its words"),
        _ => (Database, "an error without a kind of its own; the source has the server's words"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_kinds() {
        for (kind, codes) in [
            (UniqueViolation, &["23505"][..]),
            (ForeignKeyViolation, &["23503", "23001"]),
            (NotNullViolation, &["23502"]),
            (CheckViolation, &["23514", "44000"]),
            (ExclusionViolation, &["23P01"]),
            (Deadlock, &["40P01"]),
            (Serialization, &["40001", "40000"]),
            (LockTimeout, &["55P03"]),
            (StatementTimeout, &["57014"]),
            (TransactionTimeout, &["25P03", "25P04"]),
            (TransactionClosed, &["25P02"]),
            (ReadOnly, &["25006"]),
            (TooManyConnections, &["53300"]),
            (Full, &["53100", "53200", "53400", "53000"]),
            (Auth, &["28000", "28P01"]),
            (Permission, &["42501"]),
            (UnknownDatabase, &["3D000"]),
            (UnknownTable, &["42P01", "3F000"]),
            (UnknownColumn, &["42703"]),
            (AlreadyExists, &["42P04", "42P06", "42P07", "42701", "42710", "42723"]),
            (HasDependents, &["2BP01"]),
            (Syntax, &["42601"]),
            (ConnectionLost, &["57P01", "57P02", "57P03", "57P04", "57P05", "08000", "08003", "08006", "40003"]),
            (DataTooLong, &["22001", "22026", "54000"]),
            (OutOfRange, &["22003", "22008", "22015", "22P01"]),
            (InvalidValue, &["22P02", "22012", "22007", "22021", "2201B", "22032", "22099"]),
            (
                InvalidStatement,
                &[
                    "21000", "25001", "25P01", "3B001", "42702", "42803", "42804", "42883", "42P02", "42P10", "42999",
                    "428C9", "55000", "55006", "08P01",
                ],
            ),
            (Unsupported, &["0A000"]),
            (Corrupt, &["XX001", "XX002"]),
            (Io, &["58030", "58P01"]),
            (Database, &["P0001", "XX000", "23000", "99999", "", "é"]),
        ] {
            for code in codes {
                assert_eq!(meaning(code).0, kind, "{code}");
            }
        }
    }

    #[test]
    fn what_has_no_kind_of_its_own_has_words() {
        for code in ["P0001", "P0002", "P0009", "XX000", "23000", "F0001", "99999", "", "0A000", "21000", "42999"] {
            assert!(!meaning(code).1.is_empty(), "{code}");
        }
    }
}
