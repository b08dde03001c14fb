# frozen_string_literal: true

require "mkmf"
require_relative "go_build"

# `rake compile` builds the Go library itself, so that it can see whether it must.
without_go_library = arg_config("--without-go-lib")

begin
  GoBuild.new.check unless without_go_library
rescue GoBuild::Refused => error
  abort "tasker-core: #{error.message}"
end

bindings = File.expand_path("../../bindings", __dir__)
# rubocop:disable Style/GlobalVars -- mkmf is told things through them
$INCFLAGS << " -I#{bindings.quote}"
# All warnings: on this border each one is worth a look.
$warnflags = "-Wall -Wextra"
$CFLAGS << " -std=gnu11 -fvisibility=hidden"
# rubocop:enable Style/GlobalVars

have_library("dl", "dlopen")
abort "tasker-core: this Ruby has no rb_nogvl; Ruby 3.1 or newer is needed" unless have_func("rb_nogvl", "ruby/thread.h")

create_makefile("tasker_core/tasker_core")

# On gem install, make also builds the Go library and puts it beside the extension, which looks for it there.
unless without_go_library
  File.open("Makefile", "a") do |makefile|
    makefile.puts <<~MAKE

      #{GoBuild::LIBRARY}:
      \t$(RUBY) #{File.expand_path("go_build.rb", __dir__).quote} $@

      all: #{GoBuild::LIBRARY}

      install-so: $(RUBYARCHDIR)/#{GoBuild::LIBRARY}

      $(RUBYARCHDIR)/#{GoBuild::LIBRARY}: #{GoBuild::LIBRARY} $(TIMESTAMP_DIR)/.sitearchdir.-.tasker_core.time
      \t$(INSTALL_PROG) #{GoBuild::LIBRARY} $(RUBYARCHDIR)
    MAKE
  end
end
