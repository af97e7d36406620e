//! Finds every figure in a text.

use super::{
    dates::{dates_at, year_in},
    figure::{Amount, Bound, Direction, Figure, Unit, What},
    number::{Form, Number, number_at, whole},
    unit::{MONTH, Measure, YEAR, counted_at, unit_at},
};
use crate::guard::{
    function_words::is_function_word,
    prose::{Kind, Prose},
};

/// Every figure of a text, in its order.
///
/// No figures are: *one* that counts nothing (*one of the*, *no one*), *a* and *this* before a length of time (*a year*,
/// *this month*), *the two* that points back, *first* and other places in an order in words, *once*, *both*, *several*,
/// *a few*, *24/7*.
pub(super) fn scan(prose: &Prose) -> Vec<Figure> {
    let (mut figures, mut at) = (Vec::<Figure>::new(), 0);
    while at < prose.len() {
        let dates = dates_at(prose, at);
        if let Some(end) = dates.iter().map(|date| date.end).max() {
            figures.extend(dates);
            at = end.max(at + 1);
            continue;
        }
        if is_idiom(prose, at) {
            at += 3;
            continue;
        }
        let Some(mut figure) = amount_at(prose, at).or_else(|| in_a_word(prose, at)) else {
            at += 1;
            continue;
        };
        if let (Some(last), What::Amount(amount)) = (figures.last(), &mut figure.what) {
            continue_range(prose, last, at, amount);
        }
        at = figure.end.max(at + 1);
        figures.push(figure);
    }
    figures
}

/// `24/7`.
fn is_idiom(prose: &Prose, at: usize) -> bool {
    whole(prose, at, 24..=24).is_some() && prose.is_mark(at + 1, '/') && whole(prose, at + 2, 7..=7).is_some()
}

/// The second end of *$480,000–520,000* is money too.
fn continue_range(prose: &Prose, last: &Figure, at: usize, amount: &mut Amount) {
    let follows =
        last.end + 1 == at && (prose.is_dash(last.end) || matches!(prose.word(last.end), "to" | "and"));
    if let What::Amount(Amount { unit: Unit::Money, .. }) = last.what
        && follows
        && matches!(amount.unit, Unit::Bare | Unit::Other)
    {
        amount.unit = Unit::Money;
    }
}

fn amount_at(prose: &Prose, start: usize) -> Option<Figure> {
    let (sign, at) = sign_at(prose, start);
    let at = if prose.word(at) == "us" && prose.is_mark(at + 1, '$') { at + 1 } else { at };
    let money = prose.is_mark(at, '$') || prose.word(at) == "usd";
    let at = if money { at + 1 } else { at };
    let number = number_at(prose, at)?;
    let measure = if money { in_dollars(prose, number) } else { measured(prose, at, number)? };
    let year_like = number.form == Form::SpelledYear || year_in(prose, at).is_some() && number.end == at + 1;
    let told_as_year = year_like && (number.form == Form::SpelledYear || follows_year_word(prose, at));
    let unit = match measure.unit {
        Unit::Bare | Unit::Other if told_as_year => Unit::Year,
        unit => unit,
    };
    let amount = Amount {
        unit,
        value: number.value,
        step: number.step,
        scale: number.scale * measure.scale,
        scaled: number.scale != 1.0 || measure.scale != 1.0,
        sign,
        bound: bound_before(prose, start),
        year_like,
    };
    Some(Figure { what: What::Amount(amount), start, end: measure.end })
}

/// A sign that stands alone before a figure: `-2.4%`, and not the dash of `3-4%`.
fn sign_at(prose: &Prose, at: usize) -> (Option<Direction>, usize) {
    let sign = match prose.token(at).map(|token| token.kind) {
        Some(Kind::Mark('-' | '–')) => Direction::Down,
        Some(Kind::Mark('+')) => Direction::Up,
        _ => return (None, at),
    };
    let alone = !prose.is_glued(at) || prose.begins_paragraph(at) || prose.is_mark(at.saturating_sub(1), '(');
    if alone && prose.is_glued(at + 1) { (Some(sign), at + 1) } else { (None, at) }
}

fn in_dollars(prose: &Prose, number: Number) -> Measure {
    let here = Measure { unit: Unit::Money, scale: 1.0, end: number.end };
    match unit_at(prose, number.end).filter(|measure| measure.unit == Unit::Money && measure.scale != 0.01) {
        Some(dollars) => dollars,
        None if number.scale == 1.0 => match range_after(prose, number) {
            Some((second, _)) => Measure { scale: second.scale, ..here },
            None => here,
        },
        None => here,
    }
}

