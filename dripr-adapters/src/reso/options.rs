//! Which MLS is asked, and how.

use secrecy::SecretString;

use crate::http::HttpOptions;

/// Which MLS is asked, and how.
#[derive(Debug, Clone)]
pub struct ResoOptions {
    /// The root of its OData service, the folder of the resource `Property`.
    pub service_root: String,
    /// How reports name it, as its rules want to see it.
    pub source: String,
    /// How it lets us in.
    pub access: Access,
    /// How it writes enumerations; its `$metadata` tells.
    pub enumerations: Enumerations,
    /// Fields that it does not have, and so is not asked for; its `$metadata` tells.
    pub lacks: Vec<String>,
    /// How long an answer may take and be.
    pub http: HttpOptions,
}

/// How an MLS lets us in.
#[derive(Debug, Clone)]
pub enum Access {
    /// With a token that it gave for good.
    Token(SecretString),
    /// With OAuth2 client credentials. A token is fetched once, kept until a minute before it expires, and fetched anew
    /// once where the MLS refuses it before. Each fetch is taken from the allowance, like any other call.
    ClientCredentials {
        /// Where tokens are given.
        token_url: String,
        /// Who asks.
        client_id: String,
        /// What only that one knows.
        client_secret: SecretString,
        /// What for, where the MLS wants that said.
        scope: Option<String>,
    },
}

/// How an MLS writes enumerations in questions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Enumerations {
    /// As `Edm.String`, in human words: `StandardStatus eq 'Active'`. What new servers do.
    #[default]
    Texts,
    /// As `Edm.EnumType` of a namespace: `StandardStatus has org.reso.metadata.enums.StandardStatus'Active'`.
    Types {
        /// The namespace of the types.
        namespace: String,
    },
}

impl Enumerations {
    /// `Edm.EnumType` in the namespace of the RESO documents.
    #[must_use]
    pub fn reso_types() -> Self {
        Self::Types { namespace: "org.reso.metadata.enums".to_owned() }
    }
}
