//! The agent on live nodes of every release: whatever ends it, the node is as it was before.

use pluto_testnode::{Node, NodeOptions, Release, releases, system_release};
use std::path::Path;
use std::time::Duration;

const HARNESS: &str = include_str!("harness.erl");
const SUBJECT: &str =
    "-module(subject).\n-export([place/2, stock/1]).\nplace(N, _) -> {ok, N}.\nstock(N) -> N + 1.\n";

/// An observed node and a node that plays the client.
struct Stage {
    subject: Node,
    client: Option<Node>,
}

impl Stage {
    fn new(release: &Release, busy: u32, idle: u32) -> Stage {
        let mut subject = Node::start(release);
        subject.load_module(HARNESS);
        subject.load_module(SUBJECT);
        let mut stage = Stage { subject, client: None };
        stage.subject(&format!("harness:start_load({busy}, {idle})."));
        stage.new_client();
        stage.subject("harness:warm().");
        stage
    }

    fn new_client(&mut self) {
        let options = NodeOptions {
            cookie: Some(self.subject.cookie().to_owned()),
            arguments: ["-hidden", "-boot", "start_clean", "-kernel", "net_ticktime", "60"]
                .map(str::to_owned)
                .into(),
            ..NodeOptions::default()
        };
        let mut client = Node::start_with(self.subject.release(), options);
        client.load_module(HARNESS);
        client.eval(&format!("pong = net_adm:ping('{}').", self.subject.name()));
        self.client = Some(client);
    }

    fn subject(&mut self, expressions: &str) -> String {
        self.subject.eval(expressions)
    }

    fn client(&mut self, expressions: &str) -> String {
        self.client.as_mut().expect("a client").eval(expressions)
    }

    /// Starts the agent in this slot; the answer's first element.
    fn attach(&mut self, slot: &str, options: &str) -> String {
        let call = self.attach_expressions(slot, options);
        self.client(&format!("{call}element(1, Start())."))
    }

    fn attach_expressions(&self, slot: &str, options: &str) -> String {
        let compiled = Path::new(env!("CARGO_MANIFEST_DIR")).join("compiled");
        let beam = compiled.join("pluto_agent.beam");
        let forms = compiled.join("janitor.etf");
        format!(
            "{{ok, Beam0}} = file:read_file(\"{}\"), {{ok, Forms}} = file:read_file(\"{}\"), \
             Beam = binary:replace(Beam0, <<\"pluto_agent_0\">>, <<\"{slot}\">>), \
             Start = fun() -> harness:client('{}', Beam, binary_to_term(Forms), {slot}, {options}) end, ",
            beam.display(),
            forms.display(),
            self.subject.name()
        )
    }

    fn arm(&mut self, plan: &str) -> String {
        let plan = plan.replace("SUBJECT", self.subject.name());
        self.client(&format!("element(1, element(3, harness:request(1, {{arm, {plan}}})))."))
    }

    fn assert_clean(&mut self, what: &str) {
        let left = self.subject("harness:clean(8000).");
        assert_eq!(left, "clean", "{what} on OTP {}\n{}", self.subject.release().otp(), self.subject.log());
        assert_eq!(self.subject.log().trim(), "", "{what}: the node's log");
    }
}

fn each_release(busy: u32, idle: u32, test: impl Fn(&mut Stage)) {
    for release in releases() {
        test(&mut Stage::new(&release, busy, idle));
    }
}

#[test]
fn stop_leaves_nothing_and_proves_it() {
    each_release(5, 200, |stage| {
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        assert_eq!(stage.arm("harness:plan('SUBJECT')"), "armed");
        stage.client("W = fun W() -> case harness:get(events) > 1000 of true -> ok; false -> receive after 20 -> W() end end end, W().");
        let proof = stage.client(
            "{pluto, 2, {stopped, P}} = harness:request(2, stop), \
             #{left := [], left_count := 0, functions := F, processes := N, sink := #{drops := []}} = P, {F > 300, N > 200}.",
        );
        assert_eq!(proof, "{true,true}");
        assert_eq!(
            stage.client("harness:await(pluto_gone)."),
            "{pluto_gone,#{killed => false,loaded => false}}"
        );
        stage.client("harness:end_client().");
        stage.assert_clean("stop");
    });
}

