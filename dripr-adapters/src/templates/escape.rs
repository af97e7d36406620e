//! Escaping for HTML.

/// Text as HTML text or the value of a quoted attribute. Braces are written as such too, so that nobody who reads the
/// mail after us takes them for a template's.
pub(super) fn html(text: &str) -> String {
    let special = |b: u8| matches!(b, b'&' | b'<' | b'>' | b'"' | b'\'' | b'`' | b'{' | b'}');
    let Some(first) = text.bytes().position(special) else { return text.to_owned() };
    let mut escaped = String::with_capacity(text.len() + 32);
    let (start, rest) = text.split_at(first);
    escaped.push_str(start);
    for c in rest.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '`' => escaped.push_str("&#96;"),
            '{' => escaped.push_str("&#123;"),
            '}' => escaped.push_str("&#125;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_means_something_to_html_is_escaped() {
        assert_eq!(html("Kim"), "Kim");
        assert_eq!(html("é<a href=\"x\" title='y'>&`{{z}}"), {
            "é&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;&#96;&#123;&#123;z&#125;&#125;"
        });
    }
}
