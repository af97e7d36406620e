//! What strangers wrote, as it may stand in a sentence.

/// The most that is quoted.
const LONGEST: usize = 160;

/// In quotation marks, on one line, without control characters, and cut.
pub(super) fn quoted(text: &str) -> String {
    let mut beginning: String = text.chars().take(LONGEST).collect();
    if beginning.len() < text.len() {
        beginning.push('…');
    }
    format!("\"{}\"", beginning.escape_debug().to_string().replace("\\'", "'"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn nothing_that_a_terminal_would_obey_gets_through() {
        assert_eq!(quoted("v=spf1 ~all"), "\"v=spf1 ~all\"");
        assert_eq!(quoted("it's"), "\"it's\"");
        let hostile = quoted("\u{1b}[31m\r\n\u{202e}\u{7f}\u{0}");
        assert!(hostile.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{hostile}");
        assert_eq!(quoted(&"x".repeat(10_000)).chars().count(), 163);
    }
}
