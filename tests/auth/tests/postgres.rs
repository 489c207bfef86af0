//! The services on PostgreSQL.

orm_auth_tests::suite!(Postgres);
