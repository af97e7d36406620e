//! What mail servers and providers say, for people to read.

/// The longest text that is kept, in characters.
const LONGEST: usize = 200;

/// A text as it may be shown and stored: one short line. Servers like to repeat addresses, which do not belong into logs.
pub(crate) fn shown(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let plain: Vec<&str> = words.map(|word| if word.contains('@') { "…" } else { word }).collect();
    plain.join(" ").chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_for_people_is_one_short_line_without_addresses() {
        let said = "5.1.1 <kim@home.example>:\u{1b}[31m unknown\r\nuser  Kim@home.example";
        assert_eq!(shown(said), "5.1.1 … [31m unknown user …");
        assert_eq!(shown(&"long ".repeat(1_000)).chars().count(), LONGEST);
    }
}
