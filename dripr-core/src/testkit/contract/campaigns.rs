use super::{START, Stage, Store, at};
use crate::{
    campaign::{
        Action, Actor, AuditEntry, CampaignStatus, Command, LastCycle, Operation, Provision, Refusal,
    },
    content::{Author, CycleContent, Words},
    email::{DeliveryStatus, SuppressionCause},
    ids::CampaignId,
    policy::{FARTHEST, after},
    ports::{CampaignFilter, Clock, Enrolment},
    schedule::SendingRules,
    testkit::samples,
};

/// What every [`CampaignStore`](crate::ports::CampaignStore) must do.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn campaign_store<S: Store + ?Sized>(store: &S) {
    let stage = Stage::new(store, 4).await;
    enrols_once(&stage).await;
    tells_who_made_it(&stage).await;
    finds_what_is_due(&stage).await;
    executes_each_alone(&stage).await;
    keeps_content_by_cycle(&stage).await;
    the_last_operation_moves_the_campaign_on(&stage).await;
    lists_and_counts(&stage).await;
    suppression_wakes_every_campaign_to_the_address(&stage).await;
    a_removed_campaign_hands_its_last_sending_down(&stage).await;
    what_a_wrong_clock_left_behind_is_due(&stage).await;
}

async fn enrols_once<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    let mut again = stage.new[0].clone();
    again.campaign.id = CampaignId::new("another").expect("an id");
    again.contact.id = crate::ids::ContactId::new("another").expect("an id");
    again.contact.email = "OWNER1@home.example".parse().expect("an address");
    if let Some(home) = &mut again.campaign.home {
        home.street = "1 ELM STREET.".to_owned();
    }
    let stranger = samples::agent("nobody", at(START)).expect("an agent");
    let foreign = samples::campaign(&stranger, 1, "98103", 12, at(START)).expect("a campaign");
    let enrolments = stage.store.enrol(vec![again, foreign]).await.expect("enrolling");
    assert_eq!(
        enrolments,
        [Enrolment::Exists(stage.id(0)), Enrolment::NoAgent(stranger.id)],
        "a second campaign for one agent, address and home names the first, however both are spelt; a campaign of an \
         unknown agent is refused"
    );
    let unknown = CampaignId::new("unknown").expect("an id");
    let loaded = stage.store.load(&[unknown, stage.id(1)]).await.expect("loading");
    assert!(loaded[0].is_none(), "an unknown campaign is None");
    let second = loaded[1].as_ref().expect("known campaigns are found, in the order asked for");
    assert_eq!(second.campaign.id, stage.id(1), "campaigns come in the order asked for");
    assert_eq!(second.contact, stage.new[1].contact, "the contact comes back as it was given");
    assert_eq!(second.campaign.home, stage.new[1].campaign.home, "the home comes back as it was given");
}

/// Who made a campaign is in its history, if that is told; of one that is there already nothing is.
async fn tells_who_made_it<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    let mut new = stage.new[0].clone();
    new.campaign.id = CampaignId::new("made").expect("an id");
    new.contact.id = crate::ids::ContactId::new("made").expect("an id");
    new.contact.email = "made@home.example".parse().expect("an address");
    let made = AuditEntry::of("campaign_made", Actor::Operator, at(START), Some("asked".to_owned()));
    new.audit = Some(made.clone());
    let id = new.campaign.id.clone();
    for enrolment in [Enrolment::Enrolled(id.clone()), Enrolment::Exists(id.clone())] {
        assert_eq!(stage.store.enrol(vec![new.clone()]).await.expect("enrolling"), [enrolment], "once");
    }
    assert_eq!(stage.store.history(&id).await.expect("a history"), [made], "who made it is told, once");
    let user = &new.campaign.user_id;
    let agents = stage.store.agent_history(user, Some(id.clone()), None, 9).await.expect("a history");
    assert_eq!(agents.len(), 1, "to its agent too");
    // Out of the way of what follows.
    let command =
        Command { campaign_id: id, actor: Actor::Operator, action: Action::Delete, desk: stage.desk.clone() };
    stage.store.execute(vec![command]).await.expect("removing it");
}

