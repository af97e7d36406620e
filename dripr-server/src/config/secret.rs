//! A secret: from an environment variable, or from a file of its own. It never stands in the configuration itself.

use std::path::PathBuf;

use secrecy::SecretString;

use super::{ConfigProblem, Environment};

/// The secret of a variable or else of a file, whose last line end is left out; none if neither is given.
///
/// # Errors
/// [`ConfigProblem`], naming the key, if the file cannot be read, or if there is nothing in it or in the variable:
/// whoever set it meant to give a secret.
pub(super) fn secret(
    environment: Environment<'_>,
    variable: &str,
    key: &str,
    file: Option<PathBuf>,
    absolute: impl Fn(PathBuf) -> PathBuf,
) -> Result<Option<SecretString>, ConfigProblem> {
    let filled = |secret: &str, place: &str| {
        if secret.trim().is_empty() {
            return Err(ConfigProblem::key(key, format!("missing: {place} is empty")));
        }
        Ok(Some(secret.into()))
    };
    if let Some(secret) = environment(variable) {
        return filled(&secret, &format!("the environment variable {variable}"));
    }
    let Some(path) = file.map(absolute) else { return Ok(None) };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| ConfigProblem::key(key, format!("cannot read {}: {error}", path.display())))?;
    filled(text.trim_end_matches(['\r', '\n']), &format!("the file {}", path.display()))
}

/// The same, where there is nothing without it.
///
/// # Errors
/// As [`secret`], and if neither file nor variable is given.
pub(super) fn required(
    environment: Environment<'_>,
    variable: &str,
    key: &str,
    file: Option<PathBuf>,
    absolute: impl Fn(PathBuf) -> PathBuf,
) -> Result<SecretString, ConfigProblem> {
    secret(environment, variable, key, file, absolute)?.ok_or_else(|| {
        let reason = format!("missing: give the file that holds it, or the environment variable {variable}");
        ConfigProblem::key(key, reason)
    })
}

/// Several secrets of a variable or else of a file, with spaces or line ends between them; none if neither is given.
///
/// # Errors
/// As [`secret`].
#[cfg(any(feature = "clerk", feature = "stripe"))]
pub(super) fn several(
    environment: Environment<'_>,
    variable: &str,
    key: &str,
    file: Option<PathBuf>,
    absolute: impl Fn(PathBuf) -> PathBuf,
) -> Result<Vec<SecretString>, ConfigProblem> {
    use secrecy::ExposeSecret;

    let all = secret(environment, variable, key, file, absolute)?;
    let each = |all: &SecretString| all.expose_secret().split_whitespace().map(Into::into).collect();
    Ok(all.as_ref().map(each).unwrap_or_default())
}
