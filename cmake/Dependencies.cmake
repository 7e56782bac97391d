# Everything comes from Debian 12's packages; scripts/install-deps.sh installs them. README.md says what each is for.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(RocksDB CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
find_path(CLI11_INCLUDE_DIR CLI/CLI.hpp REQUIRED)

# RocksDB counts in thread-local variables at nearly every step. From a shared library each of these is a call, together
# up to a tenth of the server's CPU time under writes; linked in, it is an instruction. Sanitizers know code that was not
# built with them by its library.
add_library(quorate_rocksdb INTERFACE)
if(QUORATE_SANITIZE)
  target_link_libraries(quorate_rocksdb INTERFACE RocksDB::rocksdb-shared)
else()
  target_link_libraries(quorate_rocksdb INTERFACE RocksDB::rocksdb)
endif()

add_library(quorate_nghttp2 INTERFACE)
target_link_libraries(quorate_nghttp2 INTERFACE PkgConfig::NGHTTP2)
add_library(quorate_systemd INTERFACE)
target_link_libraries(quorate_systemd INTERFACE PkgConfig::SYSTEMD)
add_library(quorate_cli11 INTERFACE)
target_include_directories(quorate_cli11 SYSTEM INTERFACE ${CLI11_INCLUDE_DIR})

add_library(quorate_options INTERFACE)
target_compile_options(quorate_options INTERFACE -Wall -Wextra -Werror -Wno-unused-parameter -fno-omit-frame-pointer)
target_link_libraries(quorate_options INTERFACE Threads::Threads)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of g++ 12 in inlined std::string and std::optional code.
  target_compile_options(quorate_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-dangling-pointer
                         -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
endif()
if(QUORATE_SANITIZE)
  add_compile_options(-fsanitize=${QUORATE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${QUORATE_SANITIZE})
endif()
if(QUORATE_FUZZ)
  # Coverage in everything that is built; only the targets themselves link libFuzzer's main (fuzz/CMakeLists.txt).
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(QUORATE_SANITIZE MATCHES "thread")
  # ThreadSanitizer does not model std::atomic_thread_fence; code under it uses none, libraries' headers do.
  add_compile_options(-Wno-tsan)
endif()
