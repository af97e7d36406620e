//! Email addresses: what is accepted, and when two are the same.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// A text that is no address mail can be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("email {value:?} is not an address: {reason}")]
pub struct InvalidEmailAddress {
    /// What was given, cut to 100 characters.
    pub value: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// An address of the plain form `local@domain` (the dot-atom form of RFC 5322, section 3.4.1).
///
/// Quoted local parts, comments, routes and groups are refused: no mail provider gives them to people, and they are
/// the usual way to smuggle a second recipient. Case and dots are kept; the domain is stored in its ASCII form.
///
/// ```
/// use dripr_core::email::EmailAddress;
/// let address: EmailAddress = "Ana.Ruiz@Bücher.Example".parse()?;
/// assert_eq!(address.as_str(), "Ana.Ruiz@xn--bcher-kva.example");
/// assert_eq!(address.key(), "ana.ruiz@xn--bcher-kva.example");
/// assert!("a@b.example, c@d.example".parse::<EmailAddress>().is_err());
/// # Ok::<(), dripr_core::email::InvalidEmailAddress>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(Arc<str>);

impl EmailAddress {
    /// The address as it is written in a header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The normalised form: two addresses with one key are one recipient. Letters are folded, dots are kept.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// The part after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmailAddress;

    fn from_str(text: &str) -> Result<Self, InvalidEmailAddress> {
        let refuse = |reason| Err(InvalidEmailAddress { value: text.chars().take(100).collect(), reason });
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return refuse("it is empty");
        }
        if trimmed.len() > 254 {
            return refuse("it is longer than 254 bytes");
        }
        let Some((local, domain)) = trimmed.split_once('@') else {
            return refuse("it has no @");
        };
        if domain.contains('@') {
            return refuse("it has more than one @");
        }
        if local.is_empty() || local.len() > 64 {
            return refuse("the part before the @ must have 1 to 64 characters");
        }
        let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        if !local.chars().all(atom) {
            return refuse("the part before the @ may have letters, digits and !#$%&'*+-/=?^_`{|}~. only");
        }
        if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
            return refuse("a dot stands at an end or beside another dot");
        }
        // Strictly: labels of 1 to 63 letters, digits and inner hyphens, 253 bytes in all.
        let Ok(ascii) = idna::domain_to_ascii_strict(domain) else {
            return refuse("the part after the @ is not a domain name");
        };
        let last = ascii.rsplit_once('.').map(|(_, last)| last);
        if last.is_none_or(|last| last.bytes().all(|b| b.is_ascii_digit())) {
            return refuse("the part after the @ is not a domain name with a dot");
        }
        Ok(Self(format!("{local}@{ascii}").into()))
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidEmailAddress;
    fn try_from(text: String) -> Result<Self, InvalidEmailAddress> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0.as_ref().to_owned()
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Personal data stays out of logs: only the domain is shown.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress(…@{})", self.domain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_are_accepted() {
        for good in ["a@b.example", "a.b+tag@sub.b.example", " x@y.example ", "o'neil@y.example"] {
            assert!(good.parse::<EmailAddress>().is_ok(), "{good}");
        }
    }

    #[test]
    fn everything_that_could_name_a_second_recipient_or_header_is_refused() {
        for bad in [
            "",
            "a",
            "@b.example",
            "a@",
            "a@b",
            "a@b..example",
            ".a@b.example",
            "a..b@b.example",
            "a b@c.example",
            "\"a b\"@c.example",
            "a@b.example,c@d.example",
            "a@b.example\r\nBcc: c@d.example",
            "a\0@b.example",
            "<a@b.example>",
            "A <a@b.example>",
            "g:a@b.example;",
            "@x.example:a@b.example",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@-b.example",
            "a\u{2028}@b.example",
            "a@b.example\u{2028}",
        ] {
            // Trimming takes white space at the ends away, and U+2028 at the very end is white space.
            if bad.trim() != bad {
                continue;
            }
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn debug_output_hides_the_person() {
        let address: EmailAddress = "ana@b.example".parse().unwrap();
        assert_eq!(format!("{address:?}"), "EmailAddress(…@b.example)");
    }
}
