//! Commands on campaigns: those of all waiting callers together. The campaigns are read in one statement, changed in
//! memory by the core, and written in a few.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use dripr_core::{
    campaign::{Amendment, Campaign, Command, Dossier, Operation, Refusal, deadline},
    email::{DeliveryStatus, Email, Message},
    errors::{Fault, PortError, PortResult},
    events::Event,
    ids::{CampaignId, EmailId, EventId, UserId},
    ports::Execution,
    schedule::{Cycle, Instant},
    webhooks::{Kinds, News},
};
use tokio::sync::oneshot;

use super::{
    announce::announce,
    connection::{Connection, query},
    dossier::{Reader, State, by_ids_with_webhooks, id_list, to_json},
    error::While,
    instant::{AT_ONCE, micros, micros_reached},
    message::Packed,
    values::{Change, Many, RowValues},
    webhooks::tell::{Listeners, Told},
    writer::Transaction,
};

/// How much too early a stored deadline may be, in microseconds. Looking at a campaign early does no harm, and costs less than
/// storing each deadline that is a little later than the one before.
const EARLY: i64 = 60_000_000;

/// One caller's commands.
pub(super) struct ExecuteJob {
    commands: Vec<Command>,
    /// The texts of new emails, compressed before the transaction began, by where the message lies in memory.
    packed: HashMap<usize, Packed>,
    executions: Vec<Execution>,
    reply: oneshot::Sender<PortResult<Vec<Execution>>>,
}

/// Where a message lies in memory: the same message all the way from the command to the amendment.
pub(super) fn place(message: &Arc<Message>) -> usize {
    Arc::as_ptr(message) as usize
}

impl ExecuteJob {
    pub(super) fn new(
        commands: Vec<Command>,
        packed: HashMap<usize, Packed>,
        reply: oneshot::Sender<PortResult<Vec<Execution>>>,
    ) -> Self {
        Self { commands, packed, executions: Vec::new(), reply }
    }

    pub(super) fn answer(self, outcome: PortResult<()>) {
        // A caller that is gone needs no answer.
        let _ = self.reply.send(outcome.map(|()| self.executions));
    }
}

/// A campaign in hand.
struct InHand {
    dossier: Dossier,
    /// As it was read.
    before: Campaign,
    stored_due: Option<i64>,
    /// As it is to be stored.
    due: Option<i64>,
    amendment: Amendment,
}

/// Executes the commands of all jobs and writes what follows.
pub(super) async fn run(transaction: &mut Transaction<'_>, jobs: &mut [&mut ExecuteJob]) -> PortResult<()> {
    let (mut in_hand, webhooks) = read(transaction.connection, jobs).await?;
    for job in jobs.iter_mut() {
        job.executions = execute(&job.commands, &mut in_hand)?;
    }
    // In the order of ids, so that neighbours in the file are written together and in one order by everybody.
    let mut changed: Vec<InHand> = in_hand.into_values().filter(InHand::is_changed).collect();
    changed.sort_by(|a, b| a.before.id.cmp(&b.before.id));
    write(transaction, &changed, jobs).await?;
    // Where others write at the same time, a webhook that was made since the look is told of what is committed after it was.
    let may_be = webhooks || !transaction.connection.dialect().locks_whole();
    if may_be { tell(transaction, &changed).await } else { Ok(()) }
}

impl InHand {
    fn is_changed(&self) -> bool {
        !self.amendment.is_empty() || self.due != self.stored_due
    }
}

/// The deadline that is stored: the one that is stored already if it is still ahead and only a little early. One that has come is
/// always replaced, so that nobody is woken by it twice.
fn due(stored: Option<i64>, deadline: Option<Instant>, now: Instant) -> Option<i64> {
    let deadline = micros_reached(deadline?);
    let early = |at: &i64| *at > micros(now) && *at <= deadline && deadline.saturating_sub(*at) <= EARLY;
    Some(stored.filter(early).unwrap_or(deadline))
}

