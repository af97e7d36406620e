//! Agents' own mail accounts: whether any can be connected, and by which links.

use dripr_core::mail_account::ConnectLinks;

use crate::config::Config;

/// Whose accounts agents connect, as links name it.
pub const MAILBOX_PROVIDER: &str = "gmail";

/// The links by which agents connect accounts of their own, if the deployment sends by any.
#[must_use]
pub fn connect_links(config: &Config) -> Option<ConnectLinks> {
    #[cfg(feature = "gmail")]
    let by_gmail = config.gmail.is_some();
    #[cfg(not(feature = "gmail"))]
    let by_gmail = false;
    by_gmail.then(|| config.public.connect.clone())
}
