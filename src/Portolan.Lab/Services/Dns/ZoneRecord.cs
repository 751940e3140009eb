using System.Buffers.Binary;
using Portolan.Packets;

namespace Portolan.Lab.Services.Dns;

/// <param name="Name">Whose, without the last dot.</param>
/// <param name="Type">The type.</param>
/// <param name="TimeToLive">Seconds it may be kept.</param>
/// <param name="Data">The data; names in it are not compressed.</param>
internal sealed record ZoneRecord(string Name, DnsType Type, uint TimeToLive, byte[] Data)
{
    /// <summary>An A or AAAA record.</summary>
    internal static ZoneRecord Of(string name, uint timeToLive, InternetAddress address)
    {
        var data = new byte[address.IsIPv4 ? 4 : 16];
        address.WriteBytes(data);
        return new ZoneRecord(name, address.IsIPv4 ? DnsType.A : DnsType.Aaaa, timeToLive, data);
    }

    /// <summary>A record that is a name after some bytes; <c>null</c> when the target is not a name.</summary>
    internal static ZoneRecord? Of(string name, DnsType type, uint timeToLive, string target, params ReadOnlySpan<byte> before)
    {
        Span<byte> data = stackalloc byte[DnsName.MaxLength];
        return DnsNameText.TryEncode(target, data, out var length)
            ? new ZoneRecord(name, type, timeToLive, [.. before, .. data[..length]])
            : null;
    }

    /// <summary>The start of a zone.</summary>
    internal static ZoneRecord StartOf(string zone, uint timeToLive, string server, uint serial)
    {
        Span<byte> names = stackalloc byte[2 * DnsName.MaxLength];
        DnsNameText.TryEncode(server, names, out var first);
        DnsNameText.TryEncode("hostmaster." + zone, names[first..], out var second);

        // Refresh, retry, expire, and how long "no such name" may be kept.
        Span<byte> numbers = stackalloc byte[20];
        ReadOnlySpan<uint> values = [serial, 3600, 600, 604_800, 60];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(numbers[(4 * i)..], values[i]);
        }

        return new ZoneRecord(zone, DnsType.Soa, timeToLive, [.. names[..(first + second)], .. numbers]);
    }

    /// <summary>The record of a message, its names written out.</summary>
    internal static bool TryRead(in DnsRecord record, out ZoneRecord? read)
    {
        var name = record.Name.ToString();
        read = record.Type switch
        {
            DnsType.Cname or DnsType.Ptr or DnsType.Ns =>
                record.TryReadName(out var target) ? Of(name, record.Type, record.TimeToLive, target.ToString()) : null,
            DnsType.Mx =>
                record.TryReadMailExchange(out _, out var exchange)
                    ? Of(name, record.Type, record.TimeToLive, exchange.ToString(), record.Data[..2])
                    : null,
            DnsType.Srv =>
                record.TryReadService(out var service)
                    ? Of(name, record.Type, record.TimeToLive, service.Target.ToString(), record.Data[..6])
                    : null,
            DnsType.Soa =>
                record.TryReadStartOfAuthority(out var start)
                    ? StartOf(name, record.TimeToLive, start.Server.ToString(), start.Serial)
                    : null,
            _ => new ZoneRecord(name, record.Type, record.TimeToLive, record.Data.ToArray()),
        };
        return read is not null;
    }

    /// <summary>The name that a CNAME, NS, PTR, MX or SRV record points to.</summary>
    internal string? Target()
    {
        var skip = Type switch
        {
            DnsType.Cname or DnsType.Ns or DnsType.Ptr => 0,
            DnsType.Mx => 2,
            DnsType.Srv => 6,
            _ => -1,
        };
        return skip >= 0 && DnsName.TryRead(Data, skip, out var name, out _) ? name.ToString() : null;
    }
}
