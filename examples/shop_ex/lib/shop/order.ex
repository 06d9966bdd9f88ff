defmodule Shop.Order do
  @moduledoc "What a customer wants, and the card to pay with."

  @enforce_keys [:item, :quantity, :card]
  defstruct [:item, :quantity, :card]

  @type card :: {:visa | :slow_bank | :unreadable, String.t()}
  @type t :: %__MODULE__{item: atom(), quantity: pos_integer(), card: card()}
end
