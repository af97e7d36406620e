//! New campaigns with their contacts: thousands in a few statements.

use std::collections::{HashMap, HashSet};

use dripr_core::{
    campaign::{Campaign, LastCycle},
    contact::{Contact, Enrolling, ExternalId, Home},
    errors::{Fault, PortError, PortResult},
    ids::{CampaignId, ContactId, UserId},
    ports::{Enrolment, NewCampaign},
    schedule::{Instant, Slot},
};

use serde::Deserialize;

use super::{
    connection::{Connection, query},
    contacts::{CONTACTS, bind_contact},
    dossier::{State, id_list, json, row_place, to_json},
    error::{While, corrupt},
    execute::write_audit,
    external_ids,
    instant::{AT_ONCE, instant, micros},
    values::Many,
    webhooks::{tell::tell_new_campaigns, tell_contact::tell_changed_contact},
    writer::Transaction,
};

const DOING: &str = "enrolling campaigns";

const CAMPAIGNS: Many = Many {
    before: "INSERT INTO campaigns (id, user_id, contact_id, address_key, home_key, home, zip_code, campaign_status, \
             property_status, active_listing_status, recent_sale_status, local_market_data_status, intro_status, \
             home_report_analysis_status, email_creation_status, fixed_send_day, last_scheduled_send_date, \
             last_sent_email_datetime, check_before_sending, no_address_newsletter, enabled, email_id, created_at, \
             deleted_at, version, due_at, state)",
    after: "",
    columns: 27,
};

/// Agent, address and home: what only one live campaign may have.
type Key = (UserId, String, String);

/// What is known of a campaign with the same key.
struct Twin {
    id: CampaignId,
    live: bool,
    last_cycle: Option<LastCycle>,
    last_sent: Option<Instant>,
}

/// What a stored campaign says of its last cycle.
#[derive(Deserialize)]
struct StoredCycle {
    #[serde(default)]
    last_cycle: Option<LastCycle>,
}

/// What is stored already and what this call adds.
#[derive(Default)]
struct Known {
    agents: HashSet<UserId>,
    by_address: HashMap<(UserId, String), Contact>,
    by_id: HashMap<ContactId, Contact>,
    external_ids: Enrolling,
    campaigns: HashMap<CampaignId, ()>,
    twins: HashMap<Key, Vec<Twin>>,
}

