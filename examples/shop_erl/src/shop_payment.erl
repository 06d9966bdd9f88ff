%% Charges cards. One kind of card takes long, and one cannot be read, which crashes this server.
-module(shop_payment).
-behaviour(gen_server).

-export([start_link/0, charge/2]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(SLOW_MS, 20).

-type card() :: {visa | slow_bank | unreadable, Number :: binary()}.

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

%% Charges an amount in cents; the receipt is a number that grows. Exits where the server crashes on the card.
-spec charge(card(), Amount :: pos_integer()) -> {ok, Receipt :: pos_integer()} | {error, declined}.
charge(Card, Amount) ->
    gen_server:call(?MODULE, {charge, Card, Amount}).

init([]) ->
    {ok, 0}.

handle_call({charge, Card, Amount}, _From, Receipts) ->
    case authorise(Card, Amount) of
        ok -> {reply, {ok, Receipts + 1}, Receipts + 1};
        {error, declined} -> {reply, {error, declined}, Receipts}
    end.

handle_cast(_Message, Receipts) ->
    {noreply, Receipts}.

handle_info(_Message, Receipts) ->
    {noreply, Receipts}.

authorise({visa, _Number}, Amount) when Amount > 1000000 ->
    {error, declined};
authorise({visa, _Number}, _Amount) ->
    ok;
authorise({slow_bank, Number}, Amount) ->
    ask_slow_bank(Number, Amount);
authorise({unreadable, Number}, _Amount) ->
    error({card_not_readable, Number}).

ask_slow_bank(_Number, _Amount) ->
    timer:sleep(?SLOW_MS),
    ok.
