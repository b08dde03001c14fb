// Package faulttest breaks everything around tasker-core and looks whether its promises stand. It holds tests only.
//
// Three kinds of fault, each with a tool of its own:
//
// Interleavings (session_test.go). Every concurrency rule of the SQL closes one unlucky order of statements. Such an order
// is played by hand here: named sessions take one statement at a time, and whoever is to wait is seen waiting in
// pg_locks before the next one moves. No test sleeps, so none depends on luck. Each rule that can be taken out is played twice, in
// two databases: as it is, when nothing may go wrong, and with the rule taken out, when the same order of statements
// must do the damage that the rule prevents. A rule is taken out by replacing a few words of its function (rewrite), or
// of a statement of the orchestrator while it is on its way to the server (the proxy); words that are not found fail the
// test, so it cannot outlive what it tests.
//
// Cut connections (proxy_test.go). A proxy between an orchestrator or a worker and PostgreSQL understands as much of the
// protocol as it takes to count exchanges: what a client sends before it waits for an answer. It can cut a connection
// before or after any of them, hold one back until the test lets it go, change its words, or lose notifications.
//
// Servers and processes that die (server_test.go, outage_test.go): a PostgreSQL of the test's own is stopped, crashed and
// started again under load, backends are terminated, processes are stopped with SIGSTOP or SIGTERM at work.
package faulttest
