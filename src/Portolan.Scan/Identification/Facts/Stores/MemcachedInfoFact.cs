using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Stores;

/// <summary>What memcached says of itself (<c>stats</c>; memcached, doc/protocol.txt). No key is read.</summary>
internal sealed class MemcachedInfoFact()
    : ServiceFact("memcached-info", "stats: process, uptime, connections, items; no key is read", "memcached")
{
    private static readonly ServiceProbe Stats = new("memcached stats", "stats\r\n"u8);

    // The names that nmap gives them.
    private static readonly (string Word, string Key)[] Lines =
    [
        ("pid", "Process ID"), ("uptime", "Uptime"), ("time", "Server time"), ("version", "Version"), ("pointer_size", "Architecture"),
            ("rusage_user", "Used CPU (user)"), ("rusage_system", "Used CPU (system)"),
        ("curr_connections", "Current connections"), ("total_connections", "Total connections"), ("max_connections", "Maximum connections"),
            ("curr_items", "Current items"), ("bytes", "Used memory"),
        ("limit_maxbytes", "Maximum memory"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [Stats];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        var answer = await context.AskOnceAsync(Stats, static reply => reply.Span.EndsWith("END\r\n"u8)
            || reply.Span.StartsWith("ERROR"u8));
        var fields = new List<FactField>();
        foreach (var (word, key) in Lines)
        {
            if (ReplyText.Behind(answer.Span, System.Text.Encoding.ASCII.GetBytes($"STAT {word} "), []) is { } value)
            {
                fields.Add(FactField.Of(key, key switch { "Architecture" => $"{value} bit", "Uptime" => $"{value} seconds", _ => value }));
            }
        }

        return fields.Count == 0 ? null : Fact.Of(Id, fields);
    }
}
