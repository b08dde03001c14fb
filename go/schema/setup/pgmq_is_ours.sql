SELECT pgmq = 'own' FROM tasker.installation
