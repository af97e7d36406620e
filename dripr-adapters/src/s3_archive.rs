//! An archive in a bucket of Amazon S3, or of anything that speaks its API: `PREFIX/AGENT/EMAIL.html`.
//!
//! An object is replaced as a whole: a reader sees the old one or the new one. S3 has read-after-write consistency, so
//! what was kept is there. Buckets should not be public: the HTML has names and addresses of homeowners.
//!
//! ```
//! use dripr_adapters::s3_archive::{S3Archive, S3Keys, S3Options};
//!
//! let mut options = S3Options::new("reports", "us-east-1");
//! options.keys = Some(S3Keys { access_key_id: "minio".into(), secret_access_key: "a secret".into() });
//! options.endpoint = Some("https://minio.brokerage.example".into());
//! let archive = S3Archive::new(options)?;
//! # Ok::<(), dripr_core::errors::PortError>(())
//! ```

use std::{fmt, time::Duration};

use async_trait::async_trait;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ids::{EmailId, UserId},
    ports::Archive,
};
use object_store::{
    Attribute, Attributes, ClientOptions, Error, ObjectStore, ObjectStoreExt, PutOptions, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    client::{HttpClient, HttpConnector},
    path::Path,
};
use secrecy::{ExposeSecret, SecretString};

use crate::{file_name, http::tls};

/// More than any report has.
const MOST_BYTES: u64 = 32 << 20;

/// Which bucket, where, and by whose account.
#[derive(Debug, Clone)]
pub struct S3Options {
    /// The bucket.
    pub bucket: String,
    /// Its region; whatever a service other than AWS wants to be told.
    pub region: String,
    /// What all names in the bucket begin with, if anything.
    pub prefix: String,
    /// Where the service is, if not where AWS has it. The bucket is the first part of the path there.
    pub endpoint: Option<String>,
    /// Keys, if not those of the environment (`AWS_ACCESS_KEY_ID` and so on), the container or the instance.
    pub keys: Option<S3Keys>,
    /// How long a request may take.
    pub timeout: Duration,
}

/// An access key.
#[derive(Debug, Clone)]
pub struct S3Keys {
    /// The key's id.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: SecretString,
}

impl S3Options {
    /// A bucket of a region of AWS.
    #[must_use]
    pub fn new(bucket: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            region: region.into(),
            prefix: String::new(),
            endpoint: None,
            keys: None,
            timeout: Duration::from_secs(10),
        }
    }
}

/// Keeps the HTML of emails in a bucket.
pub struct S3Archive {
    bucket: AmazonS3,
    prefix: Path,
}

impl fmt::Debug for S3Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Archive").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// Connections as all adapters make them.
#[derive(Debug)]
struct Connecting(Duration);

impl HttpConnector for Connecting {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let unusable =
            |source: Box<dyn std::error::Error + Send + Sync>| Error::Generic { store: "S3", source };
        let tls = tls().map_err(|error| unusable(error.into()))?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(self.0)
            .build();
        Ok(HttpClient::new(client.map_err(|error| unusable(error.into()))?))
    }
}

impl S3Archive {
    /// The archive of some options. Nothing is asked of the service yet.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] if the options cannot be used.
    pub fn new(options: S3Options) -> PortResult<Self> {
        let S3Options { bucket, region, prefix, endpoint, keys, timeout } = options;
        let mut builder = match &keys {
            Some(S3Keys { access_key_id, secret_access_key }) => AmazonS3Builder::new()
                .with_access_key_id(access_key_id)
                .with_secret_access_key(secret_access_key.expose_secret()),
            None => AmazonS3Builder::from_env(),
        };
        // The engine tries again by itself; a hiccup is not worth that.
        let retry = RetryConfig { max_retries: 2, retry_timeout: timeout, ..RetryConfig::default() };
        builder = builder
            .with_bucket_name(&bucket)
            .with_region(region)
            .with_retry(retry)
            .with_http_connector(Connecting(timeout));
        if let Some(endpoint) = endpoint {
            // A service on the own machine or network often speaks http only.
            let http = endpoint.starts_with("http://");
            builder = builder
                .with_endpoint(endpoint)
                .with_virtual_hosted_style_request(false)
                .with_allow_http(http);
        }
        let bucket = builder.build().map_err(|error| {
            PortError::new(Fault::Misconfigured, "the S3 archive cannot be used").caused_by(error)
        })?;
        Ok(Self { bucket, prefix: Path::from(prefix) })
    }

    fn path(&self, user: &UserId, email: &EmailId) -> Path {
        let user = file_name::of(user.as_str());
        self.prefix.clone().join(user).join(format!("{}.html", file_name::of(email.as_str())))
    }
}

#[async_trait]
impl Archive for S3Archive {
    async fn keep(&self, user: &UserId, email: &EmailId, html: &str) -> PortResult<()> {
        let attributes = Attributes::from_iter([
            (Attribute::ContentType, "text/html; charset=utf-8"),
            (Attribute::CacheControl, "private"),
        ]);
        let options = PutOptions { attributes, ..PutOptions::default() };
        let kept = self.bucket.put_opts(&self.path(user, email), html.to_owned().into(), options).await;
        kept.map(drop).map_err(|error| failed("kept", email, error))
    }

    async fn html(&self, user: &UserId, email: &EmailId) -> PortResult<Option<String>> {
        let found = match self.bucket.get(&self.path(user, email)).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(|error| failed("read", email, error))?,
        };
        if found.meta.size > MOST_BYTES {
            let message =
                format!("the HTML of email {email} in the archive has more than {MOST_BYTES} bytes");
            return Err(PortError::new(Fault::Corrupt, message));
        }
        let bytes = found.bytes().await.map_err(|error| failed("read", email, error))?;
        String::from_utf8(bytes.into()).map(Some).map_err(|error| {
            let message = format!("the HTML of email {email} in the archive is no text");
            PortError::new(Fault::Corrupt, message).caused_by(error)
        })
    }
}

fn failed(what: &str, email: &EmailId, error: Error) -> PortError {
    let fault = match &error {
        // A bucket that is not there is a name that people must mend.
        Error::NotFound { .. }
        | Error::PermissionDenied { .. }
        | Error::Unauthenticated { .. }
        | Error::UnknownConfigurationKey { .. } => Fault::Misconfigured,
        Error::InvalidPath { .. } | Error::NotSupported { .. } | Error::NotImplemented { .. } => {
            Fault::Invalid
        }
        _ => Fault::Unavailable,
    };
    // What the service says may hold the whole request; its kind is enough to mend it.
    let why = match &error {
        Error::NotFound { .. } => "there is no such bucket",
        Error::PermissionDenied { .. } => "the key may not do that",
        Error::Unauthenticated { .. } => "the key is refused",
        _ => "the service failed",
    };
    PortError::new(fault, format!("the HTML of email {email} cannot be {what} in S3: {why}"))
}
