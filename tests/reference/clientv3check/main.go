// Command clientv3check runs etcd's own Go client against an endpoint and prints PASS or FAIL for each behaviour.
//
//	clientv3check -endpoint http://127.0.0.1:2379 [-group watch] [-only Mutex]
//
// Every check works under a key prefix of its own. Exit code 1 when one failed, or when none was chosen.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

const checkTimeout = 20 * time.Second

type check struct {
	name string
	run  func(c *session) error
}

// session is what a check works with: a client, a deadline and a prefix nobody else uses.
type session struct {
	*clientv3.Client
	ctx    context.Context
	prefix string
}

// key returns a key of this check.
func (s *session) key(name string) string { return s.prefix + name }

func main() {
	endpoint := flag.String("endpoint", "http://127.0.0.1:2379", "client URL of the server")
	group := flag.String("group", "", "run the checks of this group alone: "+strings.Join(groupNames(), ", "))
	only := flag.String("only", "", "run the checks whose name contains this")
	flag.Parse()
	client, err := connect(*endpoint)
	if err != nil {
		fmt.Fprintln(os.Stderr, "clientv3check:", err)
		os.Exit(1)
	}
	defer client.Close()

	ran, failed := 0, 0
	run := fmt.Sprintf("clientv3check/%d/", time.Now().UnixNano())
	for _, g := range groups {
		for _, c := range g.checks {
			if (*group != "" && *group != g.name) || !strings.Contains(c.name, *only) {
				continue
			}
			ran++
			if err := runCheck(client, c, run+c.name+"/"); err != nil {
				failed++
				fmt.Printf("FAIL %s: %v\n", c.name, err)
				continue
			}
			fmt.Printf("PASS %s\n", c.name)
		}
	}
	if ran == 0 || failed > 0 {
		os.Exit(1)
	}
}

func configOf(endpoint string) clientv3.Config {
	return clientv3.Config{
		Endpoints:            []string{endpoint},
		DialTimeout:          10 * time.Second,
		DialKeepAliveTime:    10 * time.Second,
		DialKeepAliveTimeout: 10 * time.Second,
		Logger:               zap.NewNop(),
	}
}

func connect(endpoint string) (*clientv3.Client, error) { return clientv3.New(configOf(endpoint)) }

func runCheck(client *clientv3.Client, c check, prefix string) error {
	ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
	defer cancel()
	return c.run(&session{Client: client, ctx: ctx, prefix: prefix})
}

var groups = []struct {
	name   string
	checks []check
}{
	{"range", rangeChecks},
	{"write", writeChecks},
	{"txn", txnChecks},
	{"error", errorChecks},
	{"server", serverChecks},
	{"watch", watchChecks},
	{"lease", leaseChecks},
	{"maintenance", maintenanceChecks},
	{"concurrency", concurrencyChecks},
	{"recipe", recipeChecks},
	{"service", serviceChecks},
}

func groupNames() []string {
	var names []string
	for _, g := range groups {
		names = append(names, g.name)
	}
	return names
}

// want returns an error unless got equals expected.
func want[T comparable](what string, got, expected T) error {
	if got != expected {
		return fmt.Errorf("%s is %v, want %v", what, got, expected)
	}
	return nil
}

// first returns the first error there is.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
