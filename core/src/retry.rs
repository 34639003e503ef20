//! When to try again: exponential back-off with jitter.

use serde::{Deserialize, Serialize};

/// How often and how patiently something is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// The wait after the first failure, in milliseconds.
    pub first_ms: i64,
    /// No wait is longer, in milliseconds.
    pub longest_ms: i64,
    /// Tries in all, the first included.
    pub attempts: u32,
}

impl Schedule {
    /// The wait before the next try after `failures` failed ones, or `None` when it is time to give up.
    ///
    /// `jitter` is a random number in `0.0..1.0`: the wait is spread over its upper half, so that what failed
    /// together does not come back together.
    pub fn next_delay(&self, failures: u32, jitter: f64) -> Option<i64> {
        if failures == 0 || failures >= self.attempts {
            return None;
        }
        let doublings = (failures - 1).min(40);
        let full = self.first_ms.saturating_mul(1_i64 << doublings).min(self.longest_ms).max(0);
        let half = full / 2;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "milliseconds fit well below 2^52"
        )]
        let spread = (half as f64 * jitter.clamp(0.0, 1.0)) as i64;
        Some(full - half + spread)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_then_it_gives_up() {
        let schedule = Schedule { first_ms: 2_000, longest_ms: 10_000, attempts: 5 };
        let waits: Vec<_> = (1..=5).map(|failures| schedule.next_delay(failures, 1.0)).collect();
        assert_eq!(waits, [Some(2_000), Some(4_000), Some(8_000), Some(10_000), None]);
    }

    proptest! {
        #[test]
        fn jitter_stays_in_the_upper_half(first in 1_i64..100_000, failures in 1_u32..60, jitter in 0.0_f64..1.0) {
            let schedule = Schedule { first_ms: first, longest_ms: 3_600_000, attempts: 100 };
            let full = schedule.next_delay(failures, 1.0).unwrap();
            let wait = schedule.next_delay(failures, jitter).unwrap();
            prop_assert!(wait <= full && wait >= full / 2, "{wait} of {full}");
        }
    }
}
