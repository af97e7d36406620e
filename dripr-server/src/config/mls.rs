//! `[mls]`: a brokerage's own MLS, over the RESO Web API.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;
use serde::Deserialize;

use super::{ConfigProblem, Environment, pace::Pace, secret, url};

/// A token that the MLS gave for good, so that it need not stand in a file.
pub const TOKEN_VARIABLE: &str = "DRIPR_MLS_TOKEN";
/// The secret of OAuth2 client credentials, so that it need not stand in a file.
pub const CLIENT_SECRET_VARIABLE: &str = "DRIPR_MLS_CLIENT_SECRET";

/// How an MLS is asked.
#[derive(Debug, Clone)]
pub struct Mls {
    /// The root of its service, the folder of the resource `Property`.
    pub url: String,
    /// How reports name it.
    pub source: String,
    /// How it lets us in.
    pub access: Access,
    /// The namespace of its enumerations, where it has any.
    pub enumerations: Option<String>,
    /// Fields that it does not have.
    pub lacks: Vec<String>,
    /// How often it is asked.
    pub pace: Pace,
}

/// How an MLS lets us in.
#[derive(Debug, Clone)]
pub enum Access {
    /// With a token that it gave for good.
    Token(SecretString),
    /// With OAuth2 client credentials.
    ClientCredentials {
        /// Where tokens are given.
        token_url: String,
        /// Who asks.
        client_id: String,
        /// What only that one knows.
        client_secret: SecretString,
        /// What for, where the MLS wants that said.
        scope: Option<String>,
    },
}

/// Nobody's rule: most MLSs allow more.
const PACE: Pace = Pace::new(1, Duration::from_secs(1));

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    url: Option<String>,
    source: Option<String>,
    token_file: Option<PathBuf>,
    token_url: Option<String>,
    client_id: Option<String>,
    client_secret_file: Option<PathBuf>,
    scope: Option<String>,
    enumerations: Option<String>,
    lacks: Vec<String>,
    pace: Option<Pace>,
}

impl Written {
    /// The MLS, if it is asked for anything.
    pub(super) fn check(
        self,
        is_asked: bool,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Option<Mls>, ConfigProblem> {
        if !is_asked {
            let named = [
                ("url", self.url.is_some()),
                ("source", self.source.is_some()),
                ("token_file", self.token_file.is_some()),
                ("token_url", self.token_url.is_some()),
                ("client_id", self.client_id.is_some()),
                ("client_secret_file", self.client_secret_file.is_some()),
                ("scope", self.scope.is_some()),
                ("enumerations", self.enumerations.is_some()),
                ("lacks", !self.lacks.is_empty()),
                ("pace", self.pace.is_some()),
            ];
            return super::unheeded("mls", named).map(|()| None);
        }
        let missing =
            |key: &str, reason: &str| ConfigProblem::key(&format!("mls.{key}"), format!("missing: {reason}"));
        let url = url::checked("mls.url", self.url)?.ok_or_else(|| {
            missing("url", "give the root of its service, such as https://mls.example.org/reso/odata")
        })?;
        let source = self.source.filter(|source| !source.trim().is_empty());
        let source = source.ok_or_else(|| missing("source", "give its name, as its rules want to see it"))?;
        let access = match self.client_id {
            None => {
                let for_clients = [
                    ("token_url", self.token_url.is_some()),
                    ("client_secret_file", self.client_secret_file.is_some()),
                    ("scope", self.scope.is_some()),
                ];
                if let Some((key, _)) = for_clients.into_iter().find(|(_, named)| *named) {
                    let reason = "is for OAuth2 client credentials, and there is no mls.client_id";
                    return Err(ConfigProblem::key(&format!("mls.{key}"), reason));
                }
                let (variable, key) = (TOKEN_VARIABLE, "mls.token_file");
                Access::Token(secret::required(environment, variable, key, self.token_file, absolute)?)
            }
            Some(_) if self.token_file.is_some() => {
                let reason = "is not needed with mls.client_id: give one or the other";
                return Err(ConfigProblem::key("mls.token_file", reason));
            }
            Some(client_id) => Access::ClientCredentials {
                token_url: url::checked("mls.token_url", self.token_url)?
                    .ok_or_else(|| missing("token_url", "give the address where tokens are given"))?,
                client_id,
                client_secret: secret::required(
                    environment,
                    CLIENT_SECRET_VARIABLE,
                    "mls.client_secret_file",
                    self.client_secret_file,
                    absolute,
                )?,
                scope: self.scope,
            },
        };
        let (enumerations, lacks) = (self.enumerations, self.lacks);
        Ok(Some(Mls { url, source, access, enumerations, lacks, pace: self.pace.unwrap_or(PACE) }))
    }
}
