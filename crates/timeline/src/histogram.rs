//! Durations counted in buckets of bounded relative width.

/// Buckets per power of two.
const STEPS: u64 = 128;
/// Values below this have a bucket of their own.
const EXACT: u64 = 2 * STEPS;

/// Counts values in log-linear buckets: exact below 256, then 128 buckets for each power of two.
///
/// A percentile is the middle of the bucket that holds the nearest rank, clamped to the extremes, so it is within
/// 1/256 (0.4 %) of that value. Memory grows with the spread of the values only: 4 bytes for each bucket between
/// the smallest and the largest, at most 29 kB.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    counts: Vec<u32>,
    first: usize,
    total: u64,
    min: u64,
    max: u64,
}

impl Histogram {
    /// Counts one value.
    #[inline]
    pub fn record(&mut self, value: u64) {
        let bucket = bucket_of(value);
        let slot = bucket.checked_sub(self.first).and_then(|at| self.counts.get_mut(at));
        match slot {
            Some(count) => *count = count.saturating_add(1),
            None => self.grow(bucket),
        }
        self.min = if self.total == 0 { value } else { self.min.min(value) };
        self.max = self.max.max(value);
        self.total += 1;
    }

    #[cold]
    fn grow(&mut self, bucket: usize) {
        if self.counts.is_empty() {
            self.first = bucket;
        } else if bucket < self.first {
            let missing = self.first - bucket;
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.first = bucket;
        }
        let at = bucket - self.first;
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(at) {
            *count = count.saturating_add(1);
        }
    }

    /// How many values were counted.
    pub fn len(&self) -> u64 {
        self.total
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The largest value, 0 where there is none.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The value of nearest rank: the smallest one that `per_mille` / 1000 of the values do not exceed, within
    /// 0.4 %. `None` where nothing was counted.
    pub fn percentile(&self, per_mille: u32) -> Option<u64> {
        if self.total == 0 {
            return None;
        }
        let rank = (u128::from(self.total) * u128::from(per_mille)).div_ceil(1000).max(1);
        let mut seen = 0u128;
        for (at, &count) in self.counts.iter().enumerate() {
            seen += u128::from(count);
            if seen >= rank {
                return Some(middle_of(self.first + at).clamp(self.min, self.max));
            }
        }
        Some(self.max)
    }
}

fn bucket_of(value: u64) -> usize {
    if value < EXACT {
        return value as usize;
    }
    let octave = u64::from(value.ilog2()) - u64::from(STEPS.ilog2());
    (octave * STEPS + (value >> octave)) as usize
}

fn middle_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < EXACT {
        return bucket;
    }
    let octave = bucket / STEPS - 1;
    let low = (STEPS + bucket % STEPS) << octave;
    low + ((1u64 << octave) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn buckets_are_narrow_and_ordered(a in any::<u64>(), shift in 0u32..64, b in any::<u64>()) {
            let (a, b) = (a >> shift, b >> shift);
            let middle = middle_of(bucket_of(a));
            prop_assert!(u128::from(a.abs_diff(middle)) * 256 <= u128::from(a));
            prop_assert_eq!(bucket_of(a.min(b)).cmp(&bucket_of(a.max(b))).is_le(), true);
        }

        #[test]
        fn percentiles_are_those_of_the_sorted_values(
            mut values in prop::collection::vec(0u64..10_000_000_000, 1..300),
            per_mille in 0u32..=1000,
        ) {
            let mut histogram = Histogram::default();
            for &value in &values {
                histogram.record(value);
            }
            values.sort_unstable();
            let rank = (values.len() * per_mille as usize).div_ceil(1000).max(1);
            let exact = values[rank - 1];
            let found = histogram.percentile(per_mille).unwrap();
            prop_assert!(found.abs_diff(exact) * 256 <= exact, "{found} for {exact}");
            prop_assert_eq!(histogram.max(), *values.last().unwrap());
        }
    }
}
