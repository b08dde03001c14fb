# frozen_string_literal: true

desc "Run the order fulfilment example end to end"
task :demo do
  sh "bin/demo"
end
