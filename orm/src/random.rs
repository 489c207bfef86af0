//! A little randomness for pauses and lifetimes, from the standard library's keyed hashing. Not for secrets.

use std::hash::{BuildHasher, RandomState};

use std::time::Duration;

/// The pause before a retry, counted from 1: a random time of at most `first`, doubled with each retry, up to `most`.
pub(crate) fn pause(first: Duration, most: Duration, retry: u32) -> Duration {
    let doubled =
        1_u32.checked_shl(retry.saturating_sub(1)).and_then(|factor| first.checked_mul(factor)).unwrap_or(most);
    doubled.min(most).mul_f64(fraction())
}

/// A number from 0 up to, but not including, 1.
pub(crate) fn fraction() -> f64 {
    // Every `RandomState` has other keys.
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    #[allow(clippy::cast_precision_loss)] // 53 bits fit.
    let numerator = bits as f64;
    numerator / (1_u64 << 53) as f64
}
