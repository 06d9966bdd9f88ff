defmodule Shop.Audit do
  @moduledoc """
  Writes down every order, more slowly than a busy shop places them: its mailbox grows under load and shrinks after.
  """
  use GenServer

  @write_ms 1
  # Over this many waiting notes, the waiting ones are thrown away and counted.
  @queue_max 200_000

  def start_link(_options), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  @spec note(pos_integer(), term()) :: :ok
  def note(order, outcome), do: GenServer.cast(__MODULE__, {:note, order, outcome})

  @impl true
  def init([]), do: {:ok, %{written: 0, skipped: 0}}

  @impl true
  def handle_cast({:note, order, outcome}, counts) do
    write(order, outcome)
    {:noreply, %{counts | written: counts.written + 1, skipped: counts.skipped + skip()}}
  end

  # As if it went to a disk.
  defp write(_order, _outcome), do: Process.sleep(@write_ms)

  defp skip do
    case Process.info(self(), :message_queue_len) do
      {:message_queue_len, length} when length > @queue_max -> skip(0)
      {:message_queue_len, _length} -> 0
    end
  end

  defp skip(skipped) do
    receive do
      {:"$gen_cast", {:note, _order, _outcome}} -> skip(skipped + 1)
    after
      0 -> skipped
    end
  end
end
