//! The mail that welcomes a new agent. Agents whom a partner manages get none, and those who were removed before it was sent.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    agent::Agent,
    agent_mail::Progress,
    engine::{
        Engine,
        agent_mail::{Errand, Next, carry},
    },
    errors::{Fault, PortError, PortResult},
    events::UserCreated,
    ids::EmailId,
    ports::{Rendered, WelcomeContext},
    schedule::Instant,
};

pub(in crate::engine) async fn handle(engine: &Arc<Engine>, event: &UserCreated) -> PortResult<Next> {
    let Some(agent) = engine.ports.agents.agent(&event.user_id).await? else {
        return Err(PortError::new(Fault::NotFound, format!("there is no agent {}", event.user_id)));
    };
    let Some(mailer) = &engine.ports.agent_mailer else { return Ok(Next::Done) };
    let mut welcome = Welcome { agent };
    // Only what the store knows counts; the event may come from anywhere.
    let is_unwanted = welcome.agent.managed_client_id.is_some() || welcome.agent.deleted_at.is_some();
    if welcome.agent.welcome == Progress::Waiting && is_unwanted {
        let now = engine.ports.clock.now();
        let stored = welcome.put(engine, Progress::Skipped, None).await?;
        return Ok(if stored { Next::Done } else { Next::Again(now) });
    }
    carry(engine, mailer, &mut welcome).await
}

/// The welcome mail, kept with its agent.
struct Welcome {
    agent: Agent,
}

#[async_trait]
impl Errand for Welcome {
    fn agent(&self) -> &Agent {
        &self.agent
    }

    fn email_id(&self) -> PortResult<EmailId> {
        EmailId::new(format!("welcome.{}", self.agent.id))
            .map_err(|error| PortError::new(Fault::Invalid, "the agent's id is too long").caused_by(error))
    }

    fn progress(&self) -> Progress {
        self.agent.welcome.clone()
    }

    fn fence(&self) -> u64 {
        self.agent.version
    }

    async fn words(&mut self, engine: &Arc<Engine>) -> PortResult<Option<Rendered>> {
        let context = WelcomeContext { agent: Arc::new(self.agent.clone()) };
        engine.ports.renderer.welcome(&context).await.map(Some)
    }

    /// The delivery knows when to go on.
    async fn put(
        &mut self,
        engine: &Arc<Engine>,
        progress: Progress,
        _: Option<Instant>,
    ) -> PortResult<bool> {
        loop {
            let changed = Agent { welcome: progress.clone(), ..self.agent.clone() };
            if engine.ports.agents.replace(changed.clone(), None).await? {
                self.agent = Agent { version: self.agent.version.saturating_add(1), ..changed };
                return Ok(true);
            }
            // Something else about the agent changed meanwhile. A welcome that was handed over is still this one's to settle.
            let handed_over = matches!(self.agent.welcome, Progress::Transmitting { .. });
            match engine.ports.agents.agent(&self.agent.id).await? {
                Some(known) if handed_over && known.welcome == self.agent.welcome => self.agent = known,
                _ => return Ok(false),
            }
        }
    }
}
