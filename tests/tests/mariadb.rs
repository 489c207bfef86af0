//! The suite on MariaDB.

orm_tests::suite!(Mariadb);
