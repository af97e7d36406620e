//! An agent whom an operator, or the admin of a brokerage, brings.

use dripr_core::{
    access::Membership,
    agent::{Agent, Subscription, UnknownOutcome},
    agent_mail::Progress,
    campaign::Actor,
    email::EmailAddress,
    errors::PortResult,
    events::UserCreated,
    ids::{EventId, UserId},
    ports::{AgentStore, Entropy, EntropyExt},
    schedule::{Instant, SendingRules},
};

/// An agent whom an operator, or the admin of a brokerage, brings.
#[derive(Clone)]
pub struct Newcomer {
    /// The agent's id.
    pub id: UserId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Where mail comes from and replies go.
    pub email: EmailAddress,
    /// The brokerage.
    pub brokerage: Option<String>,
    /// The phone number.
    pub phone: Option<String>,
    /// The postal address that every email carries.
    pub postal_address: String,
    /// How their subscription stands: an operator answers for their paying.
    pub subscription: Subscription,
    /// The partner who manages the agent; such an agent gets no welcome mail.
    pub managed_client_id: Option<String>,
    /// The agent's place in a brokerage.
    pub membership: Membership,
    /// The agent's own rules, where they differ from the deployment's.
    pub sending_rules: Option<SendingRules>,
}

impl Newcomer {
    /// Stores the agent and announces them, both or neither. `None` if there is an agent with that id, or was one.
    ///
    /// # Errors
    /// The store's.
    pub async fn register(
        self,
        store: &dyn AgentStore,
        entropy: &dyn Entropy,
        now: Instant,
        actor: Actor,
    ) -> PortResult<Option<Agent>> {
        let event = UserCreated {
            event_id: Some(EventId::from(entropy.id(now))),
            user_id: self.id.clone(),
            email: self.email.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            managed_client_id: self.managed_client_id.clone(),
            timestamp: now,
        };
        let agent = Agent {
            id: self.id,
            first_name: self.first_name,
            last_name: self.last_name,
            email: self.email,
            brokerage: self.brokerage,
            phone: self.phone,
            postal_address: self.postal_address,
            subscription_status: self.subscription,
            billing: None,
            managed_client_id: self.managed_client_id,
            given_client_id: None,
            membership: self.membership,
            sending_rules: self.sending_rules,
            unknown_outcome: UnknownOutcome::default(),
            paused: None,
            resumed_at: None,
            welcome: Progress::default(),
            created_at: now,
            account_changed_at: None,
            banned: false,
            deleted_at: None,
            version: 0,
        };
        let registered = store.register(agent.clone(), event, actor).await?;
        Ok(registered.then_some(agent))
    }
}