/// The second number of a range that this one begins, and its unit, where both are of one size: *$1.2 to $1.3 million*.
fn range_after(prose: &Prose, number: Number) -> Option<(Number, Option<Measure>)> {
    let connected =
        prose.is_dash(number.end) || matches!(prose.word(number.end), "to" | "and" | "or" | "through");
    let dollars = prose.is_mark(number.end + 1, '$');
    let at = number.end + if dollars { 2 } else { 1 };
    let second = connected.then(|| number_at(prose, at)).flatten()?;
    let alike = number.value <= second.value && second.value <= 10.0 * number.value;
    let unit = if dollars {
        Some(Measure { unit: Unit::Money, scale: 1.0, end: second.end })
    } else {
        unit_at(prose, second.end)
    };
    alike.then_some((second, unit))
}

/// What a number without a dollar sign counts; nothing if it is none after all.
fn measured(prose: &Prose, at: usize, number: Number) -> Option<Measure> {
    let here = |unit: Unit| Measure { unit, scale: 1.0, end: number.end };
    if number.form == Form::Fraction && prose.digits(at).is_empty() {
        return of_fraction(prose, at, number);
    }
    if let Some(measure) = unit_at(prose, number.end) {
        let idiom = is_bare_one(prose, at, number)
            && (measure.unit == Unit::Foreign
                || matches!(prose.word(number.end), "point" | "points" | "day"));
        return (!idiom).then_some(measure);
    }
    if is_bare_one(prose, at, number) {
        let ratio = matches!(prose.word(number.end), "in" | "out")
            && (number.end + 1..number.end + 4).any(|next| number_at(prose, next).is_some());
        return ratio.then(|| here(Unit::Other));
    }
    if let Some((second, unit)) = range_after(prose, number)
        && let Some(unit) = unit.or_else(|| counted_at(prose, second.end))
    {
        let scale = if number.scale == 1.0 { second.scale } else { 1.0 };
        return Some(Measure { scale: unit.scale * scale, ..here(unit.unit) });
    }
    if let Some(counted) = counted_at(prose, number.end) {
        return Some(counted);
    }
    if points_back(prose, at, number) || prose.word(at) == "zero" && prose.word(at.saturating_sub(1)) == "net"
    {
        return None;
    }
    let next = if prose.is_mark(number.end, '-') { number.end + 1 } else { number.end };
    let noun = matches!(prose.token(next).map(|token| token.kind), Some(Kind::Word))
        && !is_function_word(prose.word(next))
        && !matches!(prose.word(next), "sold" | "went" | "came" | "closed" | "brought");
    Some(here(if noun { Unit::Other } else { Unit::Bare }))
}

/// *One* in a word that counts nothing by itself.
fn is_bare_one(prose: &Prose, at: usize, number: Number) -> bool {
    prose.word(at) == "one" && number.end == at + 1
}

/// *The two*, *these three figures*: a word that points back to what was named, and states nothing.
fn points_back(prose: &Prose, at: usize, number: Number) -> bool {
    let small = number.form == Form::Words && number.scale == 1.0 && (2.0..=4.0).contains(&number.value);
    let pointed = at.checked_sub(1).is_some_and(|before| {
        matches!(prose.word(before), "the" | "these" | "those" | "all" | "other" | "any" | "between")
    });
    let noun = prose.word(number.end);
    let stands_alone = noun.is_empty() || is_function_word(noun);
    let of_the_report = matches!(
        noun,
        "figures" | "estimates" | "numbers" | "values" | "dates" | "reports" | "sources" | "ends" | "prices"
    );
    small && pointed && (stands_alone || of_the_report)
}