#[test]
fn each_process_killed_alone_at_any_moment_leaves_nothing() {
    each_release(5, 3000, |stage| {
        for victim in ["guardian", "sink", "janitor"] {
            for round in 0..12 {
                assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
                let plan = format!("harness:plan('{}')", stage.subject.name());
                stage.client(&format!(
                    "Plan = {plan}, Victim = harness:get({victim}), harness:cast(1, {{arm, Plan}}), \
                     receive after {} -> ok end, exit(Victim, kill).",
                    [0, 1, 2, 4, 8, 12, 20, 30, 50, 80, 120, 200][round]
                ));
                if victim == "janitor" {
                    stage.client("{pluto, 2, {stopped, _}} = harness:request(2, stop), ok.");
                }
                stage.assert_clean(&format!("{victim} killed, round {round}"));
                stage.client("harness:end_client().");
            }
        }
    });
}

/// The client's node dies by SIGKILL, as `pluto` would, at moments spread over loading, arming and tracing.
#[test]
fn client_killed_at_any_moment_leaves_nothing() {
    each_release(5, 3000, |stage| {
        stage.client.take().unwrap().kill();
        stage.subject("harness:mark().");
        let rounds = if stage.subject.release() == &system_release() { 50 } else { 15 };
        for round in 0..rounds {
            stage.new_client();
            let start = stage.attach_expressions("pluto_agent_0", "#{}");
            let plan = format!("harness:plan('{}')", stage.subject.name());
            stage.client(&format!(
                "{start} Plan = {plan}, spawn(fun() -> Start(), harness:cast(1, {{arm, Plan}}) end), ok."
            ));
            // Not synchronisation: the moment itself.
            std::thread::sleep(Duration::from_millis(round * 37 % 250));
            stage.client.take().unwrap().kill();
            stage.assert_clean(&format!("client killed, round {round}"));
        }
    });
}

#[test]
fn a_silent_client_loses_its_lease() {
    each_release(5, 200, |stage| {
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        assert_eq!(stage.arm("harness:plan('SUBJECT')"), "armed");
        stage.client("harness:set(renew, false).");
        assert_eq!(stage.client("harness:await(pluto_limit)."), "{pluto_limit,lease,3000,3000}");
        assert_eq!(
            stage.client("{pluto_undone, lease, #{left := [], functions := F, processes := N}} = harness:await(pluto_undone), {F > 300, N > 200}."),
            "{true,true}"
        );
        assert_eq!(stage.client("element(1, harness:await(pluto_gone))."), "pluto_gone");
        stage.client("harness:end_client().");
        stage.assert_clean("lease");
    });
}

#[test]
fn limits_switch_tracing_off() {
    each_release(5, 200, |stage| {
        for (limits, expected) in [
            ("#{events_per_s => 100}", "events"),
            ("#{bytes_per_s => 2000}", "bytes"),
            ("#{memory => 1000}", "memory"),
            ("#{duration_ms => 300}", "duration"),
            ("#{max_events => 10}", "max_events"),
        ] {
            assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
            let armed = stage.arm(&format!("(harness:small_plan())#{{limits => {limits}}}"));
            // The first events come before the answer, and may be too many already.
            let too_many = armed == "error" && ["events", "bytes", "memory"].contains(&expected);
            assert!(armed == "armed" || too_many, "{expected}: {armed}");
            let reduced = match expected {
                "events" => "event_limit",
                "bytes" => "byte_limit",
                _ => "",
            };
            if !reduced.is_empty() && !too_many {
                // One of the two functions goes first; the other one is too much as well.
                let said = stage.client(
                    "{pluto_reduced, Cause, [_], Part, Whole, _} = harness:await(pluto_reduced), \
                     {Cause, 0 < Part andalso Part =< Whole}.",
                );
                assert_eq!(said, format!("{{{reduced},true}}"));
            }
            assert_eq!(stage.client("element(2, harness:await(pluto_limit))."), expected);
            let left = stage.subject(
                "maps:with([patterns, traced, new], harness:snapshot()) \
                =:= maps:with([patterns, traced, new], harness:kept(before)).",
            );
            assert_eq!(left, "true", "{expected}: nothing is set while the agent still answers");
            if expected == "max_events" {
                assert_eq!(stage.client("harness:get(events)."), "10");
            }
            assert_eq!(
                stage.client("{pluto, 2, {stopped, #{left := [], functions := F, processes := N}}} = harness:request(2, stop), harness:await(pluto_gone), harness:end_client(), {F, N > 200}."),
                "{2,true}",
                "{expected}: what was undone at the limit is proven at the end"
            );
            stage.assert_clean(expected);
        }
    });
}

