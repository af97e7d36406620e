//! What a simulation does: all of it follows from the seed, or from a list of faults that was found to matter.

use std::{collections::BTreeSet, fmt, str::FromStr};

/// A kind of trouble. Each seed switches on some of them (a swarm), so that each is also met without the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The call fails and does nothing.
    Error,
    /// The call takes minutes.
    Slow,
    /// The call does not come back for hours.
    Hang,
    /// The other side answers nonsense.
    Garbage,
    /// A provider takes the email and its answer is lost.
    AcceptedInSilence,
    /// A provider does not take the email and its answer is lost.
    LostInSilence,
    /// A provider refuses the email or the recipient.
    Refused,
    /// A provider or a quota asks to come back later.
    Throttled,
    /// The change is made and the answer is lost.
    AckLost,
    /// An event is delivered once more.
    Duplicate,
    /// Events are delivered in another order.
    Reordered,
    /// An event is delivered hours or days late.
    Late,
    /// The process dies before the call does anything.
    CrashBefore,
    /// The process dies when the call has done its work.
    CrashAfter,
    /// The clock jumps by an hour or a day, in either direction.
    ClockJump,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Error,
        Self::Slow,
        Self::Hang,
        Self::Garbage,
        Self::AcceptedInSilence,
        Self::LostInSilence,
        Self::Refused,
        Self::Throttled,
        Self::AckLost,
        Self::Duplicate,
        Self::Reordered,
        Self::Late,
        Self::CrashBefore,
        Self::CrashAfter,
        Self::ClockJump,
    ];

    /// The name, as on a command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Slow => "slow",
            Self::Hang => "hang",
            Self::Garbage => "garbage",
            Self::AcceptedInSilence => "accepted-in-silence",
            Self::LostInSilence => "lost-in-silence",
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::AckLost => "ack-lost",
            Self::Duplicate => "duplicate",
            Self::Reordered => "reordered",
            Self::Late => "late",
            Self::CrashBefore => "crash-before",
            Self::CrashAfter => "crash-after",
            Self::ClockJump => "clock-jump",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that no kind of trouble has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no fault {0:?}; there are {names}", names = Fault::ALL.map(Fault::as_str).join(", "))]
pub struct UnknownFault(pub String);

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|fault| fault.as_str() == name)
            .ok_or_else(|| UnknownFault(name.to_owned()))
    }
}

/// One fault that happened: at the `nth` call of an operation, counted over all processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Injection {
    /// The operation, such as `store.execute`.
    pub call: &'static str,
    /// Which of its calls, from 0.
    pub nth: u32,
    /// What happened to it.
    pub fault: Fault,
}

impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} #{}", self.fault, self.call, self.nth)
    }
}

/// Which faults happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Faults {
    /// Drawn from the seed, of these kinds.
    Drawn(BTreeSet<Fault>),
    /// Exactly these, at these calls.
    Listed(BTreeSet<Injection>),
    /// This one, and the same at every later call of the same operation.
    From(Injection),
}

/// Everything that a run follows from. The same plan gives the same run, to the last step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Where all chance comes from.
    pub seed: u64,
    /// Which faults happen.
    pub faults: Faults,
    /// Whether agents and homeowners do things of their own.
    pub people: bool,
    /// How many campaigns at most; the seed may have fewer.
    pub campaigns: usize,
    /// How many processes at most; the seed may have fewer.
    pub processes: usize,
    /// For how many days things fail; drawn from the seed if not given.
    pub troubled_days: Option<u16>,
    /// For how many days nothing fails after that. Given fewer than 64, nobody is asked for an email in them.
    pub calm_days: u16,
    /// How many days late an email may go out; drawn from the seed if not given.
    pub grace_days: Option<u8>,
    /// Whether the mail provider can be asked about what it has; drawn from the seed if not given.
    pub can_tell: Option<bool>,
    /// A bug that is switched on, to see whether it is found.
    pub canary: Option<super::Canary>,
}

impl Plan {
    /// The plan of a seed: everything may happen.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        Self {
            seed,
            faults: Faults::Drawn(Fault::ALL.into_iter().collect()),
            people: true,
            campaigns: 8,
            processes: 4,
            troubled_days: None,
            calm_days: super::CALM_DAYS,
            grace_days: None,
            can_tell: None,
            canary: None,
        }
    }

    /// A month in which nothing fails and nobody meddles, with one process and few campaigns: what
    /// [`every_crash_point`](super::every_crash_point) starts from.
    #[must_use]
    pub fn quiet_month(seed: u64) -> Self {
        Self {
            faults: Faults::Listed(BTreeSet::new()),
            people: false,
            campaigns: 4,
            processes: 1,
            troubled_days: Some(3),
            // What fails all that time can still be made up for, even for a slot some days ago.
            grace_days: Some(14),
            // Together less than the minimum gap: a late email must not move a second one out of the run.
            calm_days: 10,
            can_tell: Some(true),
            ..Self::of_seed(seed)
        }
    }

    /// Faults to the end of the run: nothing has to arrive, but all that must hold holds.
    #[must_use]
    pub fn without_end(self) -> Self {
        Self { troubled_days: Some(120), calm_days: 0, ..self }
    }

    /// Only these kinds of faults.
    #[must_use]
    pub fn with_faults(self, faults: impl IntoIterator<Item = Fault>) -> Self {
        Self { faults: Faults::Drawn(faults.into_iter().collect()), ..self }
    }

    /// With a bug switched on.
    #[must_use]
    pub fn with_canary(self, canary: super::Canary) -> Self {
        Self { canary: Some(canary), ..self }
    }
}

/// A number that follows from the seed and what it is for, in no relation to the numbers for anything else.
pub(super) fn drawn(seed: u64, what: &str, nth: u32) -> u64 {
    // FNV-1a, then the finisher of SplitMix64: even neighbouring inputs give unrelated numbers.
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed;
    for byte in what.bytes().chain(nth.to_le_bytes()).chain(seed.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
