// SPDX-License-Identifier: MIT
// How files of models and of codebooks begin and end, and what is said of those that do not.
#include <support/catch.hpp>

#include <equinfo/bits/file_kind.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

using equinfo::errc;
using equinfo::detail::file_kind;

namespace {

constexpr file_kind several('X', "an example", 2, 5);
constexpr file_kind one('X', "an example", 3, 3);
constexpr std::size_t header = 12;

/// A header of 12 bytes, three of content, the CRC.
std::vector<std::byte> example(std::uint8_t version) {
    std::vector<std::byte> file(header + 3, std::byte{7});
    several.write_begin(file, version);
    file_kind::write_end(file);
    return file;
}

using refusal = std::tuple<errc, std::uint64_t, std::string>;

std::optional<refusal> refused(const file_kind& kind, const std::vector<std::byte>& file) {
    try {
        kind.check_begin(file, header);
        kind.check_end(file, header + 3 + file_kind::checksum_size);
    } catch (const equinfo::error& e) {
        return refusal(e.code(), e.offset(), e.what());
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("file_kind: every byte of a file is where it is said to be", "[bits]") {
    const std::vector<std::byte> file = example(3);
    const std::uint8_t expected[] = {0x89, 'E', 'Q', 'X', '\r', '\n', 0x1a, '\n', 3, 7, 7, 7, 7, 7, 7, 0x2d, 0x6d, 0xbf, 0x67};
    REQUIRE(file.size() == sizeof expected);
    for (std::size_t i = 0; i < file.size(); ++i) {
        CHECK(std::to_integer<unsigned>(file[i]) == expected[i]);
    }
    CHECK(several.check_begin(file, header) == 3);
    CHECK_FALSE(refused(several, file));
    CHECK_FALSE(refused(one, file));
}

TEST_CASE("file_kind: versions from the oldest to the newest are read, others are named", "[bits]") {
    const auto other = [](const std::string& version, const std::string& known) {
        return refusal(errc::bad_version, 8, "an example of version " + version + ", but this library knows " + known + " (at byte 8)");
    };
    CHECK(refused(several, example(1)) == other("1", "versions 2 to 5"));
    CHECK_FALSE(refused(several, example(2)));
    CHECK_FALSE(refused(several, example(5)));
    CHECK(refused(several, example(6)) == other("6", "versions 2 to 5"));
    CHECK(refused(one, example(255)) == other("255", "version 3"));
}

TEST_CASE("file_kind: a file is refused wherever it is cut, changed or goes on", "[bits]") {
    const std::vector<std::byte> file = example(3);
    for (std::size_t size = 0; size < file.size(); ++size) {
        const std::string wanted = size < header + 4 ? "16 bytes or more" : "19 bytes";
        CHECK(refused(several, {file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)}) ==
              refusal(errc::truncated, size, "an example cut: it should have " + wanted + " (at byte " + std::to_string(size) + ")"));
    }
    for (std::size_t place = 0; place < file.size(); ++place) {
        std::vector<std::byte> changed = file;
        changed[place] ^= std::byte{0x80};
        const auto said = refused(several, changed);
        REQUIRE(said);
        CHECK(std::get<errc>(*said) == (place < 8 ? errc::bad_magic : place == 8 ? errc::bad_version : errc::bad_checksum));
        CHECK(std::get<std::uint64_t>(*said) == (place <= 8 ? place : header + 3));
    }
    std::vector<std::byte> longer = file;
    longer.resize(longer.size() + 2);
    CHECK(refused(several, longer) == refusal(errc::corrupt, file.size(), "bytes behind the end of an example (at byte 19)"));
}