/// A recording that is to end after so many events is armed first, however many come meanwhile.
#[test]
fn events_during_arming_end_nothing_before_it_has_begun() {
    each_release(20, 200, |stage| {
        for _ in 0..5 {
            assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
            assert_eq!(stage.arm("(harness:plan('SUBJECT'))#{limits => #{max_events => 10}}"), "armed");
            assert_eq!(stage.client("element(2, harness:await(pluto_limit))."), "max_events");
            assert_eq!(stage.client("harness:get(events)."), "10");
            stage.client("{pluto, 2, {stopped, #{left := []}}} = harness:request(2, stop), harness:await(pluto_gone), harness:end_client().");
            stage.assert_clean("max_events");
        }
    });
}

/// Events do not wake the sink: while they come without a pause, it is suspended most of the time, and nothing is lost.
#[test]
fn the_sink_rests_between_batches() {
    each_release(5, 10, |stage| {
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        assert_eq!(stage.arm("harness:small_plan()"), "armed");
        let sink = stage.client("harness:get(sink).");
        let sink = format!("list_to_pid(\"<0.{}\")", sink.split_once('.').unwrap().1);
        let resting = stage.subject(&format!(
            "Sink = {sink}, Look = fun(_) -> receive after 3 -> element(2, process_info(Sink, status)) end end, \
             length([resting || suspended <- lists:map(Look, lists:seq(1, 100))]) > 50."
        ));
        assert_eq!(resting, "true");
        let stopped = stage.client(
            "{pluto, 2, {stopped, #{left := [], sink := #{events := E, sent := S, drops := []}}}} = \
             harness:request(2, stop), harness:await(pluto_gone), Got = harness:get(events), harness:end_client(), \
             {E > 100, E - S, E - Got}.",
        );
        assert_eq!(stopped, "{true,0,0}");
        stage.assert_clean("stop");
    });
}

/// An event that a sink took just before it is suspended would be sent with the next one only, however late.
#[test]
fn a_suspended_sink_holds_no_event() {
    for release in releases() {
        let mut node = Node::start(&release);
        node.load_module(HARNESS);
        let beam = Path::new(env!("CARGO_MANIFEST_DIR")).join("compiled").join("pluto_agent.beam");
        let held = node.eval(&format!(
            "{{ok, Beam}} = file:read_file(\"{}\"), {{module, Agent}} = code:load_binary(pluto_agent_0, \"\", Beam), \
             {{Held, [First], [Second]}} = harness:held_when_suspended(Agent), \
             {{Held, element(4, First), element(4, Second)}}.",
            beam.display()
        ));
        assert_eq!(held, "{0,{m,first,0},{m,second,0}}", "OTP {}", release.otp());
    }
}

#[test]
fn a_full_queue_trips_and_everything_is_accounted_for() {
    each_release(0, 10, |stage| {
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        assert_eq!(
            stage.arm("(harness:small_plan())#{limits => #{queue => 1000, events_per_s => 100000000}}"),
            "armed"
        );
        // The sink cannot run while it is suspended: its queue fills.
        let sink = stage.client("harness:get(sink).");
        let sink = format!("list_to_pid(\"<0.{}\")", sink.split_once('.').unwrap().1);
        stage.subject(&format!("Sink = {sink}, true = erlang:suspend_process(Sink), [subject:stock(N) || N <- lists:seq(1, 3000)], ok."));
        assert_eq!(stage.client("element(2, harness:await(pluto_limit))."), "queue");
        stage.subject(&format!("erlang:resume_process({sink})."));
        let stopped = stage.client("{pluto, 2, {stopped, #{left := [], sink := #{events := E, sent := S}}}} = harness:request(2, stop), \
             harness:await(pluto_gone), {E =:= S, harness:get(events) =:= S}.");
        assert_eq!(stopped, "{true,true}");
        stage.client("harness:end_client().");
        stage.assert_clean("queue");
    });
}

