//! `cargo xtask bench NAME`: runs one benchmark of the workspace, in the release profile.
//!
//! `capture` is a program of its own, `pluto-bench`, since it measures another program, `pluto`; the other names are
//! bench targets of the workspace's crates.

use crate::error::{Error, IoContext, Result};
use crate::test::cargo;
use crate::{metadata, run, workspace};

/// The benchmark of attaching and tracing.
const CAPTURE: &str = "capture";

/// `cargo xtask bench NAME [argument…]`: the arguments go to the benchmark.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    if let Some((first, rest)) = arguments.split_first()
        && first == CAPTURE
    {
        return capture(rest);
    }
    let members = metadata::members()?;
    let known: Vec<(&str, &str)> = members
        .iter()
        .flat_map(|member| member.benches.iter().map(|bench| (bench.as_str(), member.name.as_str())))
        .collect();
    let names = || {
        let benches = known.iter().map(|(bench, _)| *bench);
        std::iter::once(CAPTURE).chain(benches).collect::<Vec<_>>().join(", ")
    };
    let Some((wanted, rest)) = arguments.split_first() else {
        return Err(Error::Usage(format!("`bench` takes the name of a benchmark: {}", names())));
    };
    let Some((bench, package)) = known.iter().find(|(bench, _)| bench == wanted) else {
        return Err(Error::Usage(format!("there is no benchmark `{wanted}`: there are {}", names())));
    };
    run::show(cargo(["bench", "--locked", "--package", package, "--bench", bench, "--"]).args(rest))
}

/// Builds `pluto` and the program that measures it, and runs that from the root of the workspace. This program goes with
/// it: its `rabbit --serve` keeps the broker that is measured, for as long as that is needed and no longer.
fn capture(arguments: &[String]) -> Result<()> {
    let packages = ["--package", "pluto", "--package", "pluto-bench"];
    run::show(cargo(["build", "--release", "--locked"]).args(packages))?;
    let programs = workspace::target().join("release");
    let this = std::env::current_exe().at("find", "this program")?;
    let mut command = run::command(programs.join("pluto-bench"), ["capture", "--pluto"]);
    command.arg(programs.join("pluto")).arg("--xtask").arg(this);
    command.args(arguments).current_dir(workspace::root());
    run::show(&mut command)
}
