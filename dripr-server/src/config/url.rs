//! The address of an API.

use super::ConfigProblem;

/// An address that can be asked, or none.
pub(super) fn checked(key: &str, url: Option<String>) -> Result<Option<String>, ConfigProblem> {
    let Some(url) = url else { return Ok(None) };
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_one = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let plain = !url.contains(|c: char| c.is_whitespace() || c.is_control());
    if is_one && plain {
        return Ok(Some(url));
    }
    let shown: String = url.chars().take(80).collect();
    Err(ConfigProblem::key(key, format!("must be an address that begins with https://, not {shown:?}")))
}
