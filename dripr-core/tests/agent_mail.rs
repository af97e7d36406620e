//! What agents are told about their own account, when, and how often.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use dripr_core::{
    Dripr,
    agent::{Agent, Pause, PauseCause, Subscription},
    agent_mail::NoticeLinks,
    campaign::{Action, Actor},
    email::{ApprovalLinks, DeliveryStatus, Email, OutgoingEmail},
    ids::UserId,
    mail_account::{ConnectLinks, Grant, MailAccount, SealedToken, UnusableConnectLink, invited},
    policy::Policy,
    ports::{AgentStore, Clock, EmailFilter, EmailStore, MailAccountStore, NoticeStore, SendOutcome},
    schedule::{Instant, SendingRules},
    testkit::{Mailbox, ManualClock, MemoryStore, Mood, samples},
};

const KEY: &str = "a sample key of some length";

/// A deployment with one agent, whose homeowners are written to on the 12th; mail to the agent has a box of its own.
struct Scene {
    store: MemoryStore,
    clock: Arc<ManualClock>,
    reports: Arc<Mailbox>,
    agents: Arc<Mailbox>,
    dripr: Dripr,
}

impl Scene {
    async fn new(homeowners: usize) -> Self {
        let start = at("2026-03-01T12:00:00Z");
        let (store, clock) = (MemoryStore::new(), Arc::new(ManualClock::at(start)));
        let (reports, agents) = (Arc::new(Mailbox::new()), Arc::new(Mailbox::new()));
        samples::fill(&store, homeowners, "98103", 12, start).await.unwrap();
        let links = NoticeLinks::new(approval())
            .with_connect(ConnectLinks::new("https://mail.example", KEY.to_owned().into()).unwrap(), "gmail");
        let dripr = samples::builder(&store, clock.clone(), reports.clone())
            .unwrap()
            .agent_mailer(agents.clone())
            .notices(Arc::new(store.clone()), links)
            .policy(Policy::default())
            .build()
            .unwrap();
        let scene = Self { store, clock, reports, agents, dripr };
        scene.until("2026-03-01T12:00:01Z").await;
        scene
    }

    /// Every campaign wants approval.
    async fn with_approval(homeowners: usize) -> Self {
        let scene = Self::new(homeowners).await;
        for n in 1..=homeowners {
            scene.does(n, Action::RequireApproval { check_before_sending: true }).await;
        }
        scene
    }

    async fn does(&self, campaign: usize, action: Action) {
        let id = format!("agent-{campaign}").parse().unwrap();
        self.dripr.command(&id, Actor::User(user()), action).await.unwrap();
    }

    /// Lets time pass, from one due instant to the next.
    async fn until(&self, end: &str) {
        loop {
            let step = self.dripr.step().await.unwrap();
            match step.next.filter(|next| *next <= at(end)) {
                Some(next) => self.clock.set(next),
                None => break,
            }
        }
        self.clock.set(at(end));
        self.dripr.step().await.unwrap();
    }

    /// What the agent got after the welcome: when, and what it was about.
    fn told(&self) -> Vec<(String, String)> {
        let notices = self.notices();
        let told = notices.iter().map(|mail| (mail.date.to_rfc3339(), mail.message.subject.clone()));
        told.map(|(date, subject)| (date.replace(":00+00:00", "Z"), subject)).collect()
    }

    fn notices(&self) -> Vec<OutgoingEmail> {
        let accepted = self.agents.accepted();
        accepted.into_iter().filter(|mail| !mail.email_id.as_str().starts_with("welcome.")).collect()
    }

    async fn change(&self, change: impl FnOnce(&mut Agent)) {
        let mut agent = self.store.agent(&user()).await.unwrap().unwrap();
        change(&mut agent);
        assert!(AgentStore::replace(&self.store, agent, None).await.unwrap());
    }

    async fn grant(&self, grant: Grant) {
        let known = self.store.mail_account(&user()).await.unwrap();
        let account = MailAccount {
            user_id: user(),
            address: "ana@mail.example".parse().unwrap(),
            scopes: Vec::new(),
            refresh_token: SealedToken(vec![1]),
            grant,
            connected_at: self.clock.now(),
            may_fall_back: false,
            fell_back_until: None,
            version: known.map_or(0, |known| known.version),
        };
        assert!(self.store.put_mail_account(account, None).await.unwrap());
    }