async fn finds_what_is_due<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    let preparation = at("2026-03-11T15:00:00Z");
    let next = stage.store.next_due().await.expect("the next deadline");
    assert_eq!(
        next,
        Some(preparation),
        "after a tick the deadline is the preparation, a day before the 12th"
    );
    let early = stage.store.due(at("2026-03-11T14:59:59Z"), 10).await.expect("due");
    assert!(early.is_empty(), "nothing is due a second early");
    let due = stage.store.due(preparation, 3).await.expect("due");
    assert_eq!(due.len(), 3, "due gives at most as many as asked for");
}

async fn executes_each_alone<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    stage.clock.set(at("2026-03-11T15:00:00Z"));
    let unknown = CampaignId::new("unknown").expect("an id");
    let cycle = stage.cycle(1).await;
    let early = Action::Finish {
        operation: Operation::EmailCreation,
        cycle,
        fence: None,
        provision: Provision::Own,
        content: None,
    };
    let mut commands = vec![stage.command(0, Action::Tick), stage.command(0, Action::Tick)];
    commands[0].campaign_id = unknown;
    commands.push(stage.command(1, early));
    commands.push(stage.command(1, Action::Tick));
    let executions = stage.execute(commands).await;
    assert!(
        matches!(executions[0].result, Err(Refusal::NoCampaign(_))),
        "a command for an unknown campaign is refused as such, not {:?}",
        executions[0].result
    );
    assert!(executions[1].result.is_ok(), "a refused command does not stop its neighbours");
    assert!(
        matches!(executions[2].result, Err(Refusal::MovedOn { .. })),
        "work that is not wanted is refused, not {:?}",
        executions[2].result
    );
    assert!(
        executions[3].result.is_ok(),
        "commands for one campaign are executed in order, refused ones aside"
    );
    for n in [0, 1] {
        let campaign = stage.dossier(n).await.campaign;
        assert_eq!(campaign.status, CampaignStatus::WaitingForData, "a due campaign begins to be prepared");
        assert!(campaign.version > 0, "every stored change has a version of its own");
    }
    let until = at("2026-03-11T15:00:01.000000500Z");
    let later = Action::Postpone { operation: Operation::Property, cycle, until, failure: None };
    let execution = stage.try_(1, later).await;
    assert_eq!(execution.deadline, Some(until), "an execution tells the deadline that it left");
    let early = stage.store.due(at("2026-03-11T15:00:01Z"), 10).await.expect("due");
    assert!(
        !early.contains(&stage.id(1)),
        "nothing is due before its deadline, however finely a store keeps instants"
    );
    let due = stage.store.due(at("2026-03-11T15:00:01.001Z"), 10).await.expect("due");
    assert!(due.contains(&stage.id(1)), "what was put off is due when its time has come");
}

async fn keeps_content_by_cycle<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    let words = |text: &str| CycleContent::HomeReport(Words::new(text.to_owned(), Author::Composed));
    let cycle = stage.cycle(0).await;
    stage.finish(0, Operation::Property, Some(words("not a home, but content"))).await;
    let id = stage.id(0);
    let content = stage.store.content(&[(stage.id(1), cycle), (id.clone(), cycle)]).await.expect("content");
    assert!(content[0].is_empty(), "content of a campaign that stored none is empty");
    assert_eq!(
        content[1],
        [(Operation::Property, words("not a home, but content"))],
        "content comes back by campaign, cycle and operation"
    );
    let later = crate::schedule::Cycle::new(cycle.date() + chrono::Days::new(30));
    let earlier = stage
        .store
        .earlier_content(&[(id.clone(), later), (id, cycle)], Operation::Property)
        .await
        .expect("earlier content");
    assert_eq!(
        earlier[0].as_ref().map(|(cycle, _)| *cycle),
        Some(cycle),
        "a later cycle sees it as earlier content"
    );
    assert_eq!(earlier[1], None, "the cycle's own content is not earlier content");
}

