//! How the value of a column may change once its row is there.

use crate::value::Value;

/// How the value of a column may change once its row is there. Every UPDATE has it as a condition, so it holds under races, too.
#[derive(Debug, Clone, Copy)]
pub enum Mutability {
    /// In any way.
    Free,
    /// Not at all.
    Immutable,
    /// From NULL to a value, once.
    WriteOnce,
    /// From one value to another as these say; NULL may become any value.
    Transitions(&'static [Transition]),
}

impl Mutability {
    /// Whether there is nothing to check.
    pub const fn is_free(&self) -> bool {
        matches!(self, Self::Free)
    }
}

/// A change of a value that is allowed.
#[derive(Debug, Clone, Copy)]
pub struct Transition {
    /// What the column has.
    pub from: fn() -> Value,
    /// What it may become.
    pub to: fn() -> Value,
}

/// Whether an enum has this label; the derive asks it while it is compiled.
#[doc(hidden)]
pub const fn has_label(labels: &[&str], label: &str) -> bool {
    let mut at = 0;
    while at < labels.len() {
        if equal(labels[at].as_bytes(), label.as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
