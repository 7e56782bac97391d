package main

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	clientv3 "go.etcd.io/etcd/client/v3"
	epb "go.etcd.io/etcd/server/v3/etcdserver/api/v3election/v3electionpb"
	lpb "go.etcd.io/etcd/server/v3/etcdserver/api/v3lock/v3lockpb"
)

// keyOf is where the services put the key of a lease.
func keyOf(name string, lease clientv3.LeaseID) string {
	return fmt.Sprintf("%s/%x", name, int64(lease))
}

func grants(s *session, count int) ([]int64, error) {
	var leases []int64
	for i := 0; i < count; i++ {
		lease, err := s.Grant(s.ctx, ttlLong)
		if err != nil {
			return nil, err
		}
		leases = append(leases, int64(lease.ID))
	}
	return leases, nil
}

// wantText compares the code and the text of an error as they are on the wire.
func wantText(err error, code codes.Code, text string) error {
	return first(want("code", status.Code(err), code), want("text", status.Convert(err).Message(), text))
}

var serviceChecks = []check{
	{"LockIsGivenOnAfterUnlock", func(s *session) error {
		locks := lpb.NewLockClient(s.ActiveConnection())
		leases, err := grants(s, 2)
		if err != nil {
			return err
		}
		name := []byte(s.key("lock"))
		one, err := locks.Lock(s.ctx, &lpb.LockRequest{Name: name, Lease: leases[0]})
		if err != nil {
			return err
		}
		again, err := locks.Lock(s.ctx, &lpb.LockRequest{Name: name, Lease: leases[0]})
		if err != nil {
			return err
		}
		type outcome struct {
			response *lpb.LockResponse
			err      error
		}
		other := make(chan outcome, 1)
		go func() {
			response, err := locks.Lock(s.ctx, &lpb.LockRequest{Name: name, Lease: leases[1]})
			other <- outcome{response, err}
		}()
		if err := waiting(s, s.key("lock/"), 2); err != nil {
			return err
		}
		unlocked, err := locks.Unlock(s.ctx, &lpb.UnlockRequest{Key: one.Key})
		if err != nil {
			return err
		}
		two := <-other
		if two.err != nil {
			return two.err
		}
		return first(want("key", string(one.Key), keyOf(s.key("lock"), clientv3.LeaseID(leases[0]))),
			want("key of the same lease", string(again.Key), string(one.Key)),
			want("key of the other", string(two.response.Key), keyOf(s.key("lock"), clientv3.LeaseID(leases[1]))),
			want("revision of unlocking", unlocked.Header.Revision > one.Header.Revision, true),
			waiting(s, s.key("lock/"), 1))
	}},
	{"LockWithoutALeaseGetsOneOfItsOwn", func(s *session) error {
		locks := lpb.NewLockClient(s.ActiveConnection())
		response, err := locks.Lock(s.ctx, &lpb.LockRequest{Name: []byte(s.key("lock"))})
		if err != nil {
			return err
		}
		got, err := s.Get(s.ctx, string(response.Key))
		if err != nil {
			return err
		}
		if len(got.Kvs) != 1 {
			return fmt.Errorf("the key %q is not there", response.Key)
		}
		left, err := s.TimeToLive(s.ctx, clientv3.LeaseID(got.Kvs[0].Lease))
		return first(err, want("granted", left.GrantedTTL, 60))
	}},
	{"LockOfALostLeaseFails", func(s *session) error {
		locks := lpb.NewLockClient(s.ActiveConnection())
		_, unknown := locks.Lock(s.ctx, &lpb.LockRequest{Name: []byte(s.key("lock")), Lease: 0x7eadbeef})
		leases, err := grants(s, 2)
		if err != nil {
			return err
		}
		if _, err := locks.Lock(s.ctx, &lpb.LockRequest{Name: []byte(s.key("lock")), Lease: leases[0]}); err != nil {
			return err
		}
		other := make(chan error, 1)
		go func() {
			_, err := locks.Lock(s.ctx, &lpb.LockRequest{Name: []byte(s.key("lock")), Lease: leases[1]})
			other <- err
		}()
		if err := waiting(s, s.key("lock/"), 2); err != nil {
			return err
		}
		for _, lease := range []int64{leases[1], leases[0]} {
			if _, err := s.Revoke(s.ctx, clientv3.LeaseID(lease)); err != nil {
				return err
			}
		}
		return first(wantText(unknown, codes.Unknown, "etcdserver: requested lease not found"),
			wantText(<-other, codes.Unknown, "mutex: session is expired"))
	}},
	{"ACancelledLockRequestLeavesNoKey", func(s *session) error {
		locks := lpb.NewLockClient(s.ActiveConnection())
		leases, err := grants(s, 2)
		if err != nil {
			return err
		}
		if _, err := locks.Lock(s.ctx, &lpb.LockRequest{Name: []byte(s.key("lock")), Lease: leases[0]}); err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(s.ctx)
		defer cancel()
		other := make(chan error, 1)
		go func() {
			_, err := locks.Lock(ctx, &lpb.LockRequest{Name: []byte(s.key("lock")), Lease: leases[1]})
			other <- err
		}()
		if err := waiting(s, s.key("lock/"), 2); err != nil {
			return err
		}
		cancel()
		return first(want("code", status.Code(<-other), codes.Canceled), waiting(s, s.key("lock/"), 1))
	}},
	{"ElectionService", electionService},
	{"ElectionServiceErrors", func(s *session) error {
		elections := epb.NewElectionClient(s.ActiveConnection())
		name := []byte(s.key("election"))
		_, nobody := elections.Leader(s.ctx, &epb.LeaderRequest{Name: name})
		_, noKey := elections.Proclaim(s.ctx, &epb.ProclaimRequest{})
		_, noLease := elections.Campaign(s.ctx, &epb.CampaignRequest{Name: name, Lease: 0x7eadbeef})
		leases, err := grants(s, 1)
		if err != nil {
			return err
		}
		elected, err := elections.Campaign(s.ctx, &epb.CampaignRequest{Name: name, Lease: leases[0], Value: []byte("v")})
		if err != nil {
			return err
		}
		if _, err := elections.Resign(s.ctx, &epb.ResignRequest{Leader: elected.Leader}); err != nil {
			return err
		}
		_, late := elections.Proclaim(s.ctx, &epb.ProclaimRequest{Leader: elected.Leader, Value: []byte("w")})
		_, twice := elections.Resign(s.ctx, &epb.ResignRequest{Leader: elected.Leader})
		return first(wantText(nobody, codes.Unknown, "election: no leader"),
			wantText(noKey, codes.Unknown, `"leader" field must be provided`),
			wantText(noLease, codes.Unknown, "etcdserver: requested lease not found"),
			wantText(late, codes.Unknown, "election: not leader"), twice)
	}},
}

