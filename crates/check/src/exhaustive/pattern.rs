//! Patterns without types, in an arena.

/// A pattern of [`Patterns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatternId(u32);

impl PatternId {
    /// Takes everything.
    pub const ANY: Self = Self(0);

    /// A number for each pattern, from zero.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A pattern, whose parts are ranges of [`Patterns::parts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    Any,
    Variant(u32, Parts),
    Ints(i64, i64),
    Label(u64, Parts),
    Array {
        before: Parts,
        /// Where there is a rest, even if nothing is behind it.
        after: Option<Parts>,
    },
    /// One for each key, in the order of the keys.
    Keyed {
        keys: Parts,
        entries: Parts,
    },
    Or(Parts),
}

/// A range of [`Patterns::parts`] or [`Patterns::keys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    start: u32,
    len: u32,
}

impl Parts {
    pub(super) const fn len(self) -> usize {
        self.len as usize
    }
}

/// The patterns of one or many matches.
#[derive(Clone, Debug)]
pub struct Patterns {
    nodes: Vec<Pattern>,
    parts: Vec<PatternId>,
    keys: Vec<u64>,
}

impl Default for Patterns {
    fn default() -> Self {
        Self { nodes: vec![Pattern::Any], parts: Vec::new(), keys: Vec::new() }
    }
}

/// Variants of [`Shape::Closed`](super::Shape::Closed) by which an entry of a map is written.
pub(super) const ABSENT: u32 = 0;
pub(super) const PRESENT: u32 = 1;

impl Patterns {
    /// No patterns but [`PatternId::ANY`].
    pub fn new() -> Self {
        Self::default()
    }

    /// A variant with patterns for its parts. Parts that are left out at the end take everything.
    pub fn variant(&mut self, index: u32, parts: &[PatternId]) -> PatternId {
        let parts = self.add_parts(parts);
        self.add(Pattern::Variant(index, parts))
    }

    /// The integers from the first to the second, both of them included; nothing where they are the wrong way round.
    pub fn ints(&mut self, from: i64, to: i64) -> PatternId {
        self.add(Pattern::Ints(from, to))
    }

    /// A label with patterns for its parts. Parts that are left out at the end take everything.
    pub fn label(&mut self, label: u64, parts: &[PatternId]) -> PatternId {
        let parts = self.add_parts(parts);
        self.add(Pattern::Label(label, parts))
    }

    /// An array of as many elements as there are patterns, or with `after` of at least as many.
    pub fn array(&mut self, before: &[PatternId], after: Option<&[PatternId]>) -> PatternId {
        let before = self.add_parts(before);
        let after = after.map(|after| self.add_parts(after));
        self.add(Pattern::Array { before, after })
    }

    /// What has these keys, each with such a value, and possibly others. Of entries with one key the first counts.
    pub fn keyed(&mut self, entries: &[(u64, PatternId)]) -> PatternId {
        let mut sorted = entries.to_vec();
        sorted.sort_by_key(|(key, _)| *key);
        sorted.dedup_by_key(|(key, _)| *key);
        let present: Vec<_> = sorted.iter().map(|(_, pattern)| self.variant(PRESENT, &[*pattern])).collect();
        let entries = self.add_parts(&present);
        let keys = Parts { start: self.keys.len() as u32, len: sorted.len() as u32 };
        self.keys.extend(sorted.iter().map(|(key, _)| *key));
        self.add(Pattern::Keyed { keys, entries })
    }

    /// What one of these takes; nothing where there is none. Each alternative is to be a pattern of its own, because
    /// [`Report::unreachable_alternatives`](super::Report::unreachable_alternatives) names it.
    pub fn or(&mut self, alternatives: &[PatternId]) -> PatternId {
        let alternatives = self.add_parts(alternatives);
        self.add(Pattern::Or(alternatives))
    }

    /// What takes everything, and is a pattern of its own.
    pub fn any(&mut self) -> PatternId {
        self.add(Pattern::Any)
    }

    /// How many patterns there are.
    pub(super) const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// All patterns; the parts of each stand before it.
    pub(super) fn ids(&self) -> impl Iterator<Item = PatternId> + use<> {
        (0..self.nodes.len() as u32).map(PatternId)
    }

    /// A pattern; one of other patterns takes everything.
    pub(super) fn get(&self, id: PatternId) -> Pattern {
        self.nodes.get(id.index()).copied().unwrap_or(Pattern::Any)
    }

    pub(super) fn parts(&self, parts: Parts) -> &[PatternId] {
        let start = parts.start as usize;
        self.parts.get(start..start + parts.len()).unwrap_or_default()
    }

    pub(super) fn keys(&self, keys: Parts) -> &[u64] {
        let start = keys.start as usize;
        self.keys.get(start..start + keys.len()).unwrap_or_default()
    }

    fn add(&mut self, pattern: Pattern) -> PatternId {
        self.nodes.push(pattern);
        PatternId(self.nodes.len() as u32 - 1)
    }

    fn add_parts(&mut self, parts: &[PatternId]) -> Parts {
        let start = self.parts.len() as u32;
        self.parts.extend_from_slice(parts);
        Parts { start, len: parts.len() as u32 }
    }
}
