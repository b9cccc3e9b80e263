// SPDX-License-Identifier: MIT
// A transformer's float weights in a .safetensors file: 8 bytes of length, a header in JSON, the tensors.

#include "safetensors.hpp"

#include "plain_text.hpp"

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <unordered_set>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace program {
namespace {

using equinfo::errc;
using equinfo::m1_content;
using equinfo::m1_shape;
using nlohmann::json;          // for reading: the other one looks through all keys for each, and a header may have 100,000
using nlohmann::ordered_json;  // for writing

constexpr std::size_t length_size = 8;
constexpr std::size_t most_header = std::size_t{1} << 20;
constexpr std::size_t bytes_at_once = std::size_t{1} << 16;
constexpr std::pair<int, int> usual_exponents{6, 12};

[[noreturn]] void refuse(errc code, std::uint64_t offset, const std::string& what) {
    equinfo::detail::throw_error(code, offset, what);
}

/// Names come from the file, so they may hold anything.
std::string in_quotes(std::string_view name) {
    return '"' + escaped(equinfo::text_of(name.substr(0, 100))) + '"';
}

// ---- the tensors

/// A tensor's name and shape, and how a float becomes one of its integers: round(float * times / over), within a range.
/// Of a matrix, `times` is 2^exponent instead, and exponent - shift_below the shift of its sums (docs/m1.md, section 7).
struct tensor_form {
    std::string name;
    std::vector<std::uint64_t> shape;
    std::int32_t least;
    std::int32_t most;
    double times = 1;
    double over = 1;
    int shift_below = 0;

    [[nodiscard]] std::uint64_t size() const {
        std::uint64_t product = 1;
        for (const std::uint64_t side : shape) {
            product *= side;
        }
        return product;
    }
};

/// Calls visit(form, numbers, shift) for every tensor; shift is nullptr where it is no matrix. `content` may be const, and may
/// have no numbers yet.
template <class Content, class Visit>
void visit_forms(Content& content, Visit visit) {
    const m1_shape& shape = content.shape;
    decltype(&content.mix.shift) no_shift = nullptr;
    const auto matrix = [&](std::string name, auto& m, std::size_t rows, std::size_t columns, int shift_below) {
        visit(tensor_form{std::move(name), {rows, columns}, -127, 127, 1, 1, shift_below}, m.weights, &m.shift);
    };
    visit(tensor_form{"bytes", {257, shape.width}, -32767, 32767, 1024}, content.bytes, no_shift);
    const bool wide = shape.table_bits == 8;
    for (std::size_t t = 0; t < shape.tables.size(); ++t) {
        visit(tensor_form{"tables." + std::to_string(t), {std::uint64_t{1} << shape.tables[t].row_bits, shape.columns},
                          wide ? -127 : -7, wide ? 127 : 7, wide ? 64.0 : 4.0},
              content.tables[t], no_shift);
    }
    matrix("mix", content.mix, shape.width, shape.mix_width(), 4);
    for (std::size_t i = 0; i < shape.layers; ++i) {
        auto& layer = content.layers[i];
        const std::string name = "layers." + std::to_string(i) + ".";
        const double unit = shape.head_width >= 64 ? 16 : 22;
        matrix(name + "qkv", layer.qkv, shape.qkv_width(), shape.width, 1);
        visit(tensor_form{name + "temperature", {shape.heads}, 0, (1 << 17) / static_cast<std::int32_t>(shape.head_width),
                          1 << 19, unit * unit},
              layer.heat, no_shift);
        visit(tensor_form{name + "relative", {shape.heads, shape.context_of(i)}, -32767, 32767, 32}, layer.relative, no_shift);
        matrix(name + "out", layer.out, shape.width, shape.query_width(), 4);
        matrix(name + "up", layer.up, shape.up_width(), shape.width, 3);
        matrix(name + "down", layer.down, shape.width, shape.hidden, 6);
    }
    matrix("symbols", content.symbols, 256, shape.width, 4);
    visit(tensor_form{"bias", {256}, -(1 << 24), 1 << 24, 256}, content.bias, no_shift);
}

// ---- the metadata

class metadata {
public:
    metadata(const json& header, std::uint64_t offset) : m_offset(offset) {
        const auto found = header.find("__metadata__");
        if (found == header.end() || !found->is_object()) {
            refuse(errc::corrupt, m_offset, "safetensors file without \"__metadata__\": it says nothing of a transformer");
        }
        m_values = &*found;
    }

    [[nodiscard]] std::string text(const char* name) const {
        const auto found = m_values->find(name);
        if (found == m_values->end() || !found->is_string()) {
            refuse(errc::corrupt, m_offset, "the metadata of the safetensors file have no " + in_quotes(name));
        }
        return found->get<std::string>();
    }
    [[nodiscard]] bool has(const char* name) const { return m_values->contains(name); }
    [[nodiscard]] unsigned number(const char* name) const { return number_in(text(name), name); }

    /// "0:2:14,1:1:15": parts between commas, each of `count` numbers between colons.
    [[nodiscard]] std::vector<std::vector<unsigned>> lists(const char* name, std::size_t count) const {
        std::vector<std::vector<unsigned>> result;
        for (const std::string& part : split(text(name), ',')) {
            std::vector<unsigned>& list = result.emplace_back();
            for (const std::string& number : split(part, ':')) {
                list.push_back(number_in(number, name));
            }
            if (list.size() != count) {
                refuse(errc::corrupt, m_offset, "metadata " + in_quotes(name) + ": " + in_quotes(part) + " are not " +
                                                    std::to_string(count) + " numbers with colons between");
            }
        }
        return result;
    }

    /// "mix=8,symbols=9".
    [[nodiscard]] std::map<std::string, int> pairs(const char* name) const {
        std::map<std::string, int> result;
        for (const std::string& part : split(text(name), ',')) {
            const std::size_t sign = part.find('=');
            if (sign == std::string::npos) {
                refuse(errc::corrupt, m_offset, "metadata " + in_quotes(name) + ": " + in_quotes(part) + " is no NAME=NUMBER");
            }
            if (!result.emplace(part.substr(0, sign), static_cast<int>(number_in(part.substr(sign + 1), name))).second) {
                refuse(errc::corrupt, m_offset, "metadata " + in_quotes(name) + " names " + in_quotes(part.substr(0, sign)) + " twice");
            }
        }
        return result;
    }

    [[noreturn]] void refuse_value(const std::string& what) const { refuse(errc::bad_parameter, m_offset, what); }

private:
    /// An empty text has no parts, any other one more than it has `between`.
    [[nodiscard]] static std::vector<std::string> split(const std::string& text, char between) {
        std::vector<std::string> parts;
        if (text.empty()) {
            return parts;
        }
        for (std::size_t at = 0;;) {
            const std::size_t end = text.find(between, at);
            parts.push_back(text.substr(at, end - at));
            if (end == std::string::npos) {
                return parts;
            }
            at = end + 1;
        }
    }

    [[nodiscard]] unsigned number_in(const std::string& digits, const char* name) const {
        unsigned value = 0;
        const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (fault != std::errc() || end != digits.data() + digits.size() || value > 65536) {
            refuse(errc::corrupt, m_offset,
                   "metadata " + in_quotes(name) + ": " + in_quotes(digits) + " is no number, or too large");
        }
        return value;
    }

    const json* m_values = nullptr;
    std::uint64_t m_offset;
};

m1_shape shape_of(const metadata& values) {
    if (values.text("format") != "equinfo-m1" || values.text("version") != "1") {
        values.refuse_value("the safetensors file holds format " + in_quotes(values.text("format")) + " of version " +
                            in_quotes(values.text("version")) + ", and only \"equinfo-m1\" of version \"1\" is known here");
    }
    m1_shape shape;
    shape.width = values.number("width");
    shape.layers = values.number("layers");
    shape.heads = values.number("heads");
    shape.shared = values.number("shared");
    shape.head_width = values.number("head_width");
    shape.hidden = values.number("hidden");
    if (values.has("feed")) {
        const std::string name = values.text("feed");
        const auto feed = equinfo::m1_feed_of(name);
        if (!feed) {
            values.refuse_value("metadata \"feed\": " + in_quotes(name) + " is neither \"squared\", \"gated\" nor \"swiglu\"");
        }
        shape.feed = *feed;
    }
    shape.context = values.number("context");
    if (values.has("contexts")) {
        for (const std::vector<unsigned>& context : values.lists("contexts", 1)) {
            shape.contexts.push_back(context[0]);
        }
        if (shape.contexts.empty()) {
            values.refuse_value("metadata \"contexts\" has no numbers");
        }
    }
    shape.table_bits = values.number("table_bits");
    for (const std::vector<unsigned>& table : values.lists("tables", 3)) {
        const auto kind = static_cast<equinfo::m1_table_kind>(std::min(table[0], 255u));
        shape.tables.push_back({kind, table[1], table[2]});
    }
    shape.columns = shape.tables.empty() ? 0 : values.number("columns");
    if (const char* const fault = equinfo::fault_of(shape)) {
        values.refuse_value(std::string("the metadata of the safetensors file: ") + fault);
    }
    return shape;
}

// ---- reading

enum class float_type { f32, f16, bf16 };

float half_to_float(std::uint16_t bits) {
    const auto mantissa = static_cast<float>(bits & 0x3FF);
    const int exponent = bits >> 10 & 31;
    const float size = exponent == 31 ? (mantissa == 0 ? HUGE_VALF : NAN)
                       : exponent == 0 ? std::ldexp(mantissa, -24)
                                       : std::ldexp(mantissa + 1024, exponent - 25);
    return (bits & 0x8000) != 0 ? -size : size;
}

class reader {
public:
    explicit reader(source& in) : m_in(in), m_room(bytes_at_once) {}

    quantised_weights read() {
        read_header();
        const metadata values(m_header, length_size);
        m1_content& content = m_made.content;
        content.shape = shape_of(values);
        content.tables.resize(content.shape.tables.size());
        content.layers.resize(content.shape.layers);
        if (values.has("exponents")) {
            m_exponents = values.pairs("exponents");
        }
        find_tensors();
        for (const place& p : m_places) {
            read_place(p);
        }
        if (equinfo::read_fully(m_in, std::span(m_room).first(1)) != 0) {
            refuse(errc::corrupt, m_offset, "the safetensors file goes on behind its last tensor");
        }
        return std::move(m_made);
    }

private:
    struct place {
        tensor_form form;
        std::variant<std::vector<std::int8_t>*, std::vector<std::int16_t>*, std::vector<std::int32_t>*> numbers;
        unsigned* shift;
        float_type type = float_type::f32;
        std::uint64_t begin = 0;  // in the data
        std::uint64_t end = 0;
    };

    /// Exactly so many bytes; they hold until the next call.
    std::span<const std::byte> take(std::size_t size, const std::string& what) {
        const std::size_t got = equinfo::read_fully(m_in, std::span(m_room).first(size));
        m_offset += got;
        if (got != size) {
            refuse(errc::truncated, m_offset, "the safetensors file ends within " + what);
        }
        return std::span<const std::byte>(m_room).first(size);
    }

    void read_header() {
        const auto length = equinfo::load_little<std::uint64_t>(take(length_size, "its first 8 bytes").data());
        if (length > most_header) {
            refuse(errc::bad_magic, 0, "not a safetensors file, or one with a header of more than 1 MiB");
        }
        std::string text;
        while (text.size() < length) {
            const std::size_t size = std::min<std::size_t>(bytes_at_once, static_cast<std::size_t>(length) - text.size());
            text += equinfo::string_of(equinfo::text_of(take(size, "its header")));
        }
        if (!text.starts_with('{')) {
            refuse(errc::bad_magic, length_size, "not a safetensors file");
        }
        // A name that stands twice in an object would be the last one's alone.
        std::vector<std::unordered_set<std::string>> names;
        const auto is_new = [&names](int, json::parse_event_t event, const json& parsed) {
            if (event == json::parse_event_t::object_start) {
                names.emplace_back();
            } else if (event == json::parse_event_t::object_end) {
                names.pop_back();
            } else if (event == json::parse_event_t::key && !names.back().insert(parsed.get<std::string>()).second) {
                refuse(errc::corrupt, length_size, "the header of the safetensors file has " + in_quotes(parsed.get<std::string>()) + " twice");
            }
            return true;
        };
        try {
            m_header = json::parse(text, is_new);
        } catch (const json::parse_error& fault) {
            refuse(errc::corrupt, length_size + fault.byte - 1, "the header of the safetensors file is no JSON");
        } catch (const json::exception&) {  // a number that no double holds
            refuse(errc::corrupt, length_size, "the header of the safetensors file is no JSON that is read here");
        }
    }

    /// Matches what the shape asks for with what the header offers, in the order of the file.
    void find_tensors() {
        m1_content& content = m_made.content;
        std::size_t known_exponents = 0;
        visit_forms(content, [&](tensor_form form, auto& numbers, unsigned* shift) {
            known_exponents += shift != nullptr ? m_exponents.count(form.name) : 0;
            if (form.size() != 0) {
                m_places.push_back({std::move(form), &numbers, shift});
            } else if (shift != nullptr) {  // no tables, nothing to mix
                *shift = shift_of(form, exponent_of(form, 0));
            }
        });
        if (known_exponents != m_exponents.size()) {
            refuse(errc::corrupt, length_size, "metadata \"exponents\" names what is no matrix of this transformer");
        }
        for (place& p : m_places) {
            describe(p);
        }
        const auto is_there = [&](const std::string& name) {
            return std::ranges::any_of(m_places, [&name](const place& p) { return p.form.name == name; });
        };
        for (const auto& [name, entry] : m_header.items()) {
            if (name != "__metadata__" && !is_there(name)) {
                refuse(errc::corrupt, length_size, "tensor " + in_quotes(name) + " has no place in this transformer");
            }
        }
        std::ranges::sort(m_places, {}, &place::begin);
        std::uint64_t end = 0;
        std::string before = "the header";
        for (const place& p : m_places) {
            const std::string name = "tensor " + in_quotes(p.form.name);
            if (p.begin != end) {
                refuse(errc::corrupt, m_offset + p.begin,
                       name + (p.begin < end ? " overlaps with " : " leaves a gap behind ") + before);
            }
            end = p.end;
            before = name;
        }
    }

    void describe(place& p) const {
        const std::string name = "tensor " + in_quotes(p.form.name);
        const auto found = m_header.find(p.form.name);
        if (found == m_header.end()) {
            refuse(errc::corrupt, length_size, "the safetensors file has no " + name);
        }
        const auto type = found->is_object() ? found->find("dtype") : found->end();
        const auto shape = found->is_object() ? found->find("shape") : found->end();
        const auto offsets = found->is_object() ? found->find("data_offsets") : found->end();
        if (type == found->end() || shape == found->end() || offsets == found->end() || !offsets->is_array() ||
            offsets->size() != 2 || !(*offsets)[0].is_number_unsigned() || !(*offsets)[1].is_number_unsigned()) {
            refuse(errc::corrupt, length_size, name + " lacks dtype, shape or data_offsets");
        }
        if (*type != "F32" && *type != "F16" && *type != "BF16") {
            refuse(errc::corrupt, length_size, name + " is of another dtype than F32, F16 and BF16");
        }
        p.type = *type == "F32" ? float_type::f32 : *type == "F16" ? float_type::f16 : float_type::bf16;
        const auto is_whole = [](const json& side) { return side.is_number_unsigned(); };  // 256.0 equals 256
        if (*shape != json(p.form.shape) || !std::ranges::all_of(*shape, is_whole)) {
            refuse(errc::corrupt, length_size, name + " should have the shape " + json(p.form.shape).dump());
        }
        p.begin = (*offsets)[0].get<std::uint64_t>();
        p.end = (*offsets)[1].get<std::uint64_t>();
        const std::uint64_t size = p.form.size() * bytes_of(p.type);
        if (p.begin > (std::uint64_t{1} << 48) || p.end < p.begin || p.end - p.begin != size) {
            refuse(errc::corrupt, length_size, name + ": data_offsets that do not fit its shape and dtype");
        }
    }

    void read_place(const place& p) {
        std::visit([&](auto* numbers) { read_tensor(p, *numbers); }, p.numbers);
    }

    template <class Number>
    void read_tensor(const place& p, std::vector<Number>& numbers) {
        const auto add = [&](float value, double times) {
            const double exact = std::round(static_cast<double>(value) * times / p.form.over);
            const double least = p.form.least;
            const double most = p.form.most;
            m_made.clamped += exact < least || exact > most ? 1 : 0;
            numbers.push_back(static_cast<Number>(std::clamp(exact, least, most)));
        };
        if (p.shift == nullptr) {
            read_floats(p, [&](float value) { add(value, p.form.times); });
            return;
        }
        std::vector<float> values;
        float greatest = 0;
        read_floats(p, [&](float value) {
            values.push_back(value);
            greatest = std::max(greatest, std::abs(value));
        });
        const int exponent = exponent_of(p.form, greatest);
        *p.shift = shift_of(p.form, exponent);
        for (const float value : values) {
            add(value, std::ldexp(1.0, exponent));
        }
    }

    /// As the file says, else the finest that the greatest weight fits.
    int exponent_of(const tensor_form& form, float greatest) const {
        if (const auto found = m_exponents.find(form.name); found != m_exponents.end()) {
            return found->second;
        }
        int exponent = usual_exponents.second;
        while (exponent > usual_exponents.first && std::round(std::ldexp(greatest, exponent)) > static_cast<float>(form.most)) {
            --exponent;
        }
        return exponent;
    }

    static unsigned shift_of(const tensor_form& form, int exponent) {
        const int shift = exponent - form.shift_below;
        if (shift < 0 || shift > 24) {
            refuse(errc::bad_parameter, length_size,
                   "metadata \"exponents\": " + in_quotes(form.name) + " must have " + std::to_string(form.shift_below) + " to " +
                       std::to_string(form.shift_below + 24));
        }
        return static_cast<unsigned>(shift);
    }

    template <class Visit>
    void read_floats(const place& p, Visit visit) {
        const std::size_t size = bytes_of(p.type);
        for (std::uint64_t left = p.end - p.begin; left != 0;) {
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes_at_once));
            const std::uint64_t start = m_offset;
            const auto bytes = take(count, "tensor " + in_quotes(p.form.name));
            for (std::size_t at = 0; at < count; at += size) {
                const float value = float_at(bytes.data() + at, p.type);
                if (!std::isfinite(value)) {
                    refuse(errc::corrupt, start + at, "tensor " + in_quotes(p.form.name) + " has a number that is not finite");
                }
                visit(value);
            }
            left -= count;
        }
    }

    static std::size_t bytes_of(float_type type) { return type == float_type::f32 ? 4 : 2; }

    static float float_at(const std::byte* bytes, float_type type) {
        switch (type) {
        case float_type::f16:
            return half_to_float(equinfo::load_little<std::uint16_t>(bytes));
        case float_type::bf16:
            return std::bit_cast<float>(std::uint32_t{equinfo::load_little<std::uint16_t>(bytes)} << 16);
        default:
            return std::bit_cast<float>(equinfo::load_little<std::uint32_t>(bytes));
        }
    }

    source& m_in;
    std::vector<std::byte> m_room;
    std::uint64_t m_offset = 0;  // of the next byte of the file
    json m_header;
    std::map<std::string, int> m_exponents;
    std::vector<place> m_places;
    quantised_weights m_made;
};

