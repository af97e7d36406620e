//! What the facts of a home are worth on the whole: a ridge regression of log price.
//!
//! Size, age, marks and some of their products, a level for each ZIP code that is drawn towards the general level
//! when few homes sold there, and a price level over time with more freedom towards the as-of day. Sales far from the
//! rest (gifts, ruins) count less. The ZIP levels are eliminated from the equations exactly, so their number does not
//! matter.

use std::collections::HashMap;

use dripr_core::content::ZipCode;

use super::{
    cholesky::Cholesky,
    features::{
        CONDITION, COUNT, GRADE, LIVING_AREA, LOT, NEIGHBOURS_LIVING_AREA, VIEW, WATERFRONT, YEAR_BUILT,
    },
};

/// Products of two numbers that price homes beyond the numbers themselves.
const PRODUCTS: [(usize, usize); 12] = [
    (LIVING_AREA, LIVING_AREA),
    (GRADE, GRADE),
    (LOT, LOT),
    (LIVING_AREA, GRADE),
    (YEAR_BUILT, YEAR_BUILT),
    (LIVING_AREA, YEAR_BUILT),
    (GRADE, YEAR_BUILT),
    (VIEW, LIVING_AREA),
    (WATERFRONT, LIVING_AREA),
    (NEIGHBOURS_LIVING_AREA, LIVING_AREA),
    (CONDITION, YEAR_BUILT),
    (NEIGHBOURS_LIVING_AREA, NEIGHBOURS_LIVING_AREA),
];
/// Where the effect of the year built may bend, in steps from the ordinary.
const BENDS: [f64; 4] = [-2.0, -1.0, 0.0, 1.0];
/// How many days before the as-of day the price level may turn.
const TURNS: [f64; 4] = [365.0, 180.0, 90.0, 45.0];
const SIZE: usize = 1 + COUNT + PRODUCTS.len() + BENDS.len() + 1 + TURNS.len();

/// Ridge penalties, in sales' worth of evidence.
const PENALTY: f64 = 1.0;
const ZIP_PENALTY: f64 = 3.0;
const TREND_PENALTY: f64 = 0.1;
const TURN_PENALTY: f64 = 20.0;
/// How often the weights of far-off sales are found anew.
const ROUNDS: usize = 3;
/// Beyond this many robust standard deviations a sale counts less.
const FAR: f64 = 2.0;

/// A sale as the regression sees it.
pub(super) struct Observation {
    pub(super) numbers: [f64; COUNT],
    pub(super) zip: Option<ZipCode>,
    pub(super) days_before: f64,
    pub(super) log_price: f64,
}

/// The fitted regression.
#[derive(Debug)]
pub(super) struct Hedonic {
    coefficients: [f64; SIZE],
    zip_levels: HashMap<ZipCode, f64>,
}

impl Hedonic {
    /// Fits the sales of a window. Nothing if they do not determine a fit.
    pub(super) fn fit(sales: &[Observation]) -> Option<Self> {
        // ZIP codes in the order of their first sale: sums then run in the same order every time.
        let mut places: HashMap<ZipCode, usize> = HashMap::new();
        let zips: Vec<Option<usize>> = sales
            .iter()
            .map(|sale| {
                let next = places.len();
                sale.zip.map(|zip| *places.entry(zip).or_insert(next))
            })
            .collect();
        let rows: Vec<[f64; SIZE]> =
            sales.iter().map(|sale| basis(&sale.numbers, sale.days_before)).collect();
        let mut weights = vec![1.0; sales.len()];
        let mut fit = None;
        for _ in 0..ROUNDS {
            let (coefficients, levels) = solve(sales, &rows, &zips, places.len(), &weights)?;
            let residuals: Vec<f64> = (0..sales.len())
                .map(|i| {
                    sales[i].log_price - inner(&rows[i], &coefficients) - zips[i].map_or(0.0, |z| levels[z])
                })
                .collect();
            let far = FAR * robust_scale(&residuals).max(1e-6);
            for (weight, residual) in weights.iter_mut().zip(&residuals) {
                *weight = 1.0 / (residual.abs() / far).max(1.0);
            }
            fit = Some((coefficients, levels));
        }
        let (coefficients, levels) = fit?;
        let zip_levels = places.into_iter().map(|(zip, place)| (zip, levels[place])).collect();
        Some(Self { coefficients, zip_levels })
    }

    /// The log price of a home on a day.
    pub(super) fn log_price(&self, numbers: &[f64; COUNT], zip: Option<ZipCode>, days_before: f64) -> f64 {
        inner(&basis(numbers, days_before), &self.coefficients)
            + zip.and_then(|zip| self.zip_levels.get(&zip)).copied().unwrap_or(0.0)
    }

    /// How much the log price changes when one number changes by one step, at a home.
    pub(super) fn slope(&self, numbers: &[f64; COUNT], number: usize) -> f64 {
        let mut up = *numbers;
        up[number] += 0.5;
        let mut down = *numbers;
        down[number] -= 0.5;
        inner(&basis(&up, 0.0), &self.coefficients) - inner(&basis(&down, 0.0), &self.coefficients)
    }
}

