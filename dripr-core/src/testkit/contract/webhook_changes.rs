use serde_json::{Value, json};

use super::{
    START, Stage, Store, at,
    webhooks::{all, all_kinds, done, endpoint, message, put, remove, webhook},
};
use crate::{
    access::Reach,
    campaign::{Action, Actor, AuditEntry, Campaign, Command},
    contact::Contact,
    email::{EmailAddress, Suppression, SuppressionCause},
    ids::{ImportId, UserId},
    imports::{Import, ImportOptions, Stage as ImportStage, Tally},
    mail_account::{Grant, MailAccount, lose},
    person::erase,
    ports::{
        ContactAddition, ContactRemoval, ContactReplacement, ContactStore, Enrolment, ImportStore,
        MailAccountStore, NewCampaign, PersonStore, WebhookStore,
    },
    testkit::samples,
    webhooks::{Kind, Kinds, Message},
};

/// What becomes of contacts, campaigns, imports and mailboxes is told with it, and what becomes of nothing is not.
pub(super) async fn changes<S>(stage: &Stage<'_, S>)
where
    S: Store + WebhookStore + ImportStore + PersonStore + MailAccountStore + ?Sized,
{
    let store = stage.store;
    let agent = || Reach::Agent(stage.new[0].campaign.user_id.clone());
    put(store, endpoint("changes", agent(), all_kinds())).await;
    put(store, endpoint("removed", agent(), Kinds::from_iter([Kind::ContactRemoved]))).await;
    let contact = Contact {
        id: "told".parse().expect("an id"),
        email: address("told@home.example"),
        ..stage.new[0].contact.clone()
    };
    let added = store.add_contact(contact.clone(), noted("contact_added", START)).await;
    assert_eq!(done(added), ContactAddition::Added);
    campaigns(stage, &contact).await;
    let contact = changed(store, contact).await;
    lifted(store, &contact).await;
    removed(stage, &contact).await;
    erased(stage, &contact).await;
    imports(stage).await;
    mailboxes(stage).await;
    for id in ["changes", "removed"] {
        remove(store, id).await;
    }
}

fn address(text: &str) -> EmailAddress {
    text.parse().expect("an address")
}

fn noted(what: &str, then: &str) -> AuditEntry {
    AuditEntry::of(what, Actor::Operator, at(then), None)
}

/// What an endpoint is told as a kind, the oldest first.
async fn told<S: WebhookStore + ?Sized>(store: &S, id: &str, kind: Kind) -> Vec<Message> {
    let mut messages = Vec::new();
    for delivery in all(store, id).await.into_iter().rev().filter(|delivery| delivery.kind == kind) {
        let known = done(store.delivery(&webhook(id), &delivery.message_id).await);
        messages.push(known.expect("what is listed is there").message);
    }
    messages
}

async fn campaigns<S: Store + WebhookStore + ?Sized>(stage: &Stage<'_, S>, contact: &Contact) {
    let store = stage.store;
    let campaign = Campaign { id: "told-1".parse().expect("an id"), ..stage.new[0].campaign.clone() };
    let alone = NewCampaign {
        contact: contact.clone(),
        campaign: campaign.clone(),
        audit: Some(noted("campaign_made", "2026-03-20T12:00:00Z")),
        one_of_many: false,
    };
    let id = || campaign.id.clone();
    for expected in [Enrolment::Enrolled(id()), Enrolment::Exists(id())] {
        assert_eq!(done(store.enrol(vec![alone.clone()]).await), [expected]);
    }
    let other = Campaign { id: "told-2".parse().expect("an id"), home: None, ..campaign.clone() };
    let many = NewCampaign { campaign: other.clone(), one_of_many: true, ..alone };
    assert_eq!(done(store.enrol(vec![many]).await), [Enrolment::Enrolled(other.id)]);
    let created = told(store, "changes", Kind::CampaignCreated).await;
    assert_eq!(created.len(), 1, "a campaign that was made is told, once, and one of many is not");
    let expected = json!({
        "agent_id": campaign.user_id, "campaign_id": "told-1", "contact_id": "told", "external_id": null,
        "address": "told@home.example",
    });
    assert_eq!(created[0].data, expected, "with its contact");
    assert_eq!(created[0].at, at("2026-03-20T12:00:00Z"), "and when it was made");
}

/// Gives the contact as it is then.
async fn changed<S: Store + WebhookStore + ?Sized>(store: &S, contact: Contact) -> Contact {
    let replace = async |known: &Contact, new: &Contact, then: &str| {
        done(ContactStore::replace(store, known, new.clone(), noted("contact_changed", then)).await)
    };
    let named = Contact { first_name: "Named".to_owned(), ..contact.clone() };
    let moved = Contact { email: address("moved@home.example"), ..named.clone() };
    assert_eq!(replace(&contact, &named, "2026-03-20T13:00:00Z").await, ContactReplacement::Replaced);
    assert_eq!(replace(&named, &named, "2026-03-20T13:30:00Z").await, ContactReplacement::Replaced);
    assert_eq!(replace(&contact, &moved, "2026-03-20T13:40:00Z").await, ContactReplacement::Changed);
    assert_eq!(replace(&named, &moved, "2026-03-20T14:00:00Z").await, ContactReplacement::Replaced);
    let changes = told(store, "changes", Kind::ContactChanged).await;
    let data: Vec<&Value> = changes.iter().map(|message| &message.data).collect();
    let expected = |changed: &str, address: &str| {
        json!({
            "agent_id": contact.user_id, "contact_id": "told", "changed": [changed], "first_name": "Named",
            "last_name": contact.last_name, "external_id": null, "address": address,
        })
    };
    let expected = [expected("first_name", "told@home.example"), expected("address", "moved@home.example")];
    assert_eq!(data, [&expected[0], &expected[1]], "what is another is told, and nothing else");
    assert_eq!(changes[1].at, at("2026-03-20T14:00:00Z"), "and since when");
    moved
}

async fn lifted<S: Store + WebhookStore + ?Sized>(store: &S, contact: &Contact) {
    let (bounce, opt_out) = (SuppressionCause::HardBounce, SuppressionCause::OptOut);
    let user = &contact.user_id;
    let suppress = async |cause: SuppressionCause, since: &str| {
        let (address, since) = (contact.email.clone(), at(since));
        let suppression = Suppression { user_id: user.clone(), address, cause, since, carried_from: None };
        done(store.suppress(suppression, Actor::Provider).await);
    };
    let lift = async |most: SuppressionCause, then: &str| {
        done(store.lift(user, &contact.email, most, Actor::Recipient, at(then)).await)
    };
    suppress(bounce, "2026-03-21T12:00:00Z").await;
    assert!(lift(bounce, "2026-03-21T13:00:00Z").await, "it is lifted");
    assert!(!lift(bounce, "2026-03-21T13:10:00Z").await, "once");
    suppress(opt_out, "2026-03-21T14:00:00Z").await;
    assert!(!lift(bounce, "2026-03-21T14:10:00Z").await, "not by who may not");
    assert!(lift(SuppressionCause::Complaint, "2026-03-21T15:00:00Z").await, "by who may");
    let ins = told(store, "changes", Kind::ContactOptedIn).await;
    let causes: Vec<_> = ins.iter().map(|message| (&message.data["cause"], message.at)).collect();
    let (bounce, opt_out) = (json!("hard_bounce"), json!("opt_out"));
    let expected = [(&bounce, at("2026-03-21T13:00:00Z")), (&opt_out, at("2026-03-21T15:00:00Z"))];
    assert_eq!(causes, expected, "an address that is written to again is told, with what stood against it");
    let data = &ins[1].data;
    assert_eq!((&data["address"], &data["contact_id"]), (&json!("moved@home.example"), &json!("told")));
}

async fn removed<S: Store + WebhookStore + ?Sized>(stage: &Stage<'_, S>, contact: &Contact) {
    let store = stage.store;
    let remove = async |then: &str| {
        done(store.remove_contact(&contact.user_id, &contact.id, noted("contact_removed", then)).await)
    };
    assert_eq!(remove("2026-03-22T12:00:00Z").await, ContactRemoval::HasCampaigns);
    let delete = |id: &str| Command {
        campaign_id: id.parse().expect("an id"),
        actor: Actor::Operator,
        action: Action::Delete,
        desk: stage.desk.clone(),
    };
    let executed = stage.execute(vec![delete("told-1"), delete("told-2")]).await;
    assert!(executed.iter().all(|executed| executed.result.is_ok()), "campaigns are removed");
    assert!(stage.execute(vec![delete("told-1")]).await[0].result.is_err(), "once");
    let gone = told(store, "changes", Kind::CampaignRemoved).await;
    let mut ids: Vec<_> = gone.iter().map(|message| message.data["campaign_id"].clone()).collect();
    ids.sort_by_key(ToString::to_string);
    assert_eq!(ids, ["told-1", "told-2"], "each that was removed is told, once, also one of many");
    assert_eq!(gone[0].data["contact_id"], "told", "with its contact");
    assert_eq!(remove("2026-03-22T13:00:00Z").await, ContactRemoval::Removed);
    assert_eq!(remove("2026-03-22T14:00:00Z").await, ContactRemoval::NotThere);
    let gone = told(store, "removed", Kind::ContactRemoved).await;
    assert_eq!(gone.len(), 1, "a contact that was removed is told, once");
    let expected = json!({
        "agent_id": contact.user_id, "contact_id": "told", "external_id": null, "address": "moved@home.example",
    });
    assert_eq!((&gone[0].data, gone[0].at), (&expected, at("2026-03-22T13:00:00Z")));
    assert_eq!(all(store, "removed").await.len(), 1, "nobody is told what they do not want");
}

/// Whoever is erased is taken out of all of it, whatever their address was then, and that they are gone is told.
async fn erased<S>(stage: &Stage<'_, S>, contact: &Contact)
where
    S: Store + WebhookStore + PersonStore + ?Sized,
{
    let store = stage.store;
    let user = &contact.user_id;
    done(erase(store, &[], &stage.desk, user, &contact.email).await);
    for kind in [Kind::ContactChanged, Kind::ContactRemoved, Kind::ContactOptedIn, Kind::CampaignCreated] {
        for left in told(store, "changes", kind).await {
            assert_eq!(left.data["erased"], true, "{kind} is without the person");
            assert_eq!(left.data["contact_id"], "told", "{kind} is with ids");
            for personal in ["address", "first_name", "last_name"] {
                assert!(left.data.get(personal).is_none_or(Value::is_null), "{kind} has no {personal}");
            }
        }
    }
    let there = Contact {
        id: "there".parse().expect("an id"),
        email: address("there@home.example"),
        deleted_at: None,
        ..contact.clone()
    };
    let added = store.add_contact(there.clone(), noted("contact_added", START)).await;
    assert_eq!(done(added), ContactAddition::Added);
    done(erase(store, &[], &stage.desk, user, &there.email).await);
    let gone = told(store, "removed", Kind::ContactRemoved).await;
    let last = gone.iter().find(|message| message.data["contact_id"] == "there");
    let last = last.expect("that a contact was erased is told");
    assert_eq!((&last.data["address"], &last.data["erased"]), (&Value::Null, &json!(true)), "and no more");
}

async fn imports<S: Store + WebhookStore + ImportStore + ?Sized>(stage: &Stage<'_, S>) {
    let (store, user) = (stage.store, stage.new[0].campaign.user_id.clone());
    let options = ImportOptions { dry_run: true, ..ImportOptions::default() };
    let id = |name: &str| ImportId::new(name).expect("an id");
    let mut import = Import::new(id("told-import"), user.clone(), options, at(START));
    done(store.add_import(import.clone()).await);
    let begun = import.begin(at(START));
    assert!(begun.is_ok() && done(store.put_import(&import, Vec::new(), None).await), "it begins");
    import.version += 1;
    import.advance(&Tally { rows: 3, enrolled: 2, refused: 1, ..Tally::default() }, at(START));
    assert!(done(store.put_import(&import, Vec::new(), None).await), "it comes on");
    assert_eq!(told(store, "changes", Kind::ImportDone).await, [], "it has not ended");
    let late = import.clone();
    import.version += 1;
    import.end(None, at("2026-03-23T12:00:00Z"));
    assert!(done(store.put_import(&import, Vec::new(), None).await), "it ends");
    assert!(
        !done(store.put_import(&late, Vec::new(), None).await),
        "who did not hear of that stores nothing"
    );
    let ended = message(store, "changes", Kind::ImportDone).await;
    let expected = json!({
        "agent_id": user, "import_id": "told-import", "stage": "done", "dry_run": true, "rows": 3, "enrolled": 2,
        "already_enrolled": 0, "refused": 1, "opted_out": 0, "without_address": 0, "to_approve": 0, "not_verified": 0,
    });
    assert_eq!((&ended.data, ended.at), (&expected, at("2026-03-23T12:00:00Z")), "its counts are told");

    let mut unwanted = Import::new(id("told-unwanted"), user.clone(), ImportOptions::default(), at(START));
    done(store.add_import(unwanted.clone()).await);
    let cancelled = unwanted.cancel(at("2026-03-23T13:00:00Z"));
    assert!(
        cancelled.is_ok() && done(store.put_import(&unwanted, Vec::new(), None).await),
        "it is cancelled"
    );
    let ended = told(store, "changes", Kind::ImportDone).await;
    let stages: Vec<_> = ended.iter().map(|message| &message.data["stage"]).collect();
    assert_eq!(stages, ["done", "cancelled"], "that one was cancelled is told");

    // One whose reader died before they heeded that it was cancelled.
    let mut orphan = Import::new(id("told-orphan"), user.clone(), ImportOptions::default(), at(START));
    done(store.add_import(orphan.clone()).await);
    let begun = orphan.begin(at(START));
    orphan.advance(&Tally { rows: 7, enrolled: 7, ..Tally::default() }, at(START));
    assert!(begun.is_ok() && done(store.put_import(&orphan, Vec::new(), None).await), "it begins");
    orphan.version += 1;
    let cancelled = orphan.cancel(at(START));
    assert!(cancelled.is_ok() && done(store.put_import(&orphan, Vec::new(), None).await), "it is cancelled");
    orphan.version += 1;
    assert_eq!(told(store, "changes", Kind::ImportDone).await.len(), 2, "its reader was to end it");
    let ended = orphan.end_for_dead_reader(at("2026-03-23T14:00:00Z"));
    assert!(ended && done(store.put_import(&orphan, Vec::new(), None).await), "it is ended for them");
    let ended = told(store, "changes", Kind::ImportDone).await;
    let last = ended.last().map(|message| (&message.data["stage"], &message.data["rows"], message.at));
    let expected = (&json!("cancelled"), &json!(7), at("2026-03-23T14:00:00Z"));
    assert_eq!((ended.len(), last), (3, Some(expected)), "and that is told, with its counts");
    woken(store, id("told-woken"), user).await;
}

/// A reader who counted as dead wakes after their import was ended for them: it stays ended, and their counts are told.
async fn woken<S: Store + WebhookStore + ImportStore + ?Sized>(store: &S, id: ImportId, user: UserId) {
    let mut reader = Import::new(id.clone(), user, ImportOptions::default(), at(START));
    done(store.add_import(reader.clone()).await);
    let begun = reader.begin(at(START));
    assert!(begun.is_ok() && done(store.put_import(&reader, Vec::new(), None).await), "it begins");
    reader.version += 1;
    let mut ended = reader.clone();
    let cancelled = ended.cancel(at("2026-03-23T15:00:00Z"));
    assert!(cancelled.is_ok() && done(store.put_import(&ended, Vec::new(), None).await), "it is cancelled");
    assert_eq!(
        told(store, "changes", Kind::ImportDone).await.len(),
        4,
        "and so told, as far as it was known"
    );
    let read = async || done(store.import(&id).await).expect("the import is there");
    reader.advance(&Tally { rows: 5, enrolled: 5, ..Tally::default() }, at("2026-03-23T15:01:00Z"));
    assert!(!done(store.put_import(&reader, Vec::new(), None).await), "its reader wakes");
    assert!(reader.heed(&read().await), "and hears of it");
    for then in ["2026-03-23T15:01:00Z", "2026-03-23T15:02:00Z"] {
        reader.end(None, at(then));
        assert!(done(store.put_import(&reader, Vec::new(), None).await), "what they have in hand is kept");
        reader.version += 1;
        let stored = read().await;
        assert_eq!((&stored.stage, stored.tally.rows), (&ImportStage::Cancelled, 5), "it stays cancelled");
    }
    let told = told(store, "changes", Kind::ImportDone).await;
    let counts: Vec<_> = told.iter().skip(3).map(|message| &message.data["rows"]).collect();
    assert_eq!(counts, [&json!(0), &json!(5)], "that more was stored is told, once");
}

/// That a mailbox is lost is told with it, once for each consent, and stands in the agent's history.
async fn mailboxes<S: Store + WebhookStore + MailAccountStore + ?Sized>(stage: &Stage<'_, S>) {
    let (store, user) = (stage.store, stage.new[0].campaign.user_id.clone());
    let agent = done(store.agent(&user).await).expect("the agent is there");
    let (given, said) = (samples::mail_account(&agent, at(START)), "it was taken back");
    let read = async || done(store.mail_account(&user).await).expect("the account is there");
    let put = async |account: MailAccount| done(store.put_mail_account(account, None).await);
    let is_lost = async |seen: &MailAccount, then: &str| done(lose(store, seen, said, at(then)).await);
    assert!(put(given.clone()).await, "a mailbox is connected");
    let seen = read().await;
    assert!(put(MailAccount { may_fall_back: true, ..seen.clone() }).await, "it is changed otherwise");
    assert_eq!(told(store, "changes", Kind::MailboxLost).await, [], "it is not lost");
    assert!(is_lost(&seen, "2026-03-24T12:00:00Z").await, "by who saw it before that");
    assert!(!is_lost(&seen, "2026-03-24T12:10:00Z").await, "once");
    let lost = read().await;
    let grant = Grant::Revoked { since: at("2026-03-24T12:00:00Z"), reason: said.to_owned() };
    assert_eq!((&lost.grant, lost.may_fall_back), (&grant, true), "and what was changed is kept");
    assert!(put(MailAccount { may_fall_back: false, ..lost.clone() }).await, "it is changed again");
    let losses = told(store, "changes", Kind::MailboxLost).await;
    assert_eq!(losses.len(), 1, "a mailbox that is lost is told, once");
    let expected = json!({"agent_id": user, "address": given.address.as_str()});
    assert_eq!((&losses[0].data, losses[0].at), (&expected, at("2026-03-24T12:00:00Z")), "whose, and when");

    let again = MailAccount { grant: Grant::Given, connected_at: at("2026-03-25T12:00:00Z"), ..read().await };
    assert!(put(again).await, "the agent agrees again");
    assert!(!is_lost(&seen, "2026-03-25T12:10:00Z").await, "of the consent of before nothing is lost now");
    assert!(!put(lost).await, "nor by who saw an older one");
    assert_eq!(told(store, "changes", Kind::MailboxLost).await.len(), 1, "and nothing of it is told");
    assert!(is_lost(&read().await, "2026-03-26T12:00:00Z").await, "that one is lost too");
    assert_eq!(told(store, "changes", Kind::MailboxLost).await.len(), 2, "which is told by itself");

    let history = done(store.agent_history(&user, None, None, 100).await);
    let lines = history.into_iter().map(|line| line.entry).filter(|entry| entry.what == "mailbox_lost");
    let expected = ["2026-03-26T12:00:00Z", "2026-03-24T12:00:00Z"]
        .map(|then| AuditEntry::of("mailbox_lost", Actor::System, at(then), Some(said.to_owned())));
    assert_eq!(lines.collect::<Vec<_>>(), expected, "each stands in the agent's history, with why");
    assert!(done(store.remove_mail_account(&user).await), "it is removed");
}
