//! Values with units, as they are typed: durations, rates, sizes and moments.

use std::fmt;
use std::str::FromStr;

/// A value that could not be read: what it should look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadValue(&'static str);

impl fmt::Display for BadValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.0)
    }
}

impl std::error::Error for BadValue {}

/// A stretch of time: a number with `us`, `ms`, `s`, `m` or `h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duration(pub(crate) std::time::Duration);

impl FromStr for Duration {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Duration, BadValue> {
        const EXPECTED: BadValue = BadValue("a number with a unit: 500us, 20ms, 1.5s, 2m or 1h");
        let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).ok_or(EXPECTED)?;
        let (number, unit) = text.split_at(unit_at);
        let number: f64 = number.trim().parse().map_err(|_| EXPECTED)?;
        let seconds = match unit {
            "us" => number / 1e6,
            "ms" => number / 1e3,
            "s" => number,
            "m" => number * 60.0,
            "h" => number * 3600.0,
            _ => return Err(EXPECTED),
        };
        std::time::Duration::try_from_secs_f64(seconds).map(Duration).map_err(|_| EXPECTED)
    }
}

/// One or more nodes, with commas between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeList(pub(crate) Vec<String>);

impl FromStr for NodeList {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<NodeList, BadValue> {
        let nodes: Vec<String> = text.split(',').map(|node| node.trim().to_owned()).collect();
        if nodes.iter().any(String::is_empty) {
            return Err(BadValue("a node, or several with commas between: shop@db1,shop@db2"));
        }
        Ok(NodeList(nodes))
    }
}

/// A share of the calls, or a number of calls a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fraction {
    /// Every call.
    All,
    /// One in this many.
    OneIn(u32),
    /// At most this many a second.
    PerSecond(u32),
}

impl FromStr for Fraction {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Fraction, BadValue> {
        const EXPECTED: BadValue = BadValue("1/N, N/s or all: 1/100, 500/s");
        let positive = |text: &str| text.parse().ok().filter(|&n: &u32| n > 0).ok_or(EXPECTED);
        match text.split_once('/') {
            None if text == "all" => Ok(Fraction::All),
            Some(("1", n)) if n != "s" => positive(n).map(Fraction::OneIn),
            Some((n, "s")) => positive(n).map(Fraction::PerSecond),
            _ => Err(EXPECTED),
        }
    }
}

/// The value of a `--max` option; `none` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit<T>(pub(crate) Option<T>);

impl<T: FromStr<Err = BadValue>> FromStr for Limit<T> {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Limit<T>, BadValue> {
        if text == "none" { Ok(Limit(None)) } else { text.parse().map(|value| Limit(Some(value))) }
    }
}

/// A number of events that is a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Events(pub(crate) u64);

impl FromStr for Events {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Events, BadValue> {
        scaled(text, 1_000).map(Events).ok_or(BadValue("a number of events (50000, 50k, 1M), or none"))
    }
}

/// A number of bytes that is a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl FromStr for Bytes {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Bytes, BadValue> {
        let number = scaled(text.strip_suffix('B').unwrap_or(text), 1_000);
        number.map(Bytes).ok_or(BadValue("a number of bytes (500kB, 32MB, 1GB), or none"))
    }
}

/// A share of one core that is a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CpuShare(pub(crate) f64);

impl FromStr for CpuShare {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<CpuShare, BadValue> {
        let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
        percent
            .filter(|percent| percent.is_finite() && *percent > 0.0)
            .map(|percent| CpuShare(percent / 100.0))
            .ok_or(BadValue("a share of one core (5%, 20%, 150%), or none"))
    }
}

fn scaled(text: &str, thousand: u64) -> Option<u64> {
    let (number, scale) = match text.char_indices().next_back()? {
        (at, 'k') => (&text[..at], thousand),
        (at, 'M') => (&text[..at], thousand.pow(2)),
        (at, 'G') => (&text[..at], thousand.pow(3)),
        _ => (text, 1),
    };
    number.parse::<u64>().ok()?.checked_mul(scale).filter(|&n| n > 0)
}

/// A moment of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// This long after the start.
    SinceStart(std::time::Duration),
    /// This long after midnight (UTC) of the day on which the recording started.
    TimeOfDay(std::time::Duration),
}

