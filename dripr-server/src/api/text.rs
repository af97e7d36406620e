//! Texts that people write into fields.

use super::problem::Problem;

/// The longest name, street and the like, in characters.
pub(super) const LONGEST: usize = 200;

/// What such a text is, as the description says it (ECMA 262).
pub(super) const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$";
/// The same for one that must say something.
pub(super) const SOME_LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*[^\s\u0000-\u001f\u007f-\u009f\u2028\u2029][^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$";

/// A text on one line, without spaces around it.
///
/// # Errors
/// It is too long, or has characters that steer a terminal or a mail header.
pub(super) fn line(pointer: &str, text: &str) -> Result<String, Problem> {
    if text.chars().count() > LONGEST {
        return Err(Problem::invalid(pointer, format!("is longer than {LONGEST} characters")));
    }
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(Problem::invalid(pointer, "has a control character or a line break in it"));
    }
    Ok(text.trim().to_owned())
}

/// The same, which must say something.
///
/// # Errors
/// As for [`line`], and if it is empty.
pub(super) fn some_line(pointer: &str, text: &str) -> Result<String, Problem> {
    let text = line(pointer, text)?;
    if text.is_empty() { Err(Problem::invalid(pointer, "is empty")) } else { Ok(text) }
}
