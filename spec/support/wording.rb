# frozen_string_literal: true

# The words that tests of workflows have, without what the switch does to every example: here they are looked at one by one.
RSpec.shared_context "with the words of RSpec" do
  require "tasker_core/testing/rspec/matchers"

  include_context "with a rehearsal"
  include TaskerCore::Testing::Actions
  include TaskerCore::Testing::RSpec::Matchers

  around do |example|
    seed = TaskerCore::Testing.seed
    example.run
    TaskerCore::Testing.seed = seed
  end

  # What an expectation or an assertion says when it does not hold.
  def complaint
    yield
    raise "nothing was wrong with it"
  rescue RSpec::Expectations::ExpectationNotMetError => error
    error.message
  end
end
