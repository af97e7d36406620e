//! Numbers, in digits and in words.

use std::ops::RangeInclusive;

use crate::guard::prose::{Kind, Prose};

/// A number as it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::guard) struct Number {
    /// What it says, before any scale.
    pub(in crate::guard) value: f64,
    /// What the last digit that is shown counts: 0.01 for 1.19, 1 for 97.
    pub(in crate::guard) step: f64,
    /// What it is multiplied by: a million for *1.2 million*. 1 if it is written out.
    pub(in crate::guard) scale: f64,
    /// How it is written.
    pub(in crate::guard) form: Form,
    /// The token after it.
    pub(in crate::guard) end: usize,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::guard) enum Form {
    /// `97`, `1,187,500`, `6.37`.
    Digits,
    /// `ninety-seven`.
    Words,
    /// `half`, `3/4`, `two thirds`.
    Fraction,
    /// *nineteen eighty-seven*.
    SpelledYear,
}

/// The number that begins at a token.
///
/// *One* and *a* are numbers only where a scale or a fraction follows them; whether they count anything else is for
/// the caller to see.
pub(in crate::guard) fn number_at(prose: &Prose, at: usize) -> Option<Number> {
    match prose.token(at)?.kind {
        Kind::Number => Some(in_digits(prose, at)),
        Kind::Mark(mark) => {
            let value = vulgar(mark)?;
            Some(Number { value, step: 0.0, scale: 1.0, form: Form::Fraction, end: at + 1 })
        }
        Kind::Word => in_words(prose, at),
        Kind::Paragraph => None,
    }
}

fn in_digits(prose: &Prose, at: usize) -> Number {
    let (value, step) = read(prose.digits(at));
    let plain = Number { value, step, scale: 1.0, form: Form::Digits, end: at + 1 };
    let fraction = |value: f64, end: usize| Number { value, step: 0.0, form: Form::Fraction, end, ..plain };
    // 2½
    if let Some(part) = mark_at(prose, at + 1).and_then(vulgar) {
        return fraction(value + part, at + 2);
    }
    // 3/4 and not 6/3/2026
    if let Some(part) = slashed(prose, at) {
        return fraction(part, at + 3);
    }
    // 6 1/2 and 6-1/2
    let part = if mark_at(prose, at + 1) == Some('-') { at + 2 } else { at + 1 };
    if let Some(whole) = slashed(prose, part).filter(|_| step >= 1.0) {
        return fraction(value + whole, part + 3);
    }
    // 2 and a half
    if let Some((part, end)) = and_a_part(prose, at + 1).filter(|_| step >= 1.0) {
        return fraction(value + part, end);
    }
    scaled(prose, plain)
}

/// A number and the thousands, millions or dozens that it counts.
fn scaled(prose: &Prose, number: Number) -> Number {
    let mut scaled = number;
    // Only a hyphen may lie between: `1.2-million`.
    while let Some((scale, end)) = scale_at(prose, scaled.end) {
        scaled.scale *= scale;
        scaled.end = end;
    }
    scaled
}

fn scale_at(prose: &Prose, at: usize) -> Option<(f64, usize)> {
    let at = if mark_at(prose, at) == Some('-') { at + 1 } else { at };
    let scale = match prose.word(at) {
        "hundred" => 1e2,
        "thousand" | "k" => 1e3,
        "million" | "mil" | "mill" | "mm" => 1e6,
        "billion" | "bn" => 1e9,
        "trillion" => 1e12,
        "dozen" => 12.0,
        // 1.2M, but not in `97 M` of an address.
        "m" if prose.is_glued(at) => 1e6,
        "b" if prose.is_glued(at) => 1e9,
        _ => return None,
    };
    Some((scale, at + 1))
}

fn mark_at(prose: &Prose, at: usize) -> Option<char> {
    match prose.token(at)?.kind {
        Kind::Mark(mark) => Some(mark),
        _ => None,
    }
}

/// What digits say, and what the last of them counts.
fn read(digits: &str) -> (f64, f64) {
    let after_point = digits.split_once('.').map_or(0, |(_, after)| after.len());
    let step = (0..after_point).fold(1.0, |step, _| step / 10.0);
    // No digits of ours are unreadable, and what is no number is not known.
    (digits.replace(',', "").parse().unwrap_or(f64::NAN), step)
}

