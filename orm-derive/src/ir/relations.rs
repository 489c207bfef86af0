//! Relations: which columns of which models meet. Columns of this model are looked up here; those of other models
//! become constants that the compiler looks up, at the span of what the user wrote.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Path, Type};

use super::{OneOf, Pair, Params, Relation, ident_at, position, sure};
use crate::ast::{self, Field, Model, Part, last_word};
use crate::attr::{RelationAttrs, RelationKind};
use crate::case::{constant, plain, snake};
use crate::ctxt::Ctxt;

/// The relations that could be resolved, and which of them share a field.
pub(super) fn resolve<'a>(
    ctxt: &Ctxt,
    model: &'a Model<'a>,
    params: &Params,
    primary_key: &[usize],
) -> (Vec<Relation<'a>>, Vec<OneOf<'a>>) {
    let resolver = Resolver { ctxt, model, params, primary_key };
    let mut relations: Vec<_> = model.relations().filter_map(|relation| resolver.relation(relation)).collect();
    let mut one_ofs = Vec::new();
    for field in &model.fields {
        let (Part::OneOf(target), Some(models)) = (field.part, field.attrs.relation.one_of.get()) else { continue };
        let found = models.iter().filter_map(|(target, attrs)| resolver.one_of(field, target, attrs, one_ofs.len()));
        let found: Vec<_> = found.collect();
        if found.len() < models.len().max(2) {
            continue; // The others would look as if they were all.
        }
        one_ofs.push(OneOf {
            ident: field.ident,
            vis: field.vis,
            constant: constant(field.ident),
            target,
            keys: found.iter().map(|relation| relation.foreign_key.clone()).collect(),
            relations: found.iter().map(|relation| relation.constant.clone()).collect(),
            required: is_required(field),
            doc: field.doc.clone(),
        });
        relations.extend(found);
    }
    (relations, one_ofs)
}

/// The fields of a belongs-to relation's key: given, or the relation's name with `_id`.
pub(super) fn own_key(field: &Field<'_>) -> Vec<Ident> {
    Written::of(field).own_key()
}

/// Whether a row must belong to one of the models.
fn is_required(field: &Field<'_>) -> bool {
    field.attrs.relation.one_of.name().is_some_and(|word| word == "one_of")
}

/// A relation's name and what its attributes say.
#[derive(Clone, Copy)]
struct Written<'f> {
    ident: &'f Ident,
    attrs: &'f RelationAttrs,
}

impl<'f> Written<'f> {
    fn of(field: &'f Field<'_>) -> Self {
        Self { ident: field.ident, attrs: &field.attrs.relation }
    }

    fn own_key(self) -> Vec<Ident> {
        match self.attrs.key.get() {
            Some(key) => key.clone(),
            None => vec![ident_at(&format!("{}_id", plain(self.ident)), self.ident.span())],
        }
    }
}

struct Resolver<'r, 'a> {
    ctxt: &'r Ctxt,
    model: &'a Model<'a>,
    params: &'r Params,
    primary_key: &'r [usize],
}

