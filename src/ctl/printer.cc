#include "src/ctl/printer.h"

#include <ostream>

#include "src/ctl/failure.h"

namespace quorate::ctl {
namespace {

class ProtobufPrinter : public Printer {
 public:
  explicit ProtobufPrinter(std::ostream& out) : Printer("protobuf", out) {}

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
