// Package pgmqtest holds our SQL-only pgmq against the real one: whatever a client can see of the two is the same, but for
// what spec/pgmq.md lists. All of it is tests; each runs on both, in two databases on one server.
//
// bin/real-pgmq fetches the real one. Where that cannot be, the tests fail, for half of them would not have run. To work
// without it meanwhile, set TASKER_TEST_WITHOUT_REAL_PGMQ=1.
package pgmqtest
