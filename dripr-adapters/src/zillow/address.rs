//! Addresses as they are written, and whether two are of one home.

use dripr_core::{
    contact::Home,
    content::ZipCode,
    street::{DIRECTIONS, UNITS, short},
};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::http::json;

/// An address: on one line, or in parts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Address {
    /// Number and street, with a unit where there is one.
    pub(super) street: Option<String>,
    pub(super) zip_code: Option<ZipCode>,
}

/// The parts of an address.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Parts {
    #[serde(deserialize_with = "json::line")]
    street_address: Option<String>,
    #[serde(deserialize_with = "json::text")]
    zipcode: Option<String>,
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(from)? {
            Value::String(line) => Self::of_line(&line),
            parts @ Value::Object(_) => {
                let Parts { street_address, zipcode } = serde_json::from_value(parts).unwrap_or_default();
                Self::of_parts(street_address, zipcode.as_deref())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => Self::default(),
        })
    }
}

impl Address {
    pub(super) fn of_parts(street: Option<String>, zip_code: Option<&str>) -> Self {
        Self {
            street: street.filter(|street| is_told(street)),
            zip_code: zip_code.and_then(|zip| zip.parse().ok()),
        }
    }

    /// From `street, city, state zip`, where a comma may stand before the ZIP code or be missing before the state. A
    /// line that does not end with a ZIP code tells nothing.
    fn of_line(line: &str) -> Self {
        let Some(line) = json::on_one_line(line) else { return Self::default() };
        let mut pieces: Vec<&str> =
            line.split(',').map(str::trim).filter(|piece| !piece.is_empty()).collect();
        let Some(last) = pieces.pop() else { return Self::default() };
        let (region, zip_code) = last.rsplit_once(' ').unwrap_or(("", last));
        let Ok(zip_code) = zip_code.parse() else { return Self::default() };
        let is_state = |text: &str| text.len() == 2 && text.chars().all(|c| c.is_ascii_alphabetic());
        if pieces.is_empty() {
            // Where the city begins is not told.
            pieces.push(region);
        } else {
            if region.is_empty() && pieces.last().is_some_and(|piece| is_state(piece)) {
                pieces.pop();
            }
            if region.is_empty() || is_state(region) {
                pieces.pop();
            }
        }
        let street = Some(pieces.join(", ")).filter(|street| !street.is_empty() && is_told(street));
        Self { street, zip_code: Some(zip_code) }
    }

    /// What this tells, and where it does not what the other does.
    pub(super) fn or(self, other: Self) -> Self {
        Self { street: self.street.or(other.street), zip_code: self.zip_code.or(other.zip_code) }
    }

    /// Whether it is of a home: the same ZIP code, number, street and unit, however they are abbreviated. Either may
    /// leave out that the street is the northern one.
    pub(super) fn is_of(&self, home: &Home) -> bool {
        let Some(street) = self.street.as_deref().filter(|_| self.zip_code == Some(home.zip_code)) else {
            return false;
        };
        let (told, asked) = (words(street), words(&home.street));
        let (Some((number, told)), Some((asked_number, asked))) = (told.split_first(), asked.split_first())
        else {
            return false;
        };
        let mut only_told = told.iter().filter(|word| !asked.contains(word)).peekable();
        let mut only_asked = asked.iter().filter(|word| !told.contains(word)).peekable();
        has_number(&home.street)
            && number == asked_number
            && (only_told.peek().is_none() || only_asked.peek().is_none())
            && only_told.chain(only_asked).all(|word| DIRECTIONS.contains(&word.as_str()))
    }
}

/// Whether a street address begins with a number.
pub(super) fn has_number(street: &str) -> bool {
    street.trim_start().starts_with(|c: char| c.is_ascii_digit())
}

/// Sellers may keep the street to themselves: `(undisclosed Address)`.
fn is_told(street: &str) -> bool {
    !street.to_lowercase().contains("undisclosed")
}

