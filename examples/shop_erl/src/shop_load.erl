%% Customers: many processes that place orders at a given rate altogether.
-module(shop_load).

-export([run/1, start/1, stop/0]).

-type options() :: #{
    rate => pos_integer(),          % orders a second, of all customers together
    seconds => pos_integer(),
    clients => pos_integer(),       % customers, one process each
    slow => pos_integer() | never,  % one order in so many is paid by a slow bank
    crash => pos_integer() | never  % one order in so many has a card that crashes payment
}.
-type result() :: #{ok := non_neg_integer(), failed := #{atom() => pos_integer()}, late := non_neg_integer()}.

-export_type([options/0, result/0]).

-define(DEFAULTS, #{rate => 500, seconds => 10, clients => 1000, slow => 100, crash => 1000}).

%% Runs customers to their end and sums up: orders that went well, failed by reason, and orders that were not placed
%% in time because an earlier one of the same customer still waited.
-spec run(options()) -> result().
run(Options) ->
    #{rate := Rate, seconds := Seconds, clients := Clients} = Plan = maps:merge(?DEFAULTS, Options),
    Start = erlang:monotonic_time(microsecond),
    Total = Rate * Seconds,
    Monitors = [
        begin
            Orders = lists:seq(Client, Total, Clients),
            {_Pid, Monitor} = spawn_monitor(fun() -> exit({done, client(Client, Orders, Start, Plan)}) end),
            Monitor
        end
        || Client <- lists:seq(1, min(Clients, Total))
    ],
    collect(Monitors, #{ok => 0, failed => #{}, late => 0}).

%% The same in the background.
-spec start(options()) -> pid().
start(Options) ->
    Pid = spawn(fun() -> run(Options) end),
    true = register(?MODULE, Pid),
    Pid.

%% Ends what `start/1' started; customers that are under way finish their orders.
-spec stop() -> ok.
stop() ->
    case whereis(?MODULE) of
        undefined -> ok;
        Pid ->
            Monitor = monitor(process, Pid),
            exit(Pid, kill),
            receive {'DOWN', Monitor, process, Pid, _Reason} -> ok end
    end.

collect([], Result) ->
    Result;
collect([Monitor | Rest], Result) ->
    receive
        {'DOWN', Monitor, process, _Pid, {done, Counts}} -> collect(Rest, add(Counts, Result));
        {'DOWN', Monitor, process, _Pid, Reason} -> error({client_crashed, Reason})
    end.

add(#{ok := OkA, failed := FailedA, late := LateA}, #{ok := OkB, failed := FailedB, late := LateB}) ->
    Failed = maps:fold(fun count_up/3, FailedB, FailedA),
    #{ok => OkA + OkB, failed => Failed, late => LateA + LateB}.

count_up(Reason, Count, Failed) ->
    maps:update_with(Reason, fun(Before) -> Before + Count end, Count, Failed).

client(Client, Orders, Start, Plan) ->
    client(Client, Orders, Start, Plan, #{ok => 0, failed => #{}, late => 0}).

client(_Client, [], _Start, _Plan, Counts) ->
    Counts;
client(Client, [Order | Rest], Start, #{rate := Rate} = Plan, Counts) ->
    Late = wait_until(Start + Order * 1000000 div Rate),
    Outcome = shop_orders:place_order(Client, order(Order, Plan)),
    client(Client, Rest, Start, Plan, count(Outcome, Late, Counts)).

count(Outcome, Late, #{late := LateBefore} = Counts) ->
    Counted = Counts#{late := LateBefore + Late},
    case Outcome of
        {ok, _Number} -> maps:update_with(ok, fun(Count) -> Count + 1 end, Counted);
        {error, Reason} -> maps:update_with(failed, fun(Failed) -> count_up(Reason, 1, Failed) end, Counted)
    end.

%% 1 where the moment has passed by more than a tenth of a second.
wait_until(Moment) ->
    case Moment - erlang:monotonic_time(microsecond) of
        Left when Left >= 0 -> timer:sleep(Left div 1000), 0;
        Left when Left < -100000 -> 1;
        _JustPassed -> 0
    end.

%% The same orders for the same numbers, so that two runs can be compared.
order(Number, Plan) ->
    Items = {apple, bread, cheese, coffee, wine},
    #{item => element(Number rem tuple_size(Items) + 1, Items),
      quantity => Number rem 12 + 1,
      card => {bank(Number, Plan), integer_to_binary(4000000000000000 + Number)}}.

bank(Number, #{crash := Crash}) when is_integer(Crash), Number rem Crash =:= 0 -> unreadable;
bank(Number, #{slow := Slow}) when is_integer(Slow), Number rem Slow =:= 0 -> slow_bank;
bank(_Number, _Plan) -> visa.
