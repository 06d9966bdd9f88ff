//! The tape that all choices are drawn from.

/// Choices, from a seed or from bytes. Bytes that are used up give zeros, which are always the plainest choice.
#[derive(Clone, Debug)]
pub struct Choices<'a> {
    source: Source<'a>,
    /// How many were made.
    made: usize,
}

#[derive(Clone, Debug)]
enum Source<'a> {
    Seed(u64),
    Bytes(&'a [u8]),
}

impl<'a> Choices<'a> {
    /// As many choices as are asked for, drawn from a seed.
    pub fn seeded(seed: u64) -> Self {
        Self { source: Source::Seed(seed), made: 0 }
    }

    /// The choices that these bytes stand for, two bytes each.
    pub fn from_bytes(bytes: &'a [u8]) -> Self {
        Self { source: Source::Bytes(bytes), made: 0 }
    }

    /// So many choices of a seed as the bytes that stand for them.
    pub fn tape(seed: u64, choices: usize) -> Vec<u8> {
        let mut seed = seed;
        (0..choices).flat_map(|_| ((split_mix(&mut seed) >> 48) as u16).to_le_bytes()).collect()
    }

    /// How many choices were made so far.
    pub fn made(&self) -> usize {
        self.made
    }

    /// A number below `bound`, which is at least 1 and at most 65,536.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.made += 1;
        let drawn = match &mut self.source {
            Source::Seed(state) => (split_mix(state) >> 48) as u32,
            Source::Bytes(bytes) => match *bytes {
                [low, high, rest @ ..] => {
                    let drawn = u32::from(u16::from_le_bytes([*low, *high]));
                    *bytes = rest;
                    drawn
                }
                _ => 0,
            },
        };
        drawn % bound.max(1)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + i64::from(self.below((high - low + 1) as u32))
    }

    /// Whether something happens that happens once in `times`.
    pub fn once_in(&mut self, times: u32) -> bool {
        self.below(times) == times - 1
    }

    /// One of some things; there must be at least one.
    pub fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len() as u32) as usize]
    }
}

/// SplitMix64, from Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
