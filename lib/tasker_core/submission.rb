# frozen_string_literal: true

require "securerandom"

module TaskerCore
  # Starts tasks of one template, by SQL alone: on the caller's connection, inside the transaction that is open there.
  #
  #   TaskerCore.workflow("fulfillment/process_order").set(key: "order-42", priority: 8).start(order_id: 42)
  class Submission
    # What {#set} takes.
    OPTIONS = %i[version priority key tags skip initiator source_system reason correlation_id connection].freeze

    # @param workflow [String] "namespace/name", or a name in the namespace "default"
    # @param options [Hash] as for {#set}
    # @raise [ValidationError] when that is no name
    def initialize(workflow, options = {})
      namespace, slash, name = plain(workflow.to_s, "/name").rpartition("/")
      @namespace = formed(slash.empty? ? "default" : namespace, "/namespace", Template::Rules::NAMESPACE, Template::Rules::NAMESPACE_RULE)
      @name = formed(name, "/name", Template::Rules::NAME, Template::Rules::NAME_RULE)
      @workflow = workflow
      @options = options
    end

    # @param options [Hash] version (default: the highest), priority (-100 to 100), key (a second start with it gives the first one's task,
    #   where the template's identity says so only until that task is at rest), tags, skip (names of skippable steps that this task does
    #   without), initiator, source_system, reason, correlation_id, connection (see {Connection.with})
    # @return [Submission] a new one
    # @raise [ValidationError] for an unknown option
    def set(**options)
      unknown = options.keys.find { |name| !OPTIONS.include?(name) }
      raise ValidationError, unknown_option(unknown) if unknown

      Submission.new(@workflow, @options.merge(options))
    end

    # Creates the task. It is rolled back with the caller's transaction; its id is known at once.
    #
    # @param context [Hash, #to_hash] what the workflow is to work on; keywords are merged into it
    # @return [Task]
    # @raise [ValidationError] when an option cannot be, or the context does not fit the template's schema: nothing was written
    # @raise [NotFoundError] for an unknown template or version
    # @raise [ConflictError, DatabaseError]
    def start(context = {}, **keywords)
      refuse("The context must be a Hash, not #{context.class}", "/context") unless context.respond_to?(:to_hash)

      request = request(context.to_hash.merge(keywords))
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
      template = store.template(@namespace, @name, version) or raise NotFoundError, unknown_template
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
      { namespace: @namespace, name: @name, version: version, context: strict(context), priority: priority, tags: tags, skip: skip,
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
      given = @options.fetch(:tags, [])
      refuse("tags must be an Array of texts, not #{given.class}", "/tags") unless given.is_a?(Array)

      given.each_with_index.map { |tag, index| tag(tag, "/tags/#{index}") }
    end

    def tag(value, pointer)
      fits = [String, Symbol, Integer].any? { |type| value.is_a?(type) } && !value.to_s.empty?
      fits ? plain(value.to_s, pointer) : refuse("A tag must be a text that is not empty, not #{value.inspect[0, 40]}", pointer)
    end

    def skip
      given = @options[:skip] or return
      refuse("skip must be an Array of the names of steps, not #{given.class}", "/skip") unless given.is_a?(Array)

      given.each_with_index.map do |name, index|
        formed(plain(name.to_s, "/skip/#{index}"), "/skip/#{index}", Template::Rules::NAME, Template::Rules::NAME_RULE)
      end
    end

    def version
      value = text(:version) and formed(value, "/version", Template::Rules::VERSION, Template::Rules::VERSION_RULE)
    end

    def text(option, size = nil)
      value = @options[option] or return
      value = plain(value.to_s, "/#{option}")
      return value if size.nil? || size.cover?(value.length)

      refuse("#{option} must have #{size.min} to #{size.max} characters", "/#{option}")
    end

    def formed(value, pointer, format, rule)
      format.match?(value) ? value : refuse("#{pointer[1..]} #{rule}, not #{value[0, 60].inspect}", pointer)
    end

    # Text that PostgreSQL can store.
    def plain(value, pointer)
      StrictJson.convert(value)
    rescue StrictJson::Unfit => error
      refuse(error.message.sub(" at the top", ""), pointer)
    end

    def refuse(message, pointer)
      raise ValidationError.new(message, errors: [{ pointer: pointer, message: message }])
    end
  end
end