/// The campaigns of all commands, and whether there is any webhook.
async fn read(
    connection: &mut Connection,
    jobs: &[&mut ExecuteJob],
) -> PortResult<(HashMap<CampaignId, InHand>, bool)> {
    let wanted: HashSet<&CampaignId> =
        jobs.iter().flat_map(|job| &job.commands).map(|command| &command.campaign_id).collect();
    // In one order by everybody who locks some of them.
    let mut wanted: Vec<&str> = wanted.into_iter().map(CampaignId::as_str).collect();
    wanted.sort_unstable();
    let (doing, ids) = ("reading campaigns", id_list(wanted.iter().copied()));
    let dialect = connection.dialect();
    if !dialect.locks_whole() {
        // First the locks, then a look at what is there with them in hand: what is read together with locking was there
        // before.
        query(LOCK).bind(ids.as_str()).fetch_all(&mut *connection).await.doing(doing)?;
    }
    let rows = query(by_ids_with_webhooks(dialect)).bind(ids).fetch_all(connection).await.doing(doing)?;
    let webhooks = match rows.first() {
        Some(row) => row.try_get::<i64>(1).doing(doing)? > 0,
        None => false,
    };
    let mut in_hand = HashMap::with_capacity(wanted.len());
    for (dossier, stored_due) in Reader::default().dossiers(&rows)? {
        let id = dossier.campaign.id.clone();
        let before = dossier.campaign.clone();
        let amendment = Amendment::default();
        in_hand.insert(id, InHand { dossier, before, stored_due, due: None, amendment });
    }
    Ok((in_hand, webhooks))
}

fn execute(commands: &[Command], all: &mut HashMap<CampaignId, InHand>) -> PortResult<Vec<Execution>> {
    let mut executions = Vec::with_capacity(commands.len());
    for command in commands {
        let id = &command.campaign_id;
        let Some(in_hand) = all.get_mut(id) else {
            executions.push(Execution { result: Err(Refusal::NoCampaign(id.clone())), deadline: None });
            continue;
        };
        let InHand { dossier, amendment, stored_due, due: due_at, .. } = in_hand;
        let suppressed = amendment.suppressions.len();
        // A panic is a mistake in a rule: it fails the call it belongs to, not the task that writes for everybody.
        let executed = catch_unwind(AssertUnwindSafe(|| {
            let result = dossier.execute(command, amendment);
            let now = command.desk.clock.now();
            (result, deadline(&dossier.campaign, &dossier.facts(now, &command.desk.policy)), now)
        }));
        let Ok((result, deadline, now)) = executed else {
            let message = format!("executing a command on campaign {id} failed for a mistake in the program");
            return Err(PortError::new(Fault::Invalid, message));
        };
        *due_at = due(*stored_due, deadline, now);
        executions.push(Execution { result, deadline });
        if amendment.suppressions.len() > suppressed {
            suppress_others(id, all);
        }
    }
    Ok(executions)
}

/// What one campaign learnt of its recipient holds for the agent's other campaigns to that address, from the next
/// command on.
fn suppress_others(id: &CampaignId, all: &mut HashMap<CampaignId, InHand>) {
    let Some(source) = all.get(id) else { return };
    let suppression = source.dossier.suppression.clone();
    let user = source.dossier.campaign.user_id.clone();
    let key = source.dossier.contact.email.key();
    for other in all.values_mut() {
        if other.dossier.campaign.user_id == user && other.dossier.contact.email.key() == key {
            other.dossier.suppression.clone_from(&suppression);
        }
    }
}

const LOCK: &str = "SELECT c.id FROM @list(?1: id text) AS wanted CROSS JOIN campaigns AS c ON c.id = wanted.id \
     ORDER BY c.id@locked(c)";

const NEW_EMAILS: Many = Many {
    before: "INSERT INTO emails (id, status, delivery_status, approved, scheduled_send_datetime, state, campaign_id, \
             user_id, cycle, created_at)",
    after: "",
    columns: 10,
};

