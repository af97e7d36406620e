//! One send date, and one rendering.

use std::hint::black_box;

use dripr_adapters::templates::{Templates, samples};
use dripr_core::{
    ports::EmailRenderer,
    schedule::{SendDay, SendingRules},
};
use dripr_tests::Failure;
use serde_json::{Value, json};

use crate::{clock::real, providers::full_size_templates, world::start};

const DATES: u32 = 1_000_000;
const REPORTS: u32 = 5_000;

/// Means, in nanoseconds and microseconds.
pub(crate) async fn run() -> Result<Value, Failure> {
    let rules = SendingRules::default();
    let day = SendDay::new(28)?;
    let mut slot = rules.first_slot(start()?, day);
    let first = slot;
    let began = real();
    for n in 0..DATES {
        // Ten years of months, again and again.
        slot = if n % 120 == 0 { first } else { rules.next_slot(black_box(slot), Some(slot.at()), day) };
    }
    let date = began.elapsed().as_secs_f64() * 1e9 / f64::from(DATES);
    black_box(slot);

    let folder = tempfile::tempdir()?;
    let full = full_size_templates(folder.path())?;
    let (full_bytes, full_time) = reports(&full).await?;
    let (built_in_bytes, built_in_time) = reports(&Templates::builtin()?).await?;
    Ok(json!({
        "date": date,
        "full": { "bytes": full_bytes, "time": full_time },
        "built_in": { "bytes": built_in_bytes, "time": built_in_time },
    }))
}

async fn reports(templates: &Templates) -> Result<(usize, f64), Failure> {
    let mut context = samples::full()?;
    let mut bytes = templates.report(&context).await?.html.len();
    let began = real();
    for n in 0..REPORTS {
        context.contact.first_name = format!("Kim{n}");
        bytes = black_box(templates.report(&context).await?).html.len();
    }
    Ok((bytes, began.elapsed().as_secs_f64() * 1e6 / f64::from(REPORTS)))
}
