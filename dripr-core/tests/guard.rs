//! The guard over a corpus of good and bad sentences, and over any text at all.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "guard/facts.rs"]
mod facts;
#[path = "guard/properties.rs"]
mod properties;

use std::{collections::BTreeMap, sync::Arc};

use dripr_core::{
    content::{LocalMarket, MarketStatistics, PriceTrend},
    guard::{Known, Rule, check},
};

/// One sentence of the corpus.
struct Case {
    family: &'static str,
    facts: &'static str,
    /// The stored name of the rule that has to object; nothing for a good sentence.
    rule: Option<&'static str>,
    /// Whether the guard is known to judge it wrongly.
    wrong: bool,
    text: String,
}

fn corpus() -> Vec<Case> {
    let lines = include_str!("guard/corpus.tsv").lines();
    lines.filter(|line| !line.starts_with('#') && !line.is_empty()).map(case).collect()
}

fn case(line: &'static str) -> Case {
    let fields: Vec<&str> = line.split('\t').collect();
    let [family, facts, expected, text] = *fields.as_slice() else { panic!("four fields: {line}") };
    let rule = Some(expected.trim_end_matches('!')).filter(|rule| *rule != "ok");
    Case { family, facts, rule, wrong: expected.ends_with('!'), text: unescaped(text) }
}

fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}').unwrap();
        plain.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        plain.push_str(rest);
    }
    plain.replace("\\n", "\n")
}

/// How many sentences of a family are of a kind, and how many of these are judged wrongly.
#[derive(Default)]
struct Rates {
    good: (usize, usize),
    bad: (usize, usize),
}

impl Rates {
    fn add(&mut self, bad: bool, wrong: bool) {
        let of = if bad { &mut self.bad } else { &mut self.good };
        of.0 += 1;
        of.1 += usize::from(wrong);
    }

    fn line(&self, family: &str) -> String {
        let rate = |(all, wrong): (usize, usize)| {
            format!("{wrong:>3} of {all:>3} ({:>4.1}%)", 100.0 * wrong as f64 / all.max(1) as f64)
        };
        format!("{family:<13} refused though good {}   missed {}", rate(self.good), rate(self.bad))
    }
}

#[test]
fn the_corpus_is_judged_as_expected() {
    let known = facts::named();
    let mut rates = BTreeMap::<&str, Rates>::new();
    let mut all = Rates::default();
    let mut surprises = Vec::new();
    for case in corpus() {
        let objections = check(&case.text, &known[case.facts]);
        let wrong = match case.rule {
            None => !objections.is_empty(),
            Some(rule) => !objections.iter().any(|objection| objection.rule.as_str() == rule),
        };
        rates.entry(case.family).or_default().add(case.rule.is_some(), wrong);
        all.add(case.rule.is_some(), wrong);
        if wrong != case.wrong {
            let said: Vec<String> = objections.iter().map(ToString::to_string).collect();
            surprises.push(format!("{:?} {:?}: {said:#?}", case.rule, case.text));
        }
    }
    for (family, rates) in &rates {
        println!("{}", rates.line(family));
    }
    println!("{}", all.line("all"));
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    // Sentences that are knowingly judged wrongly are few, and the corpus is large and even.
    let share = |(all, wrong): (usize, usize)| wrong as f64 / all as f64;
    assert!(share(all.good) <= 0.025 && share(all.bad) <= 0.03);
    assert!(all.good.0 + all.bad.0 >= 220 && all.good.0.abs_diff(all.bad.0) <= 100);
}

#[test]
fn good_sentences_are_good_together_and_redeem_no_bad_one() {
    let known = facts::named();
    let cases = corpus();
    let good = |facts: &str| -> Vec<&str> {
        let good = cases.iter().filter(|case| case.facts == facts && case.rule.is_none() && !case.wrong);
        good.map(|case| case.text.as_str()).collect()
    };
    for (name, known) in &known {
        for some in good(name).chunks(6) {
            for together in [some.join(" "), some.join("\n\n")] {
                assert_eq!(check(&together, known), [], "{together}");
            }
        }
    }
    for case in
        cases.iter().filter(|case| case.rule.is_some() && !case.wrong && case.rule != Some("too_short"))
    {
        for good in good(case.facts).into_iter().take(5) {
            let text = format!("{}\n\n{good}", case.text);
            let objections = check(&text, &known[case.facts]);
            for objection in check(&case.text, &known[case.facts]) {
                assert!(objections.contains(&objection), "{objection}: {text}");
            }
        }
    }
}

#[test]
fn what_is_too_long_is_refused_and_answered_briefly() {
    let known: &Known = &facts::named()["intro"];
    let sentence = "The market was much as it was before. ";
    assert_eq!(check(&sentence.repeat(31), known), []);
    for text in [sentence.repeat(33), "$9 ".repeat(400_000), "é".repeat(500_000), "no kids ".repeat(200)] {
        let objections = check(&text, known);
        assert_eq!(objections[0].rule.as_str(), "too_long");
        assert!(objections.len() <= dripr_core::guard::MOST_OBJECTIONS);
        assert!(objections.iter().all(|objection| objection.found.chars().count() <= 80));
    }
}

