//! The words on a field of a struct that derives `Model`.

use proc_macro2::Ident;
use syn::{Attribute, Expr, ExprLit, Lit, LitInt, LitStr, Path};

use super::item::{Body, Item, Named, Slot, items};
use super::mutability::{MutabilityAttr, mutability};
use super::rule::{NormalAttr, RuleAttr, normals, rules};
use super::sealed::{EncryptAttr, encrypt};
use crate::ctxt::Ctxt;

/// The words of columns and of relations. Both are accepted on every field here; `check` says which do not fit.
const WORDS: [&str; 51] = [
    "primary_key",
    "auto_increment",
    "column",
    "rename",
    "unique",
    "index",
    "default",
    "default_sql",
    "default_fn",
    "check",
    "length",
    "precision",
    "type",
    "comment",
    "renamed_from",
    "skip",
    "generated",
    "computed",
    "version",
    "created_at",
    "updated_at",
    "deleted_at",
    "belongs_to",
    "has_one",
    "has_many",
    "belongs_to_many",
    "through",
    "key",
    "other_key",
    "references",
    "other_references",
    "filter",
    "when",
    "on_delete",
    "on_update",
    "constraints",
    "one_of",
    "at_most_one_of",
    "validate",
    "normalize",
    "counter",
    "unaudited",
    "counter_cache",
    "immutable",
    "write_once",
    "transitions",
    "hidden",
    "encrypt",
    "blind_index",
    "tenant",
    "tracked",
];

/// The words of relations. `unique` and `index` are also words of columns.
const RELATION_WORDS: [&str; 15] = [
    "unique",
    "index",
    "through",
    "key",
    "other_key",
    "references",
    "other_references",
    "filter",
    "when",
    "on_delete",
    "on_update",
    "constraints",
    "one_of",
    "at_most_one_of",
    "counter_cache",
];

/// The words for each model that a key may point at.
const KEY_WORDS: [&str; 5] = ["key", "references", "on_delete", "on_update", "constraints"];

const ACTIONS: [&str; 5] = ["cascade", "set_null", "restrict", "no_action", "set_default"];

/// What `#[orm(..)]` on a field says.
#[derive(Debug, Default)]
pub(crate) struct FieldAttrs {
    pub(crate) primary_key: Slot<()>,
    pub(crate) auto_increment: Slot<bool>,
    pub(crate) column: Slot<LitStr>,
    /// The name of the key shared with other fields, or `None` for one of its own.
    pub(crate) unique: Slot<Option<LitStr>>,
    pub(crate) index: Slot<Option<LitStr>>,
    pub(crate) default: Slot<DefaultAttr>,
    pub(crate) check: Slot<LitStr>,
    pub(crate) length: Slot<u32>,
    pub(crate) precision: Slot<(u8, u8)>,
    pub(crate) type_name: Slot<LitStr>,
    pub(crate) comment: Slot<LitStr>,
    pub(crate) renamed_from: Slot<LitStr>,
    pub(crate) skip: Slot<()>,
    pub(crate) generated: Slot<LitStr>,
    pub(crate) computed: Slot<Path>,
    pub(crate) version: Slot<()>,
    /// Whether it is in nothing that is shown.
    pub(crate) hidden: Slot<()>,
    /// Whether it is the tenant.
    pub(crate) tenant: Slot<()>,
    /// Whether it is the snapshot of a tracked model.
    pub(crate) tracked: Slot<()>,
    pub(crate) created_at: Slot<()>,
    pub(crate) updated_at: Slot<()>,
    pub(crate) deleted_at: Slot<()>,
    pub(crate) rules: Vec<RuleAttr>,
    pub(crate) normals: Vec<NormalAttr>,
    /// Whether it has a number of rows that the library keeps.
    pub(crate) counter: Slot<()>,
    /// Whether its values are not for the history.
    pub(crate) unaudited: Slot<()>,
    pub(crate) mutability: Slot<MutabilityAttr>,
    pub(crate) encrypt: Slot<EncryptAttr>,
    /// The encrypted column whose blind index it is.
    pub(crate) blind_index: Slot<Ident>,
    pub(crate) relation: RelationAttrs,
    /// The words given, in order, for errors about words that do not fit the field.
    pub(crate) words: Vec<Ident>,
}

