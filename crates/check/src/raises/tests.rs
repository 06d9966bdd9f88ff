//! Cases as data, an oracle that iterates over single errors, and sizes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use expect_test::{Expect, expect};
use pluto_source::{FileId, FileSpan, Span};
use proptest::prelude::{ProptestConfig, any, proptest};

use super::{ErrorId, Graph, Handled, NodeId, Solution};

/// A place that is told apart by a number.
fn place(number: usize) -> FileSpan {
    Span::empty(number as u32).in_file(FileId(0))
}

/// A graph in words, a line for each node: `f: raise A, g - A B, map(f = g) - A`, or `f: variable`.
fn read(text: &str) -> (Graph, Vec<(String, NodeId)>, Vec<String>) {
    let mut graph = Graph::new();
    let lines: Vec<(&str, &str)> = text.lines().filter_map(|line| line.trim().split_once(": ")).collect();
    let nodes: Vec<(String, NodeId)> = lines
        .iter()
        .map(|(name, what)| {
            let node = if *what == "variable" { graph.variable() } else { graph.node() };
            ((*name).to_owned(), node)
        })
        .collect();
    let node = |name: &str| nodes.iter().find(|(own, _)| own == name).unwrap_or_else(|| panic!("{name}")).1;
    let mut errors = Vec::new();
    let mut places = Vec::new();
    for ((_, what), (_, from)) in lines.iter().zip(&nodes) {
        for part in what.split(", ").filter(|part| !["variable", "nothing"].contains(part)) {
            let at = place(places.len());
            places.push(part.to_owned());
            if let Some(error) = part.strip_prefix("raise ") {
                graph.raise(*from, number(&mut errors, error), at);
                continue;
            }
            let (call, handled) = part.split_once(" - ").unwrap_or((part, ""));
            let handled: Vec<_> =
                handled.split_whitespace().map(|error| number(&mut errors, error)).collect();
            let handled = graph.handled(&handled);
            let (to, bound) = call.trim_end_matches(')').split_once('(').unwrap_or((call, ""));
            let bound: Vec<_> = bound
                .split(' ')
                .filter_map(|pair| pair.split_once('='))
                .map(|(variable, is)| (node(variable), node(is)))
                .collect();
            graph.call(*from, node(to), handled, &bound, at);
        }
    }
    errors.extend(places);
    (graph, nodes, errors)
}

fn number(errors: &mut Vec<String>, error: &str) -> ErrorId {
    let known = errors.iter().position(|own| own == error);
    ErrorId(known.unwrap_or_else(|| {
        errors.push(error.to_owned());
        errors.len() - 1
    }) as u32)
}

/// All that is found out, a line for each node: errors with their origins, and variables.
fn check(text: &str, expected: &Expect) {
    let (graph, nodes, words) = read(text);
    let errors = words.len() - graph.raises.len() - graph.calls.len();
    let solution = graph.solve();
    let mut out = String::new();
    for (name, node) in &nodes {
        write!(out, "{name}:").unwrap();
        for error in solution.errors(*node) {
            let way: Vec<_> = solution
                .origin(*node, error)
                .iter()
                .map(|at| words[errors + at.span.start as usize].clone())
                .collect();
            write!(out, " {} [{}]", words[error.0 as usize], way.join(" > ")).unwrap();
        }
        for (variable, without) in solution.variables(*node) {
            let name = &nodes.iter().find(|(_, own)| *own == variable).unwrap().0;
            write!(out, " {name}").unwrap();
            for error in without {
                write!(out, "-{}", words[error.0 as usize]).unwrap();
            }
        }
        writeln!(out).unwrap();
    }
    expected.assert_eq(&out);
}

