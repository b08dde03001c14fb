# frozen_string_literal: true

require "rbconfig"

module TaskerCore
  class Worker
    # Where in the application something happened, among all the frames of libraries.
    module Place
      # Whose frames tell an application's author little: Ruby's own, those of gems, and ours.
      LIBRARIES = ["<internal:", *RbConfig::CONFIG.values_at("rubylibdir", "rubyarchdir", "sitelibdir", "vendorlibdir").compact, *Gem.path,
                   File.expand_path("../..", __dir__)].freeze
      private_constant :LIBRARIES

      # @param backtrace [Array<String>, nil]
      # @return [String, nil] the innermost frame that is the application's, else the innermost of all
      def self.of(backtrace)
        backtrace&.find { |frame| !frame.start_with?(*LIBRARIES) } || backtrace&.first
      end
    end
  end
end