/// Where a missing value comes from.
#[derive(Debug)]
pub(crate) enum DefaultAttr {
    /// `default`: the type's own.
    Trait,
    /// `default = value`.
    Value(Expr),
    /// `default_fn = path`.
    Function(Expr),
    /// `default_sql = "sql"`.
    Sql(LitStr),
}

/// The words of a relation.
#[derive(Debug, Default)]
pub(crate) struct RelationAttrs {
    pub(crate) kind: Slot<RelationKind>,
    /// The join model, or the intermediate model.
    pub(crate) through: Slot<Path>,
    /// The relations that follow one after the other.
    pub(crate) chain: Slot<Vec<Path>>,
    pub(crate) key: Slot<Key>,
    pub(crate) other_key: Slot<Key>,
    pub(crate) references: Slot<Key>,
    pub(crate) other_references: Slot<Key>,
    pub(crate) filter: Slot<Expr>,
    /// The field, of the model with the foreign key, that holds a text in rows the relation is about.
    pub(crate) when: Slot<(Ident, LitStr)>,
    pub(crate) on_delete: Slot<Ident>,
    pub(crate) on_update: Slot<Ident>,
    pub(crate) constraints: Slot<bool>,
    /// Whether no two rows may be connected twice.
    pub(crate) unique: Slot<bool>,
    /// Whether the foreign key has an index; on a column, that of the foreign key it is in.
    pub(crate) index: Slot<bool>,
    /// The column of the other model that has the number of its rows.
    pub(crate) counter_cache: Slot<Ident>,
    /// The models, one of which the relation leads to.
    pub(crate) one_of: Slot<Vec<(Ident, RelationAttrs)>>,
}

/// The fields of a key.
pub(crate) type Key = Vec<Ident>;

/// The kinds of relations, by attribute and by the type of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelationKind {
    BelongsTo,
    HasOne,
    HasMany,
    BelongsToMany,
}

impl RelationKind {
    pub(crate) const ALL: [Self; 4] = [Self::BelongsTo, Self::HasOne, Self::HasMany, Self::BelongsToMany];

    /// The attribute.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::BelongsTo => "belongs_to",
            Self::HasOne => "has_one",
            Self::HasMany => "has_many",
            Self::BelongsToMany => "belongs_to_many",
        }
    }

    /// The type of the field, and the variant of the metadata's enum.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::BelongsTo => "BelongsTo",
            Self::HasOne => "HasOne",
            Self::HasMany => "HasMany",
            Self::BelongsToMany => "BelongsToMany",
        }
    }
}

impl FieldAttrs {
    pub(crate) fn read(ctxt: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut field = Self::default();
        for item in items(ctxt, attrs) {
            field.item(ctxt, item);
        }
        field
    }

