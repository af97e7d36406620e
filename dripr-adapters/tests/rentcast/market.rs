//! What a ZIP code's market looks like.

use dripr_core::{
    content::{FiguresOf, MarketStatistics, PriceTrend},
    errors::{Fault, PortResult},
    ports::{Allowance, MarketSource},
};
use serde_json::{Value, json};

use crate::{
    changed, day,
    loopback::{Loopback, Reply, faults},
    nonsense, nothing, query, rentcast_on, sample, zip,
};

const SAMPLE: &str = sample!("markets.zip-29611.2024-10");

/// What RentCast makes, asked on 14 October 2024.
async fn market(reply: Reply, as_of: &str) -> PortResult<MarketStatistics> {
    let loopback = Loopback::giving([reply]).await;
    let rentcast = rentcast_on("2024-10-14", faults::options(&loopback));
    rentcast.statistics(zip("29611"), day(as_of), &Allowance::unlimited()).await
}

/// What is made of the sample, changed.
async fn of(as_of: &str, change: impl FnOnce(&mut Value)) -> PortResult<MarketStatistics> {
    market(changed(SAMPLE, change), as_of).await
}

/// The sample's sale data, changed.
async fn sale_data(change: impl FnOnce(&mut Value)) -> MarketStatistics {
    of("2024-10-14", |answer| change(&mut answer["saleData"])).await.unwrap()
}

fn october() -> MarketStatistics {
    MarketStatistics {
        zip_code: zip("29611"),
        as_of: day("2024-10-14"),
        period_days: 14,
        figures_of: FiguresOf::ForSale,
        sales: None,
        median_price: Some(276_990),
        median_price_per_sqft: Some(178),
        median_days_on_market: Some(45),
        new_listings: Some(21),
        active_listings: None,
        trend: None,
        source: "RentCast".to_owned(),
    }
}

fn september() -> MarketStatistics {
    MarketStatistics {
        as_of: day("2024-09-30"),
        period_days: 30,
        median_price: Some(277_990),
        median_days_on_market: Some(41),
        // Two of the 66 are lots.
        new_listings: Some(64),
        ..october()
    }
}

#[tokio::test]
async fn a_sample_of_the_running_month() {
    assert_eq!(market(Reply::ok(SAMPLE), "2024-10-14").await.unwrap(), october());
    // It is another day in other zones, and the answer says its own.
    assert_eq!(market(Reply::ok(SAMPLE), "2024-10-15").await.unwrap(), october());
    let yesterday = MarketStatistics { as_of: day("2024-10-13"), period_days: 13, ..october() };
    assert_eq!(market(Reply::ok(SAMPLE), "2024-10-13").await.unwrap(), yesterday);
}

#[tokio::test]
async fn of_an_earlier_day_the_month_that_had_ended_is_told() {
    assert_eq!(market(Reply::ok(SAMPLE), "2024-10-12").await.unwrap(), september());
    assert_eq!(market(Reply::ok(SAMPLE), "2024-09-30").await.unwrap(), september());
    let august = market(Reply::ok(SAMPLE), "2024-09-29").await.unwrap();
    assert_eq!((august.as_of, august.period_days), (day("2024-08-31"), 31));
    assert_eq!((august.median_price, august.new_listings), (Some(284_900), Some(56)));
    for as_of in ["2024-08-30", "2024-01-01", "0001-01-01"] {
        let error = market(Reply::ok(SAMPLE), as_of).await.unwrap_err();
        assert_eq!(error.fault(), Fault::NotFound, "{as_of}");
    }
    // Of a missing month the one before stands in, and not one of long ago.
    let gap =
        |answer: &mut Value| drop(answer["saleData"]["history"].as_object_mut().unwrap().remove("2024-09"));
    assert_eq!(of("2024-10-12", gap).await.unwrap().as_of, day("2024-08-31"));
    let error = of("2024-10-12", |answer| {
        let history = &mut answer["saleData"]["history"];
        *history = json!({"2024-06": history["2024-08"]});
    });
    assert_eq!(error.await.unwrap_err().fault(), Fault::NotFound);
}

#[tokio::test]
async fn figures_that_were_not_brought_up_to_date_say_so() {
    let updated =
        async |date: Value| of("2024-10-14", |answer| answer["saleData"]["lastUpdatedDate"] = date).await;
    let old = updated(json!("2024-10-02T00:00:00.000Z")).await.unwrap();
    assert_eq!((old.as_of, old.period_days, old.median_price), (day("2024-10-02"), 2, Some(276_990)));
    // Without a day that can be, the latest month that ended is.
    for date in [json!(null), json!("0001-01-01T00:00:00.000Z"), json!("9999-12-31"), json!("soon"), json!(5)]
    {
        assert_eq!(updated(date).await.unwrap(), september());
    }
    let alone = async |date: &str| {
        let given = of("2024-10-14", |answer| {
            (answer["saleData"]["lastUpdatedDate"], answer["saleData"]["history"]) =
                (json!(date), json!(null));
        });
        given.await
    };
    assert_eq!(alone("2024-07-14").await.unwrap().as_of, day("2024-07-14"));
    assert_eq!(alone("2024-07-13").await.unwrap_err().fault(), Fault::NotFound);
}

