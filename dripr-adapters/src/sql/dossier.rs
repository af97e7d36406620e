//! Reading campaigns with what decisions look at: one statement for any number of them.
//!
//! A campaign comes as one text, its columns parted by U+001F, and several may come as one text, parted by U+001E: neither
//! stands in an id or in JSON. So it is read in one way, whichever database it came from.

use std::{borrow::Cow, collections::HashMap, str::FromStr, sync::Arc};

use dripr_core::{
    agent::{Agent, Subscription},
    campaign::{
        Calls, Campaign, CampaignStatus, Dossier, Failure, LastCycle, Operation, Operations, SlotBasis,
        SubStatus,
    },
    contact::Home,
    content::ZipCode,
    email::{DeliveryStatus, Email, Suppression, SuppressionCause},
    errors::PortResult,
    ids::{CampaignId, ContactId, EmailId, UserId},
    schedule::{Instant, SendDay, Slot},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    connection::{Dialect, Row},
    error::{While, corrupt},
    external_ids,
    instant::{instant, micros},
};

/// The query for campaigns of `?1`, a JSON array of ids: what stands before and after the columns of one.
macro_rules! by_ids {
    ($before:literal, $after:literal) => {
        concat!(
            "SELECT ",
            $before,
            include_str!("dossier_columns.sql"),
            $after,
            " FROM @list(?1: id text) AS wanted CROSS JOIN campaigns AS c ON c.id = wanted.id ",
            include_str!("dossier_joins.sql")
        )
    };
}

/// All of them as one text for [`Reader::dossiers`]. With SQLite a row and a value for each column would cost as much as everything
/// else together.
#[cfg(feature = "sqlite")]
const BY_IDS_AT_ONCE: &str = by_ids!("group_concat(", ", char(30))");

/// The same, and in a second column whether there is any webhook.
#[cfg(feature = "sqlite")]
const WITH_WEBHOOKS_AT_ONCE: &str = by_ids!(
    "group_concat(",
    ", char(30)), (SELECT count(*) FROM (SELECT 1 FROM webhook_endpoints LIMIT 1) AS w)"
);

/// A row for each.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const BY_IDS: &str = by_ids!("", "");

/// The same, and in a second column whether there is any webhook.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const WITH_WEBHOOKS: &str =
    by_ids!("", ", (SELECT count(*) FROM (SELECT 1 FROM webhook_endpoints LIMIT 1) AS w)");

/// The query for campaigns by `?1`, a JSON array of ids.
pub(super) fn by_ids(dialect: Dialect) -> &'static str {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => BY_IDS_AT_ONCE,
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        _ => BY_IDS,
    }
}

/// The same, with a second column: 1 if there is any webhook, and 0 if not.
pub(super) fn by_ids_with_webhooks(dialect: Dialect) -> &'static str {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => WITH_WEBHOOKS_AT_ONCE,
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        _ => WITH_WEBHOOKS,
    }
}

/// The start of a query for campaigns, each as a text for [`Reader::dossier`]; conditions on `c` follow.
pub(super) const ALL: &str = concat!(
    "SELECT ",
    include_str!("dossier_columns.sql"),
    " FROM campaigns AS c ",
    include_str!("dossier_joins.sql"),
    " WHERE c.deleted_at IS NULL"
);

/// Parts campaigns that come as one text.
const CAMPAIGNS: char = '\u{1e}';

/// Parts the columns of a campaign.
const COLUMNS: char = '\u{1f}';

/// What a campaign's row keeps as JSON. Statuses and the three instants stand in columns as well, which count.
#[derive(Serialize, Deserialize)]
pub(super) struct State<'a> {
    enabled_at: Instant,
    status_since: Instant,
    operations: Cow<'a, Operations>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slot: Option<Slot>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slot_basis: Option<SlotBasis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_cycle: Option<LastCycle>,
    email_revision: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    intro_edit: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cycle_over: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prepare_again: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Cow<'a, Failure>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    send_not_before: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    send_deferred_because: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    announced_at: Option<Instant>,
    fence: u64,
    calls: Calls,
    created_at: Instant,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_sent_email_datetime: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deleted_at: Option<Instant>,
}

impl<'a> State<'a> {
    pub(super) fn of(campaign: &'a Campaign) -> Self {
        Self {
            enabled_at: campaign.enabled_at,
            status_since: campaign.status_since,
            operations: Cow::Borrowed(&campaign.operations),
            slot: campaign.slot,
            slot_basis: campaign.slot_basis,
            last_cycle: campaign.last_cycle,
            email_revision: campaign.email_revision,
            intro_edit: campaign.intro_edit.as_deref().map(Cow::Borrowed),
            cycle_over: campaign.cycle_over.as_deref().map(Cow::Borrowed),
            prepare_again: campaign.prepare_again.as_deref().map(Cow::Borrowed),
            failure: campaign.failure.as_ref().map(Cow::Borrowed),
            send_not_before: campaign.send_not_before,
            send_deferred_because: campaign.send_deferred_because.as_deref().map(Cow::Borrowed),
            announced_at: campaign.announced_at,
            fence: campaign.fence,
            calls: campaign.calls,
            created_at: campaign.created_at,
            last_sent_email_datetime: campaign.last_sent_email_datetime,
            deleted_at: campaign.deleted_at,
        }
    }
}

