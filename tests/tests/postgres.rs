//! The suite on PostgreSQL.

orm_tests::suite!(Postgres);
