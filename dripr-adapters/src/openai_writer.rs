//! A model behind an OpenAI-compatible endpoint (`POST /chat/completions`), such as a brokerage's own.
//!
//! What is asked is the part of the API that vLLM, llama.cpp, Ollama, LiteLLM and the hosted services have in common:
//! `model`, `messages`, `max_tokens` and `temperature`; of the answer `choices[0].message.content`, `finish_reason` and
//! `usage` are read. Newer hosted models want `max_completion_tokens` instead: choose with
//! [`OpenAiOptions::completion_tokens`].
//!
//! OpenAI's own service says HTTP 429 with the code `insufficient_quota` where the quota is used up and waiting does not
//! help: [`Fault::Misconfigured`].
//!
//! ```
//! use std::sync::Arc;
//! use dripr_adapters::{model_writer::ModelWriter, openai_writer::{OpenAiModel, OpenAiOptions}};
//!
//! let options = OpenAiOptions::new("https://models.brokerage.example/v1", "our-model");
//! let writer = ModelWriter::new(Arc::new(OpenAiModel::new(options)?), None);
//! # Ok::<(), dripr_adapters::http::UnusableApi>(())
//! ```

use std::time::Duration;

use async_trait::async_trait;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, Probe},
};
use reqwest::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use crate::{
    http::{Answer, HttpApi, HttpOptions, Refusal, UnusableApi, json},
    model_writer::{Completion, LanguageModel, Prompt},
};

const PROVIDER: &str = "the model's endpoint";

/// Where a model is and how it is asked.
#[derive(Debug, Clone)]
pub struct OpenAiOptions {
    /// The address that `/chat/completions` follows.
    pub base_url: String,
    /// The key, if the endpoint wants one.
    pub key: Option<SecretString>,
    /// The model's name.
    pub model: String,
    /// How freely it writes, 0 to 2; not told if nothing is given.
    pub temperature: Option<f32>,
    /// Says `max_completion_tokens` instead of `max_tokens`.
    pub completion_tokens: bool,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl OpenAiOptions {
    /// A model of an endpoint, asked without a key.
    #[must_use]
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            key: None,
            model: model.into(),
            temperature: Some(0.4),
            completion_tokens: false,
            timeout: Duration::from_secs(50),
        }
    }
}

/// A model behind an OpenAI-compatible endpoint.
#[derive(Debug)]
pub struct OpenAiModel {
    api: HttpApi,
    model: String,
    temperature: Option<f32>,
    most_tokens: &'static str,
}

impl OpenAiModel {
    /// The model of some options.
    ///
    /// # Errors
    /// [`UnusableApi`] if the address or the key cannot be used.
    pub fn new(options: OpenAiOptions) -> Result<Self, UnusableApi> {
        let OpenAiOptions { base_url, key, model, temperature, completion_tokens, timeout } = options;
        let http = HttpOptions { timeout, most_bytes: 1 << 20, ..HttpOptions::default() };
        let api = HttpApi::new(PROVIDER, &base_url, &http)?;
        let api = match &key {
            Some(key) => api.keyed("authorization", "Bearer ", key)?,
            None => api,
        };
        let most_tokens = if completion_tokens { "max_completion_tokens" } else { "max_tokens" };
        Ok(Self { api, model, temperature, most_tokens })
    }

    /// What the model chose to write, perhaps cut off, and the tokens it took.
    async fn choice(&self, prompt: &Prompt, allowance: &Allowance) -> PortResult<(Choice, Tokens)> {
        let mut body = json!({
            "model": self.model,
            "messages": [
                { "role": "system", "content": prompt.system },
                { "role": "user", "content": prompt.user },
            ],
            self.most_tokens: prompt.most_tokens,
        });
        if let Some(temperature) = self.temperature {
            body["temperature"] = json!(temperature);
        }
        let answer = self.api.post("chat/completions", &body, allowance).await?;
        if !answer.status.is_success() {
            return Err(self.refusal(&answer));
        }
        let Response { choices, usage } = answer.json(&self.api)?;
        let Some(choice) = choices.into_iter().next() else { return Err(garbled("gave no text")) };
        if choice.message.refusal.is_some() || choice.finish_reason.as_deref() == Some("content_filter") {
            let message = format!("{PROVIDER} will not write this text");
            return Err(PortError::new(Fault::Invalid, message));
        }
        Ok((choice, usage))
    }

