//! Chance from a seed.

/// A small generator (xorshift64*), so that a seed tells all.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        // The upper bits are the better ones.
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % end
    }
}

/// How a provider takes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// At once.
    Plain,
    /// Some time passes before it takes what it was given.
    LateToTake,
    /// Some time passes before it says so.
    LateToAnswer,
    /// So much time passes before it takes it that nobody waits any more.
    TooLate,
    /// The connection ends before it takes anything.
    Lost,
    /// The connection ends after it took it.
    AnswerLost,
    /// It takes it and answers with a failure.
    Broken,
    /// It takes it and answers with half an answer.
    Garbled,
    /// It takes nothing and asks for a pause.
    Later,
}

/// Moods in fifteen requests, in an order that follows from the seed: each is met.
const FIFTEEN: [(Mood, usize); 9] = [
    (Mood::Plain, 6),
    (Mood::LateToTake, 1),
    (Mood::LateToAnswer, 1),
    (Mood::TooLate, 1),
    (Mood::Lost, 1),
    (Mood::AnswerLost, 1),
    (Mood::Broken, 1),
    (Mood::Garbled, 1),
    (Mood::Later, 2),
];

/// The mood of the request of a number: cards that are drawn from a deck, and then from the next one.
pub(super) fn mood(seed: u64, number: u64) -> Mood {
    let mut cards: Vec<Mood> =
        FIFTEEN.iter().flat_map(|(mood, cards)| std::iter::repeat_n(*mood, *cards)).collect();
    let (deck, place) = (number / cards.len() as u64, number % cards.len() as u64);
    let mut dice = Dice(seed + deck);
    let mut drawn = cards[0];
    for _ in 0..=place {
        let next = dice.below(cards.len() as u64) as usize;
        drawn = cards.swap_remove(next);
    }
    drawn
}
