//! What the live tests share: a runtime, a node, a connection to it.

use std::future::Future;
use std::time::Duration;

use pluto_dist::{Connection, Cookie, CookieSource, Message, Options, Target, connect};
use pluto_term::{Limits, Term};
use pluto_testnode::{Node, NodeOptions, releases};

/// Longer than anything takes on a loaded machine; reaching it is a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn cookie(text: &str) -> Cookie {
    Cookie::new(text.as_bytes().to_vec(), CookieSource::Environment).expect("a cookie")
}

pub(crate) fn options(node: &Node) -> Options {
    Options { timeout: PATIENCE, ..Options::new(cookie(node.cookie())) }
}

pub(crate) fn target(node: &Node) -> Target {
    node.name().parse().expect("a target")
}

pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        tokio::time::timeout(PATIENCE * 3, Box::pin(work)).await.expect("the test ends in time")
    })
}

/// Runs `test` against a node of each release, connected with the default options.
pub(crate) fn on_every_release(test: &impl AsyncFn(&mut Node, &Connection)) {
    for release in releases() {
        let mut node = Node::start_with(&release, NodeOptions::default());
        run(async {
            let connection = connect(&target(&node), &options(&node))
                .await
                .unwrap_or_else(|e| panic!("{e}\n{}", node.log()));
            test(&mut node, &connection).await;
            connection.close().await;
        });
    }
}

pub(crate) async fn call(
    connection: &Connection,
    module: &str,
    function: &str,
    arguments: Vec<Term>,
) -> Term {
    connection.call(module, function, arguments, PATIENCE).await.expect("the call succeeds")
}

/// Evaluates Erlang expressions in a process of the node, with these variables bound. Unlike [`Node::eval`] it goes over the
/// connection, so that the code may wait for something that this side does.
pub(crate) async fn evaluate(connection: &Connection, code: &str, bindings: &[(&str, Term)]) -> Term {
    let scanned = call(connection, "erl_scan", "string", vec![Term::charlist(code)]).await;
    let tokens = scanned.as_tuple().expect("scanned")[1].clone();
    let parsed = call(connection, "erl_parse", "parse_exprs", vec![tokens]).await;
    let expressions = parsed.as_tuple().unwrap_or_else(|| panic!("{parsed:?}"))[1].clone();
    let bindings =
        Term::list(bindings.iter().map(|(name, value)| Term::tuple([Term::atom(name), value.clone()])));
    let result = call(connection, "erl_eval", "exprs", vec![expressions, bindings]).await;
    result.as_tuple().expect("evaluated")[1].clone()
}

pub(crate) fn term(message: &Message) -> Term {
    message.term(&Limits::default()).expect("a term")
}
