# frozen_string_literal: true

require "securerandom"
require "socket"

module TaskerCore
  # Reads steps from the queues of its namespaces, runs their handlers on threads, and replies. It needs PostgreSQL and no Go library,
  # and decides nothing: what a result means is the orchestrator's business.
  #
  #     worker = TaskerCore::Worker.start(namespaces: %w[fulfillment], threads: 4)
  #     …
  #     worker.stop
  class Worker
    autoload :Absences, "tasker_core/worker/absences"
    autoload :Alarm, "tasker_core/worker/alarm"
    autoload :Bench, "tasker_core/worker/bench"
    autoload :Checkpoints, "tasker_core/worker/checkpoints"
    autoload :Crew, "tasker_core/worker/crew"
    autoload :Fetcher, "tasker_core/worker/fetcher"
    autoload :JointReply, "tasker_core/worker/joint_reply"
    autoload :Lease, "tasker_core/worker/lease"
    autoload :Leases, "tasker_core/worker/leases"
    autoload :Listener, "tasker_core/worker/listener"
    autoload :Loop, "tasker_core/worker/loop"
    autoload :Once, "tasker_core/worker/once"
    autoload :Pace, "tasker_core/worker/pace"
    autoload :Place, "tasker_core/worker/place"
    autoload :Replier, "tasker_core/worker/replier"
    autoload :Shutdown, "tasker_core/worker/shutdown"
    autoload :Timekeeper, "tasker_core/worker/timekeeper"
    autoload :Wake, "tasker_core/worker/wake"
    autoload :Wire, "tasker_core/worker/wire"

    # What a worker can say about itself. Counts of what happened begin with {#start}.
    #
    # @attr_reader running [Boolean] see {Worker#running?}
    # @attr_reader id [String] host:pid:random
    # @attr_reader pid [Integer, nil] the process that started it; nil before
    # @attr_reader namespaces [Array<String>]
    # @attr_reader threads [Integer] handlers that run at once
    # @attr_reader busy [Integer] steps that are worked on, or wait for a thread
    # @attr_reader abandoned [Integer] threads whose handlers run on though their time is over
    # @attr_reader held [Integer] messages whose lease this worker extends
    # @attr_reader fetched [Integer] messages read
    # @attr_reader sent [Integer] results taken by the database
    # @attr_reader timed_out [Integer] attempts whose time was over before their handler was done
    Status = Struct.new(:running, :id, :pid, :namespaces, :threads, :busy, :abandoned, :held, :fetched, :sent, :timed_out, keyword_init: true)

    # What a namespace may be called.
    NAMESPACE = /\A[a-z][a-z0-9_]{0,39}\z/

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
    # @raise [ConfigurationError] without a namespace, with a name that none can have, or with a number that the configuration would refuse
    def initialize(namespaces: TaskerCore.config.namespaces, threads: TaskerCore.config.threads, lease: TaskerCore.config.lease,
                   poll_interval: TaskerCore.config.poll_interval, registry: TaskerCore.handlers)
      @namespaces = checked(Configuration::Limits.namespaces(namespaces))
      @threads = Configuration::Limits.number(:threads, threads).to_i
      @lease = Configuration::Limits.number(:lease, lease).ceil
      @poll_interval = Configuration::Limits.number(:poll_interval, poll_interval)
      @registry = registry
      @id = "#{Socket.gethostname}:#{Process.pid}:#{SecureRandom.hex(2)}"
      @stopping = false
      @quieting = Once.new("quiet") { fall_quiet }
      @ending = Once.new("stop") { |timeout| wind_down(timeout) }
    end

    # Opens its connections when they are first needed, so a fork before this harms nothing.
    #
    # @return [self]
    # @raise [ConfigurationError] when it was started before, also if it was stopped since
    def start
      raise ConfigurationError, "Worker #{id} was started already, and a worker starts once: make another with TaskerCore::Worker.start" if @pid

      build
      [@crew, @timekeeper, @replier, @heartbeat, @listener, @fetcher].each(&:start)
      @pid = Process.pid
      Log.event(:info, :worker_started, worker: id, namespaces: @namespaces, threads: @threads)
      self
    end

    # Takes no more messages, gives back what no thread has begun, and lets running handlers end; it cannot be undone. The worker still has
    # to be stopped. Where it was not started, a forked child of its process included, this does nothing.
    #
    # @return [Boolean] true
    def quiet
      @quieting.call if started?
      true
    end

    # Takes no more messages, lets running handlers end, sends results, and gives back what is left so that others may go on at once.
    # It may be called from a signal handler, and by many at once: all wait until it is done. Where the worker was not started, a forked child
    # of its process included, it does nothing.
    #
    # @param timeout [Numeric] seconds for running handlers; those that are not done then are ended
    # @return [Boolean] whether every handler's thread has ended; nothing of ours waits for one that has not
    def stop(timeout: TaskerCore.config.shutdown_timeout)
      return true unless started?

      @ending.call(timeout)
      @shutdown.complete?
    end

    # Waits until {#stop} is done; not at all in a forked child.
    #
    # @return [void]
    def join = (@ending.wait unless @pid && !started?)

    # @return [Boolean] from start until stop is called
    def running? = started? && !@stopping

    # @return [Status]
    def status
      Status.new(running: running?, id: id, pid: @pid, namespaces: @namespaces, threads: @threads, busy: @crew&.busy.to_i,
                 abandoned: @crew&.abandoned.to_i, held: @leases&.size.to_i, fetched: @fetcher&.fetched.to_i, sent: @replier&.sent.to_i,
                 timed_out: @bench&.timed_out.to_i)
    end

    private

    def started? = @pid == Process.pid

    def checked(namespaces)
      raise ConfigurationError, "A worker needs a namespace to read: set config.namespaces or say --namespaces NAME" if namespaces.empty?

      wrong = namespaces.find { |name| !NAMESPACE.match?(name) } or return namespaces
      raise ConfigurationError, "#{wrong.inspect} cannot be a namespace: a-z first, then a-z, 0-9 and _, at most 40 characters"
    end

    def build
      @queues = { "fetch" => queue("fetch", durable: false), "reply" => queue("reply"), "keep" => queue("keep") }
      @leases = Leases.new(@queues["keep"], @lease)
      @heartbeat = Loop.new("heartbeat") { beat }
      @timekeeper = Timekeeper.new
      @crew = Crew.new(@threads, freed: -> { @fetcher.wake }) { |lease| @bench.work(lease) }
      @replier = Replier.new(@queues["reply"], @leases)
      @listener = Listener.new(@namespaces, heard: -> { @fetcher.wake })
      @fetcher = Fetcher.new(@queues["fetch"], @namespaces, leases: @leases, crew: @crew, lease_seconds: @lease, poll_interval: @poll_interval)
      @bench = bench
      @shutdown = shutdown
    end

    # What is fetched is leased and started, and a lease that the server lost in a crash is another delivery.
    def queue(name, durable: true)
      Queue.new(Link.new(name: "tasker worker #{name}", durable: durable), worker_id: id, giving_up: -> { @shutdown.ending? })
    end

    def bench
      Bench.new(id, registry: @registry, queue: @queues["keep"], leases: @leases, replier: @replier, timekeeper: @timekeeper,
                    abandon: ->(lease) { @crew.abandon(lease) }, stopping: -> { @stopping })
    end

    def shutdown
      Shutdown.new(id, fetcher: @fetcher, crew: @crew, replier: @replier, leases: @leases, heartbeat: @heartbeat, timekeeper: @timekeeper,
                       listener: @listener, queues: @queues.values)
    end

    def beat
      @leases.beat
      @heartbeat.wake.wait(@lease / 3.0)
    end

    def fall_quiet
      @fetcher.stop
      @leases.give_back(@crew.take_back)
    end

    def wind_down(timeout)
      @stopping = true
      @shutdown.call(timeout)
    ensure
      Log.event(:info, :worker_stopped, worker: id, fetched: @fetcher.fetched, sent: @replier.sent)
    end
  end
end
