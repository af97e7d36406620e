//! A secret: from an environment variable, or from a file of its own. It never stands in the configuration itself.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::{ConfigProblem, Environment};

/// The secret of a variable or else of a file, whose last line end is left out; none if neither is given.
///
/// # Errors
/// [`ConfigProblem`], naming the key, if the file cannot be read.
pub(super) fn secret(
    environment: Environment<'_>,
    variable: &str,
    key: &str,
    file: Option<PathBuf>,
    absolute: impl Fn(PathBuf) -> PathBuf,
) -> Result<Option<SecretString>, ConfigProblem> {
    if let Some(secret) = environment(variable) {
        return Ok(Some(secret.into()));
    }
    let Some(path) = file.map(absolute) else { return Ok(None) };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| ConfigProblem::key(key, format!("cannot read {}: {error}", path.display())))?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).into()))
}

/// The same, where there is nothing without it.
///
/// # Errors
/// [`ConfigProblem`], naming the key, if the file cannot be read, or neither it nor the variable is given or holds
/// anything.
pub(super) fn required(
    environment: Environment<'_>,
    variable: &str,
    key: &str,
    file: Option<PathBuf>,
    absolute: impl Fn(PathBuf) -> PathBuf,
) -> Result<SecretString, ConfigProblem> {
    let found = secret(environment, variable, key, file, absolute)?;
    found.filter(|secret| !secret.expose_secret().trim().is_empty()).ok_or_else(|| {
        let reason = format!("missing: give the file that holds it, or the environment variable {variable}");
        ConfigProblem::key(key, reason)
    })
}
