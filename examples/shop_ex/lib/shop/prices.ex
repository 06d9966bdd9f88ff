defmodule Shop.Prices do
  @moduledoc """
  Prices, kept in an ETS table that every process reads. A price not in the table is worked out by the owner, which is
  slow, and the table is emptied every second so that this goes on happening.
  """
  use GenServer

  @lifetime_ms 1_000
  @catalogue %{apple: 30, bread: 320, cheese: 780, coffee: 1_250, wine: 2_400}

  def start_link(_options), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  @doc "Price of one piece, in cents."
  @spec price(atom()) :: {:ok, pos_integer()} | {:error, :unknown_item}
  def price(item) do
    case :ets.lookup(__MODULE__, item) do
      [{^item, price}] -> {:ok, price}
      [] -> GenServer.call(__MODULE__, {:load_price, item})
    end
  end

  @impl true
  def init([]) do
    :ets.new(__MODULE__, [:named_table, :protected, read_concurrency: true])
    {:ok, empty_later()}
  end

  @impl true
  def handle_call({:load_price, item}, _from, timer) do
    # As if the catalogue were asked over the network.
    Process.sleep(2)

    case @catalogue do
      %{^item => price} ->
        :ets.insert(__MODULE__, {item, price})
        {:reply, {:ok, price}, timer}

      %{} ->
        {:reply, {:error, :unknown_item}, timer}
    end
  end

  @impl true
  def handle_info(:empty, _timer) do
    :ets.delete_all_objects(__MODULE__)
    {:noreply, empty_later()}
  end

  defp empty_later, do: Process.send_after(self(), :empty, @lifetime_ms)
end
