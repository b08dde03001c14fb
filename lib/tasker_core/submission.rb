# frozen_string_literal: true

require "securerandom"

module TaskerCore
  # Starts tasks of one template, by SQL alone: on the caller's connection, inside the transaction that is open there.
  #
  #   TaskerCore.workflow("fulfillment/process_order").set(key: "order-42", priority: 8).start(order_id: 42)
  class Submission
    # What {#set} takes.
    OPTIONS = %i[version priority key tags initiator source_system reason correlation_id connection].freeze

    # @param workflow [String] "namespace/name", or a name in the namespace "default"
    # @param options [Hash] as for {#set}
    def initialize(workflow, options = {})
      namespace, slash, name = workflow.to_s.rpartition("/")
      @namespace = slash.empty? ? "default" : namespace
      @name = name
      @workflow = workflow
      @options = options
    end

    # @param options [Hash] version (default: the highest), priority (-100 to 100), key (a second start with it gives the first one's task),
    #   tags, initiator, source_system, reason, correlation_id, connection (see {Connection.with})
    # @return [Submission] a new one
    # @raise [ValidationError] for an unknown option
    def set(**options)
      unknown = options.keys.find { |name| !OPTIONS.include?(name) }
      raise ValidationError, unknown_option(unknown) if unknown

      Submission.new(@workflow, @options.merge(options))
    end

    # Creates the task. It is rolled back with the caller's transaction; its id is known at once.
    #
    # @param context [Hash] what the workflow is to work on; keywords are merged into it
    # @return [Task]
    # @raise [ValidationError] when the context does not fit the template's schema: nothing was written
    # @raise [NotFoundError] for an unknown template or version
    # @raise [ConflictError, DatabaseError]
    def start(context = {}, **keywords)
      request = request(context.merge(keywords))
      Connection.with(@options[:connection]) { |connection| create(connection, request) }
    end

    private

    def create(connection, request)
      store = Store.new(connection)
      request[:version] = fitting_version(store, request[:context])
      request[:request_id] = SecureRandom.uuid if connection.is_a?(Link) # may be sent twice there
      created = store.create_task(request)
      Task.new(created["task_id"], created: created["created"], connection: @options[:connection])
    end

    # The version that was checked is the one that is started, also when somebody registers a higher one in between.
    def fitting_version(store, context)
      template = store.template(@namespace, @name, @options[:version]) or raise NotFoundError, unknown_template
      ContextSchema.of(template).check(context) if template["schema"]
      template["version"]
    end

    def unknown_template
      "There is no template #{@namespace}/#{@name}#{@options[:version] && " version #{@options[:version]}"}: " \
        "register it with `tasker templates register FILE`"
    end

    def unknown_option(name)
      close = DidYouMean::SpellChecker.new(dictionary: OPTIONS).correct(name).first
      "There is no option #{name}#{close && "; did you mean #{close}?"}"
    end

    def request(context)
      { namespace: @namespace, name: @name, version: @options[:version], context: strict(context), priority: priority, tags: tags,
        idempotency_key: text(:key, 1..255), initiator: text(:initiator), source_system: text(:source_system), reason: text(:reason),
        correlation_id: text(:correlation_id) }.compact
    end

    def strict(context)
      StrictJson.convert(context)
    rescue StrictJson::Unfit => error
      refuse("The context cannot be kept: #{error.message}", "/context#{error.pointer}")
    end

    def priority
      value = @options.fetch(:priority, 0)
      value.is_a?(Integer) && value.between?(-100, 100) ? value : refuse("priority must be an integer from -100 to 100", "/priority")
    end

    def tags
      @options.fetch(:tags, []).map(&:to_s)
    end

    def text(option, size = nil)
      value = @options[option]&.to_s or return
      return value if size.nil? || size.cover?(value.length)

      refuse("#{option} must have #{size.min} to #{size.max} characters", "/#{option}")
    end

    def refuse(message, pointer)
      raise ValidationError.new(message, errors: [{ pointer: pointer, message: message }])
    end
  end
end
