Loop = fun Loop() ->
    case io:get_line("") of
        Line when is_list(Line); is_binary(Line) ->
            [Id, Form, Code] = string:lexemes(string:trim(Line), " "),
            {Status, Result} =
                try
                    {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(base64:decode(Code))),
                    {ok, Expressions} = erl_parse:parse_exprs(Tokens),
                    {value, Value, _} = erl_eval:exprs(Expressions, erl_eval:new_bindings()),
                    {"ok", case iolist_to_binary(Form) of
                        <<"text">> -> unicode:characters_to_binary(io_lib:format("~0tp", [Value]));
                        <<"bytes">> when is_binary(Value) -> Value
                    end}
                catch
                    Class:Reason:Stack ->
                        {"error", unicode:characters_to_binary(io_lib:format("~p", [{Class, Reason, Stack}]))}
                end,
            io:put_chars(["\n@pluto ", Id, " ", Status, " ", base64:encode(Result), "\n"]),
            Loop();
        _ ->
            erlang:halt(0)
    end
end,
Start = fun() ->
    io:put_chars(["\n@pluto 0 ok ", base64:encode(atom_to_binary(node())), "\n"]),
    Loop()
end,
spawn(Start).
