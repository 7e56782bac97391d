package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	watchersOfOneClient = 1000
	bigValueBytes       = 1 << 20
	bigEvents           = 8
)

// collect takes responses until there are count events.
func collect(ctx context.Context, watch clientv3.WatchChan, count int) ([]*clientv3.Event, error) {
	var events []*clientv3.Event
	for len(events) < count {
		select {
		case response, ok := <-watch:
			if !ok {
				return nil, fmt.Errorf("the channel closes after %d of %d events", len(events), count)
			}
			if err := response.Err(); err != nil {
				return nil, err
			}
			events = append(events, response.Events...)
		case <-ctx.Done():
			return nil, fmt.Errorf("%d of %d events: %w", len(events), count, ctx.Err())
		}
	}
	return events, nil
}

// shown is one event as text: "PUT a=1 was 0".
func shown(s *session, event *clientv3.Event) string {
	text := event.Type.String() + " " + strings.TrimPrefix(string(event.Kv.Key), s.prefix)
	if event.Type == mvccpb.Event_PUT {
		text += "=" + string(event.Kv.Value)
	}
	if event.PrevKv != nil {
		text += " was " + string(event.PrevKv.Value)
	}
	return text
}

// wantEvents takes as many events as there are texts and compares them in order.
func wantEvents(s *session, watch clientv3.WatchChan, texts ...string) error {
	events, err := collect(s.ctx, watch, len(texts))
	if err != nil {
		return err
	}
	var got []string
	for _, event := range events {
		got = append(got, shown(s, event))
	}
	return want("events", strings.Join(got, ", "), strings.Join(texts, ", "))
}

// wantRevisions checks that there are events at these revisions, one each, in order.
func wantRevisions(events []*clientv3.Event, firstRevision int64) error {
	for i, event := range events {
		if err := want(fmt.Sprintf("revision of event %d", i), event.Kv.ModRevision, firstRevision+int64(i)); err != nil {
			return err
		}
	}
	return nil
}

