# frozen_string_literal: true

module TaskerCore
  module Testing
    # All that one test has: its world, its stubs, and what was started. The next test has another.
    class Session
      # @return [World]
      attr_reader :world

      # @return [Runner]
      attr_reader :runner

      # @return [Stubs]
      attr_reader :stubs

      # @return [Store]
      attr_reader :store

      # @return [Array<Started>]
      attr_reader :started

      # @param templates [Templates]
      # @param seed [Integer]
      def initialize(templates, seed)
        @world = World.new(templates, seed)
        @stubs = Stubs.new(templates)
        @runner = Runner.new(@world, @stubs)
        @store = Store.new(@world, @runner, method(:note))
        @started = []
      end

      private

      def note(requests, answers)
        noted = requests.zip(answers).map { |request, answer| Started.of(request, answer) }
        @started.concat(noted)
        fresh = answers.select { |answer| answer["created"] }.map { |answer| @world.task(answer["task_id"]) }
        Connection::Transactions.after_commit(rolled_back: -> { forget(noted, fresh) }) { nil }
        fresh.each { |task| @runner.run(task) } if Testing.inline? && !@runner.running?
      end

      # What was started in a transaction of ActiveRecord's goes with it.
      def forget(noted, fresh)
        @started.reject! { |start| noted.any? { |gone| gone.equal?(start) } }
        @world.forget(fresh)
      end
    end
  end
end
