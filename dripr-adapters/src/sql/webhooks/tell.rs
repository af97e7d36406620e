//! Writing what happened, in the transaction in which it happens, for those who want to know.
//!
//! Who wants to know is one statement for each transaction in which something happened that could be told; where nobody does,
//! nothing is put into words. Where there are no webhooks at all, what happens to campaigns does not even ask: they are read together
//! with that.

use std::collections::BTreeSet;

use dripr_core::{
    access::Reach,
    agent::Agent,
    campaign::Campaign,
    contact::Contact,
    email::Email,
    errors::PortResult,
    feedback::Feedback,
    ids::{CampaignId, ContactId, UserId, WebhookId},
    schedule::Instant,
    webhooks::{Delivery, Kind, Kinds, Message},
};

use crate::sql::{
    connection::{Connection, query},
    dossier::{agent, id_list, json, to_json},
    error::{While, corrupt},
    external_ids,
    instant::{micros, micros_reached},
    reach::column,
    values::Many,
    writer::Transaction,
};

const DOING: &str = "telling webhooks";

const MESSAGES: Many = Many {
    before: "INSERT INTO webhook_messages (id, at, user_id, address_key, campaign_id, contact_id, state)",
    after: " ON CONFLICT (id) DO NOTHING",
    columns: 7,
};

const DELIVERIES: Many = Many {
    before: "INSERT INTO webhook_deliveries (id, endpoint_id, message_id, at, standing, due_at, state)",
    after: " ON CONFLICT (id) DO NOTHING",
    columns: 7,
};

/// Endpoints whose reach covers one of these agents: a look into an index for each of their reaches.
const COVERING: &str = "SELECT e.id, e.reach, e.kinds FROM @list(?1: reach text) AS w \
     CROSS JOIN webhook_endpoints AS e ON e.reach = w.reach WHERE @true(e.enabled) \
     UNION SELECT e.id, e.reach, e.kinds FROM @list(?2: id text) AS w CROSS JOIN memberships AS m ON m.user_id = w.id \
     CROSS JOIN webhook_endpoints AS e ON e.reach = concat('{\"brokerage\":\"', m.brokerage_id, '\"}') WHERE @true(e.enabled) \
     UNION SELECT e.id, e.reach, e.kinds FROM @list(?2: id text) AS w CROSS JOIN memberships AS m ON m.user_id = w.id \
     CROSS JOIN webhook_endpoints AS e ON e.reach = concat('{\"team\":[\"', m.brokerage_id, '\",\"', m.team_id, '\"]}') \
     WHERE @true(e.enabled)";

/// Endpoints that are on and want any of some kinds.
pub(in crate::sql) struct Listeners(Vec<Listener>);

struct Listener {
    id: WebhookId,
    reach: Reach,
    kinds: Kinds,
}

impl Listeners {
    /// Those that want any of these kinds, of some agents.
    pub(in crate::sql) async fn of(
        connection: &mut Connection,
        kinds: Kinds,
        agents: &BTreeSet<&UserId>,
    ) -> PortResult<Self> {
        if kinds.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let mut reaches = vec![column(&Reach::Deployment)?];
        for agent in agents {
            reaches.push(column(&Reach::Agent((*agent).clone()))?);
        }
        let query =
            query(COVERING).bind(to_json(&reaches)?).bind(id_list(agents.iter().map(|agent| agent.as_str())));
        let mut listeners = Vec::new();
        for row in &query.fetch_all(connection).await.doing(DOING)? {
            let id: &str = row.try_get(0).doing(DOING)?;
            let wanted: i64 = row.try_get(2).doing(DOING)?;
            let wanted = Kinds::from_bits(u32::try_from(wanted).unwrap_or_default());
            if wanted.bits() & kinds.bits() == 0 {
                continue;
            }
            listeners.push(Listener {
                id: WebhookId::new(id).map_err(|error| corrupt("webhook_endpoints", "id", id, error))?,
                reach: json(row.try_get(1).doing(DOING)?, "webhook_endpoints", "reach", id)?,
                kinds: wanted,
            });
        }
        Ok(Self(listeners))
    }

    pub(in crate::sql) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn wanting<'a>(&'a self, kind: Kind, agent: &'a Agent) -> impl Iterator<Item = &'a WebhookId> {
        let wants = move |listener: &&Listener| listener.kinds.has(kind) && listener.reach.covers(agent);
        self.0.iter().filter(wants).map(|listener| &listener.id)
    }
}

