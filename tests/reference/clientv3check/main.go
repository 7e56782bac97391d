// Command clientv3check runs etcd's own Go client against an endpoint and prints PASS or FAIL for each behaviour.
//
//	clientv3check -endpoint http://127.0.0.1:2379
//
// Every check works under a key prefix of its own. Exit code 1 when one failed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
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
	flag.Parse()
	client, err := clientv3.New(clientv3.Config{
		Endpoints:            []string{*endpoint},
		DialTimeout:          10 * time.Second,
		DialKeepAliveTime:    10 * time.Second,
		DialKeepAliveTimeout: 10 * time.Second,
		Logger:               zap.NewNop(),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "clientv3check:", err)
		os.Exit(1)
	}
	defer client.Close()

	failed := 0
	run := fmt.Sprintf("clientv3check/%d/", time.Now().UnixNano())
	for _, c := range checks() {
		ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
		err := c.run(&session{Client: client, ctx: ctx, prefix: run + c.name + "/"})
		cancel()
		if err != nil {
			failed++
			fmt.Printf("FAIL %s: %v\n", c.name, err)
			continue
		}
		fmt.Printf("PASS %s\n", c.name)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

func checks() []check {
	var all []check
	all = append(all, rangeChecks...)
	all = append(all, writeChecks...)
	all = append(all, txnChecks...)
	all = append(all, errorChecks...)
	return append(all, serverChecks...)
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
