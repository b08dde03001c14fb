# frozen_string_literal: true

RSpec.describe TaskerCore::Template::Mermaid do
  let(:steps) do
    [{ "name" => "pack", "depends_on" => [] }, { "name" => "end", "depends_on" => ["pack"], "skippable" => true },
     { "name" => "send-mail", "depends_on" => %w[pack end] }]
  end

  it "draws steps and what they wait for, under names that Mermaid takes for names" do
    expect(described_class.new(steps).to_s).to eq(<<~MERMAID.chomp)
      flowchart TD
        pack["pack"]
        step1(["end"])
        step2["send-mail"]
        pack --> step1
        pack --> step2
        step1 --> step2
    MERMAID
  end

  it "paints the states of a task's steps" do
    drawn = described_class.new(steps, { "pack" => :complete, "end" => :waiting_for_retry, "send-mail" => :pending }).to_s
    expect(drawn).to include('pack["pack<br/>complete"]:::complete', 'step1(["end<br/>waiting for retry"]):::waiting_for_retry',
                             'step2["send-mail<br/>pending"]', "classDef complete fill:#", "classDef waiting_for_retry fill:#")
    expect(drawn).not_to include(":::pending", "classDef pending")
  end

  it "knows every state of a step that is not drawn plain" do
    painted = %w[complete resolved_manually skipped in_progress enqueued waiting_for_retry error cancelled]
    expect(described_class::COLORS.keys).to match_array(painted)
  end
end
