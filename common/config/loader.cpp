#include "common/config/loader.h"

#include "common/config/references.h"
#include "common/strings.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

namespace tessera::config {

namespace {

class Reader {
  public:
    Reader(std::string origin, ReferenceContext context) : origin_(std::move(origin)), context_(std::move(context)) {}

    /// What is wrong is kept in errors, and has its default in the section, or no value.
    Section readSection(const YAML::Node& node, const std::vector<Property>& properties, const std::string& what) {
        const bool is_map = node.IsMap();
        std::set<std::string> misspelt;
        if (is_map) {
            misspelt = checkKeys(node, properties);
        } else {
            keep(error(node.Mark(), what + " must be a section of keys and values, and is " + kindOf(node)),
                 node.Mark());
        }
        Section section(origin_, node.Mark().line + 1, node.Mark().column + 1);
        for (const Property& property : properties) {
            const YAML::Node child = is_map ? node[property.name] : YAML::Node(YAML::NodeType::Undefined);
            if (child.IsDefined()) {
                auto value = readValue(child, property);
                if (value) {
                    section.add(property.name, std::move(*value));
                    continue;
                }
                keep(std::move(value).error(), child.Mark());
            } else if (is_map && property.required && !misspelt.contains(property.name)) {
                keep(error(node.Mark(), "'" + property.name + "' is missing in " + what,
                           property.example.empty() ? property.doc : "for example: " + property.example),
                     node.Mark());
            }
            section.add(property.name, defaultOf(property));
        }
        return section;
    }

    /// In the order of the file.
    std::vector<Error> takeErrors() {
        std::stable_sort(errors_.begin(), errors_.end(),
                         [](const Kept& left, const Kept& right) { return left.line < right.line; });
        std::vector<Error> errors;
        for (Kept& kept : errors_) {
            errors.push_back(std::move(kept.error));
        }
        return errors;
    }

    Error error(const YAML::Mark& mark, std::string message, std::string hint = {}) const {
        std::string place = origin_;
        if (mark.line >= 0) {
            place += ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
        }
        return fail(ErrorCode::kInvalidArgument, place + ": " + message, std::move(hint));
    }

  private:
    static std::string kindOf(const YAML::Node& node) {
        switch (node.Type()) {
            case YAML::NodeType::Scalar:
                return "a single value";
            case YAML::NodeType::Sequence:
                return "a list";
            case YAML::NodeType::Map:
                return "a section";
            default:
                return "empty";
        }
    }

    struct Kept {
        int line;
        Error error;
    };

    void keep(Error error, const YAML::Mark& mark) { errors_.push_back({mark.line, std::move(error)}); }

    /// The names that unknown keys were probably meant to be, of which their errors speak.
    std::set<std::string> checkKeys(const YAML::Node& node, const std::vector<Property>& properties) {
        std::vector<std::string> known;
        for (const Property& property : properties) {
            known.push_back(property.name);
        }
        std::set<std::string> seen;
        std::set<std::string> misspelt;
        for (const auto& entry : node) {
            const YAML::Mark mark = entry.first.Mark();
            const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
            if (std::find(known.begin(), known.end(), key) == known.end()) {
                keep(error(mark, "unknown key '" + key + "'", suggestion(key, known)), mark);
                misspelt.insert(nearest(key, known));
            } else if (!seen.insert(key).second) {
                keep(error(mark, "the key '" + key + "' stands here a second time", "remove one of them"), mark);
            }
        }
        return misspelt;
    }

    Value defaultOf(const Property& property) {
        if (property.default_value) {
            auto value = readValue(YAML::Load(*property.default_value), property);
            if (value) {
                // No line: that is how `config show` and messages know a default.
                value->line = value->column = 0;
                return std::move(*value);
            }
            keep(std::move(value).error(), YAML::Mark::null_mark());
        }
        Value value;
        value.type = property.type;
        if (property.type == PropertyType::kSection) {
            Section section(origin_, 0, 0);
            for (const Property& child : property.children) {
                section.add(child.name, defaultOf(child));
            }
            value.sections.push_back(std::move(section));
        }
        return value;
    }

    Result<Value> readValue(const YAML::Node& node, const Property& property) {
        Value value;
        value.type = property.type;
        value.present = true;
        value.line = node.Mark().line + 1;
        value.column = node.Mark().column + 1;
        switch (property.type) {
            case PropertyType::kTextList:
            case PropertyType::kSectionList:
                TSR_TRY(readList(node, property, value));
                break;
            case PropertyType::kTextMap:
            case PropertyType::kSecretMap:
                TSR_TRY(readMap(node, property, value));
                break;
            case PropertyType::kSection:
                value.sections.push_back(readSection(node, property.children, "'" + property.name + "'"));
                break;
            default:
                TSR_TRY(readScalar(node, property, value));
        }
        return value;
    }

    Result<> readList(const YAML::Node& node, const Property& property, Value& value) {
        if (!node.IsSequence()) {
            return error(node.Mark(), "'" + property.name + "' must be a list, and is " + kindOf(node),
                         "write its entries on lines of their own that begin with '- ', or []");
        }
        for (const YAML::Node& item : node) {
            if (property.type == PropertyType::kTextList) {
                value.list.push_back(TSR_TRY(scalarText(item, "an entry of '" + property.name + "'")));
            } else {
                value.sections.push_back(readSection(item, property.children, "an entry of '" + property.name + "'"));
            }
        }
        return {};
    }

