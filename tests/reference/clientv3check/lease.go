package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// What the server makes of every shorter time with its default election timeout.
	ttlMin = 2
	// Longer than any check.
	ttlLong = 300
)

// leased grants a lease and puts the names with it.
func leased(s *session, ttl int64, names ...string) (clientv3.LeaseID, error) {
	lease, err := s.Grant(s.ctx, ttl)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		if _, err := s.Put(s.ctx, s.key(name), "v", clientv3.WithLease(lease.ID)); err != nil {
			return 0, err
		}
	}
	return lease.ID, nil
}

func attached(s *session, lease clientv3.LeaseID) (int, error) {
	response, err := s.TimeToLive(s.ctx, lease, clientv3.WithAttachedKeys())
	if err != nil {
		return 0, err
	}
	return len(response.Keys), nil
}

func wantAttached(s *session, lease clientv3.LeaseID, count int) error {
	got, err := attached(s, lease)
	return first(err, want("attached keys", got, count))
}

var leaseChecks = []check{
	{"LeaseTellsItsTimeAndKeys", func(s *session) error {
		lease, err := leased(s, ttlLong, "a", "b")
		if err != nil {
			return err
		}
		response, err := s.TimeToLive(s.ctx, lease, clientv3.WithAttachedKeys())
		if err != nil {
			return err
		}
		return first(want("granted", response.GrantedTTL, ttlLong), want("keys", len(response.Keys), 2),
			want("left", response.TTL > ttlLong-60 && response.TTL <= ttlLong, true))
	}},
	{"LeasesAreListed", func(s *session) error {
		lease, err := s.Grant(s.ctx, ttlLong)
		if err != nil {
			return err
		}
		response, err := s.Leases(s.ctx)
		if err != nil {
			return err
		}
		for _, one := range response.Leases {
			if one.ID == lease.ID {
				return nil
			}
		}
		return fmt.Errorf("lease %x is not among %d", lease.ID, len(response.Leases))
	}},
	{"ShortLeasesLiveTheMinimum", func(s *session) error {
		lease, err := s.Grant(s.ctx, 1)
		if err != nil {
			return err
		}
		return want("TTL", lease.TTL, ttlMin)
	}},
	{"RevokeDeletesTheKeysAtOneRevision", func(s *session) error {
		lease, err := leased(s, ttlLong, "a", "b", "c")
		if err != nil {
			return err
		}
		watch := s.Watch(s.ctx, s.prefix, clientv3.WithPrefix(), clientv3.WithPrevKV(), clientv3.WithCreatedNotify())
		<-watch
		revoked, err := s.Revoke(s.ctx, lease)
		if err != nil {
			return err
		}
		events, err := collect(s.ctx, watch, 3)
		if err != nil {
			return err
		}
		for _, event := range events {
			err := first(want("type", event.Type, clientv3.EventTypeDelete),
				want("revision", event.Kv.ModRevision, revoked.Header.Revision),
				want("lease of the former value", event.PrevKv.GetLease(), int64(lease)))
			if err != nil {
				return err
			}
		}
		_, err = s.Revoke(s.ctx, lease)
		return first(wantError(err, rpctypes.ErrLeaseNotFound.Error()), expectKeys(s, "", 0, false))
	}},
	{"APutWithoutOrWithAnotherLeaseDetaches", func(s *session) error {
		one, err := leased(s, ttlLong, "a", "b")
		if err != nil {
			return err
		}
		two, err := leased(s, ttlLong, "b")
		if err != nil {
			return err
		}
		if err := first(wantAttached(s, one, 1), wantAttached(s, two, 1)); err != nil {
			return err
		}
		if _, err := s.Put(s.ctx, s.key("a"), "v"); err != nil {
			return err
		}
		if _, err := s.Put(s.ctx, s.key("b"), "w", clientv3.WithIgnoreLease()); err != nil {
			return err
		}
		if err := first(wantAttached(s, one, 0), wantAttached(s, two, 1)); err != nil {
			return err
		}
		if _, err := s.Revoke(s.ctx, one); err != nil {
			return err
		}
		return expectKeys(s, "ab", 2, false)
	}},
	{"LeaseErrors", func(s *session) error {
		lease, err := s.Grant(s.ctx, ttlLong)
		if err != nil {
			return err
		}
		_, tooLarge := s.Grant(s.ctx, 9_000_000_001)
		_, unknown := s.KeepAliveOnce(s.ctx, 0x7eadbeef)
		gone, err := s.TimeToLive(s.ctx, 0x7eadbeef)
		if err != nil {
			return err
		}
		exists := grantID(s, lease.ID)
		return first(wantError(tooLarge, rpctypes.ErrLeaseTTLTooLarge.Error()),
			wantError(unknown, rpctypes.ErrLeaseNotFound.Error()), wantError(exists, rpctypes.ErrLeaseExist.Error()),
			want("TTL of an unknown lease", gone.TTL, -1))
	}},
	{"KeepAliveOnceRenews", func(s *session) error {
		lease, err := s.Grant(s.ctx, ttlLong)
		if err != nil {
			return err
		}
		response, err := s.KeepAliveOnce(s.ctx, lease.ID)
		if err != nil {
			return err
		}
		return first(want("TTL", response.TTL, ttlLong), want("id", response.ID, lease.ID))
	}},
	{"ExpiryDeletesTheKeysAndKeepAlivePreventsIt", func(s *session) error {
		kept, err := leased(s, ttlMin, "kept")
		if err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(s.ctx)
		defer cancel()
		alive, err := s.KeepAlive(ctx, kept)
		if err != nil {
			return err
		}
		go func() {
			for range alive {
			}
		}()
		watch := s.Watch(s.ctx, s.prefix, clientv3.WithPrefix(), clientv3.WithCreatedNotify())
		<-watch
		start := time.Now()
		lost, err := leased(s, ttlMin, "a", "b", "c")
		if err != nil {
			return err
		}
		events, err := collect(s.ctx, watch, 6)
		if err != nil {
			return err
		}
		lived := time.Since(start)
		for _, event := range events[3:] {
			err := first(want("type", event.Type, clientv3.EventTypeDelete),
				want("revision", event.Kv.ModRevision, events[3].Kv.ModRevision))
			if err != nil {
				return err
			}
		}
		if lived < ttlMin*time.Second {
			return fmt.Errorf("a lease of %d s lived %v", ttlMin, lived)
		}
		response, err := s.TimeToLive(s.ctx, lost)
		return first(err, want("TTL of the lost", response.TTL, -1), expectKeys(s, "kept", 1, false))
	}},
	{"KeepAliveEndsWithItsLease", func(s *session) error {
		lease, err := s.Grant(s.ctx, ttlMin)
		if err != nil {
			return err
		}
		alive, err := s.KeepAlive(s.ctx, lease.ID)
		if err != nil {
			return err
		}
		response := <-alive
		if err := first(want("TTL", response.TTL, ttlMin), want("id", response.ID, lease.ID)); err != nil {
			return err
		}
		if _, err := s.Revoke(s.ctx, lease.ID); err != nil {
			return err
		}
		for range alive {
		}
		return s.ctx.Err()
	}},
	{"TransactionsCompareLeases", func(s *session) error {
		lease, err := leased(s, ttlLong, "a")
		if err != nil {
			return err
		}
		response, err := s.Txn(s.ctx).If(clientv3.Compare(clientv3.LeaseValue(s.key("a")), "=", lease)).
			Then(clientv3.OpPut(s.key("b"), "", clientv3.WithLease(lease))).Commit()
		if err != nil {
			return err
		}
		return first(want("succeeded", response.Succeeded, true), wantAttached(s, lease, 2))
	}},
	{"ATransactionWithAnUnknownLeaseDoesNothing", func(s *session) error {
		_, err := s.Txn(s.ctx).Then(clientv3.OpPut(s.key("a"), ""),
			clientv3.OpPut(s.key("b"), "", clientv3.WithLease(0x7eadbeef))).Commit()
		if !errors.Is(err, rpctypes.ErrLeaseNotFound) {
			return fmt.Errorf("error is %v", err)
		}
		return expectKeys(s, "", 0, false)
	}},
}