fn slashed(prose: &Prose, at: usize) -> Option<f64> {
    let written = prose.is_mark(at + 1, '/') && prose.is_glued(at + 1) && prose.is_glued(at + 2);
    let date = prose.is_mark(at + 3, '/') && prose.is_glued(at + 3);
    let (above, below) = (whole(prose, at, 1..=99)?, whole(prose, at + 2, 2..=100)?);
    (written && !date && above < below).then(|| f64::from(above) / f64::from(below))
}

/// A whole number in digits, within bounds.
pub(super) fn whole(prose: &Prose, at: usize, bounds: RangeInclusive<u32>) -> Option<u32> {
    let digits = prose.digits(at);
    if digits.is_empty() || digits.len() > 6 {
        return None;
    }
    digits.parse().ok().filter(|number| bounds.contains(number))
}

const fn vulgar(mark: char) -> Option<f64> {
    Some(match mark {
        '½' => 0.5,
        '¼' => 0.25,
        '¾' => 0.75,
        _ => return None,
    })
}

/// *and a half*, *and three quarters*.
fn and_a_part(prose: &Prose, at: usize) -> Option<(f64, usize)> {
    let at = if prose.word(at) == "and" { at + 1 } else { return None };
    let (above, at) = match prose.word(at) {
        "a" | "one" => (1.0, at + 1),
        "two" => (2.0, at + 1),
        "three" => (3.0, at + 1),
        _ => return None,
    };
    let at = if prose.is_mark(at, '-') { at + 1 } else { at };
    part(prose.word(at)).map(|part| (above * part, at + 1))
}

fn part(word: &str) -> Option<f64> {
    Some(match word {
        "half" | "halves" => 1.0 / 2.0,
        "third" | "thirds" => 1.0 / 3.0,
        "quarter" | "quarters" | "fourth" | "fourths" => 1.0 / 4.0,
        "fifth" | "fifths" => 1.0 / 5.0,
        "sixth" | "sixths" => 1.0 / 6.0,
        "eighth" | "eighths" => 1.0 / 8.0,
        "tenth" | "tenths" => 1.0 / 10.0,
        _ => return None,
    })
}

/// A number below a hundred in one word.
pub(super) fn small(word: &str) -> Option<f64> {
    Some(match word {
        "zero" => 0.0,
        "one" => 1.0,
        "two" => 2.0,
        "three" => 3.0,
        "four" => 4.0,
        "five" => 5.0,
        "six" => 6.0,
        "seven" => 7.0,
        "eight" => 8.0,
        "nine" => 9.0,
        "ten" => 10.0,
        "eleven" => 11.0,
        "twelve" => 12.0,
        "thirteen" => 13.0,
        "fourteen" => 14.0,
        "fifteen" => 15.0,
        "sixteen" => 16.0,
        "seventeen" => 17.0,
        "eighteen" => 18.0,
        "nineteen" => 19.0,
        "twenty" => 20.0,
        "thirty" => 30.0,
        "forty" | "fourty" => 40.0,
        "fifty" => 50.0,
        "sixty" => 60.0,
        "seventy" => 70.0,
        "eighty" => 80.0,
        "ninety" => 90.0,
        _ => return None,
    })
}

/// A number below a hundred in one or two words, and the token after it.
fn below_hundred(prose: &Prose, at: usize) -> Option<(f64, usize)> {
    let first = small(prose.word(at))?;
    let next = if prose.is_mark(at + 1, '-') { at + 2 } else { at + 1 };
    match small(prose.word(next)) {
        Some(second) if first >= 20.0 && (1.0..10.0).contains(&second) => Some((first + second, next + 1)),
        _ => Some((first, at + 1)),
    }
}

