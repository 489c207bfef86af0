//! The services on SQLite.

orm_auth_tests::suite!(Sqlite);
