-module(recorder).
-export([run/1]).
%% Runs each case in a fresh traced process and gives its events as a script, one binary for all cases.

cases() -> [{leaf,1},{nest1,1},{tail1,1},{nest_tail,1},{u_tail,1},{loop,2},{fact,2},{even,3},{twice,1},
            {walk,[[],[[]],[]]},{outer,1},{raise_tail,1},{u_catch_all,1},{catcher,1},{catch_then_tail,1},
            {catch_in_handler,1},{u_catch,1},{catch_rethrow,1},{via_untraced,1},{via_untraced_twice,1},{via_two,1},
            {tail_to_untraced,1},{map,1},{exit_inside,1},{spawner,1},{spawn_nested,1}].

mode(calls) -> {true, []};
mode(return_trace) -> {[{'_',[],[{return_trace}]}], []};
mode(exception_trace) -> {[{'_',[],[{exception_trace}]}], []};
mode(return_to) -> {true, [return_to]};
mode(both) -> {[{'_',[],[{exception_trace}]}], [return_to]}.

run(killed) -> {Spec, Flags} = mode(exception_trace), iolist_to_binary(one(Spec, Flags, {killed_inside,1}));
run(Mode) -> {Spec, Flags} = mode(Mode), iolist_to_binary([one(Spec, Flags, Case) || Case <- cases()]).

one(Spec, Flags, {F, A}) ->
    Self = self(),
    catch register(runner, Self),
    Tracer = spawn(fun() -> collect([]) end),
    [erlang:trace_pattern({s, N, 1}, Spec, [local]) || {N, 1} <- s:module_info(functions), not untraced(N)],
    {P, M} = spawn_monitor(fun() -> receive go -> ok end, base(F, A) end),
    erlang:trace(P, true, [call, procs, set_on_spawn, {tracer, Tracer} | Flags]),
    P ! go,
    wait(M),
    Tracer ! {get, Self, P},
    Events = receive {events, L} -> L end,
    erlang:trace_pattern({s, '_', '_'}, false, [local]),
    ["=== ", atom_to_list(F), "\n", [line(E, P, I) || {I, E} <- number(Events)]].

wait(M) -> receive {kill, P} -> exit(P, kill), wait(M); {'DOWN', M, _, _, _} -> ok end.

%% The case ends when the process and what it spawned have ended; every traced process sends an exit event.
collect(L) -> receive {get, To, P} -> finish(lists:reverse(L), To, P); X -> collect([X | L]) end.
finish(L, To, P) ->
    Alive = [P | [C || {trace, _, spawn, C, _} <- L]] -- [E || {trace, E, exit, _} <- L],
    case Alive of
        [] -> To ! {events, by_process(L, P)};
        _ -> receive X -> finish(L ++ [X], To, P) end
    end.
%% The order between processes is free, so the first process goes first.
by_process(L, P) -> [X || X <- L, element(2, X) =:= P] ++ [X || X <- L, element(2, X) =/= P].
number(L) -> lists:zip(lists:seq(1, length(L)), L).

untraced(N) -> case atom_to_list(N) of "u_" ++ _ -> true; "module_info" -> true; "-" ++ _ -> true; _ -> false end.
base(F, A) -> (catch s:F(A)), ok.

line(E, P, I) -> [integer_to_list(I * 10), " ", who(element(2, E), P), " ", what(E, P), "\n"].
who(P, P) -> "P";
who(_, _) -> "C".
what({trace, _, call, {M, F, A}}, _) -> io_lib:format("call ~s/~p ~0p", [mf(M, F), length(A), A]);
what({trace, _, return_from, {M, F, N}, V}, _) -> io_lib:format("return ~s/~p ~0p", [mf(M, F), N, V]);
what({trace, _, exception_from, {M, F, N}, R}, _) -> io_lib:format("exception ~s/~p ~0p", [mf(M, F), N, R]);
what({trace, _, return_to, {M, F, N}}, _) -> io_lib:format("return_to ~s/~p", [mf(M, F), N]);
what({trace, _, return_to, undefined}, _) -> "return_to undefined";
what({trace, _, spawn, C, {M, F, A}}, P) -> io_lib:format("spawn ~s ~s/~p ~0p", [who(C, P), mf(M, F), length(A), A]);
what({trace, _, spawned, C, {M, F, A}}, P) -> io_lib:format("spawned ~s ~s/~p ~0p", [who(C, P), mf(M, F), length(A), A]);
what({trace, _, exit, R}, _) -> io_lib:format("exit ~0p", [R]).
mf(M, F) -> io_lib:format("~s:~s", [M, F]).
