//! Resolves encrypted columns and their blind indexes, and reports attributes that they cannot have.

use super::{Column, Sealed, position};
use crate::ast::{Field, Model, last_word, one_argument};
use crate::attr::{DefaultAttr, RelationKind};
use crate::case::plain;
use crate::ctxt::Ctxt;
use crate::ir::relations::own_key;

/// Marks the columns.
pub(super) fn resolve<'a>(ctxt: &Ctxt, model: &'a Model<'a>, primary_key: &[usize], columns: &mut [Column<'a>]) {
    for (index, field) in model.columns().enumerate() {
        if let Some(attr) = field.attrs.encrypt.get() {
            check(ctxt, model, field, primary_key.contains(&index));
            // One error is enough.
            if !primary_key.contains(&index) {
                columns[index].sealed = Some(Sealed::Encrypted(attr));
            }
        }
    }
    for (index, field) in model.columns().enumerate() {
        let Some(name) = field.attrs.blind_index.get() else { continue };
        let Some(of) = position(ctxt, model, name) else { continue };
        let own = plain(field.ident);
        if field.type_word().is_some_and(|ty| ty != "BlindIndex") {
            ctxt.error(field.ty, format!("a blind index is no value that anybody reads: make `{own}` a `BlindIndex`"));
        }
        let Some(source) = model.columns().nth(of) else { continue };
        match source.attrs.encrypt.get() {
            None => {
                let message = format!(
                    "`{name}` is not encrypted, so rows are found by it without a blind index; or mark it `#[orm(encrypt)]`"
                );
                ctxt.error(name, message);
            }
            Some(attr) if attr.deterministic.is_set() => {
                let message = format!(
                    "`{name}` is `deterministic`, so rows are found by it without a blind index; keep one of the two"
                );
                ctxt.error(name, message);
            }
            Some(_) if columns[of].blind_index.is_some() => {
                ctxt.error(name, format!("`{name}` has a blind index already"));
            }
            Some(_) => {
                if source.nullable().is_some() != field.nullable().is_some() {
                    let (wanted, why) = match source.nullable() {
                        Some(_) => ("Option<BlindIndex>", "may be NULL"),
                        None => ("BlindIndex", "is never NULL"),
                    };
                    ctxt.error(field.ty, format!("`{name}` {why}, and so is its blind index: `{own}: {wanted}`"));
                }
                columns[of].blind_index = Some(index);
                columns[index].sealed = Some(Sealed::Index(of));
                (columns[index].hidden, columns[index].writable, columns[index].required) = (true, false, false);
                columns[index].audited = false;
            }
        }
    }
}

/// Refuses to encrypt a column whose plain value the database needs.
fn check(ctxt: &Ctxt, model: &Model<'_>, field: &Field<'_>, is_key: bool) {
    let attrs = &field.attrs;
    let deterministic = attrs.encrypt.get().is_some_and(|attr| attr.deterministic.is_set());
    let name = plain(field.ident);
    if is_key {
        let word = attrs.primary_key.name().unwrap_or(field.ident);
        ctxt.error(word, "a primary key is compared and pointed at, so it cannot be encrypted; encrypt another column");
    }
    let read = [
        attrs.auto_increment.name(),
        attrs.check.name(),
        attrs.type_name.name(),
        attrs.generated.name(),
        attrs.version.name(),
        attrs.created_at.name(),
        attrs.updated_at.name(),
        attrs.deleted_at.name(),
        attrs.counter.name(),
        attrs.mutability.name(),
        attrs.blind_index.name(),
        attrs.tenant.name(),
    ];
    for word in read.into_iter().flatten() {
        ctxt.error(
            word,
            format!("`{word}` is the database's to read, and `{name}` is encrypted; leave one of them out"),
        );
    }
    if let Some(DefaultAttr::Sql(sql)) = attrs.default.get() {
        ctxt.error(sql, "the database cannot encrypt what it makes: use `default` or `default_fn`");
    }
    for word in [attrs.unique.name(), attrs.index.name()].into_iter().flatten().filter(|_| !deterministic) {
        let message = format!(
            "`{name}` is encrypted each time to other bytes, so an index of it finds nothing: put `{word}` on a blind index, \
             `#[orm(blind_index({name}), {word})] {name}_index: BlindIndex`, or encrypt it `deterministic`"
        );
        ctxt.error(word, message);
    }
    let points = model.relations().find(|relation| {
        relation.kind == RelationKind::BelongsTo && own_key(relation.field).iter().any(|key| plain(key) == name)
    });
    if points.is_some() {
        ctxt.error(field.ident, "a foreign key is compared with the key it points at, so it cannot be encrypted");
    }
    let scalar = one_argument(field.ty, "Option").unwrap_or(field.ty);
    if one_argument(scalar, "Vec").is_some_and(|item| last_word(item).is_none_or(|item| item != "u8")) {
        ctxt.error(field.ty, "a list cannot be encrypted; keep it as a document: `Json<Vec<..>>`");
    }
}
