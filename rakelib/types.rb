# frozen_string_literal: true

require_relative "types/rooms"
require_relative "types/signatures"
require_relative "types/comparison"

# Holds sig/ against the gem: everything that users call has a signature, unless it says `@api private`, and every signature speaks of something
# that is there and takes these parameters.
module Types
  module_function

  # @param signatures [Signatures]
  # @return [Array<String>] the complaints; none is good
  def complaints(signatures = Signatures.new)
    rooms(signatures) + constants(signatures)
  end

  # @api private
  def rooms(signatures)
    signed = signatures.rooms
    (signed - Rooms.all.keys).map { |name| "#{name} is in sig/ and not in the code" } +
      (Rooms.all.keys - signed).reject { |name| Rooms.inner?(name) }.map { |name| "#{name} has no signature, and is no inner room" } +
      (signed & Rooms.all.keys).flat_map { |name| Comparison.new(name, Rooms.all.fetch(name), signatures).complaints }
  end

  # @api private
  def constants(signatures)
    signatures.constants.filter_map do |name, fits|
      "#{name} is not of the type that sig/ gives it" unless Object.const_defined?(name) && fits.call(Object.const_get(name))
    end
  end
end

if $PROGRAM_NAME == __FILE__
  complaints = Types.complaints
  warn complaints
  exit complaints.empty?
end
