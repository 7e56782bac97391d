#include "quorate/mvcc/request.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <random>

#include "etcdserverpb/rpc.pb.h"

namespace quorate::mvcc {
namespace {

namespace pb = etcdserverpb;

// --- What was decoded, as the message it stands for.

void ToMessage(const RangeRequest& in, pb::RangeRequest* out) {
  out->set_key(std::string(in.key));
  out->set_range_end(std::string(in.range_end));
  out->set_limit(in.limit);
  out->set_revision(in.revision);
  out->set_sort_order(static_cast<pb::RangeRequest::SortOrder>(in.sort_order));
  out->set_sort_target(static_cast<pb::RangeRequest::SortTarget>(in.sort_target));
  out->set_serializable(in.serializable);
  out->set_keys_only(in.keys_only);
  out->set_count_only(in.count_only);
  out->set_min_mod_revision(in.min_mod_revision);
  out->set_max_mod_revision(in.max_mod_revision);
  out->set_min_create_revision(in.min_create_revision);
  out->set_max_create_revision(in.max_create_revision);
}

void ToMessage(const PutRequest& in, pb::PutRequest* out) {
  out->set_key(std::string(in.key));
  out->set_value(std::string(in.value));
  out->set_lease(in.lease);
  out->set_prev_kv(in.prev_kv);
  out->set_ignore_value(in.ignore_value);
  out->set_ignore_lease(in.ignore_lease);
}

void ToMessage(const DeleteRangeRequest& in, pb::DeleteRangeRequest* out) {
  out->set_key(std::string(in.key));
  out->set_range_end(std::string(in.range_end));
  out->set_prev_kv(in.prev_kv);
}

void ToMessage(const Compare& in, pb::Compare* out) {
  out->set_result(static_cast<pb::Compare::CompareResult>(in.result));
  out->set_target(static_cast<pb::Compare::CompareTarget>(in.target));
  out->set_key(std::string(in.key));
  out->set_range_end(std::string(in.range_end));
  switch (in.operand) {
    case Compare::Operand::kNone:
      break;
    case Compare::Operand::kVersion:
      out->set_version(in.number);
      break;
    case Compare::Operand::kCreate:
      out->set_create_revision(in.number);
      break;
    case Compare::Operand::kMod:
      out->set_mod_revision(in.number);
      break;
    case Compare::Operand::kValue:
      out->set_value(std::string(in.value));
      break;
    case Compare::Operand::kLease:
      out->set_lease(in.number);
      break;
  }
}

void ToMessage(const TxnRequest& in, pb::TxnRequest* out);

void ToMessage(const RequestOp& in, pb::RequestOp* out) {
  if (const auto* range = std::get_if<RangeRequest>(&in.request)) ToMessage(*range, out->mutable_request_range());
  if (const auto* put = std::get_if<PutRequest>(&in.request)) ToMessage(*put, out->mutable_request_put());
  if (const auto* txn = std::get_if<TxnRequest>(&in.request)) ToMessage(*txn, out->mutable_request_txn());
  if (const auto* deletion = std::get_if<DeleteRangeRequest>(&in.request)) {
    ToMessage(*deletion, out->mutable_request_delete_range());
  }
}

void ToMessage(const TxnRequest& in, pb::TxnRequest* out) {
  for (const Compare& compare : in.compare) ToMessage(compare, out->add_compare());
  for (const RequestOp& operation : in.success) ToMessage(operation, out->add_success());
  for (const RequestOp& operation : in.failure) ToMessage(operation, out->add_failure());
}

void ToMessage(const CompactionRequest& in, pb::CompactionRequest* out) {
  out->set_revision(in.revision);
  out->set_physical(in.physical);
}

// --- Random messages, by reflection, deep and odd.

class RandomMessages {
 public:
  explicit RandomMessages(uint64_t seed) : random_(seed) {}

  void Fill(google::protobuf::Message* message, int depth) {
    const auto* descriptor = message->GetDescriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const auto* field = descriptor->field(i);
      if (Pick(3) == 0) continue;
      const int times = field->is_repeated() ? Pick(4) : 1;
      for (int n = 0; n < times; ++n) SetField(message, field, depth);
    }
  }

