package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/config"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// Phases of a submission in which the server is killed.
const (
	sending = iota
	auditing
	publishing
	phases
)

// victim is a server process that is killed and started again, and the people
// who go on working with it.
type victim struct {
	t        *testing.T
	binary   string
	config   config.Config
	environ  []string
	database postgrestest.Database
	house    *house // of the test itself: makes people, describes, approves, reads states
	process  *exec.Cmd
	output   *syncBuffer
	seller   postgres.Actor
	people   cast
	caller   *caller
	in       [phases]atomic.Int32 // submissions in each phase now
	kills    [phases]int
	lastKill time.Time
	resumed  atomic.Int32 // HEAD requests after a break
	acked    atomic.Int64 // bytes
	turn     chan struct{}
}

// TestKilledServerLosesNothing kills the real server at random moments of
// upload, audit and publishing. ASSAY_KILLS says how often; 6 times without.
func TestKilledServerLosesNothing(t *testing.T) {
	kills, _ := strconv.Atoi(os.Getenv("ASSAY_KILLS"))
	if kills < 1 || testing.Short() {
		kills = 6
	}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("ASSAY_KILL_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("%d kills, ASSAY_KILL_SEED=%d", kills, seed)
	random, began := rand.New(rand.NewPCG(seed, 1)), time.Now()
	v := newVictim(t)
	ctx, cancel := context.WithTimeout(t.Context(), 285*time.Second)
	defer cancel()

	v.start(ctx)
	defer v.kill()
	if err := v.caller.signIn(ctx, "seller@example.org", ""); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	works := make([]*work, kills+4)
	for i := range works {
		works[i] = &work{victim: v, number: i, random: rand.New(rand.NewPCG(seed, uint64(i)+2))}
		all.Go(func() { works[i].run(ctx) })
	}
	for i := range kills {
		v.killAt(ctx, random, i%phases)
	}
	t.Logf("killed %d times while sending, %d while auditing, %d while publishing; %v in all",
		v.kills[sending], v.kills[auditing], v.kills[publishing], time.Since(began).Round(time.Second))
	all.Wait()
	t.Logf("%d submissions live, %v after the last kill; %d bytes acknowledged, %d times resumed", len(works), time.Since(v.lastKill).Round(time.Second), v.acked.Load(), v.resumed.Load())
	for _, w := range works {
		w.check()
	}
	v.checkDatabase()
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	v := &victim{t: t, binary: filepath.Join(t.TempDir(), "server"), database: postgrestest.NewDatabase(t), output: &syncBuffer{}, turn: make(chan struct{}, 3)}
	build_ := exec.Command("go", "build", "-o", v.binary, ".")
	if out, err := build_.CombinedOutput(); err != nil {
		t.Fatalf("build the server: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	v.environ = []string{"ASSAY_VAR=" + t.TempDir(), "ASSAY_ADDR=" + address, "DATABASE_URL=" + v.database.AppURL, "TMPDIR=" + t.TempDir(),
		"ASSAY_SECRET_KEY=" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)), "PATH=" + os.Getenv("PATH")}
	if v.config, err = config.Load(v.environ); err != nil {
		t.Fatal(err)
	}
	if v.house, err = build(t.Context(), v.config, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.house.close)
	r := &running{house: v.house, url: "http://" + address, database: v.database}
	v.seller = r.join(t, "seller@example.org", "Seller", postgres.None)
	reviewer, second := r.join(t, "reviewer@example.org", "", postgres.Reviewer), r.join(t, "reviewer2@example.org", "", postgres.Reviewer)
	seller := &person{Name: "Seller", Email: "seller@northfield.example", Organization: "Seller", user: v.seller.User, org: v.seller.Organization}
	v.people = cast{"seller": seller, "imaging": seller,
		"reviewer": {user: reviewer.User, platform: postgres.Reviewer}, "second": {user: second.User, platform: postgres.Reviewer}}
	if err := v.house.verifySellers(t.Context(), v.people); err != nil {
		t.Fatal(err)
	}
	v.caller = newCaller(t, "seller", r.url, 50)
	v.caller.client.Timeout = 30 * time.Second
	return v
}

