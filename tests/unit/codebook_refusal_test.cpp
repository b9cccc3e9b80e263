// SPDX-License-Identifier: MIT
// Codebook files whose checksum is in order and whose content is not.
#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/codebook/codebook_file.hpp>
#include <equinfo/error.hpp>

#include <support/catch.hpp>
#include <support/codebooks.hpp>
#include <support/file_kind.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

using header = detail::codebook_header;
using refusal = std::optional<std::pair<errc, std::uint64_t>>;

refusal refused(std::span<const std::byte> file) {
    try {
        static_cast<void>(read_codebook(file));
    } catch (const error& problem) {
        return std::pair(problem.code(), problem.offset());
    }
    return std::nullopt;
}

refusal at(errc code, std::uint64_t offset) { return std::pair(code, offset); }

/// A string of a payload: what it shares, and what it has more.
struct entry {
    std::size_t shared;
    byte_string more;
};

/// All bytes, and behind y all but one: 511 strings in order, so one may be added.
std::vector<entry> most_strings() {
    std::vector<entry> entries;
    for (unsigned i = 0; i < 256; ++i) {
        entries.push_back({0, {static_cast<std::uint8_t>(i)}});
        for (unsigned k = 0; i == 'y' && k < 255; ++k) {
            entries.push_back({1, {static_cast<std::uint8_t>(k)}});
        }
    }
    return entries;
}

/// Of windows of 9 bits unless said otherwise; the fingerprint is that of no book.
std::vector<std::byte> file_of(const std::vector<entry>& entries, unsigned window_bits = 9) {
    random_source random(1);
    std::vector<std::byte> file = write_codebook(random_book(random, 9, string_kind::pairs));
    file.resize(header::size);
    file[header::window_bits] = static_cast<std::byte>(window_bits);
    for (const entry& e : entries) {
        detail::append_lengths(file, e.shared, e.more.size());
        detail::append(file, bytes_of(e.more));
    }
    store_little(file.data() + header::payload, static_cast<std::uint32_t>(file.size() - header::size));
    file.resize(file.size() + 4);
    test::mend_checksum(file);
    return file;
}

/// Where string `number` begins in that file.
std::size_t begin_of(const std::vector<entry>& entries, std::size_t number) {
    return file_of({entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(number)}).size() - 4;
}

/// The refusal of these strings with one more in front of number `place`, said from where that one begins.
refusal with(std::size_t place, const entry& more) {
    std::vector<entry> entries = most_strings();
    entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(place), more);
    refusal found = refused(file_of(entries));
    if (found) {
        found->second -= begin_of(entries, place);
    }
    return found;
}

}  // namespace

TEST_CASE("codebook file: a wrong field is named, its checksum repaired", "[codebook]") {
    random_source random(4951);
    const codebook book = random_book(random, 9, string_kind::text_like, {5, false});
    const std::vector<std::byte> file = write_codebook(book);
    const auto changed = [&](std::size_t place, unsigned value) {
        std::vector<std::byte> other = file;
        other[place] = static_cast<std::byte>(value);
        test::mend_checksum(other);
        return refused(other);
    };
    REQUIRE_FALSE(changed(detail::file_kind::version_place, 1));
    REQUIRE(changed(0, 'E') == at(errc::bad_magic, 0));
    REQUIRE(changed(7, '\r') == at(errc::bad_magic, 7));
    for (const unsigned version : {0u, 2u, 255u}) {
        REQUIRE(changed(detail::file_kind::version_place, version) == at(errc::bad_version, 8));
    }
    for (const unsigned window_bits : {0u, 8u, 21u, 255u}) {
        REQUIRE(changed(header::window_bits, window_bits) == at(errc::bad_parameter, 9));
    }
    REQUIRE(changed(header::window_bits, 20) == at(errc::corrupt, header::payload));
    for (const unsigned flags : {2u, 3u, 128u}) {
        REQUIRE(changed(header::flags, flags) == at(errc::bad_parameter, 10));
    }
    REQUIRE(changed(header::zero, 1) == at(errc::bad_parameter, 10));
    const std::uint64_t payload = file.size() - 36;
    const auto sized = [&](std::uint64_t size) {
        std::vector<std::byte> other = file;
        store_little(other.data() + header::payload, static_cast<std::uint32_t>(size));
        test::mend_checksum(other);
        return refused(other);
    };
    REQUIRE(sized(payload + 1) == at(errc::truncated, file.size()));
    REQUIRE(sized(0xffffffffu) == at(errc::truncated, file.size()));
    REQUIRE(sized(payload - 1) == at(errc::corrupt, file.size() - 1));
    REQUIRE(sized(0) == at(errc::corrupt, 36));
    for (std::size_t i = header::fingerprint; i < header::size; ++i) {
        REQUIRE(changed(i, std::to_integer<unsigned>(file[i]) ^ 1) == at(errc::corrupt, header::fingerprint));
    }
    // Whose windows they are is what the file says.
    std::vector<std::byte> other = file;
    store_little(other.data() + header::model, std::uint64_t{6});
    other[header::flags] = std::byte{1};
    test::mend_checksum(other);
    REQUIRE(read_codebook(other).origin() == codebook_origin{6, true});
    REQUIRE(read_codebook(other).fingerprint() == book.fingerprint());
}

