// SPDX-License-Identifier: MIT
// The range of every tensor (docs/m1.md, section 2): its ends are written and read, one more is neither; and files kept plain.
#include <equinfo/bits/byte_order.hpp>
#include <equinfo/error.hpp>
#include <equinfo/m1/model_file.hpp>

#include <support/catch.hpp>
#include <support/file_kind.hpp>
#include <support/m1_contents.hpp>
#include <support/m1_models.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

using namespace equinfo;

namespace {

/// The page's section 8 with all planes as they are, whatever the numbers: the header is that of a right content of the same shape.
std::vector<std::byte> plain_file(const m1_content& content) {
    std::vector<std::byte> file = write_m1(m1_content::zeros(content.shape));
    const std::size_t payload = load_little<std::uint32_t>(file.data() + detail::m1_header::payload);
    file.resize(file.size() - payload - 4);
    const std::size_t start = file.size();
    std::size_t shift_place = start - 2 - 4 * content.shape.layers;
    detail::visit_shifts(content, [&](unsigned shift) { file[shift_place++] = static_cast<std::byte>(shift); });
    detail::visit_tensors(content, [&](const char* what, const auto& tensor, std::int32_t, std::int32_t) {
        using entry = typename std::remove_cvref_t<decltype(tensor)>::value_type;
        const bool nibbles = std::string(what) == "a table" && content.shape.table_bits == 4;
        for (std::size_t plane = 0; plane < sizeof(entry); ++plane) {
            const std::size_t size = nibbles ? tensor.size() / 2 : tensor.size();
            file.resize(file.size() + 5);  // way 0
            store_little(file.data() + file.size() - 4, static_cast<std::uint32_t>(size));
            for (std::size_t i = 0; i < size; ++i) {
                file.push_back(static_cast<std::byte>(nibbles ? (tensor[2 * i] + 8) | (tensor[2 * i + 1] + 8) << 4 : tensor[i] >> 8 * plane & 255));
            }
        }
    });
    store_little(file.data() + detail::m1_header::payload, static_cast<std::uint32_t>(file.size() - start));
    store_little(file.data() + detail::m1_header::fingerprint, content.fingerprint());
    file.resize(file.size() + 4);
    test::mend_checksum(file);
    return file;
}

/// The tensor that an error of ranges names; nothing where there was no error.
template <class Call>
std::optional<std::string> fault_in(errc expected, Call&& call) {
    try {
        call();
    } catch (const error& e) {
        const std::string said = e.what(), before = "numbers out of range in ";
        const std::size_t found = said.find(before);
        REQUIRE(e.code() == expected);
        REQUIRE(found != std::string::npos);
        const std::size_t begin = found + before.size();
        return said.substr(begin, said.find(" (at byte") - begin);
    }
    return std::nullopt;
}

/// Puts `value` into tensor `number`; false where its entries have no room for it.
bool put(m1_content& content, std::size_t number, std::size_t place, std::int64_t value) {
    bool fits = false;
    std::size_t i = 0;
    detail::visit_tensors(content, [&](const char* what, auto& tensor, std::int32_t, std::int32_t) {
        using entry = typename std::remove_cvref_t<decltype(tensor)>::value_type;
        if (i++ == number) {
            const bool nibbles = std::string(what) == "a table" && content.shape.table_bits == 4;
            fits = nibbles ? value >= -8 && value <= 7
                           : value >= std::numeric_limits<entry>::min() && value <= std::numeric_limits<entry>::max();
            if (fits) {
                tensor[place % tensor.size()] = static_cast<entry>(value);
            }
        }
    });
    return fits;
}

}  // namespace

TEST_CASE("m1 file: the ends of each tensor's range are written and read, one more is neither", "[m1]") {
    test::random_source random(3480);
    std::size_t beyond = 0;
    for (const std::size_t which : {0u, 1u, 4u}) {  // tables of 4 and 8 bits, gates
        const reference::m1_shape shape = test::m1_small_shapes()[which];
        const m1_content right = test::m1_content_of(shape, test::random_m1(shape, random));
        REQUIRE(read_m1(plain_file(right)) == right);
        struct tensor_range {
            std::string what;
            std::int64_t least, most;
        };
        std::vector<tensor_range> ranges;
        detail::visit_tensors(right, [&](const char* what, const auto&, std::int32_t least, std::int32_t most) {
            ranges.push_back({what, least, most});
        });
        for (std::size_t number = 0; number < ranges.size(); ++number) {
            const tensor_range& range = ranges[number];
            INFO(range.what << ", tensor " << number << " of shape " << which);
            const std::size_t place = random.below(1u << 20);
            for (const std::int64_t end : {range.least, range.most}) {
                m1_content content = right;
                REQUIRE(put(content, number, place, end));
                CHECK(read_m1(write_m1(content)) == content);
                CHECK(read_m1(plain_file(content)) == content);
            }
            for (const std::int64_t outside : {range.least - 1, range.most + 1}) {
                m1_content content = right;
                if (put(content, number, place, outside)) {
                    ++beyond;
                    CHECK(fault_in(errc::bad_parameter, [&] { static_cast<void>(write_m1(content)); }) == range.what);
                    CHECK(fault_in(errc::corrupt, [&] { static_cast<void>(read_m1(plain_file(content))); }) == range.what);
                }
            }
        }
    }
    CHECK(beyond > 40);
}

TEST_CASE("m1 file: the ranges are those of the page", "[m1]") {
    const m1_shape shape{.head_width = 32, .hidden = 64, .columns = 16, .table_bits = 4, .tables = {{m1_table_kind::bytes, 2, 4}}};
    std::size_t count = 0;
    const m1_content content = m1_content::zeros(shape);
    detail::visit_tensors(content, [&](const char* what, const auto&, std::int32_t least, std::int32_t most) {
        const std::string name = what;
        CHECK(least == (name == "heat" ? 0 : -most));
        CHECK(most == (name == "bytes" || name == "relative" ? 32767 : name == "a table" ? 7 : name == "heat" ? 4096 : name == "bias" ? 1 << 24 : 127));
        ++count;
    });
    CHECK(count == 5 + 6 * shape.layers);
}

TEST_CASE("m1 file: the size of a file is known by its first bytes", "[m1]") {
    test::random_source random(3481);
    for (const reference::m1_shape& shape : test::m1_small_shapes()) {
        const std::vector<std::byte> file = write_m1(test::m1_content_of(shape, test::random_m1(shape, random)));
        CHECK(test::wrong_sizes(m1_file_size, file, 44) == 0);
    }
}
