//! Texts that broke other programs, and how texts look in a header.

/// The Big List of Naughty Strings, in part.
pub(crate) fn naughty() -> Vec<String> {
    serde_json::from_str(include_str!("../data/naughty_strings.json")).unwrap()
}

/// White space of every kind is one space in a header, and neither control characters nor invisible spaces are text.
pub(crate) fn one_line(text: &str) -> String {
    let shown: String = text.chars().filter(|c| c.is_whitespace() || !c.is_control()).collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ").replace('\u{200B}', "")
}
