package audit

import (
	"context"
	"sync"
)

// turns lets what is decided about files be decided in the order of the plan,
// although they are worked on several at a time. A file that has nothing to
// decide passes without waiting.
type turns struct {
	mu      sync.Mutex
	next    int          // the first file that has not passed
	passed  map[int]bool // files beyond next
	waiting map[int]chan struct{}
}

// wait returns when every file before i has passed, or with the error of ctx.
func (t *turns) wait(ctx context.Context, i int) error {
	t.mu.Lock()
	if t.next >= i {
		t.mu.Unlock()
		return nil
	}
	c := make(chan struct{})
	t.waiting[i] = c
	t.mu.Unlock()
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pass says that file i has nothing more to decide.
func (t *turns) pass(i int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i < t.next {
		return
	}
	if t.passed == nil {
		t.passed = map[int]bool{}
	}
	t.passed[i] = true
	for t.passed[t.next] {
		delete(t.passed, t.next)
		t.next++
	}
	if c := t.waiting[t.next]; c != nil {
		delete(t.waiting, t.next)
		close(c)
	}
}

// room is space in memory that is taken and given back.
type room struct {
	mu   sync.Mutex
	free int
	all  int
	more chan struct{} // closed when something was given back
}

func newRoom(bytes int) *room {
	return &room{free: bytes, all: bytes, more: make(chan struct{})}
}

// take waits until n bytes are free, or all of them if n is more.
func (r *room) take(ctx context.Context, n int) (release func(), err error) {
	n = min(n, r.all)
	for {
		r.mu.Lock()
		if r.free >= n {
			r.free -= n
			r.mu.Unlock()
			return func() { r.give(n) }, nil
		}
		more := r.more
		r.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (r *room) give(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free += n
	close(r.more)
	r.more = make(chan struct{})
}
