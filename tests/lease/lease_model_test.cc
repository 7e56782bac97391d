// Random grants, puts, deletions, renewals, expiries, crashes and changes of leader against a model that is a map of
// leases and a map of keys.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "quorate/base/errors.h"
#include "tests/lease/lease_testing.h"

namespace quorate::lease {
namespace {

constexpr int64_t kTtlMin = 2;
constexpr std::chrono::milliseconds kNoticed(200);  // after its deadline, at the latest

struct Model {
  struct Lease {
    int64_t ttl;
    std::chrono::nanoseconds deadline;
  };
  std::map<int64_t, Lease> leases;
  std::map<std::string, int64_t> keys;  // the lease each hangs on
  int64_t revision = 1;

  std::vector<std::string> KeysOf(int64_t lease) const {
    std::vector<std::string> found;
    for (const auto& [key, on] : keys) {
      if (on == lease) found.push_back(key);
    }
    return found;
  }
  void Revoke(int64_t lease) {
    const std::vector<std::string> doomed = KeysOf(lease);
    for (const std::string& key : doomed) keys.erase(key);
    revision += doomed.empty() ? 0 : 1;
    leases.erase(lease);
  }
};

class LeaseModel {
 public:
  explicit LeaseModel(uint32_t seed) : random_(seed) { Lead(); }

  void Step() {
    const int what = Draw(100);
    if (what < 20) return Grant();
    if (what < 50) return Put();
    if (what < 60) return Delete();
    if (what < 70) return Revoke();
    if (what < 85) return Renew();
    if (what < 97) return Pass(std::chrono::milliseconds(Draw(2000)));
    if (what < 98) return Pass(std::chrono::seconds(Draw(200)));
    if (what < 99) return Restart();
    flushed_ = model_;
    test_.Flush();
  }

  void Check() {
    ASSERT_EQ(test_.store->revision(), model_.revision);
    ASSERT_EQ(test_.Keys(), model_.keys.size());
    ASSERT_EQ(test_.lessor->statistics().leases, model_.leases.size());
    for (const auto& [id, lease] : model_.leases) {
      ASSERT_TRUE(test_.leases->Exists(id));
      const auto left = test_.lessor->Find(id);
      ASSERT_TRUE(left.has_value());
      ASSERT_EQ(left->granted_seconds, lease.ttl);
      ASSERT_EQ(left->remaining, lease.deadline - test_.clock.Monotonic());
      ASSERT_EQ(KeysOf(*test_.leases, id), model_.KeysOf(id));
    }
  }

 private:
  int Draw(int bound) { return static_cast<int>(random_() % static_cast<uint32_t>(bound)); }
  int64_t DrawLease() { return 1 + Draw(30); }
  std::string DrawKey() { return "k" + std::to_string(Draw(60)); }

  void Lead() {
    const std::chrono::milliseconds extend(Draw(1500));
    test_.lessor->Promote(extend);
    for (auto& [id, lease] : model_.leases) {
      lease.deadline = test_.clock.Monotonic() + extend + std::chrono::seconds(lease.ttl);
    }
  }

  void Grant() {
    const int64_t id = DrawLease();
    const int64_t ttl = 1 + (Draw(10) == 0 ? Draw(100'000) : Draw(20));
    const absl::Status status = test_.Grant(id, ttl);
    if (model_.leases.contains(id)) {
      EXPECT_EQ(status, base::errors::LeaseExists());
      return;
    }
    EXPECT_TRUE(status.ok());
    pending_.erase(id);
    const int64_t counted = std::max(ttl, kTtlMin);
    model_.leases[id] = {counted, test_.clock.Monotonic() + std::chrono::seconds(counted)};
  }

  void Put() {
    const std::string key = DrawKey();
    const int64_t lease = Draw(4) == 0 ? 0 : DrawLease();
    const absl::Status status = test_.Put(key, lease);
    if (lease != 0 && !model_.leases.contains(lease)) {
      EXPECT_EQ(status, base::errors::LeaseNotFound());
      return;
    }
    EXPECT_TRUE(status.ok());
    model_.keys[key] = lease;
    ++model_.revision;
  }

  void Delete() {
    const std::string key = DrawKey();
    EXPECT_TRUE(test_.Delete(key).ok());
    model_.revision += static_cast<int64_t>(model_.keys.erase(key));
  }

  void Revoke() {
    const int64_t id = DrawLease();
    const absl::Status status = test_.Revoke(id);
    EXPECT_EQ(status.ok(), model_.leases.contains(id));
    if (status.ok()) model_.Revoke(id);
  }

  void Renew() {
    const int64_t id = DrawLease();
    const Lessor::Renewal renewal = test_.lessor->Renew(id);
    const auto found = model_.leases.find(id);
    if (found == model_.leases.end()) {
      EXPECT_EQ(renewal.outcome, Lessor::Renewal::Outcome::kNotFound);
      return;
    }
    if (found->second.deadline <= test_.clock.Monotonic()) {
      EXPECT_EQ(renewal.outcome, Lessor::Renewal::Outcome::kExpired);
      return;
    }
    EXPECT_EQ(renewal.outcome, Lessor::Renewal::Outcome::kRenewed);
    found->second.deadline = test_.clock.Monotonic() + std::chrono::seconds(found->second.ttl);
  }

  void Pass(std::chrono::nanoseconds time) {
    test_.clock.Advance(time);
    const std::vector<int64_t> expired = test_.lessor->TakeExpired(1000);
    const std::set<int64_t> distinct(expired.begin(), expired.end());
    EXPECT_EQ(distinct.size(), expired.size());
    const std::chrono::nanoseconds now = test_.clock.Monotonic();
    for (const int64_t id : expired) {
      ASSERT_TRUE(model_.leases.contains(id));
      EXPECT_LE(model_.leases[id].deadline, now);
    }
    for (const auto& [id, lease] : model_.leases) {
      if (lease.deadline + kNoticed > now) continue;
      EXPECT_TRUE(distinct.contains(id) || pending_.contains(id)) << id;
    }
    // A revocation may be lost, and comes again.
    for (const int64_t id : expired) {
      if (Draw(5) == 0) {
        pending_.insert(id);
        continue;
      }
      pending_.erase(id);
      EXPECT_TRUE(test_.Revoke(id).ok());
      model_.Revoke(id);
    }
    std::erase_if(pending_, [this](int64_t id) { return !model_.leases.contains(id); });
  }

  void Restart() {
    if (Draw(2) == 0) {
      test_.Flush();
      flushed_ = model_;
    }
    model_ = flushed_;
    test_.Reopen();
    pending_.clear();
    Lead();
  }

  std::mt19937 random_;
  TestLeases test_{kTtlMin};
  Model model_;
  Model flushed_;
  std::set<int64_t> pending_;  // expired, their revocation lost
};

class LeaseModelTest : public testing::TestWithParam<uint32_t> {};

TEST_P(LeaseModelTest, AgreesWithTheModel) {
  LeaseModel model(GetParam());
  for (int step = 0; step < 1500 && !testing::Test::HasFailure(); ++step) {
    model.Step();
    model.Check();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LeaseModelTest, testing::Range(1u, 9u));

}  // namespace
}  // namespace quorate::lease
