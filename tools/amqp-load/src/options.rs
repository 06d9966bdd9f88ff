//! What the load is asked for.

use std::time::Duration;

/// The most messages of one run: what became of each is kept in memory.
const MESSAGES_MAX: u64 = 20_000_000;

/// Command line of the load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: String,
    /// Messages a second.
    pub(crate) rate: u64,
    /// Send them as fast as the window lets through; `rate` then only sets how many there are.
    pub(crate) unpaced: bool,
    pub(crate) seconds: u64,
    /// Bytes of one message.
    pub(crate) size: usize,
    /// The most messages that are sent and not yet confirmed.
    pub(crate) window: usize,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OptionsError {
    #[error(
        "`{0}` is not an option: --host, --port, --user, --password, --rate, --unpaced, --seconds, --size, --window are"
    )]
    Unknown(String),
    #[error("{0} takes a value in its range")]
    Value(String),
    #[error("{0} messages are too many for one run, the limit is {MESSAGES_MAX}")]
    TooMany(u64),
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
        }
    }
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, OptionsError> {
        let mut options = Self::default();
        let mut words = arguments.iter();
        while let Some(name) = words.next() {
            if name == "--unpaced" {
                options.unpaced = true;
                continue;
            }
            let value = words.next().cloned().unwrap_or_default();
            match name.as_str() {
                "--host" => options.host = value,
                "--port" => options.port = number(name, &value)?,
                "--user" => options.user = value,
                "--password" => options.password = value,
                "--rate" => options.rate = positive(name, &value)?,
                "--seconds" => options.seconds = positive(name, &value)?,
                "--size" => options.size = number(name, &value)?,
                "--window" => options.window = usize::try_from(positive(name, &value)?).unwrap_or(usize::MAX),
                _ => return Err(OptionsError::Unknown(name.clone())),
            }
        }
        let total = options.rate.saturating_mul(options.seconds);
        if total > MESSAGES_MAX { Err(OptionsError::TooMany(total)) } else { Ok(options) }
    }

    /// How many messages there are in all.
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
    }

    #[test]
    fn messages_are_spread_evenly() {
        let options = parse("--rate 1000").unwrap();
        assert_eq!(options.due(1_500).as_millis(), 1_500);
        assert_eq!(parse("--unpaced").unwrap().due(1_500).as_millis(), 0);
    }
}
