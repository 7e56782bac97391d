#include "src/ctl/commands.h"
#include "src/ctl/kv_requests.h"
#include "src/ctl/names.h"
#include "src/ctl/printer.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

absl::StatusOr<etcdserverpb::RangeResponse> Read(Session& session, const etcdserverpb::RangeRequest& request,
                                                 bool stream) {
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  etcdserverpb::RangeResponse response;
  if (!stream) {
    QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded("/etcdserverpb.KV/Range", true), request, response));
    return response;
  }
  etcdserverpb::RangeStreamResponse chunk;
  QUORATE_RETURN_IF_ERROR(
      client->ServerStream(session.Bounded("/etcdserverpb.KV/RangeStream"), request, chunk, [&]() -> absl::Status {
        response.MergeFrom(chunk.range_response());
        return absl::OkStatus();
      }));
  return response;
}

}  // namespace

void AddGet(Command& root, Session& session) {
  auto flags = std::make_shared<GetFlags>();
  AddGetTo(root, *flags).SetAction([flags, &session](const Arguments& arguments) -> absl::Status {
    QUORATE_ASSIGN_OR_RETURN(etcdserverpb::RangeRequest request, RangeRequestOf(*flags, arguments));
    QUORATE_ASSIGN_OR_RETURN(etcdserverpb::RangeResponse response, Read(session, request, flags->stream));
    if (flags->count_only && session.printer().format() != "fields") {
      return Fail(Exit::kBadArguments, "--count-only is only for `--write-out=fields`");
    }
    if (flags->print_value_only && !session.printer().SetValuesOnly()) {
      return Fail(Exit::kBadArguments, "print-value-only is only for `--write-out=simple`");
    }
    return session.printer().Get(response);
  });
}

}  // namespace quorate::ctl
