//! Lists of tags, as DKIM (RFC 6376, section 3.2) and DMARC have them: `v=DMARC1; p=none`.

/// The tags of a record, in their order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    /// Reads a record.
    ///
    /// # Errors
    /// The part that is no tag, or the name that is there twice.
    pub(super) fn read(text: &'a str) -> Result<Self, String> {
        let mut tags: Vec<(&str, &str)> = Vec::new();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                return Err(format!("{} is no tag: it has no =", super::quoted::quoted(part)));
            };
            let (name, value) = (name.trim(), value.trim());
            if tags.iter().any(|(known, _)| *known == name) {
                return Err(format!("the tag {} is there twice", super::quoted::quoted(name)));
            }
            // Nobody's record has so many; looking for repetitions takes longer the more there are.
            if tags.len() == 100 {
                return Err("it has more than 100 tags".to_owned());
            }
            tags.push((name, value));
        }
        Ok(Self(tags))
    }

    /// A tag's value.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The first tag.
    pub(super) fn first(&self) -> Option<(&'a str, &'a str)> {
        self.0.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::Tags;

    #[test]
    fn tags_are_read_with_their_spaces_gone() {
        let tags = Tags::read(" v = DMARC1 ;p=none;; rua=mailto:a@b.example?x=y ;").unwrap();
        assert_eq!(tags.first(), Some(("v", "DMARC1")));
        assert_eq!(tags.get("p"), Some("none"));
        assert_eq!(tags.get("rua"), Some("mailto:a@b.example?x=y"));
        assert_eq!(tags.get("sp"), None);
        assert!(Tags::read("v=DMARC1 p none; nothing").is_err());
        assert!(Tags::read("p=a;p=b").is_err());
        assert!(Tags::read(&(0..1_000).map(|n| format!("t{n}=1;")).collect::<String>()).is_err());
    }
}
