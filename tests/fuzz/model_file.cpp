// SPDX-License-Identifier: MIT
// The input as a model file: read soundly, or refused with an equinfo::error; as the payload of a file whose header and
// checksum are in order; and as text that a model is trained on, whose file comes back, or is refused when damaged.
// rounds: 1 of 10

#include <support/file_kind.hpp>
#include <support/fuzz.hpp>

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/error.hpp>
#include <equinfo/models/ngram_file.hpp>
#include <equinfo/models/ngram_model.hpp>
#include <equinfo/models/ngram_trainer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace {

using namespace equinfo;

std::optional<ngram_content> read(std::span<const std::byte> file) {
    try {
        return read_ngram(file);
    } catch (const error&) {
        return std::nullopt;  // as it should
    }
}

/// The slices tile, wherever the text leads.
void promise_sound(ngram_content content, std::span<const std::uint8_t> text) {
    ngram_model model(std::make_shared<const ngram_data>(std::move(content)));
    for (const std::uint8_t symbol : text.first(std::min<std::size_t>(text.size(), 20))) {
        const auto& distribution = model.predict();
        frequency low = 0;
        for (unsigned s = 0; s < 256; ++s) {
            const frequency_range range = distribution.range_of(static_cast<std::uint8_t>(s));
            test::promise(range.low == low && range.freq >= 1, "slices follow each other, none is empty");
            low += range.freq;
        }
        test::promise(low == frequency{1} << ngram_precision, "slices fill the whole");
        model.update(symbol);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> input(data, size);
    if (auto content = read(bytes_of(input))) {
        promise_sound(std::move(*content), input);
    }

    if (size >= 8) {
        // A header whose numbers are the input's, behind it the rest as payload.
        std::vector<std::byte> file = write_ngram(ngram_trainer(ngram_options{.order = 2, .max_bytes = 0}).build());
        const auto payload = bytes_of(input.subspan(8));
        file.resize(32);
        file[9] = static_cast<std::byte>(data[0] % 10);
        store_little(file.data() + 12, static_cast<std::uint32_t>(1 + data[1] + 256u * data[2]));
        store_little(file.data() + 16, static_cast<std::uint32_t>(data[3] + 256u * data[4]));
        store_little(file.data() + 20, static_cast<std::uint32_t>(payload.size()));
        file.insert(file.end(), payload.begin(), payload.end());
        file.resize(file.size() + 4);
        test::mend_checksum(file);
        if (auto content = read(file)) {
            promise_sound(std::move(*content), input);
        }
    }

    ngram_trainer trainer(ngram_options{.order = 3, .max_bytes = 0, .min_count = 1});
    trainer.feed(input);
    const ngram_content trained = trainer.build();
    std::vector<std::byte> file = write_ngram(trained);
    const auto again = read(file);
    test::promise(again && again->fingerprint() == trained.fingerprint(), "a model file comes back");
    if (size != 0) {
        file[(data[0] * 256u + data[size - 1]) % (file.size() - 4)] ^= static_cast<std::byte>(1u << data[size / 2] % 8);
        test::promise(!read(file), "a flipped bit is found");
        test::mend_checksum(file);
        if (auto content = read(file)) {
            test::promise(content->fingerprint() == trained.fingerprint(), "the fingerprint vouches for the content");
            promise_sound(std::move(*content), input);
        }
    }
    return 0;
}
