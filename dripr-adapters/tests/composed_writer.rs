//! Text composed without a model: true to the facts whatever they are, and good to read.

#![cfg(feature = "composed-writer")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, sync::Arc};

use chrono::{Datelike, NaiveDate};
use dripr_adapters::composed_writer::ComposedWriter;
use dripr_core::{
    content::{
        Author, Comparable, Confidence, FiguresOf, HomeFacts, LocalMarket, MarketStatistics, MortgageRate,
        PriceTrend, Property, Valuation, ValueRange, ZipCode,
    },
    guard::{Known, check},
    ports::{Allowance, HomeReportFacts, IntroFacts, LlmWriter},
};
use proptest::{option, prelude::*};

fn intro(facts: &IntroFacts) -> String {
    let words = run(ComposedWriter::new().intro(facts, &[], &Allowance::unlimited())).unwrap();
    assert_eq!(words.author, Author::Composed);
    words.text
}

fn home_report(facts: &HomeReportFacts) -> String {
    run(ComposedWriter::new().home_report(facts, &[], &Allowance::unlimited())).unwrap().text
}

/// The writer waits for nothing, so that its futures are ready at once.
fn run<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("the writer waited"),
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn zip() -> ZipCode {
    "98103".parse().unwrap()
}

fn statistics() -> MarketStatistics {
    MarketStatistics {
        zip_code: zip(),
        as_of: day("2015-03-01"),
        period_days: 90,
        figures_of: FiguresOf::Sold,
        sales: Some(97),
        median_price: Some(549_000),
        median_price_per_sqft: Some(331),
        median_days_on_market: Some(1),
        new_listings: None,
        active_listings: Some(41),
        trend: Some(PriceTrend { percent: -2.44, over_days: 365 }),
        source: "County".to_owned(),
    }
}

fn rate() -> MortgageRate {
    MortgageRate {
        percent: 3.8,
        as_of: day("2015-02-26"),
        change_month: Some(0.14),
        change_year: Some(-0.57),
        source: "Survey".to_owned(),
    }
}

fn valuation(as_of: &str, value: u64) -> Valuation {
    let comparable = |n: u32| Comparable {
        price: 560_000 + 10_000 * u64::from(n),
        sold_on: day("2015-02-20"),
        miles: Some(0.2 + f64::from(n)),
        weight: 0.1,
        facts: HomeFacts::default(),
    };
    Valuation {
        value,
        range: Some(ValueRange { low: value - 50_000, high: value + 60_000 }),
        confidence: Some(Confidence::Medium),
        as_of: day(as_of),
        source: "County".to_owned(),
        comparables: (0..3).map(comparable).collect(),
    }
}

fn property(valuation: Option<Valuation>) -> Property {
    let because = valuation.is_none().then(|| "the living area is not known".to_owned());
    Property {
        formatted_address: "12 Elm St".to_owned(),
        zip_code: zip(),
        location: None,
        facts: HomeFacts {
            bedrooms: Some(3.0),
            bathrooms: Some(1.75),
            year_built: Some(1926),
            ..HomeFacts::default()
        },
        valuation,
        no_value_because: because,
    }
}

fn home_facts(now: Option<Valuation>, before: Option<Valuation>) -> HomeReportFacts {
    let before = before.map(|before| Arc::new(property(Some(before))));
    HomeReportFacts { as_of: day("2015-03-01"), property: Arc::new(property(now)), before }
}

#[test]
fn an_intro_tells_the_market_and_the_price_of_money() {
    let market = LocalMarket { statistics: Some(statistics()), mortgage_rate: Some(rate()) };
    let text = intro(&IntroFacts { zip_code: zip(), has_home: true, as_of: day("2015-03-01"), market });
    for part in [
        "98103",
        "March 1, 2015",
        "97",
        "$549,000",
        "$331",
        "fell by 2.4%",
        "over a year",
        "was 1 day",
        "41 homes were",
        "3.80%",
        "February 26, 2015",
        "0.14 percentage points above",
        "0.57 percentage points below",
    ] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
    assert_eq!(text.split("\n\n").count(), 3, "{text}");
}