#[test]
fn a_text_is_looked_at_to_its_end() {
    let known: &Known = &facts::named()["home"];
    let before = "The market was much as it was before. ".repeat(41);
    let objections = check(&format!("{before}It is worth $9,999,999 now."), known);
    assert_eq!(objections.iter().map(|objection| objection.rule).collect::<Vec<_>>(), [Rule::Figure]);
}

#[test]
fn a_change_told_the_wrong_way_is_quoted_with_three_words_on_either_side() {
    let known: &Known = &facts::named()["intro"];
    let quoted =
        |text: &str| check(text, known).into_iter().map(|objection| objection.found).collect::<Vec<_>>();
    let text = "Over the year the price levels rose 2.4% as many homes were for sale.";
    assert_eq!(quoted(text), ["price levels rose 2.4% as many homes"]);
    assert_eq!(quoted("So it was that price levels rose 2.4%."), ["price levels rose 2.4%."]);
}

fn refuses_figure(text: &str, known: &Known) -> bool {
    check(text, known).iter().any(|objection| objection.rule == Rule::Figure)
}

#[test]
fn a_century_a_decade_a_quarter_and_a_day_are_those_of_a_known_date() {
    // Built in 1987; the dates lie from March to June 2026, the 3rd of June was a Wednesday.
    let known = Known::of_home_report(&facts::home());
    for (told, refused) in [
        ("20th century", false),
        ("21st century", false),
        ("19th century", true),
        ("22nd century", true),
        ("1980s", false),
        ("2020s", false),
        ("eighties", false),
        ("twenties", false),
        ("1900s", false),
        ("1970s", true),
        ("1990s", true),
        ("2010s", true),
        ("seventies", true),
        ("1800s", true),
        ("3rd", false),
        ("46th", false),
        ("4th", true),
        ("47th", true),
        ("first quarter of 2026", false),
        ("second quarter", false),
        ("third quarter", true),
        ("second quarter of 2025", true),
        ("Wednesday", false),
        ("Sunday", true),
    ] {
        let text = format!("It is told here that the {told} was the one.");
        assert_eq!(refuses_figure(&text, &known), refused, "{told}");
    }
    let mut home = facts::home();
    Arc::make_mut(&mut home.property).facts.year_built = Some(2_000);
    let known = Known::of_home_report(&home);
    assert!(!refuses_figure("It was built in the 20th century, as it is told.", &known));
}

#[test]
fn dozens_are_from_two_dozen_to_ten() {
    for (sales, refused) in [(23, true), (24, false), (119, false), (120, true)] {
        let statistics =
            MarketStatistics { sales: Some(sales), active_listings: None, ..facts::statistics() };
        let known = of_market(statistics);
        let text = "Dozens of homes sold there in the period, as before.";
        assert_eq!(refuses_figure(text, &known), refused, "{sales}");
    }
}

#[test]
fn half_of_the_homes_lie_on_either_side_of_any_median() {
    let none = MarketStatistics {
        median_price: None,
        median_price_per_sqft: None,
        median_days_on_market: None,
        ..facts::statistics()
    };
    let text = "Half of the homes were above it and half of them below.";
    assert!(refuses_figure(text, &of_market(none.clone())));
    for one in [
        MarketStatistics { median_price: Some(849_500), ..none.clone() },
        MarketStatistics { median_price_per_sqft: Some(512), ..none.clone() },
        MarketStatistics { median_days_on_market: Some(12), ..none },
    ] {
        assert!(!refuses_figure(text, &of_market(one)));
    }
}

#[test]
fn a_part_is_a_percentage_that_is_known() {
    for (percent, told, refused) in [
        (32.0, "a third", false),
        (30.0, "a third", true),
        (30.0, "about a third", false),
        (28.0, "about a third", true),
        (50.0, "half", false),
        (45.0, "half", true),
    ] {
        let trend = Some(PriceTrend { percent, over_days: 90 });
        let statistics = MarketStatistics {
            median_price: None,
            median_price_per_sqft: None,
            median_days_on_market: None,
            trend,
            ..facts::statistics()
        };
        let text = format!("Prices rose by {told} over all of it, as it is told.");
        assert_eq!(refuses_figure(&text, &of_market(statistics)), refused, "{told} for {percent}");
    }
}

#[test]
fn sales_without_a_price_may_be_counted_or_not() {
    let mut home = facts::home();
    let valuation = Arc::make_mut(&mut home.property).valuation.as_mut().unwrap();
    valuation.comparables[0].price = 0;
    let known = Known::of_home_report(&home);
    for (count, refused) in [("one", true), ("two", false), ("three", false), ("four", true)] {
        let text = format!("The estimate follows from {count} sales that were near to it.");
        assert_eq!(refuses_figure(&text, &known), refused, "{count}");
    }
}

#[test]
fn a_change_since_an_estimate_of_the_same_day_is_not_known() {
    let mut home = facts::home();
    let before = Arc::make_mut(home.before.as_mut().unwrap()).valuation.as_mut().unwrap();
    before.as_of = facts::day("2026-06-01");
    let text = "That is $22,500 more than it was before, as it is told.";
    assert!(!refuses_figure(text, &Known::of_home_report(&facts::home())));
    assert!(refuses_figure(text, &Known::of_home_report(&home)));
}

fn of_market(statistics: MarketStatistics) -> Known {
    let market = LocalMarket { statistics: Some(statistics), mortgage_rate: None };
    Known::of_intro(&facts::intro(market))
}
