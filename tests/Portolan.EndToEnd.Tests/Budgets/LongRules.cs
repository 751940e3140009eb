using System.Globalization;

namespace Portolan.EndToEnd.Tests.Budgets;

/// <summary>Long rules, as people have them who ban whole lists of addresses.</summary>
internal static class LongRules
{
    private const string Chain = "chain input { type filter hook input priority 0; policy accept;\n";

    /// <summary>Writes so many addresses or rules.</summary>
    /// <param name="path">The file; its name says what is in it: a set of nft (<c>set.nft</c>), one as <c>nft list ruleset</c> shows it
    /// (<c>counted.nft</c>), one of prefixes (<c>prefixes.nft</c>), rules of nft (<c>rules.nft</c>) or of iptables-save (<c>rules.v4</c>),
    /// and bans among them where everything else is dropped too (<c>bans.v4</c>).</param>
    /// <param name="count">How many.</param>
    public static void Write(string path, int count)
    {
        var name = Path.GetFileName(path);
        var (head, between, tail) = name switch
        {
            "set.nft" => (Set(""), ", ", EndOfSet),
            "counted.nft" => (Set("flags timeout; counter; "), ",\n\t\t\t     ", EndOfSet),
            "prefixes.nft" => (Set("flags interval; "), ", ", EndOfSet),
            "rules.nft" => ($"table ip t {{ {Chain}", "\n", "\n}; }\n"),
            _ => ("*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n", "\n", "\nCOMMIT\n"),
        };
        using var file = File.CreateText(path);
        file.Write(head);
        for (var i = 0; i < count; i++)
        {
            var start = string.Create(CultureInfo.InvariantCulture, $"{11 + (i >> 15)}.{(i >> 7) & 255}.{(i << 1) & 255}");
            var port = (i % 65_535) + 1;
            file.Write(i > 0 ? between : "");
            file.Write(name switch
            {
                "set.nft" => string.Create(CultureInfo.InvariantCulture, $"{start}.{i % 251}"),
                "counted.nft" =>
                    string.Create(
                        CultureInfo.InvariantCulture, $"{start}.{i % 251} counter packets 0 bytes 0 timeout 1h expires 59m59s{i % 1000}ms"),
                "prefixes.nft" => $"{start}.0/24",
                "rules.nft" => string.Create(CultureInfo.InvariantCulture, $"ip saddr {start}.{i % 251} tcp dport {port} accept"),
                "bans.v4" => $"-A INPUT -s {start}.{i % 251}/32 -p tcp -m tcp --dport 22 -j DROP",
                _ => string.Create(
                    CultureInfo.InvariantCulture, $"-A INPUT -s {start}.{i % 251}/32 -p tcp -m tcp --dport {port} -j ACCEPT"),
            });
        }

        file.Write(tail);
    }

    private static string Set(string kind) => $"table ip t {{ set s {{ type ipv4_addr; {kind}elements = {{ ";

    private static string EndOfSet => $" }}; }}; {Chain} ip saddr @s drop; }}; }}\n";
}