/// The words of a street address, as short as they are written anywhere, without those that only say that a unit
/// follows. A unit called E is not the east.
fn words(street: &str) -> Vec<String> {
    let street = street.replace(['#', ','], " unit ").to_lowercase();
    let mut is_unit = false;
    let mut words = Vec::new();
    for word in street.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if UNITS.contains(&word) {
            is_unit = true;
        } else if is_unit {
            words.push(if DIRECTIONS.contains(&word) { format!("#{word}") } else { word.to_owned() });
        } else {
            words.push(short(word).to_owned());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use dripr_core::content::HomeFacts;

    use super::*;

    fn address(json: &str) -> Address {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_line_is_taken_apart() {
        for (line, street) in [
            ("7622 R W Emerson Loop, Laredo, TX 78041", Some("7622 R W Emerson Loop")),
            ("7622 R W Emerson Loop, Laredo, TX, 78041-1234", Some("7622 R W Emerson Loop")),
            ("7622 R W Emerson Loop, Laredo TX 78041", Some("7622 R W Emerson Loop")),
            ("7622 R W Emerson Loop, Unit 4, Laredo, TX 78041", Some("7622 R W Emerson Loop, Unit 4")),
            ("7622 R W Emerson Loop Laredo TX 78041", Some("7622 R W Emerson Loop Laredo TX")),
            ("7622 R W\\r\\nEmerson  Loop ,, Laredo , TX  78041 ", Some("7622 R W Emerson Loop")),
            ("(undisclosed Address), Laredo, TX 78041", None),
            ("Laredo, TX 78041", None),
            ("TX, 78041", None),
            (" , TX 78041", Some("TX")),
            ("78041", None),
        ] {
            let expected = Address { street: street.map(str::to_owned), zip_code: "78041".parse().ok() };
            assert_eq!(address(&format!("\"{line}\"")), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_address_tells_nothing() {
        for json in [
            r#""""#,
            r#"",""#,
            r#""7 Elm St, Laredo, TX""#,
            "5",
            "null",
            "[]",
            "true",
            "{}",
            r#"{"zipcode":{}}"#,
        ] {
            assert_eq!(address(json), Address::default(), "{json}");
        }
        let parts = address(r#"{"streetAddress":"7 Elm St\n#4","zipcode":78041,"city":5}"#);
        assert_eq!(parts, address(r#""7 Elm St #4, Laredo, TX 78041""#));
    }

    #[test]
    fn a_home_is_told_from_its_neighbours() {
        let home = |street: &str| Home {
            street: street.to_owned(),
            city: "Laredo".to_owned(),
            state: "TX".to_owned(),
            zip_code: "78041".parse().unwrap(),
            location: None,
            facts: HomeFacts::default(),
        };
        for (asked, told, same) in [
            ("7622 R W Emerson Loop", "7622 R W Emerson Loop", true),
            ("7622 r. west emerson loop", "7622 R W Emerson Loop", true),
            ("7622 R Emerson Loop", "7622 R W Emerson Loop", true),
            ("7622 R W Emerson Loop", "7622 R E Emerson Loop", false),
            ("7622 R W Emerson Loop", "7624 R W Emerson Loop", false),
            ("7622 R W Emerson Loop", "17622 R W Emerson Loop", false),
            ("100 North Saint Charles Avenue", "100 N St Charles Ave", true),
            ("12 Elm Street", "12 Elm St", true),
            ("12 Elm Street", "12 Elm Ct", false),
            ("12 Elm Street", "12 Oak St", false),
            ("12 Elm Street", "12 Elm Creek St", false),
            ("12 Elm St, 4", "12 Elm St UNIT 4", true),
            ("12 Elm St #4", "12 Elm St APT 4", true),
            ("12 Elm St 4", "12 Elm St # 4", true),
            ("12 Elm St #4", "12 Elm St", false),
            ("12 Elm St", "12 Elm St #4", false),
            ("12 Elm St #4", "12 Elm St #5", false),
            ("12 Elm St #12", "12 Elm St", false),
            ("4 Elm St #12", "12 Elm St #4", false),
            ("12 Elm St, E", "12 Elm St UNIT E", true),
            ("12 Elm St, E", "12 Elm St", false),
            ("12 E Elm St", "12 Elm St UNIT E", false),
            ("12 1/2 Elm St", "12 Elm St", false),
            ("Elm St", "Elm St", false),
            ("", "", false),
        ] {
            let told = Address { street: Some(told.to_owned()), zip_code: "78041".parse().ok() };
            assert_eq!(told.is_of(&home(asked)), same, "{asked} and {told:?}");
            for zip_code in [None, "78042".parse().ok()] {
                assert!(!Address { zip_code, ..told.clone() }.is_of(&home(asked)), "{asked}");
            }
        }
    }
}
