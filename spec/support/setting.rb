# frozen_string_literal: true

require "logger"
require "stringio"

# Each example begins with nothing configured, no handler registered, no workflow known (whatever others of the run have loaded) and an empty log.
module Setting
  attr_reader :database_url

  def with_fresh_setting(database: false, &block)
    @log = StringIO.new
    TaskerCore.instance_variable_set(:@config, nil)
    TaskerCore.instance_variable_set(:@handlers, nil)
    TaskerCore::Workflow.instance_variable_set(:@inheriting, nil)
    TaskerCore.config.logger = Logger.new(@log, level: :debug, formatter: TaskerCore::Log.method(:line))
    database ? with_database(&block) : yield
  end

  def log = @log.string

  def config = TaskerCore.config

  private

  def with_database
    @database_url = TestDatabase.create
    TaskerCore.config.database_url = database_url
    TaskerCore.config.poll_interval = 0.2
    yield
  ensure
    stop_what_runs
    TestDatabase.drop(database_url) if database_url
  end
end
