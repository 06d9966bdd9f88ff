//! The machine that a run was made on, and the CPU time of a process on it.

use std::process::{Command, ExitStatus, Stdio};

use pluto_testnode::Release;

use crate::error::{Doing as _, Error, Result};

/// One paragraph about processor, memory, load and OTP releases.
pub(crate) fn describe(releases: &[Release], ahead: bool) -> Result<String> {
    let info = read("/proc/cpuinfo")?;
    let models: Vec<&str> = info.lines().filter_map(|line| line.strip_prefix("model name")).collect();
    let model = models.first().map_or("unknown processor", |line| line.trim_start_matches([' ', '\t', ':']));
    let load = read("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    let otp: Vec<String> = releases.iter().map(|release| release.otp().to_string()).collect();
    let count = models.len();
    let otp = otp.join(", ");
    let order = if ahead { " The run was ahead of everything else on the machine (`--ahead`)." } else { "" };
    Ok(format!("{count} processors ({model}); load average {load} at the start; OTP {otp}.{order}"))
}

/// The exit status of what an interrupt has ended, as shells have it.
const INTERRUPTED: i32 = 130;

/// Set in the environment of the run that [`rerun_ahead`] starts.
const AHEAD: &str = "PLUTO_BENCH_AHEAD";

/// Runs this program again, with the same arguments, in a session of its own that the system's scheduler prefers to
/// all others, and gives its exit status; `None` in that run itself. Takes the rights of the superuser.
///
/// Niceness alone weighs only within a session where the kernel groups them (`sched_autogroup_enabled`); a real-time
/// policy is throttled for 50 ms of each second, which the pauses of a busy node would show.
pub(crate) fn rerun_ahead() -> Result<Option<ExitStatus>> {
    let own = std::process::id().to_string();
    if std::env::var_os(AHEAD).is_some() {
        std::fs::write("/proc/self/autogroup", "-20").doing(|| "write /proc/self/autogroup".to_owned())?;
        let reniced = Command::new("renice").args(["-n", "-20", "-p", &own]).output();
        reniced.doing(|| "run renice".to_owned())?;
        std::thread::spawn(end_with_input);
        return Ok(None);
    }
    let program = std::env::current_exe().doing(|| "find this program".to_owned())?;
    let mut command = Command::new("setsid");
    command.arg("--wait").arg(program).args(std::env::args_os().skip(1)).env(AHEAD, "1");
    let running = || "run setsid".to_owned();
    let mut child = command.stdin(Stdio::piped()).spawn().doing(running)?;
    // Held open until the other run has ended, or this one is gone.
    let _input = child.stdin.take();
    child.wait().doing(running).map(Some)
}

/// An interrupt from the terminal does not reach another session. It ends the run that waits there, and with that the
/// standard input of this one.
fn end_with_input() {
    let _end = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    std::process::exit(INTERRUPTED);
}

/// The nanoseconds that all threads of a process have spent on a processor.
pub(crate) fn cpu_ns(process: u32) -> Result<u64> {
    let folder = format!("/proc/{process}/task");
    let mut total = 0;
    for entry in std::fs::read_dir(&folder).doing(|| format!("read {folder}"))? {
        let path = entry.doing(|| format!("read {folder}"))?.path().join("schedstat");
        // A thread may end between the listing and the reading; the emulator's own threads live as long as it does.
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let first = text.split(' ').next().and_then(|word| word.trim().parse::<u64>().ok());
        total += first.ok_or(Error::Unreadable { what: "schedstat", text })?;
    }
    Ok(total)
}

fn read(file: &str) -> Result<String> {
    std::fs::read_to_string(file).doing(|| format!("read {file}"))
}
