# frozen_string_literal: true

CLIENTS = "go/pgmqtest/testdata/clients"
INSTALLED_CLIENTS = File.expand_path("../tmp/clients", __dir__)

desc "Play with our pgmq and with the real one through clients from PyPI, npm and crates.io (needs pip, npm and cargo)"
task :clients do
  sh "python3", "-m", "venv", "#{INSTALLED_CLIENTS}/python"
  sh "#{INSTALLED_CLIENTS}/python/bin/pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", "#{CLIENTS}/python/requirements.txt"
  mkdir_p "#{INSTALLED_CLIENTS}/node"
  cp "#{CLIENTS}/node/package.json", "#{INSTALLED_CLIENTS}/node"
  sh "npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", "#{INSTALLED_CLIENTS}/node"
  sh "cargo", "build", "--quiet", "--manifest-path", "#{CLIENTS}/rust/Cargo.toml", "--target-dir", "#{INSTALLED_CLIENTS}/rust"
  sh({ "TASKER_TEST_PGMQ_CLIENTS" => INSTALLED_CLIENTS }, "bin/with-postgres", "go", "test", "-v", "-count=1", "-run", "^TestRealClients$",
     "./go/pgmqtest")
end
