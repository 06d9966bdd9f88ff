//! What became of each message: confirmed once, consumed once, or missing.

use std::time::{Duration, Instant};

use crate::confirms::Confirm;
use crate::latency::Latencies;

/// What became of each message. Message N goes through channel N modulo the number of channels.
pub(crate) struct Tally {
    start: Instant,
    confirmed: Vec<Option<Instant>>,
    refused: u64,
    /// Of each publishing channel: every message up to this tag is confirmed or refused.
    settled: Vec<usize>,
    consumed: Vec<bool>,
    consumed_count: u64,
    consume_latency: Latencies,
    duplicates: u64,
    foreign: u64,
    last: Instant,
}

impl Tally {
    pub(crate) fn new(start: Instant, total: usize, channels: usize) -> Self {
        Self {
            start,
            confirmed: vec![None; total],
            refused: 0,
            settled: vec![0; channels],
            consumed: vec![false; total],
            consumed_count: 0,
            consume_latency: Latencies::default(),
            duplicates: 0,
            foreign: 0,
            last: start,
        }
    }

    /// Only so many were sent in the end: nothing is expected of the others.
    pub(crate) fn sent_only(&mut self, count: usize) {
        self.confirmed.truncate(count);
        self.consumed.truncate(count);
    }

    /// Notes the broker's word and returns how many messages are through by it: confirmed and consumed.
    pub(crate) fn confirm(&mut self, confirm: &Confirm) -> usize {
        let channels = self.settled.len();
        let Some(settled) = self.settled.get_mut(confirm.channel) else { return 0 };
        let sent = self.confirmed.len().saturating_sub(confirm.channel).div_ceil(channels);
        let end = usize::try_from(confirm.tag).unwrap_or(usize::MAX).min(sent);
        let begin = if confirm.up_to { (*settled).min(end) } else { end.saturating_sub(1) };
        if confirm.up_to {
            *settled = (*settled).max(end);
        }
        let numbers = (begin..end).map(|index| index * channels + confirm.channel);
        let mut through = 0;
        for number in numbers {
            let Some(slot @ None) = self.confirmed.get_mut(number) else { continue };
            *slot = Some(confirm.at);
            // What was refused will never be consumed.
            let consumed = self.consumed.get(number).is_some_and(|seen| *seen);
            through += usize::from(consumed || !confirm.accepted);
            self.refused += u64::from(!confirm.accepted);
        }
        self.last = self.last.max(confirm.at);
        through
    }

    /// Notes a message for a consumer and returns how many messages are through by it.
    pub(crate) fn consume(&mut self, body: &[u8]) -> usize {
        let now = Instant::now();
        let known =
            message(body).and_then(|(number, sent)| Some((number, self.consumed.get_mut(number)?, sent)));
        let Some((number, seen, sent)) = known else {
            self.foreign += 1;
            return 0;
        };
        if *seen {
            self.duplicates += 1;
            return 0;
        }
        *seen = true;
        self.consumed_count += 1;
        self.consume_latency.add(now.saturating_duration_since(self.start).saturating_sub(sent));
        self.last = now;
        usize::from(self.confirmed.get(number).is_some_and(Option::is_some))
    }

    fn confirmed(&self) -> u64 {
        self.confirmed.iter().filter(|slot| slot.is_some()).count() as u64 - self.refused
    }

    pub(crate) fn consumed(&self) -> u64 {
        self.consumed_count
    }

    /// Whether the fate of every message is known.
    pub(crate) fn complete(&self) -> bool {
        self.confirmed.iter().all(Option::is_some) && self.consumed.iter().all(|seen| *seen)
    }

    /// Whether every message was confirmed and consumed once, and nothing else came.
    pub(crate) fn clean(&self) -> bool {
        self.complete() && self.refused == 0 && self.duplicates == 0 && self.foreign == 0
    }

    /// One fact a line, `NAME VALUE`; times in microseconds.
    pub(crate) fn report(&self, sent: &[Duration]) {
        let mut confirm_latency = Latencies::default();
        for (at, sent) in self.confirmed.iter().zip(sent) {
            if let Some(at) = at {
                confirm_latency.add(at.saturating_duration_since(self.start).saturating_sub(*sent));
            }
        }
        println!("published {}", sent.len());
        println!("confirmed {}", self.confirmed());
        println!("refused {}", self.refused);
        println!("consumed {}", self.consumed());
        println!("duplicates {}", self.duplicates);
        println!("foreign {}", self.foreign);
        println!("elapsed_us {}", self.last.saturating_duration_since(self.start).as_micros());
        for (name, latency) in [("confirm", confirm_latency), ("consume", self.consume_latency.clone())] {
            for (part, value) in latency.summary() {
                println!("{name}_{part}_us {}", value.as_micros());
            }
        }
    }
}

