//! What can be typed: one source for parsing, `--help`, the man pages and the completions.

use crate::values::{Bytes, CpuShare, Duration, Events, Fraction, Limit, Moment, NodeList};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// A workbench for concurrent systems: attach to a live BEAM node, record what it does, read it back.
///
/// Pluto attaches to a running Erlang or Elixir node (OTP 25 and later) from outside, as a hidden node. It installs
/// nothing; what it sets on the node goes away when it ends, also when it is killed.
#[derive(Debug, Parser)]
#[command(
    name = "pluto",
    version,
    max_term_width = 110,
    after_help = "\
Examples:
  pluto nodes                                        which nodes run on this host
  pluto trace shop@db1 'shop_orders:place_order/2'   print the calls of one function, live
  pluto record shop@db1 'shop_orders:_' --timing -o orders --duration 10s
  pluto stat orders                                  where the time went
  pluto show orders --slow 50ms --tree               what the slow calls did

Exit status: 0 done; 1 the subject or the recording shows a failure that was asked about; 2 Pluto could not do it.
The cookie comes from --cookie-file, the variable PLUTO_COOKIE, or ~/.erlang.cookie; never from an argument."
)]
pub(crate) struct Cli {
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: When,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the nodes that a host's port mapper (epmd) knows.
    Nodes(NodesArgs),
    /// Attach to a node, say what it is, and how far away.
    Ping(SeveralArgs),
    /// List what traces a node now: ours and other tools'.
    List(SeveralArgs),
    /// Change a running trace of Pluto's on a node.
    Adjust(AdjustArgs),
    /// Stop Pluto's traces on a node, with proof that everything was undone.
    Stop(StopArgs),
    /// Show, and remove when asked, what an unclean end of a tracing tool left on a node.
    Clean(CleanArgs),
    /// Print what a node does, live.
    Trace(TraceArgs),
    /// Record what nodes do into a directory.
    Record(RecordArgs),
    /// Show the events of a recording.
    Show(ShowArgs),
    /// Count and time a recording: by function, by process, and what is missing.
    Stat(StatArgs),
    /// Write a recording in another tool's format.
    Export(ExportArgs),
    /// Make a recording from a trace file that dbg or ttb wrote.
    Import(ImportArgs),
    /// Check programs in the Pluto language: everything that is wrong with them, and how to mend it.
    Check(CheckArgs),
    /// Run a program in the Pluto language.
    Run(RunArgs),
    /// Build an executable of a program in the Pluto language.
    Build(BuildArgs),
    /// Run the tests of programs in the Pluto language.
    Test(TestArgs),
    /// Format programs in the Pluto language.
    Fmt(FmtArgs),
    /// Write pages about what programs in the Pluto language make public.
    Doc(DocArgs),
    /// Explain a diagnostic, with an example.
    Explain(ExplainArgs),
    /// Write the completions of a shell to standard output.
    Completions(CompletionsArgs),
    /// Write the man pages into a directory.
    Man(ManArgs),
}

/// How to reach a node.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectArgs {
    /// File that holds the cookie.
    #[arg(long, value_name = "FILE")]
    pub(crate) cookie_file: Option<PathBuf>,
    /// Give up connecting after this time.
    #[arg(long, value_name = "TIME", default_value = "5s")]
    pub(crate) connect_timeout: Duration,
    /// Connect by TLS (for a node with -proto_dist inet_tls), trusting the certificates in this PEM file.
    #[arg(long, value_name = "FILE", group = "tls_trust")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// Our certificate, where the node asks for one (PEM); with --tls-ca or --tls-insecure.
    #[arg(long, value_name = "FILE", requires_all = ["tls_key", "tls_trust"])]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of our certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Accept a certificate of --tls-ca whatever host it names, as Erlang's own distribution does by default.
    #[arg(long, requires = "tls_ca")]
    pub(crate) tls_any_host: bool,
    /// Connect by TLS without checking the node's certificate: anybody in between can read and change everything.
    #[arg(long, group = "tls_trust")]
    pub(crate) tls_insecure: bool,
}

/// For people or for programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// A table for people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// For people or for programs, as a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum StreamFormat {
    /// One line an event, for people.
    #[default]
    Text,
    /// One JSON object a line.
    Jsonl,
}

/// In which language terms and functions are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SyntaxArg {
    /// Each function in the language its module was written in, by its name.
    #[default]
    Auto,
    /// Erlang.
    Erlang,
    /// Elixir.
    Elixir,
}

