# frozen_string_literal: true

desc "Run the Go tests of database and orchestrator on other versions of PostgreSQL (VERSIONS=13,14,16,17,18; needs npm)"
task :versions do
  ENV.fetch("VERSIONS", "13,14,16,17,18").split(",").each do |version|
    programs = `bin/other-postgres #{version}`.chomp
    raise "there is no PostgreSQL #{version}" if programs.empty?

    sh({ "TASKER_TEST_POSTGRES" => programs }, "bin/with-postgres", "ruby", "rakelib/go_tests.rb", "-p", "2",
       "./go/schema", "./go/pgmqtest", "./go/orchestrator", "./bindings")
  end
end