#[test]
fn patterns_come_back_after_a_module_reload() {
    each_release(2, 10, |stage| {
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        assert_eq!(stage.arm("harness:small_plan()"), "armed");
        stage.client("{pluto, 7, {armed, _}} = harness:request(7, {specs, [{{subject, stock, 1}, [{'_', [], [{message, {const, other}}]}], [local]}]}).");
        stage.subject.load_module(SUBJECT);
        let gap = stage.client(
            "{pluto_gap, module_reload, unknown, Since, Until} = harness:await(pluto_gap), Since < Until.",
        );
        assert_eq!(gap, "true");
        stage.client("harness:set(events, 0), W = fun W() -> case harness:get(events) > 10 of true -> ok; false -> receive after 20 -> W() end end end, W().");
        stage.client("W = fun W() -> case harness:get(sample) of {trace_ts, _, _, {subject, stock, 1}, other, _} -> ok; _ -> receive after 5 -> W() end end end, W().");
        stage.client("{pluto, 2, {stopped, #{left := []}}} = harness:request(2, stop), harness:await(pluto_gone), harness:end_client().");
        stage.subject("true = code:soft_purge(subject), ok.");
        stage.assert_clean("reload");
    });
}

#[test]
fn counts_calls_without_events() {
    each_release(0, 10, |stage| {
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        stage.client(
            "harness:cast(1, {count, [{subject, stock, 1}, {subject, place, 2}, {subject, none, 0}], 600}).",
        );
        stage.subject(
            "C = fun C(0) -> ok; C(N) -> subject:stock(N), receive after 1 -> C(N - 1) end end, C(20).",
        );
        let counted = stage.client("{pluto, 1, {counted, Us, L}} = harness:await({pluto, 1}), {Us >= 600000, length(L), lists:keyfind({subject, place, 2}, 1, L)}.");
        assert_eq!(counted, "{true,2,{{subject,place,2},0}}");
        stage.client("{pluto, 2, {stopped, #{left := []}}} = harness:request(2, stop), harness:await(pluto_gone), harness:end_client().");
        stage.assert_clean("count");
    });
}

#[test]
fn a_plan_is_changed_while_armed() {
    each_release(3, 50, |stage| {
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        assert_eq!(stage.arm("harness:small_plan()"), "armed");
        let adjusted = stage.client("P = harness:small_plan(), #{functions := [F, _]} = P, \
            {pluto, 2, {armed, #{functions := N}}} = harness:request(2, {adjust, P#{functions => [F, {{lists, seq, 2}, [], [local]}], flags => [call, arity, timestamp]}}), N.");
        assert_eq!(adjusted, "1");
        stage.client("W = fun W() -> case harness:get(sample) of {trace_ts, _, _, _, _, {_, _, _}} -> ok; _ -> receive after 20 -> W() end end end, W().");
        assert_eq!(
            stage.client("{pluto, 3, {stopped, #{left := [], functions := N}}} = harness:request(3, stop), harness:await(pluto_gone), harness:end_client(), N."),
            "3",
            "also what the change has removed is read back"
        );
        stage.assert_clean("adjust");
    });
}

#[test]
fn a_changed_plan_ends_when_the_first_one_would_have() {
    each_release(0, 10, |stage| {
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        let plan = "(harness:small_plan())#{limits => #{duration_ms => 1000}}";
        assert_eq!(stage.arm(plan), "armed");
        // Changed over and over, for much longer than it may last.
        let refused = stage.client(&format!(
            "P = {plan}, #{{functions := [F, G]}} = P, \
             Change = fun Change(0, _) -> endless; Change(N, [Fs, Other]) -> \
               case element(3, harness:request(N, {{adjust, P#{{functions => Fs}}}})) of \
                 {{armed, _}} -> receive after 50 -> Change(N - 1, [Other, Fs]) end; \
                 {{error, Why}} -> Why end end, Change(200, [[F], [F, G]])."
        ));
        assert!(
            ["{not_now,adjust,tripped}", "{limit,duration,1000,1000}"].contains(&refused.as_str()),
            "{refused}"
        );
        stage.client("{pluto, 999, {stopped, #{left := []}}} = harness:request(999, stop), harness:await(pluto_gone), harness:end_client().");
        stage.assert_clean("deadline");
    });
}