  // Changes, removes, repeats or joins pieces, so that the result is often still a message.
  std::string Mutate(std::string bytes, const std::string& other) {
    for (int n = Pick(4); n >= 0; --n) {
      const size_t at = bytes.empty() ? 0 : Pick(static_cast<int>(bytes.size()));
      switch (Pick(5)) {
        case 0:
          if (!bytes.empty()) bytes[at] = static_cast<char>(Pick(256));
          break;
        case 1:
          if (!bytes.empty()) bytes[at] ^= static_cast<char>(1 << Pick(8));
          break;
        case 2:
          bytes.insert(at, other.substr(0, Pick(20)));
          break;
        case 3:
          bytes.erase(at, Pick(4));
          break;
        default:
          bytes += other;
          break;
      }
    }
    return bytes;
  }

  int Pick(int below) { return static_cast<int>(random_() % below); }

 private:
  int64_t Number() {
    switch (Pick(4)) {
      case 0:
        return Pick(100);
      case 1:
        return -Pick(100);
      case 2:
        return 0;
      default:
        return static_cast<int64_t>(random_());
    }
  }
  std::string Bytes() {
    std::string bytes(Pick(12), '\0');
    for (char& byte : bytes) byte = static_cast<char>(Pick(256));
    return bytes;
  }

  void SetField(google::protobuf::Message* message, const google::protobuf::FieldDescriptor* field, int depth) {
    using Field = google::protobuf::FieldDescriptor;
    const auto* reflection = message->GetReflection();
    switch (field->cpp_type()) {
      case Field::CPPTYPE_INT64:
        return reflection->SetInt64(message, field, Number());
      case Field::CPPTYPE_BOOL:
        return reflection->SetBool(message, field, Pick(2) == 0);
      case Field::CPPTYPE_ENUM:
        return reflection->SetEnumValue(message, field, Pick(7));
      case Field::CPPTYPE_STRING:
        return reflection->SetString(message, field, Bytes());
      case Field::CPPTYPE_MESSAGE:
        if (depth == 0) return;
        return Fill(
            field->is_repeated() ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field),
            depth - 1);
      default:
        FAIL() << field->full_name();
    }
  }

  std::mt19937_64 random_;
};

bool ParseLikeUs(const std::string& bytes, google::protobuf::Message* message) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(1000);
  return message->ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
}

template <typename Message, typename Decoded>
void ExpectSame(const std::string& bytes, int* well_formed) {
  Message expected;
  const bool parsed = ParseLikeUs(bytes, &expected);
  Decoded decoded;
  ASSERT_EQ(Decode(bytes, &decoded), parsed) << testing::PrintToString(bytes);
  if (!parsed) return;
  ++*well_formed;
  Message actual;
  ToMessage(decoded, &actual);
  expected.DiscardUnknownFields();
  ASSERT_EQ(actual.SerializeAsString(), expected.SerializeAsString()) << expected.DebugString();
}

template <typename Message, typename Decoded>
void CompareOnRandomBytes(uint64_t seed) {
  RandomMessages messages(seed);
  int well_formed = 0;
  std::string former;
  constexpr int kRounds = 20000;
  for (int round = 0; round < kRounds; ++round) {
    Message message;
    messages.Fill(&message, 4);
    std::string bytes = message.SerializeAsString();
    ExpectSame<Message, Decoded>(bytes, &well_formed);
    const std::string mutated = messages.Mutate(bytes, former);
    ExpectSame<Message, Decoded>(mutated, &well_formed);
    if (testing::Test::HasFatalFailure()) return;
    former = std::move(bytes);
  }
  // The mutated ones must not all be refused, nor all be fine.
  EXPECT_GT(well_formed, kRounds + kRounds / 20);
  EXPECT_LT(well_formed, 2 * kRounds);
}

