//! Homes for sale and homes sold.

use dripr_core::{
    content::{GeoPoint, HomeFacts, Listing, Sale},
    errors::{Fault, PortResult},
    ports::Allowance,
};
use serde_json::{Value, json};

use crate::{
    BOTH, Centre, Service, centre_of_78041, day,
    loopback::{Loopback, Reply, faults},
    sample,
    services::{Known, Market},
    zip,
};

const TODAY: &str = "2026-03-12";

async fn listings(service: Service, as_of: &str, answer: impl Into<Vec<u8>>) -> PortResult<Vec<Listing>> {
    let loopback = Loopback::giving([Reply::ok(answer)]).await;
    let zillow = service.on(TODAY, faults::options(&loopback));
    zillow.active_listings(zip("78041"), day(as_of), 50, &Allowance::unlimited()).await
}

async fn sales(service: Service, as_of: &str, answer: impl Into<Vec<u8>>) -> PortResult<Vec<Sale>> {
    let loopback = Loopback::giving([Reply::ok(answer)]).await;
    let zillow = service.on(TODAY, faults::options(&loopback));
    zillow.recent_sales(zip("78041"), day(as_of), 50, &Allowance::unlimited()).await
}

fn known(number: u32, market: Market) -> Known {
    let kind = "SINGLE_FAMILY";
    Known { number, kind, zip: "78041", at: (27.57, -99.46), price: 465_000, zestimate: None, market }
}

/// A listing as it is made of a record for sale for 15 days, changed.
async fn listing(service: Service, as_of: &str, change: impl FnOnce(&mut Value)) -> Option<Listing> {
    let mut record = known(7, Market::ForSale(15)).listed(service);
    change(&mut record);
    listings(service, as_of, json!({service.list(): [record]}).to_string()).await.unwrap().pop()
}

/// A sale as it is made of a record sold on 1 March, changed.
async fn sale(service: Service, as_of: &str, change: impl FnOnce(&mut Value)) -> Option<Sale> {
    let mut record = known(7, Market::Sold(day("2026-03-01"))).listed(service);
    change(&mut record);
    sales(service, as_of, json!({service.list(): [record]}).to_string()).await.unwrap().pop()
}

/// The name that a service has for something.
fn named(service: Service, v1: &'static str, v2: &'static str) -> &'static str {
    if service == Service::V1 { v1 } else { v2 }
}

#[tokio::test]
async fn a_sample_of_homes_for_sale_of_v1() {
    let loopback = Loopback::giving([Reply::ok(sample!("zillow-v1/search.for-sale"))]).await;
    let zillow = Service::V1.around("2025-09-20", faults::options(&loopback), centre_of_78041());
    let listings =
        zillow.active_listings(zip("78041"), day("2025-09-20"), 10, &Allowance::unlimited()).await.unwrap();
    let link = "https://www.zillow.com/homedetails/7622-R-W-Emerson-Loop-Laredo-TX-78041/70982473_zpid/";
    let expected = Listing {
        address: Some("7622 R W Emerson Loop".to_owned()),
        zip_code: zip("78041"),
        price: 465_000,
        listed_on: Some(day("2025-09-05")),
        facts: HomeFacts {
            bedrooms: Some(4.0),
            bathrooms: Some(3.0),
            living_area_sqft: Some(2_464),
            lot_sqft: Some(10_000),
            ..HomeFacts::default()
        },
        miles: Some(0.6),
        link: Some(link.to_owned()),
        courtesy_of: None,
        source: "Zillow".to_owned(),
    };
    assert_eq!(listings, [expected]);
}

#[tokio::test]
async fn a_sample_of_homes_sold_of_v1() {
    let loopback = Loopback::giving([Reply::ok(sample!("zillow-v1/search.recently-sold.constructed"))]).await;
    let zillow = Service::V1.on("2025-09-20", faults::options(&loopback));
    let sales =
        zillow.recent_sales(zip("78041"), day("2025-09-20"), 10, &Allowance::unlimited()).await.unwrap();
    let expected = Sale {
        address: Some("7500 Example Loop".to_owned()),
        zip_code: zip("78041"),
        price: 451_000,
        sold_on: day("2025-09-02"),
        facts: HomeFacts {
            bedrooms: Some(4.0),
            bathrooms: Some(3.0),
            living_area_sqft: Some(2_464),
            lot_sqft: Some(10_000),
            ..HomeFacts::default()
        },
        miles: None,
        courtesy_of: None,
        source: "Zillow".to_owned(),
    };
    assert_eq!(sales, [expected]);
}

