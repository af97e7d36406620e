//! Models of Amazon Bedrock, by its Converse API, through the AWS SDK: Claude and whatever else speaks it.
//!
//! The SDK signs requests and finds credentials as it does everywhere (environment, profile, container, instance). It is
//! told not to try again by itself: each call costs money and is counted before it is made, and the engine tries again.
//! Bedrock does not say how long to wait after a `ThrottlingException`; a layer around the writer keeps to the account's
//! quota (`Service Quotas`; the old deployment kept 8 requests a minute).
//!
//! Newer Claude models can be called through an inference profile only (`us.anthropic.claude-…`; unverified); both ids
//! and ARNs are taken as they are.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use dripr_adapters::{bedrock::{BedrockModel, BedrockOptions}, model_writer::{ModelWriter, Prices}};
//!
//! let options = BedrockOptions::new("us-east-1", "us.anthropic.claude-example-v1:0");
//! let prices = Prices { input: 3.0, output: 15.0 };
//! let writer = ModelWriter::new(Arc::new(BedrockModel::new(options).await), Some(prices));
//! # Ok(())
//! # }
//! ```

mod limited;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_bedrockruntime::{
    Client,
    config::Credentials,
    error::{ProvideErrorMetadata, SdkError},
    operation::converse::{ConverseError, ConverseOutput},
    types::{
        ContentBlock, ConversationRole, InferenceConfiguration, Message, StopReason, SystemContentBlock,
    },
};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, Probe},
};
use secrecy::{ExposeSecret, SecretString};

use crate::model_writer::{Completion, LanguageModel, Prompt};

/// Which model, where, and by whose account.
#[derive(Debug, Clone)]
pub struct BedrockOptions {
    /// The AWS region.
    pub region: String,
    /// A model id, an inference profile's id, or the ARN of either.
    pub model: String,
    /// Credentials, if not those that the SDK finds.
    pub credentials: Option<BedrockCredentials>,
    /// Where the service is, if not where AWS has it.
    pub endpoint: Option<String>,
    /// How freely it writes, 0 to 1; not told if nothing is given.
    pub temperature: Option<f32>,
    /// How long an answer may take.
    pub timeout: Duration,
}

/// An access key of an account.
#[derive(Debug, Clone)]
pub struct BedrockCredentials {
    /// The key's id.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: SecretString,
    /// The token of a session, if the key belongs to one.
    pub session_token: Option<SecretString>,
}

impl BedrockOptions {
    /// A model of a region, with the credentials that the SDK finds.
    #[must_use]
    pub fn new(region: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            region: region.into(),
            model: model.into(),
            credentials: None,
            endpoint: None,
            temperature: Some(0.4),
            timeout: Duration::from_secs(50),
        }
    }
}

/// A model of Amazon Bedrock.
pub struct BedrockModel {
    client: Client,
    model: String,
    temperature: Option<f32>,
}

impl fmt::Debug for BedrockModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BedrockModel").field("model", &self.model).finish_non_exhaustive()
    }
}

impl BedrockModel {
    /// The model of some options. Credentials are looked for when they are first needed.
    pub async fn new(options: BedrockOptions) -> Self {
        let BedrockOptions { region, model, credentials, endpoint, temperature, timeout } = options;
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region))
            .http_client(http)
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_timeout(timeout).build());
        if let Some(endpoint) = endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(BedrockCredentials { access_key_id, secret_access_key, session_token }) = credentials {
            loader = loader.credentials_provider(Credentials::new(
                access_key_id,
                secret_access_key.expose_secret(),
                session_token.map(|token| token.expose_secret().to_owned()),
                None,
                "dripr's configuration",
            ));
        }
        let config = aws_sdk_bedrockruntime::config::Builder::from(&loader.load().await)
            .interceptor(limited::LimitedAnswers)
            .build();
        Self { client: Client::from_conf(config), model, temperature }
    }

    async fn converse(&self, prompt: &Prompt, allowance: &Allowance) -> PortResult<ConverseOutput> {
        let most_tokens = i32::try_from(prompt.most_tokens).unwrap_or(i32::MAX);
        let message = Message::builder()
            .role(ConversationRole::User)
            .content(ContentBlock::Text(prompt.user.clone()))
            .build()
            .map_err(|error| PortError::new(Fault::Invalid, "no prompt can be made").caused_by(error))?;
        let inference = InferenceConfiguration::builder()
            .max_tokens(most_tokens)
            .set_temperature(self.temperature)
            .build();
        allowance.take().await?;
        self.client
            .converse()
            .model_id(&self.model)
            .system(SystemContentBlock::Text(prompt.system.to_owned()))
            .messages(message)
            .inference_config(inference)
            .send()
            .await
            .map_err(|error| sorted(&error))
    }
}

