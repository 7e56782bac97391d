package main

import (
	"bytes"
	"fmt"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

var writeChecks = []check{
	{"PutAnswersThePreviousValue", func(s *session) error {
		response, err := s.Put(s.ctx, s.key("k"), "one", clientv3.WithPrevKV())
		if err != nil {
			return err
		}
		if response.PrevKv != nil {
			return fmt.Errorf("a new key has the previous value %v", response.PrevKv)
		}
		response, err = s.Put(s.ctx, s.key("k"), "two", clientv3.WithPrevKV())
		if err != nil {
			return err
		}
		return want("previous value", string(response.PrevKv.GetValue()), "one")
	}},
	{"PutIgnoreValueKeepsTheValue", func(s *session) error {
		if _, err := s.Put(s.ctx, s.key("k"), "kept"); err != nil {
			return err
		}
		if _, err := s.Put(s.ctx, s.key("k"), "", clientv3.WithIgnoreValue()); err != nil {
			return err
		}
		response, err := s.Get(s.ctx, s.key("k"))
		if err != nil {
			return err
		}
		return first(want("value", string(response.Kvs[0].Value), "kept"), want("version", response.Kvs[0].Version, 2))
	}},
	{"EveryWriteIsOneRevision", func(s *session) error {
		before, err := s.Put(s.ctx, s.key("k"), "")
		if err != nil {
			return err
		}
		after, err := s.Put(s.ctx, s.key("k"), "")
		if err != nil {
			return err
		}
		return want("revision", after.Header.Revision, before.Header.Revision+1)
	}},
	{"AnyBytesAreAKeyAndAValue", func(s *session) error {
		var all bytes.Buffer
		for b := 0; b < 256; b++ {
			all.WriteByte(byte(b))
		}
		key := s.key(all.String())
		if _, err := s.Put(s.ctx, key, all.String()); err != nil {
			return err
		}
		response, err := s.Get(s.ctx, key)
		if err != nil {
			return err
		}
		return first(want("keys", len(response.Kvs), 1), want("value", string(response.Kvs[0].Value), all.String()))
	}},
	{"AValueOfAMegabyte", func(s *session) error {
		value := strings.Repeat("x", 1<<20)
		if _, err := s.Put(s.ctx, s.key("k"), value); err != nil {
			return err
		}
		response, err := s.Get(s.ctx, s.key("k"))
		if err != nil {
			return err
		}
		return want("value", string(response.Kvs[0].Value) == value, true)
	}},
	{"DeletePrefixAnswersWhatWasThere", func(s *session) error {
		if _, err := fill(s); err != nil {
			return err
		}
		response, err := s.Delete(s.ctx, s.prefix, clientv3.WithPrefix(), clientv3.WithPrevKV())
		if err != nil {
			return err
		}
		return first(want("deleted", response.Deleted, 5), want("previous values", len(response.PrevKvs), 5),
			expectKeys(s, "", 0, false))
	}},
	{"DeleteOfNothingIsNoRevision", func(s *session) error {
		before, err := s.Put(s.ctx, s.key("k"), "")
		if err != nil {
			return err
		}
		response, err := s.Delete(s.ctx, s.key("none"))
		if err != nil {
			return err
		}
		return first(want("deleted", response.Deleted, 0),
			want("revision", response.Header.Revision, before.Header.Revision))
	}},
	{"CompactHidesThePast", func(s *session) error {
		revision, err := fill(s)
		if err != nil {
			return err
		}
		if _, err := s.Compact(s.ctx, revision+2, clientv3.WithCompactPhysical()); err != nil {
			return err
		}
		_, err = s.Get(s.ctx, s.key("a"), clientv3.WithRev(revision+1))
		if err := wantError(err, "etcdserver: mvcc: required revision has been compacted"); err != nil {
			return err
		}
		return expectKeys(s, "abc", 3, false, clientv3.WithRev(revision+2))
	}},
}
