//! The headers that say what kind of mail an email is, whom it is from, and how to be rid of it. Every mailer sends these.

use dripr_core::email::OutgoingEmail;

/// The header by which an email is found again in a mailbox and in what comes back: dripr's own id of it.
pub(crate) const EMAIL_ID: &str = "X-Dripr-Email-Id";

/// Names and values, each on one line of ASCII.
///
/// - `X-Dripr-Email-Id`, in every email.
/// - `List-Unsubscribe` (RFC 2369) with the web address and, where the deployment receives mail, a `mailto:`; and
///   `List-Unsubscribe-Post` (RFC 8058), by which a mail program opts out with one click.
/// - `List-Id` (RFC 2919): the reports of one agent are one list. It also keeps automatic replies away (RFC 3834,
///   section 2), which is why there is neither `Precedence` nor `Auto-Submitted`.
/// - `Feedback-ID`: campaign, agent and kind of mail, by which Gmail counts complaints.
///
/// # Errors
/// Why the email cannot be sent, for people: a way to opt out is none.
pub(crate) fn of(email: &OutgoingEmail) -> Result<Vec<(&'static str, String)>, String> {
    let message = &*email.message;
    let mut headers = vec![(EMAIL_ID, email.email_id.to_string())];
    if let Some(link) = &message.opt_out_link {
        let web = link.starts_with("https://") || link.starts_with("http://");
        if !web || !is_plain(link) {
            return Err("the opt-out link is not a web address".to_owned());
        }
        let mut ways = format!("<{link}>");
        if let Some(mailto) = &message.opt_out_mailto {
            if !mailto.starts_with("mailto:") || !is_plain(mailto) {
                return Err("the opt-out address is not a mailto: link".to_owned());
            }
            ways.push_str(&format!(", <{mailto}>"));
        }
        headers.push(("List-Unsubscribe", ways));
        headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        let agent = label(email.user_id.as_str());
        if let Some(domain) = Some(message.from.address.domain()).filter(|domain| domain.is_ascii()) {
            headers.push(("List-Id", format!("<home-reports.{agent}.{domain}>")));
        }
        let campaign = email.campaign_id.as_ref().map_or_else(String::new, |id| label(id.as_str()));
        headers.push(("Feedback-ID", format!("{campaign}:{agent}:home-report:dripr")));
    }
    Ok(headers)
}

/// A header is one line: line breaks and other white space become one space, control characters go. What looks like an
/// encoded word (RFC 2047) would be decoded by whoever reads it; an invisible space keeps it as it is.
pub(crate) fn one_line(text: &str) -> String {
    let shown: String = text.chars().filter(|c| c.is_whitespace() || !c.is_control()).collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ").replace("=?", "=\u{200B}?")
}

/// What may stand between angle brackets.
fn is_plain(link: &str) -> bool {
    link.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"\\,".contains(&b))
}

/// An id as a part of another header: no dots, colons or underscores, which mean something there.
fn label(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
