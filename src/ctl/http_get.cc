#include "src/ctl/http_get.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string_view>

#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

constexpr std::string_view kPlain = "http://";
constexpr std::string_view kSecure = "https://";
// A page of metrics is far below; more is not what was asked for.
constexpr size_t kAnswerBytesMax = 64 * 1024 * 1024;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;
using ContextPtr = std::unique_ptr<SSL_CTX, FreeContext>;

absl::Status Failed(const std::string& what) {
  std::array<char, 256> reason = {};
  unsigned long code = ERR_get_error();
  if (code != 0) ERR_error_string_n(code, reason.data(), reason.size());
  ERR_clear_error();
  return base::MakeStatus(absl::StatusCode::kUnavailable, code == 0 ? what : what + ": " + reason.data());
}

absl::StatusOr<ContextPtr> ContextOf(const TlsFlags& tls) {
  ContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return Failed("no TLS");
  SSL_CTX_set_default_verify_paths(context.get());
  if (!tls.cacert.empty() && SSL_CTX_load_verify_locations(context.get(), tls.cacert.c_str(), nullptr) != 1) {
    return Failed("cannot read " + tls.cacert);
  }
  if (!tls.cert.empty()) {
    bool read = SSL_CTX_use_certificate_chain_file(context.get(), tls.cert.c_str()) == 1 &&
                SSL_CTX_use_PrivateKey_file(context.get(), tls.key.c_str(), SSL_FILETYPE_PEM) == 1;
    if (!read) return Failed("client certificate error");
  }
  SSL_CTX_set_verify(context.get(), tls.skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  return context;
}

// Has the certificate be compared with `host`: a name, an address, or an IPv6 address in brackets.
bool ExpectHost(SSL* ssl, const std::string& host) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl);
  if (host.starts_with('[')) {
    return host.ends_with(']') && X509_VERIFY_PARAM_set1_ip_asc(expected, host.substr(1, host.size() - 2).c_str()) == 1;
  }
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return true;
  return SSL_set_tlsext_host_name(ssl, host.c_str()) == 1 && SSL_set1_host(ssl, host.c_str()) == 1;
}

// `host` is `address` without its port.
absl::StatusOr<BioPtr> Connect(const std::string& address, const std::string& host, SSL_CTX* context) {
  BioPtr bio(context == nullptr ? BIO_new_connect(address.c_str()) : BIO_new_ssl_connect(context));
  if (bio == nullptr) return Failed("no connection");
  if (context != nullptr) {
    SSL* ssl = nullptr;
    BIO_get_ssl(bio.get(), &ssl);
    if (!ExpectHost(ssl, host)) return Failed("no host to expect in a certificate: " + host);
    BIO_set_conn_hostname(bio.get(), address.c_str());
  }
  if (BIO_do_connect(bio.get()) != 1) return Failed("cannot connect to " + address);
  return bio;
}

absl::StatusOr<std::string> Exchange(BIO* bio, const std::string& request) {
  if (BIO_write(bio, request.data(), static_cast<int>(request.size())) != static_cast<int>(request.size())) {
    return Failed("cannot send");
  }
  std::string answer;
  std::array<char, 16 * 1024> bytes;
  int got = 0;
  while ((got = BIO_read(bio, bytes.data(), static_cast<int>(bytes.size()))) > 0) {
    answer.append(bytes.data(), static_cast<size_t>(got));
    if (answer.size() > kAnswerBytesMax) return Failed("the answer is too large");
  }
  ERR_clear_error();
  return answer;
}

}  // namespace

absl::StatusOr<std::string> HttpGet(const std::string& url, const TlsFlags& tls) {
  bool is_secure = url.starts_with(kSecure);
  if (!is_secure && !url.starts_with(kPlain)) return Failed("unsupported address " + url);
  const std::string rest = url.substr(is_secure ? kSecure.size() : kPlain.size());
  const size_t slash = rest.find('/');
  const std::string address = rest.substr(0, slash);
  const std::string path = slash == std::string::npos ? "/" : rest.substr(slash);
  ContextPtr context;
  if (is_secure) {
    QUORATE_ASSIGN_OR_RETURN(context, ContextOf(tls));
  }
  QUORATE_ASSIGN_OR_RETURN(BioPtr bio, Connect(address, address.substr(0, address.rfind(':')), context.get()));
  // Of this version answers are whole and end with the connection.
  QUORATE_ASSIGN_OR_RETURN(std::string answer, Exchange(bio.get(), "GET " + path + " HTTP/1.0\r\nHost: " + address +
                                                                       "\r\nConnection: close\r\n\r\n"));
  const size_t head = answer.find("\r\n\r\n");
  if (head == std::string::npos) return Failed("no answer from " + url);
  const size_t status = answer.find(' ');
  if (status == std::string::npos || answer.compare(status + 1, 3, "200") != 0) {
    return Failed(url + " answers " + answer.substr(0, answer.find("\r\n")));
  }
  return answer.substr(head + 4);
}

}  // namespace quorate::ctl
