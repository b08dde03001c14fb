# frozen_string_literal: true

require_relative "tasker_core/version"
require_relative "tasker_core/errors"

# Durable workflows on the PostgreSQL you already run. This file is the table of contents: each room is loaded when it is
# first entered, and none of them starts the Go library.
module TaskerCore
  autoload :Native,   "tasker_core/native"
  autoload :Template, "tasker_core/template"
end
