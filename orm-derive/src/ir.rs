//! The model with everything resolved: names, positions, keys, defaults, relations. No attribute is left to read.
//! Names that lead nowhere are reported while resolving, and what they belong to is left out, so that the rest still
//! expands and one mistake stays one message.

mod columns;
mod inputs;
mod params;
mod relations;
mod sealed;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, LitStr, Path, Type, Visibility};

use crate::ast::{Field, Model, Part, last_word, one_argument};
use crate::attr::{EncryptAttr, InputAttr, MutabilityAttr, NormalAttr, PartAttr, RelationKind, RuleAttr};
use crate::case;
use crate::ctxt::{Ctxt, nearest};

pub(crate) use params::Params;

/// A model.
#[derive(Debug)]
pub(crate) struct ModelIr<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) params: Params,
    /// The path to what generated code may name.
    pub(crate) private: TokenStream,
    pub(crate) table: String,
    pub(crate) schema: Option<String>,
    pub(crate) comment: String,
    pub(crate) renamed_from: String,
    pub(crate) columns: Vec<Column<'a>>,
    pub(crate) relations: Vec<Relation<'a>>,
    pub(crate) one_of: Vec<OneOf<'a>>,
    /// Every field, in order.
    pub(crate) fields: Vec<Init<'a>>,
    /// Positions of columns, as are all `usize` below.
    pub(crate) primary_key: Vec<usize>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) checks: Vec<(String, String)>,
    /// The condition that rows meet unless a statement asks for others.
    pub(crate) default_scope: Option<&'a Expr>,
    /// The types of the viewers that the model has a policy for; none where it has no policy.
    pub(crate) policy: &'a [Path],
    /// Functions that look at a row before it is written.
    pub(crate) checks_of_rows: &'a [Path],
    /// The same, of functions that may ask the database.
    pub(crate) asks: &'a [Path],
    /// Events and the functions that run then.
    pub(crate) hooks: &'a [(Ident, Path)],
    /// The functions to call for each row that is read.
    pub(crate) after_find: &'a [Path],
    /// The model of the history.
    pub(crate) audited: Option<&'a Path>,
    pub(crate) inputs: Vec<Input<'a>>,
    pub(crate) created_at: Option<usize>,
    pub(crate) updated_at: Option<usize>,
    pub(crate) deleted_at: Option<usize>,
    pub(crate) version: Option<usize>,
    /// The tenant's column.
    pub(crate) tenant: Option<usize>,
}