#[test]
fn an_intro_without_figures_says_so() {
    let market = LocalMarket { statistics: None, mortgage_rate: None };
    let text = intro(&IntroFacts { zip_code: zip(), has_home: true, as_of: day("2015-03-01"), market });
    assert_eq!(
        text,
        "This is your report for March 1, 2015. There are no new market figures for 98103 this time, so it leaves them \
         out rather than repeat old ones."
    );
}

#[test]
fn a_home_report_tells_value_range_change_comparables_and_what_is_on_record() {
    let now = valuation("2015-03-01", 584_000);
    let text = home_report(&home_facts(Some(now), Some(valuation("2015-02-01", 577_000))));
    for part in [
        "$584,000",
        "$534,000 to $644,000",
        "medium",
        "$7,000 (1.2%) more than the $577,000",
        "February 1, 2015",
        "inside today's range",
        "3",
        "$560,000 to $580,000",
        "0.2 miles",
        "3 beds, 1.75 baths, built 1926",
    ] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
    assert!((3..=4).contains(&text.split("\n\n").count()), "{text}");
}

#[test]
fn changes_are_told_as_large_as_they_are_and_only_where_they_compare() {
    let text = |before| home_report(&home_facts(Some(valuation("2015-03-01", 584_000)), Some(before)));
    assert!(text(valuation("2015-02-01", 900_000)).contains("$316,000 (35.1%) less than the $900,000"));
    assert!(!text(valuation("2015-02-01", 900_000)).contains("inside today's range"));
    assert!(text(valuation("2015-02-01", 584_000)).contains("the same figure as on February 1, 2015"));
    for near in [583_000, 586_900] {
        let text = text(valuation("2015-02-01", near));
        assert!(text.contains("That is about unchanged from the $58"), "{text}");
    }
    let elsewhere = Valuation { source: "Another".to_owned(), ..valuation("2015-02-01", 577_000) };
    for none in [
        elsewhere,
        valuation("2015-03-01", 577_000),
        Valuation { value: 0, ..valuation("2015-02-01", 577_000) },
    ] {
        assert!(!text(none).contains("577,000"));
    }
}

#[test]
fn where_no_value_can_be_given_the_text_says_why_and_names_none() {
    let text = home_report(&home_facts(None, Some(valuation("2015-02-01", 577_000))));
    assert!(text.starts_with(
        "There is no estimate for your home as of March 1, 2015: the living area is not known."
    ));
    assert!(!text.contains('$'), "{text}");
    let mut facts = home_facts(None, None);
    for reason in [
        "sales between $0.5 million and $4 million differ too much",
        "the county’s record – of 1998 – names no area",
    ] {
        Arc::make_mut(&mut facts.property).no_value_because = Some(format!("{reason}."));
        assert!(home_report(&facts).contains(&format!("as of March 1, 2015: {reason}. ")), "{reason}");
    }
    let long = "long ".repeat(100);
    for hostile in
        ["{{x}}", "null", "a\n\nb", "call <b>1-800", "see evil.example", "see http://192", &long, ""]
    {
        Arc::make_mut(&mut facts.property).no_value_because = Some(hostile.to_owned());
        let text = home_report(&facts);
        assert!(text.contains("because an honest one cannot be given"), "{hostile:?}: {text}");
    }
}

#[test]
fn months_read_differently_and_the_same_facts_read_the_same() {
    let mut texts = BTreeSet::new();
    for month in 1..=12 {
        let as_of = NaiveDate::from_ymd_opt(2015, month, 1).unwrap();
        let market = LocalMarket { statistics: Some(statistics()), mortgage_rate: Some(rate()) };
        let facts = IntroFacts { zip_code: zip(), has_home: true, as_of, market };
        let text = intro(&facts);
        assert_eq!(text, intro(&facts));
        let date = text.lines().next().unwrap().replace(&format!("{} 1, 2015", month_name(as_of)), "DATE");
        texts.insert(date);
    }
    assert!(texts.len() >= 4, "{texts:#?}");
}

