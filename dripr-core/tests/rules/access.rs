//! Who may do what.

use dripr_core::{
    access::{
        ApiKey, Caller, Membership, NewApiKey, Reach, Retreat, RevokedBecause, Role, Scope, Scopes,
        UnusableKey,
    },
    agent::Agent,
    campaign::Actor,
    ids::{BrokerageId, TeamId, UserId},
    testkit::{SeededEntropy, samples},
};
use proptest::prelude::*;

fn at(text: &str) -> dripr_core::schedule::Instant {
    text.parse().unwrap()
}

fn agent(id: u8, brokerage: Option<u8>, team: Option<u8>, role: Role) -> Agent {
    let mut agent = samples::agent(&format!("a{id}"), at("2026-03-01T12:00:00Z")).unwrap();
    agent.membership = Membership {
        brokerage: brokerage.map(|n| BrokerageId::new(format!("b{n}")).unwrap()),
        team: team.map(|n| TeamId::new(format!("t{n}")).unwrap()),
        role,
    };
    agent
}

fn agents() -> impl Strategy<Value = Agent> {
    let role = prop_oneof![Just(Role::Agent), Just(Role::TeamLead), Just(Role::Admin)];
    (0..6u8, proptest::option::of(0..3u8), proptest::option::of(0..3u8), role)
        .prop_map(|(id, brokerage, team, role)| agent(id, brokerage, team, role))
}

/// Whom a reach names, if it is one of these.
fn named<'a>(reach: &Reach, agents: [&'a Agent; 2]) -> Option<&'a Agent> {
    agents.into_iter().find(|agent| *reach == Reach::Agent(agent.id.clone()))
}

fn reaches() -> impl Strategy<Value = Reach> {
    let brokerage = |n: u8| BrokerageId::new(format!("b{n}")).unwrap();
    prop_oneof![
        Just(Reach::Deployment),
        (0..3u8).prop_map(move |b| Reach::Brokerage(brokerage(b))),
        (0..3u8, 0..3u8)
            .prop_map(move |(b, t)| Reach::Team(brokerage(b), TeamId::new(format!("t{t}")).unwrap())),
        (0..6u8).prop_map(|id| Reach::Agent(UserId::new(format!("a{id}")).unwrap())),
    ]
}

fn scopes() -> impl Strategy<Value = Scopes> {
    proptest::collection::vec(0..4usize, 0..5)
        .prop_map(|scopes| scopes.into_iter().map(|n| Scope::ALL[n]).collect())
}

