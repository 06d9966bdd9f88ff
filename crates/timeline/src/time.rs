//! Times and durations as text.

use pluto_event::Nanos;

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// The time of day in UTC, to the microsecond: `12:03:04.123456`.
pub fn time_text(time: Nanos) -> String {
    let in_day = time.rem_euclid(DAY);
    let (seconds, micros) = (in_day / SECOND, in_day % SECOND / 1000);
    format!("{:02}:{:02}:{:02}.{micros:06}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Date and time in UTC to the nanosecond, as in RFC 3339: `2026-11-20T12:03:04.123456789Z`.
pub fn timestamp_text(time: Nanos) -> String {
    let (year, month, day) = date_of(time.div_euclid(DAY));
    let in_day = time.rem_euclid(DAY);
    let seconds = in_day / SECOND;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let nanos = in_day % SECOND;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
}

/// Year, month and day of a number of days since 1970-01-01, in the proleptic Gregorian calendar: days are counted
/// in eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let in_era = days.rem_euclid(146_097);
    let year_of_era = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// A duration with three significant digits or more and its unit: `17ns`, `1.23us`, `45.6ms`, `2.00s`, `125s`.
pub fn duration_text(nanos: u64) -> String {
    let scaled = |unit: u64, name: &str| {
        let value = nanos as f64 / unit as f64;
        match value {
            _ if value < 9.995 => format!("{value:.2}{name}"),
            _ if value < 99.95 => format!("{value:.1}{name}"),
            _ => format!("{value:.0}{name}"),
        }
    };
    match nanos {
        0..1_000 => format!("{nanos}ns"),
        1_000..999_500 => scaled(1_000, "us"),
        999_500..999_500_000 => scaled(1_000_000, "ms"),
        _ => scaled(1_000_000_000, "s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_durations_have_one_spelling() {
        assert_eq!(time_text(43_384_123_456_789), "12:03:04.123456");
        assert_eq!(time_text(-1), "23:59:59.999999");
        assert_eq!(timestamp_text(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(timestamp_text(951_782_400 * SECOND), "2000-02-29T00:00:00.000000000Z");
        assert_eq!(timestamp_text(1_795_226_584 * SECOND + 5), "2026-11-21T02:03:04.000000005Z");
        assert_eq!(timestamp_text(-1), "1969-12-31T23:59:59.999999999Z");
        let texts = [0, 999, 1_234, 45_600, 999_499, 999_500, 1_500_000, 2_000_000_000, 125_000_000_000];
        let texts = texts.map(duration_text);
        assert_eq!(texts.join(" "), "0ns 999ns 1.23us 45.6us 999us 1.00ms 1.50ms 2.00s 125s");
    }
}