TEST(RequestTest, RangeDecodesAsProtobufDoes) { CompareOnRandomBytes<pb::RangeRequest, RangeRequest>(1); }
TEST(RequestTest, PutDecodesAsProtobufDoes) { CompareOnRandomBytes<pb::PutRequest, PutRequest>(2); }
TEST(RequestTest, DeleteRangeDecodesAsProtobufDoes) {
  CompareOnRandomBytes<pb::DeleteRangeRequest, DeleteRangeRequest>(3);
}
TEST(RequestTest, OfATxnWithTooManyOperationsOnlySoMuchIsKeptThatItShows) {
  std::string wire;
  for (int i = 0; i < 1'000'000; ++i) wire += std::string_view("\x1a\x00", 2);
  for (int i = 0; i < 1000; ++i) wire += std::string_view("\x0a\x00", 2);
  TxnRequest decoded;
  ASSERT_TRUE(Decode(wire, &decoded, 128));
  EXPECT_EQ(decoded.compare.size(), 129u);
  EXPECT_EQ(decoded.success.size(), 0u);
  EXPECT_EQ(decoded.failure.size(), 129u);
  ASSERT_TRUE(Decode(wire, &decoded));
  EXPECT_EQ(decoded.failure.size(), 1'000'000u);
  // What is not kept must be well-formed all the same.
  EXPECT_FALSE(Decode(wire + std::string("\x1a\x01\x0a", 3), &decoded, 128));
}

TEST(RequestTest, InnerTransactionsKeepWhatTheOuterOnesLeave) {
  pb::TxnRequest txn;
  txn.add_success()->mutable_request_range();
  pb::TxnRequest* inner = txn.add_success()->mutable_request_txn();
  for (int i = 0; i < 20; ++i) inner->add_failure()->mutable_request_txn()->add_success();
  const std::string wire = txn.SerializeAsString();
  TxnRequest decoded;
  ASSERT_TRUE(Decode(wire, &decoded, 10));
  ASSERT_EQ(decoded.success.size(), 2u);
  EXPECT_EQ(std::get<TxnRequest>(decoded.success[1].request).failure.size(), 9u);
  ASSERT_TRUE(Decode(wire, &decoded, 22));
  ASSERT_EQ(std::get<TxnRequest>(decoded.success[1].request).failure.size(), 20u);
}

TEST(RequestTest, TxnDecodesAsProtobufDoes) { CompareOnRandomBytes<pb::TxnRequest, TxnRequest>(4); }
TEST(RequestTest, CompactionDecodesAsProtobufDoes) {
  CompareOnRandomBytes<pb::CompactionRequest, CompactionRequest>(5);
}

TEST(RequestTest, AMemberOfAOneofThatComesTwiceIsMerged) {
  pb::RequestOp first;
  first.mutable_request_put()->set_key("k");
  pb::RequestOp second;
  second.mutable_request_put()->set_value("v");
  pb::TxnRequest txn;
  txn.add_success();
  std::string operation = first.SerializeAsString() + second.SerializeAsString();
  std::string bytes = {static_cast<char>(2 << 3 | 2), static_cast<char>(operation.size())};
  bytes += operation;
  TxnRequest decoded;
  ASSERT_TRUE(Decode(bytes, &decoded));
  ASSERT_EQ(decoded.success.size(), 1u);
  const auto& put = std::get<PutRequest>(decoded.success[0].request);
  EXPECT_EQ(put.key, "k");
  EXPECT_EQ(put.value, "v");
}

TEST(RequestTest, NestingBeyondTheBoundIsMalformed) {
  for (const auto& [depth, fits] : {std::pair{500, true}, std::pair{501, false}}) {
    pb::TxnRequest txn;
    pb::TxnRequest* innermost = &txn;
    for (int i = 0; i < depth; ++i) innermost = innermost->add_success()->mutable_request_txn();
    TxnRequest decoded;
    EXPECT_EQ(Decode(txn.SerializeAsString(), &decoded), fits) << depth;
  }
}

TEST(RequestTest, DecodingForgetsWhatTheRequestWas) {
  PutRequest request;
  request.lease = 7;
  ASSERT_TRUE(Decode("", &request));
  EXPECT_EQ(request.lease, 0);
}

}  // namespace
}  // namespace quorate::mvcc
