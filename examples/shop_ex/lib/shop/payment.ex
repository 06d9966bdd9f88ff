defmodule Shop.Payment do
  @moduledoc "Charges cards. One kind of card takes long, and one cannot be read, which crashes this server."
  use GenServer

  @slow_ms 20

  def start_link(_options), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  @doc "Charges an amount in cents; the receipt is a number that grows. Exits where the server crashes on the card."
  @spec charge(Shop.Order.card(), pos_integer()) :: {:ok, pos_integer()} | {:error, :declined}
  def charge(card, amount), do: GenServer.call(__MODULE__, {:charge, card, amount})

  @impl true
  def init([]), do: {:ok, 0}

  @impl true
  def handle_call({:charge, card, amount}, _from, receipts) do
    case authorise(card, amount) do
      :ok -> {:reply, {:ok, receipts + 1}, receipts + 1}
      {:error, :declined} -> {:reply, {:error, :declined}, receipts}
    end
  end

  defp authorise({:visa, _number}, amount) when amount > 1_000_000, do: {:error, :declined}
  defp authorise({:visa, _number}, _amount), do: :ok
  defp authorise({:slow_bank, number}, amount), do: ask_slow_bank(number, amount)
  defp authorise({:unreadable, number}, _amount), do: raise(ArgumentError, "card not readable: #{number}")

  defp ask_slow_bank(_number, _amount) do
    Process.sleep(@slow_ms)
    :ok
  end
end
