//! Filters of requests as conditions: names of fields and operators against those that a listing allows, values against the types of
//! the columns. Values are bound; nothing of a request becomes text of SQL.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc};
use serde_json::Value as Json;

use super::list_error::{ListError, Problem};
use super::list_query::{expected, kind};
use crate::ast::{BinaryOp, Expr, InList, LikeKind, ListItems};
use crate::value::{EnumStorage, Scalar, SqlType, Value, ValueRef, of_type, written};

/// An operator of a filter, in the words of Sequelize.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Op {
    /// `eq`; of null, `IS NULL`.
    Eq,
    /// `ne`; of null, `IS NOT NULL`.
    Ne,
    /// `gt`
    Gt,
    /// `gte`
    Gte,
    /// `lt`
    Lt,
    /// `lte`
    Lte,
    /// `between`, a list of two.
    Between,
    /// `notBetween`, a list of two.
    NotBetween,
    /// `in`, a list.
    In,
    /// `notIn`, a list.
    NotIn,
    /// `is`: null, true or false.
    Is,
    /// `startsWith`
    StartsWith,
    /// `endsWith`
    EndsWith,
    /// `substring`
    Substring,
    /// `like`, a pattern with `%` and `_`.
    Like,
    /// `notLike`
    NotLike,
    /// `iLike`: `like` in any letter case.
    ILike,
    /// `notILike`
    NotILike,
}

impl Op {
    /// All operators.
    pub const ALL: &'static [Op] = &[
        Self::Eq,
        Self::Ne,
        Self::Gt,
        Self::Gte,
        Self::Lt,
        Self::Lte,
        Self::Between,
        Self::NotBetween,
        Self::In,
        Self::NotIn,
        Self::Is,
        Self::StartsWith,
        Self::EndsWith,
        Self::Substring,
        Self::Like,
        Self::NotLike,
        Self::ILike,
        Self::NotILike,
    ];

    /// Its name in requests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Between => "between",
            Self::NotBetween => "notBetween",
            Self::In => "in",
            Self::NotIn => "notIn",
            Self::Is => "is",
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
            Self::Substring => "substring",
            Self::Like => "like",
            Self::NotLike => "notLike",
            Self::ILike => "iLike",
            Self::NotILike => "notILike",
        }
    }

    /// Whether it is allowed for a type unless a listing says otherwise.
    fn is_usual(self, ty: SqlType) -> bool {
        let text = matches!(ty, SqlType::Text | SqlType::Char);
        match self {
            Self::Eq | Self::Ne | Self::In | Self::NotIn | Self::Is => true,
            Self::Gt | Self::Gte | Self::Lt | Self::Lte | Self::Between | Self::NotBetween => {
                !matches!(ty, SqlType::Bool | SqlType::Enum(_))
            }
            Self::StartsWith | Self::EndsWith | Self::Substring => text,
            Self::Like | Self::NotLike | Self::ILike | Self::NotILike => false,
        }
    }

    fn is_of_text(self) -> bool {
        use Op::{EndsWith, ILike, Like, NotILike, NotLike, StartsWith, Substring};
        matches!(self, StartsWith | EndsWith | Substring | Like | NotLike | ILike | NotILike)
    }
}

/// How much a filter may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How deep `and`, `or` and `not` may be nested.
    pub depth: u32,
    /// How many conditions there may be in all.
    pub conditions: u32,
    /// How many items a list may have.
    pub items: u32,
}

/// 5 levels, 50 conditions, 100 items.
impl Default for Limits {
    fn default() -> Self {
        Self { depth: 5, conditions: 50, items: 100 }
    }
}

impl Limits {
    /// Other limits.
    pub fn new(depth: u32, conditions: u32, items: u32) -> Self {
        Self { depth, conditions, items }
    }
}

/// What a list may be filtered by.
#[derive(Debug, Clone)]
pub(super) struct Filterable {
    pub(super) name: &'static str,
    expr: Expr,
    ty: SqlType,
    operators: Vec<Op>,
}

impl Filterable {
    /// With these operators, or those that are usual for the type.
    pub(super) fn new(name: &'static str, expr: Expr, ty: SqlType, only: Option<Vec<Op>>) -> Self {
        let operators = only.unwrap_or_else(|| Op::ALL.iter().copied().filter(|op| op.is_usual(ty)).collect());
        Self { name, expr, ty, operators }
    }
}

/// A filter that is being read.
pub(super) struct Reading<'l> {
    fields: &'l [Filterable],
    limits: Limits,
    conditions: u32,
}

