//! Two small services that tell of the same homes, each in its own way.

use chrono::NaiveDate;
use dripr_core::content::GeoPoint;
use serde_json::{Value, json};

use crate::{
    Service, day,
    loopback::{Loopback, Reply, Request},
};

/// What both services know of a home in Laredo.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) number: u32,
    pub(crate) kind: &'static str,
    pub(crate) zip: &'static str,
    /// Degrees north and east.
    pub(crate) at: (f64, f64),
    pub(crate) price: u64,
    pub(crate) zestimate: Option<u64>,
    pub(crate) market: Market,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Market {
    /// For sale for so many days.
    ForSale(u32),
    /// Sold on a day.
    Sold(NaiveDate),
}

/// The day at both services.
pub(crate) const TODAY: &str = "2026-03-12";

/// Homes in and around 78041, of both markets and of kinds that nobody lives in.
pub(crate) fn homes() -> Vec<Known> {
    let kinds = ["SINGLE_FAMILY", "CONDO", "TOWNHOUSE", "LOT", "MULTI_FAMILY", "APARTMENT", "MANUFACTURED"];
    let home = |number: u32| Known {
        number,
        kind: kinds[number as usize % kinds.len()],
        zip: if number % 4 == 3 { "78045" } else { "78041" },
        at: (27.54 + f64::from(number % 9) / 100.0, -99.49 + f64::from(number % 7) / 100.0),
        price: 300_000 + 1_000 * u64::from(number),
        zestimate: (!number.is_multiple_of(5)).then_some(310_000 + 1_000 * u64::from(number)),
        market: if number.is_multiple_of(2) {
            Market::ForSale(number)
        } else {
            Market::Sold(day(TODAY) - chrono::Days::new(u64::from(number) * 4))
        },
    };
    (1..=60).map(home).collect()
}

impl Known {
    pub(crate) fn street(&self) -> String {
        format!("{} Emerson Loop", self.number)
    }

    fn zpid(&self) -> u32 {
        70_000_000 + self.number
    }

    fn status(&self) -> &'static str {
        match self.market {
            Market::ForSale(_) => "FOR_SALE",
            Market::Sold(_) => "RECENTLY_SOLD",
        }
    }

    /// As a service has it in a list.
    pub(crate) fn listed(&self, service: Service) -> Value {
        let (latitude, longitude) = self.at;
        let mut record = json!({
            "bedrooms": 3, "bathrooms": 2.5, "livingArea": 1_000 + self.number, "lotAreaValue": 0.25,
            "lotAreaUnit": "acres", "price": self.price, "zestimate": self.zestimate, "rentZestimate": 2_340,
            "latitude": latitude, "longitude": longitude, "country": "USA", "currency": "USD",
        });
        let own = match service {
            Service::V1 => json!({
                "zpid": self.zpid().to_string(),
                "address": format!("{}, Laredo, TX {}", self.street(), self.zip),
                "detailUrl": format!("/homedetails/{}_zpid/", self.zpid()),
                "propertyType": self.kind,
                "listingStatus": self.status(),
                "listingSubType": {"is_FSBA": true, "is_comingSoon": null},
                "daysOnZillow": match self.market { Market::ForSale(days) => json!(days), Market::Sold(_) => json!(-1) },
            }),
            Service::V2 => json!({
                "zpid": self.zpid(),
                "streetAddress": self.street(),
                "city": "Laredo",
                "state": "TX",
                "zipcode": self.zip,
                "homeType": self.kind,
                "homeStatus": self.status(),
                "listing_sub_type": {"is_FSBA": true},
                "daysOnZillow": -1,
                "timeOnZillow": match self.market {
                    Market::ForSale(days) => json!(u64::from(days) * 86_400_000 + 41_000_000),
                    Market::Sold(_) => json!(null),
                },
            }),
        };
        merge(&mut record, own);
        if let Market::Sold(on) = self.market {
            // Midnight in Los Angeles.
            record["dateSold"] = json!(on.and_hms_opt(8, 0, 0).unwrap().and_utc().timestamp_millis());
        }
        record
    }

    /// As a service has it alone.
    pub(crate) fn alone(&self, service: Service) -> Value {
        let mut record = self.listed(service);
        let parts =
            json!({"streetAddress": self.street(), "city": "Laredo", "state": "TX", "zipcode": self.zip});
        merge(
            &mut record,
            json!({
                "zpid": self.zpid(), "address": parts, "homeType": self.kind, "homeStatus": self.status(),
                "propertyType": null, "listingStatus": null, "yearBuilt": 1995, "hideZestimate": false,
                "lotAreaUnit": null, "lotAreaUnits": "Acres",
            }),
        );
        record
    }
}

