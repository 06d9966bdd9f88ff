//! How much memory a writer takes does not depend on how much it writes.

use super::given;
use pluto_recording::{About, Summary, Writer, WriterOptions};
use std::fs;
use std::process::Command;

const PAYLOAD: &str = "PLUTO_TEST_PAYLOAD";

/// What a writer may take, besides the tables: a batch being gathered, the same encoded, and room to grow.
const MEBIBYTES_MAX: u64 = 64;

/// Writes batches of small or large payloads, and says by how much the memory grew; runs only as the child process
/// of the other test, where nothing else takes memory.
#[test]
fn the_writer() {
    let Ok(payload) = std::env::var(PAYLOAD) else { return };
    let mut bytes = vec![0_u8; payload.parse().unwrap()];
    let dir = tempfile::tempdir().unwrap();
    let before = peak();
    let options = WriterOptions { sync: false, ..WriterOptions::default() };
    let mut writer = Writer::create(dir.path(), options, About::default()).unwrap();
    given::fill(writer.tables_mut(), 0..1_000);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut time = 0;
    // 48 MiB of payload, or five batches.
    let count = (48 << 20) / bytes.len();
    for _ in 0..count.min(5 * 65_536) {
        for byte in bytes.chunks_mut(8) {
            random = (random ^ random << 13) ^ (random ^ random << 13) >> 7;
            byte.copy_from_slice(&random.to_le_bytes()[..byte.len()]);
        }
        time += 1;
        writer.push(&given::call(time, time as u32 % 1_000, &bytes)).unwrap();
    }
    writer.finish(Summary::default()).unwrap();
    println!("\ngrown {}", (peak() - before) >> 10);
}

/// The most memory that this process has had, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn is_bounded() {
    for payload in ["30", "2000", "3000000"] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "recording::memory::the_writer", "--nocapture"])
            .env(PAYLOAD, payload)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let grown: u64 = text.lines().find_map(|line| line.strip_prefix("grown ")).unwrap().parse().unwrap();
        assert!(grown <= MEBIBYTES_MAX, "{grown} MiB with payloads of {payload} bytes");
        println!("{payload} {grown}");
    }
}
