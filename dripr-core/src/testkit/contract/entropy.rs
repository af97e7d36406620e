use std::collections::HashSet;

use chrono::TimeDelta;

use super::{START, at};
use crate::ports::{Entropy, EntropyExt};

/// How often the suite draws.
const DRAWS: usize = 4_096;
/// How far from half of the draws a bit may be set: eight times what chance makes usual.
const SLACK: usize = 256;

/// What every [`Entropy`] must do: sixteen bytes that are all random, and others with every draw.
///
/// # Panics
/// With a sentence, if it does not.
pub fn entropy<E: Entropy + ?Sized>(entropy: &E) {
    let drawn: Vec<[u8; 16]> = (0..DRAWS).map(|_| entropy.bytes()).collect();
    let different: HashSet<&[u8; 16]> = drawn.iter().collect();
    assert_eq!(different.len(), DRAWS, "no two draws are alike");
    for bit in 0..128 {
        let set = drawn.iter().filter(|bytes| bytes[bit / 8] >> (bit % 8) & 1 == 1).count();
        assert!(
            set.abs_diff(DRAWS / 2) < SLACK,
            "each of the sixteen bytes is random: bit {bit} is set in {set} of {DRAWS} draws"
        );
    }
    at_once(entropy);
    what_is_made_of_it(entropy);
}

fn at_once<E: Entropy + ?Sized>(entropy: &E) {
    let drawn: Vec<[u8; 16]> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| (0..500).map(|_| entropy.bytes()).collect::<Vec<_>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("drawing does not panic")).collect()
    });
    let different: HashSet<&[u8; 16]> = drawn.iter().collect();
    assert_eq!(
        different.len(),
        drawn.len(),
        "no two draws are alike, also when several threads draw at once"
    );
}

fn what_is_made_of_it<E: Entropy + ?Sized>(entropy: &E) {
    let now = at(START);
    let ids: HashSet<_> = (0..DRAWS).map(|_| entropy.id(now)).collect();
    assert_eq!(ids.len(), DRAWS, "ids of one instant are different");
    assert!(ids.iter().all(|id| id.get_version_num() == 7), "an id is a UUID of version 7");
    let later = entropy.id(now + TimeDelta::milliseconds(1));
    assert!(ids.iter().all(|id| *id < later), "a later id comes after all earlier ones");
    let fractions: Vec<f64> = (0..DRAWS).map(|_| entropy.fraction()).collect();
    assert!(fractions.iter().all(|f| (0.0..1.0).contains(f)), "a fraction is from 0 to below 1");
    let mean = fractions.iter().sum::<f64>() / DRAWS as f64;
    assert!((0.45..0.55).contains(&mean), "fractions are one half in the middle, not {mean}");
}