// start runs the server until it answers.
func (v *victim) start(ctx context.Context) {
	v.t.Helper()
	v.process = exec.Command(v.binary, "serve")
	v.process.Env, v.process.Stdout, v.process.Stderr = v.environ, v.output, v.output
	v.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := v.process.Start(); err != nil {
		v.t.Fatal(err)
	}
	for {
		if r, err := v.caller.try(ctx, http.MethodGet, "/readyz", nil, nil); err == nil && r.status == http.StatusOK {
			return
		}
		if ctx.Err() != nil {
			v.t.Fatalf("the server does not answer: %v", ctx.Err())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// kill ends the server as the kernel would, and waits until its children are
// gone too.
func (v *victim) kill() {
	if v.process == nil {
		return
	}
	v.process.Process.Kill()
	v.process.Wait()
	v.process, v.lastKill = nil, time.Now()
	v.caller.client.CloseIdleConnections()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left := processesOf(v.binary)
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			v.t.Errorf("%d orphans 5 s after the server was killed", len(left))
			return
		}
	}
}

// processesOf are the processes that run a program.
func processesOf(program string) []string {
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	var list []string
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == program {
			list = append(list, link)
		}
	}
	return list
}

// killAt kills the server at a random moment while some submission is in a
// phase, and starts it again.
func (v *victim) killAt(ctx context.Context, random *rand.Rand, phase int) {
	v.t.Helper()
	for end := time.Now().Add(4 * time.Second); v.in[phase].Load() == 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	longest := []int{400, 600, 40}[phase]
	time.Sleep(time.Duration(random.IntN(longest*1000)) * time.Microsecond)
	if v.in[phase].Load() == 0 { // it went on while we slept: count what is under way
		for p := range v.in {
			if v.in[p].Load() > 0 {
				phase = p
			}
		}
	}
	v.kills[phase]++
	v.kill()
	v.start(ctx)
}

// checkDatabase holds the promises over all versions, in SQL of its own.
func (v *victim) checkDatabase() {
	c := (&running{database: v.database}).super(v.t)
	for what, query := range map[string]string{
		"live without a clear report of its files": `
SELECT count(*) FROM version v WHERE v.state = 'live' AND NOT EXISTS (
    SELECT FROM audit_report r WHERE r.version_id = v.id AND r.root_digest = v.root_digest AND r.blockers = 0)`,
		"live without an approval of its files and claims": `
SELECT count(*) FROM version v JOIN listing_claims k ON k.id = v.claims_id WHERE v.state = 'live' AND NOT EXISTS (
    SELECT FROM decision d WHERE d.version_id = v.id AND d.root_digest = v.root_digest AND d.claims_digest = k.claims_digest AND d.outcome = 'approve')`,
		"stuck on its way":             `SELECT count(*) FROM version WHERE state IN ('uploading', 'queued', 'auditing', 'audit_error')`,
		"finished with bytes missing":  `SELECT count(*) FROM upload WHERE state = 'finished' AND received_bytes <> size_bytes`,
		"more than one report":         `SELECT count(*) FROM (SELECT FROM audit_report GROUP BY version_id HAVING count(*) > 1) x`,
		"leases of audits that ended":  `SELECT count(*) FROM audit_run`,
		"files listed without digest":  `SELECT count(*) FROM version_file WHERE sha256 = ''`,
		"versions in a listing, not 1": `SELECT count(*) FROM (SELECT FROM version GROUP BY listing_id HAVING count(*) <> 1) x`,
	} {
		var n int
		if err := c.QueryRow(v.t.Context(), query).Scan(&n); err != nil {
			v.t.Errorf("%s: %v", what, err)
		} else if n != 0 {
			v.t.Errorf("%s: %d", what, n)
		}
	}
	var jobs []string
	rows, err := c.Query(v.t.Context(), `SELECT kind || ' ' || state || ' ' || count(*) FROM river_job GROUP BY kind, state ORDER BY 1`)
	if err == nil {
		jobs, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	left, _ := filepath.Glob(filepath.Join(v.config.Var, "scratch", "*"))
	v.t.Logf("jobs: %s (%v); %d folders left in scratch", strings.Join(jobs, ", "), err, len(left))
}
