using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Stores;

/// <summary>What a Redis or Valkey without a password says of itself (INFO).</summary>
internal sealed class RedisInfoFact() : ServiceFact("redis-info", "INFO, if no password is required", "redis")
{
    private static readonly ServiceProbe Info = new("Redis INFO", "*1\r\n$4\r\nINFO\r\n"u8);

    // The names that nmap gives them.
    private static readonly (string Word, string Key)[] Lines =
    [
        ("redis_version", "Version"), ("valkey_version", "Valkey version"), ("redis_mode", "Mode"), ("os", "Operating System"),
            ("arch_bits", "Architecture"), ("process_id", "Process ID"),
        ("uptime_in_seconds", "Uptime"), ("used_cpu_sys", "Used CPU (sys)"), ("used_cpu_user", "Used CPU (user)"),
            ("connected_clients", "Connected clients"),
        ("connected_slaves", "Connected slaves"), ("used_memory_human", "Used memory"), ("role", "Role"), ("master_host", "Master host"),
            ("tcp_port", "TCP port"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [Info];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context) => Describe((await context.AskOnceAsync(Info, IsWhole)).Span);

    private Fact? Describe(ReadOnlySpan<byte> text)
    {
        // A bulk string; "-NOAUTH" and its like are none.
        if (text.IsEmpty || text[0] != '$')
        {
            return null;
        }

        var fields = new List<FactField>();
        foreach (var (word, key) in Lines)
        {
            if (ReplyText.Behind(text, System.Text.Encoding.ASCII.GetBytes($"\n{word}:"), []) is { } value)
            {
                fields.Add(FactField.Of(key, key switch { "Architecture" => $"{value} bits", "Uptime" => $"{value} seconds", _ => value }));
            }
        }

        return fields.Count == 0 ? null : Fact.Of(Id, fields);
    }

    private static bool IsWhole(ReadOnlyMemory<byte> reply)
    {
        var end = reply.Span.IndexOf("\r\n"u8);
        return end > 0
            && (reply.Span[0] != '$' || !System.Buffers.Text.Utf8Parser.TryParse(reply.Span[1..end], out int length, out _)
            || reply.Length >= end + 4L + length);
    }
}