/// What a part in words is a part of: *half a percent*, *a quarter of a mile*, *half of them*.
fn of_fraction(prose: &Prose, at: usize, number: Number) -> Option<Measure> {
    let end = number.end;
    let before = at.checked_sub(1).map(|before| prose.word(before)).unwrap_or_default();
    let last = prose.word(end - 1);
    // *A third bedroom* is a place in an order, *half a bath* is a part.
    let is_place = matches!(last, "third" | "fourth" | "fifth" | "sixth" | "eighth" | "tenth");
    if let Some(measure) = unit_at(prose, end) {
        return (!is_place).then_some(measure);
    }
    let article = if prose.word(end) == "of" { end + 1 } else { end };
    if matches!(prose.word(article), "a" | "an" | "one")
        && let Some(measure) = unit_at(prose, article + 1)
    {
        return Some(measure);
    }
    // *Half a million* has no unit of its own.
    if number.scale != 1.0 || number.value >= 1.0 {
        return Some(counted_at(prose, end).unwrap_or(Measure { unit: Unit::Bare, scale: 1.0, end }));
    }
    let ago = matches!(prose.word(end), "ago" | "earlier" | "before");
    let compares = matches!(prose.word(end), "of" | "more" | "less" | "fewer" | "higher" | "lower");
    let measures =
        matches!(before, "by" | "about" | "nearly" | "almost" | "over" | "than" | "roughly" | "least");
    let whole_word = end == at + 1;
    match last {
        "quarter" if ago => Some(Measure { unit: Unit::Days, scale: YEAR, end: end + 1 }),
        "half" if matches!(before, "first" | "second" | "latter" | "other" | "better") => None,
        "half" => Some(Measure { unit: Unit::Share, scale: 1.0, end }),
        // *The last quarter* is a length of time, *a third sale* is a place in an order.
        "quarter" if whole_word && !compares => None,
        _ if (is_place || last == "quarter") && !compares && !measures => None,
        _ => Some(Measure { unit: Unit::Share, scale: 1.0, end }),
    }
}

/// Whether the word before says that a number is a year.
fn follows_year_word(prose: &Prose, at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| prose.word(before)).unwrap_or_default();
    matches!(
        before,
        "in" | "since"
            | "built"
            | "from"
            | "renovated"
            | "remodeled"
            | "constructed"
            | "completed"
            | "updated"
            | "year"
            | "circa"
            | "until"
            | "through"
            | "before"
            | "after"
            | "early"
            | "late"
            | "during"
            | "mid"
            | "spring"
            | "summer"
            | "fall"
            | "autumn"
            | "winter"
    )
}

/// How exact the words before a figure say that it is.
fn bound_before(prose: &Prose, start: usize) -> Bound {
    let word = |back: usize| start.checked_sub(back).map(|at| prose.word(at)).unwrap_or_default();
    match (word(2), word(1)) {
        (_, "about" | "around" | "roughly" | "approximately" | "approx" | "circa" | "some") => Bound::About,
        ("close", "to") | (_, "near") => Bound::About,
        (_, "over" | "above" | "exceeding" | "topping") => Bound::Over,
        ("more", "than") | ("at", "least") | ("north" | "upwards", "of") => Bound::Over,
        (_, "nearly" | "almost" | "under" | "below") => Bound::Under,
        ("less" | "fewer", "than") | ("short" | "shy", "of") | ("at", "most") | ("up", "to") => Bound::Under,
        _ => Bound::None,
    }
}

/// Figures in single words: *doubled*, *last month*, *year over year*, *dozens*, *no homes sold*, *studio*.
fn in_a_word(prose: &Prose, at: usize) -> Option<Figure> {
    let figure = |what: What, end: usize| Some(Figure { what, start: at, end });
    let word = prose.word(at);
    let next = prose.word(at + 1);
    let multiple =
        |percent: f64, sign: Direction| figure(plain(Unit::Percent, percent, Some(sign), 10.0), at + 1);
    let compares = matches!(next, "the" | "that" | "what" | "its" | "as" | "their" | "your");
    match word {
        "doubled" | "doubles" | "doubling" | "twofold" => multiple(100.0, Direction::Up),
        "double" | "twice" if compares => multiple(100.0, Direction::Up),
        "tripled" | "triples" | "tripling" | "threefold" => multiple(200.0, Direction::Up),
        "triple" if compares => multiple(200.0, Direction::Up),
        "quadrupled" | "quadrupling" | "fourfold" => multiple(300.0, Direction::Up),
        "tenfold" => multiple(900.0, Direction::Up),
        "halved" | "halving" => multiple(50.0, Direction::Down),
        "tens" | "dozens" | "hundreds" | "thousands" | "millions" | "billions" => vague(prose, at),
        "past" | "last" | "previous" | "prior" | "preceding" => {
            let (days, end) = length_at(prose, at + 1)?;
            figure(plain(Unit::Days, days, None, 0.0), end)
        }
        "a" => {
            let (days, end) = length_at(prose, at + 1)?;
            let back = matches!(prose.word(end), "ago" | "earlier" | "before" | "prior" | "previously");
            if back { figure(plain(Unit::Days, days, None, 0.0), end + 1) } else { None }
        }
        "yoy" => figure(plain(Unit::Days, YEAR, None, 0.0), at + 1),
        "no" if matches!(
            next,
            "sale" | "sales" | "home" | "homes" | "listing" | "listings" | "house" | "houses"
        ) =>
        {
            let claims = matches!(
                prose.word(at + 2),
                "sold"
                    | "were"
                    | "are"
                    | "was"
                    | "is"
                    | "on"
                    | "closed"
                    | "came"
                    | "has"
                    | "have"
                    | "for"
                    | "changed"
            );
            if claims { figure(plain(Unit::Homes, 0.0, None, 1.0), at + 3) } else { None }
        }
        "studio" => figure(plain(Unit::Bedrooms, 0.0, None, 1.0), at + 1),
        _ => over_itself(prose, at),
    }
}

