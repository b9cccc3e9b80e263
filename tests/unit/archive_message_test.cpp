// SPDX-License-Identifier: MIT
// Messages and buffers in memory: they come back, cost hardly more than their information, and bad ones are refused.

#include <support/catch.hpp>
#include <support/random.hpp>

#include <equinfo/archive/message.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/mixed_model.hpp>
#include <equinfo/models/static_model.hpp>
#include <equinfo/models/uniform_model.hpp>

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

std::string random_string(random_source& random, std::size_t length, text_kind kind) {
    return std::string(string_of(random_text(random, length, kind)));
}

/// In bits.
template <class Model>
double information_in(Model model, std::string_view text) {
    constexpr unsigned precision = distribution_t<Model>::precision;
    double bits = 0;
    for (const std::uint8_t symbol : text_of(text)) {
        bits += precision - std::log2(static_cast<double>(model.predict().range_of(symbol).freq));
        model.update(symbol);
    }
    return bits;
}

template <class Model>
std::optional<errc> refusal(std::span<const std::byte> message, Model model, std::size_t max_size = default_max_text) {
    try {
        static_cast<void>(decompress(message, model, max_size));
    } catch (const error& e) {
        CHECK(e.offset() <= message.size());
        return e.code();
    }
    return std::nullopt;
}

template <class Model>
void check_round_trips(const Model& model, std::uint64_t seed) {
    random_source random(seed);
    for (const std::size_t length : {0u, 1u, 2u, 3u, 7u, 100u, 1000u, 65534u, 65535u, 65536u, 100000u}) {
        for (const text_kind kind : all_text_kinds) {
            INFO(length << " bytes, " << name_of(kind));
            const std::string text = random_string(random, length, kind);
            const std::vector<std::byte> message = compress(text, model);
            REQUIRE(decompress(message, model) == text);
            REQUIRE(message.size() <= length + (length <= longest_short_message ? 1 : 5));
        }
    }
    for (int round = 0; round < 1000; ++round) {
        const std::string text = random_string(random, random.length(500), all_text_kinds[random.below(5)]);
        const std::vector<std::byte> message = compress(text, model);
        REQUIRE(decompress(message, model) == text);
        REQUIRE(message.size() <= text.size() + 1);
    }
}

}  // namespace

TEST_CASE("message: every text comes back under every model", "[archive]") {
    random_source random(1);
    check_round_trips(uniform_model{}, 2);
    check_round_trips(adaptive_model{}, 3);
    check_round_trips(static_model<16>::from_text(random_text(random, 500, text_kind::text_like)), 4);
    check_round_trips(static_model<24>::from_text(random_text(random, 500, text_kind::few_symbols)), 5);
    check_round_trips(mixed_model<adaptive_model, uniform_model>{}, 6);
}

TEST_CASE("message: 100 to 200 bytes take at most 1.5 bytes over their information, all included", "[archive]") {
    random_source random(7);
    const auto corpus = random_text(random, 100000, text_kind::text_like);
    const auto model = static_model<16>::from_text(corpus);
    double information_bytes = 0;
    double message_bytes = 0;
    for (int i = 0; i < 2000; ++i) {
        const auto start = static_cast<std::ptrdiff_t>(random.below(corpus.size() - 200));
        const auto length = static_cast<std::ptrdiff_t>(random.between(100, 200));
        const std::string text(corpus.begin() + start, corpus.begin() + start + length);
        const auto message = compress(text, model);
        const double information = information_in(model, text) / 8;
        REQUIRE(static_cast<double>(message.size()) < information + 1 + 1.01);
        information_bytes += information;
        message_bytes += static_cast<double>(message.size());
    }
    const double overhead = (message_bytes - information_bytes) / 2000;
    INFO(overhead << " bytes a message");
    CHECK(overhead <= 1.33 + 0.02);
}

TEST_CASE("message: the code's end costs next to nothing where the text is nearly certain", "[archive]") {
    // Symbols that cost 1/100 bit: hundreds of texts end in the same byte, so the run does not fit the first byte.
    std::array<std::uint64_t, 256> counts{};
    counts['a'] = 1000;
    counts['b'] = 7;
    const auto model = static_model<16>::from_counts(counts);
    for (const std::size_t length : {0u, 1u, 6u, 7u, 8u, 100u, 134u, 135u, 1000u, 20000u}) {
        const std::string text(length, 'a');
        const auto message = compress(text, model);
        CHECK(decompress(message, model) == text);
        CHECK(static_cast<double>(message.size()) <= information_in(model, text) / 8 + 4.01);
    }
    CHECK(compress(std::string(7 + 127, 'a'), adaptive_model{}).size() <= 10);
}

