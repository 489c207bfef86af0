//! The suite on SQLite.

orm_tests::suite!(Sqlite);
