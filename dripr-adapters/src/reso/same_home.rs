//! Whether a record is of a home, by its address.

use dripr_core::contact::Home;

use super::record::Record;

/// The number with which a street address begins.
pub(super) fn house_number(street: &str) -> Option<&str> {
    let first = street.split_whitespace().next()?.trim_end_matches(',');
    first.starts_with(|c: char| c.is_ascii_digit()).then_some(first)
}

/// Whether a record is of a home: the same ZIP code and street address, unit included. After it only city, state and ZIP
/// code may follow.
pub(super) fn is_at(home: &Home, record: &Record) -> bool {
    let Some(address) = record.unparsed_address.as_deref() else { return false };
    let (street, address) = (words(&home.street), words(address));
    let Some(rest) = address.strip_prefix(street.as_slice()) else { return false };
    let region = [&record.city, &record.state_or_province, &record.postal_code].into_iter().flatten();
    let mut region: Vec<String> = region.flat_map(|text| words(text)).collect();
    region.extend(
        [home.city.as_str(), home.state.as_str(), home.zip_code.as_str()].into_iter().flat_map(words),
    );
    !street.is_empty()
        && record.zip_code() == Some(home.zip_code)
        && rest.iter().all(|word| region.contains(word))
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_told_from_its_neighbours() {
        let home = |street: &str| Home {
            street: street.to_owned(),
            city: "Austin".to_owned(),
            state: "TX".to_owned(),
            zip_code: "78734".parse().unwrap(),
            location: None,
            facts: dripr_core::content::HomeFacts::default(),
        };
        let record = |address: &str, zip: &str| -> Record {
            serde_json::from_value(serde_json::json!({"UnparsedAddress": address, "PostalCode": zip}))
                .unwrap()
        };
        for (street, address, zip, same) in [
            ("2681 Crazyhorse Pass", "2681 CRAZYHORSE PASS", "78734-1000", true),
            ("2681 Crazyhorse Pass", "2681 Crazyhorse Pass, Austin, TX 78734", "78734", true),
            ("2681 Crazyhorse Pass, #4", "2681 Crazyhorse Pass #4", "78734", true),
            ("2681 Crazyhorse Pass", "2681 Crazyhorse Pass #4", "78734", false),
            ("2681 Crazyhorse Pass #4", "2681 Crazyhorse Pass", "78734", false),
            ("2681 Crazyhorse Pass", "12681 Crazyhorse Pass", "78734", false),
            ("2681 Crazyhorse Pass", "2681 Crazyhorse Pass", "78735", false),
            ("", "2681 Crazyhorse Pass", "78734", false),
        ] {
            assert_eq!(is_at(&home(street), &record(address, zip)), same, "{street} and {address} {zip}");
        }
        assert_eq!(house_number("12-A Elm St"), Some("12-A"));
        assert_eq!((house_number("Elm St"), house_number("")), (None, None));
    }
}
