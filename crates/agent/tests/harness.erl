%% Loaded on the observed node and on the client's node by tests/live.rs.
-module(harness).
-compile([export_all, nowarn_export_all]).

%%% The observed node

%% Everything that an agent could leave behind.
snapshot() ->
    Modules = erlang:loaded(),
    Functions = [{M, F, A} || M <- Modules, {F, A} <- functions(M)],
    #{patterns => [{MFA, Info} || MFA <- Functions, {all, Info} <- [erlang:trace_info(MFA, all)],
                                  Info =/= false, Info =/= undefined],
      new => [{K, I, erlang:trace_info(K, I)} || K <- [new_processes, new_ports], I <- [tracer, flags]],
      on_load => erlang:trace_info(on_load, all),
      messages => [{K, erlang:trace_info(K, match_spec)} || K <- [send, 'receive']],
      control_word => erlang:system_info(trace_control_word),
      modules => lists:sort(Modules),
      code_server => lists:sort(code:all_loaded()),
      old_code => [M || M <- Modules, erlang:check_old_code(M)],
      processes => lists:sort(processes()),
      traced => [{P, F, T} || P <- processes(), {flags, F} <- [erlang:trace_info(P, flags)],
                              {tracer, T} <- [erlang:trace_info(P, tracer)], {F, T} =/= {[], []}],
      names => lists:sort(registered()),
      monitors => lists:sort([{P, Key, lists:sort(L)} || P <- processes(), P =/= self(),
                                        {Key, L} <- info(P)]),
      tables => lists:sort(ets:all()),
      sessions => sessions()}.

info(P) ->
    case process_info(P, [monitors, monitored_by, links]) of
        undefined -> [];
        Info -> Info
    end.

functions(M) ->
    try M:module_info(functions) catch error:_ -> [] end.

sessions() ->
    case code:ensure_loaded(trace) of
        {module, _} -> apply(trace, session_info, [all]);
        _ -> legacy
    end.

%% Before the first snapshot: what an agent or this module makes the node load on demand is not the agent's.
warm() ->
    [code:ensure_loaded(M) || M <- [trace, erl_eval, erl_internal, orddict, counters, lists, maps, io_lib, epp, erpc,
                                    io_lib_format, io_lib_pretty, timer, rand, code, erl_lint, sets, ordsets, ets]],
    all_functions(),
    snapshot(),
    keep(before, ok),
    mark().

