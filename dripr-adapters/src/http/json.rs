//! Fields as providers write them: a number as a number or as text, an absent one as null, as `""` or not at all.
//!
//! Use with `#[serde(default, deserialize_with = "…")]`. A field that cannot be understood counts as absent: providers
//! change a type without notice, and one odd field must not cost the whole answer. What a value may be is decided in
//! the core (`dripr_core::content::plausible`).

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A finite number.
pub(crate) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    Ok(as_number(&Value::deserialize(from)?))
}

/// A number of whole dollars, zero or more.
pub(crate) fn amount<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Ok(as_whole(&Value::deserialize(from)?))
}

/// A number of things, zero or more.
pub(crate) fn integer<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    Ok(as_whole(&Value::deserialize(from)?).and_then(|number| u32::try_from(number).ok()))
}

/// Milliseconds, such as those since 1970.
pub(crate) fn millis<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let number = as_number(&Value::deserialize(from)?);
    // Nobody lists or sells a home so many milliseconds from 1970 that a float could not hold them.
    Ok(number.filter(|number| number.abs() < 9e15).map(|number| number as i64))
}

/// A text that is not empty; a number is taken as it is written.
pub(crate) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = match Value::deserialize(from)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return Ok(None),
    };
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A text on one line: line breaks, other controls and runs of spaces become a space.
pub(crate) fn line<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(text(from)?.as_deref().and_then(on_one_line))
}

/// A text on one line, if there is anything in it.
pub(crate) fn on_one_line(text: &str) -> Option<String> {
    let blank = |c: char| c.is_control() || c.is_whitespace();
    let line = text.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

/// Yes or no, also where it is written as text.
pub(crate) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Bool(flag) => Some(flag),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "y" | "1" => Some(true),
            "false" | "no" | "n" | "0" => Some(false),
            _ => None,
        },
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

fn as_number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            let plain: String = text.chars().filter(|c| !matches!(c, '$' | ',' | ' ')).collect();
            plain.parse().ok()
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.filter(|number| number.is_finite())
}

fn as_whole(value: &Value) -> Option<u64> {
    as_number(value).filter(|number| (0.0..1e15).contains(number)).map(|number| number.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Fields {
        #[serde(default, deserialize_with = "number")]
        a: Option<f64>,
        #[serde(default, deserialize_with = "amount")]
        b: Option<u64>,
        #[serde(default, deserialize_with = "text")]
        c: Option<String>,
        #[serde(default, deserialize_with = "flag")]
        d: Option<bool>,
        #[serde(default, deserialize_with = "line")]
        e: Option<String>,
    }

    fn fields(json: &str) -> (Option<f64>, Option<u64>, Option<String>, Option<bool>) {
        let Fields { a, b, c, d, .. } = serde_json::from_str(json).unwrap();
        (a, b, c, d)
    }

    #[test]
    fn fields_are_understood_in_every_way_they_are_written() {
        let plain = fields(r#"{"a":1.5,"b":465000,"c":"x","d":true}"#);
        assert_eq!(plain, (Some(1.5), Some(465_000), Some("x".to_owned()), Some(true)));
        let texts = fields(r#"{"a":" 1.5 ","b":"$465,000","c":5,"d":"true"}"#);
        assert_eq!(texts, (Some(1.5), Some(465_000), Some("5".to_owned()), Some(true)));
        let none = (None, None, None, None);
        for json in [
            "{}",
            r#"{"a":null,"b":null,"c":null,"d":null}"#,
            r#"{"a":"","b":"","c":" ","d":""}"#,
            r#"{"a":"NaN","b":-1,"c":[],"d":7}"#,
            r#"{"a":{},"b":1e300,"c":{"x":1},"d":"maybe"}"#,
        ] {
            assert_eq!(fields(json), none, "{json}");
        }
    }
    #[test]
    fn a_line_is_one() {
        let line = |json: &str| serde_json::from_str::<Fields>(json).unwrap().e;
        let broken = r#"{"e":" 1 Elm\r\n St\u2028\u0000\t #4 "}"#;
        assert_eq!(line(broken).as_deref(), Some("1 Elm St #4"));
        for none in ["{}", r#"{"e":" \n\u0000 "}"#, r#"{"e":[]}"#] {
            assert_eq!(line(none), None, "{none}");
        }
    }
}