    Result<> readMap(const YAML::Node& node, const Property& property, Value& value) {
        if (!node.IsMap()) {
            return error(node.Mark(), "'" + property.name + "' must be a map of names to texts, and is " + kindOf(node),
                         "write 'name: value' on lines of their own, or {}");
        }
        std::set<std::string> seen;
        for (const auto& entry : node) {
            const std::string key = TSR_TRY(scalarText(entry.first, "a name in '" + property.name + "'"));
            if (!seen.insert(key).second) {
                return error(entry.first.Mark(), "'" + key + "' stands a second time in '" + property.name + "'");
            }
            std::string text = TSR_TRY(scalarText(entry.second, "'" + property.name + "." + key + "'"));
            if (property.type == PropertyType::kSecretMap) {
                value.secrets.emplace_back(key, Secret(text));
            } else {
                value.map.emplace_back(key, std::move(text));
            }
        }
        return {};
    }

    Result<std::string> scalarText(const YAML::Node& node, const std::string& what) const {
        if (!node.IsScalar()) {
            return error(node.Mark(), what + " must be a single value, and is " + kindOf(node));
        }
        auto expanded = expandReferences(node.Scalar(), context_);
        if (!expanded) {
            Error failed = std::move(expanded).error();
            return error(node.Mark(), failed.message, failed.hint);
        }
        return std::move(*expanded);
    }

    Result<> readScalar(const YAML::Node& node, const Property& property, Value& value) {
        const std::string text = TSR_TRY(scalarText(node, "'" + property.name + "'"));
        value.shown = holdsReference(node.Scalar()) ? node.Scalar() : text;
        switch (property.type) {
            case PropertyType::kInteger:
                return readInteger(node, property, text, value);
            case PropertyType::kBoolean:
                if (text != "true" && text != "false") {
                    return error(node.Mark(), "'" + property.name + "' must be true or false, and is '" + text + "'");
                }
                value.boolean = text == "true";
                return {};
            case PropertyType::kAddress:
                return readAddress(node, property, text, value);
            case PropertyType::kPath:
                value.text = text.empty() ? std::string() : (context_.folder / text).lexically_normal().string();
                return {};
            case PropertyType::kSecret:
                value.secret = Secret(text);
                return {};
            default:
                break;
        }
        const auto& choices = property.choices;
        if (!choices.empty() && std::find(choices.begin(), choices.end(), text) == choices.end()) {
            return error(node.Mark(), "'" + property.name + "' cannot be '" + text + "'", suggestion(text, choices));
        }
        value.text = text;
        return {};
    }

    Result<> readInteger(const YAML::Node& node, const Property& property, const std::string& text, Value& value) {
        const char* end = text.data() + text.size();
        const auto [stop, code] = std::from_chars(text.data(), end, value.integer);
        if (code != std::errc() || stop != end) {
            return error(node.Mark(), "'" + property.name + "' must be an integer, and is '" + text + "'");
        }
        if ((property.least && value.integer < *property.least) || (property.most && value.integer > *property.most)) {
            const std::string unit = property.unit.empty() ? "" : " " + property.unit;
            return error(node.Mark(), "'" + property.name + "' must be " +
                                          (property.least ? "at least " + std::to_string(*property.least) : "") +
                                          (property.least && property.most ? " and " : "") +
                                          (property.most ? "at most " + std::to_string(*property.most) : "") + unit +
                                          ", and is " + text);
        }
        return {};
    }

    Result<> readAddress(const YAML::Node& node, const Property& property, const std::string& text, Value& value) {
        const std::size_t colon = text.rfind(':');
        int port = -1;
        if (colon != std::string::npos && colon > 0) {
            const char* end = text.data() + text.size();
            const auto [stop, code] = std::from_chars(text.data() + colon + 1, end, port);
            port = code == std::errc() && stop == end ? port : -1;
        }
        if (port < 0 || port > 65535) {
            return error(
                node.Mark(), "'" + property.name + "' must be host:port, and is '" + text + "'",
                "for example: " + (property.example.empty() ? std::string("127.0.0.1:7410") : property.example));
        }
        value.text = text;
        return {};
    }

    std::string origin_;
    ReferenceContext context_;
    std::vector<Kept> errors_;
};

}  // namespace

Reading parseAll(const std::string& text, const std::string& origin, const std::filesystem::path& folder,
                 const Schema& schema, const References& references) {
    Reader reader(origin, ReferenceContext{folder, references});
    try {
        Section section = reader.readSection(YAML::Load(text), schema.properties, "the file");
        return {std::move(section), reader.takeErrors()};
    } catch (const YAML::Exception& exception) {
        Reading reading;
        reading.errors.push_back(reader.error(exception.mark, "this is not valid YAML: " + exception.msg));
        return reading;
    }
}

Result<Section> parse(const std::string& text, const std::string& origin, const std::filesystem::path& folder,
                      const Schema& schema, const References& references) {
    Reading reading = parseAll(text, origin, folder, schema, references);
    if (!reading.errors.empty()) {
        return std::move(reading.errors.front());
    }
    return std::move(*reading.section);
}

Result<Section> load(const std::filesystem::path& file, const Schema& schema, const References& references) {
    std::error_code ignored;
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    if (!in.is_open() || std::filesystem::is_directory(file, ignored)) {
        const int code = in.is_open() ? EISDIR : errno;
        return fail(code == ENOENT ? ErrorCode::kNotFound : ErrorCode::kInvalidArgument,
                    "cannot read the configuration '" + file.string() + "': " + std::strerror(code));
    }
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const std::filesystem::path folder = std::filesystem::absolute(file, ignored).parent_path();
    return parse(text, file.string(), folder, schema, references);
}

}  // namespace tessera::config
