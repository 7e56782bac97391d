#pragma once

// Random keys and incompressible values. Same seed, same sequence.

#include <cstdint>
#include <string>

#include "src/bench/options.h"
#include "src/bench/scenario.h"

namespace quorate::bench {

// xorshift64*: a few instructions a number, good enough to spread load and to defeat compression.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0x2545F4914F6CDD1Du) {
    if (state_ == 0) state_ = 1;
  }
  uint64_t Next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1Du;
  }
  uint64_t Below(uint64_t bound) { return Next() % bound; }
  // In [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

 private:
  uint64_t state_;
};

// Writes the parts of KV requests.
class Data {
 public:
  Data(const Options& options, uint64_t seed) : options_(options), random_(seed) {}

  Random& random() { return random_; }
  uint64_t RandomKey() { return random_.Below(options_.keys); }
  // The prefix and the number in ten digits, so that keys sort by number.
  std::string KeyOf(uint64_t number) const;
  // Appends a bytes field that holds that key.
  void AppendKeyField(std::string* message, uint32_t field, uint64_t number) const;
  // Appends a bytes field of options.value_size random bytes.
  void AppendValueField(std::string* message, uint32_t field);

 private:
  const Options& options_;
  Random random_;
};

// Encodes a whole PutRequest, for a RangeRequest of one key.
void AppendPut(Data* data, uint64_t key, std::string* message);
void AppendGet(const Data& data, uint64_t key, bool serializable, std::string* message);

// A thread's share of the keys, in order: thread i of n has i, i + n, i + 2n, …
class KeyShare {
 public:
  KeyShare(const Options& options, const ThreadShare& share)
      : index_(share.index), stride_(share.count), size_((options.keys + stride_ - 1 - index_) / stride_) {}

  uint64_t size() const { return size_; }
  // The number of the share's nth key.
  uint64_t operator[](uint64_t nth) const { return index_ + nth * stride_; }

 private:
  const uint64_t index_;
  const uint64_t stride_;
  const uint64_t size_;
};

// For scenarios that want the keys to be there: prepares by putting every key of the thread's share.
class PreloadedScenario : public Scenario {
 public:
  PreloadedScenario(const Options& options, const ThreadShare& share)
      : options_(options), data_(options, options.seed + share.index), keys_(options, share) {}

  uint64_t preparation() const override { return options_.preload ? keys_.size() - prepared_ : 0; }
  std::string_view Prepare(size_t slot, std::string* message) override;

 protected:
  const Options& options_;
  Data data_;

 private:
  const KeyShare keys_;
  uint64_t prepared_ = 0;
};

inline constexpr char kPutPath[] = "/etcdserverpb.KV/Put";
inline constexpr char kRangePath[] = "/etcdserverpb.KV/Range";
inline constexpr char kTxnPath[] = "/etcdserverpb.KV/Txn";

}  // namespace quorate::bench
