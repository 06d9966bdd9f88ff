%% Writes down every order, more slowly than a busy shop places them: its mailbox grows under load and shrinks after.
-module(shop_audit).
-behaviour(gen_server).

-export([start_link/0, note/2]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(WRITE_MS, 1).
%% Over this many waiting notes, the waiting ones are thrown away and counted.
-define(QUEUE_MAX, 200000).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

-spec note(Order :: pos_integer(), Outcome :: term()) -> ok.
note(Order, Outcome) ->
    gen_server:cast(?MODULE, {note, Order, Outcome}).

init([]) ->
    {ok, #{written => 0, skipped => 0}}.

handle_call(counts, _From, Counts) ->
    {reply, Counts, Counts}.

handle_cast({note, Order, Outcome}, #{written := Written, skipped := Skipped} = Counts) ->
    write(Order, Outcome),
    {noreply, Counts#{written := Written + 1, skipped := Skipped + skip()}}.

handle_info(_Message, Counts) ->
    {noreply, Counts}.

%% As if it went to a disk.
write(_Order, _Outcome) ->
    timer:sleep(?WRITE_MS).

skip() ->
    case process_info(self(), message_queue_len) of
        {message_queue_len, Length} when Length > ?QUEUE_MAX -> skip(0);
        {message_queue_len, _Length} -> 0
    end.

skip(Skipped) ->
    receive
        {'$gen_cast', {note, _Order, _Outcome}} -> skip(Skipped + 1)
    after 0 -> Skipped
    end.
