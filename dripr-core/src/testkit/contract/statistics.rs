use std::collections::BTreeMap;

use super::{Stage, Store, at};
use crate::{
    access::{Membership, Reach, Role},
    campaign::{Action, Actor},
    email::{Suppression, SuppressionCause},
    feedback::{Bounce, BounceKind, Feedback, Happening},
    ids::{BrokerageId, FeedbackId, TeamId, UserId},
    ports::{FeedbackStore, StatisticsStore},
    statistics::{CameBackEmails, Period, Statistics},
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
    stage.did(3, Action::Delete).await;
    let mut emails = Vec::new();
    for n in 0..3 {
        stage.make_email(n).await;
        emails.push(stage.dossier(n).await.email.expect("an email").id);
    }
    // Two are sent at the opening of the window, the third waits for its agent.
    stage.clock.set(at("2026-03-12T15:00:00Z"));
    for (n, email_id) in emails.iter().take(2).enumerate() {
        let email_id = email_id.clone();
        stage.did(n, Action::Tick).await;
        stage.did(n, Action::Claim { email_id: email_id.clone() }).await;
        stage.did(n, Action::Arrived { email_id }).await;
    }
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
        sent: 2,
        came_back: CameBackEmails { delivered: 1, opened: 2, clicked: 1, bounced: 1, complained: 1 },
        opted_out: 1,
    };
    assert_eq!(found, expected, "each thing is counted once, in its time");
    assert_eq!(campaigns, 3, "removed campaigns are left out");
    let april = Period { from: march.until, until: at("2026-05-01T00:00:00Z") };
    let later = of(Reach::Agent(user.clone()), april).await;
    assert_eq!((later.sent, later.opted_out), (0, 0), "what was before does not count");
    assert_eq!(later.came_back, CameBackEmails { clicked: 1, ..CameBackEmails::default() });
    assert_eq!(later.campaigns, found.campaigns, "what is now is the same");

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