// ---- writing

ordered_json metadata_of(const m1_content& content) {
    const m1_shape& shape = content.shape;
    ordered_json values;
    values["format"] = "equinfo-m1";
    values["version"] = "1";
    values["width"] = std::to_string(shape.width);
    values["layers"] = std::to_string(shape.layers);
    values["heads"] = std::to_string(shape.heads);
    values["shared"] = std::to_string(shape.shared);
    values["head_width"] = std::to_string(shape.head_width);
    values["hidden"] = std::to_string(shape.hidden);
    if (shape.feed != equinfo::m1_feed::squared) {
        values["feed"] = name_of(shape.feed);
    }
    values["context"] = std::to_string(shape.context);
    if (!shape.contexts.empty()) {
        std::string contexts;
        for (const std::size_t context : shape.contexts) {
            contexts += (contexts.empty() ? "" : ",") + std::to_string(context);
        }
        values["contexts"] = contexts;
    }
    values["columns"] = std::to_string(shape.columns);
    values["table_bits"] = std::to_string(shape.table_bits);
    std::string tables;
    for (const equinfo::m1_table_shape& table : shape.tables) {
        tables += (tables.empty() ? "" : ",") + std::to_string(static_cast<unsigned>(table.kind)) + ":" +
                  std::to_string(table.order) + ":" + std::to_string(table.row_bits);
    }
    values["tables"] = tables;
    std::string exponents;
    visit_forms(content, [&](const tensor_form& form, const auto&, const unsigned* shift) {
        if (shift != nullptr) {
            exponents += (exponents.empty() ? "" : ",") + form.name + "=" +
                         std::to_string(static_cast<int>(*shift) + form.shift_below);
        }
    });
    values["exponents"] = exponents;
    return values;
}

}  // namespace

