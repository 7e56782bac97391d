package main

import (
	"fmt"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// fill puts a, b, c, d, e with the values 5, 4, 3, 2, 1.
func fill(s *session) (firstRevision int64, err error) {
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		response, err := s.Put(s.ctx, s.key(name), fmt.Sprint(5-i))
		if err != nil {
			return 0, err
		}
		if i == 0 {
			firstRevision = response.Header.Revision
		}
	}
	return firstRevision, nil
}

// names joins the keys of an answer without the check's prefix.
func names(s *session, response *clientv3.GetResponse) string {
	var all []string
	for _, kv := range response.Kvs {
		all = append(all, strings.TrimPrefix(string(kv.Key), s.prefix))
	}
	return strings.Join(all, "")
}

// expectKeys gets with the options, starting at the check's prefix, and compares keys, count and more.
func expectKeys(s *session, keys string, count int64, more bool, options ...clientv3.OpOption) error {
	response, err := s.Get(s.ctx, s.prefix, append([]clientv3.OpOption{clientv3.WithPrefix()}, options...)...)
	if err != nil {
		return err
	}
	return first(want("keys", names(s, response), keys), want("count", response.Count, count),
		want("more", response.More, more))
}

var rangeChecks = []check{
	{"GetMissing", func(s *session) error {
		response, err := s.Get(s.ctx, s.key("none"))
		if err != nil {
			return err
		}
		return first(want("keys", len(response.Kvs), 0), want("count", response.Count, 0))
	}},
	{"GetFieldsOfAKey", func(s *session) error {
		created, err := s.Put(s.ctx, s.key("k"), "one")
		if err != nil {
			return err
		}
		modified, err := s.Put(s.ctx, s.key("k"), "two")
		if err != nil {
			return err
		}
		response, err := s.Get(s.ctx, s.key("k"))
		if err != nil {
			return err
		}
		if err := want("keys", len(response.Kvs), 1); err != nil {
			return err
		}
		kv := response.Kvs[0]
		return first(want("value", string(kv.Value), "two"), want("version", kv.Version, 2),
			want("create revision", kv.CreateRevision, created.Header.Revision),
			want("mod revision", kv.ModRevision, modified.Header.Revision), want("lease", kv.Lease, 0))
	}},
	{"GetPrefix", func(s *session) error {
		if _, err := fill(s); err != nil {
			return err
		}
		return expectKeys(s, "abcde", 5, false)
	}},
	{"GetRangeAndFromKey", func(s *session) error {
		if _, err := fill(s); err != nil {
			return err
		}
		response, err := s.Get(s.ctx, s.key("b"), clientv3.WithRange(s.key("d")))
		if err != nil {
			return err
		}
		if err := want("keys", names(s, response), "bc"); err != nil {
			return err
		}
		response, err = s.Get(s.ctx, s.key("d"), clientv3.WithFromKey())
		if err != nil {
			return err
		}
		if len(response.Kvs) < 2 || string(response.Kvs[0].Key) != s.key("d") {
			return fmt.Errorf("from-key answers %v", response.Kvs)
		}
		return nil
	}},
	{"GetLimitSaysMoreAndCountsAll", func(s *session) error {
		if _, err := fill(s); err != nil {
			return err
		}
		return first(expectKeys(s, "ab", 5, true, clientv3.WithLimit(2)),
			expectKeys(s, "abcde", 5, false, clientv3.WithLimit(5)))
	}},
	{"GetSorted", func(s *session) error {
		if _, err := fill(s); err != nil {
			return err
		}
		return first(
			expectKeys(s, "edcba", 5, false, clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend)),
			expectKeys(s, "edcba", 5, false, clientv3.WithSort(clientv3.SortByValue, clientv3.SortAscend)),
			expectKeys(s, "e", 5, true, clientv3.WithSort(clientv3.SortByModRevision, clientv3.SortDescend),
				clientv3.WithLimit(1)))
	}},
	{"GetCountOnlyAndKeysOnly", func(s *session) error {
		if _, err := fill(s); err != nil {
			return err
		}
		if err := expectKeys(s, "", 5, false, clientv3.WithCountOnly()); err != nil {
			return err
		}
		response, err := s.Get(s.ctx, s.prefix, clientv3.WithPrefix(), clientv3.WithKeysOnly())
		if err != nil {
			return err
		}
		for _, kv := range response.Kvs {
			if len(kv.Value) != 0 {
				return fmt.Errorf("keys-only answers the value %q", kv.Value)
			}
		}
		return want("keys", names(s, response), "abcde")
	}},
	{"GetAtRevision", func(s *session) error {
		revision, err := fill(s)
		if err != nil {
			return err
		}
		return first(expectKeys(s, "a", 1, false, clientv3.WithRev(revision)),
			expectKeys(s, "abc", 3, false, clientv3.WithRev(revision+2)))
	}},
	{"GetRevisionFilters", func(s *session) error {
		revision, err := fill(s)
		if err != nil {
			return err
		}
		return first(expectKeys(s, "de", 5, false, clientv3.WithMinModRev(revision+3)),
			expectKeys(s, "ab", 5, false, clientv3.WithMaxModRev(revision+1)),
			expectKeys(s, "cde", 5, false, clientv3.WithMinCreateRev(revision+2)),
			expectKeys(s, "abc", 5, false, clientv3.WithMaxCreateRev(revision+2)))
	}},
	{"GetSerializable", func(s *session) error {
		if _, err := fill(s); err != nil {
			return err
		}
		return expectKeys(s, "abcde", 5, false, clientv3.WithSerializable())
	}},
	{"GetStream", func(s *session) error {
		const keys = 300
		value := strings.Repeat("v", 10_000)
		for i := 0; i < keys; i++ {
			if _, err := s.Put(s.ctx, s.key(fmt.Sprintf("%04d", i)), value); err != nil {
				return err
			}
		}
		stream, err := s.GetStream(s.ctx, s.prefix, clientv3.WithPrefix())
		if err != nil {
			return err
		}
		response, err := clientv3.GetStreamToGetResponse(stream)
		if err != nil {
			return err
		}
		return first(want("keys", len(response.Kvs), keys), want("count", response.Count, keys),
			want("more", response.More, false))
	}},
}
