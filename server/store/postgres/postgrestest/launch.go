package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// programs returns the folder that holds initdb and postgres.
func programs() (string, error) {
	if at, err := exec.LookPath("initdb"); err == nil {
		if at, err = filepath.EvalSymlinks(at); err == nil && complete(filepath.Dir(at)) {
			return filepath.Dir(at), nil
		}
	}
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well formed
	for _, dir := range installed {
		if complete(dir) {
			return dir, nil
		}
	}
	return "", errors.New("initdb and postgres are neither in PATH nor in /usr/lib/postgresql")
}

func complete(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}

// life runs the server for as long as its standard input is open, which is as
// long as the test binary lives, however it ends; then it removes the folder.
const life = `
cd "$1" || exit 1
"$2/initdb" -D data -U procura -A trust -E UTF8 --locale=C --no-sync >log 2>&1 || exit 1
"$2/postgres" -D data -k "$1" -c listen_addresses= -c max_connections=200 \
	-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB >>log 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -INT $server
wait $server
cd / && rm -rf "$1"
`

// A running server is there as long as its life is not collected, which would
// close it.
type running struct {
	url  string
	life *os.File // the other end of the server's standard input
}

// launch starts the server in a folder of its own.
func launch() (*running, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	who, err := account()
	if err != nil {
		return nil, err
	}
	dir, err := folder(who)
	if err != nil {
		return nil, err
	}
	life, ended, err := begin(bin, dir, who)
	if err != nil {
		return nil, err
	}
	server := (&url.URL{
		Scheme: "postgres", User: url.User("procura"), Path: "/postgres",
		RawQuery: url.Values{"host": {dir}}.Encode(),
	}).String()
	return &running{server, life}, ready(server, dir, ended)
}

// begin runs the server's life, until the file is closed; the channel is closed
// when that has ended.
func begin(bin, dir string, who *syscall.Credential) (*os.File, <-chan struct{}, error) {
	in, out, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer in.Close()
	cmd := exec.Command("/bin/sh", "-c", life, "sh", dir, bin)
	// No pipe for its output: go test waits for all who could write to it.
	cmd.Dir, cmd.Stdin = dir, in
	// Of its own group, so that an interrupt of the tests lets it tidy up.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: who}
	if err := cmd.Start(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("starting the server: %w", err), out.Close())
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // the log says more than its error
	}()
	return out, ended, nil
}

// account is who runs the server: nil for ourselves. Postgres refuses root.
func account() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32) // numbers on every system with these accounts
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("root cannot run Postgres, and there is no user postgres or nobody")
}

// folder makes one that the account may enter, short enough for a socket.
func folder(who *syscall.Credential) (string, error) {
	parent := os.TempDir()
	if len(parent) > 40 || !enterable(parent) {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, "procura-pg-")
	if err != nil || who == nil {
		return dir, err
	}
	return dir, os.Chown(dir, int(who.Uid), int(who.Gid))
}

// enterable reports whether anyone may pass through path.
func enterable(path string) bool {
	for ; ; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if path == filepath.Dir(path) {
			return true
		}
	}
}

// ready waits until the server answers.
func ready(server, dir string, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	go func() {
		<-ended
		cancel()
	}()
	for {
		conn, err := pgx.Connect(ctx, server)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(dir, "log")) // for the message only
			_ = os.RemoveAll(dir)                            // what it did not remove itself
			return fmt.Errorf("the server does not answer: %w\n%s", err, log)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