TEST_CASE("message: has its documented bytes", "[archive]") {
    const auto bytes_in = [](const std::vector<std::byte>& message) {
        std::vector<unsigned> numbers;
        for (const std::byte byte : message) {
            numbers.push_back(std::to_integer<unsigned>(byte));
        }
        return numbers;
    };
    const auto tag = static_cast<unsigned>(adaptive_model{}.fingerprint() % 31);
    CHECK(decompress(std::vector<std::byte>{static_cast<std::byte>(tag)}, adaptive_model{}).empty());
    // What coding makes no smaller is stored: 1F, then the text.
    CHECK(bytes_in(compress("", adaptive_model{})) == std::vector<unsigned>{0x1F});
    CHECK(bytes_in(compress("\xFF\x01", uniform_model{})) == std::vector<unsigned>{0x1F, 0xFF, 0x01});
    CHECK(bytes_in(compress("xyz", adaptive_model{})) == std::vector<unsigned>{0x1F, 'x', 'y', 'z'});

    const std::string noise = [] {
        random_source random(8);
        return random_string(random, 70000, text_kind::uniform);
    }();
    const auto stored = compress(noise, adaptive_model{});
    REQUIRE(stored.size() == 70005);
    CHECK(stored[0] == std::byte{0x3F});
    CHECK(load_little<std::uint32_t>(stored.data() + 1) == crc32(bytes_of(std::string_view(noise))));

    const std::string text(70000, 'q');
    const auto coded = compress(text, adaptive_model{});
    CHECK(coded[0] == std::byte{0x5F});
    CHECK(load_little<std::uint64_t>(coded.data() + 1) == adaptive_model{}.fingerprint());
    CHECK(coded[9] == std::byte{0xF0});  // 70,000 = 4 * 2^14 + 34 * 2^7 + 112
    CHECK(coded[10] == std::byte{0xA2});
    CHECK(coded[11] == std::byte{0x04});
    CHECK(load_little<std::uint32_t>(coded.data() + 12) == crc32(bytes_of(std::string_view(text))));
}

TEST_CASE("message: a wrong model is named, of a long message with both fingerprints", "[archive]") {
    random_source random(9);
    int named = 0;
    for (int i = 0; i < 310; ++i) {
        const auto text = random_text(random, 100, text_kind::text_like);
        const auto right = static_model<16>::from_text(text);
        const auto wrong = static_model<16>::from_text(random_text(random, 100, text_kind::text_like));
        named += refusal(compress(text, right), wrong) == errc::wrong_model ? 1 : 0;
    }
    CHECK(named > 290);  // 300 expected
    try {
        static_cast<void>(decompress(compress(std::string(70000, 'a'), adaptive_model{}), uniform_model{}));
        FAIL("was accepted");
    } catch (const error& e) {
        CHECK(e.code() == errc::wrong_model);
        CHECK(e.offset() == 1);
        CHECK(std::string(e.what()).find(hexadecimal(adaptive_model{}.fingerprint())) != std::string::npos);
        CHECK(std::string(e.what()).find(hexadecimal(uniform_model{}.fingerprint())) != std::string::npos);
    }
}

TEST_CASE("message: long ones refuse every cut and every flipped bit", "[archive]") {
    random_source random(10);
    for (const std::string& text : {std::string(66000, 'z'), random_string(random, 66000, text_kind::uniform)}) {
        const auto message = compress(text, adaptive_model{});
        const std::size_t step = message.size() > 5000 ? 977 : 1;
        for (std::size_t size = 0; size < message.size(); size += step) {
            REQUIRE(refusal(std::span(message).first(size), adaptive_model{}).has_value());
        }
        for (std::size_t bit = 0; bit < 8 * message.size(); bit += bit < 200 ? 1 : 3 * step) {
            auto changed = message;
            changed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
            if (bit >= 8) {  // the first byte is the kind: another kind may read the rest in its way
                REQUIRE(refusal(changed, adaptive_model{}).has_value());
            }
        }
        auto longer = message;
        longer.push_back(std::byte{0});
        REQUIRE(refusal(longer, adaptive_model{}).has_value());
    }
}

