//! What must hold in every state, looked at with every change and every email that a provider takes.
//!
//! The truth about sends is what the mailbox took, never what the store says. The numbers are those of the invariants
//! in `docs/reliability.md`.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use chrono::Datelike;

use crate::{
    agent::{Agent, UnknownOutcome},
    agent_mail::{Notices, Progress},
    campaign::{Action, AuditEntry, CampaignStatus, Command, Dossier, Refusal, Reply, SubStatus},
    email::{ApprovedBy, ContentHash, DeliveryStatus, Email, Message, OutgoingEmail},
    events::Event,
    ids::{CampaignId, EmailId, UserId},
    policy::{self, Policy},
    ports::Execution,
    schedule::{Cycle, Instant},
};

/// One command that was executed, and what it did.
pub(super) struct Change<'a> {
    pub(super) command: &'a Command,
    pub(super) execution: &'a Execution,
    pub(super) before: Option<Dossier>,
    pub(super) after: Option<Dossier>,
    /// The email that the campaign had before, as it is stored now.
    pub(super) email: Option<Email>,
    /// The events that were committed with it, if the database tells.
    pub(super) events: Option<Vec<Event>>,
    pub(super) audit: Vec<AuditEntry>,
    pub(super) now: Instant,
    pub(super) steady: Instant,
    pub(super) policy: &'a Policy,
}

impl Change<'_> {
    fn both(&self) -> Option<(&Dossier, &Dossier)> {
        Some((self.before.as_ref()?, self.after.as_ref()?))
    }

    fn audited(&self, what: &str) -> bool {
        self.audit.iter().any(|entry| entry.what == what)
    }

    /// What is worth proving that it occurs.
    pub(super) fn rare(&self) -> Option<&'static str> {
        if let Err(Refusal::StaleFence { .. }) = self.execution.result {
            return Some("an older fence was refused");
        }
        let rare = [
            ("sent_again", "sent again by choice"),
            ("dates_taken_back", "dates years ahead were taken back"),
        ];
        rare.into_iter().find(|(what, _)| self.audited(what)).map(|(_, rare)| rare)
    }

    /// What people would tell of it.
    pub(super) fn story(&self) -> Vec<String> {
        let id = &self.command.campaign_id;
        let mut lines = Vec::new();
        match &self.execution.result {
            Ok(Reply::Claimed(attempt)) => lines.push(format!("{id}: {} is claimed", attempt.id)),
            Ok(Reply::Created(email)) => lines.push(format!("{id}: {email} is made")),
            _ => {}
        }
        if let Some((before, after)) = self.both() {
            let (from, to) = (before.campaign.status, after.campaign.status);
            if from != to {
                lines.push(format!("{id}: {from} to {to}"));
            }
        }
        if let (Some(was), Some(is)) = (self.before.as_ref().and_then(|d| d.email.as_ref()), &self.email)
            && was.delivery_status != is.delivery_status
        {
            lines
                .push(format!("{id}: {} goes from {} to {}", is.id, was.delivery_status, is.delivery_status));
        }
        lines
    }
}

/// An email that a provider took.
#[derive(Debug, Clone)]
struct Accepted {
    email_id: EmailId,
    campaign_id: CampaignId,
    cycle: Cycle,
    /// Agent, address and home.
    homeowner: (UserId, String, String),
    /// By which provider.
    by: Provider,
    /// When the call began: what dripr went by.
    at: Moment,
    /// When the provider took it, in steady time.
    taken_at: Instant,
}

/// Who takes emails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    /// The deployment's.
    Common,
    /// The agents' own.
    Own,
}

/// An instant: as the clock showed it, and in steady time, which never jumps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) shown: Instant,
    pub(super) steady: Instant,
}

/// An email as it is stored, with its text and its campaign.
pub(super) struct Filed {
    pub(super) email: Email,
    pub(super) message: Option<Arc<Message>>,
    pub(super) dossier: Dossier,
}

/// What the judge remembers.
#[derive(Default)]
pub(super) struct Judge {
    accepted: Vec<Accepted>,
    /// What users approved: email and content.
    approved: HashSet<(EmailId, ContentHash)>,
    /// When each mail to an agent about their own account was taken, in steady time.
    to_agents: BTreeMap<EmailId, Instant>,
    permits: BTreeMap<String, u64>,
    claims: BTreeMap<String, u64>,
    /// Calls counted by commands, and calls made.
    counted: Calls,
    made: Calls,
}

#[derive(Default)]
struct Calls {
    vendor: u64,
    model: u64,
}

type Verdict = Result<(), String>;

fn must(holds: bool, violation: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(violation()) }
}

