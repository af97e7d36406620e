//! The ports over local files.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use chrono::{Days, NaiveDate};
use dripr_core::{
    contact::Home,
    content::{GeoPoint, HomeFacts, Listing, MarketStatistics, MortgageRate, Property, Sale, ZipCode},
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, Geocoder, MarketSource, MortgageRateSource, Place, PropertySource, Subject},
};
use serde::{Deserialize, Serialize};

use super::{
    csv_file::FileError,
    listings_file::{self, ListingRecord, read_listings},
    market,
    rates_file::{Rates, read_rates},
    row_report::RowReport,
    sales_book::SalesBook,
    sales_file::{SaleRecord, read_sales},
    valuation::{Target, Valuer},
    zip_centres::{self, ZipCentres},
};

/// How far from a ZIP code's centre a home may lie to be shown as local, in miles.
const LOCAL_MILES: f64 = 5.0;
/// How long ago a recent sale may lie, in days.
const RECENT_DAYS: u64 = 180;
/// How many sales around a centre are looked at for those of the last half year.
const AROUND: usize = 400;
/// A home farther than this from its ZIP code's centre has a wrong point or a wrong ZIP code, in miles.
const ASTRAY_MILES: f64 = 100.0;

/// Which files to open, and how reports name what comes from them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalDataConfig {
    /// The sales, `.csv` or `.csv.gz`; without them nothing is known of homes and markets.
    #[serde(default)]
    pub sales: Option<PathBuf>,
    /// How reports name the source of sales, valuations and statistics.
    pub sales_source: String,
    /// Where listings come from.
    #[serde(default)]
    pub listings: ListingsFrom,
    /// Where mortgage rates come from; none where it is left out.
    #[serde(default)]
    pub rates: Option<RatesFrom>,
}

/// Where active listings come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ListingsFrom {
    /// From nowhere: there are none.
    #[default]
    Nowhere,
    /// From a `.csv` or `.csv.gz` file.
    File {
        /// The file.
        path: PathBuf,
        /// How reports name where they come from.
        source: String,
        /// The day of the export, from which days on the market are counted back.
        #[serde(default)]
        exported_on: Option<NaiveDate>,
    },
    /// For demonstrations over historical sales only: homes that went on to sell within so many days from the asked
    /// day stand in for listings, and the price they sold for for the asking price. It looks into the future of the
    /// asked day, as only a demonstration may; valuations, sales and statistics never do.
    FutureSales {
        /// How many days ahead.
        days: u16,
    },
}

/// Where mortgage rates come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatesFrom {
    /// The file of dates and rates, `.csv` or `.csv.gz`.
    pub path: PathBuf,
    /// How reports name the survey.
    pub source: String,
}

/// Homes, market, rates and places from local files.
///
/// ```no_run
/// use dripr_adapters::local_data::{ListingsFrom, LocalData, LocalDataConfig};
/// let data = LocalData::open(&LocalDataConfig {
///     sales: Some("data/king-county-sales.csv.gz".into()),
///     sales_source: "King County sales".into(),
///     listings: ListingsFrom::Nowhere,
///     rates: None,
/// })?;
/// for (path, report) in data.reports() {
///     println!("{}: {report}", path.display());
/// }
/// # Ok::<(), dripr_adapters::local_data::FileError>(())
/// ```
#[derive(Debug)]
pub struct LocalData {
    book: Arc<SalesBook>,
    valuer: Valuer,
    source: String,
    listings: Listings,
    rates: Option<(Rates, String)>,
    /// Positions of the sales of each address, oldest first.
    addresses: HashMap<String, Vec<usize>>,
    reports: Vec<(PathBuf, RowReport)>,
}

#[derive(Debug)]
enum Listings {
    Nowhere,
    Known(Vec<ListingRecord>),
    FutureSales(u16),
}

