using System.Globalization;

namespace Portolan.EndToEnd.Tests.Budgets;

/// <summary>Rules of a certain length, as people have them who ban whole lists of addresses.</summary>
internal static class LongRules
{
    /// <summary>Writes a set of nft (<c>set.nft</c>), rules of nft (<c>rules.nft</c>) or of iptables-save (<c>rules.v4</c>).</summary>
    /// <param name="path">The file; its name says which.</param>
    /// <param name="length">The most bytes.</param>
    public static void Write(string path, int length)
    {
        var (head, tail) = Path.GetFileName(path) switch
        {
            "set.nft" => ("table ip t { set s { type ipv4_addr; elements = { 192.0.2.1", " }; }; chain input { type filter hook input priority 0; policy accept; ip saddr @s drop; }; }\n"),
            "rules.nft" => ("table ip t { chain input { type filter hook input priority 0; policy drop;\n", "}; }\n"),
            _ => ("*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n", "COMMIT\n"),
        };
        using var file = File.CreateText(path);
        file.Write(head);
        var left = length - head.Length - tail.Length;
        for (var i = 0; ; i++)
        {
            var address = string.Create(CultureInfo.InvariantCulture, $"10.{(i >> 15) & 255}.{(i >> 7) & 255}.{(i << 1) & 255}");
            var line = Path.GetFileName(path) switch
            {
                "set.nft" => $", {address}",
                "rules.nft" => string.Create(CultureInfo.InvariantCulture, $"ip saddr {address} tcp dport {(i % 65_535) + 1} accept\n"),
                _ => string.Create(CultureInfo.InvariantCulture, $"-A INPUT -s {address}/32 -p tcp -m tcp --dport {(i % 65_535) + 1} -j ACCEPT\n"),
            };
            left -= line.Length;
            if (left < 0)
            {
                break;
            }

            file.Write(line);
        }

        file.Write(tail);
    }
}