// electionService follows two campaigns by an observer.
func electionService(s *session) error {
	elections := epb.NewElectionClient(s.ActiveConnection())
	name := []byte(s.key("election"))
	leases, err := grants(s, 2)
	if err != nil {
		return err
	}
	seen, err := elections.Observe(s.ctx, &epb.LeaderRequest{Name: name})
	if err != nil {
		return err
	}
	var values []string
	observe := func() error {
		response, err := seen.Recv()
		if err == nil {
			values = append(values, string(response.Kv.Value))
		}
		return err
	}
	campaign := func(number int, value string) (*epb.CampaignResponse, error) {
		return elections.Campaign(s.ctx, &epb.CampaignRequest{Name: name, Lease: leases[number], Value: []byte(value)})
	}
	one, err := campaign(0, "one")
	if err != nil {
		return err
	}
	if err := observe(); err != nil {
		return err
	}
	other := make(chan error, 1)
	go func() {
		_, err := campaign(1, "two")
		other <- err
	}()
	if err := waiting(s, s.key("election/"), 2); err != nil {
		return err
	}
	if _, err := elections.Proclaim(s.ctx, &epb.ProclaimRequest{Leader: one.Leader, Value: []byte("still one")}); err != nil {
		return err
	}
	if err := observe(); err != nil {
		return err
	}
	if _, err := elections.Resign(s.ctx, &epb.ResignRequest{Leader: one.Leader}); err != nil {
		return err
	}
	if err := first(<-other, observe()); err != nil {
		return err
	}
	leader, err := elections.Leader(s.ctx, &epb.LeaderRequest{Name: name})
	if err != nil {
		return err
	}
	return first(want("seen", strings.Join(values, ", "), "one, still one, two"),
		want("leader", string(leader.Kv.Value), "two"), want("lease", leader.Kv.Lease, leases[1]),
		want("name", string(one.Leader.Name), string(name)), want("lease of the first", one.Leader.Lease, leases[0]),
		want("key of the first", string(one.Leader.Key), keyOf(string(name), clientv3.LeaseID(leases[0]))))
}
