%% The agent: what lives on an observed node while Pluto is attached to it.
%%
%% Three processes. The *sink* is the tracer: it batches events and sends them to the client, and does nothing else.
%% The *guardian* (this module) talks to the client, holds the trace session, the lease and the ledger of everything
%% that was set. The *janitor* (erl/janitor.txt, interpreted, so that its code is not ours) has a copy of the ledger
%% and takes the last step: it undoes what is left when the guardian is gone, and unloads this module.
%%
%% Invariant: an entry is sent to the janitor before what it stands for is set. Signals between two processes keep
%% their order, so the janitor has the entry before it can learn that the guardian is dead.
%%
%% The module name ends in a digit that the client changes (0 to 7) so that several clients can attach to one node;
%% therefore the name must never be part of a literal. PROTOCOL.md lists every message.
-module(pluto_agent_0).

-export([start/1, guardian/1, sink/1, lister/1, undo/3]).

-define(LEASE_MS, 3000).
-define(POLL_MS, 10).
-define(STATUS_MS, 500).
-define(RELOAD_MS, 200).
-define(FLUSH_MS, 50).
-define(RETRY_MS, 10).
%% Longer than events that a function has already made can be on their way when it is not traced any more.
-define(HOT_MS, 100).
-define(REFILL_MS, 100).
-define(BATCH_EVENTS, 512).
-define(BATCH_BYTES, 65536).
%% Batches that wait for a busy connection; what comes on top is dropped and counted.
-define(PENDING_BATCHES, 16).
-define(PID_CHUNK, 100).
-define(FUNCTION_CHUNK, 20).
%% At most this many items of a list in a reply; counts are always exact.
-define(REPLY_ITEMS, 200).
%% At most this many registered names are looked at.
-define(NAMES, 4096).

%% Cells of the counters that the sink writes and the guardian reads.
-define(C_EVENTS, 1).
-define(C_SENT, 2).
-define(C_BYTES, 3).
-define(C_BACKPRESSURE, 4).
-define(C_EVENT_LIMIT, 5).
-define(C_BYTE_LIMIT, 6).
-define(C_EVENT_BYTES, 7).
-define(C_MEMORY, 8).
-define(C_BATCHES, 9).
-define(C_CELLS, 9).

-record(g, {client, client_ref, janitor, janitor_ref, sink, sink_ref, options,
            rest = awake,               % of the sink: awake | suspended | draining
            waits = false,              % whether the busy connection has not taken all that the sink has
            drain_at,                   % when the sink is to run if its queue is not long
            session,                    % legacy | {session, Handle}
            counters,
            ledger = [],                % newest first
            past = [],                  % entries that were undone before the end, newest first: proved at the end
            sessions = [],              % the weak handle of each trace session that there was
            plan = none,                % none | map
            phase = idle,               % idle | arming | armed | tripped
            request = none,             % id of the arm or adjust request that is being worked on
            work = [],                  % steps still to be done
            found = #{},                % what the steps found out, for the reply
            count = none,               % none | {Id, Kind, Functions, Deadline}
            armed_at = none,            % milliseconds of the monotonic clock, when it was armed first
            lease_until, poll_at, status_at, reload_at, refill_at = infinity,
            deadline = infinity,
            reloaded = #{},             % Module => time of the last check that found its patterns
            window = none,              % {Until, Events, Bytes, Seconds over the limit}
            outbox = [],                % replies that the busy connection did not take, newest first
            names = #{},                % Name => process, as the client was told
            excluded = []}).

%% One module, because one module is loaded; in parts, because it is long.
-include("vm.hrl").
-include("sink.hrl").

