use chrono::{Days, NaiveDate};

use super::checks::{is_not_found, source_is_named};
use crate::{
    content::MortgageRate,
    errors::Fault,
    ports::{Allowance, MortgageRateSource},
};

/// What every [`MortgageRateSource`] must do: the latest rate that was published by the day, and an error before there
/// was one.
///
/// `as_of` is a day on which the source knows a rate; `before_the_first` one by which none was published, and `None` for
/// a source that knows a rate for every day.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn mortgage_rate_source<S: MortgageRateSource + ?Sized>(
    source: &S,
    as_of: NaiveDate,
    before_the_first: Option<NaiveDate>,
) {
    let rate = source
        .rate(as_of, &Allowance::unlimited())
        .await
        .expect("a rate was published by a day on which the source knows one");
    rate_is_of(&rate, as_of);
    let again = source
        .rate(as_of, &Allowance::unlimited())
        .await
        .expect("a rate was published by a day on which the source knows one");
    assert_eq!(rate, again, "the same question about a rate gets the same answer");
    let on_the_day = source
        .rate(rate.as_of, &Allowance::unlimited())
        .await
        .expect("a rate is known on the day of its own survey");
    assert_eq!(on_the_day, rate, "a rate counts from the day of its survey on");

    let day_before = rate.as_of.checked_sub_days(Days::new(1)).expect("a day that is not the first of all");
    match source.rate(day_before, &Allowance::unlimited()).await {
        Ok(before) => rate_is_of(&before, day_before),
        Err(error) => assert_eq!(
            error.fault(),
            Fault::NotFound,
            "of an earlier day a source knows the rate or answers NotFound; the error was: {error}"
        ),
    }
    if let Some(day) = before_the_first {
        is_not_found("a day by which no rate was published", source.rate(day, &Allowance::unlimited()).await);
    }
}

fn rate_is_of(rate: &MortgageRate, as_of: NaiveDate) {
    assert!(
        rate.as_of <= as_of,
        "a rate asked for as of {as_of} was not published later, such as on {}",
        rate.as_of
    );
    assert!(
        (0.0..100.0).contains(&rate.percent),
        "a rate is a number of percent a year from 0 to below 100, not {}",
        rate.percent
    );
    for change in [rate.change_month, rate.change_year].into_iter().flatten() {
        let before = rate.percent - change;
        assert!(
            change.is_finite() && (0.0..100.0).contains(&before),
            "a rate of {} that changed by {change} was {before} before, which is no rate",
            rate.percent
        );
    }
    source_is_named(&rate.source);
}
