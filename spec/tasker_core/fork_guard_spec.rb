# frozen_string_literal: true

RSpec.describe TaskerCore::ForkGuard, :database do
  it "keeps a child's end from ending the parent's sessions" do
    pg = described_class.watch(PG.connect(database_url))
    before = pg.exec("SELECT pg_backend_pid()").getvalue(0, 0)
    Process.wait(fork { pg.finish })
    expect(pg.exec("SELECT pg_backend_pid()").getvalue(0, 0)).to eq(before)
    pg.finish
  end
end
