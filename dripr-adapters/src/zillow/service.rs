//! What each service does in its own way: where it is, how it is asked, and where its lists stand.

use crate::around_zip::Area;

/// A service that sells what Zillow tells.
pub trait Service: Send + Sync + 'static {
    /// How errors name it.
    const NAME: &'static str;
    /// Where it is.
    const USUAL_BASE: &'static str;
    /// The field of an answer that holds a list of homes.
    const LIST: &'static str;

    /// Asks for the home at an address.
    fn home(address: String) -> Question;

    /// Asks for homes of an area.
    fn homes(area: Area, wanted: Wanted) -> Question;
}

/// A question, as it stands in an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Where it is asked.
    pub path: &'static str,
    /// What is asked.
    pub query: Vec<(&'static str, String)>,
}

/// Which homes of an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Those for sale now.
    ForSale,
    /// Those sold in so many days before today.
    Sold {
        /// Days.
        days: i64,
    },
}

/// The shortest period that both services know and that holds so many days; half a year at least.
pub(super) fn period(days: i64) -> &'static str {
    match days {
        // From March to August are the longest six months, and from September to February the shortest.
        ..=181 => "6m",
        182..=365 => "12m",
        366..=730 => "24m",
        _ => "36m",
    }
}

/// The diameter of a circle of so many miles around its centre, which both services want to be 1 to 99.
pub(super) fn diameter(miles: u8) -> String {
    miles.saturating_mul(2).clamp(1, 99).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_holds_the_days_that_are_asked_for() {
        let periods = [0, 180, 181, 182, 365, 366, 730, 731, 100_000].map(period);
        assert_eq!(periods, ["6m", "6m", "6m", "12m", "12m", "24m", "24m", "36m", "36m"]);
    }
}
