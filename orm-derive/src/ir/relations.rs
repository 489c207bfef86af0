//! Relations: which columns of which models meet. Columns of this model are looked up here; those of other models
//! become constants that the compiler looks up, at the span of what the user wrote.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Type;

use super::{Pair, Relation, ident_at, position};
use crate::ast::{self, Field, Model, last_word};
use crate::attr::RelationKind;
use crate::case::{constant, plain, snake};
use crate::ctxt::Ctxt;

/// The relations that could be resolved.
pub(super) fn resolve<'a>(ctxt: &Ctxt, model: &'a Model<'a>, primary_key: &[usize]) -> Vec<Relation<'a>> {
    let resolver = Resolver { ctxt, model, primary_key };
    model.relations().filter_map(|relation| resolver.relation(relation)).collect()
}

/// The fields of a belongs-to relation's key: given, or the relation's name with `_id`.
pub(super) fn own_key(field: &Field<'_>) -> Vec<Ident> {
    match field.attrs.relation.key.get() {
        Some(key) => key.clone(),
        None => vec![ident_at(&format!("{}_id", plain(field.ident)), field.ident.span())],
    }
}

struct Resolver<'r, 'a> {
    ctxt: &'r Ctxt,
    model: &'a Model<'a>,
    primary_key: &'r [usize],
}

