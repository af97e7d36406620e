//! Who sends a domain's mail, and what is known of them.

use super::domain::Selector;

/// Who sends for a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// Gmail or Google Workspace: an agent's own account, or Google's SMTP servers.
    Google,
    /// Microsoft 365's SMTP servers.
    Microsoft,
    /// Postmark.
    Postmark,
    /// Another SMTP server.
    Smtp {
        /// Its name, where it is known.
        host: Option<String>,
    },
}

impl Sender {
    /// Who is behind an SMTP server.
    #[must_use]
    pub fn of_smtp_host(host: &str) -> Self {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let within = |domain: &str| host == domain || host.ends_with(&format!(".{domain}"));
        if within("gmail.com") || within("googlemail.com") || host == "smtp-relay.google.com" {
            Self::Google
        } else if within("office365.com") || within("outlook.com") {
            Self::Microsoft
        } else if within("postmarkapp.com") {
            Self::Postmark
        } else {
            Self::Smtp { host: Some(host) }
        }
    }

    /// How people call them.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Google => "Google".to_owned(),
            Self::Microsoft => "Microsoft 365".to_owned(),
            Self::Postmark => "Postmark".to_owned(),
            Self::Smtp { host: Some(host) } => format!("the SMTP server {host}"),
            Self::Smtp { host: None } => "the SMTP server".to_owned(),
        }
    }

    /// Whether bounces go to the From address itself, so that SPF is asked of its domain.
    pub(super) fn returns_to_the_domain(&self) -> bool {
        !matches!(self, Self::Postmark)
    }

    /// What SPF has to include for them, where that is known.
    pub(super) fn include(&self) -> Option<&'static str> {
        match self {
            Self::Google => Some("_spf.google.com"),
            Self::Microsoft => Some("spf.protection.outlook.com"),
            Self::Postmark | Self::Smtp { .. } => None,
        }
    }

    /// The selectors that they use if nobody chose another.
    pub(super) fn usual_selectors(&self) -> Vec<Selector> {
        let names: &[&str] = match self {
            Self::Google => &["google"],
            Self::Microsoft => &["selector1", "selector2"],
            Self::Postmark | Self::Smtp { .. } => &[],
        };
        names.iter().map(|name| Selector::known(name)).collect()
    }

    /// Whether a selector may be theirs.
    pub(super) fn may_sign_with(&self, selector: &Selector) -> bool {
        let name = selector.as_str();
        // Postmark's are a date and pm, such as 20260101000000pm.
        let postmarks = name.strip_suffix("pm").is_some_and(|date| date.bytes().all(|b| b.is_ascii_digit()));
        let microsofts = matches!(name, "selector1" | "selector2");
        match self {
            Self::Postmark => postmarks,
            Self::Microsoft => microsofts,
            Self::Google => !postmarks && !microsofts,
            Self::Smtp { .. } => true,
        }
    }

    /// Where its key is found or switched on.
    pub(super) fn where_keys_are(&self) -> String {
        match self {
            Self::Google => {
                "in the Google Admin console under Apps, Gmail, Authenticate email: generate the key with \
                             2048 bits, publish it, then start authentication"
                    .to_owned()
            }
            Self::Microsoft => {
                "in the Microsoft Defender portal under Email authentication settings, DKIM".to_owned()
            }
            Self::Postmark => "in Postmark under Sender Signatures, the domain's DNS settings".to_owned(),
            Self::Smtp { .. } => format!("with whoever runs {}", self.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sender;

    #[test]
    fn who_is_behind_a_server_is_known_by_its_name() {
        assert_eq!(Sender::of_smtp_host("smtp.Gmail.com"), Sender::Google);
        assert_eq!(Sender::of_smtp_host("smtp-relay.gmail.com."), Sender::Google);
        assert_eq!(Sender::of_smtp_host("smtp.office365.com"), Sender::Microsoft);
        assert_eq!(Sender::of_smtp_host("smtp-broadcasts.postmarkapp.com"), Sender::Postmark);
        let own = Sender::Smtp { host: Some("mail.notgmail.com".to_owned()) };
        assert_eq!(Sender::of_smtp_host("mail.notgmail.com"), own);
    }

    #[test]
    fn a_postmark_selector_is_a_date() {
        let may = |sender: Sender, selector: &str| sender.may_sign_with(&selector.parse().unwrap());
        assert!(may(Sender::Postmark, "20260101000000pm") && !may(Sender::Google, "20260101000000pm"));
        assert!(!may(Sender::Postmark, "google") && may(Sender::Google, "google"));
        assert!(may(Sender::Google, "agents2026") && may(Sender::Smtp { host: None }, "anything"));
    }
}
