using System.Globalization;
using Portolan.Packets;

namespace Portolan.Scan.Checking;

/// <summary>The names of types of DNS records (IANA dns-parameters), and RFC 3597's <c>TYPE257</c> for all others.</summary>
public static class DnsTypeWords
{
    private static readonly (string Name, ushort Number)[] Known =
    [
        ("A", 1), ("NS", 2), ("CNAME", 5), ("SOA", 6), ("PTR", 12), ("HINFO", 13), ("MX", 15), ("TXT", 16), ("AAAA", 28), ("LOC", 29),
        ("SRV", 33),
        ("NAPTR", 35), ("DNAME", 39), ("DS", 43), ("SSHFP", 44), ("RRSIG", 46), ("NSEC", 47), ("DNSKEY", 48), ("NSEC3", 50), ("TLSA", 52),
        ("SVCB", 64),
        ("HTTPS", 65), ("SPF", 99), ("ANY", 255), ("URI", 256), ("CAA", 257),
    ];

    /// <summary>The names, for remedies.</summary>
    public static IEnumerable<string> Names => Known.Select(k => k.Name);

    /// <summary>The name of a type.</summary>
    public static string Name(DnsType type)
    {
        foreach (var (name, number) in Known)
        {
            if (number == (ushort)type)
            {
                return name;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"TYPE{(ushort)type}");
    }

    /// <summary>Reads a name in any case.</summary>
    public static bool TryParse(string text, out DnsType type)
    {
        foreach (var (name, number) in Known)
        {
            if (name.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                type = (DnsType)number;
                return true;
            }
        }

        var isNumber = text.StartsWith("TYPE", StringComparison.OrdinalIgnoreCase)
            & ushort.TryParse(text.AsSpan(Math.Min(4, text.Length)), NumberStyles.None, CultureInfo.InvariantCulture, out var other);
        type = (DnsType)other;
        return isNumber && other != 0;
    }
}
