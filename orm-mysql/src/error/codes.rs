//! What each error number of MySQL and MariaDB means: its kind, and what a person should know or do. Names of tables and
//! columns are taken out of the message elsewhere.
//!
//! Source: "Server Error Message Reference" of MySQL 8.0 to 9.x, "MariaDB Error Code Reference". Up to 1880 the numbers
//! are the same; above, each server has its own, and where both use one, the SQLSTATE tells them apart.

use orm_core::ErrorKind::{self, *};

/// The hint for a lost cluster: the outcome of the statement is unknown.
const LEFT: &str = "the server has left its cluster: it is unknown whether this took effect";

/// The kind of an error and what to do about it; no words where the kind says all. The message decides where one number
/// is used for several things.
pub(super) fn meaning(number: u16, state: Option<&str>, message: &str) -> (ErrorKind, &'static str) {
    match number {
        1022 | 1062 | 1169 | 1557 | 1586 | 1761 | 1762 | 1859 => (UniqueViolation, ""),
        1216 | 1217 | 1451 | 1452 | 1834 => (ForeignKeyViolation, ""),
        1701 => (
            ForeignKeyViolation,
            "rows of other tables may point here, so the table cannot be truncated: delete its rows",
        ),
        3730 => (HasDependents, "a foreign key of another table points here"),
        1048 | 1263 | 1364 => (NotNullViolation, ""),
        3819 => (CheckViolation, ""),
        // MySQL has another use for this number, with another state.
        4025 if state == Some("23000") => (CheckViolation, ""),
        1369 => (CheckViolation, "the row would not be one of the view it is written through"),
        1213 | 1614 | 3058 => (Deadlock, "run the transaction again"),
        // Clusters roll back a transaction at certification. The message has the engine's error code: 149 is a deadlock, 153 a
        // savepoint that was removed with its transaction.
        1180 | 1181 | 1030 if message.contains("error 149") || message.contains("error 153") => {
            (Deadlock, "the cluster has undone the transaction: run it again")
        }
        1180 if message.contains("provider status") => (ConnectionLost, LEFT),
        3100 if message.contains("before_commit") => (ConnectionLost, LEFT),
        1047 if message.contains("WSREP") => {
            (ConnectionFailed, "the server is joining its cluster, or has no majority in it; nothing was done")
        }
        1020 => (Serialization, "the row has changed since the transaction's snapshot"),
        3101 => (Serialization, "run the transaction again"),
        1205 => (LockTimeout, "others hold the lock; only the statement was undone, not its transaction"),
        3572 => (LockTimeout, "others hold the lock"),
        1317 => (StatementTimeout, "it was cancelled, as by KILL QUERY"),
        1907 | 1969 | 3024 => (StatementTimeout, "its time limit (`statement_timeout`) was over"),
        1792 | 1836 | 1874 | 3989 => (ReadOnly, ""),
        1290 if message.contains("read") => (ReadOnly, ""),
        1290 => (Unsupported, "an option of the server forbids this"),
        1021 => (Full, "the server's disk is full"),
        1114 => (Full, "the table is full"),
        1037 | 1038 | 1041 | 1135 => (Full, "the server has no memory left"),
        1206 => (Full, "the transaction holds more locks than the server has room for"),
        1040 | 1203 => (TooManyConnections, "lower `max_connections` of the pools, or raise the server's"),
        1226 => (TooManyConnections, "a limit of this user is reached"),
        1251 | 1524 => (Auth, "the server wants an authentication method this client does not have"),
        1045 | 1130 | 1275 | 1698 | 1820 | 1862 | 3118 | 3955 | 4151 => (Auth, ""),
        1044 | 1095 | 1142 | 1143 | 1227 | 1345 | 1370 | 1410 | 1419 => (Permission, ""),
        1008 | 1049 => (UnknownDatabase, ""),
        1051 | 1109 | 1146 => (UnknownTable, ""),
        1054 | 1072 => (UnknownColumn, ""),
        1007 | 1050 | 1060 | 1061 | 1125 | 1304 | 1359 | 1537 | 1826 | 3822 => (AlreadyExists, ""),
        // The engine's number stands in the message: 121 is a key of a name that is taken, 150 a malformed foreign key.
        1005 if message.contains("errno: 121") => (AlreadyExists, "a foreign key of this name exists already"),
        1005 | 1215 | 1822 | 3734 | 3780 | 6125 => {
            (InvalidStatement, "a foreign key must point at a unique key of the same types")
        }
        // What InnoDB's parser of full-text queries says, whatever the language of the server.
        1064 if message.starts_with("syntax error, unexpected") => {
            (InvalidValue, "the full-text query is malformed; without `IN BOOLEAN MODE` it may be any text")
        }
        1064 | 1149 => (Syntax, "the database cannot read the SQL; the source says where it stopped"),
        1065 => (Syntax, "the statement is empty"),
        1075 => (InvalidStatement, "a table has one AUTO_INCREMENT column, and it is (the first column of) a key"),
        1242 => (InvalidStatement, "a sub-query used as one value gave several rows"),
        1241 | 1222 => (InvalidStatement, "the queries or lists do not have the same number of columns"),
        1136 | 1058 => (InvalidStatement, "there are not as many values as columns"),
        1052 => (InvalidStatement, "several tables have a column of this name: write the table before it"),
        1066 => (InvalidStatement, "two tables of the statement have the same name: give one an alias"),
        1055 | 1140 => (InvalidStatement, "a column is neither grouped by nor inside an aggregate"),
        1111 => (InvalidStatement, "an aggregate stands where none may be"),
        3593 | 4015 | 4016 => (InvalidStatement, "a window function stands where none may be"),
        3065 => (InvalidStatement, "rows that are distinct are ordered by a column that is not selected"),
        1093 | 1443 => (InvalidStatement, "the table that is written is read in a sub-query of the same statement"),
        1248 => (InvalidStatement, "a sub-query in FROM needs an alias"),
        1305 | 1630 => (InvalidStatement, "there is no such function, procedure or savepoint"),
        1318 | 1582 | 1583 | 1210 => (InvalidStatement, "a function got a wrong number or kind of arguments"),
        1267 | 1270 | 1271 | 1253 => (InvalidStatement, "the texts have different collations: write COLLATE"),
        1091 => (InvalidStatement, "what was to be dropped does not exist"),
        1176 => (InvalidStatement, "there is no such index"),
        1067 | 1101 => (InvalidStatement, "a default does not fit its column"),
        1170 => (InvalidStatement, "an index on text or bytes of any length needs a length"),
        1071 => (InvalidStatement, "the key is longer than an index can be"),
        1068 | 1171 => (InvalidStatement, "a table has one primary key, whose columns are not null"),
        1074 | 1117 | 1118 => (InvalidStatement, "the columns are more or longer than a row can be"),
        1059 | 1102 | 1103 => (InvalidStatement, "a name is too long or malformed"),
        1063 => (InvalidStatement, "the attribute does not fit the column's type"),
        1288 | 1348 | 1471 => (InvalidStatement, "the table or column cannot be written"),
        3105 | 3106 | 1906 => (InvalidStatement, "the database makes the value of this column: it cannot be written"),
        1356 => (InvalidStatement, "the view refers to something that is gone"),
        1347 => (InvalidStatement, "the object is of another kind, such as a view instead of a table"),
        3568 | 3569 => (InvalidStatement, "a lock names a table that the query does not read, or names one twice"),
        1568 => (InvalidStatement, "the isolation level cannot be changed inside a transaction"),
        1179 | 1192 | 1399 | 1400..=1402 => {
            (InvalidStatement, "the statement does not fit the state of the transaction")
        }
        1099 | 1100 => (InvalidStatement, "the table is not among those of LOCK TABLES, or only to be read"),
        1390 => (InvalidStatement, "the statement has more placeholders than the server takes"),
        1461 => (Database, "the server has too many prepared statements; lower the statement cache's capacity"),
        1031 | 1115 | 1178 | 1235 | 1273 | 1286 | 1289 | 1295 => (Unsupported, "the server cannot do this"),
        1153 => (DataTooLong, "the statement is longer than the server's max_allowed_packet"),
        1301 => (DataTooLong, "the result is longer than the server's max_allowed_packet"),
        1406 => (DataTooLong, ""),
        1264 | 1690 => (OutOfRange, ""),
        1441 => (OutOfRange, "a date or time is beyond what the column holds"),
        167 | 1467 => (OutOfRange, "the AUTO_INCREMENT column has no number left"),
        1365 => (InvalidValue, "division by zero"),
        1139 | 3685 | 3686 | 3688..=3700 => (InvalidValue, "the regular expression is malformed"),
        3687 => (InvalidValue, "the pattern is beyond what a regular expression may be"),
        1300 => (InvalidValue, "text that the column's character set cannot hold"),
        3140 | 3141 | 4036..=4038 => (InvalidValue, "the text is not JSON that the database takes"),
        3143 | 3146..=3149 | 3154 | 3156 | 3158 | 4040..=4042 => {
            (InvalidValue, "a JSON function got a malformed path or another kind of value")
        }
        1265 | 1292 | 1366 | 1367 | 1411 | 1416 | 1525 | 3037 | 3854 | 3988 => {
            (InvalidValue, "a value that is not of the column's type")
        }
        1053 | 1077 | 1079 | 1080 | 1152 | 1158..=1161 | 1184 | 1927 | 2006 | 2013 | 2055 | 3169 | 4031 => {
            (ConnectionLost, "the server ended the connection")
        }
        3159 => (ConnectionFailed, "the server wants an encrypted connection: use ssl-mode=required"),
        1034 | 1035 | 1194 | 1195 | 1712 => (Corrupt, "the table or its index is damaged"),
        1636 | 3636 => (InvalidStatement, "the query refers to itself more often than the server allows"),
        1644 => (Database, "raised by a trigger or procedure of the database; the source has its words"),
        1030 | 1296 | 1297 => (Database, "the storage engine failed; the source has its words"),
        _ => by_state(state),
    }
}

