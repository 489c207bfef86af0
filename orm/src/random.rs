//! A little randomness for pauses and lifetimes, from the standard library's keyed hashing. Not for secrets.

use std::hash::{BuildHasher, RandomState};

/// A number from 0 up to, but not including, 1.
pub(crate) fn fraction() -> f64 {
    // Every `RandomState` has other keys.
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    #[allow(clippy::cast_precision_loss)] // 53 bits fit.
    let numerator = bits as f64;
    numerator / (1_u64 << 53) as f64
}
