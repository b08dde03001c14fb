# frozen_string_literal: true

require "json"

module TaskerCore
  # A step message as it was read from a queue: which attempt of which step to run, and with what.
  class Message
    # The version of the worker protocol that is spoken here.
    PROTOCOL = 1

    # The task of an attempt, as its handler sees it.
    #
    # @attr_reader task_id [String] UUID
    # @attr_reader namespace [String]
    # @attr_reader name [String] of its template
    # @attr_reader version [String] of its template, such as "1.0.0"
    # @attr_reader context [Fields] given with the request
    # @attr_reader tags [Array<String>]
    # @attr_reader priority [Integer] -100 to 100; what is higher goes first
    # @attr_reader correlation_id [String, nil]
    # @attr_reader initiator [String, nil] who asked for it
    # @attr_reader source_system [String, nil] through what
    # @attr_reader reason [String, nil] why
    # @attr_reader created_at [String] RFC 3339
    Task = Struct.new(:task_id, :namespace, :name, :version, :context, :tags, :priority, :correlation_id, :initiator,
                      :source_system, :reason, :created_at, keyword_init: true) do
      # @return [String] UUID, as {#task_id}
      alias_method :id, :task_id
    end

    # The step of an attempt, as its handler sees it.
    #
    # @attr_reader step_id [Integer]
    # @attr_reader name [String]
    # @attr_reader attempt [Integer] the number of this attempt, 1 for the first
    # @attr_reader failures [Integer] answered failures before this attempt
    # @attr_reader max_attempts [Integer] failures after which the step is in error
    # @attr_reader config [Fields] from the template
    Step = Struct.new(:step_id, :name, :attempt, :failures, :max_attempts, :config, keyword_init: true) do
      # @return [Integer] as {#step_id}
      alias_method :id, :step_id

      # @return [Integer] failures that may still happen before the step is in error
      def retries_left = [max_attempts - failures - 1, 0].max

      # @return [Boolean] whether a failure of this attempt is the last one
      def last_attempt? = retries_left.zero?
    end

    # A message that says something this worker does not understand.
    class Malformed < StandardError; end

    # What the stack of a thread can hold with much to spare. It must not overflow: where the Go core is loaded, a thread that was at the end of
    # its stack has its signals blocked from then on, and can neither be woken nor ended.
    MAX_NESTING = 1_000

    # What no message may lack, and of which kind it is; what is within something comes after it.
    REQUIRED = { "step_id" => Integer, "task_id" => String, "attempt" => Integer, "step_name" => String, "handler_class" => String,
                 "step_payload" => Hash, "execution_context" => Hash, "execution_context.task" => Hash,
                 "execution_context.task.context" => Hash, "execution_context.step" => Hash, "execution_context.step.failures" => Integer,
                 "execution_context.step.max_attempts" => Integer }.freeze

    # The way to each of them.
    PATHS = REQUIRED.transform_keys { |path| path.split(".").freeze }.freeze
    private_constant :PATHS

    # @param text [String] the JSON of the message
    # @return [Message]
    # @raise [Malformed]
    def self.parse(text)
      new(JSON.parse(text, max_nesting: MAX_NESTING))
    rescue JSON::ParserError => error
      raise Malformed, "the message cannot be read: #{error.message[0, 200]}"
    end

    # @param body [Hash]
    def initialize(body)
      @body = body
      check
    end

    # @return [Boolean] whether it speaks another protocol, which a newer worker may know
    def foreign? = @body["protocol"] != PROTOCOL

    # @return [Integer]
    def step_id = @body["step_id"]

    # @return [String]
    def task_id = @body["task_id"]

    # @return [Integer] the number of the attempt, the fence of its result
    def attempt = @body["attempt"]

    # @return [String]
    def step_name = @body["step_name"]

    # @return [String] the name of the constant that handles the step
    def handler_class = @body["handler_class"]

    # @return [Array<Hash>] the ancestors' results, as far as they were sent
    def sequence = execution_context.fetch("sequence", [])

    # @return [Hash]
    def config = @body["step_payload"]

    # @return [Numeric, nil] how long its handler may run
    def timeout_seconds
      metadata = @body["metadata"]
      seconds = metadata["timeout_seconds"] if metadata.is_a?(Hash)
      seconds if seconds.is_a?(Numeric) && seconds.positive?
    end

    # @return [Task]
    def task
      @task ||= fill(Task.new(context: Fields.of(context)), execution_context["task"])
    end

    # @return [Step]
    def step
      @step ||= fill(Step.new(config: Fields.of(config)), execution_context["step"])
    end

    # @return [Hash] the context given with the request
    def context = execution_context["task"]["context"]

    private

    def execution_context = @body["execution_context"]

    # What is known by the names that a struct has for it, besides what it has already.
    def fill(struct, pairs)
      struct.each_pair { |name, value| struct[name] = pairs[name.name] if value.nil? }
    end

    def check
      raise Malformed, "the message is no JSON object" unless @body.is_a?(Hash)
      return if foreign?

      PATHS.each { |path, kind| raise Malformed, "the message has no #{path.join(".")} of type #{kind}" unless @body.dig(*path).is_a?(kind) }
      raise Malformed, "the message's execution_context.sequence is no list of named results" unless named_results?
    end

    def named_results?
      sequence.is_a?(Array) && sequence.all? { |entry| entry.is_a?(Hash) && entry["step_name"].is_a?(String) }
    end
  end
end
