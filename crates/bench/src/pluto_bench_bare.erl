%% The least that a tracer can do, on a node that is not ours: call events of all processes, without arguments, to a
%% process that counts them.
-module(pluto_bench_bare).
-export([on/1, off/1]).

on(Functions) ->
    Sink = spawn_opt(fun() -> register(?MODULE, self()), sink(0) end, [{message_queue_data, off_heap}]),
    [1 = erlang:trace_pattern(Function, true, [local]) || Function <- Functions],
    [erlang:trace(Which, true, [call, arity, monotonic_timestamp, {tracer, Sink}]) || Which <- [new_processes, processes]],
    ok.

off(Functions) ->
    Sink = whereis(?MODULE),
    [erlang:trace(Which, false, [all]) || Which <- [new_processes, processes]],
    [erlang:trace_pattern(Function, false, [local]) || Function <- Functions],
    Delivered = erlang:trace_delivered(all),
    receive {trace_delivered, all, Delivered} -> ok end,
    Sink ! {count, self()},
    Count = receive {Sink, Events} -> Events end,
    exit(Sink, kill),
    Count.

sink(Count) ->
    receive
        {count, From} -> From ! {self(), Count};
        _ -> sink(Count + 1)
    end.
