# frozen_string_literal: true

module TaskerCore
  module Definition
    # What a workflow says about itself as a whole. Each is set with a value and read without; all but the name are inherited.
    module Settings
      # What may be wrong with a word, by setting.
      WORDS = {
        namespace: [Template::Rules::NAMESPACE, Template::Rules::NAMESPACE_RULE],
        version: [Template::Rules::VERSION, Template::Rules::VERSION_RULE],
        name: [Template::Rules::NAME, Template::Rules::NAME_RULE]
      }.freeze

      # What stands where nothing was said.
      ABSENT = { namespace: "default", version: "1.0.0" }.freeze

      # The owner of the template and of the queue on which its steps are sent.
      #
      # @param text [String, nil] nil reads it
      # @return [String] "default" when nothing was said
      # @raise [ConfigurationError]
      def namespace(text = nil) = text.nil? ? own(:namespace) || ABSENT[:namespace] : word(:namespace, text)

      # Another graph needs another version: what is registered never changes.
      #
      # @param text [String, nil] three numbers; nil reads it
      # @return [String] "1.0.0" when nothing was said
      # @raise [ConfigurationError]
      def version(text = nil) = text.nil? ? own(:version) || ABSENT[:version] : word(:version, text)

      # With a text, the name of the template; without, the name of the class, as of every class.
      #
      # @param text [String, nil]
      # @return [String, nil]
      # @raise [ConfigurationError]
      def name(text = nil) = text.nil? ? super() : word(:name, text)

      # @return [String, nil] the name of the template: as set, else the last part of the class's name, in snake case
      def workflow_name
        setting[:name] || name&.then { |text| text[/[^:]+\z/].gsub(/([a-z\d])([A-Z])|([A-Z]+)(?=[A-Z][a-z])/, '\1\3_\2').downcase }
      end

      # @param text [String, nil] what it does, for people; nil reads it
      # @return [String, nil]
      # @raise [ConfigurationError]
      def description(text = nil)
        return own(:description) if text.nil?

        refuse "description must be a text, not #{text.class}" unless text.is_a?(String)
        set_to(:description, text)
      end

      # Which requests are the same one.
      #
      # @param strategy [Symbol, String, nil] always_unique, caller_provided or strict; nil leaves it as it is
      # @param scope [Symbol, String, nil] forever or open: only while the earlier task is open; nil leaves it as it is
      # @return [void]
      # @raise [ConfigurationError]
      def identity(strategy: nil, scope: nil)
        given = { "strategy" => strategy, "scope" => scope }.compact.transform_values(&:to_s)
        given.each do |name, value|
          words, rule = Template::Rules::IDENTITIES.fetch(name)
          refuse "identity #{name}: #{value} #{rule}" unless words.include?(value)
        end
        set_to(:identity, (own(:identity) || {}).merge(given))
      end

      # What a task is started with: declared in a block, or as a JSON Schema of draft 7.
      #
      # @param schema [Hash, nil]
      # @param closed [Boolean] whether keys are refused that the block does not declare
      # @yield in an {Input}: `required :order_id, Integer`
      # @return [void]
      # @raise [ConfigurationError]
      def input(schema = nil, closed: false, &block)
        refuse "input takes a block or a JSON Schema, and one of them" unless schema.nil? ^ block.nil?
        refuse "input is declared twice: say all of it in one" if setting.key?(:schema)

        set_to(:schema, block ? Input.schema("#{label}: input", closed: closed, &block) : Options.json("#{label}: input", schema))
      end

      # @api private
      # @return [Object, nil] what was said here, else in the superclass
      def own(name) = setting.fetch(name) { inherited_workflow&.own(name) }

      private

      def setting = @setting ||= {}

      def word(name, value)
        format, rule = WORDS.fetch(name)
        refuse "#{name} #{value.inspect} #{rule}" unless [String, Symbol].any? { |type| value.is_a?(type) } && format.match?(value)

        set_to(name, value.to_s)
      end

      def set_to(name, value)
        recompile
        setting[name] = value
      end
    end
  end
end
