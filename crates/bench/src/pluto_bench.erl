-module(pluto_bench).
-export([start/0, run/4, memory/2, paced/2, bare_start/2, bare_stop/0, bare_count/0, dbg_start/3, dbg_stop/0,
         format_start/1, format_stop/0, crowd/1, hearts_start/0, hearts_take/0, now_ns/0]).

%% The worker is the traced process. It stays on one scheduler, so that the sinks can have the other one, and it makes
%% its arguments at run time: literals are not copied into messages and would hide the cost.
start() ->
    Caller = self(),
    spawn_opt(fun() ->
                      register(pluto_bench_worker, self()),
                      Caller ! ready,
                      worker(arguments())
              end, [{scheduler, 1}]),
    receive ready -> ok end.

arguments() ->
    Number = erlang:unique_integer([positive]) rem 7 + 40,
    #{f0 => none, f1 => Number, f2 => Number,
      pair => self(),
      f6 => {Number, self(), list_to_binary("ABC-" ++ integer_to_list(Number)), Number / 7},
      map => maps:from_list([{id, Number}, {quantity, 3}, {price, 499}, {state, placed}]),
      tuple => list_to_tuple([place_order, Number, 3, 499]),
      binary => binary:copy(<<Number>>, 100),
      list => lists:seq(Number, Number + 9),
      large => lists:seq(1, 22500),
      bomb => lists:foldl(fun(_, Term) -> [Term | Term] end, [], lists:seq(1, 24))}.

worker(Arguments) ->
    receive
        {From, {run, Case, Calls, Chunks, Pause}} ->
            From ! {self(), chunks(Case, maps:get(Case, Arguments), Calls, Chunks, Pause)};
        {From, {memory, Case, Calls}} ->
            From ! {self(), lists:append([[grown(One, maps:get(One, Arguments)) || One <- [f1, Case]]
                                          || _ <- lists:seq(1, Calls)])};
        {From, {paced, Rate, Milliseconds}} ->
            Start = now_ns(),
            From ! {self(), pace(Rate, Start, Start + Milliseconds * 1000000, 0, maps:get(f2, Arguments))}
    end,
    worker(Arguments).

ask(Request) ->
    Worker = whereis(pluto_bench_worker),
    Worker ! {self(), Request},
    receive {Worker, Answer} -> Answer end.

now_ns() -> erlang:monotonic_time(nanosecond).

%% Nanoseconds of each chunk of calls; a pause after each lets the sinks empty their queues.
run(Case, Calls, Chunks, Pause) -> ask({run, Case, Calls, Chunks, Pause}).

chunks(_, _, _, 0, _) -> [];
chunks(Case, Argument, Calls, Chunks, Pause) ->
    Start = now_ns(),
    calls(Case, Calls, Argument),
    Taken = now_ns() - Start,
    receive after Pause -> ok end,
    [Taken | chunks(Case, Argument, Calls, Chunks - 1, Pause)].

%% The bytes by which the node's memory grew in one call, so often, and before each in one with an integer: what else the
%% node does meanwhile, such as emptying the queue of the calls before.
memory(Case, Calls) -> ask({memory, Case, Calls}).

grown(Case, Argument) ->
    %% The worker's heap, which holds all arguments, grows by more when it is collected than a call could take.
    erlang:garbage_collect(),
    Before = erlang:memory(total),
    calls(Case, 1, Argument),
    Grown = erlang:memory(total) - Before,
    receive after 2 -> ok end,
    Grown.

calls(f0, N, _) -> f0(N);
calls(f1, N, A) -> f1(N, A);
calls(f2, N, A) -> f2(N, A);
calls(pair, N, A) -> pair(N, A);
calls(f6, N, {A, B, C, D}) -> f6(N, A, B, C, D);
calls(map, N, A) -> map(N, A);
calls(tuple, N, A) -> tuple(N, A);
calls(binary, N, A) -> binary(N, A);
calls(list, N, A) -> list(N, A);
calls(large, N, A) -> large(N, A);
calls(bomb, N, A) -> bomb(N, A).

