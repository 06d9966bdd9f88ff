%% How many pieces of each item there are. A delivery comes when an item runs low.
-module(shop_stock).
-behaviour(gen_server).

-export([start_link/0, reserve/2, release/2, level/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(FULL, 1000).
-define(LOW, 100).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

-spec reserve(Item :: atom(), Quantity :: pos_integer()) -> ok | {error, out_of_stock | unknown_item}.
reserve(Item, Quantity) ->
    gen_server:call(?MODULE, {reserve, Item, Quantity}).

-spec release(Item :: atom(), Quantity :: pos_integer()) -> ok.
release(Item, Quantity) ->
    gen_server:cast(?MODULE, {release, Item, Quantity}).

-spec level(Item :: atom()) -> {ok, non_neg_integer()} | {error, unknown_item}.
level(Item) ->
    gen_server:call(?MODULE, {level, Item}).

init([]) ->
    {ok, maps:from_keys([apple, bread, cheese, coffee, wine], ?FULL)}.

handle_call({reserve, Item, Quantity}, _From, Levels) ->
    case Levels of
        #{Item := Level} when Level >= Quantity ->
            {reply, ok, Levels#{Item := deliver(Item, Level - Quantity)}};
        #{Item := _TooLow} ->
            {reply, {error, out_of_stock}, Levels};
        #{} ->
            {reply, {error, unknown_item}, Levels}
    end;
handle_call({level, Item}, _From, Levels) ->
    case Levels of
        #{Item := Level} -> {reply, {ok, Level}, Levels};
        #{} -> {reply, {error, unknown_item}, Levels}
    end.

handle_cast({release, Item, Quantity}, Levels) ->
    {noreply, maps:update_with(Item, fun(Level) -> Level + Quantity end, Levels)}.

handle_info(_Message, Levels) ->
    {noreply, Levels}.

deliver(_Item, Level) when Level < ?LOW -> Level + ?FULL;
deliver(_Item, Level) -> Level.
