//! What holds for any text and any figure.

use std::sync::Arc;

use dripr_core::{
    content::{LocalMarket, MortgageRate, PriceTrend},
    guard::{Known, MOST_OBJECTIONS, Rule, check},
};
use proptest::prelude::*;

use crate::facts;

/// Pieces that texts which break rules are made of.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("$"),
        Just("1,2"),
        Just(".5"),
        Just("9"),
        Just("99999999999999999999999999"),
        Just("-"),
        Just("–"),
        Just("half a"),
        Just("million"),
        Just("and a half"),
        Just("nineteen"),
        Just("hundred"),
        Just("dozen"),
        Just("percent"),
        Just("/"),
        Just("½"),
        Just("June"),
        Just("3rd"),
        Just("of the"),
        Just("perfect for"),
        Just("families"),
        Just("no"),
        Just("past"),
        Just("month"),
        Just("over"),
        Just("'"),
        Just("\n"),
        Just("\n\n"),
        Just("{"),
        Just("["),
        Just("&"),
        Just("."),
        Just("\u{200b}"),
        Just("é"),
        Just("\u{1f525}"),
    ];
    prop::collection::vec((piece, any::<bool>()), 0..60).prop_map(|pieces| {
        pieces
            .into_iter()
            .map(|(piece, space)| if space { format!("{piece} ") } else { piece.to_owned() })
            .collect()
    })
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap());
    groups.collect::<Vec<_>>().join(",")
}

fn words_below_hundred(number: u64) -> String {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    match usize::try_from(number).unwrap() {
        small @ 0..20 => SMALL[small].to_owned(),
        tens if tens % 10 == 0 => TENS[tens / 10 - 2].to_owned(),
        both => format!("{}-{}", TENS[both / 10 - 2], SMALL[both % 10]),
    }
}

/// A whole number in words: `one million two hundred thousand five`.
fn in_words(number: u64) -> String {
    match number {
        0..100 => words_below_hundred(number),
        100..1_000 => join(in_words(number / 100), "hundred", number % 100),
        1_000..1_000_000 => join(in_words(number / 1_000), "thousand", number % 1_000),
        _ => join(in_words(number / 1_000_000), "million", number % 1_000_000),
    }
}

fn join(head: String, scale: &str, rest: u64) -> String {
    if rest == 0 { format!("{head} {scale}") } else { format!("{head} {scale} {}", in_words(rest)) }
}

/// An intro with one median price and nothing else that is money.
fn with_median(price: u64) -> Known {
    let mut statistics = facts::statistics();
    statistics.median_price = Some(price);
    statistics.median_price_per_sqft = None;
    Known::of_intro(&facts::intro(LocalMarket { statistics: Some(statistics), mortgage_rate: None }))
}

