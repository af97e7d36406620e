//! `[writing]`: who writes the words of reports.

use std::{path::PathBuf, time::Duration};

use serde::Deserialize;

use super::{ConfigProblem, Environment, pace::Pace};

/// The key of a model's endpoint, so that it need not stand in a file.
pub const KEY_VARIABLE: &str = "DRIPR_WRITING_KEY";

/// Who writes the words. Whoever it is, they are composed without a model where the guard refuses what was written.
#[derive(Debug, Clone)]
pub enum Writing {
    /// Nobody: they are composed from the facts.
    Composed,
    /// A model of Amazon Bedrock.
    #[cfg(feature = "bedrock")]
    Bedrock(dripr_adapters::bedrock::BedrockOptions, Cost),
    /// A model behind an OpenAI-compatible endpoint.
    #[cfg(feature = "openai-writer")]
    OpenAi(dripr_adapters::openai_writer::OpenAiOptions, Cost),
}

/// What a model may cost, and does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// How often it is asked.
    pub pace: Pace,
    /// Dollars for a million tokens read and for a million written, if they are known.
    pub dollars: Option<(f64, f64)>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    #[default]
    Composed,
    Bedrock,
    OpenAi,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    by: By,
    model: Option<String>,
    region: Option<String>,
    base_url: Option<String>,
    key_file: Option<PathBuf>,
    temperature: Option<f32>,
    max_completion_tokens: Option<bool>,
    pace: Option<Pace>,
    dollars_per_million_input_tokens: Option<f64>,
    dollars_per_million_output_tokens: Option<f64>,
}

impl Written {
    pub(super) fn check(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
        writer_timeout: Duration,
    ) -> Result<Writing, ConfigProblem> {
        // Less than the engine waits, so that what went wrong is told by who knows it.
        let timeout = writer_timeout - writer_timeout / 10;
        match self.by {
            By::Composed => self.composed(),
            By::Bedrock => self.bedrock(timeout),
            By::OpenAi => self.openai(environment, absolute, timeout),
        }
    }

    /// A model that is named and not used would be thought to write.
    fn composed(self) -> Result<Writing, ConfigProblem> {
        let named = [
            ("model", self.model.is_some()),
            ("region", self.region.is_some()),
            ("base_url", self.base_url.is_some()),
            ("key_file", self.key_file.is_some()),
        ];
        match named.into_iter().find(|(_, named)| *named) {
            Some((key, _)) => {
                let reason = "is for a model only, and `by` is \"composed\"";
                Err(ConfigProblem::key(&format!("writing.{key}"), reason))
            }
            None => Ok(Writing::Composed),
        }
    }

    #[cfg(any(feature = "bedrock", feature = "openai-writer"))]
    fn model(&mut self) -> Result<(String, Cost), ConfigProblem> {
        /// As in older deployments.
        const PACE: Pace = Pace::new(8, Duration::from_secs(60));
        let Some(model) = self.model.take().filter(|model| !model.trim().is_empty()) else {
            return Err(ConfigProblem::key("writing.model", "missing: give the model's name"));
        };
        if let Some(temperature) = self.temperature
            && !(0.0..=2.0).contains(&temperature)
        {
            return Err(ConfigProblem::key(
                "writing.temperature",
                format!("{temperature} is not from 0 to 2"),
            ));
        }
        let input = ("dollars_per_million_input_tokens", self.dollars_per_million_input_tokens);
        let output = ("dollars_per_million_output_tokens", self.dollars_per_million_output_tokens);
        for (key, dollars) in [input, output] {
            if dollars.is_some_and(|dollars| !(0.0..=100_000.0).contains(&dollars)) {
                return Err(ConfigProblem::key(&format!("writing.{key}"), "is not from 0 to 100,000"));
            }
        }
        let dollars = match (input.1, output.1) {
            (Some(input), Some(output)) => Some((input, output)),
            (None, None) => None,
            (None, _) => {
                return Err(ConfigProblem::key("writing.dollars_per_million_input_tokens", "missing"));
            }
            (_, None) => {
                return Err(ConfigProblem::key("writing.dollars_per_million_output_tokens", "missing"));
            }
        };
        Ok((model, Cost { pace: self.pace.unwrap_or(PACE), dollars }))
    }

    #[cfg(not(feature = "bedrock"))]
    fn bedrock(self, _timeout: Duration) -> Result<Writing, ConfigProblem> {
        Err(without("Bedrock", "bedrock"))
    }

    #[cfg(feature = "bedrock")]
    fn bedrock(mut self, timeout: Duration) -> Result<Writing, ConfigProblem> {
        let (model, cost) = self.model()?;
        let Some(region) = self.region else {
            return Err(ConfigProblem::key(
                "writing.region",
                "missing: give the AWS region, such as us-east-1",
            ));
        };
        if self.key_file.is_some() {
            let reason =
                "is for by = \"openai\" only; AWS credentials come from the environment, a profile or a role";
            return Err(ConfigProblem::key("writing.key_file", reason));
        }
        let mut options = dripr_adapters::bedrock::BedrockOptions::new(region, model);
        options.endpoint = self.base_url;
        options.temperature = self.temperature.or(options.temperature);
        options.timeout = timeout;
        Ok(Writing::Bedrock(options, cost))
    }

    #[cfg(not(feature = "openai-writer"))]
    fn openai(
        self,
        _environment: Environment<'_>,
        _absolute: impl Fn(PathBuf) -> PathBuf,
        _timeout: Duration,
    ) -> Result<Writing, ConfigProblem> {
        Err(without("OpenAI-compatible endpoints", "openai-writer"))
    }

    #[cfg(feature = "openai-writer")]
    fn openai(
        mut self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
        timeout: Duration,
    ) -> Result<Writing, ConfigProblem> {
        let (model, cost) = self.model()?;
        let Some(base_url) = self.base_url else {
            let reason =
                "missing: give the address that /chat/completions follows, such as https://models.example/v1";
            return Err(ConfigProblem::key("writing.base_url", reason));
        };
        let mut options = dripr_adapters::openai_writer::OpenAiOptions::new(base_url, model);
        options.key =
            super::secret::secret(environment, KEY_VARIABLE, "writing.key_file", self.key_file, absolute)?;
        options.temperature = self.temperature.or(options.temperature);
        options.completion_tokens = self.max_completion_tokens.unwrap_or(false);
        options.timeout = timeout;
        dripr_adapters::openai_writer::OpenAiModel::new(options.clone()).map_err(|error| {
            let is_key = matches!(error, dripr_adapters::http::UnusableApi::Key { .. });
            ConfigProblem::key(if is_key { "writing.key_file" } else { "writing.base_url" }, error)
        })?;
        Ok(Writing::OpenAi(options, cost))
    }
}

#[cfg(not(all(feature = "bedrock", feature = "openai-writer")))]
fn without(what: &str, feature: &str) -> ConfigProblem {
    let reason = format!(
        "this dripr was built without {what}; build it with `cargo build --release --features {feature}`"
    );
    ConfigProblem::key("writing.by", reason)
}
