//! [`Replica`]: where a replica is and how much it is read from; [`Health`]: whether it can be read from at this moment.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A server that follows the database's, and is read from. For [`DatabaseOptions::replicas`](crate::DatabaseOptions::replicas);
/// text is one of weight 1.
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
    /// How many a database may have.
    pub(crate) const MOST: usize = 64;

    /// A replica at a place: a URL of its own, or a host, with a port where that is another one, in the URL of the database.
    pub fn new(place: impl Into<String>) -> Self {
        Self { place: place.into(), weight: 1 }
    }

    /// How often it is read from, beside replicas of weight 1; 0 for never.
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

/// Without the place, whose URL may have a password in it.
impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replica").field("weight", &self.weight).finish_non_exhaustive()
    }
}

/// Whether a replica can be read from, and how old it is at most.
#[derive(Debug, Default)]
pub(crate) struct Health {
    usable: AtomicBool,
    /// The time whose writes it has.
    fresh: Mutex<Option<Instant>>,
}

impl Health {
    pub(crate) fn is_usable(&self) -> bool {
        self.usable.load(Relaxed)
    }

    /// Says whether it can be used; gives whether that is new.
    pub(crate) fn set_usable(&self, usable: bool) -> bool {
        self.usable.swap(usable, Relaxed) != usable
    }

    /// It has what was written before this time.
    pub(crate) fn has_until(&self, time: Instant) {
        *self.fresh.lock().unwrap_or_else(PoisonError::into_inner) = Some(time);
    }

    /// How old it is at most.
    pub(crate) fn staleness(&self) -> Option<Duration> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner).map(|time| time.elapsed())
    }
}

/// Chooses one of several by their weights, with a number from 0 up to 1.
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
