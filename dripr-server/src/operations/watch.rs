//! What a process does for whoever watches, once a minute: it looks at the alerts, whatever its roles are, since what is
//! wrong may be that another one is gone; and with the role `cron` it tells CloudWatch.

use std::{sync::Arc, time::Duration};

use dripr_core::{
    alerts::{Readings, Telling, look},
    errors::PortResult,
    policy::after,
};
use tokio::sync::watch;

use super::{Operations, cloudwatch, figures::Figures};
use crate::{
    compose::Deployment,
    failure::Failure,
    role::{Role, Roles},
};

/// How often is looked.
const EVERY: Duration = Duration::from_secs(60);

/// Looks again and again.
pub struct Watch {
    deployment: Arc<Deployment>,
    operations: Arc<Operations>,
    telling: Option<Telling>,
    /// The namespace under which CloudWatch is told.
    namespace: Option<String>,
}

impl Watch {
    /// Over a deployment, by a process with some roles; none if nobody wants to be told anything by it.
    ///
    /// # Errors
    /// A way to the operator cannot be used as it is configured.
    pub fn of(
        deployment: &Arc<Deployment>,
        operations: &Arc<Operations>,
        roles: &Roles,
    ) -> Result<Option<Self>, Failure> {
        let telling = crate::compose::telling(deployment)?;
        // A figure that several processes told would be added up by whoever asks for sums.
        let namespace = deployment.config.operations.cloudwatch_namespace.clone();
        let namespace = namespace.filter(|_| roles.has(Role::Cron));
        let wanted = telling.is_some() || namespace.is_some();
        let (deployment, operations) = (deployment.clone(), operations.clone());
        Ok(wanted.then_some(Self { deployment, operations, telling, namespace }))
    }

    /// Looks once a minute, until told to stop. The first look comes after a minute: what became due while nothing ran is
    /// being dealt with by then.
    pub async fn watch(self, mut stopping: watch::Receiver<()>) {
        let clock = self.deployment.clock.clone();
        loop {
            tokio::select! {
                () = clock.sleep_until(after(clock.now(), EVERY)) => {}
                // The other end is dropped, which says the same.
                _ = stopping.changed() => return,
            }
            match self.look().await {
                Ok(Some(line)) => cloudwatch::print(line).await,
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "alerts could not be looked at"),
            }
        }
    }

    /// Looks once: alerts are judged and told, and what CloudWatch is to be told is given.
    ///
    /// # Errors
    /// The figures cannot be had, or the store failed.
    pub async fn look(&self) -> Result<Option<String>, Failure> {
        let figures = self.operations.figures().await?;
        if let Some(telling) = &self.telling {
            look(telling, &self.readings(&figures).await).await?;
        }
        Ok(self.namespace.as_deref().map(|namespace| cloudwatch::line(namespace, &figures)))
    }

    async fn readings(&self, figures: &Figures) -> Readings {
        let dead = |queues: &Vec<_>| {
            queues.iter().map(|(_, standing): &(_, dripr_core::ports::Standing)| standing.dead).sum()
        };
        Readings {
            stuck: figures.stored.as_ref().map(|stored| stored.stuck),
            dead_letters: figures.queues.as_ref().map(dead),
            complaints: figures.stored.as_ref().map(|stored| stored.complaints),
            paused: self
                .paused()
                .await
                .inspect_err(|error| tracing::warn!(%error, "it could not be told whether sending is paused"))
                .ok(),
        }
    }

    /// Why sending is paused, if it is.
    #[cfg(feature = "postmark")]
    async fn paused(&self) -> PortResult<Vec<String>> {
        use dripr_core::ports::ChannelStore;

        use crate::{compose::POSTMARK_WEBHOOKS, config::mail::Mailer};

        let Mailer::Postmark(postmark) = &self.deployment.config.mail.by else { return Ok(Vec::new()) };
        if postmark.webhook.is_none() {
            return Ok(Vec::new());
        }
        let channel = self.deployment.store.channel(POSTMARK_WEBHOOKS).await?.unwrap_or_default();
        Ok(channel.is_broken(self.deployment.clock.now(), postmark.silence).into_iter().collect())
    }

    #[cfg(not(feature = "postmark"))]
    async fn paused(&self) -> PortResult<Vec<String>> {
        Ok(Vec::new())
    }
}
