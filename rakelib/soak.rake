# frozen_string_literal: true

desc "Load with random kills of everything for MINUTES=10, on a private PostgreSQL; one JSON summary"
task soak: :compile do
  ruby "-Ilib", "rakelib/soak.rb", ENV.fetch("MINUTES", "10"), verbose: false
end
