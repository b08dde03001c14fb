# frozen_string_literal: true

require "open3"

# Starting needs SQL alone, so it goes on in the children of a process that was in the middle of it.
RSpec.describe "Starting in forked children", :database do
  before { register(recipe) }

  it "goes on in all of them and in the parent, each on a connection of its own" do
    program = File.expand_path("../fixtures/programs/forks.rb", __dir__)
    output, errors, status = Open3.capture3(RbConfig.ruby, "-I", RubyProcess::LIB, program, database_url, "4", "10")
    expect([status.exitstatus, errors]).to eq([0, ""])
    started = output.lines(chomp: true).map(&:split)
    expect(started.group_by(&:first).values.map(&:size)).to contain_exactly(12, 10, 10, 10, 10)
    expect(started.map(&:last)).to match_array(psql.exec("SELECT task_id FROM tasker.tasks").column_values(0))
  end
end
