//! Dates, in the forms in which people write them.

use chrono::Weekday;

use super::{
    figure::{Figure, What},
    number::{small, whole},
    unit::unit_at,
};
use crate::guard::prose::{Kind, Prose};

/// The date, decade, quarter or day of the week that begins at a token; several for a range of days of one month.
pub(super) fn dates_at(prose: &Prose, at: usize) -> Vec<Figure> {
    let one = |what: What, end: usize| vec![Figure { what, start: at, end }];
    if let Some((year, month, day, end)) = iso(prose, at).or_else(|| numeric(prose, at)) {
        return one(What::Date { year, month, day: Some(day) }, end);
    }
    if let Some((month, end)) = month_at(prose, at) {
        return of_month(prose, at, month, end);
    }
    if let Some((number, after)) = ordinal_at(prose, at) {
        return after_ordinal(prose, at, number, after);
    }
    if let Some(day) = whole(prose, at, 1..=31)
        && let Some((month, end)) = month_at(prose, at + 1)
    {
        let (year, end) = year_after(prose, end);
        return one(What::Date { year, month, day: Some(day) }, end);
    }
    if let Some((decade, end)) = decade_at(prose, at) {
        return one(What::Decade(decade), end);
    }
    if let Some(weekday) = weekday(prose.word(at)) {
        return one(What::Weekday(weekday), at + 1);
    }
    Vec::new()
}

fn of_month(prose: &Prose, at: usize, month: u32, after: usize) -> Vec<Figure> {
    let mut days = Vec::new();
    let mut end = after;
    let the = if prose.word(end) == "the" { end + 1 } else { end };
    let mut next = the;
    while let Some((day, after)) = day_at(prose, next) {
        days.push(day);
        end = after;
        next = match prose.word(end) {
            "to" | "and" | "through" => end + 1,
            _ if prose.is_dash(end) => end + 1,
            _ => break,
        };
    }
    let (year, end) = year_after(prose, end);
    if days.is_empty() {
        return vec![Figure { what: What::Date { year, month, day: None }, start: at, end }];
    }
    days.into_iter()
        .map(|day| Figure { what: What::Date { year, month, day: Some(day) }, start: at, end })
        .collect()
}

/// A day of a month: `3`, `3rd`, `third`, but not the 12 of *in June 12 homes*.
fn day_at(prose: &Prose, at: usize) -> Option<(u32, usize)> {
    if let Some((day, end)) = ordinal_at(prose, at) {
        return (day <= 31).then_some((day, end));
    }
    let day = whole(prose, at, 1..=31)?;
    (unit_at(prose, at + 1).is_none()).then_some((day, at + 1))
}

fn after_ordinal(prose: &Prose, at: usize, number: u32, after: usize) -> Vec<Figure> {
    let one = |what: What, end: usize| vec![Figure { what, start: at, end }];
    let month = if prose.word(after) == "of" { after + 1 } else { after };
    if let Some((month, end)) = month_at(prose, month).filter(|_| number <= 31) {
        let (year, end) = year_after(prose, end);
        return one(What::Date { year, month, day: Some(number) }, end);
    }
    if prose.word(after) == "quarter" && (1..=4).contains(&number) {
        let (year, end) = year_after(prose, after + 1);
        return one(What::Quarter { quarter: number, year }, end);
    }
    let next = if prose.is_dash(after) { after + 1 } else { after };
    if prose.word(next) == "century" {
        return one(What::Ordinal { number, century: true }, next + 1);
    }
    // *First* and *second* in words are no figures, `2nd` is.
    if prose.digits(at).is_empty() {
        return Vec::new();
    }
    one(What::Ordinal { number, century: false }, after)
}

/// `2026-06-03`.
fn iso(prose: &Prose, at: usize) -> Option<(Option<i32>, u32, u32, usize)> {
    let year = year_in(prose, at)?;
    parted(prose, at, '-')?;
    Some((Some(year), whole(prose, at + 2, 1..=12)?, whole(prose, at + 4, 1..=31)?, at + 5))
}

