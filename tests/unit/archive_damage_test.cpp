// SPDX-License-Identifier: MIT
// Archives that are not as they were written: each is refused, with what is wrong and where.

#include <support/archives.hpp>
#include <support/catch.hpp>
#include <support/random.hpp>

#include <equinfo/archive/archive_reader.hpp>
#include <equinfo/archive/archive_writer.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/static_model.hpp>
#include <equinfo/models/uniform_model.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

/// Five blocks of up to 100 bytes: coded, stored, coded ...
struct small_archive {
    text_bytes text;
    archive_bytes bytes;
    std::vector<std::size_t> frames;  // where they stand

    small_archive() {
        random_source random(21);
        for (int block = 0; block < 5; ++block) {
            const text_kind kind = block % 2 == 0 ? text_kind::runs : text_kind::uniform;
            const auto part = random_text(random, block == 4 ? 60 : 100, kind);
            text.insert(text.end(), part.begin(), part.end());
        }
        bytes = pack(text, adaptive_model{}, {"adaptive", 100, 1});
        frames = frames_of(bytes);
        REQUIRE(frames.size() == 6);
        REQUIRE(bytes[frames[0] + 3] == std::byte{'C'});
        REQUIRE(bytes[frames[1] + 3] == std::byte{'S'});
    }
};

template <class T>
void set(archive_bytes& archive, std::size_t at, T value) {
    store_little(archive.data() + at, value);
}

}  // namespace

TEST_CASE("damage: every cut archive is refused as truncated, at its end", "[archive]") {
    const small_archive archive;
    REQUIRE(unpack(archive.bytes, adaptive_model{}) == archive.text);
    for (std::size_t size = 0; size < archive.bytes.size(); ++size) {
        INFO(size << " of " << archive.bytes.size() << " bytes");
        const auto cut = std::span(archive.bytes).first(size);
        const outcome result = try_unpack(cut, adaptive_model{}, size % 2 == 0 ? 1u : 2u);
        REQUIRE(result.code == errc::truncated);
        REQUIRE(result.offset == size);
        memory_source source(cut);
        REQUIRE_THROWS_AS(read_archive_info(source), error);
    }
}

TEST_CASE("damage: every single flipped bit is noticed, at or before the place", "[archive]") {
    const small_archive archive;
    for (std::size_t bit = 0; bit < 8 * archive.bytes.size(); ++bit) {
        INFO("bit " << bit);
        auto changed = archive.bytes;
        changed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        const outcome result = try_unpack(changed, adaptive_model{});
        REQUIRE(result.code.has_value());
        if (bit < 48) {
            REQUIRE(result.code == errc::bad_magic);
        } else if (bit < 56) {
            REQUIRE(result.code == errc::bad_version);
        } else if (bit / 8 >= archive.frames[0]) {
            // In a frame: its checksum. In a payload: the text's, or the payload does not end where it should.
            REQUIRE((result.code == errc::bad_checksum || result.code == errc::corrupt));
            const auto next = std::upper_bound(archive.frames.begin(), archive.frames.end(), bit / 8);
            const std::size_t frame = *std::prev(next);
            REQUIRE(result.offset == (bit / 8 < frame + archive_frame::size ? frame : frame + archive_frame::size));
        }
    }
}

