-module(shop_sup).
-behaviour(supervisor).

-export([start_link/0]).
-export([init/1]).

start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

%% Payment crashes on purpose now and then: the intensity lets that happen 100 times a second.
init([]) ->
    Flags = #{strategy => one_for_one, intensity => 100, period => 1},
    Children = [#{id => Module, start => {Module, start_link, []}}
                || Module <- [shop_cache, shop_audit, shop_stock, shop_payment, shop_orders]],
    {ok, {Flags, Children}}.