#[tokio::test]
async fn a_sample_of_homes_for_sale_of_v2() {
    let loopback = Loopback::giving([Reply::ok(sample!("zillow-v2/search.for-sale"))]).await;
    let at = GeoPoint::new(34.0336, -118.4923).unwrap();
    let zillow = Service::V2.around("2025-05-02", faults::options(&loopback), Centre("90403", at));
    let ask = async |code, limit| {
        zillow.active_listings(zip(code), day("2025-05-02"), limit, &Allowance::unlimited()).await.unwrap()
    };
    let listings = ask("90403", 10).await;
    let told = |listing: &Listing| {
        let (street, listed_on) = (listing.address.clone().unwrap(), listing.listed_on.unwrap());
        format!("{street}, {}, {} miles, {listed_on}", listing.zip_code, listing.miles.unwrap())
    };
    assert_eq!(
        listings.iter().map(told).collect::<Vec<_>>(),
        [
            "723 10th St, 90402, 0.5 miles, 2025-04-27",
            "222 17th St, 90402, 0.6 miles, 2025-05-01",
            "930 California Ave UNIT 105, 90403, 0.6 miles, 2025-05-01",
            "1231 24th St UNIT 3, 90404, 0.8 miles, 2025-04-23",
            "1950 Cloverfield Blvd UNIT 10, 90404, 1.6 miles, 2025-04-02",
        ]
    );
    assert_eq!(ask("90403", 2).await, listings[..2]);
    let expected = Listing {
        address: Some("930 California Ave UNIT 105".to_owned()),
        zip_code: zip("90403"),
        price: 1_500_000,
        listed_on: Some(day("2025-05-01")),
        facts: HomeFacts {
            bedrooms: Some(2.0),
            bathrooms: Some(2.0),
            living_area_sqft: Some(1_394),
            lot_sqft: Some(15_009),
            ..HomeFacts::default()
        },
        miles: Some(0.6),
        link: Some("https://www.zillow.com/homedetails/20479081_zpid/".to_owned()),
        courtesy_of: None,
        source: "Zillow".to_owned(),
    };
    assert_eq!(listings[2], expected);
    // Without a centre they are those of the ZIP code.
    let of_zip = ask("90404", 10).await;
    assert_eq!(of_zip.iter().map(|listing| listing.price).collect::<Vec<_>>(), [689_999, 998_789]);
    assert!(of_zip.iter().all(|listing| listing.miles.is_none() && listing.zip_code == zip("90404")));
}

#[tokio::test]
async fn an_answer_is_a_list_or_an_error() {
    for service in BOTH {
        let list = service.list();
        let empty = [
            json!({list: []}),
            json!({list: null, "totalResultCount": 0}),
            json!({"totalResultCount": 0}),
            json!({list: [null, 5, "x", [], {}, {"price": {}}, {"listingSubType": 5, "address": []}]}),
            json!({"zpid": [70982473, 70982474]}),
            json!({"lotIds": [1]}),
            serde_json::from_str(sample!("zillow-v1/search.exact-address.constructed")).unwrap(),
            serde_json::from_str(sample!("zillow-v1/property.constructed")).unwrap(),
        ];
        for answer in empty {
            assert_eq!(listings(service, TODAY, answer.to_string()).await.unwrap(), [], "{answer}");
            assert_eq!(sales(service, TODAY, answer.to_string()).await.unwrap(), [], "{answer}");
        }
        let garbled = [
            json!({}),
            json!({"error": "address or zpid is not valid"}),
            json!({"message": "x", "zpid": null}),
            json!({"totalResultCount": 3}),
            json!({list: {}}),
            json!({list: null}),
            json!({list: "none", "totalResultCount": 0}),
            json!({"homes": []}),
            json!([]),
            json!(null),
            json!("none"),
        ];
        for answer in garbled {
            let error = listings(service, TODAY, answer.to_string()).await.unwrap_err();
            assert_eq!(error.fault(), Fault::Garbled, "{answer}");
            assert!(!error.to_string().contains("not valid"), "{error}");
            let error = sales(service, TODAY, answer.to_string()).await.unwrap_err();
            assert_eq!(error.fault(), Fault::Garbled, "{answer}");
        }
        let good = known(7, Market::ForSale(15)).listed(service);
        let answer = json!({list: [null, good, {}, "x"]});
        assert_eq!(listings(service, TODAY, answer.to_string()).await.unwrap().len(), 1);
        let nan = answer.to_string().replace("465000", "NaN");
        assert_eq!(listings(service, TODAY, nan).await.unwrap_err().fault(), Fault::Garbled);
    }
}