fn in_words(prose: &Prose, at: usize) -> Option<Number> {
    let number = |value: f64, form: Form, end: usize| {
        let step = if form == Form::Fraction { 0.0 } else { 1.0 };
        Number { value, step, scale: 1.0, form, end }
    };
    let word = prose.word(at);
    if let "half" | "quarter" = word {
        return part(word).map(|value| scaled_part(prose, number(value, Form::Fraction, at + 1)));
    }
    let next = if prose.is_mark(at + 1, '-') { at + 2 } else { at + 1 };
    if word == "a" {
        let scale = scale_at(prose, at + 1).filter(|_| prose.word(at + 1).len() > 2);
        return match (scale, part(prose.word(next))) {
            (Some(_), _) => Some(groups(prose, number(1.0, Form::Words, at + 1))),
            (None, Some(part)) => Some(scaled_part(prose, number(part, Form::Fraction, next + 1))),
            (None, None) => None,
        };
    }
    let (value, end) = below_hundred(prose, at)?;
    // two thirds, three-quarters; *one half*
    let next = if prose.is_mark(end, '-') { end + 1 } else { end };
    if let Some(part) = part(prose.word(next)).filter(|part| value * part < 1.0 && value > 0.0) {
        return Some(scaled_part(prose, number(value * part, Form::Fraction, next + 1)));
    }
    // nineteen eighty-seven, twenty twenty-six
    if let Some((years, end)) = below_hundred(prose, next)
        && (16.0..=21.0).contains(&value)
        && years >= 10.0
    {
        return Some(number(value * 100.0 + years, Form::SpelledYear, end));
    }
    Some(groups(prose, number(value, Form::Words, end)))
}

/// *half a million*: a part of a scale.
fn scaled_part(prose: &Prose, part: Number) -> Number {
    let mut at = part.end;
    while matches!(prose.word(at), "of" | "a" | "an" | "one") {
        at += 1;
    }
    match scale_at(prose, at) {
        Some((scale, end)) => Number { scale, end, ..part },
        None => part,
    }
}

