//! The words in `validate(..)` and `normalize(..)`.

use proc_macro2::Ident;
use syn::{Expr, ExprArray, ExprLit, ExprRange, Lit, LitStr, Path, RangeLimits};

use super::item::{Body, Item, Named, Slot};
use crate::ctxt::Ctxt;

/// Rules without a parameter of their own: the words, which are functions of the library.
const PLAIN: [&str; 17] = [
    "email",
    "url",
    "ip",
    "ipv4",
    "ipv6",
    "credit_card",
    "date",
    "alpha",
    "alphanumeric",
    "digits",
    "numeric",
    "int",
    "decimal",
    "lowercase",
    "uppercase",
    "not_empty",
    "uuid",
];

/// Rules with a parameter.
const OTHERS: [&str; 11] = [
    "length",
    "range",
    "after",
    "before",
    "pattern",
    "not_pattern",
    "one_of",
    "not_one_of",
    "contains",
    "not_contains",
    "custom",
];

const NORMALS: [&str; 5] = ["trim", "lowercase", "uppercase", "squish", "custom"];

/// One rule of a column.
#[derive(Debug)]
pub(crate) struct RuleAttr {
    pub(crate) name: Ident,
    pub(crate) kind: RuleKind,
    pub(crate) message: Slot<LitStr>,
    /// A variant of the library's enum of operations.
    pub(crate) on: Slot<Ident>,
    pub(crate) when: Slot<Path>,
}

/// What a rule asks.
#[derive(Debug)]
pub(crate) enum RuleKind {
    /// The rule's word is all.
    Plain,
    Uuid(Expr),
    Length {
        min: Option<Expr>,
        max: Option<Expr>,
        exclusive: bool,
    },
    Range {
        min: Limit,
        max: Limit,
    },
    Pattern {
        pattern: LitStr,
        found: bool,
    },
    OneOf {
        values: Vec<Expr>,
        among: bool,
    },
    Contains {
        text: LitStr,
        has: bool,
    },
    Custom(Path),
}

/// One end of a range.
#[derive(Debug)]
pub(crate) enum Limit {
    None,
    Included(Expr),
    Excluded(Expr),
}

impl Limit {
    fn included(expr: Option<Expr>) -> Self {
        expr.map_or(Self::None, Self::Included)
    }
}

/// One normaliser of a column.
#[derive(Debug)]
pub(crate) enum NormalAttr {
    /// A function of the library.
    Word(Ident),
    Custom(Path),
}

/// `validate(email, length = 3..=80, custom = no_digits)`.
pub(super) fn rules(ctxt: &Ctxt, item: Named) -> Vec<RuleAttr> {
    let word = item.name.clone();
    let items = match item.list(ctxt, "email, length = 3..=80") {
        Some(items) if items.is_empty() => {
            ctxt.error(word, "`validate` has no rule: `validate(email, length = 3..=80)`");
            return Vec::new();
        }
        items => items.unwrap_or_default(),
    };
    items.into_iter().filter_map(|item| item.named(ctxt)).filter_map(|item| rule(ctxt, item)).collect()
}

/// What a rule in parentheses says, sorted.
#[derive(Default)]
struct Options {
    values: Vec<Expr>,
    min: Slot<Expr>,
    max: Slot<Expr>,
    function: Slot<Path>,
    message: Slot<LitStr>,
    on: Slot<Ident>,
    when: Slot<Path>,
}

fn rule(ctxt: &Ctxt, item: Named) -> Option<RuleAttr> {
    let name = item.name.clone();
    let word = name.to_string();
    if !PLAIN.iter().chain(&OTHERS).any(|known| word == *known) {
        let all: Vec<&str> = PLAIN.iter().chain(&OTHERS).copied().collect();
        ctxt.unknown("rule", &name, &all);
        return None;
    }
    let mut options = Options::default();
    match item.body {
        Body::Word | Body::Paths(_) | Body::Steps(_) => {}
        Body::Value(value) => options.values.push(value),
        Body::List(items) => {
            for item in items {
                option(ctxt, &word, item, &mut options)?;
            }
        }
    }
    let kind = kind(ctxt, &name, &mut options)?;
    let Options { message, on, when, .. } = options;
    Some(RuleAttr { name, kind, message, on, when })
}

fn option(ctxt: &Ctxt, rule: &str, item: Item, options: &mut Options) -> Option<()> {
    let item = match item {
        Item::Literal(lit) => {
            options.values.push(Expr::Lit(ExprLit { attrs: Vec::new(), lit }));
            return Some(());
        }
        Item::Named(item) => item,
    };
    let name = item.name.clone();
    match name.to_string().as_str() {
        "message" => options.message.set(ctxt, &name, item.text(ctxt, "must be ..")),
        "when" => options.when.set(ctxt, &name, item.path(ctxt, "User::is_company")),
        "on" => {
            let operation = item.word(ctxt, "create")?;
            if operation != "create" && operation != "update" {
                ctxt.unknown("operation", &operation, &["create", "update"]);
                return None;
            }
            options.on.set(ctxt, &name, Some(operation));
        }
        "min" if matches!(rule, "length" | "range") => options.min.set(ctxt, &name, item.expr(ctxt)),
        "max" if matches!(rule, "length" | "range") => options.max.set(ctxt, &name, item.expr(ctxt)),
        "function" if rule == "custom" => options.function.set(ctxt, &name, item.path(ctxt, "no_digits")),
        "value" if matches!(rule, "after" | "before") => options.values.extend(item.expr(ctxt)),
        _ => {
            let own: &[&str] = match rule {
                "length" | "range" => &["min", "max", "message", "on", "when"],
                "custom" => &["function", "message", "on", "when"],
                "after" | "before" => &["value", "message", "on", "when"],
                _ => &["message", "on", "when"],
            };
            ctxt.unknown("option", &name, own);
            return None;
        }
    }
    Some(())
}