async fn the_last_operation_moves_the_campaign_on<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    for operation in [Operation::ActiveListings, Operation::RecentSales, Operation::LocalMarketData] {
        stage.finish(0, operation, None).await;
    }
    assert_eq!(
        stage.dossier(0).await.campaign.status,
        CampaignStatus::WaitingForData,
        "one operation is missing"
    );
    stage.finish(0, Operation::Intro, None).await;
    let campaign = stage.dossier(0).await.campaign;
    assert_eq!(
        campaign.status,
        CampaignStatus::WaitingForHomeAnalysis,
        "the last operation to finish moves the campaign on in the same write"
    );
}

async fn lists_and_counts<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    let all = stage.store.list(&CampaignFilter::default(), None, 100).await.expect("listing");
    assert_eq!(all.len(), 4, "every campaign is listed");
    let rest = stage.store.list(&CampaignFilter::default(), Some(stage.id(1)), 1).await.expect("listing");
    assert_eq!(rest.len(), 1, "a page has at most as many as asked for");
    assert_eq!(rest[0].campaign.id, stage.id(2), "a page goes on after the id it is given");
    let dormant = CampaignFilter { status: Some(CampaignStatus::Dormant), ..CampaignFilter::default() };
    let dormant = stage.store.list(&dormant, None, 100).await.expect("listing");
    assert_eq!(dormant.len(), 2, "the filter by status is obeyed");
    let ids = async |filter: CampaignFilter, after| {
        let found = stage.store.list(&filter, after, 100).await.expect("listing");
        found.into_iter().map(|dossier| dossier.campaign.id).collect::<Vec<_>>()
    };
    let user_id = Some(stage.new[0].campaign.user_id.clone());
    let of_agent = || CampaignFilter { user_id: user_id.clone(), ..CampaignFilter::default() };
    let to = |address: &str| CampaignFilter { to: address.parse().ok(), ..of_agent() };
    assert_eq!(
        ids(to("OWNER2@home.example"), None).await,
        [stage.id(1)],
        "and that by address, however it is spelt"
    );
    assert_eq!(ids(to("owner2@home.example"), Some(stage.id(1))).await, [], "a page at a time");
    assert_eq!(ids(to("nobody@home.example"), None).await, []);
    let needs = |needs| CampaignFilter { needs_agent: Some(needs), ..of_agent() };
    let (some, others) = (ids(needs(true), None).await, ids(needs(false), None).await);
    assert_eq!(some.len() + others.len(), 4, "a campaign needs its agent or does not");
    assert!(some.iter().all(|id| !others.contains(id)), "and not both");
    let enabled = |enabled| CampaignFilter { enabled: Some(enabled), ..of_agent() };
    assert_eq!(ids(enabled(true), None).await.len(), 4, "all are enabled");
    stage.did(3, Action::Disable).await;
    assert_eq!(ids(enabled(false), None).await, [stage.id(3)], "but one that was disabled");
    stage.did(3, Action::Enable).await;
    for (zip_code, expected) in [("98103", 4), ("98104", 0)] {
        let about = CampaignFilter {
            zip_code: Some(zip_code.parse().expect("a ZIP code")),
            ..CampaignFilter::default()
        };
        let about = stage.store.list(&about, None, 100).await.expect("listing");
        assert_eq!(about.len(), expected, "the filter by ZIP code is obeyed");
    }
    let counts = crate::ports::CampaignStore::count_by_status(stage.store).await.expect("counting");
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), 4, "every campaign is counted once");
}

