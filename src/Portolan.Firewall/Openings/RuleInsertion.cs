using System.Globalization;
using System.Text;
using System.Text.Json;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Openings;

/// <summary>
/// A rule directly before the one that stops packets, by the tool that made the table; safe to paste whatever the names of table, chain and
/// interface are.
/// </summary>
public static class RuleInsertion
{
    /// <summary>Whether a table is of iptables' users.</summary>
    public static bool IsOfIptables(RuleTable table) => table.IsLegacy || (table.Family is RuleFamily.Ip or RuleFamily.Ip6
        && table.Name is "filter" or "nat" or "mangle" or "raw" or "security"
        && table.Chains.Any(c => c.Hook is not null && c.Name is "INPUT" or "FORWARD" or "OUTPUT" or "PREROUTING" or "POSTROUTING"));

    /// <summary>The command.</summary>
    public static Opening At(RulePlace place, Passage passage) =>
        IsOfIptables(place.Table) ? Of(Iptables(place, passage), place, passage)
        : IsPlain(place, passage) ? Of(["nft", .. Nft(place, passage, Position(place))], place, passage)
        : Of(["nft", "-j", "-f", "-"], place, passage) with { Input = Json(place, passage) };

    /// <summary>The line that does it in a file of nft, behind the chains; <c>null</c> where nft's language cannot write it.</summary>
    /// <remarks>What a file makes has no handles yet; nft counts the rules of its own transaction.</remarks>
    public static string? Line(RulePlace place, Passage passage) => IsOfIptables(place.Table) || !IsPlain(place, passage) ? null
        : string.Join(' ', Nft(place, passage, place.Before is null ? null : ["index", Number(place.Index)]));

    /// <summary>The rule in words of nft or iptables, without where it goes.</summary>
    public static Advice Words(RuleTable table, Passage passage) => IsOfIptables(table)
        ? Advice.Of($"{Advice.Words(passage.Matches.SelectMany(static m => m.Iptables))} -j ACCEPT")
        : $"{Advice.Words(passage.Matches.SelectMany(static m => m.Nft))} accept";

    /// <summary>The command that takes a rule of nftables away; <c>null</c> where nft cannot name it.</summary>
    public static Advice? Delete(RuleTable table, RuleChain chain, ulong handle) =>
        table.IsLegacy || !QuotedText.IsPlain(table.Name) || !QuotedText.IsPlain(chain.Name)
            ? null
            : Advice.Of($"sudo nft delete rule {RuleWords.Of(table.Family)} {table.Name} {chain.Name} handle {handle}");

    private static Opening Of(IReadOnlyList<string> command, RulePlace place, Passage passage) =>
        new([command], [new PlacedRule(place, passage.Rule(new RuleVerdict(VerdictKind.Accept)))]);

    // nft's language has no quotes for the names of tables and chains; its JSON (libnftables-json(5)) takes any.
    private static bool IsPlain(RulePlace place, Passage passage) =>
        QuotedText.IsPlain(place.Table.Name) && QuotedText.IsPlain(place.Chain.Name)
            && (passage.Interface is not { } name || QuotedText.IsPlain(name));

    // A rule that is not in the kernel yet, as one of the commands before this, has no handle.
    private static IReadOnlyList<string>? Position(RulePlace place) => place.Before switch
    {
        null => null,
        { Handle: > 0 and var handle } => ["handle", handle.ToString(CultureInfo.InvariantCulture)],
        _ => ["index", Number(place.Index)],
    };

    private static string[] Nft(RulePlace place, Passage passage, IReadOnlyList<string>? position) =>
    [
        position is null ? "add" : "insert", "rule", RuleWords.Of(place.Table.Family), place.Table.Name, place.Chain.Name,
        .. position ?? [], .. passage.Matches.SelectMany(static m => m.Nft), "accept",
    ];

    private static string[] Iptables(RulePlace place, Passage passage) =>
    [
        $"{(place.Table.Family == RuleFamily.Ip6 ? "ip6tables" : "iptables")}-{(place.Table.IsLegacy ? "legacy" : "nft")}",
        .. place.Table.Name == "filter" ? Array.Empty<string>() : ["-t", place.Table.Name],
        .. place.Before is null ? (string[])["-A", place.Chain.Name] : ["-I", place.Chain.Name, Number(place.Index + 1)],
        .. passage.Matches.SelectMany(static m => m.Iptables), "-j", "ACCEPT",
    ];

    private static string Json(RulePlace place, Passage passage)
    {
        using var stream = new MemoryStream();

        // The usual encoder leaves nothing but harmless ASCII: a quote becomes \u0027.
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("nftables");
            json.WriteStartObject();
            json.WriteStartObject(place.Before is null ? "add" : "insert");
            json.WriteStartObject("rule");
            json.WriteString("family", RuleWords.Of(place.Table.Family));
            json.WriteString("table", place.Table.Name);
            json.WriteString("chain", place.Chain.Name);
            if (place.Before is { Handle: > 0 and var handle })
            {
                json.WriteNumber("handle", handle);
            }
            else if (place.Before is not null)
            {
                json.WriteNumber("index", place.Index);
            }

            json.WriteStartArray("expr");
            foreach (var match in passage.Matches)
            {
                match.WriteJson(json);
            }

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

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
