//! An operation: begun, counted, finished, put off, given up.

use dripr_core::{
    campaign::{Action, Calls, CampaignStatus, Lease, Operation, Provision, Refusal, Reply, SubStatus},
    content::{Author, CycleContent, Words},
    email::{ApprovedBy, ContentHash, DeliveryStatus},
    testkit::samples,
};

use crate::scene::{PREPARATION, SLOT, Scene, at, just_before, message, minutes};

fn spend(scene: &mut Scene, vendor_calls: u8, model_calls: u8) -> Result<Reply, Refusal> {
    let (operation, cycle) = (Operation::Property, scene.cycle());
    scene.run(Action::Spend { operation, cycle, vendor_calls, model_calls })
}

#[test]
fn work_is_wanted_in_its_status_in_its_cycle_and_while_it_waits() {
    let operation = Operation::Property;
    let mut scene = Scene::gathering();
    assert!(spend(&mut scene, 0, 0).is_ok());
    let moved_on = |scene: &Scene| Err(Refusal::MovedOn { operation, status: scene.status() });

    let mut other_cycle = scene.clone();
    let cycle = "2026-04-12".parse().unwrap();
    let refused = other_cycle.run(Action::Spend { operation, cycle, vendor_calls: 0, model_calls: 0 });
    assert_eq!(refused, moved_on(&other_cycle));

    for status in [SubStatus::Dormant, SubStatus::Ready, SubStatus::Error] {
        scene.dossier.campaign.operations[operation].status = status;
        assert_eq!(spend(&mut scene, 0, 0), moved_on(&scene), "{status}");
    }

    let mut other_status = Scene::analysing();
    other_status.dossier.campaign.operations[operation].status = SubStatus::WaitingForData;
    assert_eq!(spend(&mut other_status, 0, 0), moved_on(&other_status));
}

#[test]
fn a_cycle_has_eight_provider_calls_and_four_writer_calls() {
    let mut scene = Scene::gathering();
    assert_eq!(spend(&mut scene, 7, 3), Ok(Reply::Done));
    assert_eq!(spend(&mut scene, 2, 0), Err(Refusal::BudgetSpent("data provider")));
    assert_eq!(spend(&mut scene, 0, 2), Err(Refusal::BudgetSpent("writer")));
    assert_eq!(scene.dossier.campaign.calls, Calls { vendor: 7, model: 3 });
    assert_eq!(spend(&mut scene, 1, 1), Ok(Reply::Done));
    assert_eq!(scene.dossier.campaign.calls, Calls { vendor: 8, model: 4 });
    assert_eq!(spend(&mut scene, 0, 0), Ok(Reply::Done));
    assert_eq!(spend(&mut scene, u8::MAX, 0), Err(Refusal::BudgetSpent("data provider")));
    assert_eq!(spend(&mut scene, 0, u8::MAX), Err(Refusal::BudgetSpent("writer")));
}

#[test]
fn work_in_hand_is_left_alone_until_its_lease_ends() {
    let operation = Operation::Property;
    let mut scene = Scene::gathering();
    scene.dossier.campaign.fence = 6;
    assert_eq!(scene.begin(operation), Ok(Reply::Begun { fence: 7 }));
    let until = at(PREPARATION) + minutes(5);
    assert_eq!(scene.operation(operation).lease, Some(Lease { fence: 7, until }));
    for now in [at(PREPARATION), just_before("2026-03-11T15:05:00Z")] {
        scene.now = now;
        assert_eq!(scene.begin(operation), Err(Refusal::InHand { operation, until }));
    }
    scene.now = until;
    assert_eq!(scene.begin(operation), Ok(Reply::Begun { fence: 8 }));
    scene.now = until + minutes(6);
    assert_eq!(scene.begin(operation), Ok(Reply::Begun { fence: 9 }));
    assert_eq!(scene.dossier.campaign.fence, 9);
}

#[test]
fn a_result_with_an_older_fence_is_refused() {
    let operation = Operation::Property;
    let mut scene = Scene::gathering();
    scene.begin(operation).unwrap();
    let newest = scene.dossier.campaign.fence;
    let given = newest + 1;
    let refused = scene.finish_with(operation, Some(given), Provision::Own);
    assert_eq!(refused, Err(Refusal::StaleFence { given, newest }));
    assert_eq!(scene.finish_with(operation, Some(newest), Provision::Own), Ok(Reply::Done));
    // Work that nobody has in hand may be finished by whoever brings it.
    assert_eq!(scene.finish_with(Operation::Intro, Some(99), Provision::Own), Ok(Reply::Done));
}

#[test]
fn a_finished_operation_keeps_what_it_cost_and_what_it_brought() {
    let (mut scene, operation) = (Scene::analysing(), Operation::HomeReport);
    let cycle = scene.cycle();
    let failure = Some("the writer is down".to_owned());
    scene.did(Action::Postpone { operation, cycle, until: scene.now + minutes(1), failure });
    scene.now += minutes(1);
    scene.begin(operation).unwrap();
    let words = CycleContent::HomeReport(Words::new("Hi".to_owned(), Author::Composed));
    let (provision, content) = (Provision::Own, Some(Box::new(words.clone())));
    scene.did(Action::Finish { operation, cycle, fence: None, provision: provision.clone(), content });
    let state = scene.operation(operation);
    assert_eq!((state.status, state.attempts, &state.provision), (SubStatus::Ready, 1, &Some(provision)));
    assert_eq!(state.last_error.as_deref(), Some("the writer is down"));
    assert_eq!((state.lease, state.not_before), (None, None));
    assert_eq!(scene.written.content, [(cycle, operation, words)]);
    assert!(scene.written.audit.is_empty());
    assert_eq!(scene.status(), CampaignStatus::ReadyToCreateEmail, "the last one moves the campaign on");
}

