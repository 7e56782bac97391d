#pragma once

// The registration of a unary method whose service reads the bytes of its requests itself, as the hot paths do; unary.h
// is for the others.

#include <string>
#include <string_view>
#include <utility>

#include "quorate/rpc/registry.h"

namespace quorate::api {

template <typename Service>
using BytesHandler = void (Service::*)(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call);

// The service must be there for as long as calls are taken.
template <typename Service>
void AddUnaryBytes(rpc::Registry& registry, std::string method, Service* service, BytesHandler<Service> handler) {
  registry.AddUnary(std::move(method),
                    [service, handler](const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
                      (service->*handler)(context, message, std::move(call));
                    });
}

}  // namespace quorate::api
