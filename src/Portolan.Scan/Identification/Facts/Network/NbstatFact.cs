using System.Buffers.Binary;
using System.Text;
using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>The names of a host in NetBIOS (a node status request, RFC 1002 section 4.2.17).</summary>
internal sealed class NbstatFact() : ServiceFact("nbstat", "all NetBIOS names and the hardware address", "netbios-ns")
{
    private const int NameLength = 18;

    /// <inheritdoc/>
    public override IReadOnlyList<TransportProtocol> Transports => [TransportProtocol.Udp];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [NetBiosNameProtocol.Status];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context) =>
        Read((await context.AskByDatagramAsync(NetBiosNameProtocol.Status)).Span);

    private Fact? Read(ReadOnlySpan<byte> message)
    {
        var at = 12;
        if (message.Length < 12 || !DnsNames.TryRead(message, ref at, out _) || at + 11 > message.Length
            || !message[at..].StartsWith((ReadOnlySpan<byte>)[0, 0x21, 0, 1]))
        {
            return null;
        }

        var count = message[at + 10];
        var names = message[(at + 11)..];
        if (count == 0 || names.Length < count * NameLength)
        {
            return null;
        }

        string? host = null, user = null;
        var fields = new List<FactField>();
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            var one = names.Slice(i * NameLength, NameLength);
            var (name, kind, flags) = (ReplyText.Of(one[..15]) ?? "", one[15], BinaryPrimitives.ReadUInt16BigEndian(one[16..]));
            var isGroup = (flags & 0x8000) != 0;
            host ??= kind == 0 && !isGroup ? name : null;
            user ??= kind == 3 && !isGroup && name != host ? name : null;
            fields.Add(FactField.Table(null,
                [FactField.Of("name", name), FactField.Of("suffix", kind), FactField.Of("group", isGroup), FactField.Of("flags", flags)]));
            text.Append(FormattableString.Invariant(
                $"\n  {$"{name}<{kind:x2}>",-20} Flags: {(isGroup ? "<group>" : "<unique>")}{((flags & 0x0400) != 0 ? "<active>" : "")}"));
        }

        var unit = names.Length >= (count * NameLength) + 6 ? Convert.ToHexStringLower(names.Slice(count * NameLength, 6)) : null;
        unit = unit is null or "000000000000" ? null : string.Join(':', unit.Chunk(2).Select(static pair => new string(pair)));
        List<FactField> all = [FactField.Table("names", fields)];
        if (host is not null)
        {
            all.Insert(0, FactField.Of("server_name", host));
        }

        if (user is not null)
        {
            all.Add(FactField.Of("user", user));
        }

        if (unit is not null)
        {
            all.Add(FactField.Of("mac", unit));
        }

        return Fact.Of(Id, all,
            $"NetBIOS name: {host ?? "<unknown>"}, NetBIOS user: {user ?? "<unknown>"}, NetBIOS MAC: {unit ?? "<unknown>"}\nNames:{text}");
    }
}
