use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::{
    access::{Deed, Reach, Retreat},
    campaign::Actor,
    contact::Contact,
    email::{Email, EmailAddress},
    errors::PortResult,
    ids::{CampaignId, ContactId, UserId, WebhookId, WebhookMessageId},
    policy::{FARTHEST, after},
    ports::WebhookStore,
    schedule::Instant,
    webhooks::{Delivery, Due, Endpoint, Kind, Message, OffBecause, Report, Standing},
};

/// Endpoints, each with until when it is in somebody's hand; messages; and how each stands with each.
#[derive(Default)]
pub(super) struct Webhooks {
    endpoints: BTreeMap<WebhookId, (Endpoint, Instant)>,
    messages: BTreeMap<WebhookMessageId, Message>,
    deliveries: BTreeMap<(WebhookId, WebhookMessageId), Delivery>,
}

impl Webhooks {
    fn put(&mut self, id: &WebhookId, message: &Message) {
        let delivery = Delivery::new(id.clone(), message);
        self.deliveries.entry((id.clone(), message.id.clone())).or_insert(delivery);
        self.messages.entry(message.id.clone()).or_insert_with(|| message.clone());
    }

    fn of<'a>(&'a self, id: &'a WebhookId) -> impl Iterator<Item = &'a Delivery> {
        self.deliveries.values().filter(move |delivery| delivery.endpoint_id == *id)
    }

    fn first_due(&self, id: &WebhookId) -> Option<Instant> {
        self.of(id).filter_map(|delivery| delivery.due_at).min()
    }

    fn last_due(&self, id: &WebhookId) -> Option<Instant> {
        self.of(id).filter_map(|delivery| delivery.due_at).max()
    }

    fn due(&self, delivery: &Delivery) -> Option<Due> {
        let message = self.messages.get(&delivery.message_id)?.clone();
        Some(Due { delivery: delivery.clone(), message })
    }
}

impl State {
    /// Writes a message for everybody who wants it. It is put into words only if somebody does.
    pub(super) fn tell(&mut self, user: &UserId, kind: Kind, message: impl FnOnce(&Self) -> Option<Message>) {
        let Some(agent) = self.agents.get(user) else { return };
        let wanting = self.webhooks.endpoints.values().filter(|(endpoint, _)| endpoint.wants(kind, agent));
        let wanting: Vec<WebhookId> = wanting.map(|(endpoint, _)| endpoint.id.clone()).collect();
        if wanting.is_empty() {
            return;
        }
        if let Some(message) = message(self) {
            wanting.iter().for_each(|id| self.webhooks.put(id, &message));
        }
    }

    /// Switches webhooks off that an agent made or that are told of them alone, as far as they have to end.
    pub(super) fn end_webhooks(&mut self, retreat: &Retreat, at: Instant) {
        let alone = Reach::Agent(retreat.agent.id.clone());
        let maker = Some(Actor::User(retreat.agent.id.clone()));
        let lies_within = |endpoint: &Endpoint| {
            retreat.left.as_ref().is_some_and(|left| self.lies_within(&endpoint.reach, &left.reach))
        };
        let endpoints = self.webhooks.endpoints.values().map(|(endpoint, _)| endpoint);
        let concerned = endpoints.filter(|endpoint| endpoint.reach == alone || endpoint.created_by == maker);
        let concerned: Vec<(WebhookId, bool)> =
            concerned.map(|endpoint| (endpoint.id.clone(), lies_within(endpoint))).collect();
        for (id, lies_within) in concerned {
            let Some((endpoint, _)) = self.webhooks.endpoints.get_mut(&id) else { continue };
            let ends = (endpoint.reach == alone && endpoint.left_behind(retreat, at))
                || (endpoint.created_by == maker && endpoint.outlived(retreat, lies_within, at));
            if ends {
                endpoint.version += 1;
                self.deeds.extend(endpoint.went_off());
            }
        }
    }