/// What joins conditions.
#[derive(Clone, Copy)]
enum Logic {
    And,
    Or,
    Not,
}

fn logic(word: &str) -> Option<Logic> {
    match word.strip_prefix('$').unwrap_or(word) {
        "and" => Some(Logic::And),
        "or" => Some(Logic::Or),
        "not" => Some(Logic::Not),
        _ => None,
    }
}

type Found<T> = Result<T, ListError>;

impl<'l> Reading<'l> {
    pub(super) fn new(fields: &'l [Filterable], limits: Limits) -> Self {
        Self { fields, limits, conditions: 0 }
    }

    /// The condition that an object of fields is. In `text`, all values are written as text.
    pub(super) fn condition(&mut self, json: &Json, place: &str, text: bool) -> Found<Expr> {
        self.fields_of(json, place, text, 0)
    }

    fn deeper(&self, place: &str, depth: u32) -> Found<u32> {
        if depth >= self.limits.depth {
            let problem = Problem::TooMuch { of: "levels", most: self.limits.depth.into() };
            return Err(ListError::new(place, problem));
        }
        Ok(depth + 1)
    }

    fn fields_of(&mut self, json: &Json, place: &str, text: bool, depth: u32) -> Found<Expr> {
        let Json::Object(entries) = json else { return Err(expected(place, "an object of fields", json)) };
        let mut all = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let place = format!("{place}.{key}");
            all.push(match logic(key).filter(|_| !self.fields.iter().any(|field| field.name == key)) {
                Some(logic) => {
                    let depth = self.deeper(&place, depth)?;
                    self.joined(logic, value, &place, &mut |reading, json, place| {
                        reading.fields_of(json, place, text, depth)
                    })?
                }
                None => {
                    let fields = self.fields;
                    let Some(field) = fields.iter().find(|field| field.name == key) else {
                        let known = fields.iter().map(|field| field.name.to_owned()).collect();
                        return Err(ListError::new(place, Problem::UnknownField { known }));
                    };
                    self.of_field(field, value, &place, text, depth)?
                }
            });
        }
        Ok(Expr::And(all))
    }

    /// What `and`, `or` and `not` make of a list of conditions, or of one.
    fn joined(
        &mut self,
        logic: Logic,
        json: &Json,
        place: &str,
        each: &mut dyn FnMut(&mut Self, &Json, &str) -> Found<Expr>,
    ) -> Found<Expr> {
        let parts = match (logic, json) {
            (Logic::And | Logic::Or, Json::Array(items)) => {
                self.count_items(items.len(), place)?;
                let mut parts = Vec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    parts.push(each(self, item, &format!("{place}[{at}]"))?);
                }
                parts
            }
            // The alternatives are the entries of the object.
            (Logic::Or, Json::Object(entries)) => {
                let mut parts = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let one = serde_json::Map::from_iter([(key.clone(), value.clone())]);
                    parts.push(each(self, &Json::Object(one), place)?);
                }
                parts
            }
            _ => vec![each(self, json, place)?],
        };
        Ok(match logic {
            Logic::And => Expr::And(parts),
            Logic::Or => Expr::Or(parts),
            Logic::Not => Expr::Not(Box::new(Expr::And(parts))),
        })
    }

    fn of_field(&mut self, field: &Filterable, json: &Json, place: &str, text: bool, depth: u32) -> Found<Expr> {
        match json {
            Json::Object(entries) if entries.is_empty() => {
                Err(ListError::new(place, Problem::Malformed("has no operator".into())))
            }
            Json::Object(entries) => {
                let mut all = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let place = format!("{place}.{key}");
                    all.push(match logic(key) {
                        Some(logic) => {
                            let depth = self.deeper(&place, depth)?;
                            self.joined(logic, value, &place, &mut |reading, json, place| {
                                reading.of_field(field, json, place, text, depth)
                            })?
                        }
                        None => {
                            let word = key.strip_prefix('$').unwrap_or(key);
                            let op = field.operators.iter().copied().find(|op| op.name() == word);
                            self.compared(field, op, value, &place, text)?
                        }
                    });
                }
                Ok(Expr::And(all))
            }
            Json::Array(_) => self.compared(field, allowed(field, Op::In), json, place, text),
            _ => self.compared(field, allowed(field, Op::Eq), json, place, text),
        }
    }

    fn compared(&mut self, field: &Filterable, op: Option<Op>, json: &Json, place: &str, text: bool) -> Found<Expr> {
        let Some(op) = op else {
            let known = field.operators.iter().map(|op| op.name().to_owned()).collect();
            return Err(ListError::new(place, Problem::UnknownOperator { known }));
        };
        self.conditions += 1;
        if self.conditions > self.limits.conditions {
            let problem = Problem::TooMuch { of: "conditions", most: self.limits.conditions.into() };
            return Err(ListError::new("filter", problem));
        }
        let value = |json: &Json, place: &str| value_of(field.ty, json, place, text).map(Expr::Value);
        let is_null = |negated| Ok(Expr::IsNull { expr: Box::new(field.expr.clone()), negated });
        let binary = |op: BinaryOp| Ok(Expr::binary(op, field.expr.clone(), value(json, place)?));
        let null = json.is_null();
        match op {
            Op::Eq | Op::Is if null => is_null(false),
            Op::Ne if null => is_null(true),
            Op::Is if text && json == "null" => is_null(false),
            Op::Is if field.ty == SqlType::Bool => binary(BinaryOp::Eq),
            Op::Is => Err(expected(place, "null", json)),
            Op::Eq => binary(BinaryOp::Eq),
            Op::Ne => binary(BinaryOp::Ne),
            Op::Gt => binary(BinaryOp::Gt),
            Op::Gte => binary(BinaryOp::Ge),
            Op::Lt => binary(BinaryOp::Lt),
            Op::Lte => binary(BinaryOp::Le),
            Op::Between | Op::NotBetween => {
                let items = self.items(json, place, text)?;
                let [low, high] = &items[..] else { return Err(expected(place, "a list of two values", json)) };
                let (low, high) = (value(low, &format!("{place}[0]"))?, value(high, &format!("{place}[1]"))?);
                let operands = Box::new((field.expr.clone(), low, high));
                Ok(Expr::Between { operands, negated: op == Op::NotBetween })
            }
            Op::In | Op::NotIn => {
                let items = self.items(json, place, text)?;
                let values = items.iter().enumerate();
                let values = values.map(|(at, item)| value_of(field.ty, item, &format!("{place}[{at}]"), text));
                let values: Vec<Value> = values.collect::<Found<_>>()?;
                let ty = values.first().map_or(field.ty, Value::sql_type);
                let items = ListItems::Values(ty, values);
                Ok(Expr::In(Box::new(InList { expr: field.expr.clone(), items, negated: op == Op::NotIn })))
            }
            _ => {
                let Json::String(pattern) = json else { return Err(expected(place, "text", json)) };
                if !op.is_of_text() || !matches!(field.ty, SqlType::Text | SqlType::Char) {
                    let problem = Problem::Malformed("is not an operator of this type".into());
                    return Err(ListError::new(place, problem));
                }
                if pattern.contains('\0') {
                    return Err(ListError::new(place, Problem::Malformed("has a NUL character".into())));
                }
                let kind = match op {
                    Op::StartsWith => LikeKind::StartsWith,
                    Op::EndsWith => LikeKind::EndsWith,
                    Op::Substring => LikeKind::Contains,
                    _ => LikeKind::Pattern,
                };
                let pattern = Expr::Value(Value::Text(Cow::Owned(pattern.clone())));
                Ok(Expr::Like {
                    operands: Box::new((field.expr.clone(), pattern)),
                    kind,
                    ignore_case: matches!(op, Op::ILike | Op::NotILike),
                    negated: matches!(op, Op::NotLike | Op::NotILike),
                })
            }
        }
    }

    fn count_items(&self, count: usize, place: &str) -> Found<()> {
        let most = self.limits.items;
        if count > usize::try_from(most).unwrap_or(usize::MAX) {
            return Err(ListError::new(place, Problem::TooMuch { of: "items", most: most.into() }));
        }
        Ok(())
    }

    /// The items of a list; in text, separated by commas.
    fn items<'j>(&self, json: &'j Json, place: &str, text: bool) -> Found<Cow<'j, [Json]>> {
        let items = match json {
            Json::Array(items) => Cow::Borrowed(&items[..]),
            Json::String(list) if text => Cow::Owned(list.split(',').map(|item| Json::String(item.into())).collect()),
            json => return Err(expected(place, "a list", json)),
        };
        self.count_items(items.len(), place)?;
        Ok(items)
    }
}

