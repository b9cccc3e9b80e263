// SPDX-License-Identifier: MIT
// Model files of the integer transformer: what is written is read, and all else is refused with its reason and place.
#include <equinfo/bits/byte_order.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/error.hpp>
#include <equinfo/m1/model_file.hpp>

#include <support/catch.hpp>
#include <support/file_kind.hpp>
#include <support/m1_contents.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <array>
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

constexpr std::size_t version_place = detail::file_kind::version_place;

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

std::string reason(std::span<const std::byte> bytes) {
    try {
        static_cast<void>(read_m1(bytes));
    } catch (const error& e) {
        return e.what();
    }
    return {};
}

/// With the checksum made right again, so that what lies behind it is met.
file resealed(file bytes) {
    test::mend_checksum(bytes);
    return bytes;
}

file with(file bytes, std::size_t place, unsigned value) {
    bytes[place] = static_cast<std::byte>(value);
    return resealed(std::move(bytes));
}

/// Small, with one table whose rows differ in size.
m1_content content_with_rows(unsigned table_bits) {
    test::random_source random(3450);
    const reference::m1_shape shape = {.width = 32, .layers = 1, .heads = 1, .shared = 1, .head_width = 16, .hidden = 32, .context = 16,
                                       .columns = 32, .table_bits = table_bits, .tables = {{0, 2, 11}}};
    m1_content content = test::m1_content_of(shape, test::random_m1(shape, random));
    test::shrink_rows(content);
    return content;
}

/// Where the plane of that table begins: behind the header, a table, 6 shifts and the two planes of `bytes`.
std::size_t rows_place(const file& bytes) {
    std::size_t place = detail::m1_header::size + 4 + 6;
    for (int plane = 0; plane < 2; ++plane) {
        place += 5 + load_little<std::uint32_t>(bytes.data() + place + 1);
    }
    return place;
}

file code_at(const file& bytes, std::size_t place) {
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(place + 5);
    return file(begin, begin + load_little<std::uint32_t>(bytes.data() + place + 1));
}

file with_code(file bytes, std::size_t place, const file& code) {
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(place + 5);
    const std::size_t size = load_little<std::uint32_t>(bytes.data() + place + 1);
    bytes.insert(bytes.erase(begin, begin + static_cast<std::ptrdiff_t>(size)), code.begin(), code.end());
    store_little(bytes.data() + place + 1, static_cast<std::uint32_t>(code.size()));
    const std::size_t payload = load_little<std::uint32_t>(bytes.data() + detail::m1_header::payload);
    store_little(bytes.data() + detail::m1_header::payload, static_cast<std::uint32_t>(payload + code.size() - size));
    return resealed(std::move(bytes));
}

/// The code of rows, read as docs/m1.md says it, symbol by symbol.
std::vector<std::int8_t> rows_by_the_page(const file& code, std::size_t rows, std::size_t columns, unsigned bits) {
    const std::size_t symbols = std::size_t{1} << bits;
    std::size_t place = 0;
    const auto frequencies = [&](std::size_t count) {
        std::vector<frequency> of(count);
        for (frequency& f : of) {
            f = frequency{load_little<std::uint16_t>(code.data() + place)} + 1;
            place += 2;
        }
        return of;
    };
    const std::vector<frequency> of_classes = frequencies(16);
    std::vector<std::vector<frequency>> of_entries;
    for (std::size_t row_class = 0; row_class < 16; ++row_class) {
        of_entries.push_back(frequencies(symbols));
    }
    std::array<range_decoder, 4> messages;
    std::size_t start = place + 12;
    for (std::size_t m = 0; m < 4; ++m) {
        const std::size_t size = m < 3 ? load_little<std::uint32_t>(code.data() + place + 4 * m) : code.size() - start;
        messages[m] = range_decoder(std::span(code).subspan(start, size));
        start += size;
    }
    std::size_t number = 0;
    const auto next = [&](const std::vector<frequency>& of) {
        range_decoder& message = messages[number++ % 4];
        const frequency point = message.point(16);
        std::size_t symbol = 0;
        frequency low = 0;
        for (; low + of[symbol] <= point; ++symbol) {
            low += of[symbol];
        }
        message.advance({low, of[symbol]}, 16);
        return symbol;
    };
    std::vector<std::size_t> classes;
    for (std::size_t row = 0; row < rows; ++row) {
        classes.push_back(next(of_classes));
    }
    std::vector<std::int8_t> entries;
    for (std::size_t i = 0; i < rows * columns; ++i) {
        const std::size_t symbol = next(of_entries[classes[i / columns]]);
        entries.push_back(static_cast<std::int8_t>(bits == 4 ? static_cast<int>(symbol) - 8 : static_cast<int>(symbol)));
    }
    return entries;
}

