using Portolan.Model;

namespace Portolan.Scan.Checking.Expectations;

/// <summary>Reads expectations.</summary>
public static class ExpectationParser
{
    private static readonly string[] Words =
        ["open", "closed", "filtered", "open|filtered", "reached", "status", "tls-days", "tls", "tls-trusted", "within", "greeting",
            "answer"];

    /// <summary>All of them in one line, for help and remedies.</summary>
    public static string Summary =>
        "open, closed, filtered, open|filtered, reached, status=200, tls-days=14+, tls=1.2+, tls-trusted, within=500ms, "
            + "greeting=TEXT, answer=TEXT";

    /// <summary>Reads one.</summary>
    public static bool TryParse(string text, out Expectation expectation, out CheckTargetProblem problem)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var word = (equals < 0 ? text : text[..equals]).ToLowerInvariant();
        var value = equals < 0 ? null : text[(equals + 1)..];
        problem = default;
        Expectation? found = (word, value) switch
        {
            ("open", null) => new StateExpectation(text, PortState.Open),
            ("closed", null) => new StateExpectation(text, PortState.Closed),
            ("filtered", null) => new StateExpectation(text, PortState.Filtered),
            ("open|filtered", null) => new StateExpectation(text, PortState.OpenFiltered),
            ("reached", null) => new ReachedExpectation(text),
            ("tls-trusted", null) => new TlsTrustedExpectation(text),
            ("status", { }) when StatusExpectation.TryParse(text, value, out var status) => status,
            ("tls-days", { }) when TlsDaysExpectation.TryParse(text, value, out var days) => days,
            ("tls", { }) when TlsVersionExpectation.TryParse(text, value, out var version) => version,
            ("within", { }) when WithinExpectation.TryParse(text, value, out var within) => within,
            ("greeting", { Length: > 0 }) => new GreetingExpectation(text, value),
            ("answer", { Length: > 0 }) => new AnswerExpectation(text, value),
            _ => null,
        };
        expectation = found!;
        problem = found is null ? Problem(word, value) : default;
        return found is not null;
    }

    private static CheckTargetProblem Problem(string word, string? value) => word switch
    {
        "status" => new("status takes HTTP status codes", $"write status=200, status=2xx or status=200,404"),
        "tls-days" => new("tls-days takes a number of days", $"write tls-days=14+"),
        "tls" => new("tls takes a version of TLS", $"write tls=1.3 or tls=1.2+"),
        "within" => new("within takes a time", $"write within=500ms or within=2s"),
        "greeting" or "answer" => new($"{word} takes a text", $"write {word}=TEXT"),
        _ when value is not null && Array.IndexOf(Words, word) >= 0 => new($"{word} takes no value", $"write {word}"),
        _ => Unknown(word),
    };

    private static CheckTargetProblem Unknown(string word)
    {
        // What other tools, and people, call the same thing.
        var meant = word switch
        {
            "refused" or "reset" or "rst" or "down" => "closed",
            "timeout" or "timed-out" or "dropped" or "unreachable" or "blocked" or "rejected" => "filtered",
            "up" or "connected" or "listening" => "open",
            "silent" or "no-answer" => "open|filtered",
            "ok" or "success" => "reached",
            "code" or "http" => "status",
            "expiry" or "cert-days" or "days" => "tls-days",
            _ => NearestWord.Find(word, Words),
        };
        return new($"unknown expectation{(meant is null ? "" : $"; did you mean {meant}?")}", $"one of: {Advice.Prose(Summary)}");
    }
}
