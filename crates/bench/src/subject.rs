//! The node that is measured: functions to trace, a worker that calls them, and the other tracers, all in Erlang.

use pluto_testnode::{Node, NodeOptions, Release};

use crate::error::{Error, Result};
use crate::pluto::{Cookie, Target};
use crate::stats::Samples;

/// A live node with the load on it.
pub(crate) struct Subject {
    node: Node,
}

/// One gap of a heartbeat, in nanoseconds of the node's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl Subject {
    /// Starts a node with these emulator arguments.
    pub(crate) fn start(release: &Release, arguments: &[&str]) -> Subject {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let mut node = Node::start_with(release, NodeOptions { arguments, ..NodeOptions::default() });
        node.load_module(include_str!("pluto_bench_subject.erl"));
        node.load_module(include_str!("pluto_bench.erl"));
        node.eval("pluto_bench:start().");
        Subject { node }
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// All functions that are called, for Pluto.
    pub(crate) fn target(&self) -> Target<'_> {
        Target {
            node: self.node.name(),
            cookie: Cookie::Known(self.node.cookie()),
            patterns: vec!["pluto_bench_subject:_"],
        }
    }

    /// Evaluates an expression that gives a number.
    pub(crate) fn number(&mut self, expression: &str) -> Result<i64> {
        let text = self.node.eval(expression);
        text.parse().map_err(|_| Error::Unreadable { what: "the node's answer", text })
    }

    /// Evaluates an expression for its effect.
    pub(crate) fn run(&mut self, expression: &str) {
        self.node.eval(expression);
    }

    /// Calls a function in chunks, with a pause after each; gives nanoseconds per call, one for each chunk.
    pub(crate) fn calls(
        &mut self,
        function: &str,
        calls: u32,
        chunks: u32,
        pause_ms: u32,
    ) -> Result<Samples> {
        let text = self
            .node
            .eval(&format!("list_to_tuple(pluto_bench:run({function}, {calls}, {chunks}, {pause_ms}))."));
        let numbers = numbers(&text)?;
        Ok(numbers.into_iter().map(|taken| taken as f64 / f64::from(calls)).collect())
    }

    /// Bytes by which the node grew in each of some calls, and in as many with an integer, one before each.
    pub(crate) fn grown(&mut self, function: &str, calls: u32) -> Result<[Samples; 2]> {
        let numbers =
            numbers(&self.node.eval(&format!("list_to_tuple(pluto_bench:memory({function}, {calls})).")))?;
        let every_second = |first| numbers.iter().skip(first).step_by(2).map(|&bytes| bytes as f64).collect();
        Ok([every_second(1), every_second(0)])
    }

    /// The gaps of the heartbeats since the last time.
    pub(crate) fn gaps(&mut self) -> Result<Vec<Gap>> {
        let text =
            self.node.eval("list_to_tuple(lists:append([[S, E] || {S, E} <- pluto_bench:hearts_take()])).");
        Ok(numbers(&text)?
            .chunks_exact(2)
            .filter_map(|pair| match *pair {
                [start, end] => Some(Gap { start, end }),
                _ => None,
            })
            .collect())
    }

    /// The node's monotonic clock, in nanoseconds.
    pub(crate) fn now(&mut self) -> Result<i64> {
        self.number("pluto_bench:now_ns().")
    }
}

/// A tuple of integers as Erlang prints it (a list of small ones would be printed as a string).
fn numbers(text: &str) -> Result<Vec<i64>> {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let inner =
        inner.ok_or_else(|| Error::Unreadable { what: "the node's answer", text: text.to_owned() })?;
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    inner
        .split(',')
        .map(|word| {
            word.trim()
                .parse()
                .map_err(|_| Error::Unreadable { what: "the node's answer", text: text.to_owned() })
        })
        .collect()
}