/// What another tool has set before is given back all the same, where the two share one session.
#[test]
fn match_specs_are_changed_while_functions_are_called() {
    each_release(3, 50, |stage| {
        stage.subject(
            "erlang:trace_pattern({subject, stock, 1}, [{['_'], [], [{message, mine}]}], [local]), harness:mark().",
        );
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        assert_eq!(stage.arm("harness:small_plan()"), "armed");
        stage.client("Sends = fun(What) -> W = fun W() -> case harness:get(sample) of \
                {trace_ts, _, _, {subject, stock, 1}, What, _} -> ok; _ -> receive after 5 -> W() end end end, W() end, \
            Spec = fun(What) -> {{subject, stock, 1}, [{'_', [], [{message, {const, What}}]}], [local]} end, \
            {pluto, 2, {armed, #{functions := 1, processes := 0, missing_count := 0}}} = harness:request(2, {specs, [Spec(once)]}), Sends(once), \
            {pluto, 3, {armed, #{functions := 1}}} = harness:request(3, {specs, [Spec(twice)]}), Sends(twice).");
        for (specs, expected) in [
            ("[{{subject, none, 0}, [], [local]}]", "{error,{bad_plan,{{subject,none,0},[],[local]}}}"),
            ("none", "{error,{bad_plan,none}}"),
        ] {
            let refused = stage.client(&format!("element(3, harness:request(4, {{specs, {specs}}}))."));
            assert_eq!(refused, expected);
        }
        // What the node does not take changes nothing, and what it took comes back with a module.
        stage.client(
            "{pluto, 5, {armed, #{functions := 0}}} = \
            harness:request(5, {specs, [{{subject, stock, 1}, [{'_', [{no_such_guard}], []}], [local]}]}).",
        );
        let trace_info = if stage.subject.release().otp() < 27 {
            "{match_spec, S} = erlang:trace_info({subject, stock, 1}, match_spec), S."
        } else {
            "[S] = [S || {Weak, Name} <- [{W, element(1, W)} || W <- trace:session_info(all)], Name =/= legacy, \
                {match_spec, S} <- [trace:info(Weak, {subject, stock, 1}, match_spec)], S =/= false], S."
        };
        assert_eq!(stage.subject(trace_info), "[{'_',[],[{message,{const,twice}}]}]");
        stage.client("{pluto, 6, {stopped, #{left := [], functions := 2}}} = harness:request(6, stop), harness:await(pluto_gone), harness:end_client().");
        stage.assert_clean("specs");
    });
}

#[test]
fn what_cannot_be_set_is_refused_and_nothing_stays() {
    each_release(3, 50, |stage| {
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        for (plan, expected) in [
            (
                "#{functions => [{{subject, stock, 1}, [{'_', [{no_such_guard}], []}], [local]}]}",
                "{bad_match_spec,{subject,stock,1}}",
            ),
            ("#{flags => [call, garbage_collection]}", "{bad_plan,garbage_collection}"),
            ("#{functions => [{{'_', '_', '_'}, [], [local]}]}", "{bad_plan,{{'_','_','_'},[],[local]}}"),
            (
                "#{functions => [{{subject, place, 2}, [{'_', [], []}], [local]}, {{subject, stock, 1}, [no_spec], [local]}]}",
                "{bad_match_spec,{subject,stock,1}}",
            ),
            ("#{send => [{'_', [], [{caller}]}, no_spec]}", "{bad_match_spec,send}"),
            ("#{rate => {per_s, 0}}", "{failed,control_word}"),
            ("#{limits => #{queue => many}}", "{bad_plan,{queue,many}}"),
            ("#{limits => 7}", "{failed,arm}"),
            ("#{functions => [a | b]}", "{failed,arm}"),
            ("#{shape => call}", "{bad_plan,#{shape => call}}"),
            ("not_a_map", "{bad_plan,not_a_map}"),
        ] {
            let refused = stage
                .client(&format!("{{pluto, 1, {{error, R}}}} = harness:request(1, {{arm, {plan}}}), R."));
            assert_eq!(refused, expected);
        }
        assert_eq!(
            stage.client("element(3, harness:request(1, {nonsense}))."),
            "{error,{not_now,nonsense,idle}}"
        );
        for (count, expected) in [
            ("{count, [{subject, '_', 1}], 10}", "{bad_function,{subject,'_',1}}"),
            ("{count, [{'_', stock, 1}], 10}", "{bad_function,{'_',stock,1}}"),
            ("{count, [{subject, stock, 256}], 10}", "{bad_function,{subject,stock,256}}"),
            ("{count, [{subject, stock, 1} | none], 10}", "{failed,count}"),
            ("{count, subject, 10}", "{failed,count}"),
        ] {
            let refused = stage.client(&format!("element(3, harness:request(1, {count}))."));
            assert_eq!(refused, format!("{{error,{expected}}}"));
        }
        stage.subject("erlang:system_flag(trace_control_word, 7).");
        assert_eq!(
            stage.client(
                "element(3, harness:request(1, {arm, (harness:small_plan())#{rate => {one_in, 3}}}))."
            ),
            "{error,{control_word_in_use,7}}"
        );
        stage.subject("erlang:system_flag(trace_control_word, 0).");
        stage.client("{pluto, 2, {stopped, #{left := []}}} = harness:request(2, stop), harness:await(pluto_gone), harness:end_client().");
        stage.assert_clean("refused");
    });
}

