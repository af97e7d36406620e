//! `[archive]`: where the HTML of every email is kept for people to look at.

use std::path::PathBuf;

use serde::Deserialize;

use super::{ConfigProblem, Environment};

/// The secret access key of the bucket, so that it need not stand in a file. Its id is in `archive.access_key_id`.
pub const SECRET_ACCESS_KEY_VARIABLE: &str = "DRIPR_ARCHIVE_SECRET_ACCESS_KEY";

/// Where the HTML of every email is kept.
#[derive(Debug, Clone)]
pub enum Archive {
    /// In a folder; it is made if it is not there.
    Folder(PathBuf),
    /// In a bucket.
    #[cfg(feature = "s3-archive")]
    S3(dripr_adapters::s3_archive::S3Options),
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    #[default]
    Folder,
    S3,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    by: By,
    dir: Option<PathBuf>,
    bucket: Option<String>,
    region: Option<String>,
    prefix: Option<String>,
    endpoint: Option<String>,
    access_key_id: Option<String>,
    secret_access_key_file: Option<PathBuf>,
}

impl Written {
    pub(super) fn check(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Archive, ConfigProblem> {
        match self.by {
            By::Folder => self.folder(absolute),
            By::S3 => self.s3(environment, absolute),
        }
    }

    fn folder(self, absolute: impl Fn(PathBuf) -> PathBuf) -> Result<Archive, ConfigProblem> {
        let named = [
            ("bucket", self.bucket.is_some()),
            ("region", self.region.is_some()),
            ("prefix", self.prefix.is_some()),
            ("endpoint", self.endpoint.is_some()),
            ("access_key_id", self.access_key_id.is_some()),
            ("secret_access_key_file", self.secret_access_key_file.is_some()),
        ];
        if let Some((key, _)) = named.into_iter().find(|(_, named)| *named) {
            let reason = "is for by = \"s3\" only, and `by` is \"folder\"";
            return Err(ConfigProblem::key(&format!("archive.{key}"), reason));
        }
        Ok(Archive::Folder(absolute(self.dir.unwrap_or_else(|| "archive".into()))))
    }

    #[cfg(not(feature = "s3-archive"))]
    fn s3(
        self,
        _environment: Environment<'_>,
        _absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Archive, ConfigProblem> {
        let reason =
            "this dripr was built without S3; build it with `cargo build --release --features s3-archive`";
        Err(ConfigProblem::key("archive.by", reason))
    }

    #[cfg(feature = "s3-archive")]
    fn s3(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Archive, ConfigProblem> {
        use dripr_adapters::s3_archive::{S3Archive, S3Keys, S3Options};

        let missing = |key: &str, reason: &str| {
            Err(ConfigProblem::key(&format!("archive.{key}"), format!("missing: {reason}")))
        };
        if self.dir.is_some() {
            return Err(ConfigProblem::key("archive.dir", "is for by = \"folder\" only, and `by` is \"s3\""));
        }
        let Some(bucket) = self.bucket else { return missing("bucket", "give the name of the bucket") };
        let Some(region) = self.region else {
            return missing("region", "give the bucket's region, such as us-east-1");
        };
        let file = self.secret_access_key_file;
        let key = "archive.secret_access_key_file";
        let secret = super::secret::secret(environment, SECRET_ACCESS_KEY_VARIABLE, key, file, absolute)?;
        let mut options = S3Options::new(bucket, region);
        options.prefix = self.prefix.unwrap_or_default();
        options.endpoint = self.endpoint;
        options.keys = match (self.access_key_id, secret) {
            (Some(access_key_id), Some(secret_access_key)) => {
                Some(S3Keys { access_key_id, secret_access_key })
            }
            (None, None) => None,
            (Some(_), None) => {
                let reason = format!("give the file of the key's secret, or {SECRET_ACCESS_KEY_VARIABLE}");
                return missing("secret_access_key_file", &reason);
            }
            (None, Some(_)) => {
                return missing("access_key_id", "give the id of the key that the secret is for");
            }
        };
        S3Archive::new(options.clone()).map_err(|error| ConfigProblem::key("archive.bucket", error))?;
        Ok(Archive::S3(options))
    }
}
