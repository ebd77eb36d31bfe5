//! Medians, spreads and ratios.

/// One contender's figures of a kind, one for each round in which it was timed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series(Vec<Option<f64>>);

impl Series {
    /// Adds a round's figure; `None` for a round in which it was left out.
    pub fn push(&mut self, figure: Option<f64>) {
        self.0.push(figure);
    }

    /// The figures there are, in order of size.
    fn sorted(&self) -> Vec<f64> {
        let mut figures: Vec<f64> = self.0.iter().flatten().copied().collect();
        figures.sort_by(f64::total_cmp);
        figures
    }

    /// The middle one, or the mean of the two in the middle; not a number where there is none.
    pub fn median(&self) -> f64 {
        let figures = self.sorted();
        let at = |index: usize| figures.get(index).copied().unwrap_or(f64::NAN);
        let middle = figures.len() / 2;
        if figures.len().is_multiple_of(2) {
            (at(middle.wrapping_sub(1)) + at(middle)) / 2.0
        } else {
            at(middle)
        }
    }

    /// The least and the greatest.
    pub fn spread(&self) -> (f64, f64) {
        let figures = self.sorted();
        let end = |figure: Option<&f64>| figure.copied().unwrap_or(f64::NAN);
        (end(figures.first()), end(figures.last()))
    }

    /// This to that, within each round that has both. What slows a round down slows both, so this tells more than the
    /// ratio of the medians.
    pub fn ratio_to(&self, that: &Self) -> Self {
        let ratio = |(one, other): (&Option<f64>, &Option<f64>)| Some((*one)? / (*other)?);
        Self(self.0.iter().zip(&that.0).map(ratio).collect())
    }
}

impl FromIterator<f64> for Series {
    fn from_iter<I: IntoIterator<Item = f64>>(figures: I) -> Self {
        Self(figures.into_iter().map(Some).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(figures: &[f64]) -> Series {
        figures.iter().copied().collect()
    }

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        for (figures, wanted) in [
            ([3.0].as_slice(), 3.0),
            (&[5.0, 1.0], 3.0),
            (&[9.0, 1.0, 2.0], 2.0),
            (&[4.0, 100.0, 1.0, 2.0], 3.0),
        ] {
            assert!(
                (series(figures).median() - wanted).abs() < 1e-9,
                "{figures:?}"
            );
        }
        assert!(Series::default().median().is_nan());
    }

    #[test]
    fn the_spread_is_from_the_least_to_the_greatest() {
        assert_eq!(series(&[2.0, 9.0, 1.0]).spread(), (1.0, 9.0));
    }

    #[test]
    fn a_ratio_is_taken_within_its_round() {
        // The second round was twice as fast for both.
        let (one, other) = (series(&[50.0, 100.0]), series(&[100.0, 200.0]));
        assert_eq!(one.ratio_to(&other), series(&[0.5, 0.5]));
    }

    #[test]
    fn a_round_in_which_one_was_left_out_has_no_ratio() {
        let mut slow = Series::default();
        for figure in [Some(1.0), None, Some(3.0)] {
            slow.push(figure);
        }
        let hello = series(&[10.0, 10.0, 10.0]);
        let ratio = slow.ratio_to(&hello);
        assert_eq!(ratio.spread(), (0.1, 0.3));
        assert!((ratio.median() - 0.2).abs() < 1e-9);
    }
}
