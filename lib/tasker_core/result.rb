# frozen_string_literal: true

module TaskerCore
  # A handler's result with metadata that belongs to the attempt and not to the data: `TaskerCore::Result.new(data, metadata: {…})`.
  #
  # @attr_reader data [Object] what the next steps see
  # @attr_reader metadata [Hash] about this attempt
  Result = Struct.new(:data, :metadata) do
    # @param data [Object] what the next steps see
    # @param metadata [Hash] kept with the result message under orchestration_metadata.custom
    def initialize(data, metadata: {})
      super(data, metadata)
    end
  end
end
