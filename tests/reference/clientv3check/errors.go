package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

func wantError(err error, message string) error {
	if err == nil {
		return fmt.Errorf("no error, want %q", message)
	}
	return want("error", err.Error(), message)
}

var errorChecks = []check{
	{"EmptyKey", func(s *session) error {
		_, err := s.Put(s.ctx, "", "")
		return wantError(err, "etcdserver: key is not provided")
	}},
	{"FutureRevision", func(s *session) error {
		_, err := s.Get(s.ctx, s.key("k"), clientv3.WithRev(1<<40))
		return wantError(err, "etcdserver: mvcc: required revision is a future revision")
	}},
	{"CompactFutureRevision", func(s *session) error {
		_, err := s.Compact(s.ctx, 1<<40)
		return wantError(err, "etcdserver: mvcc: required revision is a future revision")
	}},
	{"IgnoreValueOfAMissingKey", func(s *session) error {
		_, err := s.Put(s.ctx, s.key("none"), "", clientv3.WithIgnoreValue())
		return wantError(err, "etcdserver: key not found")
	}},
	{"UnknownLease", func(s *session) error {
		_, err := s.Put(s.ctx, s.key("k"), "", clientv3.WithLease(0x7eadbeef))
		return wantError(err, "etcdserver: requested lease not found")
	}},
	{"TooManyOps", func(s *session) error {
		var puts []clientv3.Op
		for i := 0; i < 129; i++ {
			puts = append(puts, clientv3.OpPut(s.key(fmt.Sprint(i)), ""))
		}
		_, err := s.Txn(s.ctx).Then(puts...).Commit()
		if err := wantError(err, "etcdserver: too many operations in txn request"); err != nil {
			return err
		}
		_, err = s.Txn(s.ctx).Then(puts[:128]...).Commit()
		return err
	}},
	{"DuplicateKey", func(s *session) error {
		put := clientv3.OpPut(s.key("k"), "")
		_, err := s.Txn(s.ctx).Then(put, put).Commit()
		return wantError(err, "etcdserver: duplicate key given in txn request")
	}},
	{"RequestTooLarge", func(s *session) error {
		_, err := s.Put(s.ctx, s.key("k"), strings.Repeat("x", 1536*1024+1))
		return wantError(err, "etcdserver: request is too large")
	}},
	{"DeadlineHasPassed", func(s *session) error {
		ctx, cancel := context.WithTimeout(s.ctx, time.Nanosecond)
		defer cancel()
		_, err := s.Get(ctx, s.key("k"))
		if !errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("error is %v, want a passed deadline", err)
		}
		return nil
	}},
	{"UnknownMethodIsUnimplemented", func(s *session) error {
		err := s.ActiveConnection().Invoke(s.ctx, "/etcdserverpb.KV/Juggle", &pb.PutRequest{}, &pb.PutResponse{})
		return want("code", status.Code(err), codes.Unimplemented)
	}},
}
