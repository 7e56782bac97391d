#include "quorate/base/sha256.h"

#include <openssl/evp.h>

#include "quorate/base/check.h"

namespace quorate::base {
namespace {

constexpr char kMissing[] = "SHA-256 is not available";

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  QUORATE_CHECK(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1) << kMissing;
}

void Sha256::Add(std::string_view bytes) {
  QUORATE_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1) << kMissing;
}

std::string Sha256::Take() {
  unsigned char digest[kBytes];
  QUORATE_CHECK(EVP_DigestFinal_ex(context_.get(), digest, nullptr) == 1) << kMissing;
  return {reinterpret_cast<const char*>(digest), kBytes};
}

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

}  // namespace quorate::base
