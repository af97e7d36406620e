use std::{fmt, time::Duration};

use aws_config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_sqs::config::Credentials;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use secrecy::ExposeSecret;

use super::{AwsCredentials, AwsOptions, limited::LimitedAnswers};

/// Both services, with their connections. Cheap to clone.
///
/// The SDK is told not to try again by itself: it would wait while it holds messages. Who calls tries again.
#[derive(Clone)]
pub struct Aws {
    pub(super) sqs: aws_sdk_sqs::Client,
    pub(super) sns: aws_sdk_sns::Client,
    timeout: Duration,
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl Aws {
    /// The services of some options. Nothing is asked of them, and credentials are looked for when they are first needed.
    pub async fn new(options: AwsOptions) -> Self {
        let AwsOptions { region, credentials, endpoint, timeout } = options;
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region))
            .http_client(http)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts(timeout));
        if let Some(endpoint) = endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(AwsCredentials { access_key_id, secret_access_key, session_token }) = credentials {
            loader = loader.credentials_provider(Credentials::new(
                access_key_id,
                secret_access_key.expose_secret(),
                session_token.map(|token| token.expose_secret().to_owned()),
                None,
                "dripr's configuration",
            ));
        }
        let shared = loader.load().await;
        let sqs = aws_sdk_sqs::config::Builder::from(&shared).interceptor(LimitedAnswers).build();
        let sns = aws_sdk_sns::config::Builder::from(&shared).interceptor(LimitedAnswers).build();
        Self { sqs: aws_sdk_sqs::Client::from_conf(sqs), sns: aws_sdk_sns::Client::from_conf(sns), timeout }
    }

    /// What one call is configured with that the service answers only after a while.
    pub(super) fn waiting(&self, wait: Duration) -> aws_sdk_sqs::config::Builder {
        aws_sdk_sqs::config::Builder::new().timeout_config(timeouts(self.timeout + wait))
    }
}

fn timeouts(timeout: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().operation_timeout(timeout).build()
}