const CHANGED_EMAILS: Change = Change {
    table: "emails",
    key: "id",
    columns: &[&["status", "delivery_status", "approved", "scheduled_send_datetime", "state"]],
};

const BASES: Many = Many {
    before: "INSERT INTO message_bases (id, body)",
    after: " ON CONFLICT (id) DO NOTHING",
    columns: 2,
};

const MESSAGES: Many = Many {
    before: "INSERT INTO email_messages (email_id, base_id, from_name, from_address, to_name, to_address, subject, \
             opt_out_link, opt_out_mailto, html_length, text_length, body)",
    after: "",
    columns: 12,
};

const CONTENT: Many = Many {
    before: "INSERT INTO cycle_content (campaign_id, cycle, operation, state)",
    after: " ON CONFLICT (campaign_id, cycle, operation) DO UPDATE SET state = excluded.state",
    columns: 4,
};

const SUPPRESSIONS: Many = Many {
    before: "INSERT INTO suppressions (user_id, address_key, address, cause, since, state)",
    after: " ON CONFLICT (user_id, address_key) DO UPDATE SET address = excluded.address, cause = excluded.cause, \
            since = excluded.since, state = excluded.state",
    columns: 6,
};

const AUDIT: Many =
    Many { before: "INSERT INTO audit (campaign_id, user_id, at, what, state)", after: "", columns: 5 };

/// What nearly every command changes, beside the deadline.
const WORK_COLUMNS: &[&str] = &[
    "version",
    "state",
    "email_id",
    "last_scheduled_send_date",
    "last_sent_email_datetime",
    "property_status",
    "active_listing_status",
    "recent_sale_status",
    "local_market_data_status",
    "intro_status",
    "home_report_analysis_status",
    "email_creation_status",
    "needs_agent",
];

/// What people change.
const OTHER_COLUMNS: &[&str] = &[
    "home",
    "zip_code",
    "fixed_send_day",
    "check_before_sending",
    "no_address_newsletter",
    "enabled",
    "deleted_at",
];

const DUE: &[&str] = &["due_at"];

pub(super) const WORK: Change = Change { table: "campaigns", key: "id", columns: &[DUE, WORK_COLUMNS] };

/// The same with the status, which has an index.
pub(super) const STATUS: Change =
    Change { table: "campaigns", key: "id", columns: &[DUE, WORK_COLUMNS, &["campaign_status"]] };

/// As [`WORK`], where the deadline stays. SQLite writes into the index of a column that is set, also if it is set to what it was; the
/// others look first.
pub(super) const WORK_ALONE: Change = Change { table: "campaigns", key: "id", columns: &[WORK_COLUMNS] };

/// As [`STATUS`], where the deadline stays.
pub(super) const STATUS_ALONE: Change =
    Change { table: "campaigns", key: "id", columns: &[WORK_COLUMNS, &["campaign_status"]] };

/// Everything but which home it is.
pub(super) const WHOLE: Change = Change {
    table: "campaigns",
    key: "id",
    columns: &[DUE, WORK_COLUMNS, &["campaign_status"], OTHER_COLUMNS],
};

/// Everything. The key of a home that stays is left as it is stored: of two that an earlier version kept apart, one could not be
/// changed otherwise.
pub(super) const MOVED: Change = Change {
    table: "campaigns",
    key: "id",
    columns: &[DUE, WORK_COLUMNS, &["campaign_status"], OTHER_COLUMNS, &["home_key"]],
};