#[test]
fn rates_use_the_control_word_and_give_it_back() {
    each_release(0, 10, |stage| {
        let one_in = "[{'_', [{'=:=', {get_tcw}, 9}], [{set_tcw, 0}]}, {'_', [], [{set_tcw, {'+', {get_tcw}, 1}}, {message, false}]}]";
        let credits = "[{'_', [{'>', {get_tcw}, 0}], [{set_tcw, {'-', {get_tcw}, 1}}]}]";
        for (spec, rate, expected) in [(one_in, "{one_in, 10}", 100), (credits, "{once, 5}", 5)] {
            assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
            assert_eq!(
                stage.arm(&format!(
                    "#{{functions => [{{{{subject, stock, 1}}, {spec}, [local]}}], rate => {rate}}}"
                )),
                "armed"
            );
            stage.subject("[subject:stock(N) || N <- lists:seq(1, 1000)], ok.");
            let events = stage.client("{pluto, 2, {stopped, #{left := []}}} = harness:request(2, stop), harness:await(pluto_gone), N = harness:get(events), harness:end_client(), N.");
            assert_eq!(events, expected.to_string());
            stage.assert_clean(rate);
        }
    });
}

#[test]
fn two_agents_share_a_node() {
    each_release(3, 50, |stage| {
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        assert_eq!(stage.arm("harness:small_plan()"), "armed");
        let first = stage.client.take();
        stage.new_client();
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "refused");
        stage.client("receive after 50 -> ok end.");
        assert_eq!(stage.attach("pluto_agent_1", "#{}"), "started");
        let own = stage.subject.release().otp() >= 27;
        assert_eq!(stage.arm("harness:small_plan()"), if own { "armed" } else { "error" });
        stage.client("{pluto, 2, {stopped, #{left := []}}} = harness:request(2, stop), harness:await(pluto_gone), harness:end_client().");
        stage.client = first;
        stage.client("{pluto, 2, {stopped, #{left := []}}} = harness:request(2, stop), harness:await(pluto_gone), harness:end_client().");
        stage.assert_clean("two agents");
    });
}

#[test]
fn terms_are_reduced_to_their_shape_or_size() {
    let cases = [
        (
            "shape => [send]",
            "{'$gen_call', {1.5, [alias | a]}, #{a => <<0:800>>}, \"text\"}",
            "{pluto_shape,send,{tuple,['$gen_call',{tuple,[1.5,{list}]},{map,1},{list}]}}",
        ),
        (
            "shape => [send]",
            "{a, {b, {c, {d, {e}}}}}",
            "{pluto_shape,send,{tuple,[a,{tuple,[b,{tuple,[c,{tuple,2,d}]}]}]}}",
        ),
        ("shape => [send]", "[fun() -> ok end, <<0:800>>, 1 bsl 70]", "{pluto_shape,send,{list}}"),
        (
            "shape => [send]",
            "{<<0:800>>, <<1:3>>, 1 bsl 70, fun erlang:self/0, erlang:make_tuple(9, x), {}}",
            "{pluto_shape,send,{tuple,[{binary,100},{binary,1},{other},{other},{tuple,9,x},{tuple,[]}]}}",
        ),
        ("max_event_bytes => 500", "<<0:80000>>", "{pluto_oversize,send,SIZE}"),
        ("max_event_bytes => 500", "small", "{trace_ts,send,small}"),
    ];
    each_release(0, 10, |stage| {
        let pid = stage.subject("pid_to_list(self()).");
        for (plan, message, expected) in &cases {
            assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
            let pid = format!("rpc:call('{}', erlang, list_to_pid, [{pid}])", stage.subject.name());
            let armed = stage
                .arm(&format!("#{{processes => [{pid}], flags => [send, monotonic_timestamp], {plan}}}"));
            assert_eq!(armed, "armed");
            stage.subject(&format!("spawn(fun() -> receive _ -> ok end end) ! {message}, ok."));
            let event = stage.client(
                "{pluto, 2, {stopped, #{left := []}}} = harness:request(2, stop), harness:await(pluto_gone), \
                 E = harness:get(first), harness:end_client(), {element(1, E), element(3, E), element(4, E)}.",
            );
            let size = event.rsplit_once(',').unwrap().1.trim_end_matches('}').to_owned();
            assert_eq!(event, expected.replace("SIZE", &size));
            stage.assert_clean(message);
        }
    });
}