/// Enrols campaigns, each alone.
pub(super) async fn run(
    transaction: &mut Transaction<'_>,
    new: &[NewCampaign],
) -> PortResult<Vec<Enrolment>> {
    let connection = &mut *transaction.connection;
    let mut known = Known::default();
    known.read_people(connection, new).await?;
    // Who the recipients are decides which campaigns are alike.
    let mut contacts = Vec::with_capacity(new.len());
    let mut added = Vec::new();
    for NewCampaign { contact, campaign, .. } in new {
        if !known.agents.contains(&campaign.user_id) {
            contacts.push(None);
            continue;
        }
        if contact.user_id != campaign.user_id {
            return Err(PortError::new(
                Fault::Invalid,
                format!("campaign {} and its contact {} belong to two agents", campaign.id, contact.id),
            ));
        }
        let (used, is_new) = known.contact(contact)?;
        if is_new {
            added.push(used.clone());
        }
        contacts.push(Some(used));
    }
    known.read_campaigns(connection, new, &contacts).await?;
    let new_contacts: HashSet<ContactId> = added.iter().map(|contact: &Contact| contact.id.clone()).collect();
    let mut enrolments = Vec::with_capacity(new.len());
    let mut campaigns: Vec<(Campaign, String)> = Vec::new();
    let mut noted = Vec::new();
    let mut audits = Vec::new();
    let mut filled = Vec::new();
    // Those that are told of, by their places among the campaigns.
    let mut news = Vec::new();
    for (NewCampaign { campaign, audit, contact: wanted, one_of_many }, contact) in new.iter().zip(contacts) {
        let Some(contact) = contact else {
            enrolments.push(Enrolment::NoAgent(campaign.user_id.clone()));
            continue;
        };
        if let Some(holder) = known.external_ids.other_holder(wanted, &contact.id) {
            enrolments.push(Enrolment::ExternalIdTaken(holder.clone()));
            continue;
        }
        let user = &campaign.user_id;
        let mut campaign = campaign.clone();
        campaign.contact_id = contact.id.clone();
        let address = contact.email.key();
        enrolments.push(known.enrol(&mut campaign, &address));
        if matches!(enrolments.last(), Some(Enrolment::Enrolled(_))) {
            if known.external_ids.stored(wanted, &contact) && !new_contacts.contains(&contact.id) {
                filled.push((contact.id.clone(), user, campaign.id.clone(), audit, *one_of_many));
            }
            if !one_of_many {
                let at = audit.as_ref().map_or(campaign.created_at, |entry| entry.at);
                news.push((campaigns.len(), contact, at));
            }
            if let Some(entry) = audit {
                audits.push((campaign.id.clone(), user, entry));
            }
            campaigns.push((campaign, address));
        }
    }
    // A contact whose campaign was refused is not stored.
    let used: HashSet<ContactId> =
        campaigns.iter().map(|(campaign, _)| campaign.contact_id.clone()).collect();
    added.retain(|contact| used.contains(&contact.id));
    for contact in &mut added {
        contact.external_id = known.external_ids.given(&contact.id).cloned();
    }
    let mut changed = Vec::new();
    // Contacts that were to get one, as they are now: somebody else may have given them another meanwhile.
    let mut current: HashMap<ContactId, Contact> = HashMap::new();
    for (contact, user, campaign, audit, one_of_many) in filled {
        let Some(id) = known.external_ids.given(&contact) else { continue };
        let Some((now, was_given)) = external_ids::fill(connection, user, &contact, id).await? else {
            continue;
        };
        if was_given {
            if let Some(entry) = audit.as_ref().filter(|_| !one_of_many) {
                changed.push((now.clone(), entry.at));
            }
            let about = contact.clone();
            noted.extend(audit.as_ref().map(|entry| (campaign, user, entry.gave_external_id(about))));
        }
        current.insert(contact, now);
    }
    audits.extend(noted.iter().map(|(campaign, user, entry)| (campaign.clone(), *user, entry)));
    write(connection, &added, &campaigns).await?;
    let rows = audits.into_iter().map(|(id, user, entry)| Ok((Some(id), user, entry, to_json(entry)?)));
    write_audit(connection, &rows.collect::<PortResult<Vec<_>>>()?).await?;
    let mut told_of = Vec::with_capacity(news.len());
    for (_, contact, _) in &mut news {
        match current.get(&contact.id) {
            Some(now) => contact.clone_from(now),
            None => {
                let given = known.external_ids.given(&contact.id).cloned();
                contact.external_id = given.or(contact.external_id.take());
            }
        }
    }
    for (place, contact, at) in &news {
        told_of.extend(campaigns.get(*place).map(|(campaign, _)| (campaign, contact, *at)));
    }
    tell_new_campaigns(transaction, &told_of).await?;
    for (contact, at) in changed {
        let before = Contact { external_id: None, ..contact.clone() };
        tell_changed_contact(transaction, &before, &contact, at).await?;
    }
    Ok(enrolments)
}

impl Known {
    async fn read_people(&mut self, connection: &mut Connection, new: &[NewCampaign]) -> PortResult<()> {
        let users: HashSet<&str> = new.iter().map(|new| new.campaign.user_id.as_str()).collect();
        let sql = "SELECT u.id FROM @list(?1: id text) AS wanted CROSS JOIN users AS u ON u.id = wanted.id";
        for row in &query(sql).bind(id_list(users)).fetch_all(&mut *connection).await.doing(DOING)? {
            let id: &str = row.try_get(0).doing(DOING)?;
            self.agents.insert(UserId::new(id).map_err(|error| corrupt("users", "id", id, error))?);
        }
        let addresses: Vec<_> =
            new.iter().map(|new| (new.contact.user_id.as_str(), new.contact.email.key())).collect();
        let sql = "SELECT k.id, k.state, k.external_id FROM @rows(?1: user_id text, address_key text) AS wanted CROSS JOIN contacts AS k \
                   ON k.user_id = wanted.user_id AND k.address_key = wanted.address_key AND k.deleted_at IS NULL";
        for row in &query(sql).bind(to_json(&addresses)?).fetch_all(&mut *connection).await.doing(DOING)? {
            let contact = external_ids::contact(row, 0, DOING)?;
            self.by_id.insert(contact.id.clone(), contact.clone());
            self.by_address.insert((contact.user_id.clone(), contact.email.key()), contact);
        }
        let ids = id_list(new.iter().map(|new| new.contact.id.as_str()));
        let sql = "SELECT k.id, k.state, k.external_id FROM @list(?1: id text) AS wanted CROSS JOIN contacts AS k ON k.id = wanted.id";
        for row in &query(sql).bind(ids).fetch_all(&mut *connection).await.doing(DOING)? {
            let contact = external_ids::contact(row, 0, DOING)?;
            self.by_id.insert(contact.id.clone(), contact);
        }
        self.read_holders(connection, new).await
    }