#[derive(Args, Debug)]
pub(crate) struct NodesArgs {
    /// The host to ask.
    #[arg(default_value = "localhost")]
    pub(crate) host: String,
    /// Give up after this time.
    #[arg(long, value_name = "TIME", default_value = "5s")]
    pub(crate) connect_timeout: Duration,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ReportFormat,
}

/// Nodes that are asked something, and how the answers are told.
#[derive(Args, Debug)]
pub(crate) struct SeveralArgs {
    /// The node, or several with commas between: name@host, name (on this host), name@host:port, host:port.
    #[arg(value_name = "NODE")]
    pub(crate) nodes: NodeList,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ReportFormat,
}

/// A node that is asked something, and how the answer is told.
#[derive(Args, Debug)]
pub(crate) struct NodeArgs {
    /// The node: name@host, name (on this host), or name@host:port and host:port without epmd.
    pub(crate) node: String,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ReportFormat,
}

#[derive(Args, Debug)]
pub(crate) struct AdjustArgs {
    /// The node.
    pub(crate) node: String,
    /// Which trace, by its number in `pluto list`; not needed where there is one.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) session: Option<u8>,
    /// Trace these patterns too.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) add: Vec<String>,
    /// Trace these patterns no more.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) remove: Vec<String>,
    /// Add also what Pluto would refuse: a predicted cost over the limits of the trace, or terms that may be large.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) fixed: FixedArgs,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

/// What only the beginning of a trace decides: known to `adjust` so that it can say so.
#[derive(Args, Debug)]
pub(crate) struct FixedArgs {
    #[arg(long, hide = true)]
    pub(crate) rate: Option<String>,
    #[arg(long, hide = true)]
    pub(crate) level: Option<String>,
    #[arg(long, hide = true)]
    pub(crate) timing: bool,
    #[arg(long, hide = true)]
    pub(crate) send: bool,
    #[arg(long, hide = true)]
    pub(crate) deliver: bool,
    #[arg(long, hide = true)]
    pub(crate) life: bool,
    #[arg(long, hide = true)]
    pub(crate) process: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct StopArgs {
    #[command(flatten)]
    pub(crate) node: NodeArgs,
    /// Which trace, by its number in `pluto list`; all of Pluto's without it.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) session: Option<u8>,
}

#[derive(Args, Debug)]
pub(crate) struct CleanArgs {
    #[command(flatten)]
    pub(crate) node: NodeArgs,
    /// Remove what was found; without it, it is only shown.
    #[arg(long)]
    pub(crate) remove: bool,
}

/// How much of each call is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LevelArg {
    /// Calls, with scalar arguments in full and the shape of the rest. Safe on any function.
    #[default]
    Calls,
    /// Also return values and exceptions, which the VM copies without a bound.
    Returns,
    /// Also full arguments, which the VM copies without a bound.
    Full,
}

/// What to observe, and within which limits. Shared by `trace` and `record`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ProbeArgs {
    /// The node, or several with commas between: name@host, name (on this host), name@host:port, host:port.
    #[arg(value_name = "NODE")]
    pub(crate) nodes: NodeList,
    /// What to trace: mod:fun/2, mod:fun, mod:_, Mod.Sub.fun/2, 'mod:fun(N, _) when N > 10', a recon tuple, or a
    /// redbug string.
    #[arg(value_name = "PATTERN")]
    pub(crate) patterns: Vec<String>,

    /// How much of each call is kept.
    #[arg(long, value_enum, default_value_t, help_heading = "What to keep")]
    pub(crate) level: LevelArg,
    /// Also measure how long each call took.
    #[arg(long, help_heading = "What to keep")]
    pub(crate) timing: bool,
    /// Also messages that are sent. The VM copies each message whole.
    #[arg(long, help_heading = "What to keep")]
    pub(crate) send: bool,
    /// Also messages that are delivered to a queue. The VM copies each message whole.
    #[arg(long, help_heading = "What to keep")]
    pub(crate) deliver: bool,
    /// Of the messages, only those that look like this: '{order, N} when N > 10'. Several are alternatives.
    #[arg(long = "message", value_name = "PATTERN", help_heading = "What to keep")]
    pub(crate) messages: Vec<String>,
    /// Also the life of processes: spawn, exit, link, names.
    #[arg(long, help_heading = "What to keep")]
    pub(crate) life: bool,
    /// Keep 1/N of the calls (as 1/100), or at most N calls a second (as 500/s); call pairs stay whole.
    #[arg(long, value_name = "RATE", help_heading = "What to keep")]
    pub(crate) rate: Option<Fraction>,
    /// Replace (hash) or leave out (drop) arguments, values and messages before they are written or printed.
    #[arg(long, value_enum, value_name = "HOW", help_heading = "What to keep")]
    pub(crate) redact: Option<RedactArg>,

