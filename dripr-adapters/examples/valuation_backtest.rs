//! Measures the valuation on every King County sale from 2014-11-02 on, whole and with facts taken away.
//!
//! ```text
//! cargo run --release -p dripr-adapters --example valuation_backtest
//! ```
//!
//! The figures in `docs/valuation.md` are from here. An argument `whole` measures the first line alone.

#[path = "../tests/backtest/mod.rs"]
mod backtest;

use backtest::{accuracy, king_county, run};
use dripr_adapters::local_data::{sales_file::SaleRecord, valuation::Target, zip_centres};
use dripr_core::content::{Confidence, HomeFacts};

fn main() {
    let (whole, without) = run(king_county(), |_, _| true, |target| target);
    println!("every fact known               {}  no value {without}", accuracy(&whole));
    for confidence in [Confidence::High, Confidence::Medium, Confidence::Low] {
        let of = whole.iter().filter(|home| home.confidence == Some(confidence));
        println!("  {:28} {}", format!("{confidence:?} confidence"), accuracy(of));
    }
    println!("  {:28} {}", "never sold before", accuracy(whole.iter().filter(|home| !home.sold_before)));
    println!("  {:28} {}", "sold before", accuracy(whole.iter().filter(|home| home.sold_before)));
    if std::env::args().nth(1).as_deref() == Some("whole") {
        return;
    }

    let (few, without) =
        run(king_county().into_iter().map(with_listing_facts).collect(), |_, _| true, |target| target);
    println!("file of listing facts          {}  no value {without}", accuracy(&few));
    let (no_points, without) = run(
        king_county().into_iter().filter_map(without_point).map(with_listing_facts).collect(),
        |_, _| true,
        |target| target,
    );
    println!("the same, ZIP code and no point {}  no value {without}", accuracy(&no_points));
    let (plain, without) =
        run(king_county(), |_, _| true, |target| Target { facts: listing_facts(target.facts), ..target });
    println!("home of listing facts          {}  no value {without}", accuracy(&plain));
    let (size_only, without) = run(
        king_county(),
        |_, _| true,
        |target| Target {
            facts: HomeFacts { living_area_sqft: target.facts.living_area_sqft, ..HomeFacts::default() },
            ..target
        },
    );
    println!("home of which only size known  {}  no value {without}", accuracy(&size_only));
    let (at_centre, without) = run(
        king_county(),
        |_, _| true,
        |target| match target.zip.and_then(zip_centres::centre) {
            Some(centre) => Target { location: centre, location_is_zip_centre: true, ..target },
            None => target,
        },
    );
    println!("home placed by its ZIP code    {}  no value {without}", accuracy(&at_centre));
}

/// What any listing tells: no assessor's marks, no view, no neighbours.
fn listing_facts(facts: HomeFacts) -> HomeFacts {
    HomeFacts {
        bedrooms: facts.bedrooms,
        bathrooms: facts.bathrooms,
        living_area_sqft: facts.living_area_sqft,
        lot_sqft: facts.lot_sqft,
        year_built: facts.year_built,
        ..HomeFacts::default()
    }
}

fn with_listing_facts(sale: SaleRecord) -> SaleRecord {
    SaleRecord { facts: listing_facts(sale.facts), ..sale }
}

fn without_point(sale: SaleRecord) -> Option<SaleRecord> {
    let location = zip_centres::centre(sale.zip?)?;
    Some(SaleRecord { location, location_is_zip_centre: true, ..sale })
}