/// The meaning of a number that has none of its own, by the class of its SQLSTATE.
fn by_state(state: Option<&str>) -> (ErrorKind, &'static str) {
    match state.and_then(|state| state.get(..2)) {
        Some("08") => (ConnectionLost, "the server ended the connection"),
        Some("21") => (InvalidStatement, "the columns or rows are not as many as they must be"),
        Some("22") => (InvalidValue, "a value is not of the form it must have"),
        Some("23") => (Database, "a constraint of the database refused the row; the source names it"),
        Some("25") => (InvalidStatement, "the statement does not fit the state of the transaction"),
        Some("28") => (Auth, ""),
        Some("40") => (Serialization, "the server rolled the transaction back: run it again"),
        Some("42") => (InvalidStatement, "the statement breaks a rule of SQL; the source says which"),
        Some("45") => (Database, "raised by a trigger or procedure of the database; the source has its words"),
        Some("53") => (Full, "the server has no room"),
        _ => (Database, "an error without a kind of its own; the source has the server's words"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_kinds() {
        for (kind, numbers) in [
            (UniqueViolation, &[1062, 1169, 1586][..]),
            (ForeignKeyViolation, &[1216, 1217, 1451, 1452, 1701, 1834]),
            (NotNullViolation, &[1048, 1263, 1364]),
            (CheckViolation, &[3819, 1369]),
            (Deadlock, &[1213, 1614]),
            (Serialization, &[1020, 3101]),
            (LockTimeout, &[1205, 3572]),
            (StatementTimeout, &[1317, 1969, 3024]),
            (ReadOnly, &[1792, 1836]),
            (Full, &[1021, 1114, 1037, 1206]),
            (TooManyConnections, &[1040, 1203, 1226]),
            (Auth, &[1045, 1130, 1251, 1524, 1698, 3118, 3955]),
            (Permission, &[1044, 1142, 1143, 1227, 1370]),
            (UnknownDatabase, &[1049]),
            (UnknownTable, &[1051, 1109, 1146]),
            (UnknownColumn, &[1054, 1072]),
            (AlreadyExists, &[1007, 1050, 1060, 1061, 1304, 1359, 1826, 3822]),
            (HasDependents, &[3730]),
            (Syntax, &[1064, 1065, 1149]),
            (
                InvalidStatement,
                &[1052, 1055, 1066, 1067, 1075, 1093, 1136, 1140, 1170, 1242, 1305, 1568, 3105, 3568, 3780],
            ),
            (Unsupported, &[1235, 1289, 1295]),
            (DataTooLong, &[1153, 1406]),
            (OutOfRange, &[1264, 1441, 1467, 1690]),
            (InvalidValue, &[1139, 1265, 1292, 1300, 1365, 1366, 1411, 3140, 3141, 3685, 3696, 3988]),
            (ConnectionLost, &[1053, 1158, 1161, 1927, 2006, 2013, 4031]),
            (Corrupt, &[1034, 1194]),
            (Database, &[1030, 1461, 1644, 9999]),
        ] {
            for number in numbers {
                assert_eq!(meaning(*number, None, "").0, kind, "{number}");
            }
        }
    }

    #[test]
    fn states_and_messages_tell_the_uses_of_one_number_apart() {
        assert_eq!(meaning(4025, Some("23000"), "").0, CheckViolation);
        assert_ne!(meaning(4025, Some("HY000"), "").0, CheckViolation);
        assert_eq!(meaning(1290, None, "running with the --read-only option").0, ReadOnly);
        assert_eq!(meaning(1290, None, "running with the --secure-file-priv option").0, Unsupported);
        assert_eq!(meaning(1005, None, "Can't create table (errno: 121 \"Duplicate key\")").0, AlreadyExists);
        assert_eq!(meaning(1005, None, "Can't create table (errno: 150 \"malformed\")").0, InvalidStatement);
        assert_eq!(meaning(9999, Some("42000"), "").0, InvalidStatement);
        assert_eq!(meaning(9999, Some("40001"), "").0, Serialization);
        assert_eq!(meaning(9999, Some("é"), "").0, Database);
        assert_eq!(meaning(1047, Some("08S01"), "Unknown command").0, ConnectionLost);
    }

    #[test]
    fn clusters_say_what_became_of_a_transaction() {
        for (kind, number, message) in [
            (Deadlock, 1180, "Got error 149 - 'Lock deadlock; Retry transaction' during COMMIT"),
            (Deadlock, 1030, "Got error 153 - 'No savepoint with that name' from storage engine InnoDB"),
            (Deadlock, 1181, "Got error 153 - 'No savepoint with that name' during ROLLBACK"),
            (ConnectionLost, 1180, "Got error 6 'No such device', provider status: Not connected to Primary Component"),
            (ConnectionLost, 3100, "Error on observer while running replication hook 'before_commit'."),
            (ConnectionFailed, 1047, "WSREP has not yet prepared node for application use"),
            (Serialization, 3101, "Plugin instructed the server to rollback the current transaction."),
        ] {
            assert_eq!(meaning(number, Some("HY000"), message).0, kind, "{number} {message}");
        }
    }

    #[test]
    fn what_has_no_kind_of_its_own_has_words() {
        for number in 1000..5000 {
            let (kind, words) = meaning(number, None, "");
            let general = matches!(kind, Database | InvalidStatement | InvalidValue | Unsupported | HasDependents);
            assert!(!general || !words.is_empty(), "{number}");
        }
    }
}