quantised_weights read_safetensors(source& in) { return reader(in).read(); }

void write_safetensors(const m1_content& content, sink_reference out) {
    ordered_json header;
    header["__metadata__"] = metadata_of(content);
    std::uint64_t end = 0;
    visit_forms(content, [&](const tensor_form& form, const auto&, const unsigned*) {
        if (form.size() != 0) {
            const std::uint64_t begin = std::exchange(end, end + 4 * form.size());
            header[form.name] = {{"dtype", "F32"}, {"shape", form.shape}, {"data_offsets", {begin, end}}};
        }
    });
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' ');
    std::vector<std::byte> bytes(length_size);
    equinfo::store_little(bytes.data(), std::uint64_t{text.size()});
    out.write(bytes);
    out.write(equinfo::bytes_of(std::string_view(text)));

    visit_forms(content, [&](const tensor_form& form, const auto& numbers, const unsigned* shift) {
        const double times = shift == nullptr ? form.times : std::ldexp(1.0, static_cast<int>(*shift) + form.shift_below);
        bytes.clear();
        for (const auto number : numbers) {
            // Exact: no number has more than 24 binary digits, with those of `over`.
            const auto value = static_cast<float>(number * form.over / times);
            bytes.resize(bytes.size() + 4);
            equinfo::store_little(bytes.data() + bytes.size() - 4, std::bit_cast<std::uint32_t>(value));
            if (bytes.size() == bytes_at_once) {
                out.write(bytes);
                bytes.clear();
            }
        }
        out.write(bytes);
    });
}

}  // namespace program
