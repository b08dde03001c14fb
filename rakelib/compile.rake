# frozen_string_literal: true

require "rake/clean"
require "rake/extensiontask"
require_relative "../ext/tasker_core/go_build"

GO_LIBRARY = "lib/tasker_core/#{GoBuild::LIBRARY}".freeze

Rake::ExtensionTask.new("tasker_core") do |extension|
  extension.lib_dir = "lib/tasker_core"
  extension.source_pattern = "*.{c,rb}"
  extension.config_options << "--without-go-lib"
end

desc "Build the Go library, if its sources changed"
file GO_LIBRARY => GoBuild.new.sources do |task|
  GoBuild.new.run(task.name)
  # go build leaves a file alone whose content would be the same; rake compares times.
  touch task.name, verbose: false
rescue GoBuild::Refused => error
  abort "tasker-core: #{error.message}"
end

task compile: GO_LIBRARY

# What rake-compiler does not know: the extension includes the header, and the Makefile is made with the file depend.
{ "tasker_core.so" => "bindings/tasker.h", "Makefile" => "ext/tasker_core/depend" }.each do |name, source|
  Rake::Task.tasks.each { |task| task.enhance([source]) if task.name.match?(%r{\Atmp/.*/tasker_core/.*/#{Regexp.escape(name)}\z}) }
end

CLOBBER.include(GO_LIBRARY)