/// What a field holds after reading a row.
#[derive(Debug)]
pub(crate) enum Init<'a> {
    /// The next column.
    Column(&'a Ident),
    /// An unloaded relation, which knows the path of its constant.
    Relation(&'a Ident, String),
    /// The type's default.
    Default(&'a Ident),
    /// The default, then what the function makes of the row.
    Computed(&'a Ident, Path),
    /// The snapshot field.
    Snapshot(&'a Ident),
}

impl Init<'_> {
    /// The field.
    pub(crate) fn ident(&self) -> &Ident {
        match self {
            Self::Column(ident)
            | Self::Relation(ident, _)
            | Self::Default(ident)
            | Self::Computed(ident, _)
            | Self::Snapshot(ident) => ident,
        }
    }
}

/// A column.
#[derive(Debug)]
pub(crate) struct Column<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) ty: &'a Type,
    /// The name of the constant.
    pub(crate) constant: Ident,
    /// The name in the database.
    pub(crate) name: String,
    /// The name of the field.
    pub(crate) field: String,
    pub(crate) auto_increment: bool,
    pub(crate) default: DefaultValue,
    pub(crate) length: Option<u32>,
    pub(crate) precision: Option<(u8, u8)>,
    pub(crate) type_name: Option<String>,
    pub(crate) check: Option<String>,
    pub(crate) generated: Option<String>,
    pub(crate) comment: String,
    pub(crate) renamed_from: String,
    pub(crate) doc: String,
    /// Whether `create()` insists on a value.
    pub(crate) required: bool,
    /// Whether the user may write it.
    pub(crate) writable: bool,
    /// Whether it has a number of rows that the library keeps.
    pub(crate) counter: bool,
    /// Whether its values are for the history.
    pub(crate) audited: bool,
    /// Whether it is in nothing that is shown.
    pub(crate) hidden: bool,
    pub(crate) rules: &'a [RuleAttr],
    pub(crate) normals: &'a [NormalAttr],
    pub(crate) mutability: Option<&'a MutabilityAttr>,
    /// How it is encrypted, if it is.
    pub(crate) sealed: Option<Sealed<'a>>,
    /// The position of the column with its blind index.
    pub(crate) blind_index: Option<usize>,
}

/// An encrypted column, or a blind index.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sealed<'a> {
    Encrypted(&'a EncryptAttr),
    /// The blind index of the column at a position.
    Index(usize),
}

/// A model that a relation names; a type that is none is an error here, and nowhere else.
pub(crate) fn sure(model: &TokenStream) -> TokenStream {
    quote_spanned!(model.span()=> __orm::Target<#model>)
}

impl Column<'_> {
    /// Whether `Debug` leaves it out.
    pub(crate) fn is_secret(&self) -> bool {
        self.hidden || self.sealed.is_some()
    }

    /// The type of the column's kind, which decides its methods; `None` if it is not encrypted.
    pub(crate) fn kind(&self) -> Option<TokenStream> {
        let findable = match self.sealed? {
            Sealed::Encrypted(attr) => attr.deterministic.is_set() || self.blind_index.is_some(),
            Sealed::Index(_) => false,
        };
        Some(if findable { quote!(__orm::Findable) } else { quote!(__orm::Encrypted) })
    }

    /// Whether the type is one of the library's column types, by its name.
    pub(crate) fn is_plain(&self) -> bool {
        let scalar = one_argument(self.ty, "Option").unwrap_or(self.ty);
        last_word(scalar).is_some_and(|name| PLAIN.iter().any(|ty| name == ty))
    }

    /// The type; one that is none of a column is an error here, and nowhere else.
    pub(crate) fn stored(&self) -> TokenStream {
        let ty = self.ty;
        if self.is_plain() { quote!(#ty) } else { quote_spanned!(ty.span()=> __orm::Stored<#ty>) }
    }

    /// A function of the type.
    pub(crate) fn function(&self, name: &str) -> TokenStream {
        let (stored, name) = (self.stored(), Ident::new(name, self.ty.span()));
        if self.is_plain() {
            quote_spanned!(self.ty.span()=> __orm::Type::#name)
        } else {
            quote_spanned!(self.ty.span()=> <#stored as __orm::Type>::#name)
        }
    }
}

/// Names of column types.
const PLAIN: [&str; 20] = [
    "i8",
    "i16",
    "i32",
    "i64",
    "u16",
    "u32",
    "u64",
    "f32",
    "f64",
    "bool",
    "char",
    "String",
    "DateTime",
    "NaiveDate",
    "NaiveDateTime",
    "NaiveTime",
    "Uuid",
    "Decimal",
    "Json",
    "Value",
];

/// Where a missing value comes from.
#[derive(Debug)]
pub(crate) enum DefaultValue {
    None,
    /// An expression of the column's type.
    Value(TokenStream),
    /// An expression of the column's type, made anew for every row.
    Client(TokenStream),
    /// A new UUID.
    Uuid,
    Sql(String),
}

/// A struct for what a request says of a row.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    pub(crate) attr: &'a InputAttr,
    /// The positions of its columns.
    pub(crate) columns: Vec<usize>,
}

/// An index.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) unique: bool,
    pub(crate) parts: Vec<IndexPart>,
    pub(crate) method: Option<String>,
    pub(crate) filter: Option<String>,
}

/// What an index covers.
#[derive(Debug)]
pub(crate) enum IndexPart {
    Column { index: usize, descending: bool },
    Expression(String),
}

/// A relation to a row of one of several models.
#[derive(Debug)]
pub(crate) struct OneOf<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) constant: Ident,
    /// The enum of the models.
    pub(crate) target: &'a Type,
    /// The positions of each key's columns.
    pub(crate) keys: Vec<Vec<usize>>,
    /// The constants of the relations to each model.
    pub(crate) relations: Vec<Ident>,
    pub(crate) required: bool,
    pub(crate) doc: String,
}

/// A relation.
#[derive(Debug)]
pub(crate) struct Relation<'a> {
    pub(crate) ident: Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) constant: Ident,
    pub(crate) name: String,
    /// The field's type.
    pub(crate) kind: RelationKind,
    pub(crate) target: TokenStream,
    /// The pairs that lead to the other model, or to the join model.
    pub(crate) keys: Vec<Pair>,
    /// The join model and the pairs that lead on from it.
    pub(crate) through: Option<(TokenStream, Vec<Pair>)>,
    /// The relations it consists of, when it is a chain.
    pub(crate) chain: Vec<Path>,
    /// Whether the field holds the join rows as well.
    pub(crate) loads_between: bool,
    pub(crate) scope: Option<TokenStream>,
    /// The column that holds a text in rows the relation is about, of the model that has the foreign key.
    pub(crate) when: Option<(TokenStream, LitStr)>,
    pub(crate) constraint: bool,
    /// The column of the other model that has the number of its rows.
    pub(crate) counter_cache: Option<Ident>,
    pub(crate) indexed: bool,
    /// Whether no two rows are connected twice.
    pub(crate) unique: bool,
    /// Variants of the library's enum.
    pub(crate) on_delete: &'static str,
    pub(crate) on_update: &'static str,
    /// The positions of the foreign key's columns, when it is on this model.
    pub(crate) foreign_key: Vec<usize>,
    /// Whether every row has a foreign key, which the database checks, to a row of the relation.
    pub(crate) never_null: bool,
    /// Whether a row may do without, when the foreign key is on this model.
    pub(crate) may_be_none: bool,
    /// The position of the column of `when`, when it is on this model.
    pub(crate) when_column: Option<usize>,
    /// The position in `ModelIr::one_of`, when the rows are put into a field with rows of other models.
    pub(crate) one_of: Option<usize>,
    pub(crate) doc: String,
}

