//! An agent as the API shows and takes one.

use chrono::{DateTime, Utc};
use dripr_core::{
    access::{Membership, Role},
    agent::{Agent, Pause, PauseCause, Stop, UnknownOutcome},
    schedule::{SendingHours, SendingRules, TimeOfDay, Window},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::{problem::Problem, problems::Problems, version::tag};

/// An agent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AgentView {
    id: String,
    /// What a change of it names as `If-Match`.
    etag: String,
    first_name: String,
    last_name: String,
    /// Where mail comes from and replies go.
    email: String,
    phone: Option<String>,
    /// The brokerage's name as signatures show it.
    brokerage: Option<String>,
    /// The valid physical postal address that commercial mail must carry.
    postal_address: String,
    subscription: SubscriptionView,
    /// Whether and why nothing of the agent's is sent now: the first of `stops`.
    stopped_because: Option<String>,
    /// Everything that keeps the agent's mail from going out now.
    stops: Vec<StopView>,
    /// Since when and why sending is stopped, whatever else stops it, until it is resumed.
    paused: Option<PauseView>,
    managed_client_id: Option<String>,
    membership: MembershipView,
    /// The agent's own sending hours; null for the deployment's.
    sending: Option<SendingView>,
    unknown_outcome: UnknownOutcomeView,
    created_at: DateTime<Utc>,
}

/// Something that keeps the agent's mail from going out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StopView {
    code: StopCode,
    /// The same for people.
    sentence: String,
}

/// What keeps the agent's mail from going out.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StopCode {
    /// The account was removed.
    Removed,
    /// The account is banned where the agent signs in.
    Banned,
    /// There is no subscription yet.
    NotSubscribed,
    /// The first payment is not made yet.
    Incomplete,
    /// The first payment was never made.
    NeverPaid,
    /// A payment is too late.
    PaymentLate,
    /// The subscription has ended.
    Canceled,
    /// The subscription was given up on.
    Unpaid,
    /// The subscription is paused.
    SubscriptionPaused,
    /// The subscription is in a state that is not known here.
    UnknownSubscription,
    /// Sending is stopped: `paused` says by whom.
    Paused,
    /// There is no postal address.
    NoPostalAddress,
}

/// That sending is stopped.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PauseView {
    since: DateTime<Utc>,
    cause: PauseCauseView,
    /// What exactly happened, for people.
    because: String,
}

/// Why sending is stopped.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum PauseCauseView {
    /// Too many recipients reported the mail as spam. An operator lifts it.
    Complaints,
    /// An operator wanted it, and lifts it.
    Operator,
    /// An admin of the agent's brokerage wanted it; any of them lifts it, or an operator.
    Admin,
}

/// Whether and how the agent pays.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SubscriptionView {
    /// In the billing provider's words.
    #[schema(example = "active")]
    status: String,
    /// When time alone will stop the agent's mail.
    lapses_at: Option<DateTime<Utc>>,
}

/// The agent's place in a brokerage.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MembershipView {
    #[schema(value_type = Option<String>, max_length = 96, pattern = "^[A-Za-z0-9._:-]+$")]
    brokerage_id: Option<dripr_core::ids::BrokerageId>,
    #[schema(value_type = Option<String>, max_length = 96, pattern = "^[A-Za-z0-9._:-]+$")]
    team_id: Option<dripr_core::ids::TeamId>,
    #[serde(default)]
    role: RoleView,
}

/// What an agent may do for others of the brokerage.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RoleView {
    /// Nothing.
    #[default]
    Agent,
    /// They act for all agents of their team.
    TeamLead,
    /// They act for all agents of the brokerage.
    Admin,
}

/// When the agent's mail may leave.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SendingView {
    /// A zone of the IANA database.
    #[schema(example = "America/Chicago")]
    zone: String,
    /// From when on, HH:MM in that zone.
    #[schema(example = "11:00", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    opens: String,
    /// Until when; null for no end.
    #[schema(example = "18:00", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    closes: Option<String>,
}

/// What becomes of an email when nobody can tell whether the provider took it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum UnknownOutcomeView {
    /// It is held: at most one email.
    Hold,
    /// It is sent again: at least one.
    Resend,
}

