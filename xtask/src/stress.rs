//! `cargo xtask stress`: runs the programs of `stress/` in several ways, and holds each to the time and the memory
//! that it says.
//!
//! The first lines of a program say what it is, what it may take and what it prints:
//!
//! ```text
//! // stress: 100,000 objects that are all alive
//! // bound: 2 s, 200 MB
//! // zeal: 1000
//! // prints: 49999500000
//! ```
//!
//! `zeal` is there where it is also run with a collection at each so-manyth allocation of a task.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::{Error, IoContext, Result};
use crate::{pluto, run, workspace};

/// How often it is looked whether a program has ended, and what it has of memory.
const LOOK: Duration = Duration::from_millis(5);

/// What the head of a program says.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    about: String,
    seconds: u64,
    megabytes: u64,
    zeal: Option<u32>,
    prints: String,
}

/// What a run took.
struct Took {
    time: Duration,
    kilobytes: u64,
}

/// `cargo xtask stress [PROGRAM…]`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let programs = chosen(arguments)?;
    let pluto = pluto::build()?;
    println!("{:<64} {:>8} {:>6} {:>8} {:>8}", "", "s", "of", "MB", "of");
    let mut failed = Vec::new();
    for program in programs {
        let head =
            head(&fs::read_to_string(&program).at("read", &program)?).map_err(|line| Error::Unexpected {
                what: format!("expected a line `// {line}: …` at the beginning of {}", program.display()),
                found: "none".to_owned(),
            })?;
        println!("{}: {}", name(&program), head.about);
        for (way, options) in ways(&head) {
            let mut command = run::command(&pluto, ["run"]);
            command.args(&options).arg(&program);
            if let Err(why) = held(&mut command, way, &head) {
                println!("  {way}: {why}");
                failed.push(format!("{} {way}", name(&program)));
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Error::Steps { failed }) }
}

/// The programs that were asked for, or all.
fn chosen(names: &[String]) -> Result<Vec<PathBuf>> {
    let mut all = workspace::files("stress", "pluto")?;
    if let Some(unknown) = names.iter().find(|of| !all.iter().any(|path| name(path) == **of)) {
        let known: Vec<String> = all.iter().map(|path| name(path)).collect();
        return Err(Error::Usage(format!("there is no program `{unknown}`: there are {}", known.join(", "))));
    }
    all.retain(|path| names.is_empty() || names.contains(&name(path)));
    Ok(all)
}

fn name(program: &Path) -> String {
    program.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What the head of a program says, or what it does not say.
fn head(text: &str) -> std::result::Result<Head, &'static str> {
    let said = |what: &'static str| {
        let line = text.lines().take_while(|line| line.starts_with("//"));
        line.filter_map(|line| line.strip_prefix("// ")?.strip_prefix(what)?.strip_prefix(": "))
            .next()
            .ok_or(what)
    };
    let (seconds, megabytes) = said("bound")?.split_once(" s, ").ok_or("bound")?;
    let zeal = match said("zeal") {
        Ok(number) => Some(number.parse().map_err(|_| "zeal")?),
        Err(_) => None,
    };
    Ok(Head {
        about: said("stress")?.to_owned(),
        seconds: seconds.parse().map_err(|_| "bound")?,
        megabytes: megabytes.strip_suffix(" MB").and_then(|number| number.parse().ok()).ok_or("bound")?,
        zeal,
        prints: said("prints")?.to_owned(),
    })
}

/// The ways in which a program is run, and how they are asked for.
fn ways(head: &Head) -> Vec<(&'static str, Vec<String>)> {
    let option = |name: &str, value: u32| vec![name.to_owned(), value.to_string()];
    let mut ways = vec![
        ("one worker", Vec::new()),
        ("two workers", option("--workers", 2)),
        ("four workers", option("--workers", 4)),
    ];
    ways.extend(head.zeal.map(|zeal| ("collected often", option("--gc-zeal", zeal))));
    ways
}

/// Runs a program, and says what it took, or what is wrong with it.
fn held(command: &mut Command, way: &str, head: &Head) -> std::result::Result<(), String> {
    let (took, said) = watched(command, Duration::from_secs(head.seconds))?;
    println!(
        "  {way:<62} {:>8.2} {:>6} {:>8} {:>8}",
        took.time.as_secs_f64(),
        head.seconds,
        took.kilobytes / 1000,
        head.megabytes
    );
    if said != format!("{}\n", head.prints) {
        return Err(format!("printed `{}` instead of `{}`", said.trim_end(), head.prints));
    }
    if took.kilobytes > head.megabytes * 1000 {
        return Err("took more memory than it may".to_owned());
    }
    Ok(())
}

/// Runs a program until it has ended or its time is over: what it took, and what it printed.
fn watched(command: &mut Command, most: Duration) -> std::result::Result<(Took, String), String> {
    let begun = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| format!("did not start: {error}"))?;
    let mut took = Took { time: Duration::ZERO, kilobytes: 0 };
    loop {
        took.kilobytes = took.kilobytes.max(most_memory(&child));
        match child.try_wait() {
            Ok(None) if begun.elapsed() < most => std::thread::sleep(LOOK),
            Ok(None) => {
                let _killed = child.kill().and_then(|()| child.wait());
                return Err(format!("was not done after {} s", most.as_secs()));
            }
            Ok(Some(_)) => break,
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
    }
    took.time = begun.elapsed();
    let output = child.wait_with_output().map_err(|error| format!("cannot be read: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: {}", output.status, run::last_lines(&said, 10)));
    }
    Ok((took, String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// The most that a process has had of memory so far, kilobytes; zero where it has ended.
fn most_memory(child: &Child) -> u64 {
    let Ok(status) = fs::read_to_string(format!("/proc/{}/status", child.id())) else { return 0 };
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_heads() {
        let text = "// stress: many\n// bound: 2 s, 300 MB\n// zeal: 10\n// prints: 1 2\n\nfn main() {}\n// prints: 3\n";
        let wanted = Head {
            about: "many".to_owned(),
            seconds: 2,
            megabytes: 300,
            zeal: Some(10),
            prints: "1 2".to_owned(),
        };
        assert_eq!(head(text), Ok(wanted));
        assert_eq!(head("// stress: many\n// bound: 2 s\n"), Err("bound"));
        assert_eq!(head("// stress: many\n// bound: 2 s, 3 MB\n"), Err("prints"));
    }

    #[test]
    fn all_programs_have_heads() {
        for program in chosen(&[]).unwrap() {
            assert!(head(&fs::read_to_string(&program).unwrap()).is_ok(), "{}", program.display());
        }
    }

    #[test]
    fn what_takes_too_long_or_fails_is_told() {
        let mut endless = run::command("sleep", ["100"]);
        assert_eq!(
            watched(&mut endless, Duration::from_millis(50)).err().as_deref(),
            Some("was not done after 0 s")
        );
        let mut fails = run::command("sh", ["-c", "echo wrong >&2; exit 3"]);
        assert_eq!(
            watched(&mut fails, Duration::from_secs(9)).err().as_deref(),
            Some("exit status: 3: wrong")
        );
    }
}