#[test]
fn what_is_left_out_has_an_audit_row_with_its_reason() {
    let mut scene = Scene::gathering();
    let provision = Provision::Omitted("nothing sold".to_owned());
    scene.finish_with(Operation::RecentSales, None, provision.clone()).unwrap();
    assert_eq!(scene.audited(), ["recent_sales_omitted"]);
    assert_eq!(scene.written.audit[0].cause.as_deref(), Some("nothing sold"));
    assert_eq!(scene.operation(Operation::RecentSales).provision, Some(provision));
}

#[test]
fn a_failed_attempt_is_counted_and_a_deferral_is_not() {
    let (mut scene, operation) = (Scene::gathering(), Operation::Intro);
    let (cycle, until) = (scene.cycle(), scene.now + minutes(3));
    scene.begin(operation).unwrap();
    scene.did(Action::Postpone { operation, cycle, until, failure: None });
    let state = scene.operation(operation);
    assert_eq!((state.attempts, state.lease, state.not_before), (0, None, Some(until)));
    assert_eq!(state.last_error, None);
    let later = until + minutes(1);
    scene.did(Action::Postpone { operation, cycle, until: later, failure: Some("down".to_owned()) });
    let state = scene.operation(operation);
    assert_eq!((state.attempts, state.not_before), (1, Some(later)));
    assert_eq!(state.last_error.as_deref(), Some("down"));
}

#[test]
fn an_email_that_cannot_be_made_fails_the_campaign() {
    for (fetch_again, in_status) in
        [(false, CampaignStatus::ReadyToCreateEmail), (true, CampaignStatus::WaitingForData)]
    {
        let mut scene = Scene::creating();
        scene.begin(Operation::EmailCreation).unwrap();
        scene.give_up("the template is broken", fetch_again);
        assert_eq!(scene.status(), CampaignStatus::Error);
        let state = scene.operation(Operation::EmailCreation);
        assert_eq!((state.status, state.lease, state.not_before), (SubStatus::Error, None, None));
        assert_eq!(state.last_error.as_deref(), Some("the template is broken"));
        let failure = scene.dossier.campaign.failure.as_ref().unwrap();
        assert_eq!((failure.in_status, failure.reason.as_str()), (in_status, "the template is broken"));
        assert_eq!(failure.retry_at, at(SLOT));
    }
}

#[test]
fn an_email_is_made_with_the_approval_of_the_system_where_nobody_asks_for_another() {
    let mut scene = Scene::creating();
    scene.dossier.campaign.email_revision = 4;
    scene.dossier.campaign.operations[Operation::EmailCreation].attempts = 2;
    scene.make_email();
    let email = scene.email();
    let message = samples::commercial(message(&scene.dossier.contact.email), &scene.dossier.agent);
    let hash = ContentHash::of(message.message());
    assert_eq!(message.content_hash(), hash);
    assert_eq!((email.id.as_str(), scene.dossier.campaign.email_revision), ("agent-1.5", 5));
    assert_eq!((email.delivery_status, email.content_hash), (DeliveryStatus::Approved, hash));
    assert_eq!((email.cycle, email.created_at), (scene.cycle(), at(PREPARATION)));
    assert_eq!((&email.recipient, email.scheduled_send_datetime), (&scene.dossier.contact.email, at(SLOT)));
    let approval = email.approval.unwrap();
    assert_eq!((approval.by, approval.content_hash, approval.at), (ApprovedBy::System, hash, scene.now));
    assert_eq!(scene.audited(), ["email_created", "approved"]);
    assert_eq!(scene.written.messages[0].0, email.id);
    let state = scene.operation(Operation::EmailCreation);
    assert_eq!(
        (state.status, &state.provision, state.attempts),
        (SubStatus::Ready, &Some(Provision::Own), 2)
    );
    assert_eq!(scene.dossier.campaign.last_scheduled_send_date, Some(scene.cycle().date()));
}

#[test]
fn an_email_that_is_to_be_approved_waits_without_an_approval() {
    let scene = Scene::review();
    assert_eq!((scene.email().delivery_status, scene.email().approval), (DeliveryStatus::Created, None));
    assert_eq!(scene.audited(), ["email_created"]);
}

#[test]
fn an_email_to_another_address_than_the_contacts_is_refused() {
    let mut scene = Scene::creating();
    let message = samples::commercial(message(&"x@y.example".parse().unwrap()), &scene.dossier.agent);
    let cycle = scene.cycle();
    let refused = scene.run(Action::CreateEmail { cycle, message });
    assert!(matches!(refused, Err(Refusal::Invalid { field: "recipient", .. })));
}