TEST_CASE("damage: blocks that are swapped, doubled or left out are noticed", "[archive]") {
    const small_archive archive;
    const auto part = [&](std::size_t i) {
        const auto at = [&](std::size_t k) { return archive.bytes.begin() + static_cast<std::ptrdiff_t>(archive.frames[k]); };
        return archive_bytes(at(i), i + 1 < archive.frames.size() ? at(i + 1) : archive.bytes.end());
    };
    const auto assemble = [&](const std::vector<std::size_t>& order) {
        archive_bytes bytes(archive.bytes.begin(), archive.bytes.begin() + static_cast<std::ptrdiff_t>(archive.frames[0]));
        for (const std::size_t i : order) {
            const auto one = part(i);
            bytes.insert(bytes.end(), one.begin(), one.end());
        }
        return bytes;
    };
    REQUIRE(assemble({0, 1, 2, 3, 4, 5}) == archive.bytes);
    for (const std::vector<std::size_t>& order : std::vector<std::vector<std::size_t>>{
             {0, 2, 1, 3, 4, 5}, {0, 1, 1, 2, 3, 4, 5}, {0, 1, 2, 3, 5}, {1, 2, 3, 4, 5}, {5}, {0, 1, 2, 4, 3, 5}}) {
        CHECK(try_unpack(assemble(order), adaptive_model{}).code == errc::corrupt);
    }
    CHECK(try_unpack(assemble({0, 1, 2, 3, 4, 5, 5}), adaptive_model{}).code == errc::corrupt);
}

TEST_CASE("damage: a block of another archive is no block of this one", "[archive]") {
    const small_archive archive;
    auto other_text = archive.text;
    std::reverse(other_text.begin(), other_text.end());
    // Other settings: the frame's checksum tells. Same settings: the end mark does.
    const auto foreign = pack(other_text, adaptive_model{}, {"adaptive", 50, 1});
    auto spliced = archive.bytes;
    spliced.resize(archive.frames[0]);
    spliced.insert(spliced.end(), foreign.begin() + static_cast<std::ptrdiff_t>(frames_of(foreign)[0]), foreign.end());
    CHECK(try_unpack(spliced, adaptive_model{}).code == errc::bad_checksum);

    auto text = archive.text;
    text[150] ^= 1;  // in a stored block, so that all sizes stay
    const auto sibling = pack(text, adaptive_model{}, {"adaptive", 100, 1});
    REQUIRE(frames_of(sibling) == archive.frames);
    spliced = archive.bytes;
    std::copy(sibling.begin() + static_cast<std::ptrdiff_t>(archive.frames[1]),
              sibling.begin() + static_cast<std::ptrdiff_t>(archive.frames[2]),
              spliced.begin() + static_cast<std::ptrdiff_t>(archive.frames[1]));
    const outcome result = try_unpack(spliced, adaptive_model{});
    CHECK(result.code == errc::bad_checksum);
    CHECK(result.offset == archive.frames[5]);
}

TEST_CASE("damage: a wrong model is named with both fingerprints", "[archive]") {
    const small_archive archive;
    const outcome result = try_unpack(archive.bytes, uniform_model{});
    CHECK(result.code == errc::wrong_model);
    CHECK(result.offset == 12);
    CHECK(result.what.find("\"adaptive\"") != std::string::npos);
    CHECK(result.what.find(hexadecimal(adaptive_model{}.fingerprint())) != std::string::npos);
    CHECK(result.what.find(hexadecimal(uniform_model{}.fingerprint())) != std::string::npos);
}

TEST_CASE("damage: bytes behind the end are named, even zeros and a second archive", "[archive]") {
    const small_archive archive;
    for (const archive_bytes& more : {archive_bytes(1, std::byte{0}), archive_bytes(70000), archive.bytes}) {
        auto longer = archive.bytes;
        longer.insert(longer.end(), more.begin(), more.end());
        const outcome result = try_unpack(longer, adaptive_model{});
        CHECK(result.code == errc::corrupt);
        CHECK(result.offset == archive.bytes.size());
        CHECK(result.what.find("follow the end") != std::string::npos);
    }
}

