//! Structs for what requests say of a row: which columns they have, and which they cannot have.

use super::columns::Marks;
use super::{Column, Input, position};
use crate::ast::Model;
use crate::case::plain;
use crate::ctxt::Ctxt;

/// Resolves the inputs and patches; reports fields that are none, or that no request sets.
pub(super) fn resolve<'a>(ctxt: &Ctxt, model: &'a Model<'a>, columns: &[Column<'_>], marks: &Marks) -> Vec<Input<'a>> {
    let mut inputs: Vec<Input<'a>> = Vec::new();
    for attr in &model.attrs.inputs {
        if let Some(first) = inputs.iter().find(|input| input.attr.ident == attr.ident) {
            ctxt.error(&attr.ident, format!("`{}` is there already; give this one another name", first.attr.ident));
            continue;
        }
        if !model.generics.params.is_empty() {
            ctxt.error(&attr.ident, "a model with parameters has no inputs: write the struct and call the setters");
            continue;
        }
        let mut of = Vec::new();
        for name in &attr.fields {
            let Some(index) = position(ctxt, model, name) else { continue };
            let Some(column) = columns.get(index) else { continue };
            let field = plain(name);
            if of.contains(&index) {
                ctxt.error(name, format!("`{field}` is in `{}` already", attr.ident));
            } else if marks.primary_key.contains(&index) {
                let why =
                    "it says which row is meant, and no request should: take it from the URL, or set it in the handler";
                ctxt.error(name, format!("`{field}` is the primary key; {why}"));
            } else if marks.tenant == Some(index) {
                let how = "it is that of the handle, `db.for_tenant(id)`, and no request's to say";
                ctxt.error(name, format!("`{field}` is the tenant; {how}"));
            } else if marks.version == Some(index) {
                let how = "check it with `.expect_version(version)` on the update";
                ctxt.error(name, format!("`{field}` is the version, which the library increments; {how}"));
            } else if !column.writable {
                ctxt.error(name, format!("`{field}` is computed by the database and cannot be written"));
            } else {
                of.push(index);
            }
        }
        let shows = attr.derives.iter().find(|path| path.segments.last().is_some_and(|last| last.ident == "Serialize"));
        if let (Some(shows), Some(hidden)) = (shows, of.iter().find(|index| columns[**index].hidden)) {
            let field = &columns[*hidden].field;
            let message = format!(
                "`{}` has the hidden column `{field}`, which `Serialize` would show; leave one of them out",
                attr.ident
            );
            ctxt.error(shows, message);
        }
        inputs.push(Input { attr, columns: of });
    }
    inputs
}