    /// Switches webhooks off that somebody made.
    pub(super) fn end_webhooks_made_by(&mut self, maker: &Option<Actor>, at: Instant) {
        let made = self.webhooks.endpoints.values_mut().filter(|(endpoint, _)| endpoint.created_by == *maker);
        for (endpoint, _) in made {
            if endpoint.end(OffBecause::Maker, at) {
                endpoint.version += 1;
                self.deeds.extend(endpoint.went_off());
            }
        }
    }

    /// The contact to whom an email went.
    pub(super) fn contact_of(&self, email: &Email) -> Option<&Contact> {
        self.contacts.get(&self.campaigns.get(&email.campaign_id)?.contact_id)
    }

    /// Takes a person out of what is told of a campaign.
    pub(super) fn erase_messages_of(&mut self, campaign: &CampaignId) {
        let of = |message: &&mut Message| message.campaign_id.as_ref() == Some(campaign);
        self.webhooks.messages.values_mut().filter(of).for_each(|message| *message = message.erased());
    }

    /// Takes a person out of what is told of a contact, at whatever address they were.
    pub(super) fn erase_messages_about(&mut self, contact: &ContactId) {
        let about = |message: &&mut Message| message.contact_id.as_ref() == Some(contact);
        self.webhooks.messages.values_mut().filter(about).for_each(|message| *message = message.erased());
    }

    /// Takes a person out of what is told of an address.
    pub(super) fn erase_messages_to(&mut self, user: &UserId, key: &str) {
        let to = |message: &&mut Message| {
            message.user_id.as_ref() == Some(user) && message.address_key.as_deref() == Some(key)
        };
        self.webhooks.messages.values_mut().filter(to).for_each(|message| *message = message.erased());
    }

    /// What is told of a person: of their address, and of their contacts and campaigns, whatever the address was then.
    pub(super) fn messages_of_person(
        &self,
        user: &UserId,
        address: &EmailAddress,
        contacts: &[Contact],
        campaigns: &[CampaignId],
    ) -> Vec<Message> {
        let key = address.key();
        let of_person = |message: &&Message| {
            let to = message.user_id.as_ref() == Some(user) && message.address_key.as_ref() == Some(&key);
            let about = |id: &ContactId| contacts.iter().any(|contact| contact.id == *id);
            to || message.contact_id.as_ref().is_some_and(about)
                || message.campaign_id.as_ref().is_some_and(|id| campaigns.contains(id))
        };
        let messages = self.webhooks.messages.values();
        let mut messages: Vec<Message> = messages.filter(of_person).cloned().collect();
        messages.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        messages
    }
}

#[async_trait]
impl WebhookStore for MemoryStore {
    async fn put_webhook(&self, mut endpoint: Endpoint, deed: Deed) -> PortResult<bool> {
        {
            let mut state = self.lock();
            let (by, owner) = (endpoint.created_by.as_ref(), endpoint.owner.as_ref());
            if endpoint.version == 0 && !state.may_still_make(by, owner, &endpoint.reach) {
                return Ok(false);
            }
            let endpoints = &mut state.webhooks.endpoints;
            let known = endpoints.get(&endpoint.id);
            if known.map_or(0, |(known, _)| known.version) != endpoint.version {
                return Ok(false);
            }
            let in_hand = known.map_or(Instant::MIN_UTC, |(_, until)| *until);
            endpoint.version += 1;
            endpoints.insert(endpoint.id.clone(), (endpoint, in_hand));
            state.deeds.push(deed);
        }
        self.notify();
        Ok(true)
    }

    async fn webhook(&self, id: &WebhookId) -> PortResult<Option<Endpoint>> {
        Ok(self.lock().webhooks.endpoints.get(id).map(|(endpoint, _)| endpoint.clone()))
    }

    async fn webhooks(
        &self,
        within: &Reach,
        after: Option<WebhookId>,
        limit: usize,
    ) -> PortResult<Vec<Endpoint>> {
        let state = self.lock();
        let wanted = |endpoint: &&Endpoint| {
            after.as_ref().is_none_or(|after| endpoint.id > *after)
                && state.lies_within(&endpoint.reach, within)
        };
        let all = state.webhooks.endpoints.values().map(|(endpoint, _)| endpoint);
        Ok(all.filter(wanted).take(limit).cloned().collect())
    }

