//! Debian's package manager: installing on the system, and finding the mirror that the system uses.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, IoContext, Result};
use crate::run;

/// How long to wait for somebody else's hold on the package database, seconds.
const LOCK_WAIT_S: u32 = 120;

/// Installs packages on the system with `apt-get`, as root or through sudo, after saying so.
/// `reason` completes "… is needed for".
pub(crate) fn install(packages: &[&str], reason: &str) -> Result<()> {
    let named: Vec<String> = packages.iter().map(ToString::to_string).collect();
    if !run::on_path("apt-get") {
        return Err(Error::NoApt { packages: named });
    }
    let Some(privilege) = Privilege::find() else {
        return Err(Error::NoRoot { packages: named });
    };
    println!("missing on this system, needed for {reason}: {}", packages.join(" "));
    println!(
        "installing by: {}apt-get install --no-install-recommends {}",
        privilege.shown(),
        packages.join(" ")
    );
    run::show(privilege.apt_get().args(["--quiet=2", "update"]))?;
    let mut install = privilege.apt_get();
    install.args(["--quiet=2", "install", "--yes", "--no-install-recommends"]).args(packages);
    run::show(&mut install)
}

/// By which right packages can be installed.
#[derive(Clone, Copy)]
enum Privilege {
    Root,
    Sudo,
}

impl Privilege {
    /// What this user has: root, or a sudo that answers (asking for a password only on a terminal).
    fn find() -> Option<Self> {
        use std::io::IsTerminal;
        let user = run::capture(&mut run::command("id", ["-u"])).ok()?;
        if user.trim() == "0" {
            return Some(Privilege::Root);
        }
        if !run::on_path("sudo") {
            return None;
        }
        let asks_nothing =
            run::output(&mut run::command("sudo", ["-n", "true"])).is_ok_and(|o| o.status.success());
        (asks_nothing || std::io::stdin().is_terminal()).then_some(Privilege::Sudo)
    }

    fn shown(self) -> &'static str {
        match self {
            Privilege::Root => "",
            Privilege::Sudo => "sudo ",
        }
    }

    /// A program run with this right, with variables set for it.
    fn command(self, program: &str, variables: &[(&str, &str)]) -> Command {
        let assignments = variables.iter().map(|(name, value)| format!("{name}={value}"));
        let mut command = match self {
            Privilege::Root => Command::new("env"),
            Privilege::Sudo => run::command("sudo", ["env"]),
        };
        command.args(assignments).arg(program);
        command
    }

    fn apt_get(self) -> Command {
        let mut command = self.command("apt-get", &[("DEBIAN_FRONTEND", "noninteractive")]);
        command.args(["-o", &format!("DPkg::Lock::Timeout={LOCK_WAIT_S}"), "-o", "Dpkg::Use-Pty=0"]);
        command
    }
}

/// apt with sources, lists and cache of its own, for unpacking packages without installing them. It needs no root.
pub(crate) struct Private {
    directory: PathBuf,
}

impl Private {
    /// Sets apt up below `directory` for one suite of this machine's mirror, and fetches the suite's lists. It is a
    /// [`Error::Failed`] where the mirror does not serve the suite.
    pub(crate) fn new(directory: PathBuf, suite: &str) -> Result<Self> {
        for below in ["lists/partial", "cache/archives/partial"] {
            let path = directory.join(below);
            fs::create_dir_all(&path).at("create", path)?;
        }
        // An empty status file: the resolver then returns everything down to the C library.
        let status = directory.join("status");
        fs::write(&status, "").at("write", status)?;
        let keyring = ["gpg", "pgp"]
            .map(|ending| format!("/usr/share/keyrings/debian-archive-keyring.{ending}"))
            .into_iter()
            .find(|path| Path::new(path).exists())
            .map(|path| format!("Signed-By: {path}\n"))
            .unwrap_or_default();
        let source = format!("Types: deb\nURIs: {}\nSuites: {suite}\nComponents: main\n{keyring}", mirror()?);
        let sources = directory.join("suite.sources");
        fs::write(&sources, source).at("write", sources)?;
        let apt = Self { directory };
        run::capture(apt.get().args(["-o", "APT::Update::Error-Mode=any", "update"]))?;
        Ok(apt)
    }