/// docs/m1.md, section 8, in its order; the tensors by name.
std::uint64_t fingerprint_by_the_page(const m1_content& content) {
    std::uint64_t h = 0;
    const auto add = [&](std::uint64_t v) {
        h = (h ^ v) + 0x9E3779B97F4A7C15u;
        h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9u;
        h = (h ^ h >> 27) * 0x94D049BB133111EBu;
        h = h ^ h >> 31;
    };
    const auto add_string = [&](const std::vector<std::uint8_t>& string) {
        add(string.size());
        for (std::size_t at = 0; at < string.size(); at += 8) {
            std::uint64_t eight = 0;
            for (std::size_t i = 0; i < 8 && at + i < string.size(); ++i) {
                eight += std::uint64_t{string[at + i]} << (8 * i);
            }
            add(eight);
        }
    };
    const auto add_tensor = [&](const auto& tensor) {
        std::vector<std::uint8_t> string;
        for (const std::int64_t number : tensor) {
            for (std::size_t byte = 0; byte < sizeof tensor[0]; ++byte) {
                string.push_back(static_cast<std::uint8_t>(number >> (8 * byte) & 255));
            }
        }
        add_string(string);
    };
    const m1_shape& shape = content.shape;
    add_string({'m', '1'});
    if (shape.feed != m1_feed::squared) {
        add(shape.feed == m1_feed::gated ? 1 : 2);
    }
    for (const std::size_t v : {shape.width, shape.layers, shape.heads, shape.shared, shape.head_width, shape.hidden, shape.context, shape.columns}) {
        add(v);
    }
    add(shape.table_bits);
    add(shape.tables.size());
    for (const m1_table_shape& table : shape.tables) {
        add(table.kind == m1_table_kind::words ? 1 : 0);
        add(table.order);
        add(table.row_bits);
    }
    for (const std::size_t context : shape.contexts) {
        add(context);
    }
    add(content.mix.shift);
    for (const m1_layer& layer : content.layers) {
        for (const unsigned shift : {layer.qkv.shift, layer.out.shift, layer.up.shift, layer.down.shift}) {
            add(shift);
        }
    }
    add(content.symbols.shift);
    add_tensor(content.bytes);
    for (const auto& table : content.tables) {
        add_tensor(table);
    }
    add_tensor(content.mix.weights);
    for (const m1_layer& layer : content.layers) {
        add_tensor(layer.qkv.weights);
        add_tensor(layer.heat);
        add_tensor(layer.relative);
        add_tensor(layer.out.weights);
        add_tensor(layer.up.weights);
        add_tensor(layer.down.weights);
    }
    add_tensor(content.symbols.weights);
    add_tensor(content.bias);
    return h;
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

TEST_CASE("m1 file: the fingerprint is what the page says", "[m1]") {
    for (std::size_t i = 0; i < test::m1_small_shapes().size(); ++i) {
        const m1_content content = content_number(i);
        CHECK(content.fingerprint() == fingerprint_by_the_page(content));
    }
    const m1_shape smallest{.width = 32, .layers = 1, .heads = 1, .shared = 1, .head_width = 16, .hidden = 32, .context = 16, .tables = {}};
    CHECK(m1_content::zeros(smallest).fingerprint() == 0xcb72556644297cea);
}

TEST_CASE("m1 file: cut anywhere or with any byte changed, it is refused", "[m1]") {
    const std::size_t number = GENERATE(std::size_t{2}, std::size_t{6});
    const file bytes = write_m1(content_number(number));
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
    for (const unsigned version : {0u, 1u, 6u, 255u}) {
        CHECK(refusal(with(bytes, version_place, version)) == std::pair(errc::bad_version, std::uint64_t{version_place}));
    }
    for (const std::size_t place : {m1_header::zero, m1_header::zero_too, m1_header::zero_too + 1, m1_header::zero_too + 2, m1_header::zero_too + 3}) {
        CHECK(refusal(with(bytes, place, 1)) == std::pair(errc::corrupt, std::uint64_t{place}));
    }
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
    CHECK(refusal(with(bytes, payload, 2)) == std::pair(errc::corrupt, std::uint64_t{payload}));  // rows, but of no table
    CHECK(refusal(with(bytes, payload, 3)) == std::pair(errc::corrupt, std::uint64_t{payload}));
    CHECK(refusal(with(bytes, payload + 4, 0xff)) == std::pair(errc::corrupt, std::uint64_t{payload}));
}

TEST_CASE("m1 file: version 3 is that of gated layers alone, so that all else is read by what knows version 2", "[m1]") {
    using detail::m1_header;
    const m1_content squared = content_number(3);
    const m1_content gated = content_number(4);
    const file bytes = write_m1(squared);
    CHECK(bytes[version_place] == std::byte{2});
    CHECK(bytes[m1_header::feed] == std::byte{0});
    const file other = write_m1(gated);
    CHECK(other[version_place] == std::byte{3});
    CHECK(other[m1_header::feed] == std::byte{1});
    CHECK(read_m1(other) == gated);
    const std::pair not_of_version(errc::corrupt, std::uint64_t{m1_header::feed});
    CHECK(refusal(with(bytes, m1_header::feed, 1)) == not_of_version);
    CHECK(refusal(with(bytes, version_place, 3)) == not_of_version);
    CHECK(refusal(with(other, m1_header::feed, 0)) == not_of_version);
    CHECK(refusal(with(other, version_place, 2)) == not_of_version);
    CHECK(refusal(with(other, m1_header::feed, 2)) == not_of_version);
    for (const unsigned feed : {3u, 255u}) {
        CHECK(refusal(with(other, m1_header::feed, feed)) == std::pair(errc::bad_parameter, std::uint64_t{m1_header::layers}));
    }
    // A whole file in the other version: there are too few or too many numbers.
    CHECK(refusal(with(with(bytes, version_place, 3), m1_header::feed, 1))->first == errc::corrupt);
    CHECK(refusal(with(with(other, version_place, 2), m1_header::feed, 0))->first == errc::corrupt);
    CHECK(refusal(with(other, m1_header::hidden, 128)));
}

TEST_CASE("m1 file: version 4 is that of contexts by layer alone", "[m1]") {
    using detail::m1_header;
    const std::pair bad_shape(errc::bad_parameter, std::uint64_t{m1_header::layers});
    m1_content content = content_number(6);  // 3 layers of contexts 16, 160, 48; one table
    const file bytes = write_m1(content);
    CHECK(bytes[version_place] == std::byte{4});
    const std::size_t contexts = m1_header::size + 4;
    for (std::size_t layer = 0; layer < 3; ++layer) {
        CHECK(load_little<std::uint16_t>(bytes.data() + contexts + 2 * layer) == content.shape.contexts[layer]);
    }
    for (const unsigned other : {0u, 17u, 255u}) {  // of one layer
        CHECK(refusal(with(bytes, contexts, other)) == bad_shape);
    }
    CHECK(refusal(with(bytes, contexts + 1, 16)) == bad_shape);       // 4,112
    CHECK(refusal(with(bytes, contexts, 176)) == bad_shape);          // longer than the model's
    CHECK(refusal(with(bytes, contexts + 2, 144)) == bad_shape);      // none is as long
    CHECK(refusal(with(bytes, m1_header::context, 176)) == bad_shape);
    CHECK(refusal(with(with(bytes, contexts, 160), contexts + 4, 160)) == bad_shape);  // all the same
    CHECK(refusal(with(bytes, contexts, 32)));                        // sound, but with other numbers
    CHECK(refusal(with(bytes, m1_header::feed, 3)) == bad_shape);
    CHECK(refusal(with(bytes, m1_header::feed, 2)) == std::pair(errc::corrupt, std::uint64_t{m1_header::feed}));
    CHECK(refusal(with(bytes, version_place, 2)));
    CHECK(refusal(with(bytes, version_place, 3)) == std::pair(errc::corrupt, std::uint64_t{m1_header::feed}));
    CHECK(refusal(with(write_m1(content_number(0)), version_place, 4)) == bad_shape);
    m1_shape shape = content.shape;
    shape.feed = m1_feed::gated;
    const m1_content gated = m1_content::zeros(shape);
    CHECK(write_m1(gated)[version_place] == std::byte{4});
    CHECK(read_m1(write_m1(gated)) == gated);
    content.shape.contexts = {160, 160, 160};
    CHECK(fault_of(content.shape) != nullptr);
    content.shape.contexts = {160, 16};
    CHECK(fault_of(content.shape) != nullptr);
}

TEST_CASE("m1 file: version 5 is that of SwiGLU layers alone, and has the contexts of all layers", "[m1]") {
    using detail::m1_header;
    const std::pair bad_shape(errc::bad_parameter, std::uint64_t{m1_header::layers});
    const std::pair not_of_version(errc::corrupt, std::uint64_t{m1_header::feed});
    const m1_content alike = content_number(8);  // 2 layers of context 32, two tables
    const m1_content differing = content_number(9);  // contexts 16 and 48, no tables
    for (const m1_content& content : {alike, differing}) {
        const file bytes = write_m1(content);
        CHECK(bytes[version_place] == std::byte{5});
        CHECK(bytes[m1_header::feed] == std::byte{2});
        const std::size_t contexts = m1_header::size + 4 * content.shape.tables.size();
        for (std::size_t layer = 0; layer < 2; ++layer) {
            CHECK(load_little<std::uint16_t>(bytes.data() + contexts + 2 * layer) == content.shape.context_of(layer));
        }
        CHECK(read_m1(bytes) == content);
        for (const unsigned version : {2u, 3u, 4u}) {
            CHECK(refusal(with(bytes, version_place, version)) == not_of_version);
        }
        for (const unsigned feed : {0u, 1u}) {
            CHECK(refusal(with(bytes, m1_header::feed, feed)) == not_of_version);
        }
        CHECK(refusal(with(bytes, version_place, 6)) == std::pair(errc::bad_version, std::uint64_t{version_place}));
        CHECK(refusal(with(bytes, contexts, 17)) == bad_shape);
        CHECK(refusal(with(bytes, m1_header::context, 64)) == bad_shape);  // no layer's
    }
    const file bytes = write_m1(alike);
    const std::size_t contexts = m1_header::size + 4 * 2;
    CHECK(refusal(with(with(bytes, contexts, 16), contexts + 2, 16)) == bad_shape);  // alike, but not the model's
    CHECK(refusal(with(bytes, contexts, 16)));                                       // sound, but with other numbers
}

TEST_CASE("m1 file: tables whose rows differ in size stand in rows, as the page says", "[m1]") {
    for (const unsigned bits : {4u, 8u}) {
        INFO(bits << " bits");
        const m1_content content = content_with_rows(bits);
        const file bytes = write_m1(content);
        const std::size_t place = rows_place(bytes);
        REQUIRE(bytes[place] == std::byte{2});
        const file code = code_at(bytes, place);
        CHECK(code.size() == (bits == 4 ? 9'419u : 44'337u));
        CHECK(rows_by_the_page(code, 2048, 32, bits) == content.tables[0]);
        CHECK(read_m1(bytes) == content);
        CHECK(write_m1(read_m1(bytes)) == bytes);

        const std::size_t group = 2 * (std::size_t{1} << bits);  // frequencies of a class's entries
        file swapped = code;
        std::swap_ranges(swapped.begin() + 32 + static_cast<std::ptrdiff_t>(8 * group),
                         swapped.begin() + 32 + static_cast<std::ptrdiff_t>(9 * group),
                         swapped.begin() + 32 + static_cast<std::ptrdiff_t>(9 * group));
        CHECK(swapped != code);
        CHECK(refusal(with_code(bytes, place, swapped)));
    }
}

TEST_CASE("m1 file: the class of a row is the number of digits of its energy", "[m1]") {
    const auto class_of = [](unsigned bits, std::vector<std::int8_t> row, std::size_t columns = 32) {
        row.resize(columns, row.back());
        return unsigned{bits == 4 ? detail::class_of_row<4>(row) : detail::class_of_row<8>(row)};
    };
    CHECK(class_of(4, {0}) == 0);
    CHECK(class_of(4, {1, 0}) == 1);
    CHECK(class_of(4, {-1, 1, 1, 0}) == 2);
    CHECK(class_of(4, {2, 0}) == 3);
    CHECK(class_of(4, {-7, 3, 2, 1, 0}) == 6);  // 63
    CHECK(class_of(4, {-7, 3, -2, 1, 1, 0}) == 7);  // 64
    CHECK(class_of(4, {7}, 128) == 13);
    CHECK(class_of(8, {0}) == 0);
    CHECK(class_of(8, {1, 0}) == 1);
    CHECK(class_of(8, {11, 2, 1, 1, 0}) == 1);  // 127
    CHECK(class_of(8, {11, 2, 1, 1, 1, 0}) == 2);  // 128
    CHECK(class_of(8, {-127}, 128) == 15);
}

TEST_CASE("m1 file: frequencies are shares rounded down, and the most frequent symbol has what is left over", "[m1]") {
    std::array<std::uint64_t, 16> counts{};
    std::array<frequency, 16> expected;
    expected.fill(1);
    expected[0] = 65521;
    CHECK(detail::frequencies_of(counts) == expected);
    counts[3] = 1;
    counts[5] = 2;
    expected[0] = 1;
    expected[3] = 1 + 65520 / 3;
    expected[5] = 1 + 65520 / 3 * 2;
    CHECK(detail::frequencies_of(counts) == expected);
    counts[7] = 2;
    counts[9] = 2;
    expected[3] = 1 + 65520 / 7;
    expected[5] = 1 + 65520 / 7 * 2;
    expected[7] = expected[9] = expected[5];
    CHECK(detail::frequencies_of(counts) == expected);
    counts[9] = 4;  // of 9
    expected[3] = 1 + 7280;
    expected[5] = expected[7] = 1 + 14560;
    expected[9] = 1 + 29120;
    CHECK(detail::frequencies_of(counts) == expected);
    counts[15] = 2;  // of 11: 5956.4 for each
    expected[3] = 1 + 5956;
    expected[5] = expected[7] = expected[15] = 1 + 11912;
    expected[9] = 1 + 23825 + 3;
    CHECK(detail::frequencies_of(counts) == expected);
}

TEST_CASE("m1 file: codes of rows that are none are refused at their plane", "[m1]") {
    for (const unsigned bits : {4u, 8u}) {
        const file bytes = write_m1(content_with_rows(bits));
        const std::size_t place = rows_place(bytes);
        const file good = code_at(bytes, place);
        const std::size_t messages = 32 + 32 * (std::size_t{1} << bits);
        const auto is_refused = [&](const file& code) {
            const file changed = with_code(bytes, place, code);
            return refusal(changed) == std::pair(errc::corrupt, std::uint64_t{place}) &&
                   reason(changed).find("a code of rows that is none in the numbers of a table") != std::string::npos;
        };
        for (const std::size_t sum : {std::size_t{0}, std::size_t{30}, std::size_t{32}, messages - 2}) {  // of classes, of entries
            INFO(bits << " bits, frequency at " << sum);
            file code = good;
            code[sum] ^= std::byte{1};
            CHECK(is_refused(code));
        }
        for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{32}, messages - 1, messages, messages + 11, messages + 12}) {
            INFO(bits << " bits, " << size << " bytes");
            CHECK(is_refused(file(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))));
        }
        file longer = good;
        longer.push_back({});
        CHECK(is_refused(longer));
        file shorter = good;  // perhaps the code of other rows
        shorter.pop_back();
        CHECK(refusal(with_code(bytes, place, shorter)));
        for (std::size_t message = 0; message < 3; ++message) {
            file code = good;
            code[messages + 4 * message + 3] = std::byte{0xff};
            CHECK(is_refused(code));
            code = good;
            code[messages + 4 * message] ^= std::byte{1};
            CHECK(is_refused(code));
        }
    }
}

