//! [`ListQuery`]: what a request asks of a list, as it came: from a query string or from JSON. What of it is allowed, and what it
//! means for a model, says a [`Listing`](super::Listing).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value as Json};

use super::list_error::{ListError, Problem};

/// Which rows a request wants, in which order, which of their columns, and which page. Implements `Deserialize`, so that handlers take it
/// from a query string or from a body:
///
/// | Parameter | As a query string | As JSON |
/// |---|---|---|
/// | `filter` | `filter={"age":{"gte":18}}`, `filter[age][gte]=18` | `"filter": {"age": {"gte": 18}}` |
/// | `sort` | `sort=-created_at,name` | `"sort": "-created_at,name"`, `"sort": ["-created_at", "name"]` |
/// | `fields` | `fields=id,name` | `"fields": "id,name"`, `"fields": ["id", "name"]` |
/// | `limit` | `limit=20` | `"limit": 20` |
/// | `after`, `before` | `after=..` | `"after": ".."` |
///
/// Another parameter is an error. See [`Listing`](super::Listing) for what a filter may say.
///
/// ```
/// # use {orm::{ListQuery, Listing, prelude::*}, orm_guide::*};
/// # run(async |db| {
/// let listing = Listing::<User>::new().filter((User::NAME, User::VISITS)).sort(User::VISITS);
/// let query: ListQuery = serde_json::from_str(r#"{ "filter": { "visits": { "gt": 0 } }, "sort": "-visits" }"#).unwrap();
/// let page = User::find_all().list(&listing, &query)?.exec(&db).await?;
/// assert_eq!(page.nodes().map(|user| user.visits).collect::<Vec<_>>(), [3, 1]);
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListQuery {
    /// The filter, with types.
    pub(super) filter: Option<Json>,
    /// The filter in which all values are text: `filter[age][gte]=18`.
    pub(super) text_filter: Option<Json>,
    pub(super) sort: Option<Vec<String>>,
    pub(super) fields: Option<Vec<String>>,
    pub(super) limit: Option<u64>,
    pub(super) after: Option<String>,
    pub(super) before: Option<String>,
}

impl ListQuery {
    /// Everything, from the beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a query string, without its `?`.
    ///
    /// ```
    /// use orm_core::query::ListQuery;
    ///
    /// let query = ListQuery::parse("filter[age][gte]=18&sort=-age,name&limit=20")?;
    /// # Ok::<_, orm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for unknown parameters, and values that are not of their form.
    pub fn parse(query: &str) -> crate::error::Result<Self> {
        let mut read = Self::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            read.take(&name, Json::String(value.into_owned())).map_err(ListError::into_error)?;
        }
        Ok(read)
    }

    /// Takes one parameter.
    fn take(&mut self, name: &str, value: Json) -> Result<(), ListError> {
        let twice = |there: bool| match there {
            true => Err(ListError::new(name, Problem::Malformed("is there twice".into()))),
            false => Ok(()),
        };
        // An empty parameter, such as that of a form, says nothing.
        if value.is_null() || value == "" {
            return if PARAMETERS.contains(&name) || path_of(name).is_some() { Ok(()) } else { Err(unknown(name)) };
        }
        match name {
            "filter" => {
                twice(self.filter.is_some())?;
                self.filter = Some(match value {
                    Json::String(text) => serde_json::from_str(&text)
                        .map_err(|error| ListError::new(name, Problem::Malformed(format!("is no JSON: {error}"))))?,
                    value => value,
                });
            }
            "sort" => {
                twice(self.sort.is_some())?;
                self.sort = Some(names(name, value)?);
            }
            "fields" => {
                twice(self.fields.is_some())?;
                self.fields = Some(names(name, value)?);
            }
            "limit" => {
                twice(self.limit.is_some())?;
                let number = match &value {
                    Json::String(text) => text.parse().ok(),
                    value => value.as_u64(),
                };
                self.limit = Some(number.ok_or_else(|| expected(name, "a number of rows, such as 20", &value))?);
            }
            "after" | "before" => {
                let place = if name == "after" { &mut self.after } else { &mut self.before };
                twice(place.is_some())?;
                match value {
                    Json::String(cursor) => *place = Some(cursor),
                    value => return Err(expected(name, "a cursor", &value)),
                }
            }
            _ => match path_of(name) {
                // No filter is so deep; what is read from it, and dropped, goes down level by level.
                Some(path) if path.split("][").nth(DEEPEST).is_some() => {
                    return Err(ListError::new("filter", Problem::TooMuch { of: "levels", most: DEEPEST as u64 }));
                }
                Some(path) => {
                    let root = self.text_filter.get_or_insert_with(|| Json::Object(Map::new()));
                    insert(root, path.split("]["), value)
                        .ok_or_else(|| ListError::new(name, Problem::Malformed("is there twice".into())))?;
                }
                None => return Err(unknown(name)),
            },
        }
        Ok(())
    }
}

const PARAMETERS: [&str; 6] = ["filter", "sort", "fields", "limit", "after", "before"];

/// The most levels of a parameter in brackets.
const DEEPEST: usize = 32;

/// The path in a name such as `filter[age][gte]`.
fn path_of(name: &str) -> Option<&str> {
    name.strip_prefix("filter[")?.strip_suffix(']')
}

/// Puts a value at a path of objects; `None` where there is one already.
fn insert<'p>(root: &mut Json, mut path: impl Iterator<Item = &'p str>, value: Json) -> Option<()> {
    let Some(key) = path.next() else {
        if root.as_object().is_some_and(Map::is_empty) {
            *root = value;
            return Some(());
        }
        return None;
    };
    let next = root.as_object_mut()?.entry(key).or_insert_with(|| Json::Object(Map::new()));
    insert(next, path, value)
}

/// Names, separated by commas or in a list.
fn names(place: &str, value: Json) -> Result<Vec<String>, ListError> {
    match value {
        Json::String(text) => Ok(text.split(',').map(|name| name.trim().to_owned()).collect()),
        Json::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(at, item)| match item {
                Json::String(name) => Ok(name),
                item => Err(expected(&format!("{place}[{at}]"), "a name", &item)),
            })
            .collect(),
        value => Err(expected(place, "names, such as `name,age` or a list of them", &value)),
    }
}

#[cold]
fn unknown(name: &str) -> ListError {
    ListError::new(name, Problem::UnknownParameter { known: PARAMETERS.map(str::to_owned).to_vec() })
}

#[cold]
pub(super) fn expected(place: &str, what: impl Into<String>, found: &Json) -> ListError {
    ListError::new(place, Problem::WrongType { expected: what.into(), found: kind(found) })
}

/// What a value is, never the value.
pub(super) fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

impl<'de> Deserialize<'de> for ListQuery {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parameters;
        impl<'de> Visitor<'de> for Parameters {
            type Value = ListQuery;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "the parameters {}", PARAMETERS.join(", "))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ListQuery, A::Error> {
                let mut read = ListQuery::new();
                while let Some((name, value)) = map.next_entry::<String, Json>()? {
                    read.take(&name, value).map_err(A::Error::custom)?;
                }
                Ok(read)
            }
        }
        deserializer.deserialize_map(Parameters)
    }
}
