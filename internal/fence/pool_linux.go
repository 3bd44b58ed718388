package fence

import (
	"context"
	"errors"
	"sync"

	"assay/internal/audit"
)

// Pool inspects files in children of this program. It is safe for concurrent
// use; Close ends its children.
type Pool struct {
	config   Config
	requests chan *request
	closing  chan struct{}
	close    sync.Once
	runners  sync.WaitGroup

	mu    sync.Mutex
	stats Stats
}

var errClosed = errors.New("the pool is closed")

// New returns a pool. Children are started when there is work for them.
func New(c Config) (*Pool, error) {
	c, err := c.orDefault()
	if err != nil {
		return nil, err
	}
	p := &Pool{
		config:   c,
		requests: make(chan *request),
		closing:  make(chan struct{}),
		stats:    Stats{Seccomp: true, Isolated: true},
	}
	for range c.Children {
		p.runners.Go(func() { (&runner{pool: p}).run() })
	}
	return p, nil
}

// Close stops the children and waits for them. Files still waiting fail.
func (p *Pool) Close() {
	p.close.Do(func() { close(p.closing) })
	p.runners.Wait()
}

func (p *Pool) closed() bool {
	select {
	case <-p.closing:
		return true
	default:
		return false
	}
}

// Isolated says whether files are inspected in processes of their own.
func (p *Pool) Isolated() bool { return true }

// Parallel is how many files to hand over at once to keep the children busy.
func (p *Pool) Parallel() int { return p.config.Children * batchSize }

// Stats returns what the pool has done so far.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

func (p *Pool) count(f func(*Stats)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.stats)
}

// Inspect has a child inspect f. If the child dies on it, that is a finding,
// not an error.
func (p *Pool) Inspect(ctx context.Context, f audit.File, opts audit.InspectOptions) (audit.Facts, error) {
	h, err := handOver(f, p.config.Scratch)
	if err != nil {
		return audit.Facts{}, err
	}
	defer h.close()
	r := &request{file: f, handed: h, opts: opts, done: make(chan struct{})}
	select {
	case p.requests <- r:
	case <-ctx.Done():
		return audit.Facts{}, ctx.Err()
	case <-p.closing:
		return audit.Facts{}, errClosed
	}
	select {
	case <-r.done:
		return r.facts, r.err
	case <-ctx.Done():
		r.abandon()
		return audit.Facts{}, ctx.Err()
	}
}

// request is one file on its way through a child.
type request struct {
	file   audit.File
	handed *handed
	opts   audit.InspectOptions

	mu        sync.Mutex // held while the descriptor is being sent
	abandoned bool       // nobody waits, and the descriptor is closed

	facts audit.Facts
	err   error
	done  chan struct{}
}

// abandon gives up waiting. Once it returns, nobody will send the descriptor.
func (r *request) abandon() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.abandoned = true
}

func (r *request) finish(facts audit.Facts, err error) {
	r.facts, r.err = facts, err
	close(r.done)
}
