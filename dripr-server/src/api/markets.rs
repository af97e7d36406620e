//! `/markets/{zip_code}`: what reports last said of a ZIP code's market.

use std::sync::Arc;

use axum::{Json, extract::State};
use chrono::NaiveDate;
use dripr_core::{
    access::Scope,
    content::{
        AreaContent, AreaKey, AreaKind, FiguresOf, LocalMarket, MarketStatistics, MortgageRate, ZipCode,
    },
    ports::AreaStore,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Api, caller::Asking, path::Path, problem::Problem};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(read_market))
}

/// The market of a ZIP code, as reports last told of it.
#[derive(Debug, Serialize, ToSchema)]
struct MarketView {
    zip_code: String,
    /// The day on which it was fetched, in the deployment's sending zone.
    fetched_on: NaiveDate,
    /// The figures of the ZIP code, where a source had any.
    statistics: Option<MarketStatisticsView>,
    /// The price of money, where a source had it.
    mortgage_rate: Option<MortgageRateView>,
}

/// A ZIP code's figures. Prices are whole dollars.
#[derive(Debug, Serialize, ToSchema)]
struct MarketStatisticsView {
    /// The day for which they hold.
    as_of: NaiveDate,
    /// The days before that in which homes counted as sold or as new on the market.
    period_days: u16,
    /// Which homes medians and trend are of: `sold`, or `for_sale` and what is asked for them.
    figures_of: &'static str,
    sales: Option<u32>,
    median_price: Option<u64>,
    median_price_per_sqft: Option<u32>,
    median_days_on_market: Option<u32>,
    new_listings: Option<u32>,
    active_listings: Option<u32>,
    /// By how many percent prices moved.
    trend_percent: Option<f64>,
    /// Over how many days.
    trend_over_days: Option<u16>,
    /// Who says so.
    source: String,
}

/// The average rate of a 30-year fixed mortgage.
#[derive(Debug, Serialize, ToSchema)]
struct MortgageRateView {
    /// Percent a year.
    percent: f64,
    as_of: NaiveDate,
    /// Percentage points against about a month before.
    change_month: Option<f64>,
    /// Percentage points against about a year before.
    change_year: Option<f64>,
    /// Who says so.
    source: String,
}

/// What reports last said of a ZIP code's market. No provider is asked: a ZIP code for which none was made yet is not there.
#[utoipa::path(
    get, path = "/markets/{zip_code}", tag = "markets", params(("zip_code" = String, Path)),
    responses((status = 200, body = MarketView))
)]
async fn read_market(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(zip_code): Path<String>,
) -> Result<Json<MarketView>, Problem> {
    asking.may(Scope::Read)?;
    let none = || Problem::not_found("market");
    let zip_code: ZipCode = zip_code.parse().map_err(|_| none())?;
    // Clocks of workers may be ahead of this one's.
    let tomorrow = api.bench.clock.now().date_naive() + chrono::Days::new(2);
    let key = AreaKey { kind: AreaKind::LocalMarketData, user_id: None, zip_code, day: tomorrow };
    let (key, content) = api.store.latest_before(&key).await?.ok_or_else(none)?;
    let AreaContent::LocalMarketData(market) = content.as_ref() else { return Err(none()) };
    Ok(Json(MarketView::of(zip_code, key.day, market)))
}

impl MarketView {
    fn of(zip_code: ZipCode, fetched_on: NaiveDate, market: &LocalMarket) -> Self {
        Self {
            zip_code: zip_code.to_string(),
            fetched_on,
            statistics: market.statistics.as_ref().map(MarketStatisticsView::of),
            mortgage_rate: market.mortgage_rate.as_ref().map(MortgageRateView::of),
        }
    }
}

impl MarketStatisticsView {
    fn of(known: &MarketStatistics) -> Self {
        Self {
            as_of: known.as_of,
            period_days: known.period_days,
            figures_of: match known.figures_of {
                FiguresOf::Sold => "sold",
                FiguresOf::ForSale => "for_sale",
            },
            sales: known.sales,
            median_price: known.median_price,
            median_price_per_sqft: known.median_price_per_sqft,
            median_days_on_market: known.median_days_on_market,
            new_listings: known.new_listings,
            active_listings: known.active_listings,
            trend_percent: known.trend.map(|trend| trend.percent),
            trend_over_days: known.trend.map(|trend| trend.over_days),
            source: known.source.clone(),
        }
    }
}

impl MortgageRateView {
    fn of(known: &MortgageRate) -> Self {
        Self {
            percent: known.percent,
            as_of: known.as_of,
            change_month: known.change_month,
            change_year: known.change_year,
            source: known.source.clone(),
        }
    }
}