/// What is to be written.
#[derive(Default)]
pub(in crate::sql) struct Told {
    messages: Vec<Message>,
    deliveries: Vec<Delivery>,
}

impl Told {
    /// Adds what happened to an agent for all who want it. It is put into words only if somebody does.
    pub(in crate::sql) fn add(
        &mut self,
        listeners: &Listeners,
        kind: Kind,
        agent: &Agent,
        message: impl FnOnce() -> Message,
    ) {
        let mut wanting = listeners.wanting(kind, agent).peekable();
        if wanting.peek().is_some() {
            let message = message();
            self.deliveries.extend(wanting.map(|id| Delivery::new(id.clone(), &message)));
            self.messages.push(message);
        }
    }

    /// Adds a message for one endpoint.
    pub(super) fn add_for(&mut self, id: &WebhookId, message: Message) {
        self.deliveries.push(Delivery::new(id.clone(), &message));
        self.messages.push(message);
    }

    /// Writes it all, and wakes who sends it. What is known by its id stays as it is.
    pub(in crate::sql) async fn write(self, transaction: &mut Transaction<'_>) -> PortResult<()> {
        if self.messages.is_empty() {
            return Ok(());
        }
        let mut messages = self.messages.iter().map(with_json).collect::<PortResult<Vec<_>>>()?;
        let mut deliveries = self.deliveries.iter().map(with_json).collect::<PortResult<Vec<_>>>()?;
        // In one order by everybody.
        messages.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        messages.dedup_by(|(a, _), (b, _)| a.id == b.id);
        deliveries
            .sort_by(|(a, _), (b, _)| (&a.message_id, &a.endpoint_id).cmp(&(&b.message_id, &b.endpoint_id)));
        deliveries.dedup_by(|(a, _), (b, _)| a.message_id == b.message_id && a.endpoint_id == b.endpoint_id);
        let connection = &mut *transaction.connection;
        MESSAGES
            .execute(connection, &messages, |row, (message, state)| {
                row.bind(message.id.as_str())
                    .bind(micros(message.at))
                    .bind(message.user_id.as_ref().map(UserId::as_str))
                    .bind(message.address_key.as_deref())
                    .bind(message.campaign_id.as_ref().map(CampaignId::as_str))
                    .bind(message.contact_id.as_ref().map(ContactId::as_str))
                    .bind(state.as_str());
            })
            .await
            .doing(DOING)?;
        DELIVERIES
            .execute(connection, &deliveries, |row, (delivery, state)| {
                row.bind(delivery_id(delivery))
                    .bind(delivery.endpoint_id.as_str())
                    .bind(delivery.message_id.as_str())
                    .bind(micros(delivery.at))
                    .bind(delivery.standing.as_str())
                    .bind(delivery.due_at.map(micros_reached))
                    .bind(state.as_str());
            })
            .await
            .doing(DOING)?;
        transaction.wake_courier();
        Ok(())
    }
}

fn with_json<T: serde::Serialize>(value: &T) -> PortResult<(&T, String)> {
    Ok((value, to_json(value)?))
}

/// The key of a delivery's row.
pub(super) fn delivery_id(delivery: &Delivery) -> String {
    format!("{}:{}", delivery.message_id, delivery.endpoint_id)
}

/// Something that happened to one agent. It is put into words only if somebody wants to know.
pub(in crate::sql) async fn tell_one(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    kind: Kind,
    message: &(dyn Fn() -> Message + Sync),
) -> PortResult<()> {
    let connection = &mut *transaction.connection;
    let listeners = Listeners::of(connection, Kinds::from_iter([kind]), &BTreeSet::from([user])).await?;
    if listeners.is_empty() {
        return Ok(());
    }
    let sql =
        "SELECT u.id, u.state, u.subscription_status, u.managed_client_id FROM users AS u WHERE u.id = ?1";
    let query = query(sql).bind(user.as_str());
    let Some(row) = query.fetch_optional(connection).await.doing(DOING)? else { return Ok(()) };
    let agent = agent_of(&row)?;
    let mut told = Told::default();
    told.add(&listeners, kind, &agent, message);
    told.write(transaction).await
}

