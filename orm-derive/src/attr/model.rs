//! The words on a struct that derives `Model`.

use proc_macro2::Ident;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Path};

use super::item::{Body, Item, Named, Slot, items};
use crate::case::RenameRule;
use crate::ctxt::Ctxt;

const WORDS: [&str; 21] = [
    "table",
    "schema",
    "rename_all",
    "timestamps",
    "paranoid",
    "index",
    "unique",
    "check",
    "comment",
    "renamed_from",
    "crate",
    "primary_key",
    "no_primary_key",
    "validate",
    "validate_async",
    "hooks",
    "default_scope",
    "audited",
    "policy",
    "input",
    "patch",
];

/// The events of hooks.
const EVENTS: [&str; 14] = [
    "before_validate",
    "after_validate",
    "before_create",
    "before_update",
    "before_save",
    "after_create",
    "after_update",
    "after_save",
    "before_destroy",
    "after_destroy",
    "before_restore",
    "after_restore",
    "after_commit",
    "after_find",
];

/// What `#[orm(..)]` on the struct says.
#[derive(Debug, Default)]
pub(crate) struct ModelAttrs {
    pub(crate) table: Slot<LitStr>,
    pub(crate) schema: Slot<LitStr>,
    pub(crate) rename_all: Slot<RenameRule>,
    pub(crate) timestamps: Slot<TimestampsAttr>,
    /// The field that marks rows as deleted, when it is not `deleted_at`.
    pub(crate) paranoid: Slot<Option<Ident>>,
    pub(crate) indexes: Vec<IndexAttr>,
    pub(crate) checks: Vec<CheckAttr>,
    pub(crate) comment: Slot<LitStr>,
    pub(crate) renamed_from: Slot<LitStr>,
    pub(crate) krate: Slot<Path>,
    pub(crate) primary_key: Slot<Vec<Ident>>,
    pub(crate) no_primary_key: Slot<()>,
    /// The condition that rows meet unless a statement asks for others.
    pub(crate) default_scope: Slot<Expr>,
    /// The types of the viewers that the model has a policy for.
    pub(crate) policy: Slot<Vec<Path>>,
    /// Functions that look at a row before it is written.
    pub(crate) row_checks: Vec<Path>,
    /// The same, of functions that may ask the database.
    pub(crate) row_asks: Vec<Path>,
    /// Events and the functions that run then.
    pub(crate) hooks: Vec<(Ident, Path)>,
    /// The functions to call for each row that is read.
    pub(crate) after_find: Vec<Path>,
    /// The model of the history.
    pub(crate) audited: Slot<Path>,
    /// Structs for what requests say of a row.
    pub(crate) inputs: Vec<InputAttr>,
}

/// `timestamps`: which fields; `Some(None)` switches one off.
#[derive(Debug, Default)]
pub(crate) struct TimestampsAttr {
    pub(crate) created_at: Slot<Option<Ident>>,
    pub(crate) updated_at: Slot<Option<Ident>>,
}

/// `input(SignUp(email, name), ..)` or `patch(Profile(name), ..)`.
#[derive(Debug)]
pub(crate) struct InputAttr {
    /// Whether it changes a row, of which every field may be absent.
    pub(crate) patch: bool,
    pub(crate) ident: Ident,
    pub(crate) fields: Vec<Ident>,
    pub(crate) rename_all: Slot<LitStr>,
    pub(crate) doc: Slot<LitStr>,
    pub(crate) derives: Vec<Path>,
}

/// `index(..)` or `unique(..)`.
#[derive(Debug)]
pub(crate) struct IndexAttr {
    pub(crate) unique: bool,
    pub(crate) parts: Vec<PartAttr>,
    pub(crate) name: Slot<LitStr>,
    pub(crate) method: Slot<LitStr>,
    pub(crate) filter: Slot<LitStr>,
}

/// What an index covers.
#[derive(Debug)]
pub(crate) enum PartAttr {
    Column { field: Ident, descending: bool },
    Expression(LitStr),
}

/// `check(name = "..", "sql")`.
#[derive(Debug)]
pub(crate) struct CheckAttr {
    pub(crate) name: String,
    pub(crate) sql: LitStr,
}

impl ModelAttrs {
    pub(crate) fn read(ctxt: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut model = Self::default();
        for item in items(ctxt, attrs) {
            model.item(ctxt, item);
        }
        model
    }

