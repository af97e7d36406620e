//! What a server says: a code, and a text for people.

use lettre::transport::smtp::{Error, response::Response};

use crate::said::shown;

/// The longest name that a server may have for an email.
const LONGEST_ID: usize = 100;

/// A reply by which a server refuses: 4xx or 5xx.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The code.
    pub(super) code: u16,
    /// What it says besides, for people.
    pub(super) text: String,
}

impl Refusal {
    /// The refusal that an error is; an error of another kind is given as its text.
    pub(super) fn of(error: &Error) -> Result<Self, String> {
        let Some(code) = error.status() else { return Err(shown(&error.to_string())) };
        let said = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        Ok(Self { code: code.into(), text: shown(&said) })
    }

    /// Whether it is for good.
    pub(super) fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    /// Subject and detail of the enhanced status code (RFC 3463) that the text begins with, if it does.
    pub(super) fn enhanced(&self) -> Option<(u16, u16)> {
        let (class, rest) = enhanced_code(&self.text)?;
        // A class that contradicts the code says nothing.
        (u32::from(class) == u32::from(self.code / 100)).then_some(rest)
    }
}

/// Class, subject and detail.
fn enhanced_code(text: &str) -> Option<(u16, (u16, u16))> {
    let word = text.split_whitespace().next()?;
    let mut parts = word.splitn(3, '.').map(|part| {
        let digits = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<u16>().ok()).flatten()
    });
    Some((parts.next()??, (parts.next()??, parts.next()??)))
}

/// The server's own name for an email that it took, where its reply has a known form:
/// `Ok: queued as NAME` (Postfix), `OK id=NAME` (Exim), `Ok NAME` (Amazon SES), `OK TIME NAME - gsmtp` (Google).
pub(super) fn queue_id(reply: &Response) -> Option<String> {
    let line = reply.first_line()?;
    let mut words: Vec<&str> = line.split_whitespace().collect();
    if enhanced_code(line).is_some() {
        words.remove(0);
    }
    let ok = |word: &str| word.trim_end_matches(':').eq_ignore_ascii_case("ok");
    let name = match words[..] {
        [first, "queued", "as", name, ..] if ok(first) => name,
        ["queued", "as", name, ..] => name,
        [first, _, name, "-", "gsmtp"] if ok(first) => name,
        [first, name] if ok(first) => name.strip_prefix("id=").unwrap_or(name),
        _ => return None,
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.+=/".contains(&b);
    (name.len() <= LONGEST_ID && name.len() >= 4 && name.bytes().all(plain)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(reply: &str) -> Option<String> {
        queue_id(&format!("250 {reply}\r\n").parse().unwrap())
    }

    #[test]
    fn the_servers_name_for_an_email_is_found_in_replies_of_known_form() {
        for (reply, name) in [
            ("2.0.0 Ok: queued as 4XyZ1a2B3c", "4XyZ1a2B3c"),
            ("Ok: queued as 4XyZ1a2B3c", "4XyZ1a2B3c"),
            ("OK id=1rAbCd-0000Xy-2Z", "1rAbCd-0000Xy-2Z"),
            (
                "Ok 0100018c1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9-000000",
                "0100018c1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9-000000",
            ),
            ("2.0.0 OK  1700000000 a1-20020ax.12 - gsmtp", "a1-20020ax.12"),
        ] {
            assert_eq!(id(reply).as_deref(), Some(name), "{reply}");
        }
        for reply in [
            "Ok",
            "2.0.0 Ok",
            "Message accepted for delivery",
            "Ok: queued as",
            "Ok: queued as <b>evil</b>",
            "Ok: queued as kim@home.example",
            &format!("Ok: queued as {}", "A".repeat(101)),
            "Ok: queued as 4XyZ\u{0}1a2B",
        ] {
            assert_eq!(id(reply), None, "{reply}");
        }
    }

    #[test]
    fn an_enhanced_code_is_read_where_it_agrees_with_the_code() {
        let enhanced = |code, text: &str| Refusal { code, text: text.to_owned() }.enhanced();
        assert_eq!(enhanced(550, "5.1.1 no such user"), Some((1, 1)));
        assert_eq!(enhanced(550, "5.7.26 no"), Some((7, 26)));
        for text in
            ["", "no such user", "4.1.1 no", "5.1", "5.1.1.1 no", "5.1.x no", "5..1 no", "192.168.1 no"]
        {
            assert_eq!(enhanced(550, text), None, "{text:?}");
        }
    }
}
