%% Builds the compiled forms: escript build.escript SOURCES OUT. The module pluto_agent.erl becomes a .beam file,
%% expressions (*.txt) become abstract forms in external term format (*.etf).
%%
%% The result depends on nothing but the sources and the compiler: no debug information, no line or source paths,
%% no compile information, and literals stored without compression (whose bytes differ between zlib versions).
main([Sources, Out]) ->
    ok = file:write_file(filename:join(Out, "pluto_agent.beam"), beam(filename:join(Sources, "pluto_agent.erl"))),
    lists:foreach(fun(Text) ->
                          Name = filename:basename(Text, ".txt") ++ ".etf",
                          ok = file:write_file(filename:join(Out, Name), forms(Text))
                  end, filelib:wildcard(filename:join(Sources, "*.txt"))).

beam(Source) ->
    {ok, Forms} = epp:parse_file(Source, [{includes, [filename:dirname(Source)]}]),
    {ok, Module, Beam, []} = compile:forms(Forms, [binary, deterministic, no_line_info, return_errors,
                                                   return_warnings, warnings_as_errors]),
    {ok, Module, Chunks} = beam_lib:all_chunks(Beam),
    Kept = [{Name, plain(Name, Data)} || {Name, Data} <- Chunks,
                                         lists:member(Name, ["AtU8", "Code", "StrT", "ImpT", "ExpT", "FunT", "LitT"])],
    {ok, Stripped} = beam_lib:build_module(Kept),
    Stripped.

plain("LitT", <<Size:32, Compressed/binary>>) ->
    Plain = zlib:uncompress(Compressed),
    Size = byte_size(Plain),
    Z = zlib:open(),
    ok = zlib:deflateInit(Z, none),
    Stored = iolist_to_binary(zlib:deflate(Z, Plain, finish)),
    zlib:close(Z),
    <<Size:32, Stored/binary>>;
plain(_, Data) ->
    Data.

forms(File) ->
    {ok, Text} = file:read_file(File),
    {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(Text)),
    {ok, Expressions} = erl_parse:parse_exprs(Tokens),
    Plain = [erl_parse:map_anno(fun(_) -> erl_anno:new(0) end, E) || E <- Expressions],
    term_to_binary(Plain, [deterministic, {minor_version, 2}]).