#[tokio::test]
async fn homes_to_live_in_and_to_buy_are_given_and_nothing_else() {
    for service in BOTH {
        let (kind, status) =
            (named(service, "propertyType", "homeType"), named(service, "listingStatus", "homeStatus"));
        for (value, kept) in [
            (json!("SINGLE_FAMILY"), true),
            (json!("Single-family"), true),
            (json!("CONDO"), true),
            (json!("TOWNHOUSE"), true),
            (json!("MULTI_FAMILY"), true),
            (json!("MANUFACTURED"), true),
            (json!("COOP"), true),
            (json!(null), true),
            (json!("LOT"), false),
            (json!("APARTMENT"), false),
            (json!("HOME_TYPE_UNKNOWN"), false),
        ] {
            assert_eq!(listing(service, TODAY, |home| home[kind] = value.clone()).await.is_some(), kept);
            assert_eq!(sale(service, TODAY, |home| home[kind] = value).await.is_some(), kept);
        }
        for (value, for_sale, sold) in [
            (json!("FOR_SALE"), true, false),
            (json!("RECENTLY_SOLD"), false, true),
            (json!("SOLD"), false, true),
            (json!("FOR_RENT"), false, false),
            (json!("PENDING"), false, false),
            (json!("OTHER"), false, false),
            (json!(null), true, true),
        ] {
            let kept = listing(service, TODAY, |home| home[status] = value.clone()).await;
            assert_eq!(kept.is_some(), for_sale, "{value}");
            let kept = sale(service, TODAY, |home| home[status] = value.clone()).await;
            assert_eq!(kept.is_some(), sold, "{value}");
        }
        let sub_type = named(service, "listingSubType", "listing_sub_type");
        let not_for_sale: [(&str, Value); 7] = [
            (sub_type, json!({"is_pending": true})),
            (sub_type, json!({"isPending": "true"})),
            (sub_type, json!({"is_comingSoon": true})),
            ("contingentListingType", json!("UNDER_CONTRACT")),
            ("isPreforeclosureAuction", json!(true)),
            ("currency", json!("CAD")),
            ("price", json!("$9,500/mo")),
        ];
        for (name, value) in not_for_sale {
            assert_eq!(listing(service, TODAY, |home| home[name] = value).await, None, "{name}");
        }
        for value in
            [json!({"is_pending": false, "is_comingSoon": null}), json!(null), json!(7), json!([true])]
        {
            assert!(listing(service, TODAY, |home| home[sub_type] = value).await.is_some());
        }
    }
}

#[tokio::test]
async fn fields_are_read_in_any_writing_and_what_cannot_be_is_left_out() {
    for service in BOTH {
        let plain = listing(service, TODAY, |_| {}).await.unwrap();
        let written = listing(service, TODAY, |home| {
            home["price"] = json!("$465,000");
            home["bedrooms"] = json!("3");
            home["bathrooms"] = json!("2.50");
            home["livingArea"] = json!("1,007");
            home["lotAreaValue"] = json!("10890");
            home["lotAreaUnit"] = json!("Square Feet");
            home["latitude"] = json!("27.57");
        })
        .await;
        assert_eq!(written, Some(plain.clone()));
        let nonsense = listing(service, TODAY, |home| {
            home["bedrooms"] = json!(-3);
            home["bathrooms"] = json!("NaN");
            home["livingArea"] = json!(1e12);
            home["lotAreaValue"] = json!(-1);
            home["yearBuilt"] = json!(1);
            home["latitude"] = json!(1e12);
            home["longitude"] = json!({});
            home["zpid"] = json!("../../x");
            home["detailUrl"] = json!("https://evil.example/homedetails/");
            home["brokerName"] = json!("\r\n");
        })
        .await
        .unwrap();
        assert_eq!(nonsense, Listing { facts: HomeFacts::default(), link: None, ..plain.clone() });
        for bathrooms in [json!(2.33), json!(-1), json!(1e30), json!(null)] {
            let facts = listing(service, TODAY, |home| home["bathrooms"] = bathrooms).await.unwrap().facts;
            assert_eq!((facts.bathrooms, facts.bedrooms), (None, Some(3.0)));
        }
        for unit in [json!(null), json!("hectares"), json!(5)] {
            let facts = listing(service, TODAY, |home| home["lotAreaUnit"] = unit).await.unwrap().facts;
            assert_eq!(facts.lot_sqft, None);
        }
        for price in [json!(null), json!(0), json!(1), json!(-465_000), json!(1e12), json!("soon"), json!([])]
        {
            assert_eq!(listing(service, TODAY, |home| home["price"] = price.clone()).await, None, "{price}");
            assert_eq!(sale(service, TODAY, |home| home["price"] = price.clone()).await, None, "{price}");
        }
        let without_nulls = listing(service, TODAY, |home| {
            home.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        });
        assert_eq!(without_nulls.await, Some(plain));
        assert_eq!(listing(service, TODAY, |home| *home = json!({})).await, None);
    }
}