    /// Who has the external ids of new contacts.
    async fn read_holders(&mut self, connection: &mut Connection, new: &[NewCampaign]) -> PortResult<()> {
        let wanted = new.iter().map(|new| &new.contact);
        let wanted: Vec<(&UserId, &ExternalId)> =
            wanted.filter_map(|contact| Some((&contact.user_id, contact.external_id.as_ref()?))).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let sql = "SELECT wanted.nr, k.id FROM @rows(?1: user_id text, external_id text) AS wanted \
                   CROSS JOIN contacts AS k ON k.user_id = wanted.user_id AND k.external_id = wanted.external_id \
                   AND k.deleted_at IS NULL";
        for row in &query(sql).bind(to_json(&wanted)?).fetch_all(connection).await.doing(DOING)? {
            let place = row_place(row.try_get(0).doing(DOING)?);
            let Some((user, external_id)) = place.and_then(|at| wanted.get(at)) else { continue };
            let id: &str = row.try_get(1).doing(DOING)?;
            let id = ContactId::new(id).map_err(|error| corrupt("contacts", "id", id, error))?;
            self.external_ids.held((*user).clone(), (*external_id).clone(), id);
        }
        Ok(())
    }

    /// The contact to write to: the one with that address, else the one with that id, else the new one.
    fn contact(&mut self, new: &Contact) -> PortResult<(Contact, bool)> {
        let slot = (new.user_id.clone(), new.email.key());
        if let Some(known) = self.by_address.get(&slot) {
            return Ok((known.clone(), false));
        }
        if let Some(known) = self.by_id.get(&new.id) {
            if known.user_id != new.user_id {
                let message = format!("contact_id {} is taken by a contact of another agent", new.id);
                return Err(PortError::new(Fault::Invalid, message));
            }
            return Ok((known.clone(), false));
        }
        // It gets its external id once a campaign of it is stored.
        let added = Contact { external_id: None, ..new.clone() };
        self.by_id.insert(new.id.clone(), added.clone());
        self.by_address.insert(slot, added.clone());
        Ok((added, true))
    }

    async fn read_campaigns(
        &mut self,
        connection: &mut Connection,
        new: &[NewCampaign],
        contacts: &[Option<Contact>],
    ) -> PortResult<()> {
        let keys: HashSet<Key> = new
            .iter()
            .zip(contacts)
            .filter_map(|(new, contact)| {
                let contact = contact.as_ref()?;
                Some((new.campaign.user_id.clone(), contact.email.key(), new.campaign.home_key()))
            })
            .collect();
        let people: HashSet<(&UserId, &str)> =
            keys.iter().map(|(user, address, _)| (user, address.as_str())).collect();
        let people: Vec<_> = people.into_iter().collect();
        // All homes of each person, who has few: keys that an earlier version stored are of longer words.
        let sql = "SELECT wanted.nr, c.id, c.deleted_at IS NULL, c.last_sent_email_datetime, c.state, c.home_key \
                   FROM @rows(?1: user_id text, address_key text) AS wanted \
                   CROSS JOIN campaigns AS c ON c.user_id = wanted.user_id AND c.address_key = wanted.address_key";
        for row in &query(sql).bind(to_json(&people)?).fetch_all(&mut *connection).await.doing(DOING)? {
            let Some((user, address)) = row_place(row.try_get(0).doing(DOING)?).and_then(|at| people.get(at))
            else {
                continue;
            };
            let home = Home::renewed_key(row.try_get(5).doing(DOING)?);
            let key: Key = ((*user).clone(), (*address).to_owned(), home);
            if !keys.contains(&key) {
                continue;
            }
            let id: &str = row.try_get(1).doing(DOING)?;
            let last_sent: Option<i64> = row.try_get(3).doing(DOING)?;
            let state: StoredCycle = json(row.try_get(4).doing(DOING)?, "campaigns", "state", id)?;
            let twin = Twin {
                id: CampaignId::new(id).map_err(|error| corrupt("campaigns", "id", id, error))?,
                live: row.try_get(2).doing(DOING)?,
                last_cycle: state.last_cycle,
                last_sent: last_sent
                    .map(|at| instant(at, "campaigns", "last_sent_email_datetime", id))
                    .transpose()?,
            };
            self.twins.entry(key).or_default().push(twin);
        }
        let ids = id_list(new.iter().map(|new| new.campaign.id.as_str()));
        let sql =
            "SELECT c.id FROM @list(?1: id text) AS wanted CROSS JOIN campaigns AS c ON c.id = wanted.id";
        for row in &query(sql).bind(ids).fetch_all(connection).await.doing(DOING)? {
            let id: &str = row.try_get(0).doing(DOING)?;
            let id = CampaignId::new(id).map_err(|error| corrupt("campaigns", "id", id, error))?;
            self.campaigns.insert(id, ());
        }
        Ok(())
    }

