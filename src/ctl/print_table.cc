#include <ostream>

#include "src/ctl/printer.h"
#include "src/ctl/rows.h"

namespace quorate::ctl {
namespace {

class TablePrinter : public Printer {
 public:
  explicit TablePrinter(std::ostream& out) : Printer("table", out) {}

  absl::Status MemberList(const etcdserverpb::MemberListResponse& response) override {
    return Show(MemberRows(response));
  }
  absl::Status Health(const std::vector<EndpointHealth>& endpoints) override { return Show(HealthRows(endpoints)); }
  absl::Status StatusOf(const std::vector<EndpointStatus>& endpoints) override { return Show(StatusRows(endpoints)); }
  absl::Status HashKv(const std::vector<EndpointHash>& endpoints) override { return Show(HashRows(endpoints)); }

 private:
  absl::Status Show(const std::vector<tool::Row>& rows) {
    out() << tool::RenderTable(rows);
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<Printer> MakeTablePrinter(std::ostream& out) { return std::make_unique<TablePrinter>(out); }

}  // namespace quorate::ctl
