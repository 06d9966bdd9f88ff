//! What the load is asked for.

use std::time::Duration;

/// The most messages of one run: what became of each is kept in memory.
const MESSAGES_MAX: u64 = 20_000_000;

/// The most queues: a connection has 2,047 channels by the broker's default, and a queue takes two of them.
const QUEUES_MAX: usize = 1_000;

/// Command line of the load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: String,
    /// Messages a second.
    pub(crate) rate: u64,
    /// Send them as fast as the window lets through, for so many seconds; `rate` is then no more than a bound.
    pub(crate) unpaced: bool,
    pub(crate) seconds: u64,
    /// Bytes of one message.
    pub(crate) size: usize,
    /// The most messages that are sent and not yet both confirmed and consumed.
    pub(crate) window: usize,
    /// Queues that the messages take turns through, each with a channel to publish and one to consume.
    pub(crate) queues: usize,
    /// Tell each second how many messages were consumed since the start.
    pub(crate) progress: bool,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OptionsError {
    #[error(
        "`{0}` is not an option: --host, --port, --user, --password, --rate, --unpaced, --seconds, --size, --window, \
         --queues, --progress are"
    )]
    Unknown(String),
    #[error("{0} takes a value in its range")]
    Value(String),
    #[error("{0} messages are too many for one run, the limit is {MESSAGES_MAX}")]
    TooMany(u64),
    #[error("{0} queues are too many for one connection, the limit is {QUEUES_MAX}")]
    TooManyQueues(usize),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 5672,
            // The user that a fresh broker has, for connections from its own machine only.
            user: "guest".to_owned(),
            password: "guest".to_owned(),
            rate: 1_000,
            unpaced: false,
            seconds: 10,
            size: 256,
            window: 2_000,
            queues: 1,
            progress: false,
        }
    }
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, OptionsError> {
        let mut options = Self::default();
        let mut words = arguments.iter();
        while let Some(name) = words.next() {
            match name.as_str() {
                "--unpaced" => options.unpaced = true,
                "--progress" => options.progress = true,
                _ => options.take(name, &words.next().cloned().unwrap_or_default())?,
            }
        }
        let total = options.rate.saturating_mul(options.seconds);
        if total > MESSAGES_MAX {
            return Err(OptionsError::TooMany(total));
        }
        if options.queues > QUEUES_MAX {
            return Err(OptionsError::TooManyQueues(options.queues));
        }
        Ok(options)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), OptionsError> {
        match name {
            "--host" => self.host = value.to_owned(),
            "--port" => self.port = number(name, value)?,
            "--user" => self.user = value.to_owned(),
            "--password" => self.password = value.to_owned(),
            "--rate" => self.rate = positive(name, value)?,
            "--seconds" => self.seconds = positive(name, value)?,
            "--size" => self.size = number(name, value)?,
            "--window" => self.window = usize::try_from(positive(name, value)?).unwrap_or(usize::MAX),
            "--queues" => self.queues = usize::try_from(positive(name, value)?).unwrap_or(usize::MAX),
            _ => return Err(OptionsError::Unknown(name.to_owned())),
        }
        Ok(())
    }

    /// How long messages are sent.
    pub(crate) fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// How many messages there are in all, at most.
    pub(crate) fn total(&self) -> usize {
        usize::try_from(self.rate * self.seconds).unwrap_or(usize::MAX)
    }

    /// When a message is due, since the start.
    pub(crate) fn due(&self, number: usize) -> Duration {
        if self.unpaced {
            return Duration::ZERO;
        }
        Duration::from_nanos((number as u64).saturating_mul(1_000_000_000) / self.rate)
    }
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, OptionsError> {
    value.parse().map_err(|_| OptionsError::Value(name.to_owned()))
}

fn positive(name: &str, value: &str) -> Result<u64, OptionsError> {
    number(name, value)
        .and_then(|value| if value == 0 { Err(OptionsError::Value(name.to_owned())) } else { Ok(value) })
}

#[cfg(test)]
mod tests {
    use super::{Options, OptionsError};

    fn parse(line: &str) -> Result<Options, OptionsError> {
        Options::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn command_lines() {
        let options = parse("--port 5673 --rate 50 --seconds 2 --unpaced").unwrap();
        assert_eq!((options.port, options.total(), options.unpaced), (5673, 100, true));
        assert_eq!(parse("--rate 0"), Err(OptionsError::Value("--rate".into())));
        assert_eq!(parse("--port 99999"), Err(OptionsError::Value("--port".into())));
        assert_eq!(parse("--port"), Err(OptionsError::Value("--port".into())));
        assert_eq!(parse("--speed 1"), Err(OptionsError::Unknown("--speed".into())));
        assert_eq!(parse("--rate 1000000 --seconds 1000"), Err(OptionsError::TooMany(1_000_000_000)));
        let options = parse("--progress --queues 1000").unwrap();
        assert_eq!((options.progress, options.queues), (true, 1_000));
        assert_eq!(parse("--queues 1001"), Err(OptionsError::TooManyQueues(1_001)));
    }

    #[test]
    fn messages_are_spread_evenly() {
        let options = parse("--rate 1000").unwrap();
        assert_eq!(options.due(1_500).as_millis(), 1_500);
        assert_eq!(parse("--unpaced").unwrap().due(1_500).as_millis(), 0);
    }
}
