//! Having a text written: asked, looked at by the guard, asked once more with what was found, else composed from the
//! facts without a model.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Engine, handlers::Work, spending::Spending, within::within};
use crate::{
    content::{Draft, Words},
    errors::{Fault, PortError, PortResult},
    guard::{self, Known, Objection},
    ports::{Allowance, HomeReportFacts, IntroFacts, LlmWriter},
};

/// How often a writer is asked for a text that is refused.
const ASKED: usize = 2;

/// What is to be written.
pub(super) enum Task {
    Intro(IntroFacts),
    HomeReport(HomeReportFacts),
}

impl Task {
    fn known(&self) -> Known {
        match self {
            Self::Intro(facts) => Known::of_intro(facts),
            Self::HomeReport(facts) => Known::of_home_report(facts),
        }
    }

    fn ask<'a>(
        &'a self,
        writer: &'a dyn LlmWriter,
        objections: &'a [Objection],
        allowance: &'a Allowance,
    ) -> BoxFuture<'a, PortResult<Words>> {
        match self {
            Self::Intro(facts) => writer.intro(facts, objections, allowance),
            Self::HomeReport(facts) => writer.home_report(facts, objections, allowance),
        }
    }
}

impl Engine {
    /// A text that the guard has nothing against.
    ///
    /// # Errors
    /// The writer's, if it is worth another try later or nobody composes; [`Fault::Garbled`] if every text was refused
    /// and nobody composes one.
    pub(super) async fn written(
        self: &Arc<Self>,
        work: &Work,
        task: &Task,
        spending: &Arc<Spending>,
    ) -> PortResult<Words> {
        let known = task.known();
        let allowance = spending.allowance();
        let (clock, limit) = (&*self.ports.clock, self.policy().writer_timeout);
        let mut refused: Vec<Draft> = Vec::new();
        let mut failure = None;
        while refused.len() < ASKED {
            let objections = refused.last().map_or(&[][..], |draft| &draft.objections);
            let call = task.ask(&*self.ports.writer, objections, &allowance);
            match within(clock, limit, "the writer", call).await {
                Ok(words) => match looked_at(words, &known) {
                    Ok(words) => return Ok(Words { refused, ..words }),
                    Err(draft) => refused.push(draft),
                },
                Err(error) => {
                    // What was refused is not asked for again from the start: that was one call already.
                    let again = refused.is_empty() && work.may_try_again(self, &error);
                    if spending.unwanted() || again {
                        return Err(error);
                    }
                    failure = Some(error);
                    break;
                }
            }
        }
        let why = failure.unwrap_or_else(|| {
            let last = refused.last().and_then(|draft| draft.objections.first());
            let last = last.map(Objection::to_string).unwrap_or_default();
            PortError::new(Fault::Invalid, format!("what the writer wrote was refused: {last}"))
        });
        let Some(composer) = &self.ports.composer else { return Err(why) };
        tracing::info!(operation = %work.operation, %why, "the text is composed without a model");
        let composed = task.ask(&**composer, &[], &Allowance::unlimited()).await?;
        match looked_at(composed, &known) {
            Ok(words) => Ok(Words { refused, ..words }),
            Err(draft) => {
                let found = draft.objections.first().map(Objection::to_string).unwrap_or_default();
                Err(PortError::new(Fault::Invalid, format!("what was composed was refused too: {found}")))
            }
        }
    }
}

/// The words, or why they are refused.
fn looked_at(words: Words, known: &Known) -> Result<Words, Draft> {
    let objections = guard::check(&words.text, known);
    if objections.is_empty() {
        return Ok(words);
    }
    Err(Draft { author: words.author, usage: words.usage, objections })
}
