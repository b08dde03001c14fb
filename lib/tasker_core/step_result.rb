# frozen_string_literal: true

require "socket"
require "time"

module TaskerCore
  # What a worker sends back for an attempt: the result message of the protocol, as a Hash.
  class StepResult
    # @param message [Message] the attempt that is answered
    # @param worker_id [String]
    def initialize(message, worker_id)
      @message = message
      @worker_id = worker_id
      @started_at = Time.now.utc
      @started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    # @param data [Object] JSON-ready data
    # @param metadata [Hash] JSON-ready, kept as custom metadata
    # @param events [Array<Hash>] JSON-ready, what the handler told
    # @return [Hash]
    def success(data, metadata = {}, events = [])
      told = { custom: metadata, events: events }.reject { |_, value| value.empty? }
      build("success", results: data, orchestration_metadata: told.empty? ? nil : told)
    end

    # @param error [Exception] what ended the attempt
    # @param rules [Array<Classification::Rule>] the handler's own
    # @return [Hash]
    def failed(error, rules = [])
      fault = Fault.new(error, rules)
      build("failed", error: fault.to_h, orchestration_metadata: fault.advice)
    end

    # @param error [TimeoutError] that says where the handler stands
    # @return [Hash]
    def timed_out(error)
      build("timed_out", error: Fault.new(error).to_h.merge(error_code: "step_timeout"))
    end

    private

    def build(status, **outcome)
      { protocol: Message::PROTOCOL, step_id: @message.step_id, task_id: @message.task_id, attempt: @message.attempt, status: status,
        results: nil, error: nil, execution_time_ms: elapsed, orchestration_metadata: nil, worker: worker,
        started_at: @started_at.iso8601(6), completed_at: Time.now.utc.iso8601(6) }.merge(outcome)
    end

    def elapsed
      ((Process.clock_gettime(Process::CLOCK_MONOTONIC) - @started) * 1000).round
    end

    def worker = { id: @worker_id, host: Socket.gethostname, pid: Process.pid }
  end
end
