# frozen_string_literal: true

require "json"
require "tasker_core/testing"
require_relative "vectors/vector"

# The rules of the core as short stories, told to what runs workflows in users' tests. go/orchestrator/vectors_test.go tells the same ones
# to the core itself, on a database.
RSpec.describe TaskerCore::Testing::World do
  files = Dir[File.expand_path("../../fixtures/vectors/*.json", __dir__)]

  it "is held to forty rules and more" do
    expect(files.size).to be >= 40
  end

  files.each do |file|
    vector = JSON.parse(File.read(file, encoding: "UTF-8"))

    it "#{File.basename(file, ".json")}: #{vector["rule"]}" do
      [1, 2, 3].each do |seed|
        story = Vector.new(vector, seed)
        expect(story.says).to eq(vector["story"].map { |act| act["says"].to_s })
        expect(story.standings).to eq(vector["expected"])
      end
    end
  end
end