    /// Only these processes: <0.123.0> or a registered name. All processes without it.
    #[arg(long = "process", value_name = "PROCESS", help_heading = "Which processes")]
    pub(crate) processes: Vec<String>,
    /// Also the processes that those of --process start from now on.
    #[arg(long, requires = "processes", help_heading = "Which processes")]
    pub(crate) children: bool,

    /// Stop after this time.
    #[arg(long, value_name = "TIME", help_heading = "Limits")]
    pub(crate) duration: Option<Duration>,
    /// Stop after this many events.
    #[arg(long, value_name = "N", help_heading = "Limits", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) events: Option<u64>,
    /// Drop, and count, what is over this many events a second, on the node, and let the busiest function go; `none`
    /// for no such limit.
    #[arg(long, value_name = "N", default_value = "50000", help_heading = "Limits")]
    pub(crate) max_events_per_s: Limit<Events>,
    /// Drop, and count, what is over this many bytes a second, on the node; `none` for no such limit.
    #[arg(long, value_name = "BYTES", default_value = "32MB", help_heading = "Limits")]
    pub(crate) max_bytes_per_s: Limit<Bytes>,
    /// Switch tracing off when this many events wait on the node; `none` for no such limit.
    #[arg(long, value_name = "N", default_value = "100000", help_heading = "Limits")]
    pub(crate) max_queue: Limit<Events>,
    /// Refuse what is predicted to take more than this share of a core of the node, and drop, and count, what would
    /// take more by the measured cost of an event; `none` for no such limit.
    #[arg(long, value_name = "SHARE", default_value = "20%", help_heading = "Limits")]
    pub(crate) max_cpu: Limit<CpuShare>,
    /// Count the calls for 300 ms, say what the trace would cost, and end.
    #[arg(long, help_heading = "Limits")]
    pub(crate) dry_run: bool,
    /// Go on where Pluto would refuse: a predicted cost over the limits, or terms that may be large.
    #[arg(long, help_heading = "Limits")]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

/// What to do with the terms that a recording would hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RedactArg {
    /// Replace each by a salted hash: equal terms stay equal within one recording.
    Hash,
    /// Leave them out.
    Drop,
}

#[derive(Args, Debug)]
pub(crate) struct TraceArgs {
    #[command(flatten)]
    pub(crate) probe: ProbeArgs,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: StreamFormat,
    /// The language that terms are printed in.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) syntax: SyntaxArg,
}

#[derive(Args, Debug)]
pub(crate) struct RecordArgs {
    #[command(flatten)]
    pub(crate) probe: ProbeArgs,
    /// The directory to make; it must not exist.
    #[arg(short, long, value_name = "DIR", required_unless_present = "dry_run")]
    pub(crate) output: Option<PathBuf>,
    /// End when the recording takes this many bytes on disk; `none` for as many as there is room for.
    #[arg(long, value_name = "BYTES", default_value = "4GB", help_heading = "Limits")]
    pub(crate) max_size: Limit<Bytes>,
    /// Keep only the last stretch of time, as 30s.
    #[arg(long, value_name = "TIME", help_heading = "Ring")]
    pub(crate) last: Option<Duration>,
    /// With --last: keep the stretch and end when this happens: `exception`, or a slow call as `slow:100ms`.
    #[arg(long, value_name = "WHEN", requires = "last", help_heading = "Ring")]
    pub(crate) save_when: Option<String>,
    /// How the outcome is told.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ReportFormat,
}

