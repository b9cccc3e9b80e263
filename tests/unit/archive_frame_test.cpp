// SPDX-License-Identifier: MIT
// The archive's header and frames, byte by byte.

#include <support/archives.hpp>
#include <support/catch.hpp>

#include <equinfo/archive/frame.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/models/uniform_model.hpp>

#include <string>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

const archive_header example{"english", 0x0123456789ABCDEF, 0x00100000};

archive_bytes header_bytes() { return detail::bytes_of_header(example); }

errc refusal(const archive_bytes& bytes, std::uint64_t offset) {
    memory_source source(bytes);
    try {
        static_cast<void>(read_archive_header(source));
    } catch (const error& e) {
        CHECK(e.offset() == offset);
        return e.code();
    }
    FAIL("was accepted");
    return errc::io;
}

}  // namespace

TEST_CASE("archive_header: is read as it was written, and not a byte behind it", "[archive]") {
    for (const std::string& name : {std::string("x"), std::string("english"), std::string(64, 'm')}) {
        for (const std::uint32_t size : {std::uint32_t{1}, default_block_size, max_block_size}) {
            const archive_header header{name, 0xFEDCBA9876543210, size};
            archive_bytes bytes = detail::bytes_of_header(header);
            REQUIRE(bytes.size() == header.size());
            bytes.push_back(std::byte{7});
            memory_source source(bytes);
            CHECK(read_archive_header(source) == header);
            std::array<std::byte, 2> rest{};
            CHECK(source.read(rest) == 1);
            trickling_source slow(bytes);
            CHECK(read_archive_header(slow) == header);
        }
    }
}

TEST_CASE("archive_header: has its documented bytes", "[archive]") {
    const archive_bytes bytes = header_bytes();
    const std::vector<unsigned> expected = {0xF1, 'E', 'Q', 'I', 0x0D, 0x0A, 1, 7, 0, 0, 0x10, 0, 0xEF, 0xCD, 0xAB, 0x89,
                                            0x67, 0x45, 0x23, 0x01, 'e', 'n', 'g', 'l', 'i', 's', 'h'};
    REQUIRE(bytes.size() == expected.size() + 4);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(std::to_integer<unsigned>(bytes[i]) == expected[i]);
    }
    CHECK(load_little<std::uint32_t>(bytes.data() + 27) == crc32(std::span(bytes).first(27)));
}

TEST_CASE("archive_header: what is not one is named", "[archive]") {
    archive_bytes bytes = header_bytes();
    CHECK(refusal({}, 0) == errc::truncated);
    for (std::size_t size = 1; size < bytes.size(); ++size) {
        CHECK(refusal({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}, size) == errc::truncated);
    }
    CHECK(refusal(archive_bytes(100, std::byte{'x'}), 0) == errc::bad_magic);
    CHECK(refusal(archive_bytes(3, std::byte{'x'}), 0) == errc::bad_magic);

    auto changed = bytes;
    changed[5] = std::byte{'\r'};  // as a text-mode transfer does
    CHECK(refusal(changed, 0) == errc::bad_magic);
    changed = bytes;
    changed[6] = std::byte{2};
    CHECK(refusal(changed, 6) == errc::bad_version);
    changed = bytes;
    changed[21] ^= std::byte{1};
    CHECK(refusal(changed, 27) == errc::bad_checksum);
    changed = bytes;
    changed[7] = std::byte{65};
    CHECK(refusal(changed, 7) == errc::corrupt);
}

TEST_CASE("archive_header: values out of range are refused with a right checksum too", "[archive]") {
    for (const std::uint32_t size : {0u, max_block_size + 1, 0xFFFFFFFFu}) {
        auto bytes = header_bytes();
        store_little(bytes.data() + 8, size);
        mend_header(bytes);
        CHECK(refusal(bytes, 7) == errc::corrupt);
    }
    auto bytes = header_bytes();
    bytes[20] = std::byte{'\n'};
    mend_header(bytes);
    CHECK(refusal(bytes, 7) == errc::corrupt);
    bytes = header_bytes();
    bytes[7] = std::byte{0};
    bytes.resize(24);
    mend_header(bytes);
    CHECK(refusal(bytes, 7) == errc::corrupt);
}

TEST_CASE("archive_header: options out of range are refused before a byte is written", "[archive]") {
    for (const archive_options& options :
         {archive_options{"", 1, 1}, archive_options{std::string(65, 'a'), 1, 1}, archive_options{"a\tb", 1, 1},
          archive_options{"a", 0, 1}, archive_options{"a", max_block_size + 1, 1}}) {
        full_sink none(0);
        try {
            archive_writer<full_sink, uniform_model> writer(none, uniform_model{}, options);
            FAIL("was accepted");
        } catch (const error& e) {
            CHECK(e.code() == errc::bad_parameter);
        }
    }
}

TEST_CASE("archive_frame: is read as it was written, in its own archive only", "[archive]") {
    const archive_frame frame{block_kind::coded, 0x04030201, 0x08070605, 0x0C0B0A09, 0x100F0E0D};
    const auto bytes = detail::bytes_of_frame(frame, 12345);
    const std::vector<unsigned> expected = {0xF2, 'E', 'B', 'C', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(std::to_integer<unsigned>(bytes[i]) == expected[i]);
    }
    CHECK(load_little<std::uint32_t>(bytes.data() + 20) == crc32(std::span(bytes).first(20), 12345));
    CHECK(detail::is_frame(bytes, 12345));
    CHECK_FALSE(detail::is_frame(bytes, 12346));
    CHECK(detail::frame_of(bytes) == frame);
}

TEST_CASE("archive_frame: each flipped bit is noticed", "[archive]") {
    const auto bytes = detail::bytes_of_frame({block_kind::stored, 1, 2, 2, 3}, 99);
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
        auto changed = bytes;
        changed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        CHECK_FALSE(detail::is_frame(changed, 99));
    }
}