    fn item(&mut self, ctxt: &Ctxt, item: Named) {
        let name = item.name.clone();
        self.words.push(name.clone());
        match name.to_string().as_str() {
            "primary_key" => self.primary_key.set(ctxt, &name, item.flag(ctxt)),
            "auto_increment" => self.auto_increment.set(ctxt, &name, item.bool(ctxt)),
            "column" | "rename" => self.column.set(ctxt, &name, item.text(ctxt, "column_name")),
            "unique" | "index" if item.is_bool() => self.relation.item(ctxt, item),
            "unique" => self.unique.set(ctxt, &name, group(ctxt, &item)),
            "index" => self.index.set(ctxt, &name, group(ctxt, &item)),
            "default" => {
                let default = match item.body {
                    Body::Word => Some(DefaultAttr::Trait),
                    _ => item.expr(ctxt).map(DefaultAttr::Value),
                };
                self.set_default(ctxt, &name, default);
            }
            "default_fn" => self.set_default(ctxt, &name, item.expr(ctxt).map(DefaultAttr::Function)),
            "default_sql" => self.set_default(ctxt, &name, item.text(ctxt, "..").map(DefaultAttr::Sql)),
            "check" => self.check.set(ctxt, &name, item.text(ctxt, "price >= 0")),
            "length" => self.length.set(ctxt, &name, item.number(ctxt, "255")),
            "precision" => self.precision.set(ctxt, &name, precision(ctxt, item)),
            "type" => self.type_name.set(ctxt, &name, item.text(ctxt, "citext")),
            "comment" => self.comment.set(ctxt, &name, item.text(ctxt, "..")),
            "renamed_from" => self.renamed_from.set(ctxt, &name, item.text(ctxt, "old_name")),
            "skip" => self.skip.set(ctxt, &name, item.flag(ctxt)),
            "generated" => self.generated.set(ctxt, &name, item.text(ctxt, "price * quantity")),
            "computed" => self.computed.set(ctxt, &name, item.path(ctxt, "Self::full_name")),
            "version" => self.version.set(ctxt, &name, item.flag(ctxt)),
            "hidden" => self.hidden.set(ctxt, &name, item.flag(ctxt)),
            "tenant" => self.tenant.set(ctxt, &name, item.flag(ctxt)),
            "tracked" => self.tracked.set(ctxt, &name, item.flag(ctxt)),
            "created_at" => self.created_at.set(ctxt, &name, item.flag(ctxt)),
            "updated_at" => self.updated_at.set(ctxt, &name, item.flag(ctxt)),
            "deleted_at" => self.deleted_at.set(ctxt, &name, item.flag(ctxt)),
            "counter" => self.counter.set(ctxt, &name, item.flag(ctxt)),
            "unaudited" => self.unaudited.set(ctxt, &name, item.flag(ctxt)),
            "encrypt" => self.encrypt.set(ctxt, &name, encrypt(ctxt, item)),
            "blind_index" => self.blind_index.set(ctxt, &name, blind_index(ctxt, item)),
            "validate" => self.rules.extend(rules(ctxt, item)),
            "normalize" => self.normals.extend(normals(ctxt, item)),
            "immutable" | "write_once" | "transitions" => self.set_mutability(ctxt, &name, mutability(ctxt, item)),
            _ => self.relation.item(ctxt, item),
        }
    }

    fn set_mutability(&mut self, ctxt: &Ctxt, name: &Ident, value: Option<MutabilityAttr>) {
        match self.mutability.name() {
            Some(first) if first != name => {
                ctxt.error(name, format!("`{name}` and `{first}` contradict each other; keep one"));
            }
            _ => self.mutability.set(ctxt, name, value),
        }
    }

    /// Whether the field is neither a column nor a relation.
    pub(crate) fn is_beside(&self) -> bool {
        self.skip.is_set() || self.computed.is_set() || self.tracked.is_set()
    }

    /// The three forms share one slot: a column has one default.
    fn set_default(&mut self, ctxt: &Ctxt, name: &Ident, value: Option<DefaultAttr>) {
        match self.default.name() {
            Some(first) if first != name => {
                ctxt.error(name, format!("`{name}` and `{first}` are two defaults of one column; keep one"));
            }
            _ => self.default.set(ctxt, name, value),
        }
    }
}

/// The one column of `blind_index(email)`.
fn blind_index(ctxt: &Ctxt, item: Named) -> Option<Ident> {
    let name = item.name.clone();
    let mut fields = item.fields(ctxt, "email")?;
    if fields.len() > 1 {
        ctxt.error(name, "a blind index is of one column; give each of the others a field of its own");
    }
    fields.pop()
}