/// `6/3/2026`, `06-03-26`: the month first, as Americans write it.
fn numeric(prose: &Prose, at: usize) -> Option<(Option<i32>, u32, u32, usize)> {
    parted(prose, at, '/').or_else(|| parted(prose, at, '-'))?;
    let year = match prose.digits(at + 4).len() {
        2 => 2000 + i32::try_from(whole(prose, at + 4, 0..=99)?).ok()?,
        _ => year_in(prose, at + 4)?,
    };
    Some((Some(year), whole(prose, at, 1..=12)?, whole(prose, at + 2, 1..=31)?, at + 5))
}

/// Whether three numbers are parted by a mark and nothing else.
fn parted(prose: &Prose, at: usize, mark: char) -> Option<()> {
    let marks = prose.is_mark(at + 1, mark) && prose.is_mark(at + 3, mark);
    (marks && (at + 1..at + 5).all(|at| prose.is_glued(at))).then_some(())
}

/// A year in four digits.
pub(super) fn year_in(prose: &Prose, at: usize) -> Option<i32> {
    let digits = prose.digits(at);
    (digits.len() == 4).then(|| whole(prose, at, 1600..=2200)).flatten().and_then(|year| year.try_into().ok())
}

/// A year after a month or day: `2026`, `, 2026`, `of 2026`, `'26`.
fn year_after(prose: &Prose, end: usize) -> (Option<i32>, usize) {
    let at = if prose.is_mark(end, ',') || prose.word(end) == "of" { end + 1 } else { end };
    if let Some(year) = year_in(prose, at).filter(|_| unit_at(prose, at + 1).is_none()) {
        return (Some(year), at + 1);
    }
    let short = prose.is_mark(at, '\'').then(|| whole(prose, at + 1, 0..=99)).flatten();
    match short.and_then(|year| i32::try_from(year).ok()) {
        Some(year) if prose.digits(at + 1).len() == 2 => (Some(2000 + year), at + 2),
        _ => (None, end),
    }
}

/// A month. *May* and *march* are months only where the words around them say so.
fn month_at(prose: &Prose, at: usize) -> Option<(u32, usize)> {
    let word = prose.word(at);
    let (month, sure) = match word {
        "january" => (1, true),
        "february" => (2, true),
        "march" => (3, false),
        "april" => (4, true),
        "may" => (5, false),
        "june" => (6, true),
        "july" => (7, true),
        "august" => (8, true),
        "september" => (9, true),
        "october" => (10, true),
        "november" => (11, true),
        "december" => (12, true),
        "jan" => (1, false),
        "feb" => (2, true),
        "mar" => (3, false),
        "apr" => (4, true),
        "jun" => (6, false),
        "jul" => (7, true),
        "aug" => (8, true),
        "sep" | "sept" => (9, true),
        "oct" => (10, true),
        "nov" => (11, true),
        "dec" => (12, true),
        _ => return None,
    };
    let dated = prose.is_capitalised(at) && !prose.digits(at + 2).is_empty();
    let dotted = word.len() <= 4 && prose.is_mark(at + 1, '.') && (word != "may" || dated);
    let end = if dotted { at + 2 } else { at + 1 };
    let numbered =
        !prose.digits(end).is_empty() || prose.is_mark(end, ',') && year_in(prose, end + 1).is_some();
    let before = at.checked_sub(1).map(|at| prose.word(at)).unwrap_or_default();
    let told = matches!(
        before,
        "in" | "of"
            | "since"
            | "from"
            | "by"
            | "until"
            | "through"
            | "last"
            | "early"
            | "late"
            | "mid"
            | "this"
            | "during"
            | "between"
            | "next"
            | "for"
            | "to"
    ) || at.checked_sub(1).is_some_and(|at| !prose.digits(at).is_empty());
    let capital = prose.is_capitalised(at);
    (sure || numbered || capital && (told || word == "march" && !prose.begins_sentence(at)))
        .then_some((month, end))
}

