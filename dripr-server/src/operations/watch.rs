//! What a process does for whoever watches, once a minute: it looks at the alerts, whatever its roles are, since what is
//! wrong may be that another one is gone; and it tells CloudWatch what it counted, and with the role `cron` how the deployment stands.
//! At its end it tells CloudWatch what it counted since.

use std::{sync::Arc, time::Duration};

use dripr_core::{
    alerts::{Readings, Telling, look},
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

/// What came of one look.
#[derive(Debug)]
pub struct Looked {
    /// What CloudWatch is to be told, if it is told anything.
    pub line: Option<String>,
    /// Whether the alerts were looked at: the figures could be had, and the store did not fail.
    pub alerts: Result<(), Failure>,
}

/// Looks again and again.
pub struct Watch {
    deployment: Arc<Deployment>,
    operations: Arc<Operations>,
    telling: Option<Telling>,
    /// Who tells CloudWatch.
    cloudwatch: Option<cloudwatch::Teller>,
    /// Whether webhooks come in at this process: another one does not know how they are found.
    hears: bool,
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
        let namespace = deployment.config.operations.cloudwatch_namespace.clone();
        // What is the same in all processes need not be told, and paid for, by each.
        let cloudwatch = namespace.map(|namespace| cloudwatch::Teller::new(namespace, roles.has(Role::Cron)));
        let wanted = telling.is_some() || cloudwatch.is_some();
        let hears = roles.has(Role::Api) && deployment.config.http.listen.address().is_some();
        let (deployment, operations) = (deployment.clone(), operations.clone());
        Ok(wanted.then_some(Self { deployment, operations, telling, cloudwatch, hears }))
    }

    /// Looks once a minute, until told to stop. The first look comes after a minute: what became due while nothing ran is
    /// being dealt with by then.
    pub async fn watch(self: Arc<Self>, mut stopping: watch::Receiver<()>) {
        let clock = self.deployment.clock.clone();
        loop {
            tokio::select! {
                () = clock.sleep_until(after(clock.now(), EVERY)) => {}
                // The other end is dropped, which says the same.
                _ = stopping.changed() => return,
            }
            let Looked { line, alerts } = self.look().await;
            if let Some(line) = line {
                cloudwatch::print(line).await;
            }
            if let Err(error) = alerts {
                tracing::warn!(%error, "alerts could not be looked at");
            }
        }
    }

    /// Looks once: alerts are judged and told, and what CloudWatch is to be told is given, whether that went well or not.
    pub async fn look(&self) -> Looked {
        let figures = match self.operations.figures().await {
            Ok(figures) => figures,
            Err(error) => return Looked { line: None, alerts: Err(error) },
        };
        let line = self.cloudwatch.as_ref().map(|cloudwatch| cloudwatch.line(&figures));
        let alerts = match &self.telling {
            Some(telling) => look(telling, &self.readings(&figures)).await.map(drop).map_err(Failure::from),
            None => Ok(()),
        };
        Looked { line, alerts }
    }

    /// What CloudWatch is to be told of what was counted since the last look, once all work is done.
    #[must_use]
    pub fn last_line(&self) -> Option<String> {
        let cloudwatch = self.cloudwatch.as_ref()?;
        Some(cloudwatch.line(&self.operations.own_figures()))
    }

    /// Tells it.
    pub async fn end(&self) {
        if let Some(line) = self.last_line() {
            cloudwatch::print(line).await;
        }
    }

    fn readings(&self, figures: &Figures) -> Readings {
        let dead = |queues: &Vec<_>| {
            queues.iter().map(|(_, standing): &(_, dripr_core::ports::Standing)| standing.dead).sum()
        };
        Readings {
            stuck: figures.stored.as_ref().map(|stored| stored.stuck),
            dead_letters: figures.queues.as_ref().map(dead),
            complaints: figures.stored.as_ref().map(|stored| stored.complaints),
            paused: figures.paused.clone(),
            rejected: self.hears.then(|| alarming(figures)),
        }
    }
}

/// Whose webhooks cannot be verified, and how many in a row.
fn alarming(figures: &Figures) -> Vec<(&'static str, u64)> {
    let found = figures.incoming.iter();
    found.filter_map(|(from, rejected)| Some((*from, rejected.alarming(figures.at)?))).collect()
}