/// At a level that sends arguments whole they come as what the match spec sends, and are as large as any term.
#[test]
fn large_arguments_are_reduced_to_their_size() {
    each_release(0, 10, |stage| {
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        let plan = "#{functions => [{{subject, stock, 1}, [{['$1'], [], [{message, ['$1']}]}], [local]}], max_event_bytes => 500}";
        assert_eq!(stage.arm(plan), "armed");
        stage.subject("catch subject:stock(<<0:80000>>), ok.");
        let event = stage.client(
            "{pluto, 2, {stopped, #{left := []}}} = harness:request(2, stop), harness:await(pluto_gone), \
             E = harness:get(first), harness:end_client(), \
             {element(1, E), element(3, E), element(4, E), element(5, E) > 10000, tuple_size(E)}.",
        );
        assert_eq!(event, "{pluto_oversize,call,{subject,stock,1},true,6}");
        stage.assert_clean("stop");
    });
}

/// On the legacy session other tools are respected: their live traces are not joined, and what they left is given back.
#[test]
fn other_tools_keep_what_they_have_set() {
    for release in releases().into_iter().filter(|release| release.otp() < 27) {
        let stage = &mut Stage::new(&release, 3, 50);
        let foreign = [
            ("erlang:trace(hd(harness:kept(load)), true, [call, {tracer, T}])", "{foreign_tracer,process}"),
            ("erlang:trace(new_processes, true, [call, {tracer, T}])", "{foreign_tracer,new_processes}"),
            ("erlang:trace_pattern(send, [{'_', [], [{message, true}]}], [])", "{foreign_pattern,send}"),
            ("erlang:trace_pattern('receive', [{'_', [], []}], [])", "{foreign_pattern,'receive'}"),
        ];
        for (set, expected) in foreign {
            stage.subject(&format!("T = spawn(fun() -> receive stop -> ok end end), harness:keep(tracer, T), {set}, harness:mark()."));
            assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
            let refused = stage.client(&format!(
                "{{pluto, 1, {{error, R}}}} = harness:request(1, {{arm, harness:plan('{}')}}), \
                case R of {{F, P, _}} when is_pid(P) -> {{F, process}}; {{F, K, _}} -> {{F, K}}; _ -> R end.",
                stage.subject.name()
            ));
            assert_eq!(refused, expected);
            stage.client("{pluto, 2, {stopped, #{left := []}}} = harness:request(2, stop), harness:await(pluto_gone), harness:end_client().");
            stage.assert_clean(expected);
            stage.subject("exit(harness:kept(tracer), kill), erlang:trace_pattern(send, true, []), erlang:trace_pattern('receive', true, []), \
                erlang:trace(new_processes, false, [all]), harness:mark().");
        }
        let patterns = [
            "{subject, place, 2}, [{['$1', '_'], [{is_integer, '$1'}], [{message, mine}, {return_trace}]}], [local]",
            "{subject, place, 2}, true, [global]",
            "{subject, stock, 1}, [{'_', [], [{message, other}]}], [meta]",
            "{subject, stock, 1}, true, [call_count, call_time]",
            "{subject, stock, 1}, [], [local, call_count]",
        ];
        for pattern in patterns {
            for end in ["stop", "kill"] {
                // Only what stands still can be compared: a counter that is running differs by itself.
                stage.subject(
                    "[true = erlang:suspend_process(P) || P <- lists:sublist(harness:kept(load), 3)], ok.",
                );
                stage.subject(&format!("spawn(fun() -> erlang:trace_pattern({pattern}) end), ok."));
                stage.subject("harness:mark().");
                assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
                assert_eq!(stage.arm("harness:plan('SUBJECT')"), "armed");
                match end {
                    "stop" => {
                        stage.client("{pluto, 2, {stopped, #{left := []}}} = harness:request(2, stop), ok.")
                    }
                    _ => stage.client("exit(harness:get(guardian), kill)."),
                };
                stage.client("harness:await(pluto_gone), harness:end_client().");
                stage.assert_clean(pattern);
                stage.subject(
                    "erlang:trace_pattern({subject, '_', '_'}, false, [local, meta, call_count, call_time]), \
                    erlang:trace_pattern({subject, '_', '_'}, false, [global]), \
                    [erlang:resume_process(P) || P <- lists:sublist(harness:kept(load), 3)], harness:mark().",
                );
            }
        }
    }
}