impl Judge {
    pub(super) fn look_at(&mut self, change: &Change<'_>) -> Verdict {
        self.count_calls(change)?;
        if let Ok(Reply::Claimed(_)) = change.execution.result {
            self.claim(change)?;
        }
        self.approval(change)?;
        self.nothing_lost(change)?;
        refused(change)?;
        own_cycle(change)?;
        events(change)?;
        deadline(change)?;
        slots(change)?;
        history(change)
    }

    /// I1: what counts as sent was taken by the provider.
    fn nothing_lost(&self, change: &Change<'_>) -> Verdict {
        let Some(email) = &change.email else { return Ok(()) };
        must(email.delivery_status != DeliveryStatus::Complete || self.has(&email.id), || {
            format!("I1: {} counts as sent, and the mailbox does not have it", email.id)
        })
    }

    /// I17: every call was counted before, and no campaign spends more than it may.
    fn count_calls(&mut self, change: &Change<'_>) -> Verdict {
        if change.execution.result.is_ok()
            && let Action::Spend { vendor_calls, model_calls, .. } = change.command.action
        {
            self.counted.vendor += u64::from(vendor_calls);
            self.counted.model += u64::from(model_calls);
            let (Some(before), Some(after)) = (&change.before, &change.after) else { return Ok(()) };
            let calls = after.campaign.calls;
            must(calls.vendor >= before.campaign.calls.vendor + vendor_calls, || {
                format!("I17: {} made a call that it did not count", after.campaign.id)
            })?;
            must(
                calls.vendor <= change.policy.vendor_calls && calls.model <= change.policy.model_calls,
                || format!("I17: {} may make no more calls in this cycle", after.campaign.id),
            )?;
        }
        Ok(())
    }

    pub(super) fn vendor_called(&mut self) -> Verdict {
        self.made.vendor += 1;
        must(self.made.vendor <= self.counted.vendor, || {
            "I17: a data provider was called uncounted".to_owned()
        })
    }

    pub(super) fn model_called(&mut self) -> Verdict {
        self.made.model += 1;
        must(self.made.model <= self.counted.model, || "I17: a writer was called uncounted".to_owned())
    }

    pub(super) fn permitted(&mut self, api: &str, calls: u32) -> Verdict {
        *self.permits.entry(api.to_owned()).or_insert(0) += u64::from(calls);
        Ok(())
    }

    /// What must hold when an email is taken in hand.
    fn claim(&mut self, change: &Change<'_>) -> Verdict {
        let (Some(before), Some(after)) = (&change.before, &change.after) else { return Ok(()) };
        let Some(email) = &after.email else { return Err("a claim without an email".to_owned()) };
        let (id, now) = (&email.id, change.now);
        // I1: a taken email of this cycle must have been known before another try.
        let taken = self
            .accepted
            .iter()
            .rfind(|accepted| accepted.campaign_id == email.campaign_id && accepted.cycle == email.cycle);
        must(taken.is_none_or(|taken| again_by_choice(taken, id, after, change)), || {
            format!("I1: {id} is claimed although the mailbox has an email of that cycle")
        })?;
        must(before.suppression.is_none(), || format!("I4: {id} is claimed for a suppressed address"))?;
        if before.campaign.check_before_sending {
            let by_user = email.approval.as_ref().is_some_and(|approval| {
                matches!(&approval.by, ApprovedBy::User(user) if *user == email.user_id)
                    && approval.content_hash == email.content_hash
            });
            must(by_user && self.approved.contains(&(id.clone(), email.content_hash)), || {
                format!("I5: {id} is claimed without its approval")
            })?;
        }
        let facts = before.facts(now, change.policy);
        let in_grace = before.campaign.slot.is_some_and(|slot| now < facts.rules.grace_end(slot));
        must(in_grace, || format!("I13: {id} is claimed after its grace"))?;
        must(facts.may_run(&before.campaign).is_ok(), || {
            format!("I5: {id} is claimed although it may not run")
        })?;
        if before.campaign.last_sent_email_datetime.is_none() {
            let delay = Duration::from_secs(u64::from(facts.rules.first_time_delay().hours()) * 3600);
            must(now >= policy::after(before.campaign.enabled_at, delay), || {
                format!("I14: {id} is claimed before the first-time delay")
            })?;
        }
        must(
            email.user_id == before.campaign.user_id && email.recipient.key() == before.contact.email.key(),
            || format!("I16: {id} is for somebody else"),
        )?;
        let api = format!("mail:{}", email.user_id);
        let claims = self.claims.entry(api.clone()).or_insert(0);
        *claims += 1;
        let permits = self.permits.get(&api).copied().unwrap_or(0);
        must(*claims <= permits, || format!("I18: {id} is claimed without a permit"))
    }

