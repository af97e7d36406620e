//! Names: a domain that sends mail, a DKIM selector, and what others wrote as a name.

use std::{fmt, str::FromStr};

/// The longest domain: with a selector and `._domainkey.` before it, a name still has 253 bytes at most.
const LONGEST_DOMAIN: usize = 190;
const LONGEST_SELECTOR: usize = 50;

/// A text that names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {value:?} {reason}")]
pub struct InvalidName {
    /// What it should have been.
    pub what: &'static str,
    /// What was given, cut to 100 characters.
    pub value: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// The domain of From addresses, in its ASCII form, in small letters and without a dot at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailDomain(String);

impl MailDomain {
    /// As it is asked for.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that lies so far below.
    pub(super) fn below(&self, prefix: &str) -> String {
        format!("{prefix}.{}", self.0)
    }

    /// The domains that it lies in, the nearest first, as far as they have a dot.
    pub(super) fn parents(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(self.0.split_once('.'), |(_, rest)| rest.split_once('.'))
            .map(|(_, parent)| parent)
            .filter(|parent| parent.contains('.'))
    }
}

impl FromStr for MailDomain {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let refuse = |reason| Err(InvalidName { what: "domain", value: cut(text), reason });
        let trimmed = text.trim();
        let trimmed = trimmed.strip_suffix('.').unwrap_or(trimmed);
        if trimmed.contains('@') {
            return refuse("is an address: give what stands after the @");
        }
        if trimmed.contains("//") || trimmed.contains('/') {
            return refuse("is a web address: give the domain that mail comes from");
        }
        // Long texts are refused before anybody works on them.
        if trimmed.len() > 4 * LONGEST_DOMAIN {
            return refuse("is longer than 190 bytes");
        }
        let Ok(ascii) = idna::domain_to_ascii_strict(trimmed) else {
            return refuse("is not a domain name");
        };
        if ascii.len() > LONGEST_DOMAIN {
            return refuse("is longer than 190 bytes");
        }
        let last = ascii.rsplit_once('.').map(|(_, last)| last);
        if last.is_none_or(|last| last.is_empty() || last.bytes().all(|b| b.is_ascii_digit())) {
            return refuse("is not a domain name with a dot");
        }
        if !is_name(&ascii) {
            return refuse("is not a domain name");
        }
        Ok(Self(ascii.to_ascii_lowercase()))
    }
}

impl fmt::Display for MailDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the name of a DKIM key begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector(String);

impl Selector {
    /// As it is asked for.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One that is known.
    pub(super) fn known(name: &'static str) -> Self {
        Self(name.to_owned())
    }
}

impl FromStr for Selector {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let refuse = |reason| Err(InvalidName { what: "selector", value: cut(text), reason });
        let trimmed = text.trim();
        if trimmed.contains("._domainkey") {
            return refuse("is a whole name: give what stands before ._domainkey");
        }
        if trimmed.len() > LONGEST_SELECTOR {
            return refuse("is longer than 50 bytes");
        }
        if !is_name(trimmed) {
            return refuse("may have letters, digits, hyphens and single dots only");
        }
        Ok(Self(trimmed.to_ascii_lowercase()))
    }
}

/// Whether DNS can be asked for a name: labels of 1 to 63 letters, digits, hyphens and underscores, 253 bytes in all.
pub(super) fn is_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn cut(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_read_as_people_write_them() {
        let domain = |text: &str| text.parse::<MailDomain>().map(|domain| domain.0);
        assert_eq!(domain(" Agent.Example. ").unwrap(), "agent.example");
        assert_eq!(domain("Bücher.Example").unwrap(), "xn--bcher-kva.example");
        for bad in [
            "",
            "com",
            "a@b.example",
            "https://b.example",
            "b.example/x",
            "192.0.2.1",
            "a..b",
            "-a.b",
            "a_b.c",
        ] {
            assert!(domain(bad).is_err(), "{bad}");
        }
        assert!(domain(&"a.".repeat(100_000)).is_err());
        let reason = domain("ana@b.example").unwrap_err().to_string();
        assert_eq!(reason, "domain \"ana@b.example\" is an address: give what stands after the @");
    }

    #[test]
    fn parents_have_a_dot() {
        let domain: MailDomain = "a.b.agent.example".parse().unwrap();
        assert_eq!(domain.parents().collect::<Vec<_>>(), ["b.agent.example", "agent.example"]);
        let domain: MailDomain = "agent.example".parse().unwrap();
        assert_eq!(domain.parents().count(), 0);
    }

    #[test]
    fn a_name_always_has_room_for_a_selector() {
        let domain: MailDomain = format!("{}.example", vec!["a".repeat(60); 2].join(".")).parse().unwrap();
        let longest = MailDomain("a".repeat(LONGEST_DOMAIN));
        assert!(longest.below(&format!("{}._domainkey", "s".repeat(LONGEST_SELECTOR))).len() <= 253);
        assert!(is_name(&domain.below("pm-bounces")));
        for bad in ["", "a b", "a..b", "google._domainkey.b.example", &"s".repeat(51), "ü"] {
            assert!(bad.parse::<Selector>().is_err(), "{bad}");
        }
    }
}
