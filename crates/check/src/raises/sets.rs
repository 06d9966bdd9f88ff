//! Sets of small numbers, each of them once.

use rustc_hash::FxHashMap;

/// A set of [`Sets`]: equal sets have one id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SetId(u32);

impl SetId {
    pub(super) const EMPTY: Self = Self(0);

    pub(super) const fn is_empty(self) -> bool {
        self.0 == Self::EMPTY.0
    }
}

/// Bits, without zeros at the end.
type Words = Box<[u64]>;

/// All sets that there are.
#[derive(Clone, Debug)]
pub(super) struct Sets {
    sets: Vec<Words>,
    ids: FxHashMap<Words, SetId>,
    results: FxHashMap<(Operation, SetId, SetId), SetId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Operation {
    Union,
    Intersection,
    Difference,
}

impl Default for Sets {
    fn default() -> Self {
        let ids = FxHashMap::from_iter([(Words::default(), SetId::EMPTY)]);
        Self { sets: vec![Words::default()], ids, results: FxHashMap::default() }
    }
}

impl Sets {
    /// The set of these numbers.
    pub(super) fn of(&mut self, numbers: impl IntoIterator<Item = u32>) -> SetId {
        let mut builder = Builder::default();
        for number in numbers {
            builder.insert(number);
        }
        self.build(builder)
    }

    /// The set that was built.
    pub(super) fn build(&mut self, builder: Builder) -> SetId {
        let mut words = builder.words;
        let len = words.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
        words.truncate(len);
        let words = words.into_boxed_slice();
        if let Some(id) = self.ids.get(&words) {
            return *id;
        }
        let id = SetId(self.sets.len() as u32);
        self.sets.push(words.clone());
        self.ids.insert(words, id);
        id
    }

    pub(super) fn union(&mut self, a: SetId, b: SetId) -> SetId {
        match (a, b) {
            (SetId::EMPTY, other) | (other, SetId::EMPTY) => other,
            _ if a == b => a,
            _ => self.result(Operation::Union, a.min(b), a.max(b)),
        }
    }

    pub(super) fn intersection(&mut self, a: SetId, b: SetId) -> SetId {
        match (a, b) {
            (SetId::EMPTY, _) | (_, SetId::EMPTY) => SetId::EMPTY,
            _ if a == b => a,
            _ => self.result(Operation::Intersection, a.min(b), a.max(b)),
        }
    }

    pub(super) fn difference(&mut self, a: SetId, b: SetId) -> SetId {
        match (a, b) {
            (SetId::EMPTY, _) | (_, SetId::EMPTY) => a,
            _ if a == b => SetId::EMPTY,
            _ => self.result(Operation::Difference, a, b),
        }
    }

    pub(super) fn contains(&self, set: SetId, number: u32) -> bool {
        let word = self.words(set).get(number as usize / 64).copied().unwrap_or_default();
        word & (1 << (number % 64)) != 0
    }

    /// The numbers of a set, ascending.
    pub(super) fn iter(&self, set: SetId) -> impl Iterator<Item = u32> {
        (0..).step_by(64).zip(self.words(set)).flat_map(|(first, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(first + bit)
            })
        })
    }

    fn words(&self, set: SetId) -> &[u64] {
        self.sets.get(set.0 as usize).map_or(&[], |words| words)
    }

    fn result(&mut self, operation: Operation, a: SetId, b: SetId) -> SetId {
        if let Some(result) = self.results.get(&(operation, a, b)) {
            return *result;
        }
        let mut builder = Builder { words: self.words(a).to_vec() };
        let other = self.words(b);
        match operation {
            Operation::Union => builder.add_words(other),
            Operation::Intersection => {
                builder.words.truncate(other.len());
                for (word, other) in builder.words.iter_mut().zip(other) {
                    *word &= other;
                }
            }
            Operation::Difference => {
                for (word, other) in builder.words.iter_mut().zip(other) {
                    *word &= !other;
                }
            }
        }
        let result = self.build(builder);
        self.results.insert((operation, a, b), result);
        result
    }
}

/// A set that is being made.
#[derive(Clone, Debug, Default)]
pub(super) struct Builder {
    words: Vec<u64>,
}

impl Builder {
    pub(super) fn insert(&mut self, number: u32) {
        let place = number as usize / 64;
        if self.words.len() <= place {
            self.words.resize(place + 1, 0);
        }
        if let Some(word) = self.words.get_mut(place) {
            *word |= 1 << (number % 64);
        }
    }

    pub(super) fn add(&mut self, sets: &Sets, set: SetId) {
        self.add_words(sets.words(set));
    }

    fn add_words(&mut self, other: &[u64]) {
        if self.words.len() < other.len() {
            self.words.resize(other.len(), 0);
        }
        for (word, other) in self.words.iter_mut().zip(other) {
            *word |= other;
        }
    }
}