    async fn count_webhooks(&self, of: &Reach) -> PortResult<usize> {
        let endpoints = &self.lock().webhooks.endpoints;
        Ok(endpoints.values().filter(|(endpoint, _)| endpoint.reach == *of).count())
    }

    async fn remove_webhook(&self, id: &WebhookId, deed: Deed) -> PortResult<bool> {
        let mut state = self.lock();
        let known = state.webhooks.endpoints.remove(id).is_some();
        if known {
            state.webhooks.deliveries.retain(|(endpoint, _), _| endpoint != id);
            state.deeds.push(deed);
        }
        Ok(known)
    }

    async fn put_message(&self, id: &WebhookId, message: Message, deed: Deed) -> PortResult<bool> {
        {
            let mut state = self.lock();
            if !state.webhooks.endpoints.contains_key(id) {
                return Ok(false);
            }
            state.webhooks.put(id, &message);
            state.deeds.push(deed);
        }
        self.notify();
        Ok(true)
    }

    async fn claim_webhooks(&self, now: Instant, until: Instant, limit: usize) -> PortResult<Vec<Endpoint>> {
        let webhooks = &mut self.lock().webhooks;
        let too_long = until + (until - now);
        let mut free: Vec<(Instant, WebhookId)> = webhooks
            .endpoints
            .values()
            .filter(|(endpoint, held)| endpoint.off.is_none() && (*held <= now || *held > too_long))
            .filter(|(endpoint, _)| {
                webhooks.first_due(&endpoint.id).is_some_and(|at| at <= now)
                    || webhooks.last_due(&endpoint.id).is_some_and(|at| at > after(now, FARTHEST))
            })
            .map(|(endpoint, held)| (*held, endpoint.id.clone()))
            .collect();
        free.sort();
        let mut taken = Vec::new();
        for (_, id) in free.into_iter().take(limit) {
            if let Some((endpoint, held)) = webhooks.endpoints.get_mut(&id) {
                *held = until;
                taken.push(endpoint.clone());
            }
        }
        Ok(taken)
    }

    async fn due_messages(&self, id: &WebhookId, now: Instant, limit: usize) -> PortResult<Vec<Due>> {
        let webhooks = &self.lock().webhooks;
        let far = after(now, FARTHEST);
        let is_due = |delivery: &&Delivery| delivery.due_at.is_some_and(|at| at <= now || at > far);
        let mut due: Vec<&Delivery> = webhooks.of(id).filter(is_due).collect();
        due.sort_by_key(|delivery| (delivery.due_at, &delivery.message_id));
        Ok(due.into_iter().take(limit).filter_map(|delivery| webhooks.due(delivery)).collect())
    }

    async fn end_turn(
        &self,
        id: &WebhookId,
        until: Instant,
        mut reports: Vec<Report>,
        rests_until: Instant,
    ) -> PortResult<Option<OffBecause>> {
        let mut off = None;
        {
            let mut state = self.lock();
            let state = &mut *state;
            let webhooks = &mut state.webhooks;
            let Some((endpoint, held)) = webhooks.endpoints.get_mut(id) else { return Ok(None) };
            if *held == until {
                *held = rests_until;
            }
            let was_on = endpoint.off.is_none();
            reports.sort_by_key(|report| report.answer.outcome.is_taken());
            let mut changed = false;
            for report in &reports {
                let key = (id.clone(), report.message_id.clone());
                let stored = webhooks.deliveries.get_mut(&key).is_some_and(|known| known.record(report));
                changed |= stored && endpoint.hear(report.answer.outcome, report.at);
            }
            endpoint.version += u64::from(changed);
            if was_on {
                off = endpoint.off.as_ref().map(|off| off.because);
                state.deeds.extend(endpoint.went_off());
            }
        }
        self.notify();
        Ok(off)
    }

