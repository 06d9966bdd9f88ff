//! Latencies, kept in full and summed up exactly.

use std::time::Duration;

/// A set of latencies.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latencies {
    values: Vec<Duration>,
}

impl Latencies {
    pub(crate) fn add(&mut self, value: Duration) {
        self.values.push(value);
    }

    /// Median, 99th percentile (nearest rank) and maximum; nothing where there are no values.
    pub(crate) fn summary(mut self) -> Vec<(&'static str, Duration)> {
        self.values.sort_unstable();
        let rank = |percent: usize| {
            let rank = (self.values.len() * percent).div_ceil(100);
            self.values.get(rank.max(1) - 1).copied()
        };
        [("p50", rank(50)), ("p99", rank(99)), ("max", rank(100))]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Latencies;

    #[test]
    fn nearest_ranks() {
        let mut latencies = Latencies::default();
        for micros in (1..=200).rev() {
            latencies.add(Duration::from_micros(micros));
        }
        let summary: Vec<_> =
            latencies.summary().into_iter().map(|(name, value)| (name, value.as_micros())).collect();
        assert_eq!(summary, [("p50", 100), ("p99", 198), ("max", 200)]);
        assert!(Latencies::default().summary().is_empty());
    }
}