TEST_CASE("m1 file: planes and codes of bytes that are none are refused at their plane", "[m1]") {
    const file bytes = write_m1(content_with_rows(4));
    const std::size_t stored = detail::m1_header::size + 4 + 6;  // the lower bytes of `bytes`: 257 rows of 32, evenly spread
    REQUIRE(bytes[stored] == std::byte{0});
    const file plane = code_at(bytes, stored);
    REQUIRE(plane.size() == 257 * 32);
    const auto is_refused = [&](const file& changed, std::size_t place, const char* why) {
        return refusal(changed) == std::pair(errc::corrupt, std::uint64_t{place}) && reason(changed).find(why) != std::string::npos;
    };
    file code = plane;
    code.push_back({});
    CHECK(is_refused(with_code(bytes, stored, code), stored, "a wrong size in the numbers of bytes"));
    code.resize(plane.size() - 1);
    CHECK(is_refused(with_code(bytes, stored, code), stored, "a wrong size in the numbers of bytes"));

    const std::size_t coded = stored + 5 + plane.size();  // their upper bytes: few kinds
    REQUIRE(bytes[coded] == std::byte{1});
    const file good = code_at(bytes, coded);
    const auto is_no_code = [&](const file& other) { return is_refused(with_code(bytes, coded, other), coded, "a code that is none"); };
    for (const std::size_t sum : {std::size_t{0}, std::size_t{510}}) {
        code = good;
        code[sum] ^= std::byte{1};
        CHECK(is_no_code(code));
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{511}, std::size_t{512}, std::size_t{523}, std::size_t{524}}) {
        INFO(size << " bytes");
        CHECK(is_no_code(file(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))));
    }
    code = good;
    code.push_back({});
    CHECK(is_no_code(code));
    for (std::size_t message = 0; message < 3; ++message) {
        code = good;
        code[512 + 4 * message + 3] = std::byte{0xff};
        CHECK(is_no_code(code));
        code = good;
        code[512 + 4 * message] ^= std::byte{1};
        CHECK(is_no_code(code));
    }

    // A plane behind the last one.
    file longer = bytes;
    longer.insert(longer.end() - 4, std::byte{0});
    const std::size_t payload = load_little<std::uint32_t>(bytes.data() + detail::m1_header::payload);
    store_little(longer.data() + detail::m1_header::payload, static_cast<std::uint32_t>(payload + 1));
    longer = resealed(std::move(longer));
    CHECK(is_refused(longer, bytes.size() - 4, "goes on behind its numbers"));
}

TEST_CASE("m1 file: an entry out of range is refused in rows too", "[m1]") {
    for (const unsigned bits : {4u, 8u}) {
        m1_content content = content_with_rows(bits);
        const file bytes = write_m1(content);
        std::vector<std::int8_t>& table = content.tables[0];
        table[100] = static_cast<std::int8_t>(bits == 4 ? -8 : -128);
        const file changed = with_code(bytes, rows_place(bytes), bits == 4 ? detail::code_rows<4>(table, 32) : detail::code_rows<8>(table, 32));
        CHECK(reason(changed).find("numbers out of range in a table") != std::string::npos);
    }
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
    const m1_shape huge{.layers = 32, .heads = 32, .shared = 1, .head_width = 128, .context = 4096, .tables = {}};  // a gigabyte a lane
    CHECK(fault_of(huge) != nullptr);
    content.shape = huge;
    CHECK(code_of(content) == errc::bad_parameter);
}