proptest! {
    /// Nobody gives away what they do not have: farther than they reach, or more than they may do. Who has no `admin` gives to
    /// themself alone, and only if they signed in themselves.
    #[test]
    fn whoever_keeps_keys_gives_no_more_than_they_have(
        own in agents(), other in agents(), reach in reaches(), of_key in scopes(), given in scopes()
    ) {
        let named = [&own, &other].into_iter().find(|agent| reach == Reach::Agent(agent.id.clone()));
        let signed_in = Caller::signed_in(&own);
        let actor = Actor::ApiKey("k1".parse().unwrap());
        let by_key = Caller { actor, scopes: of_key, ..signed_in.clone() };
        for caller in [&signed_in, &by_key] {
            let Some(keeper) = caller.keeper() else { continue };
            prop_assert_eq!(&keeper.actor, &caller.actor);
            if keeper.reach.contains(&reach, named) && keeper.scopes.cover(given) {
                prop_assert!(caller.reach.contains(&reach, named) && caller.scopes.cover(given));
                let alone = reach == Reach::Agent(own.id.clone()) && !given.has(Scope::Admin);
                prop_assert!(caller.scopes.has(Scope::Admin) || alone);
            }
        }
        let keeper = signed_in.keeper().unwrap();
        prop_assert!(keeper.reach.contains(&Reach::Agent(own.id.clone()), Some(&own)));
        prop_assert_eq!(keeper.scopes, signed_in.scopes);
        prop_assert_eq!(by_key.keeper(), of_key.has(Scope::Admin).then_some(by_key.clone()));
        let looking = Caller { scopes: std::iter::once(Scope::Read).collect(), ..signed_in };
        prop_assert_eq!(looking.keeper(), None);
    }

    /// What somebody made for themself alone lasts while they are in the brokerage in which they made it, whatever their role.
    #[test]
    fn a_key_of_ones_own_ends_when_its_agent_leaves(before in agents(), place in agents()) {
        let keeper = Caller::signed_in(&before).keeper().unwrap();
        prop_assume!(!keeper.scopes.has(Scope::Admin));
        let (reach, scopes) = (keeper.reach.clone(), keeper.scopes);
        let new = NewApiKey { name: "n".to_owned(), reach, scopes, expires_at: None };
        let made = ApiKey::mint(new, &keeper, &SeededEntropy::new(1), at("2026-03-01T12:00:00Z")).key;
        let ends = |now: &Agent| {
            let (mut key, when) = (made.clone(), at("2026-03-02T12:00:00Z"));
            Retreat::of(&before, now).is_some_and(|retreat| {
                let left = retreat.left.as_ref();
                let lies_within = left.is_some_and(|left| left.reach.contains(&key.reach, Some(now)));
                key.left_behind(&retreat, when) || key.outlived(&retreat, lies_within, when)
            })
        };
        let now = Agent { membership: place.membership, ..before.clone() };
        prop_assert!(Caller::still_reaches(&now, &keeper.reach));
        prop_assert_eq!(ends(&now), now.membership.left(&before.membership));
        let removed = Agent { deleted_at: Some(at("2026-03-02T12:00:00Z")), ..now };
        prop_assert!(ends(&removed) && !Caller::still_reaches(&removed, &keeper.reach));
    }

    /// A ban takes all that its agent made, whatever that reaches; of what others made, it takes nothing that would stay without it. Lifting
    /// it takes nothing either, and lets the agent begin anew.
    #[test]
    fn a_ban_ends_what_its_agent_made_and_nothing_else(
        before in agents(), place in agents(), other in agents(), reach in reaches(), owner in reaches(), of_key in scopes(),
        is_theirs: bool
    ) {
        prop_assume!(reach.may_be_given(Some(&owner), named(&reach, [&before, &other])));
        let actor = if is_theirs { Actor::User(before.id.clone()) } else { Actor::Operator };
        let by = Caller { actor, reach: owner.clone(), scopes: Scopes::all() };
        let new = NewApiKey { name: "n".to_owned(), reach: reach.clone(), scopes: of_key, expires_at: None };
        let made = ApiKey::mint(new, &by, &SeededEntropy::new(1), at("2026-03-01T12:00:00Z")).key;
        let alone = Reach::Agent(before.id.clone());
        let ends = |now: &Agent| {
            let (mut key, when) = (made.clone(), at("2026-03-02T12:00:00Z"));
            let retreat = Retreat::of(&before, now)?;
            let left = retreat.left.as_ref();
            let named = named(&reach, [now, &other]);
            let lies_within = left.is_some_and(|left| left.reach.contains(&reach, named));
            let is_left_behind = reach == alone && key.left_behind(&retreat, when);
            if is_theirs && !is_left_behind {
                key.outlived(&retreat, lies_within, when);
            }
            key.revoked_because
        };
        let kept = Agent { membership: place.membership, ..before.clone() };
        let banned = Agent { banned: true, ..kept.clone() };
        match ends(&banned) {
            because if !is_theirs => prop_assert_eq!(because, ends(&kept)),
            because if reach == alone => prop_assert!(because.is_some()),
            because => prop_assert_eq!(because, Some(RevokedBecause::Banned)),
        }
        prop_assert!(Retreat::of(&before, &banned).is_some_and(|retreat| retreat.left.is_none()));
        prop_assert_eq!(Retreat::of(&banned, &banned), None);
        prop_assert_eq!(Retreat::of(&banned, &kept), None);
        prop_assert!(!Caller::still_reaches(&banned, &alone) && Caller::still_reaches(&kept, &alone));
    }

    /// Whoever has something within a reach has nothing that the reach does not cover.
    #[test]
    fn what_lies_within_a_reach_covers_nobody_else(outer in reaches(), inner in reaches(), agent in agents()) {
        let named = (inner == Reach::Agent(agent.id.clone())).then_some(&agent);
        if outer.contains(&inner, named) && inner.covers(&agent) {
            prop_assert!(outer.covers(&agent));
        }
        prop_assert!(outer.contains(&outer, None) || matches!(outer, Reach::Agent(_)));
        prop_assert_eq!(inner.contains(&Reach::Deployment, None), inner == Reach::Deployment);
    }

    /// Whoever signs in reaches themselves, and others only within their own brokerage.
    #[test]
    fn nobody_reaches_beyond_their_brokerage(own in agents(), other in agents()) {
        let caller = Caller::signed_in(&own);
        prop_assert!(caller.reach.covers(&own));
        prop_assert_eq!(&caller.actor, &Actor::User(own.id.clone()));
        if other.id != own.id && caller.reach.covers(&other) {
            prop_assert!(own.membership.brokerage.is_some());
            prop_assert_eq!(&other.membership.brokerage, &own.membership.brokerage);
            prop_assert_ne!(own.membership.role, Role::Agent);
            if own.membership.role == Role::TeamLead {
                prop_assert!(own.membership.team.is_some());
                prop_assert_eq!(&other.membership.team, &own.membership.team);
            }
        }
        let keeps_agents = own.membership.role == Role::Admin && own.membership.brokerage.is_some();
        prop_assert_eq!(caller.scopes.has(Scope::Admin), keeps_agents);
    }

    /// Whoever is told of no retreat reaches and may do all that they did before.
    #[test]
    fn whoever_retreats_from_nothing_keeps_all(before in agents(), place in agents()) {
        let now = Agent { membership: place.membership, ..before.clone() };
        let (then, left) = (Caller::signed_in(&before), Caller::signed_in(&now));
        let keeps = left.reach.contains(&then.reach, Some(&now)) && left.scopes.cover(then.scopes);
        let moved = now.membership.left(&before.membership);
        let left_team = now.membership.left_team(&before.membership);
        match Retreat::of(&before, &now) {
            None => prop_assert!(keeps && !moved && !left_team),
            Some(retreat) => {
                prop_assert!(moved || left_team || !keeps);
                prop_assert_eq!((retreat.left, retreat.moved), (Some(left), moved));
            }
        }
        prop_assert_eq!(Retreat::of(&now, &now), None);
        let removed = Agent { deleted_at: Some(at("2026-03-02T12:00:00Z")), ..now.clone() };
        prop_assert!(Retreat::of(&now, &removed).is_some_and(|retreat| retreat.left.is_none()));
        prop_assert_eq!(Retreat::of(&removed, &removed), None);
        prop_assert_eq!(Retreat::of(&removed, &now), None);
    }

    #[test]
    fn a_set_of_scopes_is_what_it_was_made_of(scopes in proptest::collection::vec(0..4usize, 0..6)) {
        let scopes: Vec<Scope> = scopes.into_iter().map(|n| Scope::ALL[n]).collect();
        let set: Scopes = scopes.iter().copied().collect();
        for scope in Scope::ALL {
            prop_assert_eq!(set.has(scope), scopes.contains(&scope));
            prop_assert_eq!(scope.name().parse::<Scope>().unwrap(), scope);
        }
        let json = serde_json::to_string(&set).unwrap();
        prop_assert_eq!(serde_json::from_str::<Scopes>(&json).unwrap(), set);
        prop_assert!(Scopes::all().cover(set));
        prop_assert!(set.cover(Scopes::default()));
    }

    /// Whatever is presented, nothing panics, and only the secret itself admits.
    #[test]
    fn only_its_own_secret_admits(seed: u64, flip in 0..64usize, presented in ".{0,80}") {
        let now = at("2026-03-01T12:00:00Z");
        let reach = Reach::Agent(UserId::new("a1").unwrap());
        let new = NewApiKey { name: "n".to_owned(), reach: reach.clone(), scopes: Scopes::all(), expires_at: None };
        let minted = ApiKey::mint(new, &Caller::operator(), &SeededEntropy::new(seed), now);
        let (id, secret) = ApiKey::parts(minted.expose()).unwrap();
        prop_assert_eq!(&id, &minted.key.id);
        let caller = minted.key.admit(secret, now).unwrap();
        prop_assert_eq!(caller.actor, Actor::ApiKey(id));
        prop_assert_eq!(caller.reach, reach);
        let mut forged = secret.as_bytes().to_vec();
        forged[flip] ^= 1;
        let forged = String::from_utf8(forged).unwrap();
        prop_assert_eq!(minted.key.admit(&forged, now), Err(UnusableKey::Unknown));
        prop_assert_eq!(minted.key.admit(&presented, now), Err(UnusableKey::Unknown));
        let _ = ApiKey::parts(&presented);
        let shown = format!("{:?}{:?}", minted, minted.key);
        prop_assert!(!shown.contains(secret) && !shown.contains(&minted.key.digest));
    }
}

#[test]
fn an_expired_or_revoked_key_says_so_to_who_has_it() {
    let now = at("2026-03-01T12:00:00Z");
    let new = NewApiKey {
        name: "n".to_owned(),
        reach: Reach::Deployment,
        scopes: Scopes::all(),
        expires_at: Some(at("2026-03-02T12:00:00Z")),
    };
    let mut minted = ApiKey::mint(new, &Caller::operator(), &SeededEntropy::new(1), now);
    let secret = ApiKey::parts(minted.expose()).unwrap().1.to_owned();
    let by_key = Actor::ApiKey(minted.key.id.clone());
    assert_eq!(minted.key.admit(&secret, now).unwrap().actor, by_key, "each key is told from the others");
    assert_eq!(minted.key.admit(&secret, at("2026-03-02T12:00:00Z")), Err(UnusableKey::Expired));
    assert_eq!(minted.key.admit("other", at("2026-03-02T12:00:00Z")), Err(UnusableKey::Unknown));
    minted.key.revoked_at = Some(now);
    assert_eq!(minted.key.admit(&secret, now), Err(UnusableKey::Revoked));
}
