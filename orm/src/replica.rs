//! [`Replica`]: the address and weight of a replica; [`Health`]: whether it can be used at the moment.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A replica to read from, for [`DatabaseOptions::replicas`](crate::DatabaseOptions::replicas). A string is converted into a replica
/// of weight 1.
///
/// ```
/// use orm::{DatabaseOptions, Replica};
///
/// let options = DatabaseOptions::new().replicas([Replica::new("db-2.example:5432").weight(3), Replica::new("db-3.example")]);
/// # let _ = options;
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Replica {
    pub(crate) place: String,
    pub(crate) weight: u32,
}

impl Replica {
    /// The maximum number of replicas of a database.
    pub(crate) const MOST: usize = 64;

    /// A replica at a URL, or at a host with an optional port, which replaces the host of the database's URL.
    pub fn new(place: impl Into<String>) -> Self {
        Self { place: place.into(), weight: 1 }
    }

    /// Its share of the queries, relative to replicas of weight 1; with 0 it is not used.
    #[must_use]
    pub fn weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }
}

impl<T: Into<String>> From<T> for Replica {
    fn from(place: T) -> Self {
        Self::new(place)
    }
}

/// Leaves out the address, since a URL may contain a password.
impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replica").field("weight", &self.weight).finish_non_exhaustive()
    }
}

/// Whether a replica can be used, and the maximum age of its data.
#[derive(Debug, Default)]
pub(crate) struct Health {
    usable: AtomicBool,
    /// It has all writes before this time.
    fresh: Mutex<Option<Instant>>,
}

impl Health {
    pub(crate) fn is_usable(&self) -> bool {
        self.usable.load(Relaxed)
    }

    /// Sets whether it can be used; returns whether that changed.
    pub(crate) fn set_usable(&self, usable: bool) -> bool {
        self.usable.swap(usable, Relaxed) != usable
    }

    /// Records that it has all writes before this time.
    pub(crate) fn has_until(&self, time: Instant) {
        *self.fresh.lock().unwrap_or_else(PoisonError::into_inner) = Some(time);
    }

    /// The maximum age of its data.
    pub(crate) fn staleness(&self) -> Option<Duration> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner).map(|time| time.elapsed())
    }
}

/// Chooses one of several by weight, with a random number from 0 up to 1.
pub(crate) fn choose(weights: impl Iterator<Item = (usize, u32)> + Clone, random: f64) -> Option<usize> {
    let sum: f64 = weights.clone().map(|(_, weight)| f64::from(weight)).sum();
    let mut place = random * sum;
    let mut chosen = None;
    for (index, weight) in weights.filter(|(_, weight)| *weight > 0) {
        chosen = Some(index);
        place -= f64::from(weight);
        if place < 0.0 {
            break;
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_are_chosen_by_their_weights() {
        let weights = [(0, 1), (1, 0), (2, 3)];
        let at = |random| choose(weights.into_iter(), random);
        assert_eq!([at(0.0), at(0.24), at(0.25), at(0.99), at(1.0)], [Some(0), Some(0), Some(2), Some(2), Some(2)]);
        assert_eq!(choose([(0, 0)].into_iter(), 0.5), None);
        assert_eq!(choose(std::iter::empty(), 0.5), None);
    }

    #[test]
    fn places_are_not_shown() {
        assert!(!format!("{:?}", Replica::new("postgres://u:secret@h/db")).contains("secret"));
    }
}
