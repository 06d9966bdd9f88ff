defmodule Shop.Orders do
  @moduledoc "Takes orders: price, stock, payment, one after the other, one order at a time."
  use GenServer

  alias Shop.{Audit, Order, Payment, Prices, Stock}

  @type failure :: :unknown_item | :out_of_stock | :declined | :payment_crashed

  def start_link(_options), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  @doc "Places an order and returns its number. A customer waits for as long as it takes."
  @spec place_order(pos_integer(), Order.t()) :: {:ok, pos_integer()} | {:error, failure()}
  def place_order(customer, %Order{} = order) do
    GenServer.call(__MODULE__, {:place_order, customer, order}, :infinity)
  end

  @doc "Orders placed and failed since the start."
  @spec counts() :: %{placed: non_neg_integer(), failed: non_neg_integer()}
  def counts, do: GenServer.call(__MODULE__, :counts, :infinity)

  @impl true
  def init([]), do: {:ok, %{next: 1, placed: 0, failed: 0}}

  @impl true
  def handle_call({:place_order, _customer, order}, _from, %{next: number} = state) do
    outcome = process_order(number, order)
    :ok = Audit.note(number, outcome)
    {:reply, outcome, count(outcome, %{state | next: number + 1})}
  end

  def handle_call(:counts, _from, state), do: {:reply, Map.take(state, [:placed, :failed]), state}

  # A late answer of a payment that crashed or was replaced.
  @impl true
  def handle_info(_message, state), do: {:noreply, state}

  defp process_order(number, %Order{item: item, quantity: quantity, card: card}) do
    with {:ok, price} <- Prices.price(item),
         :ok <- Stock.reserve(item, quantity),
         {:ok, _receipt} <- pay(card, item, quantity, total_price(price, quantity)) do
      {:ok, number}
    end
  end

  defp pay(card, item, quantity, amount) do
    with {:error, _reason} = failed <- charge(card, amount) do
      :ok = Stock.release(item, quantity)
      failed
    end
  end

  defp charge(card, amount) do
    Payment.charge(card, amount)
  catch
    :exit, _reason -> {:error, :payment_crashed}
  end

  defp total_price(price, quantity) when quantity >= 10, do: div(price * quantity * 9, 10)
  defp total_price(price, quantity), do: price * quantity

  defp count({:ok, _number}, state), do: %{state | placed: state.placed + 1}
  defp count({:error, _reason}, state), do: %{state | failed: state.failed + 1}
end
