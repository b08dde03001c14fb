# frozen_string_literal: true

require "digest"
require "open3"
require "pg"
require "securerandom"
require "uri"

# A migrated database for each example that asks for one, copied from a template that is made once for the SQL as it is now.
module TestDatabase
  ROOT = File.expand_path("../..", __dir__)

  module_function

  def server
    ENV.fetch("TASKER_TEST_DATABASE_URL") { abort "The specs need a PostgreSQL: run them with bin/test ruby, or set TASKER_TEST_DATABASE_URL" }
  end

  def url(name) = URI(server).tap { |uri| uri.path = "/#{name}" }.to_s

  def create
    name = "tasker_spec_#{SecureRandom.hex(6)}"
    admin { |pg| pg.exec("CREATE DATABASE #{name} TEMPLATE #{template}") }
    pooled(url(name))
  end

  # Through the pooler, where there is one between the examples and the server (rake pooler).
  def pooled(url)
    through = ENV.fetch("TASKER_TEST_POOLER", nil)
    through ? url.sub(%r{@[^/]+}, "@#{through}") : url
  end

  def drop(url)
    admin { |pg| pg.exec("DROP DATABASE IF EXISTS #{URI(url).path.delete_prefix("/")} WITH (FORCE)") }
  end

  # Programs that make it at once do the same work twice; the first to finish wins.
  def template
    @template ||= "tasker_spec_template_#{digest}".tap { |name| make(name) unless known?(name) }
  end

  def make(name)
    draft = "#{name}_#{SecureRandom.hex(3)}"
    admin { |pg| pg.exec("CREATE DATABASE #{draft}") }
    output, status = Open3.capture2e(File.join(ROOT, "exe/tasker"), "migrate", "--database-url", url(draft))
    abort "The template database could not be migrated:\n#{output}" unless status.success?

    admin { |pg| pg.exec("ALTER DATABASE #{draft} RENAME TO #{name}") }
  rescue PG::DuplicateDatabase
    drop(url(draft))
  end

  def known?(name) = admin { |pg| pg.exec_params("SELECT FROM pg_database WHERE datname = $1", [name]).ntuples.positive? }

  def digest
    files = Dir[File.join(ROOT, "go/schema/**/*.sql")]
    Digest::SHA256.hexdigest(files.sort.map { |file| File.read(file) }.join("\0"))[0, 16]
  end

  def admin
    pg = PG.connect(server)
    pg.exec("SET client_min_messages = warning")
    yield pg
  ensure
    pg&.finish
  end
end
