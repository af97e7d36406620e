//! How much the comparables of a home differ from what their facts alone would make them worth, carried over to it.
//!
//! What the regression leaves unexplained (the street, the school, the taste of the place) is alike for homes that
//! are near and alike. A Gaussian process says how alike: [`likeness`] is the covariance of what is left over
//! of two homes. From it follow the best weights of the comparables, and how much remains uncertain. A comparable
//! that its own neighbours do not bear out (a gift, a ruin, a typing error) is trusted less, by the same measure.

use super::{cholesky::Cholesky, features::COUNT};

/// Numbers of a home as the process sees them.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    /// Kilometres east and north of the subject.
    pub(super) east: f64,
    pub(super) north: f64,
    /// Hundreds of days before the as-of day.
    pub(super) ago: f64,
    alike: [f64; COUNT],
    sloped: [f64; COUNT],
}

impl Spot {
    pub(super) fn new(numbers: &[f64; COUNT], east: f64, north: f64, ago: f64) -> Self {
        Self {
            east,
            north,
            ago,
            alike: std::array::from_fn(|i| numbers[i] * ALIKE[i]),
            sloped: std::array::from_fn(|i| numbers[i] * SLOPED[i]),
        }
    }
}

// The figures below were found by search on King County sales before November 2014, each predicted from earlier ones.
// They are variances of log price, distances in kilometres and times in hundreds of days.

/// How fast homes become unlike with each number, in the order of the features.
const ALIKE: [f64; COUNT] =
    [0.23, 0.36, 0.49, 0.20, 0.27, 0.27, 0.29, 0.21, 0.15, 0.0089, 0.093, 0.26, 0.57, 0.12, 0.17, 0.61];
/// How much the worth of each number differs from place to place, in the order of the features.
const SLOPED: [f64; COUNT] =
    [0.056, 0.0056, 0.14, 0.038, 1.5, 1.9, 0.26, 0.24, 0.24, 0.19, 0.27, 3.4, 0.34, 0.0042, 0.19, 0.24];
/// A level shared across the area: variance, reach.
const AREA: (f64, f64) = (0.0204, 148.0);
/// A level shared along the street: variance, reach.
const STREET: (f64, f64) = (0.003_07, 2.31);
/// Homes of a kind wherever they lie.
const KIND: f64 = 0.006_37;
/// Homes of a kind side by side: variance, kilometres that weigh as much as one step of unlikeness.
const TWIN: (f64, f64) = (0.003_24, 0.64);
/// The local worth of facts: variance, reach.
const SLOPE: (f64, f64) = (0.000_603, 20.5);
/// Passing moods of the market: variance, time, reach.
const TIME: (f64, f64, f64) = (0.001_03, 33.8, 3.91);
/// What no comparable can tell: haggling, haste, wallpaper.
const NOISE: f64 = 0.005_71;
/// How many ordinary sales a surprise is weighed against before a comparable loses trust.
const TAIL: f64 = 4.0;

/// The covariance of what is left over of the log prices of two homes.
pub(super) fn likeness(a: &Spot, b: &Spot) -> f64 {
    let mut apart = 0.0;
    let mut slopes = 0.0;
    for i in 0..COUNT {
        let step = a.alike[i] - b.alike[i];
        apart += step * step;
        slopes += a.sloped[i] * b.sloped[i];
    }
    let ground = (a.east - b.east).powi(2) + (a.north - b.north).powi(2);
    let km = ground.sqrt();
    let level = AREA.0 * (-km / AREA.1).exp() + STREET.0 * (-km / STREET.1).exp();
    let kind = KIND * (-apart.sqrt()).exp();
    let twin = TWIN.0 * (-(apart + ground / (TWIN.1 * TWIN.1)).sqrt()).exp();
    let slope = SLOPE.0 * slopes * (-km / SLOPE.1).exp();
    let time = TIME.0 * (-(a.ago - b.ago).abs() / TIME.1 - km / TIME.2).exp();
    level + kind + twin + slope + time
}