fn refuses_figure(text: &str, known: &Known) -> bool {
    check(text, known).iter().any(|objection| objection.rule == Rule::Figure)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![any::<String>(), "\\PC{0,300}", hostile()]) {
        for known in facts::named().values() {
            let objections = check(&text, known);
            prop_assert!(objections.len() <= MOST_OBJECTIONS);
            for objection in objections {
                prop_assert!(objection.found.chars().count() <= 80);
                prop_assert!(!objection.to_string().contains(char::is_control));
            }
            prop_assert_eq!(check(&text, known), check(&text, known));
        }
    }

    #[test]
    fn a_good_paragraph_redeems_nothing(text in prop_oneof!["\\PC{0,120}", hostile()]) {
        let known = &facts::named()["intro"];
        let before = check(&text, known);
        let good = "The market was much as it was before, and so were the rates of the survey.";
        let after = check(&format!("{text}\n\n{good}"), known);
        if before.len() < MOST_OBJECTIONS {
            for objection in before.into_iter().filter(|objection| objection.rule != Rule::TooShort) {
                prop_assert!(after.contains(&objection), "{}", objection);
            }
        }
    }

    #[test]
    fn money_passes_in_each_form_and_a_changed_figure_in_none(
        price in prop_oneof![50_000_u64..5_000_000, (50_u64..5_000).prop_map(|thousands| thousands * 1_000)],
        shift in 0.06_f64..3.0,
        up in any::<bool>(),
    ) {
        let forms = |price: u64| {
            let (millions, thousands) = (price as f64 / 1e6, price as f64 / 1e3);
            let mut forms = vec![
                format!("${}", grouped(price)),
                format!("${price}"),
                format!("$ {}", grouped(price)),
                format!("{} dollars", grouped(price)),
                format!("{price} dollars"),
                format!("US${}", grouped(price)),
                format!("${}.00", grouped(price)),
                format!("{} dollars", in_words(price)),
                format!("${millions:.3}M"),
                format!("${millions:.3} million"),
                format!("{millions:.3} million dollars"),
                format!("${thousands:.0}K"),
                format!("about ${thousands:.0} thousand"),
            ];
            if price >= 1_000_000 {
                forms.extend([format!("${millions:.1}M"), format!("${millions:.2} million")]);
            }
            forms
        };
        let known = with_median(price);
        for form in forms(price) {
            let text = format!("The median price of the homes was {form} in the period.");
            prop_assert_eq!(check(&text, &known), [], "{}", text);
        }
        let factor = if up { 1.0 + shift } else { 1.0 / (1.0 + shift) };
        // $1.3M shows no more than the nearest hundred thousand.
        let other = (price as f64 * factor) as u64;
        let one_place = |price: u64| format!("{:.1}", price as f64 / 1e6);
        for form in forms(other).into_iter().filter(|form| !form.contains(&one_place(price))) {
            let text = format!("The median price of the homes was {form} in the period.");
            prop_assert!(refuses_figure(&text, &known), "{} for {}", text, price);
        }
    }

    #[test]
    fn percent_passes_in_each_form_and_a_changed_figure_in_none(hundredths in 101_u32..1_200, off in 11_u32..400, down in any::<bool>()) {
        let percent = f64::from(hundredths) / 100.0;
        let signed = if down { -percent } else { percent };
        let verb = if down { "fell" } else { "rose" };
        let wrong = if down { "rose" } else { "fell" };
        let statistics = dripr_core::content::MarketStatistics {
            trend: Some(PriceTrend { percent: signed, over_days: 365 }),
            ..facts::statistics()
        };
        let known = Known::of_intro(&facts::intro(LocalMarket { statistics: Some(statistics), mortgage_rate: None }));
        let forms = |percent: f64| [
            format!("{percent:.2}%"),
            format!("{percent:.1}%"),
            format!("{percent:.2} percent"),
            format!("{percent:.1} per cent"),
            format!("about {percent:.1} pct"),
        ];
        for form in forms(percent) {
            let text = format!("Price levels {verb} {form} over the year in the area.");
            prop_assert_eq!(check(&text, &known), [], "{}", text);
            let text = format!("Price levels {wrong} {form} over the year in the area.");
            prop_assert!(check(&text, &known).iter().any(|objection| objection.rule == Rule::Direction), "{}", text);
        }
        for form in forms(f64::from(hundredths + off) / 100.0) {
            let text = format!("Price levels {verb} {form} over the year in the area.");
            prop_assert!(refuses_figure(&text, &known), "{} for {}", text, percent);
        }
    }

    #[test]
    fn dates_pass_in_each_form_and_another_in_none(days in 0_i64..20_000, off in 1_i64..2_000) {
        let date = facts::day("1990-01-01") + chrono::Duration::days(days);
        let known = Known::of_intro(&dripr_core::ports::IntroFacts {
            as_of: date,
            ..facts::intro(LocalMarket { statistics: None, mortgage_rate: None })
        });
        let forms = [
            "%B %-d, %Y", "%-d %B %Y", "%b. %-d, %Y", "%Y-%m-%d", "%-m/%-d/%Y", "%m/%d/%Y", "%A, %B %-d, %Y",
        ];
        for form in forms {
            let text = format!("These are the figures of the area as of {}, in plain words.", date.format(form));
            // Nobody shortens May.
            let text = text.replace("May.", "May");
            prop_assert_eq!(check(&text, &known), [], "{}", text);
            let other = date + chrono::Duration::days(off);
            let text = format!("These are the figures of the area as of {}, in plain words.", other.format(form));
            let text = text.replace("May.", "May");
            prop_assert!(refuses_figure(&text, &known), "{}", text);
        }
    }

    #[test]
    fn counts_and_rooms_pass_in_digits_and_words(sales in 2_u32..999, other in 2_u32..999) {
        let statistics = dripr_core::content::MarketStatistics {
            sales: Some(sales),
            active_listings: None,
            ..facts::statistics()
        };
        let known = Known::of_intro(&facts::intro(LocalMarket { statistics: Some(statistics), mortgage_rate: None }));
        for number in [sales.to_string(), in_words(sales.into())] {
            let text = format!("In the period, {number} single-family homes were sold in the area.");
            prop_assert_eq!(check(&text, &known), [], "{}", text);
        }
        for number in [other.to_string(), in_words(other.into())] {
            let text = format!("In the period, {number} single-family homes were sold in the area.");
            prop_assert_eq!(refuses_figure(&text, &known), other != sales, "{}", text);
        }
    }

    #[test]
    fn a_figure_in_disguise_is_refused(price in 100_000_u64..900_000, zero in prop::sample::select(vec!['٠', '０', '०', '𝟎', '𝟘'])) {
        let known = Known::of_intro(&facts::intro(LocalMarket { statistics: None, mortgage_rate: None }));
        let disguised: String = price
            .to_string()
            .chars()
            .map(|digit| char::from_u32(u32::from(zero) + digit.to_digit(10).unwrap()).unwrap())
            .collect();
        for text in [
            format!("The median price was ${disguised} in the area as it was."),
            format!("The median price was {disguised} in the area as it was."),
            format!("The median price was {} in the area as it was.", in_words(price)),
            format!("The median price was &#36;{price} in the area as it was."),
        ] {
            prop_assert!(!check(&text, &known).is_empty(), "{}", text);
        }
    }
}