    /// I5 and I6: what may be approved, and by whom.
    fn approval(&mut self, change: &Change<'_>) -> Verdict {
        let Action::Approve { email_id, content_hash, of } = &change.command.action else { return Ok(()) };
        if change.execution.result.is_err() {
            return Ok(());
        }
        let Some(email) = change.before.as_ref().and_then(|before| before.email.as_ref()) else {
            return Err(format!("I6: {email_id} was approved, which is no email of the campaign"));
        };
        let open = matches!(email.delivery_status, DeliveryStatus::Created | DeliveryStatus::Approved);
        must(open && email.id == *email_id, || {
            format!("I6: {email_id} was approved, which is {}", email.delivery_status)
        })?;
        must(email.content_hash == *content_hash, || {
            format!("I5: other content of {email_id} was approved")
        })?;
        must(*of == email.user_id, || {
            format!("I16: {email_id} of {} was approved as one of {of}", email.user_id)
        })?;
        self.approved.insert((email_id.clone(), *content_hash));
        Ok(())
    }

    /// What must hold when an email is handed to a provider.
    pub(super) fn handed_over(
        &mut self,
        email: &OutgoingEmail,
        filed: Option<&Filed>,
        now: Instant,
        policy: &Policy,
    ) -> Verdict {
        let id = &email.email_id;
        let attempt = filed.and_then(|filed| filed.email.attempt.as_ref());
        must(attempt.is_some_and(|attempt| attempt.id == email.attempt_id), || {
            format!("I1: {id} is handed over without a stored attempt")
        })?;
        let Some(Filed { email: stored, message, dossier }) = filed else { return Ok(()) };
        let same = message.as_ref().is_some_and(|message| *message == email.message)
            && ContentHash::of(&email.message) == stored.content_hash;
        must(same, || format!("I7: {id} is not what was stored"))?;
        let facts = dossier.facts(now, policy);
        must(facts.rules.may_start(now, policy.mail_timeout), || {
            format!("I3: {id} is handed over outside the window, at {now}")
        })?;
        let (to, from) = (&email.message.to.address, &email.message.from.address);
        must(to.key() == stored.recipient.key() && *from == dossier.agent.email, || {
            format!("I16: {id} goes to or comes from somebody else")
        })
    }

    /// A provider has taken an email. It is the same homeowner's mailbox, whichever provider took it.
    ///
    /// `handed` is when the call began: the clock may jump while it is under way, and dripr went by what it showed then.
    pub(super) fn accepted(
        &mut self,
        email: &OutgoingEmail,
        filed: Option<&Filed>,
        by: Provider,
        handed: Moment,
        taken_at: Instant,
    ) -> Verdict {
        let id = &email.email_id;
        let Some(Filed { email: stored, dossier, .. }) = filed else {
            return Err(format!("I1: {id} is not stored"));
        };
        let rules = dossier.agent.sending_rules.unwrap_or_default();
        let homeowner = (stored.user_id.clone(), stored.recipient.key(), dossier.campaign.home_key());
        let accepted = Accepted {
            email_id: id.clone(),
            campaign_id: stored.campaign_id.clone(),
            cycle: stored.cycle,
            homeowner,
            by,
            at: handed,
            taken_at,
        };
        let by_choice = |other: &Accepted| {
            other.email_id == *id && dossier.agent.unknown_outcome == UnknownOutcome::Resend
        };
        let times = self.accepted.iter().filter(|other| by_choice(other)).count();
        must(times < 2, || format!("I1: {id} was sent again more than once"))?;
        for other in self.accepted.iter().filter(|other| !by_choice(other)) {
            must(other.campaign_id != accepted.campaign_id || other.cycle != accepted.cycle, || {
                format!("I1: {id} and {} are two emails of one cycle", other.email_id)
            })?;
            if other.homeowner == accepted.homeowner {
                // Of one campaign it is a slot too near, of two it is a homeowner who is written to twice.
                let broken = if other.campaign_id == accepted.campaign_id { "I14" } else { "I2" };
                let minimum = i64::from(rules.minimum_gap_days());
                let days = |then, now| (rules.civil_date(now) - rules.civil_date(then)).num_days().abs();
                let gap = days(other.at.shown, handed.shown);
                must(gap >= minimum, || format!("{broken}: {id} comes {gap} days after {}", other.email_id))?;
                // Where the clock was set back by years in between, what it showed says nothing.
                let gap = days(other.at.steady, handed.steady);
                let back = other.at.shown > policy::after(handed.shown, policy::FARTHEST);
                must(!back || gap >= minimum - 1, || {
                    format!("{broken}: {id} comes {gap} days after {}, by the steady clock", other.email_id)
                })?;
            }
        }
        self.accepted.push(accepted);
        Ok(())
    }

