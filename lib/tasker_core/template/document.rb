# frozen_string_literal: true

module TaskerCore
  class Template
    # A template document with the keys translated, before any environment is chosen.
    class Document
      include Environments

      # @param root [Node]
      # @param findings [Findings]
      def initialize(root, findings)
        @root = root
        @findings = findings
        @renamer = Renamer.new(findings)
        @values = Fields.new(root)
        @special = {}
        @renamer.rename(@values, root, Keys::TEMPLATE) { |form, key, value| keep(form, key, value) unless value.null? }
        @steps = read_steps
        check_named_steps(@special[:named_steps]) if @special[:named_steps]
        @environments = @special[:environments] ? read_environments(@special[:environments]) : {}
      end

      # Reads every variant of the document, the one without overrides first, because all are checked.
      #
      # @param environment [String]
      # @return [Hash] the normal form of the one that is asked for
      def normal_form(environment)
        base = read(@steps, !@environments.key?(environment))
        variants = @environments.map { |name, overrides| [name, read(overlay(overrides), name == environment)] }
        variants.to_h.fetch(environment, base)
      end

      private

      def keep(form, key, value)
        case form
        when :text then @findings.demand(value, value.text?, "must be a string")
        when :identity then @renamer.nested(@values, form, key, value)
        else @special[form] = value
        end
      end

      def read_steps
        list = @values["steps"]&.node
        return required if list.nil? || list.null?
        return step_list(list) if list.list?

        @renamer.lacking(list)
        @findings.demand(list, list.void?, "must be a list of steps")
        []
      end

      def step_list(list)
        problem = Rules.too_many(list.items.size)
        return list.items.filter_map { |item| read_step(item) } unless problem

        @findings.add(list, problem)
        []
      end

      def required
        @findings.add_at(@root.at, "/steps", "is required: list the steps; [] for none")
        []
      end

      def read_step(item)
        @renamer.lacking(item)
        @findings.demand(item, item.map? || item.void?, "must be a mapping with a name and a handler_class")
        @renamer.step(item) if item.map?
      end

      # Older files carry a list of names beside their steps.
      def check_named_steps(node)
        listed = @renamer.names(node).map(&:text).uniq
        agree = listed.sort == step_names.uniq.sort
        @findings.demand(node, agree, "named_steps must name exactly the steps: correct it or remove it")
      end

      def step_names = @steps.filter_map(&:name)

      def read(steps, asked)
        reading = Reading.new(@findings, @root, asked)
        reading.template(@values, steps).tap { |form| Rules.new(form).each { |pointer, message| reading.report(pointer, message) } }
      end
    end
  end
end
