# frozen_string_literal: true

module Bench
  # What is printed about one number; go/cmd/bench/line.go says what the keys mean.
  class Line
    # @param suffix [String] what follows the figure's name
    # @param unit [String]
    # @param values [Array<Numeric>] each measurement
    # @param beside [String] what the floor is
    # @param floors [Array<Numeric>] as many as there are values, or one for all
    # @param value [Numeric] what stands for the values; the median unless told
    def initialize(suffix, unit, values, beside: nil, floors: [], value: Line.quantile(values, 0.5))
      @suffix = suffix
      @values = values
      @ratios = values.zip(floors.cycle.first(values.size)).map { |some, floor| some / floor.to_f } if floors.any?
      @keys = { value: rounded(value), unit: unit }
      @keys.update(beside: beside, floor: rounded(Line.quantile(floors, 0.5)), ratio: rounded(Line.quantile(@ratios, 0.5))) if @ratios
    end

    # @param values [Array<Numeric>]
    # @param part [Float]
    # @return [Numeric] the smallest that is not smaller than this part of them
    def self.quantile(values, part) = values.sort[[(part * values.size).ceil - 1, 0].max]

    # @param goal [String] such as "value >="
    # @param target [Numeric]
    # @return [self]
    def meant(goal, target)
      key, comparison = goal.split
      @keys.update(goal: goal, target: target, met: @keys.fetch(key.to_sym).public_send(comparison, target))
      self
    end

    # @param name [String] the figure's
    # @return [String]
    def to_json(name) = JSON.generate({ figure: name + @suffix, **@keys, n: @values.size, spread: spread })

    private

    def spread
      values = @ratios || @values
      values = [0, 0.25, 0.5, 0.75, 0.95, 0.99, 1].map { |part| Line.quantile(values, part) } if values.size > 30
      values.map { |value| rounded(value) }
    end

    # Three digits that count, and at least the whole number.
    def rounded(number) = number.zero? ? 0 : number.to_f.round([2 - Math.log10(number.abs).floor, 0].max)
  end
end
