using Portolan.Forwarding.Model;

namespace Portolan.Forwarding.Grammar;

/// <summary>
/// A forward as ssh writes it behind <c>-L</c>: <c>[BIND:]PORT:HOST:HOSTPORT</c>, <c>[BIND:]PORT:/PATH</c>, <c>/PATH:HOST:HOSTPORT</c>
/// (ssh(1)).
/// </summary>
public static class SshWord
{
    private static readonly Advice Example = $"portolan forward -L 8080:web.example.com:80";

    /// <summary>Reads it. Without BIND it listens on this host's own loopback only, as ssh does; <c>*</c> is every address.</summary>
    /// <exception cref="PortolanException">It is wrong.</exception>
    public static ForwardRange Read(string word, ForwardOptions options)
    {
        ArgumentNullException.ThrowIfNull(word);
        var where = $"-L {word}: ";
        var parts = Split(word);
        return parts switch
        {
            [['/', ..] path, ['/', ..] to] => ForwardWords.ReadRange($"unix:{path}", $"unix:{to}", options, where),
            [['/', ..] path, var host, var port] => ForwardWords.ReadRange($"unix:{path}", Join(host, port), options, where),
            [var port, ['/', ..] to] => ForwardWords.ReadRange($"127.0.0.1:{port}", $"unix:{to}", options, where),
            [var bind, var port, ['/', ..] to] => ForwardWords.ReadRange(Bind(bind, port), $"unix:{to}", options, where),
            [var port, var host, var hostPort] => ForwardWords.ReadRange($"127.0.0.1:{port}", Join(host, hostPort), options, where),
            [var bind, var port, var host, var hostPort] => ForwardWords.ReadRange(Bind(bind, port), Join(host, hostPort), options, where),
            _ => throw Errors.Usage($"'-L {word}' is not [BIND:]PORT:HOST:HOSTPORT", Example),
        };
    }

    // ssh: an empty address and * mean every one.
    private static string Bind(string bind, string port) =>
        bind is "" or "*" ? port : bind == "localhost" ? $"127.0.0.1:{port}" : Join(bind, port);

    private static string Join(string host, string port) =>
        host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";

    /// <summary>The parts between colons; those in brackets are one, without the brackets.</summary>
    private static List<string> Split(string word)
    {
        var parts = new List<string>();
        var rest = word.AsSpan();
        while (true)
        {
            var end = rest.StartsWith("[") ? rest.IndexOf(']') + 1 : 0;
            var colon = rest[end..].IndexOf(':');
            var part = colon < 0 ? rest : rest[..(end + colon)];
            parts.Add(end > 1 && part.Length == end ? part[1..^1].ToString() : part.ToString());
            if (colon < 0)
            {
                return parts;
            }

            rest = rest[(end + colon + 1)..];
        }
    }
}
