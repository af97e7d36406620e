use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::{America, Pacific, Tz};

use super::{Stage, Store, at};
use crate::{
    access::{Membership, Reach, Role},
    campaign::{Action, Actor},
    email::{Suppression, SuppressionCause},
    feedback::{Bounce, BounceKind, Feedback, Happening},
    ids::{BrokerageId, EmailId, FeedbackId, TeamId, UserId},
    ports::{AgentStore, CampaignStore, FeedbackStore, StatisticsStore},
    statistics::{Achieved, CameBackEmails, Interval, MOST_PIECES, Period, Span, Statistics},
    testkit::samples,
};

/// What every [`StatisticsStore`] must do: count what agents in reach have and achieved, each thing once, and nothing of others.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn statistics_store<S: Store + FeedbackStore + StatisticsStore + ?Sized>(store: &S) {
    let march = Period { from: at("2026-03-01T00:00:00Z"), until: at("2026-04-01T00:00:00Z") };
    let of = async |reach: Reach, period| store.statistics(&reach, period).await.expect("counting");
    assert_eq!(of(Reach::Deployment, march).await, Statistics::default(), "there is nothing to count");

    let stage = Stage::new(store, 4).await;
    let user = stage.new[0].campaign.user_id.clone();
    let beside = another(&stage).await;
    stage.did(3, Action::Delete).await;
    let mut emails = Vec::new();
    for n in 0..3 {
        stage.make_email(n).await;
        emails.push(stage.dossier(n).await.email.expect("an email").id);
    }
    beside.make_email(0).await;
    let theirs = beside.dossier(0).await.email.expect("an email").id;
    // Two are sent at the opening of the window, the third waits for its agent.
    stage.clock.set(at("2026-03-12T15:00:00Z"));
    for (n, email_id) in emails.iter().take(2).enumerate() {
        send(&stage, n, email_id).await;
    }
    send(&beside, 0, &theirs).await;
    emails.push(theirs);
    let bounce = |kind| Happening::Bounced(Bounce { kind, detail: r#""kind":"auto_reply""#.to_owned() });
    let opened = || Happening::Opened { user_agent: "a".to_owned() };
    let clicked = || Happening::Clicked { link: "b".to_owned(), user_agent: "a".to_owned() };
    for (n, (email, time, what)) in [
        (0, "2026-03-12T16:00:00Z", Happening::Delivered),
        (0, "2026-03-13T16:00:00Z", opened()),
        (0, "2026-03-14T16:00:00Z", opened()),
        (1, "2026-03-31T23:59:59Z", opened()),
        (0, "2026-03-14T16:00:00Z", clicked()),
        (1, "2026-04-01T00:00:00Z", clicked()),
        (1, "2026-03-12T16:00:00Z", bounce(BounceKind::FullMailbox)),
        (1, "2026-03-13T16:00:00Z", bounce(BounceKind::FullMailbox)),
        (0, "2026-03-13T16:00:00Z", bounce(BounceKind::AutoReply)),
        (1, "2026-03-01T00:00:00Z", Happening::Complained),
        (0, "2026-02-28T23:59:59Z", Happening::Complained),
        (3, "2026-03-12T15:00:01Z", Happening::Delivered),
        (3, "2026-03-20T12:00:00Z", opened()),
        (3, "2026-03-30T12:00:00Z", opened()),
    ]
    .into_iter()
    .enumerate()
    {
        let id = FeedbackId::new(n.to_string()).expect("an id");
        let feedback = Feedback { id, email_id: emails[email].clone(), recipient: None, at: at(time), what };
        assert!(store.keep_feedback(feedback).await.expect("keeping"), "what is new is kept");
    }
    for (n, cause, since) in [
        (0, SuppressionCause::OptOut, "2026-03-31T12:00:00Z"),
        (1, SuppressionCause::HardBounce, "2026-03-12T16:00:00Z"),
        (3, SuppressionCause::OptOut, "2026-02-12T16:00:00Z"),
    ] {
        let address = stage.new[n].contact.email.clone();
        let suppression =
            Suppression { user_id: user.clone(), address, cause, since: at(since), carried_from: None };
        store.suppress(suppression, Actor::Provider).await.expect("suppressing");
    }
    let found = of(Reach::Agent(user.clone()), march).await;
    let campaigns: u64 = found.campaigns.values().sum();
    let expected = Statistics {
        contacts: 4,
        campaigns: found.campaigns.clone(),
        needing_agent: found.needing_agent,
        awaiting_approval: found.awaiting_approval,
        suppressed: BTreeMap::from([(SuppressionCause::HardBounce, 1), (SuppressionCause::OptOut, 2)]),
        achieved: Achieved {
            sent: 2,
            came_back: CameBackEmails { delivered: 1, opened: 2, clicked: 1, bounced: 1, complained: 1 },
            opted_out: 1,
        },
    };
    assert_eq!(found, expected, "each thing is counted once, in its time");
    assert_eq!(campaigns, 3, "removed campaigns are left out");
    let april = Period { from: march.until, until: at("2026-05-01T00:00:00Z") };
    let later = of(Reach::Agent(user.clone()), april).await;
    let came_back = CameBackEmails { clicked: 1, ..CameBackEmails::default() };
    let only = Achieved { came_back, ..Achieved::default() };
    assert_eq!(later.achieved, only, "what was before does not count");
    assert_eq!(later.campaigns, found.campaigns, "what is now is the same");

    in_pieces(store, &user).await;
    of_each(store, &user, &beside.new[0].campaign.user_id, march).await;

    // Whom a reach covers.
    let (house, team) = (BrokerageId::new("house").expect("an id"), TeamId::new("team").expect("an id"));
    let nobody = UserId::new("nobody").expect("an id");
    assert_eq!(of(Reach::Agent(nobody), march).await, Statistics::default(), "nobody has nothing");
    assert_eq!(of(Reach::Brokerage(house.clone()), march).await, Statistics::default(), "nor has the house");
    let mut agent = store.agent(&user).await.expect("reading an agent").expect("the agent");
    agent.membership =
        Membership { brokerage: Some(house.clone()), team: Some(team.clone()), role: Role::Agent };
    assert!(crate::ports::AgentStore::replace(store, agent, None).await.expect("replacing"));
    let other = TeamId::new("other").expect("an id");
    for (reach, counts) in [
        (Reach::Deployment, true),
        (Reach::Brokerage(house.clone()), true),
        (Reach::Team(house.clone(), team.clone()), true),
        (Reach::Team(house, other), false),
        (Reach::Brokerage(BrokerageId::new("team").expect("an id")), false),
    ] {
        let counted = of(reach.clone(), march).await;
        assert_eq!(counted == found, counts, "{reach:?} counts the agent's or nothing");
    }
}

/// Another agent with one campaign, beside those of a stage.
async fn another<'a, S: Store + ?Sized>(stage: &Stage<'a, S>) -> Stage<'a, S> {
    let agent = samples::agent("another", stage.clock_now()).expect("a sample agent");
    let event = samples::user_created(&agent);
    let registered = AgentStore::register(stage.store, agent.clone(), event, Actor::Operator).await;
    assert!(registered.expect("registering another agent"), "another agent is registered");
    let new = vec![samples::campaign(&agent, 9, "98103", 12, stage.clock_now()).expect("a sample campaign")];
    CampaignStore::enrol(stage.store, new.clone()).await.expect("enrolling a campaign");
    let beside = Stage { store: stage.store, clock: stage.clock.clone(), desk: stage.desk.clone(), new };
    beside.did(0, Action::Tick).await;
    beside
}