impl<'a> Resolver<'_, 'a> {
    fn relation(&self, relation: ast::Relation<'a, 'a>) -> Option<Relation<'a>> {
        let ast::Relation { field, kind, target, between } = relation;
        let (attrs, written) = (&field.attrs.relation, Written::of(field));
        if let Some(chain) = attrs.chain.get() {
            if self.params.exist() {
                let word = attrs.chain.name().unwrap_or(field.ident);
                self.ctxt.error(word, "a model with parameters cannot have a chain of relations");
                return None;
            }
            let plain = self.written(written, field, kind, quote!(#target), Vec::new(), Vec::new());
            return Some(Relation { chain: chain.clone(), doc: field.doc.clone(), ..plain });
        }
        let given = attrs.through.get().map(Holder::of_path);
        let mut foreign_key = Vec::new();
        let mut when_column = None;
        let mut through = None;
        let keys = match (kind, between.map(Holder::of).or(given)) {
            (RelationKind::BelongsTo, _) => {
                foreign_key = self.own_foreign_key(written, "belongs_to")?;
                if let Some((name, _)) = attrs.when.get() {
                    when_column = Some(position(self.ctxt, self.model, name)?);
                }
                self.no_null_where_none_fits(attrs, &foreign_key);
                self.belongs_to(written, &Holder::of(target), &foreign_key)?
            }
            (_, Some(between)) => {
                through = Some((between.clone(), self.onward(field, kind, target, &between)?));
                self.has(field, &between, "key")?
            }
            (RelationKind::BelongsToMany, None) => return None,
            (_, None) => self.has(field, &Holder::of(target), "key")?,
        };
        let when = attrs.when.get().map(|(name, text)| {
            let holder = match (kind, &through) {
                (RelationKind::BelongsTo, _) => Holder::own(self.params, name.span()),
                (_, Some((between, _))) => between.clone(),
                (_, None) => Holder::of(target),
            };
            (holder.column(name), text.clone())
        });
        Some(Relation {
            loads_between: between.is_some(),
            through: through.map(|(between, keys)| (between.ty, keys)),
            when,
            when_column,
            doc: field.doc.clone(),
            ..self.written(written, field, kind, quote!(#target), keys, foreign_key)
        })
    }

    /// The relation to one of several models.
    fn one_of(
        &self,
        field: &'a Field<'a>,
        target: &Ident,
        attrs: &RelationAttrs,
        place: usize,
    ) -> Option<Relation<'a>> {
        let word = field.attrs.relation.one_of.name().map(Ident::to_string).unwrap_or_default();
        let name = match attrs.key.get().map(|key| &key[..]) {
            Some([one]) => plain(one).strip_suffix("_id").map(str::to_owned),
            _ => None,
        };
        let ident = ident_at(&name.unwrap_or_else(|| snake(target)), target.span());
        let written = Written { ident: &ident, attrs };
        let foreign_key = self.own_foreign_key(written, &format!("{word}({target}"))?;
        let keys = self.belongs_to(written, &Holder::of_path(&target.clone().into()), &foreign_key)?;
        for column in foreign_key.iter().filter_map(|index| self.model.columns().nth(*index)) {
            if column.nullable().is_none() {
                let message = format!("`{}` is NULL in rows about another model: make it an `Option`", column.ident);
                self.ctxt.error(column.ty, message);
            }
        }
        for (action, name) in [(&attrs.on_delete, "on_delete"), (&attrs.on_update, "on_update")] {
            let sets = action.get().filter(|action| *action == "set_null" || *action == "set_default");
            if let (Some(sets), true) = (sets, is_required(field)) {
                let message = format!(
                    "`{name} = {sets}` would leave the row without any: use `cascade` or `restrict`, or `at_most_one_of`"
                );
                self.ctxt.error(sets, message);
            }
        }
        let relation = self.written(written, field, RelationKind::BelongsTo, quote!(#target), keys, foreign_key);
        Some(Relation { one_of: Some(place), ..relation })
    }

    /// A relation, as far as all kinds are alike.
    fn written(
        &self,
        Written { ident, attrs }: Written<'_>,
        field: &'a Field<'a>,
        kind: RelationKind,
        target: TokenStream,
        keys: Vec<Pair>,
        foreign_key: Vec<usize>,
    ) -> Relation<'a> {
        // A key that points at several models has no one table to be checked against.
        let constraint = attrs.constraints.get().copied().unwrap_or(!attrs.when.is_set());
        let columns = || foreign_key.iter().filter_map(|index| self.model.columns().nth(*index));
        let mut key = columns();
        let unindexed = columns().any(|column| column.attrs.relation.index.get() == Some(&false));
        let never_null = kind == RelationKind::BelongsTo
            && constraint
            && !attrs.when.is_set()
            && !attrs.filter.is_set()
            && key.all(|column| column.nullable().is_none());
        Relation {
            ident: ident.clone(),
            vis: field.vis,
            constant: constant(ident),
            name: plain(ident),
            kind,
            target,
            keys,
            through: None,
            chain: Vec::new(),
            loads_between: false,
            scope: attrs.filter.get().map(ToTokens::to_token_stream),
            when: None,
            constraint,
            counter_cache: attrs.counter_cache.get().cloned(),
            indexed: !unindexed && attrs.index.get() != Some(&false),
            never_null,
            unique: attrs.unique.get().copied().unwrap_or(true),
            on_delete: variant(attrs.on_delete.get()),
            on_update: variant(attrs.on_update.get()),
            may_be_none: self.is_nullable(&foreign_key) && !is_required(field),
            foreign_key,
            when_column: None,
            one_of: None,
            doc: String::new(),
        }
    }

    /// The positions of the foreign key on this model.
    fn own_foreign_key(&self, written: Written<'_>, word: &str) -> Option<Vec<usize>> {
        if written.attrs.key.is_set() {
            let key = written.own_key();
            let found: Vec<usize> = key.iter().filter_map(|name| position(self.ctxt, self.model, name)).collect();
            return (found.len() == key.len()).then_some(found);
        }
        let name = format!("{}_id", plain(written.ident));
        let found = self.model.columns().position(|field| plain(field.ident) == name);
        if found.is_none() {
            let message = format!(
                "`{}` has no field `{name}` for the foreign key; add it, or name another: `{word}(key = ..){}`",
                self.model.ident,
                if word.contains('(') { ")" } else { "" },
            );
            self.ctxt.error(written.ident, message);
        }
        found.map(|index| vec![index])
    }

    /// Whether a key can be NULL: a part of it is enough.
    fn is_nullable(&self, foreign_key: &[usize]) -> bool {
        let mut columns = foreign_key.iter().filter_map(|index| self.model.columns().nth(*index));
        columns.any(|column| column.nullable().is_some())
    }

    /// A key that is never NULL cannot become NULL when the row it points at goes.
    fn no_null_where_none_fits(&self, attrs: &RelationAttrs, foreign_key: &[usize]) {
        let mut columns = foreign_key.iter().filter_map(|index| self.model.columns().nth(*index));
        let Some(column) = columns.find(|column| column.nullable().is_none()) else { return };
        for (action, name) in [(&attrs.on_delete, "on_delete"), (&attrs.on_update, "on_update")] {
            if let Some(null) = action.get().filter(|action| *action == "set_null") {
                let message = format!(
                    "`{name} = set_null` needs a key that may be NULL: make `{}` an `Option`, or use `cascade` or `restrict`",
                    column.ident
                );
                self.ctxt.error(null, message);
            }
        }
    }

    fn belongs_to(&self, written: Written<'_>, target: &Holder, foreign_key: &[usize]) -> Option<Vec<Pair>> {
        let references = match written.attrs.references.get() {
            Some(references) => references.iter().map(|key| target.column(key)).collect(),
            None if foreign_key.len() == 1 => vec![target.key(written.ident.span())],
            None => {
                let word = written.attrs.key.name().unwrap_or(written.ident);
                self.ctxt.error(word, "a key of several columns names those it points at: `references(a, b)`");
                return None;
            }
        };
        self.same_length(written, references.len(), foreign_key.len())?;
        let spans = written.own_key();
        let pairs = references.into_iter().zip(foreign_key).zip(spans).filter_map(|((key, index), written)| {
            let own = self.model.columns().nth(*index)?;
            Some(Pair { key, foreign_key: self.own_column(own, written.span()), from_key: false, missing: None })
        });
        Some(pairs.collect())
    }

    /// The pairs from this model's key to the foreign key on `holder`.
    fn has(&self, field: &Field<'_>, holder: &Holder, word: &str) -> Option<Vec<Pair>> {
        let attrs = &field.attrs.relation;
        let references = match attrs.references.get() {
            Some(references) => {
                let found: Vec<usize> =
                    references.iter().filter_map(|name| position(self.ctxt, self.model, name)).collect();
                if found.len() != references.len() {
                    return None;
                }
                found
            }
            None => self.primary_key.to_vec(),
        };
        let foreign_key = match attrs.key.get() {
            Some(key) => key.clone(),
            None if references.len() == 1 => {
                vec![ident_at(&format!("{}_id", snake(self.model.ident)), field.ident.span())]
            }
            // No key at all is an error of its own.
            None if references.is_empty() => return None,
            None => {
                let message = format!("this model's key has several columns; name the foreign key's: `{word}(a, b)`");
                self.ctxt.error(field.ident, message);
                return None;
            }
        };
        self.same_length(Written::of(field), references.len(), foreign_key.len())?;
        let pairs = references.iter().zip(&foreign_key).filter_map(|(index, name)| {
            let own = self.model.columns().nth(*index)?;
            Some(Pair {
                key: joined(&self.own_column(own, name.span())),
                foreign_key: holder.constant(name),
                from_key: true,
                missing: (!attrs.key.is_set()).then(|| self.missing(field, holder, name, word)),
            })
        });
        Some(pairs.collect())
    }

    /// The pairs between the join model and the target: the join model points at the target of a many-to-many
    /// relation, and rows of any other target point at it.
    fn onward(&self, field: &Field<'_>, kind: RelationKind, target: &Type, between: &Holder) -> Option<Vec<Pair>> {
        let attrs = &field.attrs.relation;
        let many_to_many = kind == RelationKind::BelongsToMany;
        let through = attrs.through.get().and_then(|path| path.segments.last()).map(|last| &last.ident);
        if let (false, Some(word)) = (many_to_many, through)
            && last_word(target) == Some(word)
        {
            self.ctxt.error(word, "a relation leads through another model than its own");
            return None;
        }
        let pointed_at = if many_to_many { last_word(target) } else { through };
        let foreign_key = match (attrs.other_key.get(), pointed_at) {
            (Some(key), _) => key.clone(),
            (None, Some(word)) if many_to_many && (word == self.model.ident || word == "Self") => {
                let message =
                    format!("both keys would be `{}_id`; name the second: `other_key = ..`", snake(self.model.ident));
                self.ctxt.error(field.ident, message);
                return None;
            }
            (None, Some(word)) => vec![ident_at(&format!("{}_id", snake(word)), field.ident.span())],
            (None, None) => {
                self.ctxt.error(target, "expected the name of a model");
                return None;
            }
        };
        let target = Holder::of(target);
        let (model, holder) = if many_to_many { (&target, between) } else { (between, &target) };
        let references = match attrs.other_references.get() {
            Some(references) => references.iter().map(|key| model.column(key)).collect(),
            None if foreign_key.len() == 1 => vec![model.key(field.ident.span())],
            None => {
                let word = attrs.other_key.name().unwrap_or(field.ident);
                self.ctxt.error(word, "a key of several columns names those it points at: `other_references(a, b)`");
                return None;
            }
        };
        self.same_length(Written::of(field), references.len(), foreign_key.len())?;
        let pairs = references.into_iter().zip(&foreign_key).map(|(key, name)| Pair {
            key,
            foreign_key: holder.constant(name),
            from_key: !many_to_many,
            missing: (!attrs.other_key.is_set()).then(|| self.missing(field, holder, name, "other_key")),
        });
        Some(pairs.collect())
    }

    /// What to say when a model has no foreign key of the name that nobody gave.
    fn missing(&self, field: &Field<'_>, holder: &Holder, key: &Ident, word: &str) -> String {
        let (holder, relation) = (holder.ty.to_string().replace(' ', ""), constant(field.ident));
        format!(
            "`{holder}` has no column `{key}` (that is visible here), which rows of `{}::{relation}` would be found by. If \
             their foreign key has another name, give it: `#[orm({word} = ..)]`",
            self.model.ident
        )
    }

    /// The constant of one of this model's columns, at a span of the relation.
    fn own_column(&self, field: &Field<'_>, span: Span) -> (TokenStream, Ident) {
        Holder::own(self.params, span).constant(&ident_at(&field.ident.to_string(), span))
    }

    fn same_length(&self, written: Written<'_>, key: usize, foreign_key: usize) -> Option<()> {
        if key == foreign_key {
            return Some(());
        }
        let message = format!("the foreign key has {foreign_key} column(s), the key it points at {key}");
        self.ctxt.error(written.attrs.key.name().unwrap_or(written.ident), message);
        None
    }
}

/// A model that has columns of a relation: its type, also as the start of a path.
#[derive(Clone)]
struct Holder {
    ty: TokenStream,
    path: TokenStream,
}

impl Holder {
    fn of(ty: &Type) -> Self {
        match ty {
            Type::Path(path) if path.qself.is_none() => Self::of_path(&path.path),
            _ => Self { ty: quote!(#ty), path: quote!(<#ty>) },
        }
    }

    fn of_path(path: &Path) -> Self {
        let plain = path.segments.iter().all(|segment| segment.arguments.is_none());
        Self { ty: quote!(#path), path: if plain { quote!(#path) } else { quote!(<#path>) } }
    }

    /// The model that is derived.
    fn own(params: &Params, span: Span) -> Self {
        let this = params.this_at(span);
        Self { ty: this.clone(), path: this }
    }

    /// The constant of a field's column.
    fn column(&self, field: &Ident) -> TokenStream {
        joined(&self.constant(field))
    }

    fn constant(&self, field: &Ident) -> (TokenStream, Ident) {
        (self.path.clone(), constant(field))
    }

    /// The column of its primary key.
    fn key(&self, span: Span) -> TokenStream {
        let ty = &self.ty;
        let ty = sure(ty);
        quote_spanned!(span=> <#ty as __orm::SingleKey<_>>::COLUMN)
    }
}

fn joined((path, constant): &(TokenStream, Ident)) -> TokenStream {
    quote!(#path::#constant)
}

fn variant(action: Option<&Ident>) -> &'static str {
    match action.map(Ident::to_string).as_deref() {
        Some("cascade") => "Cascade",
        Some("set_null") => "SetNull",
        Some("restrict") => "Restrict",
        Some("set_default") => "SetDefault",
        _ => "NoAction",
    }
}
