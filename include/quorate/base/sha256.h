#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace quorate::base {

// A SHA-256 of bytes that come in pieces. One thread at a time.
class Sha256 {
 public:
  static constexpr size_t kBytes = 32;

  Sha256();

  void Add(std::string_view bytes);
  // kBytes of it; nothing may be added after that.
  std::string Take();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace quorate::base