impl LocalData {
    /// Opens and reads the files whole; later changes to them are not seen. Rows that cannot be used are logged by
    /// number and told by [`reports`](Self::reports).
    ///
    /// # Errors
    /// [`FileError`] naming the file that is missing, unreadable, or lacks a needed column.
    pub fn open(config: &LocalDataConfig) -> Result<Self, FileError> {
        let mut reports = Vec::new();
        let sales = match &config.sales {
            None => Vec::new(),
            Some(path) => {
                let (sales, report) = read_sales(path)?;
                reports.push((path.clone(), report));
                sales
            }
        };
        let listings = match &config.listings {
            ListingsFrom::Nowhere => Listings::Nowhere,
            ListingsFrom::FutureSales { days } => Listings::FutureSales(*days),
            ListingsFrom::File { path, source, exported_on } => {
                let (listings, report) = read_listings(path, source, *exported_on)?;
                reports.push((path.clone(), report));
                Listings::Known(listings)
            }
        };
        let rates = match &config.rates {
            None => None,
            Some(from) => {
                let (rates, report) = read_rates(&from.path)?;
                reports.push((from.path.clone(), report));
                Some((rates, from.source.clone()))
            }
        };
        for (path, report) in &reports {
            if report.rejected > 0 {
                tracing::warn!(file = %path.display(), taken = report.taken, rejected = report.rejected,
                    "some rows of a data file cannot be used");
            }
        }
        let book = Arc::new(SalesBook::new(sales));
        let mut addresses: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, sale) in book.before(NaiveDate::MAX).iter().enumerate() {
            if let Some(key) = key(sale) {
                addresses.entry(key).or_default().push(index);
            }
        }
        let source = config.sales_source.clone();
        Ok(Self {
            valuer: Valuer::new(book.clone(), source.clone()),
            book,
            source,
            listings,
            rates,
            addresses,
            reports,
        })
    }

    /// How the reading of each file went.
    #[must_use]
    pub fn reports(&self) -> &[(PathBuf, RowReport)] {
        &self.reports
    }

    /// The sales, for statistics of one's own.
    #[must_use]
    pub fn book(&self) -> &SalesBook {
        &self.book
    }

    /// The valuer, for back-tests.
    #[must_use]
    pub fn valuer(&self) -> &Valuer {
        &self.valuer
    }

    /// The latest sale of a home before a day, found by its address.
    fn earlier_sale(&self, home: &Home, as_of: NaiveDate) -> Option<&SaleRecord> {
        let known = self.book.before(as_of);
        self.addresses.get(&home.key())?.iter().rev().find_map(|index| known.get(*index))
    }

    fn shown(&self, sale: &SaleRecord, zip: ZipCode) -> Sale {
        Sale {
            address: sale.address.as_deref().map(str::to_owned),
            zip_code: sale.zip.unwrap_or(zip),
            price: sale.price,
            sold_on: sale.sold_on,
            facts: sale.facts.clone(),
            miles: miles_from_centre(sale, zip),
            courtesy_of: None,
            source: self.source.clone(),
        }
    }
}

/// What an address in the file has in common with the same address in an agent's data.
fn key(sale: &SaleRecord) -> Option<String> {
    let street = sale.address.as_deref()?.split(',').next()?.trim();
    let home = Home {
        street: street.to_owned(),
        city: String::new(),
        state: String::new(),
        zip_code: sale.zip?,
        location: None,
        facts: HomeFacts::default(),
    };
    (!street.is_empty()).then(|| home.key())
}

fn miles_from_centre(sale: &SaleRecord, zip: ZipCode) -> Option<f64> {
    let centre = zip_centres::centre(zip).filter(|_| !sale.location_is_zip_centre)?;
    Some(listings_file::tenths(centre.miles_to(sale.location)))
}