#[test]
fn nothing_is_said_of_payments_of_people_or_of_what_to_do() {
    let never = [
        "payment",
        "afford",
        "monthly cost",
        "refinance",
        "qualify",
        "loan offer",
        "family",
        "families",
        "school",
        "safe",
        "neighborhood",
        "desirable",
        "should sell",
        "good time",
        "buy now",
        "invest",
        "guarantee",
        "equity",
    ];
    for (month, confidence) in
        (1..=12).zip([Confidence::Low, Confidence::Medium, Confidence::High].into_iter().cycle())
    {
        let as_of = NaiveDate::from_ymd_opt(2015, month, 2).unwrap();
        let market = LocalMarket { statistics: Some(statistics()), mortgage_rate: Some(rate()) };
        let now = Valuation { confidence: Some(confidence), ..valuation("2015-03-01", 584_000) };
        let mut facts = home_facts(Some(now), Some(valuation("2015-02-01", 577_000)));
        facts.as_of = as_of;
        let mut unvalued = home_facts(None, None);
        unvalued.as_of = as_of;
        let texts = [
            intro(&IntroFacts { zip_code: zip(), has_home: true, as_of, market }),
            home_report(&facts),
            home_report(&unvalued),
        ];
        for text in texts {
            for never in never {
                assert!(!text.to_lowercase().contains(never), "{never:?} in:\n{text}");
            }
        }
    }
}

fn month_name(date: NaiveDate) -> String {
    date.format("%B").to_string()
}

/// The figures that a text may name.
#[derive(Default)]
struct Allowed(BTreeSet<String>);

impl Allowed {
    fn whole(&mut self, number: u64) {
        let digits = number.to_string();
        let grouped = digits
            .as_bytes()
            .rchunks(3)
            .rev()
            .map(|part| std::str::from_utf8(part).unwrap())
            .collect::<Vec<_>>()
            .join(",");
        self.0.insert(grouped);
    }

    fn date(&mut self, date: NaiveDate) {
        self.0.insert(date.day().to_string());
        self.0.insert(date.year().unsigned_abs().to_string());
    }

    /// A fraction to some places, rounded either way where it lies in the middle.
    fn decimal(&mut self, number: f64, places: usize) {
        let scale = 10_f64.powi(i32::try_from(places).unwrap());
        for nudge in [-1e-9, 0.0, 1e-9] {
            let rounded = (number.abs() * scale * (1.0 + nudge)).round() / scale;
            let text = format!("{rounded:.places$}");
            if places > 0 {
                self.0.insert(text.trim_end_matches('0').trim_end_matches('.').to_owned());
            }
            self.0.insert(text);
        }
    }

    fn check(&self, text: &str) -> Result<(), TestCaseError> {
        let number = |c: char| c.is_ascii_digit() || c == ',' || c == '.';
        for found in text.split(|c: char| !number(c)) {
            let found = found.trim_matches([',', '.']);
            prop_assert!(found.is_empty() || self.0.contains(found), "{} is no fact in:\n{}", found, text);
        }
        prop_assert!(!text.contains(['{', '}', '<', '>']), "{}", text);
        for never in ["null", "NaN", "inf", "None", "  ", "..", " ,", "$0 ", "$0.", "()", "\n\n\n"] {
            prop_assert!(!text.contains(never), "{:?} in:\n{}", never, text);
        }
        prop_assert!((40..2_500).contains(&text.len()), "{} bytes:\n{}", text.len(), text);
        let paragraphs = text.split("\n\n").count();
        prop_assert!((1..=4).contains(&paragraphs) && text.trim() == text, "{}", text);
        Ok(())
    }
}

fn any_date() -> impl Strategy<Value = NaiveDate> {
    (1_900_i32..2_200, 1_u32..=366).prop_map(|(year, day)| {
        NaiveDate::from_yo_opt(year, day).unwrap_or_else(|| NaiveDate::from_yo_opt(year, 1).unwrap())
    })
}

fn any_facts() -> impl Strategy<Value = HomeFacts> {
    let number =
        || option::of(prop_oneof![any::<f32>(), (0_u8..40).prop_map(|quarters| f32::from(quarters) / 4.0)]);
    (number(), number(), option::of(any::<u32>()), option::of(any::<u16>())).prop_map(
        |(bedrooms, bathrooms, living_area_sqft, year_built)| HomeFacts {
            bedrooms,
            bathrooms,
            living_area_sqft,
            year_built,
            ..HomeFacts::default()
        },
    )
}

