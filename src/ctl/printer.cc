#include "src/ctl/printer.h"

#include <ostream>

#include "src/ctl/names.h"

namespace quorate::ctl {
namespace {

class ProtobufPrinter : public Printer {
 public:
  explicit ProtobufPrinter(std::ostream& out) : Printer("protobuf", out) {}

  absl::Status Watch(const etcdserverpb::WatchResponse& response) override {
    // What belongs to the stream rather than to the events stays out.
    etcdserverpb::WatchResponse shown = response;
    shown.clear_watch_id();
    shown.clear_cancel_reason();
    shown.clear_fragment();
    return Any(shown);
  }
  // Of answers about leases etcdctl writes the header alone, without its tag.
  absl::Status LeaseGrant(const etcdserverpb::LeaseGrantResponse& response) override { return Any(response.header()); }
  absl::Status LeaseRevoke(int64_t id, const etcdserverpb::LeaseRevokeResponse& response) override {
    return Fail(Exit::kBadFeature, "marshal unsupported for type *clientv3.LeaseRevokeResponse");
  }
  absl::Status LeaseKeepAlive(const etcdserverpb::LeaseKeepAliveResponse& response) override {
    return Any(response.header());
  }
  absl::Status LeaseTimeToLive(const etcdserverpb::LeaseTimeToLiveResponse& response, bool keys) override {
    return Any(response.header());
  }
  absl::Status Leases(const etcdserverpb::LeaseLeasesResponse& response) override { return Any(response.header()); }

 protected:
  absl::Status Any(const google::protobuf::Message& response) override {
    out() << response.SerializeAsString();
    return absl::OkStatus();
  }
};

}  // namespace

absl::Status Printer::Unsupported() const {
  return Fail(Exit::kBadFeature, format_ + " not supported as output format");
}

absl::Status Printer::Operation(const etcdserverpb::ResponseOp& op) {
  switch (op.response_case()) {
    case etcdserverpb::ResponseOp::kResponseRange:
      return Get(op.response_range());
    case etcdserverpb::ResponseOp::kResponsePut:
      return Put(op.response_put());
    case etcdserverpb::ResponseOp::kResponseDeleteRange:
      return Delete(op.response_delete_range());
    case etcdserverpb::ResponseOp::kResponseTxn:
      return Txn(op.response_txn());
    case etcdserverpb::ResponseOp::RESPONSE_NOT_SET:
      break;
  }
  return EmptyOperation();
}

std::unique_ptr<Printer> MakeProtobufPrinter(std::ostream& out) { return std::make_unique<ProtobufPrinter>(out); }

absl::StatusOr<std::unique_ptr<Printer>> MakePrinter(const std::string& format, bool hex, std::ostream& out,
                                                     std::ostream& err) {
  if (format == "simple") return MakeSimplePrinter(hex, out, err);
  if (format == "fields") return MakeFieldsPrinter(hex, out);
  if (format == "json") return MakeJsonPrinter(hex, out);
  if (format == "table") return MakeTablePrinter(out);
  if (format == "protobuf") return MakeProtobufPrinter(out);
  return Fail(Exit::kBadFeature, "unsupported output format");
}

}  // namespace quorate::ctl
