#include "quorate/rpc/parse.h"

#include <google/protobuf/descriptor.h>

#include "quorate/base/varint.h"
#include "quorate/base/wire.h"

namespace quorate::rpc {
namespace {

namespace wire = base::wire;
using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;

// A tag and a byte.
constexpr size_t kFieldBytesMin = 2;
// Messages inside one another: as many as protobuf takes.
constexpr int kDepthMax = 100;

class FieldCount {
 public:
  // False once there are too many. What is malformed protobuf parses no further than this looks at it.
  bool Take(std::string_view rest, const Descriptor& type, int depth) {
    uint64_t tag = 0;
    while (!rest.empty() && base::TakeVarint(&rest, &tag)) {
      if (!TakeElements(1)) return false;
      switch (static_cast<wire::Type>(tag & 7)) {
        case wire::Type::kVarint: {
          uint64_t value = 0;
          if (!base::TakeVarint(&rest, &value)) return true;
          break;
        }
        case wire::Type::kFixed64:
          if (!Skip(8, &rest)) return true;
          break;
        case wire::Type::kFixed32:
          if (!Skip(4, &rest)) return true;
          break;
        case wire::Type::kBytes: {
          uint64_t length = 0;
          if (!base::TakeVarint(&rest, &length) || length > rest.size()) return true;
          const FieldDescriptor* field = type.FindFieldByNumber(static_cast<int>(static_cast<uint32_t>(tag) >> 3));
          if (field != nullptr && !TakeInside(rest.substr(0, length), *field, depth)) return false;
          rest.remove_prefix(length);
          break;
        }
        case wire::Type::kStartGroup:
        case wire::Type::kEndGroup:
          break;  // what is in a group counts as what is beside it
        default:
          return true;
      }
    }
    return true;
  }

 private:
  static bool Skip(size_t bytes, std::string_view* rest) {
    if (bytes > rest->size()) return false;
    rest->remove_prefix(bytes);
    return true;
  }

  bool TakeElements(size_t count) {
    if (count > left_) return false;
    left_ -= count;
    return true;
  }

  bool TakeInside(std::string_view bytes, const FieldDescriptor& field, int depth) {
    if (field.message_type() != nullptr) return depth == 0 || Take(bytes, *field.message_type(), depth - 1);
    // Numbers in a row, a byte each at least.
    return !field.is_packable() || TakeElements(bytes.size());
  }

  size_t left_ = kMessageFieldsMax;
};

}  // namespace

bool HasTooManyFields(std::string_view bytes, const Descriptor& type) {
  return bytes.size() > kFieldBytesMin * kMessageFieldsMax && !FieldCount().Take(bytes, type, kDepthMax);
}

}  // namespace quorate::rpc
