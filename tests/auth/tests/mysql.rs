//! The services on MySQL.

orm_auth_tests::suite!(Mysql);
