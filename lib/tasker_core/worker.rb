# frozen_string_literal: true

require "securerandom"
require "socket"

module TaskerCore
  # Reads steps from the queues of its namespaces, runs their handlers on threads, and replies. It needs PostgreSQL and no Go library,
  # and decides nothing: what a result means is the orchestrator's business.
  #
  #   worker = TaskerCore::Worker.start(namespaces: %w[fulfillment], threads: 4)
  #   …
  #   worker.stop
  class Worker
    autoload :Alarm, "tasker_core/worker/alarm"
    autoload :Crew, "tasker_core/worker/crew"
    autoload :Fetcher, "tasker_core/worker/fetcher"
    autoload :Lease, "tasker_core/worker/lease"
    autoload :Leases, "tasker_core/worker/leases"
    autoload :Listener, "tasker_core/worker/listener"
    autoload :Loop, "tasker_core/worker/loop"
    autoload :Replier, "tasker_core/worker/replier"
    autoload :Wake, "tasker_core/worker/wake"

    # What a worker can say about itself.
    Status = Struct.new(:running, :id, :pid, :namespaces, :threads, :busy, :held, :fetched, :sent, keyword_init: true)

    # What a namespace may be called.
    NAMESPACE = /\A[a-z][a-z0-9_]{0,39}\z/

    # Seconds that results which are ready get to reach the database when the worker stops.
    LAST_WORDS = 5

    # @return [String] host:pid:random, the actor on the steps' history
    attr_reader :id

    # @param options [Hash] as for {#initialize}
    # @return [Worker] running
    # @raise [ConfigurationError]
    def self.start(**options) = new(**options).start

    # @param namespaces [Array<String>] whose steps to run; default from the configuration
    # @param threads [Integer] handlers that run at once
    # @param lease [Numeric] seconds a message is ours without a sign of life
    # @param poll_interval [Numeric] seconds between looks at empty queues
    # @param registry [Registry] where handlers are found
    # @raise [ConfigurationError] without a namespace, or with a name that none can have
    def initialize(namespaces: TaskerCore.config.namespaces, threads: TaskerCore.config.threads, lease: TaskerCore.config.lease,
                   poll_interval: TaskerCore.config.poll_interval, registry: TaskerCore.handlers)
      raise ConfigurationError, "A worker needs a namespace to read: set config.namespaces or say --namespaces NAME" if namespaces.empty?

      check(namespaces)

      @namespaces = namespaces
      @threads = threads
      @lease = lease.ceil
      @poll_interval = poll_interval
      @registry = registry
      @id = "#{Socket.gethostname}:#{Process.pid}:#{SecureRandom.hex(2)}"
      @ended = Thread::Queue.new
      @warned = {}
    end

    # Opens its connections when they are first needed, so a fork before this harms nothing.
    #
    # @return [self]
    def start
      build
      [@crew, @replier, @heartbeat, @listener, @fetcher].each(&:start)
      @pid = Process.pid
      Log.event(:info, :worker_started, worker: id, namespaces: @namespaces, threads: @threads)
      self
    end

    # Takes no more messages, lets running handlers end, sends results, and gives back what is left so that others may go on at once.
    #
    # @param timeout [Numeric] seconds for running handlers; those that are not done then are ended
    # @return [void]
    def stop(timeout: TaskerCore.config.shutdown_timeout)
      return if @stopping

      @stopping = true
      wind_down(timeout)
    end

    # Waits until {#stop} is done.
    #
    # @return [void]
    def join = @ended.pop

    # @return [Boolean] from start until stop is called
    def running? = @pid == Process.pid && !@stopping

    # @return [Status]
    def status
      Status.new(running: running?, id: id, pid: @pid, namespaces: @namespaces, threads: @threads, busy: @crew&.busy.to_i,
                 held: @leases&.size.to_i, fetched: @fetcher&.fetched.to_i, sent: @replier&.sent.to_i)
    end

    private

    def check(namespaces)
      wrong = namespaces.find { |name| !NAMESPACE.match?(name) } or return
      raise ConfigurationError, "#{wrong.inspect} cannot be a namespace: a-z first, then a-z, 0-9 and _, at most 40 characters"
    end

    def build
      @queues = %w[fetch reply keep].to_h { |name| [name, queue(name)] }
      @leases = Leases.new(@queues["keep"], @lease)
      @crew = Crew.new(@threads, freed: -> { @fetcher.wake }) { |lease| work(lease) }
      @replier = Replier.new(@queues["reply"], @leases)
      @heartbeat = Loop.new("heartbeat") { beat }
      @listener = Listener.new(Link.new(name: "tasker worker listen"), @namespaces, heard: -> { @fetcher.wake })
      @fetcher = Fetcher.new(@queues["fetch"], @namespaces, leases: @leases, crew: @crew, lease_seconds: @lease, poll_interval: @poll_interval)
    end

    def queue(name) = Queue.new(Link.new(name: "tasker worker #{name}"), worker_id: id, giving_up: -> { @ending })

    def beat
      @leases.beat
      @heartbeat.wake.wait(@lease / 3.0)
    end

    # A message that stood between its start and its handler is asked for again, and never run once its time is over.
    # One that we fail to answer is not kept alive: its time ends, and it is read again.
    def work(lease)
      return miss(lease, "it speaks a protocol that this worker does not know") if lease.message.foreign?
      return @leases.drop(lease) unless lease.fresh? || @leases.renew(lease)
      return @leases.drop(lease) if lease.expired?

      attempt(lease).call { |answer| answered(lease, answer) }
    rescue Exception # rubocop:disable Lint/RescueException
      @leases.drop(lease) unless lease.answered?
      raise
    end

    def attempt(lease)
      Attempt.new(lease.message, registry: @registry, worker_id: id, stopping: -> { @stopping },
                                 read: ->(name) { @queues["keep"].step_results(lease.message.task_id, name) })
    end

    def answered(lease, answer)
      return miss(lease, answer.message) if answer.is_a?(Registry::Missing)
      return @leases.drop(lease) unless lease.ours?

      Log.event(:debug, :step_done, **lease.to_log, status: answer[:status], ms: answer[:execution_time_ms])
      @replier.reply(lease, answer)
    end

    # Another worker may know the handler, or this one after its next deploy: the step is never failed for that.
    def miss(lease, reason)
      name = lease.message.handler_class
      Log.event(:warn, :handler_missing, handler: name, **lease.to_log, reason: reason) unless @warned[name]
      @warned[name] = true
      give_back([lease], delay: lease.missing_pause)
    end

    def give_back(leases, delay: 0)
      @leases.give_back(leases, delay: delay)
    rescue DatabaseError => error
      Log.event(:warn, :leases_not_given_back, messages: leases.map(&:msg_id), message: error.message)
    end

    # Each part of the end comes after the one before it, however that went.
    def wind_down(timeout)
      @fetcher.stop
      give_back(@crew.close)
      @crew.join(timeout)
    ensure
      finish
    end

    def finish
      @ending = true
      all_sent = @replier.finish(LAST_WORDS)
      Log.event(:warn, :results_not_sent, worker: id) unless all_sent
    ensure
      leave
    end

    def leave
      left = @leases.to_a.each(&:lose)
      @crew.kill
      @crew.join(1)
      give_back(left)
    ensure
      close
    end

    def close
      @heartbeat.stop
      @heartbeat.join
      @listener.stop
      @queues.each_value(&:close)
    ensure
      @ended.close
      Log.event(:info, :worker_stopped, worker: id, fetched: @fetcher.fetched, sent: @replier.sent)
    end
  end
end
