//! JSON documents, from the `serde_json` in the version that columns have. Not the crate itself: a second type of the name
//! `String`, a variant of its `Value`, would make the compiler's messages spell out the path of every `String`.

pub use orm_core::serde_json::{
    Error, Map, Number, from_slice, from_str, from_value, json, to_string, to_string_pretty, to_value, to_vec,
};

/// Any JSON document.
pub type Value = orm_core::serde_json::Value;