    fn revoked(&self) -> Grant {
        Grant::Revoked { since: self.clock.now(), reason: "consent was taken back".to_owned() }
    }

    async fn waiting(&self) -> Vec<Email> {
        let filter = EmailFilter { delivery_status: Some(DeliveryStatus::Created), ..EmailFilter::default() };
        self.store.emails(&filter, None, 100).await.unwrap()
    }
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn user() -> UserId {
    UserId::new("agent").unwrap()
}

fn approval() -> ApprovalLinks {
    ApprovalLinks::new("https://mail.example", KEY.to_owned().into()).unwrap()
}

fn pairs<const N: usize>(expected: [(&str, &str); N]) -> Vec<(String, String)> {
    expected.map(|(date, subject)| (date.to_owned(), subject.to_owned())).to_vec()
}

#[tokio::test]
async fn the_agent_is_asked_at_nine_in_the_sending_zone_once_a_day_and_by_links_that_work() {
    let scene = Scene::with_approval(3).await;
    // Preparation begins 72 hours before the 12th at 11:00 in New York, after that day's morning.
    scene.until("2026-03-10T12:59:59Z").await;
    assert_eq!(scene.waiting().await.len(), 3);
    assert_eq!(scene.told(), [], "nobody is asked before nine");
    scene.until("2026-03-10T23:00:00Z").await;
    let asked = ("2026-03-10T13:00Z", "3 reports wait, 0 campaigns need you");
    assert_eq!(scene.told(), pairs([asked]), "one mail for all, and one a day");

    let mail = scene.notices().remove(0);
    let waiting = scene.waiting().await;
    for email in &waiting {
        let line =
            mail.message.text.lines().find(|line| line.contains(&format!("/a/{}/", email.id))).unwrap();
        let path = line.strip_prefix("https://mail.example/a/").unwrap();
        assert_eq!(approval().check(path, email, scene.clock.now()), Ok(()));
        assert!(mail.message.text.contains(&format!("{line}/skip\n{line}/intro")));
    }
    let (email_id, content_hash) = (waiting[0].id.clone(), waiting[0].content_hash);
    let campaign = waiting[0].campaign_id.clone();
    let approve = Action::Approve { email_id, content_hash, of: user() };
    scene.dripr.command(&campaign, Actor::User(user()), approve).await.unwrap();
    scene.until("2026-03-11T23:00:00Z").await;
    let again = ("2026-03-11T13:00Z", "2 reports wait, 0 campaigns need you");
    assert_eq!(scene.told(), pairs([asked, again]), "what is approved is not asked for again");

    // The other two are never approved: they expire, and nobody is asked for what is out of date.
    scene.until("2026-04-08T00:00:00Z").await;
    assert!(scene.told().len() <= 18, "{:?}", scene.told());
    assert_eq!(scene.waiting().await.len(), 0);
    assert_eq!(scene.reports.accepted().len(), 1);
}

#[tokio::test]
async fn a_morning_that_was_missed_is_made_up_for_until_noon() {
    for (back, told) in [("2026-03-10T15:59:00Z", Some("2026-03-10T15:59Z")), ("2026-03-10T16:00:00Z", None)]
    {
        let scene = Scene::with_approval(1).await;
        scene.until("2026-03-10T01:00:00Z").await;
        scene.clock.set(at(back));
        scene.dripr.step().await.unwrap();
        let dates: Vec<String> = scene.told().into_iter().map(|(date, _)| date).collect();
        assert_eq!(dates.first().map(String::as_str), told, "{back}");
        scene.until("2026-03-11T13:00:00Z").await;
        assert_eq!(scene.told().last().unwrap().0, "2026-03-11T13:00Z", "and the next morning is as always");
    }
}

#[tokio::test]
async fn nine_is_nine_in_the_agents_own_zone_across_a_change_of_clocks() {
    let scene = Scene::with_approval(1).await;
    let rules = SendingRules::default().with_zone_name("America/Los_Angeles").unwrap();
    scene.change(|agent| agent.sending_rules = Some(rules)).await;
    scene.until("2026-03-12T23:00:00Z").await;
    let dates: Vec<String> = scene.told().into_iter().map(|(date, _)| date).collect();
    // The clocks went forward on the 8th.
    assert_eq!(dates, ["2026-03-10T16:00Z", "2026-03-11T16:00Z", "2026-03-12T16:00Z"]);
}

#[tokio::test]
async fn a_lost_account_is_told_at_once_and_once_and_again_when_it_is_lost_again() {
    let scene = Scene::new(1).await;
    scene.grant(Grant::Given).await;
    scene.until("2026-03-02T03:00:00Z").await;
    assert_eq!(scene.told(), []);
    scene.grant(scene.revoked()).await;
    scene.until("2026-03-05T03:00:00Z").await;
    let first = ("2026-03-02T03:00Z", "Your account");
    assert_eq!(scene.told(), pairs([first]));
    let text = &scene.notices()[0].message.text;
    assert!(text.contains("consent was taken back"), "{text}");
    let path =
        text.lines().find_map(|line| line.strip_prefix("https://mail.example/connect/gmail/")).unwrap();
    let links = ConnectLinks::new("https://mail.example", KEY.to_owned().into()).unwrap();
    let lets_in = async || {
        let invited = invited(&scene.store, &links, path, at("2026-03-10T00:00:00Z")).await.unwrap();
        invited.map(|invited| invited.agent.id)
    };
    assert_eq!(lets_in().await, Ok(user()));
    let lost = scene.store.mail_account(&user()).await.unwrap().unwrap();
    let changed = MailAccount { may_fall_back: true, ..lost };
    assert!(scene.store.put_mail_account(changed, None).await.unwrap());
    assert_eq!(lets_in().await, Ok(user()), "what is allowed besides ends no link");

    scene.grant(Grant::Given).await;
    assert_eq!(lets_in().await, Err(UnusableConnectLink::Spent), "it is for what was lost");
    scene.until("2026-03-06T03:00:00Z").await;
    scene.grant(scene.revoked()).await;
    scene.until("2026-03-08T03:00:00Z").await;
    assert_eq!(scene.told(), pairs([first, ("2026-03-06T03:00Z", "Your account")]));
}

#[tokio::test]
async fn a_failed_payment_is_told_once_and_once_that_it_stops_the_mail_and_not_again_under_another_name() {
    let scene = Scene::new(1).await;
    scene.until("2026-03-02T03:00:00Z").await;
    let since = scene.clock.now();
    scene.change(|agent| agent.subscription_status = Subscription::PastDue { since }).await;
    scene.until("2026-03-09T02:59:00Z").await;
    let failed = ("2026-03-02T03:00Z", "Your payment");
    assert_eq!(scene.told(), pairs([failed]), "a late payment stops nothing for seven days");
    assert!(scene.notices()[0].message.text.contains("reports stop on March 8"), "by the agent's clock");
    scene.until("2026-03-10T00:00:00Z").await;
    let told = ("2026-03-09T03:00Z", "Your subscription");
    assert_eq!(scene.told(), pairs([failed, told]));
    scene.change(|agent| agent.subscription_status = Subscription::Unpaid).await;
    scene.until("2026-03-11T00:00:00Z").await;
    scene.change(|agent| agent.subscription_status = Subscription::Canceled).await;
    scene.until("2026-03-12T00:00:00Z").await;
    assert_eq!(scene.told(), pairs([failed, told]), "that it has stopped is known");
    scene.change(|agent| agent.subscription_status = Subscription::Active).await;
    scene.until("2026-03-13T00:00:00Z").await;
    scene.change(|agent| agent.subscription_status = Subscription::Canceled).await;
    scene.until("2026-03-14T00:00:00Z").await;
    assert_eq!(scene.told(), pairs([failed, told, ("2026-03-13T00:00Z", "Your subscription")]));
}

#[tokio::test]
async fn another_payment_that_fails_is_another_story() {
    let scene = Scene::new(1).await;
    let mut told = Vec::new();
    for (day, paid) in
        [("2026-03-02T03:00:00Z", "2026-03-05T03:00:00Z"), ("2026-03-20T03:00:00Z", "2026-03-22T03:00:00Z")]
    {
        scene.until(day).await;
        let since = scene.clock.now();
        scene.change(|agent| agent.subscription_status = Subscription::PastDue { since }).await;
        scene.until(paid).await;
        scene.change(|agent| agent.subscription_status = Subscription::Active).await;
        told.push((day.replace(":00Z", "Z"), "Your payment".to_owned()));
    }
    scene.until("2026-03-25T00:00:00Z").await;
    assert_eq!(scene.told(), told);
}

#[tokio::test]
async fn a_pause_is_told_with_its_reason_and_sends_nothing() {
    let scene = Scene::new(1).await;
    scene.until("2026-03-02T03:00:00Z").await;
    let pause = Pause {
        since: scene.clock.now(),
        cause: PauseCause::Complaints,
        detail: "4 of 900 emails were reported as spam".to_owned(),
    };
    scene.change(|agent| agent.paused = Some(pause)).await;
    scene.until("2026-03-20T00:00:00Z").await;
    assert_eq!(scene.told(), pairs([("2026-03-02T03:00Z", "Your pause")]));
    assert!(scene.notices()[0].message.text.contains("4 of 900"));
    assert_eq!(scene.reports.accepted().len(), 0);
    let id = "agent-1".parse().unwrap();
    let why = scene.dripr.explain(&id).await.unwrap().unwrap();
    assert!(why.because.contains("reported the agent's mail as spam"), "{why:?}");
    scene.change(|agent| agent.paused = None).await;
    scene.until("2026-03-22T00:00:00Z").await;
    assert_eq!(scene.reports.accepted().len(), 1, "and goes on when it is lifted, within the grace");
}

#[tokio::test]
async fn campaigns_that_fail_are_told_of_in_the_morning_once() {
    let scene = Scene::new(2).await;
    for _ in 0..20 {
        let reason = "the sender address is not confirmed".to_owned();
        scene.reports.next(Mood::Answer(SendOutcome::NeedsPeople { reason }));
    }
    scene.until("2026-03-12T23:00:00Z").await;
    assert_eq!(scene.told(), []);
    scene.until("2026-03-15T23:00:00Z").await;
    let told = ("2026-03-13T13:00Z", "0 reports wait, 2 campaigns need you");
    assert_eq!(scene.told(), pairs([told]), "both in one mail; that they fail again every day is no news");
    let text = &scene.notices()[0].message.text;
    assert!(text.contains("the sender address is not confirmed") && text.contains("owner1@"), "{text}");
}

#[tokio::test]
async fn whatever_becomes_of_the_mail_it_is_sent_once() {
    for (mood, tells, expected) in [
        (Mood::AcceptInSilence, true, 1),
        (Mood::AcceptInSilence, false, 1),
        (Mood::LoseInSilence, true, 1),
        (Mood::LoseInSilence, false, 0),
        (Mood::Answer(SendOutcome::NotSent { reason: "busy".to_owned(), not_before: None }), true, 1),
        (Mood::Answer(SendOutcome::BadRecipient { reason: "no".to_owned() }), true, 0),
    ] {
        let scene = Scene::new(1).await;
        scene.until("2026-03-02T03:00:00Z").await;
        if !tells {
            scene.agents.forget();
        }
        scene.agents.next(mood.clone());
        scene.grant(scene.revoked()).await;
        scene.until("2026-03-06T03:00:00Z").await;
        assert_eq!(scene.told().len(), expected, "{mood:?}, look-ups tell: {tells}");
        let notices = scene.store.notices(&user()).await.unwrap().unwrap();
        assert!(notices.in_hand.is_none() && notices.told.len() == 1, "{notices:?}");
    }
}

#[tokio::test]
async fn what_changes_while_a_mail_is_under_way_is_told_too() {
    let scene = Scene::new(1).await;
    scene.until("2026-03-02T03:00:00Z").await;
    scene.agents.next(Mood::AcceptInSilence);
    scene.grant(scene.revoked()).await;
    scene.dripr.step().await.unwrap();
    assert_eq!(scene.told().len(), 1);
    scene.change(|agent| agent.subscription_status = Subscription::Canceled).await;
    scene.until("2026-03-03T03:00:00Z").await;
    let subjects: Vec<String> = scene.told().into_iter().map(|(_, subject)| subject).collect();
    assert_eq!(subjects, ["Your account", "Your subscription"]);
}

#[tokio::test]
async fn nobody_tells_an_agent_who_was_removed() {
    let scene = Scene::with_approval(1).await;
    let now = scene.clock.now();
    scene.change(|agent| agent.deleted_at = Some(now)).await;
    scene.until("2026-03-15T00:00:00Z").await;
    assert_eq!(scene.told(), []);
    let notices = scene.store.notices(&user()).await.unwrap().unwrap();
    assert_eq!(notices.due_at, None);
}
