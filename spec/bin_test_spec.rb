# frozen_string_literal: true

require "open3"

# bin/test is the first command that somebody types who has just arrived.
RSpec.describe "bin/test" do
  script = File.expand_path("../bin/test", __dir__)

  # Without Go on the PATH, which the set-up asks for first: who is only told something needs none.
  bare = { "PATH" => "/usr/bin:/bin", "TASKER_TEST_READY" => nil }

  %w[-h --help help].each do |word|
    it "says what it does: #{word}" do
      said, status = Open3.capture2e(bare, script, word)
      expect([status.exitstatus, said]).to match([0, %r{\ARuns the tests.*bin/test go ruby}m])
    end
  end

  it "refuses a part that it does not know before it sets anything up" do
    said, status = Open3.capture2e(bare, script, "go", "rubby")
    expect([status.exitstatus, said]).to eq([2, "bin/test: there is no part rubby: there are go abi ruby types\n"])
  end
end