/// What the comparables say of the subject.
pub(super) struct Carried {
    /// What to add to the regression's log price.
    pub(super) residual: f64,
    /// The variance of the subject's log price about that.
    pub(super) variance: f64,
    /// The pull of each comparable, in their order.
    pub(super) pulls: Vec<f64>,
    /// How far the comparables lie from what their own neighbours say, in standard deviations; 1 is as expected.
    pub(super) disorder: f64,
}

/// Carries the comparables' residuals over to the subject. Nothing if their likenesses contradict each other.
pub(super) fn carry_over(subject: &Spot, comparables: &[(Spot, f64)]) -> Option<Carried> {
    let count = comparables.len();
    let residuals: Vec<f64> = comparables.iter().map(|(_, residual)| *residual).collect();
    let mut among = vec![0.0; count * count];
    for (i, (spot, _)) in comparables.iter().enumerate() {
        for (j, (other, _)) in comparables.iter().enumerate().take(i + 1) {
            among[i * count + j] = likeness(spot, other);
        }
    }
    let with_noise = |noise: &[f64]| {
        let mut matrix = among.clone();
        for (i, noise) in noise.iter().enumerate() {
            matrix[i * count + i] += noise;
        }
        Cholesky::new(matrix, count)
    };
    let mut noise = vec![NOISE; count];
    let first = with_noise(&noise)?;
    // The residual of each comparable from all the others, in standard deviations.
    let surprises: Vec<f64> = first
        .solve(&residuals)
        .iter()
        .zip(first.inverse_diagonal())
        .map(|(solved, inverse)| solved / inverse.sqrt())
        .collect();
    for (noise, surprise) in noise.iter_mut().zip(&surprises) {
        *noise *= ((TAIL + surprise * surprise) / (TAIL + 1.0)).max(1.0);
    }
    let factor = with_noise(&noise)?;
    let to_subject: Vec<f64> = comparables.iter().map(|(spot, _)| likeness(subject, spot)).collect();
    let pulls = factor.solve(&to_subject);
    let explained: f64 = pulls.iter().zip(&to_subject).map(|(pull, like)| pull * like).sum();
    Some(Carried {
        residual: pulls.iter().zip(&residuals).map(|(pull, residual)| pull * residual).sum(),
        variance: (likeness(subject, subject) - explained).max(0.0) + NOISE,
        disorder: super::hedonic::robust_scale(&surprises),
        pulls,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local_data::valuation::features::{GRADE, LIVING_AREA};

    fn spot(east: f64, size: f64) -> Spot {
        let mut numbers = [0.0; COUNT];
        numbers[LIVING_AREA] = size;
        numbers[GRADE] = size;
        Spot::new(&numbers, east, 0.0, 0.5)
    }

    #[test]
    fn nearer_and_more_alike_is_more_like() {
        let home = spot(0.0, 0.0);
        let order = [spot(0.0, 0.0), spot(0.5, 0.0), spot(0.5, 1.5), spot(5.0, 1.5), spot(20.0, 3.0)];
        let likenesses: Vec<f64> = order.iter().map(|other| likeness(&home, other)).collect();
        assert!(likenesses.windows(2).all(|pair| pair[0] > pair[1]), "{likenesses:?}");
    }

    #[test]
    fn the_neighbours_premium_is_carried_over_and_a_gift_among_them_hardly_counts() {
        let street = |gift: f64| {
            (0..30)
                .map(|i| {
                    let residual = if i == 3 { gift } else { 0.15 };
                    (spot(0.05 * f64::from(i), 0.02 * f64::from(i % 5)), residual)
                })
                .collect::<Vec<_>>()
        };
        let home = spot(0.1, 0.0);
        let plain = carry_over(&home, &street(0.15)).unwrap();
        assert!((plain.residual - 0.15).abs() < 0.01, "{}", plain.residual);
        let gifted = carry_over(&home, &street(-2.0)).unwrap();
        assert!((gifted.residual - 0.15).abs() < 0.02, "{}", gifted.residual);
        assert!(gifted.pulls[3] < 0.3 * plain.pulls[3]);
        let far = carry_over(&spot(15.0, 0.0), &street(0.15)).unwrap();
        assert!(far.variance > plain.variance);
    }
}
