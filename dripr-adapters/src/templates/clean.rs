//! Text of people, providers and models made fit to be shown: one line stays one line, and nothing in it steers the
//! reader's screen. Escaping for HTML comes later, where the text is used.

use std::borrow::Cow;

/// The longest name, place or other single line that is shown, in characters.
const LONGEST_LINE: usize = 200;
/// The longest text that is shown, in characters.
const LONGEST_TEXT: usize = 6_000;
/// The most paragraphs of a text that are shown.
const MOST_PARAGRAPHS: usize = 24;
/// The longest link that is followed, in bytes.
const LONGEST_LINK: usize = 1_000;

/// A single line: runs of white space and line breaks become one space, control characters go, and what is longer than
/// a line may be is cut.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    if is_clean(text) { Cow::Borrowed(text) } else { Cow::Owned(collapse(text, LONGEST_LINE)) }
}

/// A single line, unless nothing is left of it.
pub(super) fn some_line(text: &str) -> Option<String> {
    let line = line(text);
    (!line.is_empty()).then(|| line.into_owned())
}

/// The paragraphs of a text, each a single line.
pub(super) fn paragraphs(text: &str) -> Vec<String> {
    let mut left = LONGEST_TEXT;
    let mut paragraphs = Vec::new();
    let mut current = String::new();
    let text = if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) };
    let mut lines = text.split(['\n', '\r', '\u{0b}', '\u{0c}', '\u{85}', '\u{2028}', '\u{2029}']).peekable();
    while let Some(line) = lines.next() {
        let blank = !line.chars().any(|c| !c.is_whitespace() && is_shown(c));
        if !blank {
            current.push_str(line);
            current.push(' ');
        }
        if (blank || lines.peek().is_none()) && !current.is_empty() {
            let paragraph = collapse(&current, left);
            left = left.saturating_sub(paragraph.chars().count());
            if !paragraph.is_empty() {
                paragraphs.push(paragraph);
            }
            current.clear();
            if left == 0 || paragraphs.len() == MOST_PARAGRAPHS {
                break;
            }
        }
    }
    paragraphs
}

/// A link to a web page, unless it is anything else: only http and https, with a host and without a user name, in
/// characters that mean nothing to HTML.
pub(super) fn web_link(link: &str) -> Option<&str> {
    let link = link.trim();
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| link.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))?;
    let authority = link.get(scheme.len()..)?.split(['/', '?', '#']).next()?;
    let plain = |b: u8| b.is_ascii_graphic() && !b"<>\"'\\^`{|}".contains(&b);
    let ok = link.len() <= LONGEST_LINK
        && link.bytes().all(plain)
        && authority.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[')
        && !authority.contains('@');
    ok.then_some(link)
}

/// The `mailto:` link of an address, with everything that has a meaning in a link written as such.
pub(super) fn mail_link(address: &str) -> String {
    use std::fmt::Write;
    let mut link = String::from("mailto:");
    for byte in address.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@+".contains(&byte) {
            link.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(link, "%{byte:02X}");
        }
    }
    link
}

/// Nearly every text is: nothing has to be copied to find that out.
fn is_clean(text: &str) -> bool {
    let mut after_space = true;
    let clean = text.len() <= LONGEST_LINE
        && text.bytes().all(|b| {
            let ok = (b.is_ascii_graphic() || b == b' ') && !(after_space && b == b' ');
            after_space = b == b' ';
            ok
        });
    clean && (text.is_empty() || !after_space)
}

fn collapse(text: &str, longest: usize) -> String {
    let mut line = String::with_capacity(text.len().min(1_024));
    let (mut length, mut gap) = (0, false);
    for c in text.chars() {
        if c.is_whitespace() {
            gap = !line.is_empty();
        } else if is_shown(c) {
            if length + usize::from(gap) >= longest {
                line.push('…');
                break;
            }
            if gap {
                line.push(' ');
                length += 1;
                gap = false;
            }
            line.push(c);
            length += 1;
        }
    }
    line
}

/// Whether a character is text. Controls are not; nor are the marks that turn the direction of what follows, with which
/// a name could make the words after it read otherwise; nor what Unicode reserves for programs.
fn is_shown(c: char) -> bool {
    !(c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || (u32::from(c) & 0xfffe) == 0xfffe
        || ('\u{fdd0}'..='\u{fdef}').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_line_breaks_and_no_controls() {
        for (dirty, clean) in [
            ("Kim", "Kim"),
            ("  Kim \r\n\r\nHOMES SOLD\t1 ", "Kim HOMES SOLD 1"),
            ("a\u{2028}b\u{2029}c\u{85}d", "a b c d"),
            ("a\u{0}b\u{1b}[31m", "ab[31m"),
            ("\u{202e}evil\u{202c} \u{feff}", "evil"),
            (" ", ""),
            ("família 家 🏠", "família 家 🏠"),
        ] {
            assert_eq!(line(dirty), clean, "{dirty:?}");
        }
        assert_eq!(line(&"é".repeat(500)).chars().count(), LONGEST_LINE + 1);
        assert!(matches!(line("12 Elm St"), Cow::Borrowed(_)));
    }

    #[test]
    fn empty_lines_part_paragraphs_and_other_line_breaks_do_not() {
        assert_eq!(paragraphs("One\r\ntwo.\r\n\r\n \u{0}\r\nThree.\n"), ["One two.", "Three."]);
        assert_eq!(paragraphs("\n \n"), Vec::<String>::new());
        assert_eq!(paragraphs(&"a\n\n".repeat(100)).len(), MOST_PARAGRAPHS);
        let long: usize = paragraphs(&"word ".repeat(5_000)).iter().map(String::len).sum();
        assert!(long <= LONGEST_TEXT + 4, "{long}");
    }

    #[test]
    fn only_plain_web_links_are_followed() {
        for good in ["https://a.example/x?y=1&z=%20#f", "HTTP://a.example", " https://a.example/ "] {
            assert!(web_link(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "a.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "//a.example",
            "https://",
            "https:///x",
            "https://a.example/\"onclick=x",
            "https://a.example/<b>",
            "https://a.example/\njavascript:x",
            "https://bank.example@evil.example/",
            "https://a.example/{{x}}",
            "mailto:a@b.example",
            "https://é.example",
        ] {
            assert_eq!(web_link(bad), None, "{bad}");
        }
        assert_eq!(mail_link("a?b&c=d%@x.example"), "mailto:a%3Fb%26c%3Dd%25@x.example");
    }
}
