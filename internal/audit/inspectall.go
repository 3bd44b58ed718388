package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"assay/internal/audit/finding"
)

// window is how many files may be finished ahead of the first unfinished one,
// for each parallel worker; it bounds the facts held back for order.
const window = 16

// tellEvery is how long an audit is silent at most while it waits for a file.
const tellEvery = 2 * time.Second

// job is the way of one file through inspectAll.
type job struct {
	index int
	facts Facts
	done  chan struct{}
	sums  sums
	err   error
}

// inspectAll has every file inspected, several at a time, and takes the facts
// in the order of the plan.
func (a *run) inspectAll(ctx context.Context) error {
	indexes := make([]int, len(a.files))
	for i := range indexes {
		indexes[i] = i
	}
	return a.each(ctx, indexes, a.inspect, func(j *job) error {
		f := &a.files[j.index]
		a.countCrashes(j)
		a.results.put(j.index, j.sums.sha256, &j.facts)
		a.faces.add(j.index, &j.facts)
		a.samples.add(j.index, &j.facts)
		for _, one := range j.facts.Findings {
			a.found.add(j.index, one)
		}
		if j.facts.Header != nil {
			for _, one := range j.facts.Header.Findings {
				a.found.add(j.index, one)
			}
		}
		a.takeLabels(j.index, j.sums, &j.facts)
		if a.opts.Residual != nil {
			a.opts.Residual.take(&j.facts)
		}
		a.reportClaim(j.index, &j.facts)
		a.unseen.add(j.facts.NotChecked...)
		if err := a.set.add(j.index, f.path, j.sums, &j.facts); err != nil {
			return fmt.Errorf("file %d of %d: %w", j.index+1, len(a.files), err)
		}
		a.progress.Files++
		a.progress.Bytes += f.size
		a.tell(Inspecting)
		return nil
	})
}

// countCrashes refuses what comes after too many files on which the reader
// died: each of them costs seconds.
func (a *run) countCrashes(j *job) {
	if a.crashes >= a.opts.Limits.Crashes {
		f := *refusal(ruleCrashLimit, fmt.Sprintf("The reader died on %d files before; this one was not read.", a.crashes))
		j.facts = Facts{Status: Refused, Reason: f.Message, Findings: []finding.Finding{f}}
		a.stopped.Store(true)
		return
	}
	if j.facts.Status == Crashed {
		a.crashes++
	}
}

// each inspects the files of those indexes and calls take for each, in order,
// from this goroutine.
func (a *run) each(ctx context.Context, indexes []int, opts InspectOptions, take func(*job) error) error {
	ctx, cancel := context.WithCancel(ctx)
	work := make(chan *job)
	queue := make(chan *job, a.opts.Parallel*window)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	for range a.opts.Parallel {
		workers.Go(func() {
			for j := range work {
				j.facts, j.sums, j.err = a.one(ctx, j.index, opts)
				a.images.turns.pass(j.index)
				close(j.done)
			}
		})
	}
	workers.Go(func() {
		defer close(work)
		defer close(queue)
		for _, i := range indexes {
			j := &job{index: i, done: make(chan struct{})}
			select {
			case queue <- j:
			case <-ctx.Done():
				return
			}
			select {
			case work <- j:
			case <-ctx.Done():
				return
			}
		}
	})
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for j := range queue {
		for waiting := true; waiting; {
			select {
			case <-j.done:
				waiting = false
			case <-tick.C:
				a.tell(a.progress.Stage)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if j.err != nil {
			return j.err
		}
		if err := take(j); err != nil {
			return err
		}
		j.facts = Facts{}
	}
	return ctx.Err()
}

// one opens and inspects one file. Its error ends the audit.
func (a *run) one(ctx context.Context, i int, opts InspectOptions) (Facts, sums, error) {
	f := a.files[i]
	if f.refuse != nil {
		return Facts{Status: Refused, Reason: f.refuse.Message, Findings: []finding.Finding{*f.refuse}}, sums{}, nil
	}
	if a.stopped.Load() {
		return Facts{Status: Refused}, sums{}, nil
	}
	if time.Now().After(a.end) {
		late := refusal(ruleSetLimit, fmt.Sprintf("The audit of the set took longer than %v; this file was not reached.", a.opts.Limits.SetTime))
		return Facts{Status: Refused, Reason: late.Message, Findings: []finding.Finding{*late}}, sums{}, nil
	}
	facts, sums, err := a.read(ctx, i, opts)
	var fault *faultError
	switch {
	case err == nil:
		return facts, sums, nil
	case ctx.Err() != nil:
		return Facts{}, sums, ctx.Err()
	case errors.As(err, &fault):
		return Facts{}, sums, fmt.Errorf("file %d of %d: %w", i+1, len(a.files), err)
	}
	return unreadable(err), sums, nil
}

// read inspects one file and takes its digests: first the inspection, which
// tells where the pixels lie, then all bytes once for both digests. An error
// that is no faultError is one of the file.
func (a *run) read(ctx context.Context, i int, opts InspectOptions) (Facts, sums, error) {
	f := a.files[i]
	o, err := a.open(ctx, f)
	if err != nil {
		return Facts{}, sums{}, err
	}
	defer o.close()
	facts, err := a.opts.Inspect(ctx, File{Path: f.path, SizeBytes: o.size, Content: o.content, HeaderOnly: a.headerOnly(i)}, opts)
	if err != nil {
		return Facts{}, sums{}, &faultError{err}
	}
	if len(opts.Known) > 0 {
		return facts, sums{}, nil // the second look: the digests are known
	}
	if err := a.images.look(ctx, i, File{Path: f.path, SizeBytes: o.size, Content: o.content}, &facts); err != nil {
		return Facts{}, sums{}, &faultError{err}
	}
	if a.quick() {
		return facts, sums{}, nil
	}
	sums, err := a.sums(ctx, o, &facts)
	return facts, sums, err
}

// omissions counts what was not checked.
type omissions struct {
	list  []NotChecked
	index map[[2]string]int
}

func (o *omissions) add(list ...NotChecked) {
	for _, n := range list {
		k := [2]string{n.What, n.Why}
		i, ok := o.index[k]
		if !ok {
			if o.index == nil {
				o.index = map[[2]string]int{}
			}
			i = len(o.list)
			o.index[k] = i
			o.list = append(o.list, NotChecked{What: n.What, Why: n.Why})
		}
		o.list[i].Count += max(1, n.Count)
	}
}
