package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"strconv"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

const (
	contenders     = 10
	roundsOfEach   = 5
	accounts       = 5
	balanceAtStart = 100
)

// atOnce runs the function by several goroutines and returns the first error.
func atOnce(count int, run func(number int) error) error {
	failures := make([]error, count)
	var group sync.WaitGroup
	for i := 0; i < count; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			failures[i] = run(i)
		}()
	}
	group.Wait()
	return first(failures...)
}

// ownSession is a lease that lives as long as its keep-alives do.
func ownSession(s *session) (*concurrency.Session, error) {
	return concurrency.NewSession(s.Client, concurrency.WithTTL(ttlLong), concurrency.WithContext(s.ctx))
}

// ownSessions makes several.
func ownSessions(s *session, count int) ([]*concurrency.Session, error) {
	var all []*concurrency.Session
	for i := 0; i < count; i++ {
		one, err := ownSession(s)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// waiting returns when so many keys are below the prefix.
func waiting(s *session, prefix string, count int64) error {
	for {
		response, err := s.Get(s.ctx, prefix, clientv3.WithPrefix(), clientv3.WithCountOnly())
		if err != nil || response.Count == count {
			return err
		}
	}
}

var concurrencyChecks = []check{
	{"MutexExcludes", func(s *session) error {
		holders := 0
		err := atOnce(contenders, func(int) error {
			own, err := ownSession(s)
			if err != nil {
				return err
			}
			defer own.Close()
			mutex := concurrency.NewMutex(own, s.key("mutex"))
			for i := 0; i < roundsOfEach; i++ {
				if err := mutex.Lock(s.ctx); err != nil {
					return err
				}
				// Not atomic, with a request in between: the sum tells when two hold it.
				before := holders
				if _, err := s.Put(s.ctx, s.key("inside"), fmt.Sprint(before)); err != nil {
					return err
				}
				holders = before + 1
				if err := mutex.Unlock(s.ctx); err != nil {
					return err
				}
			}
			return nil
		})
		return first(err, want("times held", holders, contenders*roundsOfEach))
	}},
	{"MutexIsGivenInTheOrderOfAsking", func(s *session) error {
		sessions, err := ownSessions(s, contenders)
		if err != nil {
			return err
		}
		var order []int
		var group sync.WaitGroup
		failures := make([]error, contenders)
		for i, own := range sessions {
			mutex := concurrency.NewMutex(own, s.key("mutex"))
			group.Add(1)
			go func() {
				defer group.Done()
				if failures[i] = mutex.Lock(s.ctx); failures[i] != nil {
					return
				}
				order = append(order, i)
				if i == 0 {
					failures[i] = waiting(s, s.key("mutex/"), contenders)
				}
				failures[i] = first(failures[i], mutex.Unlock(s.ctx))
			}()
			if i < contenders-1 {
				if err := waiting(s, s.key("mutex/"), int64(i+1)); err != nil {
					return err
				}
			}
		}
		group.Wait()
		return first(first(failures...), want("order", fmt.Sprint(order), "[0 1 2 3 4 5 6 7 8 9]"))
	}},
	{"TryLockOfALockedMutexFails", func(s *session) error {
		sessions, err := ownSessions(s, 2)
		if err != nil {
			return err
		}
		one := concurrency.NewMutex(sessions[0], s.key("mutex"))
		two := concurrency.NewMutex(sessions[1], s.key("mutex"))
		if err := one.TryLock(s.ctx); err != nil {
			return err
		}
		if err := two.TryLock(s.ctx); !errors.Is(err, concurrency.ErrLocked) {
			return fmt.Errorf("error is %v", err)
		}
		response, err := s.Txn(s.ctx).If(one.IsOwner()).Commit()
		if err != nil {
			return err
		}
		return first(want("owner", response.Succeeded, true), one.Unlock(s.ctx), two.TryLock(s.ctx))
	}},
	{"AMutexIsFreeWhenTheSessionOfItsHolderEnds", func(s *session) error {
		sessions, err := ownSessions(s, 2)
		if err != nil {
			return err
		}
		if err := concurrency.NewMutex(sessions[0], s.key("mutex")).Lock(s.ctx); err != nil {
			return err
		}
		locked := make(chan error, 1)
		go func() { locked <- concurrency.NewMutex(sessions[1], s.key("mutex")).Lock(s.ctx) }()
		if err := waiting(s, s.key("mutex/"), 2); err != nil {
			return err
		}
		return first(sessions[0].Close(), <-locked)
	}},
	{"ACancelledLockLeavesNoKey", func(s *session) error {
		sessions, err := ownSessions(s, 2)
		if err != nil {
			return err
		}
		if err := concurrency.NewMutex(sessions[0], s.key("mutex")).Lock(s.ctx); err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(s.ctx)
		defer cancel()
		locked := make(chan error, 1)
		go func() { locked <- concurrency.NewMutex(sessions[1], s.key("mutex")).Lock(ctx) }()
		if err := waiting(s, s.key("mutex/"), 2); err != nil {
			return err
		}
		cancel()
		if err := <-locked; !errors.Is(err, context.Canceled) {
			return fmt.Errorf("error is %v", err)
		}
		return waiting(s, s.key("mutex/"), 1)
	}},
	{"ASessionIsDoneWhenItsLeaseIsRevoked", func(s *session) error {
		own, err := concurrency.NewSession(s.Client, concurrency.WithTTL(ttlMin))
		if err != nil {
			return err
		}
		if _, err := s.Revoke(s.ctx, own.Lease()); err != nil {
			return err
		}
		select {
		case <-own.Done():
			return nil
		case <-s.ctx.Done():
			return fmt.Errorf("the session goes on")
		}
	}},
	{"ElectionHasOneLeaderAfterAnother", func(s *session) error {
		sessions, err := ownSessions(s, 3)
		if err != nil {
			return err
		}
		one := concurrency.NewElection(sessions[0], s.key("election"))
		two := concurrency.NewElection(sessions[1], s.key("election"))
		if _, err := one.Leader(s.ctx); !errors.Is(err, concurrency.ErrElectionNoLeader) {
			return fmt.Errorf("error is %v", err)
		}
		seen := concurrency.NewElection(sessions[2], s.key("election")).Observe(s.ctx)
		wantLeader := func(value string) error {
			response, ok := <-seen
			if !ok {
				return fmt.Errorf("the observation ends before %q", value)
			}
			return want("leader", string(response.Kvs[0].Value), value)
		}
		if err := first(one.Campaign(s.ctx, "one"), wantLeader("one")); err != nil {
			return err
		}
		elected := make(chan error, 1)
		go func() { elected <- two.Campaign(s.ctx, "two") }()
		if err := waiting(s, s.key("election/"), 2); err != nil {
			return err
		}
		resumed := concurrency.ResumeElection(sessions[0], s.key("election"), one.Key(), one.Rev())
		if err := first(resumed.Proclaim(s.ctx, "still one"), wantLeader("still one"), resumed.Resign(s.ctx), <-elected,
			wantLeader("two")); err != nil {
			return err
		}
		response, err := two.Leader(s.ctx)
		if err != nil {
			return err
		}
		err = one.Proclaim(s.ctx, "gone")
		return first(want("leader", string(response.Kvs[0].Value), "two"),
			want("refused", errors.Is(err, concurrency.ErrElectionNotLeader), true), two.Resign(s.ctx))
	}},
	{"STMKeepsTheSumAtEveryIsolation", func(s *session) error {
		levels := []concurrency.Isolation{concurrency.SerializableSnapshot, concurrency.Serializable, concurrency.RepeatableReads}
		for _, level := range levels {
			if err := transfers(s, level); err != nil {
				return fmt.Errorf("isolation %d: %w", level, err)
			}
		}
		return nil
	}},
	{"STMReadsItsOwnWrites", func(s *session) error {
		_, err := concurrency.NewSTM(s.Client, func(stm concurrency.STM) error {
			stm.Put(s.key("k"), "mine")
			if err := want("value", stm.Get(s.key("k")), "mine"); err != nil {
				return err
			}
			stm.Del(s.key("k"))
			return want("deleted", stm.Get(s.key("k")), "")
		}, concurrency.WithAbortContext(s.ctx), concurrency.WithPrefetch(s.key("k"), s.key("other")))
		return err
	}},
}

// transfers moves money between accounts at once; the sum stays.
func transfers(s *session, level concurrency.Isolation) error {
	account := func(i int) string { return s.key(fmt.Sprintf("%d/%d", level, i)) }
	for i := 0; i < accounts; i++ {
		if _, err := s.Put(s.ctx, account(i), fmt.Sprint(balanceAtStart)); err != nil {
			return err
		}
	}
	err := atOnce(contenders, func(number int) error {
		random := rand.New(rand.NewSource(int64(number)))
		for i := 0; i < roundsOfEach; i++ {
			from, to := account(random.Intn(accounts)), account(random.Intn(accounts))
			_, err := concurrency.NewSTM(s.Client, func(stm concurrency.STM) error {
				return transfer(stm, from, to)
			}, concurrency.WithIsolation(level), concurrency.WithAbortContext(s.ctx))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	sum := 0
	for i := 0; i < accounts; i++ {
		response, err := s.Get(s.ctx, account(i))
		if err != nil {
			return err
		}
		balance, err := strconv.Atoi(string(response.Kvs[0].Value))
		if err != nil {
			return err
		}
		sum += balance
	}
	return want("sum", sum, accounts*balanceAtStart)
}

// transfer moves half of what an account has.
func transfer(stm concurrency.STM, from, to string) error {
	if from == to {
		return nil
	}
	has, err := strconv.Atoi(stm.Get(from))
	if err != nil {
		return err
	}
	gets, err := strconv.Atoi(stm.Get(to))
	if err != nil {
		return err
	}
	stm.Put(from, fmt.Sprint(has-has/2))
	stm.Put(to, fmt.Sprint(gets+has/2))
	return nil
}
