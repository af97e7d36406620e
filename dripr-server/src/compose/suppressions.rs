//! Whom the provider of mail delivers nothing to.

use dripr_adapters::{
    http::HttpOptions,
    postmark::{PostmarkSuppressions, SuppressionOptions},
};

use super::Deployment;
use crate::{config::mail::Mailer, failure::Failure};

/// The list that Postmark keeps of the stream by which reports go, if emails go by Postmark.
///
/// # Errors
/// The token or the address of the configuration cannot be used.
pub fn suppression_list(deployment: &Deployment) -> Result<Option<PostmarkSuppressions>, Failure> {
    let Mailer::Postmark(postmark) = &deployment.config.mail.by else { return Ok(None) };
    let usual = SuppressionOptions::default();
    let options = SuppressionOptions {
        http: HttpOptions { base_url: postmark.options.http.base_url.clone(), ..usual.http },
        message_stream: postmark.options.message_stream.clone(),
        allowance: usual.allowance,
    };
    Ok(Some(PostmarkSuppressions::new(&postmark.token, options)?))
}