/// A column of a key and that of the foreign key that points at it.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) key: TokenStream,
    /// The path of the model that has it, and the constant.
    pub(crate) foreign_key: (TokenStream, Ident),
    /// Whether the relation starts at the key.
    pub(crate) from_key: bool,
    /// What to say when the other model has no such foreign key, whose name is made up.
    pub(crate) missing: Option<String>,
}

impl Relation<'_> {
    /// The target, as code names it that demands a model.
    pub(crate) fn sure_target(&self) -> TokenStream {
        sure(&self.target)
    }

    /// The path of its constant, at the place of the target: whether that is a model is part of the constant's type.
    pub(crate) fn path(&self, params: &Params) -> TokenStream {
        let span = self.target.span();
        let (model, mut constant) = (params.this_at(span), self.constant.clone());
        constant.set_span(span);
        quote_spanned!(span=> #model::#constant)
    }

    /// Whether it leads from a foreign key of this model to the row in a field of its own.
    pub(crate) fn is_own_field(&self) -> bool {
        !self.foreign_key.is_empty() && self.one_of.is_none()
    }

    /// Whether a column of this model is filled in with the row that the relation leads to.
    pub(crate) fn fills(&self, column: usize) -> bool {
        self.foreign_key.contains(&column) || self.when_column == Some(column)
    }
}

impl<'a> ModelIr<'a> {
    /// Resolves the model; reports every name that leads nowhere.
    pub(crate) fn resolve(ctxt: &Ctxt, model: &'a Model<'a>) -> Self {
        let attrs = &model.attrs;
        let marks = columns::Marks::resolve(ctxt, model);
        let mut columns = columns::resolve(ctxt, model, &marks);
        sealed::resolve(ctxt, model, &marks.primary_key, &mut columns);
        distinct_columns(ctxt, &columns);
        let primary_key = marks.primary_key.clone();
        let params = Params::of(model);
        let (relations, one_of) = relations::resolve(ctxt, model, &params, &primary_key);
        distinct_constants(ctxt, &columns, &relations, &one_of);
        let inputs = inputs::resolve(ctxt, model, &columns, &marks);
        Self {
            ident: model.ident,
            vis: model.vis,
            params,
            private: private(attrs.krate.get()),
            table: text(attrs.table.get()).unwrap_or_else(|| case::table(model.ident)),
            schema: text(attrs.schema.get()),
            comment: text(attrs.comment.get()).unwrap_or_else(|| model.doc.clone()),
            renamed_from: text(attrs.renamed_from.get()).unwrap_or_default(),
            relations,
            one_of,
            fields: model.fields.iter().map(|field| init(model, field)).collect(),
            indexes: indexes(ctxt, model, marks.tenant),
            checks: attrs.checks.iter().map(|check| (check.name.clone(), check.sql.value())).collect(),
            default_scope: attrs.default_scope.get(),
            policy: attrs.policy.get().map_or(&[], Vec::as_slice),
            checks_of_rows: &attrs.row_checks,
            asks: &attrs.row_asks,
            hooks: &attrs.hooks,
            after_find: &attrs.after_find,
            audited: attrs.audited.get(),
            inputs,
            created_at: marks.created_at,
            updated_at: marks.updated_at,
            deleted_at: marks.deleted_at,
            version: marks.version,
            tenant: marks.tenant,
            primary_key,
            columns,
        }
    }
}

/// The library's hidden path.
pub(crate) fn private(krate: Option<&Path>) -> TokenStream {
    krate.map_or_else(|| quote!(::orm::__private), |path| quote!(#path::__private))
}

pub(crate) fn text(literal: Option<&LitStr>) -> Option<String> {
    literal.map(LitStr::value)
}

fn init<'a>(model: &Model<'_>, field: &'a Field<'a>) -> Init<'a> {
    match (field.part, field.attrs.computed.get()) {
        (Part::Column, _) => Init::Column(field.ident),
        (Part::Relation(..) | Part::OneOf(_), _) => {
            Init::Relation(field.ident, format!("{}::{}", model.ident, case::constant(field.ident)))
        }
        (Part::Skipped, Some(path)) => Init::Computed(field.ident, path.clone()),
        (Part::Skipped, None) if field.attrs.tracked.is_set() => Init::Snapshot(field.ident),
        (Part::Skipped, None) => Init::Default(field.ident),
    }
}