    /// What must hold when a mail to an agent about their own account is handed to a provider.
    pub(super) fn writes_to_agent(
        &mut self,
        email: &OutgoingEmail,
        agent: Option<&Agent>,
        notices: Option<&Notices>,
    ) -> Verdict {
        let (id, agent) = (&email.email_id, agent.filter(|agent| agent.id == email.user_id));
        if !id.as_str().starts_with("welcome.") {
            let in_hand = notices.and_then(|notices| notices.in_hand.as_ref());
            let claimed = in_hand.is_some_and(|in_hand| {
                in_hand.email_id == *id && matches!(in_hand.progress, Progress::Transmitting { .. })
            });
            return must(claimed, || format!("I1: {id} is handed over without a stored attempt"));
        }
        let claimed = agent.is_some_and(|agent| matches!(agent.welcome, Progress::Transmitting { .. }));
        must(claimed, || format!("I1: {id} is handed over without a stored attempt"))?;
        let managed = agent.is_some_and(|agent| agent.managed_client_id.is_some());
        must(!managed, || format!("I16: {id} goes to an agent whom a partner manages"))
    }

    /// A provider has taken a mail to an agent.
    pub(super) fn wrote_to_agent(&mut self, email: &EmailId, at: Instant) -> Verdict {
        let before = self.to_agents.insert(email.clone(), at);
        must(before.is_none(), || format!("I1: {email} is sent to an agent twice"))
    }

    /// Whether any provider has an email.
    pub(super) fn has(&self, email: &EmailId) -> bool {
        [Provider::Common, Provider::Own].into_iter().any(|by| self.has_since(by, email).is_some())
    }

    /// Since which instant of steady time a provider has an email.
    pub(super) fn has_since(&self, by: Provider, email: &EmailId) -> Option<Instant> {
        let report = self.accepted.iter().find(|taken| taken.email_id == *email && taken.by == by);
        let to_agent = || self.to_agents.get(email).copied().filter(|_| by == Provider::Common);
        report.map(|accepted| accepted.taken_at).or_else(to_agent)
    }

    /// How many emails of a campaign were taken since an instant of steady time.
    pub(super) fn taken_since(&self, campaign: &CampaignId, since: Instant) -> usize {
        self.accepted.iter().filter(|a| a.campaign_id == *campaign && a.at.steady >= since).count()
    }

    pub(super) fn emails(&self) -> usize {
        self.accepted.len()
    }
}

/// Whether an email that was taken may be sent again, because its agent wants that once nobody could tell for a day.
fn again_by_choice(taken: &Accepted, email: &EmailId, dossier: &Dossier, change: &Change<'_>) -> bool {
    let a_day_later = |then, now| now >= policy::after(then, change.policy.hold_after);
    // By the clock, which may have jumped between the call and its end.
    let attempt = change.before.as_ref().and_then(|before| before.email.as_ref()?.attempt.as_ref());
    let unknown_since = attempt.and_then(|attempt| attempt.unknown_since);
    dossier.agent.unknown_outcome == UnknownOutcome::Resend
        && taken.email_id == *email
        && (a_day_later(taken.at.shown, change.now)
            || a_day_later(taken.at.steady, change.steady)
            || unknown_since.is_some_and(|since| a_day_later(since, change.now)))
}

/// I6: what is refused changes nothing.
fn refused(change: &Change<'_>) -> Verdict {
    let (Some((before, after)), Err(refusal)) = (change.both(), &change.execution.result) else {
        return Ok(());
    };
    must(
        before == after && change.events.as_ref().is_none_or(Vec::is_empty) && change.audit.is_empty(),
        || format!("I6: {} was refused ({refusal}) and changed something", after.campaign.id),
    )
}

/// I9: a result counts only for the cycle it was made for, and only while it is waited for.
fn own_cycle(change: &Change<'_>) -> Verdict {
    let (Action::Finish { operation, cycle, .. } | Action::GiveUp { operation, cycle, .. }) =
        &change.command.action
    else {
        return Ok(());
    };
    let Some(before) = change.before.as_ref().filter(|_| change.execution.result.is_ok()) else {
        return Ok(());
    };
    let campaign = &before.campaign;
    let waited_for = campaign.operations[*operation].status == SubStatus::WaitingForData;
    // A change of status that was due came first, and may have begun the waiting.
    let began = campaign.status != operation.status();
    let own = campaign.slot.is_some_and(|slot| slot.cycle() == *cycle);
    must(own && (waited_for || began), || format!("I9: {} took a result that came too late", campaign.id))
}

