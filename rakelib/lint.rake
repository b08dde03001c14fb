# frozen_string_literal: true

GOLANGCI_LINT = "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0"
SHELL_SCRIPTS = FileList["bin/*", ".ci/*"].select { |path| File.open(path, &:readline).include?("bash") }

desc "Lint Go, Ruby and shell, and check the sizes of functions and files, the doc comments and the signatures"
task lint: %w[lint:go lint:ruby lint:shell lint:sizes docs:check types:validate]

namespace :lint do
  desc "gofmt and golangci-lint (with go vet's analyzers)"
  task :go do
    unformatted = `gofmt -l go bindings`.split
    raise "not formatted, run gofmt -w: #{unformatted.join(" ")}" unless unformatted.empty?

    sh "go", "run", GOLANGCI_LINT, "run", "./..."
  end

  desc "rubocop"
  task :ruby do
    sh "rubocop"
  end

  desc "shellcheck"
  task :shell do
    sh "shellcheck", *SHELL_SCRIPTS
  end

  desc "The sizes of functions and files"
  task :sizes do
    ruby "rakelib/sizes.rb"
  end
end
