//! The real clock and real randomness do what every clock and every entropy must do.

use dripr_core::testkit::contract;
use dripr_server::{os_entropy::OsEntropy, system_clock::SystemClock};

#[tokio::test]
async fn the_clock_on_the_wall_keeps_the_clock_contract() {
    // It goes by itself.
    contract::clock(&SystemClock, |_| {}).await;
}

#[test]
fn the_operating_system_keeps_the_entropy_contract() {
    contract::entropy(&OsEntropy);
}