keep(Key, Value) ->
    Self = self(),
    case whereis(keeper) of
        undefined ->
            spawn(fun() -> register(keeper, self()), Self ! kept, keeper(#{}) end),
            receive kept -> ok end;
        _ -> ok
    end,
    keeper ! {put, self(), Key, Value},
    receive kept -> ok end.

kept(Key) ->
    keeper ! {get, self(), Key},
    receive {kept, Value} -> Value end.

keeper(Map) ->
    receive
        {put, From, K, V} -> From ! kept, keeper(Map#{K => V});
        {get, From, K} -> From ! {kept, maps:get(K, Map)}, keeper(Map)
    end.

%% Takes the state to compare with, once it no longer changes.
mark() -> mark(50).

mark(Tries) ->
    First = snapshot(),
    receive after 300 -> ok end,
    case difference(First, snapshot()) of
        [] -> keep(before, First);
        _ when Tries > 0 -> mark(Tries - 1);
        Difference -> error({restless, Difference})
    end.

%% `clean` as soon as the node equals the mark, else what differs after Ms milliseconds.
clean(Ms) ->
    clean_until(erlang:monotonic_time(millisecond) + Ms).

clean_until(Deadline) ->
    case difference(kept(before), snapshot()) of
        [] -> clean;
        Difference ->
            case erlang:monotonic_time(millisecond) > Deadline of
                true -> Difference;
                false -> receive after 20 -> clean_until(Deadline) end
            end
    end.

difference(Before, After) ->
    [{Key, {gone, gone(B, A)}, {added, gone(A, B)}}
     || {Key, B} <- maps:to_list(Before), (A = maps:get(Key, After)) =/= B].

gone(B, A) when is_list(B), is_list(A) -> lists:sublist(B -- A, 5);
gone(B, _) -> B.

%% Processes that call, send, and start others, all the time.
start_load(Busy, Idle) ->
    Pids = [spawn(harness, busy, [0]) || _ <- lists:seq(1, Busy)]
        ++ [spawn(harness, idle, []) || _ <- lists:seq(1, Idle)],
    keep(load, Pids).

stop_load() ->
    [exit(P, kill) || P <- kept(load)],
    ok.

idle() -> receive stop -> ok end.

%% The caller is the guardian of a sink, and its client. What the sink holds of an event that comes between its answer to
%% a mark and its suspension, and what it sends when it goes on, and when the guardian dies.
held_when_suspended(Agent) ->
    Client = self(),
    {Guardian, _} = spawn_monitor(fun() -> Client ! {self(), guard(Agent, Client)}, receive die -> ok end end),
    Held = receive {Guardian, H} -> H end,
    First = receive {pluto_events, 0, [], Batch0} -> Batch0 end,
    Guardian ! die,
    Second = receive {pluto_events, 1, [], Batch1} -> Batch1 after 10000 -> none end,
    {Held, First, Second}.

guard(Agent, Client) ->
    Sink = spawn(Agent, sink, [{self(), Client, counters:new(9, [])}]),
    Sink ! {pluto_plan, #{keep => all, room => infinity, events_per_s => 100, bytes_per_s => 100000}},
    drain(Sink, self()),
    Sink ! {trace, self(), call, {m, first, 0}},
    receive after 50 -> erlang:suspend_process(Sink) end,
    {message_queue_len, Waiting} = process_info(Sink, message_queue_len),
    erlang:resume_process(Sink),
    Sink ! {pluto_go, self()},
    drain(Sink, self()),
    Sink ! {trace, self(), call, {m, second, 0}},
    1 - Waiting.

drain(Sink, Guardian) ->
    Sink ! {pluto_mark, Guardian},
    receive {pluto_drained, false} -> ok end.

%% Short-lived processes would make no two snapshots equal; so one other process is asked, and none is started.
busy(N) ->
    subject:place(N, {order, N}),
    subject:stock(N),
    self() ! {note, N},
    receive {note, N} -> ok end,
    receive stop -> ok after 1 -> busy(N + 1) end.

%%% The client's node

client(Subject, Beam, Forms, Module, Options) ->
    Self = self(),
    spawn(fun() -> register(client, self()), client_start(Subject, Beam, Forms, Module, Options, Self) end),
    receive {client, Answer} -> Answer end.

client_start(Subject, Beam, Forms, Module, Options, From) ->
    Bindings = [{'Adopt', none}, {'Beam', Beam}, {'Client', self()}, {'Forms', Forms}, {'Module', Module},
                {'Options', Options}],
    Janitor = spawn(Subject, erl_eval, exprs, [Forms, Bindings]),
    receive
        {pluto_started, Guardian, Sink, Info} ->
            From ! {client, {started, Info}},
            erlang:send_after(500, self(), renew),
            client_loop(#{janitor => Janitor, guardian => Guardian, sink => Sink, from => From, renew => true,
                          seq => 0, events => 0, drops => #{}, log => [], tags => #{}, sample => none});
        {pluto_refused, Reason} -> From ! {client, {refused, Reason}}
    end.

client_loop(#{guardian := Guardian, log := Log} = S) ->
    receive
        renew ->
            case S of
                #{renew := true} -> Guardian ! {pluto, renew};
                _ -> ok
            end,
            erlang:send_after(500, self(), renew),
            client_loop(S);
        {set, Key, Value} -> client_loop(S#{Key => Value});
        {pluto_events, Seq, Drops, Batch} ->
            #{seq := Seq, events := N, drops := D, tags := Tags} = S,
            client_loop(S#{first => case S of #{first := F} -> F; _ when Batch =/= [] -> hd(Batch); _ -> none end,
                           seq := Seq + 1, events := N + length(Batch), tags := count_tags(Batch, Tags),
                           sample := case Batch of [] -> maps:get(sample, S); _ -> lists:last(Batch) end,
                           drops := lists:foldl(fun({C, K}, M) -> M#{C => maps:get(C, M, 0) + K} end, D, Drops)});
        {pluto_status, Status} -> client_loop(S#{status => Status});
        {get, From, What} -> From ! {client, maps:get(What, S, none)}, client_loop(S);
        {await, From, Kind} ->
            client_loop(answer_await(S#{await => {From, Kind}}));
        {to, guardian, Message} -> Guardian ! Message, client_loop(S);
        Message when is_tuple(Message) -> client_loop(answer_await(S#{log := [Message | Log]}))
    end.

%% Awaiting {pluto, Id} takes the reply to that request; awaiting an atom takes the first message of that name.
answer_await(#{await := {From, Kind}, log := Log} = S) ->
    Found = [M || M <- lists:reverse(Log), is_kind(M, Kind)],
    case Found of
        [M | _] -> From ! {client, M}, maps:remove(await, S#{log := Log -- [M]});
        [] -> S
    end;
answer_await(S) -> S.

is_kind(M, {pluto, Id}) -> is_tuple(M) andalso tuple_size(M) =:= 3 andalso element(1, M) =:= pluto
                               andalso element(2, M) =:= Id;
is_kind(M, Kind) -> element(1, M) =:= Kind.

count_tags(Batch, Tags) ->
    lists:foldl(fun(E, T) -> K = {element(1, E), element(3, E)}, T#{K => maps:get(K, T, 0) + 1} end, Tags, Batch).

request(Id, Request) ->
    client ! {to, guardian, {pluto, Id, Request}},
    await({pluto, Id}).

cast(Id, Request) ->
    client ! {to, guardian, {pluto, Id, Request}}.

await(Kind) ->
    client ! {await, self(), Kind},
    receive {client, Message} -> Message after 20000 -> timeout end.

get(What) ->
    client ! {get, self(), What},
    receive {client, Value} -> Value after 20000 -> timeout end.

set(Key, Value) ->
    client ! {set, Key, Value}.

end_client() ->
    exit(whereis(client), kill).

%%% Plans

plan(Subject) ->
    Functions = rpc:call(Subject, harness, all_functions, []),
    #{functions => [{MFA, [{'_', [], []}], [local]} || MFA <- Functions],
      processes => all, new => true, flags => [call, send, 'receive', arity, monotonic_timestamp],
      send => [{'_', [], []}], 'receive' => [{'_', [], []}]}.

small_plan() ->
    #{functions => [{{subject, place, 2}, [{['$1', '_'], [], [{message, {{'$1'}}}]}], [local]},
                    {{subject, stock, 1}, [{'_', [], []}], [local]}],
      new => true, flags => [call, arity, monotonic_timestamp]}.

%% Enough functions for arming to take a while, and none that the node's own work depends on in a hot path.
all_functions() ->
    [{M, F, A} || M <- [subject, calendar, string, unicode_util, lists, dict, gb_trees, filename, file, io_lib],
                  code:ensure_loaded(M) =:= {module, M},
                  {F, A} <- M:module_info(functions), F =/= module_info].