async fn write(
    transaction: &mut Transaction<'_>,
    changed: &[InHand],
    jobs: &[&mut ExecuteJob],
) -> PortResult<()> {
    write_campaigns(transaction.connection, changed).await?;
    write_emails(transaction, changed, jobs).await?;
    let connection = &mut *transaction.connection;
    let mut content = Vec::new();
    let mut suppressions = Vec::new();
    let mut audit = Vec::new();
    let mut events = Vec::new();
    for InHand { dossier, amendment, .. } in changed {
        let campaign = &dossier.campaign;
        for (cycle, operation, brought) in &amendment.content {
            content.push((campaign.id.as_str(), *cycle, *operation, to_json(brought)?));
        }
        for suppression in &amendment.suppressions {
            suppressions.push((suppression, to_json(suppression)?));
        }
        for entry in &amendment.audit {
            audit.push((Some(campaign.id.clone()), &campaign.user_id, entry, to_json(entry)?));
        }
        for event in &amendment.events {
            let id = match &event.event_id {
                Some(id) => id.clone(),
                None => EventId::of(&campaign.id, event.version.unwrap_or(campaign.version)),
            };
            events.push((id, Event::StatusChanged(event.clone())));
        }
    }
    let doing = "storing what operations brought";
    CONTENT
        .execute(
            connection,
            &content,
            |row, (id, cycle, operation, state): &(&str, Cycle, Operation, String)| {
                row.bind(*id).bind(cycle.to_string()).bind(operation.as_str()).bind(state.as_str());
            },
        )
        .await
        .doing(doing)?;
    SUPPRESSIONS
        .execute(connection, &suppressions, |row, (suppression, state)| {
            row.bind(suppression.user_id.as_str())
                .bind(suppression.address.key())
                .bind(suppression.address.as_str())
                .bind(suppression.cause.as_str())
                .bind(micros(suppression.since))
                .bind(state.as_str());
        })
        .await
        .doing("storing opt-outs")?;
    for (suppression, _) in &suppressions {
        wake(connection, &suppression.user_id, Some(&suppression.address.key())).await?;
    }
    write_audit(connection, &audit).await?;
    announce(transaction, &events).await
}

/// What happened, to those who want to know.
async fn tell(transaction: &mut Transaction<'_>, changed: &[InHand]) -> PortResult<()> {
    let kinds: Kinds = changed.iter().flat_map(|one| &one.amendment.news).map(News::kind).collect();
    let agents = changed.iter().filter(|one| !one.amendment.news.is_empty());
    let agents: BTreeSet<&UserId> = agents.map(|one| &one.dossier.agent.id).collect();
    let listeners = Listeners::of(transaction.connection, kinds, &agents).await?;
    if listeners.is_empty() {
        return Ok(());
    }
    let mut told = Told::default();
    for InHand { dossier, amendment, .. } in changed {
        for news in &amendment.news {
            told.add(&listeners, news.kind(), &dossier.agent, || {
                let Dossier { campaign, contact, .. } = dossier;
                news.message(campaign, contact)
            });
        }
    }
    told.write(transaction).await
}

/// A campaign with its deadline and its JSON.
type Changed<'a> = (&'a Campaign, Option<i64>, String);

/// The key, the deadline, and the values of [`WORK_COLUMNS`].
fn work_values<'q>(row: &mut RowValues<'q>, changed: &'q Changed<'_>) {
    let (campaign, due, _) = changed;
    row.bind(campaign.id.as_str()).bind(*due);
    values_alone(row, changed);
}

/// The key and the values of [`WORK_COLUMNS`].
fn work_values_alone<'q>(row: &mut RowValues<'q>, changed: &'q Changed<'_>) {
    row.bind(changed.0.id.as_str());
    values_alone(row, changed);
}

/// The values of [`WORK_COLUMNS`].
fn values_alone<'q>(row: &mut RowValues<'q>, (campaign, _, state): &'q Changed<'_>) {
    row.bind(i64::try_from(campaign.version).unwrap_or(i64::MAX))
        .bind(state.as_str())
        .bind(campaign.email_id.as_ref().map(EmailId::as_str))
        .bind(campaign.last_scheduled_send_date.map(|day| day.to_string()))
        .bind(campaign.last_sent_email_datetime.map(micros));
    for operation in Operation::ALL {
        row.bind(campaign.operations[operation].status.as_str());
    }
    row.bind(campaign.needs_agent().is_some());
}

