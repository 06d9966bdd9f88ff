%% Part of pluto_agent.erl: the sink, which carries the traffic.

%%% ------------------------------------------------------------------------------------------------------------
%%% The sink
%%% ------------------------------------------------------------------------------------------------------------

-record(k, {client, guardian, guardian_ref, counters, seq = 0,
            drops = [],                 % since the last batch that was put into `pending`
            pending = {0, []},          % {How many, newest first} of {Drops, Batch, Events}
            max = ?BATCH_EVENTS,        % events per batch, from the size of the last one
            keep = all,                 % all | {Shape, MaxBytes}
            room = infinity,            % events until max_events
            events_per_s = infinity, bytes_per_s = infinity,
            window, window_events = 0, window_bytes = 0,
            hot_at}).                   % when the guardian may be told again what makes most of too many events

sink({Guardian, Client, Counters}) ->
    Ref = erlang:monitor(process, Guardian),
    collect(#k{client = Client, guardian = Guardian, guardian_ref = Ref, counters = Counters,
               window = now_ms() + 1000, hot_at = now_ms()}, [], 0).

%% The hot loop: one cons per event.
collect(#k{max = Max} = K, Batch, N) when N < Max ->
    receive
        Event when element(1, Event) =:= trace_ts -> collected(K, Batch, N, Event);
        Event when element(1, Event) =:= trace -> collected(K, Batch, N, Event);
        Message -> control(Message, K, Batch, N)
    end;
collect(K, Batch, N) ->
    collect(flush(K, Batch, N), [], 0).

collected(#k{keep = all} = K, Batch, N, Event) ->
    collect(K, [Event | Batch], N + 1);
collected(#k{keep = {Tags, Max}} = K, Batch, N, Event) ->
    collect(K, [keep(Event, Tags, Max) | Batch], N + 1).

%% The guardian's marks are the sink's clock: a timer of its own stands still while it is suspended (OTP 29).
control({pluto_mark, Guardian}, #k{guardian = Guardian} = K, Batch, N) ->
    #k{pending = {Waiting, _}} = K1 = flush(K, Batch, N),
    Guardian ! {pluto_drained, Waiting > 0},
    wait(K1);
control({pluto_plan, Plan}, K, Batch, N) ->
    #{keep := Keep, room := Room, events_per_s := Events, bytes_per_s := Bytes} = Plan,
    collect((flush(K, Batch, N))#k{keep = Keep, room = Room, events_per_s = Events, bytes_per_s = Bytes}, [], 0);
control({pluto_finish, Guardian, Ref}, #k{guardian = Guardian} = K, Batch, N) ->
    K1 = last_send(flush(K, Batch, N), 50),
    Guardian ! {pluto_finished, Ref, #{batches => K1#k.seq, events => counters:get(K1#k.counters, ?C_EVENTS),
                                       sent => counters:get(K1#k.counters, ?C_SENT),
                                       drops => drops(K1#k.counters), unreported => K1#k.drops}};
control({'DOWN', Ref, process, _, _}, #k{guardian_ref = Ref} = K, Batch, N) ->
    K1 = flush(K, Batch, N),
    _ = erlang:send(K1#k.client, {pluto_gap, agent_lost, unknown, undefined, erlang:monotonic_time(nanosecond)},
                    [nosuspend, noconnect]);
control(_, K, Batch, N) ->
    collect(K, Batch, N).

%% What comes meanwhile stays in the queue, where the guardian sees it.
wait(#k{guardian = Guardian, guardian_ref = Ref} = K) ->
    receive
        {pluto_go, Guardian} -> collect(K, [], 0);
        {'DOWN', Ref, process, _, _} = Down ->
            %% Behind the events that came before it.
            self() ! Down,
            collect(K, [], 0)
    end.

flush(K, _, 0) ->
    retry(K);
flush(#k{counters = C, room = Room} = K0, Batch, N) ->
    Ordered = lists:reverse(Batch),
    K = case N > Room of
            true -> budget(K0#k{room = 0}, lists:sublist(Ordered, Room), Room);
            false when Room =:= infinity -> budget(K0, Ordered, N);
            false -> budget(K0#k{room = Room - N}, Ordered, N)
        end,
    %% Last, so that what makes most of too many events is told before the guardian sees that they are too many.
    counters:add(C, ?C_EVENTS, N),
    K.

budget(K, _, 0) ->
    K;
budget(#k{counters = C, events_per_s = MaxEvents, bytes_per_s = MaxBytes} = K0, Batch, N) ->
    K = window(K0),
    Bytes = erlang:external_size(Batch),
    PerEvent = max(1, Bytes div N),
    counters:put(C, ?C_EVENT_BYTES, PerEvent),
    K1 = K#k{max = max(1, min(?BATCH_EVENTS, ?BATCH_BYTES div PerEvent)),
             window_events = K#k.window_events + N, window_bytes = K#k.window_bytes + Bytes},
    Over = K1#k.window_events - MaxEvents,
    K2 =
        if
            is_integer(MaxBytes), K1#k.window_bytes > MaxBytes -> retry(over(K1, byte_limit, ?C_BYTE_LIMIT, N, Batch));
            not is_integer(MaxEvents); Over =< 0 -> send_batch(K1, Batch, N);
            Over >= N -> retry(over(K1, event_limit, ?C_EVENT_LIMIT, N, Batch));
            true ->
                Room = N - Over,
                over(send_batch(K1, lists:sublist(Batch, Room), Room), event_limit, ?C_EVENT_LIMIT, Over, Batch)
        end,
    counters:add(C, ?C_BYTES, Bytes),
    K2.

window(#k{window = Until} = K) ->
    case now_ms() of
        Now when Now >= Until -> K#k{window = Now + 1000, window_events = 0, window_bytes = 0};
        _ -> K
    end.

drop(#k{counters = C, drops = Drops} = K, Cause, Cell, N) ->
    counters:add(C, Cell, N),
    K#k{drops = dropped(Cause, N, Drops)}.

%% Drops what is over a limit, and tells what makes most of it, for the guardian to trace it no more.
over(#k{guardian = Guardian, hot_at = At} = K, Cause, Cell, N, Batch) ->
    case now_ms() of
        Now when Now >= At ->
            Guardian ! {pluto_hot, Cause, hottest(Cause, Batch)},
            drop(K#k{hot_at = Now + ?HOT_MS}, Cause, Cell, N);
        _ -> drop(K, Cause, Cell, N)
    end.

%% none, or the function whose calls are most of a batch, with their number or bytes, and those of all calls.
hottest(Cause, Batch) ->
    Weights = lists:foldl(fun(Event, Sum) -> weigh(Cause, Event, Sum) end, #{}, Batch),
    lists:foldl(fun({Name, Weight}, none) -> {Name, Weight, Weight};
                   ({Name, Weight}, {_, Most, All}) when Weight > Most -> {Name, Weight, All + Weight};
                   ({_, Weight}, {Name, Most, All}) -> {Name, Most, All + Weight}
                end, none, maps:to_list(Weights)).

weigh(Cause, Event, Sum) when element(3, Event) =:= call ->
    Name = called(element(1, Event), element(4, Event)),
    Weight = case Cause of
                 event_limit -> 1;
                 byte_limit -> erlang:external_size(Event)
             end,
    Sum#{Name => maps:get(Name, Sum, 0) + Weight};
weigh(_, _, Sum) ->
    Sum.

%% The arity of a call whose arguments were left out is not known.
called(pluto_oversize, {M, F, _}) -> {M, F, '_'};
called(_, {M, F, Arity}) when is_integer(Arity) -> {M, F, Arity};
called(_, {M, F, Arguments}) -> {M, F, length(Arguments)}.

dropped(Cause, N, Drops) ->
    case lists:keyfind(Cause, 1, Drops) of
        {_, Before} -> lists:keyreplace(Cause, 1, Drops, {Cause, Before + N});
        false -> [{Cause, N} | Drops]
    end.

send_batch(#k{pending = {Waiting, _}} = K, _, N) when Waiting >= ?PENDING_BATCHES ->
    retry(drop(K, backpressure, ?C_BACKPRESSURE, N));
send_batch(#k{pending = {Waiting, Batches}, drops = Drops} = K, Batch, N) ->
    retry(K#k{pending = {Waiting + 1, [{Drops, Batch, N} | Batches]}, drops = []}).

%% Sends what waits, oldest first, as far as the connection takes it.
retry(#k{pending = {0, []}} = K) ->
    K;
retry(#k{pending = {_, Batches}} = K) ->
    resend(lists:reverse(Batches), K).

resend([], #k{counters = C} = K) ->
    {memory, Memory} = process_info(self(), memory),
    counters:put(C, ?C_MEMORY, Memory),
    K#k{pending = {0, []}};
resend([{Drops, Batch, N} | Rest] = All, #k{client = Client, counters = C, seq = Seq} = K) ->
    case erlang:send(Client, {pluto_events, Seq, Drops, Batch}, [nosuspend, noconnect]) of
        ok ->
            counters:add(C, ?C_SENT, N),
            counters:add(C, ?C_BATCHES, 1),
            resend(Rest, K#k{seq = Seq + 1});
        _ ->
            K#k{pending = {length(All), lists:reverse(All)}}
    end.

%% Tries for half a second to get rid of what waits; what stays is counted, like drops that no batch has carried.
last_send(#k{pending = {0, []}, drops = []} = K, _) ->
    K;
last_send(#k{pending = {0, []}, drops = Drops, client = Client, seq = Seq} = K, Tries) ->
    case erlang:send(Client, {pluto_events, Seq, Drops, []}, [nosuspend, noconnect]) of
        ok -> K#k{seq = Seq + 1, drops = []};
        _ when Tries > 0 -> receive after ?RETRY_MS -> last_send(K, Tries - 1) end;
        _ -> K
    end;
last_send(#k{pending = {_, Batches}} = K, 0) ->
    lists:foldl(fun({Drops, _, N}, K1) -> unsent(K1, Drops, N) end, K#k{pending = {0, []}}, Batches);
last_send(K, Tries) ->
    case retry(K) of
        #k{pending = {0, []}} = K1 -> last_send(K1, Tries);
        K1 -> receive after ?RETRY_MS -> last_send(K1, Tries - 1) end
    end.

%% Takes back a batch that never went: its events are dropped, and the drops that it would have told are to be told.
unsent(K, Drops, N) ->
    #k{drops = Known} = K1 = drop(K, backpressure, ?C_BACKPRESSURE, N),
    K1#k{drops = lists:foldl(fun({Cause, Before}, Sum) -> dropped(Cause, Before, Sum) end, Known, Drops)}.

sink_plan(#{shape := Tags, max_event_bytes := Max, limits := L}) ->
    Keep = case {Tags, Max} of
               {[], infinity} -> all;
               _ -> {Tags, Max}
           end,
    #{keep => Keep, room => map_get(max_events, L), events_per_s => map_get(events_per_s, L),
      bytes_per_s => map_get(bytes_per_s, L)}.

%%% ------------------------------------------------------------------------------------------------------------
%%% Events that are made smaller
%%% ------------------------------------------------------------------------------------------------------------

%% The first element of the event tells what was done to its term: `pluto_shape`, or `pluto_oversize`, where the term
%% is replaced by the event's size in bytes.
keep(Event, Tags, Max) ->
    case payload_at(element(3, Event)) of
        0 -> Event;
        At ->
            case lists:member(element(3, Event), Tags) of
                true -> reshape(Event, At, fun shape/1, pluto_shape);
                false ->
                    case erlang:external_size(Event) of
                        Size when Size > Max -> reshape(Event, At, fun(_) -> Size end, pluto_oversize);
                        _ -> Event
                    end
            end
    end.

payload_at(send) -> 4;
payload_at(send_to_non_existing_process) -> 4;
payload_at('receive') -> 4;
payload_at(call) -> 4;
payload_at(return_from) -> 5;
payload_at(exception_from) -> 5;
payload_at(spawn) -> 5;
payload_at(spawned) -> 5;
payload_at(exit) -> 4;
payload_at(_) -> 0.

reshape(Event, At, Change, Form) ->
    case {element(3, Event), element(At, Event)} of
        %% The arguments are in what the match spec sends, before the time.
        {call, {_, _, Arity}} when is_integer(Arity), Form =:= pluto_oversize, tuple_size(Event) =:= 6 ->
            setelement(1, setelement(5, Event, Change(element(5, Event))), Form);
        {call, {_, _, Arity}} when is_integer(Arity) -> Event;
        {Tag, {M, F, Arguments}} when Tag =:= call; Tag =:= spawn; Tag =:= spawned ->
            Changed = case Form of
                          pluto_shape when length(Arguments) >= 0 -> [Change(A) || A <- Arguments];
                          _ -> Change(Arguments)
                      end,
            setelement(1, setelement(At, Event, {M, F, Changed}), Form);
        {exception_from, {Class, Reason}} ->
            setelement(1, setelement(At, Event, {Class, Change(Reason)}), Form);
        {_, Term} -> setelement(1, setelement(At, Event, Change(Term)), Form)
    end.

%% Scalars as they are, the shape of the rest; tuples of up to eight elements are followed three levels down, so that
%% the tag of a gen_server call stays readable.
shape(Term) -> shape(Term, 3).

shape(T, Depth) when is_tuple(T), Depth > 0, tuple_size(T) =< 8 ->
    {tuple, [shape(E, Depth - 1) || E <- tuple_to_list(T)]};
shape(T, _) when is_tuple(T), is_atom(element(1, T)) -> {tuple, tuple_size(T), element(1, T)};
shape(T, _) when is_tuple(T) -> {tuple, tuple_size(T)};
shape(M, _) when is_map(M) -> {map, map_size(M)};
shape(B, _) when is_binary(B), byte_size(B) =< 64 -> B;
shape(B, _) when is_bitstring(B) -> {binary, byte_size(B)};
shape([], _) -> [];
shape([alias | R], _) when is_reference(R) -> {alias, R};
shape(L, _) when is_list(L) -> {list};
shape(I, _) when is_integer(I), I < 1 bsl 59, I >= -(1 bsl 59) -> I;
shape(S, _) when is_atom(S); is_float(S); is_pid(S); is_port(S); is_reference(S) -> S;
shape(_, _) -> {other}.
