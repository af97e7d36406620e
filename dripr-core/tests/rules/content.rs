//! Places, and the kinds of shared content.

use dripr_core::content::{AreaContent, AreaKind, Author, GeoPoint, LocalMarket, Words, ZipCode};

fn zip(text: &str) -> Result<ZipCode, String> {
    text.parse().map_err(|error: dripr_core::content::InvalidPlace| error.to_string())
}

#[test]
fn a_zip_code_is_five_digits_with_four_more_at_most() {
    for good in ["98103", " 98103\n", "98103-4321"] {
        assert_eq!(zip(good).unwrap().as_str(), "98103", "{good:?}");
    }
    for bad in [
        "",
        "9810",
        "981034",
        "98103-",
        "98103-123",
        "98103-12345",
        "98103-123a",
        "98103+1234",
        "9810a",
        "9810a-1234",
    ] {
        assert!(zip(bad).is_err(), "{bad:?}");
    }
    let refused = zip("9810").unwrap_err();
    assert_eq!(refused, "zip_code \"9810\" is not a US ZIP code: five digits, or ZIP+4 such as 98103-1234");
}

#[test]
fn a_zip_code_is_shown_and_stored_as_its_digits() {
    let code: ZipCode = serde_json::from_str("\"00501-0001\"").unwrap();
    assert_eq!(serde_json::to_string(&code).unwrap(), "\"00501\"");
    assert_eq!(code.to_string(), "00501");
    assert_eq!(format!("{code:?}"), "ZipCode(00501)");
    assert!(serde_json::from_str::<ZipCode>("\"501\"").is_err());
}

#[test]
fn a_point_lies_on_earth() {
    for (latitude, longitude, good) in [
        (90.0, 180.0, true),
        (-90.0, -180.0, true),
        (90.1, 0.0, false),
        (-90.1, 0.0, false),
        (0.0, 180.1, false),
        (0.0, -180.1, false),
        (f64::NAN, 0.0, false),
        (0.0, f64::INFINITY, false),
    ] {
        assert_eq!(GeoPoint::new(latitude, longitude).is_ok(), good, "{latitude}, {longitude}");
    }
}

#[test]
fn a_point_is_read_through_the_same_check() {
    let point: GeoPoint = serde_json::from_str(r#"{"latitude": 47.5, "longitude": -122.25}"#).unwrap();
    assert!((point.latitude() - 47.5).abs() < 1e-12);
    assert!((point.longitude() + 122.25).abs() < 1e-12);
    assert!(serde_json::from_str::<GeoPoint>(r#"{"latitude": 97.5, "longitude": 0}"#).is_err());
}

#[test]
fn distances_are_those_of_a_globe_of_3958_8_miles() {
    let quarter = 3958.8 * std::f64::consts::FRAC_PI_2;
    let degree = quarter / 90.0;
    for (from, to, miles) in [
        ((0.0, 0.0), (0.0, 0.0), 0.0),
        ((0.0, 0.0), (90.0, 0.0), quarter),
        ((0.0, 0.0), (0.0, 90.0), quarter),
        ((10.0, 20.0), (11.0, 20.0), degree),
        ((0.0, 20.0), (0.0, 21.0), degree),
        ((0.0, 179.5), (0.0, -179.5), degree),
        ((0.0, 0.0), (0.0, 180.0), 2.0 * quarter),
        // Half way to the pole a degree of longitude is half as long, and a bit less as the crow flies.
        ((60.0, 0.0), (60.0, 1.0), 34.5467),
        ((60.0, 0.0), (30.0, 90.0), 4_445.59),
    ] {
        let point = |(latitude, longitude)| GeoPoint::new(latitude, longitude).unwrap();
        let found = point(from).miles_to(point(to));
        assert!((found - miles).abs() < 0.005, "{from:?} to {to:?}: {found}, not {miles}");
        let back = point(to).miles_to(point(from));
        assert!((found - back).abs() < 1e-9, "as far there as back");
    }
}

#[test]
fn shared_content_knows_its_kind_by_its_stored_name() {
    let words = Words::new("Hello".to_owned(), Author::Composed);
    for (content, kind, name) in [
        (AreaContent::ActiveListings(Vec::new()), AreaKind::ActiveListings, "active_listings"),
        (AreaContent::RecentSales(Vec::new()), AreaKind::RecentSales, "recent_sales"),
        (
            AreaContent::LocalMarketData(LocalMarket { statistics: None, mortgage_rate: None }),
            AreaKind::LocalMarketData,
            "local_market_data",
        ),
        (AreaContent::Intro(words), AreaKind::Intro, "intro"),
    ] {
        assert_eq!(content.kind(), kind);
        assert_eq!(kind.as_str(), name);
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("{name:?}"));
    }
}
