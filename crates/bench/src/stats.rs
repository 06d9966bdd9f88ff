//! Order statistics of a few measurements, and the bound of a mean.

/// The 95th percentile of Student's t with 1, 2, … degrees of freedom. That of more is less, so the last one is a bound
/// for them.
const T_95: [f64; 30] = [
    6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753,
    1.746, 1.740, 1.734, 1.729, 1.725, 1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703, 1.701, 1.699, 1.697,
];

/// Measurements of one quantity, one per round or chunk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// Adds a measurement.
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Adds all of another's.
    pub(crate) fn extend(&mut self, others: &Samples) {
        self.0.extend_from_slice(&others.0);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// In the order in which they were taken.
    pub(crate) fn iter(&self) -> impl Iterator<Item = f64> {
        self.0.iter().copied()
    }

    /// The smallest; NaN where there are none.
    pub(crate) fn minimum(&self) -> f64 {
        self.iter().fold(f64::NAN, f64::min)
    }

    /// The largest; NaN where there are none.
    pub(crate) fn maximum(&self) -> f64 {
        self.iter().fold(f64::NAN, f64::max)
    }

    /// The quantile `q` from 0 to 1, linear between neighbours (type 7 of Hyndman and Fan); NaN where there are none.
    pub(crate) fn quantile(&self, q: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
        let position = q.clamp(0.0, 1.0) * last as f64;
        let (low, part) = (position.floor(), position.fract());
        let at = |index: f64| sorted.get(index as usize).copied().unwrap_or(f64::NAN);
        if part == 0.0 { at(low) } else { at(low) * (1.0 - part) + at(low + 1.0) * part }
    }

    /// The middle one; NaN where there are none.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The average; NaN where there are none.
    pub(crate) fn mean(&self) -> f64 {
        self.iter().sum::<f64>() / self.len() as f64
    }

    /// The bound that the true mean is below with 95 % confidence, by Student's t (one-sided); NaN where there are fewer
    /// than two.
    pub(crate) fn upper_95(&self) -> f64 {
        let Some(&t) = self.len().checked_sub(2).and_then(|index| T_95.get(index.min(T_95.len() - 1))) else {
            return f64::NAN;
        };
        let (count, mean) = (self.len() as f64, self.mean());
        let squares: f64 = self.iter().map(|value| (value - mean).powi(2)).sum();
        mean + t * (squares / (count - 1.0)).sqrt() / count.sqrt()
    }

    /// These divided by those of the same round.
    pub(crate) fn per(&self, other: &Samples) -> Samples {
        self.iter().zip(other.iter()).map(|(a, b)| a / b).collect()
    }

    /// These less those of the same round.
    pub(crate) fn less(&self, other: &Samples) -> Samples {
        self.iter().zip(other.iter()).map(|(a, b)| a - b).collect()
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Samples {
        Samples(values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_statistics() {
        let samples: Samples = [4.0, 1.0, 3.0, 2.0].into_iter().collect();
        assert_eq!(
            (samples.minimum(), samples.quantile(0.25), samples.median(), samples.maximum()),
            (1.0, 1.75, 2.5, 4.0)
        );
        assert!(Samples::default().median().is_nan() && Samples::default().minimum().is_nan());
    }

    #[test]
    fn the_bound_of_a_mean() {
        let samples: Samples = [1.0, 2.0, 3.0, 4.0, 5.0].into_iter().collect();
        // Mean 3, standard error 0.7071, and t = 2.132 with four degrees of freedom.
        assert_eq!(format!("{:.4} {:.4}", samples.mean(), samples.upper_95()), "3.0000 4.5076");
        assert!(Samples::from_iter([1.0]).upper_95().is_nan() && Samples::default().mean().is_nan());
        let many = Samples::from_iter(std::iter::repeat_n(2.0, 100));
        assert_eq!(many.upper_95(), 2.0);
    }

    #[test]
    fn pairs_are_of_the_same_round() {
        let (a, b): (Samples, Samples) = ([2.0, 9.0].into_iter().collect(), [1.0, 3.0].into_iter().collect());
        assert_eq!(a.per(&b).iter().collect::<Vec<_>>(), [2.0, 3.0]);
        assert_eq!(a.less(&b).iter().collect::<Vec<_>>(), [1.0, 6.0]);
    }
}
