# frozen_string_literal: true

require "delegate"
require "logger"

module TaskerCore
  class Context
    # A logger whose lines say at their end to what they belong: `booked parcel task=0198… step=ship attempt=1`. Everything else is the
    # logger's that it stands before.
    class TaggedLogger < SimpleDelegator
      # @param logger [Logger]
      # @param fields [Hash] what each line says
      def initialize(logger, **fields)
        super(logger)
        @tags = Log.pairs(fields).join(" ")
      end

      # As Logger#add.
      #
      # @param severity [Integer]
      # @param message [Object, nil]
      # @param program [Object, nil] the message, where that is nil and there is no block
      # @yieldreturn [Object] the message, asked for only if the line is written
      # @return [Boolean]
      def add(severity, message = nil, program = nil)
        __getobj__.add(severity) { tagged(block_given? ? yield : (message || program)) }
      end
      alias log add

      Logger::Severity.constants.each do |name|
        severity = Logger::Severity.const_get(name)
        define_method(name.downcase) { |message = nil, &block| add(severity, message, &block) }
      end

      # @param message [Object]
      # @return [self]
      def <<(message)
        __getobj__ << "#{tagged(message.to_s.chomp)}\n"
        self
      end

      private

      def tagged(message) = "#{shown(message)} #{@tags}"

      def shown(message)
        case message
        when String then message
        when Exception then message.full_message(highlight: false).chomp
        else message.inspect
        end
      end
    end
  end
end
