// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/random.hpp>
#include <support/window_models.hpp>

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/static_model.hpp>
#include <equinfo/models/uniform_model.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/statistics.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string_view>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

std::atomic<std::uint64_t> allocations{0};

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) {
        return memory;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

/// Encodes, checks the size, decodes, checks the text, and returns the number of windows.
template <class Ending, class Model, class Reset = reset_each_window>
std::uint64_t check_round_trip(const Model& model, unsigned window_bits, std::span<const std::uint8_t> text,
                               Reset reset = {}) {
    window_encoder<Model, Ending, Reset> encoder(model, window_bits, reset);
    window_decoder<Model, Ending, Reset> decoder(model, window_bits, reset);
    bit_writer sink;
    const std::uint64_t windows = encode_windows(encoder, text, sink);
    REQUIRE(sink.bit_count() == windows * window_bits);
    REQUIRE(windows <= text.size());
    const std::vector<std::byte> bytes = sink.take();
    bit_reader source(bytes);
    std::vector<std::uint8_t> out;
    REQUIRE(decode_windows(decoder, source, windows, out) == text.size());
    REQUIRE(source.bit_count() == windows * window_bits);
    REQUIRE(source.overrun() == 0);
    REQUIRE(std::equal(out.begin(), out.end(), text.begin(), text.end()));
    return windows;
}

std::vector<std::uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

std::string hexadecimal(const std::vector<std::byte>& bytes) {
    std::string result;
    for (const std::byte byte : bytes) {
        result += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4];
        result += "0123456789abcdef"[std::to_integer<unsigned>(byte) & 15];
    }
    return result;
}

template <class Ending>
std::string encoded(unsigned window_bits, std::string_view text) {
    window_encoder<static_model<16>, Ending> encoder(static_model<16>::from_text(bytes_of(text)), window_bits);
    bit_writer sink;
    encode_windows(encoder, bytes_of(text), sink);
    return hexadecimal(sink.take());
}

/// Prose has no such luck: the same byte is nearly certain for ever.
struct certain_model {
    using table = frequency_table<24>;
    certain_model() {
        std::array<frequency, 256> frequencies;
        frequencies.fill(1);
        frequencies['a'] = (frequency{1} << 24) - 255;
        certain = table::from_frequencies(frequencies);
    }
    const table& predict() const { return certain; }
    void update(std::uint8_t) {}
    void reset() {}
    table certain;
};

}  // namespace

TEST_CASE("window coder: every text comes back from every window size", "[windows]") {
    random_source random(20);
    std::vector<unsigned> sizes;
    for (unsigned bits = min_window_bits; bits <= max_window_bits; ++bits) {
        sizes.push_back(bits);
    }
    for (const unsigned window_bits : sizes) {
        const auto kind = all_table_kinds[static_cast<std::size_t>(random.below(all_table_kinds.size()))];
        INFO(window_bits << " bits, " << name_of(kind));
        const random_model<16> model(random(), kind);
        const random_model<24> fine(random(), kind);
        for (const text_kind texts : all_text_kinds) {
            const auto text = random_text(random, random.length(400), texts);
            check_round_trip<longest_match>(model, window_bits, text);
            check_round_trip<self_ending>(model, window_bits, text);
            check_round_trip<longest_match>(fine, window_bits, text);
            check_round_trip<self_ending>(fine, window_bits, text);
        }
        check_round_trip<longest_match>(model, window_bits, {});
        const auto byte = static_cast<std::uint8_t>(random.below(256));
        REQUIRE(check_round_trip<longest_match>(model, window_bits, std::span(&byte, 1)) == 1);
        REQUIRE(check_round_trip<self_ending>(model, window_bits, std::span(&byte, 1)) == 1);
    }
}

TEST_CASE("window coder: coarse, uniform and adaptive models", "[windows]") {
    random_source random(21);
    for (const unsigned window_bits : {9u, 12u, 16u, 24u, 32u, 40u, 41u, 64u, 65u, 104u, 105u, 128u}) {
        INFO(window_bits);
        const auto text = random_text(random, 3000);
        check_round_trip<longest_match>(uniform_model(), window_bits, text);
        check_round_trip<self_ending>(uniform_model(), window_bits, text);
        check_round_trip<longest_match>(random_model<8>(3, table_kind::even), window_bits, text);
        check_round_trip<longest_match>(adaptive_model(), window_bits, text);
        check_round_trip<self_ending>(adaptive_model(), window_bits, text, keep_model{});
        check_round_trip<self_ending>(adaptive_model(), window_bits, text, reset_every{1});
        check_round_trip<self_ending>(adaptive_model(), window_bits, text, reset_every{7});
    }
}

TEST_CASE("window coder: a uniform model gives b / 8 bytes a window and no fewer", "[windows]") {
    random_source random(22);
    const auto text = random_text(random, 12000, text_kind::uniform);
    REQUIRE(check_round_trip<self_ending>(uniform_model(), 128, text) <= 12000 / 15);
    REQUIRE(check_round_trip<longest_match>(uniform_model(), 64, text) <= 12000 / 7);
    // 2^16 codewords hold all strings of 2 bytes but those that pay for the strings of 1 byte.
    REQUIRE(check_round_trip<longest_match>(uniform_model(), 16, text) <= 12000 / 2 + 60);
}