fn allowed(field: &Filterable, op: Op) -> Option<Op> {
    field.operators.contains(&op).then_some(op)
}

/// A value of a request as one of a type.
fn value_of(ty: SqlType, json: &Json, place: &str, text: bool) -> Found<Value> {
    let wrong = |what: &str| Err(expected(place, what, json));
    if let SqlType::Enum(def) = ty
        && def.storage != EnumStorage::Integer
    {
        let label = json.as_str().and_then(|label| def.labels.iter().find(|known| **known == label));
        return match label {
            Some(label) if def.storage == EnumStorage::Native => Ok(Value::Enum(def, Cow::Borrowed(label))),
            Some(label) => Ok(Value::Text(Cow::Borrowed(label))),
            None => wrong(&format!("one of {}", def.labels.join(", "))),
        };
    }
    if ty.is_integer() || matches!(ty, SqlType::Enum(_)) {
        let number = match json {
            Json::Number(number) => number.as_i64().map(ValueRef::I64).or(number.as_u64().map(ValueRef::U64)),
            Json::String(digits) if text => {
                digits.parse().ok().map(ValueRef::I64).or(digits.parse().ok().map(ValueRef::U64))
            }
            _ => None,
        };
        let what = match ty.integer_range() {
            Some((least, most)) => format!("an integer from {least} to {most}"),
            None => "an integer".to_owned(),
        };
        return match number.map(|number| of_type(ty, number)) {
            Some(Ok(value)) => Ok(value),
            _ => wrong(&what),
        };
    }
    let string = json.as_str();
    let parsed = |value: Option<Value>, form: &str| match (value, string) {
        (Some(value), _) => Ok(value),
        // The text itself is not repeated.
        (None, Some(_)) => Err(ListError::new(place, Problem::Malformed(format!("is not {form}")))),
        (None, None) => wrong(form),
    };
    let read = ValueRef::Text(string.unwrap_or_default());
    match ty {
        SqlType::Bool => match json {
            Json::Bool(value) => Ok(Value::Bool(*value)),
            Json::String(word) if text && word == "true" => Ok(Value::Bool(true)),
            Json::String(word) if text && word == "false" => Ok(Value::Bool(false)),
            _ => wrong("true or false"),
        },
        SqlType::F32 | SqlType::F64 => {
            let number = match json {
                Json::Number(number) => number.as_f64(),
                Json::String(digits) if text => digits.parse().ok().filter(|number: &f64| number.is_finite()),
                _ => None,
            };
            number.map(Value::F64).map_or_else(|| wrong("a number"), Ok)
        }
        SqlType::Text => string.map_or_else(|| wrong("text"), |text| Ok(Value::Text(Cow::Owned(text.to_owned())))),
        SqlType::Char => parsed(char::decode(read).ok().map(|letter| letter.encode()), "one character"),
        SqlType::Uuid => parsed(string.and_then(written::uuid).map(Value::Uuid), "a UUID"),
        SqlType::Date => parsed(string.and_then(written::date).map(Value::Date), "a date, such as 2026-01-31"),
        SqlType::Time => {
            parsed(NaiveTime::decode_computed(read).ok().map(Value::Time), "a time, such as 10:30 or 10:30:15.25")
        }
        SqlType::DateTime => parsed(
            NaiveDateTime::decode_computed(read).ok().map(Value::DateTime),
            "a date and time without an offset, such as 2026-01-31T10:30:15",
        ),
        SqlType::Timestamp => parsed(
            DateTime::<Utc>::decode_computed(read).ok().map(Value::Timestamp),
            "an instant, such as 2026-01-31T10:30:15Z",
        ),
        SqlType::Decimal => {
            let digits = match json {
                Json::Number(number) => Some(number.to_string()),
                Json::String(digits) => Some(digits.clone()),
                _ => None,
            };
            parsed(digits.filter(|digits| is_decimal(digits)).map(Value::Decimal), "a decimal, such as \"-12.50\"")
        }
        SqlType::Native(name) => match string {
            Some(text) => Ok(Value::Native(name, text.to_owned())),
            None => wrong("text"),
        },
        _ => Err(ListError::new(place, Problem::Malformed(format!("cannot be compared: it is {}", kind_of(ty, json))))),
    }
}

fn kind_of(ty: SqlType, json: &Json) -> String {
    format!("a column of {ty}, and this is {}", kind(json))
}

/// Whether this is a decimal in plain notation, of no more digits than any database has.
fn is_decimal(text: &str) -> bool {
    let number = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| !part.is_empty() && part.len() <= 65 && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction)
}