#[test]
fn what_is_called_and_what_is_handled() {
    check(
        "main: load, save - Full, check - Bad Worse
         load: raise NotFound, check
         save: raise Full, raise Denied
         check: raise Bad",
        &expect![[r#"
            main: Bad [load > check > raise Bad] NotFound [load > raise NotFound] Denied [save - Full > raise Denied]
            load: Bad [check > raise Bad] NotFound [raise NotFound]
            save: Full [raise Full] Denied [raise Denied]
            check: Bad [raise Bad]
        "#]],
    );
}

#[test]
fn recursion() {
    check(
        "even: odd, raise Negative
         odd: even, parse - Bad
         parse: raise Bad, raise Empty, parse
         ring1: ring2 - A
         ring2: ring3, raise A
         ring3: ring1, raise B
         alone: nothing",
        &expect![[r#"
            even: Negative [raise Negative] Empty [odd > parse - Bad > raise Empty]
            odd: Negative [even > raise Negative] Empty [parse - Bad > raise Empty]
            parse: Bad [raise Bad] Empty [raise Empty]
            ring1: B [ring2 - A > ring3 > raise B]
            ring2: A [raise A] B [ring3 > raise B]
            ring3: B [raise B]
            alone:
        "#]],
    );
}

#[test]
fn a_variable_is_bound_by_each_call_on_its_own() {
    check(
        "f: variable
         map: f, raise TooLong
         safe: map(f=reads)
         reads: raise Io
         pure: map(f=nothing)
         nothing: nothing
         g: variable
         compose: map(f=closure), g - Io
         closure: g - Bad
         use1: compose(g=reads)
         use2: compose(g=parses) - TooLong
         parses: raise Bad, raise Io, raise Worse",
        &expect![[r#"
            f: f
            map: TooLong [raise TooLong] f
            safe: TooLong [map(f=reads) > raise TooLong] Io [map(f=reads) > raise Io]
            reads: Io [raise Io]
            pure: TooLong [map(f=nothing) > raise TooLong]
            nothing:
            g: g
            compose: TooLong [map(f=closure) > raise TooLong] g
            closure: g-Bad
            use1: TooLong [compose(g=reads) > map(f=closure) > raise TooLong] Io [compose(g=reads) > raise Io]
            use2: Io [compose(g=parses) - TooLong > raise Io] Bad [compose(g=parses) - TooLong > raise Bad] Worse [compose(g=parses) - TooLong > raise Worse]
            parses: Io [raise Io] Bad [raise Bad] Worse [raise Worse]
        "#]],
    );
}

#[test]
fn a_variable_comes_out_as_what_no_way_takes_out() {
    check(
        "f: variable
         once: f - A B, f - B C
         again: once(f=f) - D
         calls: again(f=all)
         all: raise A, raise B, raise C, raise D, raise E
         deeper: deeper(f=wrap), f - E
         wrap: f - A
         bound: deeper(f=all)",
        &expect![[r#"
            f: f
            once: f-B
            again: f-B-D
            calls: A [again(f=all) > raise A] C [again(f=all) > raise C] E [again(f=all) > raise E]
            all: A [raise A] B [raise B] C [raise C] D [raise D] E [raise E]
            deeper: f-E
            wrap: f-A
            bound: A [deeper(f=all) > raise A] B [deeper(f=all) > raise B] C [deeper(f=all) > raise C] D [deeper(f=all) > raise D]
        "#]],
    );
}

#[test]
fn a_trait_raises_what_its_implementers_raise() {
    check(
        "get: memory, disk
         memory: nothing
         disk: raise Io
         service: get - Other
         k: variable
         each: list_each(v=k), tree_each(w=k)
         v: variable
         list_each: v
         w: variable
         tree_each: w, raise Unbalanced
         client: each(k=disk)",
        &expect![[r#"
            get: Io [disk > raise Io]
            memory:
            disk: Io [raise Io]
            service: Io [get - Other > disk > raise Io]
            k: k
            each: Unbalanced [tree_each(w=k) > raise Unbalanced] k
            v: v
            list_each: v
            w: w
            tree_each: Unbalanced [raise Unbalanced] w
            client: Io [each(k=disk) > raise Io] Unbalanced [each(k=disk) > tree_each(w=k) > raise Unbalanced]
        "#]],
    );
}

/// What leaves a node, error by error: an error itself, or that one gets through a variable. One more error than there
/// are stands for all that are not named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Leaves {
    Error(u32),
    Through(NodeId, u32),
}

/// Everything that follows, by looking at every call until nothing is added.
fn naive(graph: &Graph, errors: u32) -> Vec<BTreeSet<Leaves>> {
    let mut sets = vec![BTreeSet::new(); graph.nodes.len()];
    for (node, kind) in (0..).zip(&graph.nodes) {
        if *kind == super::Kind::Variable {
            sets[node as usize].extend((0..=errors).map(|error| Leaves::Through(NodeId(node), error)));
        }
    }
    for raise in &graph.raises {
        sets[raise.node.0 as usize].insert(Leaves::Error(raise.error.0));
    }
    loop {
        let before: usize = sets.iter().map(BTreeSet::len).sum();
        for call in &graph.calls {
            let mut added = Vec::new();
            for leaves in &sets[call.to.0 as usize] {
                let Leaves::Through(variable, error) = *leaves else {
                    added.push(*leaves);
                    continue;
                };
                match graph.bindings_of(call).iter().find(|binding| binding.variable == variable) {
                    None => added.push(*leaves),
                    Some(binding) => added.extend(sets[binding.is.0 as usize].iter().filter(|inner| {
                        matches!(inner, Leaves::Error(own) | Leaves::Through(_, own) if *own == error)
                    })),
                }
            }
            added.retain(|leaves| {
                let (Leaves::Error(error) | Leaves::Through(_, error)) = *leaves;
                !graph.sets.contains(call.handled, error)
            });
            sets[call.from.0 as usize].extend(added);
        }
        if sets.iter().map(BTreeSet::len).sum::<usize>() == before {
            return sets;
        }
    }
}

const ERRORS: u32 = 4;

fn draw(bytes: &[u8]) -> Graph {
    let mut bytes = bytes.iter().copied();
    let mut below = |bound: usize| usize::from(bytes.next().unwrap_or_default()) % bound;
    let mut graph = Graph::new();
    let nodes: Vec<NodeId> = (0..2 + below(9))
        .map(|number| if number % 3 == 2 { graph.variable() } else { graph.node() })
        .collect();
    let variables: Vec<NodeId> = nodes.iter().copied().skip(2).step_by(3).collect();
    for number in 0..below(30) {
        let from = nodes[below(nodes.len())];
        if below(4) == 0 {
            graph.raise(from, ErrorId(below(ERRORS as usize) as u32), place(number));
            continue;
        }
        let mask = if below(2) == 0 { 0 } else { below(1 << ERRORS) };
        let handled: Vec<_> = (0..ERRORS).filter(|error| mask & (1 << error) != 0).map(ErrorId).collect();
        let handled = graph.handled(&handled);
        let bound: BTreeMap<NodeId, NodeId> = (0..below(3))
            .filter(|_| !variables.is_empty())
            .map(|_| (variables[below(variables.len())], nodes[below(nodes.len())]))
            .collect();
        let bound: Vec<_> = bound.into_iter().collect();
        graph.call(from, nodes[below(nodes.len())], handled, &bound, place(number));
    }
    graph
}

fn agrees(graph: &Graph, solution: &Solution) {
    let all = naive(graph, ERRORS);
    for (node, expected) in (0..).map(NodeId).zip(&all) {
        let mut found: BTreeSet<Leaves> = solution.errors(node).map(|error| Leaves::Error(error.0)).collect();
        for (variable, without) in solution.variables(node) {
            let through = (0..=ERRORS).filter(|error| !without.contains(&ErrorId(*error)));
            found.extend(through.map(|error| Leaves::Through(variable, error)));
        }
        assert_eq!(&found, expected, "{node:?} of {graph:?}");
        for error in 0..ERRORS {
            let distance = distances(graph, &all, error)[node.0 as usize];
            let origin = solution.origin(node, ErrorId(error));
            assert_eq!(origin.len(), distance, "{node:?} {error} {graph:?}");
            if let Some(last) = origin.last() {
                let raise = graph.raises.iter().find(|raise| raise.place == Some(*last)).unwrap();
                assert_eq!(raise.error, ErrorId(error));
            }
        }
    }
}

/// How many places the shortest way of an error out of each node has; none where it does not leave.
fn distances(graph: &Graph, sets: &[BTreeSet<Leaves>], error: u32) -> Vec<usize> {
    let far = usize::MAX;
    let mut distances = vec![far; graph.nodes.len()];
    for raise in graph.raises.iter().filter(|raise| raise.error.0 == error) {
        distances[raise.node.0 as usize] = 1;
    }
    for _ in &graph.nodes {
        for call in graph.calls.iter().filter(|call| !graph.sets.contains(call.handled, error)) {
            let through = |variable| sets[call.to.0 as usize].contains(&Leaves::Through(variable, error));
            let bound = graph.bindings_of(call).iter().filter(|binding| through(binding.variable));
            for to in bound.map(|binding| binding.is).chain([call.to]) {
                let own = distances[to.0 as usize];
                if own != far {
                    let cell = &mut distances[call.from.0 as usize];
                    *cell = (*cell).min(own + 1);
                }
            }
        }
    }
    distances.into_iter().map(|distance| if distance == far { 0 } else { distance }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_fixpoint_agrees_with_one_over_single_errors(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let graph = draw(&bytes);
        agrees(&graph, &graph.clone().solve());
    }
}

/// How large the set of the first node is.
fn size(graph: Graph) -> usize {
    graph.solve().errors(NodeId(0)).count()
}

#[test]
fn chains_cliques_and_rings_of_any_size() {
    let chain = |count: usize, errors: u32| {
        let mut graph = Graph::new();
        let nodes: Vec<NodeId> = (0..count).map(|_| graph.node()).collect();
        for (number, pair) in nodes.windows(2).enumerate() {
            graph.raise(pair[0], ErrorId(number as u32 % errors), place(0));
            graph.call(pair[0], pair[1], Handled::NOTHING, &[], place(0));
        }
        graph
    };
    assert_eq!(size(chain(100_000, 1)), 1);
    assert_eq!(size(chain(10_000, 10_000)), 9_999);
    let origin = chain(10_000, 10_000).solve().origin(NodeId(0), ErrorId(9_998));
    assert_eq!(origin.len(), 9_999);

    let clique = |handles: bool| {
        let mut graph = Graph::new();
        let nodes: Vec<NodeId> = (0..1_000).map(|_| graph.node()).collect();
        let handled = if handles { graph.handled(&[ErrorId(2_000)]) } else { Handled::NOTHING };
        for (number, from) in (0..).zip(&nodes) {
            graph.raise(*from, ErrorId(number), place(0));
            for to in &nodes {
                graph.call(*from, *to, handled, &[], place(0));
            }
        }
        graph
    };
    assert_eq!(size(clique(false)), 1_000);
    assert_eq!(size(clique(true)), 1_000);

    let mut ring = Graph::new();
    let nodes: Vec<NodeId> = (0..10_000).map(|_| ring.node()).collect();
    for number in 0..nodes.len() {
        let handled = ring.handled(&[ErrorId(20_000)]);
        ring.raise(nodes[number], ErrorId(number as u32 % 100), place(0));
        ring.call(nodes[number], nodes[(number + 1) % nodes.len()], handled, &[], place(0));
    }
    assert_eq!(size(ring), 100);
}