f0(0) -> ok;
f0(N) -> pluto_bench_subject:f0(), f0(N - 1).
f1(0, _) -> ok;
f1(N, A) -> pluto_bench_subject:f1(A), f1(N - 1, A).
f2(0, _) -> ok;
f2(N, A) -> pluto_bench_subject:f2(N, A), f2(N - 1, A).
pair(0, _) -> ok;
pair(N, A) -> pluto_bench_subject:pair(placed, A), pair(N - 1, A).
f6(0, _, _, _, _) -> ok;
f6(N, A, B, C, D) -> pluto_bench_subject:f6(N, placed, A, B, C, D), f6(N - 1, A, B, C, D).
map(0, _) -> ok;
map(N, A) -> pluto_bench_subject:map(A), map(N - 1, A).
tuple(0, _) -> ok;
tuple(N, A) -> pluto_bench_subject:tuple(A), tuple(N - 1, A).
binary(0, _) -> ok;
binary(N, A) -> pluto_bench_subject:binary(A), binary(N - 1, A).
list(0, _) -> ok;
list(N, A) -> pluto_bench_subject:list(A), list(N - 1, A).
large(0, _) -> ok;
large(N, A) -> pluto_bench_subject:large(A), large(N - 1, A).
bomb(0, _) -> ok;
bomb(N, A) -> pluto_bench_subject:bomb(A), bomb(N - 1, A).

%% Calls f2/2 at a fixed rate per second; gives the number of calls.
paced(Rate, Milliseconds) -> ask({paced, Rate, Milliseconds}).

pace(Rate, Start, End, Done, Argument) ->
    case now_ns() of
        Now when Now >= End ->
            Done;
        Now ->
            Due = (Now - Start) * Rate div 1000000000,
            f2(Due - Done, Argument),
            receive after 1 -> ok end,
            pace(Rate, Start, End, Due, Argument)
    end.

%% The bare tracer: an off-heap sink that counts.
bare_start(Flags, Spec) ->
    Sink = spawn_opt(fun() -> register(pluto_bench_sink, self()), sink(0) end, [{message_queue_data, off_heap}]),
    bare_pattern(Spec),
    1 = erlang:trace(whereis(pluto_bench_worker), true, [{tracer, Sink} | Flags]),
    ok.

bare_pattern(first_argument) ->
    [erlang:trace_pattern({pluto_bench_subject, Name, Arity}, first_argument(Arity), [local])
     || {Name, Arity} <- pluto_bench_subject:module_info(exports), Name =/= module_info];
bare_pattern(Spec) ->
    erlang:trace_pattern({pluto_bench_subject, '_', '_'}, Spec, [local]).

%% The shortest match spec that sends the first argument.
first_argument(0) -> [];
first_argument(Arity) -> [{['$1' | lists:duplicate(Arity - 1, '_')], [], [{message, '$1'}]}].

bare_count() ->
    Sink = whereis(pluto_bench_sink),
    Sink ! {count, self()},
    receive {Sink, Count} -> Count end.

bare_stop() ->
    Worker = whereis(pluto_bench_worker),
    Sink = whereis(pluto_bench_sink),
    erlang:trace(Worker, false, [all]),
    erlang:trace_pattern({pluto_bench_subject, '_', '_'}, false, [local]),
    Delivered = erlang:trace_delivered(Worker),
    receive {trace_delivered, Worker, Delivered} -> ok end,
    Count = bare_count(),
    exit(Sink, kill),
    Count.

sink(Count) ->
    receive
        {count, From} -> From ! {self(), Count}, sink(Count);
        _ -> sink(Count + 1)
    end.

%% OTP's own `dbg`, with a handler that only counts, with the one that prints, here into the null device, or with a port
%% that writes a file.
dbg_start(Handler, Flags, Spec) ->
    {ok, _} = dbg_tracer(Handler),
    persistent_term:put(pluto_bench_handler, Handler),
    {ok, _} = dbg:p(whereis(pluto_bench_worker), Flags),
    {ok, _} = dbg:tpl(pluto_bench_subject, '_', '_', Spec),
    ok.

dbg_tracer({file, Name}) ->
    dbg:tracer(port, dbg:trace_port(file, Name));
dbg_tracer(counting) ->
    Counter = counter(),
    dbg:tracer(process, {fun(_, State) -> counters:add(Counter, 1, 1), State end, none});
