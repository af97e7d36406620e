//! Sales in memory, found by day, by ZIP code and by nearness.
//!
//! The book is sorted by day, so "everything before a day" is a prefix of it and no later sale can slip in: every
//! look-up takes the as-of day and stops before it.

use std::collections::HashMap;

use chrono::NaiveDate;
use dripr_core::content::{GeoPoint, ZipCode};

use super::sales_file::SaleRecord;

/// The edge of a grid cell in degrees, about two miles north to south.
const CELL: f64 = 0.03;
/// How many rings of cells a search goes out, about 30 miles north to south.
const RINGS: i32 = 15;

/// All sales of a file.
#[derive(Debug, Default)]
pub struct SalesBook {
    sales: Vec<SaleRecord>,
    by_zip: HashMap<ZipCode, Vec<u32>>,
    by_cell: HashMap<(i32, i32), Vec<u32>>,
}

impl SalesBook {
    /// Sorts and indexes sales. Those of one day keep their order.
    #[must_use]
    pub fn new(mut sales: Vec<SaleRecord>) -> Self {
        sales.sort_by_key(|sale| sale.sold_on);
        let mut by_zip: HashMap<ZipCode, Vec<u32>> = HashMap::new();
        let mut by_cell: HashMap<(i32, i32), Vec<u32>> = HashMap::new();
        for (sale, index) in sales.iter().zip(0_u32..) {
            if let Some(zip) = sale.zip {
                by_zip.entry(zip).or_default().push(index);
            }
            by_cell.entry(cell(sale.location)).or_default().push(index);
        }
        Self { sales, by_zip, by_cell }
    }

    /// The sales before a day, oldest first.
    #[must_use]
    pub fn before(&self, as_of: NaiveDate) -> &[SaleRecord] {
        let end = self.sales.partition_point(|sale| sale.sold_on < as_of);
        self.sales.get(..end).unwrap_or_default()
    }

    /// The sales from one day up to, and not including, another, oldest first. This looks at what an as-of day must
    /// not see: it serves the demonstration's stand-in for listings and nothing else.
    #[must_use]
    pub fn between(&self, from: NaiveDate, until: NaiveDate) -> &[SaleRecord] {
        self.before(until).get(self.before(from).len()..).unwrap_or_default()
    }

    /// The sales of a ZIP code before a day, latest first.
    pub fn in_zip(&self, zip: ZipCode, as_of: NaiveDate) -> impl Iterator<Item = &SaleRecord> {
        let known = self.before(as_of);
        let of_zip = self.by_zip.get(&zip).map(Vec::as_slice).unwrap_or_default();
        of_zip.iter().rev().filter_map(|index| known.get(*index as usize))
    }

    /// Whether any sale of the ZIP code is known, of whatever day.
    #[must_use]
    pub fn knows_zip(&self, zip: ZipCode) -> bool {
        self.by_zip.contains_key(&zip)
    }

