# frozen_string_literal: true

require "tmpdir"
require_relative "../../ext/tasker_core/go_build"

RSpec.describe GoBuild do
  # A go command that says it is of this version.
  def go_of(version)
    Dir.mktmpdir do |folder|
      File.write("#{folder}/go", "#!/bin/sh\necho go#{version}\n")
      File.chmod(0o755, "#{folder}/go")
      yield "#{folder}/go"
    end
  end

  def checking(command) = -> { described_class.new(env: { "GO" => command }).check }

  it "accepts the Go that is here" do
    expect { described_class.new.check }.not_to raise_error
  end

  it "says where to get Go when there is none" do
    expect(&checking("/nonexistent/go")).to raise_error(described_class::Refused, %r{not found.*Go 1\.26.*GO=/path}m)
  end

  it "refuses a Go that is too old, and takes a newer one" do
    go_of("1.22.3") { |go| expect(&checking(go)).to raise_error(described_class::Refused, /Go 1\.22\.3 is too old/) }
    go_of("1.30rc1") { |go| expect(&checking(go)).not_to raise_error }
  end

  it "refuses musl" do
    expect { described_class.new(platform: "x86_64-linux-musl").check }.to raise_error(described_class::Refused, /glibc/)
  end

  it "builds from everything that is shipped, tests left out" do
    sources = described_class.new.sources
    expect(sources).to include("go.mod", "bindings/plain.c", "bindings/tasker.h", "go/orchestrator/tick.go", "go/schema/functions/create_tasks.sql")
    expect(sources.grep(/_test\.go/)).to be_empty
  end
end
