#pragma once

// Calls of commands about users and roles, which wait for their answer however long it takes, as etcdctl's do.

#include <memory>

#include "src/ctl/session.h"

namespace quorate::ctl {

inline Call Patient(const char* method, bool repeatable = false) { return {method, repeatable, Duration{}}; }

// Connects and asks once. `repeatable`: asking twice does no harm, so another endpoint may be tried.
template <typename Response>
absl::StatusOr<Response> AskPatiently(Session& session, const char* method, const google::protobuf::Message& request,
                                      bool repeatable = false) {
  QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  Response response;
  QUORATE_RETURN_IF_ERROR(client->Unary(Patient(method, repeatable), request, response));
  return response;
}

}  // namespace quorate::ctl