async fn send<S: Store + ?Sized>(stage: &Stage<'_, S>, n: usize, email_id: &EmailId) {
    stage.did(n, Action::Tick).await;
    stage.did(n, Action::Claim { email_id: email_id.clone() }).await;
    stage.did(n, Action::Arrived { email_id: email_id.clone() }).await;
}

fn span(first: &str, last: &str, zone: Tz) -> Span {
    let day = |text: &str| text.parse().expect("a day");
    Span::new(day(first), day(last), zone).expect("days")
}

/// A series has an entry for each piece of some days, and together they are what is counted of all these days.
async fn in_pieces<S: StatisticsStore + ?Sized>(store: &S, user: &UserId) {
    let of = async |reach: &Reach, span: Span, by| {
        let pieces = span.cut(by).expect("not too many pieces");
        let series = store.series(reach, &pieces).await.expect("counting in pieces");
        assert_eq!(series.len(), pieces.as_slice().len(), "each piece has an entry");
        series
    };
    let agent = Reach::Agent(user.clone());
    let march = span("2026-03-01", "2026-03-31", Tz::UTC);
    let mut expected = vec![Achieved::default(); 31];
    expected[0].came_back.complained = 1;
    expected[11].sent = 2;
    expected[11].came_back.delivered = 1;
    expected[11].came_back.bounced = 1;
    expected[12].came_back.opened = 1;
    expected[13].came_back.clicked = 1;
    expected[30].came_back.opened = 1;
    expected[30].opted_out = 1;
    let days = of(&agent, march, Interval::Day).await;
    assert_eq!(days, expected, "each thing is counted once, on the day on which it happened first");
    let weeks = of(&agent, march, Interval::Week).await;
    let opened: Vec<_> = weeks.iter().map(|week| week.came_back.opened).collect();
    assert_eq!(opened, [0, 0, 1, 0, 0, 1], "weeks begin on Mondays");
    let months = of(&agent, span("2026-02-28", "2026-04-01", Tz::UTC), Interval::Month).await;
    let clicked: Vec<_> = months.iter().map(|month| month.came_back.clicked).collect();
    let complained: Vec<_> = months.iter().map(|month| month.came_back.complained).collect();
    assert_eq!(
        (clicked, complained),
        (vec![0, 1, 1], vec![1, 1, 0]),
        "what is of other months is not theirs"
    );
    let nobody = Reach::Agent(UserId::new("nobody").expect("an id"));
    assert_eq!(of(&nobody, march, Interval::Day).await, [Achieved::default(); 31], "nobody has nothing");

    let year = span("2025-03-01", "2026-04-04", America::New_York);
    assert_eq!(of(&agent, year, Interval::Day).await.len(), MOST_PIECES, "so many may be asked for");
    for reach in [agent, Reach::Deployment] {
        for zone in [Tz::UTC, America::New_York, Pacific::Apia] {
            for (first, last) in [
                ("2026-03-01", "2026-03-31"),
                ("2026-03-12", "2026-03-12"),
                ("2026-03-13", "2026-04-01"),
                ("2025-03-01", "2026-04-04"),
            ] {
                for by in Interval::ALL {
                    let days = span(first, last, zone);
                    let all = store.statistics(&reach, days.period()).await.expect("counting").achieved;
                    let together = sum(&of(&reach, days, by).await);
                    assert_eq!(together, all, "{reach:?} from {first} to {last} in {zone} by {by:?}");
                }
            }
        }
    }
}

