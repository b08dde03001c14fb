# frozen_string_literal: true

require "fileutils"
require "open3"
require "rubygems"
require "tmpdir"

# How libtasker_core.so is built from the Go sources: one recipe for `rake compile` and for `gem install`.
class GoBuild
  # Raised with what is wrong and what to do about it.
  class Refused < StandardError; end

  # The oldest Go that builds the sources; go.mod says the same.
  OLDEST = Gem::Version.new("1.26")

  LIBRARY = "libtasker_core.so"

  # Everything but the functions of tasker.h stays inside: Go's own C symbols have names that other libraries use too.
  EXPORTS = "{ global: tasker_*; local: *; };\n"

  # @param root [String] where go.mod is
  # @param env [Hash] the environment; GO may name the go command
  # @param platform [String] what this Ruby was built for
  def initialize(root: File.expand_path("../..", __dir__), env: ENV, platform: RbConfig::CONFIG.values_at("arch", "host_os").join(" "))
    @root = root
    @env = env
    @platform = platform
  end

  # @return [Array<String>] what the library is made of; tests are no part of it, so that writing one links nothing anew
  def sources
    globs = %w[go.mod go.sum bindings/*.{go,c,h} go/**/*.{go,sql} ext/tasker_core/go_build.rb]
    Dir.glob(globs, base: @root).reject { |path| path.end_with?("_test.go") }
  end

  # Says whether this machine can build and run the library.
  #
  # @return [void]
  # @raise [Refused] with the remedy
  def check
    refuse_musl
    version = installed_version
    return if version >= OLDEST

    raise Refused, "Go #{version} is too old: tasker-core needs Go #{OLDEST} or newer. Install it, or name another one with GO=/path/to/go"
  end

  # Builds the library.
  #
  # @param output [String] the file to write
  # @return [void]
  # @raise [Refused] also when the compiler gives up
  def run(output)
    check
    with_exports do |exports|
      system(environment, *command(File.expand_path(output), exports), chdir: @root) or
        raise Refused, "`go build` did not succeed; what it said stands above"
    end
    FileUtils.rm_f(output.sub(/\.so\z/, ".h")) # what cgo generates; ours is bindings/tasker.h
  end

  private

  def go = @env["GO"] || "go"

  # Go's C libraries use a form of thread-local storage that musl's loader does not have.
  def refuse_musl
    return unless @platform.include?("musl")

    raise Refused, "musl (Alpine) cannot load a Go library. Use an image with glibc, such as Debian's. " \
                   "Starting tasks in your own transaction and working need only SQL, but this gem still compiles against the library"
  end

  def installed_version
    said, status = Open3.capture2e(environment, go, "env", "GOVERSION", chdir: @root)
    raise Refused, "`#{go} env GOVERSION` did not succeed: #{said.strip}" unless status.success?

    Gem::Version.new(said[/go(\d+(\.\d+)*)/, 1] || "0")
  rescue SystemCallError
    raise Refused, "The Go toolchain was not found (#{go}). tasker-core needs Go #{OLDEST} or newer to build: put it on the PATH, " \
                   "or name it with GO=/path/to/go"
  end

  # What a user's settings could break is set here. GOTOOLCHAIN=local: an install must not fetch a compiler behind one's back.
  def environment
    fixed = { "GOFLAGS" => "", "GOWORK" => "off", "GOTOOLCHAIN" => "local", "CGO_ENABLED" => "1" }
    fixed["GOCACHE"] = File.join(@root, "tmp", "go-cache") unless @env["HOME"] || @env["GOCACHE"] || @env["XDG_CACHE_HOME"]
    fixed
  end

  def command(output, exports)
    # -z defs: what is missing is found here, and not by the one who loads the library.
    linker = "-extldflags=-Wl,-soname,#{LIBRARY},--version-script=#{exports},-z,defs"
    modules = File.exist?(File.join(@root, "vendor", "modules.txt")) ? ["-mod=vendor"] : []
    [go, "build", *modules, "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w '#{linker}'", "-o", output, "./bindings"]
  end

  # The linker wants an absolute path, and a gem's folder may be read-only. The name must not change: it is part of what Go's
  # build cache compares.
  def with_exports
    path = File.join(Dir.tmpdir, "tasker_core_exports_#{Process.uid}.map")
    File.write(path, EXPORTS) unless File.exist?(path) && File.read(path) == EXPORTS
    yield path
  end
end

if $PROGRAM_NAME == __FILE__
  begin
    GoBuild.new.run(ARGV.fetch(0))
  rescue GoBuild::Refused => error
    abort "tasker-core: #{error.message}"
  end
end