async fn suppression_wakes_every_campaign_to_the_address<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    stage.make_email(2).await;
    let status = stage.dossier(2).await.email.map(|email| email.delivery_status);
    assert_eq!(status, Some(DeliveryStatus::Approved), "an email that needs no approval has it");
    stage.did(2, Action::Suppress { cause: SuppressionCause::OptOut }).await;
    let dossier = stage.dossier(2).await;
    assert_eq!(
        dossier.campaign.status,
        CampaignStatus::Unsubscribed,
        "a suppressed campaign is unsubscribed at once"
    );
    assert!(dossier.suppression.is_some(), "the suppression is read with the campaign");
    let history = stage.store.history(&stage.id(2)).await.expect("history");
    assert!(
        history.iter().any(|entry| entry.what == "suppressed"),
        "a suppression leaves an audit row with the same write: {history:?}"
    );
}

async fn a_removed_campaign_hands_its_last_sending_down<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    stage.begin(3).await;
    stage.did(3, Action::Skip { reason: None }).await;
    let last = stage.dossier(3).await.campaign.last_cycle;
    assert!(last.is_some(), "a skipped cycle is the last cycle");
    stage.did(3, Action::Delete).await;
    let gone = stage.try_(3, Action::Enable).await;
    assert!(matches!(gone.result, Err(Refusal::NoCampaign(_))), "a removed campaign takes no commands");
    let mut again = stage.new[3].clone();
    again.campaign.id = CampaignId::new("again").expect("an id");
    let enrolments = stage.store.enrol(vec![again]).await.expect("enrolling");
    let id = CampaignId::new("again").expect("an id");
    assert_eq!(enrolments, [Enrolment::Enrolled(id.clone())], "a removed campaign can be made again");
    let loaded = stage.store.load(std::slice::from_ref(&id)).await.expect("loading");
    let campaign = &loaded[0].as_ref().expect("the new campaign").campaign;
    assert_eq!(
        campaign.last_cycle, last,
        "a campaign made again inherits the last cycle, so that the gap holds"
    );
    stage
        .execute(vec![crate::campaign::Command {
            campaign_id: id.clone(),
            ..stage.command(3, Action::Delete)
        }])
        .await;
    let mut carried = stage.new[3].clone();
    let ended = last.map(|last| LastCycle {
        slot: SendingRules::default().slot_of_cycle("2026-11-12".parse().expect("a cycle")),
        sent: Some(last.slot.at()),
    });
    carried.campaign.id = CampaignId::new("carried").expect("an id");
    (carried.campaign.last_cycle, carried.campaign.last_sent_email_datetime) =
        (ended, ended.and_then(|ended| ended.sent));
    let id = carried.campaign.id.clone();
    stage.store.enrol(vec![carried]).await.expect("enrolling");
    let loaded = stage.store.load(std::slice::from_ref(&id)).await.expect("loading");
    let campaign = &loaded[0].as_ref().expect("the new campaign").campaign;
    assert_eq!(
        (campaign.last_cycle, campaign.last_sent_email_datetime),
        (ended, ended.and_then(|ended| ended.sent)),
        "a campaign that brings a later cycle than the removed one had keeps its own"
    );
    let refused = crate::campaign::Command { campaign_id: id.clone(), ..stage.command(0, Action::Retry) };
    assert!(stage.execute(vec![refused]).await[0].result.is_err(), "there is nothing to retry");
    let due = stage.store.due(at("2030-01-01T00:00:00Z"), 100).await.expect("due");
    assert!(due.contains(&id), "a refused command does not keep a new campaign from being looked at");
}

async fn what_a_wrong_clock_left_behind_is_due<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    let (id, now) = (stage.id(1), stage.clock.now());
    let due = async |now| stage.store.due(now, 100).await.expect("due").contains(&id);
    stage.clock.set(at("2036-05-01T00:00:00Z"));
    stage.did(1, Action::Tick).await;
    assert!(
        !due(stage.clock.now()).await,
        "a clock that is ten years ahead finds the campaign to be done for now"
    );
    stage.clock.set(now);
    assert!(due(now).await, "a deadline farther ahead than any is stored for is due");
    stage.did(1, Action::Tick).await;
    assert!(!due(now).await, "once it was looked at, its deadline is one that can be");
    let slot = stage.dossier(1).await.campaign.slot.expect("a slot");
    assert!(slot.at() < after(now, FARTHEST), "and its slot too");
}
