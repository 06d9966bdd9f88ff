//! Builds the sample systems of this directory: `shop_erl`, an OTP application in Erlang, and `shop_ex`, one in Elixir.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{fs, io};

/// Why a sample system could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A compiler could not be started.
    #[error("cannot start the compiler `{program}`")]
    Start {
        /// Its name.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The sources were refused.
    #[error("the sample system does not compile:\n{output}")]
    Compile {
        /// Everything that the compiler said.
        output: String,
    },
    /// A file or directory could not be used.
    #[error("cannot use {path}")]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The directory of sample systems.
pub fn directory() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compiles `shop_erl` by `erlc`, a command that runs the compiler of some OTP release, into `INTO/shop/ebin`, and
/// returns that directory, for `erl -pa`. It starts with `shop:start()`.
pub fn build_erlang(mut erlc: Command, into: &Path) -> Result<PathBuf, BuildError> {
    let sources = directory().join("shop_erl/src");
    let ebin = into.join("shop/ebin");
    fs::create_dir_all(&ebin).map_err(|source| BuildError::Io { path: ebin.clone(), source })?;
    erlc.args(["+debug_info", "-Wall", "-Werror", "-o"]).arg(&ebin);
    let listed = fs::read_dir(&sources).map_err(|source| BuildError::Io { path: sources.clone(), source })?;
    for entry in listed {
        let path = entry.map_err(|source| BuildError::Io { path: sources.clone(), source })?.path();
        if path.extension().is_some_and(|ending| ending == "erl") {
            erlc.arg(path);
        }
    }
    run(&mut erlc)?;
    let app = ebin.join("shop.app");
    fs::copy(sources.join("shop.app"), &app).map_err(|source| BuildError::Io { path: app, source })?;
    Ok(ebin)
}

/// Compiles `shop_ex` by `mix` into `INTO/lib/shop_ex/ebin`, and returns the directories for `erl -pa`: this one, and
/// those of Elixir itself. It starts with `'Elixir.Shop':start()`.
pub fn build_elixir(into: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let mut mix = Command::new("mix");
    mix.args(["compile", "--warnings-as-errors"]).current_dir(directory().join("shop_ex"));
    mix.env("MIX_ENV", "prod").env("MIX_BUILD_PATH", into);
    run(&mut mix)?;
    let mut elixir = Command::new("elixir");
    elixir
        .args(["-e", "for app <- [:elixir, :logger], do: IO.puts(Path.join(:code.lib_dir(app), \"ebin\"))"]);
    let said = run(&mut elixir)?;
    let text = String::from_utf8_lossy(&said.stdout);
    Ok(std::iter::once(into.join("lib/shop_ex/ebin")).chain(text.lines().map(PathBuf::from)).collect())
}

fn run(command: &mut Command) -> Result<Output, BuildError> {
    let output = command.stdin(Stdio::null()).output().map_err(|source| BuildError::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    })?;
    if output.status.success() {
        return Ok(output);
    }
    let said = [output.stdout, output.stderr].concat();
    Err(BuildError::Compile { output: String::from_utf8_lossy(&said).into_owned() })
}