#[async_trait]
impl PropertySource for LocalData {
    async fn property(&self, subject: &Subject, as_of: NaiveDate, _: &Allowance) -> PortResult<Property> {
        let home = &subject.home;
        let earlier = self.earlier_sale(home, as_of);
        let facts = earlier.iter().fold(home.facts.clone(), |known, sale| known.filled_with(&sale.facts));
        let sold_at = earlier.filter(|sale| !sale.location_is_zip_centre).map(|sale| sale.location);
        let location = subject.location.or(home.location).or(sold_at);
        let centre = zip_centres::centre(home.zip_code);
        let astray = location.zip(centre).is_some_and(|(at, centre)| at.miles_to(centre) > ASTRAY_MILES);
        let valued = match location.or(centre) {
            None => Err("the place of the home is not known".to_owned()),
            Some(_) if astray => Err("the point on file lies far from the ZIP code".to_owned()),
            Some(at) => {
                let target = Target {
                    facts: facts.clone(),
                    zip: Some(home.zip_code),
                    location: at,
                    location_is_zip_centre: location.is_none(),
                };
                self.valuer.value(&target, as_of).map_err(|why| why.to_string())
            }
        };
        let (valuation, no_value_because) = match valued {
            Ok(valuation) => (Some(valuation), None),
            Err(why) => (None, Some(why)),
        };
        Ok(Property {
            formatted_address: subject.formatted_address.clone().unwrap_or_else(|| home.one_line()),
            zip_code: home.zip_code,
            location: location.filter(|_| !astray),
            facts,
            valuation,
            no_value_because,
        })
    }

    async fn active_listings(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        _: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        match &self.listings {
            Listings::Nowhere => Ok(Vec::new()),
            Listings::Known(listings) => Ok(listings_file::nearest(listings, zip, as_of, LOCAL_MILES, limit)),
            Listings::FutureSales(days) => {
                let until = as_of.checked_add_days(Days::new(u64::from(*days))).unwrap_or(NaiveDate::MAX);
                let stand_ins: Vec<ListingRecord> = self
                    .book
                    .between(as_of, until)
                    .iter()
                    .filter_map(|sale| {
                        let listing = Listing {
                            address: sale.address.as_deref().map(str::to_owned),
                            zip_code: sale.zip?,
                            price: sale.price,
                            listed_on: None,
                            facts: sale.facts.clone(),
                            miles: None,
                            link: None,
                            courtesy_of: None,
                            source: self.source.clone(),
                        };
                        Some(ListingRecord { listing, location: Some(sale.location) })
                    })
                    .collect();
                Ok(listings_file::nearest(&stand_ins, zip, as_of, LOCAL_MILES, limit))
            }
        }
    }

    async fn recent_sales(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        _: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        let since = as_of.checked_sub_days(Days::new(RECENT_DAYS)).unwrap_or(NaiveDate::MIN);
        let of_zip: Vec<&SaleRecord> =
            self.book.in_zip(zip, as_of).take_while(|sale| sale.sold_on >= since).take(limit).collect();
        let mut sales: Vec<Sale> = of_zip.into_iter().map(|sale| self.shown(sale, zip)).collect();
        // Where the ZIP code itself sold too little, its surroundings fill the list.
        if let Some(centre) = zip_centres::centre(zip).filter(|_| sales.len() < limit) {
            let known = self.book.before(as_of);
            let elsewhere = |index: usize| {
                known.get(index).is_some_and(|sale| sale.zip != Some(zip) && sale.sold_on >= since)
            };
            let mut around: Vec<&SaleRecord> = self
                .book
                .nearest(centre, as_of, AROUND, elsewhere)
                .into_iter()
                .filter_map(|index| known.get(index))
                .filter(|sale| centre.miles_to(sale.location) <= LOCAL_MILES)
                .collect();
            around.sort_by_key(|sale| std::cmp::Reverse(sale.sold_on));
            let missing = limit - sales.len();
            sales.extend(around.into_iter().take(missing).map(|sale| self.shown(sale, zip)));
            sales.sort_by_key(|sale| std::cmp::Reverse(sale.sold_on));
        }
        Ok(sales)
    }
}

#[async_trait]
impl MarketSource for LocalData {
    async fn statistics(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        _: &Allowance,
    ) -> PortResult<MarketStatistics> {
        let statistics = market::statistics(&self.book, zip, as_of, &self.source).ok_or_else(|| {
            PortError::new(Fault::NotFound, format!("no sale in ZIP code {zip} before {as_of} is on file"))
        })?;
        let active_listings = match &self.listings {
            Listings::Known(listings) => {
                let of_zip = listings
                    .iter()
                    .filter(|record| record.listing.zip_code == zip)
                    .filter(|record| record.listing.listed_on.is_none_or(|day| day <= as_of));
                u32::try_from(of_zip.count()).ok()
            }
            // Homes yet to be sold are no count of homes for sale.
            Listings::Nowhere | Listings::FutureSales(_) => None,
        };
        Ok(MarketStatistics { active_listings, ..statistics })
    }
}

