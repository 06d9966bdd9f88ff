//! What is found on live nodes and what is removed: terms as they would come over the connection.

use pluto_agent::{RegisteredNames, Removal, Slot, Start, Survey};
use pluto_term::{Atom, Limits, Pid, Term, decode, encode};
use pluto_testnode::{Node, releases};

/// Calls as `erpc` would; bytes both ways in external term format.
fn call(node: &mut Node, (module, function, arguments): (&str, &str, Vec<Term>)) -> Term {
    let mut bytes = Vec::new();
    encode(&Term::list(arguments), &mut bytes);
    let list = bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
    let result =
        node.eval_bytes(&format!("term_to_binary(apply({module}, {function}, binary_to_term(<<{list}>>)))."));
    decode(&result, &Limits::default()).expect("a term").0
}

fn survey(node: &mut Node) -> Survey {
    let result = call(node, Survey::call().expect("forms"));
    Survey::from_result(&result).expect("a survey")
}

fn remove(node: &mut Node, items: &[Removal]) -> Vec<bool> {
    let result = call(node, Removal::call(items).expect("forms"));
    Removal::from_result(&result).expect("results")
}

fn names(node: &mut Node) -> RegisteredNames {
    let result = call(node, RegisteredNames::call().expect("forms"));
    RegisteredNames::from_result(&result).expect("names")
}

#[test]
fn registered_names_come_with_their_processes_and_are_bounded() {
    for release in releases() {
        let mut node = Node::start(&release);
        node.eval("register(a_port, hd(erlang:ports())), ok.");
        let found = names(&mut node);
        let (_, pid) =
            found.names.iter().find(|(name, _)| name.as_str() == "kernel_sup").expect("kernel_sup");
        let text = format!("<0.{}.{}>", pid.id, pid.serial);
        assert_eq!(node.eval("whereis(kernel_sup)."), text);
        assert_eq!((found.names.len() as u64 + 1, found.left_out()), (found.count, 0), "all but the port");
        node.eval(
            "P = self(), [begin spawn(fun() -> register(list_to_atom(\"n\" ++ integer_to_list(N)), self()), P ! N, \
               receive stop -> ok end end), receive N -> ok end end || N <- lists:seq(1, 5000)], ok.",
        );
        let many = names(&mut node);
        assert!(many.names.len() >= 4095 && many.names.len() <= 4096, "{}", many.names.len());
        assert_eq!((many.count, many.left_out()), (found.count + 5000, found.count + 5000 - 4096));
    }
}

#[test]
fn a_quiet_node_shows_nothing() {
    for release in releases() {
        let found = survey(&mut Node::start(&release));
        assert_eq!(found.otp, release.otp().to_string());
        let Survey {
            otp: _,
            agents,
            sessions,
            tracers,
            new,
            messages,
            control_word,
            patterns,
            pattern_count,
        } = found;
        assert!(agents.is_empty() && sessions.is_empty() && tracers.is_empty() && new.is_empty());
        assert!(messages.is_empty() && patterns.is_empty());
        assert_eq!((control_word, pattern_count), (0, 0));
    }
}

#[test]
fn what_others_left_is_found_and_removed() {
    for release in releases() {
        let mut node = Node::start(&release);
        node.eval(
            "T = spawn(fun() -> erlang:trace(whereis(kernel_sup), true, [call]), receive stop -> ok end end), \
             register(tracer, T), erlang:trace_pattern({lists, seq, 2}, true, [local]), \
             erlang:trace_pattern({lists, nth, 2}, true, [global]), \
             erlang:trace_pattern({lists, last, 1}, true, [call_count]), \
             erlang:trace_pattern(send, [{'_', [], []}], []), erlang:system_flag(trace_control_word, 5).",
        );
        let found = survey(&mut node);
        assert_eq!((found.pattern_count, found.patterns.len(), found.control_word), (3, 3, 5));
        assert_eq!(found.messages, [Atom::new("send")]);
        assert_eq!(found.tracers.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [1]);
        assert_eq!(found.leftovers(), [], "the tracer is alive");
        node.eval("exit(whereis(tracer), kill).");
        let leftovers = survey(&mut node).leftovers();
        assert_eq!(leftovers.len(), 3, "{leftovers:?}");
        assert_eq!(remove(&mut node, &leftovers), [true, true, true]);
        assert_eq!(remove(&mut node, &[Removal::ControlWord]), [true]);
        let after = survey(&mut node);
        assert_eq!((after.pattern_count, after.control_word, after.messages), (1, 0, vec![]));
    }
}

#[test]
fn an_agent_is_found_and_one_without_janitor_is_removed() {
    for release in releases() {
        let mut node = Node::start(&release);
        let slot = Slot::from_module("pluto_agent_3").expect("a slot");
        let client =
            node.eval("P = spawn(fun F() -> receive _ -> F() end end), register(client, P), pid_to_list(P).");
        let id =
            client.trim_matches(['"', '<', '>']).split('.').nth(1).expect("an id").parse().expect("a number");
        let creation = node.eval("erts_internal:get_creation().").parse().unwrap_or(0);
        let client = Pid { node: Atom::new(node.name()), id, serial: 0, creation };
        let start = Start { client, slot, lease_ms: 60_000 };
        let (module, function, arguments) = start.call().expect("built-in parts");
        let mut bytes = Vec::new();
        encode(&Term::list(arguments), &mut bytes);
        let list = bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
        node.eval(&format!("spawn({module}, {function}, binary_to_term(<<{list}>>)), ok."));
        node.eval("W = fun W() -> case whereis(pluto_agent_3) =/= undefined andalso erlang:module_loaded(pluto_agent_3) of true -> ok; false -> receive after 10 -> W() end end end, W().");
        let found = survey(&mut node).agents;
        assert!(
            matches!(found.as_slice(), [agent] if agent.slot == slot && agent.loaded && agent.janitor.is_some())
        );
        assert_eq!(remove(&mut node, &[Removal::Agent(slot)]), [false], "an agent at work is left alone");
        node.eval("exit(whereis(client), kill), W = fun W() -> case erlang:module_loaded(pluto_agent_3) of false -> ok; true -> receive after 10 -> W() end end end, W().");
        let beam = slot.beam().expect("the module").iter().map(u8::to_string).collect::<Vec<_>>().join(",");
        node.eval(&format!("code:load_binary(pluto_agent_3, \"pluto\", <<{beam}>>)."));
        let leftovers = survey(&mut node).leftovers();
        assert_eq!(leftovers, [Removal::Agent(slot)]);
        assert_eq!(remove(&mut node, &leftovers), [true]);
        assert_eq!(survey(&mut node).agents, []);
    }
}
