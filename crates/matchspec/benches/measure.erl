-module(measure).
-export([f/0, f/1, f/2, f/6, f/3, run/5]).

f() -> ok.
f(_) -> ok.
f(_, _) -> ok.
f(_, _, _) -> ok.
f(_, _, _, _, _, _) -> ok.

%% Nanoseconds per call as the calling process sees them, for each way of tracing the least of all rounds. The ways
%% take turns within a round, so that a slow moment of the machine does not fall on one of them.
run(Arity, Arguments, Ways, Rounds, Calls) ->
    Measured = [[once(Arity, Arguments, Way, Calls) || Way <- Ways] || _ <- lists:seq(1, Rounds)],
    [lists:min([lists:nth(N, Round) || Round <- Measured]) || N <- lists:seq(1, length(Ways))].

once(Arity, Arguments, Way, Calls) ->
    Me = self(),
    Sink = spawn_opt(fun sink/0, [{message_queue_data, off_heap}]),
    Worker = spawn_opt(fun() ->
        receive go -> ok end,
        loop(Calls div 10, Arity, Arguments),
        erlang:garbage_collect(),
        Start = erlang:monotonic_time(),
        loop(Calls, Arity, Arguments),
        Me ! {took, erlang:monotonic_time() - Start}
    end, [{min_heap_size, 200000}]),
    case Way of
        untraced -> ok;
        {Spec, Flags} ->
            1 = erlang:trace_pattern({measure, f, Arity}, Spec, [local]),
            1 = erlang:trace(Worker, true, [{tracer, Sink} | Flags])
    end,
    Worker ! go,
    Took = receive {took, Native} -> erlang:convert_time_unit(Native, native, nanosecond) end,
    %% The next measurement begins when the sink has nothing left to do.
    Sink ! {stop, Me},
    receive stopped -> ok end,
    erlang:trace_pattern({measure, f, Arity}, false, [local]),
    Took / Calls.

sink() ->
    receive {stop, From} -> From ! stopped; _ -> sink() end.

loop(0, _, _) -> ok;
loop(N, 0, A) -> measure:f(), loop(N - 1, 0, A);
loop(N, 1, {A} = T) -> measure:f(A), loop(N - 1, 1, T);
loop(N, 2, {A, B} = T) -> measure:f(A, B), loop(N - 1, 2, T);
loop(N, 3, {A, B, C} = T) -> measure:f(A, B, C), loop(N - 1, 3, T);
loop(N, 6, {A, B, C, D, E, F} = T) -> measure:f(A, B, C, D, E, F), loop(N - 1, 6, T).
