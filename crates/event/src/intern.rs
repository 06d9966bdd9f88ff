//! Giving each distinct value one dense number.

use rustc_hash::{FxBuildHasher, FxHashMap};
use std::borrow::Borrow;
use std::hash::Hash;

/// Gives each distinct value one number, counted from 0, in order of first appearance.
#[derive(Clone, Debug)]
pub struct Interner<T> {
    values: Vec<T>,
    numbers: FxHashMap<T, u32>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Interner { values: Vec::new(), numbers: FxHashMap::with_hasher(FxBuildHasher) }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    /// The number of `value`, which is added where it is new. `None` when 2^32 - 1 values are taken.
    pub fn intern(&mut self, value: T) -> Option<u32> {
        if let Some(&number) = self.numbers.get(&value) {
            return Some(number);
        }
        let number = u32::try_from(self.values.len()).ok().filter(|&n| n < u32::MAX)?;
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        Some(number)
    }

    /// The number of `value`, where it has one.
    pub fn find<Q>(&self, value: &Q) -> Option<u32>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.numbers.get(value).copied()
    }

    /// The value with this number.
    pub fn get(&self, number: u32) -> Option<&T> {
        self.values.get(number as usize)
    }

    /// All values, in the order of their numbers.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
