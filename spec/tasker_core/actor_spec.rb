# frozen_string_literal: true

RSpec.describe TaskerCore::Actor do
  it "is this process and its user when nobody else is said" do
    expect(described_class.name(nil)).to eq("#{Etc.getpwuid.name}@#{Socket.gethostname}:#{Process.pid}")
  end

  it "is what somebody is called, or their global id" do
    user = Struct.new(:id) { def to_global_id = "gid://shop/User/#{id}" }
    expect([described_class.name(:ops), described_class.name("ada"), described_class.name(user.new(7))]).to eq(%w[ops ada gid://shop/User/7])
  end

  it "is nobody whose name PostgreSQL cannot store" do
    ["a\0b", "\xFF"].each { |name| expect { described_class.name(name) }.to raise_error(TaskerCore::ValidationError, /by: /) }
  end
end
