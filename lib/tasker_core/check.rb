# frozen_string_literal: true

module TaskerCore
  # Looks at templates and their handlers before anything runs: whether each can be read, no two claim the same version, every handler is
  # there, and whatever its keywords ask for comes from a step before it or from the input. Nothing is
  # called, and no database is asked unless a store is given.
  class Check
    autoload :Drift, "tasker_core/check/drift"
    autoload :Inputs, "tasker_core/check/inputs"
    autoload :Step, "tasker_core/check/step"

    # Something that is wrong, or may be.
    #
    # @attr_reader level [Symbol] :error or :warning
    # @attr_reader workflow [String] "namespace/name version", or the file or class that cannot be read
    # @attr_reader step [String, nil] its name, when it is about one
    # @attr_reader problem [String]
    # @attr_reader remedy [String, nil] what to do about it
    Finding = Struct.new(:level, :workflow, :step, :problem, :remedy, keyword_init: true) do
      # @return [Boolean] whether it will fail, not only may
      def error? = level == :error

      # @return [String] all of it on one line
      def to_s = "#{level}: #{place}: #{[problem, remedy].compact.join("; ")}"

      # @return [String] the workflow, and the step when it is about one
      def place = [workflow, step && "step #{step}"].compact.join(", ")
    end

    # @param templates [Templates]
    # @param registry [Registry] where handlers are found
    # @param namespaces [Array<String>, nil] whose handlers have to be here; nil for all
    # @param store [Store, nil] with what is registered, to compare
    def initialize(templates, registry: TaskerCore.handlers, namespaces: nil, store: nil)
      @drift = Drift.new(store) if store
      @origins = templates.origins
      @registry = registry
      @namespaces = namespaces
    end

    # @return [Array<Finding>] in the order of the templates and their steps
    def findings = @findings ||= read.flat_map { |origin, result| judge(origin, result) } + rivals

    # @return [Array<Finding>]
    def errors = findings.select(&:error?)

    # @return [Array<Finding>]
    def warnings = findings.reject(&:error?)

    # @return [void]
    # @raise [ConfigurationError] that names every error
    def check!
      raise ConfigurationError, "Nothing was started, because of the workflows:\n#{errors.map { |finding| "  #{finding}" }.join("\n")}" if errors.any?
    end

    private

    # What each origin gives: a template, or the error that says why not.
    def read = @read ||= @origins.map { |origin| [origin, attempt(origin)] }

    def attempt(origin)
      origin.template
    rescue ValidationError, ConfigurationError => error
      error
    end

    def judge(origin, result)
      return [faulty(origin, result)] if result.is_a?(Error)

      findings = Inputs.new(result).findings
      findings += result.steps.flat_map { |step| Step.new(result, step, @registry).findings } if ours?(result)
      @drift ? findings + @drift.findings(result) : findings
    end

    def ours?(template) = @namespaces.nil? || @namespaces.include?(template.namespace)

    def faulty(origin, error)
      Finding.new(level: :error, workflow: origin.to_s, problem: error.message.delete_prefix(origin.to_s).sub(/\A(?: is no valid workflow)?: /, ""))
    end

    # Templates of one version that differ: only one of them can be registered.
    def rivals
      templates = read.reject { |_, result| result.is_a?(Error) }
      templates.group_by { |_, template| [template.reference, template.version].join(" ") }.filter_map do |name, same|
        next if same.map { |_, template| template.to_h }.uniq.one?

        Finding.new(level: :error, workflow: name, problem: "#{same.map { |origin, _| origin.to_s }.join(" and ")} differ under this version",
                    remedy: "give one of them another version, or remove it")
      end
    end
  end
end
