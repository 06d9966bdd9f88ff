//! A RabbitMQ broker of our own: unpacked, not installed, with its own name, ports, cookie, data and log below one
//! directory. No service is registered or started, and nothing of the system is touched.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::{Error, IoContext, Result};
use crate::guard::Guarded;
use crate::{apt, cookie, run};

/// The broker, and those Erlang applications of it that the tests of this workspace do not need otherwise.
const PACKAGES: [&str; 5] =
    ["rabbitmq-server", "erlang-eldap", "erlang-mnesia", "erlang-os-mon", "erlang-xmerl"];

/// How long the broker may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(90);

/// Between two attempts to reach the broker while it starts.
const LOOK: Duration = Duration::from_millis(100);

/// Runs the broker until standard input ends, then lets it shut down in order.
const LIFE: &str = r#"
trap '' INT
"$1" </dev/null >"$2" 2>&1 &
broker=$!
echo started
cat >/dev/null
kill -TERM "$broker"
wait "$broker"
"#;

/// Asks a node, from a hidden node of its own, what a tracer left there; says `clean` or lists it. The fun is evaluated
/// over there, since a question for each function would be tens of thousands of messages.
const FOOTPRINT: &str = r#"
    [Name] = init:get_plain_arguments(),
    Node = list_to_atom(Name),
    true = net_kernel:connect_node(Node),
    Look = fun() ->
        Ours = fun(Atom) -> lists:prefix("pluto", atom_to_list(Atom)) end,
        Modules = [M || {M, _File} <- code:all_loaded()],
        Functions = [{M, F, A} || M <- Modules, {F, A} <- M:module_info(functions)],
        Traced = [MFA || MFA <- Functions, erlang:trace_info(MFA, all) =/= {all, false}],
        Flagged = [P || P <- processes(), not lists:member(erlang:trace_info(P, flags), [{flags, []}, undefined])],
        New = [W || W <- [new_processes, new_ports], erlang:trace_info(W, flags) =/= {flags, []}],
        Messages = [W || W <- [send, 'receive'], erlang:trace_info(W, match_spec) =/= {match_spec, true}],
        [{What, Left} || {What, Left = [_ | _]} <- [{modules, lists:filter(Ours, Modules)},
                                                      {names, lists:filter(Ours, registered())}, {traced, Traced},
                                                      {flagged, Flagged}, {new, New}, {messages, Messages}]]
    end,
    case erpc:call(Node, Look) of [] -> io:put_chars("clean"); Left -> io:format("~0p", [Left]) end,
    halt(0).
"#;

/// A broker that runs.
pub(super) struct Broker {
    /// The node's name.
    pub(super) node: String,
    /// The port that AMQP clients connect to, on this machine only.
    pub(super) port: u16,
    /// The file that holds the node's cookie.
    pub(super) cookie: PathBuf,
    home: PathBuf,
    log: PathBuf,
    process: Guarded,
}

impl Broker {
    /// Unpacks the broker below `home` where that was not done before, and starts it with fresh data.
    pub(super) fn start(home: &Path) -> Result<Self> {
        let program = ensure_unpacked(home)?;
        let data = home.join("data");
        if data.exists() {
            fs::remove_dir_all(&data).at("remove", &data)?;
        }
        fs::create_dir_all(&data).at("create", &data)?;
        let cookie = cookie::make(&data)?;
        let (port, distribution) = (free_port()?, free_port()?);
        let node = format!("pluto_rabbit_{}@localhost", std::process::id());
        let log = data.join("broker.log");
        let mut command = run::command("sh", ["-c", LIFE, "sh"]);
        command.arg(program).arg(data.join("console.log")).env("HOME", &data);
        for (name, value) in [
            ("NODENAME", node.clone()),
            ("NODE_IP_ADDRESS", Ipv4Addr::LOCALHOST.to_string()),
            ("NODE_PORT", port.to_string()),
            ("DIST_PORT", distribution.to_string()),
            ("LOGS", log.display().to_string()),
            ("LOG_BASE", data.display().to_string()),
            ("MNESIA_BASE", data.join("mnesia").display().to_string()),
            ("SCHEMA_DIR", data.join("schema").display().to_string()),
            ("GENERATED_CONFIG_DIR", data.join("config").display().to_string()),
            ("CONFIG_FILE", data.join("rabbitmq").display().to_string()),
            ("ADVANCED_CONFIG_FILE", data.join("advanced").display().to_string()),
            ("CONF_ENV_FILE", data.join("rabbitmq-env.conf").display().to_string()),
            ("ENABLED_PLUGINS_FILE", data.join("plugins").display().to_string()),
            ("PID_FILE", data.join("pid").display().to_string()),
        ] {
            command.env(format!("RABBITMQ_{name}"), value);
        }
        command.env("ERL_LIBS", unpacked(home).join("usr/lib/erlang/lib"));
        let process = Guarded::start(&mut command)?;
        let broker = Self { node, port, cookie, home: data, log, process };
        broker.wait_until_reached()?;
        Ok(broker)
    }