dbg_tracer(printing) ->
    Counter = counter(),
    {ok, Null} = file:open("/dev/null", [write]),
    persistent_term:put(pluto_bench_null, Null),
    dbg:tracer(process, {fun(Event, Out) -> Next = dbg:dhandler(Event, Out), counters:add(Counter, 1, 1), Next end, Null}).

counter() ->
    Counter = counters:new(1, []),
    persistent_term:put(pluto_bench_counter, Counter),
    Counter.

dbg_stop() ->
    Worker = whereis(pluto_bench_worker),
    {ok, _} = dbg:p(Worker, clear),
    Delivered = erlang:trace_delivered(Worker),
    receive {trace_delivered, Worker, Delivered} -> ok end,
    {ok, _} = dbg:ctpl(),
    {ok, Tracer} = dbg:get_tracer(),
    Monitor = monitor(if is_port(Tracer) -> port; true -> process end, Tracer),
    is_port(Tracer) andalso dbg:flush_trace_port(),
    dbg:stop(),
    receive {'DOWN', Monitor, _, Tracer, _} -> ok end,
    dbg_count(persistent_term:get(pluto_bench_handler)).

dbg_count({file, Name}) ->
    {ok, File} = file:open(Name, [read, raw, binary, {read_ahead, 65536}]),
    Count = records(File, 0),
    ok = file:close(File),
    Count;
dbg_count(Handler) ->
    Handler =:= printing andalso file:close(persistent_term:get(pluto_bench_null)),
    counters:get(persistent_term:get(pluto_bench_counter), 1).

%% The events of a trace file. One that is cut short is no event, and a record of what was dropped is none either.
records(File, Count) ->
    case file:read(File, 5) of
        {ok, <<0, Size:32>>} ->
            {ok, <<_:Size/binary>>} = file:read(File, Size),
            records(File, Count + 1);
        {ok, <<1, _Dropped:32>>} -> records(File, Count);
        eof -> Count
    end.

%% What a tracer in a shell does: each event is formatted on the node and printed, here into the null device.
format_start(Flags) ->
    Counter = counter(),
    Caller = self(),
    Tracer = spawn(fun() ->
                           {ok, Null} = file:open("/dev/null", [write]),
                           register(pluto_bench_sink, self()),
                           Caller ! {self(), open},
                           formatter(Null, Counter)
                   end),
    receive {Tracer, open} -> ok end,
    erlang:trace_pattern({pluto_bench_subject, '_', '_'}, [{'_', [], [{return_trace}]}], [local]),
    1 = erlang:trace(whereis(pluto_bench_worker), true, [{tracer, Tracer} | Flags]),
    ok.

formatter(Null, Counter) ->
    receive Event -> io:format(Null, "~p~n", [Event]) end,
    counters:add(Counter, 1, 1),
    formatter(Null, Counter).

format_stop() ->
    Worker = whereis(pluto_bench_worker),
    erlang:trace(Worker, false, [all]),
    erlang:trace_pattern({pluto_bench_subject, '_', '_'}, false, [local]),
    exit(whereis(pluto_bench_sink), kill),
    counters:get(persistent_term:get(pluto_bench_counter), 1).

%% Idle processes.
crowd(Size) ->
    [spawn(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, Size)],
    erlang:system_info(process_count).

%% One heartbeat on each scheduler. It wakes every millisecond and notes each gap of over 2 ms between two wakes.
hearts_start() ->
    Hearts = [spawn_opt(fun() -> heart(now_ns(), []) end, [{scheduler, S}])
              || S <- lists:seq(1, erlang:system_info(schedulers_online))],
    persistent_term:put(pluto_bench_hearts, Hearts),
    length(Hearts).

heart(Last, Gaps) ->
    receive
        {take, From} -> From ! {self(), Gaps}, heart(now_ns(), [])
    after 1 ->
            case now_ns() of
                Now when Now - Last > 2000000 -> heart(Now, [{Last, Now} | Gaps]);
                Now -> heart(Now, Gaps)
            end
    end.

%% The gaps of all heartbeats since the last time, as beginning and end.
hearts_take() ->
    lists:append([begin
                      Heart ! {take, self()},
                      receive {Heart, Gaps} -> Gaps end
                  end || Heart <- persistent_term:get(pluto_bench_hearts)]).
