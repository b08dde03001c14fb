# frozen_string_literal: true

require "tmpdir"

# A step whose handler stays in the middle until the example lets it go on.
module SlowStep
  def self.included(group)
    group.around { |example| Dir.mktmpdir { |folder| (@folder = folder) && example.run } }
  end

  def register_slow_step = register(recipe(steps: [step_recipe("pack", handler: "Slow")]))

  def start_slow_worker(*options)
    start_program("worker", "--require", fixture("programs/slow_handlers"), "--namespaces", "shop", *options, TASKER_LEASE: "2")
  end

  def start_slow_task = start_task("shop/parcel", folder: @folder)

  # The programs in whose process the handler began, one for each beginning.
  def beginnings = Dir.children(@folder).filter_map { |name| name[/began_(\d+)_/, 1]&.to_i }

  def wait_for_beginning(program) = wait_for("the handler") { beginnings.include?(program.pid) }

  def let_go_on = File.write(File.join(@folder, "go_on"), "")
end