#[async_trait]
impl MortgageRateSource for LocalData {
    async fn rate(&self, as_of: NaiveDate, _: &Allowance) -> PortResult<MortgageRate> {
        self.rates.as_ref().and_then(|(rates, source)| rates.in_force(as_of, source)).ok_or_else(|| {
            PortError::new(Fault::NotFound, format!("no mortgage rate in force on {as_of} is on file"))
        })
    }
}

#[async_trait]
impl Geocoder for LocalData {
    async fn locate(&self, home: &Home, _: &Allowance) -> PortResult<Place> {
        // Where a home stands is no news of any day, so sales of all days tell it.
        let sold_at = || {
            self.earlier_sale(home, NaiveDate::MAX)
                .filter(|sale| !sale.location_is_zip_centre)
                .map(|sale| sale.location)
        };
        match home.location.or_else(sold_at) {
            Some(location) => Ok(Place { location, formatted_address: home.one_line() }),
            None => Err(PortError::new(Fault::NotFound, "the address is not among the sales on file")),
        }
    }

    async fn zip_centre(&self, zip: ZipCode, allowance: &Allowance) -> PortResult<GeoPoint> {
        ZipCentres.zip_centre(zip, allowance).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn zip(text: &str) -> ZipCode {
        text.parse().unwrap()
    }

    fn king_county(listings: ListingsFrom) -> LocalData {
        LocalData::open(&LocalDataConfig {
            sales: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/king-county-sales.csv.gz")),
            sales_source: "King County sales".to_owned(),
            listings,
            rates: None,
        })
        .unwrap()
    }

    fn subject(living_area_sqft: Option<u32>, location: Option<GeoPoint>) -> Subject {
        Subject {
            home: Home {
                street: "12 Elm St".to_owned(),
                city: "Seattle".to_owned(),
                state: "WA".to_owned(),
                zip_code: zip("98103"),
                location: None,
                facts: HomeFacts { living_area_sqft, bedrooms: Some(3.0), ..HomeFacts::default() },
            },
            location,
            formatted_address: None,
        }
    }

    #[tokio::test]
    async fn a_home_is_valued_with_the_confidence_its_place_allows() {
        let data = king_county(ListingsFrom::Nowhere);
        let at = GeoPoint::new(47.67, -122.34).unwrap();
        let home = data
            .property(&subject(Some(1500), Some(at)), day("2015-04-01"), &Allowance::unlimited())
            .await
            .unwrap();
        let placed = home.valuation.unwrap();
        assert!((400_000..900_000).contains(&placed.value), "{placed:?}");
        assert_eq!(placed.source, "King County sales");
        assert!(placed.comparables.iter().all(|sale| sale.sold_on < day("2015-04-01")));
        assert_eq!(
            (home.location, home.formatted_address.as_str()),
            (Some(at), "12 Elm St, Seattle, WA 98103")
        );

        let home = data
            .property(&subject(Some(1500), None), day("2015-04-01"), &Allowance::unlimited())
            .await
            .unwrap();
        assert_eq!(home.location, None, "the ZIP code's centre is not where the home lies");
        assert_eq!(home.valuation.unwrap().confidence, Some(dripr_core::content::Confidence::Low));

        let home = data
            .property(&subject(None, Some(at)), day("2015-04-01"), &Allowance::unlimited())
            .await
            .unwrap();
        assert_eq!(home.valuation, None);
        assert_eq!(home.no_value_because.as_deref(), Some("the living area is not known"));

        let astray = GeoPoint::new(33.0, -97.0).unwrap();
        let home = data
            .property(&subject(Some(1500), Some(astray)), day("2015-04-01"), &Allowance::unlimited())
            .await
            .unwrap();
        assert_eq!((home.valuation, home.location), (None, None));
    }

    #[tokio::test]
    async fn recent_sales_come_latest_first_and_never_from_the_day_on() {
        let data = king_county(ListingsFrom::Nowhere);
        let as_of = day("2015-03-01");
        let sales = data.recent_sales(zip("98103"), as_of, 8, &Allowance::unlimited()).await.unwrap();
        assert_eq!(sales.len(), 8);
        assert!(sales.iter().all(|sale| sale.sold_on < as_of && sale.zip_code == zip("98103")));
        assert!(sales.windows(2).all(|pair| pair[0].sold_on >= pair[1].sold_on));
        // The first days of the file: little to tell, and nothing made up.
        assert!(
            data.recent_sales(zip("98103"), day("2014-05-02"), 8, &Allowance::unlimited())
                .await
                .unwrap()
                .is_empty()
        );
        assert!(data.recent_sales(zip("10001"), as_of, 8, &Allowance::unlimited()).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn listings_come_from_nowhere_unless_configured() {
        let as_of = day("2015-03-01");
        let none = king_county(ListingsFrom::Nowhere)
            .active_listings(zip("98103"), as_of, 5, &Allowance::unlimited())
            .await
            .unwrap();
        assert!(none.is_empty());
        let data = king_county(ListingsFrom::FutureSales { days: 45 });
        let listings = data.active_listings(zip("98103"), as_of, 5, &Allowance::unlimited()).await.unwrap();
        assert_eq!(listings.len(), 5);
        let miles: Vec<f64> = listings.iter().filter_map(|listing| listing.miles).collect();
        assert!(miles.len() == 5 && miles.windows(2).all(|pair| pair[0] <= pair[1]), "{miles:?}");
        let market = data.statistics(zip("98103"), as_of, &Allowance::unlimited()).await.unwrap();
        assert_eq!(market.active_listings, None);
        assert!(
            market.sales > Some(20) && market.median_price.is_some() && market.trend.is_some(),
            "{market:?}"
        );
    }

    #[tokio::test]
    async fn what_is_not_on_file_is_not_found() {
        let data = king_county(ListingsFrom::Nowhere);
        let faults = [
            data.statistics(zip("10001"), day("2015-03-01"), &Allowance::unlimited())
                .await
                .unwrap_err()
                .fault(),
            data.rate(day("2015-03-01"), &Allowance::unlimited()).await.unwrap_err().fault(),
            data.zip_centre(zip("00000"), &Allowance::unlimited()).await.unwrap_err().fault(),
            data.locate(&subject(None, None).home, &Allowance::unlimited()).await.unwrap_err().fault(),
        ];
        assert_eq!(faults, [Fault::NotFound; 4]);
    }

    #[tokio::test]
    async fn an_address_of_the_file_tells_place_and_facts_but_only_of_earlier_sales() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sales.csv");
        std::fs::write(
            &path,
            "address,zip,lat,long,price,date,sqft\n12 Elm St,98103,47.67,-122.34,500000,2015-01-10,1500\n",
        )
        .unwrap();
        let data = LocalData::open(&LocalDataConfig {
            sales: Some(path),
            sales_source: "MLS".to_owned(),
            listings: ListingsFrom::Nowhere,
            rates: None,
        })
        .unwrap();
        let asked = subject(None, None);
        assert_eq!(
            data.locate(&asked.home, &Allowance::unlimited()).await.unwrap().location,
            GeoPoint::new(47.67, -122.34).unwrap()
        );
        let after = data.property(&asked, day("2015-02-01"), &Allowance::unlimited()).await.unwrap();
        assert_eq!(after.facts.living_area_sqft, Some(1500));
        assert!(after.location.is_some() && after.valuation.is_none());
        let before = data.property(&asked, day("2015-01-10"), &Allowance::unlimited()).await.unwrap();
        assert_eq!((before.facts.living_area_sqft, before.location), (None, None));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = LocalData::open(&LocalDataConfig {
            sales: Some("no/such/sales.csv".into()),
            sales_source: String::new(),
            listings: ListingsFrom::Nowhere,
            rates: None,
        })
        .unwrap_err();
        assert!(error.to_string().contains("no/such/sales.csv"));
    }
}