impl RelationAttrs {
    fn item(&mut self, ctxt: &Ctxt, item: Named) {
        let name = item.name.clone();
        if let Some(kind) = RelationKind::ALL.into_iter().find(|kind| name == kind.word()) {
            match self.kind.name() {
                Some(first) if *first != name => {
                    ctxt.error(&name, format!("`{name}` and `{first}` are two relations; keep one"));
                }
                _ => self.kind.set(ctxt, &name, Some(kind)),
            }
            match item.body {
                Body::Word | Body::Paths(_) | Body::Steps(_) => {}
                Body::List(items) => {
                    for item in items.into_iter().filter_map(|item| Item::named(item, ctxt)) {
                        self.option(ctxt, item, &RELATION_WORDS);
                    }
                }
                Body::Value(value) => {
                    ctxt.error(value, format!("`{name}` takes no value; its options go in parentheses"));
                }
            }
            return;
        }
        self.option(ctxt, item, &WORDS);
    }

    fn option(&mut self, ctxt: &Ctxt, item: Named, known: &[&str]) {
        let name = item.name.clone();
        match name.to_string().as_str() {
            "through" => match item.body {
                Body::Paths(paths) => self.chain.set(ctxt, &name, chain(ctxt, &name, paths)),
                _ => self.through.set(ctxt, &name, item.path(ctxt, "Membership")),
            },
            "key" => self.key.set(ctxt, &name, item.fields(ctxt, "user_id")),
            "other_key" => self.other_key.set(ctxt, &name, item.fields(ctxt, "group_id")),
            "references" => self.references.set(ctxt, &name, item.fields(ctxt, "id")),
            "other_references" => self.other_references.set(ctxt, &name, item.fields(ctxt, "id")),
            "filter" => self.filter.set(ctxt, &name, item.expr(ctxt)),
            "when" => self.when.set(ctxt, &name, when(ctxt, item)),
            "on_delete" => self.on_delete.set(ctxt, &name, action(ctxt, &item)),
            "on_update" => self.on_update.set(ctxt, &name, action(ctxt, &item)),
            "constraints" => self.constraints.set(ctxt, &name, item.bool(ctxt)),
            "unique" => self.unique.set(ctxt, &name, item.bool(ctxt)),
            "index" => self.index.set(ctxt, &name, item.bool(ctxt)),
            "counter_cache" => self.counter_cache.set(ctxt, &name, item.word(ctxt, "post_count")),
            "one_of" | "at_most_one_of" => self.one_of.set(ctxt, &name, Some(one_of(ctxt, item))),
            _ => ctxt.unknown("attribute", &name, known),
        }
    }

    /// The first word that only a relation has.
    pub(crate) fn first_word(words: &[Ident]) -> Option<&Ident> {
        words.iter().find(|word| {
            RELATION_WORDS.iter().any(|known| *word == known && *word != "unique" && *word != "index")
                || RelationKind::ALL.iter().any(|kind| *word == kind.word())
        })
    }

    /// The first word that a relation does not have.
    pub(crate) fn first_other_word(words: &[Ident]) -> Option<&Ident> {
        words.iter().find(|word| {
            WORDS.iter().any(|known| *word == known)
                && !RELATION_WORDS.iter().any(|known| *word == known)
                && !RelationKind::ALL.iter().any(|kind| *word == kind.word())
        })
    }
}

/// `through(Self::TEAMS, Team::PROJECTS)`.
fn chain(ctxt: &Ctxt, name: &Ident, paths: Vec<Path>) -> Option<Vec<Path>> {
    if paths.len() < 2 {
        ctxt.error(name, "`through` names two relations or more, each from where the one before it ends: `through(User::POSTS, Post::AUTHOR)`");
        return None;
    }
    Some(paths)
}