    fn refusal(&self, answer: &Answer) -> PortError {
        let Complaint { error } = answer.parsed(&self.api).unwrap_or_default();
        let is_quota = |code: &Option<String>| code.as_deref() == Some("insufficient_quota");
        let sent = [self.most_tokens, "temperature", "model"];
        let refused = error.param.as_deref().and_then(|param| sent.into_iter().find(|sent| *sent == param));
        let (fault, what) = match (answer.status, refused) {
            (StatusCode::TOO_MANY_REQUESTS, _) if is_quota(&error.code) || is_quota(&error.kind) => {
                (Fault::Misconfigured, "has no quota left for this key".to_owned())
            }
            (StatusCode::NOT_FOUND, _) => {
                (Fault::NotFound, "has no such model, or nothing at the address that was asked".to_owned())
            }
            (StatusCode::BAD_REQUEST, Some(refused)) => {
                (Fault::Invalid, format!("does not take the `{refused}` that it is given"))
            }
            _ => return Refusal::of(answer).sorted(&self.api),
        };
        let message = format!("{PROVIDER} {what} (HTTP {})", answer.status.as_u16());
        Refusal::of(answer).as_error(fault, message)
    }
}

fn garbled(what: &str) -> PortError {
    PortError::new(Fault::Garbled, format!("{PROVIDER} {what}"))
}

#[derive(Deserialize)]
struct Response {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Tokens,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    #[serde(default, deserialize_with = "json::text")]
    finish_reason: Option<String>,
}

impl Choice {
    fn is_cut_off(&self) -> bool {
        self.finish_reason.as_deref() == Some("length")
    }

    fn text(self) -> PortResult<String> {
        self.message.content.ok_or_else(|| garbled("gave an empty text"))
    }
}

#[derive(Deserialize)]
struct Message {
    #[serde(default, deserialize_with = "json::text")]
    content: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    refusal: Option<String>,
}

#[derive(Deserialize, Default)]
struct Tokens {
    #[serde(default, deserialize_with = "json::amount")]
    prompt_tokens: Option<u64>,
    #[serde(default, deserialize_with = "json::amount")]
    completion_tokens: Option<u64>,
}

#[async_trait]
impl LanguageModel for OpenAiModel {
    fn name(&self) -> &str {
        &self.model
    }

    async fn complete(&self, prompt: &Prompt, allowance: &Allowance) -> PortResult<Completion> {
        let (choice, usage) = self.choice(prompt, allowance).await?;
        if choice.is_cut_off() {
            return Err(garbled("cut its text off"));
        }
        Ok(Completion {
            text: choice.text()?,
            input_tokens: usage.prompt_tokens.unwrap_or_default(),
            output_tokens: usage.completion_tokens.unwrap_or_default(),
        })
    }
}

#[async_trait]
impl Probe for OpenAiModel {
    /// Has the model write a few tokens.
    async fn probe(&self) -> PortResult<()> {
        let (choice, _) = self.choice(&Prompt::probe(), &Allowance::unlimited()).await?;
        // A model that thinks first may not have come to its first word.
        if choice.is_cut_off() { Ok(()) } else { choice.text().map(drop) }
    }
}

/// A refusal, as far as the endpoint explains it.
#[derive(Deserialize, Default)]
struct Complaint {
    #[serde(default)]
    error: Problem,
}

#[derive(Deserialize, Default)]
struct Problem {
    #[serde(default, deserialize_with = "json::text")]
    code: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "json::text")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    param: Option<String>,
}