fn basis(numbers: &[f64; COUNT], days_before: f64) -> [f64; SIZE] {
    let products = PRODUCTS.iter().map(|(a, b)| numbers[*a] * numbers[*b]);
    let bends = BENDS.iter().map(|bend| (numbers[YEAR_BUILT] - bend).max(0.0));
    let turns = TURNS.iter().map(|turn| (turn - days_before).max(0.0) / 100.0);
    let mut all = std::iter::once(1.0)
        .chain(numbers.iter().copied())
        .chain(products)
        .chain(bends)
        .chain(std::iter::once(-days_before / 100.0))
        .chain(turns);
    std::array::from_fn(|_| all.next().unwrap_or_default())
}

/// One weighted ridge solution: coefficients and ZIP levels.
fn solve(
    sales: &[Observation],
    rows: &[[f64; SIZE]],
    zips: &[Option<usize>],
    zip_count: usize,
    weights: &[f64],
) -> Option<([f64; SIZE], Vec<f64>)> {
    let mut matrix = vec![0.0; SIZE * SIZE];
    let mut right = [0.0; SIZE];
    // Of each ZIP code: weighted sum of the basis, of the log prices, and of the weights with the penalty.
    let mut sums = vec![([0.0; SIZE], 0.0, ZIP_PENALTY); zip_count];
    for (((sale, row), zip), weight) in sales.iter().zip(rows).zip(zips).zip(weights) {
        for (i, value) in row.iter().enumerate() {
            let weighted = weight * value;
            if weighted != 0.0 {
                for (cell, other) in matrix[i * SIZE..=i * SIZE + i].iter_mut().zip(row) {
                    *cell += weighted * other;
                }
                right[i] += weighted * sale.log_price;
            }
        }
        if let Some((basis, price, count)) = zip.and_then(|zip| sums.get_mut(zip)) {
            for (sum, value) in basis.iter_mut().zip(row) {
                *sum += weight * value;
            }
            *price += weight * sale.log_price;
            *count += weight;
        }
    }
    for (basis, price, count) in &sums {
        for i in 0..SIZE {
            let share = basis[i] / count;
            for (cell, other) in matrix[i * SIZE..=i * SIZE + i].iter_mut().zip(basis) {
                *cell -= share * other;
            }
            right[i] -= share * price;
        }
    }
    let first_of_time = SIZE - TURNS.len() - 1;
    for i in 0..SIZE {
        matrix[i * SIZE + i] += match i {
            0 => 1e-6,
            i if i < first_of_time => PENALTY,
            i if i == first_of_time => TREND_PENALTY,
            _ => TURN_PENALTY,
        };
    }
    let solution = Cholesky::new(matrix, SIZE)?.solve(&right);
    let coefficients: [f64; SIZE] = solution.try_into().ok()?;
    let levels =
        sums.iter().map(|(basis, price, count)| (price - inner(basis, &coefficients)) / count).collect();
    Some((coefficients, levels))
}

fn inner(a: &[f64; SIZE], b: &[f64; SIZE]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The standard deviation of the well-behaved part of a sample about zero.
pub(super) fn robust_scale(values: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
    let middle = sizes.len() / 2;
    if sizes.is_empty() {
        return 0.0;
    }
    let (_, median, _) = sizes.select_nth_unstable_by(middle, f64::total_cmp);
    *median * 1.4826
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Homes whose log price is a known sum of size, ZIP code and time.
    fn homes(gift: bool) -> Vec<Observation> {
        (0..600)
            .map(|i| {
                let step = |factor: f64| (f64::from(i) * factor).fract() - 0.5;
                let mut numbers = [0.0; COUNT];
                numbers[LIVING_AREA] = 2.0 * step(0.618_034);
                let zip: ZipCode = if i % 2 == 0 { "98103" } else { "98178" }.parse().unwrap();
                let days_before = f64::from(i % 300);
                let level = if i % 2 == 0 { 13.5 } else { 12.5 };
                let log_price = level + 0.3 * numbers[LIVING_AREA] - 0.0002 * days_before;
                let gifted = gift && i % 25 == 0;
                Observation {
                    numbers,
                    zip: Some(zip),
                    days_before,
                    log_price: if gifted { log_price - 3.0 } else { log_price },
                }
            })
            .collect()
    }

    #[test]
    fn size_place_and_time_are_found_again_gifts_or_not() {
        for gift in [false, true] {
            let fit = Hedonic::fit(&homes(gift)).unwrap();
            let mut large = [0.0; COUNT];
            large[LIVING_AREA] = 0.8;
            let at = |zip: &str, days| fit.log_price(&large, Some(zip.parse().unwrap()), days);
            assert!((at("98103", 0.0) - 13.74).abs() < 0.05, "{gift} {}", at("98103", 0.0));
            assert!((at("98178", 0.0) - 12.74).abs() < 0.05, "{gift}");
            assert!((at("98178", 0.0) - at("98178", 100.0) - 0.02).abs() < 0.01, "{gift}");
            assert!((fit.slope(&[0.0; COUNT], LIVING_AREA) - 0.3).abs() < 0.02, "{gift}");
        }
    }

    #[test]
    fn nothing_fits_nothing_and_one_sale_does_no_harm() {
        assert!(Hedonic::fit(&[]).is_none_or(|fit| fit.log_price(&[0.0; COUNT], None, 0.0).is_finite()));
        let one = homes(false).into_iter().take(1).collect::<Vec<_>>();
        let fit = Hedonic::fit(&one).unwrap();
        assert!(fit.log_price(&[0.0; COUNT], None, 0.0).is_finite());
    }
}