/// Which events of a recording.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Which events")]
pub(crate) struct FilterArgs {
    /// From this moment: a time since the start as 1.5s, or a time of day as 12:03:04.5 (UTC).
    #[arg(long, value_name = "MOMENT")]
    pub(crate) since: Option<Moment>,
    /// Up to this moment.
    #[arg(long, value_name = "MOMENT")]
    pub(crate) until: Option<Moment>,
    /// Of these processes: <0.123.0>, or a registered name, which stands for each process while it had it.
    #[arg(long = "process", value_name = "PROCESS")]
    pub(crate) processes: Vec<String>,
    /// Of these functions: mod:fun/2, mod:fun, mod:_.
    #[arg(long = "function", value_name = "PATTERN")]
    pub(crate) functions: Vec<String>,
    /// Of these kinds: call, return, exception, send, deliver, spawn, exit, gap, and so on.
    #[arg(long = "kind", value_name = "KIND")]
    pub(crate) kinds: Vec<String>,
    /// Only calls that took this long or longer.
    #[arg(long, value_name = "TIME", conflicts_with = "kinds")]
    pub(crate) slow: Option<Duration>,
    /// Only calls that ended in an exception.
    #[arg(long, conflicts_with = "kinds")]
    pub(crate) failed: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// The recording.
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Show calls as trees, each with what it called.
    #[arg(long, conflicts_with = "kinds")]
    pub(crate) tree: bool,
    /// Show at most this many events or trees; 0 for all.
    #[arg(long, value_name = "N", default_value = "1000")]
    pub(crate) limit: usize,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: StreamFormat,
    /// The language that terms are printed in.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) syntax: SyntaxArg,
    /// Write everything that the recording holds, row by row, as stored.
    #[arg(long, conflicts_with_all = ["FilterArgs", "tree", "limit", "format", "syntax"])]
    pub(crate) dump: bool,
}

#[derive(Args, Debug)]
pub(crate) struct StatArgs {
    /// The recording.
    pub(crate) dir: PathBuf,
    /// Show at most this many rows of each table; 0 for all.
    #[arg(long, value_name = "N", default_value = "30")]
    pub(crate) limit: usize,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ReportFormat,
}

/// The format of another tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// A trace for ui.perfetto.dev.
    Perfetto,
    /// A profile for speedscope.app.
    Speedscope,
    /// A sequence diagram in Mermaid.
    Mermaid,
    /// One JSON object an event, a line each.
    Json,
    /// Comma-separated values, a line an event.
    Csv,
    /// A Parquet file, for DuckDB, Polars, Spark.
    Parquet,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// The recording.
    pub(crate) dir: PathBuf,
    /// The format.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) to: ExportFormat,
    /// The file to write, which must not exist, or a pipe; standard output without it, and for `-`.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace the file of -o where there is one.
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// The trace file, as dbg's or ttb's file port wrote it.
    pub(crate) file: PathBuf,
    /// The directory to make; it must not exist.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// The name of the node that was traced, which the file does not tell.
    #[arg(long, value_name = "NODE", default_value = "nonode@nohost")]
    pub(crate) node: String,
}

/// For people, for programs, or for code-scanning services.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// With the source.
    #[default]
    Text,
    /// One JSON object a line, for each diagnostic.
    Json,
    /// One SARIF 2.1.0 document.
    Sarif,
}

/// What is known of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shown {
    /// The errors that each function raises, found out over the whole program.
    Errors,
}

/// How far a program is translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dumped {
    /// The program with all names and types resolved, one node a line.
    Typed,
}

/// Which fixes are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mending {
    /// Those that spell what was meant in the only way there is.
    Sure,
    /// Also those that are only probable, or one of several ways: look at what they did.
    All,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  pluto check                      all .pluto files below the current directory
  pluto check shop/orders.pluto    one file
  pluto check --format json        one JSON object a line (docs/diagnostics.md)
  pluto check --show errors        the errors that each function raises
  pluto check --fix                mend what there is only one way to mend
  pluto check --fix=all --dry-run  what all proposals would change, as a diff
  pluto explain E0007              what a code means

A file below a pluto.toml is checked with its whole package, and what that depends on. Other
files are checked together with those that they import; the path from the directory that is
named is the name of the module.

--fix changes only files of the packages that are checked, and those outside of packages that are
named; not what these depend on. A file is written whole or not at all. A fix that turns out not
to mend what it was for is taken back.

