# frozen_string_literal: true

require "forwardable"

module TaskerCore
  module Testing
    # A start that a test saw: what was asked for, and the handle on the task that it gave. It answers what the handle answers.
    class Started
      extend Forwardable

      # What a request says of its template, and under which name its options stand in {Submission#set}.
      NAMES = { "idempotency_key" => "key", "start_at" => "wait_until" }.freeze

      # What a request says that says nothing.
      NOTHING = [nil, 0, []].freeze

      # @return [Task]
      attr_reader :task

      # @return [String] "namespace/name"
      attr_reader :workflow

      # @return [String] the version that was started
      attr_reader :version

      # @return [Fields] the context
      attr_reader :context

      # @return [Fields] the options, as for {Submission#set}: priority, key, tags, wait_until, …
      attr_reader :options

      def_delegators :task, :id, :task_id, :status, :duplicate?, :steps, :step, :results, :to_h

      # @param request [Hash] in the normal form
      # @param answer [Hash] of the store
      # @return [Started]
      def self.of(request, answer)
        asked = Row.value(request.transform_keys(&:to_s))
        options = asked.except("namespace", "name", "version", "context", "request_id")
                       .reject { |_, value| NOTHING.include?(value) }.transform_keys { |key| NAMES.fetch(key, key) }
        new(Task.new(answer["task_id"], created: answer["created"]), "#{asked["namespace"] || "default"}/#{asked["name"]}", asked["version"],
            Fields.of(asked["context"] || {}), Fields.of(options))
      end

      # @param task [Task]
      # @param workflow [String]
      # @param version [String, nil]
      # @param context [Fields]
      # @param options [Fields]
      def initialize(task, workflow, version, context, options)
        @task = task
        @workflow = workflow
        @version = version
        @context = context
        @options = options
      end

      # @return [String]
      def inspect = "#<#{self.class} #{workflow} #{context.inspect}#{" #{options.inspect}" if options.any?}>"
    end
  end
end
