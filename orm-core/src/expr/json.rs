//! Ways into JSON documents, for the methods of columns that hold some.

use crate::ast::JsonStep;
use crate::value::Scalar;

/// Types stored as JSON documents.
#[diagnostic::on_unimplemented(message = "`{Self}` is not stored as JSON")]
pub trait Document: Scalar {}
#[cfg(feature = "json")]
impl Document for serde_json::Value {}
#[cfg(feature = "json")]
impl<T> Document for crate::value::Json<T> where crate::value::Json<T>: Scalar {}

/// A way into a JSON document: one key, or several keys and indexes.
///
/// ```
/// use orm_core::expr::JsonPath;
/// let one = JsonPath::from("name");
/// let deep = JsonPath::new().key("items").index(0).key("odd key");
/// ```
#[derive(Debug, Clone, Default)]
pub struct JsonPath(pub(super) Vec<JsonStep>);

impl JsonPath {
    /// The document itself.
    pub fn new() -> Self {
        Self::default()
    }
    /// Into a key of an object.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.0.push(JsonStep::Key(key.into()));
        self
    }
    /// Into an element of an array, from 0.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// use orm::JsonPath;
    /// use orm::serde_json::{Value as Document, json};
    ///
    /// #[derive(Debug, Clone, Model)]
    /// struct Order {
    ///     #[orm(primary_key)]
    ///     id: i64,
    ///     data: Document,
    /// }
    ///
    /// db.create_tables::<Order>().await?;
    /// Order::create().data(json!({ "items": [{ "price": 12 }] })).exec(&db).await?;
    /// let price = JsonPath::new().key("items").index(0).key("price");
    /// let prices: Vec<Option<i64>> =
    ///     Order::find_all().select(Order::DATA.json_value::<i64>(price)).exec(&db).await?;
    /// assert_eq!(prices, [Some(12)]);
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn index(mut self, index: u32) -> Self {
        self.0.push(JsonStep::Index(index));
        self
    }
}

impl From<&str> for JsonPath {
    fn from(key: &str) -> Self {
        Self::new().key(key)
    }
}

impl<const N: usize> From<[&str; N]> for JsonPath {
    fn from(keys: [&str; N]) -> Self {
        keys.into_iter().fold(Self::new(), JsonPath::key)
    }
}
