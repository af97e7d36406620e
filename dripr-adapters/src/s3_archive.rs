//! An archive in a bucket of Amazon S3, or of anything that speaks its API: `PREFIX/AGENT/EMAIL.html`.
//!
//! An object is replaced as a whole: a reader sees the old one or the new one. S3 has read-after-write consistency, so
//! what was kept is there. Buckets should not be public: the HTML has names and addresses of homeowners.
//!
//! The key needs `s3:PutObject` and `s3:GetObject`, `s3:DeleteObject` to erase a person, and `s3:ListBucket` too: without it
//! AWS forbids what is absent, and an email that was never kept cannot be told from one that may not be read.
//!
//! What goes wrong is told by the [codes of S3's errors](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
//! Unverified: which of them services other than AWS use.
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

use std::{error::Error as StdError, fmt, time::Duration};

use async_trait::async_trait;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ids::{EmailId, UserId},
    ports::{Archive, Probe},
};
use object_store::{
    Attribute, Attributes, ClientOptions, Error, ObjectStore, ObjectStoreExt, PutOptions, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey},
    client::{HttpClient, HttpConnector, HttpError, HttpErrorKind},
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
    /// The same bucket, asked once and not again.
    once: AmazonS3,
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
        let unusable = |source: Box<dyn StdError + Send + Sync>| Error::Generic { store: "S3", source };
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
        builder =
            builder.with_bucket_name(&bucket).with_region(region).with_http_connector(Connecting(timeout));
        // Emails are removed one by one, which every service knows.
        builder = builder.with_config(AmazonS3ConfigKey::DisableBulkDelete, "true");
        if let Some(endpoint) = endpoint {
            // A service on the own machine or network often speaks http only.
            let http = endpoint.starts_with("http://");
            builder = builder
                .with_endpoint(endpoint)
                .with_virtual_hosted_style_request(false)
                .with_allow_http(http);
        }
        Self::of(builder, timeout, Path::from(prefix))
    }

    fn of(builder: AmazonS3Builder, timeout: Duration, prefix: Path) -> PortResult<Self> {
        let trying_again = |builder: AmazonS3Builder, max_retries| {
            let retry = RetryConfig { max_retries, retry_timeout: timeout, ..RetryConfig::default() };
            builder
                .with_retry(retry)
                .build()
                .map_err(|error| PortError::new(Fault::Misconfigured, UNUSABLE).caused_by(error))
        };
        // The engine tries again by itself; a hiccup is not worth that.
        let bucket = trying_again(builder.clone(), 2)?;
        let once = trying_again(builder.with_credentials(bucket.credentials().clone()), 0)?;
        Ok(Self { bucket, once, prefix })
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
        kept.map(drop).map_err(|error| failed("kept", email, &error))
    }

    /// In a bucket that keeps versions the older ones stay.
    async fn forget(&self, user: &UserId, email: &EmailId) -> PortResult<()> {
        match self.bucket.delete(&self.path(user, email)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed("removed", email, &error)),
        }
    }

    async fn html(&self, user: &UserId, email: &EmailId) -> PortResult<Option<String>> {
        let found = match self.bucket.get(&self.path(user, email)).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(|error| failed("read", email, &error))?,
        };
        if found.meta.size > MOST_BYTES {
            let message =
                format!("the HTML of email {email} in the archive has more than {MOST_BYTES} bytes");
            return Err(PortError::new(Fault::Corrupt, message));
        }
        let bytes = found.bytes().await.map_err(|error| failed("read", email, &error))?;
        String::from_utf8(bytes.into()).map(Some).map_err(|error| {
            let message = format!("the HTML of email {email} in the archive is no text");
            PortError::new(Fault::Corrupt, message).caused_by(error)
        })
    }
}

#[async_trait]
impl Probe for S3Archive {
    /// Asks for an object that is not there, as one asks for an email that was never kept.
    async fn probe(&self) -> PortResult<()> {
        self.once.credentials().get_credential().await.map_err(|_| {
            let why =
                "no key is configured, and there is none in the environment, the container or the instance";
            PortError::new(Fault::Misconfigured, format!("{UNUSABLE}: {why}"))
        })?;
        // No agent's folder begins with a dot.
        match self.once.get(&self.prefix.clone().join(".probe")).await {
            Ok(_) => Ok(()),
            Err(error) if code(&told(&error)) == Some("NoSuchKey") => Ok(()),
            Err(error) => {
                let (fault, why) = sorted(&error);
                Err(PortError::new(fault, format!("{UNUSABLE}: {why}")))
            }
        }
    }
}

