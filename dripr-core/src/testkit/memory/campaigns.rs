use async_trait::async_trait;

use super::{Audited, MemoryStore, State};
use crate::{
    campaign::{
        Action, Amendment, Campaign, CampaignStatus, Command, Dossier, LastCycle, Operation, Refusal, Reply,
        deadline,
    },
    contact::Contact,
    content::CycleContent,
    errors::PortResult,
    events::Event,
    ids::{CampaignId, EventId, UserId},
    policy::{FARTHEST, after},
    ports::{CampaignFilter, CampaignStore, Enrolment, Execution, HistoryEntry, NewCampaign},
    schedule::{Cycle, Instant, SendingRules},
    testkit::simulation::{Canary, canary},
    webhooks::{Kind, Message},
};

#[async_trait]
impl CampaignStore for MemoryStore {
    async fn enrol(&self, new: Vec<NewCampaign>) -> PortResult<Vec<Enrolment>> {
        let mut state = self.lock();
        let twins = self.canary == Some(Canary::Twins);
        Ok(new.into_iter().map(|new| state.enrol(new, twins)).collect())
    }

    async fn load(&self, ids: &[CampaignId]) -> PortResult<Vec<Option<Dossier>>> {
        let state = self.lock();
        let read = |id| {
            let mut dossier = state.dossier(id)?;
            if let Some(canary) = self.canary {
                canary::read(canary, &mut dossier, &SendingRules::default());
            }
            Some(dossier)
        };
        Ok(ids.iter().map(read).collect())
    }

    async fn execute(&self, commands: Vec<Command>) -> PortResult<Vec<Execution>> {
        let executions = {
            let mut state = self.lock();
            commands.iter().map(|command| state.execute(command, self.shared.relayed, self.canary)).collect()
        };
        self.notify();
        Ok(executions)
    }

    async fn due(&self, now: Instant, limit: usize) -> PortResult<Vec<CampaignId>> {
        let state = self.lock();
        let far = after(now, FARTHEST);
        let mut due: Vec<_> = state.deadlines.iter().filter(|(_, at)| **at <= now || **at > far).collect();
        due.sort_by_key(|(id, at)| (**at, (*id).clone()));
        Ok(due.into_iter().take(limit).map(|(id, _)| id.clone()).collect())
    }

    async fn next_due(&self) -> PortResult<Option<Instant>> {
        Ok(self.lock().deadlines.values().min().copied())
    }

    async fn content(&self, of: &[(CampaignId, Cycle)]) -> PortResult<Vec<Vec<(Operation, CycleContent)>>> {
        let state = self.lock();
        let of_one = |(id, cycle): &(CampaignId, Cycle)| {
            Operation::ALL
                .into_iter()
                .filter_map(|operation| {
                    let content = state.content.get(&(id.clone(), *cycle, operation))?;
                    Some((operation, content.clone()))
                })
                .collect()
        };
        Ok(of.iter().map(of_one).collect())
    }

    async fn earlier_content(
        &self,
        of: &[(CampaignId, Cycle)],
        operation: Operation,
    ) -> PortResult<Vec<Option<(Cycle, CycleContent)>>> {
        let state = self.lock();
        let latest = |(id, before): &(CampaignId, Cycle)| {
            let of_operation = state
                .content
                .iter()
                .filter(|((campaign, cycle, of), _)| campaign == id && *of == operation && cycle < before);
            of_operation.max_by_key(|((_, cycle, _), _)| *cycle).map(|((_, cycle, _), c)| (*cycle, c.clone()))
        };
        Ok(of.iter().map(latest).collect())
    }

    async fn list(
        &self,
        filter: &CampaignFilter,
        after: Option<CampaignId>,
        limit: usize,
    ) -> PortResult<Vec<Dossier>> {
        let state = self.lock();
        let wanted = |campaign: &&Campaign| {
            campaign.deleted_at.is_none()
                && filter.user_id.as_ref().is_none_or(|user| campaign.user_id == *user)
                && filter.status.is_none_or(|status| campaign.status == status)
                && filter.needs_agent.is_none_or(|needs| campaign.needs_agent().is_some() == needs)
                && filter.enabled.is_none_or(|enabled| campaign.enabled == enabled)
                && filter.to.as_ref().is_none_or(|to| {
                    state.contacts.get(&campaign.contact_id).is_some_and(|c| c.email.key() == to.key())
                })
                && filter.zip_code.is_none_or(|zip_code| campaign.zip_code == zip_code)
                && after.as_ref().is_none_or(|after| campaign.id > *after)
        };
        let found = state.campaigns.values().filter(wanted).take(limit);
        Ok(found.filter_map(|campaign| state.dossier(&campaign.id)).collect())
    }

    async fn count_by_status(&self) -> PortResult<Vec<(CampaignStatus, u64)>> {
        let mut counts = std::collections::BTreeMap::new();
        for campaign in self.lock().campaigns.values().filter(|campaign| campaign.deleted_at.is_none()) {
            *counts.entry(campaign.status).or_insert(0) += 1;
        }
        Ok(counts.into_iter().collect())
    }

    async fn history(&self, campaign: &CampaignId) -> PortResult<Vec<HistoryEntry>> {
        let state = self.lock();
        let of_campaign = state.audit.iter().filter(|row| row.campaign_id.as_ref() == Some(campaign));
        Ok(of_campaign.map(|row| row.entry.clone()).collect())
    }
}

