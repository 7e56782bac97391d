package main

import (
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// expectBranch runs a transaction of these compares and says whether the wanted branch was taken.
func expectBranch(s *session, succeeded bool, compares ...clientv3.Cmp) error {
	response, err := s.Txn(s.ctx).If(compares...).Then(clientv3.OpGet(s.key("a"))).Else().Commit()
	if err != nil {
		return err
	}
	if err := want("succeeded", response.Succeeded, succeeded); err != nil {
		return fmt.Errorf("%v: %v", compares, err)
	}
	return nil
}

var txnChecks = []check{
	{"TxnComparesEveryTarget", func(s *session) error {
		revision, err := fill(s)
		if err != nil {
			return err
		}
		a, none := s.key("a"), s.key("none")
		return first(
			expectBranch(s, true, clientv3.Compare(clientv3.Value(a), "=", "5")),
			expectBranch(s, false, clientv3.Compare(clientv3.Value(a), "<", "5")),
			expectBranch(s, true, clientv3.Compare(clientv3.Version(a), ">", 0)),
			expectBranch(s, true, clientv3.Compare(clientv3.CreateRevision(a), "=", revision)),
			expectBranch(s, false, clientv3.Compare(clientv3.ModRevision(a), "!=", revision)),
			expectBranch(s, true, clientv3.Compare(clientv3.LeaseValue(a), "=", clientv3.NoLease)),
			expectBranch(s, true, clientv3.Compare(clientv3.CreateRevision(none), "=", 0)),
			expectBranch(s, false, clientv3.Compare(clientv3.Value(none), "!=", "x")),
			expectBranch(s, true, clientv3.Compare(clientv3.ModRevision(s.prefix).WithPrefix(), ">", revision-1)),
			expectBranch(s, false, clientv3.Compare(clientv3.Value(s.prefix).WithPrefix(), "=", "5")))
	}},
	{"TxnReadsItsOwnWrites", func(s *session) error {
		response, err := s.Txn(s.ctx).Then(clientv3.OpPut(s.key("k"), "new"), clientv3.OpGet(s.key("k")),
			clientv3.OpDelete(s.key("k")), clientv3.OpGet(s.key("k"))).Commit()
		// A put and a delete of one key in one transaction is refused.
		if err := wantError(err, "etcdserver: duplicate key given in txn request"); err != nil {
			return fmt.Errorf("%v, answered %v", err, response)
		}
		response, err = s.Txn(s.ctx).Then(clientv3.OpPut(s.key("k"), "new"), clientv3.OpGet(s.key("k"))).Commit()
		if err != nil {
			return err
		}
		kv := response.Responses[1].GetResponseRange().Kvs[0]
		return first(want("value", string(kv.Value), "new"), want("mod revision", kv.ModRevision, response.Header.Revision))
	}},
	{"TxnNested", func(s *session) error {
		if _, err := fill(s); err != nil {
			return err
		}
		inner := clientv3.OpTxn([]clientv3.Cmp{clientv3.Compare(clientv3.Value(s.key("a")), "=", "5")},
			[]clientv3.Op{clientv3.OpPut(s.key("inner"), "then")}, []clientv3.Op{clientv3.OpPut(s.key("inner"), "else")})
		response, err := s.Txn(s.ctx).Then(inner, clientv3.OpGet(s.key("inner"))).Commit()
		if err != nil {
			return err
		}
		return first(want("inner branch", response.Responses[0].GetResponseTxn().Succeeded, true),
			want("value", string(response.Responses[1].GetResponseRange().Kvs[0].Value), "then"))
	}},
	{"TxnWithoutWritesIsNoRevision", func(s *session) error {
		before, err := s.Put(s.ctx, s.key("k"), "")
		if err != nil {
			return err
		}
		response, err := s.Txn(s.ctx).Then(clientv3.OpGet(s.key("k"))).Commit()
		if err != nil {
			return err
		}
		return want("revision", response.Header.Revision, before.Header.Revision)
	}},
}
