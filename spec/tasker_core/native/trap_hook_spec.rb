# frozen_string_literal: true

RSpec.describe TaskerCore::Native::TrapHook do
  it "leaves trap as it was: what it gives, what it takes, and who may call it" do
    script = <<~RUBY
      before = Object.private_method_defined?(:trap)
      Native.start
      puts before, Object.private_method_defined?(:trap), Object.new.respond_to?(:trap)
      p Signal.trap("USR1", "IGNORE"), Kernel.trap("USR1") { puts "caught" }, trap("USR2", :DEFAULT)
      Process.kill("USR1", Process.pid)
      puts error_of { trap("NONSENSE") {} }
    RUBY
    expect(RubyProcess.new(script).finish.lines(chomp: true))
      .to contain_exactly("true", "true", "false", '"DEFAULT"', '"IGNORE"', '"DEFAULT"', "caught", "ArgumentError")
  end
end