impl State {
    fn enrol(&mut self, new: NewCampaign, twins_allowed: bool) -> Enrolment {
        let NewCampaign { mut contact, mut campaign, audit, one_of_many } = new;
        if !self.agents.contains_key(&campaign.user_id) {
            return Enrolment::NoAgent(campaign.user_id);
        }
        let key = contact.email.key();
        let external_id = contact.external_id.clone();
        let is_known = match self.contact_at(&contact.user_id, &key) {
            Some(known) => {
                contact = known.clone();
                true
            }
            None => false,
        };
        let wanted = Contact { external_id: external_id.clone(), ..contact.clone() };
        if let Some(holder) = self.other_holder(&wanted) {
            return Enrolment::ExternalIdTaken(holder);
        }
        let is_filled = is_known && external_id.is_some_and(|id| contact.fill_external_id(&id));
        campaign.contact_id = contact.id.clone();
        let home_key = campaign.home_key();
        let twins: Vec<&Campaign> = self
            .campaigns
            .values()
            .filter(|other| {
                other.user_id == campaign.user_id
                    && self.contacts.get(&other.contact_id).is_some_and(|c| c.email.key() == key)
                    && other.home_key() == home_key
            })
            .collect();
        if let Some(live) = twins.iter().find(|other| other.deleted_at.is_none() && !twins_allowed) {
            return Enrolment::Exists(live.id.clone());
        }
        if let Some(last) = twins.iter().max_by_key(|other| other.last_cycle.map(|last| last.slot.cycle())) {
            campaign.last_cycle = LastCycle::later(campaign.last_cycle, last.last_cycle);
            campaign.last_sent_email_datetime =
                campaign.last_sent_email_datetime.max(last.last_sent_email_datetime);
        }
        let id = campaign.id.clone();
        if !one_of_many {
            let at = audit.as_ref().map_or(campaign.created_at, |entry| entry.at);
            self.tell(&campaign.user_id, Kind::CampaignCreated, |_| {
                Some(Message::of_new_campaign(&campaign, &contact, at))
            });
        }
        if let Some(entry) = audit.as_ref().filter(|_| is_filled && !one_of_many) {
            let before = Contact { external_id: None, ..contact.clone() };
            self.tell(&campaign.user_id, Kind::ContactChanged, |_| {
                Message::of_changed_contact(&before, &contact, entry.at)
            });
        }
        let audited =
            |entry| Audited { user_id: campaign.user_id.clone(), campaign_id: Some(id.clone()), entry };
        let filled = audit.as_ref().filter(|_| is_filled);
        let filled = filled.map(|entry| entry.gave_external_id(contact.id.clone()));
        self.audit.extend(audit.into_iter().chain(filled).map(audited));
        self.contacts.insert(contact.id.clone(), contact);
        self.campaigns.insert(id.clone(), campaign);
        self.deadlines.insert(id.clone(), Instant::MIN_UTC);
        Enrolment::Enrolled(id)
    }

    fn execute(&mut self, command: &Command, relayed: bool, canary: Option<Canary>) -> Execution {
        let id = &command.campaign_id;
        let Some(mut dossier) = self.dossier(id) else {
            return Execution { result: Err(Refusal::NoCampaign(id.clone())), deadline: None };
        };
        let mut amendment = Amendment::default();
        let result = match canary {
            None => dossier.execute(command, &mut amendment),
            Some(canary) => execute_with(canary, &mut dossier, command, &mut amendment),
        };
        let now = command.desk.clock.now();
        let mut due = deadline(&dossier.campaign, &dossier.facts(now, &command.desk.policy));
        if canary == Some(Canary::NoDeadline) && dossier.campaign.status.is_working() {
            due = None;
        }
        self.write(dossier, amendment, due, relayed);
        Execution { result, deadline: due }
    }

    fn write(&mut self, dossier: Dossier, amendment: Amendment, due: Option<Instant>, relayed: bool) {
        let id = dossier.campaign.id.clone();
        let user = dossier.campaign.user_id.clone();
        match due {
            Some(due) => self.deadlines.insert(id.clone(), due),
            None => self.deadlines.remove(&id),
        };
        if amendment.campaign {
            self.campaigns.insert(id.clone(), dossier.campaign);
        }
        for email in amendment.emails {
            self.emails.insert(email.id.clone(), email);
        }
        self.messages.extend(amendment.messages);
        for (cycle, operation, content) in amendment.content {
            self.content.insert((id.clone(), cycle, operation), content);
        }
        for event in amendment.events {
            let event_id = event.event_id.clone().unwrap_or_else(|| EventId::of(&id, 0));
            self.commit_event(event_id, Event::StatusChanged(event), relayed);
        }
        let audited = |entry| Audited { user_id: user.clone(), campaign_id: Some(id.clone()), entry };
        self.audit.extend(amendment.audit.into_iter().map(audited));
        for news in &amendment.news {
            self.tell(&user, news.kind(), |state| {
                let campaign = state.campaigns.get(&id)?;
                let contact = state.contacts.get(&campaign.contact_id)?;
                Some(news.message(campaign, contact))
            });
        }
        for suppression in amendment.suppressions {
            let key = suppression.address.key();
            self.suppressions.insert((user.clone(), key.clone()), suppression);
            self.wake(&user, Some(&key));
        }
    }
}

/// As [`Dossier::execute`], with a bug around it.
fn execute_with(
    canary: Canary,
    dossier: &mut Dossier,
    command: &Command,
    amendment: &mut Amendment,
) -> Result<Reply, Refusal> {
    let policy = &command.desk.policy;
    let stored = dossier.clone();
    canary::read(canary, dossier, &policy.rules);
    let tampered = canary::command(canary, dossier, command);
    let result = dossier.execute(&tampered, amendment);
    if result.is_err() {
        *dossier = stored;
        let owners = |of: &UserId| *of == dossier.campaign.user_id;
        let approval = canary == Canary::LateApproval
            && matches!(&command.action, Action::Approve { of, .. } if owners(of));
        return if approval { Ok(Reply::Done) } else { result };
    }
    canary::write(canary, &stored, dossier, amendment, policy);
    result
}
