//! The outcome of a run as Markdown.

use std::fmt::Write as _;
use std::path::Path;

use crate::error::{Doing as _, Error, Result};

/// The lines between which the tables stand in the document.
const BEGIN: &str = "<!-- written by `cargo xtask bench capture`: begin -->";
const END: &str = "<!-- written by `cargo xtask bench capture`: end -->";

/// A figure against its bar.
pub(crate) struct Verdict {
    /// What was measured.
    pub(crate) what: String,
    /// On which release.
    pub(crate) otp: u32,
    /// The figure, with its unit and spread.
    pub(crate) measured: String,
    /// The bar, with its unit.
    pub(crate) bar: String,
    /// Whether the figure reaches the bar.
    pub(crate) outcome: Outcome,
}

/// Whether a figure reaches its bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Pass,
    Miss,
    NotMeasured,
}

impl Outcome {
    pub(crate) fn of(pass: bool) -> Outcome {
        if pass { Outcome::Pass } else { Outcome::Miss }
    }

    /// A figure that is no number was not measured.
    pub(crate) fn at_most(figure: f64, bar: f64) -> Outcome {
        if figure.is_nan() { Outcome::NotMeasured } else { Outcome::of(figure <= bar) }
    }

    fn word(self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Miss => "**miss**",
            Outcome::NotMeasured => "not measured",
        }
    }
}

/// A table with a heading over it and a remark below.
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) remark: String,
}

/// Everything that a run found.
pub(crate) struct Report {
    host: String,
    verdicts: Vec<Verdict>,
    tables: Vec<Table>,
}

impl Report {
    pub(crate) fn new(host: String) -> Report {
        Report { host, verdicts: Vec::new(), tables: Vec::new() }
    }

    pub(crate) fn verdict(&mut self, verdict: Verdict) {
        self.verdicts.push(verdict);
    }

    pub(crate) fn table(&mut self, table: Table) {
        self.tables.push(table);
    }

    /// The verdicts, then the tables.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("{}\n\n### Against the bars\n\n", self.host);
        let header = ["figure", "OTP", "measured", "bar", "outcome"].map(str::to_owned);
        let rows: Vec<Vec<String>> = self
            .verdicts
            .iter()
            .map(|verdict| {
                vec![
                    verdict.what.clone(),
                    verdict.otp.to_string(),
                    verdict.measured.clone(),
                    verdict.bar.clone(),
                    verdict.outcome.word().to_owned(),
                ]
            })
            .collect();
        push_table(&mut text, &header, &rows);
        for table in &self.tables {
            let _infallible = write!(text, "\n### {}\n\n", table.title);
            push_table(&mut text, &table.header, &table.rows);
            if !table.remark.is_empty() {
                let _infallible = write!(text, "\n{}\n", table.remark);
            }
        }
        text
    }
}

fn push_table(text: &mut String, header: &[String], rows: &[Vec<String>]) {
    let dashes: Vec<String> = header.iter().map(|_| "---".to_owned()).collect();
    for row in [header, &dashes].into_iter().chain(rows.iter().map(Vec::as_slice)) {
        let _infallible = writeln!(text, "| {} |", row.join(" | "));
    }
}

/// Puts the Markdown between the document's markers.
pub(crate) fn replace_in(file: &Path, markdown: &str) -> Result<()> {
    let document = std::fs::read_to_string(file).doing(|| format!("read {}", file.display()))?;
    let replaced =
        replace(&document, markdown).map_err(|marker| Error::NoMarker { file: file.to_owned(), marker })?;
    std::fs::write(file, replaced).doing(|| format!("write {}", file.display()))
}

/// The document with other text between its markers, or the marker that it lacks.
fn replace(document: &str, markdown: &str) -> std::result::Result<String, &'static str> {
    let (before, rest) = document.split_once(BEGIN).ok_or(BEGIN)?;
    let (_, after) = rest.split_once(END).ok_or(END)?;
    Ok(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", markdown.trim()))
}

/// Nanoseconds with three digits or so.
pub(crate) fn ns(value: f64) -> String {
    if value.is_nan() {
        "–".to_owned()
    } else if value < 1e4 {
        format!("{value:.0} ns")
    } else if value < 1e7 {
        format!("{:.1} µs", value / 1e3)
    } else {
        format!("{:.1} ms", value / 1e6)
    }
}

/// A ratio with as many digits as it deserves.
pub(crate) fn ratio(value: f64) -> String {
    if value.is_nan() {
        "–".to_owned()
    } else if value < 0.1 {
        format!("{value:.4}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_report() {
        let mut report = Report::new("2 processors".to_owned());
        report.verdict(Verdict {
            what: "arity 2".to_owned(),
            otp: 25,
            measured: ratio(1.314),
            bar: "1.40".to_owned(),
            outcome: Outcome::at_most(1.314, 1.4),
        });
        report.table(Table {
            title: "Costs".to_owned(),
            header: vec!["function".to_owned(), "bare".to_owned()],
            rows: vec![vec!["f2/2".to_owned(), ns(763.2)], vec!["bomb/1".to_owned(), ns(4.1e8)]],
            remark: "Noise: 3 %.".to_owned(),
        });
        expect![[r#"
            2 processors

            ### Against the bars

            | figure | OTP | measured | bar | outcome |
            | --- | --- | --- | --- | --- |
            | arity 2 | 25 | 1.31 | 1.40 | pass |

            ### Costs

            | function | bare |
            | --- | --- |
            | f2/2 | 763 ns |
            | bomb/1 | 410.0 ms |

            Noise: 3 %.
        "#]]
        .assert_eq(&report.markdown());
    }

    #[test]
    fn tables_are_replaced_and_prose_is_kept() {
        let document = format!("# Title\n\n{BEGIN}\n\nold\n\n{END}\n\nlast\n");
        assert_eq!(
            replace(&document, "new\n").as_deref(),
            Ok(&*format!("# Title\n\n{BEGIN}\n\nnew\n\n{END}\n\nlast\n"))
        );
        assert_eq!(replace("# Title", "new"), Err(BEGIN));
    }
}
