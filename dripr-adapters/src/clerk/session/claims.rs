//! What a token says, in both versions.

use chrono::DateTime;
use dripr_core::{ids::UserId, schedule::Instant};
use serde::Deserialize;

use super::{Organization, Session, SessionProblem};

/// How far clocks may be apart, in seconds.
pub const LEEWAY_SECONDS: f64 = 5.0;

/// What roles begin with in the first version.
const ROLE_PREFIX: &str = "org:";

/// The claims that are looked at. A time may have a fraction (RFC 7519, section 2); a claim of another type is no claim.
#[derive(Deserialize)]
pub(super) struct Claims {
    sub: String,
    iss: String,
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    iat: Option<f64>,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    sts: Option<String>,
    #[serde(default)]
    sid: Option<String>,
    /// Whom a token is for that was made for another program.
    #[serde(default)]
    aud: Option<serde_json::Value>,
    #[serde(default)]
    act: Option<Actor>,
    #[serde(default)]
    o: Option<Short>,
    #[serde(default)]
    org_id: Option<String>,
    #[serde(default)]
    org_slug: Option<String>,
    #[serde(default)]
    org_role: Option<String>,
}

#[derive(Deserialize)]
struct Actor {
    sub: String,
}

/// The active organisation in the second version.
#[derive(Deserialize)]
struct Short {
    id: String,
    #[serde(default)]
    slg: Option<String>,
    #[serde(default)]
    rol: Option<String>,
}

impl Claims {
    /// Who that is, if the token counts now and here.
    pub(super) fn session(
        self,
        issuer: &str,
        authorized_parties: &[String],
        now: Instant,
    ) -> Result<Session, SessionProblem> {
        let present = now.timestamp_millis() as f64 / 1000.0;
        if present >= self.exp + LEEWAY_SECONDS {
            return Err(SessionProblem::Expired);
        }
        let begins = [self.nbf, self.iat].into_iter().flatten().fold(f64::MIN, f64::max);
        if present + LEEWAY_SECONDS < begins {
            return Err(SessionProblem::NotYet);
        }
        if self.iss.trim_end_matches('/') != issuer {
            return Err(SessionProblem::Issuer);
        }
        if let Some(party) = &self.azp
            && !authorized_parties.contains(party)
        {
            return Err(SessionProblem::Party);
        }
        let Some(session_id) = self.sid.clone().filter(|id| !id.is_empty() && self.aud.is_none()) else {
            return Err(SessionProblem::OtherToken);
        };
        if self.sts.as_deref() == Some("pending") {
            return Err(SessionProblem::Pending);
        }
        let malformed = SessionProblem::Malformed;
        let user_id = UserId::new(&self.sub).map_err(|_| malformed("its subject is no user's id"))?;
        let ends = DateTime::from_timestamp(self.exp as i64, 0).ok_or(malformed("it ends at no time"))?;
        Ok(Session {
            user_id,
            session_id,
            impersonated_by: self.act.as_ref().map(|actor| actor.sub.clone()),
            organization: self.organization(),
            expires_at: ends,
        })
    }

    fn organization(self) -> Option<Organization> {
        let plain = |role: String| role.strip_prefix(ROLE_PREFIX).map_or(role.clone(), str::to_owned);
        match (self.o, self.org_id) {
            (Some(short), _) => {
                Some(Organization { id: short.id, slug: short.slg, role: short.rol.map(plain) })
            }
            (None, Some(id)) => {
                Some(Organization { id, slug: self.org_slug, role: self.org_role.map(plain) })
            }
            (None, None) => None,
        }
    }
}