async fn write_campaigns(connection: &mut Connection, changed: &[InHand]) -> PortResult<()> {
    let (mut work, mut status, mut whole, mut moved) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut work_alone, mut status_alone) = (Vec::new(), Vec::new());
    for in_hand in changed {
        let (now, before) = (&in_hand.dossier.campaign, &in_hand.before);
        let row = (now, in_hand.due, to_json(&State::of(now))?);
        // A server is not asked twice for what it finds out by itself.
        let stays = in_hand.due == in_hand.stored_due && connection.dialect().locks_whole();
        let same = now.fixed_send_day == before.fixed_send_day
            && now.check_before_sending == before.check_before_sending
            && now.enabled == before.enabled
            && now.deleted_at == before.deleted_at
            && now.zip_code == before.zip_code
            && now.home == before.home;
        if !same {
            let home = now.home.as_ref().map(to_json).transpose()?;
            let rows = if now.home_key() == before.home_key() { &mut whole } else { &mut moved };
            rows.push((row, home));
        } else if now.status != before.status {
            let rows = if stays { &mut status_alone } else { &mut status };
            rows.push(row);
        } else {
            let rows = if stays { &mut work_alone } else { &mut work };
            rows.push(row);
        }
    }
    let doing = "storing campaigns";
    WORK.execute(connection, &work, work_values).await.doing(doing)?;
    WORK_ALONE.execute(connection, &work_alone, work_values_alone).await.doing(doing)?;
    STATUS
        .execute(connection, &status, |row, changed| {
            work_values(row, changed);
            row.bind(changed.0.status.as_str());
        })
        .await
        .doing(doing)?;
    STATUS_ALONE
        .execute(connection, &status_alone, |row, changed| {
            work_values_alone(row, changed);
            row.bind(changed.0.status.as_str());
        })
        .await
        .doing(doing)?;
    WHOLE.execute(connection, &whole, whole_values).await.doing(doing)?;
    MOVED
        .execute(connection, &moved, |row, changed| {
            whole_values(row, changed);
            row.bind(changed.0.0.home_key());
        })
        .await
        .doing(doing)
}

/// The key, the deadline, and the values of [`WORK_COLUMNS`], of the status and of [`OTHER_COLUMNS`].
fn whole_values<'q>(row: &mut RowValues<'q>, (changed, home): &'q (Changed<'_>, Option<String>)) {
    work_values(row, changed);
    let campaign = changed.0;
    row.bind(campaign.status.as_str())
        .bind(home.as_deref())
        .bind(campaign.zip_code.as_str())
        .bind(i64::from(campaign.fixed_send_day.get()))
        .bind(campaign.check_before_sending)
        .bind(campaign.home.is_none())
        .bind(campaign.enabled)
        .bind(campaign.deleted_at.map(micros));
}

/// What of an email changes; `status` is the word of older deployments for it.
fn email_values<'q>(row: &mut RowValues<'q>, email: &'q Email, state: &'q str) {
    let complete = email.delivery_status == DeliveryStatus::Complete;
    row.bind(email.id.as_str())
        .bind(if complete { "COMPLETE" } else { "PENDING" })
        .bind(email.delivery_status.as_str())
        .bind(approved(email))
        .bind(micros(email.scheduled_send_datetime))
        .bind(state);
}

fn approved(email: &Email) -> bool {
    email.approval.as_ref().is_some_and(|approval| approval.content_hash == email.content_hash)
}