TEST_CASE("window coder: each window decodes alone where the model is reset", "[windows]") {
    random_source random(23);
    const random_model<16> model(1, table_kind::geometric);
    const auto text = random_text(random, 4000, text_kind::uniform);
    for (const unsigned window_bits : {16u, 43u}) {
        window_encoder<random_model<16>> encoder(model, window_bits);
        bit_writer sink;
        std::vector<std::size_t> starts;
        std::size_t at = 0;
        while (at < text.size()) {
            starts.push_back(at);
            at += encoder.encode_window(std::span(text).subspan(at), sink);
        }
        const auto bytes = sink.take();
        window_decoder<random_model<16>> decoder(model, window_bits);
        for (std::size_t window = starts.size(); window-- > 0;) {
            bit_reader source(bytes);
            source.seek(std::uint64_t{window} * window_bits);
            std::vector<std::uint8_t> out;
            const std::size_t length = decoder.decode_window(source, out);
            REQUIRE(length <= text.size() - starts[window]);
            REQUIRE(std::equal(out.begin(), out.end(), text.begin() + static_cast<std::ptrdiff_t>(starts[window])));
        }
    }
}

TEST_CASE("window coder: reset policies differ in their bits, and a restart begins afresh", "[windows]") {
    const auto text = bytes_of("the cat sat on the mat, the cat sat on the mat, the cat sat on the mat.");
    const auto encode = [&](auto encoder, int times) {
        bit_writer sink;
        for (int i = 0; i < times; ++i) {
            encoder.restart();
            encode_windows(encoder, text, sink);
        }
        return sink.take();
    };
    const adaptive_model model;
    const auto each = encode(window_encoder<adaptive_model, self_ending>(model, 32), 1);
    const auto kept = encode(window_encoder<adaptive_model, self_ending, keep_model>(model, 32), 1);
    const auto fifth = encode(window_encoder<adaptive_model, self_ending, reset_every>(model, 32, reset_every{5}), 1);
    REQUIRE(encode(window_encoder<adaptive_model, self_ending, reset_every>(model, 32, reset_every{1}), 1) == each);
    REQUIRE(kept.size() < each.size());
    REQUIRE(fifth != each);
    REQUIRE(fifth != kept);
    auto twice = fifth;
    twice.insert(twice.end(), fifth.begin(), fifth.end());
    REQUIRE(encode(window_encoder<adaptive_model, self_ending, reset_every>(model, 32, reset_every{5}), 2) == twice);
}

TEST_CASE("window coder: text fed in pieces of the greatest window length gives the same bits", "[windows]") {
    random_source random(24);
    const auto text = random_text(random, 5000, text_kind::text_like);
    const auto model = static_model<16>::from_text(text);
    for (const unsigned window_bits : {16u, 128u}) {
        window_encoder<static_model<16>> whole(model, window_bits);
        window_encoder<static_model<16>> pieces(model, window_bits);
        bit_writer whole_sink;
        bit_writer pieces_sink;
        encode_windows(whole, text, whole_sink);
        for (std::span<const std::uint8_t> rest = text; !rest.empty();) {
            const std::size_t given = std::min(rest.size(), max_window_symbols(window_bits));
            rest = rest.subspan(pieces.encode_window(rest.first(given), pieces_sink));
        }
        REQUIRE(whole_sink.take() == pieces_sink.take());
    }
}

TEST_CASE("window coder: random bits decode to at most the greatest length", "[windows]") {
    random_source random(25);
    for (const table_kind kind : all_table_kinds) {
        for (const unsigned window_bits : {9u, 16u, 33u, 40u, 57u, 64u, 77u, 128u}) {
            INFO(name_of(kind) << ", " << window_bits << " bits");
            const auto bytes = random_bytes(random, 40);
            window_decoder<random_model<24>> longest(random_model<24>(random(), kind), window_bits);
            window_decoder<random_model<16>, self_ending> shortest(random_model<16>(random(), kind), window_bits);
            bit_reader source(bytes);
            for (std::uint64_t windows = 1; source.overrun() < 200; windows += 2) {
                std::vector<std::uint8_t> out;
                const std::size_t first = longest.decode_window(source, out);
                REQUIRE(first == out.size());
                REQUIRE((!out.empty() && out.size() <= max_window_symbols(window_bits)));
                REQUIRE(source.bit_count() == windows * window_bits);
                out.clear();
                const std::size_t second = shortest.decode_window(source, out);
                REQUIRE(second == out.size());
                REQUIRE((!out.empty() && out.size() <= max_window_symbols(window_bits)));
            }
        }
    }
}

