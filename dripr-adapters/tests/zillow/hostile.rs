//! Answers of any shape: nothing panics, and what is given can be.

use std::sync::{Arc, Mutex};

use dripr_adapters::zillow::ZillowOptions;
use dripr_core::{
    content::{HomeFacts, plausible},
    errors::Fault,
    ports::Allowance,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    BOTH, Service, centre_of_78041, day,
    loopback::{Loopback, Reply, faults},
    sample, subject, zip,
};

const TODAY: &str = "2025-09-20";

fn samples() -> Vec<Value> {
    let samples = [
        sample!("zillow-v1/search.for-sale"),
        sample!("zillow-v1/search.recently-sold.constructed"),
        sample!("zillow-v1/search.exact-address.constructed"),
        sample!("zillow-v1/property.constructed"),
        sample!("zillow-v1/error.429.constructed"),
        sample!("zillow-v2/search.for-sale"),
    ];
    samples.map(|sample| serde_json::from_str(sample).unwrap()).into()
}

/// What may stand in place of anything.
fn junk() -> impl Strategy<Value = Value> {
    let numbers = prop::sample::select(vec![
        json!(0),
        json!(-1),
        json!(1),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e12),
        json!(-1e300),
        json!(5e-324),
        json!(1_756_771_200_000_i64),
        json!(8_640_000_000_000_000_i64),
        json!(8_999_999_999_999_999_i64),
        json!(27.57),
        json!(465_000),
    ]);
    let texts = prop::sample::select(vec![
        json!(""),
        json!("NaN"),
        json!("-inf"),
        json!("1e400"),
        json!("$465,000"),
        json!("78041"),
        json!("FOR_SALE"),
        json!("LOT"),
        json!("0001-01-01"),
        json!("7622 R W Emerson Loop, Laredo, TX 78041"),
        json!(", , ,"),
        json!("\u{2028}\r\n\u{0}"),
        json!("//evil.example/homedetails/"),
        json!("javascript:alert(1)"),
        json!("https://[::1]:0/homedetails/"),
    ]);
    let leaf = prop_oneof![
        1 => Just(json!(null)),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
        8 => numbers,
        3 => texts,
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let name = prop_oneof!["[a-zA-Z_]{0,12}", Just("zpid".to_owned()), Just("props".to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name, inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

/// Where everything in a value stands, as JSON pointers (RFC 6901).
fn places(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                places(value, format!("{at}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                places(value, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        _ => {}
    }
    found.push(at);
}

/// A sample in which some things were exchanged for others.
fn spoilt() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), junk());
    (prop::sample::select(samples()), prop::collection::vec(change, 0..6)).prop_map(
        |(mut answer, changes)| {
            for (place, junk) in changes {
                let mut found = Vec::new();
                places(&answer, String::new(), &mut found);
                if let Some(value) = answer.pointer_mut(place.get(&found).as_str()) {
                    *value = junk;
                }
            }
            answer.to_string().into_bytes()
        },
    )
}

fn answers() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => spoilt(),
        2 => junk().prop_map(|junk| junk.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

/// Asks everything that can be asked of a service that gives an answer, and looks at what is made of it.
async fn look_at(service: Service, body: &Mutex<Vec<u8>>, loopback: &Loopback, answer: Vec<u8>) {
    *body.lock().unwrap() = answer;
    let options = ZillowOptions { http: faults::options(loopback), ..ZillowOptions::default() };
    let unlimited = Allowance::unlimited();
    let garbled_or_unknown = |fault| assert!(matches!(fault, Fault::Garbled | Fault::NotFound), "{fault:?}");
    for centres in [None, Some(Arc::new(centre_of_78041()) as Arc<_>)] {
        let zillow = service.with(&options, &format!("{TODAY}T12:00:00Z"), centres);
        for as_of in [TODAY, "2025-09-10"].map(day) {
            let zip = zip("78041");
            match zillow.property(&subject("7622 R W Emerson Loop"), as_of, &unlimited).await {
                Ok(home) => {
                    assert!(home.valuation.is_some() != home.no_value_because.is_some());
                    assert_eq!(plausible::property(home.clone(), zip, as_of).unwrap(), home);
                    assert!(
                        as_of == day(TODAY)
                            || (home.valuation.is_none() && home.facts == HomeFacts::default())
                    );
                }
                Err(error) => garbled_or_unknown(error.fault()),
            }
            match zillow.active_listings(zip, as_of, 50, &unlimited).await {
                Ok(listings) => {
                    for listing in &listings {
                        let link = listing.link.as_deref().unwrap_or("https://www.zillow.com/homedetails/");
                        assert!(link.starts_with("https://www.zillow.com/homedetails/"), "{link}");
                        assert!(
                            !link.contains(char::is_whitespace) && !link.contains(['"', '<', '>']),
                            "{link}"
                        );
                        assert!(listing.address.as_deref().is_none_or(is_line), "{:?}", listing.address);
                        assert!(listing.courtesy_of.as_deref().is_none_or(is_line));
                        assert!(listing.listed_on.is_none_or(|listed_on| listed_on <= as_of));
                    }
                    assert_eq!(plausible::listings(listings.clone(), zip, as_of), listings);
                }
                Err(error) => garbled_or_unknown(error.fault()),
            }
            match zillow.recent_sales(zip, as_of, 50, &unlimited).await {
                Ok(sales) => {
                    assert!(sales.iter().all(|sale| sale.sold_on < as_of));
                    assert!(sales.iter().all(|sale| sale.address.as_deref().is_none_or(is_line)));
                    assert_eq!(plausible::sales(sales.clone(), zip, as_of), sales);
                }
                Err(error) => garbled_or_unknown(error.fault()),
            }
        }
        if let Err(error) = zillow.probe().await {
            garbled_or_unknown(error.fault());
        }
    }
}

fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn nothing_that_is_answered_does_harm(answers in prop::collection::vec(answers(), 2)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let body = Arc::<Mutex<Vec<u8>>>::default();
            let told = body.clone();
            let loopback = Loopback::answering(move |_| Reply::ok(told.lock().unwrap().clone())).await;
            for answer in answers {
                for service in BOTH {
                    look_at(service, &body, &loopback, answer.clone()).await;
                }
            }
        });
    }
}