/// The position of a column by the name of its field, or an error at `name`.
fn position(ctxt: &Ctxt, model: &Model<'_>, name: &Ident) -> Option<usize> {
    let plain = case::plain(name);
    let found = model.columns().position(|field| case::plain(field.ident) == plain);
    if found.is_none() {
        let fields: Vec<String> = model.columns().map(|field| case::plain(field.ident)).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let hint = nearest(&plain, &fields).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        ctxt.error(name, format!("`{}` has no column field `{plain}`{hint}", model.ident));
    }
    found
}

/// No two columns and relations may have the same constant. Those of fields are told apart in `check`.
fn distinct_constants(ctxt: &Ctxt, columns: &[Column<'_>], relations: &[Relation<'_>], one_of: &[OneOf<'_>]) {
    let fields = || columns.iter().map(|column| &column.constant).chain(one_of.iter().map(|one_of| &one_of.constant));
    for (index, relation) in relations.iter().enumerate().filter(|(_, relation)| relation.one_of.is_some()) {
        let others = relations.iter().enumerate().filter(|(other, of)| *other < index || of.one_of.is_none());
        let mut others = others.map(|(_, other)| &other.constant).chain(fields());
        if others.any(|other| *other == relation.constant) {
            let constant = &relation.constant;
            let message =
                format!("the relation to this model is `{constant}`, which is there already; rename the other");
            ctxt.error(&relation.ident, message);
        }
    }
}

/// No two fields may be the same column.
fn distinct_columns(ctxt: &Ctxt, columns: &[Column<'_>]) {
    for (index, column) in columns.iter().enumerate() {
        if let Some(first) = columns[..index].iter().find(|first| first.name == column.name) {
            let message = format!("`{}` and `{}` are both the column `{}`", first.ident, column.ident, column.name);
            ctxt.error(column.ident, message);
        }
    }
}

/// The indexes of the struct, then those of the fields; fields that share a name share an index. In a model with tenants, unique keys
/// begin with the tenant, since other tenants may have the same values.
fn indexes(ctxt: &Ctxt, model: &Model<'_>, tenant: Option<usize>) -> Vec<Index> {
    let mut indexes = Vec::new();
    for attr in &model.attrs.indexes {
        let fields = || {
            attr.parts.iter().filter_map(|part| match part {
                PartAttr::Column { field, .. } => Some(field),
                PartAttr::Expression(_) => None,
            })
        };
        if let Some((_, twice)) = fields().enumerate().find(|(i, field)| fields().take(*i).any(|other| other == *field))
        {
            ctxt.error(twice, format!("`{twice}` is in the index already"));
        }
        let parts = attr.parts.iter().filter_map(|part| match part {
            PartAttr::Column { field, descending } => {
                position(ctxt, model, field).map(|index| IndexPart::Column { index, descending: *descending })
            }
            PartAttr::Expression(sql) => Some(IndexPart::Expression(sql.value())),
        });
        indexes.push(Index {
            name: text(attr.name.get()).unwrap_or_default(),
            unique: attr.unique,
            parts: parts.collect(),
            method: text(attr.method.get()),
            filter: text(attr.filter.get()),
        });
    }
    for (position, field) in model.columns().enumerate() {
        // A blind index is used for searching, so it always has an index.
        let usual = (field.attrs.blind_index.is_set() && !field.attrs.unique.is_set()).then_some(&None);
        for (group, unique) in [(field.attrs.unique.get(), true), (field.attrs.index.get().or(usual), false)] {
            let Some(group) = group else { continue };
            let name = text(group.as_ref()).unwrap_or_default();
            let part = IndexPart::Column { index: position, descending: false };
            match indexes.iter_mut().find(|index| !name.is_empty() && index.name == name && index.unique == unique) {
                Some(index) => index.parts.push(part),
                None => indexes.push(Index { name, unique, parts: vec![part], method: None, filter: None }),
            }
        }
    }
    if let Some(tenant) = tenant {
        let is_tenant = |part: &IndexPart| matches!(part, IndexPart::Column { index, .. } if *index == tenant);
        for index in indexes.iter_mut().filter(|index| index.unique && !index.parts.iter().any(is_tenant)) {
            index.parts.insert(0, IndexPart::Column { index: tenant, descending: false });
        }
    }
    indexes
}

/// An identifier at the span of another.
fn ident_at(name: &str, span: Span) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, span),
        None => Ident::new(name, span),
    }
}
