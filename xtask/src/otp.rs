//! Other Erlang/OTP releases beside the system's: Debian's newer suites, unpacked under `target/otp/RELEASE`.
//!
//! Nothing of the system is touched: apt runs with a configuration of its own, packages are only unpacked, and every
//! program is started through the C library that was unpacked with it. The result can be moved or linked to.

mod relocate;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::error::{Error, IoContext, Result};
use crate::{apt, erlang, run, workspace};

/// An OTP release and the Debian suite that carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// OTP major version.
    pub(crate) otp: u32,
    suite: &'static str,
}

/// The releases that can be fetched.
pub(crate) const RELEASES: [Release; 2] =
    [Release { otp: 27, suite: "trixie" }, Release { otp: 29, suite: "sid" }];

/// The newest release that every test run covers; newer ones are left to full runs, unless they are there.
pub(crate) const ALWAYS_TESTED: u32 = 27;

/// Applications that must load, and run natively where they have C code, before a release counts as fetched.
const PROBE: &str = "
    [ok = case application:load(A) of {error, {already_loaded, A}} -> ok; Other -> Other end
     || A <- [kernel, stdlib, compiler, crypto, ssl, public_key, asn1, tools, runtime_tools, syntax_tools,
              parsetools, inets, eunit, mnesia, sasl]],
    {ok, _} = application:ensure_all_started(ssl),
    <<_:256>> = crypto:hash(sha256, <<\"probe\">>),
    \"probe\" ++ _ = os:cmd(\"echo probe\"),
    io:format(\"~s ~s\", [erlang:system_info(otp_release), erlang:system_info(version)]),
    halt(0).";

/// The release of this major version.
pub(crate) fn release(otp: u32) -> Option<Release> {
    RELEASES.into_iter().find(|release| release.otp == otp)
}

/// Where a release is, or would be.
pub(crate) fn prefix(otp: u32) -> PathBuf {
    workspace::path("target/otp").join(otp.to_string())
}

/// Whether a release is there.
pub(crate) fn present(otp: u32) -> bool {
    run::is_executable(&prefix(otp).join("bin/erl"))
}

/// `cargo xtask otp [RELEASE…] [--again]`: fetches the releases named, or all; what is there already stays unless
/// `--again` is given.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let again = arguments.iter().any(|word| word == "--again");
    let mut wanted = Vec::new();
    for word in arguments.iter().filter(|word| *word != "--again") {
        let known = word.parse().ok().and_then(release);
        wanted.push(known.ok_or_else(|| {
            Error::Usage(format!("`{word}` is not a release that can be fetched: 27 and 29 can"))
        })?);
    }
    if wanted.is_empty() {
        wanted.extend(RELEASES);
    }
    for release in wanted {
        fetch(release, again)?;
    }
    Ok(())
}

/// Fetches one release into `target/otp` unless it is there. Safe to run from several processes at once.
pub(crate) fn fetch(release: Release, again: bool) -> Result<()> {
    let otp = workspace::path("target/otp");
    fs::create_dir_all(&otp).at("create", &otp)?;
    let lock_path = otp.join(format!(".{}.lock", release.otp));
    let lock = File::create(&lock_path).at("create", &lock_path)?;
    lock.lock().at("lock", &lock_path)?;

    let home = prefix(release.otp);
    if !again && present(release.otp) {
        println!("OTP {}: {} in target/otp/{}", release.otp, probe(&home, release)?, release.otp);
        return Ok(());
    }
    let started = Instant::now();
    println!(
        "OTP {}: fetching from Debian's suite `{}` into target/otp/{}",
        release.otp, release.suite, release.otp
    );
    let partial = otp.join(format!(".{}.partial", release.otp));
    remove(&partial)?;
    download_and_unpack(release, &partial)?;
    relocate::relocate(&partial)?;
    let version = probe(&partial, release)?;
    remove(&home)?;
    fs::rename(&partial, &home).at("rename", &partial)?;
    println!("OTP {}: {version} ready after {:.1} s", release.otp, started.elapsed().as_secs_f64());
    Ok(())
}

fn remove(directory: &Path) -> Result<()> {
    if directory.symlink_metadata().is_err() {
        return Ok(());
    }
    fs::remove_dir_all(directory).at("remove", directory)
}

/// Runs the release and returns its version; an error when something of it does not work.
fn probe(home: &Path, release: Release) -> Result<String> {
    let said = run::capture(&mut run::command(home.join("bin/erl"), ["-noshell", "-eval", PROBE]))?;
    match said.split_once(' ') {
        Some((major, erts)) if major == release.otp.to_string() => {
            Ok(format!("release {major}, ERTS {erts}"))
        }
        _ => Err(Error::Unexpected { what: format!("expected Erlang/OTP {}", release.otp), found: said }),
    }
}

fn download_and_unpack(release: Release, into: &Path) -> Result<()> {
    let scratch = into.join("apt");
    let apt = apt::Private::new(scratch.clone(), release.suite).map_err(|error| match error {
        Error::Failed { output, .. } => {
            Error::NoSuite { suite: release.suite.to_owned(), release: release.otp, output }
        }
        other => other,
    })?;
    let names = needed(&apt.resolve(&erlang::PACKAGES)?);
    println!("OTP {}: {} packages", release.otp, names.len());
    apt.unpack(&names, into)?;
    remove(&scratch)
}

/// The packages to unpack out of `'URI' FILE SIZE SUM` lines: Erlang's own and the libraries. What the resolver adds
/// for installing (users, init system) is left out.
fn needed(uris: &str) -> Vec<String> {
    let names = uris.lines().filter_map(|line| {
        let file = line.strip_prefix('\'')?.split_once("' ")?.1;
        file.split_once('_').map(|(name, _)| name)
    });
    let library = |name: &str| name.starts_with("lib") && !name.starts_with("libpam");
    names
        .filter(|name| name.starts_with("erlang-") || library(name) || *name == "zlib1g")
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::needed;

    #[test]
    fn only_erlang_and_libraries_are_unpacked() {
        let uris = "Reading package lists...\n\
            'mirror://x/pool/libc6_2.41-12_amd64.deb' libc6_2.41-12_amd64.deb 2850000 SHA256:00\n\
            'mirror://x/pool/passwd_1%3a4.17_amd64.deb' passwd_1%3a4.17_amd64.deb 100 SHA256:00\n\
            'mirror://x/pool/zlib1g_1.3_amd64.deb' zlib1g_1%3a1.3_amd64.deb 100 SHA256:00\n\
            'mirror://x/pool/erlang-base_27_amd64.deb' erlang-base_1%3a27.3_amd64.deb 100 SHA256:00\n";
        assert_eq!(needed(uris), ["libc6", "zlib1g", "erlang-base"]);
        assert!(needed("'cut short").is_empty());
    }
}