    fn item(&mut self, ctxt: &Ctxt, item: Named) {
        let name = item.name.clone();
        match name.to_string().as_str() {
            "table" => self.table.set(ctxt, &name, item.text(ctxt, "users")),
            "schema" => self.schema.set(ctxt, &name, item.text(ctxt, "public")),
            "rename_all" => self.rename_all.set(ctxt, &name, rename_rule(ctxt, &item)),
            "timestamps" => self.timestamps.set(ctxt, &name, timestamps(ctxt, item)),
            "paranoid" => {
                let field = match item.body {
                    Body::Word => Some(None),
                    _ => item.word(ctxt, "deleted_at").map(Some),
                };
                self.paranoid.set(ctxt, &name, field);
            }
            "index" => self.indexes.extend(index(ctxt, item, false)),
            "unique" => self.indexes.extend(index(ctxt, item, true)),
            "check" => self.checks.extend(check(ctxt, item)),
            "comment" => self.comment.set(ctxt, &name, item.text(ctxt, "..")),
            "renamed_from" => self.renamed_from.set(ctxt, &name, item.text(ctxt, "old_name")),
            "crate" => self.krate.set(ctxt, &name, item.path(ctxt, "\"path::to::orm\"")),
            "primary_key" => self.primary_key.set(ctxt, &name, item.fields(ctxt, "id")),
            "no_primary_key" => self.no_primary_key.set(ctxt, &name, item.flag(ctxt)),
            "validate_async" => self.row_asks.extend(item.path(ctxt, "User::name_is_free")),
            "default_scope" => self.default_scope.set(ctxt, &name, item.expr(ctxt)),
            "audited" => self.audited.set(ctxt, &name, item.path(ctxt, "UserHistory")),
            "policy" => self.policy.set(ctxt, &name, viewers(ctxt, &item)),
            "hooks" => {
                let (found, written): (Vec<_>, Vec<_>) =
                    hooks(ctxt, item).into_iter().partition(|(event, _)| event == "after_find");
                self.hooks.extend(written);
                self.after_find.extend(found.into_iter().map(|(_, path)| path));
            }
            "input" => self.inputs.extend(input(ctxt, item, false)),
            "patch" => self.inputs.extend(input(ctxt, item, true)),
            "validate" => self.row_checks.extend(item.path(ctxt, "User::names_differ")),
            _ => ctxt.unknown("attribute", &name, &WORDS),
        }
    }
}

/// `policy = Viewer` or `policy = (Viewer, Robot)`.
fn viewers(ctxt: &Ctxt, item: &Named) -> Option<Vec<Path>> {
    let paths: Option<Vec<Path>> = match &item.body {
        Body::Value(Expr::Path(path)) if path.qself.is_none() => Some(vec![path.path.clone()]),
        Body::Value(Expr::Paren(inner)) => match &*inner.expr {
            Expr::Path(path) if path.qself.is_none() => Some(vec![path.path.clone()]),
            _ => None,
        },
        Body::Value(Expr::Tuple(tuple)) if !tuple.elems.is_empty() => {
            let paths = tuple.elems.iter().map(|elem| match elem {
                Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
                _ => None,
            });
            paths.collect()
        }
        _ => None,
    };
    if paths.is_none() {
        ctxt.error(&item.name, "`policy` names the types of viewers: `policy = Viewer`, or `policy = (Viewer, Robot)`");
    }
    paths
}

/// `hooks(before_save = User::hash, after_commit = mail)`.
fn hooks(ctxt: &Ctxt, item: Named) -> Vec<(Ident, Path)> {
    const EXAMPLE: &str = "before_save = User::hash";
    let word = item.name.clone();
    let items = item.list(ctxt, EXAMPLE);
    if items.as_ref().is_some_and(Vec::is_empty) {
        ctxt.error(word, format!("`hooks` names no function: `hooks({EXAMPLE})`"));
    }
    let mut hooks = Vec::new();
    for item in items.into_iter().flatten().filter_map(|item| item.named(ctxt)) {
        if EVENTS.iter().any(|event| item.name == event) {
            hooks.extend(item.path(ctxt, "User::hash").map(|path| (item.name.clone(), path)));
        } else {
            ctxt.unknown("hook", &item.name, &EVENTS);
        }
    }
    hooks
}

/// `rename_all = "case"`.
pub(super) fn rename_rule(ctxt: &Ctxt, item: &Named) -> Option<RenameRule> {
    let text = item.text(ctxt, "snake_case")?;
    let rule = RenameRule::from_name(&text.value());
    if rule.is_none() {
        let names = RenameRule::NAMES.join("`, `");
        ctxt.error(&text, format!("unknown case {:?}; expected one of `{names}`", text.value()));
    }
    rule
}

fn timestamps(ctxt: &Ctxt, item: Named) -> Option<TimestampsAttr> {
    let mut fields = TimestampsAttr::default();
    let mut understood = true;
    if let Body::Word = item.body {
        return Some(fields);
    }
    for item in item.list(ctxt, "created_at = .., updated_at = ..")? {
        let Some(item) = item.named(ctxt) else { continue };
        let name = item.name.clone();
        let slot = match name.to_string().as_str() {
            "created_at" => &mut fields.created_at,
            "updated_at" => &mut fields.updated_at,
            _ => {
                ctxt.unknown("timestamp", &name, &["created_at", "updated_at"]);
                understood = false;
                continue;
            }
        };
        let field = match &item.body {
            Body::Value(Expr::Lit(ExprLit { lit: Lit::Bool(on), .. })) if !on.value => Some(None),
            _ => item.word(ctxt, "false").map(Some),
        };
        slot.set(ctxt, &name, field);
    }
    understood.then_some(fields)
}