async fn write_emails(
    transaction: &mut Transaction<'_>,
    changed: &[InHand],
    jobs: &[&mut ExecuteJob],
) -> PortResult<()> {
    let mut emails = Vec::new();
    let mut messages = Vec::new();
    for in_hand in changed {
        for email in &in_hand.amendment.emails {
            emails.push((email, to_json(email)?));
        }
        for (id, message) in &in_hand.amendment.messages {
            let packed = jobs.iter().find_map(|job| job.packed.get(&place(message)));
            let packed = packed.ok_or_else(|| {
                PortError::new(Fault::Invalid, format!("the text of email {id} came with no command"))
            })?;
            messages.push((id, message.as_ref(), packed));
        }
    }
    let connection = &mut *transaction.connection;
    let doing = "storing emails";
    let (new, changed): (Vec<_>, Vec<_>) =
        emails.iter().partition(|(email, _)| messages.iter().any(|(id, ..)| **id == email.id));
    NEW_EMAILS
        .execute(connection, &new, |row, (email, state)| {
            email_values(row, email, state);
            row.bind(email.campaign_id.as_str())
                .bind(email.user_id.as_str())
                .bind(email.cycle.to_string())
                .bind(micros(email.created_at));
        })
        .await
        .doing(doing)?;
    CHANGED_EMAILS
        .execute(connection, &changed, |row, (email, state)| email_values(row, email, state))
        .await
        .doing(doing)?;
    if messages.is_empty() {
        return Ok(());
    }
    let mut bases: HashMap<&str, _> = HashMap::new();
    for (_, _, packed) in &messages {
        if packed.base.is_new() {
            bases.insert(packed.base.id.as_str(), packed.base.clone());
        }
    }
    let mut bases: Vec<_> = bases.into_values().collect();
    bases.sort_by(|a, b| a.id.cmp(&b.id));
    BASES
        .execute(connection, &bases, |row, base| {
            row.bind(base.id.as_str()).bind(base.packed.as_slice());
        })
        .await
        .doing("storing texts")?;
    MESSAGES
        .execute(connection, &messages, |row, (id, message, packed): &(&EmailId, &Message, &Packed)| {
            row.bind(id.as_str())
                .bind(packed.base.id.as_str())
                .bind(message.from.name.as_str())
                .bind(message.from.address.as_str())
                .bind(message.to.name.as_str())
                .bind(message.to.address.as_str())
                .bind(message.subject.as_str())
                .bind(message.opt_out_link.as_deref())
                .bind(message.opt_out_mailto.as_deref())
                .bind(i64::try_from(message.html.len()).unwrap_or(i64::MAX))
                .bind(i64::try_from(message.text.len()).unwrap_or(i64::MAX))
                .bind(packed.body.as_slice());
        })
        .await
        .doing("storing texts")?;
    transaction.bases.extend(bases);
    Ok(())
}

/// An audit row: its campaign, its agent, the entry and the entry as JSON.
pub(super) type AuditRow<'a> = (Option<CampaignId>, &'a UserId, &'a dripr_core::campaign::AuditEntry, String);

/// Appends audit rows.
pub(super) async fn write_audit(connection: &mut Connection, rows: &[AuditRow<'_>]) -> PortResult<()> {
    AUDIT
        .execute(connection, rows, |row, (campaign, user, entry, state)| {
            row.bind(campaign.as_ref().map(CampaignId::as_str))
                .bind(user.as_str())
                .bind(micros(entry.at))
                .bind(entry.what.as_str())
                .bind(state.as_str());
        })
        .await
        .doing("storing audit rows")
}

/// All live campaigns of an agent (to an address, if given) are due at once.
pub(super) async fn wake(
    connection: &mut Connection,
    user: &UserId,
    address_key: Option<&str>,
) -> PortResult<()> {
    let query = match address_key {
        Some(key) => query(
            "UPDATE campaigns SET due_at = ?1 WHERE user_id = ?2 AND address_key = ?3 AND deleted_at IS NULL",
        )
        .bind(AT_ONCE)
        .bind(user.as_str())
        .bind(key),
        None => query("UPDATE campaigns SET due_at = ?1 WHERE user_id = ?2 AND deleted_at IS NULL")
            .bind(AT_ONCE)
            .bind(user.as_str()),
    };
    query.execute(connection).await.doing("waking campaigns")?;
    Ok(())
}
