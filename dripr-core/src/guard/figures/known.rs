//! What a writer was given, as figures.

use chrono::{Datelike, Days, NaiveDate};

use super::{
    figure::{Direction, Unit, What},
    scan::scan,
    unit::{MONTH, YEAR},
};
use crate::{
    content::{HomeFacts, MarketStatistics, MortgageRate, Property, Valuation},
    guard::prose::{Kind as TokenKind, Prose},
    ports::{HomeReportFacts, IntroFacts},
};

/// Every figure that a writer was given, and those that follow from them.
///
/// What follows: the change in value since the last report, in dollars and percent, where both estimates are of one
/// source; the age of the home; the days between the reports; the first day of a period; *half* where a median is
/// given; *30-year* where a mortgage rate is given.
///
/// Rooms, areas and years of comparable sales are left out: ten sales have rooms of every number between them, and a
/// text that gives a neighbour's rooms to the reader's home would pass.
#[derive(Debug, Clone)]
pub struct Known {
    kind: Kind,
    pub(super) facts: Vec<Fact>,
    pub(super) dates: Vec<NaiveDate>,
    /// Figures in sentences that were given, as they are written there.
    pub(super) quoted: Vec<What>,
    /// Whether a median is among the facts.
    pub(super) median: bool,
}

/// Which text is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The opening words for an area.
    Intro,
    /// The words about one home.
    HomeReport,
}

/// A figure that was given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fact {
    /// [`Unit::Bare`] for a number that counts nothing, such as a ZIP code.
    pub(super) unit: Unit,
    /// Its size, in the unit: dollars, percent, days, square feet, miles.
    pub(super) value: f64,
    /// Which way it went, for changes.
    pub(super) direction: Option<Direction>,
}

impl Known {
    /// What an intro may name.
    #[must_use]
    pub fn of_intro(facts: &IntroFacts) -> Self {
        let mut known = Self::none(Kind::Intro);
        known.bare(facts.zip_code.as_str());
        known.date(facts.as_of);
        if let Some(statistics) = &facts.market.statistics {
            known.statistics(statistics);
        }
        if let Some(rate) = &facts.market.mortgage_rate {
            known.mortgage_rate(rate);
        }
        known
    }

    /// What a home report may name.
    #[must_use]
    pub fn of_home_report(facts: &HomeReportFacts) -> Self {
        let mut known = Self::none(Kind::HomeReport);
        known.date(facts.as_of);
        known.property(&facts.property, facts.as_of);
        let before = facts.before.as_ref().and_then(|before| before.valuation.as_ref());
        if let Some(before) = before {
            known.valuation(before);
            known.days(facts.as_of, before.as_of);
            if let Some(now) = &facts.property.valuation {
                known.days(now.as_of, before.as_of);
                known.change(now, before);
            }
        }
        known
    }