/// `unique` or `unique = "name shared by fields"`.
fn group(ctxt: &Ctxt, item: &Named) -> Option<Option<LitStr>> {
    match item.body {
        Body::Word => Some(None),
        Body::List(_) | Body::Paths(_) | Body::Steps(_) => {
            ctxt.error(
                &item.name,
                format!("`{0}(..)` goes on the struct; here it is `{0}` or `{0} = \"name\"`", item.name),
            );
            None
        }
        Body::Value(_) => item.text(ctxt, "name").map(Some),
    }
}

/// `precision(digits, after the point)`.
fn precision(ctxt: &Ctxt, item: Named) -> Option<(u8, u8)> {
    let name = item.name.clone();
    let items = item.list(ctxt, "10, 2")?;
    let number = |item: &Item| match item {
        Item::Literal(Lit::Int(number)) => LitInt::base10_parse::<u8>(number).ok(),
        _ => None,
    };
    match items.iter().map(number).collect::<Option<Vec<u8>>>().as_deref() {
        Some([digits]) => Some((*digits, 0)),
        Some([digits, scale]) if scale <= digits => Some((*digits, *scale)),
        _ => {
            ctxt.error(name, "`precision` expects digits in all and after the point: `precision(10, 2)`");
            None
        }
    }
}

/// What a foreign key does; a string is accepted as a word would be.
fn action(ctxt: &Ctxt, item: &Named) -> Option<Ident> {
    let word = match &item.body {
        Body::Value(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => {
            ctxt.error(text, format!("write it without quotes: `{} = {}`", item.name, text.value().to_lowercase()));
            return None;
        }
        _ => item.word(ctxt, "cascade")?,
    };
    if ACTIONS.iter().any(|action| word == action) {
        return Some(word);
    }
    ctxt.unknown("action", &word, &ACTIONS);
    None
}

/// `when(commentable_type = "Post")`.
fn when(ctxt: &Ctxt, item: Named) -> Option<(Ident, LitStr)> {
    const EXAMPLE: &str = "commentable_type = \"Post\"";
    let name = item.name.clone();
    let mut items = item.list(ctxt, EXAMPLE)?.into_iter().filter_map(|item| Item::named(item, ctxt));
    match (items.next(), items.next()) {
        (Some(one), None) => one.text(ctxt, "Post").map(|text| (one.name, text)),
        _ => {
            ctxt.error(&name, format!("`when` names one field and its text: `when({EXAMPLE})`"));
            None
        }
    }
}

/// `one_of(Post, Photo(key = picture_id))`.
fn one_of(ctxt: &Ctxt, item: Named) -> Vec<(Ident, RelationAttrs)> {
    const EXAMPLE: &str = "Post, Photo(key = picture_id)";
    let word = item.name.clone();
    let mut models = Vec::<(Ident, RelationAttrs)>::new();
    let Some(items) = item.list(ctxt, EXAMPLE) else { return models };
    for item in items.into_iter().filter_map(|item| Item::named(item, ctxt)) {
        let mut attrs = RelationAttrs::default();
        match item.body {
            Body::Word | Body::Paths(_) | Body::Steps(_) => {}
            Body::List(items) => {
                for item in items.into_iter().filter_map(|item| Item::named(item, ctxt)) {
                    if KEY_WORDS.iter().any(|known| item.name == known) {
                        attrs.option(ctxt, item, &KEY_WORDS);
                    } else {
                        ctxt.unknown("attribute", &item.name, &KEY_WORDS);
                    }
                }
            }
            Body::Value(value) => ctxt.error(value, format!("a model and its options: `{word}({EXAMPLE})`")),
        }
        if models.iter().any(|(first, _)| *first == item.name) {
            ctxt.error(&item.name, format!("`{}` is named twice: a row belongs to one row of each model", item.name));
            continue;
        }
        models.push((item.name, attrs));
    }
    if models.len() < 2 {
        ctxt.error(&word, format!("`{word}` names at least two models: `{word}({EXAMPLE})`"));
    }
    models
}
