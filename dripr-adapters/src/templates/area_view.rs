//! What the templates of the shared sections see: homes for sale, homes sold, the market of a ZIP code.

use chrono::NaiveDate;
use dripr_core::content::{
    AreaContent, AreaKey, FiguresOf, HomeFacts, Listing, LocalMarket, MarketStatistics, MortgageRate, Sale,
    ZipCode,
};
use serde::Serialize;

use super::{
    clean,
    home_facts::{per_sqft, summary},
};
use crate::figures;

/// The most homes that are shown in a list: with as many a report stays below 90 KB.
const MOST_HOMES: usize = 25;

/// What a shared section shows.
#[derive(Debug, Serialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "made once an area and day, never stored in numbers")]
pub(super) enum AreaView {
    /// Homes for sale or sold.
    Homes(HomesView),
    /// The market and the mortgage rate.
    Market(MarketView),
}

#[derive(Debug, Serialize)]
pub(super) struct HomesView {
    zip_code: String,
    as_of: NaiveDate,
    has_miles: bool,
    homes: Vec<HomeRow>,
}

#[derive(Debug, Serialize)]
struct HomeRow {
    /// What the home is called: its address, else what is known of it.
    title: String,
    /// What else is known of it, in one line.
    detail: Option<String>,
    address: Option<String>,
    zip_code: String,
    price: u64,
    per_sqft: Option<u64>,
    date: Option<NaiveDate>,
    facts: Option<String>,
    miles: Option<String>,
    link: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct MarketView {
    zip_code: String,
    statistics: Option<StatisticsView>,
    rate: Option<RateView>,
}

#[derive(Debug, Serialize)]
struct StatisticsView {
    as_of: NaiveDate,
    period_days: u16,
    period: String,
    /// Whether the figures are of homes for sale, and not of homes sold.
    asked: bool,
    sales: Option<u64>,
    new_listings: Option<u64>,
    median_price: Option<u64>,
    median_price_per_sqft: Option<u64>,
    median_days_on_market: Option<u64>,
    active_listings: Option<u64>,
    trend: Option<TrendView>,
    source: Option<String>,
    /// The figures there are, in rows of equal parts.
    tiles: Vec<Vec<TileView>>,
}

#[derive(Debug, Serialize)]
struct TrendView {
    up: bool,
    down: bool,
    percent: String,
    over: String,
}

#[derive(Debug, Clone, Serialize)]
struct TileView {
    label: String,
    figure: String,
    width: usize,
}

#[derive(Debug, Serialize)]
struct RateView {
    percent: String,
    as_of: NaiveDate,
    changes: Vec<RateChangeView>,
    source: Option<String>,
}

#[derive(Debug, Serialize)]
struct RateChangeView {
    up: bool,
    down: bool,
    points: String,
    since: &'static str,
}

impl AreaView {
    /// What a section shows, and the name of its template; nothing if there is nothing to show.
    pub(super) fn of(key: &AreaKey, content: &AreaContent) -> Option<(&'static str, Self)> {
        match content {
            AreaContent::ActiveListings(listings) => {
                let homes = HomesView::of(key, listings.iter().map(HomeRow::for_sale).collect())?;
                Some(("listings", Self::Homes(homes)))
            }
            AreaContent::RecentSales(sales) => {
                let homes = HomesView::of(key, sales.iter().map(HomeRow::sold).collect())?;
                Some(("sales", Self::Homes(homes)))
            }
            AreaContent::LocalMarketData(market) => {
                Some(("market", Self::Market(MarketView::of(key.zip_code, market)?)))
            }
            AreaContent::Intro(_) | AreaContent::IntroWithoutHome(_) => None,
        }
    }
}

impl HomesView {
    fn of(key: &AreaKey, mut homes: Vec<HomeRow>) -> Option<Self> {
        homes.retain(|home| home.price > 0);
        homes.truncate(MOST_HOMES);
        (!homes.is_empty()).then(|| Self {
            zip_code: key.zip_code.as_str().to_owned(),
            as_of: key.day,
            has_miles: homes.iter().any(|home| home.miles.is_some()),
            homes,
        })
    }
}

impl HomeRow {
    fn for_sale(listing: &Listing) -> Self {
        let Listing { address, zip_code, price, listed_on, facts, miles, link, courtesy_of, source: _ } =
            listing;
        let link = link.as_deref().and_then(clean::web_link).map(str::to_owned);
        Self::of(address.as_deref(), *zip_code, *price, *listed_on, facts, *miles, link)
            .listed_by(courtesy_of.as_deref())
    }

    fn sold(sale: &Sale) -> Self {
        let Sale { address, zip_code, price, sold_on, facts, miles, courtesy_of, source: _ } = sale;
        Self::of(address.as_deref(), *zip_code, *price, Some(*sold_on), facts, *miles, None)
            .listed_by(courtesy_of.as_deref())
    }