Exit status: 0 no errors, though perhaps warnings; 1 errors; 2 Pluto could not do it.")]
pub(crate) struct CheckArgs {
    /// Files, and directories in which all .pluto files are meant; the current directory without one.
    pub(crate) paths: Vec<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: CheckFormat,
    /// Print what is known of the program, and what is wrong with it on standard error.
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with_all = ["format", "dump"])]
    pub(crate) show: Option<Shown>,
    /// Print the program as the compiler has it, and what is wrong with it on standard error.
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "format")]
    pub(crate) dump: Option<Dumped>,
    /// Mend what can be mended, in the files themselves, and say what is left.
    #[arg(
        long, value_enum, value_name = "WHICH", num_args = 0..=1, require_equals = true,
        default_missing_value = "sure", conflicts_with_all = ["show", "dump"]
    )]
    pub(crate) fix: Option<Mending>,
    /// With --fix: change nothing, and print what would change as a diff.
    #[arg(long, requires = "fix", conflicts_with = "format")]
    pub(crate) dry_run: bool,
    /// Do it again whenever a file changes.
    #[arg(long, conflicts_with = "fix")]
    pub(crate) watch: bool,
}

/// How far a program that is to be run is translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Translated {
    /// The mid-level form: functions of basic blocks over typed registers.
    Ir,
    /// Cranelift's form, before it is optimised.
    Clif,
    /// The instructions of this machine.
    Asm,
}

/// Whether contracts are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Contracts {
    /// `requires`, `ensures` and invariants are checked.
    On,
    /// They are not; `assert` is.
    Off,
}

/// How a program is run, and what it may use of the machine.
#[derive(Args, Debug)]
pub(crate) struct Bounds {
    /// Check contracts when it runs.
    #[arg(long, value_enum, value_name = "WHETHER", default_value = "on")]
    pub(crate) contracts: Contracts,
    /// Run its tasks on so many threads.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) workers: u8,
    /// What the objects of all its tasks, and what is on its way between them, may take; more is a trap.
    #[arg(long, value_name = "BYTES", default_value = "8GB")]
    pub(crate) memory: Bytes,
    /// The same for each task.
    #[arg(long, value_name = "BYTES", default_value = "2GB")]
    pub(crate) task_memory: Bytes,
}