#[tokio::test]
async fn a_home_lies_in_the_zip_code_that_was_asked_for() {
    for service in BOTH {
        for (code, kept) in
            [("78041", true), ("78041-2231", true), ("78045", false), ("7804", false), ("00000", false)]
        {
            let change = |home: &mut Value| match service {
                Service::V1 => home["address"] = json!(format!("7 Emerson Loop, Laredo, TX {code}")),
                Service::V2 => home["zipcode"] = json!(code),
            };
            assert_eq!(listing(service, TODAY, change).await.is_some(), kept, "{code}");
            assert_eq!(sale(service, TODAY, change).await.is_some(), kept, "{code}");
        }
        let field = named(service, "address", "zipcode");
        for nowhere in [json!(null), json!([]), json!({}), json!("nowhere"), json!(5)] {
            assert_eq!(listing(service, TODAY, |home| home[field] = nowhere).await, None);
        }
        let field = named(service, "address", "streetAddress");
        let secret = named(service, "(Undisclosed Address), Laredo, TX 78041", "(undisclosed Address)");
        let listing = listing(service, TODAY, |home| home[field] = json!(secret)).await.unwrap();
        assert_eq!(listing.address, None);
    }
}

#[tokio::test]
async fn the_nearest_come_first_and_none_from_farther_away() {
    for service in BOTH {
        // A hundredth of a degree of latitude is about 0.7 miles.
        let at = |number: u32, hundredths: f64| Known {
            zip: if number.is_multiple_of(2) { "78041" } else { "78045" },
            at: (27.57 + hundredths / 100.0, -99.46),
            ..known(number, Market::ForSale(number))
        };
        let mut homes: Vec<Value> =
            [at(1, 2.0), at(2, -1.0), at(3, 4.0), at(4, -5.0), at(5, 0.0), at(5, 0.0)]
                .map(|home| home.listed(service))
                .into();
        // Nowhere, but in the ZIP code; and nowhere at all.
        for (number, zip) in [(6, "78041"), (7, "78045")] {
            let mut home = Known { zip, ..known(number, Market::ForSale(1)) }.listed(service);
            home["latitude"] = json!(null);
            homes.push(home);
        }
        let loopback = Loopback::giving([Reply::ok(json!({service.list(): homes}).to_string())]).await;
        let zillow = service.around(TODAY, faults::options(&loopback), centre_of_78041());
        let unlimited = Allowance::unlimited();
        let ask = async |limit| {
            let listings = zillow.active_listings(zip("78041"), day(TODAY), limit, &unlimited).await.unwrap();
            let told = |listing: &Listing| (listing.address.clone().unwrap(), listing.miles);
            listings.iter().map(told).collect::<Vec<_>>()
        };
        let street = |number: u32| format!("{number} Emerson Loop");
        let expected = [
            (street(5), Some(0.0)),
            (street(2), Some(0.7)),
            (street(1), Some(1.4)),
            (street(3), Some(2.8)),
            (street(6), None),
        ];
        assert_eq!(ask(50).await, expected);
        assert_eq!(ask(2).await, expected[..2]);
    }
}

#[tokio::test]
async fn days_on_zillow_tell_when_a_home_was_listed() {
    for service in BOTH {
        let listed_on = async |change: &dyn Fn(&mut Value)| {
            let listing = listing(service, TODAY, |home| {
                home["daysOnZillow"] = json!(null);
                home["timeOnZillow"] = json!(null);
                change(home);
            });
            listing.await.unwrap().listed_on
        };
        for (days, on) in [
            (json!(0), Some("2026-03-12")),
            (json!(15), Some("2026-02-25")),
            (json!("15"), Some("2026-02-25")),
            (json!(-1), None),
            (json!(1e12), None),
            (json!(40_000), None),
            (json!(null), None),
        ] {
            let told = listed_on(&|home| home["daysOnZillow"] = days.clone()).await;
            assert_eq!(told, on.map(day), "{days}");
        }
        for (millis, on) in [
            (json!(0), Some("2026-03-12")),
            (json!(86_399_999), Some("2026-03-12")),
            (json!(1_296_000_000), Some("2026-02-25")),
            (json!("1296000000"), Some("2026-02-25")),
            (json!(-1), None),
            (json!(-1e300), None),
            // An instant in place of a duration.
            (json!(1_550_595_120_000_i64), None),
            (json!([]), None),
        ] {
            let told = listed_on(&|home| {
                home["daysOnZillow"] = json!(-1);
                home["timeOnZillow"] = millis.clone();
            })
            .await;
            assert_eq!(told, on.map(day), "{millis}");
        }
    }
}

