//! `dripr connect`: the link by which an agent lets their emails be sent by their own Gmail account, and how accounts
//! stand.

use std::io::Write;

use dripr_core::{
    campaign::Actor,
    ids::UserId,
    mail_account::{Grant, MailAccount, fall_back, forget, invite},
    ports::{AgentStore, MailAccountStore},
};
use secrecy::ExposeSecret;

use super::{ConfigFile, now, shown};
use crate::{
    compose::{MAILBOX_PROVIDER, connect_links},
    failure::Failure,
};

/// As whom the person at the terminal stands in history.
const BY: Actor = Actor::Operator;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The agent's id
    agent: UserId,
    /// Forget the account: emails go by the deployment's own mailer again
    #[arg(long, conflicts_with = "fall_back")]
    remove: bool,
    /// Whether an email that the account certainly did not send may go by the deployment's own mailer
    #[arg(long, value_name = "true|false")]
    fall_back: Option<bool>,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = args.config.open().await?;
    let store = &deployment.store;
    let agent = store.agent(&args.agent).await?;
    let agent = agent.ok_or_else(|| {
        Failure::new(format!("there is no agent {}; `dripr agent list` shows them", args.agent))
    })?;
    let account = store.mail_account(&agent.id).await?.filter(MailAccount::is_connected);
    if args.remove {
        let removed = forget(&**store, &agent.id, &BY, now(&deployment)).await?;
        let said = if removed { "is forgotten" } else { "there was none" };
        writeln!(out, "the mail account of {}: {said}", agent.id)?;
    } else if let Some(may_fall_back) = args.fall_back {
        let none = || Failure::new(format!("agent {} has connected no account", agent.id));
        let account = account.ok_or_else(none)?;
        if fall_back(&**store, account, may_fall_back, &BY, now(&deployment)).await?.is_none() {
            return Err(Failure::new("the account was changed at the same moment; please try again"));
        }
        let said = if may_fall_back { "may" } else { "may not" };
        writeln!(out, "emails of {} {said} go by the deployment's own mailer", agent.id)?;
    } else {
        match &account {
            None => writeln!(out, "no account is connected")?,
            Some(account) => {
                let since = shown(account.connected_at);
                writeln!(out, "{} is connected since {since}", account.address)?;
                if let Grant::Revoked { since, reason } = &account.grant {
                    writeln!(out, "it cannot be used since {}: {reason}", shown(*since))?;
                }
            }
        }
        let links = connect_links(&deployment.config);
        let links =
            links.ok_or_else(|| Failure::new("[gmail]: not configured, so that no account is connected"))?;
        let invitation = invite(&**store, &links, MAILBOX_PROVIDER, &agent.id, &BY, now(&deployment)).await?;
        writeln!(out, "{}", invitation.link.expose_secret())?;
    }
    deployment.close().await;
    Ok(())
}
