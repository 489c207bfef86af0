//! The grammar of `#[orm(..)]`: words, `word = value`, `word(..)` and literals, and readers for their values.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprGroup, ExprLit, ExprUnary, Lit, LitStr, Path, Token, UnOp};

use super::transition::{State, steps};
use crate::ctxt::Ctxt;

/// One entry of a list.
#[derive(Debug)]
pub(crate) enum Item {
    Named(Named),
    Literal(Lit),
}

/// An entry with a name.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) name: Ident,
    pub(crate) body: Body,
}

/// What follows the name.
#[derive(Debug)]
pub(crate) enum Body {
    Word,
    Value(Expr),
    List(Vec<Item>),
    /// The constants of relations that `through(..)` lists, or the macros of `derive(..)`.
    Paths(Vec<Path>),
    /// Which values may become which, in `transitions(..)`.
    Steps(Vec<(State, State)>),
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Lit) && !input.peek(syn::LitBool) {
            return input.parse().map(Item::Literal);
        }
        let name = input.call(Ident::parse_any)?;
        let body = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Body::Value(ungrouped(input.parse()?))
        } else if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            if name == "transitions" {
                Body::Steps(steps(&content)?)
            } else if name == "through" || name == "derive" {
                Body::Paths(Punctuated::<Path, Token![,]>::parse_terminated(&content)?.into_iter().collect())
            } else {
                Body::List(Punctuated::<Item, Token![,]>::parse_terminated(&content)?.into_iter().collect())
            }
        } else {
            Body::Word
        };
        Ok(Item::Named(Named { name, body }))
    }
}

/// The expression without the invisible parentheses of a macro's `$value:literal` or `$value:expr`, where it binds as
/// strongly without them.
pub(crate) fn ungrouped(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) => match ungrouped(*group.expr) {
            simple @ (Expr::Lit(_) | Expr::Path(_)) => simple,
            Expr::Unary(unary) if matches!(*unary.expr, Expr::Lit(_)) => Expr::Unary(unary),
            inner => Expr::Group(ExprGroup { expr: Box::new(inner), ..group }),
        },
        expr => expr,
    }
}

/// The entries of all `#[orm(..)]` among `attrs`; what does not parse is reported and left out.
pub(crate) fn items(ctxt: &Ctxt, attrs: &[Attribute]) -> Vec<Named> {
    let mut found = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("orm")) {
        match attr.parse_args_with(Punctuated::<Item, Token![,]>::parse_terminated) {
            Ok(items) => found.extend(items.into_iter().filter_map(|item| item.named(ctxt))),
            Err(error) => ctxt.push(error),
        }
    }
    found
}

impl Item {
    /// The entry, unless it is a literal.
    pub(crate) fn named(self, ctxt: &Ctxt) -> Option<Named> {
        match self {
            Item::Named(named) => Some(named),
            Item::Literal(literal) => {
                ctxt.error(literal, "a value without a name; write `name = value`");
                None
            }
        }
    }

    /// The entry as the name of a field.
    pub(crate) fn field(self, ctxt: &Ctxt) -> Option<Ident> {
        match self {
            Item::Named(Named { name, body: Body::Word }) => Some(name),
            Item::Named(Named { name, .. }) => {
                ctxt.error(&name, "expected the name of a field alone");
                None
            }
            Item::Literal(literal) => {
                ctxt.error(literal, "expected the name of a field, without quotes");
                None
            }
        }
    }
}

impl Named {
    /// Expects no value.
    pub(crate) fn flag(&self, ctxt: &Ctxt) -> Option<()> {
        match &self.body {
            Body::Word => Some(()),
            _ => self.wrong(ctxt, "takes no value"),
        }
    }

    /// Expects `name`, `name = true` or `name = false`.
    pub(crate) fn bool(&self, ctxt: &Ctxt) -> Option<bool> {
        match &self.body {
            Body::Word => Some(true),
            Body::Value(Expr::Lit(ExprLit { lit: Lit::Bool(value), .. })) => Some(value.value),
            _ => self.wrong(ctxt, "is `true` or `false`"),
        }
    }

    /// Whether it is `name = true` or `name = false`.
    pub(crate) fn is_bool(&self) -> bool {
        matches!(self.body, Body::Value(Expr::Lit(ExprLit { lit: Lit::Bool(_), .. })))
    }