    async fn next_webhook_due(&self) -> PortResult<Option<Instant>> {
        let webhooks = &self.lock().webhooks;
        let on = webhooks.endpoints.values().filter(|(endpoint, _)| endpoint.off.is_none());
        Ok(on.filter_map(|(endpoint, held)| Some(webhooks.first_due(&endpoint.id)?.max(*held))).min())
    }

    async fn deliveries(
        &self,
        id: &WebhookId,
        standing: Option<Standing>,
        before: Option<(Instant, WebhookMessageId)>,
        limit: usize,
    ) -> PortResult<Vec<Delivery>> {
        let webhooks = &self.lock().webhooks;
        let place = |delivery: &Delivery| (delivery.at, delivery.message_id.clone());
        let wanted = |delivery: &&Delivery| {
            standing.is_none_or(|standing| delivery.standing == standing)
                && before.as_ref().is_none_or(|before| place(delivery) < *before)
        };
        let mut found: Vec<Delivery> = webhooks.of(id).filter(wanted).cloned().collect();
        found.sort_by_key(|delivery| std::cmp::Reverse(place(delivery)));
        found.truncate(limit);
        Ok(found)
    }

    async fn delivery(&self, id: &WebhookId, message: &WebhookMessageId) -> PortResult<Option<Due>> {
        let webhooks = &self.lock().webhooks;
        let known = webhooks.deliveries.get(&(id.clone(), message.clone()));
        Ok(known.and_then(|delivery| webhooks.due(delivery)))
    }

    async fn replay(&self, id: &WebhookId, message: &WebhookMessageId, deed: Deed) -> PortResult<bool> {
        {
            let mut state = self.lock();
            let known = state.webhooks.deliveries.get_mut(&(id.clone(), message.clone()));
            let Some(delivery) = known else { return Ok(false) };
            if delivery.replay(deed.at) {
                state.deeds.push(deed);
            }
        }
        self.notify();
        Ok(true)
    }

    async fn replay_failed(&self, id: &WebhookId, since: Instant, deed: Deed) -> PortResult<u64> {
        let mut count = 0;
        {
            let mut state = self.lock();
            for delivery in state.webhooks.deliveries.values_mut() {
                let wanted = delivery.endpoint_id == *id && delivery.standing == Standing::Failed;
                if wanted && delivery.at >= since && delivery.replay(deed.at) {
                    count += 1;
                }
            }
            state.deeds.push(deed);
        }
        self.notify();
        Ok(count)
    }

    async fn webhooks_off(&self) -> PortResult<Vec<(OffBecause, u64)>> {
        let mut counts: Vec<(OffBecause, u64)> = Vec::new();
        for (endpoint, _) in self.lock().webhooks.endpoints.values() {
            let Some(off) = &endpoint.off else { continue };
            match counts.iter_mut().find(|(because, _)| *because == off.because) {
                Some((_, count)) => *count += 1,
                None => counts.push((off.because, 1)),
            }
        }
        Ok(counts)
    }

    async fn forget_messages(&self, before: Instant) -> PortResult<u64> {
        let webhooks = &mut self.lock().webhooks;
        let known = webhooks.messages.len();
        webhooks.messages.retain(|_, message| message.at >= before);
        webhooks.deliveries.retain(|_, delivery| delivery.at >= before);
        Ok((known - webhooks.messages.len()) as u64)
    }

    async fn waiting_messages(&self) -> PortResult<(u64, Option<Instant>)> {
        let webhooks = &self.lock().webhooks;
        let on = |delivery: &&Delivery| {
            let endpoint = webhooks.endpoints.get(&delivery.endpoint_id);
            endpoint.is_some_and(|(endpoint, _)| endpoint.off.is_none()) && delivery.due_at.is_some()
        };
        let waiting: Vec<Instant> =
            webhooks.deliveries.values().filter(on).map(|delivery| delivery.at).collect();
        Ok((waiting.len() as u64, waiting.into_iter().min()))
    }

    async fn message_added(&self) {
        self.shared.arrived.notified().await;
    }
}
