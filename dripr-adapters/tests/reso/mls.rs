//! A small MLS that understands the questions it is asked, and answers in pages.

use serde_json::{Value, json};

use crate::loopback::{Loopback, Reply, Request};

/// An MLS with these records, so many a page.
pub(crate) async fn with(records: Vec<Value>, page: usize) -> Loopback {
    Loopback::answering(move |request| answer(&records, page, request)).await
}

fn answer(records: &[Value], page: usize, request: &Request) -> Reply {
    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/Property"));
    let filter = request.query("$filter").unwrap();
    let mut found: Vec<&Value> = records.iter().filter(|record| fits(record, filter)).collect();
    if let Some(order) = request.query("$orderby") {
        let field = order.strip_suffix(" desc").unwrap();
        let key = |record: &Value| record[field].as_str().unwrap_or_default().to_owned();
        found.sort_by_key(|record| std::cmp::Reverse(key(record)));
    }
    let top: usize = request.query("$top").unwrap().parse().unwrap();
    let skip: usize = request.query("$skip").map_or(0, |skip| skip.parse().unwrap());
    let count = found.len();
    let shown: Vec<Value> = found.into_iter().skip(skip).take(page.min(top)).cloned().collect();
    let end = skip + shown.len();
    let mut answer = json!({"@odata.context": "$metadata#Property", "value": shown});
    if request.query("$count") == Some("true") {
        answer["@odata.count"] = json!(count);
    }
    if end < count && end < top {
        let query: Vec<String> = request
            .query
            .iter()
            .filter(|(name, _)| name != "$skip")
            .map(|(name, value)| format!("{name}={}", value.replace(' ', "%20")))
            .collect();
        answer["@odata.nextLink"] = json!(format!("Property?{}&$skip={end}", query.join("&")));
    }
    Reply::ok(answer.to_string())
}

/// What OData makes of a filter, as far as it is used: a null fits nothing.
fn fits(record: &Value, filter: &str) -> bool {
    // The sizes in either unit.
    let (filter, sizes) = match filter.split_once(" and ((LivingArea") {
        Some((filter, sizes)) => (filter, Some(sizes)),
        None => (filter, None),
    };
    assert!(sizes.is_none_or(|sizes| sizes.ends_with("))")), "{sizes:?}");
    filter.split(" and ").all(|condition| {
        let mut words = condition.splitn(3, ' ');
        let (field, relation, literal) =
            (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let value = &record[field];
        match (relation, literal) {
            ("eq", text) => {
                let text = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap();
                value.as_str() == Some(text.replace("''", "'").as_str())
            }
            ("has", member) => {
                let member = member.strip_prefix("org.reso.metadata.enums.").unwrap();
                let member = member.strip_prefix(field).unwrap().trim_matches('\'');
                value.as_str() == Some(member)
            }
            (relation, number) => match (value, number.parse::<f64>()) {
                (Value::Number(value), Ok(number)) => {
                    let value = value.as_f64().unwrap();
                    match relation {
                        "ge" => value >= number,
                        "le" => value <= number,
                        "gt" => value > number,
                        other => panic!("{other}"),
                    }
                }
                (Value::String(date), Err(_)) => match relation {
                    "ge" => date.as_str() >= number,
                    "lt" => date.as_str() < number,
                    other => panic!("{other}"),
                },
                (Value::Null, _) => false,
                other => panic!("{condition}: {other:?}"),
            },
        }
    })
}

/// A home sold in 78734, changed.
pub(crate) fn sold(number: usize, price: u64, on: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut record = json!({
        "ListingKey": format!("key-{number}"),
        "StandardStatus": "Closed",
        "PropertyType": "Residential",
        "ListPrice": price,
        "ClosePrice": price as f64,
        "CloseDate": on,
        "ListingContractDate": "2025-06-01",
        "DaysOnMarket": 10 + number,
        "UnparsedAddress": format!("{number} Crazyhorse Pass"),
        "StreetNumber": number.to_string(),
        "PostalCode": "78734",
        "Latitude": 30.377405,
        "Longitude": -97.928841,
        "BedroomsTotal": 3,
        "BathroomsTotalInteger": 2,
        "LivingArea": 2000.0,
        "LivingAreaUnits": "Square Feet",
        "ModificationTimestamp": format!("{on}T09:11:40.512Z"),
        "ListOfficeName": "Example Realty LLC",
    });
    change(&mut record);
    record
}

/// A home for sale in 78734, changed.
pub(crate) fn for_sale(number: usize, price: u64, on: &str, change: impl FnOnce(&mut Value)) -> Value {
    sold(number, price, on, |record| {
        record["StandardStatus"] = json!("Active");
        record["ListingContractDate"] = json!(on);
        record["ClosePrice"] = json!(null);
        record["CloseDate"] = json!(null);
        change(record);
    })
}