    fn enrol(&mut self, campaign: &mut Campaign, address: &str) -> Enrolment {
        let key = (campaign.user_id.clone(), address.to_owned(), campaign.home_key());
        let twins = self.twins.entry(key).or_default();
        // Those of before words were shortened may be several.
        if let Some(live) = twins.iter().filter(|twin| twin.live).min_by(|a, b| a.id.cmp(&b.id)) {
            return Enrolment::Exists(live.id.clone());
        }
        if self.campaigns.insert(campaign.id.clone(), ()).is_some() {
            // The id is in use for another home: what is stored stays as it is.
            return Enrolment::Exists(campaign.id.clone());
        }
        let slot = |twin: &Twin| twin.last_cycle.map(|last| Slot::cycle(last.slot));
        if let Some(last) = twins.iter().max_by_key(|twin| slot(twin)) {
            campaign.last_cycle = LastCycle::later(campaign.last_cycle, last.last_cycle);
            campaign.last_sent_email_datetime = campaign.last_sent_email_datetime.max(last.last_sent);
        }
        let twin = Twin {
            id: campaign.id.clone(),
            live: campaign.deleted_at.is_none(),
            last_cycle: campaign.last_cycle,
            last_sent: campaign.last_sent_email_datetime,
        };
        twins.push(twin);
        Enrolment::Enrolled(campaign.id.clone())
    }
}

async fn write(
    connection: &mut Connection,
    contacts: &[Contact],
    campaigns: &[(Campaign, String)],
) -> PortResult<()> {
    let contacts =
        contacts.iter().map(|contact| Ok((contact, to_json(contact)?))).collect::<PortResult<Vec<_>>>()?;
    CONTACTS
        .execute(connection, &contacts, |row, (contact, state)| bind_contact(row, contact, state))
        .await
        .doing(DOING)?;
    let mut rows = Vec::with_capacity(campaigns.len());
    for (campaign, address) in campaigns {
        let home = campaign.home.as_ref().map(to_json).transpose()?;
        rows.push((campaign, address, home, to_json(&State::of(campaign))?));
    }
    CAMPAIGNS
        .execute(connection, &rows, |row, (campaign, address, home, state)| {
            row.bind(campaign.id.as_str())
                .bind(campaign.user_id.as_str())
                .bind(campaign.contact_id.as_str())
                .bind(address.as_str())
                .bind(campaign.home_key())
                .bind(home.as_deref())
                .bind(campaign.zip_code.as_str())
                .bind(campaign.status.as_str());
            for operation in dripr_core::campaign::Operation::ALL {
                row.bind(campaign.operations[operation].status.as_str());
            }
            row.bind(i64::from(campaign.fixed_send_day.get()))
                .bind(campaign.last_scheduled_send_date.map(|day| day.to_string()))
                .bind(campaign.last_sent_email_datetime.map(micros))
                .bind(campaign.check_before_sending)
                .bind(campaign.home.is_none())
                .bind(campaign.enabled)
                .bind(campaign.email_id.as_ref().map(dripr_core::ids::EmailId::as_str))
                .bind(micros(campaign.created_at))
                .bind(campaign.deleted_at.map(micros))
                .bind(i64::try_from(campaign.version).unwrap_or(i64::MAX))
                .bind(AT_ONCE)
                .bind(state.as_str());
        })
        .await
        .doing(DOING)
}
