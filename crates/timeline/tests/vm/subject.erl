-module(s).
-compile([export_all, nowarn_export_all]).
%% Functions whose names begin with u are not traced.
leaf(X) -> {leaf, X}.
nest1(X) -> {n1, nest2(X)}.
nest2(X) -> {n2, leaf(X)}.
tail1(X) -> tail2(X).
tail2(X) -> tail3(X).
tail3(X) -> {t3, X}.
nest_tail(X) -> R = tail1(X), {nt, R}.
u_tail(X) -> tail1(X).
loop(0) -> done;
loop(N) -> loop(N - 1).
fact(0) -> 1;
fact(N) -> N * fact(N - 1).
even(0) -> true;
even(N) -> odd(N - 1).
odd(0) -> false;
odd(N) -> even(N - 1).
twice(X) -> leaf(X), leaf(X + 1), ok.
walk([]) -> ok;
walk([H | T]) -> walk(H), walk(T).
raise(X) -> erlang:error({bad, X}).
mid(X) -> {m, raise(X)}.
outer(X) -> {o, mid(X)}.
raise_tail(X) -> raise(X).
u_catch_all(X) -> catch outer(X).
catcher(X) -> _ = (catch outer(X)), _ = leaf(X), ok.
catch_then_tail(X) -> try mid(X) catch _:_ -> leaf(caught), X end, leaf(X).
catch_in_handler(X) -> try mid(X) catch _:_ -> leaf(caught) end.
u_catch(X) -> R = (try outer(X) catch _:_ -> u_leaf(caught) end), leaf(R), X.
u_leaf(X) -> X.
thrower(X) -> throw(X).
rethrow(X) -> try thrower(X) catch throw:R -> throw({re, R}) end.
catch_rethrow(X) -> R = (catch rethrow(X)), {c, R}.
via_untraced(X) -> R = u_mid(X), {via, R}.
via_untraced_twice(X) -> R = u_mid(X), leaf(X), {R, u_mid(X), u_mid(X)}.
u_mid(X) -> R = leaf(X), {um, R}.
via_two(X) -> R = u_two(X), {via, R}.
u_two(X) -> R = via_untraced(X), {um, R}.
tail_to_untraced(X) -> u_mid(X).
map(X) -> u_map(fun(_) -> leaf(X) end, [1, 2]).
u_map(_, []) -> [];
u_map(F, [H | T]) -> [F(H) | u_map(F, T)].
exit_inside(X) -> mid_exit(X), ok.
mid_exit(_) -> exit(normal).
killed_inside(X) -> u_kill(X), ok.
u_kill(_) -> runner ! {kill, self()}, receive never -> ok end.
spawner(X) -> spawn(s, leaf, [X]), ok.
spawn_nested(X) -> spawn(s, nest2, [X]), leaf(X), ok.
