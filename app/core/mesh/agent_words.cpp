#include "app/core/mesh/agent_words.h"

#include "nodeservice/client/agent_sentences.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <vector>

namespace tessera::app {

namespace {

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(AgentWords)
};

/// By the order of agent_says::kAll.
constexpr const char* kWords[] = {
    QT_TRANSLATE_NOOP("AgentWords",
                      "the identity provider gave no refresh token: the sign-in ends with its access token"),
    QT_TRANSLATE_NOOP("AgentWords", "the sign-in ends with the agent: %1"),
    QT_TRANSLATE_NOOP("AgentWords", "you are not signed in to '%1': %2"),
    QT_TRANSLATE_NOOP("AgentWords", "you are not signed in to '%1'"),
    QT_TRANSLATE_NOOP("AgentWords", "the sign-in to '%1' has ended"),
    QT_TRANSLATE_NOOP("AgentWords", "the identity provider has ended the sign-in"),
    QT_TRANSLATE_NOOP("AgentWords", "another agent has signed out"),
    QT_TRANSLATE_NOOP("AgentWords", "you have signed out"),
    QT_TRANSLATE_NOOP("AgentWords", "nobody has signed in within ten minutes"),
    QT_TRANSLATE_NOOP("AgentWords", "the sign-in was given up"),
    QT_TRANSLATE_NOOP("AgentWords", "the identity provider has no page to sign in at"),
    QT_TRANSLATE_NOOP("AgentWords", "the identity provider gave no refresh token"),
    QT_TRANSLATE_NOOP("AgentWords", "that was the sign-in of %1, and you are signed in as %2"),
    QT_TRANSLATE_NOOP("AgentWords", "the identity provider says: %1"),
    QT_TRANSLATE_NOOP("AgentWords", "another identity provider has answered"),
    QT_TRANSLATE_NOOP("AgentWords", "the identity provider has answered without a code"),
    QT_TRANSLATE_NOOP("AgentWords", "cannot reach the identity provider at '%1': %2"),
    QT_TRANSLATE_NOOP("AgentWords", "run 'tessera login %1'"),
    QT_TRANSLATE_NOOP("AgentWords", "is this machine online, and is the profile's issuer right?"),
    QT_TRANSLATE_NOOP("AgentWords", "sign in as the same person"),
    QT_TRANSLATE_NOOP("AgentWords", "try again"),
};
static_assert(std::size(kWords) == client::agent_says::kAll.size());

/// One of the agent's sentences as a pattern whose groups are its places.
QRegularExpression patternOf(std::string_view sentence) {
    QString pattern =
        QRegularExpression::escape(QString::fromUtf8(sentence.data(), static_cast<qsizetype>(sentence.size())));
    pattern.replace(QRegularExpression::escape(QStringLiteral("{}")), QStringLiteral("(.*?)"));
    return QRegularExpression(QRegularExpression::anchoredPattern(pattern),
                              QRegularExpression::DotMatchesEverythingOption);
}

const std::vector<QRegularExpression>& patterns() {
    static const std::vector<QRegularExpression> all = [] {
        std::vector<QRegularExpression> made;
        for (const std::string_view sentence : client::agent_says::kAll) {
            made.push_back(patternOf(sentence));
        }
        return made;
    }();
    return all;
}

QString worded(const QString& said) {
    for (std::size_t at = 0; at < patterns().size(); ++at) {
        const QRegularExpressionMatch match = patterns()[at].match(said);
        if (!match.hasMatch()) {
            continue;
        }
        const QString words = Texts::tr(kWords[at]);
        switch (match.lastCapturedIndex()) {
            case 0:
                return words;
            case 1:
                return words.arg(worded(match.captured(1)));
            default:
                return words.arg(worded(match.captured(1)), worded(match.captured(2)));
        }
    }
    constexpr QLatin1String kBehind(": ");
    const qsizetype behind = said.indexOf(kBehind);
    return behind < 0 ? said : said.left(behind + kBehind.size()) + worded(said.mid(behind + kBehind.size()));
}

}  // namespace

QString agentWords(const std::string& said) {
    return worded(QString::fromStdString(said));
}

Error agentWords(Error error) {
    error.message = agentWords(error.message).toStdString();
    error.hint = agentWords(error.hint).toStdString();
    return error;
}

}  // namespace tessera::app