#[tokio::test]
async fn a_month_that_has_just_begun_is_not_the_one_before() {
    // On the first of a month in one zone it is the last of the month before in another.
    let loopback = Loopback::giving([changed(SAMPLE, |answer| {
        answer["saleData"]["lastUpdatedDate"] = json!("2024-10-01T00:00:00.000Z");
    })])
    .await;
    let rentcast = rentcast_on("2024-10-01", faults::options(&loopback));
    let on = async |as_of: &str| {
        rentcast.statistics(zip("29611"), day(as_of), &Allowance::unlimited()).await.unwrap()
    };
    assert_eq!(on("2024-09-30").await, september());
    assert_eq!(
        on("2024-10-01").await,
        MarketStatistics { as_of: day("2024-10-01"), period_days: 1, ..october() }
    );
    // On the last of a month that month has not ended.
    let rentcast = rentcast_on("2024-09-30", faults::options(&loopback));
    let given = rentcast.statistics(zip("29611"), day("2024-09-30"), &Allowance::unlimited()).await.unwrap();
    assert_eq!(given.as_of, day("2024-08-31"));
}

/// The trend of the sample where each of these months had a median price per square foot.
async fn trend(months: &[(&str, Value)]) -> Option<PriceTrend> {
    let given = sale_data(|sale_data| {
        for (month, price) in months {
            sale_data["history"][*month] = json!({"medianPricePerSquareFoot": price, "totalListings": 200});
        }
    });
    given.await.trend
}

#[tokio::test]
async fn a_month_is_held_against_the_same_a_year_before() {
    let year = Some(PriceTrend { percent: 4.7, over_days: 366 });
    assert_eq!(trend(&[("2023-10", json!(170)), ("2023-12", json!(100))]).await, year);
    // What lies farther back does not count.
    assert_eq!(trend(&[("2023-09", json!(100))]).await, None);
    let ten = Some(PriceTrend { percent: -11.0, over_days: 305 });
    assert_eq!(
        trend(&[("2023-09", json!(100)), ("2023-12", json!(200)), ("2024-05", json!(100))]).await,
        ten
    );
    let three = Some(PriceTrend { percent: 0.0, over_days: 92 });
    assert_eq!(trend(&[("2024-07", json!("178"))]).await, three);
    // August is two months before, and there is no more in the sample.
    assert_eq!(trend(&[]).await, None);
    for price in nonsense() {
        assert_eq!(trend(&[("2023-10", price.clone())]).await, None, "{price}");
        let none = sale_data(|sale_data| {
            sale_data["medianPricePerSquareFoot"] = price.clone();
            sale_data["history"]["2023-10"] = json!({"medianPricePerSquareFoot": 170});
        });
        assert_eq!(none.await.trend, None, "{price}");
    }
    // Of an earlier day nothing later counts.
    let august = of("2024-09-29", |answer| {
        answer["saleData"]["history"]["2023-08"] = json!({"medianPricePerSquareFoot": 184});
    });
    assert_eq!(august.await.unwrap().trend, Some(PriceTrend { percent: -5.0, over_days: 366 }));
}

#[tokio::test]
async fn figures_that_cannot_be_are_left_out() {
    for nonsense in nonsense() {
        let none = (nonsense == json!(0)).then_some(0);
        let given = sale_data(|sale_data| {
            for figure in ["medianPrice", "medianPricePerSquareFoot", "medianDaysOnMarket", "newListings"] {
                sale_data[figure] = nonsense.clone();
            }
            sale_data["newListings"] = json!(1);
        });
        let expected = MarketStatistics {
            median_price: None,
            median_price_per_sqft: None,
            median_days_on_market: none,
            new_listings: Some(1),
            ..october()
        };
        assert_eq!(given.await, expected, "{nonsense}");
        let new = sale_data(|sale_data| sale_data["newListings"] = nonsense.clone()).await;
        assert_eq!(new, MarketStatistics { new_listings: none, ..october() }, "{nonsense}");
    }
}

#[tokio::test]
async fn prices_per_square_foot_are_told_in_whole_dollars() {
    let told = async |price: Value| {
        sale_data(|sale_data| sale_data["medianPricePerSquareFoot"] = price).await.median_price_per_sqft
    };
    assert_eq!(told(json!(178.5)).await, Some(179));
    assert_eq!(told(json!("$178.49")).await, Some(178));
    assert_eq!(told(json!(0.4)).await, None);
}

