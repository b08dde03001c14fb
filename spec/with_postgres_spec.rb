# frozen_string_literal: true

require "open3"
require "pg"

# bin/with-postgres starts what every test runs on, and must leave nothing behind, whatever ends it.
RSpec.describe "bin/with-postgres" do
  script = File.expand_path("../bin/with-postgres", __dir__)
  unset = { "TASKER_TEST_DATABASE_URL" => nil }

  # Says where its server is, then obeys what it is told on standard input.
  patient = ["ruby", "-e", <<~RUBY]
    %w[INT TERM].each { |signal| trap(signal) { exit 3 } }
    $stdout.sync = true
    puts ENV.fetch("TASKER_TEST_DATABASE_URL")
    $stdin.gets
  RUBY

  def alive?(url)
    PG.connect(url).close
    true
  rescue PG::ConnectionBad
    false
  end

  it "gives the command a server and its exit code to the caller" do
    output, status = Open3.capture2(unset, script, "ruby", "-rpg", "-e", <<~RUBY)
      puts PG.connect(ENV.fetch("TASKER_TEST_DATABASE_URL")).exec("SHOW max_connections").getvalue(0, 0)
      exit 7
    RUBY
    expect([output, status.exitstatus]).to eq(["400\n", 7])
  end

  { "waits for no disk" => [{}, "off"], "is durable if asked to be" => [{ "TASKER_TEST_DURABLE" => "yes" }, "on"] }.each do |what, (asked, state)|
    it what do
      output, = Open3.capture2(unset.merge(asked), script, "ruby", "-rpg", "-e", <<~RUBY)
        pg = PG.connect(ENV.fetch("TASKER_TEST_DATABASE_URL"))
        puts %w[fsync full_page_writes synchronous_commit].map { |name| pg.exec("SHOW " + name).getvalue(0, 0) }.uniq
      RUBY
      expect(output).to eq("#{state}\n")
    end
  end

  it "puts the URL into the variable it is told" do
    output, = Open3.capture2(unset, script, "--url-in", "SHOP_URL", "sh", "-c", "echo $SHOP_URL")
    expect(output).to match(%r{\Apostgres://tasker@127\.0\.0\.1:\d+/postgres\n\z})
  end

  it "starts nothing where the variable is set already" do
    output, = Open3.capture2({ "TASKER_TEST_DATABASE_URL" => "postgres://elsewhere" }, script, "sh", "-c", "echo $TASKER_TEST_DATABASE_URL")
    expect(output).to eq("postgres://elsewhere\n")
  end

  it "runs without standard input, as in CI" do
    _, status = Open3.capture2("#{script} true <&-")
    expect(status).to be_success
  end

  %w[TERM INT].each do |signal|
    it "ends the command and the server at SIG#{signal}" do
      Open3.popen2(unset, script, *patient) do |_input, output, process|
        url = output.gets.chomp
        expect(alive?(url)).to be(true)
        Process.kill(signal, process.pid)
        expect(process.value.exitstatus).to eq(3)
        expect(alive?(url)).to be(false)
      end
    end
  end

  it "stops the server when the command is killed" do
    Open3.popen2(unset, script, "sh", "-c", "echo $TASKER_TEST_DATABASE_URL; kill -9 $$") do |_input, output, process|
      url = output.gets.chomp
      expect(process.value.exitstatus).to eq(137)
      expect(alive?(url)).to be(false)
    end
  end

  it "says what to do without a command" do
    _, error, status = Open3.capture3(unset, script)
    expect([status.exitstatus, error]).to match([69, /no command given/])
  end
end
