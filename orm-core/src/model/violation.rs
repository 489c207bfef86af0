//! What is wrong with the values of a row, as rules find it: all of it at once, each with the rule's name and parameters.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use crate::error::{Error, ErrorKind, Result};
use crate::value::Value;

/// One rule that a row does not keep.
///
/// The message is a constant text and quotes no value, and the parameters are those of the rule. With the feature `serde`, it is
/// `{"path": "name", "rule": "length", "message": "..", "params": {"max": 80}}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    path: Cow<'static, str>,
    rule: Cow<'static, str>,
    message: Cow<'static, str>,
    params: Vec<(&'static str, Value)>,
}

impl Violation {
    /// A violation at a path.
    pub(crate) fn new(
        path: impl Into<Cow<'static, str>>,
        rule: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
        params: Vec<(&'static str, Value)>,
    ) -> Self {
        Self { path: path.into(), rule: rule.into(), message: message.into(), params }
    }

    /// Where: the struct's field, `name`; of many rows with the row's position, `[2].name`; of a row inside of another one with
    /// the relation, `posts[0].title`. Empty for what is about the row as a whole.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The rule: `email`, `length`, the name of a function of your own.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// What is wrong, to be read behind the path: "must have at most 80 characters".
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The parameters of the rule, for messages of your own: `("max", 80)`.
    pub fn params(&self) -> &[(&'static str, Value)] {
        &self.params
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.path {
            "" => f.write_str(&self.message),
            path => write!(f, "`{path}` {}", self.message),
        }
    }
}

/// Everything that rules found wrong with what was to be written, in the order of rows and columns. It is what
/// [`Error::violations`] gives for an error of the kind [`ErrorKind::Validation`], and serialises as a list.
///
/// ```
/// # use {orm::prelude::*, orm_guide::run};
/// # #[derive(Debug, Clone, Model)]
/// # struct Member {
/// #     #[orm(primary_key)]
/// #     id: i64,
/// #     #[orm(validate(email))]
/// #     email: String,
/// # }
/// # run(async |db| {
/// # db.create_tables::<Member>().await?;
/// let error = Member::create().email("nobody").exec(&db).await.unwrap_err();
/// let violations = error.violations().unwrap();
/// let first = violations.iter().next().unwrap();
/// assert_eq!((first.path(), first.rule()), ("email", "email"));
/// assert_eq!(violations.to_string(), "`email` must be an e-mail address");
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one: where, the name of the rule, and what is wrong, to be read behind the path: `"must not be the name"`.
    pub fn add(
        &mut self,
        path: impl Into<Cow<'static, str>>,
        rule: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) {
        self.0.push(Violation::new(path, rule, message, Vec::new()));
    }

    pub(crate) fn push(&mut self, violation: Violation) {
        self.0.push(violation);
    }

    /// Those found, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }

    /// Those at a path.
    pub fn at<'v>(&'v self, path: &'v str) -> impl Iterator<Item = &'v Violation> {
        self.0.iter().filter(move |violation| violation.path == path)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts what was found since there were `from` of them behind the path of their row.
    pub(crate) fn move_below(&mut self, from: usize, prefix: &str) {
        if prefix.is_empty() {
            return;
        }
        for violation in self.0.iter_mut().skip(from) {
            let dot = if violation.path.is_empty() { "" } else { "." };
            violation.path = format!("{prefix}{dot}{}", violation.path).into();
        }
    }

    /// The error of a write to a model, if there are any.
    pub(crate) fn into_result(self, model: &'static str) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Validation, self.to_string()).with_model(model).with_source(self))
    }
}

impl<'v> IntoIterator for &'v Violations {
    type Item = &'v Violation;
    type IntoIter = std::slice::Iter<'v, Violation>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{violation}")?;
        }
        Ok(())
    }
}

impl StdError for Violations {}

impl Error {
    /// What rules found, of an error of the kind [`ErrorKind::Validation`], also where it is the cause of another error.
    pub fn violations(&self) -> Option<&Violations> {
        let mut cause = StdError::source(self);
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            cause = error.source();
        }
        None
    }
}

#[cfg(feature = "serde")]
mod json {
    use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

    use super::{Violation, Violations};
    use crate::value::Value;

    impl Serialize for Violations {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(&self.0)
        }
    }

    impl Serialize for Violation {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields = serializer.serialize_struct("Violation", 4)?;
            fields.serialize_field("path", &self.path)?;
            fields.serialize_field("rule", &self.rule)?;
            fields.serialize_field("message", &self.message)?;
            fields.serialize_field("params", &Params(&self.params))?;
            fields.end()
        }
    }

    struct Params<'v>(&'v [(&'static str, Value)]);

    impl Serialize for Params<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(self.0.len()))?;
            for (name, value) in self.0 {
                map.serialize_entry(name, &Param(value))?;
            }
            map.end()
        }
    }

    /// A parameter as JSON has it.
    struct Param<'v>(&'v Value);

    impl Serialize for Param<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                Value::Null(_) | Value::Invalid(_) | Value::Sealed(..) => serializer.serialize_unit(),
                Value::Bool(v) => serializer.serialize_bool(*v),
                Value::I16(v) => serializer.serialize_i16(*v),
                Value::I32(v) => serializer.serialize_i32(*v),
                Value::I64(v) => serializer.serialize_i64(*v),
                Value::U64(v) => serializer.serialize_u64(*v),
                Value::F32(v) => serializer.serialize_f32(*v),
                Value::F64(v) => serializer.serialize_f64(*v),
                Value::Text(v) | Value::Enum(_, v) => serializer.serialize_str(v),
                Value::Decimal(v) | Value::Json(v) | Value::Native(_, v) => serializer.serialize_str(v),
                Value::Bytes(v) => serializer.serialize_bytes(v),
                Value::Uuid(v) => serializer.collect_str(&format_args!("{:032x}", u128::from_be_bytes(*v))),
                Value::Date(v) => serializer.collect_str(v),
                Value::Time(v) => serializer.collect_str(v),
                Value::DateTime(v) => serializer.collect_str(v),
                Value::Timestamp(v) => serializer.collect_str(&v.to_rfc3339()),
                Value::Array(_, items) => serializer.collect_seq(items.iter().map(Param)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_put_below_that_of_the_row() {
        let mut found = Violations::new();
        found.add("name", "length", "is too long");
        let from = found.len();
        found.add("email", "email", "must be an e-mail address");
        found.add("", "differ", "the names must differ");
        found.move_below(from, "posts[1]");
        let paths: Vec<_> = found.iter().map(Violation::path).collect();
        assert_eq!(paths, ["name", "posts[1].email", "posts[1]"]);
        let said = "`name` is too long; `posts[1].email` must be an e-mail address; `posts[1]` the names must differ";
        assert_eq!(found.to_string(), said);
    }

    #[test]
    fn an_error_has_them_also_as_the_cause_of_another() {
        let mut found = Violations::new();
        assert!(Violations::new().into_result("User").is_ok());
        found.add("name", "length", "is too long");
        let error = found.clone().into_result("User").unwrap_err();
        assert_eq!(error.to_string(), "not valid in model `User`: `name` is too long");
        let outer = Error::new(ErrorKind::Database, "").with_source(error);
        assert_eq!(outer.violations(), Some(&found));
    }
}