impl AgentView {
    pub(super) fn of(agent: Agent, now: DateTime<Utc>) -> Self {
        let status = serde_json::to_value(agent.subscription_status).unwrap_or_default();
        Self {
            etag: tag(&agent.version.to_string()),
            subscription: SubscriptionView {
                status: status.get("status").and_then(|name| name.as_str()).unwrap_or_default().to_owned(),
                lapses_at: agent.lapses_at(),
            },
            stopped_because: agent.may_send(now).err().map(str::to_owned),
            stops: agent.stops(now).map(StopView::from).collect(),
            paused: agent.paused.map(PauseView::from),
            id: agent.id.to_string(),
            first_name: agent.first_name,
            last_name: agent.last_name,
            email: agent.email.as_str().to_owned(),
            phone: agent.phone,
            brokerage: agent.brokerage,
            postal_address: agent.postal_address,
            managed_client_id: agent.managed_client_id,
            membership: agent.membership.into(),
            sending: agent.sending_rules.as_ref().map(SendingView::of),
            unknown_outcome: match agent.unknown_outcome {
                UnknownOutcome::Hold => UnknownOutcomeView::Hold,
                UnknownOutcome::Resend => UnknownOutcomeView::Resend,
            },
            created_at: agent.created_at,
        }
    }
}

impl From<Stop> for StopView {
    fn from(stop: Stop) -> Self {
        let code = match stop {
            Stop::Removed => StopCode::Removed,
            Stop::Banned => StopCode::Banned,
            Stop::NotSubscribed => StopCode::NotSubscribed,
            Stop::Incomplete => StopCode::Incomplete,
            Stop::NeverPaid => StopCode::NeverPaid,
            Stop::PaymentLate => StopCode::PaymentLate,
            Stop::Canceled => StopCode::Canceled,
            Stop::Unpaid => StopCode::Unpaid,
            Stop::SubscriptionPaused => StopCode::SubscriptionPaused,
            Stop::UnknownSubscription => StopCode::UnknownSubscription,
            Stop::Paused(_) => StopCode::Paused,
            Stop::NoPostalAddress => StopCode::NoPostalAddress,
        };
        Self { code, sentence: stop.sentence().to_owned() }
    }
}

impl From<Pause> for PauseView {
    fn from(pause: Pause) -> Self {
        let cause = match pause.cause {
            PauseCause::Complaints => PauseCauseView::Complaints,
            PauseCause::Operator => PauseCauseView::Operator,
            PauseCause::Admin => PauseCauseView::Admin,
        };
        Self { since: pause.since, cause, because: pause.detail }
    }
}

impl From<Membership> for MembershipView {
    fn from(membership: Membership) -> Self {
        Self {
            brokerage_id: membership.brokerage,
            team_id: membership.team,
            role: match membership.role {
                Role::Agent => RoleView::Agent,
                Role::TeamLead => RoleView::TeamLead,
                Role::Admin => RoleView::Admin,
            },
        }
    }
}

impl From<MembershipView> for Membership {
    fn from(view: MembershipView) -> Self {
        Self {
            brokerage: view.brokerage_id,
            team: view.team_id,
            role: match view.role {
                RoleView::Agent => Role::Agent,
                RoleView::TeamLead => Role::TeamLead,
                RoleView::Admin => Role::Admin,
            },
        }
    }
}

impl From<UnknownOutcomeView> for UnknownOutcome {
    fn from(view: UnknownOutcomeView) -> Self {
        match view {
            UnknownOutcomeView::Hold => Self::Hold,
            UnknownOutcomeView::Resend => Self::Resend,
        }
    }
}

impl SendingView {
    fn of(rules: &SendingRules) -> Self {
        let closes = match rules.hours() {
            SendingHours::Within(window) => Some(window.closes().to_string()),
            SendingHours::Anytime { .. } => None,
        };
        Self { zone: rules.zone().name().to_owned(), opens: rules.hours().opens().to_string(), closes }
    }

    /// The rules that this asks for, on top of the deployment's or the agent's own.
    pub(super) fn rules(
        &self,
        base: SendingRules,
        mail_timeout: std::time::Duration,
    ) -> Result<SendingRules, Problem> {
        let time = |pointer: &str, text: &str| {
            text.parse::<TimeOfDay>().map_err(|error| Problem::invalid(pointer, error.to_string()))
        };
        let zoned = base
            .with_zone_name(&self.zone)
            .map_err(|error| Problem::invalid("/sending/zone", error.to_string()));
        let closes = self.closes.as_deref().map(|closes| time("/sending/closes", closes)).transpose();
        let mut problems = Problems::default();
        let (zoned, opens) = (problems.take(zoned), problems.take(time("/sending/opens", &self.opens)));
        let closes = problems.take(closes);
        let (rules, opens, closes) = problems.unless_any(|| Some((zoned?, opens?, closes?)))?;
        let unusable = |error: String| Problem::invalid("/sending", error);
        let rules = match closes {
            None => rules
                .with_hours(SendingHours::Anytime { opens })
                .map_err(|error| unusable(error.to_string()))?,
            Some(closes) => {
                let window = Window::new(opens, closes);
                rules.with_window(window.map_err(|error| unusable(error.to_string()))?)
            }
        };
        rules.check_timeout(mail_timeout).map_err(|error| unusable(error.to_string()))?;
        Ok(rules)
    }
}
