//! Order statistics of a few measurements, and the bound of a mean.

/// Measurements of one quantity, one per round or chunk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// Adds a measurement.
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
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
    fn pairs_are_of_the_same_round() {
        let (a, b): (Samples, Samples) = ([2.0, 9.0].into_iter().collect(), [1.0, 3.0].into_iter().collect());
        assert_eq!(a.per(&b).iter().collect::<Vec<_>>(), [2.0, 3.0]);
        assert_eq!(a.less(&b).iter().collect::<Vec<_>>(), [1.0, 6.0]);
    }
}
