DROP TABLE tasker.dead_letters, tasker.step_transitions, tasker.task_transitions, tasker.edges, tasker.steps,
  tasker.tasks, tasker.templates, tasker.namespaces;
