defmodule Shop.Load do
  @moduledoc """
  Customers: many processes that place orders at a given rate altogether.

  Options: `:rate` orders a second of all customers together, `:seconds`, `:clients` (one process each), `:slow` and
  `:crash` (one order in so many is paid by a slow bank, or has a card that crashes payment; `:never` for none).
  """

  @defaults %{rate: 500, seconds: 10, clients: 1_000, slow: 100, crash: 1_000}
  @nothing %{ok: 0, failed: %{}, late: 0}

  @doc """
  Runs customers to their end and sums up: orders that went well, failed by reason, and orders that were not placed in
  time because an earlier one of the same customer still waited.
  """
  @spec run(map()) :: %{ok: non_neg_integer(), failed: map(), late: non_neg_integer()}
  def run(options \\ %{}) do
    plan = Map.merge(@defaults, options)
    start = System.monotonic_time(:microsecond)
    total = plan.rate * plan.seconds

    1..min(plan.clients, total)
    |> Enum.map(fn client ->
      orders = Enum.to_list(client..total//plan.clients)
      Task.async(fn -> client(client, orders, start, plan) end)
    end)
    |> Task.await_many(:infinity)
    |> Enum.reduce(@nothing, &add/2)
  end

  defp add(one, sum) do
    %{
      ok: one.ok + sum.ok,
      failed: Map.merge(one.failed, sum.failed, fn _reason, a, b -> a + b end),
      late: one.late + sum.late
    }
  end

  defp client(client, orders, start, plan) do
    Enum.reduce(orders, @nothing, fn number, counts ->
      late = wait_until(start + div(number * 1_000_000, plan.rate))
      outcome = Shop.Orders.place_order(client, order(number, plan))
      count(outcome, %{counts | late: counts.late + late})
    end)
  end

  defp count({:ok, _number}, counts), do: %{counts | ok: counts.ok + 1}

  defp count({:error, reason}, counts) do
    %{counts | failed: Map.update(counts.failed, reason, 1, &(&1 + 1))}
  end

  # 1 where the moment has passed by more than a tenth of a second.
  defp wait_until(moment) do
    case moment - System.monotonic_time(:microsecond) do
      left when left >= 0 ->
        Process.sleep(div(left, 1_000))
        0

      left when left < -100_000 ->
        1

      _just_passed ->
        0
    end
  end

  # The same orders for the same numbers, so that two runs can be compared.
  defp order(number, plan) do
    item = elem({:apple, :bread, :cheese, :coffee, :wine}, rem(number, 5))
    card = {bank(number, plan), Integer.to_string(4_000_000_000_000_000 + number)}
    %Shop.Order{item: item, quantity: rem(number, 12) + 1, card: card}
  end

  defp bank(number, %{crash: crash}) when is_integer(crash) and rem(number, crash) == 0, do: :unreadable
  defp bank(number, %{slow: slow}) when is_integer(slow) and rem(number, slow) == 0, do: :slow_bank
  defp bank(_number, _plan), do: :visa
end
