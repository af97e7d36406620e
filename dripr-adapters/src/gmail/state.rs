//! What goes with an agent to Google and comes back: who they are, signed, so that nothing has to be stored meanwhile.

use std::fmt;

use chrono::TimeDelta;
use dripr_core::{ids::UserId, mail_account::AccountMark, ports::Entropy, schedule::Instant};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{consent::ConsentError, url_safe};

/// How long an agent may take to agree.
const LASTS: TimeDelta = TimeDelta::minutes(10);
/// How far clocks of two processes may differ.
const DIFFERENCE: TimeDelta = TimeDelta::minutes(1);
/// The shortest key that is not easily guessed.
const SHORTEST_KEY: usize = 16;
/// Parts the parts; it stands in no id, and for itself in a link.
const BETWEEN: char = '~';

/// Makes and reads states.
#[derive(Clone)]
pub(super) struct States(Hmac<Sha256>);

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("States(…)")
    }
}

/// What a genuine state says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) user_id: UserId,
    pub(super) issued_at: Instant,
    /// How the agent's account stood then.
    pub(super) mark: AccountMark,
}

impl States {
    /// Signed with a key; `None` if it is easily guessed.
    pub(super) fn new(key: &SecretString) -> Option<Self> {
        let key = key.expose_secret().as_bytes();
        (key.len() >= SHORTEST_KEY).then(|| Hmac::new_from_slice(key).ok().map(Self)).flatten()
    }

    /// A new state for an agent, whose account stands like this.
    pub(super) fn issue(
        &self,
        user: &UserId,
        mark: AccountMark,
        entropy: &dyn Entropy,
        now: Instant,
    ) -> String {
        let (micros, nonce) = (now.timestamp_micros(), url_safe(entropy.bytes()));
        let claim = format!("{user}{BETWEEN}{micros}{BETWEEN}{mark}{BETWEEN}{nonce}");
        let tag = url_safe(self.mac("gmail state", &claim).finalize().into_bytes());
        format!("{claim}{BETWEEN}{tag}")
    }

    /// Reads a state that came back.
    pub(super) fn read(&self, state: &str, now: Instant) -> Result<Claim, ConsentError> {
        let claim = self.claim(state).ok_or(ConsentError::Forged)?;
        let age = now - claim.issued_at;
        if age > LASTS || age < -DIFFERENCE { Err(ConsentError::Expired) } else { Ok(claim) }
    }

    fn claim(&self, state: &str) -> Option<Claim> {
        let (signed, tag) = state.rsplit_once(BETWEEN)?;
        let given = super::from_url_safe(tag)?;
        // It takes the same time wherever it differs.
        self.mac("gmail state", signed).verify_slice(&given).ok()?;
        let mut parts = signed.split(BETWEEN);
        let (user, micros, mark) = (parts.next()?, parts.next()?, parts.next()?);
        let (_nonce, None) = (parts.next()?, parts.next()) else { return None };
        let issued_at = Instant::from_timestamp_micros(micros.parse().ok()?)?;
        Some(Claim { user_id: UserId::new(user).ok()?, issued_at, mark: mark.parse().ok()? })
    }

    /// The secret by which whoever comes with a code proves to be who began (RFC 7636): it follows from the state, for
    /// whoever has the key.
    pub(super) fn verifier(&self, state: &str) -> SecretString {
        url_safe(self.mac("gmail code verifier", state).finalize().into_bytes()).into()
    }

    /// What is told of the secret beforehand.
    pub(super) fn challenge(&self, state: &str) -> String {
        url_safe(Sha256::digest(self.verifier(state).expose_secret().as_bytes()))
    }

    fn mac(&self, purpose: &str, text: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in [purpose, text] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }
}

#[cfg(test)]
mod tests {
    use dripr_core::testkit::SeededEntropy;

    use super::*;

    const MARK: AccountMark = AccountMark::Connected(1_772_366_400_000_000);

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn states(key: &str) -> States {
        States::new(&key.into()).unwrap()
    }

    fn ana() -> UserId {
        UserId::new("ana.1_x:y-z").unwrap()
    }

    #[test]
    fn a_state_is_read_for_ten_minutes() {
        let states = states("a key of some length");
        let state = states.issue(&ana(), MARK, &SeededEntropy::new(1), at("2026-03-12T15:00:00.000001Z"));
        for good in ["2026-03-12T15:00:00Z", "2026-03-12T15:10:00Z", "2026-03-12T14:59:30Z"] {
            let claim = states.read(&state, at(good)).unwrap();
            let issued_at = at("2026-03-12T15:00:00.000001Z");
            assert_eq!(claim, Claim { user_id: ana(), issued_at, mark: MARK });
        }
        for bad in ["2026-03-12T15:10:00.000002Z", "2026-03-12T14:58:00Z", "2036-03-12T15:00:00Z"] {
            assert!(matches!(states.read(&state, at(bad)), Err(ConsentError::Expired)), "{bad}");
        }
    }

    #[test]
    fn a_state_that_was_changed_or_made_by_somebody_else_is_none() {
        let now = at("2026-03-12T15:00:00Z");
        let (ours, theirs) = (states("a key of some length"), states("another key of some length"));
        let state = ours.issue(&ana(), MARK, &SeededEntropy::new(1), now);
        assert!(matches!(theirs.read(&state, now), Err(ConsentError::Forged)));
        let bytes = state.as_bytes();
        for n in 0..bytes.len() {
            let mut changed = bytes.to_vec();
            changed[n] = if changed[n] == b'1' { b'2' } else { b'1' };
            let changed = String::from_utf8(changed).unwrap();
            // The last character of a tag has bits that say nothing; what they say is refused too.
            assert!(matches!(ours.read(&changed, now), Err(ConsentError::Forged)), "{changed}");
            assert!(matches!(ours.read(&state[..n], now), Err(ConsentError::Forged)), "{n}");
        }
        for bad in ["", "~", "~~~", "ana~1~n~x~", "é~1~n~x~AAAA"] {
            assert!(matches!(ours.read(bad, now), Err(ConsentError::Forged)), "{bad}");
        }
    }

    #[test]
    fn no_two_states_are_alike_and_each_has_its_own_verifier() {
        let (states, entropy) = (states("a key of some length"), SeededEntropy::new(1));
        let now = at("2026-03-12T15:00:00Z");
        let [one, two] = [(); 2].map(|()| states.issue(&ana(), MARK, &entropy, now));
        assert_ne!(one, two);
        let verifier = states.verifier(&one);
        assert_eq!(verifier.expose_secret().len(), 43);
        assert_ne!(verifier.expose_secret(), states.verifier(&two).expose_secret());
        assert_ne!(states.challenge(&one), states.challenge(&two));
        assert!(!one.contains(verifier.expose_secret()));
    }

    #[test]
    fn a_key_is_no_short_word() {
        assert!(States::new(&"short".into()).is_none());
    }
}
