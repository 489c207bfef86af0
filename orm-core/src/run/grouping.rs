//! Which related rows belong to which parents: by the values of their keys, in memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use super::include::{Owners, Parents, RowSet};
use super::key::push_form;
use crate::model::{KeyPair, RelationDef};
use crate::value::Value;

/// The keys of parents: each once, and which parent has which.
pub(super) struct Keys {
    pub(super) distinct: Arc<[Vec<Value>]>,
    parents: Vec<u32>,
    pub(super) groups: Groups,
}

/// The key by which a row is related.
pub(super) fn child_key(relation: &RelationDef, children: &dyn RowSet, row: usize) -> Vec<Value> {
    match relation.hops {
        [_, _, ..] => children.extra(row).to_vec(),
        _ => relation.keys().iter().map(|pair| children.value(row, pair.to.index)).collect(),
    }
}

/// Groups by key. Integers, by far the most common keys, need no allocation; others one for each distinct key, however many
/// columns it has.
pub(super) enum Groups {
    Integers(HashMap<i64, u32, BuildKeyHasher>),
    Others(HashMap<Box<[u8]>, u32, BuildKeyHasher>),
}

impl Groups {
    pub(super) fn get(&self, pairs: &[KeyPair], key: &[Value]) -> Option<u32> {
        match self {
            Self::Integers(map) => integer(key).and_then(|key| map.get(&key).copied()),
            Self::Others(map) => map.get(&form(pairs, key)[..]).copied(),
        }
    }
}

/// Makes hashers for keys: two multiplications for each eight bytes. Keys may come from users, so every map has a secret of its
/// own.
#[derive(Clone)]
pub(super) struct BuildKeyHasher(u64);

impl BuildKeyHasher {
    fn new() -> Self {
        Self(RandomState::new().hash_one(0) | 1)
    }
}

impl BuildHasher for BuildKeyHasher {
    type Hasher = KeyHasher;
    fn build_hasher(&self) -> KeyHasher {
        KeyHasher(self.0)
    }
}

pub(super) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    fn write_u64(&mut self, word: u64) {
        let product = u128::from(word ^ self.0.rotate_left(32)) * u128::from(self.0);
        #[allow(clippy::cast_possible_truncation)] // Both halves are used.
        let folded = (product >> 64) as u64 ^ product as u64;
        self.0 = folded.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    fn write_i64(&mut self, word: i64) {
        self.write_u64(word.cast_unsigned());
    }
}

fn integer(key: &[Value]) -> Option<i64> {
    match key {
        [Value::I64(v)] => Some(*v),
        [Value::I32(v)] => Some((*v).into()),
        [Value::I16(v)] => Some((*v).into()),
        // The key and what points at it have one type, so that each bit pattern is one number.
        [Value::U64(v)] => Some(v.cast_signed()),
        _ => None,
    }
}

/// A key as bytes that are equal where the keys are.
pub(super) fn form(pairs: &[KeyPair], key: &[Value]) -> Vec<u8> {
    let mut form = Vec::with_capacity(key.len() * 24);
    pairs.iter().zip(key).for_each(|(pair, value)| push_form(pair.from.ty, value, &mut form));
    form
}

impl Keys {
    pub(super) fn of(parents: &dyn Parents, relation: &RelationDef) -> Self {
        let columns: Vec<usize> = relation.keys().iter().map(|pair| pair.from.index).collect();
        let integers = matches!(relation.keys(), [pair] if pair.from.ty.is_integer());
        let mut groups = if integers {
            Groups::Integers(HashMap::with_capacity_and_hasher(parents.len(), BuildKeyHasher::new()))
        } else {
            Groups::Others(HashMap::with_capacity_and_hasher(parents.len(), BuildKeyHasher::new()))
        };
        let (mut distinct, mut of_parents) = (Vec::<Vec<Value>>::new(), Vec::with_capacity(parents.len()));
        let mut form = Vec::new();
        for row in 0..parents.len() {
            let key: Vec<Value> = columns.iter().map(|column| parents.value(row, *column)).collect();
            let about = relation.first().when.is_none_or(
                |(column, text)| matches!(parents.value(row, column.index), Value::Text(found) if found == text),
            );
            if !about || key.iter().any(Value::is_null) {
                of_parents.push(Owners::NONE);
                continue;
            }
            let next = u32::try_from(distinct.len()).unwrap_or(Owners::NONE);
            let group = match (&mut groups, integer(&key)) {
                (Groups::Integers(map), Some(number)) => *map.entry(number).or_insert(next),
                (Groups::Integers(_), None) => Owners::NONE,
                (Groups::Others(map), _) => {
                    form.clear();
                    relation
                        .keys()
                        .iter()
                        .zip(&key)
                        .for_each(|(pair, value)| push_form(pair.from.ty, value, &mut form));
                    match map.get(&form[..]) {
                        Some(group) => *group,
                        None => *map.entry(form.as_slice().into()).or_insert(next),
                    }
                }
            };
            if group == next {
                distinct.push(key);
            }
            of_parents.push(group);
        }
        Self { distinct: distinct.into(), parents: of_parents, groups }
    }

    pub(super) fn owners(&mut self, relation: &RelationDef, children: &dyn RowSet) -> Owners {
        let between = relation.hops.len() > 1;
        let pairs = relation.keys();
        let value = |row: usize, pair: &KeyPair| children.value(row, pair.to.index);
        let mut form = Vec::new();
        let mut of_children = Vec::with_capacity(children.len());
        for row in 0..children.len() {
            let group = match (&self.groups, pairs) {
                (groups, _) if between => groups.get(pairs, children.extra(row)),
                (Groups::Integers(map), [pair]) => integer(&[value(row, pair)]).and_then(|key| map.get(&key).copied()),
                (Groups::Integers(_), _) => None,
                (Groups::Others(map), _) => {
                    form.clear();
                    pairs.iter().for_each(|pair| push_form(pair.from.ty, &value(row, pair), &mut form));
                    map.get(&form[..]).copied()
                }
            };
            of_children.push(group.unwrap_or(Owners::NONE));
        }
        Owners { groups: self.distinct.len(), children: of_children, parents: std::mem::take(&mut self.parents) }
    }
}
