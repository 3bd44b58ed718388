package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// maxAnswerBytes bounds what is read of an answer.
const maxAnswerBytes = 4 << 20

// client asks a server's API with a token.
type client struct {
	Server string `json:"server"` // without a slash at its end
	Token  string `json:"token"`
	http   *http.Client
}

// newClient returns a client of a server. A token goes in clear to this machine
// only: elsewhere the address must be https.
func newClient(server, token string) (*client, error) {
	u, err := url.Parse(strings.TrimRight(strings.TrimSpace(server), "/"))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, usageError{errors.New("this is no address of a server, such as https://assay.example")}
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return nil, usageError{errors.New("a token is sent by https only, except to this machine")}
	}
	if token = strings.TrimSpace(token); token == "" || strings.ContainsAny(token, " \r\n") {
		return nil, usageError{errors.New("the token is empty or no token")}
	}
	return &client{u.String(), token, &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: 2 * time.Minute, TLSHandshakeTimeout: 20 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func credentialsFile() (string, error) {
	folder, err := settingsFolder()
	return filepath.Join(folder, "credentials.json"), err
}

// savedClient is the client that login left, or the one that the environment
// names by ASSAY_SERVER and ASSAY_TOKEN.
func savedClient() (*client, error) {
	if server, token := os.Getenv("ASSAY_SERVER"), os.Getenv("ASSAY_TOKEN"); server != "" && token != "" {
		return newClient(server, token)
	}
	name, err := credentialsFile()
	if err != nil {
		return nil, err
	}
	if err := onlyOurs(name); err != nil {
		return nil, err
	}
	text, err := readBounded(name, 64<<10)
	var saved client
	if err != nil || json.Unmarshal(text, &saved) != nil {
		return nil, usageError{errors.New("not signed in: run lqs login, or set ASSAY_SERVER and ASSAY_TOKEN")}
	}
	return newClient(saved.Server, saved.Token)
}

// onlyOurs refuses a file with a token that other people of the machine may read.
func onlyOurs(name string) error {
	info, err := os.Stat(name)
	if err != nil || runtime.GOOS == "windows" { // which has no such bits
		return nil
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return usageError{fmt.Errorf("others may read the token in %s (mode %04o). Take that away: chmod 600 %s; if they may have read it, revoke it under Account, Tokens", name, mode, name)}
	}
	return nil
}

// save keeps server and token where only their owner may read them.
func (c *client) save() error {
	name, err := credentialsFile()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return plain(err)
	}
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return writePrivate(name, bytes.NewBuffer(append(text, '\n')))
}

// refusal is an answer that is not what was asked for.
type refusal struct {
	status         int
	Detail, Number string
	Errors         []struct{ Location, Message string }
}

// Error says what the server said.
func (r *refusal) Error() string {
	text := printable(r.Detail)
	if text == "" {
		text = fmt.Sprintf("the server answered with status %d", r.status)
	}
	for _, e := range r.Errors {
		text += "\n  " + printable(e.Location) + ": " + printable(e.Message)
	}
	return text
}

// ask sends a request and reads its JSON into into, unless that is nil. An
// answer of 400 or more is a *refusal.
func (c *client) ask(ctx context.Context, method, path string, body io.Reader, header map[string]string, into any) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.Server+"/api/v1"+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	r.Header.Set("User-Agent", "lqs/"+version())
	for name, value := range header {
		r.Header.Set(name, value)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return nil, withoutAddress(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswerBytes))
	switch {
	case err != nil:
		return nil, withoutAddress(err)
	case res.StatusCode >= 300 && res.StatusCode != http.StatusNotModified:
		refused := &refusal{status: res.StatusCode}
		if json.Unmarshal(text, refused) != nil {
			refused.Detail = strings.TrimSpace(string(text[:min(len(text), 300)]))
		}
		return res, refused
	case into != nil && len(text) > 0:
		if err := json.Unmarshal(text, into); err != nil {
			return res, errors.New("the answer of the server cannot be read: is this address one of Assay?")
		}
	}
	return res, nil
}

// send is ask with a JSON body.
func (c *client) send(ctx context.Context, method, path string, body, into any, header map[string]string) (*http.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	all := map[string]string{"Content-Type": "application/json"}
	for name, value := range header {
		all[name] = value
	}
	return c.ask(ctx, method, path, bytes.NewReader(text), all, into)
}

// withoutAddress leaves method and address out of the message of err.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return fmt.Errorf("no answer from the server: %w", u.Err)
	}
	return err
}
