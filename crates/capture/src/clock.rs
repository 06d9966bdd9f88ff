//! How a node's clock stands to ours.

use pluto_dist::{CallError, Connection};
use pluto_event::Nanos;
use pluto_term::Term;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Rounds of asking; the quickest one counts, since its answer had the least room to be late.
const ROUNDS: usize = 8;

/// An estimate of what to add to a node's monotonic clock to get UNIX time by our clock.
///
/// The method is Cristian's (F. Cristian, "Probabilistic clock synchronization", 1989): the node's clock was read at
/// some moment between our question and its answer; the middle is taken, and half the round trip is the error bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    /// To be added to the node's monotonic time, in nanoseconds.
    pub offset: Nanos,
    /// At most this wrong, in nanoseconds.
    pub error: Nanos,
    /// The quickest round trip.
    pub round_trip: Duration,
}

/// Estimates the offset of a node's clock.
///
/// # Errors
/// Where the node does not answer, or answers nonsense.
pub async fn estimate(connection: &Connection) -> Result<ClockOffset, CallError> {
    let mut best: Option<ClockOffset> = None;
    for _ in 0..ROUNDS {
        let before = now();
        let unit = vec![Term::atom("nanosecond")];
        let answer = connection.call("erlang", "monotonic_time", unit, Duration::from_secs(5)).await?;
        let after = now();
        let Some(monotonic) = answer.as_int() else { continue };
        let error = (after - before) / 2;
        if best.is_none_or(|best| error < best.error) {
            let round_trip = Duration::from_nanos(u64::try_from(after - before).unwrap_or(0));
            best = Some(ClockOffset { offset: before + error - monotonic, error, round_trip });
        }
    }
    best.ok_or(CallError::Timeout)
}

/// UNIX time by this machine's clock.
pub fn now() -> Nanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Nanos::try_from(since.as_nanos()).unwrap_or(Nanos::MAX)
}
