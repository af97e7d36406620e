//! A small RentCast that understands the questions it is asked. It knows one city.

use chrono::NaiveDate;
use dripr_core::content::GeoPoint;
use serde_json::{Value, json};

use crate::{
    day,
    loopback::{Loopback, Reply, Request},
    nothing,
};

/// What RentCast knows, and when.
pub(crate) struct City {
    pub(crate) today: NaiveDate,
    pub(crate) records: Vec<Value>,
}

/// A RentCast that knows a city.
pub(crate) async fn of(city: City) -> Loopback {
    Loopback::answering(move |request| city.answer(request)).await
}

impl City {
    fn answer(&self, request: &Request) -> Reply {
        assert_eq!(request.method, "GET");
        assert_eq!(request.query("suppressLogging"), Some("true"));
        match request.path.as_str() {
            "/avm/value" => estimate(request.query("address").unwrap()),
            "/listings/sale" => {
                let status = request.query("status");
                self.list(request, |record| status.is_none_or(|status| record["status"] == status))
            }
            "/properties" => {
                let range = request.query("saleDateRange").unwrap();
                let (least, most) = range.split_once(':').unwrap_or(("1", range));
                let days = least.parse::<i64>().unwrap()..=most.parse::<i64>().unwrap();
                self.list(request, |record| {
                    let sold = record["lastSaleDate"].as_str().and_then(|date| date.get(..10)?.parse().ok());
                    sold.is_some_and(|sold| days.contains(&self.today.signed_duration_since(sold).num_days()))
                })
            }
            "/markets" if request.query("zipCode") == Some("78723") => self.market(request),
            "/markets" => nothing(),
            other => panic!("{other}"),
        }
    }

    fn list(&self, request: &Request, is_wanted: impl Fn(&Value) -> bool) -> Reply {
        let limit: usize = request.query("limit").unwrap().parse().unwrap();
        let number = |name: &str| request.query(name).map(|number| number.parse::<f64>().unwrap());
        let centre = number("latitude").zip(number("longitude"));
        let lies_there = |record: &Value| match centre {
            Some((latitude, longitude)) => {
                let place = |latitude, longitude| GeoPoint::new(latitude, longitude).unwrap();
                let at = place(record["latitude"].as_f64().unwrap(), record["longitude"].as_f64().unwrap());
                place(latitude, longitude).miles_to(at) <= number("radius").unwrap()
            }
            None => record["zipCode"] == request.query("zipCode").unwrap(),
        };
        let found: Vec<&Value> = self
            .records
            .iter()
            .filter(|record| is_wanted(record) && lies_there(record))
            .take(limit)
            .collect();
        if found.is_empty() { nothing() } else { Reply::ok(json!(found).to_string()) }
    }

    /// Prices rise by a dollar a square foot each month.
    fn market(&self, request: &Request) -> Reply {
        let months: u32 = request.query("historyRange").unwrap().parse().unwrap();
        let figures = |month: u32| {
            json!({
                "medianPrice": 400_000 - 2_000 * month,
                "medianPricePerSquareFoot": 200 - month,
                "medianDaysOnMarket": 30,
                "newListings": 12,
                "totalListings": 80,
            })
        };
        let month = |ago: u32| self.today.checked_sub_months(chrono::Months::new(ago)).unwrap();
        let history: serde_json::Map<String, Value> =
            (0..months).map(|ago| (month(ago).format("%Y-%m").to_string(), figures(ago))).collect();
        let mut sale_data = figures(0);
        sale_data["lastUpdatedDate"] = json!(format!("{}T00:00:00.000Z", self.today));
        sale_data["history"] = history.into();
        Reply::ok(json!({"id": "78723", "zipCode": "78723", "saleData": sale_data}).to_string())
    }
}

/// RentCast knows the addresses with a number, and takes those in Nowhere for others.
fn estimate(address: &str) -> Reply {
    let number: String = address.chars().take_while(char::is_ascii_digit).collect();
    if number.is_empty() {
        return Reply::json(400, crate::sample!("error.400"));
    }
    let zip = if address.contains("Nowhere") { "10001" } else { &address[address.len() - 5..] };
    let subject = json!({"addressLine1": format!("{number} Oak Ave"), "zipCode": zip, "latitude": 30.3, "longitude": -97.69});
    let price = json!({"price": 410_000, "priceRangeLow": 390_000, "priceRangeHigh": 430_000, "subjectProperty": subject});
    Reply::ok(price.to_string())
}

/// A home for sale in 78723, changed.
pub(crate) fn for_sale(number: usize, listed: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut record = json!({
        "id": format!("{number}-Oak-Ave,-Austin,-TX-78723"),
        "addressLine1": format!("{number} Oak Ave"),
        "addressLine2": null,
        "zipCode": "78723",
        "latitude": 30.3,
        "longitude": -97.69,
        "propertyType": "Single Family",
        "bedrooms": 3,
        "bathrooms": 2,
        "squareFootage": 1_500 + number,
        "status": "Active",
        "price": 400_000 + 1_000 * number,
        "listedDate": format!("{listed}T00:00:00.000Z"),
        "removedDate": null,
    });
    change(&mut record);
    record
}

/// A home sold in 78723, changed.
pub(crate) fn sold(number: usize, on: &str, change: impl FnOnce(&mut Value)) -> Value {
    for_sale(number, "2020-01-01", |record| {
        record["status"] = json!("Inactive");
        record["lastSaleDate"] = json!(format!("{on}T00:00:00.000Z"));
        record["lastSalePrice"] = json!(390_000 + 1_000 * number);
        change(record);
    })
}

/// A year of a city, up to 12 March 2026.
pub(crate) fn year() -> City {
    let first = day("2025-04-01");
    let place = |number: usize| {
        move |record: &mut Value| {
            record["latitude"] = json!(30.28 + (number % 9) as f64 / 200.0);
            record["longitude"] = json!(-97.71 + (number % 7) as f64 / 200.0);
            record["zipCode"] = json!(if number.is_multiple_of(5) { "78751" } else { "78723" });
        }
    };
    let on = |days: usize| (first + chrono::Days::new(days as u64)).to_string();
    let mut records: Vec<Value> =
        (1..=60).map(|number| sold(number, &on(number * 6), place(number))).collect();
    records.extend((61..=80).map(|number| for_sale(number, &on(number * 4), place(number))));
    City { today: day("2026-03-12"), records }
}
