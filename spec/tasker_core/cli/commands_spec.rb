# frozen_string_literal: true

RSpec.describe TaskerCore::CLI::Commands do
  def recognize(line) = described_class.recognize(line.split)

  { "migrate" => [[:migrate], []], "task cancel 1" => [%i[control_task cancel], ["1"]], "step skip 1 pack" => [%i[control_step skip], %w[1 pack]],
    "tasks" => [[:tasks_list], []], "tasks status=error tags=a" => [[:tasks_list], %w[status=error tags=a]],
    "tasks retry status=error" => [%i[control_tasks retry], ["status=error"]],
    "pause" => [%i[turn pause], []], "pause shop" => [%i[turn pause], ["shop"]],
    "dead-letters replay 1 2" => [[:dead_letters_replay], %w[1 2]], "templates register" => [[:templates_register], []] }.each do |line, meant|
    it "understands `tasker #{line}`" do
      expect(recognize(line)).to eq(meant)
    end
  end

  { "task cancel" => "task cancel needs ID: tasker task cancel ID", "step retry 1" => "step retry needs ID STEP",
    "tasks cancel" => "tasks cancel needs KEY=VALUE…", "dead-letters replay" => "needs ID…",
    "migrate now" => 'migrate takes no "now": tasker migrate [--print]',
    "pause a b" => 'takes no "b"', "dead-letter list" => "did you mean `tasker dead-letters list`", "task" => "did you mean" }.each do |line, remedy|
    it "does not understand `tasker #{line}`, and says what would be right" do
      expect { recognize(line) }.to raise_error(TaskerCore::CLI::UsageError, /#{Regexp.escape(remedy)}/)
    end
  end

  it "has a method for each command" do
    methods = described_class::ALL.map { |command| Array(command.action).first }
    expect(methods.reject { |name| TaskerCore::CLI.private_method_defined?(name) }).to eq([])
  end
end
