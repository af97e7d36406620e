//! The fields of the four tables. A field's own name is the name of its column, unless the mapping says another.

/// A table of the older deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    /// Agents.
    Users,
    /// The people they write to.
    Contacts,
    /// Campaigns.
    Campaigns,
    /// Emails, without their texts.
    Emails,
}

/// A field.
pub(super) struct Field {
    pub(super) name: &'static str,
    /// Whether its column must be there, if there is no default for it.
    pub(super) required: bool,
}

const fn required(name: &'static str) -> Field {
    Field { name, required: true }
}

const fn optional(name: &'static str) -> Field {
    Field { name, required: false }
}

const USERS: &[Field] = &[
    required("id"),
    required("email"),
    optional("first_name"),
    optional("last_name"),
    optional("brokerage"),
    optional("phone"),
    required("postal_address"),
    required("subscription_status"),
    optional("past_due_since"),
    optional("managed_client_id"),
    optional("created_at"),
    optional("deleted_at"),
];

const CONTACTS: &[Field] = &[
    required("id"),
    required("user_id"),
    required("email"),
    optional("first_name"),
    optional("last_name"),
    optional("street"),
    optional("city"),
    optional("state"),
    optional("zip_code"),
    optional("opted_out"),
    optional("created_at"),
    optional("deleted_at"),
];

const CAMPAIGNS: &[Field] = &[
    required("id"),
    required("user_id"),
    required("contact_id"),
    required("campaign_status"),
    optional("property_status"),
    optional("active_listing_status"),
    optional("recent_sale_status"),
    optional("local_market_data_status"),
    optional("intro_status"),
    optional("home_report_analysis_status"),
    optional("intro_and_home_report_analysis_status"),
    optional("email_creation_status"),
    required("fixed_send_day"),
    required("last_scheduled_send_date"),
    required("last_sent_email_datetime"),
    required("check_before_sending"),
    required("no_address_newsletter"),
    required("enabled"),
    optional("street"),
    optional("city"),
    optional("state"),
    optional("zip_code"),
    optional("created_at"),
    optional("deleted_at"),
];

const EMAILS: &[Field] = &[
    required("id"),
    required("campaign_id"),
    required("status"),
    optional("delivery_status"),
    optional("approved"),
    required("scheduled_send_datetime"),
    optional("sent_at"),
];

impl Table {
    /// All four, in the order in which they are imported.
    pub const ALL: [Self; 4] = [Self::Users, Self::Contacts, Self::Campaigns, Self::Emails];

    /// Its section in a mapping, and its name where the mapping says no other.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Contacts => "contacts",
            Self::Campaigns => "campaigns",
            Self::Emails => "emails",
        }
    }

    /// The names of its fields; `id` is the key.
    pub fn fields(self) -> impl Iterator<Item = &'static str> {
        self.all_fields().iter().map(|field| field.name)
    }

    pub(super) const fn all_fields(self) -> &'static [Field] {
        match self {
            Self::Users => USERS,
            Self::Contacts => CONTACTS,
            Self::Campaigns => CAMPAIGNS,
            Self::Emails => EMAILS,
        }
    }
}