TEST_CASE("codebook file: strings that cannot be are named where they begin", "[codebook]") {
    // In order, they make a book, which is not the one of the fingerprint.
    const std::size_t behind_y = 'y' + 1 + 255;
    std::vector<entry> entries = most_strings();
    entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(behind_y), {1, {255, 1}});
    REQUIRE(refused(file_of(entries)) == at(errc::corrupt, header::fingerprint));
    REQUIRE(with(0, {1, {0}}) == at(errc::corrupt, 0));          // shares with nothing
    REQUIRE(with(behind_y, {3, {255}}) == at(errc::corrupt, 0));  // more than there is
    REQUIRE(with(behind_y, {143, {}}) == at(errc::corrupt, 0));
    REQUIRE(with(behind_y, {0, {}}) == at(errc::corrupt, 0));     // empty
    REQUIRE(with(behind_y, {1, byte_string(143, 255)}) == at(errc::corrupt, 0));
    REQUIRE(with(behind_y, {0, byte_string(144, 'y')}) == at(errc::corrupt, 0));
    REQUIRE(with(behind_y, {0, byte_string(1000, 'y')}) == at(errc::corrupt, 0));
    const auto code_of = [](const refusal& found) { return found ? found->first : errc::io; };
    REQUIRE(code_of(with(behind_y, {1, {254}})) == errc::corrupt);  // twice the same is no fault but the fingerprint's
    REQUIRE(code_of(with(behind_y, {1, {1}})) == errc::corrupt);  // out of order
    entries[3].more = {2, 7};  // one of the single bytes is not there
    REQUIRE(code_of(refused(file_of(entries))) == errc::corrupt);
}

TEST_CASE("codebook file: strings that end too early or too late", "[codebook]") {
    std::vector<entry> entries = most_strings();
    REQUIRE(refused(file_of(entries)) == at(errc::corrupt, begin_of(entries, entries.size())));  // a string is missing
    entries.push_back({1, {5}});
    REQUIRE(refused(file_of(entries)) == at(errc::corrupt, header::fingerprint));
    entries.push_back({2, {5}});
    REQUIRE(refused(file_of(entries)) == at(errc::corrupt, begin_of(entries, 512)));  // one too many
    entries.pop_back();
    std::vector<std::byte> file = file_of(entries);
    file.erase(file.end() - 5);  // the last byte of the last string
    store_little(file.data() + header::payload, static_cast<std::uint32_t>(file.size() - 36));
    test::mend_checksum(file);
    REQUIRE(refused(file) == at(errc::corrupt, file.size() - 4));
}

TEST_CASE("codebook file: no more strings, and no more bytes of them, than a file may have", "[codebook]") {
    for (const unsigned window_bits : {10u, 16u, 20u}) {
        REQUIRE(refused(file_of(most_strings(), window_bits)) == at(errc::corrupt, header::payload));  // 1022 bytes
    }
    // 2048 times the longest string, two bytes each: 128 bytes a string are reached at number 1497.
    std::vector<entry> entries{{0, byte_string(175, 0)}};
    entries.resize(2048, {175, {}});
    REQUIRE(refused(file_of(entries, 11)) == at(errc::too_large, begin_of(entries, 1497)));
}

TEST_CASE("codebook file: with its checksum repaired, any damage is refused or harmless", "[codebook]") {
    random_source random(4952);
    const codebook book = random_book(random, 9, string_kind::text_like);
    const std::vector<std::byte> file = write_codebook(book);
    for (int round = 0; round < 4000; ++round) {
        std::vector<std::byte> damaged = file;
        for (std::uint64_t times = 1 + random.below(2); times > 0; --times) {
            damaged[static_cast<std::size_t>(random.below(file.size()))] = static_cast<std::byte>(random.bits(8));
        }
        test::mend_checksum(damaged);
        const refusal found = refused(damaged);
        REQUIRE((found || read_codebook(damaged).fingerprint() == book.fingerprint()));
        REQUIRE((!found || found->first != errc::bad_checksum));
    }
}
