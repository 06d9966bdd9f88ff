%% Part of pluto_agent.erl: what is asked of the VM, on the legacy session and on sessions of our own.

%%% ------------------------------------------------------------------------------------------------------------
%%% Lists of processes
%%%
%%% A list of 200,000 pids on the heap of a process that goes on working is copied by each of its collections, and a
%%% collection stops a scheduler for milliseconds. So another process, whose heap needs no collection, packs the
%%% list into chunks off the heap, and ends.
%%% ------------------------------------------------------------------------------------------------------------

list_processes() -> listed(start_lister()).

%% Starts it before new processes are traced, so that it is not traced itself.
start_lister() ->
    Words = 4 * erlang:system_info(process_count) + 50000,
    spawn_opt(?MODULE, lister, [self()], [monitor, {min_heap_size, Words}]).

listed({Pid, Ref}) ->
    Pid ! {go, self()},
    receive
        {Pid, Chunks} -> erlang:demonitor(Ref, [flush]), Chunks;
        {'DOWN', Ref, process, Pid, _} -> chunks(processes())
    end.

lister(Parent) ->
    Ref = erlang:monitor(process, Parent),
    receive
        {go, Parent} -> Parent ! {self(), packed(processes())};
        {'DOWN', Ref, process, _, _} -> ok
    end.

%% Two words per process for the list, two for its chunks.
packed(Pids) -> packed(Pids, length(Pids), []).

packed(Pids, N, Chunks) when N =< ?PID_CHUNK -> [term_to_binary(Pids) | Chunks];
packed(Pids, N, Chunks) ->
    Chunk = term_to_binary(lists:sublist(Pids, ?PID_CHUNK)),
    packed(lists:nthtail(?PID_CHUNK, Pids), N - ?PID_CHUNK, [Chunk | Chunks]).

pids(Chunk) when is_binary(Chunk) -> binary_to_term(Chunk);
pids(Chunk) -> Chunk.

chunks([]) -> [];
chunks(Pids) ->
    {Chunk, Rest} = split(?PID_CHUNK, Pids),
    [Chunk | chunks(Rest)].

each_process(Do, Chunks) ->
    lists:foreach(fun(Chunk) -> lists:foreach(Do, pids(Chunk)), erlang:yield() end, Chunks).

%%% ------------------------------------------------------------------------------------------------------------
%%% Registered names
%%% ------------------------------------------------------------------------------------------------------------

registered_processes() ->
    maps:from_list([{Name, P} || Name <- lists:sublist(registered(), ?NAMES), P <- [whereis(Name)], is_pid(P)]).

%% The names that were not known, or not as those of these processes.
news(Names, Known) ->
    maps:filter(fun(Name, P) -> maps:get(Name, Known, none) =/= P end, Names).

%%% ------------------------------------------------------------------------------------------------------------
%%% The two ways to trace
%%% ------------------------------------------------------------------------------------------------------------

set_flags(Session, Sink, Pid, Flags, Excluded) ->
    case lists:member(Pid, Excluded) of
        true -> 0;
        false ->
            try
                case Session of
                    legacy -> erlang:trace(Pid, true, [{tracer, Sink} | Flags]);
                    {session, S} -> trace:process(S, Pid, true, Flags)
                end
            catch
                %% It has ended, or on the legacy session another tracer took it after the scan.
                error:_ -> 0
            end
    end.

%% Asks first: switching off somebody else's tracer would work, or would write an error report.
clear_flags(legacy, Sink, Pid) ->
    case erlang:trace_info(Pid, tracer) of
        {tracer, Sink} -> catch erlang:trace(Pid, false, [all, {tracer, Sink}]);
        _ -> 0
    end;
clear_flags({session, S}, _, Pid) ->
    catch trace:process(S, Pid, false, [all]).

set_new(legacy, Sink, On, Flags) -> erlang:trace(new_processes, On, [{tracer, Sink} | Flags]);
set_new({session, S}, _, On, Flags) -> trace:process(S, new, On, Flags).

clear_new(legacy, Sink) ->
    case erlang:trace_info(new_processes, tracer) of
        {tracer, Other} when Other =/= Sink, Other =/= [] -> ok;
        _ -> erlang:trace(new_processes, false, [all])
    end;
clear_new({session, S}, _) ->
    trace:process(S, new, false, [all]).

set_pattern(legacy, MFA, Spec, Flags) -> erlang:trace_pattern(MFA, Spec, Flags);
set_pattern({session, S}, MFA, Spec, Flags) -> trace:function(S, MFA, Spec, Flags).

set_message_pattern(legacy, Kind, Spec) -> erlang:trace_pattern(Kind, Spec, []);
set_message_pattern({session, S}, send, Spec) -> trace:send(S, Spec, []);
set_message_pattern({session, S}, 'receive', Spec) -> trace:recv(S, Spec, []).

message_pattern_info(legacy, Kind) -> erlang:trace_info(Kind, match_spec);
message_pattern_info({session, S}, Kind) -> trace:info(S, Kind, match_spec).

is_patterned(legacy, MFA) -> is_traced(erlang:trace_info(MFA, traced));
is_patterned({session, S}, MFA) -> is_traced(trace:info(S, MFA, traced)).

is_traced({traced, How}) -> How =:= local orelse How =:= global.

call_count(legacy, MFA) -> element(2, erlang:trace_info(MFA, call_count));
call_count({session, S}, MFA) -> element(2, trace:info(S, MFA, call_count)).

set_count(legacy, MFA, On) -> erlang:trace_pattern(MFA, On, [call_count]);
set_count({session, S}, MFA, On) -> trace:function(S, MFA, On, [call_count]).

%% Only `local` and `global` patterns share their place with ours; meta patterns and counters are left alone by
%% setting and removing a `local` one.
save_function({session, _}, _) -> false;
save_function(legacy, MFA) ->
    case erlang:trace_info(MFA, traced) of
        {traced, How} when How =:= local; How =:= global ->
            {match_spec, Spec} = erlang:trace_info(MFA, match_spec),
            {How, Spec};
        _ -> false
    end.

restore_function(MFA, {How, Spec}) -> erlang:trace_pattern(MFA, Spec, [How]);
restore_function(MFA, false) ->
    case erlang:trace_info(MFA, traced) of
        {traced, local} -> erlang:trace_pattern(MFA, false, [local]);
        {traced, global} -> erlang:trace_pattern(MFA, false, [global]);
        _ -> 0
    end.
