//! Months of campaigns on a virtual clock, by the very engine that runs in earnest.
//!
//! The clock is set to the next due instant, the engine does what is due, and so on to the end. Nothing depends on the
//! real time, on chance or on the order of a map: the same plan gives the same files, byte for byte.

mod folder;
mod index_page;
mod inputs;
mod seeded_entropy;
mod summary;
mod virtual_clock;

pub use seeded_entropy::SeededEntropy;
pub use summary::{Month, Summary};
pub use virtual_clock::VirtualClock;

use std::{io::BufReader, path::PathBuf, sync::Arc};

use chrono::{Months, NaiveDate};
use dripr_adapters::layers::Metrics;
use dripr_core::{
    Dripr,
    campaign::{Action, Actor, command::Bench},
    email::{DeliveryStatus, OptOutLinks},
    events::UserCreated,
    ids::{EventId, UserId},
    imports::{Fate, Reported, Tally},
    ports::{AgentStore, Clock, EmailFilter, EmailStore, EntropyExt},
    schedule::{Instant, start_of_day},
};

use crate::{
    compose::{self, Choices, Store},
    config::Config,
    contacts_file::{ContactsFile, Expected, SendDayRule},
    enrolment::{Approvals, Enroller, Seen},
    failure::Failure,
};
use folder::Folder;
use inputs::{AgentWithContacts, Inputs};

/// What to demonstrate.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// How many months.
    pub months: u8,
    /// Contacts of one's own.
    pub contacts: Option<PathBuf>,
    /// Homes sold.
    pub sales: Option<PathBuf>,
    /// Mortgage rates.
    pub rates: Option<PathBuf>,
    /// Homes for sale.
    pub listings: Option<PathBuf>,
    /// A deployment whose sources, writer, templates and rules are tried in place of files. Nothing is sent, and its
    /// database is left alone.
    pub deployment: Option<Config>,
    /// The folder that gets the emails.
    pub out: PathBuf,
    /// The seed of everything random.
    pub seed: u64,
    /// The first day of the virtual clock.
    pub start: Option<NaiveDate>,
}

/// How far a demonstration has come.
#[derive(Debug, Clone, Copy)]
pub struct Day {
    /// The virtual day.
    pub date: NaiveDate,
    /// How many days have passed.
    pub number: u64,
    /// How many there are.
    pub days: u64,
    /// How many emails have left.
    pub emails: u64,
}

/// Opt-out links of a demonstration lead nowhere, and are the same every time.
const PUBLIC_URL: &str = "https://reports.example";
const OPT_OUT_KEY: &str = "the demonstration has no secrets";

/// Runs a demonstration.
///
/// # Errors
/// A sentence that names the file at fault.
pub async fn run(plan: &Plan, watch: &mut (dyn FnMut(&Day) + Send)) -> Result<Summary, Failure> {
    let folder = Folder::prepare(&plan.out)?;
    let inputs = Inputs::gather(plan, &folder)?;
    let policy = inputs.policy();
    let zone = policy.rules.zone();
    let first_day = inputs.first_day(plan, zone)?;
    let last_day = first_day.checked_add_months(Months::new(plan.months.into()));
    let midnight = |day: Option<NaiveDate>| {
        day.and_then(|day| start_of_day(day, zone)).ok_or_else(|| Failure::new("--start is out of range"))
    };
    let (start, end) = (midnight(Some(first_day))?, midnight(last_day)?);

    let virtual_clock = Arc::new(VirtualClock::new(start));
    let clock: Arc<dyn Clock> = virtual_clock.clone();
    let entropy = Arc::new(SeededEntropy::new(plan.seed));
    let store = compose::passing_store(&folder.database()).await?;
    let desk = Arc::new(Bench { clock: clock.clone(), policy: policy.clone() });
    let metrics = Metrics::default();
    let engine = compose::engine_from(Choices {
        clock: clock.clone(),
        entropy: entropy.clone(),
        store: store.clone(),
        sources: inputs.sources(&clock, &metrics)?,
        links: OptOutLinks::new(PUBLIC_URL, OPT_OUT_KEY.to_owned().into())?,
        policy,
        templates: inputs.templates(),
        outbox: folder.outbox(),
        // The outbox has every email's HTML already.
        archive: None,
        writer: inputs.writer(&clock, &metrics).await?,
        // Welcome mails to agents would only get in the way of looking at reports.
        welcome: false,
    })?;

    let mut reports = inputs.reports();
    let mut tally = Tally::default();
    let mut approving = Vec::new();
    for agent in &inputs.agents {
        let enrolled = enrol(agent, &store, &entropy, desk.clone(), &mut reports).await?;
        if agent.approves && enrolled.to_approve > 0 {
            approving.push(agent.agent.id.parse()?);
        }
        tally.add(&enrolled);
    }
    drive(
        &Drive { engine: &engine, store: &store, clock: &virtual_clock, approving, start, end, zone },
        watch,
    )
    .await?;

    let mut summary = summary::sum_up(&store, &folder, first_day, plan.months, zone, tally, reports).await?;
    summary.calls = metrics.counted();
    store.close().await;
    folder.finish()?;
    Ok(summary)
}

