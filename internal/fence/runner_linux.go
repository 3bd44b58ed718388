package fence

import (
	"fmt"

	"assay/internal/audit"
)

// runner keeps one child and gives it the files of the pool, several at a
// time.
type runner struct {
	pool  *Pool
	child *child
	held  *request // gathered, but with other options than the last batch
}

func (r *runner) run() {
	defer r.stop()
	defer func() {
		if r.held != nil {
			r.held.finish(audit.Facts{}, errClosed)
		}
	}()
	for {
		list := r.gather()
		if list == nil {
			return
		}
		r.serve(list)
	}
}

// gather waits for a request and takes what else is waiting, up to a batch
// with equal options. It returns nil when the pool closes.
func (r *runner) gather() []*request {
	var first *request
	if r.held != nil {
		first, r.held = r.held, nil
	} else {
		select {
		case first = <-r.pool.requests:
		case <-r.pool.closing:
			return nil
		}
	}
	list := []*request{first}
	for len(list) < batchSize {
		select {
		case next := <-r.pool.requests:
			if !sameOptions(&next.opts, &first.opts) {
				r.held = next
				return list
			}
			list = append(list, next)
		default:
			return list
		}
	}
	return list
}

func sameOptions(a, b *audit.InspectOptions) bool {
	return a.Key == b.Key && a.Claims == b.Claims && a.Limits == b.Limits && a.SecondReader == b.SecondReader && a.NoPixels == b.NoPixels && a.OnlyPixels == b.OnlyPixels && a.Draw == b.Draw && a.Now.Equal(b.Now) &&
		a.Labels == b.Labels && a.Quick == b.Quick && a.PatientKey == b.PatientKey && a.LabelFormat == b.LabelFormat && len(a.Known) == len(b.Known) &&
		(len(a.Known) == 0 || &a.Known[0] == &b.Known[0])
}

// serve brings every request of a list to its end.
func (r *runner) serve(list []*request) {
	for len(list) > 0 {
		done, end := r.attempt(list)
		list = list[done:]
		if end == nil {
			continue
		}
		guilty := list[0]
		list = list[1:]
		switch {
		case end.err != nil:
			guilty.finish(audit.Facts{}, end.err)
		case end.retry:
			// What earlier files left behind may have killed it: once more
			// alone, in a child that has seen nothing else.
			r.serveAlone(guilty)
		default:
			guilty.finish(audit.CrashFacts(end.message), nil)
		}
	}
}

func (r *runner) serveAlone(one *request) {
	r.stop()
	_, end := r.attempt([]*request{one})
	switch {
	case end == nil:
	case end.err != nil:
		one.finish(audit.Facts{}, end.err)
	default:
		one.finish(audit.CrashFacts(end.message), nil)
	}
}

// end says how a child ended while it had a file in work.
type end struct {
	message string // for the finding
	retry   bool   // the child had seen other files before
	err     error  // our own fault
}

// attempt sends list to a child and finishes the requests that it answers. It
// returns how many those are, and how the child ended if it did not answer
// all.
func (r *runner) attempt(list []*request) (int, *end) {
	if r.pool.closed() {
		return 0, &end{err: errClosed}
	}
	if r.child == nil {
		c, err := startChild(r.pool)
		if err != nil {
			return 0, &end{err: fmt.Errorf("start a child: %w", err)}
		}
		r.child = c
	}
	c := r.child
	seen := c.files
	stopWatch := c.watch()
	defer stopWatch()
	sent, err := c.send(list)
	if err != nil {
		return 0, r.buried(c, true)
	}
	for i, one := range list {
		if !sent[i] {
			one.finish(audit.Facts{}, errClosed) // nobody waits
			continue
		}
		facts, unread, err := c.receive()
		if err != nil {
			return i, r.buried(c, seen+i > 0)
		}
		r.pool.count(func(s *Stats) { s.Files++ })
		if unread != "" {
			one.finish(audit.Facts{}, fmt.Errorf("read the content: %s", unread))
		} else {
			one.finish(facts, nil)
		}
	}
	if c.files >= r.pool.config.MaxFiles || c.large {
		r.stop()
	}
	return len(list), nil
}

// buried waits for a child that no longer answers, and says why.
func (r *runner) buried(c *child, seenOthers bool) *end {
	r.child = nil
	message, limit := c.bury()
	if r.pool.closed() {
		return &end{err: errClosed}
	}
	r.pool.count(func(s *Stats) {
		if limit != "" {
			s.Killed++
		} else {
			s.Died++
		}
	})
	return &end{message: message, retry: seenOthers && limit != limitCPU && limit != limitWall}
}

// stop ends the child in peace.
func (r *runner) stop() {
	if r.child != nil {
		r.child.stop()
		r.child = nil
	}
}