/// Reads campaigns. Agents are read once for all their campaigns.
#[derive(Default)]
pub(super) struct Reader {
    agents: HashMap<String, Arc<Agent>>,
}

impl Reader {
    /// The dossiers that [`by_ids`] gave, each with the deadline stored with it.
    pub(super) fn dossiers(&mut self, rows: &[Row]) -> PortResult<Vec<(Dossier, Option<i64>)>> {
        let mut found = Vec::new();
        for row in rows {
            let Some(all) = row.try_get::<Option<&str>>(0).doing("reading campaigns")? else { continue };
            for one in all.split(CAMPAIGNS) {
                found.push(self.dossier(one)?);
            }
        }
        Ok(found)
    }

    /// A dossier, and the deadline stored with it.
    pub(super) fn dossier(&mut self, text: &str) -> PortResult<(Dossier, Option<i64>)> {
        let mut row = Fields { id: "", rest: text.split(COLUMNS) };
        row.id = row.take()?;
        let campaign = campaign(&mut row)?;
        let due_at = row.maybe_number("due_at")?;
        let (state, external_id) = (row.take()?, row.maybe()?);
        let contact = external_ids::with_column(campaign.contact_id.as_str(), state, external_id)?;
        let agent = self.agent(&mut row)?;
        let (state, status) = (row.take()?, row.take()?);
        let email = if state.is_empty() { None } else { Some(email(state, status)?) };
        let (state, cause) = (row.take()?, row.take()?);
        let suppression = if state.is_empty() { None } else { Some(suppression(state, cause)?) };
        let block = row.maybe()?.map(|state| json(state, "blocked_addresses", "state", "")).transpose()?;
        Ok((Dossier { campaign, email, contact, agent, suppression, block }, due_at))
    }

    fn agent(&mut self, row: &mut Fields<'_>) -> PortResult<Arc<Agent>> {
        let (id, state, status, client) = (row.take()?, row.take()?, row.take()?, row.maybe()?);
        if let Some(agent) = self.agents.get(id) {
            return Ok(agent.clone());
        }
        let agent = Arc::new(agent(id, state, status, client)?);
        self.agents.insert(id.to_owned(), agent.clone());
        Ok(agent)
    }
}

struct Fields<'r> {
    /// The campaign's id.
    id: &'r str,
    rest: std::str::Split<'r, char>,
}

impl<'r> Fields<'r> {
    fn take(&mut self) -> PortResult<&'r str> {
        self.rest.next().ok_or_else(|| corrupt("campaigns", "state", self.id, "a column is missing"))
    }

    /// A value that may be NULL.
    fn maybe(&mut self) -> PortResult<Option<&'r str>> {
        Ok(Some(self.take()?).filter(|value| !value.is_empty()))
    }

    fn number(&mut self, column: &'static str) -> PortResult<i64> {
        parse(self.take()?, "campaigns", column, self.id)
    }

    fn maybe_number(&mut self, column: &'static str) -> PortResult<Option<i64>> {
        self.maybe()?.map(|number| parse(number, "campaigns", column, self.id)).transpose()
    }
}

fn campaign(row: &mut Fields<'_>) -> PortResult<Campaign> {
    let id = row.id;
    let at = |column| move |error| corrupt("campaigns", column, id, error);
    let user_id = UserId::new(row.take()?).map_err(at("user_id"))?;
    let contact_id = ContactId::new(row.take()?).map_err(at("contact_id"))?;
    let home: Option<Home> = row.maybe()?.map(|home| json(home, "campaigns", "home", id)).transpose()?;
    let zip_code: ZipCode = parse(row.take()?, "campaigns", "zip_code", id)?;
    let status: CampaignStatus = parse(row.take()?, "campaigns", "campaign_status", id)?;
    let mut sub_statuses = [SubStatus::Dormant; 7];
    for operation in Operation::ALL {
        sub_statuses[operation as usize] = parse(row.take()?, "campaigns", operation.column(), id)?;
    }
    let fixed_send_day = SendDay::try_from(row.number("fixed_send_day")?)
        .map_err(|error| corrupt("campaigns", "fixed_send_day", id, error))?;
    let last_scheduled_send_date =
        row.maybe()?.map(|day| parse(day, "campaigns", "last_scheduled_send_date", id)).transpose()?;
    let last_sent = row.maybe_number("last_sent_email_datetime")?;
    let check_before_sending = row.number("check_before_sending")? != 0;
    let enabled = row.number("enabled")? != 0;
    let email_id = row.maybe()?.map(EmailId::new).transpose().map_err(at("email_id"))?;
    let created = row.number("created_at")?;
    let deleted = row.maybe_number("deleted_at")?;
    let version = row.number("version")?;
    let state: State<'_> = json(row.take()?, "campaigns", "state", id)?;
    let mut operations = state.operations.into_owned();
    for operation in Operation::ALL {
        operations[operation].status = sub_statuses[operation as usize];
    }
    let at = |stored, known, column| counted(stored, known, column, id);
    Ok(Campaign {
        id: CampaignId::new(id).map_err(|error| corrupt("campaigns", "id", id, error))?,
        user_id,
        contact_id,
        home,
        zip_code,
        enabled,
        check_before_sending,
        fixed_send_day,
        created_at: at(Some(created), Some(state.created_at), "created_at")?.unwrap_or(state.created_at),
        enabled_at: state.enabled_at,
        status,
        status_since: state.status_since,
        operations,
        slot: state.slot,
        slot_basis: state.slot_basis,
        last_cycle: state.last_cycle,
        last_sent_email_datetime: at(last_sent, state.last_sent_email_datetime, "last_sent_email_datetime")?,
        last_scheduled_send_date,
        email_id,
        email_revision: state.email_revision,
        intro_edit: state.intro_edit.map(Cow::into_owned),
        cycle_over: state.cycle_over.map(Cow::into_owned),
        prepare_again: state.prepare_again.map(Cow::into_owned),
        failure: state.failure.map(Cow::into_owned),
        send_not_before: state.send_not_before,
        send_deferred_because: state.send_deferred_because.map(Cow::into_owned),
        announced_at: state.announced_at,
        fence: state.fence,
        calls: state.calls,
        deleted_at: at(deleted, state.deleted_at, "deleted_at")?,
        version: version.try_into().map_err(|error| corrupt("campaigns", "version", id, error))?,
    })
}