    fn of(
        address: Option<&str>,
        zip: ZipCode,
        price: u64,
        date: Option<NaiveDate>,
        facts: &HomeFacts,
        miles: Option<f64>,
        link: Option<String>,
    ) -> Self {
        let per_sqft = per_sqft(price, facts);
        let address = address.and_then(clean::some_line);
        let (known, built, miles) = (summary(facts), figures::built(facts), miles.and_then(figures::miles));
        let (title, rest) = match (&address, &known) {
            (Some(address), _) => (address.clone(), known.clone()),
            (None, Some(known)) => (known.clone(), Some(format!("in {zip}"))),
            (None, None) => (format!("Home in {zip}"), None),
        };
        let detail: Vec<String> = [rest, built, miles.clone()].into_iter().flatten().collect();
        Self {
            title,
            detail: (!detail.is_empty()).then(|| detail.join(" · ")),
            address,
            zip_code: zip.as_str().to_owned(),
            price,
            per_sqft,
            date,
            facts: known,
            miles,
            link,
        }
    }

    /// Says whose listing it is.
    fn listed_by(mut self, courtesy_of: Option<&str>) -> Self {
        if let Some(whose) = courtesy_of.and_then(clean::some_line) {
            let detail = self.detail.take().map(|detail| format!("{detail} · ")).unwrap_or_default();
            self.detail = Some(format!("{detail}Listed by {whose}"));
        }
        self
    }
}

impl MarketView {
    fn of(zip: ZipCode, market: &LocalMarket) -> Option<Self> {
        let view = Self {
            zip_code: zip.as_str().to_owned(),
            statistics: market.statistics.as_ref().and_then(StatisticsView::of),
            rate: market.mortgage_rate.as_ref().and_then(RateView::of),
        };
        (view.statistics.is_some() || view.rate.is_some()).then_some(view)
    }
}

impl StatisticsView {
    fn of(statistics: &MarketStatistics) -> Option<Self> {
        if statistics.period_days == 0 {
            return None;
        }
        let asked = statistics.figures_of == FiguresOf::ForSale;
        // Of a single home there is nothing in the middle.
        let of = if asked { statistics.active_listings } else { statistics.sales };
        let several = of.is_none_or(|homes| homes > 1);
        let known = |figure: Option<u64>| figure.filter(|figure| *figure > 0 && several);
        let median_price = known(statistics.median_price);
        let median_price_per_sqft = known(statistics.median_price_per_sqft.map(u64::from));
        let median_days_on_market = known(statistics.median_days_on_market.map(u64::from));
        let some = |homes: Option<u32>| homes.map(u64::from).filter(|homes| *homes > 0);
        let (sales, new_listings) = (some(statistics.sales), some(statistics.new_listings));
        let active_listings = some(statistics.active_listings);
        let days = figures::span(statistics.period_days);
        let new_label = format!("New in {days}");
        let tiles = [
            (
                if asked { "Median asking price" } else { "Median sale price" },
                median_price.map(figures::money),
            ),
            ("Median per sq ft", median_price_per_sqft.map(figures::money)),
            (if sales == Some(1) { "Home sold" } else { "Homes sold" }, sales.map(figures::whole)),
            ("Median days on market", median_days_on_market.map(figures::whole)),
            ("Homes for sale", active_listings.map(figures::whole)),
            (new_label.as_str(), new_listings.map(figures::whole)),
        ];
        let tiles: Vec<TileView> = tiles
            .into_iter()
            .filter_map(|(label, figure)| {
                Some(TileView { label: label.to_owned(), figure: figure?, width: 0 })
            })
            .collect();
        let in_a_row = if tiles.len() == 4 { 2 } else { 3 };
        let rows = tiles
            .chunks(in_a_row)
            .map(|row| row.iter().map(|tile| TileView { width: 100 / row.len(), ..tile.clone() }).collect())
            .collect();
        Some(Self {
            as_of: statistics.as_of,
            period_days: statistics.period_days,
            period: if asked {
                format!("for sale on {}", figures::date(statistics.as_of))
            } else {
                format!("sold in the {days} before {}", figures::date(statistics.as_of))
            },
            asked,
            sales,
            new_listings,
            median_price,
            median_price_per_sqft,
            median_days_on_market,
            active_listings,
            trend: statistics.trend.and_then(|trend| {
                let percent =
                    figures::plausible_change(trend.percent, 1_000.0).filter(|_| trend.over_days > 0)?;
                Some(TrendView {
                    up: percent >= 0.05,
                    down: percent <= -0.05,
                    percent: figures::percent(percent),
                    over: figures::over(trend.over_days),
                })
            }),
            source: clean::some_line(&statistics.source),
            tiles: rows,
        })
    }
}

impl RateView {
    fn of(rate: &MortgageRate) -> Option<Self> {
        let percent = figures::plausible(rate.percent, 100.0).filter(|percent| *percent >= 0.005)?;
        let changes = [(rate.change_month, "a month"), (rate.change_year, "a year")];
        Some(Self {
            percent: figures::rate(percent),
            as_of: rate.as_of,
            changes: changes
                .into_iter()
                .filter_map(|(change, since)| {
                    let change = figures::plausible_change(change?, 100.0)?;
                    let (up, down) = (change >= 0.005, change <= -0.005);
                    Some(RateChangeView { up, down, points: figures::decimal(change.abs(), 2), since })
                })
                .collect(),
            source: clean::some_line(&rate.source),
        })
    }
}
