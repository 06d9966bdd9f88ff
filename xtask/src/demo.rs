//! `cargo xtask demo`: from nothing to a recording of a live system, in one command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::error::{Error, IoContext, Result};
use crate::guard::Guarded;
use crate::{cookie, erlang, pluto, run, workspace};

/// Orders a second while the demo records.
const RATE: u32 = 500;

/// How long the demo records, seconds.
const RECORDED_S: u32 = 5;

/// How long the node may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is recorded: all functions of the three servers that an order passes through.
const PATTERNS: [&str; 3] = ["shop_orders:_", "shop_stock:_", "shop_payment:_"];

/// Starts the shop under load for as long as standard input is open, then ends the node.
const LIFE: &str = "
    ok = shop:start(),
    shop_load:start(#{rate => list_to_integer(os:getenv(\"SHOP_RATE\")), seconds => 3600}),
    io:format(\"ready ~s~n\", [node()]),
    (fun Wait() -> case io:get_line(\"\") of eof -> halt(0); _ -> Wait() end end)().";

/// `cargo xtask demo`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    if let Some(word) = arguments.first() {
        return Err(Error::Usage(format!("`demo` takes nothing, not `{word}`")));
    }
    heading("What it needs: Erlang/OTP 25 or newer");
    println!("OTP {} is installed", erlang::ensure(false)?);
    heading("Building Pluto");
    let pluto = pluto::build()?;
    heading("Starting the sample system: a small shop with 1,000 customers");
    let home = workspace::path("target/demo");
    let node = Subject::start(&home)?;
    println!("node {}, {RATE} orders a second", node.name);
    let recording = home.join("shop");
    if recording.exists() {
        fs::remove_dir_all(&recording).at("remove", &recording)?;
    }
    let recorded = record(&pluto, &node, &recording);
    let stopped = node.stop();
    recorded.and(stopped)?;
    look(&pluto, &recording)?;
    further(&recording);
    Ok(())
}

fn heading(text: &str) {
    println!("\n== {text}");
}

/// The sample system on a node of its own, under load.
struct Subject {
    name: String,
    cookie: PathBuf,
    process: Guarded,
}

impl Subject {
    fn start(home: &Path) -> Result<Self> {
        let ebin = pluto_examples::build_erlang(Command::new("erlc"), home).map_err(Error::Example)?;
        let cookie = cookie::make(home)?;
        // A name with a numeric host needs no name service, and the process id makes it unique.
        let name = format!("pluto_demo_{}@127.0.0.1", std::process::id());
        let mut erl =
            run::command("erl", ["-noshell", "+Bd", "-name", &name, "-kernel", "logger_level", "critical"]);
        erl.arg("-pa").arg(ebin).args(["-eval", LIFE]).env("HOME", home).env("SHOP_RATE", RATE.to_string());
        let process = Guarded::start(&mut erl)?;
        process.wait_for("ready ", PATIENCE)?;
        Ok(Self { name, cookie, process })
    }

    fn stop(self) -> Result<()> {
        self.process.stop(PATIENCE)?;
        println!("node {} is stopped", self.name);
        Ok(())
    }
}

fn record(pluto: &Path, node: &Subject, recording: &Path) -> Result<()> {
    let base = |output: &[&str]| {
        let mut command = run::command(pluto, ["record", &node.name]);
        command.args(PATTERNS).args(["--timing", "--life", "--cookie-file"]).arg(below_root(&node.cookie));
        command.args(output);
        command
    };
    heading("What would it cost? Pluto counts the calls first, and refuses what would be too much");
    shown(&mut base(&["--dry-run"]))?;
    heading("Recording it from outside: nothing is installed in the node, nothing stays behind");
    let duration = format!("{RECORDED_S}s");
    shown(base(&["--duration", &duration, "-o"]).arg(below_root(recording)))
}

fn look(pluto: &Path, recording: &Path) -> Result<()> {
    let recording = below_root(recording);
    let show = |filter: &[&str]| shown(run::command(pluto, ["show"]).arg(recording).args(filter));
    heading("Which functions are hot, and where does the time go?");
    shown(run::command(pluto, ["stat"]).arg(recording).args(["--limit", "8"]))?;
    heading(
        "What do the slow orders wait for? A slow bank, and every order behind it waits too (~: inferred)",
    );
    show(&["--function", "shop_orders:process_order/3", "--slow", "15ms", "--tree", "--limit", "5"])?;
    show(&["--function", "shop_payment:handle_call/3", "--slow", "15ms", "--tree", "--limit", "3"])?;
    heading(
        "What crashed? The payment server, on a card that it cannot read; its supervisor starts it again",
    );
    show(&["--kind", "exit", "--kind", "register", "--limit", "4"])
}

fn further(recording: &Path) {
    let path = below_root(recording).display();
    heading("To look further");
    for (command, about) in [
        (format!("target/debug/pluto show {path} --function shop_payment:_ --limit 20"), "one server"),
        (format!("target/debug/pluto show {path} --since 1s --until 1.1s"), "a tenth of a second"),
        (format!("target/debug/pluto export {path} --to perfetto -o shop.pftrace"), "for ui.perfetto.dev"),
        ("target/debug/pluto record --help".to_owned(), "to record a node of your own"),
    ] {
        println!("  {command:<79}  {about}");
    }
    println!(
        "  docs/guide.md explains all of it; examples/shop_erl/README.md says what else is in the shop."
    );
}

/// The path as seen from the root of the workspace, where the commands are run.
fn below_root(path: &Path) -> &Path {
    path.strip_prefix(workspace::root()).unwrap_or(path)
}

/// Runs a command at the root of the workspace, after showing how it is typed there.
fn shown(command: &mut Command) -> Result<()> {
    let root = workspace::root();
    println!("$ {}", run::spelled(command).replace(&format!("{}/", root.display()), ""));
    run::show(command.current_dir(root))
}

#[cfg(test)]
mod tests {
    use super::Subject;
    use crate::run;

    #[test]
    fn the_subject_is_under_load_and_ends_when_asked() {
        let home = tempfile::tempdir().unwrap();
        let subject = Subject::start(home.path()).unwrap();
        let name = format!("pluto_look_{}@127.0.0.1", std::process::id());
        let wait = "
            [Name] = init:get_plain_arguments(),
            (fun Ask() -> case erpc:call(list_to_atom(Name), shop, status, []) of
                 #{placed := Placed} when Placed > 0 -> io:put_chars(\"orders\");
                 #{} -> Ask() end end)(),
            halt(0).";
        let mut erl = run::command(
            "erl",
            ["-noshell", "-hidden", "-name", &name, "-eval", wait, "-extra", &subject.name],
        );
        assert_eq!(run::capture(erl.env("HOME", home.path())).unwrap(), "orders");
        subject.stop().unwrap();
    }
}
