defmodule Shop.Application do
  @moduledoc false
  use Application

  # Payment crashes on purpose now and then: the limit lets that happen 100 times a second.
  @impl true
  def start(_type, _args) do
    children = [Shop.Prices, Shop.Audit, Shop.Stock, Shop.Payment, Shop.Orders]

    Supervisor.start_link(children,
      strategy: :one_for_one,
      max_restarts: 100,
      max_seconds: 1,
      name: Shop.Supervisor
    )
  end
end
