package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/leasing"
	"go.etcd.io/etcd/client/v3/mirror"
	"go.etcd.io/etcd/client/v3/namespace"
	"go.etcd.io/etcd/client/v3/naming/endpoints"
	"go.etcd.io/etcd/client/v3/naming/resolver"
	"go.etcd.io/etcd/client/v3/ordering"
)

// wantValue reads a key by any KV.
func wantValue(s *session, kv clientv3.KV, key, value string) error {
	response, err := kv.Get(s.ctx, key)
	if err != nil {
		return err
	}
	if len(response.Kvs) != 1 {
		return fmt.Errorf("%s has %d values, want %q", key, len(response.Kvs), value)
	}
	return want(key, string(response.Kvs[0].Value), value)
}

var recipeChecks = []check{
	{"LeasingGivesAWayAKeyThatAnotherWrites", func(s *session) error {
		one, closeOne, err := leasing.NewKV(s.Client, s.key("leases/"))
		if err != nil {
			return err
		}
		defer closeOne()
		two, closeTwo, err := leasing.NewKV(s.Client, s.key("leases/"))
		if err != nil {
			return err
		}
		defer closeTwo()
		key := s.key("k")
		for _, value := range []string{"1", "2", "3"} {
			if _, err := one.Put(s.ctx, key, value); err != nil {
				return err
			}
			if err := first(wantValue(s, one, key, value), wantValue(s, one, key, value)); err != nil {
				return err
			}
			// The owner of the key is asked for it.
			if _, err := two.Put(s.ctx, key, value+"'"); err != nil {
				return err
			}
			if err := first(wantValue(s, one, key, value+"'"), wantValue(s, two, key, value+"'")); err != nil {
				return err
			}
		}
		response, err := one.Txn(s.ctx).If(clientv3.Compare(clientv3.Value(key), "=", "3'")).
			Then(clientv3.OpPut(key, "4"), clientv3.OpGet(key)).Commit()
		if err != nil {
			return err
		}
		deleted, err := two.Delete(s.ctx, s.key(""), clientv3.WithPrefix())
		if err != nil {
			return err
		}
		return first(want("succeeded", response.Succeeded, true), want("deleted", deleted.Deleted >= 1, true))
	}},
	{"MirrorFollowsAPrefix", func(s *session) error {
		if _, err := fill(s); err != nil {
			return err
		}
		syncer := mirror.NewSyncer(s.Client, s.prefix, 0)
		copied := map[string]string{}
		responses, failures := syncer.SyncBase(s.ctx)
		for response := range responses {
			for _, kv := range response.Kvs {
				copied[strings.TrimPrefix(string(kv.Key), s.prefix)] = string(kv.Value)
			}
		}
		if err := <-failures; err != nil {
			return err
		}
		updates := syncer.SyncUpdates(s.ctx)
		if _, err := s.Delete(s.ctx, s.key("a")); err != nil {
			return err
		}
		if _, err := s.Put(s.ctx, s.key("f"), "6"); err != nil {
			return err
		}
		return first(want("copy", fmt.Sprint(copied), "map[a:5 b:4 c:3 d:2 e:1]"),
			wantEvents(s, updates, "DELETE a", "PUT f=6"))
	}},
	{"NamespaceHidesItsPrefix", func(s *session) error {
		kv := namespace.NewKV(s.KV, s.prefix)
		watcher := namespace.NewWatcher(s.Watcher, s.prefix)
		lease := namespace.NewLease(s.Lease, s.prefix)
		granted, err := lease.Grant(s.ctx, ttlLong)
		if err != nil {
			return err
		}
		watch := watcher.Watch(s.ctx, "", clientv3.WithPrefix(), clientv3.WithCreatedNotify())
		<-watch
		if _, err := kv.Put(s.ctx, "a", "1", clientv3.WithLease(granted.ID)); err != nil {
			return err
		}
		response, err := kv.Txn(s.ctx).If(clientv3.Compare(clientv3.Value("a"), "=", "1")).
			Then(clientv3.OpPut("b", "2"), clientv3.OpGet("a", clientv3.WithFromKey())).Commit()
		if err != nil {
			return err
		}
		left, err := lease.TimeToLive(s.ctx, granted.ID, clientv3.WithAttachedKeys())
		if err != nil {
			return err
		}
		events, err := collect(s.ctx, watch, 2)
		if err != nil {
			return err
		}
		found := response.Responses[1].GetResponseRange().GetKvs()
		if len(found) != 2 || len(left.Keys) != 1 {
			return fmt.Errorf("%d keys, %d attached", len(found), len(left.Keys))
		}
		return first(want("key", string(found[0].Key), "a"), want("attached", string(left.Keys[0]), "a"),
			want("key of the event", string(events[1].Kv.Key), "b"), wantValue(s, s.KV, s.key("a"), "1"))
	}},
	{"OrderingIsNotViolatedByOneMember", func(s *session) error {
		violated := errors.New("an older revision after a newer one")
		kv := ordering.NewKV(s.KV, func(clientv3.Op, clientv3.OpResponse, int64) error { return violated })
		for i := 0; i < 50; i++ {
			if _, err := kv.Put(s.ctx, s.key("k"), fmt.Sprint(i)); err != nil {
				return err
			}
			response, err := kv.Get(s.ctx, s.key("k"), clientv3.WithSerializable())
			if err != nil {
				return err
			}
			if err := want("value", string(response.Kvs[0].Value), fmt.Sprint(i)); err != nil {
				return err
			}
			if _, err := kv.Txn(s.ctx).Then(clientv3.OpGet(s.key("k"), clientv3.WithSerializable())).Commit(); err != nil {
				return err
			}
		}
		return nil
	}},
	{"NamingTellsEndpointsAndTheirChanges", func(s *session) error {
		manager, err := endpoints.NewManager(s.Client, s.key("service"))
		if err != nil {
			return err
		}
		changes, err := manager.NewWatchChannel(s.ctx)
		if err != nil {
			return err
		}
		name := s.key("service") + "/one"
		if err := manager.AddEndpoint(s.ctx, name, endpoints.Endpoint{Addr: "one:1"}); err != nil {
			return err
		}
		added := <-changes
		list, err := manager.List(s.ctx)
		if err != nil {
			return err
		}
		if err := manager.DeleteEndpoint(s.ctx, name); err != nil {
			return err
		}
		deleted := <-changes
		if len(added) != 1 || len(deleted) != 1 {
			return fmt.Errorf("changes %v and %v", added, deleted)
		}
		return first(want("address", list[name].Addr, "one:1"), want("added", added[0].Endpoint.Addr, "one:1"),
			want("deleted", deleted[0].Op, endpoints.Delete))
	}},
	{"ResolverFindsTheServerItself", func(s *session) error {
		server, err := url.Parse(s.Endpoints()[0])
		if err != nil {
			return err
		}
		manager, err := endpoints.NewManager(s.Client, s.key("service"))
		if err != nil {
			return err
		}
		if err := manager.AddEndpoint(s.ctx, s.key("service")+"/one", endpoints.Endpoint{Addr: server.Host}); err != nil {
			return err
		}
		builder, err := resolver.NewBuilder(s.Client)
		if err != nil {
			return err
		}
		connection, err := grpc.NewClient("etcd:///"+s.key("service"), grpc.WithResolvers(builder),
			grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return err
		}
		defer connection.Close()
		answer, err := healthpb.NewHealthClient(connection).Check(s.ctx, &healthpb.HealthCheckRequest{}, grpc.WaitForReady(true))
		return first(err, want("status", answer.GetStatus(), healthpb.HealthCheckResponse_SERVING))
	}},
}
