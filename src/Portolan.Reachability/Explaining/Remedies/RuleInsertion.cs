using System.Globalization;
using System.Text;
using System.Text.Json;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;

namespace Portolan.Reachability.Explaining.Remedies;

/// <summary>The command that puts a rule before all others of a chain, safe to paste whatever the names of table, chain and interface are.</summary>
internal static class RuleInsertion
{
    /// <summary>The command of the tool that made the table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="isIptables">Whether it is a table of iptables' users.</param>
    /// <param name="passage">What the rule accepts.</param>
    internal static string Accept(RuleTable table, RuleChain chain, bool isIptables, Passage passage) => table.IsLegacy || isIptables
        ? $"sudo {(table.Family == RuleFamily.Ip6 ? "ip6tables" : "iptables")}-{(table.IsLegacy ? "legacy" : "nft")} -t {ShellWord.Quote(table.Name)} -I {ShellWord.Quote(chain.Name)} {Iptables(passage)} -j ACCEPT"
        : QuotedText.IsPlain(table.Name) && QuotedText.IsPlain(chain.Name) && passage.Interface is null or { Length: > 0 } && (passage.Interface is not { } name || QuotedText.IsPlain(name))
            ? $"sudo nft insert rule {RuleWords.Of(table.Family)} {table.Name} {chain.Name} {Nft(passage)} accept"
            : $"printf %s '{Json(table, chain, passage)}' | sudo nft -j -f -";

    /// <summary>The command that adds the rule to a file that nft loads. Where that cannot be, what to do in words.</summary>
    internal static string InFile(string file, RuleTable table, RuleChain chain, bool isIptables, Passage passage) => InFile(
        file, table, chain, isIptables, passage.Interface is { } name && !QuotedText.IsPlain(name) ? null : $"{Nft(passage)} accept");

    /// <summary>The same for the rule that lets neighbour discovery through.</summary>
    internal static string NeighboursInFile(string file, RuleTable table, RuleChain chain, bool isIptables) => InFile(
        file, table, chain, isIptables, Neighbours);

    // On a line of its own, also behind a last line that is not ended.
    private static string InFile(string file, RuleTable table, RuleChain chain, bool isIptables, string? rule) =>
        isIptables || rule is null || file == "-" || !QuotedText.IsPlain(table.Name) || !QuotedText.IsPlain(chain.Name)
            ? $"# in {(file == "-" ? "the rules" : ShellWord.Quote(file))}, before what stops it: {rule ?? "a rule that accepts it"}"
            : $"printf '\\n%s\\n' {ShellWord.Quote($"insert rule {RuleWords.Of(table.Family)} {table.Name} {chain.Name} {rule}")} >> {ShellWord.Quote(file)}";

