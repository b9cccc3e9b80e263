// SPDX-License-Identifier: MIT
// embedded_data: bytes as text in a header, and back.
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/embedded_data.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace equinfo;

std::vector<std::byte> decoded(std::string_view text) {
    std::vector<std::byte> bytes;
    decode_base85(text, bytes);
    return bytes;
}

std::vector<std::byte> random_bytes(std::uint64_t seed, std::size_t size) {
    test::random_source random(seed);
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) {
        byte = random.chance(1, 3) ? std::byte{255} : static_cast<std::byte>(random.bits(8));
    }
    return bytes;
}

}  // namespace

TEST_CASE("base85: known texts", "[bits]") {
    CHECK(encode_base85({}).empty());
    CHECK(encode_base85(bytes_of(std::string_view("\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B"))) == "HelloWorld");
    CHECK(encode_base85(bytes_of(std::string_view("\0\0\0\0", 4))) == "00000");
    CHECK(decoded("%nSc0") == std::vector<std::byte>(4, std::byte{255}));
}

TEST_CASE("base85: digits that need no escape in C++", "[bits]") {
    const std::string_view digits = detail::base85_digits;
    CHECK(digits.size() == 85);
    CHECK(std::set<char>(digits.begin(), digits.end()).size() == 85);
    CHECK(digits.find_first_of("\"\\?\n") == std::string_view::npos);
}

TEST_CASE("base85: every length comes back, in n + ceil(n / 4) digits", "[bits]") {
    for (std::size_t size = 0; size < 40; ++size) {
        const std::vector<std::byte> bytes = random_bytes(size, size);
        const std::string text = encode_base85(bytes);
        CHECK(text.size() == size + (size + 3) / 4);
        CHECK(decoded(text) == bytes);
    }
}

TEST_CASE("base85: what is no encoding is refused with its place", "[bits]") {
    struct { std::string_view text; std::uint64_t offset; } cases[] = {
        {"0000\"", 4}, {"00000\n0000", 5}, {"0", 0}, {"000000", 5}, {"#####", 0}, {"%nSc1", 0}, {"0000000 ", 7}};
    for (const auto& [text, offset] : cases) {
        CAPTURE(text);
        try {
            static_cast<void>(decoded(text));
            FAIL("not refused");
        } catch (const error& refused) {
            CHECK(refused.code() == errc::corrupt);
            CHECK(refused.offset() == offset);
        }
    }
}

TEST_CASE("embedded_header: short literals, and all bytes in them", "[bits]") {
    const std::vector<std::byte> bytes = random_bytes(9, 100'003);
    const std::string header = embedded_header("some_data", "Some data.", bytes);
    CHECK(header.starts_with("// SPDX-License-Identifier: MIT\n// Some data.\n#pragma once\n"));
    CHECK(header.find("> some_data() {") != std::string::npos);
    // Each variable's literals, joined as a compiler does.
    std::vector<std::string> chunks;
    std::size_t longest_line = 0;
    for (std::size_t at = 0; at < header.size();) {
        const std::size_t end = header.find('\n', at);
        const std::string_view line = std::string_view(header).substr(at, end - at);
        longest_line = std::max(longest_line, line.size());
        if (line.starts_with("inline constexpr char some_data_")) {
            chunks.emplace_back();
        } else if (line.starts_with('"')) {
            chunks.back() += line.substr(1, line.rfind('"') - 1);
        }
        at = end + 1;
    }
    CHECK(chunks.size() == 3);
    CHECK(longest_line < 130);
    std::vector<std::string_view> views;
    for (const std::string& chunk : chunks) {
        CHECK(chunk.size() < 60'000);
        views.emplace_back(chunk);
    }
    CHECK(decode_embedded(views) == bytes);
}