/// `3rd`, or a word such as *third*.
fn ordinal_at(prose: &Prose, at: usize) -> Option<(u32, usize)> {
    if let Some(number) = whole(prose, at, 0..=999_999)
        && prose.is_glued(at + 1)
        && matches!(prose.word(at + 1), "st" | "nd" | "rd" | "th")
    {
        return Some((number, at + 2));
    }
    let word = prose.word(at);
    if let Some(number) = ordinal(word) {
        return Some((number, at + 1));
    }
    let tens = small(word).filter(|tens| *tens == 20.0 || *tens == 30.0)?;
    let next = if prose.is_mark(at + 1, '-') { at + 2 } else { at + 1 };
    let ones = ordinal(prose.word(next)).filter(|ones| *ones < 10)?;
    Some((if tens > 20.0 { 30 } else { 20 } + ones, next + 1))
}

fn ordinal(word: &str) -> Option<u32> {
    let number = match word {
        "first" => 1,
        "second" => 2,
        "third" => 3,
        "fourth" => 4,
        "fifth" => 5,
        "sixth" => 6,
        "seventh" => 7,
        "eighth" => 8,
        "ninth" => 9,
        "tenth" => 10,
        "eleventh" => 11,
        "twelfth" => 12,
        "thirteenth" => 13,
        "fourteenth" => 14,
        "fifteenth" => 15,
        "sixteenth" => 16,
        "seventeenth" => 17,
        "eighteenth" => 18,
        "nineteenth" => 19,
        "twentieth" => 20,
        "thirtieth" => 30,
        _ => return None,
    };
    Some(number)
}

