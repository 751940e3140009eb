using System.Globalization;
using System.Text;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>Rules made to hurt whoever shows them: every command ends, and writes nothing that a terminal takes for a command.</summary>
public sealed class HostileConsoleTests : IDisposable
{
    private const string Escape = "\u001b[2J\u0007\u202e\u2066\u009b31m";

    private readonly LabPair _pair = LabPair.Create();

    [Fact]
    public void Comments_that_would_move_the_cursor_or_turn_the_line_around()
    {
        var text = new StringBuilder(
            $"table inet hostile {{ comment \"{Escape}\"\n set s {{ type ipv4_addr; comment \"{Escape}\"; elements = {{ 10.0.0.1 comment "
                + $"\"{Escape}\" }} }}\n");
        text.Append(CultureInfo.InvariantCulture, $" chain in {{ type filter hook input priority 0; comment \"{Escape}\"\n");
        for (var i = 0; i < 200; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"tcp dport {80 + (i % 3)} ip saddr @s iifname \"e\u202e{i}\" log prefix \"{Escape}\" drop comment \"{i} {Escape}\"\n");
        }

        Load(text.Append(
            CultureInfo.InvariantCulture, $"tcp dport 80 drop comment \"{Escape}\"\ntcp dport 80 accept comment \"{Escape}\"\n}}\n}}\n"));

        Assert.Contains("hostile", Run(0, "firewall", "show"), StringComparison.Ordinal);
        Assert.Contains("never matches", Run(0, "firewall", "show", "--shadowed"), StringComparison.Ordinal);
        Run(0, "firewall", "show", "--by-rule");
        Run(0, "firewall", "show", "--json");
        Assert.Contains("BLOCKED", Run(0), StringComparison.Ordinal);
        Assert.Contains("drop", Run(1, "explain", "80"), StringComparison.Ordinal);
    }

    [Fact]
    public void Thousands_of_rules_that_look_in_a_set_each()
    {
        var text = new StringBuilder("table inet hostile {\n");
        for (var i = 0; i < 1500; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $" set s{i} {{ type ipv4_addr; flags interval; elements = {{ 10.{i >> 8}.{i & 255}.0/26, 11.{i >> 8}.{i & 255}.1 }} }}\n");
        }

        text.Append(" chain in { type filter hook input priority 0; policy drop;\n");
        for (var i = 0; i < 1500; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"ip saddr @s{i} tcp dport {80 + (i % 3)} accept\n");
        }

        Load(text.Append("ip saddr 10.0.7.1 tcp dport 81 accept\n}\n}\n"));

        Assert.Contains("never matches", Run(0, "firewall", "show", "--shadowed"), StringComparison.Ordinal);
        Assert.Contains("80/tcp", Run(0), StringComparison.Ordinal);
    }

    [Fact]
    public void A_map_that_jumps_to_a_thousand_chains_from_many_rules_sixteen_deep()
    {
        var text = new StringBuilder("table inet hostile {\n");
        for (var i = 0; i < 1000; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $" chain v{i} {{ ip saddr 10.{i >> 8}.{i & 255}.0/24 accept; tcp dport {1000 + i} drop; }}\n");
        }

        text.Append(" map m { type inet_service : verdict; elements = { ");
        text.AppendJoin(", ", Enumerable.Range(0, 1000).Select(i => string.Create(CultureInfo.InvariantCulture, $"{60 + i} : jump v{i}")))
            .Append(" } }\n chain d0 { tcp dport vmap @m; }\n");
        for (var depth = 1; depth < 14; depth++)
        {
            text.Append(CultureInfo.InvariantCulture, $" chain d{depth} {{ ip saddr 203.0.113.{depth} return; jump d{depth - 1}; }}\n");
        }

        text.Append(" chain in { type filter hook input priority 0; policy drop;\njump d13\n");
        for (var i = 0; i < 400; i++)
        {
            text.Append("tcp dport vmap @m\n");
        }

        Load(text.Append("accept\n}\n}\n"));

        Assert.Contains("portolan: unknown: ports in maps", Error("firewall", "show"), StringComparison.Ordinal);
        Run(0, "firewall", "show", "--by-rule");
        Assert.Contains("REACHABLE", Run(0), StringComparison.Ordinal);
        Run(0, "explain", "80");
    }

    [Fact]
    public void A_map_that_sends_on_twenty_thousand_ports()
    {
        var text = new StringBuilder("table ip hostile {\n map m { type inet_service : inet_service; elements = { ");
        text.AppendJoin(
            ", ", Enumerable.Range(0, 20_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"{1000 + i} : {30_000 + i}")));
        Load(
            text.Append(
                " } }\n chain n { type nat hook prerouting priority dstnat; meta l4proto tcp redirect to :tcp dport map @m; }\n}\n"));

        Assert.Contains("nothing listens", Run(0), StringComparison.Ordinal);
        Assert.Contains("unknown: ports that rules redirect", Error(), StringComparison.Ordinal);
    }

    public void Dispose() => _pair.Dispose();

    private void Load(StringBuilder rules)
    {
        _pair.Target.ListenTcp(80);
        _pair.Target.Nft(rules.ToString());
    }

    private string Run(int expected, params string[] words)
    {
        var (exit, output, error) = LabConsole.Run(_pair.Target, words);
        Assert.True(exit == expected, error);
        Assert.DoesNotContain(
            output + error,
            static c => (char.IsControl(c) && c != '\n') || c is >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069');
        return output;
    }

    private string Error(params string[] words) => LabConsole.Run(_pair.Target, words).Error;
}
