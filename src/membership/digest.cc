#include "src/membership/digest.h"

#include <openssl/evp.h>

#include "quorate/base/check.h"

namespace quorate::membership {

uint64_t FirstEightBytesOfSha1(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha1(), nullptr);
  QUORATE_CHECK(done == 1 && length >= 8) << "SHA-1 is not available";
  uint64_t id = 0;
  for (int i = 0; i < 8; ++i) id = id << 8 | digest[i];
  return id;
}

}  // namespace quorate::membership