/// `1980s`, `'80s`, *the eighties*, *nineteen-eighties*.
fn decade_at(prose: &Prose, at: usize) -> Option<(i32, usize)> {
    let plural = |at: usize| {
        let s = if prose.is_mark(at, '\'') { at + 1 } else { at };
        (prose.word(s) == "s" && prose.is_glued(s)).then_some(s + 1)
    };
    if !prose.digits(at).is_empty() {
        let end = plural(at + 1)?;
        let dollars = at.checked_sub(1).is_some_and(|before| prose.is_mark(before, '$'));
        let decade = whole(prose, at, 10..=2200)?;
        return (decade % 10 == 0 && !dollars).then_some((i32::try_from(decade).ok()?, end));
    }
    let tens = |at: usize| {
        Some(match prose.word(at) {
            "twenties" => 20,
            "thirties" => 30,
            "forties" => 40,
            "fifties" => 50,
            "sixties" => 60,
            "seventies" => 70,
            "eighties" => 80,
            "nineties" => 90,
            _ => return None,
        })
    };
    if let Some(tens) = tens(at) {
        return Some((tens, at + 1));
    }
    let century = match prose.token(at)?.kind {
        Kind::Word if prose.word(at) == "nineteen" => 1900,
        Kind::Word if prose.word(at) == "eighteen" => 1800,
        _ => return None,
    };
    let next = if prose.is_mark(at + 1, '-') { at + 2 } else { at + 1 };
    tens(next).map(|tens| (century + tens, next + 1))
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" | "mondays" => Weekday::Mon,
        "tuesday" | "tuesdays" => Weekday::Tue,
        "wednesday" | "wednesdays" => Weekday::Wed,
        "thursday" | "thursdays" => Weekday::Thu,
        "friday" | "fridays" => Weekday::Fri,
        "saturday" | "saturdays" => Weekday::Sat,
        "sunday" | "sundays" => Weekday::Sun,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_every_form() {
        let date = |year, month, day| What::Date { year, month, day };
        let day = date(Some(2026), 6, Some(3));
        for (text, what) in [
            ("June 3, 2026", day),
            ("June 3rd, 2026", day),
            ("June third, 2026", day),
            ("Jun. 3, 2026", day),
            ("3 June 2026", day),
            ("3rd of June, 2026", day),
            ("third of June 2026", day),
            ("2026-06-03", day),
            ("6/3/2026", day),
            ("06-03-26", day),
            ("June 3", date(None, 6, Some(3))),
            ("June the 3rd", date(None, 6, Some(3))),
            ("June twenty-third", date(None, 6, Some(23))),
            ("June thirty first", date(None, 6, Some(31))),
            ("31 June", date(None, 6, Some(31))),
            ("12/31/2026", date(Some(2026), 12, Some(31))),
            ("June 2026", date(Some(2026), 6, None)),
            ("June of 2026", date(Some(2026), 6, None)),
            ("June '26", date(Some(2026), 6, None)),
            ("June", date(None, 6, None)),
            ("May 3", date(None, 5, Some(3))),
            ("1980s", What::Decade(1980)),
            ("80s", What::Decade(80)),
            ("eighties", What::Decade(80)),
            ("nineteen-eighties", What::Decade(1980)),
            ("eighteen nineties", What::Decade(1890)),
            ("1980's", What::Decade(1980)),
            ("3rd", What::Ordinal { number: 3, century: false }),
            ("19th century", What::Ordinal { number: 19, century: true }),
            ("19th-century", What::Ordinal { number: 19, century: true }),
            ("second quarter of 2026", What::Quarter { quarter: 2, year: Some(2026) }),
            ("4th quarter", What::Quarter { quarter: 4, year: None }),
            ("Tuesday", What::Weekday(Weekday::Tue)),
        ] {
            for (before, start) in [("", 0), ("so it is ", 3)] {
                let text = format!("{before}{text}");
                let prose = Prose::of(&text);
                let found = dates_at(&prose, start);
                assert_eq!(found, [Figure { what, start, end: prose.len() }], "{text}");
            }
        }
        for none in ["may", "May we", "march", "third", "second", "1987", "homes", "12 homes", "3/4"] {
            assert_eq!(dates_at(&Prose::of(none), 0), [], "{none}");
        }
        assert_eq!(dates_at(&Prose::of("June 12 homes"), 0).first().map(|june| june.end), Some(1));
    }

    #[test]
    fn days_of_one_month_share_it() {
        let date = |day| What::Date { year: Some(2026), month: 6, day: Some(day) };
        for text in
            ["June 3–5, 2026", "June 3 to 5, 2026", "June 3rd and 5th, 2026", "June 3 through 5 of 2026"]
        {
            for (before, start) in [("", 0), ("so it is ", 3)] {
                let text = format!("{before}{text}");
                let prose = Prose::of(&text);
                let end = prose.len();
                let expected = [3, 5].map(|day| Figure { what: date(day), start, end });
                assert_eq!(dates_at(&prose, start), expected, "{text}");
            }
        }
        let one = dates_at(&Prose::of("June 3 or 5"), 0);
        assert_eq!(
            one,
            [Figure { what: What::Date { year: None, month: 6, day: Some(3) }, start: 0, end: 2 }]
        );
    }

    #[test]
    fn what_only_looks_like_a_date_is_none() {
        for none in [
            "13/3/2026",
            "6/32/2026",
            "6/3/1599",
            "6 / 3 / 2026",
            "2026-13-03",
            "2026-06-32",
            "2026 - 06 - 03",
            "6/3-2026",
            "2026-06/03",
            "6/3",
            "6-3",
            "1985s",
            "1980 s",
            "5s",
            "twenty",
            "thirty homes",
            "$",
            "fifth",
            "quarter",
        ] {
            assert_eq!(dates_at(&Prose::of(none), 0), [], "{none}");
        }
        assert_eq!(dates_at(&Prose::of("$1980s"), 1), [], "dollars");
    }

    #[test]
    fn months_are_known_by_every_name() {
        for (month, names) in [
            (1, &["January", "Jan", "Jan."][..]),
            (2, &["February", "Feb", "Feb."]),
            (3, &["March", "Mar", "Mar."]),
            (4, &["April", "Apr", "Apr."]),
            (5, &["May", "May."]),
            (6, &["June", "Jun", "Jun.", "June."]),
            (7, &["July", "Jul", "Jul."]),
            (8, &["August", "Aug", "Aug."]),
            (9, &["September", "Sep", "Sept", "Sept."]),
            (10, &["October", "Oct", "Oct."]),
            (11, &["November", "Nov", "Nov."]),
            (12, &["December", "Dec", "Dec."]),
        ] {
            for name in names {
                for (before, start) in [("", 0), ("so it is ", 3)] {
                    let text = format!("{before}{name} 3, 2026");
                    let prose = Prose::of(&text);
                    let what = What::Date { year: Some(2026), month, day: Some(3) };
                    assert_eq!(dates_at(&prose, start), [Figure { what, start, end: prose.len() }], "{text}");
                }
            }
        }
    }

    #[test]
    fn a_word_that_is_no_month_by_itself_needs_others_around_it() {
        let month = |text: &str, at: usize| {
            let found = dates_at(&Prose::of(text), at);
            found.first().map(|figure| (figure.what, figure.end))
        };
        let of = |year, month, day| What::Date { year, month, day };
        assert_eq!(month("In March prices", 1), Some((of(None, 3, None), 2)));
        assert_eq!(month("the March market", 1), Some((of(None, 3, None), 2)));
        assert_eq!(month("in May prices", 1), Some((of(None, 5, None), 2)));
        assert_eq!(month("12 May prices", 0), Some((of(None, 5, Some(12)), 2)));
        assert_eq!(month("March, 2026", 0), Some((of(Some(2026), 3, None), 3)));
        assert_eq!(month("June '6 it", 0), Some((of(None, 6, None), 1)));
        assert_eq!(month("June, 97 homes", 0), Some((of(None, 6, None), 1)));
        assert_eq!(month("June 2015 homes", 0), Some((of(None, 6, None), 1)));
        assert_eq!(month("June 2015 it", 0), Some((of(Some(2015), 6, None), 2)));
        for (none, at) in [
            ("in march prices", 1),
            ("the May market", 1),
            ("so. March prices", 2),
            ("Jan sold it", 0),
            ("Mar. it", 0),
            ("May. it", 0),
            ("may. 3", 0),
            ("March. 3", 0),
            ("March, 97 homes", 0),
            ("may, so it is", 0),
        ] {
            assert_eq!(month(none, at), None, "{none}");
        }
    }

    #[test]
    fn days_are_known_by_every_ordinal() {
        let ordinals = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth \
                        fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first";
        for (word, day) in ordinals.split_whitespace().chain(["thirtieth"]).zip((1..=21).chain([30])) {
            let text = format!("June {word}");
            let what = What::Date { year: None, month: 6, day: Some(day) };
            let end = Prose::of(&text).len();
            assert_eq!(dates_at(&Prose::of(&text), 0), [Figure { what, start: 0, end }], "{text}");
        }
        for (word, weekday) in [
            ("Monday", Weekday::Mon),
            ("Tuesday", Weekday::Tue),
            ("Wednesday", Weekday::Wed),
            ("Thursday", Weekday::Thu),
            ("Friday", Weekday::Fri),
            ("Saturday", Weekday::Sat),
            ("Sunday", Weekday::Sun),
        ] {
            let found = dates_at(&Prose::of(&format!("so {word}s it is")), 1);
            assert_eq!(found, [Figure { what: What::Weekday(weekday), start: 1, end: 2 }], "{word}");
        }
        for (word, decade) in [
            ("twenties", 20),
            ("thirties", 30),
            ("forties", 40),
            ("fifties", 50),
            ("sixties", 60),
            ("seventies", 70),
            ("eighties", 80),
            ("nineties", 90),
        ] {
            let found = dates_at(&Prose::of(&format!("the {word} were")), 1);
            assert_eq!(found, [Figure { what: What::Decade(decade), start: 1, end: 2 }], "{word}");
        }
    }
}
