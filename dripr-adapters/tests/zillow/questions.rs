//! What goes out to the services.

use dripr_adapters::zillow::ZillowOptions;
use dripr_core::ports::Allowance;

use crate::{
    BOTH, Service, allowances, centre_of_78041, day,
    loopback::{Loopback, Reply, Request, faults},
    subject, zip,
};

const HOMES: &str = "Houses,Townhomes,Condos,Multi-family,Manufactured";

fn asked(request: &Request) -> (&str, Vec<(&str, &str)>) {
    assert_eq!(request.method, "GET");
    let query = request.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    (request.path.as_str(), query)
}

#[tokio::test]
async fn each_question_is_one_call_as_the_service_wants_it() {
    let by_zip = |service| match service {
        Service::V1 => [
            ("/property", vec![("address", "7622 R W Emerson Loop, Laredo, TX 78041")]),
            (
                "/propertyExtendedSearch",
                vec![
                    ("location", "78041"),
                    ("home_type", HOMES),
                    ("sort", "Newest"),
                    ("status_type", "ForSale"),
                ],
            ),
            (
                "/propertyExtendedSearch",
                vec![
                    ("location", "78041"),
                    ("home_type", HOMES),
                    ("sort", "Newest"),
                    ("status_type", "RecentlySold"),
                    ("soldInLast", "6m"),
                ],
            ),
        ],
        Service::V2 => [
            ("/search", vec![("location", "7622 R W Emerson Loop, Laredo, TX 78041")]),
            (
                "/search",
                vec![
                    ("location", "78041"),
                    ("sortSelection", "days"),
                    ("isLotLand", "false"),
                    ("isApartment", "false"),
                    ("status", "forSale"),
                ],
            ),
            (
                "/search",
                vec![
                    ("location", "78041"),
                    ("sortSelection", "days"),
                    ("isLotLand", "false"),
                    ("isApartment", "false"),
                    ("status", "recentlySold"),
                    ("doz", "6m"),
                ],
            ),
        ],
    };
    for service in BOTH {
        let nothing = format!(r#"{{"{}":[]}}"#, service.list());
        let loopback = Loopback::giving([Reply::ok(nothing)]).await;
        let zillow = service.on("2026-03-12", faults::options(&loopback));
        let (allowance, counter) = allowances::of(100);
        let _ = zillow.property(&subject("7622 R W Emerson Loop"), day("2026-03-12"), &allowance).await;
        assert_eq!((counter.taken(), loopback.asked().len()), (1, 1));
        zillow.active_listings(zip("78041"), day("2026-03-12"), 5, &allowance).await.unwrap();
        assert_eq!((counter.taken(), loopback.asked().len()), (2, 2));
        zillow.recent_sales(zip("78041"), day("2026-03-12"), 5, &allowance).await.unwrap();
        assert_eq!((counter.taken(), loopback.asked().len()), (3, 3));
        let requests = loopback.asked();
        assert_eq!(requests.iter().map(asked).collect::<Vec<_>>(), by_zip(service), "{service:?}");
        for request in &requests {
            assert_eq!(request.header("x-rapidapi-key"), Some(faults::KEY));
            assert_eq!(request.header("x-rapidapi-host"), Some("127.0.0.1"));
            assert!(request.query.iter().all(|(_, value)| !value.contains(faults::KEY)));
        }
        // Nothing is asked for nothing.
        assert!(
            zillow.active_listings(zip("78041"), day("2026-03-12"), 0, &allowance).await.unwrap().is_empty()
        );
        assert!(
            zillow.recent_sales(zip("78041"), day("2026-03-12"), 0, &allowance).await.unwrap().is_empty()
        );
        assert_eq!((counter.taken(), loopback.asked().len()), (3, 3));
    }
}

#[tokio::test]
async fn homes_are_looked_for_around_a_centre() {
    for service in BOTH {
        let nothing = format!(r#"{{"{}":[]}}"#, service.list());
        let loopback = Loopback::giving([Reply::ok(nothing)]).await;
        let unlimited = Allowance::unlimited();
        for (miles, diameter) in [(3, "6"), (0, "2"), (49, "98"), (255, "98")] {
            let options = ZillowOptions {
                http: faults::options(&loopback),
                miles_around: miles,
                ..ZillowOptions::default()
            };
            let centre = std::sync::Arc::new(centre_of_78041());
            let zillow = service.with(&options, "2026-03-12T12:00:00Z", Some(centre));
            zillow.active_listings(zip("78041"), day("2026-03-12"), 5, &unlimited).await.unwrap();
            let last = loopback.asked().pop().unwrap();
            match service {
                Service::V1 => {
                    let coordinates = format!("-99.46 27.57,{diameter}");
                    assert_eq!(last.path, "/propertyExtendedSearch");
                    assert_eq!(last.query("coordinates"), Some(coordinates.as_str()));
                }
                Service::V2 => {
                    assert_eq!(last.path, "/search_coordinates");
                    let circle = ["lat", "long", "d", "sort"].map(|name| last.query(name).unwrap());
                    assert_eq!(circle, ["27.57", "-99.46", diameter, "days"]);
                }
            }
            assert_eq!(last.query("location"), None);
            // Nobody knows the centre of another ZIP code.
            zillow.active_listings(zip("78045"), day("2026-03-12"), 5, &unlimited).await.unwrap();
            assert_eq!(loopback.asked().pop().unwrap().query("location"), Some("78045"));
        }
    }
}

#[tokio::test]
async fn sales_of_half_a_year_before_any_day_are_asked_for() {
    for service in BOTH {
        let nothing = format!(r#"{{"{}":[]}}"#, service.list());
        let loopback = Loopback::giving([Reply::ok(nothing)]).await;
        let zillow = service.on("2026-03-12", faults::options(&loopback));
        for (as_of, period) in [
            ("2026-03-13", "6m"),
            ("2026-03-12", "6m"),
            ("2026-03-11", "6m"),
            ("2026-03-10", "12m"),
            ("2025-03-12", "24m"),
            ("2020-03-12", "36m"),
        ] {
            zillow.recent_sales(zip("78041"), day(as_of), 5, &Allowance::unlimited()).await.unwrap();
            let last = loopback.asked().pop().unwrap();
            let name = if service == Service::V1 { "soldInLast" } else { "doz" };
            assert_eq!(last.query(name), Some(period), "{service:?} {as_of}");
        }
    }
}

#[tokio::test]
async fn an_address_stays_in_its_place() {
    for service in BOTH {
        let loopback = Loopback::giving([Reply::json(404, "{}")]).await;
        let zillow = service.on("2026-03-12", faults::options(&loopback));
        let street = "12 Elm & Oak St #4?status=forRent&x=1";
        let _ = zillow.property(&subject(street), day("2026-03-12"), &Allowance::unlimited()).await;
        let [request] = loopback.asked().try_into().unwrap();
        let [(_, address)] = request.query.try_into().unwrap();
        assert_eq!(address, format!("{street}, Laredo, TX 78041"));
    }
}