#[tokio::test]
async fn of_a_past_day_only_what_was_listed_by_then_is_told() {
    for service in BOTH {
        let of = async |as_of, days: u32| {
            let days_ago = known(7, Market::ForSale(days)).listed(service);
            listing(service, as_of, |home| *home = days_ago).await.map(|listing| listing.listed_on)
        };
        let unknown = async |as_of| {
            listing(service, as_of, |home| {
                home["daysOnZillow"] = json!(-1);
                home["timeOnZillow"] = json!(null);
            })
            .await
        };
        // Where it is still the 11th, today counts as that.
        assert_eq!(of("2026-03-11", 0).await, Some(Some(day("2026-03-11"))));
        assert_eq!(of("2026-03-11", 15).await, Some(Some(day("2026-02-24"))));
        assert_eq!(of("2026-03-13", 15).await, Some(Some(day("2026-02-25"))));
        assert!(unknown("2026-03-11").await.is_some());
        assert_eq!(of("2026-03-10", 15).await, Some(Some(day("2026-02-25"))));
        assert_eq!(of("2026-02-25", 15).await, Some(Some(day("2026-02-25"))));
        assert_eq!(of("2026-02-24", 15).await, None);
        assert_eq!(unknown("2026-03-10").await, None);
    }
}

#[tokio::test]
async fn sales_are_of_the_half_year_before_and_the_latest_come_first() {
    for service in BOTH {
        let millis =
            |text: &str| json!(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_millis());
        for (at, on) in [
            (millis("2026-03-01T00:00:00Z"), Some("2026-03-01")),
            (millis("2026-03-01T10:00:00Z"), Some("2026-03-01")),
            (json!(millis("2026-03-01T00:00:00Z").to_string()), Some("2026-03-01")),
            (millis("2026-03-11T08:00:00Z"), Some("2026-03-11")),
            (millis("2026-03-12T08:00:00Z"), None),
            (millis("2030-03-12T08:00:00Z"), None),
            (millis("2025-09-13T08:00:00Z"), Some("2025-09-13")),
            (millis("2025-09-12T08:00:00Z"), None),
            (millis("0001-01-01T00:00:00Z"), None),
            (json!(0), None),
            (json!(-1), None),
            (json!(1e12), None),
            (json!(1e300), None),
            (json!(9e15), None),
            (json!("NaN"), None),
            (json!("2026-03-01"), None),
            (json!(null), None),
            (json!({}), None),
        ] {
            let sale = sale(service, TODAY, |home| home["dateSold"] = at.clone()).await;
            assert_eq!(sale.map(|sale| sale.sold_on), on.map(day), "{at}");
        }
        // Of a past day are told those before it.
        assert_eq!(sale(service, "2026-03-01", |_| {}).await, None);
        assert!(sale(service, "2026-03-02", |_| {}).await.is_some());

        let homes: Vec<Value> = [3, 9, 1, 8, 2]
            .map(|number| known(number, Market::Sold(day(&format!("2026-03-0{number}")))).listed(service))
            .into();
        let twice = [homes.clone(), homes].concat();
        let answer = json!({service.list(): twice}).to_string();
        let days: Vec<String> = sales(service, TODAY, answer)
            .await
            .unwrap()
            .iter()
            .map(|sale| sale.sold_on.to_string())
            .collect();
        assert_eq!(days, ["2026-03-09", "2026-03-08", "2026-03-03", "2026-03-02", "2026-03-01"]);
    }
}

#[tokio::test]
async fn the_broker_is_named() {
    for service in BOTH {
        let broker = |home: &mut Value| home["brokerName"] = json!("Example \n Realty");
        let listing = listing(service, TODAY, broker).await.unwrap();
        assert_eq!(listing.courtesy_of.as_deref(), Some("Example Realty"));
        assert_eq!(
            sale(service, TODAY, broker).await.unwrap().courtesy_of.as_deref(),
            Some("Example Realty")
        );
    }
}
