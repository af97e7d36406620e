//! Which of several wordings is used, and how paragraphs are put together.

use chrono::{Datelike, NaiveDate};
use dripr_core::content::ZipCode;

/// Chooses wordings by ZIP code and month: the same facts always read the same, the next month reads differently.
pub(super) struct Wording {
    month: usize,
    shift: usize,
}

impl Wording {
    pub(super) fn of(zip: ZipCode, date: NaiveDate) -> Self {
        let month = date.year().rem_euclid(4_800) * 12 + i32::try_from(date.month0()).unwrap_or_default();
        let shift = zip.as_str().bytes().fold(0_usize, |sum, digit| sum * 3 + usize::from(digit % 16));
        Self { month: usize::try_from(month).unwrap_or_default(), shift }
    }

    /// One of the wordings. Each passage has its own `salt`, so that two passages do not always change together.
    pub(super) fn one_of<'a>(&self, salt: usize, wordings: &[&'a str]) -> &'a str {
        let at = (self.month + self.shift + salt * (1 + self.month / wordings.len().max(1)))
            % wordings.len().max(1);
        wordings.get(at).copied().unwrap_or_default()
    }
}

/// Sentences of one paragraph, parted by spaces.
pub(super) fn paragraph(sentences: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let text = sentences.into_iter().flatten().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// Paragraphs of a text, parted by empty lines.
pub(super) fn text(paragraphs: impl IntoIterator<Item = Option<String>>) -> String {
    paragraphs.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_months_of_one_zip_code_read_differently() {
        let zip: ZipCode = "98103".parse().unwrap();
        let wordings = ["a", "b", "c"];
        let of = |date: &str, salt| Wording::of(zip, date.parse().unwrap()).one_of(salt, &wordings);
        for month in 1..12 {
            let (this, next) = (format!("2015-{month:02}-01"), format!("2015-{:02}-01", month + 1));
            assert_ne!(of(&this, 0), of(&next, 0), "{this}");
            assert_eq!(of(&this, 1), of(&format!("2015-{month:02}-28"), 1), "{this}");
        }
    }
}
