//! `cargo xtask test`: everything that must hold, on a machine that needs nothing but Rust, `cc` and a package
//! manager.

use std::path::Path;
use std::process::Command;

use crate::error::{Error, Result};
use crate::steps::Steps;
use crate::{
    compilefuzz, erlang, fuzz, memcheck, metadata, otp, python, rabbit, run, stress, tidy, workspace,
};

/// Packages whose tests run under AddressSanitizer: they take bytes apart.
const SANITIZED: [&str; 4] = ["pluto-term", "pluto-dist", "pluto-matchspec", "pluto-recording"];

/// Their tests besides those in the sources; those that only talk to live nodes are left out.
const SANITIZED_TESTS: [&str; 6] = ["term", "replay", "fake_peers", "patterns", "shapes", "recording"];

/// Tests that measure what the sanitizer itself changes: the size of stack frames, and of memory.
const UNSANITIZED: [&str; 2] =
    ["the_deepest_terms_allowed_are_handled_on_a_small_stack", "memory::is_bounded"];

/// Random programs that go through the whole compiler.
const WHOLE_COMPILER: u32 = 5_000;

/// The target triple of instrumented builds, this machine's own: naming it keeps their flags away from build scripts.
pub(crate) fn instrumented_target() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

/// `cargo xtask test [--full]`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let full = match arguments {
        [] => false,
        [word] if word == "--full" => true,
        _ => return Err(Error::Usage("`test` takes nothing, or --full".to_owned())),
    };
    let mut steps = Steps::new();
    if !steps.run("packages: Erlang/OTP, Elixir, Python", packages) {
        return steps.finish();
    }
    other_releases(&mut steps, full);
    lints(&mut steps, full);
    tests(&mut steps);
    if full {
        slow(&mut steps);
    } else {
        steps.not_run("RabbitMQ, release build, fuzzing, stress, valgrind, sanitizers", "run with --full");
    }
    steps.finish()
}

fn packages() -> Result<()> {
    let release = erlang::ensure(true)?;
    println!("OTP {release} and Elixir are installed");
    python::ensure()
}

/// Fetches the other OTP releases. A mirror without Debian's newer suites is no failure of the code: it is said, and
/// the tests run on the releases that are there.
fn other_releases(steps: &mut Steps, full: bool) {
    for release in otp::RELEASES {
        let name = format!("OTP {}", release.otp);
        if release.otp > otp::ALWAYS_TESTED && !full && !otp::present(release.otp) {
            steps.not_run(&name, "run with --full");
            continue;
        }
        steps.run_or_leave(&name, || match otp::fetch(release, false) {
            Ok(()) => Ok(None),
            Err(error @ (Error::NoSuite { .. } | Error::NoMirror)) => Ok(Some(error.to_string())),
            Err(error) => Err(error),
        });
    }
}

fn lints(steps: &mut Steps, full: bool) {
    steps.run("format", || run::show(&mut cargo(["fmt", "--all", "--check"])));
    let all = full.then(|| "--all".to_owned());
    steps.run("tidy", || tidy::main(all.as_slice()));
    steps.run("clippy", || {
        run::show(&mut cargo([
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--quiet",
            "--",
            "-Dwarnings",
        ]))
    });
    steps.run("documentation", || {
        let mut doc =
            cargo(["doc", "--workspace", "--no-deps", "--document-private-items", "--locked", "--quiet"]);
        run::show(doc.env("RUSTDOCFLAGS", "-Dwarnings"))
    });
}

fn tests(steps: &mut Steps) {
    let nextest =
        run::output(&mut cargo(["nextest", "--version"])).is_ok_and(|output| output.status.success());
    let words: &[&str] = if nextest { &["nextest", "run"] } else { &["test", "--tests", "--no-fail-fast"] };
    let runner = || {
        let mut command = cargo(words);
        command.args(["--workspace", "--locked"]);
        command
    };
    if !steps.run("build of all tests", || run::show(runner().arg("--no-run"))) {
        return;
    }
    steps.run("tests", || run::show(runner().args(nextest.then_some("--no-fail-fast"))));
    steps.run("tests in documentation", || {
        run::show(&mut cargo(["test", "--doc", "--workspace", "--locked", "--quiet"]))
    });
}

fn slow(steps: &mut Steps) {
    steps.run("release build", || run::show(&mut cargo(["build", "--release", "--workspace", "--locked"])));
    steps.run("tests of the AMQP load", || {
        let mut test = cargo_in(&workspace::path("tools/amqp-load"), "test");
        run::show(
            test.args(["--locked", "--release", "--quiet"])
                .env("CARGO_TARGET_DIR", workspace::path("target/tools")),
        )
    });
    steps.run("RabbitMQ", || rabbit::main(&[]));
    steps.run("fuzzing", || fuzz::main(&[]));
    steps.run("stress", || stress::main(&[]));
    steps.run("random programs through the whole compiler", || {
        compilefuzz::main(&["--runs".to_owned(), WHOLE_COMPILER.to_string()])
    });
    steps.run("valgrind", || memcheck::main(&[]));
    steps.run("AddressSanitizer", address_sanitizer);
}

/// Tests of the crates that take bytes apart, under AddressSanitizer. The stable compiler carries the
/// sanitizer's runtime; `RUSTC_BOOTSTRAP` lets it accept the flag.
fn address_sanitizer() -> Result<()> {
    let members = metadata::members()?;
    let present = SANITIZED.into_iter().filter(|name| members.iter().any(|member| member.name == *name));
    let mut command =
        cargo(["test", "--lib", "--locked", "--target", &instrumented_target(), "--target-dir"]);
    command.arg(workspace::path("target/asan"));
    for name in present {
        command.args(["--package", name]);
    }
    for name in SANITIZED_TESTS {
        command.args(["--test", name]);
    }
    command.arg("--");
    for name in UNSANITIZED {
        println!("not run under the sanitizer, which changes what it measures: {name}");
        command.args(["--skip", name]);
    }
    command.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
    run::show(&mut command)
}

/// A cargo command in the root of the workspace.
pub(crate) fn cargo<I>(arguments: I) -> Command
where
    I: IntoIterator,
    I::Item: AsRef<std::ffi::OsStr>,
{
    let mut command = run::command("cargo", arguments);
    command.current_dir(workspace::root());
    command
}

/// A cargo command for a workspace of its own that lies below the root.
pub(crate) fn cargo_in(directory: &Path, word: &str) -> Command {
    let mut command = run::command("cargo", [word, "--manifest-path"]);
    command.arg(directory.join("Cargo.toml"));
    command
}