const UNUSABLE: &str = "the S3 archive cannot be used";

fn failed(what: &str, email: &EmailId, error: &Error) -> PortError {
    let (fault, why) = sorted(error);
    PortError::new(fault, format!("the HTML of email {email} cannot be {what} in S3: {why}"))
}

/// Whose fault it is. What the service says may hold the whole request, so it is not repeated.
fn sorted(error: &Error) -> (Fault, &'static str) {
    let told = told(error);
    match (code(&told), error) {
        (Some("NoSuchBucket"), _) => (Fault::Misconfigured, "there is no such bucket"),
        (Some("InvalidAccessKeyId"), _) => (Fault::Misconfigured, "the service does not know the key"),
        (Some("SignatureDoesNotMatch"), _) => (Fault::Misconfigured, "the secret is not that of the key"),
        (Some("ExpiredToken" | "InvalidToken"), _) => {
            (Fault::Misconfigured, "the session that the key belongs to has ended")
        }
        (Some("RequestTimeTooSkewed"), _) => (Fault::Misconfigured, "the clock of this machine is wrong"),
        (Some("AuthorizationHeaderMalformed" | "PermanentRedirect"), _) => {
            (Fault::Misconfigured, "the bucket is in another region")
        }
        // What object_store makes of a redirect to nowhere, which is how AWS sends one to another region.
        (None, _) if told.contains("incorrectly configured region") => {
            (Fault::Misconfigured, "the bucket is in another region")
        }
        (Some("SlowDown"), _) => (Fault::Throttled, "the service asks for a pause"),
        (_, Error::NotFound { .. }) => {
            (Fault::Misconfigured, "there is no such bucket, or what answers is not S3")
        }
        (_, Error::PermissionDenied { .. }) => {
            (Fault::Misconfigured, "the key is refused, or may not read, write and list the bucket")
        }
        (_, Error::Unauthenticated { .. }) => (Fault::Misconfigured, "the key is refused"),
        (_, Error::UnknownConfigurationKey { .. }) => (Fault::Misconfigured, "the service failed"),
        (_, Error::InvalidPath { .. } | Error::NotSupported { .. } | Error::NotImplemented { .. }) => {
            (Fault::Invalid, "the service failed")
        }
        _ => match connection(error) {
            Some(HttpErrorKind::Connect) => (Fault::Unavailable, "the service cannot be reached"),
            Some(HttpErrorKind::Timeout) => (Fault::Unavailable, "the service did not answer in time"),
            _ => (Fault::Unavailable, "the service failed"),
        },
    }
}

/// All that is known of an error, the answer of the service among it.
fn told(error: &Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

/// The code by which S3 says what is wrong.
fn code(told: &str) -> Option<&str> {
    let (_, answer) = told.split_once("<Code>")?;
    answer.split_once("</Code>").map(|(code, _)| code)
}

/// How the connection failed, if it did.
fn connection(error: &Error) -> Option<HttpErrorKind> {
    let mut cause = error.source();
    while let Some(here) = cause {
        if let Some(failure) = here.downcast_ref::<HttpError>() {
            return Some(failure.kind());
        }
        cause = here.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_machine_without_a_key_is_told_from_a_service_that_fails() {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let nowhere = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let timeout = Duration::from_secs(10);
        let builder = AmazonS3Builder::new()
            .with_bucket_name("reports")
            .with_region("us-east-1")
            .with_metadata_endpoint(&nowhere)
            .with_endpoint(&nowhere)
            .with_allow_http(true)
            .with_http_connector(Connecting(timeout));
        let error = S3Archive::of(builder, timeout, Path::default()).unwrap().probe().await.unwrap_err();
        assert_eq!(error.fault(), Fault::Misconfigured);
        assert!(
            error.to_string().starts_with("the S3 archive cannot be used: no key is configured"),
            "{error}"
        );
    }
}
