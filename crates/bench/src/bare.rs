//! A bare tracer on the broker: `erlang:trace` and a process that counts, the least that any tracer costs.

use pluto_testnode::{Node, Release};

use crate::broker::Broker;
use crate::error::{Doing as _, Error, Result};

/// A node from which the tracer is brought to the broker. It is connected only while it says something.
pub(crate) struct Bare {
    node: Node,
    broker: String,
}

impl Bare {
    /// Loads the tracer's module on the broker.
    pub(crate) fn bring(release: &Release, broker: &Broker) -> Result<Bare> {
        let folder = tempfile::tempdir().doing(|| "make a temporary folder".to_owned())?;
        let source = folder.path().join("pluto_bench_bare.erl");
        std::fs::write(&source, include_str!("pluto_bench_bare.erl"))
            .doing(|| format!("write {}", source.display()))?;
        let mut bare = Bare { node: Node::start(release), broker: broker.node().to_owned() };
        bare.node.eval(&format!("erlang:set_cookie('{}', '{}').", bare.broker, broker.cookie()?));
        bare.call(&format!(
            "begin {{ok, Module, Beam}} = compile:file(\"{}\", [binary]), \
             rpc:call(Broker, code, load_binary, [Module, \"bench\", Beam]) end",
            source.display()
        ))?;
        Ok(bare)
    }

    /// Switches it on for these functions, `module:function/arity`.
    pub(crate) fn on(&mut self, functions: &[&str]) -> Result<()> {
        self.call(&format!("rpc:call(Broker, pluto_bench_bare, on, [{}])", tuples(functions))).map(drop)
    }

    /// Switches it off; the events that it has seen.
    pub(crate) fn off(&mut self, functions: &[&str]) -> Result<u64> {
        let text = self.call(&format!("rpc:call(Broker, pluto_bench_bare, off, [{}])", tuples(functions)))?;
        text.parse().map_err(|_| Error::Unreadable { what: "the broker's answer", text })
    }

    /// Takes the module away.
    pub(crate) fn unload(mut self) -> Result<()> {
        self.call("begin rpc:call(Broker, code, delete, [pluto_bench_bare]), rpc:call(Broker, code, purge, [pluto_bench_bare]) end")
            .map(drop)
    }

    fn call(&mut self, expression: &str) -> Result<String> {
        let text = self.node.eval(&format!(
            "Broker = '{}', true = net_kernel:hidden_connect_node(Broker), Answer = {expression}, \
             erlang:disconnect_node(Broker), Answer.",
            self.broker
        ));
        if text.contains("badrpc") {
            Err(Error::Unreadable { what: "the broker's answer", text })
        } else {
            Ok(text)
        }
    }
}

/// Functions as a list of Erlang's tuples.
fn tuples(functions: &[&str]) -> String {
    let tuple = |function: &&str| format!("{{{}}}", function.replace([':', '/'], ","));
    format!("[{}]", functions.iter().map(tuple).collect::<Vec<_>>().join(","))
}
