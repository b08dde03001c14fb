# frozen_string_literal: true

module TaskerCore
  # Starts tasks of one workflow, by SQL alone: on the caller's connection, inside the transaction that is open there.
  #
  #     TaskerCore.workflow("fulfillment/process_order").set(key: "order-42", priority: 8).start(order_id: 42)
  class Submission
    autoload :Contexts, "tasker_core/submission/contexts"
    autoload :Fit,      "tasker_core/submission/fit"
    autoload :Options,  "tasker_core/submission/options"
    autoload :Texts,    "tasker_core/submission/texts"

    # How many requests with keys can be made at once: each key is a lock in the database until the transaction ends.
    #
    # @api private
    KEYED = 5_000

    include Texts

    # @param workflow [String, #reference] "namespace/name", or a name in the namespace "default"; or a {Workflow} class or a {Template}
    # @return [String]
    def self.reference(workflow) = (workflow.respond_to?(:reference) ? workflow.reference : workflow).to_s

    # @param workflow [String, #reference] as for {.reference}; a {Workflow} class has its own version started
    # @param options [Hash] as for {#set}
    # @param template [Template, nil] as this program knows it, which spares the database the question
    # @raise [ValidationError] when that is no name
    def initialize(workflow, options = {}, template: nil)
      namespace, slash, name = plain(Submission.reference(workflow), "/name").rpartition("/")
      @namespace = formed(slash.empty? ? "default" : namespace, "/namespace", Template::Rules::NAMESPACE, Template::Rules::NAMESPACE_RULE)
      @name = formed(name, "/name", Template::Rules::NAME, Template::Rules::NAME_RULE)
      @options = Options.new(options)
      @template = template || (workflow.template if workflow.respond_to?(:template))
    end

    # Says what is wrong with so many requests at once, as tasker.create_tasks says it.
    #
    # @api private
    # @param requests [Array<Hash>] in the normal form
    # @return [String, nil]
    def self.too_many(requests)
      keyed = requests.count { |request| request.values_at(:idempotency_key, :request_id, "idempotency_key", "request_id").any? }
      "keys of #{keyed} requests at once, at most #{KEYED} can be locked: take them in slices, each in a transaction of its own" if keyed > KEYED
    end

    # @param options [Hash]
    # @option options [String] :version default: the highest, or that of the workflow class
    # @option options [Integer] :priority from -100 to 100
    # @option options [String, #call] :key a second start with it gives the first one's task, where the template's identity says so only
    #   until that task is at rest; or what gives the key for a context, whose keys are texts then
    # @option options [String] :request_id a UUID: the same request sent again gives the same task, for ever
    # @option options [Array<String>] :tags
    # @option options [Array<String>] :skip names of skippable steps that the task does without
    # @option options [Numeric, ActiveSupport::Duration] :wait seconds until the first steps may run, on the database's clock
    # @option options [Time, String] :wait_until when they may run
    # @option options [String] :initiator who wants it
    # @option options [String] :source_system
    # @option options [String] :reason
    # @option options [String] :correlation_id
    # @option options [Object] :connection see {Connection.with}
    # @return [Submission] a new one
    # @raise [ValidationError] for an unknown option
    def set(**options) = Submission.new("#{@namespace}/#{@name}", @options.merge(options), template: @template)

    # Creates the task. It is rolled back with the caller's transaction; its id is known at once, unless it is {Task#deferred?}.
    #
    # @param context [Hash, #to_hash] what the workflow is to work on
    # @param keywords [Hash] merged into it
    # @return [Task]
    # @raise [ValidationError] when an option cannot be, or the context does not fit the template's schema: nothing was written
    # @raise [UnknownWorkflow] for an unknown template or version
    # @raise [ConflictError, DatabaseError]
    def start(context = {}, **keywords)
      context = context.to_hash.merge(keywords) if context.respond_to?(:to_hash)
      submit(Contexts.new([context])).first
    end

    # Creates a task for each context, all of them or none, by one statement.
    #
    # @param contexts [Array<Hash>]
    # @return [Array<Task>] in this order
    # @raise [ValidationError] as for {#start}; a pointer begins with the place of the context: /3/context/order_id; and for more
    #   than 5,000 with keys
    # @raise (see #start)
    def start_all(contexts)
      refuse("start_all takes an Array of contexts, not #{contexts.class}", "") unless contexts.respond_to?(:to_ary)
      contexts = contexts.to_ary
      refuse("A key names one task, not #{contexts.size}: give what tells each one's, ->(context) { … }", "/key") if
        contexts.size > 1 && @options.of_one_task?
      contexts.empty? ? [] : submit(Contexts.new(contexts, numbered: true))
    end

    private

    def submit(contexts)
      fields = @options.fields
      requests = requests(fields, contexts, known_template) if known_template
      Store.ask(@options.connection) do |store|
        requests ||= requests(fields, contexts, find_template(store))
        start_at = @options.start_at(store)
        create(store, start_at ? requests.map { |request| { start_at: start_at, **request } } : requests)
      end
    end

    # The version that was checked is the one that is started, also when somebody registers a higher one in between.
    def requests(fields, contexts, template)
      contexts.check(template)
      fit = Fit.new("#{@namespace}/#{@name}", template)
      fit.check_skip(fields[:skip])
      fields = { namespace: @namespace, name: @name, **fields, version: template["version"] }
      contexts.each_with_index.map do |context, place|
        key = @options.key("#{@namespace}/#{@name}", context)
        fit.check_key(key, contexts.pointer(place, "/key"))
        fields.merge({ context: context, idempotency_key: key }.compact)
      end
    end

    def create(store, requests)
      fault = Submission.too_many(requests) and refuse(fault, "")
      return Task::Deferred.start(requests, @options.connection, store) if store.apart?

      store.create_tasks(requests).map { |row| Task.new(row["task_id"], created: row["created"], connection: @options.connection) }
    rescue NotFoundError => error
      raise unless @template

      raise UnknownWorkflow, "#{error.message}; for a workflow class, `tasker start`, `tasker worker` and TaskerCore.register_templates do"
    end

    def known_template
      return if @template.nil? || (version && version != @template.version)

      Fit.facts(@template)
    end

    def version = @options.version

    def find_template(store)
      store.template(@namespace, @name, version) || unknown(store.templates.group_by { |row| "#{row["namespace"]}/#{row["name"]}" })
    end

    def unknown(known)
      reference = "#{@namespace}/#{@name}"
      versions = known[reference]&.map { |row| row["version"] }
      text = "There is no template #{reference}#{version && " version #{version}"}: "
      raise UnknownWorkflow, "#{text}registered are #{versions.join(", ")}" if versions

      raise UnknownWorkflow.new("#{text}register it with `tasker templates register FILE`", name: reference, known: known.keys)
    end
  end
end
