//! Who opted out since a backup: those of the database that it replaces, and those of a file.

use std::{collections::BTreeSet, path::Path};

use dripr_core::{
    agent::Agent,
    email::{EmailAddress, Suppression, SuppressionCause},
    ids::UserId,
    schedule::Instant,
};

use crate::failure::Failure;

/// Who opted out since.
#[derive(Default)]
pub struct OptedOut {
    /// For one agent.
    of_agents: Vec<Suppression>,
    /// For all of them.
    of_all: Vec<(EmailAddress, Instant)>,
}

impl OptedOut {
    /// Those that a database has.
    pub fn add(&mut self, suppressions: Vec<Suppression>) {
        self.of_agents.extend(suppressions);
    }

    /// Those of a CSV file: a column `email`, and perhaps one `agent` with the id of the agent whose mail is not wanted.
    ///
    /// # Errors
    /// The file cannot be read, has no such column, or a row has no address: none may be overlooked.
    pub fn read(&mut self, file: &Path, now: Instant) -> Result<(), Failure> {
        let unreadable = |error| Failure::file("cannot read", file, error);
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_path(file)
            .map_err(unreadable)?;
        let header = reader.headers().map_err(unreadable)?.clone();
        let place = |wanted: &[&str]| {
            header.iter().position(|name| {
                let name = name.trim_start_matches('\u{feff}');
                wanted.iter().any(|wanted| name.eq_ignore_ascii_case(wanted))
            })
        };
        let Some(email) = place(&["email", "e-mail", "email address", "address"]) else {
            return Err(Failure::new(format!("{} has no column email", file.display())));
        };
        let agent = place(&["agent", "agent id", "user_id"]);
        for (number, row) in reader.records().enumerate() {
            let row = row.map_err(unreadable)?;
            // The header is line 1.
            let wrong = |error: &dyn std::fmt::Display| {
                Failure::new(format!("{}, row {}: {error}", file.display(), number + 2))
            };
            let address = row.get(email).unwrap_or_default();
            let address: EmailAddress = address.parse().map_err(|error| wrong(&error))?;
            match agent.and_then(|place| row.get(place)).filter(|id| !id.is_empty()) {
                None => self.of_all.push((address, now)),
                Some(id) => {
                    let user_id = UserId::new(id).map_err(|error| wrong(&error))?;
                    let cause = SuppressionCause::OptOut;
                    self.of_agents.push(Suppression {
                        user_id,
                        address,
                        cause,
                        since: now,
                        carried_from: None,
                    });
                }
            }
        }
        Ok(())
    }

    /// All of them, agent by agent; those of agents that are not there are counted.
    pub(super) fn of<'a>(
        &'a self,
        agents: &'a [Agent],
        unknown: &mut u64,
    ) -> impl Iterator<Item = Suppression> + 'a {
        let ids: BTreeSet<&UserId> = agents.iter().map(|agent| &agent.id).collect();
        let (known, others): (Vec<_>, Vec<_>) =
            self.of_agents.iter().partition(|suppression| ids.contains(&suppression.user_id));
        *unknown += u64::try_from(others.len()).unwrap_or(u64::MAX);
        let of_all = self.of_all.iter().flat_map(|(address, since)| {
            agents.iter().map(|agent| Suppression {
                user_id: agent.id.clone(),
                address: address.clone(),
                cause: SuppressionCause::OptOut,
                since: *since,
                carried_from: None,
            })
        });
        known.into_iter().cloned().chain(of_all)
    }
}
