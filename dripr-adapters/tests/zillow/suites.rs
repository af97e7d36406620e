//! The contract of the port, and everything that goes wrong.

use dripr_core::{
    content::GeoPoint,
    errors::Fault,
    ports::{Allowance, Subject},
    testkit::contract,
};

use crate::{
    BOTH, allowances, centre_of_78041, day,
    loopback::{Loopback, Reply, faults},
    services::{self, TODAY},
    subject, zip,
};

#[tokio::test]
async fn both_keep_the_contract_of_a_property_source() {
    for service in BOTH {
        let loopback = services::knowing(service, services::homes()).await;
        let by_zip = service.on(TODAY, faults::options(&loopback));
        let by_distance = service.around(TODAY, faults::options(&loopback), centre_of_78041());
        for zillow in [&by_zip, &by_distance] {
            // With and without an estimate.
            for (street, location) in [
                ("1 Emerson Loop", None),
                ("1 Emerson Loop", GeoPoint::new(27.55, -99.48).ok()),
                ("10 Emerson Loop", None),
            ] {
                let known = Subject { location, ..subject(street) };
                let unknown = Some(subject("99 Emerson Loop"));
                let ask = contract::PropertyQuestions { known, unknown, as_of: day(TODAY) };
                contract::property_source(zillow.as_ref(), &ask).await;
            }
            zillow.probe().await.unwrap();
        }
    }
}

#[tokio::test]
async fn whatever_goes_wrong_is_sorted() {
    let (zip, today, unlimited) = (zip("78041"), day(TODAY), Allowance::unlimited());
    let home = subject("7 Elm St");
    for service in BOTH {
        faults::all("a home", &[], async |options| {
            service.on(TODAY, options).property(&home, today, &unlimited).await.map(drop)
        })
        .await;
        faults::all("listings", &[], async |options| {
            service.on(TODAY, options).active_listings(zip, today, 5, &unlimited).await.map(drop)
        })
        .await;
        faults::all("sales", &[], async |options| {
            service.on(TODAY, options).recent_sales(zip, today, 5, &unlimited).await.map(drop)
        })
        .await;
        faults::all("a probe", &[], async |options| service.on(TODAY, options).probe().await).await;
    }
}

#[tokio::test]
async fn what_is_not_allowed_is_not_asked() {
    for service in BOTH {
        let loopback = Loopback::giving([Reply::ok(format!(r#"{{"{}":[]}}"#, service.list()))]).await;
        let zillow = service.on(TODAY, faults::options(&loopback));
        let (zip, today, none) = (zip("78041"), day(TODAY), allowances::none());
        let faults = [
            zillow.property(&subject("7 Elm St"), today, &none).await.unwrap_err().fault(),
            zillow.active_listings(zip, today, 5, &none).await.unwrap_err().fault(),
            zillow.recent_sales(zip, today, 5, &none).await.unwrap_err().fault(),
        ];
        assert_eq!(faults, [Fault::NotAllowed; 3]);
        assert!(loopback.asked().is_empty());
    }
}

#[tokio::test]
async fn a_probe_is_one_call_and_wants_homes() {
    for service in BOTH {
        let list = service.list();
        for (answer, fault) in [
            (format!(r#"{{"{list}":[]}}"#), None),
            (r#"{"totalResultCount":0}"#.to_owned(), None),
            ("{}".to_owned(), Some(Fault::Garbled)),
            (r#"{"message":"x"}"#.to_owned(), Some(Fault::Garbled)),
        ] {
            let loopback = Loopback::giving([Reply::ok(answer)]).await;
            let zillow = service.around(TODAY, faults::options(&loopback), centre_of_78041());
            assert_eq!(zillow.probe().await.err().map(|error| error.fault()), fault);
            let [request] = loopback.asked().try_into().unwrap();
            assert_eq!(request.query("location"), Some("98103"));
        }
    }
}
