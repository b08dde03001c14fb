// Package modeltest holds the whole engine against a small model of its rules, one random history after another. It has
// no code to import: it is tests, and this is their story.
//
// # The story
//
// A history begins with random templates: DAGs of mostly a few steps, now and then of sixty. Then things happen in random
// order: requests come, twice or with the same key; one of several orchestrators ticks or sweeps, perhaps while somebody
// holds a task; workers read, announce, answer, answer twice, answer late, answer nonsense, die, give back, extend;
// strangers send results; time passes; operators cancel, retry, skip, resolve, pause and resume; messages get lost. All of
// it runs for real, on PostgreSQL. At the end everything is resumed, every worker succeeds, and every task has to come to
// rest.
//
// # The model
//
// The model plays along in memory (model_test.go the rules of steps and tasks, work_test.go of messages, operator_test.go
// of control, sweep_test.go of recovery). It is written a second time on purpose, from the design and not from the code,
// and shares nothing with what it judges. After every action it says exactly how each task, step and message must stand
// and what each call must have answered. Beside it, testdata/invariants.sql asks the database what must be true at every
// moment, whatever happened: counts of open parents, one live attempt, a message for whatever is out, histories without
// gaps, tasks that follow from their steps, no hand-out in a pause, windows.
//
// Now and then there is a rush (rush_test.go): orchestrators, workers, operators and callers all at once, each in a
// goroutine of its own. Nobody can foretell its outcome, so only the invariants are asked for, again and again while it
// lasts; then the model takes over what it finds and foretells again.
//
// # Running it
//
//	go test ./go/modeltest                        500 histories: part of bin/test
//	rake model                                    20,000, from a new seed on
//	rake model SEED=17 HISTORIES=1                the one that failed
//	rake model:mutations                          breaks the rules one by one; each has to be found
//
// A history is its seed: history n of a run has the seed n later than the first. One that fails is made as small as
// possible (by pgregory.net/rapid) and printed as what happened, action by action, with the difference and the seed. A
// rush is as random as the scheduler, so a failure in one may need several tries.
//
// Time is the database's, which the model cannot hold still. So every wait in a history is a multiple of 500 seconds, and
// time passes by moving whatever waits for a time.
package modeltest