#[test]
fn texts_of_a_megabyte_are_answered() {
    let known = &facts::named()["home"];
    for piece in [
        "a",
        "9",
        "$9 ",
        "half a ",
        "nineteen ",
        "\u{200b}",
        "é",
        "perfect for ",
        "\n\n",
        "- \n",
        "'",
        "one hundred ",
    ] {
        assert!(!check(&piece.repeat(1_000_000 / piece.len()), known).is_empty(), "{piece:?}");
    }
}

#[test]
fn numbers_that_are_none_justify_nothing() {
    for percent in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0] {
        let rate = MortgageRate {
            percent,
            change_month: Some(percent),
            change_year: Some(percent),
            ..facts::rate()
        };
        let market = LocalMarket { statistics: None, mortgage_rate: Some(rate) };
        let known = Known::of_intro(&facts::intro(market));
        for text in ["The rate stood at 5% in the survey.", "The rate rose 5 points in the survey."] {
            assert!(refuses_figure(text, &known), "{percent}: {text}");
        }
    }
}

#[test]
fn a_change_is_known_only_between_estimates_that_compare() {
    let text = "That is $22,500 (1.9%) more than the $1,165,000 of May 1.";
    assert_eq!(check(text, &Known::of_home_report(&facts::home())), []);
    let mut other = facts::home();
    Arc::make_mut(other.before.as_mut().unwrap()).valuation.as_mut().unwrap().source = "Another".to_owned();
    assert!(refuses_figure(text, &Known::of_home_report(&other)));
    let mut none = facts::home();
    none.before = None;
    assert!(refuses_figure(text, &Known::of_home_report(&none)));
}
