//! The service [`zillow-com1`](https://rapidapi.com/apimaker/api/zillow-com1).
//!
//! - A home: `GET /property?address=…`, which gives one detail object.
//! - Homes: `GET /propertyExtendedSearch`, with `status_type` `ForSale` or `RecentlySold` and `soldInLast`, around
//!   `coordinates` (`<longitude> <latitude>,<diameter in miles>`) or in a `location`. Its list stands in `props`.
//! - An address is one line in lists, and an object of parts in a detail object; a `zpid` is a text there and a number
//!   here.

use super::service::{Question, Service, Wanted, diameter, period};
use crate::around_zip::Area;

/// The service `zillow-com1`.
#[derive(Debug, Clone, Copy)]
pub enum V1 {}

impl Service for V1 {
    const NAME: &'static str = "Zillow V1 (RapidAPI)";
    const USUAL_BASE: &'static str = "https://zillow-com1.p.rapidapi.com";
    const LIST: &'static str = "props";

    fn home(address: String) -> Question {
        Question { path: "property", query: vec![("address", address)] }
    }

    fn homes(area: Area, wanted: Wanted) -> Question {
        let within = match area {
            Area::Zip(zip) => ("location", zip.as_str().to_owned()),
            Area::Around { centre, miles } => {
                let (longitude, latitude) = (centre.longitude(), centre.latitude());
                ("coordinates", format!("{longitude} {latitude},{}", diameter(miles)))
            }
        };
        let mut query = vec![
            within,
            ("home_type", "Houses,Townhomes,Condos,Multi-family,Manufactured".to_owned()),
            ("sort", "Newest".to_owned()),
        ];
        match wanted {
            Wanted::ForSale => query.push(("status_type", "ForSale".to_owned())),
            Wanted::Sold { days } => query.extend([
                ("status_type", "RecentlySold".to_owned()),
                ("soldInLast", period(days).to_owned()),
            ]),
        }
        Question { path: "propertyExtendedSearch", query }
    }
}
