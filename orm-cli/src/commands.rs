//! The commands, one file each.

pub(crate) mod auth;
pub(crate) mod database;
pub(crate) mod doctor;
pub(crate) mod encrypt;
pub(crate) mod erd;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod init;
pub(crate) mod migrate;
pub(crate) mod pull;
pub(crate) mod schema;
pub(crate) mod seed;
