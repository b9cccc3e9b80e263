// SPDX-License-Identifier: MIT
// The input as a model file of the integer transformer: read soundly, or refused with an equinfo::error; as changes of a file
// whose checksum is in order again; as the code of rows; and as numbers of a model, which come back.
// rounds: 1 of 10

#include <support/file_kind.hpp>
#include <support/fuzz.hpp>
#include <support/m1_contents.hpp>

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/error.hpp>
#include <equinfo/m1/model.hpp>
#include <equinfo/m1/model_file.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace {

using namespace equinfo;

std::optional<m1_content> read(std::span<const std::byte> file) {
    try {
        return read_m1(file);
    } catch (const error&) {
        return std::nullopt;  // as it should
    }
}

/// The slices tile, wherever the text leads.
void promise_sound(m1_content content, std::span<const std::uint8_t> text) {
    if (content.shape.products() > 1'000'000) {
        return;  // sound or not, it would take too long
    }
    m1_model model(std::make_shared<const m1_data>(std::move(content)));
    for (const std::uint8_t symbol : text.first(std::min<std::size_t>(text.size(), 5))) {
        const auto ends = model.predict().cumulative();
        test::promise(ends.front() == 0 && ends.back() == frequency{1} << 22, "slices fill the whole");
        test::promise(std::adjacent_find(ends.begin(), ends.end(), std::greater_equal<>()) == ends.end(), "no slice is empty");
        model.update(symbol);
    }
}

std::vector<std::byte> make_file(unsigned feed, bool has_contexts) {
    test::random_source random(3600);
    reference::m1_shape shape = {.width = 32, .layers = 1, .heads = 2, .shared = 2, .head_width = 16, .hidden = 32,
                                 .context = 16, .columns = 16, .table_bits = 4, .feed = feed, .tables = {{0, 2, 8}, {1, 1, 4}}};
    if (has_contexts) {
        shape.layers = 2;
        shape.context = 48;
        shape.contexts = {48, 16};
    }
    m1_content content = test::m1_content_of(shape, test::random_m1(shape, random));
    test::shrink_rows(content);  // so that the first table stands in rows
    return write_m1(content);
}

const std::vector<std::byte>& good_file(std::size_t number) {
    static const std::array files{make_file(0, false), make_file(1, false), make_file(0, true), make_file(2, false),
                                  make_file(2, true)};
    return files[number % files.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> input(data, size);
    if (auto content = read(bytes_of(input))) {
        promise_sound(std::move(*content), input);
    }

    // The input as a list of places and values in a good file, the header more often than the rest.
    const std::vector<std::byte>& good = good_file(size);
    std::vector<std::byte> file = good;
    for (std::size_t i = 0; i + 3 <= size && i < 30; i += 3) {
        const std::size_t place = data[i] < 200 ? data[i] % 64 : (data[i] * 256u + data[i + 1]) % (file.size() - 4);
        file[place] = static_cast<std::byte>(data[i + 2]);
    }
    if (file != good) {
        test::promise(!read(file), "a changed byte is found");
        test::mend_checksum(file);
        if (auto content = read(file)) {
            test::promise(write_m1(*content).size() <= 2 * file.size() + 65536, "what is read can be written");
            promise_sound(std::move(*content), input);
        }
    }

    // The input as the code of rows, by itself and behind frequencies that are in order: any answer, and nothing out of bounds.
    std::vector<std::uint8_t> plane(256);
    static_cast<void>(detail::decode_rows<4>(bytes_of(input), 32, plane));
    const std::vector<std::int8_t> zeros(plane.size());
    const auto with_input = [&](std::vector<std::byte> code, std::size_t frequencies) {
        code.resize(2 * frequencies);
        code.insert(code.end(), bytes_of(input).begin(), bytes_of(input).end());
        return code;
    };
    static_cast<void>(detail::decode_rows<4>(with_input(detail::code_rows<4>(zeros, 32), 16 + 16 * 16), 32, plane));
    static_cast<void>(detail::decode_rows<8>(with_input(detail::code_rows<8>(zeros, 32), 16 + 16 * 256), 32, plane));

    // The input as numbers.
    m1_content content = read_m1(good);
    std::size_t next = 0;
    detail::visit_tensors(content, [&](const char*, auto& tensor, std::int32_t least, std::int32_t most) {
        for (std::size_t i = 0; i < tensor.size() && size != 0; i += 7) {
            using entry = typename std::remove_cvref_t<decltype(tensor)>::value_type;
            const std::int64_t range = std::int64_t{most} - least + 1;
            tensor[i] = static_cast<entry>(least + (data[next++ % size] * std::int64_t{16777259} + static_cast<std::int64_t>(i)) % range);
        }
    });
    const auto again = read(write_m1(content));
    test::promise(again && *again == content, "a model file comes back");
    promise_sound(std::move(content), input);
    return 0;
}
