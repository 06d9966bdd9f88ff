-module(subject).
-export([f/0, f/1, f/2, f/3, f/6, trace/4, kinds/0, bomb/0, raise/1, with_word/2]).

f() -> ok.
f(X) -> result(X).
f(X, _) -> result(X).
f(X, _, _) -> result(X).
f(X, _, _, _, _, _) -> result(X).

result(raise) -> error(wanted);
result(X) -> X.

raise(X) -> error(X).

%% Calls f with each list of arguments in a traced process (a fun gives them there, so that what they share is not
%% lost on the way), and gives the trace messages without pid and timestamp.
trace(Arity, MatchSpec, Flags, Calls) ->
    Collector = self(),
    Worker = spawn(fun() ->
        receive go -> ok end,
        lists:foreach(fun(Arguments) -> catch apply(subject, f, Arguments) end, calls(Calls))
    end),
    1 = erlang:trace_pattern({subject, f, Arity}, MatchSpec, [local]),
    1 = erlang:trace(Worker, true, Flags),
    Monitor = monitor(process, Worker),
    Worker ! go,
    receive {'DOWN', Monitor, process, _, _} -> ok end,
    Delivered = erlang:trace_delivered(Worker),
    Events = collect(Collector, Worker, Delivered),
    erlang:trace_pattern({subject, f, Arity}, false, [local]),
    Events.

calls(Calls) when is_function(Calls) -> Calls();
calls(Calls) -> Calls.

collect(Collector, Worker, Delivered) ->
    receive
        {trace_delivered, Worker, Delivered} -> [];
        Message when element(1, Message) =:= trace_ts, element(2, Message) =:= Worker ->
            [_, _ | Rest] = lists:droplast(tuple_to_list(Message)),
            [list_to_tuple(Rest) | collect(Collector, Worker, Delivered)]
    end.

%% One term of every kind, and the edges between them.
kinds() ->
    [0, 1, -1, 255, 256, (1 bsl 29) - 1, 1 bsl 29, 1 bsl 31, -(1 bsl 31) - 1, (1 bsl 59) - 1, 1 bsl 59, -(1 bsl 59), -(1 bsl 59) - 1,
     (1 bsl 63) - 1, 1 bsl 63, -(1 bsl 63), -(1 bsl 63) - 1, 1 bsl 64, 1 bsl 5000, -(1 bsl 5000),
     0.0, 1.5, -2.25e300, '_', '$1', '$_', {'_'}, {'$1', 1}, true, false, undefined, 'EXIT', '', nil, list, list_to_atom([16#e4]), list_to_atom([16#4e2d]),
     self(), make_ref(), hd(erlang:ports()), alias(), [], [1], [1, 2, 3], [a, {b}], [a | b], lists:seq(1, 1000),
     <<>>, <<"abc">>, binary:copy(<<"x">>, 64), binary:copy(<<"x">>, 65), binary:copy(<<"x">>, 100000),
     binary:part(binary:copy(<<"x">>, 1000), 10, 20), <<1:3>>, <<1:65>>,
     {}, {1}, {ok}, {true}, {false}, {'EXIT'}, {'EXIT', self(), kill}, {{a}}, {order, 1, 2}, {1, 2, 3}, {"a", b},
     erlang:make_tuple(300, x), erlang:make_tuple(300, 7), #{}, #{a => 1}, maps:from_list([{N, N} || N <- lists:seq(1, 100)]),
     fun() -> ok end, fun lists:seq/2, fun(X) -> X end].

%% 48 words on the heap, 2^25 when copied without sharing.
bomb() -> lists:foldl(fun(_, A) -> [A | A] end, [], lists:seq(1, 24)).

%% Runs a fun with the trace control word at a value, and puts it back.
with_word(Word, Fun) ->
    Before = erlang:system_flag(trace_control_word, Word),
    try Fun() after erlang:system_flag(trace_control_word, Before) end.