#[async_trait]
impl LanguageModel for BedrockModel {
    fn name(&self) -> &str {
        &self.model
    }

    async fn complete(&self, prompt: &Prompt, allowance: &Allowance) -> PortResult<Completion> {
        completion(&self.converse(prompt, allowance).await?)
    }
}

#[async_trait]
impl Probe for BedrockModel {
    /// Has the model write a few tokens.
    async fn probe(&self) -> PortResult<()> {
        let answer = self.converse(&Prompt::probe(), &Allowance::unlimited()).await?;
        // A model that thinks first may not have come to its first word.
        if is_cut_off(&answer) { Ok(()) } else { completion(&answer).map(drop) }
    }
}

fn is_cut_off(answer: &ConverseOutput) -> bool {
    matches!(answer.stop_reason(), StopReason::MaxTokens | StopReason::ModelContextWindowExceeded)
}

fn completion(answer: &ConverseOutput) -> PortResult<Completion> {
    if is_cut_off(answer) {
        return Err(PortError::new(Fault::Garbled, "Bedrock cut its text off"));
    }
    // Unknown reasons may come: the guard looks at the text anyway.
    if matches!(answer.stop_reason(), StopReason::GuardrailIntervened | StopReason::ContentFiltered) {
        return Err(PortError::new(Fault::Invalid, "Bedrock will not write this text"));
    }
    let message = answer.output().and_then(|output| output.as_message().ok());
    // Reasoning, citations and what else there may be is not for the reader.
    let parts = message.map(Message::content).unwrap_or_default().iter();
    let text: String = parts.filter_map(|part| part.as_text().ok()).map(String::as_str).collect();
    if text.trim().is_empty() {
        return Err(PortError::new(Fault::Garbled, "Bedrock gave no text"));
    }
    let usage = answer.usage();
    let tokens = |count: Option<i32>| count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
    Ok(Completion {
        text,
        input_tokens: tokens(usage.map(|usage| usage.input_tokens())),
        output_tokens: tokens(usage.map(|usage| usage.output_tokens())),
    })
}

const PAUSE: &str = "asks for a pause: the account's quota of calls or tokens is used up for now";

/// Whose fault it is (botocore's model of the service, 2023-09-30).
fn sorted(error: &SdkError<ConverseError>) -> PortError {
    let (fault, what) = match error {
        SdkError::ServiceError(refused) => match refused.err() {
            ConverseError::ThrottlingException(_) => (Fault::Throttled, PAUSE),
            ConverseError::ModelNotReadyException(_) => (Fault::Unavailable, "is not ready yet"),
            ConverseError::ModelTimeoutException(_) => (Fault::Unavailable, "took too long"),
            ConverseError::InternalServerException(_) | ConverseError::ServiceUnavailableException(_) => {
                (Fault::Unavailable, "is down")
            }
            ConverseError::ModelErrorException(_) => (Fault::Garbled, "failed while it wrote"),
            ConverseError::AccessDeniedException(_) => {
                (Fault::Misconfigured, "does not allow this model with these credentials")
            }
            ConverseError::ResourceNotFoundException(_) => {
                (Fault::Misconfigured, "has no such model in this region")
            }
            ConverseError::ValidationException(_) => {
                (Fault::Invalid, "says that the question is wrong, or the id of the model")
            }
            other if other.code() == Some("ServiceQuotaExceededException") => {
                (Fault::Misconfigured, "has no quota left for this account")
            }
            _ => match refused.raw().status().as_u16() {
                429 => (Fault::Throttled, PAUSE),
                401 | 403 => (Fault::Misconfigured, "refuses the credentials"),
                500.. => (Fault::Unavailable, "is down"),
                200..=399 => (Fault::Garbled, "gave an answer that cannot be read"),
                _ => (Fault::Invalid, "refuses the question"),
            },
        },
        SdkError::ConstructionFailure(_) => {
            (Fault::Misconfigured, "cannot be asked: credentials are missing")
        }
        SdkError::TimeoutError(_) => (Fault::Unavailable, "did not answer in time"),
        SdkError::DispatchFailure(failure) if failure.is_other() => {
            (Fault::Misconfigured, "cannot be asked: credentials are missing")
        }
        SdkError::DispatchFailure(_) => (Fault::Unavailable, "cannot be reached"),
        SdkError::ResponseError(response) if response.raw().status().is_success() => {
            (Fault::Garbled, "gave an answer that cannot be read")
        }
        _ => (Fault::Unavailable, "broke off its answer"),
    };
    PortError::new(fault, format!("Bedrock {what}"))
}
