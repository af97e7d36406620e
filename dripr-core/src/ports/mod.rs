//! What the engine needs of the world: a trait a file, each object-safe, each doc a contract.
//!
//! Every call may fail with a [`PortError`](crate::errors::PortError), whose [`Fault`](crate::errors::Fault) says
//! whether to try again. A call that fails has either done nothing or may be repeated, unless its doc says otherwise;
//! the one exception is [`Mailer::send`].

mod agent_store;
mod alert_route;
mod alert_store;
mod allowance;
mod api_key_store;
mod archive;
mod area_store;
mod block_store;
mod campaign_store;
mod channel_store;
mod clock;
mod contact_store;
mod deed_store;
mod email_store;
mod email_verifier;
mod entropy;
mod event_bus;
mod event_queue;
mod feedback_store;
mod geocoder;
mod import_store;
mod llm_writer;
mod mail_account_store;
mod mailer;
mod market_source;
mod mortgage_rate_source;
mod notice_store;
mod outbox;
mod person_store;
mod probe;
mod property_source;
mod queue_desk;
mod rate_limiter;
mod renderer;
mod reply_store;
mod statistics_store;
mod store_check;
mod suppression_list;
mod tally_store;
mod webhook_sender;
mod webhook_store;

pub use agent_store::{AgentHistoryEntry, AgentStore};
pub use alert_route::AlertRoute;
pub use alert_store::AlertStore;
pub use allowance::{Allowance, CallCounter};
pub use api_key_store::ApiKeyStore;
pub use archive::Archive;
pub use area_store::{AreaStore, Begun};
pub use block_store::BlockStore;
pub use campaign_store::{CampaignFilter, CampaignStore, Enrolment, Execution, HistoryEntry, NewCampaign};
pub use channel_store::ChannelStore;
pub use clock::Clock;
pub use contact_store::{
    AddressSuppression, ContactAddition, ContactRemoval, ContactReplacement, ContactStore,
};
pub use deed_store::{DeedEntry, DeedStore};
pub use email_store::{EmailFilter, EmailOrder, EmailPlace, EmailSearch, EmailStore};
pub use email_verifier::{EmailVerifier, Verification};
pub use entropy::{Entropy, EntropyExt};
pub use event_bus::EventBus;
pub use event_queue::{Delivery, EventQueue, Receipt, Settlement};
pub use feedback_store::FeedbackStore;
pub use geocoder::{Geocoder, Place};
pub use import_store::{ImportLineFilter, ImportStore};
pub use llm_writer::{HomeReportFacts, IntroFacts, LlmWriter};
pub use mail_account_store::MailAccountStore;
pub use mailer::{Inquiry, LookUp, Mailer, SendOutcome};
pub use market_source::MarketSource;
pub use mortgage_rate_source::MortgageRateSource;
pub use notice_store::NoticeStore;
pub use outbox::{Outbox, OutboxEntry};
pub use person_store::PersonStore;
pub use probe::Probe;
pub use property_source::{PropertySource, Subject};
pub use queue_desk::{DeadLetter, QueueDesk, Standing, Which};
pub use rate_limiter::{Permit, RateLimiter};
pub use renderer::{EmailRenderer, NoticeContext, Rendered, ReportContext, WelcomeContext};
pub use reply_store::ReplyStore;
pub use statistics_store::StatisticsStore;
pub use store_check::StoreCheck;
pub use suppression_list::{ListedSuppression, SuppressionList};
pub use tally_store::{AtOnce, CameBack, TallyStore};
pub use webhook_sender::WebhookSender;
pub use webhook_store::WebhookStore;

#[cfg(feature = "mocks")]
pub mod mocks {
    //! mockall mocks of every port.
    pub use super::{
        agent_store::MockAgentStore, alert_route::MockAlertRoute, alert_store::MockAlertStore,
        allowance::MockCallCounter, api_key_store::MockApiKeyStore, archive::MockArchive,
        area_store::MockAreaStore, block_store::MockBlockStore, campaign_store::MockCampaignStore,
        channel_store::MockChannelStore, clock::MockClock, contact_store::MockContactStore,
        deed_store::MockDeedStore, email_store::MockEmailStore, email_verifier::MockEmailVerifier,
        entropy::MockEntropy, event_bus::MockEventBus, event_queue::MockEventQueue,
        feedback_store::MockFeedbackStore, geocoder::MockGeocoder, import_store::MockImportStore,
        llm_writer::MockLlmWriter, mail_account_store::MockMailAccountStore, mailer::MockMailer,
        market_source::MockMarketSource, mortgage_rate_source::MockMortgageRateSource,
        notice_store::MockNoticeStore, outbox::MockOutbox, person_store::MockPersonStore, probe::MockProbe,
        property_source::MockPropertySource, queue_desk::MockQueueDesk, rate_limiter::MockRateLimiter,
        renderer::MockEmailRenderer, reply_store::MockReplyStore, statistics_store::MockStatisticsStore,
        store_check::MockStoreCheck, suppression_list::MockSuppressionList, tally_store::MockTallyStore,
        webhook_sender::MockWebhookSender, webhook_store::MockWebhookStore,
    };
}