impl Bounds {
    /// As limits of a run.
    pub(crate) fn limits(&self) -> pluto_codegen::Limits {
        let bytes = |of: Bytes| usize::try_from(of.0).unwrap_or(usize::MAX);
        pluto_codegen::Limits {
            workers: self.workers.into(),
            memory: bytes(self.memory),
            heap: bytes(self.task_memory),
            ..pluto_codegen::Limits::default()
        }
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  pluto run hello.pluto
  pluto run --workers 2 hello.pluto  its tasks on two threads
  pluto run --memory 1GB big.pluto   with no more than that
  pluto run --dump ir hello.pluto    what is run, and run nothing

What runs is the function main of the file, or that of its app. The program is checked before; with errors it does
not run. It is compiled to native code in memory, on x86-64. With --interpret it is gone through
step by step instead, much slower, and without giving memory back until it ends, and does the same.

Tasks take turns, each with a heap of its own; with several workers they run side by side. A trap in one of them is told on standard error, and so is an error that leaves
a task that is detached. When main ends, all others end. Where every task waits for another one,
the program ends, and what each waits for is told.

Exit status: that of the program: 0 it came to its end, 1 an error left main, 101 a bug ended it
(a trap: a contract that does not hold, an overflow, an index out of range ...; a deadlock); 1 it
has errors and did not run; 2 Pluto could not do it.")]
pub(crate) struct RunArgs {
    /// The file whose main is run.
    pub(crate) file: PathBuf,
    /// Print the program as it is translated, and do not run it.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) dump: Option<Translated>,
    /// Interpret the program instead of compiling it.
    #[arg(long)]
    pub(crate) interpret: bool,
    #[command(flatten)]
    pub(crate) bounds: Bounds,
    /// Collect at each N-th allocation of a task, to look for mistakes of Pluto; it takes long.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        conflicts_with = "interpret"
    )]
    pub(crate) gc_zeal: u32,
    /// Do it again whenever a file changes.
    #[arg(long)]
    pub(crate) watch: bool,
    /// What the program is called with, behind `--` what begins with a dash: `std.env` gives it.
    #[arg(value_name = "ARGUMENT")]
    pub(crate) arguments: Vec<String>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  pluto build hello.pluto              makes ./hello
  pluto build -o bin/shop shop.pluto   a name of your own
  pluto build --workers 4 shop.pluto   its tasks will run on four threads

What is built is what `pluto run` runs: the function main of the file, or that of its app. The program
is checked before; with errors nothing is built. The executable needs nothing of Pluto, nor its
source: the run-time system is in it. It runs on x86-64 machines with Linux that were made since 2010,
with a C library as new as the one here. Its functions have their names (as pluto::main) for perf and
gdb.

It is linked by the system's C compiler, `cc`. The file is written whole or not at all, and takes the
place of one that is there.

What it is called with, `std.env` gives. It prints, and ends, as under `pluto run`: with 0 at its end,
1 where an error left main, 101 where a bug ended it, 2 where it could not write what it prints.

Exit status: 0 built; 1 the program has errors; 2 Pluto could not do it.")]
pub(crate) struct BuildArgs {
    /// The file whose main is built.
    pub(crate) file: PathBuf,
    /// The executable; without it, in the current directory, with the name of the file without its ending.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) bounds: Bounds,
}

/// How the results of tests are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, as each test ends, and one for all at the end.
    Json,
    /// JUnit's XML, which most build servers read.
    Junit,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  pluto test                              all tests below the current directory
  pluto test withdraw deposit             those with one of these in their names
  pluto test --path shop/orders.pluto     those of one file, or of a directory
  pluto test --list                       their names
  pluto test --seed 7                     tasks go on in another order
  pluto test --format junit > tests.xml   for a build server

Tests run side by side, each on its own. Time is virtual: `sleep` takes none. With one seed a test
does the same each time; with 0 its tasks take turns in their order, with others which one goes on
is drawn. An `expect` that does not hold ends its test, in whatever task it is, and not the run.
What a test prints is shown where it fails.

Exit status: 0 all passed; 1 one failed or could not be run, or the programs have errors; 2 Pluto
could not do it, or there is no such test.")]
pub(crate) struct TestArgs {
    /// Parts of the names of the tests that are run; all tests without one.
    pub(crate) filter: Vec<String>,
    /// Files, and directories in which all .pluto files are meant; the current directory without one.
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Vec<PathBuf>,
    /// Print the names of the tests, and run none.
    #[arg(long)]
    pub(crate) list: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TestFormat,
    /// What chance and the order of tasks begin with.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Do it again whenever a file changes.
    #[arg(long, conflicts_with = "list")]
    pub(crate) watch: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  pluto fmt                   all .pluto files below the current directory
  pluto fmt --check           say which files would change, and change none
  pluto fmt - < a.pluto       from standard input to standard output, for editors

There is one style, and nothing to configure: 4 spaces, lines of 100 characters, a comma
behind the last element of a list that has several lines. Comments stay, and empty lines, one
in a row. What stands in braces on one line stays on one line if it fits. A file is written
whole or not at all; one with syntax errors is left alone.

Exit status: 0 done; 1 with --check, something would change; 2 a file has syntax errors, or
Pluto could not do it.")]
pub(crate) struct FmtArgs {
    /// Files, and directories in which all .pluto files are meant; the current directory without one; `-` for standard input.
    pub(crate) paths: Vec<PathBuf>,
    /// Change nothing, and list the files that would change.
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  pluto doc                        of the package here, into the directory doc
  pluto doc -o pages shapes.pluto  of one file
  pluto doc --std                  of the standard library

There is a page for each module, and one of all, index.html. They show what is public: how it is
declared, with what it raises, and the comments that begin with `///` above it, which are Markdown.
What a file begins with, in lines with `//`, is said about its module. The pages need nothing else.

The directory is written whole or not at all. One that is there is replaced where `pluto doc` has
made it.

Exit status: 0 written; 1 a program has errors; 2 Pluto could not do it.")]
pub(crate) struct DocArgs {
    /// Files, and directories in which all .pluto files are meant; the current directory without one.
    #[arg(conflicts_with = "std")]
    pub(crate) paths: Vec<PathBuf>,
    /// The directory that the pages go into.
    #[arg(short, long, value_name = "DIR", default_value = "doc")]
    pub(crate) output: PathBuf,
    /// What the pages are called; without it, as the first directory or file.
    #[arg(long, value_name = "TEXT", conflicts_with = "std")]
    pub(crate) title: Option<String>,
    /// Document the standard library.
    #[arg(long)]
    pub(crate) std: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  pluto explain E0007
  pluto explain foreign-operator
  pluto explain --list")]
pub(crate) struct ExplainArgs {
    /// The code, as E0123, or its name.
    #[arg(required_unless_present = "list")]
    pub(crate) code: Option<String>,
    /// List all codes.
    #[arg(long, conflicts_with = "code")]
    pub(crate) list: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// The directory, which is made where it is missing.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: PathBuf,
}