    /// The positions in [`before`](Self::before) of the `count` sales nearest to a point, nearest first, ties by
    /// day; fewer where fewer lie within about 30 miles. `wanted` sieves them.
    pub(super) fn nearest(
        &self,
        point: GeoPoint,
        as_of: NaiveDate,
        count: usize,
        wanted: impl Fn(usize) -> bool,
    ) -> Vec<usize> {
        let known = self.before(as_of).len();
        let (row, column) = cell(point);
        let mut found: Vec<(f64, usize)> = Vec::new();
        let narrow = point.latitude().to_radians().cos().max(0.2);
        for ring in 0..=RINGS {
            for (cell_row, cell_column) in ring_of(row, column, ring) {
                let Some(sales) = self.by_cell.get(&(cell_row, cell_column)) else { continue };
                // Positions rise with the day, so the known ones stand first.
                let upto = sales.partition_point(|index| (*index as usize) < known);
                for index in sales.iter().take(upto).map(|index| *index as usize) {
                    if let Some(sale) = self.sales.get(index).filter(|_| wanted(index)) {
                        found.push((plane_distance(point, sale.location, narrow), index));
                    }
                }
            }
            // Whatever lies in a farther ring is at least this far away.
            let sure = f64::from(ring) * CELL * narrow;
            if found.iter().filter(|(distance, _)| *distance <= sure).count() >= count {
                break;
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        found.truncate(count);
        found.into_iter().map(|(_, index)| index).collect()
    }
}

/// Degrees of latitude between two points, near enough for ranking.
fn plane_distance(a: GeoPoint, b: GeoPoint, narrow: f64) -> f64 {
    (a.latitude() - b.latitude()).hypot((a.longitude() - b.longitude()) * narrow)
}

fn cell(point: GeoPoint) -> (i32, i32) {
    ((point.latitude() / CELL).floor() as i32, (point.longitude() / CELL).floor() as i32)
}

/// The cells whose greater distance in rows or columns is `ring`.
fn ring_of(row: i32, column: i32, ring: i32) -> impl Iterator<Item = (i32, i32)> {
    (-ring..=ring).flat_map(move |down| {
        let step = if down.abs() == ring { 1 } else { (2 * ring).max(1) };
        (-ring..=ring).step_by(step as usize).map(move |across| (row + down, column + across))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use dripr_core::content::HomeFacts;

    pub(crate) fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    pub(crate) fn sale(price: u64, sold_on: &str, latitude: f64, longitude: f64) -> SaleRecord {
        SaleRecord {
            address: None,
            price,
            sold_on: day(sold_on),
            zip: Some("98103".parse().unwrap()),
            location: GeoPoint::new(latitude, longitude).unwrap(),
            location_is_zip_centre: false,
            days_on_market: None,
            facts: HomeFacts { living_area_sqft: Some(1500), ..HomeFacts::default() },
        }
    }

    #[test]
    fn a_sale_on_the_day_itself_is_not_before_it() {
        let book = SalesBook::new(vec![
            sale(3, "2015-03-03", 47.0, -122.0),
            sale(1, "2015-03-01", 47.0, -122.0),
            sale(2, "2015-03-02", 47.0, -122.0),
        ]);
        let prices = |sales: &[SaleRecord]| sales.iter().map(|sale| sale.price).collect::<Vec<_>>();
        assert_eq!(prices(book.before(day("2015-03-02"))), [1]);
        assert_eq!(prices(book.between(day("2015-03-02"), day("2015-03-03"))), [2]);
        assert!(prices(book.between(day("2015-03-03"), day("2015-03-01"))).is_empty());
        let zip = "98103".parse().unwrap();
        assert_eq!(book.in_zip(zip, day("2015-03-03")).map(|sale| sale.price).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(book.nearest(GeoPoint::new(47.0, -122.0).unwrap(), day("2015-03-02"), 9, |_| true), [0]);
    }

    #[test]
    fn the_nearest_are_those_a_full_search_finds() {
        // A spread without chance: multiples of irrational steps.
        let sales: Vec<SaleRecord> = (0..2000)
            .map(|i| {
                let i = f64::from(i);
                sale(
                    1,
                    "2015-01-01",
                    47.0 + (i * 0.618_034).fract() * 0.6,
                    -122.5 + (i * 0.754_878).fract() * 0.9,
                )
            })
            .collect();
        let book = SalesBook::new(sales);
        for (latitude, longitude) in [(47.3, -122.0), (47.0, -122.5), (46.95, -121.5), (47.61, -122.3)] {
            let point = GeoPoint::new(latitude, longitude).unwrap();
            let narrow = point.latitude().to_radians().cos();
            let mut all: Vec<(f64, usize)> = book
                .before(day("2016-01-01"))
                .iter()
                .enumerate()
                .map(|(i, sale)| (plane_distance(point, sale.location, narrow), i))
                .collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0));
            let want: Vec<usize> = all.iter().take(40).map(|(_, i)| *i).collect();
            assert_eq!(book.nearest(point, day("2016-01-01"), 40, |_| true), want, "{latitude} {longitude}");
        }
        assert!(
            book.nearest(GeoPoint::new(20.0, -156.0).unwrap(), day("2016-01-01"), 5, |_| true).is_empty()
        );
    }
}
