//! Ways into JSON documents, for the methods of columns that hold some.

use std::marker::PhantomData;

#[cfg(feature = "json")]
use super::Expr;
use crate::ast::{self, JsonStep};
#[cfg(feature = "json")]
use crate::ast::{JsonChange, JsonEdit};
use crate::value::Scalar;
#[cfg(feature = "json")]
use crate::value::{Type, Value};

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

/// A place inside of a JSON document, to change: `User::META.path(["theme", "color"])`. What its methods give is the changed
/// document, to assign to a column; several changes are one behind the other.
///
/// ```
/// # use {orm::prelude::*, orm_guide::*};
/// # run(async |db| {
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
/// let mut order = Order::create().data(json!({ "city": "Turin", "tags": ["new"] })).exec(&db).await?;
/// let changed = Order::DATA.path(["sent", "by"]).set("Ada").path("city").remove().path("tags").append("late");
/// order.update().data(changed).exec(&db).await?;
/// assert_eq!(order.data, json!({ "sent": { "by": "Ada" }, "tags": ["new", "late"] }));
/// # Ok(()) });
/// ```
///
/// On every database the same happens:
///
/// - NULL in the column is an empty document, an object or an array as the path begins with a key or an index; a removal leaves
///   NULL.
/// - A key that is missing is made, and so are the objects on the way to it. An index past the end appends to the array.
/// - Where something else is on the way, such as a number, or the null of JSON, or an element that is not there, the document
///   stays as it is. So does one of which something is removed that is not there.
#[must_use = "say what to do there: `.set(..)`, `.remove()`, `.append(..)`, `.prepend(..)`"]
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "json"), expect(dead_code, reason = "values are written as JSON by the feature alone"))]
pub struct JsonPlace<S, T> {
    document: ast::Expr,
    path: JsonPath,
    _types: PhantomData<fn() -> (S, T)>,
}

impl<S, T> JsonPlace<S, T> {
    pub(super) fn new(document: ast::Expr, path: JsonPath) -> Self {
        Self { document, path, _types: PhantomData }
    }
}

#[cfg(feature = "json")]
impl<S, T: Type> JsonPlace<S, T> {
    fn edit(self, edit: JsonEdit) -> Expr<S, T> {
        let Self { document, path, .. } = self;
        Expr::from_node(ast::Expr::JsonChange(Box::new(JsonChange { document, path: path.0, edit })))
    }

    /// Gives the place a value: anything that serde writes as JSON.
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
    ///     data: Option<Document>,
    /// }
    ///
    /// db.create_tables::<Order>().await?;
    /// let mut order = Order::create().exec(&db).await?;
    /// order.update().data(Order::DATA.path(["address", "city"]).set("Turin")).exec(&db).await?;
    /// assert_eq!(order.data, Some(json!({ "address": { "city": "Turin" } })));
    /// # Ok(()) });
    /// ```
    pub fn set<V: serde::Serialize>(self, value: V) -> Expr<S, T> {
        let value = document(&value);
        if self.path.0.is_empty() {
            return Expr::from_node(ast::Expr::Value(value));
        }
        self.edit(JsonEdit::Set(value))
    }

    /// Removes the key, or the element of an array.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
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
    /// let mut order = Order::create().data(json!({ "city": "Turin", "count": 3 })).exec(&db).await?;
    /// Order::update().data(Order::DATA.path("count").remove()).all_rows().exec(&db).await?;
    /// order.reload(&db).await?;
    /// assert_eq!(order.data, json!({ "city": "Turin" }));
    /// # Ok(()) });
    /// ```
    pub fn remove(self) -> Expr<S, T> {
        if self.path.0.is_empty() {
            let message = "a removal inside of a JSON document needs a path; to empty the column, set it";
            return Expr::from_node(ast::Expr::Value(Value::Invalid(message.into())));
        }
        self.edit(JsonEdit::Remove)
    }

    /// Adds a value at the end of the array at the place, which is made where there is none.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
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
    /// let mut order = Order::create().data(json!({ "tags": ["new"] })).exec(&db).await?;
    /// order.update().data(Order::DATA.path("tags").append("late").path("notes").append("call")).exec(&db).await?;
    /// assert_eq!(order.data, json!({ "tags": ["new", "late"], "notes": ["call"] }));
    /// # Ok(()) });
    /// ```
    pub fn append<V: serde::Serialize>(self, value: V) -> Expr<S, T> {
        let value = document(&value);
        self.edit(JsonEdit::Append(value))
    }

    /// As [`append`](Self::append), at the start of the array.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
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
    /// let mut order = Order::create().data(json!({ "tags": ["new"] })).exec(&db).await?;
    /// order.update().data(Order::DATA.path("tags").prepend("urgent")).exec(&db).await?;
    /// assert_eq!(order.data, json!({ "tags": ["urgent", "new"] }));
    /// # Ok(()) });
    /// ```
    pub fn prepend<V: serde::Serialize>(self, value: V) -> Expr<S, T> {
        let value = document(&value);
        self.edit(JsonEdit::Prepend(value))
    }
}

/// A value as a document.
#[cfg(feature = "json")]
fn document<V: serde::Serialize>(value: &V) -> Value {
    match serde_json::to_string(value) {
        Ok(text) => Value::Json(text),
        Err(error) => Value::Invalid(format!("the value has no form in JSON: {error}").into()),
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
