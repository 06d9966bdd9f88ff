%% A small shop: one order goes through orders, stock and payment, each a gen_server.
-module(shop).

-export([start/0, stop/0, status/0]).

-spec start() -> ok.
start() ->
    {ok, _Started} = application:ensure_all_started(shop),
    ok.

-spec stop() -> ok.
stop() ->
    ok = application:stop(shop).

%% What the shop has done since it started, and how long the queue before each server is.
-spec status() -> map().
status() ->
    Queues = maps:from_list(
        [{Name, queue(Name)} || Name <- [shop_orders, shop_stock, shop_payment, shop_audit]]),
    maps:merge(shop_orders:counts(), #{queues => Queues}).

queue(Name) ->
    case whereis(Name) of
        undefined -> down;
        Pid ->
            case process_info(Pid, message_queue_len) of
                {message_queue_len, Length} -> Length;
                undefined -> down
            end
    end.
