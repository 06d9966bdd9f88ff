defmodule Shop.Stock do
  @moduledoc "How many pieces of each item there are. A delivery comes when an item runs low."
  use GenServer

  @full 1_000
  @low 100

  def start_link(_options), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  @spec reserve(atom(), pos_integer()) :: :ok | {:error, :out_of_stock | :unknown_item}
  def reserve(item, quantity), do: GenServer.call(__MODULE__, {:reserve, item, quantity})

  @spec release(atom(), pos_integer()) :: :ok
  def release(item, quantity), do: GenServer.cast(__MODULE__, {:release, item, quantity})

  @spec level(atom()) :: {:ok, non_neg_integer()} | :error
  def level(item), do: GenServer.call(__MODULE__, {:level, item})

  @impl true
  def init([]), do: {:ok, Map.new([:apple, :bread, :cheese, :coffee, :wine], &{&1, @full})}

  @impl true
  def handle_call({:reserve, item, quantity}, _from, levels) do
    case levels do
      %{^item => level} when level >= quantity ->
        {:reply, :ok, %{levels | item => deliver(level - quantity)}}

      %{^item => _too_low} ->
        {:reply, {:error, :out_of_stock}, levels}

      %{} ->
        {:reply, {:error, :unknown_item}, levels}
    end
  end

  def handle_call({:level, item}, _from, levels), do: {:reply, Map.fetch(levels, item), levels}

  @impl true
  def handle_cast({:release, item, quantity}, levels) do
    {:noreply, Map.update!(levels, item, &(&1 + quantity))}
  end

  defp deliver(level) when level < @low, do: level + @full
  defp deliver(level), do: level
end
