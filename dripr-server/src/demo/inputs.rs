//! What a demonstration works from: the sample, files of one's own, or what a deployment is set up with.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{Datelike, Months, NaiveDate};
use chrono_tz::Tz;
use dripr_adapters::{
    layers::Metrics,
    local_data::{ListingsFrom, LocalData, LocalDataConfig, RatesFrom},
};
use dripr_core::{
    policy::Policy,
    ports::{Clock, LlmWriter},
};

use super::{Plan, folder::Folder};
use crate::{
    compose::{self, Sources},
    config::Config,
    failure::Failure,
    sample::{self, SampleAgent},
    system_clock::SystemClock,
};

/// How many days ahead a sale may lie to stand in for a listing.
const FUTURE_SALES_DAYS: u16 = 45;

/// What a demonstration works from.
pub(super) struct Inputs<'a> {
    facts: Facts<'a>,
    pub(super) agents: Vec<AgentWithContacts>,
}

/// Where its facts come from.
enum Facts<'a> {
    Files(Arc<LocalData>),
    Deployment(&'a Config),
}

/// An agent and the file of their contacts.
pub(super) struct AgentWithContacts {
    pub(super) agent: &'static SampleAgent,
    pub(super) contacts: PathBuf,
    /// Whether the agent approves what waits for them.
    pub(super) approves: bool,
}

impl<'a> Inputs<'a> {
    /// Opens the files; those of the sample are put into the folder, where one can look at them.
    pub(super) fn gather(plan: &'a Plan, folder: &Folder) -> Result<Self, Failure> {
        let facts = match &plan.deployment {
            Some(config) => Facts::Deployment(config),
            None => Facts::Files(Arc::new(compose::local_data(&files(plan, folder)?)?)),
        };
        let agents = match &plan.contacts {
            Some(path) => {
                vec![AgentWithContacts { agent: &sample::AGENTS[0], contacts: path.clone(), approves: true }]
            }
            None => sample::AGENTS
                .iter()
                .map(|agent| {
                    let contacts = folder.keep_input(agent.contacts_name, agent.contacts)?;
                    Ok(AgentWithContacts { agent, contacts, approves: agent.approves })
                })
                .collect::<Result<_, Failure>>()?,
        };
        Ok(Self { facts, agents })
    }

    /// The numbers by which the engine works.
    pub(super) fn policy(&self) -> Policy {
        match &self.facts {
            Facts::Files(_) => Policy::default(),
            Facts::Deployment(config) => config.policy.clone(),
        }
    }

    /// The first day of the virtual clock: so that the months of the demonstration end with that of the last sale, or
    /// today, where providers are asked, who know no other day.
    pub(super) fn first_day(&self, plan: &Plan, zone: Tz) -> Result<NaiveDate, Failure> {
        if let Some(day) = plan.start {
            return Ok(day);
        }
        let data = match &self.facts {
            Facts::Deployment(_) => return Ok(SystemClock.now().with_timezone(&zone).date_naive()),
            Facts::Files(data) => data,
        };
        let Some(sales) = &plan.sales else {
            return NaiveDate::from_ymd_opt(2015, 3, 1)
                .ok_or_else(|| Failure::new("the sample has no first day"));
        };
        let last = data.book().before(NaiveDate::MAX).last().map(|sale| sale.sold_on);
        last.and_then(|day| day.with_day(1))
            .and_then(|month| month.checked_sub_months(Months::new(u32::from(plan.months) - 1)))
            .ok_or_else(|| Failure::new(format!("{} has no sale that can be used", sales.display())))
    }

    /// Homes, markets, rates and places.
    pub(super) fn sources(&self, clock: &Arc<dyn Clock>, metrics: &Metrics) -> Result<Sources, Failure> {
        match &self.facts {
            Facts::Files(data) => Ok(Sources::of_files(data.clone())),
            Facts::Deployment(config) => {
                compose::sources(config, &compose::Limiters::of_process(), clock, metrics)
            }
        }
    }

    /// Who writes the words, if they are not composed without a model.
    pub(super) async fn writer(
        &self,
        clock: &Arc<dyn Clock>,
        metrics: &Metrics,
    ) -> Result<Option<Arc<dyn LlmWriter>>, Failure> {
        match &self.facts {
            Facts::Files(_) => Ok(None),
            Facts::Deployment(config) => {
                compose::writer(config, &compose::Limiters::of_process(), clock, metrics).await
            }
        }
    }

    /// A folder of templates besides the shipped ones.
    pub(super) fn templates(&self) -> Option<PathBuf> {
        match &self.facts {
            Facts::Files(_) => None,
            Facts::Deployment(config) => config.templates.dir.clone(),
        }
    }

    /// The rows of the data files that cannot be used, a line each.
    pub(super) fn reports(&self) -> Vec<String> {
        let data = match &self.facts {
            Facts::Files(data) => data,
            // They are told when the files are opened.
            Facts::Deployment(_) => return Vec::new(),
        };
        let name = |path: &Path| {
            path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
        };
        data.reports()
            .iter()
            .flat_map(|(path, report)| {
                let kept = report.errors.iter().map(move |error| format!("{}: {error}", name(path)));
                let more = report.rejected.saturating_sub(report.errors.len() as u64);
                let more = (more > 0).then(|| format!("{}: {more} further rows cannot be used", name(path)));
                kept.chain(more)
            })
            .collect()
    }
}

/// The files of the plan, and those of the sample for what it does not name.
fn files(plan: &Plan, folder: &Folder) -> Result<LocalDataConfig, Failure> {
    let own = plan.sales.is_some();
    Ok(LocalDataConfig {
        sales: Some(match &plan.sales {
            Some(path) => path.clone(),
            None => folder.keep_input("king-county-sales.csv.gz", sample::SALES)?,
        }),
        sales_source: if own { "local sales records" } else { sample::SALES_SOURCE }.into(),
        listings: match &plan.listings {
            Some(path) => {
                ListingsFrom::File { path: path.clone(), source: "local listings".into(), exported_on: None }
            }
            None => ListingsFrom::FutureSales { days: FUTURE_SALES_DAYS },
        },
        rates: match &plan.rates {
            Some(path) => Some(RatesFrom { path: path.clone(), source: "local mortgage rates".into() }),
            // The sample's rates say nothing about other years.
            None if own => None,
            None => Some(RatesFrom {
                path: folder.keep_input("mortgage-rates.csv", sample::RATES)?,
                source: sample::RATES_SOURCE.into(),
            }),
        },
    })
}