var watchChecks = []check{
	{"WatchDeliversPutsAndDeletesWithTheFormerValue", func(s *session) error {
		watch := s.Watch(s.ctx, s.prefix, clientv3.WithPrefix(), clientv3.WithPrevKV(), clientv3.WithCreatedNotify())
		if created := <-watch; !created.Created {
			return fmt.Errorf("the first response is %v", created)
		}
		for _, value := range []string{"1", "2"} {
			if _, err := s.Put(s.ctx, s.key("a"), value); err != nil {
				return err
			}
		}
		if _, err := s.Delete(s.ctx, s.key("a")); err != nil {
			return err
		}
		return wantEvents(s, watch, "PUT a=1", "PUT a=2 was 1", "DELETE a was 2")
	}},
	{"WatchFromThePastTellsAll", func(s *session) error {
		revision, err := fill(s)
		if err != nil {
			return err
		}
		watch := s.Watch(s.ctx, s.prefix, clientv3.WithPrefix(), clientv3.WithRev(revision+1))
		return wantEvents(s, watch, "PUT b=4", "PUT c=3", "PUT d=2", "PUT e=1")
	}},
	{"WatchFromTheFutureLeavesOutWhatComesBefore", func(s *session) error {
		response, err := s.Put(s.ctx, s.key("start"), "")
		if err != nil {
			return err
		}
		watch := s.Watch(s.ctx, s.prefix, clientv3.WithPrefix(), clientv3.WithRev(response.Header.Revision+4),
			clientv3.WithCreatedNotify())
		<-watch
		if _, err := fill(s); err != nil {
			return err
		}
		return wantEvents(s, watch, "PUT d=2", "PUT e=1")
	}},
	{"WatchWithFilters", func(s *session) error {
		response, err := s.Put(s.ctx, s.key("a"), "1")
		if err != nil {
			return err
		}
		if _, err := s.Delete(s.ctx, s.key("a")); err != nil {
			return err
		}
		if _, err := s.Put(s.ctx, s.key("a"), "2"); err != nil {
			return err
		}
		if _, err := s.Delete(s.ctx, s.key("a")); err != nil {
			return err
		}
		since := clientv3.WithRev(response.Header.Revision)
		return first(wantEvents(s, s.Watch(s.ctx, s.key("a"), since, clientv3.WithFilterDelete()), "PUT a=1", "PUT a=2"),
			wantEvents(s, s.Watch(s.ctx, s.key("a"), since, clientv3.WithFilterPut()), "DELETE a", "DELETE a"))
	}},
	{"WatchOfOneTransactionIsOneResponse", func(s *session) error {
		watch := s.Watch(s.ctx, s.prefix, clientv3.WithPrefix(), clientv3.WithCreatedNotify())
		<-watch
		var puts []clientv3.Op
		for i := 0; i < 100; i++ {
			puts = append(puts, clientv3.OpPut(s.key(fmt.Sprintf("%03d", i)), "v"))
		}
		if _, err := s.Txn(s.ctx).Then(puts...).Commit(); err != nil {
			return err
		}
		response := <-watch
		return want("events", len(response.Events), 100)
	}},
	{"WatchOfACompactedRevisionIsCancelled", func(s *session) error {
		revision, err := fill(s)
		if err != nil {
			return err
		}
		if _, err := s.Compact(s.ctx, revision+3); err != nil {
			return err
		}
		response, ok := <-s.Watch(s.ctx, s.key("a"), clientv3.WithRev(revision))
		if !ok {
			return fmt.Errorf("the channel closes without a word")
		}
		return first(want("cancelled", response.Canceled, true), want("compact revision", response.CompactRevision, revision+3),
			wantError(response.Err(), "etcdserver: mvcc: required revision has been compacted"))
	}},
	{"WatchProgressIsToldOnRequest", func(s *session) error {
		// A context of its own is a stream of its own: progress is told to all watchers of a stream together.
		ctx := clientv3.WithRequireLeader(s.ctx)
		watch := s.Watch(ctx, s.prefix, clientv3.WithPrefix(), clientv3.WithCreatedNotify())
		<-watch
		revision, err := fill(s)
		if err != nil {
			return err
		}
		if err := wantEvents(s, watch, "PUT a=5", "PUT b=4", "PUT c=3", "PUT d=2", "PUT e=1"); err != nil {
			return err
		}
		if err := s.RequestProgress(ctx); err != nil {
			return err
		}
		select {
		case response := <-watch:
			return first(want("progress", response.IsProgressNotify(), true),
				want("revision", response.Header.Revision >= revision+4, true))
		case <-s.ctx.Done():
			return fmt.Errorf("no progress is told")
		}
	}},
	{"WatchOfBigEvents", func(s *session) error {
		value := strings.Repeat("x", bigValueBytes)
		var revision int64
		for i := 0; i < bigEvents; i++ {
			response, err := s.Put(s.ctx, s.key(fmt.Sprint(i)), value)
			if err != nil {
				return err
			}
			if i == 0 {
				revision = response.Header.Revision
			}
		}
		for _, options := range [][]clientv3.OpOption{{}, {clientv3.WithFragment()}} {
			options = append(options, clientv3.WithPrefix(), clientv3.WithRev(revision))
			events, err := collect(s.ctx, s.Watch(s.ctx, s.prefix, options...), bigEvents)
			if err != nil {
				return err
			}
			if err := wantRevisions(events, revision); err != nil {
				return err
			}
			for _, event := range events {
				if string(event.Kv.Value) != value {
					return fmt.Errorf("the value of %s is another", event.Kv.Key)
				}
			}
		}
		return nil
	}},
	{"WatchersByTheThousandOnOneClient", func(s *session) error {
		var watches []clientv3.WatchChan
		for i := 0; i < watchersOfOneClient; i++ {
			watch := s.Watch(s.ctx, s.key(fmt.Sprint(i)), clientv3.WithCreatedNotify())
			watches = append(watches, watch)
		}
		for _, watch := range watches {
			<-watch
		}
		for i := range watches {
			if _, err := s.Put(s.ctx, s.key(fmt.Sprint(i)), "v"); err != nil {
				return err
			}
		}
		for i, watch := range watches {
			if err := wantEvents(s, watch, fmt.Sprintf("PUT %d=v", i)); err != nil {
				return err
			}
		}
		return nil
	}},
	{"WatchCancelledByItsContextEnds", func(s *session) error {
		ctx, cancel := context.WithCancel(s.ctx)
		watch := s.Watch(ctx, s.key("k"), clientv3.WithCreatedNotify())
		<-watch
		cancel()
		for range watch {
		}
		// Its neighbours on the stream live on.
		other := s.Watch(s.ctx, s.key("k"), clientv3.WithCreatedNotify())
		<-other
		if _, err := s.Put(s.ctx, s.key("k"), "v"); err != nil {
			return err
		}
		return wantEvents(s, other, "PUT k=v")
	}},
	{"WatchResumesWhenItsConnectionBreaks", watchThroughABreakingConnection},
}

// watchThroughABreakingConnection writes while the watcher's connection is cut again and again: every revision must
// arrive, once.
func watchThroughABreakingConnection(s *session) error {
	proxy, err := startProxy(s.Endpoints()[0])
	if err != nil {
		return err
	}
	defer proxy.close()
	client, err := connect(proxy.url())
	if err != nil {
		return err
	}
	defer client.Close()
	watch := client.Watch(s.ctx, s.prefix, clientv3.WithPrefix(), clientv3.WithCreatedNotify())
	<-watch

	const cuts, writesBetween = 5, 100
	var revision int64
	var failure error
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		for i := 0; i < cuts*writesBetween; i++ {
			response, err := s.Put(s.ctx, s.key(fmt.Sprint(i)), fmt.Sprint(i))
			if err != nil {
				failure = err
				return
			}
			if i == 0 {
				revision = response.Header.Revision
			}
			if i%writesBetween == writesBetween/2 {
				proxy.cut()
			}
		}
	}()
	events, err := collect(s.ctx, watch, cuts*writesBetween)
	group.Wait()
	return first(failure, err, wantRevisions(events, revision))
}