async fn enrol(
    agent: &AgentWithContacts,
    store: &Arc<Store>,
    entropy: &SeededEntropy,
    desk: Arc<Bench>,
    reports: &mut Vec<String>,
) -> Result<Tally, Failure> {
    let (start, zone) = (desk.clock.now(), desk.policy.rules.zone());
    let account = agent.agent.account(start)?;
    let id = account.id.clone();
    let event = UserCreated {
        event_id: Some(EventId::from(entropy.id(start))),
        user_id: id.clone(),
        email: account.email.clone(),
        first_name: account.first_name.clone(),
        last_name: account.last_name.clone(),
        managed_client_id: None,
        timestamp: start,
    };
    store.register(account, event, Actor::Operator).await?;
    let path = &agent.contacts;
    let input = std::fs::File::open(path).map_err(|error| Failure::file("cannot open", path, error))?;
    let expected = Expected {
        zone,
        // A contact made after the virtual day counts as made on it.
        now: Instant::MAX_UTC,
        send_day: SendDayRule::MONTH,
        knows_zip: &compose::knows_zip,
    };
    let mut file = ContactsFile::new(BufReader::new(input), expected)
        .map_err(|problem| Failure::file("cannot use the contacts", path, problem))?;
    let enroller = Enroller {
        campaigns: &**store,
        contacts: &**store,
        imports: &**store,
        entropy,
        now: start,
        desk,
        user_id: id,
        by: Actor::Operator,
        approvals: Approvals::AsRowsSay { otherwise: false },
        dry_run: false,
        reported: Reported::Exceptions,
        verifying: None,
        seen: Seen::default(),
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    enroller
        .enrol_file(&mut file, &mut |line| {
            if matches!(line.fate, Fate::Refused { .. }) {
                reports.push(format!("{name}: {line}"));
            }
            Ok(())
        })
        .await
}

struct Drive<'a> {
    engine: &'a Dripr,
    store: &'a Store,
    clock: &'a VirtualClock,
    /// The agents who approve what waits for them.
    approving: Vec<UserId>,
    start: Instant,
    end: Instant,
    zone: chrono_tz::Tz,
}

async fn drive(drive: &Drive<'_>, watch: &mut (dyn FnMut(&Day) + Send)) -> Result<(), Failure> {
    let civil = |at: Instant| at.with_timezone(&drive.zone).date_naive();
    let days_from_start = |day: NaiveDate| u64::try_from((day - civil(drive.start)).num_days()).unwrap_or(0);
    let mut shown = None;
    loop {
        let today = civil(drive.clock.now());
        if shown.replace(today) != Some(today) {
            let emails = drive.sent().await?;
            let (number, days) = (days_from_start(today), days_from_start(civil(drive.end)));
            watch(&Day { date: today, number, days, emails });
        }
        let step = drive.engine.step().await?;
        if drive.approve().await? {
            continue;
        }
        match step.next {
            Some(next) if next < drive.end => drive.clock.set(next),
            _ => return Ok(()),
        }
    }
}

impl Drive<'_> {
    async fn sent(&self) -> Result<u64, Failure> {
        let counts = EmailStore::count_by_status(self.store).await?;
        Ok(counts
            .iter()
            .filter(|(status, _)| *status == DeliveryStatus::Complete)
            .map(|(_, count)| count)
            .sum())
    }

    /// Approves what waits for an agent who looks; whether there was anything.
    async fn approve(&self) -> Result<bool, Failure> {
        let mut any = false;
        for agent in &self.approving {
            let waiting = EmailFilter {
                user_id: Some(agent.clone()),
                delivery_status: Some(DeliveryStatus::Created),
                ..EmailFilter::default()
            };
            for email in self.store.emails(&waiting, None, 1000).await? {
                let action = Action::Approve {
                    email_id: email.id,
                    content_hash: email.content_hash,
                    of: agent.clone(),
                };
                self.engine.command(&email.campaign_id, Actor::User(agent.clone()), action).await?;
                any = true;
            }
        }
        Ok(any)
    }
}
