-module(pluto_bench_subject).
-export([f0/0, f1/1, f2/2, pair/2, f6/6, map/1, tuple/1, binary/1, list/1, large/1, bomb/1]).

f0() -> ok.
f1(_) -> ok.
f2(_, _) -> ok.
pair(_, _) -> ok.
f6(_, _, _, _, _, _) -> ok.
map(_) -> ok.
tuple(_) -> ok.
binary(_) -> ok.
list(_) -> ok.
large(_) -> ok.
bomb(_) -> ok.
