# frozen_string_literal: true

module TaskerCore
  # The version of the gem; the Go library and the schema carry numbers of their own.
  VERSION = "0.1.0"

  # The number of the contract with the schema for which this gem was made: see go/schema/functions/face.sql.
  FACE = 1
end
