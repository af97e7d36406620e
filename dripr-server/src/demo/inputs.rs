//! What a demonstration works from: the sample, or files of one's own.

use std::path::{Path, PathBuf};

use chrono::{Datelike, Months, NaiveDate};
use dripr_adapters::local_data::{ListingsFrom, LocalData, LocalDataConfig, RatesFrom};

use super::{Plan, folder::Folder};
use crate::{
    failure::Failure,
    sample::{self, SampleAgent},
};

/// How many days ahead a sale may lie to stand in for a listing.
const FUTURE_SALES_DAYS: u16 = 45;

/// What a demonstration works from.
pub(super) struct Inputs {
    pub(super) data: LocalDataConfig,
    pub(super) agents: Vec<AgentWithContacts>,
}

/// An agent and the file of their contacts.
pub(super) struct AgentWithContacts {
    pub(super) agent: &'static SampleAgent,
    pub(super) contacts: PathBuf,
    /// Whether the agent approves what waits for them.
    pub(super) approves: bool,
}

impl Inputs {
    /// Names the files; those of the sample are put into the folder, where one can look at them.
    pub(super) fn gather(plan: &Plan, folder: &Folder) -> Result<Self, Failure> {
        let own = plan.sales.is_some();
        let data = LocalDataConfig {
            sales: match &plan.sales {
                Some(path) => path.clone(),
                None => folder.keep_input("king-county-sales.csv.gz", sample::SALES)?,
            },
            sales_source: if own { "local sales records" } else { sample::SALES_SOURCE }.into(),
            listings: match &plan.listings {
                Some(path) => ListingsFrom::File {
                    path: path.clone(),
                    source: "local listings".into(),
                    exported_on: None,
                },
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
        Ok(Self { data, agents })
    }

    /// The first day of the virtual clock: so that the months of the demonstration end with that of the last sale.
    pub(super) fn first_day(&self, plan: &Plan, data: &LocalData) -> Result<NaiveDate, Failure> {
        if let Some(day) = plan.start {
            return Ok(day);
        }
        if plan.sales.is_none() {
            return NaiveDate::from_ymd_opt(2015, 3, 1)
                .ok_or_else(|| Failure::new("the sample has no first day"));
        }
        let last = data.book().before(NaiveDate::MAX).last().map(|sale| sale.sold_on);
        last.and_then(|day| day.with_day(1))
            .and_then(|month| month.checked_sub_months(Months::new(u32::from(plan.months) - 1)))
            .ok_or_else(|| {
                Failure::new(format!("{} has no sale that can be used", self.data.sales.display()))
            })
    }
}

/// The rows of the data files that cannot be used, a line each.
pub(super) fn reports(data: &LocalData) -> Vec<String> {
    let name =
        |path: &Path| path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
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
