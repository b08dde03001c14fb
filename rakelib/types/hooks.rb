# frozen_string_literal: true

require "rspec/core"
require_relative "rooms"
require_relative "signatures"

module Types
  # Watches every call of a method that has a signature while specs run: `rspec -r ./rakelib/types/hooks`. What does not fit ends the example, and
  # the run, though the code may have rescued what ended it.
  module Hooks
    # These ask their block for its parameters, which a hook hides.
    BLOCKS = %w[
      TaskerCore.register_handler TaskerCore::Registry#register TaskerCore::Workflow.step
      TaskerCore::Testing::Stub#and_call TaskerCore::Testing::Stub#then_call
    ].freeze

    # RBS asks a room for its name, and this one means somebody else's.
    NAMELESS = ["TaskerCore::Actor"].freeze

    # Doubles of RSpec stand for anything.
    DOUBLES = ["::RSpec::Mocks::TestDouble"].freeze

    # Those that were called, and what did not fit.
    CALLED = Set.new
    WRONG = Set.new

    # Leaves alone what a hook would change.
    module Sparing
      def skip_method?(type_name, method) = BLOCKS.include?(Sparing.name_of(type_name, method.defs.first.member)) ? :skip : super

      # Only what is written as a method can be among them.
      def self.name_of(type_name, member)
        return unless member.is_a?(RBS::AST::Members::MethodDefinition)

        "#{type_name.to_s.delete_prefix("::")}#{member.kind == :singleton ? "." : "#"}#{member.name}"
      end
    end

    # Who was refused may have given anything: that it is refused is what the example is about.
    module Judging
      def call(receiver, trace)
        CALLED << [self_class, trace.method_name]
        super unless trace.method_call.exception?
      rescue RBS::Test::Tester::TypeError => error
        WRONG << error.message
        raise
      end
    end

    # A Hash is one of keywords only if it was given so.
    module Telling
      def keyword?(value) = value.is_a?(Hash) && Hash.ruby2_keywords_hash?(value)
    end

    module_function

    # Puts hooks into everything that has a signature.
    #
    # @return [void]
    def install
      signatures = Signatures.new
      RBS::Test::Tester.prepend(Sparing)
      RBS::Test::Tester::MethodCallTester.prepend(Judging)
      RBS::Test::TypeCheck.prepend(Telling)
      @tester = RBS::Test::Tester.new(env: signatures.environment)
      (signatures.rooms - NAMELESS).each { |name| @tester.install!(Rooms.all.fetch(name), sample_size: 100, unchecked_classes: DOUBLES) }
    end

    # @return [Integer] how many methods have a hook
    def count = [@tester.instance_testers, @tester.singleton_testers].sum { |all| all.values.sum { |_, names| names.size } }

    # For the end of a run.
    #
    # @raise [RuntimeError] when something did not fit
    def report(reporter)
      reporter.message("#{CALLED.size} of #{count} methods that have a signature were called")
      raise WRONG.to_a.join("\n") if WRONG.any?
    end
  end
end

RBS.logger_level = "error"
Types::Hooks.install
require_relative "choice"
RSpec.configure { |config| config.after(:suite) { Types::Hooks.report(config.reporter) } }
