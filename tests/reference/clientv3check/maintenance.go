package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.uber.org/zap"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/snapshot"
)

// grantID asks for a lease by its id.
func grantID(s *session, id clientv3.LeaseID) error {
	_, err := clientv3.RetryLeaseClient(s.Client).LeaseGrant(s.ctx, &pb.LeaseGrantRequest{ID: int64(id), TTL: ttlLong})
	return clientv3.ContextError(s.ctx, err)
}

// The bytes of bbolt's first page that say what it is, and where they are.
const (
	boltMagic   = "\xed\xda\x0c\xed"
	boltMagicAt = 16
)

// wantSnapshot checks the form of a snapshot: a bbolt file, then the SHA-256 of it.
func wantSnapshot(data []byte) error {
	size := len(data) - sha256.Size
	if size < boltMagicAt+len(boltMagic) {
		return fmt.Errorf("the snapshot has %d bytes", len(data))
	}
	sum := sha256.Sum256(data[:size])
	return first(want("trailer", string(data[size:]), string(sum[:])),
		want("magic", string(data[boltMagicAt:boltMagicAt+len(boltMagic)]), boltMagic), want("odd bytes", size%512, 0))
}

var maintenanceChecks = []check{
	{"NoAlarmIsListedAndDisarmingNoneIsNoError", func(s *session) error {
		list, err := s.AlarmList(s.ctx)
		if err != nil {
			return err
		}
		disarmed, err := s.AlarmDisarm(s.ctx, &clientv3.AlarmMember{})
		if err != nil {
			return err
		}
		return first(want("alarms", len(list.Alarms), 0), want("disarmed", len(disarmed.Alarms), 0))
	}},
	{"HashKVIsOfOneRevision", func(s *session) error {
		revision, err := fill(s)
		if err != nil {
			return err
		}
		one, err := s.HashKV(s.ctx, s.Endpoints()[0], revision)
		if err != nil {
			return err
		}
		if _, err := s.Put(s.ctx, s.key("f"), ""); err != nil {
			return err
		}
		two, err := s.HashKV(s.ctx, s.Endpoints()[0], revision)
		if err != nil {
			return err
		}
		now, err := s.HashKV(s.ctx, s.Endpoints()[0], 0)
		if err != nil {
			return err
		}
		return first(want("hash", two.Hash, one.Hash), want("hash of now differs", now.Hash != one.Hash, true),
			want("hash revision", one.HashRevision, revision))
	}},
	{"DefragmentKeepsEverything", func(s *session) error {
		if _, err := fill(s); err != nil {
			return err
		}
		before, err := s.HashKV(s.ctx, s.Endpoints()[0], 0)
		if err != nil {
			return err
		}
		if _, err := s.Defragment(s.ctx, s.Endpoints()[0]); err != nil {
			return err
		}
		after, err := s.HashKV(s.ctx, s.Endpoints()[0], 0)
		if err != nil {
			return err
		}
		return first(want("hash", after.Hash, before.Hash), expectKeys(s, "abcde", 5, false))
	}},
	{"StatusOfAHealthyMember", func(s *session) error {
		response, err := s.Status(s.ctx, s.Endpoints()[0])
		if err != nil {
			return err
		}
		return first(want("errors", len(response.Errors), 0), want("quota", response.DbSizeQuota, 2<<30),
			want("storage version", response.StorageVersion, "3.7.0"),
			want("in use", response.DbSizeInUse > 0 && response.DbSizeInUse <= response.DbSize, true))
	}},
	{"MoveLeaderToItselfIsNoChange", func(s *session) error {
		response, err := s.Status(s.ctx, s.Endpoints()[0])
		if err != nil {
			return err
		}
		if _, err := s.MoveLeader(s.ctx, response.Leader); err != nil {
			return err
		}
		_, err = s.MoveLeader(s.ctx, 1)
		return wantError(err, "etcdserver: bad leader transferee")
	}},
	{"SnapshotStreamsABoltFileWithItsSum", func(s *session) error {
		if _, err := fill(s); err != nil {
			return err
		}
		response, err := s.SnapshotWithVersion(s.ctx)
		if err != nil {
			return err
		}
		data, err := io.ReadAll(response.Snapshot)
		if err != nil {
			return err
		}
		return first(want("version", response.Version, "3.7.0"), wantSnapshot(data))
	}},
	{"SnapshotPackageSavesAFile", func(s *session) error {
		directory, err := os.MkdirTemp("", "clientv3check")
		if err != nil {
			return err
		}
		defer os.RemoveAll(directory)
		path := filepath.Join(directory, "snapshot.db")
		version, err := snapshot.SaveWithVersion(s.ctx, zap.NewNop(), configOf(s.Endpoints()[0]), path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return first(want("version", version, "3.7.0"), wantSnapshot(data))
	}},
}