fn input(ctxt: &Ctxt, item: Named, patch: bool) -> Option<InputAttr> {
    let word = item.name.clone();
    let example = if patch { "Profile(name, bio)" } else { "SignUp(email, name)" };
    let mut input = None;
    let (mut rename_all, mut doc, mut derives) = (Slot::default(), Slot::default(), Vec::new());
    for item in item.list(ctxt, example)? {
        let Some(item) = item.named(ctxt) else { continue };
        let name = item.name.clone();
        match (name.to_string().as_str(), item.body) {
            ("derive", Body::Paths(paths)) => derives.extend(paths),
            ("rename_all", body @ Body::Value(_)) => {
                let item = Named { name: name.clone(), body };
                let text = item.text(ctxt, "camelCase");
                rename_all.set(ctxt, &name, rename_rule(ctxt, &item).and(text));
            }
            ("doc", body @ Body::Value(_)) => {
                let text = Named { name: name.clone(), body }.text(ctxt, "..");
                doc.set(ctxt, &name, text);
            }
            (_, Body::List(items)) if input.is_none() => {
                let fields: Vec<Ident> = items.into_iter().filter_map(|item| item.field(ctxt)).collect();
                if fields.is_empty() {
                    ctxt.error(&name, format!("`{name}` has no fields: `{word}({example})`"));
                }
                input = Some((name, fields));
            }
            (_, Body::List(_)) => {
                ctxt.error(&name, format!("`{word}` makes one struct; write another `{word}(..)` for `{name}`"));
            }
            _ => ctxt.unknown("option", &name, &["rename_all", "doc", "derive"]),
        }
    }
    let Some((ident, fields)) = input else {
        ctxt.error(&word, format!("`{word}` names no struct and no fields: `{word}({example})`"));
        return None;
    };
    Some(InputAttr { patch, ident, fields, rename_all, doc, derives })
}

fn index(ctxt: &Ctxt, item: Named, unique: bool) -> Option<IndexAttr> {
    let word = item.name.clone();
    let mut index = IndexAttr {
        unique,
        parts: Vec::new(),
        name: Slot::default(),
        method: Slot::default(),
        filter: Slot::default(),
    };
    for item in item.list(ctxt, "a, b")? {
        let Some(item) = item.named(ctxt) else { continue };
        let name = item.name.clone();
        match (name.to_string().as_str(), &item.body) {
            ("columns", Body::List(_)) => {
                for item in item.list(ctxt, "a, desc(b)").into_iter().flatten() {
                    index.column(ctxt, item);
                }
            }
            ("expression", Body::Value(_)) => {
                index.parts.extend(item.text(ctxt, "lower(name)").map(PartAttr::Expression));
            }
            ("name", Body::Value(_)) => index.name.set(ctxt, &name, item.text(ctxt, "..")),
            ("method", Body::Value(_)) => index.method.set(ctxt, &name, item.text(ctxt, "gin")),
            ("where", Body::Value(_)) => index.filter.set(ctxt, &name, item.text(ctxt, "active")),
            ("unique", Body::Word) => index.unique = true,
            (_, Body::Word | Body::List(_)) => index.column(ctxt, Item::Named(item)),
            _ => ctxt.unknown("option", &name, &["columns", "desc", "expression", "name", "method", "where", "unique"]),
        }
    }
    if index.parts.is_empty() {
        ctxt.error(&word, format!("`{word}` covers nothing: name its columns, `{word}(a, b)`"));
        return None;
    }
    Some(index)
}

impl IndexAttr {
    /// `field` or `desc(field)`.
    fn column(&mut self, ctxt: &Ctxt, item: Item) {
        match item {
            Item::Named(Named { name, body: Body::List(items) }) if name == "desc" => {
                let fields = items.into_iter().filter_map(|item| item.field(ctxt));
                self.parts.extend(fields.map(|field| PartAttr::Column { field, descending: true }));
            }
            item => self.parts.extend(item.field(ctxt).map(|field| PartAttr::Column { field, descending: false })),
        }
    }
}

fn check(ctxt: &Ctxt, item: Named) -> Option<CheckAttr> {
    let word = item.name.clone();
    let (mut name, mut sql) = (Slot::default(), None);
    for item in item.list(ctxt, "name = \"..\", \"sql\"")? {
        match item {
            Item::Literal(Lit::Str(text)) if sql.is_none() => sql = Some(text),
            Item::Named(item) if item.name == "name" => {
                let text = item.text(ctxt, "..");
                name.set(ctxt, &item.name, text);
            }
            Item::Named(item) => ctxt.unknown("option", &item.name, &["name"]),
            Item::Literal(literal) => ctxt.error(literal, "expected one string of SQL"),
        }
    }
    let Some(sql) = sql else {
        ctxt.error(&word, "`check` expects SQL: `check(\"price >= 0\")`");
        return None;
    };
    Some(CheckAttr { name: name.get().map(LitStr::value).unwrap_or_default(), sql })
}