impl<'a> Resolver<'_, 'a> {
    fn relation(&self, relation: ast::Relation<'a, 'a>) -> Option<Relation<'a>> {
        let ast::Relation { field, kind, target, between } = relation;
        let attrs = &field.attrs.relation;
        let given = attrs.through.get().map(ToTokens::to_token_stream);
        let mut foreign_key = Vec::new();
        let mut when_column = None;
        let mut through = None;
        let keys = match (kind, between.map(path_of).or(given)) {
            (RelationKind::BelongsTo, _) => {
                foreign_key = self.own_foreign_key(field)?;
                if let Some((name, _)) = attrs.when.get() {
                    when_column = Some(position(self.ctxt, self.model, name)?);
                }
                self.belongs_to(field, target, &foreign_key)?
            }
            (_, Some(between)) => {
                through = Some((between.clone(), self.onward(field, target, &between)?));
                self.has(field, between, "key")?
            }
            (RelationKind::BelongsToMany, None) => return None,
            (_, None) => self.has(field, path_of(target), "key")?,
        };
        let when = attrs.when.get().map(|(name, text)| {
            let holder = match (kind, &through) {
                (RelationKind::BelongsTo, _) => {
                    let model = ident_at(&self.model.ident.to_string(), name.span());
                    quote!(#model)
                }
                (_, Some((between, _))) => between.clone(),
                (_, None) => path_of(target),
            };
            (holder, constant(name), text.clone())
        });
        Some(Relation {
            ident: field.ident,
            vis: field.vis,
            constant: constant(field.ident),
            name: plain(field.ident),
            kind: if through.is_some() { RelationKind::BelongsToMany } else { kind },
            target,
            loads_between: between.is_some(),
            keys,
            through,
            when,
            when_column,
            scope: attrs.filter.get().map(ToTokens::to_token_stream),
            // A key that points at several models has no one table to be checked against.
            constraint: attrs.constraints.get().copied().unwrap_or(!attrs.when.is_set()),
            on_delete: variant(attrs.on_delete.get()),
            on_update: variant(attrs.on_update.get()),
            foreign_key,
            doc: field.doc.clone(),
        })
    }

    /// The positions of the foreign key on this model.
    fn own_foreign_key(&self, field: &Field<'_>) -> Option<Vec<usize>> {
        if field.attrs.relation.key.is_set() {
            let key = own_key(field);
            let found: Vec<usize> = key.iter().filter_map(|name| position(self.ctxt, self.model, name)).collect();
            return (found.len() == key.len()).then_some(found);
        }
        let name = format!("{}_id", plain(field.ident));
        let found = self.model.columns().position(|field| plain(field.ident) == name);
        if found.is_none() {
            let message = format!(
                "`{}` has no field `{name}` for the foreign key; add it, or name another: `belongs_to(key = ..)`",
                self.model.ident
            );
            self.ctxt.error(field.ident, message);
        }
        found.map(|index| vec![index])
    }

    fn belongs_to(&self, field: &Field<'_>, target: &Type, foreign_key: &[usize]) -> Option<Vec<Pair>> {
        let references = match field.attrs.relation.references.get() {
            Some(references) => references.clone(),
            None if foreign_key.len() == 1 => vec![ident_at("id", field.ident.span())],
            None => {
                let word = field.attrs.relation.key.name().unwrap_or(field.ident);
                self.ctxt.error(word, "a key of several columns names those it points at: `references(a, b)`");
                return None;
            }
        };
        self.same_length(field, references.len(), foreign_key.len())?;
        let spans = own_key(field);
        let pairs = references.iter().zip(foreign_key).zip(spans).filter_map(|((key, index), written)| {
            let own = self.model.columns().nth(*index)?;
            Some(Pair {
                key: (path_of(target), constant(key)),
                foreign_key: self.own_column(own, written.span()),
                from_key: false,
            })
        });
        Some(pairs.collect())
    }

    /// The pairs from this model's key to the foreign key on `holder`.
    fn has(&self, field: &Field<'_>, holder: TokenStream, word: &str) -> Option<Vec<Pair>> {
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
        self.same_length(field, references.len(), foreign_key.len())?;
        let pairs = references.iter().zip(&foreign_key).filter_map(|(index, name)| {
            let own = self.model.columns().nth(*index)?;
            Some(Pair {
                key: self.own_column(own, name.span()),
                foreign_key: (holder.clone(), constant(name)),
                from_key: true,
            })
        });
        Some(pairs.collect())
    }

    /// The pairs from the model in between to the target.
    fn onward(&self, field: &Field<'_>, target: &Type, between: &TokenStream) -> Option<Vec<Pair>> {
        let attrs = &field.attrs.relation;
        let foreign_key = match (attrs.other_key.get(), last_word(target)) {
            (Some(key), _) => key.clone(),
            (None, Some(word)) if word == self.model.ident || word == "Self" => {
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
        let references = match attrs.other_references.get() {
            Some(references) => references.clone(),
            None if foreign_key.len() == 1 => vec![ident_at("id", field.ident.span())],
            None => {
                let word = attrs.other_key.name().unwrap_or(field.ident);
                self.ctxt.error(word, "a key of several columns names those it points at: `other_references(a, b)`");
                return None;
            }
        };
        self.same_length(field, references.len(), foreign_key.len())?;
        let pairs = references.iter().zip(&foreign_key).map(|(key, name)| Pair {
            key: (path_of(target), constant(key)),
            foreign_key: (between.clone(), constant(name)),
            from_key: false,
        });
        Some(pairs.collect())
    }

    /// The constant of one of this model's columns, at a span of the relation.
    fn own_column(&self, field: &Field<'_>, span: Span) -> (TokenStream, Ident) {
        let model = ident_at(&self.model.ident.to_string(), span);
        (quote!(#model), ident_at(&constant(field.ident).to_string(), span))
    }

    fn same_length(&self, field: &Field<'_>, key: usize, foreign_key: usize) -> Option<()> {
        if key == foreign_key {
            return Some(());
        }
        let message = format!("the foreign key has {foreign_key} column(s), the key it points at {key}");
        self.ctxt.error(field.attrs.relation.key.name().unwrap_or(field.ident), message);
        None
    }
}

/// The type as the start of a path.
fn path_of(ty: &Type) -> TokenStream {
    match ty {
        Type::Path(path) if path.qself.is_none() => quote!(#ty),
        _ => quote!(<#ty>),
    }
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
