//! The words on a struct that derives `Projection`, and on its fields.

use proc_macro2::Ident;
use syn::{Attribute, Expr, Member, Path};

use super::item::{Body, Named, Slot, items};
use crate::ctxt::Ctxt;

/// What `#[orm(..)]` on the struct says.
#[derive(Debug, Default)]
pub(crate) struct ProjectionAttrs {
    pub(crate) model: Slot<Path>,
    pub(crate) krate: Slot<Path>,
}

/// What `#[orm(..)]` on a field says.
#[derive(Debug, Default)]
pub(crate) struct ProjectionFieldAttrs {
    pub(crate) source: Slot<Source>,
    /// Whether a source was given that could not be read, which was reported.
    pub(crate) broken: bool,
}

/// Where the field's value comes from, when it is not the column of its own name.
#[derive(Debug)]
pub(crate) enum Source {
    /// `column = name`.
    Column(Ident),
    /// `path = relation(Model).column`.
    Path(PathAttr),
    /// `count = relation`.
    Count(Ident),
    /// `expr = expression`.
    Expr(Expr),
    /// `nested = posts`, or a refined relation: `nested = User::POSTS.limit(3)`.
    Nested(Expr),
}

/// The way to a column of another model.
#[derive(Debug)]
pub(crate) struct PathAttr {
    /// The relations, each with the model it leads to.
    pub(crate) relations: Vec<(Ident, Path)>,
    pub(crate) column: Ident,
}

impl ProjectionAttrs {
    pub(crate) fn read(ctxt: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut found = Self::default();
        for item in items(ctxt, attrs) {
            match item.name.to_string().as_str() {
                "model" => found.model.set(ctxt, &item.name, item.path(ctxt, "User")),
                "crate" => found.krate.set(ctxt, &item.name, item.path(ctxt, "\"path::to::orm\"")),
                _ => ctxt.unknown("attribute", &item.name, &["model", "crate"]),
            }
        }
        found
    }
}

impl ProjectionFieldAttrs {
    pub(crate) fn read(ctxt: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut found = Self::default();
        for item in items(ctxt, attrs) {
            let source = match item.name.to_string().as_str() {
                "column" => item.word(ctxt, "name").map(Source::Column),
                "path" => path(ctxt, &item).map(Source::Path),
                "count" => item.word(ctxt, "posts").map(Source::Count),
                "expr" => item.expr(ctxt).map(Source::Expr),
                "nested" => item.expr(ctxt).map(Source::Nested),
                _ => {
                    ctxt.unknown("attribute", &item.name, &["column", "path", "count", "expr", "nested"]);
                    None
                }
            };
            found.broken |= source.is_none();
            match found.source.name() {
                Some(first) if *first != item.name && source.is_some() => {
                    let message = format!("`{}` and `{first}` are two sources of one field; keep one", item.name);
                    ctxt.error(&item.name, message);
                }
                _ => found.source.set(ctxt, &item.name, source),
            }
        }
        found
    }
}

/// `author(Author).name`, with any number of relations before the column. The model in parentheses is what the relation
/// leads to: the attribute sees names, not types.
fn path(ctxt: &Ctxt, item: &Named) -> Option<PathAttr> {
    const FORM: &str = "`path` leads over relations, each with its model, to a column: `path = author(Author).name`";
    let Body::Value(value) = &item.body else {
        ctxt.error(&item.name, FORM);
        return None;
    };
    let found = read_path(value);
    if found.is_none() {
        ctxt.error(value, FORM);
    }
    found
}

fn read_path(value: &Expr) -> Option<PathAttr> {
    let Expr::Field(syn::ExprField { base, member: Member::Named(column), .. }) = value else { return None };
    let mut relations = Vec::new();
    let mut rest = &**base;
    loop {
        let (relation, target, before) = match rest {
            Expr::MethodCall(call) if call.turbofish.is_none() => {
                (call.method.clone(), &call.args, Some(&*call.receiver))
            }
            Expr::Call(call) => match &*call.func {
                Expr::Path(first) => (first.path.get_ident()?.clone(), &call.args, None),
                _ => return None,
            },
            _ => return None,
        };
        let (Some(Expr::Path(target)), 1) = (target.first(), target.len()) else { return None };
        relations.push((relation, target.path.clone()));
        match before {
            Some(before) => rest = before,
            None => break,
        }
    }
    relations.reverse();
    Some(PathAttr { relations, column: column.clone() })
}
