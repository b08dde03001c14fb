// Package tasker holds the words and the rules of durable workflows, and nothing else.
//
// # The story
//
// A caller submits a request: the name of a template and a context. The request is admitted: out of the template come a
// task, its steps, and the edges that say which step waits for which. Every step that waits for nothing is ready, and is
// enqueued as a message. A worker reads the message, runs the user's handler (one attempt) and replies with a result. The
// result is applied: it becomes a transition of the step, which frees the steps that waited for it. When nothing is left
// to do, the verdict brings the task to rest.
//
//	request ─admit─► task, steps, edges ─enqueue─► message ─work─► result ─apply─► transition ─finalize─► verdict
//	                                       ▲                                          │
//	                                       └──────────── the next steps are ready ────┘
//
// # The words
//
//	request     what a caller submits: namespace, template name, version, context, who and why
//	template    a named, versioned recipe in a namespace: steps and what each of them waits for
//	task        one run of a template
//	step        one node of a task; at most one attempt of it counts at a time
//	edge        "this step waits for that one"
//	namespace   the owner of templates and of one step queue
//	context     the JSON that came with the request; it is never changed
//	state       where a task or a step stands; a transition is one row of its history
//	attempt     one run of a step; its number is the fence: only a result that carries the current one counts
//	failures    how many attempts were answered with a failure; this alone is compared with max_attempts
//	message     what lies on a queue; a result is what a worker sends back for an attempt
//	sequence    the results of the steps that a step waited for, by name
//	verdict     what finalizing decides about a task: complete, error, cancelled, or keep going
//
// Workers execute, orchestration coordinates: a worker never decides about retries, order or completion.
//
// # The rules
//
// Each rule has one home, and each is a pure function or a table. There is no clock, no randomness, no environment and no
// database in this package: the time and the dice come in as arguments, so every rule can be tested as arithmetic. A rule
// over many rows is a SQL function, so that it holds in every transaction, an operator's too: the verdict, which says
// when a task is at rest, is tasker.settle_tasks.
//
//	which states there are, and what they mean   state.go
//	which moves are legal                        transition.go
//	what a request may say                       request.go, request_form.go (older words)
//	what exactly is in a message                 message.go, result.go; testdata/messages
//	what a result does to its step               decide.go
//	when a step is tried again                   backoff.go
//	what a refusal looks like                    error.go
//
// Input is never altered on its way in: contexts and results keep the bytes in which they came.
package tasker
