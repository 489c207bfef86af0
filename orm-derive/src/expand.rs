//! Writes a resolved model down as code: statics, constants, calls into the library. No decision is made here that `ir`
//! could have made, and none at run time that the library could make.
//!
//! The two builders stand beside the struct so that they can be named and documented. All else is inside one `const _`
//! block, where `__orm` is the library's hidden path and user names cannot be shadowed: whatever is declared
//! there begins with two underscores.

mod columns;
mod create;
mod decode;
mod described;
mod inputs;
mod key_number;
mod life;
mod relations;
mod statements;
mod statics;
mod update;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::ir::ModelIr;

/// The code of a model.
pub(crate) fn expand(model: &ModelIr<'_>) -> TokenStream {
    let private = &model.private;
    let create = create::builder(model);
    let update = update::builder(model);
    let inputs = inputs::structs(model);
    let shown = inputs::debug_of_model(model);
    let (this, params, bounds) = (model.params.this(), model.params.plain(&[]), model.params.all_bounds(&[]));
    let items = [columns::constants(model), relations::constants(model), statements::statements(model)];
    let families = [
        statics::statics(model),
        relations::create_under(model),
        decode::decode(model),
        create::setters(model),
        update::setters(model),
        inputs::methods(model),
        shown,
    ];
    let audited = life::audited(model);
    quote! {
        #create
        #update
        #inputs
        // The bounds of the create builder are named after columns; documentation is the fields' own; a handle names the join
        // model, which may be private.
        #[allow(dead_code, missing_docs, non_camel_case_types, private_interfaces)]
        // Paths that stand at the fields' types are the user's to this lint.
        #[allow(unused_qualifications)]
        const _: () = {
            use #private as __orm;
            impl #params #this #bounds {
                #(#items)*
            }
            #(#families)*
            #audited
        };
    }
}

/// The name of the create builder.
fn create_name(model: &ModelIr<'_>) -> Ident {
    format_ident!("{}Create", model.ident)
}

/// The name of the update builder.
fn update_name(model: &ModelIr<'_>) -> Ident {
    format_ident!("{}Update", model.ident)
}