    /// Which text is judged.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    fn none(kind: Kind) -> Self {
        Self { kind, facts: Vec::new(), dates: Vec::new(), quoted: Vec::new(), median: false }
    }

    fn fact(&mut self, unit: Unit, value: f64) {
        self.push(unit, value, None);
    }

    fn push(&mut self, unit: Unit, value: f64, direction: Option<Direction>) {
        // What is no number justifies none.
        if value.is_finite() {
            self.facts.push(Fact { unit, value: value.abs(), direction });
        }
    }

    fn change_of(&mut self, unit: Unit, change: f64) {
        let direction = if change > 0.0 { Direction::Up } else { Direction::Down };
        self.push(unit, change, (change != 0.0).then_some(direction));
    }

    fn money(&mut self, dollars: u64) {
        // Beyond 2^53 dollars the last digits are lost, which no comparison of ours sees.
        self.fact(Unit::Money, dollars as f64);
    }

    fn year(&mut self, year: i32) {
        self.fact(Unit::Year, year.into());
    }

    fn date(&mut self, date: NaiveDate) {
        self.dates.push(date);
        self.year(date.year());
    }

    fn days(&mut self, later: NaiveDate, earlier: NaiveDate) {
        self.fact(Unit::Days, (later - earlier).num_days() as f64);
    }

    /// A period that ends on a day: its length, and the day on which it begins.
    fn period(&mut self, until: NaiveDate, days: u16) {
        self.fact(Unit::Days, days.into());
        if let Some(from) = until.checked_sub_days(Days::new(days.into())) {
            self.date(from);
        }
    }

    /// The numbers of a name, of an address or of a ZIP code, which count nothing.
    fn bare(&mut self, name: &str) {
        let prose = Prose::of(name);
        for at in 0..prose.len() {
            if prose.token(at).is_some_and(|token| token.kind == TokenKind::Number) {
                let number = prose.digits(at).replace(',', "").parse().unwrap_or(f64::NAN);
                self.fact(Unit::Bare, number);
            }
        }
    }

    fn statistics(&mut self, statistics: &MarketStatistics) {
        let MarketStatistics {
            zip_code,
            as_of,
            period_days,
            figures_of: _,
            sales,
            median_price,
            median_price_per_sqft,
            median_days_on_market,
            new_listings,
            active_listings,
            trend,
            source,
        } = statistics;
        self.bare(zip_code.as_str());
        self.bare(source);
        self.date(*as_of);
        self.period(*as_of, *period_days);
        if let Some(price) = median_price {
            self.money(*price);
        }
        if let Some(price) = median_price_per_sqft {
            self.money((*price).into());
        }
        if let Some(days) = median_days_on_market {
            self.fact(Unit::Days, (*days).into());
        }
        for homes in [sales, new_listings, active_listings].into_iter().flatten() {
            self.fact(Unit::Homes, (*homes).into());
        }
        self.median =
            median_price.is_some() || median_price_per_sqft.is_some() || median_days_on_market.is_some();
        if let Some(trend) = trend {
            self.change_of(Unit::Percent, trend.percent);
            self.period(*as_of, trend.over_days);
        }
    }

    fn mortgage_rate(&mut self, rate: &MortgageRate) {
        let MortgageRate { percent, as_of, change_month, change_year, source } = rate;
        self.bare(source);
        self.date(*as_of);
        self.fact(Unit::Percent, *percent);
        // The survey is of 30-year fixed mortgages.
        self.fact(Unit::Days, 30.0 * YEAR);
        for (change, days) in [(change_month, MONTH), (change_year, YEAR)] {
            if let Some(change) = change {
                self.change_of(Unit::Points, *change);
                self.fact(Unit::Days, days);
            }
        }
    }

    fn property(&mut self, property: &Property, as_of: NaiveDate) {
        let Property { formatted_address, zip_code, location: _, facts, valuation, no_value_because } =
            property;
        self.bare(formatted_address);
        self.bare(zip_code.as_str());
        self.home(facts, as_of);
        if let Some(valuation) = valuation {
            self.valuation(valuation);
        }
        if let Some(because) = no_value_because {
            self.quote(because);
        }
    }

    fn home(&mut self, facts: &HomeFacts, as_of: NaiveDate) {
        let HomeFacts {
            bedrooms,
            bathrooms,
            living_area_sqft,
            lot_sqft,
            floors,
            above_ground_sqft,
            year_built,
            year_renovated,
            grade,
            condition,
            view,
            waterfront: _,
            neighbours_living_area_sqft,
            neighbours_lot_sqft,
        } = facts;
        for (unit, rooms) in
            [(Unit::Bedrooms, bedrooms), (Unit::Bathrooms, bathrooms), (Unit::Floors, floors)]
        {
            if let Some(rooms) = rooms {
                self.fact(unit, (*rooms).into());
            }
        }
        if let Some(baths) = bathrooms.filter(|baths| baths.fract() != 0.0) {
            // 2.5 baths are *two full baths and a half bath*.
            self.fact(Unit::Bathrooms, baths.trunc().into());
            self.fact(Unit::Bathrooms, baths.fract().into());
        }
        let areas =
            [living_area_sqft, lot_sqft, above_ground_sqft, neighbours_living_area_sqft, neighbours_lot_sqft];
        for area in areas.into_iter().flatten() {
            self.fact(Unit::Area, (*area).into());
        }
        for year in [year_built, year_renovated].into_iter().flatten() {
            self.year((*year).into());
            let age = as_of.year() - i32::from(*year);
            if age > 0 {
                self.fact(Unit::Days, f64::from(age) * YEAR);
            }
        }
        for mark in [grade, condition, view].into_iter().flatten() {
            self.fact(Unit::Bare, (*mark).into());
        }
    }

    fn valuation(&mut self, valuation: &Valuation) {
        let Valuation { value, range, confidence: _, as_of, source, comparables } = valuation;
        self.money(*value);
        if let Some(range) = range {
            self.money(range.low);
            self.money(range.high);
        }
        self.date(*as_of);
        self.bare(source);
        for sale in comparables {
            self.money(sale.price);
            self.date(sale.sold_on);
            if let Some(miles) = sale.miles {
                self.fact(Unit::Miles, miles);
            }
        }
        let priced = comparables.iter().filter(|sale| sale.price > 0).count();
        for count in [comparables.len(), priced] {
            self.fact(Unit::Homes, count as f64);
        }
    }

    fn change(&mut self, now: &Valuation, before: &Valuation) {
        if before.value == 0 || before.as_of >= now.as_of || before.source != now.source {
            return;
        }
        let difference = now.value.abs_diff(before.value) as f64;
        let change = if now.value < before.value { -difference } else { difference };
        self.change_of(Unit::Money, change);
        self.change_of(Unit::Percent, change / before.value as f64 * 100.0);
    }

    /// The figures of a sentence that was given.
    fn quote(&mut self, sentence: &str) {
        let prose = Prose::of(sentence);
        for figure in scan(&prose) {
            if let What::Amount(amount) = figure.what {
                self.fact(amount.unit, amount.value * amount.scale);
            }
            self.quoted.push(figure.what);
        }
    }
}
