//! Fields as providers write them: a number as a number or as text, an absent one as null, as `""` or not at all.
//!
//! Use with `#[serde(default, deserialize_with = "…")]`. A field that cannot be understood counts as absent: providers
//! change a type without notice, and one odd field must not cost the whole answer. What a value may be is decided in
//! the core (`dripr_core::content::plausible`).

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
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

/// A day, also where it is written as a timestamp.
pub(crate) fn day<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
    Ok(text(from)?.and_then(|text| text.get(..10)?.parse().ok()))
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

/// A record within a record.
pub(crate) fn record<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(as_record(Value::deserialize(from)?))
}

/// Records within a record. One that is none does not cost the others.
pub(crate) fn records<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(match Value::deserialize(from)? {
        Value::Array(values) => values.into_iter().filter_map(as_record).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => Vec::new(),
    })
}

/// What an object has. An array is none, although serde would take its elements for fields in their order.
pub(crate) fn as_record<T: DeserializeOwned>(value: Value) -> Option<T> {
    if value.is_object() { serde_json::from_value(value).ok() } else { None }
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
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Parts {
        #[serde(deserialize_with = "line")]
        line: Option<String>,
        #[serde(deserialize_with = "day")]
        day: Option<NaiveDate>,
        #[serde(deserialize_with = "record")]
        part: Option<Box<Parts>>,
        #[serde(deserialize_with = "records")]
        parts: Vec<Parts>,
    }

    fn fields(json: &str) -> (Option<f64>, Option<u64>, Option<String>, Option<bool>) {
        let Fields { a, b, c, d } = serde_json::from_str(json).unwrap();
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
    fn lines_days_and_records_within_records_are_understood() {
        let parts = |json: &str| serde_json::from_str::<Parts>(json).unwrap();
        let line = |line: &str| Parts { line: Some(line.to_owned()), ..Parts::default() };
        assert_eq!(parts(r#"{"line":" 1\r\nElm\u0000\u2028 St "}"#), line("1 Elm St"));
        for day in ["2026-03-12", "2026-03-12T00:00:00.000Z"] {
            assert_eq!(parts(&format!(r#"{{"day":"{day}"}}"#)).day, "2026-03-12".parse().ok());
        }
        let nested = parts(r#"{"part":{"line":"a"},"parts":[null,{"line":"b"},[],5,["c"],{"line":"d"}]}"#);
        assert_eq!(nested.part, Some(Box::new(line("a"))));
        assert_eq!(nested.parts, [line("b"), line("d")]);
        for json in [
            r#"{"line":null,"day":null,"part":null,"parts":null}"#,
            r#"{"line":"\u0001","day":"2026-02-30","part":["a"],"parts":{}}"#,
            r#"{"line":[],"day":"\u00e9123456789","part":"a","parts":"b"}"#,
            r#"{"line":{},"day":20260312,"part":[],"parts":[[]]}"#,
        ] {
            assert_eq!(parts(json), Parts::default(), "{json}");
        }
    }
}