fn merge(record: &mut Value, own: Value) {
    for (name, value) in own.as_object().unwrap() {
        record[name] = value.clone();
    }
}

/// A service that knows these homes.
pub(crate) async fn knowing(service: Service, homes: Vec<Known>) -> Loopback {
    Loopback::answering(move |request| match (service, request.path.as_str()) {
        (Service::V1, "/property") => home(service, &homes, request.query("address").unwrap()),
        (Service::V1, "/propertyExtendedSearch") => {
            let around = request.query("coordinates").map(|coordinates| {
                let (point, diameter) = coordinates.split_once(',').unwrap();
                let (longitude, latitude) = point.split_once(' ').unwrap();
                (degrees(latitude), degrees(longitude), degrees(diameter))
            });
            let sold = match request.query("status_type").unwrap() {
                "ForSale" => None,
                "RecentlySold" => Some(request.query("soldInLast").unwrap()),
                other => panic!("{other}"),
            };
            list(service, &homes, request, around, sold)
        }
        (Service::V2, path @ ("/search" | "/search_coordinates")) => {
            let around = (path == "/search_coordinates").then(|| {
                let told = |name| degrees(request.query(name).unwrap());
                (told("lat"), told("long"), told("d"))
            });
            let sold = match request.query("status") {
                None => return home(service, &homes, request.query("location").unwrap()),
                Some("forSale") => None,
                Some("recentlySold") => Some(request.query("doz").unwrap()),
                other => panic!("{other:?}"),
            };
            list(service, &homes, request, around, sold)
        }
        other => panic!("{other:?}"),
    })
    .await
}

fn degrees(text: &str) -> f64 {
    text.parse().unwrap()
}

fn home(service: Service, homes: &[Known], address: &str) -> Reply {
    let known = |home: &&Known| format!("{}, Laredo, TX {}", home.street(), home.zip) == address;
    match homes.iter().find(known) {
        Some(home) => Reply::ok(home.alone(service).to_string()),
        None => Reply::json(404, r#"{"message":"Property not found"}"#),
    }
}

fn list(
    service: Service,
    homes: &[Known],
    request: &Request,
    around: Option<(f64, f64, f64)>,
    sold: Option<&str>,
) -> Reply {
    let oldest = sold.map(|period| {
        let months: u64 = period.strip_suffix('m').unwrap().parse().unwrap();
        day(TODAY) - chrono::Days::new(months * 30 + 1)
    });
    let is_wanted = |home: &&Known| match (home.market, oldest) {
        (Market::ForSale(_), None) => true,
        (Market::Sold(on), Some(oldest)) => on >= oldest,
        _ => false,
    };
    let lies_there = |home: &&Known| match around {
        Some((latitude, longitude, diameter)) => {
            let point = |(latitude, longitude)| GeoPoint::new(latitude, longitude).unwrap();
            point((latitude, longitude)).miles_to(point(home.at)) <= diameter / 2.0
        }
        None => request.query("location") == Some(home.zip),
    };
    let found: Vec<Value> =
        homes.iter().filter(is_wanted).filter(lies_there).map(|home| home.listed(service)).collect();
    let mut answer = json!({
        "resultsPerPage": 41, "totalPages": 1, "totalResultCount": found.len(), "currentPage": 1,
    });
    if !found.is_empty() {
        answer[service.list()] = json!(found);
    }
    Reply::ok(answer.to_string())
}
