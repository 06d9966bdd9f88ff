//! How fast native code is beside C: `cargo xtask bench native`. It prints the table that stands in `docs/benchmarks.md`, and with `--write`
//! puts it there.
//!
//! Each program of `native/` has a twin in C, which is built by `cc -O2` twice: as it is, and with the checks for overflow and bounds
//! that Pluto has. The three take turns, and the fastest round of each counts. What they print must be the same. Of Pluto the time is that of the run in
//! memory, without compiling; of C that of the process.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark tells its figures")]

#[path = "../../testcompiler/benches/support/table.rs"]
mod document;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use pluto_codegen::{Compiled, Limits, Options, compile};
use pluto_ir::interpret::{Listener, Outcome, Virtual};
use pluto_testcompiler::TestCompiler;

/// Rounds of each.
const ROUNDS: usize = 7;

/// How many times as long as C a program may take: the geometric mean beside C with checks, that beside plain C, and the most beside C
/// with checks.
const GOALS: [f64; 3] = [1.8, 2.5, 6.0];

#[derive(Default, PartialEq)]
struct Printed(String);

impl Listener for Printed {
    fn print(&mut self, line: &str) -> bool {
        self.0.push_str(line);
        self.0.push('\n');
        true
    }
}

/// A program in the three ways.
struct Case {
    name: String,
    pluto: Compiled,
    checked: PathBuf,
    plain: PathBuf,
}

/// The fastest rounds of a case.
struct Row {
    name: String,
    pluto: f64,
    checked: f64,
    plain: f64,
}

impl Case {
    /// Compiles `native/NAME.pluto` and `native/NAME.c`.
    fn new(source: &Path, into: &Path) -> Result<Self, String> {
        let name = source.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let text = std::fs::read_to_string(source).map_err(|error| format!("cannot read {name}: {error}"))?;
        let checked = TestCompiler::new(text).check();
        if !checked.shown().is_empty() {
            return Err(format!("{name}: {}", checked.shown()));
        }
        let main = pluto_ir::mains(&checked.program).next().ok_or("there is no `main`")?;
        let program = pluto_ir::lower(&checked.program, main).map_err(|missing| missing.what)?;
        let pluto = compile(&program, Options::default()).map_err(|error| format!("{name}: {error:?}"))?;
        let twin = source.with_extension("c");
        let build = |ending: &str, flags: &[&str]| {
            let program = into.join(format!("{name}{ending}"));
            let mut cc = Command::new("cc");
            cc.args(["-O2", "-Wall", "-Werror"]).args(flags).arg("-o").arg(&program).arg(&twin).arg("-lm");
            match cc.status() {
                Ok(status) if status.success() => Ok(program),
                Ok(status) => Err(format!("cc of {}: {status}", twin.display())),
                Err(error) => Err(format!("cc: {error}")),
            }
        };
        Ok(Self { pluto, checked: build(" checked", &["-DCHECKED"])?, plain: build("", &[])?, name })
    }

    fn measured(self) -> Result<Row, String> {
        let mut best = [Duration::MAX; 3];
        let (_, wanted) = native(&self.pluto)?;
        for _ in 0..ROUNDS {
            let rounds = [native(&self.pluto)?, twin(&self.checked)?, twin(&self.plain)?];
            for (best, (took, printed)) in best.iter_mut().zip(rounds) {
                *best = took.min(*best);
                if !same(&printed, &wanted) {
                    return Err(format!("{}: `{wanted}` by Pluto and `{printed}` by C", self.name));
                }
            }
        }
        let [pluto, checked, plain] = best.map(|time| time.as_secs_f64());
        Ok(Row { name: self.name, pluto, checked, plain })
    }
}

/// Whether what was printed is the same, floats but for their last digits: C is free to add in another order.
fn same(one: &str, other: &str) -> bool {
    match (one.trim().parse::<f64>(), other.trim().parse::<f64>()) {
        (Ok(one), Ok(other)) => (one - other).abs() <= one.abs() * 1e-12,
        _ => one == other,
    }
}

fn native(compiled: &Compiled) -> Result<(Duration, String), String> {
    let mut world = Virtual::new(0, Printed::default());
    let began = Instant::now();
    let ended = compiled.run(Limits::default(), &mut world).map_err(|error| format!("{error:?}"))?;
    let took = began.elapsed();
    if ended == Outcome::Finished { Ok((took, world.listener.0)) } else { Err(format!("{ended:?}")) }
}

fn twin(program: &Path) -> Result<(Duration, String), String> {
    let began = Instant::now();
    let output = Command::new(program).output().map_err(|error| format!("{}: {error}", program.display()))?;
    let took = began.elapsed();
    if output.status.success() {
        Ok((took, String::from_utf8_lossy(&output.stdout).into_owned()))
    } else {
        Err(format!("{}: {}", program.display(), output.status))
    }
}

fn mean(ratios: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = ratios.clone().count() as f64;
    (ratios.map(f64::ln).sum::<f64>() / count).exp()
}

fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "| program | Pluto, ms | C with checks, ms | C, ms | times C with checks | times C |\n| --- | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for row in rows {
        let (checked, plain) = (row.pluto / row.checked, row.pluto / row.plain);
        let [pluto, with, without] = [row.pluto, row.checked, row.plain].map(|time| time * 1e3);
        let _row = writeln!(
            out,
            "| {} | {pluto:.0} | {with:.0} | {without:.0} | {checked:.2} | {plain:.2} |",
            row.name
        );
    }
    let checked = rows.iter().map(|row| row.pluto / row.checked);
    let plain = rows.iter().map(|row| row.pluto / row.plain);
    let most = checked.clone().fold(0.0, f64::max);
    let [goal_checked, goal_plain, goal_most] = GOALS;
    let _mean = writeln!(
        out,
        "| geometric mean (at most {goal_checked} and {goal_plain}) | | | | {:.2} | {:.2} |",
        mean(checked),
        mean(plain)
    );
    let _most = writeln!(out, "| the most (at most {goal_most}) | | | | {most:.2} | |");
    out
}

fn run() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if arguments.iter().any(|word| word.starts_with('-') && word != "--write") {
        return Err("the benchmark takes names of programs, or --write".to_owned());
    }
    let wanted: Vec<&String> = arguments.iter().filter(|word| *word != "--write").collect();
    let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/native"));
    let entries =
        std::fs::read_dir(directory).map_err(|error| format!("cannot read the programs: {error}"))?;
    let mut sources: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "pluto"))
        .filter(|path| {
            wanted.is_empty()
                || wanted.iter().any(|name| path.file_stem().is_some_and(|stem| stem == name.as_str()))
        })
        .collect();
    sources.sort();
    let into = std::env::temp_dir().join(format!("pluto-native-{}", std::process::id()));
    std::fs::create_dir_all(&into).map_err(|error| format!("cannot make a directory: {error}"))?;
    let rows: Result<Vec<Row>, String> =
        sources.iter().map(|source| Case::new(source, &into).and_then(Case::measured)).collect();
    let _removed = std::fs::remove_dir_all(&into);
    let table = table(&rows?);
    println!("{table}");
    if arguments.iter().any(|word| word == "--write") {
        document::write("cargo xtask bench native --write", &table)
    } else {
        Ok(())
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}
