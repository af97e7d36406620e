//! Who writes the words.

use std::sync::Arc;

use dripr_core::ports::{Clock, LlmWriter};

use crate::{
    config::{Config, writing::Writing},
    failure::Failure,
};

/// The writer that was chosen; none if the words are composed.
#[cfg_attr(
    not(any(feature = "bedrock", feature = "openai-writer")),
    expect(unused_variables, clippy::unused_async, reason = "only a model needs them")
)]
pub(super) async fn writer(
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Arc<dyn LlmWriter>>, Failure> {
    match &config.writing {
        Writing::Composed => Ok(None),
        #[cfg(feature = "bedrock")]
        Writing::Bedrock(options, cost) => {
            let model = dripr_adapters::bedrock::BedrockModel::new(options.clone()).await;
            Ok(Some(model::layered("bedrock", Arc::new(model), *cost, clock)))
        }
        #[cfg(feature = "openai-writer")]
        Writing::OpenAi(options, cost) => {
            let model = dripr_adapters::openai_writer::OpenAiModel::new(options.clone())
                .map_err(|error| Failure::new(error.to_string()))?;
            Ok(Some(model::layered("openai", Arc::new(model), *cost, clock)))
        }
    }
}

#[cfg(any(feature = "bedrock", feature = "openai-writer"))]
mod model {
    use std::{sync::Arc, time::Duration};

    use dripr_adapters::{
        layers::{CircuitBreaker, Layered, RateLimit},
        model_writer::{LanguageModel, ModelWriter, Prices},
        token_bucket::{Rate, TokenBuckets},
    };
    use dripr_core::ports::{Clock, LlmWriter};

    use crate::config::writing::Cost;

    /// Failures in a row after which a model is left alone.
    const FAILURES: u32 = 5;
    /// For how long.
    const LEFT_ALONE: Duration = Duration::from_secs(60);

    /// A model with what is done around its calls.
    pub(super) fn layered(
        name: &'static str,
        model: Arc<dyn LanguageModel>,
        cost: Cost,
        clock: &Arc<dyn Clock>,
    ) -> Arc<dyn LlmWriter> {
        let prices = cost.dollars.map(|(input, output)| Prices { input, output });
        let rate = Rate { calls: cost.calls_per_minute, period: Duration::from_secs(60) };
        let limiter = Arc::new(TokenBuckets::new([(name.to_owned(), rate)]));
        let layers = (
            CircuitBreaker::new(name, clock.clone(), FAILURES, LEFT_ALONE),
            RateLimit::new(name, clock.clone(), limiter),
        );
        Arc::new(Layered::new(Arc::new(ModelWriter::new(model, prices)), layers))
    }
}
