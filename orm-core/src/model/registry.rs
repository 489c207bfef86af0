//! The models that a program has, without a list of them: where the feature `registry` is on, each one that is derived is put into
//! a list that the linker makes. A model with type or const parameters is no one model, so its uses are named.

use super::ModelDef;

/// A model that is part of the program.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Registered {
    /// The metadata.
    pub def: &'static ModelDef,
    /// The path of the module in which the model is, such as `app::models`.
    pub module: &'static str,
    /// The name of the package in which it is; empty where cargo did not build it.
    pub package: &'static str,
}

impl Registered {
    #[doc(hidden)]
    pub const fn new(def: &'static ModelDef, module: &'static str, package: Option<&'static str>) -> Self {
        let package = match package {
            Some(package) => package,
            None => "",
        };
        Self { def, module, package }
    }
}

inventory::collect!(Registered);

/// Every model that is registered, once, ordered by module and name: the linker's order is none.
pub fn registered() -> Vec<Registered> {
    let mut all: Vec<Registered> = inventory::iter::<Registered>.into_iter().copied().collect();
    all.sort_by_key(|model| (model.module, model.def.name, model.def.table.name));
    all.dedup_by(|one, other| one.module == other.module && one.def.is(other.def));
    all
}