fn kind(ctxt: &Ctxt, name: &Ident, options: &mut Options) -> Option<RuleKind> {
    let word = name.to_string();
    let mut values = std::mem::take(&mut options.values);
    let wrong = |message: String| {
        ctxt.error(name, message);
        None
    };
    match &*word {
        "length" | "range" => {
            let (min, max) = (options.min.get().cloned(), options.max.get().cloned());
            let bounds = match (values.pop(), &min, &max) {
                (Some(Expr::Range(range)), None, None) if values.is_empty() => bounds(range),
                (Some(exact), None, None) if values.is_empty() && word == "length" => {
                    (Some(exact.clone()), Some(exact), false)
                }
                (None, Some(_), _) | (None, None, Some(_)) => (min, max, false),
                _ => {
                    return wrong(format!(
                        "`{word}` expects a range: `{word} = 3..=80`, or `{word}(min = 3, max = 80)`"
                    ));
                }
            };
            Some(match (&*word, bounds) {
                ("length", (min, max, exclusive)) => RuleKind::Length { min, max, exclusive },
                (_, (min, Some(max), true)) => RuleKind::Range { min: Limit::included(min), max: Limit::Excluded(max) },
                (_, (min, max, _)) => RuleKind::Range { min: Limit::included(min), max: Limit::included(max) },
            })
        }
        "after" | "before" => match (values.pop(), values.is_empty()) {
            (Some(value), true) if word == "after" => {
                Some(RuleKind::Range { min: Limit::Excluded(value), max: Limit::None })
            }
            (Some(value), true) => Some(RuleKind::Range { min: Limit::None, max: Limit::Excluded(value) }),
            _ => wrong(format!("`{word}` expects a date or a time: `{word} = Utc::now()`")),
        },
        "pattern" | "not_pattern" => match one_text(&values) {
            Some(pattern) => Some(RuleKind::Pattern { pattern, found: word == "pattern" }),
            None => wrong(format!("`{word}` expects a regular expression: `{word} = \"^[a-z]+$\"`")),
        },
        "contains" | "not_contains" => match one_text(&values) {
            Some(text) => Some(RuleKind::Contains { text, has: word == "contains" }),
            None => wrong(format!("`{word}` expects a text: `{word} = \"@\"`")),
        },
        "one_of" | "not_one_of" => {
            let values = match values.pop() {
                Some(Expr::Array(ExprArray { elems, .. })) if values.is_empty() => elems.into_iter().collect(),
                Some(last) => values.into_iter().chain([last]).collect(),
                None => Vec::new(),
            };
            if values.is_empty() {
                return wrong(format!("`{word}` expects values: `{word}(\"a\", \"b\")`, or `{word} = [1, 2]`"));
            }
            Some(RuleKind::OneOf { values, among: word == "one_of" })
        }
        "custom" => {
            let path = match (values.pop(), options.function.get()) {
                (Some(Expr::Path(path)), None) if values.is_empty() && path.qself.is_none() => path.path,
                (None, Some(path)) => path.clone(),
                _ => {
                    return wrong(
                        "`custom` expects a function: `custom = no_digits`, or `custom(function = no_digits, ..)`"
                            .to_owned(),
                    );
                }
            };
            Some(RuleKind::Custom(path))
        }
        "uuid" if values.len() == 1 => values.pop().map(RuleKind::Uuid),
        _ if values.is_empty() => Some(RuleKind::Plain),
        _ => wrong(format!("`{word}` takes no value")),
    }
}

fn bounds(range: ExprRange) -> (Option<Expr>, Option<Expr>, bool) {
    let exclusive = matches!(range.limits, RangeLimits::HalfOpen(_));
    (range.start.map(|start| *start), range.end.map(|end| *end), exclusive)
}

fn one_text(values: &[Expr]) -> Option<LitStr> {
    match values {
        [Expr::Lit(ExprLit { lit: Lit::Str(text), .. })] => Some(text.clone()),
        _ => None,
    }
}

/// `normalize(trim, lowercase, custom = without_dots)`.
pub(super) fn normals(ctxt: &Ctxt, item: Named) -> Vec<NormalAttr> {
    let word = item.name.clone();
    let items = item.list(ctxt, "trim, lowercase").unwrap_or_default();
    // What is in the list and is no normaliser is told of already.
    let says_nothing = items.is_empty();
    let normals: Vec<_> =
        items.into_iter().filter_map(|item| item.named(ctxt)).filter_map(|item| normal(ctxt, &item)).collect();
    if says_nothing {
        ctxt.error(word, "`normalize` has no normaliser: `normalize(trim, lowercase)`");
    }
    normals
}

fn normal(ctxt: &Ctxt, item: &Named) -> Option<NormalAttr> {
    let name = &item.name;
    if name == "custom" {
        return item.path(ctxt, "without_dots").map(NormalAttr::Custom);
    }
    if !NORMALS.iter().any(|known| name == known) {
        ctxt.unknown("normaliser", name, &NORMALS);
        return None;
    }
    item.flag(ctxt).map(|()| NormalAttr::Word(name.clone()))
}
