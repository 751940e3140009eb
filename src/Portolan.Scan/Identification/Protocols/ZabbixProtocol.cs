using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// The Zabbix agent: <c>agent.version</c>, which reads only (Zabbix documentation, "Passive and active agent checks"). It answers to its
/// own servers' addresses only.
/// </summary>
internal sealed class ZabbixProtocol() : ServiceProtocol("zabbix-agent", 10050)
{
    private static readonly ServiceProbe Version =
        new("Zabbix agent.version", [.. "ZBXD"u8, 1, 13, 0, 0, 0, 0, 0, 0, 0, .. "agent.version"u8]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Version;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (bytes.IsEmpty || !"ZBXD\u0001"u8.StartsWith(bytes[..Math.Min(5, bytes.Length)]))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 13)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[5..]);
        if (bytes.Length < 13 + (long)length)
        {
            return length > 4096 ? ReplyReading.Foreign : ReplyReading.UnlessEnded(reply);
        }

        var said = ReplyText.Of(bytes.Slice(13, (int)length));
        var isVersion = ReferenceEquals(reply.Asked, Version) && said is not null && char.IsAsciiDigit(said[0]);
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = isVersion ? "Zabbix agent" : null,
            Version = isVersion ? said : null,
            Info = isVersion ? null : said,
            Cpes = isVersion ? Cpe.Of("zabbix:zabbix", said) : [],
        });
    }
}
