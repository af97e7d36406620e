//! Answers of any shape: nothing panics, and what is given can be.

use dripr_core::{
    content::{Listing, Sale, plausible},
    errors::Fault,
    ports::{Allowance, MarketSource, PropertySource},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    centre_of_78723, day,
    loopback::{Loopback, Reply, faults},
    rentcast_on, sample, subject, zip,
};

/// A value that stands where another was expected.
fn odd() -> impl Strategy<Value = Value> {
    let known = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1e12),
        json!(1e308),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(0.001),
        json!("NaN"),
        json!("inf"),
        json!(""),
        json!("0001-01-01T00:00:00.000Z"),
        json!("9999-12-31"),
        json!("+262142-12-31"),
        json!("2024-02-30"),
        json!("éééééé"),
        json!([]),
        json!({}),
        json!([[[]]]),
        json!({"name": {"name": []}}),
        json!("Multi-Family"),
        json!("10001"),
    ];
    prop_oneof![
        8 => prop::sample::select(known.to_vec()),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
    ]
}

/// What is done to an answer, at places chosen by numbers.
#[derive(Debug, Clone)]
enum Mutation {
    Exchange(Value),
    Remove,
    Rename(String),
    Repeat,
}

fn mutations() -> impl Strategy<Value = Vec<(Vec<prop::sample::Index>, Mutation)>> {
    let key = prop_oneof![Just("2024-13".to_owned()), Just("+262142-12".to_owned()), any::<String>()];
    let mutation = prop_oneof![
        6 => odd().prop_map(Mutation::Exchange),
        2 => Just(Mutation::Remove),
        1 => key.prop_map(Mutation::Rename),
        1 => Just(Mutation::Repeat),
    ];
    prop::collection::vec((prop::collection::vec(any::<prop::sample::Index>(), 1..6), mutation), 0..8)
}

fn mutate(value: &mut Value, path: &[prop::sample::Index], mutation: &Mutation) {
    let Some((index, rest)) = path.split_first() else {
        if let Mutation::Exchange(other) = mutation {
            *value = other.clone();
        }
        return;
    };
    match value {
        Value::Array(values) if !values.is_empty() => {
            let at = index.index(values.len());
            match mutation {
                Mutation::Remove if rest.is_empty() => drop(values.remove(at)),
                Mutation::Repeat if rest.is_empty() => values.extend(vec![values[at].clone(); 20]),
                _ => mutate(&mut values[at], rest, mutation),
            }
        }
        Value::Object(members) if !members.is_empty() => {
            let key = members.keys().nth(index.index(members.len())).unwrap().clone();
            match mutation {
                Mutation::Remove if rest.is_empty() => drop(members.remove(&key)),
                Mutation::Rename(name) if rest.is_empty() => {
                    let member = members.remove(&key).unwrap();
                    members.insert(name.clone(), member);
                }
                _ => mutate(&mut members[&key], rest, mutation),
            }
        }
        other => mutate(other, &[], mutation),
    }
}

/// Asks everything of a RentCast that answers everything alike.
async fn everything(reply: Reply, around: bool, as_of: &str) {
    let loopback = Loopback::giving([reply]).await;
    let rentcast = rentcast_on("2024-10-14", faults::options(&loopback));
    let rentcast = if around { rentcast.measuring_from(centre_of_78723()) } else { rentcast };
    let (as_of, unlimited) = (day(as_of), Allowance::unlimited());
    let expected = |fault| matches!(fault, Fault::Garbled | Fault::NotFound);

    let home = subject("5500 Grand Lake Dr");
    match rentcast.property(&home, as_of, &unlimited).await {
        Ok(property) => {
            assert!(property.valuation.is_some() != property.no_value_because.is_some(), "{property:?}");
            assert!(property.valuation.iter().all(|valuation| valuation.comparables.is_empty()));
            plausible::property(property, home.home.zip_code, as_of).unwrap();
        }
        Err(error) => assert!(expected(error.fault()), "{error}"),
    }
    match rentcast.active_listings(zip("78723"), as_of, 500, &unlimited).await {
        Ok(listings) => {
            assert_eq!(plausible::listings(listings.clone(), zip("78723"), as_of), listings);
            let far = |listing: &Listing| listing.miles.unwrap_or(f64::MAX);
            assert!(listings.is_sorted_by(|a, b| far(a) <= far(b)), "{listings:?}");
        }
        Err(error) => assert!(expected(error.fault()), "{error}"),
    }
    match rentcast.recent_sales(zip("78244"), as_of, 500, &unlimited).await {
        Ok(sales) => {
            assert_eq!(plausible::sales(sales.clone(), zip("78244"), as_of), sales);
            assert!(sales.is_sorted_by_key(|sale: &Sale| std::cmp::Reverse(sale.sold_on)), "{sales:?}");
        }
        Err(error) => assert!(expected(error.fault()), "{error}"),
    }
    match rentcast.statistics(zip("29611"), as_of, &unlimited).await {
        Ok(market) => {
            assert!((1..=31).contains(&market.period_days), "{market:?}");
            assert_eq!(plausible::statistics(market.clone(), zip("29611"), as_of).unwrap(), market);
        }
        Err(error) => assert!(expected(error.fault()), "{error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn mutated_answers_break_nothing(
        sample in prop::sample::select(vec![
            sample!("avm-value.2025"),
            sample!("avm-value.2024"),
            sample!("listings-sale.array"),
            sample!("properties.2025"),
            sample!("markets.zip-29611.2024-10"),
        ]),
        mutations in mutations(),
        around in any::<bool>(),
        as_of in prop::sample::select(vec!["2024-10-14", "2024-10-13", "2024-10-01", "2024-09-30", "2030-01-01"]),
    ) {
        let mut answer: Value = serde_json::from_str(sample).unwrap();
        for (path, mutation) in &mutations {
            mutate(&mut answer, path, mutation);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(everything(Reply::ok(answer.to_string()), around, as_of));
    }

    #[test]
    fn bytes_that_are_no_answer_break_nothing(body in any::<Vec<u8>>(), around in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(everything(Reply::ok(body), around, "2024-10-14"));
    }
}