fn any_valuation() -> impl Strategy<Value = Valuation> {
    let price = || prop_oneof![Just(0), any::<u64>(), 1_000_u64..5_000_000];
    let comparable = (price(), any_date(), option::of(prop_oneof![any::<f64>(), 0.0..20.0])).prop_map(
        |(price, sold_on, miles)| Comparable {
            price,
            sold_on,
            miles,
            weight: 0.1,
            facts: HomeFacts::default(),
        },
    );
    let confidence = prop_oneof![Just(Confidence::Low), Just(Confidence::Medium), Just(Confidence::High)];
    let source = prop_oneof![Just("County".to_owned()), Just("Other {{x}}".to_owned())];
    let range = option::of((price(), price()).prop_map(|(low, high)| ValueRange { low, high }));
    let confidence = option::of(confidence);
    (price(), range, confidence, any_date(), source, prop::collection::vec(comparable, 0..12)).prop_map(
        |(value, range, confidence, as_of, source, comparables)| Valuation {
            value,
            range,
            confidence,
            as_of,
            source,
            comparables,
        },
    )
}

fn any_property() -> impl Strategy<Value = Property> {
    (any_facts(), option::of(any_valuation()), option::of("[a-z{}<>0-9. ]{0,60}|\\PC{0,40}")).prop_map(
        |(facts, valuation, no_value_because)| Property {
            formatted_address: "9 {{x}} Way".to_owned(),
            zip_code: zip(),
            location: None,
            facts,
            valuation,
            no_value_because,
        },
    )
}

fn any_market() -> impl Strategy<Value = LocalMarket> {
    let change = || option::of(prop_oneof![any::<f64>(), -12.0..12.0]);
    let trend = (prop_oneof![any::<f64>(), -50.0..50.0], any::<u16>())
        .prop_map(|(percent, over_days)| PriceTrend { percent, over_days });
    let statistics = (
        any_date(),
        prop_oneof![Just(0), Just(365), any::<u16>()],
        prop_oneof![Just(FiguresOf::Sold), Just(FiguresOf::ForSale)],
        [(); 3].map(|()| option::of(prop_oneof![0_u32..4, any::<u32>()])),
        (option::of(any::<u64>()), option::of(any::<u32>()), option::of(any::<u32>())),
        option::of(trend),
    )
        .prop_map(
            |(as_of, period_days, figures_of, [sales, new, active], (price, per_sqft, days), trend)| {
                MarketStatistics {
                    zip_code: zip(),
                    as_of,
                    period_days,
                    figures_of,
                    sales,
                    median_price: price,
                    median_price_per_sqft: per_sqft,
                    median_days_on_market: days,
                    new_listings: new,
                    active_listings: active,
                    trend,
                    source: "{{source}}".to_owned(),
                }
            },
        );
    let rate = (prop_oneof![any::<f64>(), 0.0..20.0], any_date(), change(), change()).prop_map(
        |(percent, as_of, change_month, change_year)| MortgageRate {
            percent,
            as_of,
            change_month,
            change_year,
            source: "{{source}}".to_owned(),
        },
    );
    (option::of(statistics), option::of(rate))
        .prop_map(|(statistics, mortgage_rate)| LocalMarket { statistics, mortgage_rate })
}

