//! The service [`zillow56`](https://rapidapi.com/s.mahmoud97/api/zillow56).
//!
//! - A home: `GET /search?location=…` with an exact address, which gives one detail object.
//! - Homes: `GET /search_coordinates` with `lat`, `long` and the diameter `d` in miles, or `GET /search` with a
//!   `location`; `status` is `forSale` or `recentlySold`, and `doz` then says how long ago. The order is called `sort`
//!   in the one and `sortSelection` in the other. Their list stands in `results`.
//! - An address is in parts. `daysOnZillow` is -1 everywhere; `timeOnZillow` counts milliseconds.

use super::service::{Question, Service, Wanted, diameter, period};
use crate::around_zip::Area;

/// The service `zillow56`.
#[derive(Debug, Clone, Copy)]
pub enum V2 {}

impl Service for V2 {
    const NAME: &'static str = "Zillow V2 (RapidAPI)";
    const USUAL_BASE: &'static str = "https://zillow56.p.rapidapi.com";
    const LIST: &'static str = "results";

    fn home(address: String) -> Question {
        Question { path: "search", query: vec![("location", address)] }
    }

    fn homes(area: Area, wanted: Wanted) -> Question {
        let newest = "days".to_owned();
        let (path, mut query) = match area {
            Area::Zip(zip) => {
                ("search", vec![("location", zip.as_str().to_owned()), ("sortSelection", newest)])
            }
            Area::Around { centre, miles } => {
                let point =
                    [("lat", centre.latitude().to_string()), ("long", centre.longitude().to_string())];
                let circle = point.into_iter().chain([("d", diameter(miles)), ("sort", newest)]);
                ("search_coordinates", circle.collect())
            }
        };
        query.extend([("isLotLand", "false".to_owned()), ("isApartment", "false".to_owned())]);
        match wanted {
            Wanted::ForSale => query.push(("status", "forSale".to_owned())),
            Wanted::Sold { days } => {
                query.extend([("status", "recentlySold".to_owned()), ("doz", period(days).to_owned())]);
            }
        }
        Question { path, query }
    }
}
