# frozen_string_literal: true

require "open3"
require "tmpdir"

# What is released is built and installed from nothing but its file, without a network and beside no working copy, and it works.
RSpec.describe "The gem", :database do
  root = File.expand_path("../..", __dir__)

  around { |example| Dir.mktmpdir("tasker-gem") { |folder| (@folder = folder) && example.run } }

  # An empty home, to which the gems that this one leans on are added by RubyGems itself: they come with the system here.
  def environment
    { "GEM_HOME" => "#{@folder}/home", "PATH" => "#{@folder}/home/bin:#{ENV.fetch("PATH")}", "RUBYLIB" => nil, "RUBYOPT" => nil,
      "GOPROXY" => "off", "DATABASE_URL" => database_url }
  end

  def run(*command, from: @folder)
    output, status = Open3.capture2e(environment, *command, chdir: from)
    expect(status).to be_success, "#{command.join(" ")}\n#{output}"
    output
  end

  it "installs, and its command and its core run" do
    run("gem", "build", "tasker-core.gemspec", "--output", "#{@folder}/tasker-core.gem", from: root)
    run("gem", "install", "--local", "--no-document", "tasker-core.gem")
    expect(run("tasker", "version")).to eq("tasker #{TaskerCore::VERSION}\n")

    psql.exec("SET client_min_messages = warning; DROP SCHEMA tasker CASCADE")
    expect(run("tasker", "migrate")).to include("is up to date")
    files = run("ruby", "-e", <<~RUBY).lines(chomp: true)
      require "tasker_core"
      TaskerCore::Orchestrator.new.tick
      puts $LOADED_FEATURES.grep(/tasker_core/), File.read("/proc/self/maps").scan(%r{/\\S*libtasker_core\\.so}).uniq
    RUBY
    expect(files).to include(/libtasker_core\.so/).and all(start_with("#{@folder}/home/"))
  end
end
