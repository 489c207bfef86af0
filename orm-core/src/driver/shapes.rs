//! Texts of statements whose shape is fixed by the model (by key, by the set of columns written), made once per
//! database and kept.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError, RwLock};

use crate::error::Result;
use crate::model::ModelDef;

/// What a text is for, within one model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shape {
    /// All columns of the row with this key.
    FindByKey,
    /// All columns of the row with this key, marked as deleted or not.
    ReadBack,
    /// One inserted row with these columns.
    Insert(u128),
    /// One inserted row with these columns, all columns of which come back.
    InsertReturning(u128),
    /// The row with this key, and version, gets new values.
    UpdateByKey {
        /// The columns that get them, by their positions.
        columns: u128,
        /// Whether the row may be soft-deleted.
        all: bool,
        /// Whether all columns of the row come back.
        returning: bool,
    },
    /// The row with this key, and version, is deleted.
    DeleteByKey {
        /// Whether the row may be soft-deleted.
        all: bool,
    },
    /// All columns of all rows.
    All,
    /// No text: the database was asked whether it numbers the rows by the key, and it does.
    Numbered,
}

/// Texts by the model's address and the shape.
type Texts = HashMap<(usize, Shape), Arc<str>, BuildHasherDefault<Mix>>;

/// SQL text by the shape of a tree.
type Trees = HashMap<Box<[u64]>, Arc<str>, BuildHasherDefault<Mix>>;

/// SQL text by model and shape.
#[derive(Debug, Default)]
pub struct ShapeCache {
    texts: RwLock<Texts>,
    trees: RwLock<Trees>,
}

impl ShapeCache {
    /// The text of a shape, if it was made before.
    pub fn find(&self, model: &'static ModelDef, shape: Shape) -> Option<Arc<str>> {
        let key = (std::ptr::from_ref(model) as usize, shape);
        self.texts.read().unwrap_or_else(PoisonError::into_inner).get(&key).map(Arc::clone)
    }

    /// The text of a shape, made by `make` the first time.
    ///
    /// # Errors
    /// What `make` gives; nothing is kept then.
    pub fn get(
        &self,
        model: &'static ModelDef,
        shape: Shape,
        make: impl FnOnce() -> Result<String>,
    ) -> Result<Arc<str>> {
        let key = (std::ptr::from_ref(model) as usize, shape);
        if let Some(text) = self.texts.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(text));
        }
        let text: Arc<str> = make()?.into();
        self.texts.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&text));
        Ok(text)
    }

    /// The most trees whose text is kept. Programs have few; one that composes conditions without end renders the rest.
    const MOST_TREES: usize = 4096;

    /// The text of a tree of this shape, if one was kept.
    pub(crate) fn tree(&self, shape: &[u64]) -> Option<Arc<str>> {
        self.trees.read().unwrap_or_else(PoisonError::into_inner).get(shape).map(Arc::clone)
    }

    /// Keeps the text of trees of this shape.
    pub(crate) fn keep_tree(&self, shape: &[u64], sql: &str) {
        let mut trees = self.trees.write().unwrap_or_else(PoisonError::into_inner);
        if trees.len() < Self::MOST_TREES {
            trees.insert(shape.into(), sql.into());
        }
    }
}

/// Mixes the few words of a key; keys come from the program, not from users, so no keyed hash is needed.
#[derive(Debug, Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
    fn write_isize(&mut self, word: isize) {
        self.write_u64(word.cast_unsigned() as u64);
    }
}
