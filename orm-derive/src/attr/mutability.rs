//! How the value of a column may change: `immutable`, `write_once`, `transitions(draft => paid)`.

use super::item::{Body, Named};
use super::transition::State;
use crate::ctxt::Ctxt;

/// What a column says of its changes.
#[derive(Debug)]
pub(crate) enum MutabilityAttr {
    Immutable,
    WriteOnce,
    Transitions(Vec<(State, State)>),
}

/// Reads one of the three words.
pub(super) fn mutability(ctxt: &Ctxt, item: Named) -> Option<MutabilityAttr> {
    if item.name == "transitions" {
        return match item.body {
            Body::Steps(steps) if !steps.is_empty() => Some(MutabilityAttr::Transitions(steps)),
            _ => {
                ctxt.error(
                    &item.name,
                    "`transitions` lists what may become what: `transitions(draft => paid, paid => [refunded, void])`",
                );
                None
            }
        };
    }
    let kind = if item.name == "immutable" { MutabilityAttr::Immutable } else { MutabilityAttr::WriteOnce };
    item.flag(ctxt).map(|()| kind)
}