    fn get(&self) -> Command {
        let mut command = Command::new("apt-get");
        let here = |below: &str| self.directory.join(below).display().to_string();
        for option in [
            format!("Dir::State={}", here("")),
            format!("Dir::State::Lists={}", here("lists")),
            format!("Dir::State::status={}", here("status")),
            format!("Dir::Cache={}", here("cache")),
            format!("Dir::Etc::SourceList={}", here("suite.sources")),
            "Dir::Etc::SourceParts=/dev/null".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "APT::Sandbox::User=".to_owned(),
            "Debug::NoLocking=1".to_owned(),
        ] {
            command.args(["-o", &option]);
        }
        command
    }

    /// What installing these packages on an empty system would fetch, one `'URI' FILE SIZE SUM` a line.
    pub(crate) fn resolve(&self, packages: &[&str]) -> Result<String> {
        let mut resolve = self.get();
        resolve.args(["install", "--yes", "--no-install-recommends", "--print-uris"]).args(packages);
        run::capture(&mut resolve)
    }

    /// Downloads exactly these packages and unpacks them below `into`.
    pub(crate) fn unpack(&self, packages: &[String], into: &Path) -> Result<()> {
        run::capture(self.get().current_dir(&self.directory).arg("download").args(packages))?;
        for entry in fs::read_dir(&self.directory).at("read", &self.directory)? {
            let path = entry.at("read", &self.directory)?.path();
            if path.extension().is_some_and(|ending| ending == "deb") {
                run::capture(run::command("dpkg-deb", ["--extract"]).arg(&path).arg(into))?;
            }
        }
        Ok(())
    }
}

/// The name of the release that this system is, as its package sources call it.
pub(crate) fn codename() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME=")).unwrap_or("sid");
    name.trim_matches('"').to_owned()
}

/// The address from which this machine takes the packages of its own release, as apt itself understands its
/// configuration (`sources.list` and both kinds of file under `sources.list.d`).
fn mirror() -> Result<String> {
    if !run::on_path("apt-get") {
        return Err(Error::NoMirror);
    }
    let listed = run::capture(&mut run::command(
        "apt-get",
        ["indextargets", "--format", "$(REPO_URI)|$(RELEASE)|$(COMPONENT)", "Created-By: Packages"],
    ))?;
    own_release(&listed, &codename()).map(str::to_owned).ok_or(Error::NoMirror)
}

/// Picks the source of the release's own main packages out of `URI|release|component` lines.
fn own_release<'a>(targets: &'a str, codename: &str) -> Option<&'a str> {
    targets.lines().find_map(|line| {
        let mut fields = line.split('|');
        let (uri, release, component) = (fields.next()?, fields.next()?, fields.next()?);
        let own = release == codename || matches!(release, "stable" | "testing" | "unstable");
        (own && component == "main").then_some(uri)
    })
}

#[cfg(test)]
mod tests {
    use super::own_release;

    #[test]
    fn the_mirror_is_that_of_the_release_itself() {
        let targets = "mirror://a/security/|bookworm-security|main\n\
                       mirror://b/other/|nodistro|main\n\
                       mirror://c/debian/|bookworm|contrib\n\
                       mirror://c/debian/|bookworm|main\n";
        assert_eq!(own_release(targets, "bookworm"), Some("mirror://c/debian/"));
        assert_eq!(own_release(targets, "trixie"), None);
        assert_eq!(own_release("nonsense\n\n|", "sid"), None);
        assert_eq!(own_release("mirror://d/debian/|sid|main", "sid"), Some("mirror://d/debian/"));
    }
}
