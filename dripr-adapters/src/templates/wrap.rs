//! Lines of the plain-text part: wrapped at spaces, and at most two empty lines in a row.

/// The longest line, in characters; a word or link that is longer stands on a line of its own.
const WIDTH: usize = 76;

/// The text with long lines wrapped. What belongs to an indented line stays indented like it.
pub(super) fn wrap(text: &str) -> String {
    let mut wrapped = String::with_capacity(text.len() + text.len() / 32);
    let mut empty = 2;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            if empty < 2 {
                wrapped.push('\n');
                empty += 1;
            }
            continue;
        }
        empty = 0;
        if line.len() <= WIDTH || line.chars().count() <= WIDTH {
            wrapped.push_str(line);
        } else {
            wrap_line(&mut wrapped, line);
        }
        wrapped.push('\n');
    }
    wrapped.truncate(wrapped.trim_end().len());
    if !wrapped.is_empty() {
        wrapped.push('\n');
    }
    wrapped
}

fn wrap_line(wrapped: &mut String, line: &str) {
    let words = line.trim_start();
    let indent = line.get(..line.len() - words.len()).unwrap_or_default();
    let mut length = indent.len();
    wrapped.push_str(indent);
    let mut first = true;
    for word in words.split(' ') {
        let size = word.chars().count();
        // A line of dashes underlines a heading; no name that holds some gets to begin a line with them.
        if !first && length + 1 + size > WIDTH && !word.starts_with("---") {
            wrapped.push('\n');
            wrapped.push_str(indent);
            length = indent.len();
            first = true;
        }
        if !first {
            wrapped.push(' ');
            length += 1;
        }
        wrapped.push_str(word);
        length += size;
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_wrapped_and_keep_their_words() {
        let text = format!("  {}\n\n\n\nshort  line\n{}\n\n", "word ".repeat(40), "x".repeat(100));
        let wrapped = wrap(&text);
        assert!(wrapped.lines().all(|line| line.len() <= WIDTH || !line.contains(' ')), "{wrapped}");
        assert!(wrapped.lines().take(3).all(|line| line.starts_with("  word")), "{wrapped}");
        assert!(!wrapped.contains("\n\n\n\n") && wrapped.ends_with("x\n"), "{wrapped}");
        assert!(wrapped.contains("\n\n\nshort  line\n"), "{wrapped}");
        assert_eq!(
            wrapped.split_whitespace().collect::<Vec<_>>(),
            text.split_whitespace().collect::<Vec<_>>()
        );
        assert_eq!(wrap(&wrapped), wrapped);
        assert_eq!(wrap("\n \n"), "");
        let fake = format!("{} ----- x", "word ".repeat(15).trim_end());
        assert!(wrap(&fake).lines().all(|line| !line.starts_with("---")));
    }
}