%%% ------------------------------------------------------------------------------------------------------------
%%% Start (called by the janitor, in the janitor's process)
%%% ------------------------------------------------------------------------------------------------------------

%% Starts sink and guardian for the calling process. Options: client, janitor (forms and bindings to start another
%% one), lease_ms.
start(Options) ->
    Self = self(),
    spawn_opt(?MODULE, guardian, [Options#{janitor_pid => Self}], [{priority, high}]).

guardian(#{client := Client, janitor_pid := Janitor} = Options) ->
    ClientRef = monitor_client(Client),
    JanitorRef = erlang:monitor(process, Janitor),
    Counters = counters:new(?C_CELLS, []),
    {Sink, SinkRef} = spawn_opt(?MODULE, sink, [{self(), Client, Counters}],
                                [monitor, {priority, high}, {message_queue_data, off_heap}, {min_heap_size, 32768},
                                 {fullsweep_after, 20}]),
    Janitor ! {pluto_sink, self(), Sink},
    Session = open_session(Sink),
    Now = now_ms(),
    G = #g{client = Client, client_ref = ClientRef, janitor = Janitor, janitor_ref = JanitorRef,
           sink = Sink, sink_ref = SinkRef, options = Options, session = Session, counters = Counters,
           sessions = weak(Session),
           lease_until = Now + lease_ms(Options), poll_at = Now + ?POLL_MS, status_at = Now + ?STATUS_MS,
           drain_at = Now,
           reload_at = infinity, excluded = own_processes([self(), Sink, Janitor], Client)},
    loop(tell(rest(G), {pluto_started, self(), Sink, started_info(Session)})).

%% A monitor on a process of a node that is not connected would make this node connect to it.
monitor_client(Client) ->
    case node(Client) =:= node() orelse lists:member(node(Client), nodes(connected)) of
        true -> erlang:monitor(process, Client);
        false ->
            Ref = make_ref(),
            self() ! {'DOWN', Ref, process, Client, noconnection},
            Ref
    end.

open_session(Sink) ->
    case code:ensure_loaded(trace) of
        {module, trace} -> {session, trace:session_create(?MODULE, Sink, [])};
        _ -> legacy
    end.

weak(legacy) -> [];
weak({session, {_, Weak}}) -> [Weak].

started_info(Session) ->
    #{otp => list_to_binary(erlang:system_info(otp_release)),
      erts => list_to_binary(erlang:system_info(version)),
      module => ?MODULE,
      session => session_kind(Session),
      monotonic_ns => erlang:monotonic_time(nanosecond),
      time_offset_ns => erlang:time_offset(nanosecond),
      wordsize => erlang:system_info(wordsize),
      schedulers => erlang:system_info(schedulers_online),
      processes => erlang:system_info(process_count)}.

session_kind(legacy) -> legacy;
session_kind({session, _}) -> session.

%% Ours, and the processes that carry our traffic where the distribution runs over processes (TLS): tracing those
%% would make every batch cause events of its own.
own_processes(Own, Client) ->
    Controllers = [P || {Node, P} <- erlang:system_info(dist_ctrl), Node =:= node(Client), is_pid(P)],
    Own ++ Controllers ++ lists:append([pid_links(P) || P <- Controllers]).

pid_links(P) ->
    NetKernel = whereis(net_kernel),
    case process_info(P, links) of
        {links, Links} -> [L || L <- Links, is_pid(L), L =/= NetKernel];
        undefined -> []
    end.

%%% ------------------------------------------------------------------------------------------------------------
%%% The guardian's loop
%%% ------------------------------------------------------------------------------------------------------------

loop(#g{work = [], poll_at = At} = G) ->
    receive
        Message -> handle(Message, G)
    after max(0, At - now_ms()) -> loop(tick(G))
    end;
loop(#g{work = [Step | Rest], poll_at = At} = G) ->
    receive
        %% What makes most of too many events is heard when there is something to reduce.
        Message when element(1, Message) =/= pluto_hot -> handle(Message, G)
    after 0 ->
        G1 = case now_ms() >= At of
                 true -> tick(G);
                 false -> G
             end,
        %% A limit that was hit has emptied the work.
        case G1#g.work of
            [Step | Rest] ->
                G2 = work(Step, G1#g{work = Rest}),
                %% A trace call counts as one reduction and takes a microsecond or more: a time slice of them is long.
                erlang:yield(),
                loop(G2);
            _ -> loop(G1)
        end
    end.

handle({pluto, renew}, G) ->
    loop(G#g{lease_until = now_ms() + lease_ms(G#g.options)});
handle({pluto_drained, Waits}, #g{rest = draining} = G) ->
    loop(drained(G#g{waits = Waits}));
handle({pluto_hot, Cause, Hot}, #g{phase = armed, work = []} = G) ->
    loop(reduce(Cause, Hot, G));
handle({pluto, Id, stop}, G) ->
    finish(G, {reply, Id});
handle({pluto_stop, From, Ref}, G) when is_pid(From) ->
    finish(G, {asked, From, Ref});
handle({pluto_tell, From, Ref}, G) when is_pid(From) ->
    %% It looks at the whole node, and events of that would be our own doing.
    node(From) =:= node() andalso clear_flags(G#g.session, G#g.sink, From),
    _ = erlang:send(From, {pluto_told, Ref, about(G)}, [nosuspend, noconnect]),
    loop(G);
handle({pluto, Id, Request}, G) ->
    loop(requested(Id, Request, G));
handle({'DOWN', Ref, process, _, _}, #g{client_ref = Ref} = G) ->
    finish(G, client_lost);
handle({'DOWN', Ref, process, _, _}, #g{sink_ref = Ref, phase = tripped} = G) ->
    loop(G#g{sink_ref = gone});
handle({'DOWN', Ref, process, _, _}, #g{sink_ref = Ref} = G) ->
    Gap = {pluto_gap, agent_lost, unknown, undefined, erlang:monotonic_time(nanosecond)},
    finish(tell(G#g{sink_ref = gone}, Gap), sink_lost);
handle({'DOWN', Ref, process, _, _}, #g{janitor_ref = Ref} = G) ->
    loop(new_janitor(G));
handle(_, G) ->
    loop(G).

%% Whatever a client asks for, the guardian lives on: it holds what is to be undone.
requested(Id, Request, G) ->
    try request(Id, Request, G)
    catch error:_ -> reply(drop_counts(recovered(G)), Id, {error, {failed, kind(Request)}})
    end.

kind(Request) when is_tuple(Request), tuple_size(Request) > 0 -> element(1, Request);
kind(Request) -> Request.

request(Id, {arm, Plan}, #g{phase = idle} = G) ->
    begin_plan(Id, Plan, G);
request(Id, {adjust, Plan}, #g{phase = armed, work = []} = G) ->
    begin_adjust(Id, Plan, G);
request(Id, {specs, Specs}, #g{phase = armed, work = []} = G) ->
    begin_specs(Id, Specs, G);
request(Id, {count, Functions, Ms}, #g{count = none, work = []} = G) when is_integer(Ms), Ms >= 0, Ms =< 10000 ->
    begin_count(Id, Functions, Ms, G);
request(Id, {names}, #g{names = Known} = G) ->
    Names = registered_processes(),
    reply(G#g{names = Names}, Id, {names, maps:to_list(news(Names, Known))});
request(Id, {status}, G) ->
    reply(G, Id, {status, status(G)});
request(Id, Request, G) ->
    reply(G, Id, {error, {not_now, kind(Request), G#g.phase}}).

tick(G) ->
    Now = now_ms(),
    G1 = drain(Now, post(G#g{poll_at = Now + ?POLL_MS})),
    case Now >= G1#g.lease_until of
        true -> finish(G1, lease);
        false -> status_tick(Now, reload_tick(Now, refill_tick(Now, count_tick(Now, limits_tick(Now, G1)))))
    end.

status_tick(Now, #g{status_at = At} = G) when Now >= At ->
    _ = tell_now(G, {pluto_status, status(G)}),
    G#g{status_at = Now + ?STATUS_MS};
status_tick(_, G) ->
    G.

status(#g{counters = C, sink = Sink} = G) ->
    {reductions, Own} = process_info(self(), reductions),
    SinkReductions = case process_info(Sink, reductions) of
                         {reductions, R} -> R;
                         undefined -> 0
                     end,
    Queue = queue_length(Sink),
    #{phase => G#g.phase,
      events => counters:get(C, ?C_EVENTS),
      sent => counters:get(C, ?C_SENT),
      bytes => counters:get(C, ?C_BYTES),
      batches => counters:get(C, ?C_BATCHES),
      drops => drops(C),
      queue => Queue,
      memory => memory(Queue, C),
      reductions => Own + SinkReductions,
      work => length(G#g.work),
      monotonic_ns => erlang:monotonic_time(nanosecond),
      time_offset_ns => erlang:time_offset(nanosecond),
      processes => erlang:system_info(process_count)}.

%% For others that look at the node.
about(#g{client = Client, phase = Phase, plan = Plan, armed_at = At, counters = C}) ->
    Since = case At of none -> none; _ -> At + erlang:time_offset(millisecond) end,
    Base = #{client => Client, phase => Phase, since_ms => Since, events => counters:get(C, ?C_EVENTS)},
    case Plan of
        none -> Base#{functions => 0, processes => 0, messages => []};
        #{functions := Functions, processes := Processes, flags := Flags} ->
            Base#{functions => length(Functions),
                  processes => case Processes of all -> all; _ -> length(Processes) end,
                  messages => [F || F <- [send, 'receive'], lists:member(F, Flags)]}
    end.

drops(C) ->
    [{Cause, N} || {Cause, Cell} <- [{backpressure, ?C_BACKPRESSURE}, {event_limit, ?C_EVENT_LIMIT},
                                     {byte_limit, ?C_BYTE_LIMIT}],
                   (N = counters:get(C, Cell)) > 0].

queue_length(Sink) ->
    case process_info(Sink, message_queue_len) of
        {message_queue_len, N} -> N;
        undefined -> 0
    end.

%% The queue is off the heap, where max_heap_size does not see it; its size is estimated from the last batch.
memory(Queue, C) ->
    Queue * max(100, 2 * counters:get(C, ?C_EVENT_BYTES)) + counters:get(C, ?C_MEMORY).

%%% ------------------------------------------------------------------------------------------------------------
%%% When the sink runs
%%% ------------------------------------------------------------------------------------------------------------

%% A process that waits is woken by each event, and waking it costs the node more than the event itself. So the sink is
%% suspended, and it is let loose on what has come when that is a batch or has waited for long. It answers when it comes
%% to the mark at the end, and takes no event after that until it is told to go on: one that it took before it is
%% suspended would be in no queue, and wait for the next one.
rest(#g{sink_ref = gone} = G) ->
    G;
rest(#g{sink = Sink} = G) ->
    try erlang:suspend_process(Sink, [asynchronous]) of
        true -> G#g{rest = suspended}
    catch
        %% It is dead, and a 'DOWN' on its way.
        error:badarg -> G
    end.

awake(#g{rest = suspended, sink = Sink} = G) ->
    _ = (catch erlang:resume_process(Sink)),
    go_on(G);
awake(#g{rest = draining} = G) ->
    go_on(G);
awake(G) ->
    G.

go_on(#g{sink = Sink} = G) ->
    Sink ! {pluto_go, self()},
    G#g{rest = awake}.

%% Before what takes long: others go first then, and the ticks come late. So the sink runs by itself meanwhile.
unhurried(G) ->
    process_flag(priority, normal),
    awake(G).

drain(_, #g{rest = draining} = G) ->
    G;
drain(_, #g{rest = awake} = G) ->
    mark(G);
drain(Now, #g{rest = suspended, waits = Waits, drain_at = At, counters = C} = G) ->
    Queue = queue_length(G#g.sink),
    case Waits orelse Queue > 0 andalso Now >= At orelse is_batch(Queue, C) of
        true -> mark((awake(G))#g{drain_at = Now + ?FLUSH_MS});
        false -> G
    end.

drained(#g{work = [_ | _]} = G) ->
    awake(G);
drained(#g{sink = Sink, counters = C} = G) ->
    case is_batch(queue_length(Sink), C) of
        true -> mark(awake(G));
        false -> rest(G)
    end.

is_batch(Queue, C) ->
    Queue >= ?BATCH_EVENTS orelse Queue * counters:get(C, ?C_EVENT_BYTES) >= ?BATCH_BYTES.

mark(#g{sink = Sink} = G) ->
    Sink ! {pluto_mark, self()},
    G#g{rest = draining}.

%%% ------------------------------------------------------------------------------------------------------------
%%% Limits
%%% ------------------------------------------------------------------------------------------------------------

limits_tick(_, #g{plan = none} = G) ->
    G;
limits_tick(_, #g{phase = tripped} = G) ->
    drain_tick(G);
limits_tick(Now, #g{plan = #{limits := L}, counters = C, deadline = Deadline} = G) ->
    Queue = queue_length(G#g.sink),
    Memory = memory(Queue, C),
    Events = counters:get(C, ?C_EVENTS),
    #{queue := MaxQueue, memory := MaxMemory, max_events := MaxEvents} = L,
    if
        Queue > MaxQueue -> trip(G, queue, Queue, MaxQueue);
        Memory > MaxMemory -> trip(G, memory, Memory, MaxMemory);
        %% What ends a session as it should comes after its beginning: the sink lets no more through meanwhile.
        Events >= MaxEvents, G#g.phase =:= armed -> trip(G, max_events, Events, MaxEvents);
        Now >= Deadline -> trip(G, duration, maps:get(duration_ms, L), maps:get(duration_ms, L));
        true -> rate_limits(Now, Events, counters:get(C, ?C_BYTES), G)
    end.

%% The sink drops what is over the rate. The traced processes still pay for it, so a rate that stays over the limit
%% for two seconds, or is four times over it in one, switches tracing off.
rate_limits(Now, Events, Bytes, #g{window = none} = G) ->
    G#g{window = {Now + 1000, Events, Bytes, 0}};
rate_limits(Now, Events, Bytes, #g{window = {Until, E0, B0, Over}, plan = #{limits := L}} = G) when Now >= Until ->
    #{events_per_s := MaxE, bytes_per_s := MaxB} = L,
    %% On a busy node the second may have been a longer one.
    Elapsed = 1000 + Now - Until,
    {E, B} = {(Events - E0) * 1000 div Elapsed, (Bytes - B0) * 1000 div Elapsed},
    Next = G#g{window = {Now + 1000, Events, Bytes, 0}},
    if
        E > 4 * MaxE; E > MaxE, Over >= 1 -> too_many(Next, events, E, MaxE);
        B > 4 * MaxB; B > MaxB, Over >= 1 -> too_many(Next, bytes, B, MaxB);
        E > MaxE; B > MaxB -> Next#g{window = {Now + 1000, Events, Bytes, Over + 1}};
        true -> Next
    end;
rate_limits(_, Events, Bytes, #g{window = {_, E0, B0, _}, plan = #{limits := L}} = G) ->
    #{events_per_s := MaxE, bytes_per_s := MaxB} = L,
    if
        Events - E0 > 4 * MaxE -> too_many(G, events, Events - E0, MaxE);
        Bytes - B0 > 4 * MaxB -> too_many(G, bytes, Bytes - B0, MaxB);
        true -> G
    end.

%% What the sink has said of them comes first, where a function can be left out.
too_many(#g{phase = armed, work = []} = G, What, Value, Limit) ->
    receive
        {pluto_hot, Cause, Hot} ->
            case reduce(Cause, Hot, G) of
                G -> trip(G, What, Value, Limit);
                Reduced -> Reduced
            end
    after 0 -> trip(G, What, Value, Limit)
    end;
too_many(G, What, Value, Limit) ->
    trip(G, What, Value, Limit).

%% Where the sink drops, the function that makes most of the events is not traced any more, one at a time, as long as
%% something else is. Each time the rate is measured anew.
reduce(Cause, {Name, Part, Whole}, #g{plan = #{functions := Functions, flags := Flags} = Plan} = G) ->
    {Hot, Rest} = lists:partition(fun({MFA, _, _}) -> is_called(MFA, Name) end, Functions),
    case Hot =/= [] andalso (Rest =/= [] orelse lists:any(fun(Flag) -> lists:member(Flag, Flags) end,
                                                          [send, 'receive', procs])) of
        true ->
            MFAs = [MFA || {MFA, _, _} <- Hot],
            G1 = restore_functions(MFAs, G),
            Time = erlang:monotonic_time(nanosecond),
            tell(G1#g{plan = Plan#{functions := Rest}, window = none}, {pluto_reduced, Cause, MFAs, Part, Whole, Time});
        false -> G
    end;
reduce(_, none, G) ->
    G.

is_called({M, F, _}, {M, F, '_'}) -> true;
is_called(MFA, Name) -> MFA =:= Name.

trip(#g{request = Id} = G, What, Value, Limit) ->
    G1 = limit(disarm(G#g{phase = tripped, work = [], request = none}), What, Value, Limit),
    case Id of
        none -> G1;
        _ -> reply(G1, Id, {error, {limit, What, Value, Limit}})
    end.

limit(G, What, Value, Limit) ->
    tell(G, {pluto_limit, What, Value, Limit}).

%% Tracing is off. What is queued is still sent, unless it is so much that holding it is the danger.
drain_tick(#g{counters = C, plan = #{limits := #{queue := MaxQueue, memory := MaxMemory}}} = G) ->
    Queue = queue_length(G#g.sink),
    case Queue > 4 * MaxQueue orelse Queue > 1000 andalso memory(Queue, C) > 4 * MaxMemory of
        true ->
            exit(G#g.sink, kill),
            tell(G, {pluto_gap, overload, Queue, undefined, erlang:monotonic_time(nanosecond)});
        false -> G
    end.

default_limits() ->
    #{events_per_s => 100000, bytes_per_s => 50000000, queue => 200000, memory => 134217728,
      duration_ms => infinity, max_events => infinity}.

%%% ------------------------------------------------------------------------------------------------------------
%%% Arming, in steps; between two steps the guardian looks at its mailbox
%%% ------------------------------------------------------------------------------------------------------------

begin_plan(Id, Plan0, G) ->
    case check_plan(Plan0) of
        {ok, Plan} ->
            Steps = scan_steps(Plan, G) ++ [limits] ++ set_steps(Plan) ++ [armed],
            (unhurried(G))#g{phase = arming, request = Id, plan = Plan, work = Steps, found = #{started => now_ms()}};
        {error, Reason} -> reply(G, Id, {error, Reason})
    end.

check_plan(Plan) when is_map(Plan) ->
    Full = maps:merge(#{functions => [], processes => all, new => false, flags => [call, arity, monotonic_timestamp],
                        send => default, 'receive' => default, rate => none, shape => [],
                        max_event_bytes => infinity}, Plan),
    Limits = maps:merge(default_limits(), maps:get(limits, Plan, #{})),
    #{functions := Functions, processes := Processes, flags := Flags, shape := Tags} = Full,
    Bad = [Plan || not is_list(Functions) orelse not is_list(Flags) orelse not is_list(Tags)
                       orelse not (Processes =:= all orelse is_list(Processes))]
        ++ [L || {Key, N} = L <- maps:to_list(Limits), not is_limit(Key, N)]
        ++ [F || F <- Functions, not is_function_spec(F)] ++ [F || F <- Flags, not is_flag(F)]
        ++ [P || Processes =/= all, P <- Processes, not (is_pid(P) andalso node(P) =:= node())],
    case Bad of
        [] -> {ok, Full#{limits => Limits}};
        [First | _] -> {error, {bad_plan, First}}
    end;
check_plan(Plan) ->
    {error, {bad_plan, Plan}}.

is_function_spec({MFA, _, Flags}) when is_list(Flags) ->
    is_function_name(MFA) andalso lists:all(fun(Flag) -> lists:member(Flag, [local, global]) end, Flags);
is_function_spec(_) ->
    false.

%% To the VM '_' stands for every module and every function, so what has this name cannot be traced alone.
is_function_name({M, F, A}) ->
    is_atom(M) andalso is_atom(F) andalso is_integer(A) andalso A >= 0 andalso A =< 255 andalso M =/= '_'
        andalso F =/= '_';
is_function_name(_) ->
    false.

is_limit(Key, infinity) -> Key =:= duration_ms orelse Key =:= max_events;
is_limit(_, N) -> is_integer(N) andalso N >= 0.

%% No flag that names a tracer, stops the node, or crashes a release (garbage_collection from two sessions).
is_flag(Flag) ->
    lists:member(Flag, [call, return_to, send, 'receive', procs, arity, silent, timestamp, monotonic_timestamp,
                        strict_monotonic_timestamp, set_on_spawn, set_on_first_spawn, set_on_link,
                        set_on_first_link, running, exiting]).

%% What has to be known before anything is set. A trace session of our own meets nobody else's settings, except for
%% the trace control word.
scan_steps(Plan, #g{session = {session, _}}) ->
    control_word_steps(Plan);
scan_steps(Plan, #g{session = legacy}) ->
    [foreign_defaults, foreign, {leftover, erlang:loaded()} | control_word_steps(Plan)].

control_word_steps(#{rate := none}) -> [];
control_word_steps(_) -> [control_word].

%% Processes first: without patterns they cost nothing, and all of them start to report together.
set_steps(#{functions := Functions, processes := Processes, new := New} = Plan) ->
    [{message_pattern, Kind, maps:get(Kind, Plan)} || Kind <- [send, 'receive'], maps:get(Kind, Plan) =/= default]
        ++ process_steps(Processes, New)
        ++ [{functions, Functions}].

%% New processes first, so that none is missed.
process_steps(all, New) -> [lister] ++ [new || New] ++ [all_processes];
process_steps(Pids, New) -> [new || New] ++ [{processes, Pids}].

work(Step, G) ->
    try step(Step, G) of
        #g{} = G1 -> G1
    catch
        throw:{refuse, Reason} -> refuse(Reason, recovered(G));
        error:_ -> refuse({failed, kind(Step)}, recovered(G))
    end.

refuse(Reason, #g{request = Id} = G) ->
    G1 = reply(disarm(G#g{work = []}), Id, {error, Reason}),
    process_flag(priority, high),
    G1#g{phase = idle, plan = none, request = none, found = #{}}.

step(foreign_defaults, G) ->
    case [{Kind, T} || Kind <- [new_processes, new_ports], {tracer, T} <- [erlang:trace_info(Kind, tracer)],
                       T =/= []] of
        [] -> ok;
        [{Kind, T} | _] -> throw({refuse, foreign_tracer(Kind, T)})
    end,
    #{flags := Flags} = G#g.plan,
    Patterns = [Kind || Kind <- [send, 'receive'],
                        lists:member(Kind, Flags) orelse maps:get(Kind, G#g.plan) =/= default,
                        erlang:trace_info(Kind, match_spec) =/= {match_spec, true}],
    case Patterns of
        [] -> G;
        [Kind2 | _] -> throw({refuse, {foreign_pattern, Kind2}})
    end;
step(foreign, G) ->
    G#g{work = [{foreign, list_processes()} | G#g.work]};
step({foreign, Pids}, G) ->
    [Now | Later] = Pids,
    case first_traced(pids(Now)) of
        none -> again({foreign, Later}, Later, G);
        {Pid, Tracer} -> throw({refuse, foreign_tracer(Pid, Tracer)})
    end;
step({leftover, [Module | Modules]}, G) ->
    Found = leftover_patterns(Module),
    #{} = Known = G#g.found,
    {N, Items} = maps:get(leftover, Known, {0, []}),
    Room = max(0, ?REPLY_ITEMS - length(Items)),
    again({leftover, Modules}, Modules,
          G#g{found = Known#{leftover => {N + length(Found), lists:sublist(Found, Room) ++ Items}}});
step({leftover, []}, G) ->
    G;
step(control_word, #g{plan = #{rate := Rate}} = G) ->
    case erlang:system_info(trace_control_word) of
        0 ->
            G1 = enter(G, [{control_word, 0}]),
            {Credits, RefillAt} = credits(Rate),
            erlang:system_flag(trace_control_word, Credits),
            G1#g{refill_at = RefillAt};
        Word -> throw({refuse, {control_word_in_use, Word}})
    end;
step(limits, #g{plan = Plan} = G) ->
    G#g.sink ! {pluto_plan, sink_plan(Plan)},
    G;
step({message_pattern, Kind, Spec}, #g{session = Session} = G) ->
    {match_spec, Saved} = message_pattern_info(Session, Kind),
    G1 = enter(G, [{message_pattern, Kind, Saved}]),
    try set_message_pattern(Session, Kind, Spec)
    catch error:_ -> throw({refuse, {bad_match_spec, Kind}})
    end,
    G1;
step(new, #g{session = Session, sink = Sink, plan = #{flags := Flags}} = G) ->
    G1 = enter(G, [new]),
    set_new(Session, Sink, true, Flags),
    G1;
step(lister, #g{found = Found} = G) ->
    G#g{found = Found#{lister => start_lister()}};
step(all_processes, #g{found = #{lister := Lister}} = G) ->
    G1 = enter(G, [all_processes]),
    G1#g{work = [{flags, listed(Lister)} | G1#g.work]};
step({processes, Pids}, #g{plan = #{flags := Flags}} = G) ->
    Inherited = [F || F <- Flags, lists:member(F, [set_on_spawn, set_on_first_spawn, set_on_link,
                                                   set_on_first_link])],
    G1 = case Inherited of
             [] -> enter(G, [{processes, Pids}]);
             _ -> enter(G, [{processes, Pids}, all_processes])
         end,
    G1#g{work = [{flags, chunks(Pids)} | G1#g.work]};
step({flags, []}, G) ->
    G;
step({flags, [Chunk | Later]}, #g{session = Session, sink = Sink, plan = Plan, excluded = Excluded} = G) ->
    #{flags := Flags} = Plan,
    Set = lists:foldl(fun(P, N) -> N + set_flags(Session, Sink, P, Flags, Excluded) end, 0, pids(Chunk)),
    again({flags, Later}, Later, found(processes, Set, G));
step({functions, Specs}, #g{} = G) ->
    {Now, Later} = split(?FUNCTION_CHUNK, Specs),
    again({functions, Later}, Later, set_functions(Now, G));
step({restore_functions, Functions}, #g{} = G) ->
    {Now, Later} = split(?FUNCTION_CHUNK, Functions),
    again({restore_functions, Later}, Later, restore_functions(Now, G));
step({clear_flags, all}, G) ->
    G#g{work = [{clear_flags, list_processes()} | G#g.work]};
step({clear_flags, []}, G) ->
    G;
step({clear_flags, [Chunk | Later]}, #g{session = Session, sink = Sink} = G) ->
    lists:foreach(fun(P) -> clear_flags(Session, Sink, P) end, pids(Chunk)),
    again({clear_flags, Later}, Later, G);
step(clear_new, #g{session = Session, sink = Sink} = G) ->
    clear_new(Session, Sink),
    forget(G, [new]);
step({specs, Specs}, #g{} = G) ->
    {Now, Later} = split(?FUNCTION_CHUNK, Specs),
    again({specs, Later}, Later, lists:foldl(fun set_spec/2, G, Now));
step(specs_set, #g{} = G) ->
    process_flag(priority, high),
    G1 = reply_armed(G, now_ms()),
    G1#g{request = none, found = #{}};
step(armed, #g{plan = #{limits := L, functions := Functions}} = G) ->
    process_flag(priority, high),
    Now = now_ms(),
    G1 = reply_armed(G, Now),
    %% A change of the plan does not make the trace longer.
    ArmedAt = case G1#g.armed_at of none -> Now; At -> At end,
    Deadline = case L of
                   #{duration_ms := Ms} when is_integer(Ms) -> ArmedAt + Ms;
                   _ -> infinity
               end,
    G1#g{phase = armed, request = none, deadline = Deadline, found = #{}, reload_at = Now + ?RELOAD_MS,
        armed_at = ArmedAt,
        reloaded = maps:from_list([{M, erlang:monotonic_time(nanosecond)} || {{M, _, _}, _, _} <- Functions])}.

reply_armed(#g{request = Id, found = Found} = G, Now) ->
    {LeftoverCount, Leftover} = maps:get(leftover, Found, {0, []}),
    {MissingCount, Missing} = maps:get(missing, Found, {0, []}),
    reply(G, Id, {armed, #{functions => maps:get(functions, Found, 0),
                           processes => maps:get(processes, Found, 0),
                           missing_count => MissingCount, missing => Missing,
                           leftover_count => LeftoverCount, leftover => Leftover,
                           took_ms => Now - maps:get(started, Found)}}).

%% The step goes on after the mailbox was looked at, where something of it is left.
again(_, [], G) -> G;
again(Step, _, #g{work = Work} = G) -> G#g{work = [Step | Work]}.

found(Key, N, #g{found = Found} = G) ->
    G#g{found = Found#{Key => maps:get(Key, Found, 0) + N}}.

split(N, List) -> split(N, List, []).

split(0, Rest, Done) -> {lists:reverse(Done), Rest};
split(_, [], Done) -> {lists:reverse(Done), []};
split(N, [First | Rest], Done) -> split(N - 1, Rest, [First | Done]).

%% The tracer of another Pluto is a sink like ours.
foreign_tracer(Who, Tracer) ->
    case is_pid(Tracer) andalso node(Tracer) =:= node() andalso process_info(Tracer, initial_call) of
        {initial_call, {Module, sink, 1}} ->
            case atom_to_list(Module) of
                "pluto_agent_" ++ _ -> {other_pluto, Module};
                _ -> {foreign_tracer, Who, Tracer}
            end;
        _ -> {foreign_tracer, Who, Tracer}
    end.

first_traced([]) -> none;
first_traced([Pid | Pids]) ->
    case erlang:trace_info(Pid, tracer) of
        {tracer, Tracer} when Tracer =/= [] -> {Pid, Tracer};
        _ -> first_traced(Pids)
    end.

leftover_patterns(Module) ->
    try Module:module_info(functions) of
        Functions -> [{Module, F, A} || {F, A} <- Functions,
                                        lists:member(erlang:trace_info({Module, F, A}, traced),
                                                     [{traced, local}, {traced, global}])]
    catch
        error:_ -> []
    end.

restore_functions(Functions, #g{session = Session, sink = Sink, ledger = Ledger} = G) ->
    lists:foreach(fun(MFA) -> undo_entry(Session, Sink, {function, MFA, saved(MFA, Ledger)}) end, Functions),
    forget(G, [{function, MFA} || MFA <- Functions]).

set_functions(Specs, #g{session = Session, ledger = Ledger} = G) ->
    Entries = [{function, MFA, save_function(Session, MFA)} || {MFA, _, _} <- Specs,
                                                               saved(MFA, Ledger) =:= none],
    G1 = enter(G, Entries),
    lists:foldl(fun set_function/2, G1, Specs).

set_function({MFA, Spec, Flags}, #g{session = Session, found = Found} = G) ->
    try set_pattern(Session, MFA, Spec, Flags) of
        0 ->
            {N, Items} = maps:get(missing, Found, {0, []}),
            G#g{found = Found#{missing => {N + 1, lists:sublist([MFA | Items], ?REPLY_ITEMS)}}};
        _ -> found(functions, 1, G)
    catch
        error:_ -> throw({refuse, {bad_match_spec, MFA}})
    end.

%%% ------------------------------------------------------------------------------------------------------------
%%% Changing a plan
%%% ------------------------------------------------------------------------------------------------------------

begin_adjust(Id, Plan0, #g{plan = Old} = G) ->
    case check_plan(Plan0) of
        {ok, #{rate := Rate}} when Rate =/= map_get(rate, Old) ->
            reply(G, Id, {error, {not_adjustable, rate}});
        {ok, Plan} ->
            Steps = [limits] ++ adjust_steps(Old, Plan) ++ [armed],
            (unhurried(G))#g{request = Id, plan = Plan, work = Steps, found = #{started => now_ms()}};
        {error, Reason} -> reply(G, Id, {error, Reason})
    end.

adjust_steps(Old, New) ->
    Specs = maps:from_list([{MFA, {Spec, Flags}} || {MFA, Spec, Flags} <- map_get(functions, Old)]),
    Wanted = maps:from_list([{MFA, []} || {MFA, _, _} <- map_get(functions, New)]),
    Gone = [MFA || {MFA, _, _} <- map_get(functions, Old), not is_map_key(MFA, Wanted)],
    Changed = [F || {MFA, Spec, Flags} = F <- map_get(functions, New),
                    maps:get(MFA, Specs, none) =/= {Spec, Flags}],
    Messages = [{message_pattern, Kind, maps:get(Kind, New)}
                || Kind <- [send, 'receive'], maps:get(Kind, New) =/= maps:get(Kind, Old),
                   maps:get(Kind, New) =/= default],
    [{restore_functions, Gone}] ++ Messages ++ adjust_process_steps(Old, New) ++ [{functions, Changed}].

adjust_process_steps(Old, New) ->
    Keys = [processes, new, flags],
    case maps:with(Keys, Old) =:= maps:with(Keys, New) of
        true -> [];
        false ->
            Clear = case map_get(processes, Old) of
                        all -> all;
                        Pids -> chunks(Pids)
                    end,
            [clear_new || map_get(new, Old)] ++ [{clear_flags, Clear}]
                ++ process_steps(map_get(processes, New), map_get(new, New))
    end.

%% Other match specs for functions of the plan, and nothing else: this comes while the functions are called, unasked
%% by any user.
begin_specs(Id, Specs, #g{plan = #{functions := Functions}} = G) ->
    Known = maps:from_list([{MFA, []} || {MFA, _, _} <- Functions]),
    case is_list(Specs) andalso [S || S <- Specs, not (is_function_spec(S) andalso is_map_key(element(1, S), Known))] of
        [] ->
            (unhurried(G))#g{request = Id, work = [{specs, Specs}, specs_set], found = #{started => now_ms()}};
        false -> reply(G, Id, {error, {bad_plan, Specs}});
        [First | _] -> reply(G, Id, {error, {bad_plan, First}})
    end.

%% A function without a pattern is of a module that was just reloaded: it gets this one with the module's others, and
%% the gap is told then.
set_spec({MFA, Spec, Flags}, #g{session = Session} = G) ->
    try not is_patterned(Session, MFA) orelse set_pattern(Session, MFA, Spec, Flags) of
        _ -> found(functions, 1, replace_spec({MFA, Spec, Flags}, G))
    catch
        error:_ -> G
    end.

replace_spec({MFA, _, _} = Spec, #g{plan = #{functions := Functions} = Plan} = G) ->
    G#g{plan = Plan#{functions := lists:keyreplace(MFA, 1, Functions, Spec)}}.

%%% ------------------------------------------------------------------------------------------------------------
%%% Counting calls without tracing them
%%% ------------------------------------------------------------------------------------------------------------

begin_count(Id, Functions, Ms, #g{session = Session} = G) ->
    Bad = [F || F <- Functions, not is_function_name(F)],
    case Bad =:= [] andalso [MFA || MFA <- Functions, is_integer(call_count(Session, MFA))] of
        false ->
            reply(G, Id, {error, {bad_function, hd(Bad)}});
        [] ->
            G1 = enter(G, [{count, MFA} || MFA <- Functions]),
            Set = [MFA || MFA <- Functions, set_count(Session, MFA, true) > 0],
            G1#g{count = {Id, Set, erlang:monotonic_time(microsecond), now_ms() + Ms + 1}};
        [MFA | _] ->
            reply(G, Id, {error, {counter_in_use, MFA}})
    end.

%% Where counting could not begin.
drop_counts(#g{count = none, session = Session, ledger = Ledger} = G) ->
    case [MFA || {count, MFA} <- Ledger] of
        [] -> G;
        Functions ->
            lists:foreach(fun(MFA) -> catch set_count(Session, MFA, false) end, Functions),
            forget(G, [count])
    end;
drop_counts(G) ->
    G.

count_tick(Now, #g{count = {Id, Functions, Since, Until}, session = Session} = G) when Now >= Until ->
    Calls = [{MFA, N} || MFA <- Functions, is_integer(N = call_count(Session, MFA))],
    Took = erlang:monotonic_time(microsecond) - Since,
    lists:foreach(fun(MFA) -> set_count(Session, MFA, false) end, Functions),
    reply(forget(G#g{count = none}, [count]), Id, {counted, Took, Calls});
count_tick(_, G) ->
    G.

%%% ------------------------------------------------------------------------------------------------------------
%%% Rates
%%% ------------------------------------------------------------------------------------------------------------

%% {one_in, N}: the match specs count in the control word themselves. {per_s, N}: they take credits from it.
%% {once, N}: N credits and no more.
credits({one_in, _}) -> {0, infinity};
credits({once, N}) -> {N, infinity};
credits({per_s, N}) -> {element(1, refill(N)), now_ms() + element(2, refill(N))}.

refill(N) when N >= 1000 div ?REFILL_MS -> {N * ?REFILL_MS div 1000, ?REFILL_MS};
refill(N) -> {1, 1000 div N}.

refill_tick(Now, #g{refill_at = At, plan = #{rate := {per_s, N}}, phase = armed} = G) when Now >= At ->
    {Credits, Ms} = refill(N),
    erlang:system_flag(trace_control_word, Credits),
    G#g{refill_at = Now + Ms};
refill_tick(_, G) ->
    G.

%%% ------------------------------------------------------------------------------------------------------------
%%% Modules that were reloaded: that removes their patterns, so they are set again
%%% ------------------------------------------------------------------------------------------------------------

reload_tick(Now, #g{reload_at = At, phase = armed, work = []} = G) when Now >= At ->
    #g{plan = #{functions := Specs}, session = Session, reloaded = Known} = G,
    ByModule = lists:foldr(fun({{M, _, _}, _, _} = Spec, Map) -> Map#{M => Spec} end, #{}, Specs),
    Time = erlang:monotonic_time(nanosecond),
    Lost = [M || {M, {MFA, _, _}} <- maps:to_list(ByModule), not is_patterned(Session, MFA)],
    Seen = maps:from_list([{M, Time} || M <- maps:keys(ByModule) -- Lost]),
    G1 = G#g{reload_at = Now + ?RELOAD_MS, reloaded = maps:merge(Known, Seen)},
    lists:foldl(fun module_reloaded/2, G1, Lost);
reload_tick(_, G) ->
    G.

module_reloaded(Module, #g{plan = #{functions := Specs}, reloaded = Known} = G) ->
    Mine = [Spec || {{M, _, _}, _, _} = Spec <- Specs, M =:= Module],
    %% The reload also removed what was there before us: there is nothing of it to restore.
    G1 = enter(forget(G, [{function, MFA} || {MFA, _, _} <- Mine]), [{function, MFA, false} || {MFA, _, _} <- Mine]),
    Set = lists:sum([try set_pattern(G1#g.session, MFA, Spec, Flags) catch error:_ -> 0 end
                     || {MFA, Spec, Flags} <- Mine]),
    Time = erlang:monotonic_time(nanosecond),
    case Set of
        0 -> G1;
        _ ->
            G2 = tell(G1, {pluto_gap, module_reload, unknown, maps:get(Module, Known, undefined), Time}),
            G2#g{reloaded = Known#{Module => Time}}
    end.

%%% ------------------------------------------------------------------------------------------------------------
%%% The ledger
%%% ------------------------------------------------------------------------------------------------------------

enter(G, []) -> G;
enter(#g{janitor = Janitor, ledger = Ledger} = G, Entries) ->
    Janitor ! {pluto_ledger, self(), Entries},
    Now = lists:reverse(Entries, Ledger),
    put(ledger, Now),
    G#g{ledger = Now}.

%% The state before a step that was given up, with what the step had already entered.
recovered(G) ->
    G#g{ledger = case get(ledger) of undefined -> []; Ledger -> Ledger end}.

%% Forgets entries by key; the janitor gets the whole ledger anew, after the change was made.
forget(#g{janitor = Janitor, ledger = Ledger} = G, Keys) ->
    Gone = maps:from_list([{Key, []} || Key <- Keys]),
    {Undone, Kept} = lists:partition(fun(Entry) -> is_map_key(entry_key(Entry), Gone) end, Ledger),
    Janitor ! {pluto_ledger_is, self(), Kept},
    put(ledger, Kept),
    G#g{ledger = Kept, past = latest(Undone ++ G#g.past)}.

entry_key({function, MFA, _}) -> {function, MFA};
entry_key({message_pattern, Kind, _}) -> {message_pattern, Kind};
entry_key({processes, _}) -> processes;
entry_key({count, _}) -> count;
entry_key({control_word, _}) -> control_word;
entry_key(Entry) -> Entry.

saved(MFA, Ledger) ->
    case [Saved || {function, F, Saved} <- Ledger, F =:= MFA] of
        [Saved | _] -> Saved;
        [] -> none
    end.

new_janitor(#g{options = #{forms := Forms, bindings := Bindings}} = G) ->
    Adopt = {adopt, self(), G#g.sink, G#g.ledger},
    {Janitor, Ref} = spawn_monitor(erl_eval, exprs, [Forms, [{'Adopt', Adopt} | Bindings]]),
    clear_flags(G#g.session, G#g.sink, Janitor),
    G#g{janitor = Janitor, janitor_ref = Ref, excluded = [Janitor | G#g.excluded]}.

%%% ------------------------------------------------------------------------------------------------------------
%%% The end
%%% ------------------------------------------------------------------------------------------------------------

%% Undoes everything and keeps the guardian and the sink.
disarm(#g{session = Session, sink = Sink, ledger = Ledger} = G0) ->
    G = unhurried(G0),
    undo(Session, Sink, Ledger),
    process_flag(priority, high),
    Fresh = case Session of
                legacy -> legacy;
                {session, _} -> open_session(Sink)
            end,
    (G#g.janitor) ! {pluto_ledger_is, self(), []},
    put(ledger, []),
    G#g{ledger = [], past = latest(Ledger ++ G#g.past), session = Fresh, sessions = weak(Fresh) ++ G#g.sessions,
        refill_at = infinity, reload_at = infinity, count = none}.

finish(#g{session = Session, sink = Sink, ledger = Ledger} = G0, Why) ->
    G = unhurried(G0),
    barrier(Session, Why),
    undo(Session, Sink, Ledger),
    case Why of
        client_lost -> exit(Sink, kill);
        _ ->
            %% Destroying a session and listing the processes each visit them all: not in one go.
            pause(),
            Proof = left(G),
            last_words(Why, Proof#{sink => finish_sink(G)}, G)
    end,
    hand_over(G#g{ledger = []}),
    exit(normal).

last_words({reply, Id}, Proof, G) ->
    post_last(reply(G, Id, {stopped, Proof}), 50);
last_words({asked, From, Ref}, Proof, G) ->
    post_last(tell(G, {pluto_undone, asked, Proof}), 50),
    answer(From, {pluto_stopped, Ref, Proof}, 50);
last_words(sink_lost, Proof, G) ->
    post_last(tell(G, {pluto_undone, sink_lost, Proof}), 50);
last_words(lease, Proof, G) ->
    Ms = lease_ms(G#g.options),
    post_last(tell(limit(G, lease, Ms, Ms), {pluto_undone, lease, Proof}), 1).

%% To another client than ours, never waiting either.
answer(_, _, 0) -> ok;
answer(To, Message, Tries) ->
    case erlang:send(To, Message, [nosuspend, noconnect]) of
        nosuspend -> receive after ?RETRY_MS -> answer(To, Message, Tries - 1) end;
        _ -> ok
    end.

%% There is a janitor that unloads this module, and another process that does it should the janitor be killed.
hand_over(#g{janitor = Janitor, janitor_ref = JanitorRef} = G) ->
    Ref = make_ref(),
    Janitor ! {pluto_over, self(), Ref},
    receive
        {pluto_over, Ref} -> ok;
        {'DOWN', JanitorRef, process, _, _} -> hand_over(new_janitor(G))
    after 5000 -> ok
    end.

%% Events that were made before tracing was switched off are in the sink's queue after this.
barrier(Session, Why) when is_tuple(Why) ->
    Ref = case Session of
              legacy -> erlang:trace_delivered(all);
              {session, S} -> trace:delivered(S, all)
          end,
    receive {trace_delivered, all, Ref} -> ok after 1000 -> ok end;
barrier(_, _) ->
    ok.

finish_sink(#g{sink_ref = gone}) ->
    lost;
finish_sink(#g{sink = Sink, sink_ref = SinkRef}) ->
    Ref = make_ref(),
    Sink ! {pluto_finish, self(), Ref},
    receive
        {pluto_finished, Ref, Final} -> Final;
        {'DOWN', SinkRef, process, _, _} -> lost
    after 5000 ->
        Queue = queue_length(Sink),
        exit(Sink, kill),
        #{lost => Queue}
    end.

%% Undoes a ledger. Also called by the janitor where the guardian is dead; then the session, where there was one,
%% died with it. What stops events comes first.
undo(orphan, Sink, Ledger) ->
    undo(case erlang:module_loaded(trace) of true -> destroyed; false -> legacy end, Sink, Ledger);
undo(Session, Sink, Ledger) ->
    case Session of
        {session, S} -> pause(), _ = (catch trace:session_destroy(S));
        _ -> ok
    end,
    Order = [E || {message_pattern, _, _} = E <- Ledger] ++ [E || {function, _, _} = E <- Ledger]
        ++ [E || {count, _} = E <- Ledger] ++ [new || lists:member(new, Ledger)]
        ++ [E || {processes, _} = E <- Ledger] ++ [all_processes || lists:member(all_processes, Ledger)]
        ++ [E || {control_word, _} = E <- Ledger],
    lists:foreach(fun(Entry) -> catch undo_entry(undo_session(Session), Sink, Entry) end, Order).

undo_session({session, _}) -> destroyed;
undo_session(Session) -> Session.

undo_entry(_, _, {control_word, Saved}) -> erlang:system_flag(trace_control_word, Saved);
undo_entry(destroyed, _, _) -> ok;
undo_entry({session, S}, _, {function, MFA, _}) -> trace:function(S, MFA, false, [local]);
undo_entry(legacy, _, {message_pattern, Kind, Saved}) -> erlang:trace_pattern(Kind, Saved, []);
undo_entry(legacy, _, {function, MFA, Saved}) -> restore_function(MFA, Saved);
undo_entry(legacy, _, {count, MFA}) -> erlang:trace_pattern(MFA, false, [call_count]);
undo_entry(legacy, Sink, new) -> clear_new(legacy, Sink);
undo_entry(legacy, Sink, {processes, Pids}) -> each_process(fun(P) -> clear_flags(legacy, Sink, P) end, chunks(Pids));
undo_entry(legacy, Sink, all_processes) -> each_process(fun(P) -> clear_flags(legacy, Sink, P) end, list_processes()).

%% Reads back everything that was ever set, and tells what differs from before. Where something was set twice, what
%% was there before the last time counts.
left(#g{session = Session, sessions = Weak, sink = Sink, ledger = Ledger, past = Past}) ->
    Mode = case Session of
               legacy -> legacy;
               {session, _} -> {sessions, Weak}
           end,
    Entries = latest(Ledger ++ Past),
    Functions = length([E || {function, _, _} = E <- Entries]),
    Chunks = case lists:member(all_processes, Entries) of
                 true -> list_processes();
                 false -> chunks(lists:usort(lists:append([P || {processes, P} <- Entries])))
             end,
    {Processes, Traced} = lists:foldl(fun(Chunk, {N, Found}) ->
                                              erlang:yield(),
                                              Pids = pids(Chunk),
                                              {N + length(Pids),
                                               [P || P <- Pids, is_traced_by(Mode, Sink, P)] ++ Found}
                                      end, {0, []}, Chunks),
    Left = lists:append([left_entry(Mode, Sink, E) || E <- Entries]) ++ [{process, P} || P <- Traced],
    #{functions => Functions, processes => Processes, left_count => length(Left),
      left => lists:sublist(Left, ?REPLY_ITEMS)}.

%% The newest entry of each thing; newest first.
latest(Entries) -> latest(Entries, #{}).

latest([], _) -> [];
latest([Entry | Entries], Seen) ->
    case thing(Entry) of
        Thing when is_map_key(Thing, Seen) -> latest(Entries, Seen);
        Thing -> [Entry | latest(Entries, Seen#{Thing => []})]
    end.

thing({count, _} = Entry) -> Entry;
thing({processes, _} = Entry) -> Entry;
thing(Entry) -> entry_key(Entry).

left_entry(_, _, {control_word, Saved}) ->
    case erlang:system_info(trace_control_word) of
        Saved -> [];
        Word -> [{control_word, Word}]
    end;
left_entry(legacy, _, {function, MFA, Saved}) ->
    case save_function(legacy, MFA) of
        Saved -> [];
        Now -> [{function, MFA, Now}]
    end;
left_entry(legacy, _, {message_pattern, Kind, Saved}) ->
    case erlang:trace_info(Kind, match_spec) of
        {match_spec, Saved} -> [];
        _ -> [{message_pattern, Kind}]
    end;
left_entry(legacy, Sink, new) ->
    case erlang:trace_info(new_processes, tracer) of
        {tracer, Sink} -> [new];
        _ -> []
    end;
left_entry(legacy, _, {count, MFA}) ->
    [{count, MFA} || is_integer(call_count(legacy, MFA))];
left_entry({sessions, Weak}, _, {function, MFA, _}) -> [{function, MFA} || in_session(Weak, MFA)];
left_entry({sessions, Weak}, _, {message_pattern, Kind, _}) -> [{message_pattern, Kind} || in_session(Weak, Kind)];
left_entry({sessions, Weak}, _, new) -> [new || in_session(Weak, new_processes)];
left_entry({sessions, Weak}, _, {count, MFA}) -> [{count, MFA} || in_session(Weak, MFA)];
left_entry(_, _, _) -> [].

in_session(Weak, What) ->
    case catch trace:session_info(What) of
        {_, Sessions} when is_list(Sessions) -> lists:any(fun(S) -> lists:member(S, Weak) end, Sessions);
        _ -> false
    end.

is_traced_by(legacy, Sink, Pid) -> erlang:trace_info(Pid, tracer) =:= {tracer, Sink};
is_traced_by({sessions, Weak}, _, Pid) -> in_session(Weak, Pid).

%%% ------------------------------------------------------------------------------------------------------------
%%% Small things
%%% ------------------------------------------------------------------------------------------------------------

%% To the client, never waiting: a guardian that is suspended by a busy connection guards nothing. What the
%% connection does not take is tried again at each tick, in order.
tell(#g{outbox = Outbox} = G, Message) ->
    post(G#g{outbox = [Message | Outbox]}).

reply(G, Id, Reply) ->
    tell(G, {pluto, Id, Reply}).

%% Like tell, for what is worth nothing later.
tell_now(#g{client = Client}, Message) ->
    erlang:send(Client, Message, [nosuspend, noconnect]).

post(#g{outbox = []} = G) -> G;
post(#g{outbox = Outbox} = G) -> G#g{outbox = lists:reverse(post_all(lists:reverse(Outbox), G))}.

post_all([], _) -> [];
post_all([Message | Rest] = All, G) ->
    case tell_now(G, Message) of
        ok -> post_all(Rest, G);
        _ -> All
    end.

%% At the end: for half a second.
post_last(#g{outbox = []}, _) -> ok;
post_last(_, 0) -> ok;
post_last(G, Tries) ->
    receive after ?RETRY_MS -> post_last(post(G), Tries - 1) end.

pause() -> receive after 2 -> ok end.

lease_ms(Options) -> maps:get(lease_ms, Options, ?LEASE_MS).

now_ms() -> erlang:monotonic_time(millisecond).
