# frozen_string_literal: true

# Waiting for what other threads and processes do: asked again and again until it is so, or the time is over.
module Patience
  # How long anything may take on a busy machine.
  PATIENCE = 20

  def eventually(within: PATIENCE)
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + within
    begin
      yield
    rescue RSpec::Expectations::ExpectationNotMetError, TaskerCore::NotFoundError
      raise if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

      look_again
      retry
    end
  end

  # Gives what the block gives as soon as that is something.
  def wait_for(what, within: PATIENCE)
    found = nil
    eventually(within: within) { expect(found = yield).to(be_truthy, "#{what} did not come within #{within} s") }
    found
  end

  def look_again = IO.select(nil, nil, nil, 0.02)
end
