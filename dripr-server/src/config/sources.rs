//! `[sources]`: who is asked for what, in which order.

use serde::Deserialize;

use super::ConfigProblem;

/// Who is asked for what. Where one has no answer, the next one is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// What homes are like and worth.
    pub homes: Vec<Homes>,
    /// Homes for sale.
    pub listings: Vec<Homes>,
    /// Homes sold.
    pub sales: Vec<Homes>,
    /// Figures of the market.
    pub markets: Vec<Markets>,
    /// The mortgage rate.
    pub rates: Vec<Rates>,
    /// Where homes lie.
    pub places: Vec<Places>,
}

/// Who knows homes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Homes {
    /// The files of `[data]`.
    Files,
    /// Zillow, by either of two services.
    Zillow,
    /// RentCast.
    RentCast,
    /// An MLS.
    Mls,
}

/// Who knows markets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Markets {
    /// The files of `[data]`.
    Files,
    /// RentCast.
    RentCast,
    /// An MLS.
    Mls,
}

/// Who knows the mortgage rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rates {
    /// The file of `[data]`.
    Files,
    /// The Federal Reserve Bank of St. Louis.
    Fred,
}

/// Who knows where homes lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Places {
    /// The files of `[data]`.
    Files,
    /// Google's geocoding.
    Google,
}

impl Sources {
    /// Whether files of homes sold are asked for anything that cannot be known without them.
    #[must_use]
    pub fn need_sales_file(&self) -> bool {
        self.homes.contains(&Homes::Files)
            || self.sales.contains(&Homes::Files)
            || self.markets.contains(&Markets::Files)
    }

    /// Whether somebody who knows homes is asked for anything about them.
    #[must_use]
    pub fn ask_for_homes(&self, whom: Homes) -> bool {
        [&self.homes, &self.listings, &self.sales].into_iter().any(|asked| asked.contains(&whom))
    }

    /// Whether RentCast is asked for anything.
    #[must_use]
    pub fn ask_rentcast(&self) -> bool {
        self.ask_for_homes(Homes::RentCast) || self.markets.contains(&Markets::RentCast)
    }

    /// Whether an MLS is asked for anything.
    #[must_use]
    pub fn ask_mls(&self) -> bool {
        self.ask_for_homes(Homes::Mls) || self.markets.contains(&Markets::Mls)
    }

    /// The most who are asked one after the other for the same thing.
    #[must_use]
    pub fn longest(&self) -> usize {
        let homes = [&self.homes, &self.listings, &self.sales].map(Vec::len);
        let others = [self.markets.len(), self.rates.len(), self.places.len()];
        // Zillow is two services.
        let zillow = usize::from(self.ask_for_homes(Homes::Zillow));
        homes.into_iter().map(|len| len + zillow).chain(others).max().unwrap_or_default().max(1)
    }
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    homes: Vec<Homes>,
    listings: Vec<Homes>,
    sales: Vec<Homes>,
    markets: Vec<Markets>,
    rates: Vec<Rates>,
    places: Vec<Places>,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            homes: vec![Homes::Files],
            listings: vec![Homes::Files],
            sales: vec![Homes::Files],
            markets: vec![Markets::Files],
            rates: vec![Rates::Files],
            places: vec![Places::Files],
        }
    }
}

impl Written {
    pub(super) fn check(self) -> Result<Sources, ConfigProblem> {
        let Self { homes, listings, sales, markets, rates, places } = self;
        each("homes", &homes, Homes::feature)?;
        each("listings", &listings, Homes::feature)?;
        each("sales", &sales, Homes::feature)?;
        each("markets", &markets, Markets::feature)?;
        each("rates", &rates, Rates::feature)?;
        each("places", &places, Places::feature)?;
        if homes.is_empty() {
            let reason = "must name at least one: a report is about a home and its value";
            return Err(ConfigProblem::key("sources.homes", reason));
        }
        Ok(Sources { homes, listings, sales, markets, rates, places })
    }
}

/// The feature of the program that somebody needs, and whether this one has it.
type Feature = Option<(&'static str, bool)>;

const ZILLOW: Feature = Some(("zillow", cfg!(feature = "zillow")));
const RENTCAST: Feature = Some(("rentcast", cfg!(feature = "rentcast")));
const MLS: Feature = Some(("reso", cfg!(feature = "reso")));
const FRED: Feature = Some(("fred", cfg!(feature = "fred")));
const GOOGLE: Feature = Some(("google-geocoding", cfg!(feature = "google-geocoding")));

impl Homes {
    fn feature(self) -> Feature {
        match self {
            Self::Files => None,
            Self::Zillow => ZILLOW,
            Self::RentCast => RENTCAST,
            Self::Mls => MLS,
        }
    }
}

impl Markets {
    fn feature(self) -> Feature {
        match self {
            Self::Files => None,
            Self::RentCast => RENTCAST,
            Self::Mls => MLS,
        }
    }
}

impl Rates {
    fn feature(self) -> Feature {
        match self {
            Self::Files => None,
            Self::Fred => FRED,
        }
    }
}

impl Places {
    fn feature(self) -> Feature {
        match self {
            Self::Files => None,
            Self::Google => GOOGLE,
        }
    }
}

/// Nobody is named twice, and this program can ask everybody who is.
fn each<T: Copy + PartialEq>(
    key: &str,
    named: &[T],
    feature: impl Fn(T) -> Feature,
) -> Result<(), ConfigProblem> {
    let problem = |reason: String| Err(ConfigProblem::key(&format!("sources.{key}"), reason));
    for (position, one) in named.iter().enumerate() {
        if named[..position].contains(one) {
            return problem("names one of them twice".to_owned());
        }
        if let Some((feature, false)) = feature(*one) {
            return problem(format!(
                "this dripr was built without one of them; build it with \
                 `cargo build --release --features {feature}`"
            ));
        }
    }
    Ok(())
}
