//! Whoever has one service may put the other in its place.

use dripr_core::{errors::Fault, ports::Allowance};

use crate::{
    Service, centre_of_78041, day,
    loopback::faults,
    services::{self, TODAY},
    subject, zip,
};

#[tokio::test]
async fn both_services_tell_the_same_of_the_same_homes() {
    let (one, two) = (
        services::knowing(Service::V1, services::homes()).await,
        services::knowing(Service::V2, services::homes()).await,
    );
    let unlimited = Allowance::unlimited();
    let (mut listed, mut sold) = (0, 0);
    for is_measured in [false, true] {
        let with = |service: Service, loopback| match is_measured {
            true => service.around(TODAY, faults::options(loopback), centre_of_78041()),
            false => service.on(TODAY, faults::options(loopback)),
        };
        let (one, two) = (with(Service::V1, &one), with(Service::V2, &two));
        for as_of in [TODAY, "2026-03-11", "2026-03-01", "2025-11-30", "2024-03-12"] {
            let as_of = day(as_of);
            for code in ["78041", "78045", "10001"] {
                for limit in [1, 3, 50] {
                    let listings = one.active_listings(zip(code), as_of, limit, &unlimited).await.unwrap();
                    let same = two.active_listings(zip(code), as_of, limit, &unlimited).await.unwrap();
                    assert_eq!(listings, same, "{code} {as_of}");
                    let sales = one.recent_sales(zip(code), as_of, limit, &unlimited).await.unwrap();
                    let same = two.recent_sales(zip(code), as_of, limit, &unlimited).await.unwrap();
                    assert_eq!(sales, same, "{code} {as_of}");
                    listed += listings.len();
                    sold += sales.len();
                }
            }
            for number in [1, 2, 3, 5, 10, 99] {
                let home = subject(&format!("{number} Emerson Loop"));
                match one.property(&home, as_of, &unlimited).await {
                    Ok(found) => {
                        assert_eq!(found, two.property(&home, as_of, &unlimited).await.unwrap());
                        assert!(found.facts.lot_sqft.is_none_or(|lot| lot == 10_890));
                    }
                    Err(error) => {
                        assert_eq!(error.fault(), Fault::NotFound);
                        let same = two.property(&home, as_of, &unlimited).await.unwrap_err();
                        assert_eq!(same.fault(), Fault::NotFound);
                        assert!([3, 99].contains(&number), "{number}: {error}");
                    }
                }
            }
        }
    }
    assert!(listed > 100 && sold > 100, "{listed} {sold}");
}
