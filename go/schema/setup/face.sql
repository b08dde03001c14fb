-- The newest face that the schema serves.
SELECT tasker.face()