/// The column counts; where both mean one instant, the JSON has the more exact spelling of it.
fn counted(
    stored: Option<i64>,
    known: Option<Instant>,
    column: &'static str,
    row: &str,
) -> PortResult<Option<Instant>> {
    match stored {
        Some(stored) if known.map(micros) == Some(stored) => Ok(known),
        Some(stored) => instant(stored, "campaigns", column, row).map(Some),
        None => Ok(None),
    }
}

/// An agent from what is stored.
pub(super) fn agent(id: &str, state: &str, status: &str, client: Option<&str>) -> PortResult<Agent> {
    let mut agent: Agent = json(state, "users", "state", id)?;
    if status != agent.subscription_status.as_str() {
        // Another program changed the column. Of a late payment it cannot say since when.
        if status == "past_due" {
            let why = "it is \"past_due\", and nothing says since when";
            return Err(corrupt("users", "subscription_status", id, why));
        }
        agent.subscription_status = Subscription::named(status, agent.created_at);
    }
    agent.managed_client_id = client.map(str::to_owned);
    Ok(agent)
}

/// An email from what is stored.
pub(super) fn email(state: &str, status: &str) -> PortResult<Email> {
    let mut email: Email = json(state, "emails", "state", "")?;
    if email.delivery_status.as_str() != status {
        email.delivery_status =
            parse::<DeliveryStatus>(status, "emails", "delivery_status", email.id.as_str())?;
    }
    Ok(email)
}

/// A suppression from what is stored.
pub(super) fn suppression(state: &str, cause: &str) -> PortResult<Suppression> {
    let mut suppression: Suppression = json(state, "suppressions", "state", "")?;
    if suppression.cause.as_str() != cause {
        let known = [SuppressionCause::HardBounce, SuppressionCause::OptOut, SuppressionCause::Complaint];
        suppression.cause = known.into_iter().find(|known| known.as_str() == cause).ok_or_else(|| {
            corrupt(
                "suppressions",
                "cause",
                suppression.user_id.as_str(),
                format!("{cause:?} is not a cause"),
            )
        })?;
    }
    Ok(suppression)
}

/// A stored JSON text.
pub(super) fn json<T: DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
    row: &str,
) -> PortResult<T> {
    serde_json::from_str(text).map_err(|error| corrupt(table, column, row, error))
}

/// A stored name.
pub(super) fn parse<T>(text: &str, table: &'static str, column: &'static str, row: &str) -> PortResult<T>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|error: T::Err| corrupt(table, column, row, error))
}

/// A value as JSON text.
pub(super) fn to_json<T: Serialize>(value: &T) -> PortResult<String> {
    serde_json::to_string(value).map_err(|error| {
        let message = "a value cannot be written as JSON";
        dripr_core::errors::PortError::new(dripr_core::errors::Fault::Invalid, message).caused_by(error)
    })
}

/// Ids as a JSON array, for `json_each`.
pub(super) fn id_list<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    let mut list = String::from("[");
    for id in ids {
        // Ids have no character that JSON would escape.
        list.push_str(if list.len() == 1 { "\"" } else { ",\"" });
        list.push_str(id);
        list.push('"');
    }
    list.push(']');
    list
}

/// Where in the list that was asked for a row belongs; they are counted from 1.
pub(super) fn row_place(nr: i64) -> Option<usize> {
    usize::try_from(nr).ok()?.checked_sub(1)
}
