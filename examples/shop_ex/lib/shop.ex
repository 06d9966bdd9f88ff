defmodule Shop do
  @moduledoc "A small shop: one order goes through orders, stock and payment, each a GenServer."

  @spec start() :: :ok
  def start do
    {:ok, _started} = Application.ensure_all_started(:shop_ex)
    :ok
  end

  @spec stop() :: :ok
  def stop, do: Application.stop(:shop_ex)

  @doc "What the shop has done since it started, and how long the queue before each server is."
  @spec status() :: map()
  def status do
    queues = for name <- [Shop.Orders, Shop.Stock, Shop.Payment, Shop.Audit], into: %{}, do: {name, queue(name)}
    Map.put(Shop.Orders.counts(), :queues, queues)
  end

  defp queue(name) do
    with pid when is_pid(pid) <- Process.whereis(name),
         {:message_queue_len, length} <- Process.info(pid, :message_queue_len) do
      length
    else
      nil -> :down
    end
  end
end
