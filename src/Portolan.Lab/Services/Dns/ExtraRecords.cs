using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Portolan.Packets;

namespace Portolan.Lab.Services.Dns;

/// <summary>
/// Records that a topology adds: <c>NAME TYPE DATA</c> as master files write them (RFC 1035 section 5.1), with semicolons between several.
/// </summary>
/// <remarks>Names without a last dot are below the zone. Types: A, AAAA, CNAME, MX, NS, PTR, SRV, TXT.</remarks>
internal static class ExtraRecords
{
    /// <summary>What is wrong with the text.</summary>
    internal static string? Check(string text)
    {
        foreach (var entry in Entries(text))
        {
            if (Parse(entry, "lab", 1) is null)
            {
                return $"is NAME TYPE DATA with semicolons between several (types A, AAAA, CNAME, MX, NS, PTR, SRV, "
                    + $"TXT); \"{entry}\" is not";
            }
        }

        return null;
    }

    /// <summary>The records.</summary>
    internal static IEnumerable<ZoneRecord> Of(string text, string zone, uint timeToLive) =>
        Entries(text).Select(e => Parse(e, zone, timeToLive)).OfType<ZoneRecord>();

    private static string[] Entries(string text) => text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static ZoneRecord? Parse(string entry, string zone, uint timeToLive)
    {
        var words = entry.Split(' ', 3, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 3 || Absolute(words[0], zone) is not { } name)
        {
            return null;
        }

        return words[1].ToUpperInvariant() switch
        {
            "A" => InternetAddress.TryParse(words[2], out var address) && address.IsIPv4 ? ZoneRecord.Of(name, timeToLive, address) : null,
            "AAAA" =>
                InternetAddress.TryParse(words[2], out var address) && !address.IsIPv4 ? ZoneRecord.Of(name, timeToLive, address) : null,
            "CNAME" => ToName(name, DnsType.Cname, words[2], 0, zone, timeToLive),
            "NS" => ToName(name, DnsType.Ns, words[2], 0, zone, timeToLive),
            "PTR" => ToName(name, DnsType.Ptr, words[2], 0, zone, timeToLive),
            "MX" => ToName(name, DnsType.Mx, words[2], 1, zone, timeToLive),
            "SRV" => ToName(name, DnsType.Srv, words[2], 3, zone, timeToLive),
            "TXT" => Text(name, words[2].Trim('"'), timeToLive),
            _ => null,
        };
    }

    // Some numbers, then a name.
    private static ZoneRecord? ToName(string name, DnsType type, string data, int numbers, string zone, uint timeToLive)
    {
        var words = data.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != numbers + 1 || Absolute(words[^1], zone) is not { } target)
        {
            return null;
        }

        var before = new byte[2 * numbers];
        for (var i = 0; i < numbers; i++)
        {
            if (!ushort.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            BinaryPrimitives.WriteUInt16BigEndian(before.AsSpan(2 * i), number);
        }

        return ZoneRecord.Of(name, type, timeToLive, target, before);
    }

    private static ZoneRecord Text(string name, string text, uint timeToLive)
    {
        // Strings have at most 255 bytes; a longer text is several.
        var data = new List<byte>();
        foreach (var piece in Encoding.UTF8.GetBytes(text).Chunk(255))
        {
            data.Add((byte)piece.Length);
            data.AddRange(piece);
        }

        return new ZoneRecord(name, DnsType.Txt, timeToLive, data.Count > 0 ? [.. data] : [0]);
    }

    private static string? Absolute(string name, string zone)
    {
        var full = name == "@" ? zone : name is [.., '.'] and not "." ? name[..^1] : $"{name}.{zone}";
        return DnsNameText.TryEncode(full, stackalloc byte[DnsName.MaxLength], out _) ? full : null;
    }
}
