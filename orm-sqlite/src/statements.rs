//! A bounded map from SQL text to what was prepared from it. The one unused longest makes room; an entry in use is
//! taken out and put back.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// Entries by SQL text.
#[derive(Debug)]
pub(crate) struct Cache<V> {
    index: HashMap<Arc<str>, usize, BuildHasherDefault<TextHasher>>,
    slots: Vec<Slot<V>>,
    clock: u64,
    capacity: usize,
}

#[derive(Debug)]
struct Slot<V> {
    text: Arc<str>,
    /// `None` while in use.
    value: Option<V>,
    used: u64,
}

impl<V> Cache<V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { index: HashMap::default(), slots: Vec::new(), clock: 0, capacity }
    }

    /// Takes an entry out; its place is kept for [`put_back`](Self::put_back).
    #[inline]
    pub(crate) fn take(&mut self, text: &str) -> Option<(usize, V)> {
        let at = *self.index.get(text)?;
        let slot = self.slots.get_mut(at)?;
        self.clock += 1;
        slot.used = self.clock;
        Some((at, slot.value.take()?))
    }

    /// Puts an entry back into its place.
    #[inline]
    pub(crate) fn put_back(&mut self, at: usize, value: V) {
        if let Some(slot) = self.slots.get_mut(at) {
            slot.value = Some(value);
        }
    }

    /// Makes a place for a text that has none yet, dropping the entry unused longest when all are taken. `None` when
    /// nothing may be kept.
    pub(crate) fn reserve(&mut self, text: &str) -> Option<usize> {
        if self.capacity == 0 {
            return None;
        }
        self.clock += 1;
        let text: Arc<str> = text.into();
        let slot = Slot { text: Arc::clone(&text), value: None, used: self.clock };
        let at = if self.slots.len() < self.capacity {
            self.slots.push(slot);
            self.slots.len() - 1
        } else {
            let (at, oldest) = self.slots.iter_mut().enumerate().min_by_key(|(_, slot)| slot.used)?;
            self.index.remove(&oldest.text);
            *oldest = slot;
            at
        };
        self.index.insert(text, at);
        Some(at)
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self) {
        self.index.clear();
        self.slots.clear();
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.slots.iter().filter(|slot| slot.value.is_some()).count()
    }
}

/// Mixes eight bytes at a time. SQL text comes from the program, not from its users, so no keyed hash is needed.
#[derive(Debug, Default)]
pub(crate) struct TextHasher(u64);

impl TextHasher {
    #[inline]
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for TextHasher {
    #[inline]
    fn finish(&self) -> u64 {
        // The table takes its bits from both ends.
        self.0 ^ (self.0 >> 32)
    }
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.mix(u64::from_le_bytes(word.try_into().unwrap_or_default()));
        }
        let rest = words.remainder();
        if !rest.is_empty() {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(rest) {
                *to = *from;
            }
            self.mix(u64::from_le_bytes(word));
        }
    }
    #[inline]
    fn write_u8(&mut self, byte: u8) {
        self.mix(byte.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(cache: &mut Cache<u32>, text: &str, value: u32) {
        let at = cache.reserve(text).unwrap();
        cache.put_back(at, value);
    }

    #[test]
    fn the_entry_unused_longest_goes() {
        let mut cache = Cache::new(2);
        add(&mut cache, "a", 1);
        add(&mut cache, "b", 2);
        let (at, value) = cache.take("a").unwrap();
        cache.put_back(at, value);
        add(&mut cache, "c", 3);
        assert!(cache.take("b").is_none());
        assert_eq!(cache.take("a").map(|(_, v)| v), Some(1));
        assert!(cache.take("a").is_none(), "in use");
        assert_eq!(cache.take("c").map(|(_, v)| v), Some(3));
    }

    #[test]
    fn nothing_is_kept_without_room() {
        assert!(Cache::<u32>::new(0).reserve("a").is_none());
    }
}
