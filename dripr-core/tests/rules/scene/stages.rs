//! A campaign at each station of its month.

use std::sync::Arc;

use dripr_core::{
    campaign::{Action, Actor, Amendment, CampaignStatus, Dossier, Operation},
    email::SuppressionCause,
    policy::Policy,
    ports::SendOutcome,
    testkit::samples,
};

use super::{MADE, PREPARATION, SLOT, Scene, at};

impl Scene {
    /// As it is enrolled: nothing is planned yet.
    pub(crate) fn new() -> Self {
        let agent = samples::agent("agent", at(MADE)).unwrap();
        let new = samples::campaign(&agent, 1, "98103", 12, at(MADE)).unwrap();
        let (campaign, contact, agent) = (new.campaign, new.contact, Arc::new(agent));
        Self {
            dossier: Dossier { campaign, email: None, contact, agent, suppression: None, block: None },
            now: at(MADE),
            policy: Policy::default(),
            actor: Actor::System,
            written: Amendment::default(),
        }
    }

    /// DORMANT, its slot planned.
    pub(crate) fn planned() -> Self {
        let mut scene = Self::new();
        scene.tick();
        scene
    }

    /// WAITING_FOR_DATA.
    pub(crate) fn gathering() -> Self {
        let mut scene = Self::planned();
        scene.tick_at(PREPARATION);
        scene
    }

    /// WAITING_FOR_HOME_ANALYSIS.
    pub(crate) fn analysing() -> Self {
        let mut scene = Self::gathering();
        for operation in Operation::of_status(CampaignStatus::WaitingForData) {
            scene.finish(*operation);
        }
        scene
    }

    /// READY_TO_CREATE_EMAIL, without an email.
    pub(crate) fn creating() -> Self {
        let mut scene = Self::analysing();
        scene.finish(Operation::HomeReport);
        scene
    }

    /// READY_TO_CREATE_EMAIL, its email approved by the system.
    pub(crate) fn ready() -> Self {
        let mut scene = Self::creating();
        scene.make_email();
        scene
    }

    /// READY_TO_CREATE_EMAIL, its email waits for approval.
    pub(crate) fn review() -> Self {
        let mut scene = Self::creating();
        scene.dossier.campaign.check_before_sending = true;
        scene.make_email();
        scene
    }

    /// READY_TO_SEND_EMAIL, at its slot.
    pub(crate) fn sending() -> Self {
        let mut scene = Self::ready();
        scene.tick_at(SLOT);
        scene
    }

    /// READY_TO_SEND_EMAIL, its email in hand.
    pub(crate) fn transmitting() -> Self {
        let mut scene = Self::sending();
        scene.claim();
        scene
    }

    /// READY_TO_SEND_EMAIL, its outcome unknown.
    pub(crate) fn unknown() -> Self {
        let mut scene = Self::transmitting();
        scene.record(SendOutcome::Unknown { reason: "no answer".to_owned() }).unwrap();
        scene
    }

    /// UNSUBSCRIBED, its email in hand.
    pub(crate) fn unsubscribed_live() -> Self {
        let mut scene = Self::transmitting();
        scene.did(Action::Suppress { cause: SuppressionCause::OptOut });
        scene
    }

    /// Removed, its email in hand.
    pub(crate) fn removed_live() -> Self {
        let mut scene = Self::transmitting();
        scene.did(Action::Delete);
        scene
    }

    /// ERROR, from READY_TO_CREATE_EMAIL.
    pub(crate) fn failed() -> Self {
        let mut scene = Self::creating();
        scene.give_up("the template is broken", false);
        scene
    }
}