TEST_CASE("damage: contradictions with right checksums are corrupt", "[archive]") {
    const small_archive archive;
    const auto refusal = [&](auto change, std::size_t frame) {
        auto changed = archive.bytes;
        change(changed);
        const std::uint32_t header_crc = mend_header(changed);
        mend_frame(changed, archive.frames[frame], header_crc);
        const outcome result = try_unpack(changed, adaptive_model{});
        CHECK(result.offset <= changed.size());
        return result.code;
    };
    const std::size_t coded = archive.frames[0];
    const std::size_t stored = archive.frames[1];
    const std::size_t end = archive.frames[5];
    CHECK(refusal([&](auto& b) { set(b, coded + 8, std::uint32_t{0}); }, 0) == errc::corrupt);
    CHECK(refusal([&](auto& b) { set(b, coded + 8, std::uint32_t{101}); }, 0) == errc::corrupt);
    CHECK(refusal([&](auto& b) { set(b, coded + 8, max_block_size); }, 0) == errc::corrupt);
    CHECK(refusal([&](auto& b) { set(b, coded + 12, std::uint32_t{100}); }, 0) == errc::corrupt);
    CHECK(refusal([&](auto& b) { set(b, coded + 12, 0xFFFFFFFFu); }, 0) == errc::corrupt);
    CHECK(refusal([&](auto& b) { set(b, stored + 8, std::uint32_t{99}); }, 1) == errc::corrupt);
    CHECK(refusal([&](auto& b) { set(b, stored + 4, std::uint32_t{7}); }, 1) == errc::corrupt);
    CHECK(refusal([&](auto& b) { b[stored + 3] = std::byte{'X'}; }, 1) == errc::corrupt);
    CHECK(refusal([&](auto& b) { b[stored + 3] = std::byte{'C'}; }, 1) == errc::corrupt);
    CHECK(refusal([&](auto& b) { set(b, end + 4, std::uint32_t{4}); }, 5) == errc::corrupt);
    CHECK(refusal([&](auto& b) { set(b, end + 8, std::uint32_t{1}); }, 5) == errc::corrupt);
    CHECK(refusal([&](auto& b) { set(b, end + 12, std::uint32_t{1}); }, 5) == errc::corrupt);
    CHECK(refusal([&](auto& b) { set(b, end + 16, std::uint32_t{1}); }, 5) == errc::bad_checksum);
    // A block size above the real one makes the first block a short one.
    auto changed = archive.bytes;
    set(changed, 8, std::uint32_t{101});
    mend(changed);
    CHECK(try_unpack(changed, adaptive_model{}).code == errc::corrupt);
}

TEST_CASE("damage: mutated archives, checksums mended or not, give their text or an error within", "[archive]") {
    const small_archive archive;
    const auto big = pack(archive.text, static_model<16>::from_text(archive.text), {"static", 37, 1});
    random_source random(22);
    std::size_t refused = 0;
    constexpr int rounds = 20000;
    for (int round = 0; round < rounds; ++round) {
        INFO("round " << round);
        const bool first = random.chance(1, 2);
        auto bytes = first ? archive.bytes : big;
        for (std::uint64_t times = random.between(1, 4); times > 0; --times) {
            const auto frames = frames_of(first ? archive.bytes : big);
            const std::size_t at = random.chance(1, 2) ? frames[random.below(6)] + random.below(24) : random.below(bytes.size());
            if (at >= bytes.size()) {
                continue;
            }
            const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
            switch (random.below(5)) {
            case 0: *here = static_cast<std::byte>(random.bits(8)); break;
            case 1: *here ^= static_cast<std::byte>(1u << random.below(8)); break;
            case 2:
                bytes.erase(here, here + static_cast<std::ptrdiff_t>(std::min(random.below(9), bytes.size() - at)));
                break;
            case 3: bytes.insert(here, static_cast<std::byte>(random.bits(8))); break;
            default: *here = random.chance(1, 2) ? std::byte{0xFF} : std::byte{0}; break;
            }
        }
        const bool mended = random.chance(1, 2);
        if (mended) {
            mend(bytes);
        }
        const outcome result = first ? try_unpack(bytes, adaptive_model{}, round % 64 == 0 ? 2u : 1u)
                                     : try_unpack(bytes, static_model<16>::from_text(archive.text));
        if (result.code) {
            ++refused;
            REQUIRE(result.offset <= bytes.size());
        } else {
            // Only a name, or nothing that changed, is accepted: what is decoded is what was coded.
            REQUIRE(result.text == archive.text);
        }
    }
    INFO(refused << " refused");
    CHECK(refused > rounds * 9 / 10);
}
