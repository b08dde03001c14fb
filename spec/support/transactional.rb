# frozen_string_literal: true

# Transactional handlers that write to the ledger, and what is done with them.
module Transactional
  def self.included(group)
    group.include Ledger
    group.let(:lent) { nil }
    group.let(:gate) { Thread::Queue.new }
    group.let(:inside) { Thread::Queue.new }
    group.before { register(recipe) }
  end

  # A handler that writes an entry and then does something more.
  def transactional(on: lent, &more)
    handler = Class.new(TaskerCore::StepHandler) do
      transactional(on: on)
      define_method(:call) do |ctx|
        sql = "INSERT INTO ledger (step_id, attempt) VALUES (#{ctx.step.id}, #{ctx.attempt})"
        ctx.connection.public_send(%i[run execute exec].find { |name| ctx.connection.respond_to?(name) }, sql)
        instance_exec(ctx, &more) if more
      end
    end
    handle("Pack", handler)
  end

  # Runs a task to its end.
  def run(**options)
    start_both(**options)
    start_task.wait(timeout: 30)
  end

  def start_both(**options)
    return if running.any?

    start_orchestrator
    start_worker(**options)
  end

  # Runs one that stands still in the middle of its body until the block is done.
  def in_the_middle(**options)
    start_orchestrator
    worker = start_worker(**options)
    task = start_task
    inside.pop
    yield task
    gate << :on
    eventually { expect(worker.status).to have_attributes(busy: 0, held: 0, abandoned: 0) }
    task
  end

  def standing_still
    reached = inside
    go_on = gate
    ->(_ctx) { reached << :here and go_on.pop }
  end
end
