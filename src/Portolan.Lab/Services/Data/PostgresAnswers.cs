using System.Globalization;

namespace Portolan.Lab.Services.Data;

/// <summary>What the database without tables says.</summary>
internal static class PostgresAnswers
{
    /// <summary>The number of the type int4.</summary>
    internal const int Integer = 23;

    private const int Text = 25;
    private const int MaxColumns = 64;

    /// <summary>What a client is notified when it has come in.</summary>
    internal static IEnumerable<(string Name, string Value)> Parameters(ServiceCall call) =>
    [
        ("server_version", call.Setting("version", "15.0")), ("server_encoding", "UTF8"), ("client_encoding", "UTF8"),
        ("DateStyle", "ISO, MDY"),
        ("integer_datetimes", "on"), ("TimeZone", "UTC"), ("standard_conforming_strings", "on"),
    ];

    /// <summary>The tag of a statement that changes nothing here; <c>null</c> for others.</summary>
    internal static string? TagOf(string statement) => statement.Split(' ')[0].ToUpperInvariant() switch
    {
        "BEGIN" or "START" => "BEGIN",
        "COMMIT" or "END" => "COMMIT",
        "ROLLBACK" or "ABORT" => "ROLLBACK",
        "SET" => "SET",
        _ => null,
    };

    /// <summary>Answers <c>SELECT a, b</c> and <c>SHOW x</c>.</summary>
    internal static bool TryAnswer(
        string statement, Dictionary<string, string> settings, ServiceCall call, out List<(string Name, string Value, int Type)> columns)
    {
        columns = [];
        var words = statement.Split((char[])[' ', '\n', '\t'], 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 2)
        {
            return false;
        }

        if (words[0].Equals("SHOW", StringComparison.OrdinalIgnoreCase))
        {
            var found = Parameters(call).FirstOrDefault(p => p.Name.Equals(words[1], StringComparison.OrdinalIgnoreCase));
            columns.Add((found.Name ?? "", found.Value ?? "", Text));
            return found.Name is not null;
        }

        if (!words[0].Equals("SELECT", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        foreach (var expression in Split(words[1]))
        {
            if (columns.Count >= MaxColumns || Value(expression, settings, call) is not { } column)
            {
                return false;
            }

            columns.Add(column);
        }

        return columns.Count > 0;
    }

    private static (string Name, string Value, int Type)? Value(string expression, Dictionary<string, string> settings, ServiceCall call)
    {
        if (int.TryParse(expression, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return ("?column?", number.ToString(CultureInfo.InvariantCulture), Integer);
        }

        if (expression.Length >= 2 && expression[0] == '\'' && expression[^1] == '\'')
        {
            var inner = expression[1..^1].Replace("''", "\u0001", StringComparison.Ordinal);
            return inner.Contains('\'', StringComparison.Ordinal) ? null : ("?column?", inner.Replace('\u0001', '\''), Text);
        }

        var name = expression.ToLowerInvariant();
        return name switch
        {
            "version()" => ("version", $"PostgreSQL {call.Setting("version", "15.0")} (a Portolan lab)", Text),
            "now()" or "current_timestamp" =>
                (name.TrimEnd('(', ')'),
                    call.Host.Time.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss.ffffff'+00'", CultureInfo.InvariantCulture), Text),
            "current_user" or "user" or "session_user" => (name, settings.GetValueOrDefault("user", ""), Text),
            "current_database()" =>
                ("current_database", settings.GetValueOrDefault("database", settings.GetValueOrDefault("user", "")), Text),
            "inet_server_addr()" => ("inet_server_addr", call.Local.Address.ToString(), Text),
            "inet_server_port()" => ("inet_server_port", call.Local.Port.ToString(CultureInfo.InvariantCulture), Integer),
            "inet_client_addr()" => ("inet_client_addr", call.Remote.Address.ToString(), Text),
            "inet_client_port()" => ("inet_client_port", call.Remote.Port.ToString(CultureInfo.InvariantCulture), Integer),
            _ => null,
        };
    }

    // At commas outside of quotes.
    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        var isQuoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            isQuoted ^= text[i] == '\'';
            if (text[i] == ',' && !isQuoted)
            {
                yield return text[start..i].Trim();
                start = i + 1;
            }
        }

        yield return text[start..].Trim();
    }
}
