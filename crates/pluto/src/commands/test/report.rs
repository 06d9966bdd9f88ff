//! What became of tests, for people, for machines a line each, and as JUnit knows it.

use super::{Ended, Failed, Ran, Test, TestFormat, place};
use crate::commands::run::{deadlock, told};
use pluto_host::Expected;
use pluto_source::Files;
use serde_json::{Value, json};
use std::io::{Result, Write};
use std::time::Duration;

/// Lines of what a failing test printed that are shown, from their end.
const OUTPUT_SHOWN: usize = 20;

/// Writes what becomes of tests.
pub(super) struct Report<'f> {
    format: TestFormat,
    files: &'f Files,
    colour: bool,
    passed: u64,
    failed: u64,
    not_run: u64,
    /// What JUnit wants at the end.
    cases: Vec<String>,
}

impl<'f> Report<'f> {
    pub(super) fn new(format: TestFormat, files: &'f Files, colour: bool) -> Self {
        Self { format, files, colour, passed: 0, failed: 0, not_run: 0, cases: Vec::new() }
    }

    /// The names of tests, without running them.
    pub(super) fn list(&self, tests: &[Test<'_>], out: &mut dyn Write) -> Result<()> {
        for test in tests {
            let (file, line) = place(test.at, self.files);
            let line = match self.format {
                TestFormat::Json => json!({"test": test.name, "file": file, "line": line}).to_string(),
                TestFormat::Text | TestFormat::Junit => format!("{file}:{line}: {}", test.name),
            };
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    pub(super) fn begin(&mut self, tests: &[Test<'_>], out: &mut dyn Write) -> Result<()> {
        if self.format == TestFormat::Text {
            writeln!(out, "running {}", pluto_timeline::count(tests.len() as u64, "test"))?;
            out.flush()?;
        }
        Ok(())
    }

    /// What became of a test.
    pub(super) fn result(&mut self, test: &Test<'_>, ran: &Ran, out: &mut dyn Write) -> Result<()> {
        *match ran.ended {
            Ended::Passed => &mut self.passed,
            Ended::Failed(_) => &mut self.failed,
            Ended::NotRun(..) => &mut self.not_run,
        } += 1;
        match self.format {
            TestFormat::Text => self.text(test, ran, out)?,
            TestFormat::Json => writeln!(out, "{}", self.json(test, ran))?,
            TestFormat::Junit => self.cases.push(self.junit(test, ran)),
        }
        out.flush()
    }

    pub(super) fn end(&mut self, took: Duration, out: &mut dyn Write) -> Result<()> {
        match self.format {
            TestFormat::Text => {
                let mut parts = vec![format!("{} passed", self.passed)];
                parts.extend((self.failed > 0).then(|| format!("{} failed", self.failed)));
                parts.extend((self.not_run > 0).then(|| format!("{} could not be run", self.not_run)));
                writeln!(out, "{} in {}", parts.join(", "), time(took))?;
            }
            TestFormat::Json => {
                let Self { passed, failed, not_run, .. } = self;
                let milliseconds = took.as_secs_f64() * 1e3;
                writeln!(
                    out,
                    "{}",
                    json!({"passed": passed, "failed": failed, "not_run": not_run, "ms": milliseconds})
                )?;
            }
            TestFormat::Junit => {
                let all = self.passed + self.failed + self.not_run;
                writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
                writeln!(
                    out,
                    "<testsuite name=\"pluto\" tests=\"{all}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.3}\">",
                    self.failed,
                    self.not_run,
                    took.as_secs_f64()
                )?;
                for case in &self.cases {
                    out.write_all(case.as_bytes())?;
                }
                writeln!(out, "</testsuite>")?;
            }
        }
        out.flush()
    }

    fn text(&self, test: &Test<'_>, ran: &Ran, out: &mut dyn Write) -> Result<()> {
        let (file, line) = place(test.at, self.files);
        let (word, colour) = match ran.ended {
            Ended::Passed => ("ok  ", "32"),
            Ended::Failed(_) => ("FAIL", "31"),
            Ended::NotRun(..) => ("??  ", "33"),
        };
        let word = if self.colour { format!("\x1b[{colour}m{word}\x1b[0m") } else { word.to_owned() };
        writeln!(out, "{word}  {file}:{line}: {} ({})", test.name, time(ran.took))?;
        match &ran.ended {
            Ended::Passed => return Ok(()),
            Ended::Failed(failed) => {
                for line in self.why(failed).lines() {
                    writeln!(out, "      {line}")?;
                }
            }
            Ended::NotRun(what, at) => {
                let (file, line) = place(*at, self.files);
                writeln!(out, "      {what} cannot be run yet, {file}:{line}")?;
            }
        }
        let printed: Vec<&str> = ran.output.lines().collect();
        let hidden = printed.len().saturating_sub(OUTPUT_SHOWN);
        if !printed.is_empty() {
            writeln!(out, "      it printed{}:", if hidden > 0 { ", at last" } else { "" })?;
        }
        for line in printed.iter().skip(hidden) {
            writeln!(out, "      | {line}")?;
        }
        Ok(())
    }

    /// Why a test failed, in some lines.
    fn why(&self, failed: &Failed) -> String {
        match failed {
            Failed::Trap(trapped) => {
                let told = told(trapped, self.files);
                match &trapped.expected {
                    Some(expected) => {
                        let told = told.trim_start_matches("trap: ").to_owned();
                        difference(expected)
                            .map_or(told.clone(), |difference| format!("{told}\n{difference}"))
                    }
                    None => told,
                }
            }
            Failed::Error(error, at) => {
                let raised =
                    at.map(|at| format!("\n  raised at {}", crate::commands::run::place(at, self.files)));
                format!("error: {error}{}", raised.unwrap_or_default())
            }
            Failed::Deadlock(waiting) => deadlock(waiting, self.files),
            Failed::Endless => "it did not come to its end after a thousand million steps".to_owned(),
        }
    }

    fn json(&self, test: &Test<'_>, ran: &Ran) -> Value {
        let (file, line) = place(test.at, self.files);
        let result = match ran.ended {
            Ended::Passed => "passed",
            Ended::Failed(_) => "failed",
            Ended::NotRun(..) => "not run",
        };
        let milliseconds = ran.took.as_secs_f64() * 1e3;
        let mut value =
            json!({"test": test.name, "file": file, "line": line, "ms": milliseconds, "result": result});
        let more = match &ran.ended {
            Ended::Passed => return value,
            Ended::Failed(failed) => {
                let expected = failed.expected().map(|Expected { matcher, actual, wanted }| {
                    json!({"matcher": matcher, "actual": actual, "wanted": wanted})
                });
                json!({"why": self.why(failed), "expected": expected, "output": ran.output})
            }
            Ended::NotRun(what, _) => json!({"why": format!("{what} cannot be run yet")}),
        };
        if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
            value.extend(more);
        }
        value
    }

    fn junit(&self, test: &Test<'_>, ran: &Ran) -> String {
        let (file, line) = place(test.at, self.files);
        let mut case = format!(
            "  <testcase name=\"{}\" classname=\"{}\" file=\"{1}\" line=\"{line}\" time=\"{:.6}\">",
            escaped(test.name),
            escaped(&file),
            ran.took.as_secs_f64()
        );
        match &ran.ended {
            Ended::Passed => {}
            Ended::Failed(failed) => {
                let why = self.why(failed);
                let first = why.lines().next().unwrap_or_default();
                case.push_str(&format!(
                    "\n    <failure message=\"{}\">{}</failure>",
                    escaped(first),
                    escaped(&why)
                ));
            }
            Ended::NotRun(what, _) => {
                case.push_str(&format!("\n    <skipped message=\"{} cannot be run yet\"/>", escaped(what)));
            }
        }
        if !matches!(ran.ended, Ended::Passed) && !ran.output.is_empty() {
            case.push_str(&format!("\n    <system-out>{}</system-out>", escaped(&ran.output)));
        }
        let end = if case.ends_with("\">") { "</testcase>\n" } else { "\n  </testcase>\n" };
        case + end
    }
}

/// Two values that do not fit beside each other, with the place where they part.
fn difference(expected: &Expected) -> Option<String> {
    let (actual, wanted) = (&expected.actual, expected.wanted.as_ref()?);
    let is_equality = matches!(expected.matcher.as_str(), "to_be" | "to_equal");
    if !is_equality || actual.len().max(wanted.len()) < 20 {
        return None;
    }
    let same = actual.chars().zip(wanted.chars()).take_while(|(a, b)| a == b).count();
    let mark = " ".repeat(same);
    Some(format!("  wanted {wanted}\n  actual {actual}\n         {mark}^ here they part"))
}

fn time(took: Duration) -> String {
    let micros = took.as_micros();
    if micros < 1_000 {
        format!("{micros} us")
    } else if micros < 1_000_000 {
        format!("{:.1} ms", micros as f64 / 1e3)
    } else {
        format!("{:.1} s", took.as_secs_f64())
    }
}

/// Text in XML. What no XML may hold is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}
