%% Takes orders: price, stock, payment, one after the other, one order at a time.
-module(shop_orders).
-behaviour(gen_server).

-export([start_link/0, place_order/2, counts/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-type order() :: #{item := atom(), quantity := pos_integer(), card := {atom(), binary()}}.
-type failure() :: unknown_item | out_of_stock | declined | payment_crashed.

%% A customer waits for as long as it takes: the queue is what one wants to see.
-define(PATIENCE, infinity).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

%% Places an order and returns its number.
-spec place_order(Customer :: pos_integer(), order()) -> {ok, pos_integer()} | {error, failure()}.
place_order(Customer, Order) ->
    gen_server:call(?MODULE, {place_order, Customer, Order}, ?PATIENCE).

%% Orders placed and failed since the start.
-spec counts() -> #{placed := non_neg_integer(), failed := non_neg_integer()}.
counts() ->
    gen_server:call(?MODULE, counts, ?PATIENCE).

init([]) ->
    {ok, #{next => 1, placed => 0, failed => 0}}.

handle_call({place_order, Customer, Order}, _From, #{next := Number} = State) ->
    Outcome = process_order(Number, Customer, Order),
    ok = shop_audit:note(Number, Outcome),
    {reply, Outcome, count(Outcome, State#{next := Number + 1})};
handle_call(counts, _From, State) ->
    {reply, maps:with([placed, failed], State), State}.

handle_cast(_Message, State) ->
    {noreply, State}.

%% A late answer of a payment that crashed or was replaced.
handle_info(_Message, State) ->
    {noreply, State}.

process_order(Number, _Customer, #{item := Item, quantity := Quantity, card := Card}) ->
    case shop_cache:price(Item) of
        {ok, Price} ->
            case shop_stock:reserve(Item, Quantity) of
                ok -> pay(Number, Item, Quantity, Card, total_price(Price, Quantity));
                {error, Reason} -> {error, Reason}
            end;
        {error, Reason} -> {error, Reason}
    end.

pay(Number, Item, Quantity, Card, Amount) ->
    try shop_payment:charge(Card, Amount) of
        {ok, _Receipt} ->
            {ok, Number};
        {error, declined} ->
            ok = shop_stock:release(Item, Quantity),
            {error, declined}
    catch
        exit:_Reason ->
            ok = shop_stock:release(Item, Quantity),
            {error, payment_crashed}
    end.

total_price(Price, Quantity) when Quantity >= 10 -> Price * Quantity * 9 div 10;
total_price(Price, Quantity) -> Price * Quantity.

count({ok, _Number}, #{placed := Placed} = State) -> State#{placed := Placed + 1};
count({error, _Reason}, #{failed := Failed} = State) -> State#{failed := Failed + 1}.
