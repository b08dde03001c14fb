# frozen_string_literal: true

desc "Run the tests of spec/guarantees.md TIMES=20 times in a row, all of them or those of NUMBERS=3,5"
task guarantees: :compile do
  sh "bin/with-postgres", "ruby", "rakelib/guarantees.rb", ENV.fetch("TIMES", "20"), *ENV.fetch("NUMBERS", "").split(",")
end