/// What is counted of each agent is what is counted of them alone, and together it is what is counted of all.
async fn of_each<S: Store + StatisticsStore + ?Sized>(
    store: &S,
    user: &UserId,
    other: &UserId,
    march: Period,
) {
    let nobody = UserId::new("nobody").expect("an id");
    let of = async |reach: Reach| store.statistics(&reach, march).await.expect("counting");
    let each = async |ids: &BTreeSet<UserId>| {
        store.statistics_of_each(ids, march).await.expect("counting of each agent")
    };
    assert_eq!(each(&BTreeSet::new()).await, BTreeMap::new(), "of nobody nothing is counted");
    let ids = BTreeSet::from([user.clone(), other.clone(), nobody.clone()]);
    let found = each(&ids).await;
    let users = of(Reach::Agent(user.clone())).await;
    let others = of(Reach::Agent(other.clone())).await;
    let came_back = CameBackEmails { delivered: 1, opened: 1, ..CameBackEmails::default() };
    assert_eq!(others.achieved, Achieved { sent: 1, came_back, opted_out: 0 }, "the other's are their own");
    let expected = BTreeMap::from([
        (user.clone(), users.clone()),
        (other.clone(), others.clone()),
        (nobody, Statistics::default()),
    ]);
    assert_eq!(found, expected, "each has their own");
    assert_eq!(each(&BTreeSet::from([other.clone()])).await.len(), 1, "who is not asked for is not counted");
    let all = of(Reach::Deployment).await;
    assert_eq!(all.achieved, sum(&[users.achieved, others.achieved]), "together they are all");
    assert_eq!(all.contacts, users.contacts + others.contacts);
    for (status, count) in &all.campaigns {
        let of_each = [&users, &others].map(|found| found.campaigns.get(status).copied().unwrap_or_default());
        assert_eq!(*count, of_each.iter().sum::<u64>(), "{status}");
    }

    let at = at("2026-04-02T12:00:00Z");
    assert!(AgentStore::remove(store, other, at).await.expect("removing an agent"), "an agent is removed");
    let left = each(&ids).await;
    assert_eq!(left.get(other), Some(&Statistics::default()), "whoever was removed has nothing");
    assert_eq!(left.get(user), Some(&users), "others keep what they have");
    assert_eq!(of(Reach::Deployment).await, users, "all are those who are left");
}

fn sum(parts: &[Achieved]) -> Achieved {
    let of = |field: fn(&Achieved) -> u64| parts.iter().map(field).sum::<u64>();
    Achieved {
        sent: of(|part| part.sent),
        came_back: CameBackEmails {
            delivered: of(|part| part.came_back.delivered),
            opened: of(|part| part.came_back.opened),
            clicked: of(|part| part.came_back.clicked),
            bounced: of(|part| part.came_back.bounced),
            complained: of(|part| part.came_back.complained),
        },
        opted_out: of(|part| part.opted_out),
    }
}
