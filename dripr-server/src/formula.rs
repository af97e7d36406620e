//! Cells that a spreadsheet would take for a formula.
//!
//! What people typed into a name may begin with `=`, and a spreadsheet that opens an export would calculate it. So such a cell is
//! written with an apostrophe before it, as OWASP advises ("CSV Injection",
//! <https://owasp.org/www-community/attacks/CSV_Injection>), and read back without it.

use std::borrow::Cow;

/// A cell as it is written.
#[must_use]
pub fn neutral(cell: &str) -> Cow<'_, str> {
    // A plain number calculates nothing.
    let plain =
        cell.parse::<f64>().is_ok() && cell.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.'));
    if !plain && cell.starts_with(begins_one) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// A cell as it was before it was written.
#[must_use]
pub fn as_typed(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(begins_one)).unwrap_or(cell)
}

/// The characters with which a formula begins, also in full width; and the apostrophe, so that what was written is told
/// from what was typed.
fn begins_one(c: char) -> bool {
    matches!(
        c,
        '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\'' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_text() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("+1 206 555 0100", "'+1 206 555 0100"),
            ("-2+3", "'-2+3"),
            ("-122.34", "-122.34"),
            ("-", "'-"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("'tis", "''tis"),
            ("Ana", "Ana"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(neutral(cell), written);
        }
        assert_eq!(as_typed("'Ana"), "'Ana", "only what was written with one loses it");
    }

    proptest! {
        #[test]
        fn every_cell_comes_back(cell in "[-=+@'\\t\\rA-Za-z0-9. ]{0,12}") {
            let written = neutral(&cell);
            prop_assert_eq!(as_typed(&written), cell.as_str());
        }

        #[test]
        fn nothing_that_is_written_begins_a_formula(cell in ".{0,12}") {
            let written = neutral(&cell);
            let number = written.parse::<f64>().is_ok();
            prop_assert!(number || !written.starts_with(|c| begins_one(c) && c != '\''));
        }
    }
}