/// *Year over year*, *month-on-month*.
fn over_itself(prose: &Prose, at: usize) -> Option<Figure> {
    let (days, end) = length_at(prose, at)?;
    let skip = |at: usize| if prose.is_mark(at, '-') { at + 1 } else { at };
    let over = skip(end);
    let again = skip(over + 1);
    let same = matches!(prose.word(over), "over" | "on" | "to") && prose.word(again) == prose.word(at);
    same.then(|| Figure { what: plain(Unit::Days, days, None, 0.0), start: at, end: again + 1 })
}

/// A length of time in one word, in days.
fn length_at(prose: &Prose, at: usize) -> Option<(f64, usize)> {
    let days = match prose.word(at) {
        "day" => 1.0,
        "week" => 7.0,
        "month" => MONTH,
        "quarter" => YEAR / 4.0,
        "year" => YEAR,
        "decade" => 10.0 * YEAR,
        _ => return None,
    };
    Some((days, at + 1))
}

/// *Dozens*, *hundreds of thousands*.
fn vague(prose: &Prose, at: usize) -> Option<Figure> {
    let size = |at: usize| {
        Some(match prose.word(at) {
            "tens" => 10.0,
            "dozens" => 12.0,
            "hundreds" => 1e2,
            "thousands" => 1e3,
            "millions" => 1e6,
            "billions" => 1e9,
            _ => return None,
        })
    };
    let (mut scale, mut end) = (size(at)?, at + 1);
    if let Some(of) = size(at + 2).filter(|_| prose.word(at + 1) == "of") {
        scale *= of;
        end = at + 3;
    }
    let counted = if prose.word(end) == "of" { end + 1 } else { end };
    let measure = unit_at(prose, counted).or_else(|| counted_at(prose, counted));
    let unit = measure.map_or(Unit::Bare, |measure| measure.unit);
    scale *= measure.map_or(1.0, |measure| measure.scale);
    end = measure.map_or(end, |measure| measure.end);
    Some(Figure { what: What::Vague { scale, unit }, start: at, end })
}

