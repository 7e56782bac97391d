#include "src/ctl/http_get.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <string>
#include <thread>

#include "quorate/base/check.h"
#include "src/ctl/session.h"
#include "tests/base/files_testing.h"

namespace quorate::ctl {
namespace {

using ::testing::HasSubstr;

// Answers one GET over TLS on the loopback, with a certificate for `subject` ("IP:::1", "DNS:localhost") that is its
// own authority.
class SecureServer {
 public:
  SecureServer(const std::string& host, const std::string& subject) : acceptor_(BIO_new_accept((host + ":0").c_str())) {
    QUORATE_CHECK(acceptor_ != nullptr && BIO_do_accept(acceptor_) == 1) << "cannot listen on " << host;
    address_ = host + ":" + BIO_get_accept_port(acceptor_);
    MakeCertificate(subject);
    thread_ = std::thread([this] { Serve(); });
  }
  ~SecureServer() {
    thread_.join();
    BIO_free_all(acceptor_);
    SSL_CTX_free(context_);
  }

  std::string url() const { return "https://" + address_ + "/metrics"; }
  std::string certificate() const { return directory_.path() + "/certificate"; }

 private:
  void MakeCertificate(const std::string& subject) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, subject.c_str());
    X509_add_ext(certificate, names, -1);
    X509_sign(certificate, key, EVP_sha256());
    SSL_CTX_use_certificate(context_, certificate);
    SSL_CTX_use_PrivateKey(context_, key);
    BIO* file = BIO_new_file(this->certificate().c_str(), "w");
    PEM_write_bio_X509(file, certificate);
    BIO_free(file);
    X509_EXTENSION_free(names);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }

  void Serve() {
    QUORATE_CHECK(BIO_do_accept(acceptor_) == 1) << "nobody came";
    BIO* connection = BIO_pop(acceptor_);
    SSL* ssl = SSL_new(context_);
    SSL_set_bio(ssl, connection, connection);
    std::array<char, 4096> request;
    const std::string answer = "HTTP/1.0 200 OK\r\n\r\npage";
    if (SSL_accept(ssl) == 1 && SSL_read(ssl, request.data(), request.size()) > 0) {
      SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
      SSL_shutdown(ssl);
    }
    SSL_free(ssl);
  }

  base::TemporaryDirectory directory_;
  SSL_CTX* const context_ = SSL_CTX_new(TLS_server_method());
  BIO* const acceptor_;
  std::string address_;
  std::thread thread_;
};

absl::StatusOr<std::string> Get(const SecureServer& server) {
  TlsFlags tls;
  tls.cacert = server.certificate();
  return HttpGet(server.url(), tls);
}

TEST(HttpGet, ComparesTheCertificateWithTheHost) {
  for (auto [host, subject] :
       {std::pair("[::1]", "IP:::1"), {"127.0.0.1", "IP:127.0.0.1"}, {"localhost", "DNS:localhost"}}) {
    SecureServer server(host, subject);
    absl::StatusOr<std::string> page = Get(server);
    ASSERT_TRUE(page.ok()) << host << ": " << page.status();
    EXPECT_EQ(*page, "page");
  }
  for (auto [host, subject] :
       {std::pair("[::1]", "IP:::2"), {"127.0.0.1", "IP:127.0.0.2"}, {"localhost", "DNS:elsewhere"}}) {
    SecureServer server(host, subject);
    EXPECT_THAT(std::string(Get(server).status().message()), HasSubstr("certificate verify failed")) << host;
  }
}

TEST(HttpGet, ConnectsToNobodyItCannotName) {
  EXPECT_THAT(std::string(HttpGet("https://[nowhere]:1/metrics", TlsFlags()).status().message()),
              HasSubstr("no host to expect in a certificate: [nowhere]"));
}

}  // namespace
}  // namespace quorate::ctl