#[test]
fn a_rate_under_the_limit_never_trips() {
    each_release(2, 10, |stage| {
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        // Two processes make about 500 calls a second each; more than four times the limit is reached in sum.
        assert_eq!(stage.arm("(harness:small_plan())#{limits => #{events_per_s => 3000}}"), "armed");
        stage.client("W = fun W() -> case harness:get(events) > 13000 of true -> ok; false -> receive after 20 -> W() end end end, W().");
        stage.client("{pluto, 2, {stopped, #{left := [], sink := #{drops := []}}}} = harness:request(2, stop), \
            [] = [L || {pluto_limit, _, _, _} = L <- harness:get(log)], harness:await(pluto_gone), harness:end_client().");
        stage.assert_clean("rate under the limit");
    });
}

#[test]
fn the_janitor_killed_while_it_loads_leaves_nothing() {
    each_release(2, 10, |stage| {
        for round in 0..8 {
            let start = stage.attach_expressions("pluto_agent_0", "#{}");
            stage.client(&format!("{start} P = spawn(fun() -> Start() end), P."));
            let spins = round * 2000;
            stage.subject(&format!(
                "Spin = fun Spin(0) -> ok; Spin(N) -> Spin(N - 1) end, \
                 Kill = fun Kill(0) -> ok; Kill(N) -> case whereis(pluto_agent_0) of \
                 undefined -> erlang:yield(), Kill(N - 1); P -> Spin({spins}), exit(P, kill) end end, Kill(100000)."
            ));
            stage.client("case whereis(client) of undefined -> ok; P -> exit(P, kill) end.");
            stage.assert_clean(&format!("janitor killed early, round {round}"));
        }
    });
}

#[test]
fn another_client_ends_it_with_proof() {
    each_release(3, 50, |stage| {
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        assert_eq!(stage.arm("harness:small_plan()"), "armed");
        let told = stage.subject(
            "pluto_agent_0 ! {pluto_tell, self(), 1}, receive {pluto_told, 1, M} -> \
             #{phase := armed, functions := 2, processes := all, messages := [], since_ms := S} = M, \
             {abs(erlang:system_time(millisecond) - S) < 60000, node(maps:get(client, M)) =/= node()} end.",
        );
        assert_eq!(told, "{true,true}");
        let stopped = stage.subject(
            "pluto_agent_0 ! {pluto_stop, self(), 7}, receive {pluto_stopped, 7, #{left := [], functions := F, processes := N}} -> {F, N > 50} end.",
        );
        assert_eq!(stopped, "{2,true}");
        assert_eq!(
            stage.client("{pluto_undone, asked, #{left := [], functions := F, sink := #{drops := []}}} = harness:await(pluto_undone), F."),
            "2"
        );
        assert_eq!(stage.client("element(1, harness:await(pluto_gone))."), "pluto_gone");
        stage.client("harness:end_client().");
        stage.assert_clean("stopped by another client");
    });
}

#[test]
fn a_killed_sink_is_followed_by_proof() {
    each_release(3, 50, |stage| {
        assert_eq!(stage.attach("pluto_agent_0", "#{}"), "started");
        assert_eq!(stage.arm("harness:small_plan()"), "armed");
        assert_eq!(
            stage.client("exit(harness:get(sink), kill), {pluto_undone, sink_lost, #{left := [], functions := F, sink := lost}} = harness:await(pluto_undone), F."),
            "2"
        );
        stage.client("harness:end_client().");
        stage.assert_clean("sink killed");
    });
}