/// Number and moment of sending (since the start of the load), then padding up to the size.
pub(crate) fn body(number: usize, sent: Duration, size: usize) -> Vec<u8> {
    let mut body = Vec::with_capacity(size.max(16));
    body.extend((number as u64).to_be_bytes());
    body.extend(u64::try_from(sent.as_nanos()).unwrap_or(u64::MAX).to_be_bytes());
    body.resize(size.max(16), b'.');
    body
}

fn message(body: &[u8]) -> Option<(usize, Duration)> {
    let (number, rest) = body.split_first_chunk::<8>()?;
    let (sent, _) = rest.split_first_chunk::<8>()?;
    Some((
        usize::try_from(u64::from_be_bytes(*number)).ok()?,
        Duration::from_nanos(u64::from_be_bytes(*sent)),
    ))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Tally, body, message};
    use crate::confirms::Confirm;

    fn confirm(channel: usize, tag: u64, up_to: bool, accepted: bool) -> Confirm {
        Confirm { channel, tag, up_to, accepted, at: Instant::now() }
    }

    #[test]
    fn a_message_says_its_number_and_moment() {
        let sent = Duration::from_micros(1_234);
        assert_eq!(message(&body(7, sent, 64)), Some((7, sent)));
        assert_eq!(body(7, sent, 64).len(), 64);
        assert_eq!(body(7, sent, 1).len(), 16);
        assert_eq!(message(b"short"), None);
    }

    #[test]
    fn each_message_is_confirmed_once() {
        let mut tally = Tally::new(Instant::now(), 5, 1);
        for (tag, up_to, accepted, confirmed, refused) in [
            (2, false, true, 1, 0),
            (3, true, true, 3, 0),
            (3, true, true, 3, 0),
            (4, false, false, 3, 1),
            (99, true, true, 4, 1),
            (0, false, true, 4, 1),
        ] {
            tally.confirm(&confirm(0, tag, up_to, accepted));
            assert_eq!((tally.confirmed(), tally.refused), (confirmed, refused), "tag {tag}");
        }
        assert_eq!(tally.confirm(&confirm(1, 1, false, true)), 0);
    }

    #[test]
    fn a_message_is_through_when_it_is_confirmed_and_consumed() {
        let mut tally = Tally::new(Instant::now(), 4, 1);
        let of = |number| body(number, Duration::ZERO, 16);
        assert_eq!(tally.consume(&of(0)), 0);
        assert_eq!(tally.confirm(&confirm(0, 2, true, true)), 1);
        assert_eq!(tally.consume(&of(1)), 1);
        assert_eq!(tally.consume(&of(1)), 0);
        assert_eq!(tally.confirm(&confirm(0, 3, false, false)), 1);
        assert_eq!(tally.confirm(&confirm(0, 3, true, true)), 0);
    }

    #[test]
    fn each_channel_counts_its_own_messages() {
        // Channel 0 has messages 0, 3 and 6, channel 1 has 1 and 4, channel 2 has 2 and 5.
        let mut tally = Tally::new(Instant::now(), 7, 3);
        let settled = |tally: &Tally| -> Vec<usize> {
            (0..7).filter(|number| tally.confirmed[*number].is_some()).collect()
        };
        for (channel, tag, up_to, expected) in [
            (1, 2, false, &[4][..]),
            (0, 9, true, &[0, 3, 4, 6]),
            (1, 2, true, &[0, 1, 3, 4, 6]),
            (2, 2, true, &[0, 1, 2, 3, 4, 5, 6]),
        ] {
            tally.confirm(&confirm(channel, tag, up_to, true));
            assert_eq!(settled(&tally), expected);
        }
    }

    #[test]
    fn lost_doubled_and_foreign_messages_are_told_apart() {
        let mut tally = Tally::new(Instant::now(), 2, 1);
        for number in [0, 0, 9] {
            tally.consume(&body(number, Duration::ZERO, 16));
        }
        tally.consume(b"");
        assert_eq!((tally.consumed(), tally.duplicates, tally.foreign), (1, 1, 2));
        assert!(!tally.complete());
    }

    #[test]
    fn nothing_is_expected_of_what_was_not_sent() {
        let mut tally = Tally::new(Instant::now(), 9, 1);
        tally.confirm(&confirm(0, 1, true, true));
        tally.consume(&body(0, Duration::ZERO, 16));
        assert!(!tally.clean());
        tally.sent_only(1);
        assert!(tally.clean());
    }
}