fn plain(unit: Unit, value: f64, sign: Option<Direction>, step: f64) -> What {
    // A length of time in a word is about so long.
    let scale = if unit == Unit::Days { value.max(1.0) } else { 1.0 };
    let (value, step) = if unit == Unit::Days { (value / scale, 1.0) } else { (value, step) };
    What::Amount(Amount {
        unit,
        value,
        step,
        scale,
        scaled: scale != 1.0,
        sign,
        bound: Bound::None,
        year_like: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures as *unit value*, in the unit of the facts.
    fn found(text: &str) -> Vec<String> {
        let prose = Prose::of(text);
        let of = |figure: Figure| match figure.what {
            What::Amount(amount) => {
                let value = (amount.value * amount.scale * 1_000.0).round() / 1_000.0;
                format!("{:?} {value}", amount.unit)
            }
            What::Date { .. } => "Date".to_owned(),
            other => format!("{other:?}"),
        };
        scan(&prose).into_iter().map(of).collect()
    }

    #[test]
    fn figures_are_found_in_every_form() {
        for (text, figure) in [
            ("at $1.2M today", "Money 1200000"),
            ("at $1.2 million", "Money 1200000"),
            ("1.2 million dollars", "Money 1200000"),
            ("$850K", "Money 850000"),
            ("US$850,000", "Money 850000"),
            ("1200000 dollars", "Money 1200000"),
            ("850 grand", "Money 850000"),
            ("1,200,000 in all", "Bare 1200000"),
            ("half a million dollars", "Money 500000"),
            ("six percent", "Percent 6"),
            ("6.5%", "Percent 6.5"),
            ("6 1/2 percent", "Percent 6.5"),
            ("six and a half percent", "Percent 6.5"),
            ("half a percent", "Percent 0.5"),
            ("half of one percent", "Percent 0.5"),
            ("0.25 percentage points", "Points 0.25"),
            ("a quarter of a percentage point", "Points 0.25"),
            ("a quarter-point", "Points 0.25"),
            ("25 basis points", "Points 0.25"),
            ("twelve homes", "Homes 12"),
            ("two dozen homes", "Homes 24"),
            ("97 recent single-family homes", "Homes 97"),
            ("three-bedroom", "Bedrooms 3"),
            ("2.5 baths", "Bathrooms 2.5"),
            ("2½ baths", "Bathrooms 2.5"),
            ("two and a half bathrooms", "Bathrooms 2.5"),
            ("two full baths", "Bathrooms 2"),
            ("2,464 square feet", "Area 2464"),
            ("2,464 sq. ft.", "Area 2464"),
            ("2464sqft", "Area 2464"),
            ("a 2,464-square-foot home", "Area 2464"),
            ("half an acre", "Area 21780"),
            ("0.2 miles", "Miles 0.2"),
            ("a quarter of a mile", "Miles 0.25"),
            ("built in 1987", "Year 1987"),
            ("built in nineteen eighty-seven", "Year 1987"),
            ("90 days", "Days 90"),
            ("a 30-year fixed", "Days 10957.5"),
            ("three months", "Days 91.313"),
            ("a month ago", "Days 30.438"),
            ("the past year", "Days 365.25"),
            ("year-over-year", "Days 365.25"),
            ("two-story", "Floors 2"),
            ("it doubled", "Percent 100"),
            ("half of them", "Share 0.5"),
            ("about a third of all", "Share 0.333"),
            ("One home sold", "Homes 1"),
            ("no homes sold", "Homes 0"),
            ("one in five", "Other 1"),
            ("a studio", "Bedrooms 0"),
            ("a two-car garage", "Other 2"),
            ("a five-minute walk", "Foreign 5"),
            ("in the 1980s", "Decade(1980)"),
            ("dozens of homes", "Vague { scale: 12.0, unit: Homes }"),
            ("hundreds of thousands", "Vague { scale: 100000.0, unit: Bare }"),
            ("tens of homes", "Vague { scale: 10.0, unit: Homes }"),
            ("millions of dollars", "Vague { scale: 1000000.0, unit: Money }"),
            ("billions", "Vague { scale: 1000000000.0, unit: Bare }"),
            ("dozens of acres", "Vague { scale: 522720.0, unit: Area }"),
            ("it tripled", "Percent 200"),
            ("it quadrupled", "Percent 300"),
            ("a tenfold rise", "Percent 900"),
            ("it halved", "Percent 50"),
            ("twice the price", "Percent 100"),
            ("triple what it was", "Percent 200"),
            ("no homes were", "Homes 0"),
            ("the past day", "Days 1"),
            ("last week", "Days 7"),
            ("the last quarter", "Days 91.313"),
            ("the past decade", "Days 3652.5"),
            ("month to month", "Days 30.438"),
            ("up yoy", "Days 365.25"),
            ("a quarter ago", "Days 91.313"),
            ("a quarter more", "Share 0.25"),
            ("about a quarter", "Share 0.25"),
            ("by a third", "Share 0.333"),
            ("three quarters sold", "Share 0.75"),
            ("half sold", "Share 0.5"),
            ("half a million recent homes", "Homes 500000"),
            ("two and a half cars", "Bare 2.5"),
            ("sold 1987 in all", "Bare 1987"),
            ("zero gravity", "Other 0"),
            ("at zero", "Bare 0"),
            ("the five figures", "Other 5"),
            ("so two figures", "Other 2"),
            ("the two cars", "Other 2"),
            ("97 sold", "Bare 97"),
        ] {
            let all = found(text);
            assert_eq!(all.first().map(String::as_str), Some(figure), "{text}: {all:?}");
            assert_eq!(all.len(), if text == "one in five" { 2 } else { 1 }, "{text}: {all:?}");
        }
    }

    #[test]
    fn ranges_share_scale_and_unit() {
        for (text, figures) in [
            ("$480,000–$520,000", ["Money 480000", "Money 520000"]),
            ("$480,000-520,000", ["Money 480000", "Money 520000"]),
            ("$480–520K", ["Money 480000", "Money 520000"]),
            ("$1.2 to $1.3 million", ["Money 1200000", "Money 1300000"]),
            ("between 3 and 4 percent", ["Percent 3", "Percent 4"]),
            ("3-4%", ["Percent 3", "Percent 4"]),
            ("2 to 3 bedrooms", ["Bedrooms 2", "Bedrooms 3"]),
            ("2 to 3 thousand weeks", ["Days 14000", "Days 21000"]),
            ("2 or 3 recent homes", ["Homes 2", "Homes 3"]),
            ("$480,000 and 520,000 more", ["Money 480000", "Money 520000"]),
            ("$480,000 with 520,000 more", ["Money 480000", "Bare 520000"]),
        ] {
            assert_eq!(found(text), figures, "{text}");
        }
    }

    #[test]
    fn idioms_are_no_figures() {
        for text in [
            "one of the",
            "no one",
            "the one in the middle",
            "one another",
            "once a month",
            "this month",
            "per year",
            "24/7",
            "first",
            "second",
            "at first",
            "both",
            "several",
            "a few",
            "single-family",
            "the two are alike",
            "these two figures",
            "a third sale",
            "a third bedroom",
            "the second half",
            "at one point",
            "over a year",
            "may",
            "per square foot",
            "headquarters",
            "quarterly",
            "one day",
            "a quarter",
            "in the quarter",
            "a third",
            "it is net zero now",
            "twice a year",
            "triple pane windows",
            "no sale of it",
            "no prices were",
            "week over month",
            "a year or so",
        ] {
            let found = found(text);
            assert!(found.is_empty(), "{text}: {found:?}");
        }
    }

    #[test]
    fn a_figure_begins_and_ends_with_the_words_that_make_it() {
        for (text, written) in [
            ("so it doubled in all", "doubled"),
            ("so the past year was", "past year"),
            ("so a month ago it", "a month ago"),
            ("so in yoy terms", "yoy"),
            ("so no homes sold in", "no homes sold"),
            ("so a studio is", "studio"),
            ("so year over year it", "year over year"),
            ("so month-on-month it", "month-on-month"),
            ("so dozens of homes are", "dozens of homes"),
            ("so hundreds of thousands are", "hundreds of thousands"),
            ("so at $1.2 million or", "$1.2 million"),
            ("so US$850,000 in", "US$850,000"),
            ("so some 97 big homes of", "97 big homes"),
            ("so about -2.4% in", "-2.4%"),
            ("so (-2.4% in", "-2.4%"),
            ("so +3 points in", "+3 points"),
            ("so a quarter ago it", "a quarter ago"),
            ("so half an acre of", "half an acre"),
        ] {
            let prose = Prose::of(text);
            let figures: Vec<&str> =
                scan(&prose).into_iter().map(|figure| prose.written(figure.start..figure.end)).collect();
            assert_eq!(figures, [written], "{text}");
        }
    }

    #[test]
    fn the_words_before_a_figure_say_how_exact_it_is() {
        for (text, bound) in [
            ("so about 97 homes", Bound::About),
            ("so close to 97 homes", Bound::About),
            ("so near 97 homes", Bound::About),
            ("so over 97 homes", Bound::Over),
            ("so more than 97 homes", Bound::Over),
            ("so at least 97 homes", Bound::Over),
            ("so upwards of 97 homes", Bound::Over),
            ("so nearly 97 homes", Bound::Under),
            ("so fewer than 97 homes", Bound::Under),
            ("so shy of 97 homes", Bound::Under),
            ("so at most 97 homes", Bound::Under),
            ("so up to 97 homes", Bound::Under),
            ("so other than 97 homes", Bound::None),
            ("so to 97 homes", Bound::None),
            ("97 homes", Bound::None),
        ] {
            let found = scan(&Prose::of(text)).into_iter().next().map(|figure| figure.what);
            let Some(What::Amount(amount)) = found else { panic!("{text}: {found:?}") };
            assert_eq!(amount.bound, bound, "{text}");
        }
    }
}
