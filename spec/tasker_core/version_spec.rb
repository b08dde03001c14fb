# frozen_string_literal: true

RSpec.describe "TaskerCore::VERSION" do
  it "is the version that the header of the C face names" do
    header = File.read(File.expand_path("../../bindings/tasker.h", __dir__))
    expect(header[/TASKER_VERSION "(.+)"/, 1]).to eq(TaskerCore::VERSION)
  end
end
