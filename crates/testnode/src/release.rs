//! The OTP releases of this machine: the system's, and those that `cargo xtask otp` put into `target/otp/`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// One installed OTP release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    otp: u32,
    bin: Option<PathBuf>,
}

impl Release {
    /// The release number, such as 25.
    pub fn otp(&self) -> u32 {
        self.otp
    }

    /// A command that runs a program of this release: `erl`, `erlc`, `escript`, `epmd`.
    pub fn command(&self, program: &str) -> Command {
        let mut command = match &self.bin {
            None => Command::new(program),
            Some(bin) => Command::new(bin.join(program)),
        };
        command
            .env_remove("ERL_AFLAGS")
            .env_remove("ERL_FLAGS")
            .env_remove("ERL_ZFLAGS")
            .env_remove("ERL_LIBS");
        command
    }
}

/// The system's release. Panics where no `erl` is on the path: `cargo xtask test` installs it.
pub fn system_release() -> Release {
    static SYSTEM: OnceLock<Release> = OnceLock::new();
    SYSTEM.get_or_init(find_system).clone()
}

/// All releases, the system's first, then those of `target/otp/`, ascending.
pub fn releases() -> Vec<Release> {
    let system = system_release();
    let mut others: Vec<Release> = std::fs::read_dir(workspace().join("target/otp"))
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let otp = path.file_name()?.to_str()?.parse().ok()?;
            let bin = path.join("bin");
            (otp != system.otp && bin.join("erl").exists()).then_some(Release { otp, bin: Some(bin) })
        })
        .collect();
    others.sort_by_key(Release::otp);
    std::iter::once(system).chain(others).collect()
}

/// The release with this number, where the machine has it.
pub fn release(otp: u32) -> Option<Release> {
    releases().into_iter().find(|release| release.otp == otp)
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn find_system() -> Release {
    let output = Command::new("erl")
        .args(["-noshell", "-boot", "start_clean", "-eval"])
        .arg("io:put_chars(erlang:system_info(otp_release)), halt().")
        .stdin(Stdio::null())
        .output()
        .expect("erl is on the path: `cargo xtask test` installs Erlang/OTP");
    let text = String::from_utf8_lossy(&output.stdout);
    let otp = text.trim().parse().unwrap_or_else(|_| panic!("erl told its release as {text:?}"));
    Release { otp, bin: None }
}