TEST_CASE("window coder: a symbol that is nearly certain fills windows up to the greatest length", "[windows]") {
    const certain_model model;
    for (const unsigned window_bits : {9u, 16u, 40u, 64u, 128u}) {
        std::vector<std::uint8_t> text(20 * max_window_symbols(window_bits), 'a');
        INFO(window_bits);
        REQUIRE(check_round_trip<self_ending>(model, window_bits, text) == 20);
        REQUIRE(check_round_trip<longest_match>(model, window_bits, text) == 20);
        text.pop_back();  // the prefixes of the longest string need not all be in the code
        REQUIRE(check_round_trip<longest_match>(model, window_bits, text) < 20 + 100);
    }
    check_round_trip<longest_match>(model, 16, bytes_of("aaaaaaaaaaaaaaaabaaaaaaaaaaaaaaaaaaaaaaaaaaaacbaaaaaaaa"));
}

TEST_CASE("window coder: nothing is allocated for a window", "[windows]") {
    random_source random(26);
    const auto text = random_text(random, 2000);
    window_encoder<random_model<16>> encoder(random_model<16>(4, table_kind::sparse), 24);
    window_decoder<random_model<16>> decoder(random_model<16>(4, table_kind::sparse), 24);
    bit_writer sink;
    sink.reserve(20000);
    std::uint64_t before = allocations;
    const std::uint64_t windows = encode_windows(encoder, text, sink);
    REQUIRE(allocations == before);
    const auto bytes = sink.take();
    bit_reader source(bytes);
    std::vector<std::uint8_t> out;
    out.reserve(text.size() + max_window_symbols(24));
    before = allocations;
    decode_windows(decoder, source, windows, out);
    REQUIRE(allocations == before);
    REQUIRE(out == text);
}

TEST_CASE("window coder: no text, no window", "[windows]") {
    window_encoder<uniform_model> encoder(uniform_model{}, 16);
    bit_writer sink;
    REQUIRE(encoder.encode_window({}, sink) == 0);
    REQUIRE(encode_windows(encoder, {}, sink) == 0);
    REQUIRE(sink.bit_count() == 0);
}

TEST_CASE("window coder: the bits are what they were", "[windows]") {
    const std::string_view text = "Golden bits: a change here is a change of the format.";
    CHECK(encoded<longest_match>(9, text) == "404fe46cd982e2415b37a818ab37ec2aad16ae2818ab37ed189b0b7ad4259662e8");
    CHECK(encoded<longest_match>(16, text) == "3e2567d35a74e8f0128ec8eba40bb607128ec8ebd6a0a256dbcc55e0");
    CHECK(encoded<longest_match>(64, text) == "3e1af9bbe64abbf661d6012e7374c51561d60138a009f1edbdad66be12b10000");
    CHECK(encoded<self_ending>(16, text) == "3e2667d35a74e8f1128fc8eba40ab60961d894b788bf6d40e46ef33d");
    CHECK(encoded<self_ending>(128, text) == "3e1af9bbe64abbf69c7f17b49e911dce61d60138a009f1eeb12ddc9bf8098000");
}

TEST_CASE("window statistics: sums, ratios and nothing of nothing", "[windows]") {
    const auto text = bytes_of("the cat sat on the mat..");
    window_encoder<uniform_model, self_ending> encoder(uniform_model{}, 64);
    window_statistics sums = measure_windows(encoder, text);
    REQUIRE(sums.bytes == 24);
    REQUIRE(sums.windows == 3);
    REQUIRE(sums.bits == 64 * 3);
    REQUIRE(sums.information_bits == 8 * 24);
    REQUIRE(sums.bytes_per_window() == 8);
    REQUIRE(sums.information_per_window() == 64);
    REQUIRE(sums.bits_per_byte() == 8);
    REQUIRE(sums.lost_share() == 0);
    window_encoder<uniform_model, self_ending> wider(uniform_model{}, 20);
    sums += measure_windows(wider, text);  // 2 bytes each
    REQUIRE(sums.windows == 15);
    REQUIRE(sums.bits == 192 + 240);
    REQUIRE(sums.bytes == 48);
    REQUIRE(sums.lost_share() == 1 - 384.0 / 432);
    const window_statistics none = measure_windows(encoder, std::span<const std::uint8_t>());
    REQUIRE(none.windows == 0);
    REQUIRE(none.bytes_per_window() == 0);
    REQUIRE(none.bits_per_byte() == 0);
    REQUIRE(none.lost_share() == 0);
}

TEST_CASE("window statistics: windows are full but for a few bits", "[windows]") {
    random_source random(27);
    const auto text = random_text(random, 20000, text_kind::text_like);
    const auto model = static_model<16>::from_text(text);
    for (const unsigned window_bits : {16u, 32u, 64u, 128u}) {
        window_encoder<static_model<16>, self_ending> ends_anywhere(model, window_bits);
        window_encoder<static_model<16>> matches(model, window_bits);
        const window_statistics self = measure_windows(ends_anywhere, text);
        const window_statistics longest = measure_windows(matches, text);
        REQUIRE(longest.bytes_per_window() >= self.bytes_per_window());
        REQUIRE(self.information_per_window() > window_bits - 3.5);
        REQUIRE(longest.information_per_window() > window_bits - 3.5);
    }
}