/// The rest of a number in words whose first part has been read: hundreds, thousands, millions and what follows them.
fn groups(prose: &Prose, first: Number) -> Number {
    let (mut total, mut group, mut scale, mut end) = (0.0, first.value, 1.0, first.end);
    // Thousands after millions, and so on down.
    let mut largest = f64::INFINITY;
    loop {
        if let Some((part, after)) = and_a_part(prose, end) {
            let value = total + group + part;
            let part = Number { value, step: 0.0, scale: 1.0, form: Form::Fraction, end: after };
            return scaled(prose, part);
        }
        let Some((by, after)) = scale_at(prose, end) else { break };
        if by < 1e3 {
            group *= by;
        } else if by < largest {
            // What stands after a scale is added to it; what ends with it is shown in its multiples.
            total += group * by;
            (group, scale, largest) = (0.0, by, by);
        } else {
            break;
        }
        end = after;
        let more = if prose.word(end) == "and" { end + 1 } else { end };
        let more = if prose.is_mark(more, '-') { more + 1 } else { more };
        if let Some((value, after)) = below_hundred(prose, more).filter(|(value, _)| *value > 0.0)
            && (by < 1e3 && group % 100.0 == 0.0 || by >= 1e3)
            // *two hundred and one home* goes on; *a hundred and two baths* does too, and rightly fails.
            && by != 12.0
        {
            group += value;
            end = after;
            scale = 1.0;
        }
    }
    let value = (total + group) / scale;
    Number { value, scale, end, ..first }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a text says that is a number from its first token to its last, alone and after other words.
    fn value(text: &str) -> Option<f64> {
        let [alone, after] = [("", 0), ("so it is ", 3)].map(|(before, at)| {
            let text = format!("{before}{text}");
            let prose = Prose::of(&text);
            number_at(&prose, at).filter(|number| number.end == prose.len()).map(|number| {
                let value = number.value * number.scale;
                (value * 1e6).round() / 1e6
            })
        });
        assert_eq!(alone, after, "{text}");
        alone
    }

    #[test]
    fn numbers_in_digits_and_words() {
        for (text, number) in [
            ("1,187,500", 1_187_500.0),
            ("1.19M", 1_190_000.0),
            ("850K", 850_000.0),
            ("1.2 million", 1_200_000.0),
            ("6 1/2", 6.5),
            ("6-1/2", 6.5),
            ("2½", 2.5),
            ("3/4", 0.75),
            ("2 and a half", 2.5),
            ("twelve", 12.0),
            ("two dozen", 24.0),
            ("a dozen", 12.0),
            ("ninety-seven", 97.0),
            ("one hundred and five", 105.0),
            ("a hundred", 100.0),
            ("twelve hundred", 1_200.0),
            ("one million one hundred eighty-seven thousand five hundred", 1_187_500.0),
            ("six hundred thousand", 600_000.0),
            ("five hundred eighty-four thousand", 584_000.0),
            ("half a million", 500_000.0),
            ("quarter of a million", 250_000.0),
            ("one and a half million", 1_500_000.0),
            ("six and a half", 6.5),
            ("two and three quarters", 2.75),
            ("two-thirds", 0.666_667),
            ("a third", 0.333_333),
            ("three quarters", 0.75),
            ("nineteen eighty-seven", 1_987.0),
            ("twenty twenty-six", 2_026.0),
            ("nineteen hundred", 1_900.0),
            ("twenty-six", 26.0),
            (".5", 0.5),
            ("6-3/4", 6.75),
            ("2 and three-quarters", 2.75),
            ("2 and one half", 2.5),
            ("two and a quarter million", 2_250_000.0),
            ("1.2-million", 1_200_000.0),
            ("2 thousand million", 2_000_000_000.0),
            ("five-eighths", 0.625),
            ("a half dozen", 6.0),
            ("a hundred and five", 105.0),
            ("two hundred thousand and twelve", 200_012.0),
            ("one thousand nine hundred", 1_900.0),
            ("twenty-one hundred", 2_100.0),
            ("two dozen", 24.0),
            ("three billion", 3_000_000_000.0),
            ("one trillion", 1_000_000_000_000.0),
            ("sixteen ten", 1_610.0),
            ("zero", 0.0),
        ] {
            assert_eq!(value(text), Some(number), "{text}");
        }
        for none in [
            "a home",
            "the",
            "many",
            "quarterly",
            "million",
            "hundreds",
            "97 M",
            "97 m",
            "3/2",
            "3 / 4",
            "0/4",
            "1.5 3/4",
            "6.5 and a half",
            "two thirty",
            "fifteen twenty",
            "twenty-two twenty",
            "nineteen nine",
            "a dozen two",
            "two million three billion",
            "six eleven",
            "twenty ten-five",
            "three halves",
        ] {
            assert_eq!(value(none), None, "{none}");
        }
    }

    #[test]
    fn what_the_last_digit_counts() {
        let of =
            |text: &str| number_at(&Prose::of(text), 0).map(|number| (number.step * number.scale).round());
        assert_eq!(of("1.19M"), Some(10_000.0));
        assert_eq!(of("six hundred thousand"), Some(1_000.0));
        assert_eq!(of("600,000"), Some(1.0));
    }

    #[test]
    fn every_small_number_and_every_part_has_its_word() {
        let words = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen \
                     sixteen seventeen eighteen nineteen twenty";
        for (word, number) in words.split_whitespace().zip(0_u8..) {
            assert_eq!(small(word), Some(number.into()), "{word}");
        }
        for (tens, number) in
            ["thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"].into_iter().zip(3_u8..)
        {
            assert_eq!(small(tens), Some((number * 10).into()), "{tens}");
        }
        for (text, number) in [
            ("5½", 5.5),
            ("5¼", 5.25),
            ("5¾", 5.75),
            ("two halves and a half", 0.0),
            ("two fifths", 0.4),
            ("a sixth", 0.166_667),
            ("three eighths", 0.375),
            ("seven tenths", 0.7),
            ("5 and two thirds", 5.666_667),
        ] {
            assert_eq!(value(text), Some(number).filter(|number| *number > 0.0), "{text}");
        }
        for (text, step) in [("6.37", 0.01), ("1,187.5", 0.1), ("97", 1.0), ("5½", 0.0), ("6 1/2", 0.0)] {
            let of = number_at(&Prose::of(text), 0).map(|number| (number.step - step).abs() < 1e-9);
            assert_eq!(of, Some(true), "{text}");
        }
        let form = |text: &str| number_at(&Prose::of(text), 0).map(|number| number.form);
        assert_eq!((form("6 1/2"), form("6.5")), (Some(Form::Fraction), Some(Form::Digits)));
        assert_eq!(value("1.2m"), Some(1_200_000.0));
    }
}
