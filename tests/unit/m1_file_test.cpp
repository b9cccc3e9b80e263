// SPDX-License-Identifier: MIT
// Model files of the integer transformer: what is written is read, and all else is refused with its reason and place.
#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/error.hpp>
#include <equinfo/m1/model_file.hpp>

#include <support/catch.hpp>
#include <support/m1_contents.hpp>
#include <support/random.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace equinfo;

namespace {

using file = std::vector<std::byte>;

m1_content content_number(std::size_t i) {
    test::random_source random(3400 + i);
    const reference::m1_shape shape = test::m1_small_shapes()[i];
    return test::m1_content_of(shape, test::random_m1(shape, random));
}

std::optional<std::pair<errc, std::uint64_t>> refusal(std::span<const std::byte> bytes) {
    try {
        static_cast<void>(read_m1(bytes));
    } catch (const error& e) {
        return std::pair(e.code(), e.offset());
    }
    return std::nullopt;
}

/// With the checksum made right again, so that what lies behind it is met.
file resealed(file bytes) {
    store_little(bytes.data() + bytes.size() - 4, crc32(std::span(bytes).first(bytes.size() - 4)));
    return bytes;
}

file with(file bytes, std::size_t place, unsigned value) {
    bytes[place] = static_cast<std::byte>(value);
    return resealed(std::move(bytes));
}

}  // namespace

TEST_CASE("m1 file: comes back whole, to the same bytes", "[m1]") {
    for (std::size_t i = 0; i < test::m1_small_shapes().size(); ++i) {
        const m1_content content = content_number(i);
        const file bytes = write_m1(content);
        CHECK(read_m1(bytes) == content);
        CHECK(write_m1(read_m1(bytes)) == bytes);
        CHECK(read_m1(bytes).fingerprint() == content.fingerprint());
    }
}

TEST_CASE("m1 file: a change of any number or shift changes the fingerprint", "[m1]") {
    const m1_content content = content_number(0);
    m1_content other = content;
    detail::visit_tensors(other, [&](const char* what, auto& tensor, std::int32_t, std::int32_t) {
        INFO(what);
        auto& last = tensor.back();
        const auto kept = last;
        last = static_cast<std::remove_reference_t<decltype(last)>>(last == 0 ? 1 : 0);
        CHECK(other.fingerprint() != content.fingerprint());
        last = kept;
    });
    detail::visit_shifts(other, [&](unsigned& shift) {
        ++shift;
        CHECK(other.fingerprint() != content.fingerprint());
        --shift;
    });
    CHECK(other.fingerprint() == content.fingerprint());
}

TEST_CASE("m1 file: cut anywhere or with any byte changed, it is refused", "[m1]") {
    const file bytes = write_m1(content_number(2));
    for (std::size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 997) {
        const auto refused = refusal(std::span(bytes).first(size));
        REQUIRE(refused);
        CHECK(refused->first == errc::truncated);
        CHECK(refused->second == size);
    }
    for (std::size_t place = 0; place < bytes.size(); place += place < 200 ? 1 : 997) {
        file changed = bytes;
        changed[place] ^= std::byte{0x10};
        INFO("byte " << place);
        CHECK(refusal(changed));
    }
    file longer = bytes;
    longer.push_back({});
    CHECK(refusal(longer) == std::pair(errc::corrupt, std::uint64_t{bytes.size()}));
}

TEST_CASE("m1 file: each fault behind a right checksum has its own reason and place", "[m1]") {
    const m1_content content = content_number(0);  // 2 layers, 4 tables of 4 bits
    const file bytes = write_m1(content);
    using detail::m1_header;
    CHECK(refusal(with(bytes, 3, 'N')) == std::pair(errc::bad_magic, std::uint64_t{3}));
    CHECK(refusal(with(bytes, m1_header::version, 2)) == std::pair(errc::bad_version, std::uint64_t{m1_header::version}));
    CHECK(refusal(with(bytes, m1_header::zero, 1)) == std::pair(errc::corrupt, std::uint64_t{m1_header::zero}));
    for (const std::size_t place : {m1_header::width, m1_header::head_width, m1_header::context, m1_header::columns,
                                    m1_header::table_bits, m1_header::heads, m1_header::hidden}) {
        INFO("byte " << place);
        CHECK(refusal(with(bytes, place, 7)) == std::pair(errc::bad_parameter, std::uint64_t{m1_header::layers}));
    }
    CHECK(refusal(with(bytes, m1_header::shared, 0))->first == errc::bad_parameter);
    CHECK(refusal(with(bytes, m1_header::size, 2))->first == errc::bad_parameter);      // kind of a table
    CHECK(refusal(with(bytes, m1_header::size + 2, 21))->first == errc::bad_parameter);  // its rows
    CHECK(refusal(with(bytes, m1_header::size + 3, 1)) == std::pair(errc::corrupt, std::uint64_t{m1_header::size + 3}));
    CHECK(refusal(with(bytes, m1_header::fingerprint, std::to_integer<unsigned>(bytes[m1_header::fingerprint]) ^ 1u)) ==
          std::pair(errc::corrupt, std::uint64_t{m1_header::fingerprint}));
    const std::size_t shifts = m1_header::size + 4 * 4;
    CHECK(refusal(with(bytes, shifts, 25))->first == errc::corrupt);
    const std::size_t payload = shifts + 2 + 4 * 2;
    CHECK(refusal(with(bytes, payload, 2)) == std::pair(errc::corrupt, std::uint64_t{payload}));  // how a plane stands
    CHECK(refusal(with(bytes, payload + 4, 0xff)) == std::pair(errc::corrupt, std::uint64_t{payload}));
}

TEST_CASE("m1 file: a small file may not ask for much memory", "[m1]") {
    file bytes = write_m1(m1_content::zeros({.width = 32, .layers = 1, .heads = 1, .shared = 1, .head_width = 16, .hidden = 32,
                                             .context = 16, .columns = 16, .table_bits = 8, .tables = {{m1_table_kind::bytes, 1, 4}}}));
    CHECK_FALSE(refusal(bytes));
    bytes = with(bytes, detail::m1_header::size + 2, 20);  // a table of 16 MB
    CHECK(refusal(bytes) == std::pair(errc::too_large, std::uint64_t{detail::m1_header::payload}));
}

TEST_CASE("m1 file: content out of range is not written", "[m1]") {
    const auto code_of = [](const m1_content& content) -> std::optional<errc> {
        try {
            static_cast<void>(write_m1(content));
        } catch (const error& e) {
            return e.code();
        }
        return std::nullopt;
    };
    m1_content content = content_number(0);
    CHECK_FALSE(code_of(content));
    content.tables[0][5] = 8;
    CHECK(code_of(content) == errc::bad_parameter);
    content = content_number(0);
    content.layers[1].up.weights[0] = -128;
    CHECK(code_of(content) == errc::bad_parameter);
    content = content_number(0);
    content.layers[0].heat[0] = (1 << 13) + 1;
    CHECK(code_of(content) == errc::bad_parameter);
    content = content_number(0);
    content.bias.pop_back();
    CHECK(code_of(content) == errc::bad_parameter);
    content = content_number(0);
    content.shape.context = 17;
    CHECK(code_of(content) == errc::bad_parameter);
    m1_shape huge;  // a lane of it would take a gigabyte
    huge.layers = 32;
    huge.heads = 32;
    huge.shared = 1;
    huge.head_width = 128;
    huge.context = 4096;
    CHECK(fault_of(huge) != nullptr);
    content.shape = huge;
    CHECK(code_of(content) == errc::bad_parameter);
}
