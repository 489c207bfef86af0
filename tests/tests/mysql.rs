//! The suite on MySQL.

orm_tests::suite!(Mysql);
