//! A live node and the conversation with it over standard input and output.

use crate::{Release, base64};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Longer than any evaluation on a loaded machine: reaching it means that the node hangs.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// How a node is started.
#[derive(Clone, Debug, Default)]
pub struct NodeOptions {
    /// Part of the name before the `@`; unique by default.
    pub name: Option<String>,
    /// Use `-name NAME@127.0.0.1` instead of `-sname NAME`.
    pub long_names: bool,
    /// The cookie; unique by default.
    pub cookie: Option<String>,
    /// More arguments for `erl`, such as `["-kernel", "net_ticktime", "4"]` or `["+S", "1:1"]`.
    pub arguments: Vec<String>,
    /// More environment variables, such as `ERL_EPMD_PORT`.
    pub environment: Vec<(String, String)>,
}

struct Answer {
    id: u32,
    result: Result<Vec<u8>, String>,
}

/// A live `erl` with distribution on. Killed when dropped.
pub struct Node {
    release: Release,
    name: String,
    cookie: String,
    child: Child,
    input: ChildStdin,
    answers: Receiver<Answer>,
    // Both readers of the node's output append whole lines; nobody holds it across anything else.
    log: Arc<Mutex<String>>,
    evaluations: u32,
}

impl Node {
    /// Starts a node with a unique short name and cookie.
    pub fn start(release: &Release) -> Node {
        Node::start_with(release, NodeOptions::default())
    }

    /// Starts a node; returns when it is up.
    pub fn start_with(release: &Release, options: NodeOptions) -> Node {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let unique = format!("{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let cookie = options.cookie.unwrap_or_else(|| format!("cookie_{unique}"));
        let short = options.name.unwrap_or_else(|| format!("subject_{unique}"));
        let mut command = release.command("erl");
        if options.long_names {
            command.arg("-name").arg(format!("{short}@127.0.0.1"));
        } else {
            command.arg("-sname").arg(&short);
        }
        command.args(["-noshell", "-setcookie", &cookie]).args(&options.arguments);
        command.arg("-eval").arg(include_str!("loop.erl"));
        command.envs(options.environment).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("erl starts");
        let input = child.stdin.take().expect("stdin is piped");
        let (sender, answers) = channel();
        let log = Arc::new(Mutex::new(String::new()));
        read_lines(child.stdout.take().expect("stdout is piped"), Arc::clone(&log), Some(sender));
        read_lines(child.stderr.take().expect("stderr is piped"), Arc::clone(&log), None);
        let release = release.clone();
        let mut node = Node { release, name: short, cookie, child, input, answers, log, evaluations: 0 };
        node.name = String::from_utf8(node.wait_for(0).expect("the node tells its name")).expect("UTF-8");
        node
    }

    /// The full name, `name@host`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cookie.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// The OTP release it runs.
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// The operating system's process id of the emulator.
    pub fn os_pid(&self) -> u32 {
        self.child.id()
    }

    /// The port that it listens on for distribution.
    pub fn port(&mut self) -> u16 {
        let expression = "[P | _] = [P || S <- erlang:ports(), {ok, {_, P}} <- [inet:sockname(S)], \
             element(2, erlang:port_info(S, connected)) =:= whereis(net_kernel), \
             {error, _} <- [inet:peername(S)]], P.";
        self.eval(expression).parse().expect("a port number")
    }

    /// Everything that the node wrote to its standard output and error so far, answers left out.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Evaluates Erlang expressions on the node (in one process, the same for all evaluations) and gives the value
    /// as `~0tp` prints it. Panics with class, reason and stack where they fail.
    pub fn eval(&mut self, expressions: &str) -> String {
        let bytes = self.evaluate("text", expressions);
        String::from_utf8(bytes.unwrap_or_else(|e| panic!("{expressions}\n{e}"))).expect("UTF-8")
    }

    /// Like [`Node::eval`], for expressions whose value is a binary: its bytes.
    pub fn eval_bytes(&mut self, expressions: &str) -> Vec<u8> {
        self.evaluate("bytes", expressions).unwrap_or_else(|e| panic!("{expressions}\n{e}"))
    }

    /// Like [`Node::eval`], with a failure as the error's text.
    pub fn try_eval(&mut self, expressions: &str) -> Result<String, String> {
        Ok(String::from_utf8(self.evaluate("text", expressions)?).expect("UTF-8"))
    }

    /// Compiles Erlang source text on the node and loads it; the module's own name counts.
    pub fn load_module(&mut self, source: &str) {
        let expression = format!(
            "Dot = fun Dot([], Form, Forms) -> [] = Form, lists:reverse(Forms); \
               Dot([{{dot, _}} = T | R], Form, Forms) -> {{ok, F}} = erl_parse:parse_form(lists:reverse(Form, [T])), Dot(R, [], [F | Forms]); \
               Dot([T | R], Form, Forms) -> Dot(R, [T | Form], Forms) end, \
             {{ok, Tokens, _}} = erl_scan:string(unicode:characters_to_list(base64:decode(\"{}\"))), \
             {{ok, Module, Beam}} = compile:forms(Dot(Tokens, [], []), [return_errors]), \
             {{module, Module}} = code:load_binary(Module, \"test\", Beam), ok.",
            base64::encode(source.as_bytes())
        );
        assert_eq!(self.eval(&expression), "ok");
    }

    /// Kills the emulator with SIGKILL and waits for its end.
    pub fn kill(&mut self) {
        // A process that has already ended is as dead as was asked for.
        let _already_gone = self.child.kill();
        let _status = self.child.wait();
    }

    fn evaluate(&mut self, form: &str, expressions: &str) -> Result<Vec<u8>, String> {
        self.evaluations += 1;
        let id = self.evaluations;
        let line = format!("{id} {form} {}\n", base64::encode(expressions.as_bytes()));
        self.input
            .write_all(line.as_bytes())
            .unwrap_or_else(|e| panic!("{} is gone ({e}):\n{}", self.name, self.log()));
        self.wait_for(id)
    }

    fn wait_for(&mut self, id: u32) -> Result<Vec<u8>, String> {
        match self.answers.recv_timeout(ANSWER_TIMEOUT) {
            Ok(answer) => {
                assert_eq!(answer.id, id, "answers come in order");
                answer.result
            }
            Err(RecvTimeoutError::Timeout) => panic!("{} does not answer:\n{}", self.name, self.log()),
            Err(RecvTimeoutError::Disconnected) => panic!("{} has ended:\n{}", self.name, self.log()),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

fn read_lines(stream: impl Read + Send + 'static, log: Arc<Mutex<String>>, answers: Option<Sender<Answer>>) {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line);
            match (parse_answer(text.trim_end()), &answers) {
                // The test may have dropped its node while this answer was on its way.
                (Some(answer), Some(answers)) => drop(answers.send(answer)),
                _ => log.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text),
            }
            line.clear();
        }
    });
}

fn parse_answer(line: &str) -> Option<Answer> {
    let mut words = line.strip_prefix("@pluto ")?.split(' ');
    let id = words.next()?.parse().ok()?;
    let status = words.next()?;
    let bytes = base64::decode(words.next()?)?;
    let result = match status {
        "ok" => Ok(bytes),
        _ => Err(String::from_utf8_lossy(&bytes).into_owned()),
    };
    Some(Answer { id, result })
}
