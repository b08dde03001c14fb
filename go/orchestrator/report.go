package orchestrator

// Report is what one tick did, in counts.
type Report struct {
	Admitted     int `json:"admitted"`      // requests that became tasks
	Duplicates   int `json:"duplicates"`    // requests answered with the task they made before
	Applied      int `json:"applied"`       // results that counted
	Retried      int `json:"retried"`       // of those, failures that are tried again
	Failed       int `json:"failed"`        // of those, failures that are final
	Stale        int `json:"stale"`         // late, repeated and foreign results: nothing changed
	Finished     int `json:"finished"`      // tasks that came to rest
	Enqueued     int `json:"enqueued"`      // steps handed out
	DeadLettered int `json:"dead_lettered"` // messages nobody can use, refused requests among them
	Postponed    int `json:"postponed"`     // messages whose task or key somebody else holds just now
	Contended    int `json:"contended"`     // namespaces in which another orchestrator was handing out
	Suspected    int `json:"suspected"`     // steps that are out and have no message, seen for the first time
	Resent       int `json:"resent"`        // of such, a lease later: steps that got another message
	Lost         int `json:"lost"`          // steps that failed because too many of their workers died
	Recreated    int `json:"recreated"`     // queues that were gone

	// NextDue is when the next start, retry or new try of a hand-out is due, in seconds from now; nil when none waits.
	NextDue *float64 `json:"next_due,omitempty"`
	// Behind: results wait for longer than a few ticks take, so less of what is ready goes out.
	Behind bool `json:"behind,omitempty"`

	looked  bool         // NextDue is what there is to say of it, also when it is nil
	full    bool         // a queue gave as many messages as were asked for: more may wait behind them
	letters []deadLetter // what is told of once the transaction has committed
}

// deadLetter is a message that went to the dead letters.
type deadLetter struct {
	queue  string
	id     int64
	reason string
}

// Moved says whether anything changed, so that more may be able to change at once. When a whole batch had to wait for
// somebody, what is behind it need not.
func (r Report) Moved() bool {
	return r.full || r.Admitted+r.Duplicates+r.Applied+r.Stale+r.Enqueued+r.DeadLettered+r.Recreated+r.Lost > 0
}

type tally struct {
	name string
	n    *int
}

func (r *Report) counts() []tally {
	return []tally{
		{"admitted", &r.Admitted}, {"duplicates", &r.Duplicates}, {"applied", &r.Applied}, {"retried", &r.Retried},
		{"failed", &r.Failed}, {"stale", &r.Stale}, {"finished", &r.Finished}, {"enqueued", &r.Enqueued},
		{"dead_lettered", &r.DeadLettered}, {"postponed", &r.Postponed}, {"contended", &r.Contended},
		{"suspected", &r.Suspected}, {"resent", &r.Resent}, {"lost", &r.Lost}, {"recreated", &r.Recreated},
	}
}

// add takes in what another report counted: what a transaction did, once it has committed.
func (r *Report) add(other Report) {
	r.full = r.full || other.full
	r.Behind = r.Behind || other.Behind
	if other.NextDue != nil || other.looked {
		r.NextDue = other.NextDue
	}
	more := other.counts()
	for i, c := range r.counts() {
		*c.n += *more[i].n
	}
}

// leftReady says whether a tick may have made something ready that did not go out with what made it so.
func (r Report) leftReady() bool { return r.Admitted > 0 || r.Retried > 0 || r.Contended > 0 }

// attributes gives the counts that are not zero, by the names they have in JSON.
func (r Report) attributes() map[string]any {
	set := map[string]any{}
	for _, c := range r.counts() {
		if *c.n > 0 {
			set[c.name] = *c.n
		}
	}
	return set
}