    fn wait_until_reached(&self) -> Result<()> {
        self.process.wait_for("started", PATIENCE)?;
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if Instant::now() > deadline {
                let console = fs::read_to_string(self.home.join("console.log")).unwrap_or_default();
                return Err(Error::Failed {
                    command: "rabbitmq-server".to_owned(),
                    status: format!("did not listen on port {} within {} s", self.port, PATIENCE.as_secs()),
                    output: run::last_lines(&console, 30),
                });
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// The operating system's process id of the emulator, as the broker itself wrote it down.
    pub(super) fn os_pid(&self) -> Result<u32> {
        let file = self.home.join("pid");
        let text = fs::read_to_string(&file).at("read", &file)?;
        text.trim().parse().map_err(|_| Error::Unexpected {
            what: "expected a process id in the broker's PID file".to_owned(),
            found: text,
        })
    }

    /// Lines of the broker's log that tell of an error, so far.
    pub(super) fn errors(&self) -> Result<Vec<String>> {
        let text = fs::read_to_string(&self.log).at("read", &self.log)?;
        Ok(error_lines(&text))
    }

    /// `clean`, or what a tracer left in the broker's node, as the node itself tells it.
    pub(super) fn left_behind(&self) -> Result<String> {
        left_behind(&self.node, &self.home)
    }

    /// Shuts the broker down.
    pub(super) fn stop(self) -> Result<()> {
        self.process.stop(PATIENCE)?;
        println!("broker {} is stopped", self.node);
        Ok(())
    }
}

/// `clean`, or what a tracer left in a node; `home` holds the node's cookie.
fn left_behind(node: &str, home: &Path) -> Result<String> {
    let name = format!("pluto_check_{}@localhost", std::process::id());
    let mut erl = run::command("erl", ["-noshell", "-hidden", "-sname", &name, "-eval", FOOTPRINT, "-extra"]);
    run::capture(erl.arg(node).env("HOME", home))
}

fn error_lines(log: &str) -> Vec<String> {
    let tells = |line: &&str| line.contains(" [error] ") || line.contains(" [critical] ");
    log.lines().filter(tells).map(str::to_owned).collect()
}

fn unpacked(home: &Path) -> PathBuf {
    home.join("packages")
}

/// The program that starts the broker, after unpacking it where that was not done before.
fn ensure_unpacked(home: &Path) -> Result<PathBuf> {
    let packages = unpacked(home);
    if !packages.exists() {
        println!(
            "fetching rabbitmq-server from this machine's mirror into target/rabbit: unpacked, not installed"
        );
        let partial = home.join("packages.partial");
        if partial.exists() {
            fs::remove_dir_all(&partial).at("remove", &partial)?;
        }
        let apt = apt::Private::new(partial.join("apt"), &apt::codename())?;
        apt.unpack(&PACKAGES.map(str::to_owned), &partial)?;
        let scratch = partial.join("apt");
        fs::remove_dir_all(&scratch).at("remove", &scratch)?;
        fs::rename(&partial, &packages).at("rename", &partial)?;
    }
    let library = packages.join("usr/lib/rabbitmq/lib");
    let versions = fs::read_dir(&library).at("read", &library)?;
    let program = versions
        .flatten()
        .map(|version| version.path().join("sbin/rabbitmq-server"))
        .find(|path| path.exists());
    program.ok_or_else(|| Error::Unexpected {
        what: "expected the broker's start script among the unpacked packages".to_owned(),
        found: "none".to_owned(),
    })
}

/// A port that nobody listens on now.
fn free_port() -> Result<u16> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    Ok(bound.at("bind a port on", "localhost")?.port())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use pluto_testnode::{Node, system_release};

    use super::{error_lines, left_behind};

    #[test]
    fn what_a_tracer_left_is_found() {
        let mut node = Node::start(&system_release());
        let home = tempfile::tempdir().unwrap();
        let cookie = home.path().join(".erlang.cookie");
        std::fs::write(&cookie, node.cookie()).unwrap();
        std::fs::set_permissions(&cookie, std::fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(left_behind(node.name(), home.path()).unwrap(), "clean");
        for (set, unset, left) in [
            (
                "erlang:trace_pattern({lists, seq, 2}, true, [local]).",
                "erlang:trace_pattern({lists, seq, 2}, false, [local]).",
                "[{traced,[{lists,seq,2}]}]",
            ),
            ("register(pluto_left, self()).", "unregister(pluto_left).", "[{names,[pluto_left]}]"),
            (
                "erlang:trace(new_ports, true, [ports]).",
                "erlang:trace(new_ports, false, [ports]).",
                "[{new,[new_ports]}]",
            ),
            (
                "erlang:trace_pattern(send, false, []).",
                "erlang:trace_pattern(send, true, []).",
                "[{messages,[send]}]",
            ),
            (
                "erlang:trace(whereis(init), true, [procs]).",
                "erlang:trace(whereis(init), false, [procs]).",
                "[{flagged,[<9999.0.0>]}]",
            ),
        ] {
            node.eval(set);
            let found = left_behind(node.name(), home.path()).unwrap();
            node.eval(unset);
            // The number that stands for the node in a pid differs from run to run.
            let pid =
                found.find('<').zip(found.find(".0.0>")).map(|(open, dot)| found[open + 1..dot].to_owned());
            assert_eq!(found, pid.map_or(left.to_owned(), |number| left.replace("9999", &number)));
        }
        assert_eq!(left_behind(node.name(), home.path()).unwrap(), "clean");
    }

    #[test]
    fn errors_are_told_by_their_level() {
        let log = "2026-01-01 00:00:00.1+00:00 [info] <0.1.0> no [errors] here\n\
                   2026-01-01 00:00:00.2+00:00 [error] <0.2.0> closing connection\n\
                   2026-01-01 00:00:00.3+00:00 [critical] <0.2.0> out of disk\n";
        let lines: Vec<&str> = log.lines().collect();
        assert_eq!(error_lines(log), lines[1..]);
    }
}
