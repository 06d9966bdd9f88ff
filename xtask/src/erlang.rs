//! The system's own Erlang/OTP and Elixir: found, or installed by the system's package manager.

use crate::error::{Error, Result};
use crate::{apt, run};

/// The oldest OTP that Pluto attaches to, and so the oldest that tests and demo use.
const OLDEST: u32 = 25;

/// Debian's packages, for the system and for other releases; the compiler is part of `erlang-base`.
pub(crate) const PACKAGES: [&str; 12] = [
    "erlang-asn1",
    "erlang-base",
    "erlang-crypto",
    "erlang-dev",
    "erlang-eunit",
    "erlang-inets",
    "erlang-parsetools",
    "erlang-public-key",
    "erlang-runtime-tools",
    "erlang-ssl",
    "erlang-syntax-tools",
    "erlang-tools",
];

/// Prints the release, then the names of applications that are wanted and absent.
const PROBE: &str = "
    Absent = [atom_to_list(A) || A <- [compiler, crypto, ssl, public_key, asn1, tools, runtime_tools, syntax_tools,
                                       parsetools, inets, eunit], is_tuple(code:lib_dir(A))],
    io:format(\"~s\", [lists:join(\" \", [erlang:system_info(otp_release) | Absent])]),
    halt(0).";

/// What the search path offers.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    release: u32,
    absent: Vec<String>,
}

/// Makes sure that OTP 25 or newer with the applications used here is installed, and Elixir where `elixir` is set;
/// returns the OTP release. What is there already is left alone.
pub(crate) fn ensure(elixir: bool) -> Result<u32> {
    let mut packages: Vec<&str> = Vec::new();
    match find()? {
        Some(found) if found.absent.is_empty() && found.release >= OLDEST => {}
        Some(found) if found.release < OLDEST => {
            return Err(Error::OldErlang { found: Some(found.release), needed: OLDEST });
        }
        _ => packages.extend(PACKAGES),
    }
    if elixir && !run::on_path("elixir") {
        packages.push("elixir");
    }
    if !packages.is_empty() {
        apt::install(&packages, "the sample systems and the tests on live nodes")?;
    }
    match find()? {
        Some(found) if found.release >= OLDEST && found.absent.is_empty() => Ok(found.release),
        Some(found) if found.release >= OLDEST => Err(Error::Unexpected {
            what: format!("OTP {} is installed without applications that are needed", found.release),
            found: format!("no {}", found.absent.join(", ")),
        }),
        found => Err(Error::OldErlang { found: found.map(|found| found.release), needed: OLDEST }),
    }
}

/// `cargo xtask erlang`: installs what is missing and says what is there.
pub(crate) fn main(_arguments: &[String]) -> Result<()> {
    let release = ensure(true)?;
    println!("OTP {release} and Elixir are installed");
    Ok(())
}

fn find() -> Result<Option<Found>> {
    if !run::on_path("erl") {
        return Ok(None);
    }
    let said = run::capture(&mut run::command("erl", ["-noshell", "-eval", PROBE]))?;
    match parse(&said) {
        Some(found) => Ok(Some(found)),
        None => Err(Error::Unexpected { what: "expected `erl` to name its release".to_owned(), found: said }),
    }
}

fn parse(said: &str) -> Option<Found> {
    let mut words = said.split_whitespace();
    let release = words.next()?.parse().ok()?;
    Some(Found { release, absent: words.map(str::to_owned).collect() })
}

#[cfg(test)]
mod tests {
    use super::{Found, parse};

    #[test]
    fn the_probe_names_release_and_absent_applications() {
        assert_eq!(parse("25"), Some(Found { release: 25, absent: vec![] }));
        assert_eq!(
            parse("27 ssl inets"),
            Some(Found { release: 27, absent: vec!["ssl".into(), "inets".into()] })
        );
        assert_eq!(parse("{error,terminating}"), None);
    }
}
