#include "nodeservice/identity/token/strict_json.h"

#include <string>
#include <utility>
#include <vector>

namespace tessera::identity {

namespace {

using nlohmann::json;

constexpr std::size_t kMostLevels = 16;

/// nlohmann's events, made into a value; false ends the parse. It is not recursive, and neither is this.
class Builder {
  public:
    bool null() { return add(nullptr); }

    bool boolean(bool value) { return add(value); }

    bool number_integer(json::number_integer_t value) { return add(value); }

    bool number_unsigned(json::number_unsigned_t value) { return add(value); }

    bool number_float(json::number_float_t value, const std::string&) { return add(value); }

    bool string(std::string& value) { return isText(value) && add(std::move(value)); }

    bool binary(json::binary_t&) { return refuse("binary data"); }

    bool start_object(std::size_t) { return open(json::object()); }

    bool start_array(std::size_t) { return open(json::array()); }

    bool end_object() { return close(); }

    bool end_array() { return close(); }

    bool key(std::string& name) {
        if (!isText(name)) {
            return false;
        }
        if (open_.back()->contains(name)) {
            return refuse("the member '" + name.substr(0, 64) + "' occurs twice");
        }
        key_ = std::move(name);
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const json::exception&) {
        return refuse("it is not JSON at byte " + std::to_string(position));
    }

    json take() { return std::move(root_); }

    const std::string& refusal() const { return refusal_; }

  private:
    bool refuse(std::string why) {
        refusal_ = std::move(why);
        return false;
    }

    bool isText(const std::string& text) {
        return text.find('\0') == std::string::npos || refuse("a text holds the character U+0000");
    }

    json* place(json value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        json& parent = *open_.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        return &(parent[key_] = std::move(value));
    }

    bool add(json value) {
        place(std::move(value));
        return true;
    }

    bool open(json value) {
        if (open_.size() == kMostLevels) {
            return refuse("it has more than " + std::to_string(kMostLevels) + " levels");
        }
        // Nothing is added to a container while one within it is open: the address stays.
        open_.push_back(place(std::move(value)));
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    json root_;
    std::vector<json*> open_;
    std::string key_;
    std::string refusal_;
};

}  // namespace

Result<json> parseStrictJson(std::string_view text, std::size_t most_bytes) {
    if (text.size() > most_bytes) {
        return fail(ErrorCode::kInvalidArgument, "it has more than " + std::to_string(most_bytes) + " bytes");
    }
    // The library would skip it; RFC 8259 lets a reader refuse it.
    if (text.starts_with("\xEF\xBB\xBF")) {
        return fail(ErrorCode::kInvalidArgument, "it begins with a byte order mark");
    }
    Builder builder;
    if (!json::sax_parse(text, &builder, json::input_format_t::json, true)) {
        return fail(ErrorCode::kInvalidArgument, builder.refusal());
    }
    json value = builder.take();
    if (!value.is_object()) {
        return fail(ErrorCode::kInvalidArgument, "it is not a JSON object");
    }
    return value;
}

}  // namespace tessera::identity
