# frozen_string_literal: true

# What the page for operators shows of later starts and of events runs as it is written there.
RSpec.describe "spec/operating.md", :database do
  document = Document.new("spec/operating.md")

  it "starts later" do
    register(recipe(name: "process_order", namespace: "fulfillment"))
    created = psql.exec(document.block('"start_at"')).first
    expect(created).to include("created" => "t", "state" => "pending")
    expect(value("SELECT code FROM tasker.explain_task('#{created["task_id"]}')")).to eq("starts_later")
  end

  it "reads what handlers told of" do
    expect(psql.exec(document.block("FROM tasker.events")).fields).to eq(%w[at name payload])
  end
end