#[tokio::test]
async fn land_is_no_home() {
    let with_land = async |new: u32, total: u32| {
        let given = sale_data(|sale_data| {
            let land = json!({"propertyType": "Land", "newListings": new, "totalListings": total});
            sale_data["dataByPropertyType"] =
                json!([null, "x", {"propertyType": "Condo", "newListings": 9}, land]);
        });
        given.await
    };
    assert_eq!(with_land(0, 53).await, october());
    assert_eq!(with_land(5, 0).await, MarketStatistics { new_listings: Some(16), ..october() });
    assert_eq!(with_land(50, 0).await.new_listings, Some(0));
    let mostly = MarketStatistics { median_price: None, median_days_on_market: None, ..october() };
    assert_eq!(with_land(0, 54).await, mostly);
    for nobody_says in [json!(null), json!({}), json!("Land"), json!([{"propertyType": "Land"}])] {
        assert_eq!(sale_data(|sale_data| sale_data["dataByPropertyType"] = nobody_says).await, october());
    }
}

#[tokio::test]
async fn few_homes_have_no_median() {
    let with = async |total: Value| {
        let given = sale_data(|sale_data| {
            (sale_data["totalListings"], sale_data["dataByPropertyType"]) = (total, json!([]));
            sale_data["history"]["2023-10"] = json!({"medianPricePerSquareFoot": 170});
        });
        given.await
    };
    let three = with(json!(3)).await;
    assert_eq!((three.median_price, three.trend.is_some()), (Some(276_990), true));
    let two = with(json!(2)).await;
    assert_eq!((two.median_price, two.median_price_per_sqft, two.median_days_on_market), (None, None, None));
    assert_eq!((two.new_listings, two.trend), (Some(21), None));
    assert_eq!(with(json!(null)).await.median_price, Some(276_990));
}

#[tokio::test]
async fn where_nothing_is_known_there_is_no_market() {
    let none: [fn(&mut Value); 10] = [
        |answer| *answer = json!({}),
        |answer| drop(answer.as_object_mut().unwrap().remove("saleData")),
        |answer| answer["saleData"] = json!(null),
        |answer| answer["saleData"] = json!([]),
        |answer| answer["saleData"] = json!({}),
        |answer| answer["saleData"] = json!({"lastUpdatedDate": "2024-10-14T00:00:00.000Z"}),
        |answer| answer["saleData"] = json!({"lastUpdatedDate": "2024-10-14", "medianPrice": 1e12}),
        |answer| answer["saleData"] = json!({"history": {"2024-09": {}, "soon": {"medianPrice": 300_000}}}),
        |answer| answer["saleData"] = json!({"history": [{"medianPrice": 300_000}]}),
        |answer| answer["zipCode"] = json!("29612"),
    ];
    for (case, change) in none.into_iter().enumerate() {
        assert_eq!(of("2024-10-14", change).await.unwrap_err().fault(), Fault::NotFound, "{case}");
    }
    assert_eq!(market(nothing(), "2024-10-14").await.unwrap_err().fault(), Fault::NotFound);
    // One figure is a market.
    for figure in ["medianPrice", "medianPricePerSquareFoot", "medianDaysOnMarket", "newListings"] {
        let one = of("2024-10-14", |answer| {
            answer["saleData"] = json!({"lastUpdatedDate": "2024-10-14", figure: if figure == "medianPrice" { 300_000 } else { 300 }});
        });
        assert!(one.await.is_ok(), "{figure}");
    }
    let by_id = of("2024-10-14", |answer| (answer["zipCode"], answer["id"]) = (json!(null), json!("29612")));
    assert_eq!(by_id.await.unwrap_err().fault(), Fault::NotFound);
    let untold = of("2024-10-14", |answer| (answer["zipCode"], answer["id"]) = (json!(null), json!(null)));
    assert_eq!(untold.await.unwrap(), october());
    for answer in ["[]", "null", "5", r#"[{"saleData":{}}]"#] {
        let error = market(Reply::ok(answer), "2024-10-14").await.unwrap_err();
        assert_eq!(error.fault(), Fault::Garbled, "{answer}");
    }
    // The question itself can be wrong.
    let error = market(Reply::json(400, sample!("error.400")), "2024-10-14").await.unwrap_err();
    assert_eq!(error.fault(), Fault::Invalid);
}

#[tokio::test]
async fn one_call_asks_for_the_month_and_a_year_before() {
    let loopback = Loopback::giving([Reply::ok(SAMPLE)]).await;
    let rentcast = rentcast_on("2024-10-14", faults::options(&loopback));
    for (as_of, months) in
        [("2024-10-14", "13"), ("2024-09-30", "14"), ("2023-10-31", "25"), ("2025-10-31", "13")]
    {
        let before = loopback.asked().len();
        let (allowance, counter) = crate::allowances::of(5);
        let _ = rentcast.statistics(zip("29611"), day(as_of), &allowance).await;
        assert_eq!((counter.taken(), loopback.asked().len()), (1, before + 1));
        let request = loopback.asked().pop().unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/markets"));
        let expected = [("zipCode", "29611"), ("historyRange", months), ("suppressLogging", "true")];
        assert_eq!(query(&request), expected);
    }
}