/// Campaigns that were made by themselves, each with its contact and when.
pub(in crate::sql) async fn tell_new_campaigns(
    transaction: &mut Transaction<'_>,
    new: &[(&Campaign, &Contact, Instant)],
) -> PortResult<()> {
    let kind = Kind::CampaignCreated;
    let agents: BTreeSet<&UserId> = new.iter().map(|(campaign, ..)| &campaign.user_id).collect();
    if agents.is_empty() {
        return Ok(());
    }
    let connection = &mut *transaction.connection;
    let listeners = Listeners::of(connection, Kinds::from_iter([kind]), &agents).await?;
    if listeners.is_empty() {
        return Ok(());
    }
    let sql = "SELECT u.id, u.state, u.subscription_status, u.managed_client_id FROM @list(?1: id text) AS wanted \
               CROSS JOIN users AS u ON u.id = wanted.id";
    let query = query(sql).bind(id_list(agents.iter().map(|agent| agent.as_str())));
    let rows = query.fetch_all(connection).await.doing(DOING)?;
    let agents = rows.iter().map(agent_of).collect::<PortResult<Vec<_>>>()?;
    let mut told = Told::default();
    for (campaign, contact, at) in new {
        if let Some(agent) = agents.iter().find(|agent| agent.id == campaign.user_id) {
            told.add(&listeners, kind, agent, || Message::of_new_campaign(campaign, contact, *at));
        }
    }
    told.write(transaction).await
}

/// What came back of an email.
pub(in crate::sql) async fn tell_feedback(
    transaction: &mut Transaction<'_>,
    feedback: &Feedback,
) -> PortResult<()> {
    let Some(kind) = Message::kind_of(feedback) else { return Ok(()) };
    let connection = &mut *transaction.connection;
    let sql = "SELECT u.id, u.state, u.subscription_status, u.managed_client_id, k.id, k.state, k.external_id, e.state, \
               e.delivery_status FROM emails AS e JOIN campaigns AS c ON c.id = e.campaign_id \
               JOIN contacts AS k ON k.id = c.contact_id JOIN users AS u ON u.id = e.user_id WHERE e.id = ?1";
    let query = query(sql).bind(feedback.email_id.as_str());
    let Some(row) = query.fetch_optional(&mut *connection).await.doing(DOING)? else { return Ok(()) };
    let (agent, contact) = (agent_of(&row)?, contact_of(&row)?);
    let listeners = Listeners::of(connection, Kinds::from_iter([kind]), &BTreeSet::from([&agent.id])).await?;
    if listeners.is_empty() {
        return Ok(());
    }
    let email = crate::sql::dossier::email(row.try_get(7).doing(DOING)?, row.try_get(8).doing(DOING)?)?;
    let mut told = Told::default();
    if let Some(message) = Message::of_feedback(feedback, &email, &contact) {
        told.add(&listeners, kind, &agent, || message);
    }
    told.write(transaction).await
}

/// What somebody knows of a held email.
pub(in crate::sql) async fn tell_settled(
    transaction: &mut Transaction<'_>,
    email: &Email,
    at: Instant,
) -> PortResult<()> {
    let kind = Kind::of_settled(email.delivery_status);
    let connection = &mut *transaction.connection;
    let agents = BTreeSet::from([&email.user_id]);
    let listeners = Listeners::of(connection, Kinds::from_iter([kind]), &agents).await?;
    if listeners.is_empty() {
        return Ok(());
    }
    let sql = "SELECT u.id, u.state, u.subscription_status, u.managed_client_id, k.id, k.state, k.external_id \
               FROM campaigns AS c JOIN contacts AS k ON k.id = c.contact_id JOIN users AS u ON u.id = c.user_id WHERE c.id = ?1";
    let query = query(sql).bind(email.campaign_id.as_str());
    let Some(row) = query.fetch_optional(connection).await.doing(DOING)? else { return Ok(()) };
    let (agent, contact) = (agent_of(&row)?, contact_of(&row)?);
    let mut told = Told::default();
    told.add(&listeners, kind, &agent, || Message::of_email(kind, email, &contact, at, "settled"));
    told.write(transaction).await
}

/// The agent in the first four columns.
fn agent_of(row: &crate::sql::connection::Row) -> PortResult<Agent> {
    agent(
        row.try_get(0).doing(DOING)?,
        row.try_get(1).doing(DOING)?,
        row.try_get(2).doing(DOING)?,
        row.try_get(3).doing(DOING)?,
    )
}

/// The contact in the three columns after the agent's.
fn contact_of(row: &crate::sql::connection::Row) -> PortResult<Contact> {
    external_ids::contact(row, 4, DOING)
}
