//! The range around a value, and how sure it is.

use dripr_core::content::Confidence;

/// The part of the variance that the range leaves to [`REACH`]: ordinary chance, alike for all homes. What goes beyond
/// it tells homes that are hard to value from others.
const ORDINARY_VARIANCE: f64 = 0.005;
/// How many deviations the range reaches to either side. This, the part above and the power below were chosen on King
/// County sales before November 2014 so that four in five prices lie within, and measured on later ones.
const REACH: f64 = 1.95;
/// How much of the comparables' own disorder goes into the range, as a power.
const DISORDER_POWER: f64 = 0.9;

/// What the range and the confidence are made from.
pub(super) struct Evidence {
    /// The variance of the log price.
    pub(super) variance: f64,
    /// How far the comparables lie from what their neighbours say; 1 is as expected.
    pub(super) disorder: f64,
    /// Comparables that are near and alike.
    pub(super) close: usize,
    /// Whether the home's own place is known only to its ZIP code.
    pub(super) rough_place: bool,
}

/// The range as a part of the value and how sure it is: `value / reach` to `value * reach`.
pub(super) fn range(evidence: &Evidence) -> (f64, Confidence) {
    let disorder = evidence.disorder.clamp(0.6, 1.8).powf(DISORDER_POWER);
    let deviation = ((evidence.variance - ORDINARY_VARIANCE).max(0.0005).sqrt() * disorder).min(0.4);
    let reach = (REACH * deviation).exp();
    let confidence = if evidence.rough_place || evidence.close < 5 || deviation > 0.12 {
        Confidence::Low
    } else if evidence.close < 15 || deviation > 0.085 {
        Confidence::Medium
    } else {
        Confidence::High
    };
    (reach, confidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_or_disorderly_comparables_lower_confidence_and_widen_the_range() {
        let good = || Evidence { variance: 0.009, disorder: 1.0, close: 30, rough_place: false };
        let (narrow, high) = range(&good());
        assert_eq!(high, Confidence::High);
        let (wide, low) = range(&Evidence { variance: 0.03, ..good() });
        assert_eq!(low, Confidence::Low);
        assert!(wide > narrow);
        assert!(range(&Evidence { disorder: 1.7, ..good() }).0 > narrow);
        assert_eq!(range(&Evidence { close: 10, ..good() }).1, Confidence::Medium);
        assert_eq!(range(&Evidence { close: 2, ..good() }).1, Confidence::Low);
        assert_eq!(range(&Evidence { rough_place: true, ..good() }).1, Confidence::Low);
    }
}