TEST_CASE("message: malformed ones are refused with the reason", "[archive]") {
    const auto bytes = [](std::initializer_list<unsigned> values) {
        std::vector<std::byte> result;
        for (const unsigned value : values) {
            result.push_back(static_cast<std::byte>(value));
        }
        return result;
    };
    const auto tag = static_cast<unsigned>(adaptive_model{}.fingerprint() % 31);
    CHECK(refusal(bytes({}), adaptive_model{}) == errc::truncated);
    for (const unsigned kind : {3u, 4u, 5u, 6u, 7u}) {
        CHECK(refusal(bytes({kind << 5 | 31, 0, 0}), adaptive_model{}) == errc::bad_version);
    }
    CHECK(refusal(bytes({7u << 5 | tag}), adaptive_model{}) == errc::truncated);
    CHECK(refusal(bytes({7u << 5 | tag, 0x80}), adaptive_model{}) == errc::truncated);
    CHECK(refusal(bytes({7u << 5 | tag, 0x80, 0}), adaptive_model{}) == errc::corrupt);
    CHECK(refusal(bytes({7u << 5 | tag, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}), adaptive_model{}) == errc::corrupt);
    CHECK(refusal(bytes({6u << 5 | tag, 1, 2, 3}), adaptive_model{}) == errc::corrupt);  // no symbol is that cheap
    std::vector<std::byte> stored(1 + longest_short_message);
    stored[0] = std::byte{0x1F};
    CHECK(decompress(stored, adaptive_model{}).size() == longest_short_message);
    stored.emplace_back();
    CHECK(refusal(stored, adaptive_model{}) == errc::too_large);
    CHECK(refusal(bytes({0x3F, 1, 2, 3}), adaptive_model{}) == errc::truncated);
    CHECK(refusal(bytes({0x3F, 1, 2, 3, 4, 5}), adaptive_model{}) == errc::bad_checksum);
    CHECK(refusal(bytes({0x5F, 1, 2, 3}), adaptive_model{}) == errc::truncated);
}

TEST_CASE("message: a long one is at most five bytes longer than its text, however little the model saves", "[archive]") {
    // The more bytes of value 7, the more this model saves: from nothing to some 25 bytes, past the point where coding pays.
    std::array<std::uint64_t, 256> counts;
    counts.fill(1000000);
    counts[7] = 2000000;
    const auto model = static_model<16>::from_counts(counts);
    random_source random(13);
    std::string text = random_string(random, 70000, text_kind::uniform);
    std::array<bool, 2> seen{};  // stored, coded
    for (std::size_t at = 0; at < 400; ++at) {
        text[at * 100] = '\x07';
        if (at % 5 == 0) {
            const std::vector<std::byte> message = compress(text, model);
            CHECK(message.size() <= text.size() + 5);
            CHECK(decompress(message, model) == text);
            seen[message[0] == std::byte{0x5F} ? 1 : 0] = true;
        }
    }
    CHECK(seen == std::array{true, true});
}

TEST_CASE("message: no more text than asked for", "[archive]") {
    for (const std::size_t length : {100u, 70000u}) {
        for (const std::string& text : {std::string(length, 'a'), [length] {
                                            random_source random(11);
                                            return random_string(random, length, text_kind::uniform);
                                        }()}) {
            const auto message = compress(text, adaptive_model{});
            CHECK(decompress(message, adaptive_model{}, length) == text);
            CHECK(refusal(message, adaptive_model{}, length - 1) == errc::too_large);
            CHECK(refusal(message, adaptive_model{}, 0) == errc::too_large);
        }
    }
}

TEST_CASE("message: the model may be const, changed or temporary, and its state does not matter", "[archive]") {
    adaptive_model used;
    used.update('x');
    const adaptive_model fresh;
    const auto message = compress("to be or not to be, that is the question", fresh);
    CHECK(compress("to be or not to be, that is the question", used) == message);
    CHECK(compress(std::string("to be or not to be, that is the question"), adaptive_model{}) == message);
    CHECK(compress(text_of("to be or not to be, that is the question"), used) == message);
    CHECK(decompress(message, used) == "to be or not to be, that is the question");
    CHECK(decompress(message, fresh) == decompress(message, adaptive_model{}));
}

TEST_CASE("message: arbitrary and mutated bytes decode or are refused", "[archive]") {
    random_source random(12);
    const auto tag = static_cast<unsigned>(adaptive_model{}.fingerprint() % 31);
    for (int round = 0; round < 20000; ++round) {
        auto message = random_bytes(random, 1 + random.length(100));
        if (round % 2 == 0) {
            const auto text = random_text(random, random.length(200));
            message = compress(text, adaptive_model{});
            message[random.below(message.size())] ^= static_cast<std::byte>(1u << random.below(8));
        } else if (round % 4 == 1) {
            message[0] = static_cast<std::byte>(random.below(8) << 5 | tag);
        }
        std::size_t size = 0;
        std::uint64_t offset = 0;
        try {
            size = decompress(message, adaptive_model{}).size();
        } catch (const error& e) {
            offset = e.offset();
        }
        REQUIRE(size <= longest_short_message);
        REQUIRE(offset <= message.size());
    }
}
