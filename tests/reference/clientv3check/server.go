package main

import (
	"fmt"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	writers        = 50
	writesByWriter = 20
)

var serverChecks = []check{
	{"StatusNamesTheLeader", func(s *session) error {
		response, err := s.Status(s.ctx, s.Endpoints()[0])
		if err != nil {
			return err
		}
		if response.Version == "" || response.DbSize <= 0 || response.RaftIndex == 0 || response.RaftTerm == 0 {
			return fmt.Errorf("answers %v", response)
		}
		return first(want("leader", response.Leader, response.Header.MemberId), want("is learner", response.IsLearner, false))
	}},
	{"MemberListHasThisMember", func(s *session) error {
		response, err := s.MemberList(s.ctx)
		if err != nil {
			return err
		}
		if err := want("members", len(response.Members), 1); err != nil {
			return err
		}
		return want("id", response.Members[0].ID, response.Header.MemberId)
	}},
	{"WritersAtOnceGetARevisionEach", func(s *session) error {
		var group sync.WaitGroup
		var mutex sync.Mutex
		revisions := map[int64]bool{}
		var failure error
		for w := 0; w < writers; w++ {
			group.Add(1)
			go func() {
				defer group.Done()
				for i := 0; i < writesByWriter; i++ {
					response, err := s.Put(s.ctx, s.key(fmt.Sprintf("%d/%d", w, i)), "v")
					mutex.Lock()
					if err != nil {
						failure = err
					} else {
						revisions[response.Header.Revision] = true
					}
					mutex.Unlock()
				}
			}()
		}
		group.Wait()
		if failure != nil {
			return failure
		}
		response, err := s.Get(s.ctx, s.prefix, clientv3.WithPrefix(), clientv3.WithCountOnly())
		if err != nil {
			return err
		}
		return first(want("revisions", len(revisions), writers*writesByWriter),
			want("keys", response.Count, writers*writesByWriter))
	}},
}