    /// Expects `name = "text"`; `example` goes into the message.
    pub(crate) fn text(&self, ctxt: &Ctxt, example: &str) -> Option<LitStr> {
        match &self.body {
            // A comment may be taken away.
            Body::Value(Expr::Lit(ExprLit { lit: Lit::Str(text), .. }))
                if text.value().is_empty() && self.name != "comment" =>
            {
                ctxt.error(text, format!("`{}` is empty: `{} = \"{example}\"`", self.name, self.name));
                None
            }
            Body::Value(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Some(text.clone()),
            _ => self.wrong(ctxt, format_args!("expects a string: `{} = \"{example}\"`", self.name)),
        }
    }

    /// Expects `name = expression`.
    pub(crate) fn expr(&self, ctxt: &Ctxt) -> Option<Expr> {
        match &self.body {
            Body::Value(expr) => Some(expr.clone()),
            _ => self.wrong(ctxt, format_args!("expects a value: `{} = ..`", self.name)),
        }
    }

    /// Expects `name = path`, quoted or not; `example` goes into the message.
    pub(crate) fn path(&self, ctxt: &Ctxt, example: &str) -> Option<Path> {
        match &self.body {
            Body::Value(Expr::Path(expr)) if expr.qself.is_none() => Some(expr.path.clone()),
            Body::Value(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => match text.parse() {
                Ok(path) => Some(path),
                Err(_) => self.wrong(ctxt, format_args!("expects a path: `{} = {example}`", self.name)),
            },
            _ => self.wrong(ctxt, format_args!("expects a path: `{} = {example}`", self.name)),
        }
    }

    /// Expects `name = word`; `example` goes into the message.
    pub(crate) fn word(&self, ctxt: &Ctxt, example: &str) -> Option<Ident> {
        match &self.body {
            Body::Value(Expr::Path(expr)) if expr.path.get_ident().is_some() => expr.path.get_ident().cloned(),
            _ => self.wrong(ctxt, format_args!("expects a name without quotes: `{} = {example}`", self.name)),
        }
    }

    /// Expects `name = field` or `name(field, field)`.
    pub(crate) fn fields(self, ctxt: &Ctxt, example: &str) -> Option<Vec<Ident>> {
        match self.body {
            Body::List(items) if !items.is_empty() => {
                Some(items.into_iter().filter_map(|item| item.field(ctxt)).collect())
            }
            Body::Value(_) => self.word(ctxt, example).map(|field| vec![field]),
            _ => self.wrong(
                ctxt,
                format_args!("expects fields: `{0} = {example}`, or `{0}({example}, ..)` for several", self.name),
            ),
        }
    }

    /// Expects `name = number`.
    pub(crate) fn number(&self, ctxt: &Ctxt, example: &str) -> Option<u32> {
        match &self.body {
            Body::Value(Expr::Lit(ExprLit { lit: Lit::Int(number), .. })) => match number.base10_parse() {
                Ok(number) => Some(number),
                Err(error) => {
                    ctxt.push(error);
                    None
                }
            },
            _ => self.wrong(ctxt, format_args!("expects a number: `{} = {example}`", self.name)),
        }
    }

    /// Expects `name(..)`.
    pub(crate) fn list(self, ctxt: &Ctxt, example: &str) -> Option<Vec<Item>> {
        match self.body {
            Body::List(items) => Some(items),
            _ => self.wrong(ctxt, format_args!("expects a list: `{}({example})`", self.name)),
        }
    }

    fn wrong<T>(&self, ctxt: &Ctxt, message: impl std::fmt::Display) -> Option<T> {
        let text = message.to_string();
        // The messages of a wrong kind open with a verb and need the subject.
        let text = format!("`{}` {text}", self.name);
        match &self.body {
            Body::Value(expr) => ctxt.error(expr, text),
            _ => ctxt.error(&self.name, text),
        }
        None
    }
}

/// The value of a word that may be given once.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    given: Option<(Ident, T)>,
}

impl<T> std::default::Default for Slot<T> {
    fn default() -> Self {
        Self { given: None }
    }
}

impl<T> Slot<T> {
    /// Takes a value, or reports that there is one; `None` was reported already.
    pub(crate) fn set(&mut self, ctxt: &Ctxt, name: &Ident, value: Option<T>) {
        let Some(value) = value else { return };
        if self.given.is_some() {
            ctxt.error(name, format!("duplicate attribute `{name}`"));
        } else {
            self.given = Some((name.clone(), value));
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.given.as_ref().map(|(_, value)| value)
    }

    /// The word itself, for errors about it.
    pub(crate) fn name(&self) -> Option<&Ident> {
        self.given.as_ref().map(|(name, _)| name)
    }

    pub(crate) fn is_set(&self) -> bool {
        self.given.is_some()
    }
}

/// Whether the expression is a number, with or without a sign: its type comes from the field.
pub(crate) fn is_number(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(_) | Lit::Float(_), .. }) => true,
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => is_number(expr),
        _ => false,
    }
}
