//! The services on MariaDB.

orm_auth_tests::suite!(Mariadb);