proptest! {
    #[test]
    fn every_figure_of_an_intro_is_a_fact(as_of in any_date(), market in any_market()) {
        let mut allowed = Allowed::default();
        allowed.0.extend(["98103", "30", "0.1"].map(str::to_owned));
        allowed.date(as_of);
        if let Some(statistics) = &market.statistics {
            allowed.date(statistics.as_of);
            allowed.0.insert(statistics.period_days.to_string());
            let figures = [statistics.sales, statistics.new_listings, statistics.median_price_per_sqft, statistics.median_days_on_market, statistics.active_listings];
            figures.into_iter().flatten().map(u64::from).chain(statistics.median_price).for_each(|n| allowed.whole(n));
            if let Some(trend) = statistics.trend {
                allowed.decimal(trend.percent, 1);
                allowed.0.insert(trend.over_days.to_string());
            }
        }
        if let Some(rate) = &market.mortgage_rate {
            allowed.date(rate.as_of);
            allowed.decimal(rate.percent, 2);
            [rate.change_month, rate.change_year].into_iter().flatten().for_each(|change| allowed.decimal(change, 2));
        }
        allowed.check(&intro(&IntroFacts { zip_code: zip(), has_home: true, as_of, market }))?;
    }

    #[test]
    fn every_figure_of_a_home_report_is_a_fact_or_follows_from_two(
        as_of in any_date(),
        property in any_property(),
        before in option::of(any_property()),
    ) {
        let mut allowed = Allowed::default();
        allowed.0.insert("0.1".to_owned());
        allowed.date(as_of);
        let facts = &property.facts;
        facts.bedrooms.into_iter().for_each(|rooms| allowed.decimal(rooms.into(), 1));
        facts.bathrooms.into_iter().for_each(|rooms| allowed.decimal(rooms.into(), 2));
        facts.living_area_sqft.into_iter().for_each(|area| allowed.whole(area.into()));
        facts.year_built.into_iter().for_each(|year| { allowed.0.insert(year.to_string()); });
        match &property.valuation {
            Some(valuation) if valuation.value > 0 => {
                allowed.whole(valuation.value);
                if let Some(range) = valuation.range {
                    allowed.whole(range.low);
                    allowed.whole(range.high);
                }
                allowed.date(valuation.as_of);
                for sale in &valuation.comparables {
                    allowed.whole(sale.price);
                    allowed.date(sale.sold_on);
                    sale.miles.into_iter().for_each(|miles| allowed.decimal(miles, 1));
                }
                allowed.whole(valuation.comparables.iter().filter(|sale| sale.price > 0).count() as u64);
                if let Some(before) = before.as_ref().and_then(|before| before.valuation.as_ref()) {
                    allowed.date(before.as_of);
                    allowed.whole(before.value);
                    let difference = valuation.value.abs_diff(before.value);
                    allowed.whole(difference);
                    allowed.decimal(difference as f64 / before.value as f64 * 100.0, 1);
                }
            }
            // Why there is no value is told in the source's own words.
            _ => for word in property.no_value_because.iter().flat_map(|because| because.split(|c: char| !c.is_ascii_digit() && c != ',' && c != '.')) {
                allowed.0.insert(word.trim_matches([',', '.']).to_owned());
            },
        }
        let facts = HomeReportFacts { as_of, property: Arc::new(property), before: before.map(Arc::new) };
        allowed.check(&home_report(&facts))?;
    }
}

/// What the guard says to a text, for a sentence of a failing test.
fn objections(text: &str, known: &Known) -> Vec<String> {
    check(text, known).iter().map(ToString::to_string).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_guard_has_no_objection_to_an_intro(as_of in any_date(), market in any_market()) {
        let facts = IntroFacts { zip_code: zip(), has_home: true, as_of, market };
        let text = intro(&facts);
        prop_assert_eq!(objections(&text, &Known::of_intro(&facts)), Vec::<String>::new(), "{}", text);
    }

    #[test]
    fn the_guard_has_no_objection_to_a_home_report(
        as_of in any_date(),
        property in any_property(),
        before in option::of(any_property()),
    ) {
        let facts = HomeReportFacts { as_of, property: Arc::new(property), before: before.map(Arc::new) };
        let text = home_report(&facts);
        prop_assert_eq!(objections(&text, &Known::of_home_report(&facts)), Vec::<String>::new(), "{}", text);
    }
}

#[test]
fn the_guard_has_no_objection_to_a_text_of_any_month() {
    for month in 1..=12 {
        let as_of = NaiveDate::from_ymd_opt(2015, month, 2).unwrap();
        let market = LocalMarket { statistics: Some(statistics()), mortgage_rate: Some(rate()) };
        let facts = IntroFacts { zip_code: zip(), has_home: true, as_of, market };
        assert_eq!(objections(&intro(&facts), &Known::of_intro(&facts)), Vec::<String>::new());
        for confidence in [Confidence::Low, Confidence::Medium, Confidence::High] {
            let now = Valuation { confidence: Some(confidence), ..valuation("2015-03-01", 584_000) };
            let before = valuation("2015-02-01", 577_000);
            for mut facts in [home_facts(Some(now), Some(before)), home_facts(None, None)] {
                facts.as_of = as_of;
                let text = home_report(&facts);
                assert_eq!(objections(&text, &Known::of_home_report(&facts)), Vec::<String>::new(), "{text}");
            }
        }
    }
}