    /// <summary>The command that takes a rule of nftables away.</summary>
    internal static string? Delete(RuleTable table, RuleChain chain, ulong handle) =>
        table.IsLegacy || !QuotedText.IsPlain(table.Name) || !QuotedText.IsPlain(chain.Name)
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"sudo nft delete rule {RuleWords.Of(table.Family)} {table.Name} {chain.Name} handle {handle}");

    private const string Neighbours = "icmpv6 type { 133-137 } accept";

    /// <summary>The command that lets neighbour discovery through (RFC 4861: ICMPv6 types 133 to 137).</summary>
    internal static string AcceptNeighbours(RuleTable table, RuleChain chain, bool isIptables) => table.IsLegacy || isIptables
        ? $"for t in 133 134 135 136 137; do sudo ip6tables-{(table.IsLegacy ? "legacy" : "nft")} -t {ShellWord.Quote(table.Name)} -I {ShellWord.Quote(chain.Name)} -p icmpv6 --icmpv6-type $t -j ACCEPT; done"
        : QuotedText.IsPlain(table.Name) && QuotedText.IsPlain(chain.Name)
            ? $"sudo nft insert rule {RuleWords.Of(table.Family)} {table.Name} {chain.Name} {Neighbours.Replace("{ 133-137 }", "'{ 133-137 }'", StringComparison.Ordinal)}"
            : $"printf %s '{JsonOf(table, chain, static json => Match(json, "icmpv6", "type", static j => { j.WriteStartObject("right"); j.WriteStartArray("range"); j.WriteNumberValue(133); j.WriteNumberValue(137); j.WriteEndArray(); j.WriteEndObject(); }))}' | sudo nft -j -f -";

    private static string Nft(Passage passage)
    {
        var link = passage.Interface is { } name ? $"{(passage.IsReply ? "oifname" : "iifname")} {name} " : "";
        var address = passage.Client is { } client ? $"{(passage.IsIPv4 ? "ip" : "ip6")} {(passage.IsReply ? "daddr" : "saddr")} {client} " : "";
        return string.Create(CultureInfo.InvariantCulture, $"{link}{address}{passage.Protocol} {(passage.IsReply ? "sport" : "dport")} {passage.Port}");
    }

    private static string Iptables(Passage passage)
    {
        var link = passage.Interface is { } name ? $"{(passage.IsReply ? "-o" : "-i")} {ShellWord.Quote(name)} " : "";
        var address = passage.Client is { } client ? $"{(passage.IsReply ? "-d" : "-s")} {client} " : "";
        return string.Create(CultureInfo.InvariantCulture, $"{link}{address}-p {passage.Protocol} --{(passage.IsReply ? "sport" : "dport")} {passage.Port}");
    }

    // nft's language has no quotes for the names of tables and chains; its JSON (libnftables-json(5)) takes any.
    private static string Json(RuleTable table, RuleChain chain, Passage passage) => JsonOf(table, chain, json =>
    {
        if (passage.Interface is { } name)
        {
            WriteMatch(json, j =>
            {
                j.WriteStartObject("meta");
                j.WriteString("key", passage.IsReply ? "oifname" : "iifname");
                j.WriteEndObject();
            }, j => j.WriteString("right", name));
        }

        if (passage.Client is { } client)
        {
            Match(json, passage.IsIPv4 ? "ip" : "ip6", passage.IsReply ? "daddr" : "saddr", j => WriteAddress(j, client));
        }

        Match(json, passage.Protocol, passage.IsReply ? "sport" : "dport", j => j.WriteNumber("right", passage.Port));
    });

    private static string JsonOf(RuleTable table, RuleChain chain, Action<Utf8JsonWriter> matches)
    {
        using var stream = new MemoryStream();

        // The usual encoder leaves nothing but harmless ASCII: a quote becomes \u0027.
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("nftables");
            json.WriteStartObject();
            json.WriteStartObject("insert");
            json.WriteStartObject("rule");
            json.WriteString("family", RuleWords.Of(table.Family));
            json.WriteString("table", table.Name);
            json.WriteString("chain", chain.Name);
            json.WriteStartArray("expr");
            matches(json);
            json.WriteStartObject();
            json.WriteNull("accept");
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.ASCII.GetString(stream.ToArray());
    }

    private static void Match(Utf8JsonWriter json, string protocol, string field, Action<Utf8JsonWriter> writeRight) => WriteMatch(json, j =>
    {
        j.WriteStartObject("payload");
        j.WriteString("protocol", protocol);
        j.WriteString("field", field);
        j.WriteEndObject();
    }, writeRight);

    private static void WriteMatch(Utf8JsonWriter json, Action<Utf8JsonWriter> writeLeft, Action<Utf8JsonWriter> writeRight)
    {
        json.WriteStartObject();
        json.WriteStartObject("match");
        json.WriteString("op", "==");
        json.WriteStartObject("left");
        writeLeft(json);
        json.WriteEndObject();
        writeRight(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteAddress(Utf8JsonWriter json, string client)
    {
        var slash = client.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            json.WriteString("right", client);
            return;
        }

        json.WriteStartObject("right");
        json.WriteStartObject("prefix");
        json.WriteString("addr", client[..slash]);
        json.WriteNumber("len", int.Parse(client.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture));
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
