using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Facts.Stores;

/// <summary>
/// What MySQL and MariaDB say in their greeting (MySQL Internals, Protocol::HandshakeV10). No connection is made: a server counts those
/// that end early.
/// </summary>
internal sealed class MySqlInfoFact()
    : ServiceFact("mysql-info", "the fields of the greeting: version, thread, capabilities, login method", "mysql")
{
    // By bit, as MySQL's documentation and nmap name them.
    private static readonly string[] Capabilities =
    [
        "LongPassword", "FoundRows", "LongColumnFlag", "ConnectWithDatabase", "DontAllowDatabaseTableColumn", "SupportsCompression",
            "ODBCClient", "SupportsLoadDataLocal",
        "IgnoreSpaceBeforeParenthesis", "Speaks41ProtocolNew", "InteractiveClient", "SwitchToSSLAfterHandshake", "IgnoreSigpipes",
            "SupportsTransactions", "Speaks41ProtocolOld",
        "Support41Auth", "SupportsMultipleStatments", "SupportsMultipleResults", "SupportsPSMultipleResults", "SupportsAuthPlugins",
    ];

    /// <inheritdoc/>
    public override bool OnlyReads => true;

    /// <inheritdoc/>
    public override Task<Fact?> AskAsync(FactContext context) => Task.FromResult(Describe(context.Greeting.Span));

    private Fact? Describe(ReadOnlySpan<byte> greeting)
    {
        // Length and number of the packet, 10, version in text, a zero, thread, 8 bytes of salt, a zero, capabilities, character set,
        // status, capabilities, length of salt.
        if (greeting.Length < 5 || greeting[4] != 10)
        {
            return null;
        }

        var packet = greeting[4..];
        var end = packet[1..].IndexOf((byte)0);
        if (end < 1 || packet.Length < end + 2 + 15 || ReplyText.Of(packet.Slice(1, end)) is not { } version)
        {
            return null;
        }

        var rest = packet[(end + 2)..];
        var flags = (uint)BinaryPrimitives.ReadUInt16LittleEndian(rest[13..]);
        List<FactField> fields = [FactField.Of("Protocol", 10), FactField.Of("Version", version),
            FactField.Of("Thread ID", BinaryPrimitives.ReadUInt32LittleEndian(rest))];
        string? plugin = null;
        if (rest.Length >= 31)
        {
            flags |= (uint)BinaryPrimitives.ReadUInt16LittleEndian(rest[18..]) << 16;
            var salt = Math.Max(13, rest[20] - 8);
            plugin = rest.Length > 31 + salt && rest[(31 + salt)..].IndexOf((byte)0) is > 0 and var length
                ? ReplyText.Of(rest.Slice(31 + salt, length)) : null;
            fields.Add(FactField.Of("Status", StatusOf(BinaryPrimitives.ReadUInt16LittleEndian(rest[16..]))));
        }

        fields.Add(FactField.Of("Capabilities flags", flags & 0xFFFF));
        fields.Add(FactField.List("Some Capabilities", Capabilities.Where((_, bit) => (flags & (1u << bit)) != 0)));
        if (plugin is not null)
        {
            fields.Add(FactField.Of("Auth Plugin Name", plugin));
        }

        return Fact.Of(Id, fields, Lines(fields));
    }

    private static string StatusOf(int status) => (status & 2) != 0 ? "Autocommit" : FormattableString.Invariant($"0x{status:x4}");

    private static string Lines(List<FactField> fields) =>
        string.Concat(fields.Select(
            static field =>
            $"\n  {field.Key}: {string.Join(", ", field.Items.Select(static item => item.Text).DefaultIfEmpty(field.Text))}"));
}