impl FromStr for Moment {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Moment, BadValue> {
        const EXPECTED: BadValue = BadValue("a time since the start as 1.5s, or a time of day as 12:03:04.5");
        let Some((hours, rest)) = text.split_once(':') else {
            let Duration(since_start) = text.parse().map_err(|_| EXPECTED)?;
            return Ok(Moment::SinceStart(since_start));
        };
        let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "0"));
        let hours: u32 = hours.parse().ok().filter(|&h| h < 24).ok_or(EXPECTED)?;
        let minutes: u32 = minutes.parse().ok().filter(|&m| m < 60).ok_or(EXPECTED)?;
        let seconds: f64 = seconds.parse().ok().filter(|s| (0.0..61.0).contains(s)).ok_or(EXPECTED)?;
        let whole = f64::from(hours * 3600 + minutes * 60);
        std::time::Duration::try_from_secs_f64(whole + seconds).map(Moment::TimeOfDay).map_err(|_| EXPECTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn read<T: FromStr<Err = BadValue> + fmt::Debug>(texts: &[&str]) -> String {
        texts
            .iter()
            .map(|text| match text.parse::<T>() {
                Ok(value) => format!("{text:8} {value:?}\n"),
                Err(error) => format!("{text:8} {error}\n"),
            })
            .collect()
    }

    #[test]
    fn durations() {
        expect![[r#"
            500us    Duration(500µs)
            1.5s     Duration(1.5s)
            2m       Duration(120s)
            1h       Duration(3600s)
            10       expected a number with a unit: 500us, 20ms, 1.5s, 2m or 1h
            -1s      expected a number with a unit: 500us, 20ms, 1.5s, 2m or 1h
            1e99s    expected a number with a unit: 500us, 20ms, 1.5s, 2m or 1h
        "#]]
        .assert_eq(&read::<Duration>(&["500us", "1.5s", "2m", "1h", "10", "-1s", "1e99s"]));
    }

    #[test]
    fn fractions() {
        expect![[r#"
            1/100    OneIn(100)
            500/s    PerSecond(500)
            1/s      PerSecond(1)
            all      All
            1/0      expected 1/N, N/s or all: 1/100, 500/s
            2/3      expected 1/N, N/s or all: 1/100, 500/s
        "#]]
        .assert_eq(&read::<Fraction>(&["1/100", "500/s", "1/s", "all", "1/0", "2/3"]));
    }

    #[test]
    fn limits() {
        expect![[r#"
            32MB     Limit(Some(Bytes(32000000)))
            1k       Limit(Some(Bytes(1000)))
            9999999999G Limit(Some(Bytes(9999999999000000000)))
            none     Limit(None)
            kB       expected a number of bytes (500kB, 32MB, 1GB), or none
            None     expected a number of bytes (500kB, 32MB, 1GB), or none
        "#]]
        .assert_eq(&read::<Limit<Bytes>>(&["32MB", "1k", "9999999999G", "none", "kB", "None"]));
        expect![[r#"
            50k      Limit(Some(Events(50000)))
            none     Limit(None)
            0        expected a number of events (50000, 50k, 1M), or none
            50kB     expected a number of events (50000, 50k, 1M), or none
        "#]]
        .assert_eq(&read::<Limit<Events>>(&["50k", "none", "0", "50kB"]));
        expect![[r#"
            5%       Limit(Some(CpuShare(0.05)))
            none     Limit(None)
            0%       expected a share of one core (5%, 20%, 150%), or none
            20       expected a share of one core (5%, 20%, 150%), or none
        "#]]
        .assert_eq(&read::<Limit<CpuShare>>(&["5%", "none", "0%", "20"]));
    }

    #[test]
    fn moments() {
        expect![[r#"
            1.5s     SinceStart(1.5s)
            12:03:04.5 TimeOfDay(43384.5s)
            12:03    TimeOfDay(43380s)
            25:00    expected a time since the start as 1.5s, or a time of day as 12:03:04.5
            soon     expected a time since the start as 1.5s, or a time of day as 12:03:04.5
        "#]]
        .assert_eq(&read::<Moment>(&["1.5s", "12:03:04.5", "12:03", "25:00", "soon"]));
    }
}