/// I8: every change of status has its event, and events tell the whole way.
fn events(change: &Change<'_>) -> Verdict {
    let Some((before, after)) = change.both() else { return Ok(()) };
    let id = &after.campaign.id;
    if let Some(events) = &change.events {
        let mut at = before.campaign.status;
        for event in events {
            let Event::StatusChanged(event) = event else { continue };
            let true_ = event.campaign_id == *id && event.from_status == at;
            must(true_, || format!("I8: a false event of {id}"))?;
            at = event.to_status;
        }
        must(at == after.campaign.status, || {
            format!("I8: {id} went from {at} to {} without an event", after.campaign.status)
        })?;
    }
    must(before.campaign == after.campaign || after.campaign.version > before.campaign.version, || {
        format!("I8: {id} changed without a new version")
    })
}

/// I10: what is not waiting for people is looked at again.
fn deadline(change: &Change<'_>) -> Verdict {
    let Some(after) = &change.after else { return Ok(()) };
    let campaign = &after.campaign;
    let working = campaign.status.is_working() || campaign.status == CampaignStatus::Error;
    let live = after.email.as_ref().is_some_and(Email::is_live);
    must(!(live || working && campaign.deleted_at.is_none()) || change.execution.deadline.is_some(), || {
        format!("I10: nothing will look at {} again, which is {}", campaign.id, campaign.status)
    })
}

/// I12: slots strictly increase, and all but a campaign's first lie on its send day.
fn slots(change: &Change<'_>) -> Verdict {
    let Some(after) = &change.after else { return Ok(()) };
    let campaign = &after.campaign;
    let (Some(slot), Some(last)) = (campaign.slot, campaign.last_cycle) else { return Ok(()) };
    must(campaign.deleted_at.is_some() || slot.cycle() > last.slot.cycle(), || {
        format!("I12: the slot of {} does not come after the last one", campaign.id)
    })?;
    let Some(basis) = campaign.slot_basis else { return Ok(()) };
    let on_its_day = slot.cycle().date().day() == u32::from(basis.day.get());
    must(on_its_day || campaign.last_sent_email_datetime.is_none() || campaign.deleted_at.is_some(), || {
        format!(
            "I12: the slot of {} lies on {}, its send day is {}",
            campaign.id,
            slot.cycle(),
            basis.day.get()
        )
    })?;
    let rules = after.agent.sending_rules.unwrap_or(change.policy.rules);
    let at = rules.slot_of_cycle(slot.cycle()).at();
    let first = campaign.last_sent_email_datetime.is_none() || campaign.deleted_at.is_some();
    must(slot.at() == at || first, || {
        format!("I15: the slot of {} is at {}, its civil date and zone give {at}", campaign.id, slot.at())
    })
}

/// I22: what happened can be read later.
fn history(change: &Change<'_>) -> Verdict {
    let Some((before, after)) = change.both() else { return Ok(()) };
    let id = &after.campaign.id;
    let was = before.email.as_ref().map(|email| email.delivery_status);
    let is = change.email.as_ref().map(|email| email.delivery_status);
    let became = |status| was != Some(status) && is == Some(status);
    must(!became(DeliveryStatus::Complete) || change.audited("sent"), || {
        format!("I22: nothing tells that {id} sent its email")
    })?;
    must(!became(DeliveryStatus::Held) || change.audited("held"), || {
        format!("I22: nothing tells that the email of {id} is held")
    })?;
    let approved =
        matches!(change.command.action, Action::Approve { .. }) && became(DeliveryStatus::Approved);
    must(!approved || change.audited("approved"), || format!("I22: nothing tells who approved for {id}"))?;
    let suppressed = before.suppression.is_none() && after.suppression.is_some();
    let told = ["suppressed", "not_sent", "unsubscribed"].iter().any(|what| change.audited(what));
    must(!suppressed || told, || format!("I22: nothing tells why {id} is suppressed"))?;
    let ended = before.campaign.last_cycle != after.campaign.last_cycle
        && after.campaign.last_cycle.is_some_and(|last| last.sent.is_none())
        && after.campaign.deleted_at.is_none();
    let told = ["cycle_skipped", "not_sent", "unsubscribed", "dates_taken_back"]
        .iter()
        .any(|what| change.audited(what));
    must(!ended || told, || format!("I22: nothing tells why {id} skipped a cycle"))
}
