# frozen_string_literal: true

desc "Build pages of the doc comments in lib/ into tmp/docs; what they lack, or what YARD complains of, is an error"
task docs: "docs:check" do
  sh "yard", "doc", "--fail-on-warning"
end

namespace :docs do
  desc "See that everything public in lib/ has a doc comment, each with its parameters and what it returns"
  task :check do
    ruby "rakelib/docs.rb"
  end
end
