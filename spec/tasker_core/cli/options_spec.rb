# frozen_string_literal: true

require "tmpdir"

RSpec.describe TaskerCore::CLI::Options do
  subject(:options) { described_class.new }

  it "gives what is no option, and puts the rest into the configuration" do
    given = %w[worker --namespaces a,b --threads 7 --templates one --templates two --environment test --shutdown-timeout 3]
    expect(options.parse(given)).to eq(["worker"])
    options.apply
    expect(config).to have_attributes(namespaces: %w[a b], threads: 7, template_paths: %w[one two], environment: "test", shutdown_timeout: 3.0)
  end

  it "loads files first, so that options win over what they configure" do
    Dir.mktmpdir do |folder|
      File.write(File.join(folder, "app.rb"), "TaskerCore.configure { |config| config.threads = 2; config.lease = 44 }")
      options.parse(["--threads", "9", "--require", File.join(folder, "app")])
      options.apply
    end
    expect(config).to have_attributes(threads: 9, lease: 44)
  end

  it "refuses a number that cannot be" do
    options.parse(%w[--threads 0])
    expect { options.apply }.to raise_error(TaskerCore::ConfigurationError, /threads must be a number from 1 to 1000/)
  end
end
