#include "src/bench/data.h"

#include <cstring>

#include "quorate/base/wire.h"

namespace quorate::bench {
namespace {

namespace wire = base::wire;

constexpr size_t kKeyDigits = 10;

// Field numbers of etcdserverpb.PutRequest and RangeRequest.
constexpr uint32_t kPutKey = 1;
constexpr uint32_t kPutValue = 2;
constexpr uint32_t kRangeKey = 1;
constexpr uint32_t kRangeSerializable = 7;

void AppendDigits(std::string* out, uint64_t number) {
  char digits[kKeyDigits];
  for (size_t i = kKeyDigits; i-- > 0; number /= 10) digits[i] = static_cast<char>('0' + number % 10);
  out->append(digits, kKeyDigits);
}

}  // namespace

std::string Data::KeyOf(uint64_t number) const {
  std::string key = options_.key_prefix;
  AppendDigits(&key, number);
  return key;
}

void Data::AppendKeyField(std::string* message, uint32_t field, uint64_t number) const {
  wire::AppendBytesPrefix(message, field, options_.key_prefix.size() + kKeyDigits);
  message->append(options_.key_prefix);
  AppendDigits(message, number);
}

void Data::AppendValueField(std::string* message, uint32_t field) {
  const size_t size = options_.value_size;
  wire::AppendBytesPrefix(message, field, size);
  const size_t start = message->size();
  message->resize(start + size);
  char* out = message->data() + start;
  for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
    const uint64_t word = random_.Next();
    std::memcpy(out + at, &word, std::min(sizeof(word), size - at));
  }
}

void AppendPut(Data* data, uint64_t key, std::string* message) {
  data->AppendKeyField(message, kPutKey, key);
  data->AppendValueField(message, kPutValue);
}

void AppendGet(const Data& data, uint64_t key, bool serializable, std::string* message) {
  data.AppendKeyField(message, kRangeKey, key);
  wire::AppendBoolField(message, kRangeSerializable, serializable);
}

std::string_view PreloadedScenario::Prepare(size_t, std::string* message) {
  AppendPut(&data_, keys_[prepared_++], message);
  return kPutPath;
}

}  // namespace quorate::bench
