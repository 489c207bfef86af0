//! The driver against real servers: every test runs on MySQL and on MariaDB, each in a database of its own. The servers
//! are named by `ORM_TEST_MYSQL_URL` and `ORM_TEST_MARIADB_URL`; without one, its tests say so and do nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

/// Runs each of these functions as one test per server.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod mysql {
            $(#[tokio::test]
            async fn $name() {
                crate::support::run(orm_mysql::ServerKind::Mysql, super::$name).await;
            })*
        }
        mod mariadb {
            $(#[tokio::test]
            async fn $name() {
                crate::support::run(orm_mysql::ServerKind::Mariadb, super::$name).await;
            })*
        }
    };
}

mod cancel;
mod errors;
mod sessions;
mod statements;
mod support;
mod transactions;
mod values;
