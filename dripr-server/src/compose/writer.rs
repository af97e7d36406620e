//! Who writes the words.

use std::sync::Arc;

use dripr_adapters::layers::Metrics;
use dripr_core::ports::{Clock, LlmWriter};

use super::{checkup::Asked, limiters::Limiters};
use crate::{
    config::{Config, writing::Writing},
    failure::Failure,
};

/// The writer that was chosen; none if the words are composed.
///
/// # Errors
/// It cannot be asked.
#[cfg_attr(
    not(any(feature = "bedrock", feature = "openai-writer")),
    expect(unused_variables, reason = "only a model needs them")
)]
pub async fn writer(
    config: &Config,
    limiters: &Limiters,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
) -> Result<Option<Arc<dyn LlmWriter>>, Failure> {
    match &config.writing {
        Writing::Composed => Ok(None),
        #[cfg(feature = "bedrock")]
        Writing::Bedrock(options, cost) => {
            let model = model::bedrock(options).await;
            Ok(Some(model::layered("bedrock", Arc::new(model), *cost, clock, metrics, limiters)))
        }
        #[cfg(feature = "openai-writer")]
        Writing::OpenAi(options, cost) => {
            let model = model::openai(options)?;
            Ok(Some(model::layered("openai", Arc::new(model), *cost, clock, metrics, limiters)))
        }
    }
}

/// Whom one can ask whether words would be written, if anybody but us writes them.
pub(super) async fn probe(config: &Config) -> Option<(&'static str, Asked)> {
    match &config.writing {
        Writing::Composed => None,
        #[cfg(feature = "bedrock")]
        Writing::Bedrock(options, _) => Some(("Bedrock", Ok(Arc::new(model::bedrock(options).await)))),
        #[cfg(feature = "openai-writer")]
        Writing::OpenAi(options, _) => {
            Some(("the model's endpoint", model::openai(options).map(|model| Arc::new(model) as _)))
        }
    }
}

#[cfg(any(feature = "bedrock", feature = "openai-writer"))]
mod model {
    use std::sync::Arc;

    #[cfg(feature = "bedrock")]
    use dripr_adapters::bedrock::{BedrockModel, BedrockOptions};
    #[cfg(feature = "openai-writer")]
    use dripr_adapters::openai_writer::{OpenAiModel, OpenAiOptions};
    use dripr_adapters::{
        layers::{CircuitBreaker, Layered, Meter, Metrics, RateLimit, Spending},
        model_writer::{LanguageModel, ModelWriter, Prices},
    };
    use dripr_core::ports::{Clock, LlmWriter};

    use super::super::{
        limiters::Limiters,
        sources::{FAILURES, LEFT_ALONE},
    };
    use crate::config::writing::Cost;
    #[cfg(feature = "openai-writer")]
    use crate::failure::Failure;

    #[cfg(feature = "bedrock")]
    pub(super) async fn bedrock(options: &BedrockOptions) -> BedrockModel {
        BedrockModel::new(options.clone()).await
    }

    #[cfg(feature = "openai-writer")]
    pub(super) fn openai(options: &OpenAiOptions) -> Result<OpenAiModel, Failure> {
        Ok(OpenAiModel::new(options.clone())?)
    }

    /// A model with what is done around its calls.
    pub(super) fn layered(
        name: &'static str,
        model: Arc<dyn LanguageModel>,
        cost: Cost,
        clock: &Arc<dyn Clock>,
        metrics: &Metrics,
        limiters: &Limiters,
    ) -> Arc<dyn LlmWriter> {
        let prices = cost.dollars.map(|(input, output)| Prices { input, output });
        let limiter = limiters.one(name, cost.pace.rate());
        let layers = (
            CircuitBreaker::new(name, clock.clone(), FAILURES, LEFT_ALONE),
            (RateLimit::new(name, clock.clone(), limiter), Meter::new(name, clock.clone(), metrics.clone())),
        );
        let writer = Layered::new(Arc::new(ModelWriter::new(model, prices)), layers);
        Arc::new(Spending::new(name, Arc::new(writer), metrics.clone()))
    }
}
