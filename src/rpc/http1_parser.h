#pragma once

// One HTTP/1 request, taken apart by Boost.Beast and kept as handlers get it. The fields are counted where they come
// out: however its bytes arrive, and whether they stand before the body or behind it, nothing is made of more than
// kFieldsMax.

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <string>

#include "quorate/rpc/http.h"

namespace quorate::rpc {

class Http1Parser final : public boost::beast::http::basic_parser<true> {
 public:
  // A field costs some tens of nanoseconds, however short it is, and what waits for the end of its header is taken
  // apart at once: 64 KiB of the shortest would be 16,000, and keep the loop for 3 ms. Clients and the proxies before
  // them send a few dozen.
  static constexpr size_t kFieldsMax = 256;

  // Of a header that is whole.
  bool is_http10() const { return version_ < 11; }
  bool is_head() const { return request_.method == "HEAD"; }
  bool has_one_host() const { return hosts_ == 1; }
  bool expects_continue() const { return expects_continue_; }
  // Of a request that is whole: its path and query, and the rest but for these. Once.
  std::string TakeTarget() { return std::move(target_); }
  HttpRequest TakeRequest() { return std::move(request_); }

  // What is kept of it so far, and what that takes beside its bytes.
  size_t held_bytes() const { return header_bytes_ + request_.body.size(); }

 private:
  using Error = boost::beast::error_code;
  using View = boost::beast::string_view;

  // Two strings and an empty place beside them, while their list grows; what the allocator takes of each.
  static constexpr size_t kFieldBytes = 160;

  void on_request_impl(boost::beast::http::verb verb, View method, View target, int version, Error& error) override;
  void on_response_impl(int status, View reason, int version, Error& error) override {}
  void on_field_impl(boost::beast::http::field field, View name, View value, Error& error) override;
  void on_header_impl(Error& error) override { in_header_ = false; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Error& error) override {}
  size_t on_body_impl(View bytes, Error& error) override { return AppendToBody(bytes); }
  void on_chunk_header_impl(std::uint64_t size, View extensions, Error& error) override {}
  size_t on_chunk_body_impl(std::uint64_t left, View bytes, Error& error) override { return AppendToBody(bytes); }
  void on_finish_impl(Error& error) override {}

  size_t AppendToBody(View bytes);

  std::string target_;
  HttpRequest request_;
  size_t header_bytes_ = 0;
  size_t fields_ = 0;
  size_t hosts_ = 0;
  int version_ = 11;
  bool expects_continue_ = false;
  bool in_header_ = true;
};

}  // namespace quorate::rpc
