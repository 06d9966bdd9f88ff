%% Prices, kept in an ETS table that every process reads. A price not in the table is worked out by the owner, which
%% is slow, and the table is emptied every second so that this goes on happening.
-module(shop_cache).
-behaviour(gen_server).

-export([start_link/0, price/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(LIFETIME_MS, 1000).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

%% Price of one piece, in cents.
-spec price(Item :: atom()) -> {ok, pos_integer()} | {error, unknown_item}.
price(Item) ->
    case ets:lookup(?MODULE, Item) of
        [{Item, Price}] -> {ok, Price};
        [] -> gen_server:call(?MODULE, {load_price, Item})
    end.

init([]) ->
    ?MODULE = ets:new(?MODULE, [named_table, protected, {read_concurrency, true}]),
    {ok, empty_later()}.

handle_call({load_price, Item}, _From, State) ->
    case catalogue_price(Item) of
        {ok, Price} ->
            true = ets:insert(?MODULE, {Item, Price}),
            {reply, {ok, Price}, State};
        {error, unknown_item} ->
            {reply, {error, unknown_item}, State}
    end.

handle_cast(_Message, State) ->
    {noreply, State}.

handle_info(empty, _State) ->
    true = ets:delete_all_objects(?MODULE),
    {noreply, empty_later()}.

empty_later() ->
    erlang:send_after(?LIFETIME_MS, self(), empty).

catalogue_price(Item) ->
    Catalogue = [{apple, 30}, {bread, 320}, {cheese, 780}, {coffee, 1250}, {wine, 2400}],
    %% As if the catalogue were asked over the network.
    timer:sleep(2),
    case lists:keyfind(Item, 1, Catalogue) of
        {Item, Price} -> {ok, Price};
        false -> {error, unknown_item}
    end.
